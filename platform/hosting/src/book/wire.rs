//! How the events of all books are stored. The fields of an entry are called `settings`, as those of other nouns are.

use std::str::FromStr;

use kernel::{Event, IdFault, Kind, Malformed, Open, RawEvent, Seal, SealError, Sealed};
use serde::{Deserialize, Serialize};

use super::{BookEvent, Entry};
use crate::wire::{self, Plain, SealedField, json};

#[derive(Serialize, Deserialize)]
struct AddedV1 {
    entry: String,
    account: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    service: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    domain: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mailbox: Option<String>,
    settings: SealedField,
}

#[derive(Serialize, Deserialize)]
struct ChangedV1 {
    entry: String,
    settings: SealedField,
    changed: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct RemovedV1 {
    entry: String,
}

/// An entry as the JSON that is sealed.
struct Content<E>(E);

impl<E: Entry> Plain for Content<E> {
    fn to_octets(&self) -> Vec<u8> {
        json(&self.0)
    }
    fn from_octets(octets: &[u8]) -> Option<Self> {
        serde_json::from_slice(octets).ok().map(Self)
    }
}

fn seal<E: Entry>(key: &mut dyn Seal, content: &Sealed<Box<E>>) -> Result<SealedField, SealError> {
    wire::seal(key, &content.clone().map(|content| Content(*content)))
}

fn open<E: Entry>(raw: &RawEvent, key: &dyn Open, field: &SealedField) -> Result<Sealed<Box<E>>, Malformed> {
    wire::open::<Content<E>>(raw, key, field).map(|content| content.map(|content| Box::new(content.0)))
}

fn some_id<T: FromStr<Err = IdFault>>(raw: &RawEvent, text: Option<&str>) -> Result<Option<T>, Malformed> {
    text.map(|text| wire::id(raw, text)).transpose()
}

impl<E: Entry> Event for BookEvent<E> {
    fn kind(&self) -> Kind {
        match self {
            Self::Added { .. } => E::WORDS.added,
            Self::Changed { .. } => E::WORDS.changed,
            Self::Removed { .. } => E::WORDS.removed,
        }
    }

    fn encode(&self, key: &mut dyn Seal) -> Result<Vec<u8>, SealError> {
        Ok(match self {
            Self::Added { entry, account, service, domain, mailbox, content } => json(&AddedV1 {
                entry: entry.to_string(),
                account: account.to_string(),
                service: service.map(|service| service.to_string()),
                domain: domain.map(|domain| domain.to_string()),
                mailbox: mailbox.map(|mailbox| mailbox.to_string()),
                settings: seal(key, content)?,
            }),
            Self::Changed { entry, content, changed } => json(&ChangedV1 {
                entry: entry.to_string(),
                settings: seal(key, content)?,
                changed: changed.clone(),
            }),
            Self::Removed { entry } => json(&RemovedV1 { entry: entry.to_string() }),
        })
    }

    fn decode(raw: &RawEvent, key: &dyn Open) -> Result<Self, Malformed> {
        let is = |kind: Kind| raw.kind == kind.name && raw.schema == kind.schema;
        if is(E::WORDS.added) {
            let form: AddedV1 = wire::form(raw)?;
            return Ok(Self::Added {
                entry: wire::id(raw, &form.entry)?,
                account: wire::id(raw, &form.account)?,
                service: some_id(raw, form.service.as_deref())?,
                domain: some_id(raw, form.domain.as_deref())?,
                mailbox: some_id(raw, form.mailbox.as_deref())?,
                content: open(raw, key, &form.settings)?,
            });
        }
        if is(E::WORDS.changed) {
            let form: ChangedV1 = wire::form(raw)?;
            let (entry, content) = (wire::id(raw, &form.entry)?, open(raw, key, &form.settings)?);
            return Ok(Self::Changed { entry, content, changed: form.changed });
        }
        if is(E::WORDS.removed) {
            let form: RemovedV1 = wire::form(raw)?;
            return Ok(Self::Removed { entry: wire::id(raw, &form.entry)? });
        }
        Err(wire::unknown(raw))
    }
}
