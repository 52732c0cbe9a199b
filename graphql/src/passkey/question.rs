//! Questions to authenticators.
//!
//! Nothing is kept of a question that waits: its challenge is a keyed hash of its ticket, and the ticket comes back with the
//! answer, to whichever node. What is kept is which challenges were used, until they are over.

use std::net::IpAddr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hosting::factor::FactorState;
use hosting::session::SessionOwner;
use kernel::{AccountId, Id as _, MailboxId, SessionId, Timestamp, UserId};
use passkey::{CHALLENGE_OCTETS, RelyingParty};
use serde_json::{Value, json};
use uuid::Uuid;

use super::object::PasskeyQuestion;

/// The name of the secret under which challenges are made: for `keyring.secret`.
pub const PASSKEY_KEY_NAME: &str = "graphql.passkey";
/// How long a question may be answered.
const QUESTION_LIFE: Duration = Duration::from_secs(300);
/// Octets of chance in a ticket.
const NONCE_OCTETS: usize = 16;
/// What people read beside the browser's own words.
const PARTY_NAME: &str = "Hosterra";
/// Octets of a [`Handle`].
const HANDLE_OCTETS: usize = 33;
/// The end of a ticket: until when, in seconds since 1970, and chance.
const TAIL_OCTETS: usize = 8 + NONCE_OCTETS;

/// Asks authenticators in the name of the pages.
pub struct Passkeys {
    pub(crate) party: RelyingParty,
    key: [u8; 32],
}

/// Who is asked: what an authenticator keeps beside a key and gives back at a sign-in without a login. Ids alone, so that
/// it tells nobody who somebody is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Handle {
    pub(crate) account: AccountId,
    pub(crate) owner: SessionOwner,
}

/// What a question is asked for; its answer counts for nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To add a key, in this session.
    Add(Handle, SessionId),
    /// To prove a second factor after the password.
    SecondFactor(Handle),
    /// To sign in with nothing else.
    SignIn,
}

/// What an answer must have been given to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Challenge {
    pub(crate) octets: [u8; CHALLENGE_OCTETS],
    /// It is over from then on.
    pub(crate) until: Timestamp,
}

impl Passkeys {
    /// For pages at `origin`, for example `https://panel.example.com`. None where browsers know no passkeys: an address in
    /// place of a name.
    pub fn new(origin: &str, key: [u8; 32]) -> Option<Self> {
        let party = RelyingParty::of_origin(origin)?;
        let is_name = party.id().parse::<IpAddr>().is_err();
        is_name.then_some(Self { party, key })
    }

    /// Asks whoever is signed in to add a key; those of `known` are not added again.
    pub(crate) fn add(
        &self,
        (handle, session): (Handle, SessionId),
        (login, known): (&str, &FactorState),
        now: Timestamp,
    ) -> Option<PasskeyQuestion> {
        // ES256, EdDSA and RS256, the best liked first.
        let algorithms = [-7, -8, -257].map(|number| json!({ "type": "public-key", "alg": number }));
        self.ask(Purpose::Add(handle, session), now, |challenge| {
            json!({
                "rp": { "id": self.party.id(), "name": PARTY_NAME },
                "user": { "id": text(&handle.octets()), "name": login, "displayName": login },
                "challenge": text(challenge),
                "pubKeyCredParams": algorithms,
                "timeout": QUESTION_LIFE.as_millis(),
                "excludeCredentials": credentials(known),
                "authenticatorSelection": { "residentKey": "preferred", "userVerification": "preferred" },
                "attestation": "none",
            })
        })
    }

    /// Asks whoever has shown the right password for one of their keys.
    pub(crate) fn second_factor(
        &self,
        handle: Handle,
        known: &FactorState,
        now: Timestamp,
    ) -> Option<PasskeyQuestion> {
        self.ask(Purpose::SecondFactor(handle), now, |challenge| {
            self.request(challenge, "discouraged", &credentials(known))
        })
    }

    /// Asks anybody for any key that was made for these pages.
    pub(crate) fn sign_in(&self, now: Timestamp) -> Option<PasskeyQuestion> {
        self.ask(Purpose::SignIn, now, |challenge| self.request(challenge, "required", &[]))
    }

    fn request(&self, challenge: &[u8], verification: &str, allowed: &[Value]) -> Value {
        json!({
            "rpId": self.party.id(),
            "challenge": text(challenge),
            "timeout": QUESTION_LIFE.as_millis(),
            "allowCredentials": allowed,
            "userVerification": verification,
        })
    }

    fn ask(
        &self,
        purpose: Purpose,
        now: Timestamp,
        options: impl FnOnce(&[u8]) -> Value,
    ) -> Option<PasskeyQuestion> {
        let mut nonce = [0; NONCE_OCTETS];
        getrandom::fill(&mut nonce).ok()?;
        let until = now.plus(QUESTION_LIFE).secs().to_be_bytes();
        let ticket = [&purpose.octets()[..], &until, &nonce].concat();
        let options = options(&self.challenge(&ticket)).to_string();
        Some(PasskeyQuestion { ticket: format!("hpk_{}", URL_SAFE_NO_PAD.encode(ticket)), options })
    }

