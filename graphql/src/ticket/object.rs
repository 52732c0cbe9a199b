//! A ticket as the API shows it.

use async_graphql::dataloader::DataLoader;
use async_graphql::{ComplexObject, Context, Enum, Result, SimpleObject};
use authority::{Permission, Resource};
use hosting::HostingEvent;
use hosting::ticket::{
    Side, Ticket as Model, TicketEvent, TicketFile as File, TicketKind as Kind, TicketPriority as Priority,
    TicketState, Way,
};
use kernel::{Actor, Decider as _, Recorded, StreamId, TicketId};

use crate::loader::{Histories, States};
use crate::request::Asked;
use crate::scalar::{AccountKey, Moment, ServiceKey, TicketKey, UserKey, Whole};

/// What a ticket is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Kind")]
pub enum TicketKind {
    /// Invoices and payments.
    Billing,
    /// How something works, or does not.
    Technical,
    /// Somebody uses the platform against others.
    Abuse,
    /// Something is not safe.
    Security,
    /// Law and personal data.
    Legal,
    /// Before buying.
    Sales,
    /// Going back on a contract, as a consumer, within 14 days of it and without a reason. The support ends the Box.
    Withdrawal,
}

/// Whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum TicketStatus {
    /// The support's.
    AwaitingStaff,
    /// The customer's.
    AwaitingCustomer,
    /// Nobody's: it is answered, and can go on for 30 days.
    Resolved,
    /// Nobody's, for 7 days now; it can go on until 30 days are over.
    Closed,
}

/// How much a ticket hurries, in the eyes of the support.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Priority")]
pub enum TicketPriority {
    /// When there is time.
    Low,
    /// As it comes.
    Normal,
    /// Before others.
    High,
    /// Now.
    Urgent,
}

/// A question to the platform's support.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct Ticket {
    /// The name for the API.
    pub id: TicketKey,
    /// Whose.
    pub account_id: AccountKey,
    /// Which service it is about.
    pub service_id: Option<ServiceKey>,
    /// What it is about.
    pub kind: TicketKind,
    /// In a line; none once erased.
    pub subject: Option<String>,
    /// Whose turn it is.
    pub status: TicketStatus,
    /// Since when.
    pub opened_at: Moment,
    /// When something happened last.
    pub changed_at: Moment,
    /// The ticket in which it goes on: what was said here is read there as well.
    pub merged_into_id: Option<TicketKey>,
    /// How it was, in the eyes of the customer.
    pub rating: Option<TicketRating>,
    /// How often it was changed, answers included: give it with a change that must not pass over another's.
    pub revision: i32,
    #[graphql(skip)]
    pub(crate) desk: Desk,
}

/// How a ticket was, in the eyes of the customer.
#[derive(Debug, Clone, SimpleObject)]
pub struct TicketRating {
    /// From 1, the worst, to 5.
    pub stars: i32,
    /// In words; none where none were given, or once erased.
    pub words: Option<String>,
}

/// What the support alone sees of a ticket.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Desk {
    pub(crate) revision: i32,
    pub(crate) priority: TicketPriority,
    pub(crate) assignee: Option<UserKey>,
}

/// A file of a ticket: `GET /tickets/{accountId}/{ticketId}/files/{number}` gives it to whoever may read the ticket, always
/// as a download. `POST /tickets/{accountId}/{ticketId}/files?name=...` with its octets lays one beside what was said.
#[derive(Debug, Clone, SimpleObject)]
pub struct TicketFile {
    /// The ticket that it was given in: another one where that was merged into this.
    pub ticket_id: TicketKey,
    /// Counted from 1, within that ticket.
    pub number: i32,
    /// What it is called; none once erased, and the file is unreadable then.
    pub name: Option<String>,
    /// Its size in octets.
    pub octets: Whole,
}

/// One thing that was said in a ticket.
#[derive(Debug, Clone, SimpleObject)]
pub struct TicketMessage {
    /// Whether the support says it.
    pub is_staff: bool,
    /// Whether only the support reads it.
    pub is_internal: bool,
    /// Who, where it is a user.
    pub user_id: Option<UserKey>,
    /// Whether it came as an answer by mail: whoever got the notice has written it, and who that is is not proven.
    pub is_by_mail: bool,
    /// What; none once erased, and empty where only files were given.
    pub text: Option<String>,
    /// The files that came with it or after it.
    pub files: Vec<TicketFile>,
    /// When.
    pub at: Moment,
}

impl Ticket {
    /// What the authority is asked about.
    pub(crate) fn resource(&self) -> Resource {
        let resource = Resource::account(self.account_id.0);
        self.service_id.map_or(resource, |service| resource.in_service(service.0))
    }
}

