//! NAMESPACE (RFC 9051 section 6.3.10).

use crate::answer::{Done, Outcome};
use crate::session::Session;

pub(crate) async fn run(session: &mut Session<'_>, (): ()) -> Outcome {
    session.wire.write(b"* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n").await?;
    Ok(Done::new("That is all"))
}
