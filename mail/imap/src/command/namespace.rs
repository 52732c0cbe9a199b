//! NAMESPACE (RFC 9051 section 6.3.10): mailboxes that others work in as well stand below `Shared/`.

use crate::answer::{Done, Outcome};
use crate::session::Session;

pub(crate) async fn run(session: &mut Session<'_>, (): ()) -> Outcome {
    let shared = if session.shared()?.is_empty() { "NIL" } else { "((\"Shared/\" \"/\"))" };
    session.wire.write(format!("* NAMESPACE ((\"\" \"/\")) NIL {shared}\r\n").as_bytes()).await?;
    Ok(Done::new("That is all"))
}
