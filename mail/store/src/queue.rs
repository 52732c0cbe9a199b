//! What the queue of mail that leaves does, whichever database keeps it.
//!
//! One row per recipient. A row is leased, not locked: whoever leased it alone may say what became of it, until the lease
//! ends; a node that dies loses its leases by time. What ended stays as a closed record for the message trace.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use kernel::{DomainId, DomainName, EmailAddress, MailboxId, TenantId, Timestamp};
use uuid::Uuid;

use crate::trace::{Direction, Passage, Stage};
use crate::{Acceptance, QueuedRecipient, StoreError, Taker};

/// Recipients that one lease takes at most.
pub const LEASE_RECIPIENT_COUNT_MAX: usize = 2000;
/// Entries in one page of a list.
pub const QUEUE_PAGE_COUNT_MAX: usize = 1000;
/// Recipients that one order reaches at most; the answer says how many it were.
pub const ORDER_RECIPIENT_COUNT_MAX: usize = 1000;
/// Days for which nothing is sent to an address that does not exist; then it is tried again: it may have been made, or
/// made anew.
pub const NO_SUCH_ADDRESS_DAY_COUNT: i64 = 90;
/// Most addresses that people put on a tenant's suppression list. What comes on it by failures is bounded by what the
/// tenant may send in [`NO_SUCH_ADDRESS_DAY_COUNT`] days.
pub const SUPPRESSION_COUNT_MAX: usize = 100_000;
/// Letters that are forgotten in one transaction.
pub const LETTER_COUNT_MAX: usize = 500;
/// Days for which a closed record and its passages are kept.
pub const CLOSED_DAY_COUNT: i64 = 30;

/// Which mail goes first where not all can go at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Lane {
    /// A person wrote it to a few others.
    #[default]
    Interactive,
    /// A machine wrote it for one person: a receipt, a code.
    Transactional,
    /// A list or a newsletter.
    Bulk,
    /// Reports of this server: delivery status, DMARC, TLS.
    Report,
}

impl Lane {
    /// All, the first first.
    pub const ALL: [Self; 4] = [Self::Interactive, Self::Transactional, Self::Bulk, Self::Report];
}

/// Where queued mail comes from; it decides who may be told of its failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Origin {
    /// One of our users sent it.
    #[default]
    Submitted,
    /// It came from outside and goes on by an alias or a relay: at most one report, and none of delay.
    Forwarded,
    /// This server wrote it: nobody is told.
    Report,
}

/// What a message asks of TLS on its way, beside what its sender and its destination ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum TlsWish {
    /// Nothing.
    #[default]
    Usual,
    /// That it goes on where a policy of its destination fails: `TLS-Required: No` (RFC 8689 section 3).
    Relaxed,
    /// TLS or nothing: its sender's mailbox is set so.
    Encrypted,
    /// That every host on the way is proven and asks the next one for the same: REQUIRETLS (RFC 8689 section 2).
    Required,
}

/// What the queue keeps about a message beside its envelope.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Queueing {
    /// The number under which the sender was told that it is taken; empty: the queue makes one.
    pub message: String,
    /// Which mail it is.
    pub lane: Lane,
    /// Where it comes from.
    pub origin: Origin,
    /// The mailbox that sent it.
    pub mailbox: Option<MailboxId>,
    /// The domain here that it is of: that of the mailbox, or of the address that leads it elsewhere.
    pub home: Option<DomainId>,
    /// Whether it waits until somebody releases it.
    pub is_held: bool,
    /// Why it does, as a word of the trace; empty where that is not known.
    pub held_for: &'static str,
    /// What it asks of TLS.
    pub tls: TlsWish,
    /// How it came, for each who will see that it waits: told before that it does. Empty where this server wrote it.
    pub beginning: Vec<Passage>,
    /// Whether its sender is known to be who it says, where it comes from outside: a report to any other would go to whoever
    /// was named by a forger. Not known of what was queued before this was kept.
    pub is_sender_known: bool,
    /// Whether it is kept and never leaves, whoever releases it: its tenant only tries things out.
    pub is_sandbox: bool,
}

