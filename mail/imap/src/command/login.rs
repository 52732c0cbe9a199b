//! LOGIN (RFC 9051 section 6.2.3).

use directory::{AuthRefusal, Entitlement, LoginAttempt, Protocol};
use secrecy::SecretString;

use crate::answer::{Done, Failure, Outcome};
use crate::grammar;
use crate::limits::{LOGIN_FAILURE_COUNT_MAX, SESSION_COUNT_MAX};
use crate::session::Session;

pub(crate) async fn run(session: &mut Session<'_>, arguments: grammar::Login) -> Outcome {
    sign_in(session, &arguments.name, &arguments.password).await
}

/// Checks a name and a password, and tells the capabilities of the new state.
pub(crate) async fn sign_in(session: &mut Session<'_>, name: &str, password: &SecretString) -> Outcome {
    if !session.is_encrypted() {
        return Err(Failure::coded("PRIVACYREQUIRED", "A login needs encryption: STARTTLS first"));
    }
    let attempt = LoginAttempt { login: name, password, peer: session.peer, protocol: Protocol::Imap };
    match session.server.directory.authenticate(attempt).await {
        Ok(login) => {
            let seat = session.server.sessions.seat((login.tenant, login.mailbox), SESSION_COUNT_MAX);
            let Some(seat) = seat else {
                session.counters.login("too_many");
                return Err(Failure::coded(
                    "LIMIT",
                    "64 sessions of this mailbox are open already: close some of your programs",
                ));
            };
            session.seat = Some(seat);
            session.counters.login("ok");
            if login.entitlement == Entitlement::Restricted {
                alert(session, RESTRICTED).await?;
            }
            session.login = Some(login);
            session.login_failure_count = 0;
            Ok(Done::coded(format!("CAPABILITY {}", session.capabilities()), "Signed in"))
        }
        Err(refusal) => {
            session.counters.login(refusal.label());
            session.login_failure_count += 1;
            if session.login_failure_count >= LOGIN_FAILURE_COUNT_MAX {
                return Err(Failure::Bye("Too many failed logins"));
            }
            Err(match refusal {
                AuthRefusal::Wrong => {
                    Failure::coded("AUTHENTICATIONFAILED", "The login or the password is wrong")
                }
                AuthRefusal::ProtocolOff => Failure::coded(
                    "AUTHORIZATIONFAILED",
                    "IMAP is switched off for this mailbox or app password",
                ),
                refusal @ (AuthRefusal::AppPasswordNeeded
                | AuthRefusal::SecondFactorMissing
                | AuthRefusal::AppPasswordExpired) => {
                    Failure::No { code: Some("AUTHORIZATIONFAILED"), text: refusal.to_string().into() }
                }
                AuthRefusal::Suspended => {
                    alert(session, SUSPENDED).await?;
                    Failure::coded("AUTHORIZATIONFAILED", "The service is suspended or has ended")
                }
                AuthRefusal::Busy => Failure::coded("UNAVAILABLE", "The server is busy, try again soon"),
                refusal @ AuthRefusal::Throttled { .. } => {
                    Failure::No { code: Some("UNAVAILABLE"), text: refusal.to_string().into() }
                }
            })
        }
    }
}

/// What people are told of a service that does not send.
const RESTRICTED: &str = "The service is restricted: mail arrives and can be read, and none is sent. Its owner sees why in the panel.";
/// What people are told of a service that lets nobody in.
const SUSPENDED: &str = "The service is suspended or has ended: nobody signs in. While it is suspended, mail still \
                         arrives and is kept; its owner sees why in the panel.";

/// Says something that the client must show to the person (RFC 9051 section 7.1).
async fn alert(session: &mut Session<'_>, words: &str) -> Result<(), Failure> {
    session.wire.write(format!("* OK [ALERT] {words}\r\n").as_bytes()).await?;
    Ok(())
}
