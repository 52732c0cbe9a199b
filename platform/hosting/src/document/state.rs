//! What a series' past makes of it.

use std::collections::BTreeMap;

use kernel::{DocumentId, Timestamp};
use uuid::Uuid;

use super::{DocumentKind, NewVersion};
use crate::Language;

/// Names the series: the same ids on every installation.
const NAMESPACE: Uuid = Uuid::from_u128(0x0c60_9d0e_7be3_4f5c_8a31_4c1d_92f0_6a55);

/// A series as it is: its versions by number, none where nothing was published.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DocumentState {
    /// The published versions.
    pub versions: BTreeMap<u32, DocumentVersion>,
}

/// A published version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentVersion {
    /// Its terms.
    pub terms: NewVersion,
    /// Whether it was withdrawn.
    pub is_withdrawn: bool,
}

/// What a version is worth at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    /// It is the one to accept.
    Current,
    /// It will be, later.
    Upcoming,
    /// A later one has taken its place.
    Superseded,
    /// It was withdrawn.
    Withdrawn,
}

impl DocumentState {
    /// The version that is to be accepted at `now`.
    pub fn current(&self, now: Timestamp) -> Option<&DocumentVersion> {
        let good = |version: &&DocumentVersion| !version.is_withdrawn && version.terms.effective_from <= now;
        self.versions.values().rev().find(good)
    }
}

/// The id of the series of a kind in a language.
pub fn series(kind: DocumentKind, language: Language) -> DocumentId {
    let language = match language {
        Language::En => "en",
        Language::Fr => "fr",
    };
    DocumentId::new(Uuid::new_v5(&NAMESPACE, format!("{}:{language}", kind.name()).as_bytes()))
}

/// Every series: each kind in each language.
pub fn all_series() -> impl Iterator<Item = DocumentId> {
    DocumentKind::ALL
        .into_iter()
        .flat_map(|kind| [Language::En, Language::Fr].map(|language| series(kind, language)))
}
