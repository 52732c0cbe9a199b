//! What authenticators answer, read and judged.

use async_graphql::{Context, Result};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hosting::factor::{FactorState, PasskeyRecord};
use kernel::{AccountId, FactorId};
use passkey::{Assertion, KeyState, NewKey, Presence, PublicKey, Registration};
use serde::{Deserialize, Deserializer};

use super::object::PasskeyAnswerInput;
use super::question::{Challenge, Passkeys};
use crate::access::now;
use crate::request::Asked;
use door::PasskeyUse;

/// Longest credential as JSON that is read, in octets.
const CREDENTIAL_OCTETS_MAX: usize = 96 * 1024;

/// Octets in base64url, as browsers write them.
#[derive(Debug, Default)]
struct Octets(Vec<u8>);

impl<'de> Deserialize<'de> for Octets {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let octets = URL_SAFE_NO_PAD.decode(text.trim_end_matches('='));
        octets.map(Self).map_err(|_| serde::de::Error::custom("expected base64url"))
    }
}

#[derive(Debug, Deserialize)]
struct Credential<R> {
    #[serde(rename = "rawId")]
    raw_id: Octets,
    response: R,
}

#[derive(Debug, Deserialize)]
struct Attested {
    #[serde(rename = "clientDataJSON")]
    client_data: Octets,
    #[serde(rename = "attestationObject")]
    attestation: Octets,
}

#[derive(Debug, Deserialize)]
struct Asserted {
    #[serde(rename = "clientDataJSON")]
    client_data: Octets,
    #[serde(rename = "authenticatorData")]
    authenticator_data: Octets,
    signature: Octets,
    #[serde(rename = "userHandle", default)]
    user_handle: Option<Octets>,
}

/// A sign-in as a browser hands it over.
#[derive(Debug)]
pub(crate) struct SignedAnswer(Credential<Asserted>);

fn read<R: for<'de> Deserialize<'de>>(answer: &PasskeyAnswerInput) -> Option<Credential<R>> {
    let fits = answer.credential.len() <= CREDENTIAL_OCTETS_MAX;
    fits.then(|| serde_json::from_str(&answer.credential).ok()).flatten()
}

/// The key that a registration makes known.
///
/// # Errors
/// Why it makes none known.
pub(crate) fn registered(
    passkeys: &Passkeys,
    challenge: Challenge,
    answer: &PasskeyAnswerInput,
) -> Result<NewKey, passkey::Fault> {
    let credential: Credential<Attested> = read(answer).ok_or(passkey::Fault::Form)?;
    let registration = Registration {
        client_data: &credential.response.client_data.0,
        attestation: &credential.response.attestation.0,
    };
    let new = passkeys.party.register(&challenge.octets, registration, Presence::Touched)?;
    if new.credential == credential.raw_id.0 { Ok(new) } else { Err(passkey::Fault::Form) }
}

impl SignedAnswer {
    /// Reads one; none where it is of another form.
    pub(crate) fn read(answer: &PasskeyAnswerInput) -> Option<Self> {
        read(answer).map(Self)
    }

    /// Whose the authenticator says that the key is: not proved yet.
    pub(crate) fn user_handle(&self) -> Option<&[u8]> {
        self.0.response.user_handle.as_ref().map(|handle| handle.0.as_slice())
    }

    /// Whether it is by one of the keys of `factors`, given to `challenge`, for the first time.
    pub(crate) async fn proves(
        &self,
        ctx: &Context<'_>,
        (account, factors): (AccountId, &FactorState),
        (challenge, presence): (Challenge, Presence),
    ) -> Result<bool> {
        let platform = ctx.platform()?;
        let failed = |error| ctx.failed("the book at the door", &error);
        let Some(passkeys) = &platform.passkeys else { return Ok(false) };
        let Some((factor, record)) = self.of(factors) else { return Ok(false) };
        let tenant = account.tenant();
        let uses = platform.door.uses(tenant, [factor]).await.map_err(failed)?;
        let counter = uses.first().map_or(record.counter, |last| last.counter.max(record.counter));
        let Some(counter) = self.counter(passkeys, (record, counter), (challenge, presence)) else {
            return Ok(false);
        };
        let hash = *blake3::hash(&challenge.octets).as_bytes();
        if !platform.door.spend(hash, (now(), challenge.until)).await.map_err(failed)? {
            return Ok(false);
        }
        platform.door.used(tenant, PasskeyUse { factor, counter, at: now() }).await.map_err(failed)
    }

    fn of<'a>(&self, factors: &'a FactorState) -> Option<(FactorId, &'a PasskeyRecord)> {
        let is_it = |record: &&PasskeyRecord| {
            record.key.plain().is_some_and(|key| key.credential() == self.0.raw_id.0)
        };
        factors.passkeys.iter().find(|(_, record)| is_it(record)).map(|(id, record)| (*id, record))
    }

    /// The counter to be kept; none where it is no proof.
    fn counter(
        &self,
        passkeys: &Passkeys,
        (record, counter): (&PasskeyRecord, u32),
        (challenge, presence): (Challenge, Presence),
    ) -> Option<u32> {
        let key = PublicKey::from_cose(record.key.plain()?.public()).ok()?;
        let state = KeyState { counter, may_be_backed_up: record.may_be_backed_up };
        let response = &self.0.response;
        let assertion = Assertion {
            client_data: &response.client_data.0,
            authenticator_data: &response.authenticator_data.0,
            signature: &response.signature.0,
        };
        let used = passkeys.party.authenticate(&challenge.octets, (&key, state), assertion, presence);
        // Why not is told to nobody who signs in; the log of an attack is the throttle's.
        used.ok().map(|used| used.counter)
    }
}
