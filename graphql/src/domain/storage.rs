//! What the mailboxes of a domain hold together, and what a change of how they are given storage would come to.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::dataloader::{DataLoader, Loader};
use async_graphql::{Context, Result, SimpleObject};
use authority::{Permission, Resource};
use database::DatabaseError;
use hosting::domain::{DomainRecord, DomainSettingsPatch, QuotaMode as Mode};
use hosting::service::{DomainShare, Service, ServiceRecord};
use hosting::use_case::ChangeDomainSettings;
use kernel::{AccountId, ByteSize, DomainId, Id, Key, MailboxId, TenantId, UseCase as _};
use uuid::Uuid;

use super::mutation::loaded;
use crate::error::Fault;
use crate::limit::DOMAIN_MAILBOX_COUNT_MAX;
use crate::loader::{BATCH_COUNT_MAX, Tables, Unread, by_tenant};
use crate::mailbox::object::MailboxUsage;
use crate::mailbox::query::PROJECTION as MAILBOXES;
use crate::mailbox::usage::Pools;
use crate::page::Query;
use crate::payload::{UserError, refused_by};
use crate::platform::{Platform, PortError, Usage, UsageSource};
use crate::request::Asked;
use crate::scalar::{Octets, Whole};
use crate::settings::QuotaMode;

/// What the mailboxes of a domain share.
#[derive(Debug, Clone, Copy, SimpleObject)]
pub struct StoragePool {
    /// What they hold together now.
    pub bytes: Octets,
    /// What they may hold together.
    pub bytes_max: Octets,
}

/// What a change of how the mailboxes of a domain are given storage would come to. Nothing is changed by asking.
#[derive(Debug, Clone, SimpleObject)]
pub struct DomainStoragePreview {
    /// Whether it fits.
    pub fits: bool,
    /// Why it does not, in plain words with the figures: what `domainSettingsChange` would answer.
    pub user_errors: Vec<UserError>,
    /// How the mailboxes would be given storage.
    pub quota_mode: QuotaMode,
    /// The quotas of the mailboxes together.
    pub allotted_bytes: Octets,
    /// What the mailboxes hold together now; none where there are more than 20 000 of them and they share nothing.
    pub used_bytes: Option<Octets>,
    /// What the domain takes of the storage of its service now.
    pub taken_bytes_before: Octets,
    /// What it would take.
    pub taken_bytes_after: Octets,
    /// What of its service's storage would be left for other domains; nothing where it does not fit.
    pub left_bytes_after: Octets,
}

/// What the mailboxes of a domain hold together; none where there are more than 20 000 of them and nobody counts them.
pub(crate) async fn held(
    ctx: &Context<'_>,
    (account, domain): (AccountId, DomainId),
    mode: Mode,
) -> Result<Option<MailboxUsage>> {
    let key = (account.tenant(), domain);
    let usage = if mode == Mode::Pooled {
        let usage = ctx.data::<DataLoader<Pools>>()?.load_one(key).await;
        Some(usage.map_err(|error| ctx.failed("the usage of a pool", &*error))?.unwrap_or_default())
    } else {
        let usage = ctx.data::<DataLoader<Contents>>()?.load_one(key).await;
        let usage = usage.map_err(|uncounted| match &*uncounted {
            Uncounted::Rows(unread) => ctx.unread(unread),
            Uncounted::Usage(error) => ctx.failed("the usage of mailboxes", error),
        });
        usage?.unwrap_or_default()
    };
    Ok(usage.map(|usage| MailboxUsage { bytes: usage.size.into(), messages: Whole(usage.message_count) }))
}

/// Gathers the domains of which it is asked in the same moment what their mailboxes hold together.
pub(crate) struct Contents {
    tables: Tables,
    usage: Arc<dyn UsageSource>,
}

