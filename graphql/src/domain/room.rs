//! How much of its service a domain uses, and how much it may have.

use async_graphql::dataloader::DataLoader;
use async_graphql::{ComplexObject, Context, Result, SimpleObject};
use authority::{Need, Permission};
use hosting::plan::PlanLimits;
use hosting::service::{DomainShare, DomainUsage, ServiceRecord, ServiceState};
use kernel::{ByteSize, DomainId};

use super::object::Domain;
use crate::loader::States;
use crate::mailbox::object::MailboxUsage;
use crate::plan::object::PlanFeature;
use crate::request::Asked;
use crate::scalar::Octets;
use crate::settings::QuotaMode;

/// How much of its service a domain uses and may have: of its own share and of what its siblings have left, the less.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct DomainRoom {
    /// Mailboxes that are not deleted.
    pub mailboxes: u32,
    /// How many it may have.
    pub mailboxes_max: u32,
    /// Permanent aliases.
    pub aliases: u32,
    /// How many it may have.
    pub aliases_max: u32,
    /// Whether `quotaBytesMax` is allotted to its mailboxes or shared by them.
    pub quota_mode: QuotaMode,
    /// The sum of the quotas of its mailboxes; where they share, it may be above `quotaBytesMax`.
    pub quota_bytes: Octets,
    /// How much that may be; where they share, how much they may hold together.
    pub quota_bytes_max: Octets,
    /// The quota to offer for a new mailbox.
    pub mailbox_quota_default_bytes: Octets,
    /// The largest quota of one mailbox.
    pub mailbox_quota_bytes_max: Octets,
    /// The largest quota that one more mailbox can be given now; nothing is left where it is 0.
    pub new_mailbox_quota_bytes_max: Octets,
    /// Recipients a day of all its mailboxes; none where only other limits hold.
    pub sends_per_day_max: Option<u32>,
    /// What its plan has besides.
    pub features: Vec<PlanFeature>,
    #[graphql(skip)]
    domain: Domain,
}

#[ComplexObject]
impl DomainRoom {
    /// What its mailboxes hold together, asked from the message store; none where there are more than 20 000 of them,
    /// and for those who may not see them.
    #[graphql(complexity = 20)]
    async fn contents(&self, ctx: &Context<'_>) -> Result<Option<MailboxUsage>> {
        let need = Need { permission: Permission::MailboxRead, resource: self.domain.resource() };
        if authority::may(ctx.principal()?, &need).is_err() {
            return Ok(None);
        }
        let key = (self.domain.account_id.0, self.domain.id.0);
        super::storage::held(ctx, key, self.quota_mode.into()).await
    }
}

/// The room of `domain`; none for a shared one, and where its service is gone.
pub(super) async fn of(ctx: &Context<'_>, domain: &Domain) -> Result<Option<DomainRoom>> {
    let Some(service) = domain.service_id else { return Ok(None) };
    let key = (domain.account_id.0.tenant(), service.0);
    let state = ctx.data::<DataLoader<States>>()?.load_one(key).await;
    let state: ServiceState =
        state.map_err(|error| ctx.failed("the state of a service", &*error))?.unwrap_or_default();
    let Some(record) = state.record() else { return Ok(None) };
    let (room, limits) = (Room::of(record, domain.id.0), &record.limits);
    let offered = domain.settings.mailbox_quota_default_bytes.map(|octets| octets.0);
    let narrower =
        [limits.sends.domain, domain.settings.sends_per_day_max.and_then(|max| u32::try_from(max.0).ok())];
    Ok(Some(DomainRoom {
        mailboxes: room.used.mailboxes,
        mailboxes_max: room.mailbox_count_max,
        aliases: room.used.aliases,
        aliases_max: room.alias_count_max,
        quota_mode: if room.is_pooled { QuotaMode::Pooled } else { QuotaMode::Allotted },
        quota_bytes: room.used.bytes.into(),
        quota_bytes_max: ByteSize::new(room.storage_octets_max).into(),
        mailbox_quota_default_bytes: room.offered(offered, limits.mailbox_quota_default).into(),
        mailbox_quota_bytes_max: ByteSize::new(room.mailbox_quota_octets_max).into(),
        new_mailbox_quota_bytes_max: ByteSize::new(room.new_mailbox_octets_max()).into(),
        sends_per_day_max: narrower.into_iter().flatten().min(),
        features: limits.features.iter().map(|feature| (*feature).into()).collect(),
        domain: domain.clone(),
    }))
}

/// What a domain of a service uses and may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Room {
    used: DomainUsage,
    mailbox_count_max: u32,
    alias_count_max: u32,
    storage_octets_max: u64,
    mailbox_quota_octets_max: u64,
    is_pooled: bool,
}

impl Room {
    fn of(record: &ServiceRecord, domain: DomainId) -> Self {
        let used = record.domains.get(&domain).copied().unwrap_or_default();
        let share: DomainShare = record.shares.get(&domain).copied().unwrap_or_default();
        let limits: &PlanLimits = &record.limits;
        // What is left of the service is left to this domain as well, beside what it has already.
        let count = |max: u32, all: u32, own: u32| own.saturating_add(max.saturating_sub(all));
        let octets = |max: u64, all: u64, own: u64| own.saturating_add(max.saturating_sub(all));
        let taken = share.taken(&used);
        let storage = octets(limits.storage.octets(), record.allocated().octets(), taken.octets());
        let mailboxes = count(limits.mailbox_count_max, record.usage.mailboxes, used.mailboxes);
        let aliases = count(limits.alias_count_max, record.usage.aliases, used.aliases);
        let pool = share.pool().map_or(u64::MAX, ByteSize::octets);
        let quota = limits.mailbox_quota_max.octets().min(pool);
        Self {
            used,
            mailbox_count_max: share.mailbox_count_max.unwrap_or(u32::MAX).min(mailboxes),
            alias_count_max: share.alias_count_max.unwrap_or(u32::MAX).min(aliases),
            // A pool is given out as it is, also where the service is over its limits.
            storage_octets_max: match share.pool() {
                Some(size) => size.octets(),
                None => share.storage_octets_max.unwrap_or(u64::MAX).min(storage),
            },
            mailbox_quota_octets_max: share.mailbox_quota_octets_max.unwrap_or(u64::MAX).min(quota),
            is_pooled: share.pool().is_some(),
        }
    }

    /// The quota to offer: that of the domain, or else that of the plan. Where mailboxes share, the pool alone limits them
    /// unless the domain says otherwise.
    fn offered(&self, of_domain: Option<ByteSize>, of_plan: ByteSize) -> ByteSize {
        let most = ByteSize::new(self.mailbox_quota_octets_max);
        of_domain.unwrap_or(if self.is_pooled { most } else { of_plan })
    }

    /// The largest quota that one more mailbox can be given.
    const fn new_mailbox_octets_max(&self) -> u64 {
        if self.used.mailboxes >= self.mailbox_count_max {
            return 0;
        }
        if self.is_pooled {
            return self.mailbox_quota_octets_max;
        }
        let rest = self.storage_octets_max.saturating_sub(self.used.bytes.octets());
        if rest < self.mailbox_quota_octets_max { rest } else { self.mailbox_quota_octets_max }
    }
}
