//! A member of a shared mailbox, and a mailbox that is shared with one, as the API shows them.

use async_graphql::{ComplexObject, Context, Enum, Result, SimpleObject};
use hosting::share as model;
use kernel::MailboxId;

use crate::entry::read::EntryRow;
use crate::request::Asked;
use crate::scalar::{AccountKey, MailboxKey, Moment, ShareKey};

/// Something that a member of a shared mailbox may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "model::ShareRole")]
pub enum ShareRole {
    /// See its folders and read its messages.
    Read,
    /// Change flags, put messages in, delete them; reads as well.
    Write,
    /// Make, rename and delete folders; reads as well.
    Manage,
    /// Send mail as it: its address in From, and nothing says who wrote.
    SendAs,
    /// Send mail for it: its address in From, and the member's in Sender.
    SendOnBehalf,
}

/// What one mailbox may do with another of its account: with it that one is a shared mailbox.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct Share {
    /// Its name for the API.
    pub id: ShareKey,
    /// The account of both mailboxes.
    pub account_id: AccountKey,
    /// The shared mailbox.
    pub mailbox_id: MailboxKey,
    /// The mailbox that is a member.
    pub member_id: MailboxKey,
    /// What the member may do.
    pub roles: Vec<ShareRole>,
    /// How often it was changed: give it with a change that must not undo another's.
    pub revision: i32,
    /// Since when it is there.
    pub created_at: Moment,
    /// When it was last changed.
    pub changed_at: Moment,
}

#[ComplexObject]
impl Share {
    /// The address of the member; none where the mailbox is deleted.
    async fn member_address(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let directory = &ctx.platform()?.directory;
        let address = directory.address_of(self.account_id.0.tenant(), self.member_id.0);
        Ok(address.map(|address| address.to_string()))
    }
}

impl From<EntryRow<model::Share>> for Share {
    fn from(row: EntryRow<model::Share>) -> Self {
        let nobody = MailboxId::new(uuid::Uuid::nil());
        Self {
            id: ShareKey(row.id),
            account_id: AccountKey(row.account),
            mailbox_id: MailboxKey(row.mailbox.unwrap_or(nobody)),
            member_id: MailboxKey(row.content.member().unwrap_or(nobody)),
            roles: row.content.roles.into_iter().map(Into::into).collect(),
            revision: row.revision,
            created_at: row.created_at,
            changed_at: row.changed_at,
        }
    }
}

impl From<directory::SharedMailbox> for SharedAccess {
    fn from(shared: directory::SharedMailbox) -> Self {
        let reads = shared.roles.contains(&model::ShareRole::Read);
        Self {
            mailbox_id: MailboxKey(shared.mailbox),
            folder: reads.then(|| format!("Shared/{}", shared.address)),
            address: shared.address.to_string(),
            roles: shared.roles.into_iter().map(Into::into).collect(),
        }
    }
}

/// A mailbox in which the caller works beside others.
#[derive(Debug, Clone, SimpleObject)]
pub struct SharedAccess {
    /// The shared mailbox.
    pub mailbox_id: MailboxKey,
    /// Its address.
    pub address: String,
    /// The folder under which programs show it by IMAP; none where the caller may not read it.
    pub folder: Option<String>,
    /// What the caller may do there.
    pub roles: Vec<ShareRole>,
}
