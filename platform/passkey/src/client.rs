//! What the browser says it asked of the authenticator (section 5.8.1).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use subtle::ConstantTimeEq as _;

use crate::{CHALLENGE_OCTETS, Fault, INPUT_OCTETS_MAX};

/// A registration.
pub(crate) const CREATE: &str = "webauthn.create";
/// A sign-in.
pub(crate) const GET: &str = "webauthn.get";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClientData {
    r#type: String,
    challenge: String,
    origin: String,
    #[serde(default)]
    cross_origin: bool,
}

/// Passes where the browser was asked for `kind` with this challenge, by a page of `origin` and no frame in another's.
pub(crate) fn check(
    json: &[u8],
    kind: &str,
    challenge: &[u8; CHALLENGE_OCTETS],
    origin: &str,
) -> Result<(), Fault> {
    if json.len() > INPUT_OCTETS_MAX {
        return Err(Fault::Form);
    }
    let data: ClientData = serde_json::from_slice(json).map_err(|_| Fault::Form)?;
    if data.r#type != kind {
        return Err(Fault::Type);
    }
    let answered = URL_SAFE_NO_PAD.decode(&data.challenge).map_err(|_| Fault::Challenge)?;
    if !bool::from(answered.ct_eq(challenge)) {
        return Err(Fault::Challenge);
    }
    if data.origin != origin || data.cross_origin { Err(Fault::Origin) } else { Ok(()) }
}
