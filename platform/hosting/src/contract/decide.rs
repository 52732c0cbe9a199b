//! The rules of a contract.

use std::collections::BTreeSet;

use kernel::{AccountId, Category, Decider, DocumentId, ServiceId, Timestamp};

use super::{Acceptance, AcceptedDocument, ContractEvent, Method};
use crate::HostingRefusal;
use crate::document::{DocumentKind, DocumentState, DocumentVersion, series};
use crate::limit::ACCEPTANCE_COUNT_MAX;
use crate::refusal::{Limit, ValueRefusal};

/// The noun; its history is the stream `contract/{ServiceId}`.
pub struct Contract;

/// A contract as it is: what was accepted, by series and version.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ContractState {
    /// All that was ever accepted.
    pub accepted: BTreeSet<(DocumentId, u32)>,
    /// What of it is known from paper alone: the account's own people have not accepted it here.
    pub on_paper: BTreeSet<(DocumentId, u32)>,
    /// Acceptances, also of what was accepted before in another way.
    pub count: usize,
}

impl Decider for Contract {
    const CATEGORY: Category = Category("contract");
    type Id = ServiceId;
    type State = ContractState;
    type Event = ContractEvent;
    type Command = (AccountId, Acceptance);
    /// Every series as it is.
    type Facts = Vec<DocumentState>;
    type Refusal = HostingRefusal;

    fn evolve(mut state: ContractState, event: &ContractEvent) -> ContractState {
        let ContractEvent::Accepted { documents, method, .. } = event;
        for key in documents.iter().map(|accepted| (accepted.document, accepted.version)) {
            let is_new = state.accepted.insert(key);
            match method {
                Method::Paper if is_new => state.on_paper.insert(key),
                Method::Paper => false,
                Method::Page | Method::Program => state.on_paper.remove(&key),
            };
        }
        state.count = state.count.saturating_add(documents.len());
        state
    }

    fn decide(
        state: &ContractState,
        (account, acceptance): (AccountId, Acceptance),
        library: &Vec<DocumentState>,
        now: Timestamp,
    ) -> Result<Vec<ContractEvent>, HostingRefusal> {
        let mut documents = Vec::new();
        for (document, version) in acceptance.documents {
            // What people accept themselves stands beside what the operator holds on paper.
            let is_added =
                acceptance.method != Method::Paper && state.on_paper.contains(&(document, version));
            if state.accepted.contains(&(document, version)) && !is_added {
                continue;
            }
            let current = library.iter().filter_map(|state| state.current(now));
            let mut named =
                current.filter(|current| id(current) == document && current.terms.version == version);
            let found = named.next().ok_or_else(|| HostingRefusal::from(ValueRefusal::DocumentNotCurrent))?;
            documents.push(accepted(document, found));
        }
        if documents.is_empty() {
            return Ok(vec![]);
        }
        let count = state.count.saturating_add(documents.len());
        if count > ACCEPTANCE_COUNT_MAX {
            return Err(
                ValueRefusal::AcceptanceLimitReached(Limit::count(ACCEPTANCE_COUNT_MAX, count)).into()
            );
        }
        let (method, shown_hash, network_hash) =
            (acceptance.method, acceptance.shown_hash, acceptance.network_hash);
        Ok(vec![ContractEvent::Accepted { account, documents, method, shown_hash, network_hash }])
    }
}

/// Refuses where a kind that must be accepted is in force, and no language of it is accepted in the version in force.
pub(crate) fn check_complete(
    contract: &ContractState,
    library: &[DocumentState],
    now: Timestamp,
) -> Result<(), HostingRefusal> {
    let current: Vec<&DocumentVersion> = library.iter().filter_map(|state| state.current(now)).collect();
    for kind in DocumentKind::ALL.into_iter().filter(|kind| kind.is_accepted()) {
        let mut of_kind = current.iter().filter(|version| version.terms.kind == kind).peekable();
        let is_accepted =
            |version: &&&DocumentVersion| contract.accepted.contains(&(id(version), version.terms.version));
        if of_kind.peek().is_some() && !of_kind.any(|version| is_accepted(&version)) {
            return Err(HostingRefusal::ContractNotAccepted);
        }
    }
    Ok(())
}

/// Whether anything that must be accepted is in force, or will be.
pub(crate) fn is_demanded(library: &[DocumentState]) -> bool {
    let versions = || library.iter().flat_map(|state| state.versions.values());
    versions().any(|version| !version.is_withdrawn && version.terms.kind.is_accepted())
}

fn id(version: &DocumentVersion) -> DocumentId {
    series(version.terms.kind, version.terms.language)
}

fn accepted(document: DocumentId, version: &DocumentVersion) -> AcceptedDocument {
    let terms = &version.terms;
    AcceptedDocument {
        document,
        version: terms.version,
        kind: terms.kind,
        language: terms.language,
        title: terms.title.clone(),
        hash: terms.hash,
        octets: terms.octets,
        media_type: terms.media_type,
    }
}