/// How far a recipient has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RecipientState {
    /// It waits for `due_at`.
    Scheduled,
    /// Somebody is at it until `due_at`.
    Leased,
    /// Somebody wants it to wait: it moves when it is released.
    Held,
    /// Its site is suspended.
    Suspended,
    /// The other side has taken it. An end.
    Delivered,
    /// It was given up. An end.
    Bounced,
    /// Somebody removed it; nobody was told. An end.
    Removed,
}

impl RecipientState {
    /// Whether nothing happens any more.
    pub const fn is_end(self) -> bool {
        matches!(self, Self::Delivered | Self::Bounced | Self::Removed)
    }

    /// Its word, never renamed.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Leased => "leased",
            Self::Held => "held",
            Self::Suspended => "suspended",
            Self::Delivered => "delivered",
            Self::Bounced => "bounced",
            Self::Removed => "removed",
        }
    }
}

/// A recipient in the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RecipientKey {
    /// The message's number in the queue.
    pub queue_id: u64,
    /// Which of its recipients, from 0.
    pub ordinal: u32,
}

/// What the other side said, or what happened instead. Sanitised before it comes here: printable, one line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RemoteReply {
    /// The reply code; 0 where nobody replied.
    pub code: u16,
    /// The enhanced status code (RFC 3463), such as `4.4.1`; ours where the other side gave none.
    pub enhanced: String,
    /// The text.
    pub text: String,
    /// Who said it; none where it was ourselves.
    pub host: Option<String>,
}

/// What a sender is told of a recipient whose mail was taken here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It is in the recipient's mailbox.
    Delivered,
    /// It goes to several in the recipient's place, of whom nothing more is told (RFC 3461 section 5.2.7.3).
    Expanded,
    /// One of the mailboxes that it leads to did not get it, for this reason.
    Missed(RemoteReply),
}

/// One queue that is scheduled by itself: a tenant's mail of one lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Line {
    /// Whose.
    pub tenant: TenantId,
    /// Which mail.
    pub lane: Lane,
}

/// A domain of a line that has something due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// Where it goes.
    pub domain: DomainName,
    /// Since when the first recipient is due.
    pub due_at: Timestamp,
}

/// A page of a line's domains.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DuePage {
    /// Those that have something due.
    pub due: Vec<Due>,
    /// The last domain that was looked at; none at the end of the line.
    pub next: Option<String>,
}

/// What somebody wants to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaseRequest {
    /// The node that asks.
    pub owner: Uuid,
    /// Now: what was to wait until then is due.
    pub now: Timestamp,
    /// How long the lease lasts unless it is renewed, by the clock of the database.
    pub lasts: Duration,
    /// Of which line.
    pub line: Line,
    /// Domains, with how many recipients of each at most; [`LEASE_RECIPIENT_COUNT_MAX`] altogether.
    pub domains: Vec<(DomainName, usize)>,
}

/// A lease, by which its holder is known again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LeaseToken(pub Uuid);

/// A message of which recipients are leased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeasedMessage {
    /// Its number in the queue.
    pub queue_id: u64,
    /// Whose.
    pub tenant: TenantId,
    /// The number under which its sender knows it.
    pub message: String,
    /// MAIL FROM.
    pub sender: Option<EmailAddress>,
    /// Octets.
    pub size: u32,
    /// DSN RET as given.
    pub ret: Option<String>,
    /// DSN ENVID as given.
    pub envelope_id: Option<String>,
    /// Since when.
    pub queued_at: Timestamp,
    /// Which mail.
    pub lane: Lane,
    /// From where.
    pub origin: Origin,
    /// The mailbox that sent it.
    pub mailbox: Option<MailboxId>,
    /// Whether its sender is known to be who it says, where it comes from outside.
    pub is_sender_known: bool,
    /// What it asks of TLS.
    pub tls: TlsWish,
}

/// A recipient that is leased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeasedRecipient {
    /// Which.
    pub key: RecipientKey,
    /// Where it goes.
    pub address: EmailAddress,
    /// DSN NOTIFY as given.
    pub notify: Option<String>,
    /// DSN ORCPT as given.
    pub original: Option<String>,
    /// How its sender named it, where that is not `address`.
    pub given: Option<EmailAddress>,
    /// Attempts before this one.
    pub attempt_count: u32,
    /// Whether the sender was told that it takes long.
    pub is_delay_told: bool,
    /// What is to be done instead of an attempt.
    pub instead: Option<Instead>,
    /// What was said last.
    pub last: RemoteReply,
}

