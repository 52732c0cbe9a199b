//! LOGOUT (RFC 9051 section 6.1.3).

use crate::answer::{After, Done, Outcome};
use crate::session::Session;

pub(crate) async fn run(session: &mut Session<'_>, (): ()) -> Outcome {
    session.wire.write(b"* BYE Goodbye\r\n").await?;
    Ok(Done { code: None, text: "Signed out".into(), after: After::Logout })
}
