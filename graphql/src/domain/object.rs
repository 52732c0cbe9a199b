//! A domain as the API shows it.

use async_graphql::connection::Connection;
use async_graphql::{ComplexObject, Context, Enum, Result, SimpleObject};
use authority::Resource;

use super::dkim::DkimKey;
use super::report::{DmarcReport, DmarcSourceSummary, TlsReport};
use super::room::DomainRoom;
use super::standing::DomainDnsStanding;
use crate::page::{PageKey, cost};
use crate::scalar::{AccountKey, DomainKey, Moment, ServiceKey};
use crate::sender_relay::object::SenderRelay;
use crate::settings::DomainSettings;

/// How far a domain has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum DomainStatus {
    /// Its ownership is not proved: it takes no mail and has no mailboxes.
    Pending,
    /// Its ownership is proved: it takes mail.
    Verified,
    /// It is gone.
    Removed,
}

/// A DNS name that an account has, or says it has.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct Domain {
    /// Its name for the API.
    pub id: DomainKey,
    /// The account that it belongs to; the platform's for a shared domain.
    pub account_id: AccountKey,
    /// The service that it takes a slot of; none for a shared domain.
    pub service_id: Option<ServiceKey>,
    /// The name in its ASCII form.
    pub name: String,
    /// The name as people write it.
    pub unicode_name: String,
    /// See [`DomainStatus`].
    pub status: DomainStatus,
    /// Whether every account with a fitting plan may have addresses in it.
    pub is_shared: bool,
    /// The TXT record that proves the ownership; none for a shared domain.
    pub challenge: Option<TxtRecord>,
    /// Since when it is here.
    pub added_at: Moment,
    /// Since when its ownership is proved.
    pub verified_at: Option<Moment>,
    /// When the mail of a removed domain is destroyed.
    pub purge_after: Option<Moment>,
    /// The domain whose addresses exist in it as well: then it is an alias domain.
    pub mirrors_domain_id: Option<DomainKey>,
    /// What is set for it.
    pub settings: DomainSettings,
    /// The moment of which it is shown; none: now.
    #[graphql(skip)]
    pub(crate) as_of: Option<Moment>,
}

/// A TXT record to be published.
#[derive(Debug, Clone, SimpleObject)]
pub struct TxtRecord {
    /// Where.
    pub name: String,
    /// What it says.
    pub value: String,
}

#[ComplexObject]
impl Domain {
    /// The keys by which its mail is signed, with the records to publish: the next key signs once DNS shows it.
    #[graphql(complexity = 50)]
    async fn dkim_keys(&self, ctx: &Context<'_>) -> Result<Vec<DkimKey>> {
        super::dkim::keys(ctx, self).await
    }

    /// What other hosts saw of the mail that bears it in From, the newest report first; for 180 days. They come to
    /// `dmarc-reports@` of it, once its DMARC record says so.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn dmarc_reports(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many: 1 to 100, 25 where absent.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor of the same list.")] after: Option<String>,
    ) -> Result<Connection<PageKey, DmarcReport>> {
        super::report::dmarc(ctx, self, (first, after)).await
    }

    /// What each source did in its name according to the reports of the last days, those with the most messages first; 100
    /// at most.
    #[graphql(complexity = "100 + child_complexity")]
    async fn dmarc_sources(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many days: 1 to 180, 30 where absent.")] days: Option<u32>,
    ) -> Result<Vec<DmarcSourceSummary>> {
        super::report::sources(ctx, self, days).await
    }

    /// How hosts that send to it fared with the TLS of its servers, the newest report first; for 180 days. They come to
    /// `tls-reports@` of it, once its record for TLS reports says so.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn tls_reports(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many: 1 to 100, 25 where absent.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor of the same list.")] after: Option<String>,
    ) -> Result<Connection<PageKey, TlsReport>> {
        super::report::tls(ctx, self, (first, after)).await
    }

    /// The relay through which mail of its senders leaves, as it is now; none where it leaves as that of other domains.
    #[graphql(complexity = "10 + child_complexity")]
    async fn sender_relay(&self, ctx: &Context<'_>) -> Result<Option<SenderRelay>> {
        crate::sender_relay::query::of(ctx, self).await
    }

    /// How its DNS records stood when the platform last looked at them by itself, which it does again and again; none before
    /// the first time. `domainDns` asks DNS.
    #[graphql(complexity = "5 + child_complexity")]
    async fn dns_standing(&self, ctx: &Context<'_>) -> Result<Option<DomainDnsStanding>> {
        super::standing::of(ctx, self).await
    }

    /// How much of its service it uses, and how much it may have; none for a shared domain.
    #[graphql(complexity = "10 + child_complexity")]
    async fn room(&self, ctx: &Context<'_>) -> Result<Option<DomainRoom>> {
        super::room::of(ctx, self).await
    }
}

impl Domain {
    /// What the authority is asked about.
    pub(crate) const fn resource(&self) -> Resource {
        let resource = Resource::account(self.account_id.0).in_domain(self.id.0);
        match self.service_id {
            Some(service) => resource.in_service(service.0),
            None => resource,
        }
    }
}
