//! Documents and contracts as the API shows them.

use async_graphql::{ComplexObject, Enum, SimpleObject};
use hosting::document::{DocumentKind as Kind, MediaType as Media};

use crate::scalar::{AccountKey, DocumentKey, Moment, ServiceKey, UserKey, Whole};

/// What a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Kind")]
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

/// Of which form the bytes of a document are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Media")]
pub enum MediaType {
    /// `application/pdf`.
    Pdf,
    /// `text/plain`.
    Text,
    /// `text/html`.
    Html,
}

/// A language of documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "hosting::Language")]
pub enum DocumentLanguage {
    /// English.
    En,
    /// French.
    Fr,
}

/// What a version is worth now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum DocumentStatus {
    /// It is the one to accept.
    Current,
    /// It will be, later.
    Upcoming,
    /// A later one has taken its place.
    Superseded,
    /// It was withdrawn.
    Withdrawn,
}

/// A published version of a document: it never changes.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct Document {
    /// The series: the same for all versions of a kind in a language.
    pub id: DocumentKey,
    /// Its number in the series, from 1.
    pub version: u32,
    /// What it is.
    pub kind: DocumentKind,
    /// In which language.
    pub language: DocumentLanguage,
    /// What it is called.
    pub title: String,
    /// SHA-256 of its bytes, 64 hexadecimal digits.
    pub sha256: String,
    /// How many bytes.
    pub size_bytes: Whole,
    /// Of which form.
    pub media_type: MediaType,
    /// From when on it is to be accepted.
    pub effective_from: Moment,
    /// When it was published.
    pub published_at: Moment,
    /// What it is worth now.
    pub status: DocumentStatus,
}

#[ComplexObject]
impl Document {
    /// Where its bytes are, for whoever is signed in: a path of this server, for example `/documents/9f86d081...`.
    async fn path(&self) -> String {
        format!("/documents/{}", self.sha256)
    }
}

/// How somebody accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum AcceptanceMethod {
    /// On a page: a box was ticked and a button pressed.
    Page,
    /// By a program, through the API.
    Program,
    /// On paper, of which the operator has the copy: what the platform's people accept in a customer's account.
    Paper,
}

/// A document as it was accepted for one service. Its bytes are served for ever, whatever is published later.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct AcceptedDocument {
    /// The series.
    pub id: DocumentKey,
    /// By which account.
    pub account_id: AccountKey,
    /// For which service.
    pub service_id: ServiceKey,
    /// In which version.
    pub version: u32,
    /// What it is.
    pub kind: DocumentKind,
    /// In which language: the one that governs.
    pub language: DocumentLanguage,
    /// What it was called.
    pub title: String,
    /// SHA-256 of its bytes, 64 hexadecimal digits.
    pub sha256: String,
    /// How many bytes.
    pub size_bytes: Whole,
    /// Of which form.
    pub media_type: MediaType,
    /// When.
    pub accepted_at: Moment,
    /// The user who accepted; none where it was no user.
    pub user_id: Option<UserKey>,
    /// How.
    pub method: AcceptanceMethod,
    /// SHA-256 of the text that was shown beside the button, 64 hexadecimal digits.
    pub shown_sha256: Option<String>,
}

#[ComplexObject]
impl AcceptedDocument {
    /// Where its bytes are, for whoever may see the service: a path of this server.
    async fn path(&self) -> String {
        format!("/contracts/{}/{}/{}", self.account_id.0, self.service_id.0, self.sha256)
    }
}

/// 64 hexadecimal digits.
pub(crate) fn hex(hash: &[u8]) -> String {
    hash.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// The hash of 64 hexadecimal digits.
pub(crate) fn unhex(text: &str) -> Option<[u8; 32]> {
    let mut hash = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (octet, at) in hash.iter_mut().zip((0..64).step_by(2)) {
        *octet = u8::from_str_radix(text.get(at..at + 2)?, 16).ok()?;
    }
    Some(hash)
}