impl LeasedRecipient {
    /// One that nothing happened with so far.
    pub fn new(key: RecipientKey, queued: QueuedRecipient) -> Self {
        Self {
            key,
            address: queued.address,
            notify: queued.notify,
            original: queued.original,
            given: queued.given,
            attempt_count: 0,
            is_delay_told: false,
            instead: None,
            last: RemoteReply::default(),
        }
    }
}

/// What is to be done with a recipient instead of trying to deliver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Instead {
    /// An operator wants it to be given up, with a report to the sender.
    Bounce,
    /// The tenant's suppression list holds the address, for that reason.
    Suppressed(SuppressionCause),
}

/// What a lease gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leased {
    /// Names the lease.
    pub token: LeaseToken,
    /// The messages with their leased recipients, oldest first.
    pub messages: Vec<(LeasedMessage, Vec<LeasedRecipient>)>,
}

/// What became of a leased recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The other side has it.
    Delivered,
    /// It is given up.
    Bounced,
    /// It is tried again.
    Retry {
        /// Not before.
        due_at: Timestamp,
        /// Whether the sender is told with this that it takes long.
        delay: DelayNotice,
    },
    /// Nothing was tried; it goes back as it was.
    Returned {
        /// Not before.
        due_at: Timestamp,
    },
    /// Nobody could be asked: no attempt, but the reply says what it waits for. The trace is told when that is news.
    Unasked {
        /// Not before.
        due_at: Timestamp,
    },
    /// Its site is suspended: it rests until that is resumed, and is looked at again meanwhile for its age.
    Suspended {
        /// When it is looked at.
        due_at: Timestamp,
        /// Whether the sender is told with this that it takes long.
        delay: DelayNotice,
    },
}

/// Whether the sender is told of a delay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DelayNotice {
    /// Not with this outcome.
    None,
    /// With this outcome.
    Told,
}

/// What became of one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    /// Which.
    pub key: RecipientKey,
    /// What became of it.
    pub outcome: Outcome,
    /// Why.
    pub reply: RemoteReply,
    /// Where it was tried; none before that is known.
    pub site: Option<String>,
    /// From which of our addresses, where there is a choice of them.
    pub source: Option<String>,
    /// By which way, as words of ours for the message trace; without blanks.
    pub reasons: Vec<String>,
    /// Whether the address is put on the tenant's suppression list.
    pub suppress: Suppress,
}

/// Whether an address is put on the suppression list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Suppress {
    /// No.
    No,
    /// It does not exist, says the other side.
    HardBounce,
}

/// Outcomes of one message, and the report that tells its sender: one transaction.
#[derive(Debug, Clone)]
pub struct Settling {
    /// Whose mail it is: what is written takes their turns.
    pub tenant: TenantId,
    /// The lease under which they were had. Outcomes of a lost lease are not written.
    pub token: LeaseToken,
    /// The outcomes.
    pub settlements: Vec<Settlement>,
    /// The report, if there is one. Taken with the outcomes, or not at all.
    pub report: Option<Acceptance>,
}

/// A recipient, as lists and inspections show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueEntry {
    /// Which.
    pub key: RecipientKey,
    /// Whose.
    pub tenant: TenantId,
    /// The number under which its sender knows the message.
    pub message: String,
    /// The mailbox that sent it.
    pub mailbox: Option<MailboxId>,
    /// The domain here that it is of.
    pub home: Option<DomainId>,
    /// MAIL FROM.
    pub sender: Option<EmailAddress>,
    /// Where it goes.
    pub address: EmailAddress,
    /// Octets of the message.
    pub size: u32,
    /// Since when.
    pub queued_at: Timestamp,
    /// Which mail.
    pub lane: Lane,
    /// How far it is.
    pub state: RecipientState,
    /// When it is due; the end of the lease where it is leased; meaningless at an end.
    pub due_at: Timestamp,
    /// Attempts so far.
    pub attempt_count: u32,
    /// Where it was tried last.
    pub site: Option<String>,
    /// What was said last.
    pub last: RemoteReply,
    /// When it ended.
    pub closed_at: Option<Timestamp>,
}

