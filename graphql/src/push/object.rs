//! A push destination as the API shows it.

use async_graphql::{Enum, SimpleObject};
use hosting::push as model;
use kernel::MailboxId;

use crate::entry::read::EntryRow;
use crate::scalar::{AccountKey, MailboxKey, Moment, PushKey};

/// Through what news is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "model::PushKind")]
pub enum PushKind {
    /// Pushover.
    Pushover,
    /// ntfy.
    Ntfy,
    /// A POST with JSON, signed by HMAC-SHA-256.
    Webhook,
}

/// How urgent news is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "model::PushPriority")]
pub enum PushPriority {
    /// As all news.
    Normal,
    /// High where the message says so, otherwise as all.
    AsMessage,
    /// Only messages that say they are urgent are told at all.
    UrgentOnly,
}

/// Where news of a mailbox is told as it comes. Tokens are encrypted where they are kept, and never shown.
#[derive(Debug, Clone, SimpleObject)]
pub struct PushDestination {
    /// Its name for the API.
    pub id: PushKey,
    /// The account that it belongs to.
    pub account_id: AccountKey,
    /// The mailbox whose news is told.
    pub mailbox_id: MailboxKey,
    /// Through what.
    pub kind: PushKind,
    /// What it is called.
    pub name: String,
    /// Where, for ntfy and webhooks; empty for Pushover.
    pub url: String,
    /// What stands above; empty: the subject.
    pub title: String,
    /// What stands below; empty: the sender.
    pub text: String,
    /// Only mail of these senders is told; empty: of all.
    pub senders: Vec<String>,
    /// Only mail of senders that this regular expression fits; empty: of all.
    pub senders_pattern: String,
    /// How urgent.
    pub priority: PushPriority,
    /// Which of the sounds of Pushover.
    pub sound: String,
    /// Whether news is told.
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

impl From<EntryRow<model::Push>> for PushDestination {
    fn from(row: EntryRow<model::Push>) -> Self {
        let push = row.content;
        Self {
            id: PushKey(row.id),
            account_id: AccountKey(row.account),
            mailbox_id: MailboxKey(row.mailbox.unwrap_or(MailboxId::new(uuid::Uuid::nil()))),
            kind: push.kind.into(),
            name: push.name,
            url: push.url,
            title: push.title,
            text: push.text,
            senders: push.senders.into_iter().collect(),
            senders_pattern: push.senders_pattern,
            priority: push.priority.into(),
            sound: push.sound,
            is_active: push.is_active,
            not_yet_in_force: vec!["isActive"],
            revision: row.revision,
            created_at: row.created_at,
            changed_at: row.changed_at,
        }
    }
}
