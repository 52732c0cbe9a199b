//! Access tokens: JWTs (RFC 7519) signed with HS256, good for ten minutes. They say who and which session; what the
//! holder may is looked up at each request, so that a revocation does not wait for the token's end.

use hosting::session::SessionOwner;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use kernel::{AccountId, MailboxId, SessionId, Timestamp, UserId};
use serde::{Deserialize, Serialize};

use super::handover::Handovers;
use crate::limit::ACCESS_TOKEN_SECS;

/// The name under which the keyring keeps the key of access tokens.
pub const ACCESS_KEY_NAME: &str = "graphql.access";
/// Who issues and reads the tokens (RFC 7519 section 4.1.1).
const ISSUER: &str = "hosterra";
/// Longest token that is looked at, in octets.
const TOKEN_OCTETS_MAX: usize = 2_048;

/// Who signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Holder {
    /// A person.
    User(UserId),
    /// A mailbox.
    Mailbox(MailboxId),
}

impl Holder {
    /// The same in the words of the model.
    pub const fn owner(self) -> SessionOwner {
        match self {
            Self::User(user) => SessionOwner::User(user),
            Self::Mailbox(mailbox) => SessionOwner::Mailbox(mailbox),
        }
    }
}

impl From<SessionOwner> for Holder {
    fn from(owner: SessionOwner) -> Self {
        match owner {
            SessionOwner::User(user) => Self::User(user),
            SessionOwner::Mailbox(mailbox) => Self::Mailbox(mailbox),
        }
    }
}

/// What an access token says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claims {
    /// Who.
    pub holder: Holder,
    /// Of which account.
    pub account: AccountId,
    /// In which session.
    pub session: SessionId,
}

/// The stored form of [`Claims`].
#[derive(Serialize, Deserialize)]
struct ClaimsV1 {
    iss: String,
    sub: String,
    acct: String,
    sid: String,
    iat: i64,
    exp: i64,
}

/// Signs and reads access tokens.
pub struct AccessKey {
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
    /// Makes and reads one-time tickets.
    pub(crate) handovers: Handovers,
}

/// Signing failed.
#[derive(Debug, thiserror::Error)]
#[error("signing an access token")]
pub struct SignError(#[source] jsonwebtoken::errors::Error);

impl AccessKey {
    /// From 32 octets of the keyring.
    pub fn new(secret: &[u8; 32]) -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[ISSUER]);
        validation.set_required_spec_claims(&["exp", "iss", "sub"]);
        validation.validate_aud = false;
        // The clock that signs is the clock that reads, give or take the nodes of one platform.
        validation.leeway = 5;
        Self {
            encoding: EncodingKey::from_secret(secret),
            decoding: DecodingKey::from_secret(secret),
            validation,
            handovers: Handovers::new(secret),
        }
    }

    /// The token of `claims`, and when it ends.
    ///
    /// # Errors
    /// [`SignError`].
    pub fn sign(&self, claims: &Claims, now: Timestamp) -> Result<(String, Timestamp), SignError> {
        let ends = now.plus(std::time::Duration::from_secs(ACCESS_TOKEN_SECS));
        let stored = ClaimsV1 {
            iss: ISSUER.to_owned(),
            sub: match claims.holder {
                Holder::User(user) => user.to_string(),
                Holder::Mailbox(mailbox) => mailbox.to_string(),
            },
            acct: claims.account.to_string(),
            sid: claims.session.to_string(),
            iat: now.secs(),
            exp: ends.secs(),
        };
        let token = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &stored, &self.encoding);
        Ok((token.map_err(SignError)?, ends))
    }

    /// What `token` says, if it is ours and has not ended.
    pub fn read(&self, token: &str) -> Option<Claims> {
        if token.len() > TOKEN_OCTETS_MAX {
            return None;
        }
        let stored = jsonwebtoken::decode::<ClaimsV1>(token, &self.decoding, &self.validation).ok()?.claims;
        let holder = match stored.sub.parse() {
            Ok(user) => Holder::User(user),
            Err(_) => Holder::Mailbox(stored.sub.parse().ok()?),
        };
        Some(Claims { holder, account: stored.acct.parse().ok()?, session: stored.sid.parse().ok()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn claims() -> Claims {
        Claims {
            holder: Holder::Mailbox(MailboxId::new(Uuid::from_u128(1))),
            account: AccountId::new(Uuid::from_u128(2)),
            session: SessionId::new(Uuid::from_u128(3)),
        }
    }

    #[test]
    fn a_token_is_read_back_by_its_own_key_alone() {
        let key = AccessKey::new(&[7; 32]);
        let (token, _) = key.sign(&claims(), crate::access::now()).expect("signed");
        assert_eq!(key.read(&token), Some(claims()));
        assert_eq!(AccessKey::new(&[8; 32]).read(&token), None);
    }

    #[test]
    fn an_ended_token_says_nothing() {
        let key = AccessKey::new(&[7; 32]);
        let (token, _) = key.sign(&claims(), Timestamp::from_secs(1_000_000)).expect("signed");
        assert_eq!(key.read(&token), None);
    }

    #[test]
    fn a_token_without_signature_says_nothing() {
        // {"alg":"none"}
        assert_eq!(AccessKey::new(&[7; 32]).read("eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1c2VyXzAifQ."), None);
        assert_eq!(AccessKey::new(&[7; 32]).read("nonsense"), None);
    }
}
