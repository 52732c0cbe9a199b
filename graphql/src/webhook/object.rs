//! A webhook and what it was told, as the API shows them.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::connection::Connection;
use async_graphql::dataloader::{DataLoader, Loader};
use async_graphql::{ComplexObject, Context, Enum, Result, SimpleObject};
use authority::{Permission, Resource};
use hosting::webhook::Pause as Cause;
use kernel::{Id as _, TenantId, Timestamp, WebhookId};

use crate::page::{Page, PageKey, cost};
use crate::platform::{DeliverySource, PortError};
use crate::request::Asked;
use crate::scalar::{AccountKey, EventKey, Moment, Place, WebhookKey, Whole};

/// Whether a webhook is told anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum WebhookStatus {
    /// It is.
    Active,
    /// It is not, for now.
    Paused,
}

/// Why a webhook is paused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Cause")]
pub enum WebhookPause {
    /// Its owner wants it so.
    Wanted,
    /// It has not taken an event for about a day.
    Failing,
    /// It answered 410: it is gone for good.
    Gone,
}

/// An endpoint elsewhere that is told what happens in an account: in order, each event at least once, by POST of the
/// JSON of an event with `Hosterra-Signature: t=<seconds>,v1=<hex>`, where `v1` is HMAC-SHA256 over `<seconds>.<body>` with
/// the webhook's secret. Any answer of 2xx within 10 seconds takes the event; `Hosterra-Event-Id` tells a repeat.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct Webhook {
    /// The name for the API.
    pub id: WebhookKey,
    /// Whose.
    pub account_id: AccountKey,
    /// Where it leads, for example `https://shop.example/hook`; none once erased.
    pub url: Option<String>,
    /// What it is told: kinds of events such as `mailbox.created`, `mailbox.*` or `*`.
    pub kinds: Vec<String>,
    /// What it is for.
    pub description: Option<String>,
    /// Whether it is told anything.
    pub status: WebhookStatus,
    /// Why it is paused.
    pub pause: Option<WebhookPause>,
    /// Until when the secret before the present one signs as well.
    pub previous_secret_until: Option<Moment>,
    /// How often where it leads or what it is told was changed: give it with a change that must not undo another's.
    pub revision: i32,
    /// Since when.
    pub registered_at: Moment,
    /// When it was changed last.
    pub changed_at: Moment,
}

#[ComplexObject]
impl Webhook {
    /// What it was told lately, newest first: the last 1000 deliveries.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn deliveries(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many: 1 to 100, 25 where absent.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor of the same list; absent: from its beginning.")] after: Option<
            String,
        >,
    ) -> Result<Connection<PageKey, WebhookDelivery>> {
        ctx.allow(Permission::AccountRead, self.resource())?;
        let page = Page::parse(first, after.as_deref()).map_err(|fault| ctx.fault(fault))?;
        let before = page.born_after().map(|born| u64::try_from(-born).unwrap_or_default());
        let (tenant, webhook) = (self.account_id.0.tenant(), self.id.0);
        let wanted = DeliveryPage { tenant, webhook, before, count: page.count() + 1 };
        let found = ctx.data::<DataLoader<Told>>()?.load_one(wanted).await;
        let found = found.map_err(|error| ctx.failed("reading deliveries", &*error))?;
        // Newest first: the key of a page counts backwards.
        Ok(page.of(found.unwrap_or_default().into_iter().map(|delivery| {
            let born = -i64::try_from(delivery.number.0).unwrap_or(i64::MAX);
            (PageKey { born, id: delivery.event_id.0.uuid() }, delivery)
        })))
    }
}

impl Webhook {
    /// What the authority is asked about.
    pub(crate) const fn resource(&self) -> Resource {
        Resource::account(self.account_id.0)
    }
}

/// A page of what a webhook was told, the newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct DeliveryPage {
    tenant: TenantId,
    webhook: WebhookId,
    /// Before which number it begins; none: with the newest.
    before: Option<u64>,
    /// How many there are in it, with the one that shows whether there are more.
    count: usize,
}

/// Gathers the webhooks of which it is asked in the same moment what they were told.
pub(crate) struct Told(pub(crate) Arc<dyn DeliverySource>);

impl Loader<DeliveryPage> for Told {
    type Value = Vec<WebhookDelivery>;
    type Error = Arc<PortError>;

    async fn load(
        &self,
        keys: &[DeliveryPage],
    ) -> std::result::Result<HashMap<DeliveryPage, Vec<WebhookDelivery>>, Arc<PortError>> {
        let mut alike: HashMap<_, Vec<WebhookId>> = HashMap::new();
        for DeliveryPage { tenant, webhook, before, count } in keys.iter().copied() {
            alike.entry((tenant, before, count)).or_default().push(webhook);
        }
        let mut told = HashMap::with_capacity(keys.len());
        for ((tenant, before, count), webhooks) in alike {
            let found = self.0.deliveries((tenant, &webhooks), before, count).await.map_err(Arc::new)?;
            let page = |webhook| DeliveryPage { tenant, webhook, before, count };
            told.extend(found.into_iter().map(|(webhook, deliveries)| (page(webhook), deliveries)));
        }
        Ok(told)
    }
}

/// What a delivery came to so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum DeliveryOutcome {
    /// It was taken.
    Delivered,
    /// It was not, and is tried again.
    Retrying,
    /// It was not, and the webhook paused itself.
    GivenUp,
}

/// Why an attempt failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum DeliveryFault {
    /// The endpoint answered with another status than 2xx. Redirects are not followed.
    Status,
    /// The host name has no address.
    Address,
    /// The host is in a network that is not called, such as a private one.
    Forbidden,
    /// Nobody listens there.
    Connection,
    /// Its certificate is not good, or TLS fails otherwise.
    Tls,
    /// What it answers is not HTTP.
    Garbage,
    /// It did not answer within 10 seconds.
    Late,
}

/// An event that a webhook was told, with all attempts.
#[derive(Debug, Clone, SimpleObject)]
pub struct WebhookDelivery {
    /// Its number, of this webhook from 1.
    pub number: Whole,
    /// Which event; the receiver finds it as `Hosterra-Event-Id`.
    pub event_id: EventKey,
    /// Of which kind, for example `mailbox.created`.
    pub kind: String,
    /// Where the event stands: give it to `webhookReplay` to have it told again.
    pub position: Place,
    /// Whether it was told again because somebody asked for it.
    pub is_replay: bool,
    /// What it came to so far.
    pub outcome: DeliveryOutcome,
    /// The HTTP status of the last answer.
    pub status: Option<u32>,
    /// Why the last attempt failed.
    pub fault: Option<DeliveryFault>,
    /// How long the last attempt took, in milliseconds.
    pub duration_ms: Whole,
    /// How often it was tried.
    pub attempts: u32,
    /// When first.
    pub first_at: Moment,
    /// When last.
    pub last_at: Moment,
    /// When again.
    pub next_attempt_at: Option<Moment>,
}

/// A moment in a row that may be absent.
pub(crate) fn moment(millis: Option<i64>) -> Option<Moment> {
    millis.map(|millis| Timestamp::from_millis(millis).into())
}
