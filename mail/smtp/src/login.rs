//! AUTH (RFC 4954) with PLAIN (RFC 4616) and LOGIN.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use directory::{AuthRefusal, LoginAttempt, Protocol};
use listener::{Encryption, Line, WireError};
use secrecy::SecretString;

use crate::limits::{COMMAND_WAIT, LINE_OCTETS_MAX, LOGIN_FAILURE_COUNT_MAX};
use crate::reply::{self, Reply};
use crate::server::Role;
use crate::session::{Next, Session};

const MALFORMED: Reply = Reply::new(501, "5.5.2", "The response cannot be read");
const CANCELLED: Reply = Reply::new(501, "5.7.0", "The login was given up");

/// A name and a password as the client gave them.
type Proof = (String, SecretString);

impl Session<'_> {
    /// AUTH.
    pub(crate) async fn auth(&mut self, mechanism: &str, initial: Option<String>) -> Result<Next, WireError> {
        if self.server.role != Role::Submission {
            return self.say(Reply::new(502, "5.5.1", "Nobody signs in here; use the submission port")).await;
        }
        if self.wire.encryption() != Encryption::Tls {
            return self.say(Reply::new(538, "5.7.11", "A login needs encryption: STARTTLS first")).await;
        }
        if self.login.is_some() || self.transaction.is_some() || self.helo.is_none() {
            return self.say(reply::BAD_SEQUENCE).await;
        }
        let proof = match mechanism {
            "PLAIN" => self.plain(initial).await?,
            "LOGIN" => self.login_mechanism(initial).await?,
            _ => return self.say(Reply::new(504, "5.5.4", "Mechanisms are PLAIN and LOGIN")).await,
        };
        let (name, password) = match proof {
            Ok(proof) => proof,
            Err(reply) => return self.say(reply).await,
        };
        let attempt = LoginAttempt {
            login: &name,
            password: &password,
            peer: self.peer,
            protocol: Protocol::Submission,
        };
        let refusal = match self.server.directory.authenticate(attempt).await {
            Ok(login) => {
                self.counters.login("ok");
                self.login = Some(login);
                return self.say(Reply::new(235, "2.7.0", "Signed in")).await;
            }
            Err(refusal) => refusal,
        };
        self.counters.login(refusal.label());
        self.login_failure_count += 1;
        let reply = match refusal {
            AuthRefusal::Wrong => Reply::new(535, "5.7.8", "The login or the password is wrong"),
            AuthRefusal::ProtocolOff => {
                Reply::new(535, "5.7.8", "Submission is switched off for this mailbox or app password")
            }
            refusal @ (AuthRefusal::AppPasswordNeeded
            | AuthRefusal::SecondFactorMissing
            | AuthRefusal::AppPasswordExpired) => Reply::told(535, "5.7.8", refusal.to_string()),
            AuthRefusal::Suspended => {
                Reply::new(535, "5.7.8", "The service is suspended or has ended: nobody signs in")
            }
            refusal @ AuthRefusal::Throttled { .. } => Reply::told(454, "4.7.0", refusal.to_string()),
            AuthRefusal::Busy => Reply::new(454, "4.7.0", "The server is busy, try again soon"),
        };
        self.say(reply).await?;
        if self.login_failure_count >= LOGIN_FAILURE_COUNT_MAX {
            self.say(reply::TOO_MANY_ERRORS).await?;
            return Ok(Next::Close);
        }
        Ok(Next::Command)
    }

    /// Asks with `prompt` (base64) and reads the answer.
    async fn challenge(&mut self, prompt: &str) -> Result<Result<Vec<u8>, Reply>, WireError> {
        self.wire.write(format!("334 {prompt}\r\n").as_bytes()).await?;
        self.wire.flush().await?;
        let line = match self.wire.line(LINE_OCTETS_MAX, COMMAND_WAIT).await? {
            Line::Whole(line, true) => line,
            Line::Whole(_, false) | Line::TooLong => return Ok(Err(MALFORMED)),
        };
        if line.as_ref() == b"*" {
            return Ok(Err(CANCELLED));
        }
        Ok(STANDARD.decode(&line).map_err(|_| MALFORMED))
    }

    async fn plain(&mut self, initial: Option<String>) -> Result<Result<Proof, Reply>, WireError> {
        let response = match initial.as_deref() {
            Some("=") => Ok(Vec::new()),
            Some(text) => STANDARD.decode(text).map_err(|_| MALFORMED),
            None => self.challenge("").await?,
        };
        Ok(response.and_then(|response| plain(&response).ok_or(MALFORMED)))
    }

    async fn login_mechanism(&mut self, initial: Option<String>) -> Result<Result<Proof, Reply>, WireError> {
        let name = match initial {
            Some(text) => STANDARD.decode(text).map_err(|_| MALFORMED),
            // "Username:"
            None => self.challenge("VXNlcm5hbWU6").await?,
        };
        let name = match name {
            Ok(name) => name,
            Err(reply) => return Ok(Err(reply)),
        };
        // "Password:"
        let password = self.challenge("UGFzc3dvcmQ6").await?;
        Ok(password.and_then(|password| {
            let name = String::from_utf8(name).map_err(|_| MALFORMED)?;
            let password = String::from_utf8(password).map_err(|_| MALFORMED)?;
            Ok((name, password.into()))
        }))
    }
}

/// `authzid NUL authcid NUL password`; acting for another is not offered, so the first is empty or the same.
fn plain(response: &[u8]) -> Option<Proof> {
    let mut pieces = response.split(|octet| *octet == 0);
    let (acting_for, name, password) = (pieces.next()?, pieces.next()?, pieces.next()?);
    let is_self = acting_for.is_empty() || acting_for == name;
    if !is_self || pieces.next().is_some() {
        return None;
    }
    let text = |octets: &[u8]| std::str::from_utf8(octets).ok().map(str::to_owned);
    Some((text(name)?, text(password)?.into()))
}
