//! ENABLE (RFC 9051 section 6.3.1).

use crate::answer::{Done, Outcome};
use crate::grammar;
use crate::session::Session;

pub(crate) async fn run(session: &mut Session<'_>, grammar::Enable(names): grammar::Enable) -> Outcome {
    let mut line = String::from("* ENABLED");
    for name in names {
        let enabled = &mut session.enabled;
        match name.as_str() {
            "CONDSTORE" => enabled.condstore = true,
            // QRESYNC brings CONDSTORE with it (RFC 7162 section 3.2.3).
            "QRESYNC" => (enabled.qresync, enabled.condstore) = (true, true),
            "IMAP4REV2" => enabled.rev2 = true,
            "UTF8=ACCEPT" => enabled.utf8 = true,
            _ => continue,
        }
        line.push(' ');
        line.push_str(if name == "IMAP4REV2" { "IMAP4rev2" } else { &name });
    }
    line.push_str("\r\n");
    session.wire.write(line.as_bytes()).await?;
    Ok(Done::new("Enabled"))
}