/// What was said, with its files; notes of the support where they are to be seen.
fn thread(ticket: TicketKey, decoded: Vec<Recorded<HostingEvent>>, sees_all: bool) -> Vec<TicketMessage> {
    let (mut messages, mut number): (Vec<TicketMessage>, i32) = (Vec::new(), 0);
    for recorded in decoded {
        let HostingEvent::Ticket(event) = &recorded.event else { continue };
        let (is_staff, is_internal, is_by_mail, text) = match event {
            TicketEvent::Opened { text, .. } => (false, false, false, text.plain().cloned()),
            TicketEvent::Said { side, text, is_internal, way } => {
                (*side == Side::Staff, *is_internal, *way == Way::Mail, text.plain().cloned())
            }
            TicketEvent::Attached(File { side, is_internal, name, octets, .. }) => {
                number += 1;
                let file = TicketFile {
                    ticket_id: ticket,
                    number,
                    name: name.plain().cloned(),
                    octets: Whole(*octets),
                };
                let is_staff = *side == Side::Staff;
                match messages.last_mut() {
                    Some(last) if last.is_staff == is_staff && last.is_internal == *is_internal => {
                        last.files.push(file);
                    }
                    Some(_) | None if sees_all || !is_internal => {
                        let flags = (is_staff, *is_internal, false);
                        let mut message = message(&recorded, flags, (Some(String::new()), sees_all));
                        message.files.push(file);
                        messages.push(message);
                    }
                    Some(_) | None => {}
                }
                continue;
            }
            TicketEvent::Assigned { .. }
            | TicketEvent::PrioritySet { .. }
            | TicketEvent::Resolved { .. }
            | TicketEvent::Reopened
            | TicketEvent::Merged { .. }
            | TicketEvent::TookIn { .. }
            | TicketEvent::Rated { .. } => continue,
        };
        if sees_all || !is_internal {
            messages.push(message(&recorded, (is_staff, is_internal, is_by_mail), (text, sees_all)));
        }
    }
    messages
}

fn message(
    recorded: &Recorded<HostingEvent>,
    (is_staff, is_internal, is_by_mail): (bool, bool, bool),
    (text, sees_all): (Option<String>, bool),
) -> TicketMessage {
    TicketMessage {
        is_staff,
        is_internal,
        // Customers speak with the support, not with one of its people.
        user_id: match recorded.metadata.actor {
            Actor::User(user) if sees_all || !is_staff => Some(UserKey(user)),
            _ => None,
        },
        is_by_mail,
        text,
        files: Vec::new(),
        at: recorded.recorded_at.into(),
    }
}

#[ComplexObject]
impl Ticket {
    /// How much it hurries: told to operators alone.
    async fn priority(&self, ctx: &Context<'_>) -> Result<Option<TicketPriority>> {
        Ok(ctx.may(Permission::PlatformWrite, self.resource())?.then_some(self.desk.priority))
    }

    /// How often the support has changed what it alone sees: given with those changes. Told to operators alone.
    async fn desk_revision(&self, ctx: &Context<'_>) -> Result<Option<i32>> {
        Ok(ctx.may(Permission::PlatformWrite, self.resource())?.then_some(self.desk.revision))
    }

    /// Who of the support takes it; none where nobody does. Told to operators alone.
    async fn assignee_id(&self, ctx: &Context<'_>) -> Result<Option<UserKey>> {
        Ok(self
            .desk
            .assignee
            .filter(|_| ctx.may(Permission::PlatformWrite, self.resource()).unwrap_or(false)))
    }

    /// The login of whoever takes it. Told to operators alone.
    async fn assignee_login(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        if !ctx.may(Permission::PlatformWrite, self.resource())? {
            return Ok(None);
        }
        Ok(self.desk.assignee.and_then(|UserKey(user)| ctx.platform().ok()?.people.login(user)))
    }

    /// What was said, oldest first, also in the tickets that were merged into this one; what the support says to itself is
    /// told to operators alone.
    #[graphql(complexity = 50)]
    async fn messages(&self, ctx: &Context<'_>) -> Result<Vec<TicketMessage>> {
        ctx.allow(Permission::TicketWrite, self.resource())?;
        let sees_all = ctx.may(Permission::PlatformWrite, self.resource())?;
        let tenant = self.account_id.0.tenant();
        let state = ctx.data::<DataLoader<States>>()?.load_one((tenant, self.id.0)).await;
        let state: TicketState =
            state.map_err(|error| ctx.failed("the state of a ticket", &*error))?.unwrap_or_default();
        let others = state.record().map(|record| record.taken_in.clone()).unwrap_or_default();
        let tickets: Vec<TicketId> = [self.id.0].into_iter().chain(others).collect();
        let place = |ticket: &TicketId| (tenant, StreamId::new(Model::CATEGORY, *ticket));
        let histories = ctx.data::<DataLoader<Histories>>()?.load_many(tickets.iter().map(place)).await;
        let histories = histories.map_err(|error| ctx.failed("reading a history", &*error))?;
        let mut messages = Vec::new();
        for ticket in tickets {
            let stored = histories.get(&place(&ticket)).map(|events| events.to_vec()).unwrap_or_default();
            let decoded = ctx.platform()?.engine.decode::<HostingEvent>(stored).await;
            let decoded = decoded.map_err(|error| ctx.failed("reading events", &error))?;
            messages.extend(thread(TicketKey(ticket), decoded, sees_all));
        }
        messages.sort_by_key(|message| message.at.0);
        Ok(messages)
    }
}
