//! STARTTLS (RFC 9051 section 6.2.1).

use crate::answer::{After, Done, Failure, Outcome};
use crate::session::Session;

pub(crate) async fn run(session: &mut Session<'_>, (): ()) -> Outcome {
    if session.is_encrypted() {
        return Err(Failure::Bad("The connection is encrypted already"));
    }
    if !session.wire.is_drained() {
        // Commands behind STARTTLS were sent in clear: somebody may have put them there.
        return Err(Failure::Bye("Nothing may follow STARTTLS in the same packet"));
    }
    Ok(Done { code: None, text: "Begin TLS now".into(), after: After::StartTls })
}
