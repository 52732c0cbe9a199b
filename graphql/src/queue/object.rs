//! Mail that waits to leave, as the API shows it.

use async_graphql::{Enum, InputObject, SimpleObject};
use kernel::AccountId;
use store::{QueueEntry, RecipientState, RemoteReply, StateSelection};

use crate::scalar::{AccountKey, DomainKey, MailboxKey, Moment, Octets, Whole};

/// How far a message for elsewhere has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum QueueState {
    /// It is stored durably and waits.
    Queued,
}

/// A message for elsewhere. Its addresses and contents are not shown.
#[derive(Debug, Clone, SimpleObject)]
pub struct QueuedMessage {
    /// The queue's number: rises with time.
    pub number: Whole,
    /// How far it has come.
    pub state: QueueState,
    /// Its size.
    pub bytes: Octets,
    /// How many recipients elsewhere it has that wait.
    pub recipients: u32,
    /// Since when it waits.
    pub queued_at: Moment,
}

/// How far a recipient of a message has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum QueueRecipientState {
    /// It waits for `dueAt`.
    Scheduled,
    /// It is being delivered.
    Leased,
    /// Somebody wants it to wait, or it looks as if somebody else sent it: it moves when it is released.
    Held,
    /// The operator sends nothing to that site now.
    Suspended,
    /// The other side has taken it.
    Delivered,
    /// It was given up; its sender was told.
    Bounced,
    /// Somebody removed it; nobody was told.
    Removed,
}

impl QueueRecipientState {
    const ALL: [(Self, RecipientState); 7] = [
        (Self::Scheduled, RecipientState::Scheduled),
        (Self::Leased, RecipientState::Leased),
        (Self::Held, RecipientState::Held),
        (Self::Suspended, RecipientState::Suspended),
        (Self::Delivered, RecipientState::Delivered),
        (Self::Bounced, RecipientState::Bounced),
        (Self::Removed, RecipientState::Removed),
    ];

    fn of(state: RecipientState) -> Self {
        Self::ALL.into_iter().find(|(_, known)| *known == state).map_or(Self::Scheduled, |(shown, _)| shown)
    }

    /// The states that are meant: those that did not end where none is named.
    pub(crate) fn selection(wanted: Option<Self>) -> StateSelection {
        let found = Self::ALL.into_iter().find(|(shown, _)| Some(*shown) == wanted);
        found.map_or(StateSelection::Open, |(_, state)| StateSelection::Only(state))
    }
}

/// What another server said, or what happened instead.
#[derive(Debug, Clone, SimpleObject)]
pub struct ServerReply {
    /// The reply code (RFC 5321 section 4.2), for example 450; 0 where nobody replied.
    pub code: u32,
    /// The enhanced status code (RFC 3463), for example `4.2.2`.
    pub enhanced: String,
    /// The text, in the words of whoever said it.
    pub text: String,
    /// The server that said it; none where it was ours.
    pub host: Option<String>,
}

impl ServerReply {
    /// The reply, where there is one.
    pub(crate) fn of(reply: &RemoteReply) -> Option<Self> {
        (reply.code != 0 || !reply.text.is_empty()).then(|| Self {
            code: u32::from(reply.code),
            enhanced: reply.enhanced.clone(),
            text: reply.text.clone(),
            host: reply.host.clone(),
        })
    }
}

/// A recipient of a message that waits to leave.
#[derive(Debug, Clone, SimpleObject)]
pub struct QueuedRecipient {
    /// The message's number and the recipient's place in it, for example `17.0`.
    pub id: String,
    /// The account whose mail it is.
    pub account_id: AccountKey,
    /// The message's number in the queue: rises with time.
    pub number: Whole,
    /// Which of its recipients, from 0.
    pub recipient: u32,
    /// The number under which its sender was told that it is taken: for `messageTrace`.
    pub message: String,
    /// The mailbox that sent it; none where it came from outside and goes on.
    pub mailbox_id: Option<MailboxKey>,
    /// The domain of the account that it is of.
    pub domain_id: Option<DomainKey>,
    /// The sender of the envelope; none for the null sender of reports.
    pub sender: Option<String>,
    /// Where it goes.
    pub address: String,
    /// The message's size in octets.
    pub bytes: Octets,
    /// Since when it waits.
    pub queued_at: Moment,
    /// How far it has come.
    pub state: QueueRecipientState,
    /// When it is tried next; none where that is not known.
    pub due_at: Option<Moment>,
    /// How often it was tried.
    pub attempts: u32,
    /// What was said last.
    pub last_reply: Option<ServerReply>,
}

impl From<QueueEntry> for QueuedRecipient {
    fn from(entry: QueueEntry) -> Self {
        let waits = matches!(entry.state, RecipientState::Scheduled);
        Self {
            id: format!("{}.{}", entry.key.queue_id, entry.key.ordinal),
            account_id: AccountKey(AccountId::new(kernel::Id::uuid(entry.tenant))),
            number: Whole(entry.key.queue_id),
            recipient: entry.key.ordinal,
            message: entry.message,
            mailbox_id: entry.mailbox.map(MailboxKey),
            domain_id: entry.home.map(DomainKey),
            sender: entry.sender.map(|sender| sender.to_string()),
            address: entry.address.to_string(),
            bytes: kernel::ByteSize::new(u64::from(entry.size)).into(),
            queued_at: entry.queued_at.into(),
            state: QueueRecipientState::of(entry.state),
            due_at: waits.then(|| entry.due_at.into()),
            attempts: entry.attempt_count,
            last_reply: ServerReply::of(&entry.last),
        }
    }
}

/// Which recipients are meant. Everything that is given must be so.
#[derive(Debug, Clone, Default, InputObject)]
pub struct QueueFilter {
    /// Of this message: its number in the queue, for example 4711.
    pub number: Option<Whole>,
    /// This recipient of the message, from 0.
    pub recipient: Option<u32>,
    /// Sent by this mailbox.
    pub mailbox_id: Option<MailboxKey>,
    /// Of this domain of the account.
    pub domain_id: Option<DomainKey>,
    /// To this domain elsewhere, for example `example.org`.
    pub destination: Option<String>,
    /// In this state; absent: all that did not end.
    pub state: Option<QueueRecipientState>,
}

/// A site that a node delivers to at this moment: the mail exchangers of one or of many domains.
#[derive(Debug, Clone, SimpleObject)]
pub struct DeliverySite {
    /// Its mail exchangers in their order.
    pub site: String,
    /// From which pool of addresses it is called; none where there are no pools.
    pub pool: Option<String>,
    /// What is asked of TLS.
    pub policy: String,
    /// Recipients that wait for a connection; what waits in the queue beside them is not counted.
    pub waiting_count: u32,
    /// Connections that are open.
    pub connection_count: u32,
    /// Until when it is left alone, since it failed several times in a row.
    pub paused_until: Option<Moment>,
    /// Its last fault, unless something was delivered since.
    pub last_fault: Option<ServerReply>,
}

impl DeliverySite {
    /// With the fault as the store keeps it.
    #[must_use]
    pub fn failing(self, fault: &RemoteReply) -> Self {
        Self { last_fault: ServerReply::of(fault), ..self }
    }
}

/// A site to which the operator sends nothing now.
#[derive(Debug, Clone, SimpleObject)]
pub struct SuspendedSite {
    /// The site: its mail exchangers in their order, or a domain.
    pub id: String,
    /// Why, in the operator's words.
    pub reason: String,
    /// Since when.
    pub since: Moment,
}