/// What a message that waits says of itself in its header: content, for whoever wrote it alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueuedHead {
    /// The message's number in the queue.
    pub queue_id: u64,
    /// Its subject, readable; none where it has none.
    pub subject: Option<String>,
    /// Its date; none where it has none that can be read.
    pub sent_at: Option<Timestamp>,
}

/// Which recipients are meant. Everything that is given must be so.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selection {
    /// Of this tenant.
    pub tenant: Option<TenantId>,
    /// Sent by this mailbox.
    pub mailbox: Option<MailboxId>,
    /// Of this message.
    pub queue_id: Option<u64>,
    /// This recipient of the message.
    pub ordinal: Option<u32>,
    /// To this domain.
    pub domain: Option<DomainName>,
    /// Queued then or later.
    pub queued_since: Option<Timestamp>,
    /// Queued before then.
    pub queued_before: Option<Timestamp>,
    /// In these states.
    pub state: StateSelection,
    /// As far as this is seen.
    pub sight: Sight,
}

/// How far somebody sees in a tenant.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Sight {
    /// All of it.
    #[default]
    All,
    /// What is of any of these.
    Parts {
        /// These domains.
        domains: Vec<DomainId>,
        /// These mailboxes.
        mailboxes: Vec<MailboxId>,
    },
}

/// Which states of recipients are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StateSelection {
    /// Those that did not end.
    #[default]
    Open,
    /// All, ended or not: one question, so that nobody slips from one state to the next between two.
    Any,
    /// This one.
    Only(RecipientState),
}

/// Nothing waits longer than this for its next attempt: what is due later was put off by a clock that was wrong, and is due
/// now. Whoever puts off stays below it.
pub const DUE_AHEAD_MAX: Duration = Duration::from_secs(6 * 3600);

/// What an operator or owner wants of recipients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Order {
    /// Wait until they are released.
    Hold,
    /// Go on: held ones are due now.
    Release,
    /// Be due now.
    Retry,
    /// Be given up, with a report to the sender.
    Bounce,
    /// Be removed; nobody is told. One that is being tried is not reached, unless it was to be held: it is given up when
    /// that ends.
    Remove,
}

/// Who gives an order. What is held is kept with who holds it, and nobody lets go what somebody above them holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Orderer {
    /// Whoever runs the platform: reaches all that is held, and takes over what others hold.
    Operator,
    /// Whoever looks after the mail, of the account itself: does not reach what the operator holds.
    Owner,
    /// The watch over what a mailbox sends: reaches of what is held only what it holds itself.
    Watch,
}

impl Orderer {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Operator, Self::Owner, Self::Watch];

    /// The word by which the trace says who holds.
    pub const fn holds(self) -> &'static str {
        match self {
            Self::Operator => "held_by_operator",
            Self::Owner => "held_by_owner",
            Self::Watch => "held_by_watch",
        }
    }
}

/// A site to which nothing is sent because an operator wants it so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suspension {
    /// The site: its hosts in order, or a domain.
    pub site: String,
    /// Why: the operator's words.
    pub reason: String,
    /// Since when.
    pub since: Timestamp,
}

/// Why nothing is sent to an address. The words on disk are never renamed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SuppressionCause {
    /// It does not exist, says the other side. Forgotten after [`NO_SUCH_ADDRESS_DAY_COUNT`] days.
    NoSuchAddress,
    /// Its owner called mail unwanted. Kept until somebody takes it off.
    Complaint,
    /// Somebody put it there. Kept until somebody takes it off.
    Ordered,
}

impl SuppressionCause {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::NoSuchAddress, Self::Complaint, Self::Ordered];

    /// The cause of a word on disk; one that nobody knows is an order: it says the least.
    pub(crate) fn of(word: &str) -> Self {
        Self::ALL.into_iter().find(|cause| cause.as_str() == word).unwrap_or(Self::Ordered)
    }

    /// The word on disk.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoSuchAddress => "no_such_address",
            Self::Complaint => "complaint",
            Self::Ordered => "ordered",
        }
    }

    /// When an entry of `since` ends; none: when somebody takes it off.
    pub(crate) fn expires_at(self, since: Timestamp) -> Option<i64> {
        match self {
            Self::NoSuchAddress => {
                Some(since.millis().saturating_add(NO_SUCH_ADDRESS_DAY_COUNT * crate::DAY_MILLIS))
            }
            Self::Complaint | Self::Ordered => None,
        }
    }
}

