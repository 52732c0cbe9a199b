//! All events of the hosting model, for consumers that read several nouns.

use kernel::{Category, Decider, Event, EventFamily, Kind, Malformed, Open, RawEvent, Seal, SealError};

use crate::account::{Account, AccountEvent};
use crate::alias::{Alias, AliasEvent};
use crate::book::EntryEvent;
use crate::contract::{Contract, ContractEvent};
use crate::delegation::{Delegation, DelegationEvent};
use crate::document::{Document, DocumentEvent};
use crate::domain::{Domain, DomainEvent};
use crate::mail_order::{MailOrder, MailOrderEvent};
use crate::mailbox::{Mailbox, MailboxEvent};
use crate::notice::{NoticeDay, NoticeEvent};
use crate::plan::{Plan, PlanEvent};
use crate::reseller::{Reseller, ResellerEvent};
use crate::service::{Service, ServiceEvent};
use crate::session::{Session, SessionEvent};
use crate::ticket::{Ticket, TicketEvent};
use crate::user::{User, UserEvent};
use crate::webhook::{Webhook, WebhookEvent};

/// An event of any noun of this crate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostingEvent {
    /// Of an account.
    Account(AccountEvent),
    /// Of an account among resellers.
    Reseller(ResellerEvent),
    /// Of a user.
    User(UserEvent),
    /// Of a session.
    Session(SessionEvent),
    /// Of a plan.
    Plan(PlanEvent),
    /// Of a service.
    Service(ServiceEvent),
    /// Of a domain.
    Domain(DomainEvent),
    /// Of a mailbox.
    Mailbox(MailboxEvent),
    /// Of an alias.
    Alias(AliasEvent),
    /// Of a delegation.
    Delegation(DelegationEvent),
    /// Of a ticket.
    Ticket(TicketEvent),
    /// Of an entry of a book.
    Entry(EntryEvent),
    /// Of a webhook.
    Webhook(WebhookEvent),
    /// Of a person's notices.
    Notice(NoticeEvent),
    /// Of a document.
    Document(DocumentEvent),
    /// Of a contract.
    Contract(ContractEvent),
    /// Of an order about mail.
    MailOrder(MailOrderEvent),
}

impl HostingEvent {
    /// The category of the streams that such an event stands in.
    pub const fn category(&self) -> Category {
        match self {
            Self::Account(_) => Account::CATEGORY,
            Self::Reseller(_) => Reseller::CATEGORY,
            Self::User(_) => User::CATEGORY,
            Self::Session(_) => Session::CATEGORY,
            Self::Plan(_) => Plan::CATEGORY,
            Self::Service(_) => Service::CATEGORY,
            Self::Domain(_) => Domain::CATEGORY,
            Self::Mailbox(_) => Mailbox::CATEGORY,
            Self::Alias(_) => Alias::CATEGORY,
            Self::Delegation(_) => Delegation::CATEGORY,
            Self::Ticket(_) => Ticket::CATEGORY,
            Self::Entry(event) => event.category(),
            Self::Webhook(_) => Webhook::CATEGORY,
            Self::Notice(_) => NoticeDay::CATEGORY,
            Self::Document(_) => Document::CATEGORY,
            Self::Contract(_) => Contract::CATEGORY,
            Self::MailOrder(_) => MailOrder::CATEGORY,
        }
    }

    /// See [`Event::kind`].
    pub fn kind(&self) -> Kind {
        match self {
            Self::Account(event) => Event::kind(event),
            Self::Reseller(event) => Event::kind(event),
            Self::User(event) => Event::kind(event),
            Self::Session(event) => Event::kind(event),
            Self::Plan(event) => Event::kind(event),
            Self::Service(event) => Event::kind(event),
            Self::Domain(event) => Event::kind(event),
            Self::Mailbox(event) => Event::kind(event),
            Self::Alias(event) => Event::kind(event),
            Self::Delegation(event) => Event::kind(event),
            Self::Ticket(event) => Event::kind(event),
            Self::Entry(event) => event.kind(),
            Self::Webhook(event) => Event::kind(event),
            Self::Notice(event) => Event::kind(event),
            Self::Document(event) => Event::kind(event),
            Self::Contract(event) => Event::kind(event),
            Self::MailOrder(event) => Event::kind(event),
        }
    }

    /// See [`Event::encode`].
    ///
    /// # Errors
    /// As there.
    pub fn encode(&self, seal: &mut dyn Seal) -> Result<Vec<u8>, SealError> {
        match self {
            Self::Account(event) => Event::encode(event, seal),
            Self::Reseller(event) => Event::encode(event, seal),
            Self::User(event) => Event::encode(event, seal),
            Self::Session(event) => Event::encode(event, seal),
            Self::Plan(event) => Event::encode(event, seal),
            Self::Service(event) => Event::encode(event, seal),
            Self::Domain(event) => Event::encode(event, seal),
            Self::Mailbox(event) => Event::encode(event, seal),
            Self::Alias(event) => Event::encode(event, seal),
            Self::Delegation(event) => Event::encode(event, seal),
            Self::Ticket(event) => Event::encode(event, seal),
            Self::Entry(event) => event.encode(seal),
            Self::Webhook(event) => Event::encode(event, seal),
            Self::Notice(event) => Event::encode(event, seal),
            Self::Document(event) => Event::encode(event, seal),
            Self::Contract(event) => Event::encode(event, seal),
            Self::MailOrder(event) => Event::encode(event, seal),
        }
    }
}

impl EventFamily for HostingEvent {
    fn decode(category: Category, raw: &RawEvent, open: &dyn Open) -> Result<Option<Self>, Malformed> {
        let event = if category == Account::CATEGORY {
            Self::Account(Event::decode(raw, open)?)
        } else if category == Reseller::CATEGORY {
            Self::Reseller(Event::decode(raw, open)?)
        } else if category == User::CATEGORY {
            Self::User(Event::decode(raw, open)?)
        } else if category == Session::CATEGORY {
            Self::Session(Event::decode(raw, open)?)
        } else if category == Plan::CATEGORY {
            Self::Plan(Event::decode(raw, open)?)
        } else if category == Service::CATEGORY {
            Self::Service(Event::decode(raw, open)?)
        } else if category == Domain::CATEGORY {
            Self::Domain(Event::decode(raw, open)?)
        } else if category == Mailbox::CATEGORY {
            Self::Mailbox(Event::decode(raw, open)?)
        } else if category == Alias::CATEGORY {
            Self::Alias(Event::decode(raw, open)?)
        } else if category == Delegation::CATEGORY {
            Self::Delegation(Event::decode(raw, open)?)
        } else if category == Ticket::CATEGORY {
            Self::Ticket(Event::decode(raw, open)?)
        } else if category == Webhook::CATEGORY {
            Self::Webhook(Event::decode(raw, open)?)
        } else if category == NoticeDay::CATEGORY {
            Self::Notice(Event::decode(raw, open)?)
        } else if category == Document::CATEGORY {
            Self::Document(Event::decode(raw, open)?)
        } else if category == Contract::CATEGORY {
            Self::Contract(Event::decode(raw, open)?)
        } else if category == MailOrder::CATEGORY {
            Self::MailOrder(Event::decode(raw, open)?)
        } else {
            return Ok(EntryEvent::decode(category, raw, open)?.map(Self::Entry));
        };
        Ok(Some(event))
    }
}
