//! The relying party: whoever asks authenticators to prove that somebody is there.

use ring::digest::{SHA256, digest};
use subtle::ConstantTimeEq as _;

use crate::cbor::{Reader, Value};
use crate::client;
use crate::data::AuthenticatorData;
use crate::{CHALLENGE_OCTETS, Fault, INPUT_OCTETS_MAX, PublicKey};

/// Members of an attestation object that are read; more are refused.
const MEMBER_COUNT_MAX: u64 = 8;

/// What somebody must do at the authenticator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// Touch it: enough beside a password.
    Touched,
    /// Touch it and prove to it who they are, by a PIN or a finger: enough without a password.
    Verified,
}

/// A registration as the browser hands it over.
#[derive(Debug, Clone, Copy)]
pub struct Registration<'a> {
    /// `clientDataJSON`.
    pub client_data: &'a [u8],
    /// `attestationObject`.
    pub attestation: &'a [u8],
}

/// A sign-in as the browser hands it over.
#[derive(Debug, Clone, Copy)]
pub struct Assertion<'a> {
    /// `clientDataJSON`.
    pub client_data: &'a [u8],
    /// `authenticatorData`.
    pub authenticator_data: &'a [u8],
    /// `signature`.
    pub signature: &'a [u8],
}

/// A key that was just made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewKey {
    /// The credential's id, by which a sign-in finds the key.
    pub credential: Vec<u8>,
    /// The key.
    pub key: PublicKey,
    /// What is kept beside it.
    pub state: KeyState,
    /// Whether the authenticator has verified its user, so that it may stand for a password.
    pub is_verified: bool,
    /// Whether it is, at this moment, kept in several places.
    pub is_backed_up: bool,
}

/// What is kept beside a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyState {
    /// The last counter; 0 for authenticators that have none.
    pub counter: u32,
    /// Whether it may be kept in several places; that never changes (section 6.1.3).
    pub may_be_backed_up: bool,
}

/// What a sign-in proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Used {
    /// The counter to be kept.
    pub counter: u32,
    /// Whether the authenticator has verified its user.
    pub is_verified: bool,
    /// Whether the key is, at this moment, kept in several places.
    pub is_backed_up: bool,
}

/// A site, as browsers and authenticators name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelyingParty {
    id: String,
    origin: String,
}

impl RelyingParty {
    /// Of an origin such as `https://panel.example.com`; none where it has no host. Its id is the host.
    pub fn of_origin(origin: &str) -> Option<Self> {
        let (_, host) = origin.split_once("://")?;
        let id = host.rsplit_once(':').map_or(host, |(name, _)| name);
        let is_name = !id.is_empty() && !id.contains(['/', '@', '[']);
        is_name.then(|| Self { id: id.to_owned(), origin: origin.to_owned() })
    }

    /// What `rp.id` says to the browser.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Reads a registration (section 7.1): the key that it makes known. Whether the credential's id is free is the
    /// caller's to check.
    ///
    /// # Errors
    /// The first [`Fault`].
    pub fn register(
        &self,
        challenge: &[u8; CHALLENGE_OCTETS],
        registration: Registration<'_>,
        presence: Presence,
    ) -> Result<NewKey, Fault> {
        client::check(registration.client_data, client::CREATE, challenge, &self.origin)?;
        let data = AuthenticatorData::read(authenticator_data(registration.attestation)?)?;
        self.check(&data, presence)?;
        let flags = data.flags;
        let (credential, key) = data.credential.ok_or(Fault::Form)?;
        Ok(NewKey {
            credential: credential.to_vec(),
            key,
            state: KeyState { counter: data.counter, may_be_backed_up: flags.may_be_backed_up() },
            is_verified: flags.is_verified(),
            is_backed_up: flags.is_backed_up(),
        })
    }

    /// Checks a sign-in by `key` (section 7.2).
    ///
    /// # Errors
    /// The first [`Fault`].
    pub fn authenticate(
        &self,
        challenge: &[u8; CHALLENGE_OCTETS],
        (key, state): (&PublicKey, KeyState),
        assertion: Assertion<'_>,
        presence: Presence,
    ) -> Result<Used, Fault> {
        client::check(assertion.client_data, client::GET, challenge, &self.origin)?;
        if assertion.authenticator_data.len() > INPUT_OCTETS_MAX {
            return Err(Fault::Form);
        }
        let data = AuthenticatorData::read(assertion.authenticator_data)?;
        self.check(&data, presence)?;
        if data.flags.may_be_backed_up() != state.may_be_backed_up {
            return Err(Fault::Form);
        }
        let hash = digest(&SHA256, assertion.client_data);
        key.verify(&[assertion.authenticator_data, hash.as_ref()].concat(), assertion.signature)?;
        // An authenticator without a counter says 0 for ever.
        if (data.counter != 0 || state.counter != 0) && data.counter <= state.counter {
            return Err(Fault::Counter);
        }
        Ok(Used {
            counter: data.counter,
            is_verified: data.flags.is_verified(),
            is_backed_up: data.flags.is_backed_up(),
        })
    }

    fn check(&self, data: &AuthenticatorData<'_>, presence: Presence) -> Result<(), Fault> {
        let own = digest(&SHA256, self.id.as_bytes());
        if !bool::from(own.as_ref().ct_eq(data.party_hash)) {
            return Err(Fault::RelyingParty);
        }
        if !data.flags.is_present() {
            return Err(Fault::NotPresent);
        }
        match presence {
            Presence::Verified if !data.flags.is_verified() => Err(Fault::NotVerified),
            Presence::Touched | Presence::Verified => Ok(()),
        }
    }
}

/// The authenticator data in an attestation object (section 6.5); the statement is passed over.
fn authenticator_data(attestation: &[u8]) -> Result<&[u8], Fault> {
    if attestation.len() > INPUT_OCTETS_MAX {
        return Err(Fault::Form);
    }
    let mut reader = Reader(attestation);
    let count = reader.map()?;
    if count > MEMBER_COUNT_MAX {
        return Err(Fault::Form);
    }
    let mut found = None;
    for _ in 0..count {
        match (reader.value()?, reader.value()?) {
            (Value::Text("authData"), Value::Octets(data)) => found = Some(data),
            (Value::Text(_), _) => {}
            _ => return Err(Fault::Form),
        }
    }
    found.filter(|_| reader.0.is_empty()).ok_or(Fault::Form)
}
