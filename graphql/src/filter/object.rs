//! A filter as the API shows it.

use async_graphql::{Enum, SimpleObject};
use hosting::book::Entry;
use hosting::filter as model;

use crate::entry::read::EntryRow;
use crate::scalar::{AccountKey, DomainKey, FilterKey, MailboxKey, Moment};

/// When a filter runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "model::FilterStage")]
pub enum FilterStage {
    /// Before the owner's own; an administrator's.
    Before,
    /// The owner's own.
    Own,
    /// After it; an administrator's.
    After,
}

/// A Sieve script of a mailbox, or of a domain for all of its mailboxes. For a message run, in this order: `BEFORE` of the
/// domain, `BEFORE` of the mailbox, `OWN`, `AFTER` of the mailbox, `AFTER` of the domain; of each the active one.
#[derive(Debug, Clone, SimpleObject)]
pub struct Filter {
    /// Its name for the API.
    pub id: FilterKey,
    /// The account that it belongs to.
    pub account_id: AccountKey,
    /// The domain of whose mailboxes it is, or in which its mailbox is.
    pub domain_id: Option<DomainKey>,
    /// The mailbox that it is of; none: it is of all of the domain.
    pub mailbox_id: Option<MailboxKey>,
    /// When it runs.
    pub stage: FilterStage,
    /// What it is called.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// In Sieve (RFC 5228).
    pub script: String,
    /// The extensions that it requires, for example `fileinto`.
    pub requires: Vec<String>,
    /// Whether it runs; of each stage one does at most.
    pub is_active: bool,
    /// The names of those fields that are kept and shown, while the server that obeys them is still to come.
    pub not_yet_in_force: Vec<&'static str>,
    /// How often it was changed: give it with a change that must not undo another's.
    pub revision: i32,
    /// Since when it is there.
    pub created_at: Moment,
    /// When it was last changed.
    pub changed_at: Moment,
}

impl Filter {
    fn new<E: Entry<Id = kernel::FilterId>>(row: EntryRow<E>, filter: model::Filter) -> Self {
        Self {
            id: FilterKey(row.id),
            account_id: AccountKey(row.account),
            domain_id: row.domain.map(DomainKey),
            mailbox_id: row.mailbox.map(MailboxKey),
            stage: filter.stage.into(),
            name: filter.name,
            description: filter.description,
            requires: super::query::required(&filter.script),
            script: filter.script,
            is_active: filter.is_active,
            not_yet_in_force: vec!["isActive"],
            revision: row.revision,
            created_at: row.created_at,
            changed_at: row.changed_at,
        }
    }
}

impl From<EntryRow<model::MailboxFilter>> for Filter {
    fn from(row: EntryRow<model::MailboxFilter>) -> Self {
        let filter = row.content.0.clone();
        Self::new(row, filter)
    }
}

impl From<EntryRow<model::DomainFilter>> for Filter {
    fn from(row: EntryRow<model::DomainFilter>) -> Self {
        let filter = row.content.0.clone();
        Self::new(row, filter)
    }
}

/// What is wrong with a script, and where.
#[derive(Debug, Clone, SimpleObject)]
pub struct ScriptFault {
    /// From 1.
    pub line: i32,
    /// In characters, from 1.
    pub column: i32,
    /// What, in the language of the request.
    pub message: String,
}

/// What a script was found to be.
#[derive(Debug, Clone, SimpleObject)]
pub struct ScriptCheck {
    /// Whether it can be kept.
    pub is_valid: bool,
    /// The first thing that is wrong; none where nothing is.
    pub fault: Option<ScriptFault>,
    /// The extensions that it requires.
    pub requires: Vec<String>,
}
