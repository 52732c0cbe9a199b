//! CAPABILITY (RFC 9051 section 6.1.1).

use crate::answer::{Done, Outcome};
use crate::session::Session;

pub(crate) async fn run(session: &mut Session<'_>, (): ()) -> Outcome {
    let line = format!("* CAPABILITY {}\r\n", session.capabilities());
    session.wire.write(line.as_bytes()).await?;
    Ok(Done::new("That is all"))
}
