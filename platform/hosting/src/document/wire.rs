//! How the events of a document are stored.

use kernel::{Event, Kind, Malformed, Open, RawEvent, Seal, SealError, Timestamp};
use serde::{Deserialize, Serialize};

use super::{DocumentEvent, DocumentKind, MediaType, NewVersion};
use crate::Language;
use crate::wire::{self, Hash, json};

const VERSION_PUBLISHED: Kind = Kind { name: "document.version_published", schema: 1 };
const VERSION_WITHDRAWN: Kind = Kind { name: "document.version_withdrawn", schema: 1 };

#[derive(Serialize, Deserialize)]
struct VersionPublishedV1 {
    kind: KindV1,
    language: LanguageV1,
    version: u32,
    title: String,
    sha256: Hash,
    octets: u64,
    media_type: MediaTypeV1,
    effective_from_ms: i64,
}

#[derive(Serialize, Deserialize)]
struct VersionWithdrawnV1 {
    version: u32,
}

macro_rules! forms {
    ($($(#[$doc:meta])* $form:ident of $value:ident { $($variant:ident = $name:literal),* })*) => {$(
        $(#[$doc])*
        #[derive(Serialize, Deserialize)]
        pub(crate) enum $form {
            $(#[serde(rename = $name)] $variant,)*
        }

        impl From<$value> for $form {
            fn from(value: $value) -> Self {
                match value { $($value::$variant => Self::$variant,)* }
            }
        }

        impl From<$form> for $value {
            fn from(form: $form) -> Self {
                match form { $($form::$variant => Self::$variant,)* }
            }
        }
    )*};
}

forms! {
    /// What a document is.
    KindV1 of DocumentKind {
        Cgv = "cgv", Cps = "cps", Dpa = "dpa", Aup = "aup", PriceList = "price_list", WithdrawalForm = "withdrawal_form"
    }
    /// In which language.
    LanguageV1 of Language { En = "en", Fr = "fr" }
    /// Of which form.
    MediaTypeV1 of MediaType { Pdf = "pdf", Text = "text", Html = "html" }
}

impl Event for DocumentEvent {
    fn kind(&self) -> Kind {
        match self {
            Self::VersionPublished(_) => VERSION_PUBLISHED,
            Self::VersionWithdrawn { .. } => VERSION_WITHDRAWN,
        }
    }

    fn encode(&self, _: &mut dyn Seal) -> Result<Vec<u8>, SealError> {
        Ok(match self {
            Self::VersionPublished(terms) => json(&VersionPublishedV1 {
                kind: terms.kind.into(),
                language: terms.language.into(),
                version: terms.version,
                title: terms.title.clone(),
                sha256: (&terms.hash).into(),
                octets: terms.octets,
                media_type: terms.media_type.into(),
                effective_from_ms: terms.effective_from.millis(),
            }),
            Self::VersionWithdrawn { version } => json(&VersionWithdrawnV1 { version: *version }),
        })
    }

    fn decode(raw: &RawEvent, _: &dyn Open) -> Result<Self, Malformed> {
        match (raw.kind.as_ref(), raw.schema) {
            ("document.version_published", 1) => {
                let form: VersionPublishedV1 = wire::form(raw)?;
                Ok(Self::VersionPublished(NewVersion {
                    kind: form.kind.into(),
                    language: form.language.into(),
                    version: form.version,
                    title: form.title,
                    hash: wire::hash(raw, &form.sha256)?,
                    octets: form.octets,
                    media_type: form.media_type.into(),
                    effective_from: Timestamp::from_millis(form.effective_from_ms),
                }))
            }
            ("document.version_withdrawn", 1) => wire::form(raw)
                .map(|form: VersionWithdrawnV1| Self::VersionWithdrawn { version: form.version }),
            _ => Err(wire::unknown(raw)),
        }
    }
}
