//! What the API asks of the mail plane and of DNS, and delivery of what was received.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use directory::Directory;
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use graphql::{PortError, SendUse, SendsSource, TxtResolver, Usage, UsageSource};
use kernel::{DomainId, DomainName, EmailAddress, MailboxId, TenantId, Timestamp};
use resolver::{Dns, DnsError, Kind, Name, Record};
use store::{SendLimit, SendPeriod, SendScope, Sends, SqlStore, Store as _};

/// Senders that were rewritten as mail was passed on.
pub struct Rewritten(pub sign::Srs);

impl outbound::Origins for Rewritten {
    fn origin_of(&self, sender: &EmailAddress, now: Timestamp) -> Option<EmailAddress> {
        if self.0.is_ours(sender) { self.0.reverse(sender, now).ok() } else { Some(sender.clone()) }
    }
}

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

    async fn pool_usages(
        &self,
        tenant: TenantId,
        domains: &[DomainId],
    ) -> Result<Vec<(DomainId, Usage)>, PortError> {
        let usages = self.0.pool_usages(tenant, domains).await;
        let usages =
            usages.map_err(|source| PortError { what: "the usage of pools", source: source.into() })?;
        let told = usages
            .into_iter()
            .map(|(domain, usage)| (domain, Usage { size: usage.size, message_count: usage.message_count }));
        Ok(told.collect())
    }
}

/// Mailboxes that their owners take along, as the pages ask for them.
pub struct TakenAlong(pub export::Downloads);

impl web::TakeAlong for TakenAlong {
    fn begin(
        &self,
        taker: &graphql::Taker,
    ) -> Result<BoxStream<'static, std::io::Result<Bytes>>, web::NoRoom> {
        let owner = store::Owner { tenant: taker.tenant, mailbox: taker.mailbox };
        let mut download = self.0.begin(owner).map_err(|no| match no {
            export::NoPlace::UnderWay => web::NoRoom::UnderWay,
            export::NoPlace::Busy => web::NoRoom::Busy,
        })?;
        Ok(futures_util::stream::poll_fn(move |context| download.poll_recv(context)).boxed())
    }
}

/// Sent recipients: limits as the directory knows them, what is used as the store counts it.
pub struct SentRecipients {
    /// Knows the limits.
    pub directory: Arc<Directory>,
    /// Counts.
    pub sends: Sends,
    /// The time.
    pub now: store::Now,
}

#[async_trait]
impl SendsSource for SentRecipients {
    async fn sends(
        &self,
        tenant: TenantId,
        mailboxes: &[MailboxId],
    ) -> Result<Vec<(MailboxId, Vec<SendUse>)>, PortError> {
        let limits: Vec<(MailboxId, Vec<SendLimit>)> = mailboxes
            .iter()
            .filter_map(|mailbox| {
                let limits = self.directory.send_limits(tenant, *mailbox)?;
                Some((*mailbox, smtp::send_limits(&limits)))
            })
            .collect();
        let flat: Vec<SendLimit> = limits.iter().flat_map(|(_, limits)| limits).copied().collect();
        let used = self.sends.used(tenant, &flat, (self.now)()).await;
        let used = used.map_err(|source| PortError { what: "sent recipients", source: source.into() })?;
        let mut used = used.into_iter();
        let told = limits.into_iter().map(|(mailbox, limits)| {
            let uses = limits.iter().zip(used.by_ref()).map(|(limit, used)| SendUse {
                scope: match limit.scope {
                    // What aliases pass on is none of what a mailbox may send, and never asked for here.
                    SendScope::Service(_) | SendScope::Forwards(_) => graphql::SendScope::Service,
                    SendScope::Domain(_) => graphql::SendScope::Domain,
                    SendScope::Mailbox(_) => graphql::SendScope::Mailbox,
                },
                period: match limit.period {
                    SendPeriod::Day => graphql::SendPeriod::Day,
                    SendPeriod::Hour => graphql::SendPeriod::Hour,
                    SendPeriod::Minute => graphql::SendPeriod::Minute,
                },
                recipient_count_max: limit.recipient_count_max,
                used,
            });
            (mailbox, uses.collect())
        });
        Ok(told.collect())
    }
}

/// DNS as the API asks it.
pub struct Txt(pub Arc<dyn Dns>);

#[async_trait]
impl TxtResolver for Txt {
    async fn txt(&self, name: &DomainName) -> Result<Vec<String>, PortError> {
        let failed = |source: DnsError| PortError { what: "DNS", source: source.into() };
        let name = Name::parse(name.as_str())
            .map_err(|source| PortError { what: "the name", source: source.into() })?;
        match self.0.ask(&name, Kind::Txt).await {
            Ok(answer) => Ok(answer
                .records
                .into_iter()
                .filter_map(|record| match record {
                    Record::Txt(octets) => Some(String::from_utf8_lossy(&octets).into_owned()),
                    _ => None,
                })
                .collect()),
            Err(error) if error.is_absence() => Ok(Vec::new()),
            Err(error) => Err(failed(error)),
        }
    }
}
