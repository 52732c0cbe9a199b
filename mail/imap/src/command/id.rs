//! ID (RFC 2971): no version is told.

use crate::answer::{Done, Outcome};
use crate::session::Session;

pub(crate) async fn run(session: &mut Session<'_>, (): ()) -> Outcome {
    session.wire.write(b"* ID (\"name\" \"Hosterra\")\r\n").await?;
    Ok(Done::new("Pleased to meet you"))
}
