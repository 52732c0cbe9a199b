//! What a message store does, whichever database keeps it.

use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use kernel::{ByteSize, DomainId, EmailAddress, MailboxId, Quota, TenantId, Timestamp};
use message::Summary;
use tokio::sync::watch;

use crate::{FlagChange, Flags, Queueing};

/// A mailbox with the tenant it belongs to: part of every key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Owner {
    /// Whose.
    pub tenant: TenantId,
    /// Which.
    pub mailbox: MailboxId,
}

/// A folder, unique in the whole store, never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FolderId(pub u64);

/// The number of a message in its folder: ascending, never reused (RFC 9051 section 2.3.1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Uid(pub u32);

/// The number of a change in a mailbox, one counter for all its folders (RFC 7162 section 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Modseq(pub u64);

/// A message in a mailbox, the same after a move (RFC 8474 EMAILID).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MessageId(pub u64);

/// BLAKE3 of the stored octets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BlobHash(pub [u8; 32]);

/// The full name of a folder: `/` between levels, UTF-8 in NFC, `INBOX` in capitals.
///
/// 1 to 1000 octets, at most 20 levels of 1 to 200 octets; no control characters, no `%`, no `*`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FolderName(String);

impl FolderName {
    /// Between levels.
    pub const SEPARATOR: char = '/';

    /// The folder where mail arrives.
    pub fn inbox() -> Self {
        Self("INBOX".to_owned())
    }

    /// Reads a name; any spelling of `inbox` at the first level is `INBOX` (RFC 9051 section 5.1).
    ///
    /// # Errors
    /// [`FolderRefusal::NameInvalid`] with the rule that is broken.
    pub fn parse(text: &str) -> Result<Self, FolderRefusal> {
        let invalid = |rule| Err(FolderRefusal::NameInvalid(rule));
        if text.is_empty() || text.len() > 1000 {
            return invalid("a folder name has 1 to 1000 octets");
        }
        if text.chars().any(|character| character.is_control() || matches!(character, '%' | '*')) {
            return invalid("a folder name holds no control character, `%` or `*`");
        }
        let mut levels: Vec<&str> = text.split(Self::SEPARATOR).collect();
        if levels.len() > 20 || levels.iter().any(|level| level.is_empty() || level.len() > 200) {
            return invalid("a folder name has at most 20 levels of 1 to 200 octets");
        }
        if levels[0].eq_ignore_ascii_case("inbox") {
            levels[0] = "INBOX";
        }
        Ok(Self(levels.join("/")))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is the folder where mail arrives.
    pub fn is_inbox(&self) -> bool {
        self.0 == "INBOX"
    }

    /// Whether it lies below `ancestor`.
    pub fn is_below(&self, ancestor: &Self) -> bool {
        self.0.strip_prefix(ancestor.as_str()).is_some_and(|rest| rest.starts_with(Self::SEPARATOR))
    }
}

impl std::fmt::Display for FolderName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a folder is for (RFC 6154 section 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SpecialUse {
    /// `\Archive`
    Archive,
    /// `\Drafts`
    Drafts,
    /// `\Junk`
    Junk,
    /// `\Sent`
    Sent,
    /// `\Trash`
    Trash,
}

/// A folder with its counters, all read at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// Its id.
    pub id: FolderId,
    /// Its name.
    pub name: FolderName,
    /// Changes when UIDs lose their meaning.
    pub uid_validity: u32,
    /// The next UID to be given.
    pub uid_next: Uid,
    /// The newest change in this folder.
    pub highest_modseq: Modseq,
    /// Messages.
    pub message_count: u32,
    /// Messages without `\Seen`.
    pub unseen_count: u32,
    /// Messages with `\Deleted`.
    pub deleted_count: u32,
    /// Octets of its messages.
    pub size: ByteSize,
    /// Whether the user wants to see it in LSUB. The store keeps subscriptions of names without folder apart.
    pub is_subscribed: bool,
    /// What it is for.
    pub special_use: Option<SpecialUse>,
}

/// One message in one folder, without its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageRow {
    /// Its number in the folder.
    pub uid: Uid,
    /// The message.
    pub message: MessageId,
    /// Its flags.
    pub flags: Flags,
    /// Its newest change.
    pub modseq: Modseq,
    /// Octets, exactly.
    pub size: u32,
    /// INTERNALDATE (RFC 9051 section 2.3.3).
    pub internal_date: Timestamp,
    /// When it came into this folder (RFC 8514 SAVEDATE).
    pub saved_at: Timestamp,
}

