//! One-time tickets: whoever is signed in here opens a session over there, within a minute, without the password.
//!
//! A ticket says itself what it opens, under a key of the platform: any node takes it, and which were used stands in the
//! book at the door.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hosting::session::SessionOwner;
use kernel::{AccountId, Id as _, SessionId, Timestamp};
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

use crate::passkey::question::Handle;

/// How long a ticket is good.
pub(crate) const HANDOVER_LIFE: Duration = Duration::from_secs(60);
/// Octets of chance in a ticket.
const NONCE_OCTETS: usize = 16;
/// Octets of a hash under the key.
const SEAL_OCTETS: usize = 32;
/// Octets after the handle: session, second factor, until when.
const REST_OCTETS: usize = 16 + 1 + 8;

/// Whose session a ticket opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Handover {
    pub(crate) account: AccountId,
    pub(crate) owner: SessionOwner,
    /// The session that it was made in: with that one's end it is void.
    pub(crate) session: SessionId,
    /// What was proved here is proved there.
    pub(crate) has_second_factor: bool,
}

/// A ticket that is one of ours and not over: to be used up by its hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) handover: Handover,
    pub(crate) hash: [u8; 32],
    pub(crate) until: Timestamp,
}

/// Makes and reads tickets.
#[derive(Clone)]
pub(crate) struct Handovers([u8; SEAL_OCTETS]);

impl Handovers {
    /// Under a key that is derived from the one of access tokens.
    pub(crate) fn new(secret: &[u8]) -> Self {
        Self(blake3::derive_key("hosterra 2026 one-time tickets", secret))
    }

    /// A ticket for `handover`; none where the machine gives no chance.
    pub(crate) fn issue(&self, handover: Handover, now: Timestamp) -> Option<String> {
        let mut nonce = [0; NONCE_OCTETS];
        getrandom::fill(&mut nonce).ok()?;
        let handle = Handle { account: handover.account, owner: handover.owner };
        let text = [
            &handle.octets()[..],
            handover.session.uuid().as_bytes(),
            &[u8::from(handover.has_second_factor)],
            &now.plus(HANDOVER_LIFE).millis().to_be_bytes(),
            &nonce,
        ]
        .concat();
        let seal = blake3::keyed_hash(&self.0, &text);
        Some(format!("hso_{}", URL_SAFE_NO_PAD.encode([&text[..], seal.as_bytes()].concat())))
    }

    /// What a ticket opens; none where it is none of ours, or is over. Whether it was used is the book's to say.
    pub(crate) fn read(&self, ticket: &str, now: Timestamp) -> Option<Shown> {
        let octets = URL_SAFE_NO_PAD.decode(ticket.strip_prefix("hso_")?).ok()?;
        let (text, seal) = octets.split_last_chunk::<SEAL_OCTETS>()?;
        if !bool::from(blake3::keyed_hash(&self.0, text).as_bytes().ct_eq(seal)) {
            return None;
        }
        let (text, _nonce) = text.split_last_chunk::<NONCE_OCTETS>()?;
        let (handle, rest) = text.split_last_chunk::<REST_OCTETS>()?;
        let (session, rest) = rest.split_first_chunk::<16>()?;
        let (has_second_factor, until) = rest.split_first()?;
        let until = Timestamp::from_millis(i64::from_be_bytes(until.try_into().ok()?));
        let Handle { account, owner } = Handle::read(handle)?;
        let handover = Handover {
            account,
            owner,
            session: SessionId::new(Uuid::from_bytes(*session)),
            has_second_factor: *has_second_factor == 1,
        };
        (now < until).then(|| Shown { handover, hash: *blake3::hash(&octets).as_bytes(), until })
    }
}

impl std::fmt::Debug for Handovers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Handovers")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::UserId;

    #[test]
    fn a_ticket_is_read_for_a_minute_at_every_node_and_nowhere_else() {
        let now = Timestamp::from_secs(1_000);
        let handover = Handover {
            account: AccountId::new(Uuid::from_u128(1)),
            owner: SessionOwner::User(UserId::new(Uuid::from_u128(2))),
            session: SessionId::new(Uuid::from_u128(3)),
            has_second_factor: true,
        };
        let ticket = Handovers::new(b"one").issue(handover, now).expect("chance");
        let here = Handovers::new(b"one");
        assert_eq!(here.read(&ticket, now).map(|shown| shown.handover), Some(handover));
        assert_eq!(here.read(&ticket, now.plus(HANDOVER_LIFE)), None, "over");
        assert_eq!(Handovers::new(b"other").read(&ticket, now), None, "another platform's");
        let mut altered = ticket.clone().into_bytes();
        altered[30] ^= 1;
        assert_eq!(here.read(&String::from_utf8_lossy(&altered), now), None);
        assert_eq!(here.read("hso_nonsense", now), None);
        assert_ne!(here.issue(handover, now), Some(ticket), "each is another");
    }
}
