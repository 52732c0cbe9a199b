//! What can happen to a contract.

use kernel::{AccountId, DocumentId};

use crate::Language;
use crate::document::{DocumentKind, MediaType};

/// How somebody accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// On a page: a box was ticked and a button pressed.
    Page,
    /// By a program, through the API.
    Program,
    /// On paper, of which the operator has the copy: what the platform's people record in a customer's account.
    Paper,
}

/// Whether an order comes with what it accepts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Agreement {
    /// It does.
    Given(Acceptance),
    /// It follows, as the operator knows.
    ToFollow,
}

/// What somebody accepts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acceptance {
    /// Which versions: those that are in force now.
    pub documents: Vec<(DocumentId, u32)>,
    /// How.
    pub method: Method,
    /// SHA-256 of the text that was shown beside the button.
    pub shown_hash: Option<[u8; 32]>,
    /// A keyed hash of the network from where.
    pub network_hash: Option<[u8; 32]>,
}

/// A document as it was accepted: complete, so that nothing that happens to it later matters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptedDocument {
    /// Of which series.
    pub document: DocumentId,
    /// In which version.
    pub version: u32,
    /// What it is.
    pub kind: DocumentKind,
    /// In which language: the one that governs.
    pub language: Language,
    /// What it was called.
    pub title: String,
    /// SHA-256 of its bytes.
    pub hash: [u8; 32],
    /// How many bytes.
    pub octets: u64,
    /// Of which form.
    pub media_type: MediaType,
}

/// What happened to one contract. Stream `contract/{ServiceId}`; who accepted and when stands in each event's metadata.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContractEvent {
    /// Documents were accepted.
    Accepted {
        /// By which account.
        account: AccountId,
        /// Which, at least one.
        documents: Vec<AcceptedDocument>,
        /// How.
        method: Method,
        /// SHA-256 of the text that was shown beside the button.
        shown_hash: Option<[u8; 32]>,
        /// A keyed hash of the network from where.
        network_hash: Option<[u8; 32]>,
    },
}