/// Where a deposit goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// The folder where mail arrives.
    Inbox,
    /// The folder of that use; INBOX where the mailbox has none.
    Special(SpecialUse),
    /// That folder; refused where it does not exist.
    Folder(FolderId),
}

/// One copy of an accepted message, for one mailbox.
#[derive(Debug, Clone)]
pub struct Deposit {
    /// Whose.
    pub owner: Owner,
    /// Where.
    pub destination: Destination,
    /// With which flags.
    pub flags: Flags,
    /// INTERNALDATE; the moment of acceptance where absent.
    pub internal_date: Option<Timestamp>,
    /// The mailbox's quota at this moment; more is refused. In the pool that it names the mailbox counts from now on.
    pub quota: Quota,
    /// Octets put before the message for this copy only, for example Return-Path and Delivered-To; may be empty.
    pub prefix: Bytes,
}

/// A recipient elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueuedRecipient {
    /// Where it goes.
    pub address: EmailAddress,
    /// DSN NOTIFY as given (RFC 3461 section 4.1), if given.
    pub notify: Option<String>,
    /// DSN ORCPT as given (RFC 3461 section 4.2), if given.
    pub original: Option<String>,
    /// How its sender named it, where an alias or a map led on from there to `address`. Reports to the sender name it so.
    pub given: Option<EmailAddress>,
}

impl QueuedRecipient {
    /// One of whom nothing was asked.
    pub const fn new(address: EmailAddress) -> Self {
        Self { address, notify: None, original: None, given: None }
    }

    /// The same, which its sender named `given`.
    #[must_use]
    pub fn named(self, given: &EmailAddress) -> Self {
        Self { given: (*given != self.address).then(|| given.clone()), ..self }
    }
}

/// A message to be taken: every deposit and every queued recipient is durable before the answer.
#[derive(Debug, Clone)]
pub struct Acceptance {
    /// The message as received, with the trace fields that all copies share.
    pub message: Bytes,
    /// Copies for mailboxes here. Each succeeds or is refused by itself; the rest is taken.
    pub deposits: Vec<Deposit>,
    /// Recipients elsewhere.
    pub queued: Vec<QueuedRecipient>,
    /// MAIL FROM; none for the null reverse-path.
    pub sender: Option<EmailAddress>,
    /// The tenant that answers for queued recipients: the sender's.
    pub tenant: TenantId,
    /// DSN RET and ENVID as given, if given.
    pub dsn: (Option<String>, Option<String>),
    /// What the queue keeps beside the envelope.
    pub queueing: Queueing,
}

/// What became of an [`Acceptance`].
#[derive(Debug, Clone)]
pub struct Accepted {
    /// One per deposit, in order: the place, or why not.
    pub deposits: Vec<Result<Copied, StoreRefusal>>,
    /// The queue's number for the remote recipients, if there were any.
    pub queue_id: Option<u64>,
}

/// Where a new copy stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Copied {
    /// The UID it was copied from; the new UID for a deposit.
    pub from: Uid,
    /// Its folder.
    pub folder: FolderId,
    /// The folder's UIDVALIDITY.
    pub uid_validity: u32,
    /// Its UID.
    pub uid: Uid,
    /// Its change.
    pub modseq: Modseq,
}

/// Some messages of a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MessageSet {
    /// All.
    All,
    /// These, ascending, none twice.
    Uids(Vec<Uid>),
    /// From the first to the last, both included.
    Range(Uid, Uid),
}

/// Which messages EXPUNGE removes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExpungeScope {
    /// Those with `\Deleted` in the set (RFC 9051 section 6.4.3, 6.4.9).
    Deleted(MessageSet),
    /// The set whatever its flags: for the platform's own use.
    Regardless(MessageSet),
}

/// What EXPUNGE did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Expunged {
    /// The UIDs that are gone, ascending.
    pub removed: Vec<Uid>,
    /// Messages that were to go and stay: see [`Store::retain`].
    pub retained_count: usize,
}

/// What happened in a folder since a change number.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FolderChange {
    /// Messages that are new or changed, by UID, each once with its newest state.
    pub changed: Vec<MessageRow>,
    /// UIDs that are gone.
    pub vanished: Vec<Uid>,
    /// The folder's newest change.
    pub highest_modseq: Modseq,
    /// Whether the log still reached back to the asked number; if not, `vanished` holds every UID below UIDNEXT that does not exist.
    pub is_complete: bool,
}