/// An address to which a tenant's mail is not sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppression {
    /// The address in its canonical form.
    pub address: String,
    /// Why.
    pub cause: SuppressionCause,
    /// What the other side said.
    pub reply: RemoteReply,
    /// Since when.
    pub since: Timestamp,
    /// Until when; none: until somebody takes it off.
    pub expires_at: Option<Timestamp>,
}

/// How full the queue is, for metrics: counted from an index, bounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Depth {
    /// Recipients that are scheduled or leased.
    pub waiting_count: u64,
    /// Recipients that are held.
    pub held_count: u64,
    /// Recipients of suspended sites.
    pub suspended_count: u64,
}

/// How much of a mailbox is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HeldCount {
    /// Recipients.
    pub recipients: u64,
    /// Messages that they are of.
    pub messages: u64,
}

/// The queue of mail that leaves. Every method is durable when it returns `Ok`.
#[async_trait]
pub trait Queue: Send + Sync + 'static {
    /// At most `limit` lines after `after` that have recipients, in their order.
    async fn lines(&self, after: Option<Line>, limit: usize) -> Result<Vec<Line>, StoreError>;

    /// Of the next `limit` domains of a line after `after` (in their order) those that have something due at `now`.
    async fn due(
        &self,
        line: Line,
        after: Option<&str>,
        now: Timestamp,
        limit: usize,
    ) -> Result<DuePage, StoreError>;

    /// Leases recipients that are due, or whose lease has ended. No two leases of one moment hold the same recipient. When a
    /// lease ends is the database's to say, so that clocks of nodes may differ.
    async fn lease(&self, request: LeaseRequest) -> Result<Leased, StoreError>;

    /// Leases of `owner` last so long from now on, by the clock of the database; of how many recipients each, in order: what
    /// another node has leased since is not touched.
    async fn renew(
        &self,
        owner: Uuid,
        tokens: &[LeaseToken],
        lasts: Duration,
    ) -> Result<Vec<u64>, StoreError>;

    /// Ends every lease, whoever has it: only where no other node can be there.
    async fn end_leases(&self) -> Result<u64, StoreError>;

    /// Says what became of leased recipients. The count of those whose outcome was written: the lease of the others is lost.
    async fn settle(&self, settling: Settling) -> Result<usize, StoreError>;

    /// The octets of a message; none where it is closed.
    async fn content(&self, queue_id: u64) -> Result<Option<Bytes>, StoreError>;

    /// What messages say of themselves in their headers, at most [`QUEUE_PAGE_COUNT_MAX`]; closed ones are left out.
    async fn heads(&self, queue_ids: &[u64]) -> Result<Vec<QueuedHead>, StoreError>;

    /// At most `limit` recipients after `after`, by message and recipient.
    async fn entries(
        &self,
        selection: &Selection,
        after: Option<RecipientKey>,
        limit: usize,
    ) -> Result<Vec<QueueEntry>, StoreError>;

    /// How much of what each of these mailboxes (at most [`QUEUE_PAGE_COUNT_MAX`]) sent is held; one of whom nothing is held is
    /// left out.
    async fn held_counts(
        &self,
        mailboxes: &[MailboxId],
    ) -> Result<HashMap<(TenantId, MailboxId), HeldCount>, StoreError>;

    /// Carries out an order until nobody is left to be reached; how many were. For whoever has the time: a request of a client
    /// is one [`Queue::order_by`], and is told whether there is more.
    async fn order_all(
        &self,
        selection: &Selection,
        order: Order,
        by: (Orderer, &str),
    ) -> Result<u64, StoreError> {
        let mut reached = 0;
        loop {
            let count = self.order_by(selection, order, by).await?;
            reached += count;
            if count < ORDER_RECIPIENT_COUNT_MAX as u64 {
                return Ok(reached);
            }
        }
    }

    /// Carries out an order on at most [`ORDER_RECIPIENT_COUNT_MAX`] recipients; how many it reached: fewer where none is left,
    /// also where other nodes do the same. Recipients that
    /// are leased are left alone except by [`Order::Bounce`] and [`Order::Hold`], which wait for the lease to end. Who
    /// gives it decides which held recipients it reaches (see [`Orderer`]); the trace tells in whose name it was: the id of
    /// somebody, never an address.
    async fn order_by(
        &self,
        selection: &Selection,
        order: Order,
        by: (Orderer, &str),
    ) -> Result<u64, StoreError>;

    /// Suspends a site.
    async fn suspend(&self, suspension: Suspension) -> Result<(), StoreError>;

    /// Resumes a site: its recipients are due now. How many there are.
    async fn resume(&self, site: &str) -> Result<u64, StoreError>;

    /// Lets recipients of suspended sites be looked at whose time it is, some at a time; how many there were. Whoever leases them sees that
    /// their site is suspended, and says what follows from their age.
    async fn rouse(&self, now: Timestamp) -> Result<u64, StoreError>;

    /// Suspended sites, by name; at most [`QUEUE_PAGE_COUNT_MAX`].
    async fn suspensions(&self) -> Result<Vec<Suspension>, StoreError>;

    /// At most `limit` addresses of a tenant's suppression list after `after`, in their order.
    async fn suppressions(
        &self,
        tenant: TenantId,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Suppression>, StoreError>;

    /// At most `limit` addresses of the lists of all tenants after `after`, by address and tenant; of one `address` alone
    /// where it is named.
    async fn all_suppressions(
        &self,
        address: Option<&str>,
        after: Option<(&str, TenantId)>,
        limit: usize,
    ) -> Result<Vec<(TenantId, Suppression)>, StoreError>;

    /// Puts an address on a tenant's list, where `reply` says more; whether it was not there. One that would be forgotten
    /// stays with a cause that is not. Refused where people have put [`SUPPRESSION_COUNT_MAX`] there.
    async fn suppress(
        &self,
        tenant: TenantId,
        address: &EmailAddress,
        (cause, reply): (SuppressionCause, RemoteReply),
    ) -> Result<bool, StoreError>;

    /// Takes an address off a tenant's list; whether it was there.
    async fn unsuppress(&self, tenant: TenantId, address: &str) -> Result<bool, StoreError>;

    /// How full the queue is.
    async fn depth(&self) -> Result<Depth, StoreError>;

    /// Writes what happened to messages, for those who ask later.
    async fn record(&self, passages: Vec<Passage>) -> Result<(), StoreError>;

    /// At most `limit` passages of a tenant after (older than) `before`, newest first.
    async fn passages(
        &self,
        tenant: TenantId,
        of: &PassageFilter,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<(u64, Passage)>, StoreError>;

    /// Removes what the trace and the closed records of the queue hold about a mailbox: its owner is erased.
    async fn forget(&self, tenant: TenantId, mailbox: MailboxId) -> Result<(), StoreError>;

    /// Removes letters of a tenant that went by these numbers (at most [`LETTER_COUNT_MAX`]), wherever they are: what waits
    /// leaves no more, the trace holds nothing of it, and that their addresses did not exist is not known any more. What is
    /// being tried ends as it ends, and nothing is written of it. Whoever they were to is erased.
    async fn forget_letters(&self, tenant: TenantId, numbers: &[String]) -> Result<(), StoreError>;

    /// From now on `taker` is offered what is queued on this node; whoever was before is asked no more.
    fn hand_to(&self, taker: Arc<dyn Taker>);

    /// Ends when new mail may have been queued on this node since the last call ended that nobody has taken.
    async fn rung(&self);
}

/// Which passages are meant.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PassageFilter {
    /// Of this message: the number under which its sender knows it.
    pub message: Option<String>,
    /// Of messages of this mailbox.
    pub mailbox: Option<MailboxId>,
    /// Of this stage.
    pub stage: Option<Stage>,
    /// Going this way.
    pub direction: Option<Direction>,
    /// With this sender, whatever its case.
    pub sender: Option<String>,
    /// For this recipient, whatever its case.
    pub recipient: Option<String>,
    /// Of messages with this Message-ID.
    pub message_id: Option<String>,
    /// Not before.
    pub since: Option<Timestamp>,
    /// Before.
    pub until: Option<Timestamp>,
    /// As far as this is seen.
    pub sight: Sight,
}
