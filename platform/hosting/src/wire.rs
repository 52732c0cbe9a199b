//! What the stored forms of all nouns share. The forms themselves stand in each noun's `wire.rs`.

mod crossing;
mod field;
mod sealed;

pub(crate) use crossing::{crossed, read_crossed};
pub(crate) use field::{
    Hash, address_texts, domain_name, hash, id, language, parse, permission_names, permissions,
};
pub(crate) use sealed::{Plain, SealedField, open, open_some, seal, seal_some};

use kernel::{Malformed, RawEvent};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A payload without fields.
#[derive(Debug, Serialize, serde::Deserialize)]
pub(crate) struct Nothing {}

/// Settings after a change; sealed, since lists of senders and addresses name people.
#[derive(Debug, Serialize, serde::Deserialize)]
pub(crate) struct SettingsChangedV1 {
    pub(crate) settings: SealedField,
    pub(crate) changed: Vec<String>,
}

/// The JSON of a stored form.
pub(crate) fn json(form: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(form).expect("a struct of texts and numbers has a JSON form")
}

/// The stored form in a payload. Unknown fields are passed over: later releases add some.
pub(crate) fn form<T: DeserializeOwned>(raw: &RawEvent) -> Result<T, Malformed> {
    // The message of the JSON reader may quote the value, which must not reach a log.
    serde_json::from_slice(&raw.payload).map_err(|error| {
        malformed(
            raw,
            &format!("{:?} error at line {} column {}", error.classify(), error.line(), error.column()),
        )
    })
}

/// A payload that does not fit; `reason` holds no value.
pub(crate) fn malformed(raw: &RawEvent, reason: &str) -> Malformed {
    Malformed::Payload { kind: raw.kind.clone().into_owned(), reason: reason.to_owned() }
}

/// A kind or generation that this release does not know.
pub(crate) fn unknown(raw: &RawEvent) -> Malformed {
    Malformed::UnknownKind { kind: raw.kind.clone().into_owned(), schema: raw.schema }
}
