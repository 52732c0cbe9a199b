//! An address map as the API shows it.

use async_graphql::{Enum, SimpleObject};
use hosting::address_map as model;
use kernel::DomainId;

use crate::entry::read::EntryRow;
use crate::scalar::{AccountKey, AddressMapKey, DomainKey, Moment};

/// What an address map does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "model::AddressMapKind")]
pub enum AddressMapKind {
    /// A copy of what the address sends goes to another.
    SenderCopy,
    /// A copy of what the address receives goes to another.
    RecipientCopy,
    /// What is sent to the address goes to another in its place.
    Recipient,
}

/// A rule of a domain by which mail is copied to one more address, or goes to another one. It is applied once: what it
/// leads to is not looked up again. The rule for a whole address comes before the one for its domain.
#[derive(Debug, Clone, SimpleObject)]
pub struct AddressMap {
    /// Its name for the API.
    pub id: AddressMapKey,
    /// The account that it belongs to.
    pub account_id: AccountKey,
    /// The domain whose addresses it is about.
    pub domain_id: DomainKey,
    /// What it does.
    pub kind: AddressMapKind,
    /// An address of the domain, or `@domain` for all of them.
    pub from: String,
    /// Where that leads: an address, or `@domain` for the same local parts elsewhere.
    pub to: String,
    /// Whether it is applied.
    pub is_active: bool,
    /// For administrators.
    pub comment: String,
    /// How often it was changed: give it with a change that must not undo another's.
    pub revision: i32,
    /// Since when it is there.
    pub created_at: Moment,
    /// When it was last changed.
    pub changed_at: Moment,
}

impl From<EntryRow<model::AddressMap>> for AddressMap {
    fn from(row: EntryRow<model::AddressMap>) -> Self {
        Self {
            id: AddressMapKey(row.id),
            account_id: AccountKey(row.account),
            domain_id: DomainKey(row.domain.unwrap_or(DomainId::new(uuid::Uuid::nil()))),
            kind: row.content.kind.into(),
            from: row.content.from,
            to: row.content.to,
            is_active: row.content.is_active,
            comment: row.content.comment,
            revision: row.revision,
            created_at: row.created_at,
            changed_at: row.changed_at,
        }
    }
}
