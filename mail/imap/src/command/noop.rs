//! NOOP and CHECK (RFC 9051 section 6.1.2, RFC 3501 section 6.4.1): changes are told before the answer.

use crate::answer::{Done, Outcome};
use crate::session::Session;

pub(crate) async fn run(_: &mut Session<'_>, (): ()) -> Outcome {
    Ok(Done::new("Done"))
}
