//! A ticket as the API shows it.

use async_graphql::{ComplexObject, Context, Enum, Result, SimpleObject};
use authority::{Permission, Resource};
use hosting::HostingEvent;
use hosting::ticket::{Side, Ticket as Model, TicketEvent, TicketKind as Kind};
use kernel::{Actor, Decider as _, StreamId};

use crate::request::Asked;
use crate::scalar::{AccountKey, Moment, ServiceKey, TicketKey, UserKey};

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
    /// What; none once erased.
    pub text: Option<String>,
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

#[ComplexObject]
impl Ticket {
    /// What was said, oldest first; what the support says to itself is told to operators alone.
    #[graphql(complexity = 50)]
    async fn messages(&self, ctx: &Context<'_>) -> Result<Vec<TicketMessage>> {
        ctx.allow(Permission::TicketWrite, self.resource())?;
        let sees_all = ctx.may(Permission::PlatformWrite, self.resource())?;
        let stream = StreamId::new(Model::CATEGORY, self.id.0);
        let stored = crate::history::query::stored(ctx, self.account_id.0, stream).await?;
        let decoded = ctx.platform()?.engine.decode::<HostingEvent>(stored).await;
        let decoded = decoded.map_err(|error| ctx.failed("reading events", &error))?;
        let said = decoded.into_iter().filter_map(|recorded| {
            let (is_staff, is_internal, text) = match &recorded.event {
                HostingEvent::Ticket(TicketEvent::Opened { text, .. }) => (false, false, text),
                HostingEvent::Ticket(TicketEvent::Said { side, text, is_internal }) => {
                    (*side == Side::Staff, *is_internal, text)
                }
                _ => return None,
            };
            (sees_all || !is_internal).then(|| TicketMessage {
                is_staff,
                is_internal,
                // Customers speak with the support, not with one of its people.
                user_id: match recorded.metadata.actor {
                    Actor::User(user) if sees_all || !is_staff => Some(UserKey(user)),
                    _ => None,
                },
                text: text.plain().cloned(),
                at: recorded.recorded_at.into(),
            })
        });
        Ok(said.collect())
    }
}
