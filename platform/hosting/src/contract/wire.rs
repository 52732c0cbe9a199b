//! How the events of a contract are stored.

use kernel::{Event, Kind, Malformed, Open, RawEvent, Seal, SealError};
use serde::{Deserialize, Serialize};

use super::{AcceptedDocument, ContractEvent, Method};
use crate::document::{KindV1, LanguageV1, MediaTypeV1};
use crate::wire::{self, Hash, json};

const ACCEPTED: Kind = Kind { name: "contract.accepted", schema: 1 };

#[derive(Serialize, Deserialize)]
struct AcceptedV1 {
    account: String,
    documents: Vec<DocumentV1>,
    method: MethodV1,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    shown_sha256: Option<Hash>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    network_hash: Option<Hash>,
}

#[derive(Serialize, Deserialize)]
struct DocumentV1 {
    document: String,
    version: u32,
    kind: KindV1,
    language: LanguageV1,
    title: String,
    sha256: Hash,
    octets: u64,
    media_type: MediaTypeV1,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum MethodV1 {
    Page,
    Program,
    Paper,
}

impl From<&AcceptedDocument> for DocumentV1 {
    fn from(accepted: &AcceptedDocument) -> Self {
        Self {
            document: accepted.document.to_string(),
            version: accepted.version,
            kind: accepted.kind.into(),
            language: accepted.language.into(),
            title: accepted.title.clone(),
            sha256: (&accepted.hash).into(),
            octets: accepted.octets,
            media_type: accepted.media_type.into(),
        }
    }
}

fn accepted(raw: &RawEvent, form: DocumentV1) -> Result<AcceptedDocument, Malformed> {
    Ok(AcceptedDocument {
        document: wire::id(raw, &form.document)?,
        version: form.version,
        kind: form.kind.into(),
        language: form.language.into(),
        title: form.title,
        hash: wire::hash(raw, &form.sha256)?,
        octets: form.octets,
        media_type: form.media_type.into(),
    })
}

impl Event for ContractEvent {
    fn kind(&self) -> Kind {
        match self {
            Self::Accepted { .. } => ACCEPTED,
        }
    }

    fn encode(&self, _: &mut dyn Seal) -> Result<Vec<u8>, SealError> {
        let Self::Accepted { account, documents, method, shown_hash, network_hash } = self;
        Ok(json(&AcceptedV1 {
            account: account.to_string(),
            documents: documents.iter().map(DocumentV1::from).collect(),
            method: match method {
                Method::Page => MethodV1::Page,
                Method::Program => MethodV1::Program,
                Method::Paper => MethodV1::Paper,
            },
            shown_sha256: shown_hash.as_ref().map(Hash::from),
            network_hash: network_hash.as_ref().map(Hash::from),
        }))
    }

    fn decode(raw: &RawEvent, _: &dyn Open) -> Result<Self, Malformed> {
        match (raw.kind.as_ref(), raw.schema) {
            ("contract.accepted", 1) => {
                let form: AcceptedV1 = wire::form(raw)?;
                let hash = |hash: Option<Hash>| hash.map(|hash| wire::hash(raw, &hash)).transpose();
                Ok(Self::Accepted {
                    account: wire::id(raw, &form.account)?,
                    documents: form
                        .documents
                        .into_iter()
                        .map(|document| accepted(raw, document))
                        .collect::<Result<_, _>>()?,
                    method: match form.method {
                        MethodV1::Page => Method::Page,
                        MethodV1::Program => Method::Program,
                        MethodV1::Paper => Method::Paper,
                    },
                    shown_hash: hash(form.shown_sha256)?,
                    network_hash: hash(form.network_hash)?,
                })
            }
            _ => Err(wire::unknown(raw)),
        }
    }
}