/// What a flag change did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FlagOutcome {
    /// Messages in the set, with their flags now; those already so are included with their old MODSEQ.
    pub rows: Vec<MessageRow>,
    /// Messages left alone because they changed after `unchanged_since` (RFC 7162 section 3.1.3).
    pub modified: Vec<Uid>,
}

/// The text that a search looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TextField {
    /// The decoded text of the body (SEARCH BODY).
    Body,
    /// Header and body (SEARCH TEXT).
    Text,
}

/// What a mailbox holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// Octets, exactly the sum of its messages' sizes.
    pub size: ByteSize,
    /// Messages.
    pub message_count: u64,
}

/// Something moved in a mailbox; sessions compare with what they know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Change {
    /// The mailbox's newest change.
    pub modseq: Modseq,
}

/// Mail that waits to leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queued {
    /// The queue's number.
    pub queue_id: u64,
    /// Whose.
    pub tenant: TenantId,
    /// MAIL FROM.
    pub sender: Option<EmailAddress>,
    /// Where it goes.
    pub recipients: Vec<QueuedRecipient>,
    /// Octets.
    pub size: u32,
    /// Since when.
    pub queued_at: Timestamp,
}

/// What a purge destroyed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PurgeReport {
    /// Mailboxes.
    pub mailbox_count: u64,
    /// Folders.
    pub folder_count: u64,
    /// Blobs that nothing refers to any more.
    pub blob_count: u64,
    /// Whether more is left for the next call.
    pub is_unfinished: bool,
}

/// What a check of the whole store found: empty `faults` is good.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verification {
    /// Counts of what was checked, by name, for people.
    pub checked: Vec<(&'static str, u64)>,
    /// What is wrong, one sentence each; at most 1000.
    pub faults: Vec<String>,
}

