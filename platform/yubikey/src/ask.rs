//! Asking validation servers.

use std::time::Duration;

use caller::{Bytes, Call, CallError, Caller, Method};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;

use crate::Otp;
use crate::answer::{self, Meaning};
use crate::sign::SharedKey;

/// Most servers that are asked: Yubico had five.
const SERVER_COUNT_MAX: usize = 5;
/// Longest wait for one answer.
const DEADLINE: Duration = Duration::from_secs(5);
/// Longest answer that is read, in octets.
const ANSWER_OCTETS_MAX: usize = 4_096;
/// Octets of chance in a question's nonce; the protocol allows 16 to 40 characters.
const NONCE_OCTETS: usize = 16;

/// Whom to ask, as the operator tells it. Its `Debug` shows no secret.
#[derive(Clone)]
pub struct Servers {
    /// Where they answer, for example `https://api.yubico.com/wsapi/2.0/verify`: 1 to 5. All are asked at once, and the first
    /// that knows decides.
    pub urls: Vec<String>,
    /// The number that they know the operator by, 1 to 20 digits.
    pub client_id: String,
    /// What is shared with them, in base64.
    pub secret_key: String,
}

impl std::fmt::Debug for Servers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Servers")
            .field("urls", &self.urls)
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

/// Why nobody can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SetUpError {
    /// No server, or too many.
    #[error("expected 1 to 5 servers")]
    ServerCount,
    /// Not an address of HTTPS or of this machine, or one with a query.
    #[error("expected `https://host/path` without a query for each server")]
    Url,
    /// Not a number.
    #[error("expected a client id of 1 to 20 digits")]
    ClientId,
    /// Not base64, or too short.
    #[error("expected the secret key in base64, 8 octets or more")]
    SecretKey,
}

/// What a key has shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Touch {
    /// A number that rises with each touch; none where the server does not tell it.
    pub counter: Option<u32>,
}

/// Why what was typed proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// No key has typed this.
    #[error("no key has typed this")]
    Wrong,
    /// It was used before.
    #[error("it was used before")]
    Replayed,
    /// No server has said anything that is to be believed; whether it is right is not known.
    #[error("no validation server could be asked")]
    Unreachable,
}

/// What was asked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) otp: &'a str,
    pub(crate) nonce: &'a str,
}

/// Asks. A cheap handle.
#[derive(Debug, Clone)]
pub struct Verifier {
    urls: Vec<String>,
    client_id: String,
    key: SharedKey,
    caller: Caller,
}

impl Verifier {
    /// Asks these by `caller`.
    ///
    /// # Errors
    /// [`SetUpError`].
    pub fn new(servers: Servers, caller: Caller) -> Result<Self, SetUpError> {
        let Servers { urls, client_id, secret_key } = servers;
        if !(1..=SERVER_COUNT_MAX).contains(&urls.len()) {
            return Err(SetUpError::ServerCount);
        }
        let is_url = |url: &String| {
            let has_scheme = url.starts_with("https://") || url.starts_with("http://");
            has_scheme && url.is_ascii() && !url.contains(['?', '#', '@', ' '])
        };
        if !urls.iter().all(is_url) {
            return Err(SetUpError::Url);
        }
        if !(1..=20).contains(&client_id.len()) || !client_id.bytes().all(|octet| octet.is_ascii_digit()) {
            return Err(SetUpError::ClientId);
        }
        let key = SharedKey::parse(&secret_key).ok_or(SetUpError::SecretKey)?;
        Ok(Self { urls, client_id, key, caller })
    }

    /// Whether a key has typed this, and for the first time.
    ///
    /// # Errors
    /// [`Refused`].
    pub async fn verify(&self, otp: &Otp) -> Result<Touch, Refused> {
        let mut chance = [0; NONCE_OCTETS];
        getrandom::fill(&mut chance).map_err(|_| Refused::Unreachable)?;
        let nonce: String = chance.iter().map(|octet| format!("{octet:02x}")).collect();
        let asked = Asked { otp: otp.as_str(), nonce: &nonce };
        // The same nonce for all: the servers tell one another, and know by it that it is one question.
        let mut answers: FuturesUnordered<_> = self.urls.iter().map(|url| self.ask(url, asked)).collect();
        while let Some(meaning) = answers.next().await {
            match meaning {
                Meaning::Good(touch) => return Ok(touch),
                Meaning::Wrong => return Err(Refused::Wrong),
                Meaning::Replayed => return Err(Refused::Replayed),
                Meaning::Nothing(reason) => {
                    tracing::warn!(reason, "a YubiKey's validation server says nothing")
                }
            }
        }
        Err(Refused::Unreachable)
    }

    async fn ask(&self, url: &str, asked: Asked<'_>) -> Meaning {
        match self.caller.call(self.question(url, asked)).await {
            Ok(answer) if answer.status == 200 && answer.is_whole => {
                answer::read(&answer.body, &self.key, &asked)
            }
            Ok(_) => Meaning::Nothing("what was answered is not of the protocol"),
            Err(CallError::Late) => Meaning::Nothing("no answer in time"),
            Err(CallError::Tls(_)) => Meaning::Nothing("its certificate is not good"),
            Err(CallError::Forbidden | CallError::Clear) => {
                Meaning::Nothing("it is in a network that is not called")
            }
            Err(_) => Meaning::Nothing("no connection"),
        }
    }

    fn question(&self, url: &str, asked: Asked<'_>) -> Call {
        let (id, otp, nonce) = (self.client_id.as_str(), asked.otp, asked.nonce);
        let signature = self.key.sign(&[("id", id), ("nonce", nonce), ("otp", otp), ("timestamp", "1")]);
        let signature = signature.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
        Call {
            method: Method::GET,
            url: format!("{url}?id={id}&nonce={nonce}&otp={otp}&timestamp=1&h={signature}"),
            headers: Vec::new(),
            body: Bytes::new(),
            answer_octets_max: ANSWER_OCTETS_MAX,
            deadline: DEADLINE,
        }
    }
}
