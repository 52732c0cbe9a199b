//! AUTHENTICATE (RFC 9051 section 6.2.2) with PLAIN (RFC 4616) and LOGIN.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use listener::Line;

use super::login::sign_in;
use crate::answer::{Failure, Outcome};
use crate::grammar;
use crate::limits::{LOGIN_WAIT, STRANGER_COMMAND_OCTETS_MAX};
use crate::session::Session;

pub(crate) async fn run(session: &mut Session<'_>, arguments: grammar::Authenticate) -> Outcome {
    if !session.is_encrypted() {
        return Err(Failure::coded("PRIVACYREQUIRED", "A login needs encryption: STARTTLS first"));
    }
    let (name, password) = match arguments.mechanism.as_str() {
        "PLAIN" => {
            let response = match arguments.initial {
                Some(response) => response,
                None => challenge(session, "").await?,
            };
            let mut pieces = response.split(|octet| *octet == 0);
            let (Some(acting_for), Some(name), Some(password), None) =
                (pieces.next(), pieces.next(), pieces.next(), pieces.next())
            else {
                return Err(Failure::Bad("The response cannot be read"));
            };
            if !acting_for.is_empty() && acting_for != name {
                return Err(Failure::coded("AUTHORIZATIONFAILED", "Nobody acts for another here"));
            }
            (name.to_vec(), password.to_vec())
        }
        "LOGIN" => {
            let name = match arguments.initial {
                Some(name) => name,
                // "Username:"
                None => challenge(session, "VXNlcm5hbWU6").await?,
            };
            // "Password:"
            (name, challenge(session, "UGFzc3dvcmQ6").await?)
        }
        _ => return Err(Failure::coded("CANNOT", "Mechanisms are PLAIN and LOGIN")),
    };
    let (Ok(name), Ok(password)) = (String::from_utf8(name), String::from_utf8(password)) else {
        return Err(Failure::Bad("The response is no UTF-8"));
    };
    sign_in(session, &name, &password.into()).await
}

async fn challenge(session: &mut Session<'_>, prompt: &str) -> Result<Vec<u8>, Failure> {
    session.wire.write(format!("+ {prompt}\r\n").as_bytes()).await?;
    session.wire.flush().await?;
    match session.wire.line(STRANGER_COMMAND_OCTETS_MAX, LOGIN_WAIT).await? {
        Line::Whole(line, _) if line.as_ref() == b"*" => Err(Failure::Bad("The login was given up")),
        Line::Whole(line, _) => STANDARD.decode(&line).map_err(|_| Failure::Bad("The response is no base64")),
        Line::TooLong => Err(Failure::Bad("The response is too long")),
    }
}