/// A no of the store: expected, shown to the client.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreRefusal {
    /// The copy does not fit.
    #[error("the mailbox is full: {used} of {quota}")]
    OverQuota {
        /// Stored now.
        used: ByteSize,
        /// Allowed.
        quota: ByteSize,
    },
    /// The mailbox holds as many messages as any may, however small they are.
    #[error("the mailbox is full: it would hold more than {allowed} messages")]
    TooManyMessages {
        /// Allowed.
        allowed: u64,
    },
    /// The copy fits into the mailbox, not into what the mailboxes of its domain share.
    #[error("the storage that the domain shares is full: {used} of {size}")]
    OverPool {
        /// What its mailboxes hold together.
        used: ByteSize,
        /// Allowed.
        size: ByteSize,
    },
    /// The mailbox is deleted or was never provisioned.
    #[error("no such mailbox")]
    NoMailbox,
    /// A folder.
    #[error(transparent)]
    Folder(#[from] FolderRefusal),
    /// The folder has given out its last UID.
    #[error("the folder is exhausted")]
    UidsExhausted,
    /// Too much at once.
    #[error("at most {0}")]
    Limit(&'static str),
}

/// A no about a folder.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FolderRefusal {
    /// It does not exist.
    #[error("no such folder")]
    Missing,
    /// It exists.
    #[error("the folder exists already")]
    Exists,
    /// INBOX stays.
    #[error("INBOX cannot be removed or created")]
    Inbox,
    /// It has folders below it.
    #[error("the folder has folders below it")]
    HasChildren,
    /// The name.
    #[error("{0}")]
    NameInvalid(&'static str),
    /// Too many.
    #[error("a mailbox has at most {0} folders")]
    TooMany(u32),
    /// A message in it must stay.
    #[error("the folder holds messages that are kept for a time")]
    Retained,
    /// Another folder has this use.
    #[error("another folder has this special use")]
    SpecialUseTaken,
}

/// Why an operation on the store did not happen.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The store says no.
    #[error(transparent)]
    Refused(#[from] StoreRefusal),
    /// The machine failed. Nothing was changed, or it is not known.
    #[error("the message store failed: {0}")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The disk is full: nothing was changed. There may be room again later.
    #[error("the disk of the message store is full")]
    Full,
    /// The store is full of work: try again soon.
    #[error("the message store is busy")]
    Busy,
}

impl From<FolderRefusal> for StoreError {
    fn from(refusal: FolderRefusal) -> Self {
        Self::Refused(StoreRefusal::Folder(refusal))
    }
}

/// Most mailboxes whose usage is asked for at once.
pub const USAGE_COUNT_MAX: usize = 500;

/// The store of messages. Every method is durable when it returns `Ok`.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// Makes the mailbox with INBOX, Drafts, Sent, Junk, Trash and Archive (subscribed), or does nothing where it
    /// exists. Delivery provisions by itself.
    async fn provision(&self, owner: Owner) -> Result<(), StoreError>;

    /// Takes a message: parsed once, stored once, put into each mailbox, queued for the rest, in one transaction that
    /// is shared with other acceptances of the moment (group commit).
    async fn accept(&self, acceptance: Acceptance) -> Result<Accepted, StoreError>;

    /// Takes several as [`Store::accept`] takes one, of one tenant or of many, all in one transaction: where one cannot be
    /// taken none is, so that who brings a message once more brings it to nobody twice. An answer for each, in order.
    async fn accept_all(&self, acceptances: Vec<Acceptance>) -> Result<Vec<Accepted>, StoreError>;

    /// All folders of a mailbox with counters, by name.
    async fn folders(&self, owner: Owner) -> Result<Vec<Folder>, StoreError>;

    /// One folder by name.
    async fn folder(&self, owner: Owner, name: &FolderName) -> Result<Folder, StoreError>;

    /// Makes a folder and its missing parents.
    async fn create_folder(
        &self,
        owner: Owner,
        name: &FolderName,
        special_use: Option<SpecialUse>,
    ) -> Result<FolderId, StoreError>;

    /// Renames a folder with everything below it. Renaming INBOX moves its messages and leaves it empty
    /// (RFC 9051 section 6.3.6).
    async fn rename_folder(&self, owner: Owner, from: &FolderName, to: &FolderName)
    -> Result<(), StoreError>;

    /// Hides a folder; its messages are destroyed after the retention. One with folders below it is refused.
    async fn delete_folder(&self, owner: Owner, name: &FolderName) -> Result<(), StoreError>;

    /// Adds or removes a name from the subscribed ones; the folder need not exist (RFC 9051 section 6.3.7).
    async fn subscribe(&self, owner: Owner, name: &FolderName, is_subscribed: bool)
    -> Result<(), StoreError>;

    /// Subscribed names, also those without folder.
    async fn subscriptions(&self, owner: Owner) -> Result<Vec<FolderName>, StoreError>;

    /// At most `limit` messages of a folder with a UID above `after`, ascending.
    async fn messages(
        &self,
        owner: Owner,
        folder: FolderId,
        after: Uid,
        limit: usize,
    ) -> Result<Vec<MessageRow>, StoreError>;

    /// What happened in a folder after `since`.
    async fn changes(
        &self,
        owner: Owner,
        folder: FolderId,
        since: Modseq,
    ) -> Result<FolderChange, StoreError>;

    /// The derived values of messages, in the order of `messages`; those that are gone are left out. At most 1000.
    async fn summaries(
        &self,
        owner: Owner,
        messages: &[MessageId],
    ) -> Result<Vec<(MessageId, Arc<Summary>)>, StoreError>;

    /// Octets `range` of a message (cut to its size); `None` where it is gone.
    async fn body(
        &self,
        owner: Owner,
        message: MessageId,
        range: Range<u32>,
    ) -> Result<Option<Bytes>, StoreError>;

    /// Whole messages, at most 64 at once; those that are gone are left out. The caller bounds their sizes.
    async fn bodies(
        &self,
        owner: Owner,
        messages: &[MessageId],
    ) -> Result<Vec<(MessageId, Bytes)>, StoreError>;

    /// Changes flags of at most 100 000 messages, 1000 at a time: those before a failure are changed.
    async fn change_flags(
        &self,
        owner: Owner,
        folder: FolderId,
        set: MessageSet,
        change: FlagChange,
        unchanged_since: Option<Modseq>,
    ) -> Result<FlagOutcome, StoreError>;

    /// Copies at most 100 000 messages to another folder of the same mailbox, 1000 at a time, all or none: where some cannot be
    /// copied those before are taken back. `quota` as in [`Deposit`].
    async fn copy(
        &self,
        owner: Owner,
        from: FolderId,
        set: MessageSet,
        to: FolderId,
        quota: Quota,
    ) -> Result<Vec<Copied>, StoreError>;

    /// Moves at most 100 000 messages to another folder of the same mailbox, 1000 at a time: each is in one of both at any
    /// time, and those before a failure are moved (RFC 6851 section 3.3).
    async fn move_messages(
        &self,
        owner: Owner,
        from: FolderId,
        set: MessageSet,
        to: FolderId,
    ) -> Result<Vec<Copied>, StoreError>;

    /// Removes messages, except those that must stay, 1000 at a time.
    async fn expunge(
        &self,
        owner: Owner,
        folder: FolderId,
        scope: ExpungeScope,
    ) -> Result<Expunged, StoreError>;

    /// How many of the messages that [`Store::expunge`] would remove it would leave, since they must stay.
    async fn retained(
        &self,
        owner: Owner,
        folder: FolderId,
        scope: ExpungeScope,
    ) -> Result<usize, StoreError>;

    /// Lets no message leave a mailbox for so many days from when it came into its folder, whoever asks: it is not removed,
    /// nor with its folder, nor by [`Store::purge`]. It may go into another folder, where its time begins anew. None: all
    /// may leave.
    async fn retain(&self, owner: Owner, days: Option<u32>) -> Result<(), StoreError>;

    /// UIDs of a folder whose text holds `needle` (substring, without regard to case), ascending.
    async fn search_text(
        &self,
        owner: Owner,
        folder: FolderId,
        field: TextField,
        needle: &str,
    ) -> Result<Vec<Uid>, StoreError>;

    /// Prepares at most `limit` messages that are new since the last call for search; how many there were. Searches find
    /// also what is not prepared yet, only slower.
    async fn index_text(&self, limit: usize) -> Result<usize, StoreError>;

    /// What the mailbox holds; zero where it was never provisioned.
    async fn usage(&self, owner: Owner) -> Result<Usage, StoreError>;

    /// The same of several mailboxes of a tenant, at most [`USAGE_COUNT_MAX`]; those that were never provisioned are left
    /// out.
    async fn usages(
        &self,
        tenant: TenantId,
        mailboxes: &[MailboxId],
    ) -> Result<Vec<(MailboxId, Usage)>, StoreError>;

    /// Lets these mailboxes count in the pool of their domain, with all that they hold. Those that were never provisioned
    /// begin with their first message, if it comes with a [`Quota`] that names the pool.
    async fn pool(
        &self,
        tenant: TenantId,
        domain: DomainId,
        mailboxes: &[MailboxId],
    ) -> Result<(), StoreError>;

    /// Lets the mailboxes of a domain share no more. What comes from a node that has not heard of it makes the pool anew,
    /// which harms nobody: its limit is asked for no more.
    async fn unpool(&self, tenant: TenantId, domain: DomainId) -> Result<(), StoreError>;

    /// What the mailboxes that count in the pool of a domain hold together; zero where it has none.
    async fn pool_usage(&self, tenant: TenantId, domain: DomainId) -> Result<Usage, StoreError>;

    /// The same of several domains; those without a pool are left out.
    async fn pool_usages(
        &self,
        tenant: TenantId,
        domains: &[DomainId],
    ) -> Result<Vec<(DomainId, Usage)>, StoreError>;

    /// Tells when anything in the mailbox changes, on this node at once, on others within a second.
    fn watch(&self, owner: Owner) -> watch::Receiver<Change>;

    /// Hides a mailbox at once; its contents are destroyed by [`Store::purge`] after `purge_after`.
    async fn retire(&self, owner: Owner, purge_after: Timestamp) -> Result<(), StoreError>;

    /// Opens a retired mailbox again with all that it held, unless it was destroyed meanwhile.
    async fn restore(&self, owner: Owner) -> Result<(), StoreError>;

    /// Destroys what is past its retention at `now`: retired mailboxes, deleted folders, unreferenced blobs, old
    /// entries of the change log. Bounded work per call.
    async fn purge(&self, now: Timestamp) -> Result<PurgeReport, StoreError>;

    /// Mailboxes that the store holds, in the order of their ids, after `after`, at most `limit`, with usage.
    async fn mailboxes(&self, after: Option<Owner>, limit: usize) -> Result<Vec<(Owner, Usage)>, StoreError>;

    /// At most `limit` messages that wait to leave, oldest first, after queue number `after`, with those recipients that
    /// did not end; of one tenant, if given.
    async fn queued(
        &self,
        tenant: Option<TenantId>,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Queued>, StoreError>;

    /// Checks everything: counters against rows, usage against sizes, blobs against hashes, reference counts, UIDs
    /// below UIDNEXT, MODSEQs below the counter.
    async fn verify(&self) -> Result<Verification, StoreError>;
}