    /// What an answer with `ticket` must have been given to; none where the ticket is for something else, or over. One
    /// that was not made here leads to a challenge that nobody was asked.
    pub(crate) fn challenge_of(&self, ticket: &str, purpose: Purpose, now: Timestamp) -> Option<Challenge> {
        let ticket = URL_SAFE_NO_PAD.decode(ticket.strip_prefix("hpk_")?).ok()?;
        let (head, tail) = ticket.split_last_chunk::<TAIL_OCTETS>()?;
        let (until, _) = tail.split_first_chunk::<8>()?;
        let until = Timestamp::from_secs(i64::from_be_bytes(*until));
        let is_good = head == purpose.octets() && now < until && until <= now.plus(QUESTION_LIFE);
        is_good.then(|| Challenge { octets: self.challenge(&ticket), until })
    }

    fn challenge(&self, ticket: &[u8]) -> [u8; CHALLENGE_OCTETS] {
        *blake3::keyed_hash(&self.key, ticket).as_bytes()
    }
}

impl std::fmt::Debug for Passkeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Passkeys").field("party", &self.party).finish_non_exhaustive()
    }
}

impl Purpose {
    fn octets(self) -> Vec<u8> {
        match self {
            Self::Add(handle, session) => [&[1], &handle.octets()[..], session.uuid().as_bytes()].concat(),
            Self::SecondFactor(handle) => [&[2], &handle.octets()[..]].concat(),
            Self::SignIn => vec![3],
        }
    }
}

impl Handle {
    pub(crate) fn octets(self) -> [u8; HANDLE_OCTETS] {
        let (kind, owner) = match self.owner {
            SessionOwner::User(user) => (1, user.uuid()),
            SessionOwner::Mailbox(mailbox) => (2, mailbox.uuid()),
        };
        let mut octets = [kind; HANDLE_OCTETS];
        octets[1..17].copy_from_slice(self.account.uuid().as_bytes());
        octets[17..].copy_from_slice(owner.as_bytes());
        octets
    }

    /// What an authenticator gave back; none where it is not one of ours.
    pub(crate) fn read(octets: &[u8]) -> Option<Self> {
        let (kind, rest) = octets.split_first()?;
        let (account, owner) = rest.split_first_chunk::<16>()?;
        let owner = Uuid::from_bytes(owner.try_into().ok()?);
        let owner = match kind {
            1 => SessionOwner::User(UserId::new(owner)),
            2 => SessionOwner::Mailbox(MailboxId::new(owner)),
            _ => return None,
        };
        Some(Self { account: AccountId::new(Uuid::from_bytes(*account)), owner })
    }
}

fn credentials(known: &FactorState) -> Vec<Value> {
    let keys = known.passkeys.values().filter_map(|record| record.key.plain());
    keys.map(|key| json!({ "type": "public-key", "id": text(key.credential()) })).collect()
}

fn text(octets: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn handle(number: u128) -> Handle {
        let owner = SessionOwner::User(UserId::new(Uuid::from_u128(number)));
        Handle { account: AccountId::new(Uuid::from_u128(7)), owner }
    }

    fn passkeys() -> Passkeys {
        Passkeys::new("https://panel.example.com", [9; 32]).expect("a name")
    }

    #[test]
    fn an_answer_counts_for_what_was_asked_and_for_five_minutes() {
        let (passkeys, now) = (passkeys(), Timestamp::from_secs(1_000));
        let session = SessionId::new(Uuid::from_u128(5));
        let asked = passkeys.add((handle(1), session), ("alice", &FactorState::default()), now);
        let ticket = asked.expect("chance").ticket;
        let of = |purpose, secs| passkeys.challenge_of(&ticket, purpose, Timestamp::from_secs(secs));
        let purpose = Purpose::Add(handle(1), session);
        assert!(of(purpose, 1_000).is_some());
        assert!(of(purpose, 1_299).is_some() && of(purpose, 1_300).is_none(), "over");
        assert!(of(Purpose::Add(handle(2), session), 1_000).is_none(), "somebody else");
        assert!(of(Purpose::Add(handle(1), SessionId::new(Uuid::nil())), 1_000).is_none(), "another session");
        assert!(
            of(Purpose::SecondFactor(handle(1)), 1_000).is_none() && of(Purpose::SignIn, 1_000).is_none()
        );
        assert!(passkeys.challenge_of("hpk_", Purpose::SignIn, now).is_none());
    }

    #[test]
    fn the_challenge_is_the_tickets_own_and_of_our_key() {
        let (passkeys, now) = (passkeys(), Timestamp::from_secs(1_000));
        let asked = passkeys.sign_in(now).expect("chance");
        let options: Value = serde_json::from_str(&asked.options).expect("JSON");
        let challenge = passkeys.challenge_of(&asked.ticket, Purpose::SignIn, now).expect("a challenge");
        assert_eq!(options["challenge"], text(&challenge.octets));
        assert_eq!(options["rpId"], "panel.example.com");
        let elsewhere = Passkeys::new("https://panel.example.com", [8; 32]).expect("a name");
        assert_ne!(elsewhere.challenge_of(&asked.ticket, Purpose::SignIn, now), Some(challenge));
    }

    #[test]
    fn a_handle_is_read_back_and_nonsense_is_none() {
        assert_eq!(Handle::read(&handle(1).octets()), Some(handle(1)));
        for nonsense in [&[][..], &[1; 32], &[3; 33], &[1; 34]] {
            assert_eq!(Handle::read(nonsense), None);
        }
        assert!(Passkeys::new("http://127.0.0.1:8080", [0; 32]).is_none(), "browsers want a name");
    }
}