/// Why it was not counted.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Uncounted {
    #[error(transparent)]
    Rows(#[from] Unread),
    #[error(transparent)]
    Usage(#[from] PortError),
}

impl From<DatabaseError> for Uncounted {
    fn from(error: DatabaseError) -> Self {
        Self::Rows(error.into())
    }
}

impl Contents {
    pub(crate) fn new(platform: &Platform) -> Self {
        Self { tables: Tables(Arc::clone(&platform.engine)), usage: Arc::clone(&platform.usage) }
    }

    /// What is in each of these domains of a tenant; none where there are more than [`DOMAIN_MAILBOX_COUNT_MAX`] mailboxes.
    async fn of(
        &self,
        tenant: TenantId,
        domains: &[DomainId],
    ) -> std::result::Result<HashMap<DomainId, Option<Usage>>, Uncounted> {
        const LIVE: &str = " FROM mailbox_list_v5 WHERE status <> 'deleted' AND tenant = ";
        let select = |columns: &str, of: &[Uuid]| {
            let query = Query::new(columns).bind(LIVE, tenant.uuid());
            query.among("domain_id", of)
        };
        let mut contents: HashMap<DomainId, Option<Usage>> =
            domains.iter().map(|domain| (*domain, Some(Usage::default()))).collect();
        let all: Vec<Uuid> = domains.iter().map(|domain| domain.uuid()).collect();
        let counts = select("SELECT domain_id, COUNT(*)", &all).with(" GROUP BY domain_id");
        let (mut counted, mut mailbox_count) = (Vec::new(), 0);
        for row in self.tables.rows(MAILBOXES, counts.finish()).await? {
            let (domain, count) = (row.uuid(0)?, row.int(1)?);
            if usize::try_from(count).is_ok_and(|count| count <= DOMAIN_MAILBOX_COUNT_MAX) {
                counted.push(domain);
                mailbox_count += count;
            } else {
                contents.insert(DomainId::new(domain), None);
            }
        }
        let members = select("SELECT domain_id, mailbox_id", &counted).bind(" LIMIT ", mailbox_count);
        let mut homes = HashMap::new();
        for row in self.tables.rows(MAILBOXES, members.finish()).await? {
            homes.insert(MailboxId::new(row.uuid(1)?), DomainId::new(row.uuid(0)?));
        }
        let mailboxes: Vec<MailboxId> = homes.keys().copied().collect();
        for batch in mailboxes.chunks(BATCH_COUNT_MAX) {
            for (mailbox, usage) in self.usage.usages(tenant, batch).await? {
                let home = homes.get(&mailbox).and_then(|home| contents.get_mut(home));
                if let Some(Some(sum)) = home {
                    sum.size = ByteSize::new(sum.size.octets().saturating_add(usage.size.octets()));
                    sum.message_count = sum.message_count.saturating_add(usage.message_count);
                }
            }
        }
        Ok(contents)
    }
}

impl Loader<(TenantId, DomainId)> for Contents {
    type Value = Option<Usage>;
    type Error = Arc<Uncounted>;

    async fn load(
        &self,
        keys: &[(TenantId, DomainId)],
    ) -> std::result::Result<HashMap<(TenantId, DomainId), Option<Usage>>, Arc<Uncounted>> {
        let mut contents = HashMap::with_capacity(keys.len());
        for (tenant, domains) in by_tenant(keys.iter().copied()) {
            let found = self.of(tenant, &domains).await.map_err(Arc::new)?;
            contents.extend(found.into_iter().map(|(domain, usage)| ((tenant, domain), usage)));
        }
        Ok(contents)
    }
}

/// What the mailboxes of a domain hold, where `patch` changes what they may hold together.
pub(super) async fn stored(
    ctx: &Context<'_>,
    (account, domain): (AccountId, DomainId),
    (record, patch): (&DomainRecord, &DomainSettingsPatch),
) -> Result<Option<ByteSize>> {
    if patch.quota_mode.is_none() && patch.storage_octets_max.is_none() {
        return Ok(None);
    }
    let resource = Resource::account(account).in_service(record.service).in_domain(domain);
    ctx.allow(Permission::DomainWrite, resource)?;
    let held = held(ctx, (account, domain), record.settings.quota_mode).await?;
    Ok(held.map(|held| held.bytes.0))
}

/// See [`DomainStoragePreview`].
pub(super) async fn preview(
    ctx: &Context<'_>,
    (account, domain): (AccountId, DomainId),
    (mode, storage): (QuotaMode, Option<ByteSize>),
) -> Result<DomainStoragePreview> {
    let state = loaded(ctx, (account, domain)).await?;
    let record = state.record().ok_or_else(|| ctx.fault(Fault::NotFound))?;
    let patch = DomainSettingsPatch {
        quota_mode: Some(mode.into()),
        storage_octets_max: Some(storage.map(ByteSize::octets)),
        ..DomainSettingsPatch::default()
    };
    let stored = stored(ctx, (account, domain), (record, &patch)).await?;
    let engine = &ctx.platform()?.engine;
    let service = engine.load(account.tenant(), &Key::<Service>(record.service)).await;
    let service = service.map_err(|error| ctx.failed("the state of a service", &error))?;
    let in_box = service.record().ok_or_else(|| ctx.fault(Fault::NotFound))?;
    let after = DomainShare::of(&record.settings.patched(patch.clone()));
    let change = ChangeDomainSettings {
        account,
        service: record.service,
        domain,
        patch,
        revision: None,
        stored,
        largest: None,
    };
    let user_errors = match change.decide(&(service.clone(), state.clone(), None), engine.now()) {
        Ok(_) => Vec::new(),
        Err(refusal) => refused_by::<()>(&refusal, ctx.caller()?.language).errors().to_vec(),
    };
    let lives = in_box.domains.get(&domain).copied().unwrap_or_default();
    let before = in_box.shares.get(&domain).copied().unwrap_or_default();
    let (was, will) = (before.taken(&lives), after.taken(&lives));
    Ok(DomainStoragePreview {
        fits: user_errors.is_empty(),
        user_errors,
        quota_mode: mode,
        allotted_bytes: lives.bytes.into(),
        used_bytes: stored.map(Into::into),
        taken_bytes_before: was.into(),
        taken_bytes_after: will.into(),
        left_bytes_after: left(in_box, was, will).into(),
    })
}

fn left(service: &ServiceRecord, was: ByteSize, will: ByteSize) -> ByteSize {
    let others = service.allocated().checked_sub(was).unwrap_or(ByteSize::ZERO);
    let taken = others.checked_add(will).unwrap_or(ByteSize::new(u64::MAX));
    service.limits.storage.checked_sub(taken).unwrap_or(ByteSize::ZERO)
}
