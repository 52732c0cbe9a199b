//! What can happen to a document.

use kernel::Timestamp;

use crate::Language;

/// What a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DocumentKind {
    /// General terms of sale: conditions générales de vente.
    Cgv,
    /// Particular terms of a service: conditions particulières de service.
    Cps,
    /// Agreement on the processing of personal data (GDPR article 28).
    Dpa,
    /// What the service may be used for.
    Aup,
    /// Prices.
    PriceList,
    /// The form by which a consumer withdraws.
    WithdrawalForm,
}

impl DocumentKind {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Cgv, Self::Cps, Self::Dpa, Self::Aup, Self::PriceList, Self::WithdrawalForm];

    /// The name on disk and in the ids of series.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cgv => "cgv",
            Self::Cps => "cps",
            Self::Dpa => "dpa",
            Self::Aup => "aup",
            Self::PriceList => "price_list",
            Self::WithdrawalForm => "withdrawal_form",
        }
    }

    /// Whether it must be accepted with an order, where a version is in force; the others are handed over.
    pub const fn is_accepted(self) -> bool {
        match self {
            Self::Cgv | Self::Cps | Self::Dpa | Self::Aup => true,
            Self::PriceList | Self::WithdrawalForm => false,
        }
    }
}

/// Of which form its bytes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MediaType {
    /// `application/pdf`.
    Pdf,
    /// `text/plain; charset=utf-8`.
    Text,
    /// `text/html; charset=utf-8`.
    Html,
}

impl MediaType {
    /// As in a header.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Text => "text/plain; charset=utf-8",
            Self::Html => "text/html; charset=utf-8",
        }
    }

    /// As the end of a file's name.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Text => "txt",
            Self::Html => "html",
        }
    }
}

/// A version to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewVersion {
    /// What it is.
    pub kind: DocumentKind,
    /// In which language.
    pub language: Language,
    /// Its number: 1, 2, 3 without holes.
    pub version: u32,
    /// What it is called, up to 200 characters.
    pub title: String,
    /// SHA-256 of its bytes.
    pub hash: [u8; 32],
    /// How many bytes.
    pub octets: u64,
    /// Of which form.
    pub media_type: MediaType,
    /// From when on it is to be accepted.
    pub effective_from: Timestamp,
}

/// What happened to one series. Stream `document/{DocumentId}` of the platform's tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DocumentEvent {
    /// A version is published; it never changes, and the next one supersedes it.
    VersionPublished(NewVersion),
    /// A version is not to be accepted any more. Those who accepted it have it for ever.
    VersionWithdrawn {
        /// Which.
        version: u32,
    },
}
