//! The rules of a document.

use kernel::{Category, Decider, DocumentId, Timestamp};

use super::{DocumentEvent, DocumentState, DocumentVersion, NewVersion};
use crate::HostingRefusal;
use crate::limit::{ACCOUNT_NAME_CHARACTER_COUNT_MAX, DOCUMENT_OCTETS_MAX, EFFECTIVE_PAST_HOURS_MAX};
use crate::refusal::Limit;

const HOUR_MS: u64 = 60 * 60 * 1000;

/// The noun; its history is the stream `document/{DocumentId}` of the platform's tenant.
pub struct Document;

/// An intention about one series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DocumentCommand {
    /// Publish a version.
    Publish(NewVersion),
    /// Withdraw a version.
    Withdraw {
        /// Which.
        version: u32,
    },
}

impl Decider for Document {
    const CATEGORY: Category = Category("document");
    type Id = DocumentId;
    type State = DocumentState;
    type Event = DocumentEvent;
    type Command = DocumentCommand;
    type Facts = ();
    type Refusal = HostingRefusal;

    fn evolve(mut state: DocumentState, event: &DocumentEvent) -> DocumentState {
        match event {
            DocumentEvent::VersionPublished(terms) => {
                let version = DocumentVersion { terms: terms.clone(), is_withdrawn: false };
                state.versions.insert(terms.version, version);
            }
            DocumentEvent::VersionWithdrawn { version } => {
                if let Some(version) = state.versions.get_mut(version) {
                    version.is_withdrawn = true;
                }
            }
        }
        state
    }

    fn decide(
        state: &DocumentState,
        command: DocumentCommand,
        (): &(),
        now: Timestamp,
    ) -> Result<Vec<DocumentEvent>, HostingRefusal> {
        match command {
            DocumentCommand::Publish(terms) => publish(state, terms, now),
            DocumentCommand::Withdraw { version } => match state.versions.get(&version) {
                None => Err(HostingRefusal::DocumentNotFound),
                Some(known) if known.is_withdrawn => Ok(vec![]),
                Some(_) => Ok(vec![DocumentEvent::VersionWithdrawn { version }]),
            },
        }
    }
}

fn publish(
    state: &DocumentState,
    mut terms: NewVersion,
    now: Timestamp,
) -> Result<Vec<DocumentEvent>, HostingRefusal> {
    terms.title = crate::text::word(&terms.title, ACCOUNT_NAME_CHARACTER_COUNT_MAX)
        .map_err(|refusal| refusal.of("title"))?;
    let next = state.versions.last_key_value().map_or(1, |(version, _)| version.saturating_add(1));
    match state.versions.get(&terms.version) {
        Some(known) if known.terms == terms => return Ok(vec![]),
        Some(_) => return Err(HostingRefusal::DocumentVersionDiffers),
        None if terms.version != next => return Err(HostingRefusal::DocumentVersionOutOfOrder),
        None => {}
    }
    // Hours that have begun: whoever says from which day on may mean the beginning of today, wherever they are.
    let hours = u64::try_from(now.millis().saturating_sub(terms.effective_from.millis()).max(0))
        .unwrap_or_default()
        .div_ceil(HOUR_MS);
    if hours > EFFECTIVE_PAST_HOURS_MAX {
        return Err(HostingRefusal::EffectivePast(Limit { allowed: EFFECTIVE_PAST_HOURS_MAX, used: hours }));
    }
    if terms.octets == 0 {
        return Err(HostingRefusal::DocumentEmpty);
    }
    if terms.octets > DOCUMENT_OCTETS_MAX {
        let limit = Limit { allowed: DOCUMENT_OCTETS_MAX, used: terms.octets };
        return Err(HostingRefusal::DocumentTooLong(limit));
    }
    Ok(vec![DocumentEvent::VersionPublished(terms)])
}
