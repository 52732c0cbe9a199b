//! What the API asks of the mail plane and of DNS.

use std::sync::Arc;

use async_trait::async_trait;
use graphql::{PortError, QueueSource, TxtResolver, Usage, UsageSource, Waiting};
use hickory_resolver::TokioResolver;
use kernel::{ByteSize, DomainName, MailboxId, TenantId};
use store::{Owner, SqlStore, Store as _};

/// The message store as the API asks it.
pub struct Mail(pub Arc<SqlStore>);

#[async_trait]
impl UsageSource for Mail {
    async fn usage(&self, tenant: TenantId, mailbox: MailboxId) -> Result<Usage, PortError> {
        let usage = self.0.usage(Owner { tenant, mailbox }).await;
        let usage =
            usage.map_err(|source| PortError { what: "the usage of a mailbox", source: source.into() })?;
        Ok(Usage { size: usage.size, message_count: usage.message_count })
    }
}

#[async_trait]
impl QueueSource for Mail {
    async fn waiting(&self, tenant: TenantId, after: u64, limit: usize) -> Result<Vec<Waiting>, PortError> {
        let queued = self.0.queued(Some(tenant), after, limit).await;
        let queued = queued.map_err(|source| PortError { what: "the queue", source: source.into() })?;
        Ok(queued
            .into_iter()
            .map(|queued| Waiting {
                number: queued.queue_id,
                size: ByteSize::new(u64::from(queued.size)),
                recipient_count: queued.recipients.len(),
                queued_at: queued.queued_at,
            })
            .collect())
    }
}

/// DNS by the system's resolvers, made when it is first asked: nothing at start needs DNS.
#[derive(Default)]
pub struct Dns(tokio::sync::OnceCell<TokioResolver>);

#[async_trait]
impl TxtResolver for Dns {
    async fn txt(&self, name: &DomainName) -> Result<Vec<String>, PortError> {
        let failed =
            |source: hickory_resolver::net::NetError| PortError { what: "DNS", source: source.into() };
        let resolver =
            self.0.get_or_try_init(async || TokioResolver::builder_tokio()?.build()).await.map_err(failed)?;
        // A name with a dot at its end is not searched in other domains.
        match resolver.txt_lookup(format!("{name}.")).await {
            Ok(found) => Ok(found
                .answers()
                .iter()
                .filter_map(|record| match &record.data {
                    hickory_resolver::proto::rr::RData::TXT(text) => Some(text.to_string()),
                    _ => None,
                })
                .collect()),
            Err(error) if error.is_no_records_found() => Ok(Vec::new()),
            Err(error) => Err(failed(error)),
        }
    }
}
