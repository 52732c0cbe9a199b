//! Webhooks: what they are told, in the words of the API, and the log of it.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::Context as _;
use async_trait::async_trait;
use caller::{Caller, Reach, SystemLookup};
use engine::Engine;
use graphql::{DeliveryFault, DeliveryOutcome, DeliverySource, PortError, WebhookDelivery};
use journal::StoredEvent;
use kernel::{Cursor, TenantId, WebhookId};
use webhook::{Body, BodyError, Deliveries, Delivery, Fault, Outcome};

use crate::config::{Config, Mode};

/// The words of the API.
pub struct Words(pub Arc<Engine>);

#[async_trait]
impl Body for Words {
    async fn of(&self, stored: &StoredEvent) -> Result<Vec<u8>, BodyError> {
        graphql::told(&self.0, stored).await.map_err(|error| BodyError(error.into()))
    }
}

/// The one HTTP client: the public Internet, what the operator allows, and in development this machine.
///
/// # Errors
/// The machine knows no TLS.
pub fn caller(config: &Config) -> anyhow::Result<Caller> {
    let reach = Reach::new(config.outgoing.networks.clone());
    let reach = match config.mode {
        Mode::Development => reach.with_loopback(),
        Mode::Production => reach,
    };
    Caller::new(reach, Arc::new(SystemLookup), Vec::new()).context("calling other servers")
}

/// The log of deliveries, as the API asks for it.
pub struct Log(pub Deliveries);

#[async_trait]
impl DeliverySource for Log {
    async fn deliveries(
        &self,
        (tenant, webhooks): (TenantId, &[WebhookId]),
        before: Option<u64>,
        limit: usize,
    ) -> Result<HashMap<WebhookId, Vec<WebhookDelivery>>, PortError> {
        let found = self.0.log((tenant, webhooks), before, limit).await;
        let found = found.map_err(|source| PortError { what: "deliveries", source: source.into() })?;
        let shown = |log: Vec<Delivery>| log.into_iter().map(|delivery| told(tenant, delivery)).collect();
        Ok(found.into_iter().map(|(webhook, log)| (webhook, shown(log))).collect())
    }
}

fn told(tenant: TenantId, delivery: Delivery) -> WebhookDelivery {
    WebhookDelivery {
        number: graphql::Whole(delivery.number),
        event_id: delivery.event.into(),
        kind: delivery.kind,
        position: graphql::Place(Cursor { tenant, position: delivery.position }),
        is_replay: delivery.is_replay,
        outcome: match delivery.outcome {
            Outcome::Delivered => DeliveryOutcome::Delivered,
            Outcome::Retrying => DeliveryOutcome::Retrying,
            Outcome::GivenUp => DeliveryOutcome::GivenUp,
        },
        status: delivery.status.map(u32::from),
        fault: delivery.fault.map(|fault| match fault {
            Fault::Status => DeliveryFault::Status,
            Fault::Address => DeliveryFault::Address,
            Fault::Forbidden => DeliveryFault::Forbidden,
            Fault::Connection => DeliveryFault::Connection,
            Fault::Tls => DeliveryFault::Tls,
            Fault::Garbage => DeliveryFault::Garbage,
            Fault::Late => DeliveryFault::Late,
        }),
        duration_ms: graphql::Whole(delivery.duration_ms),
        attempts: delivery.attempt_count,
        first_at: delivery.first_at.into(),
        last_at: delivery.last_at.into(),
        next_attempt_at: delivery.next_attempt_at.map(Into::into),
    }
}
