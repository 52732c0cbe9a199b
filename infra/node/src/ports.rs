//! What the API asks of the mail plane and of DNS.

use std::net::SocketAddr;
use std::sync::Arc;

use async_trait::async_trait;
use graphql::{PortError, QueueSource, TxtResolver, Usage, UsageSource, Waiting};
use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use kernel::{ByteSize, DomainName, MailboxId, TenantId};
use store::{SqlStore, Store as _};

/// The message store as the API asks it.
pub struct Mail(pub Arc<SqlStore>);

#[async_trait]
impl UsageSource for Mail {
    async fn usages(
        &self,
        tenant: TenantId,
        mailboxes: &[MailboxId],
    ) -> Result<Vec<(MailboxId, Usage)>, PortError> {
        let usages = self.0.usages(tenant, mailboxes).await;
        let usages =
            usages.map_err(|source| PortError { what: "the usage of mailboxes", source: source.into() })?;
        let told = usages.into_iter().map(|(mailbox, usage)| {
            (mailbox, Usage { size: usage.size, message_count: usage.message_count })
        });
        Ok(told.collect())
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

/// DNS by the operator's or the system's resolvers, made when it is first asked: nothing at start needs DNS.
pub struct Dns {
    servers: Vec<SocketAddr>,
    resolver: tokio::sync::OnceCell<TokioResolver>,
}

impl Dns {
    /// Asks `servers`; those of the system where none is named.
    pub fn new(servers: Vec<SocketAddr>) -> Self {
        Self { servers, resolver: tokio::sync::OnceCell::new() }
    }

    fn build(&self) -> Result<TokioResolver, hickory_resolver::net::NetError> {
        if self.servers.is_empty() {
            return TokioResolver::builder_tokio()?.build();
        }
        let at = |port: u16, mut connection: ConnectionConfig| {
            connection.port = port;
            connection
        };
        let servers = self.servers.iter().map(|server| {
            let connections =
                vec![at(server.port(), ConnectionConfig::udp()), at(server.port(), ConnectionConfig::tcp())];
            NameServerConfig::new(server.ip(), true, connections)
        });
        let config = ResolverConfig::from_name_servers(servers.collect());
        TokioResolver::builder_with_config(config, TokioRuntimeProvider::default()).build()
    }
}

#[async_trait]
impl TxtResolver for Dns {
    async fn txt(&self, name: &DomainName) -> Result<Vec<String>, PortError> {
        let failed =
            |source: hickory_resolver::net::NetError| PortError { what: "DNS", source: source.into() };
        let resolver = self.resolver.get_or_try_init(async || self.build()).await.map_err(failed)?;
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
