//! What the mailboxes of a domain hold together, and what a change of how they are given storage would come to.

use async_graphql::dataloader::DataLoader;
use async_graphql::{Context, Result, SimpleObject};
use authority::{Permission, Resource};
use hosting::domain::{DomainRecord, DomainSettingsPatch, QuotaMode as Mode};
use hosting::service::{DomainShare, Service, ServiceRecord};
use hosting::use_case::ChangeDomainSettings;
use kernel::{AccountId, ByteSize, DomainId, Id, Key, MailboxId, UseCase as _};

use super::mutation::loaded;
use crate::error::Fault;
use crate::limit::DOMAIN_MAILBOX_COUNT_MAX;
use crate::mailbox::object::MailboxUsage;
use crate::mailbox::query::PROJECTION as MAILBOXES;
use crate::mailbox::usage::Usages;
use crate::page::Query;
use crate::payload::{UserError, refused_by};
use crate::request::{Asked, rows};
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
    let tenant = account.tenant();
    if mode == Mode::Pooled {
        let usage = ctx.platform()?.usage.pool_usage(tenant, domain).await;
        let usage = usage.map_err(|error| ctx.failed("the usage of a pool", &error))?;
        return Ok(Some(MailboxUsage { bytes: usage.size.into(), messages: Whole(usage.message_count) }));
    }
    let query = "SELECT mailbox_id FROM mailbox_list_v5 WHERE status <> 'deleted' AND tenant = ";
    let query = Query::new("").bind(query, tenant.uuid()).bind(" AND domain_id = ", domain.uuid());
    let query = query.bind(" LIMIT ", i64::try_from(DOMAIN_MAILBOX_COUNT_MAX + 1).unwrap_or(i64::MAX));
    let found = rows(ctx, MAILBOXES, query.finish()).await?;
    if found.len() > DOMAIN_MAILBOX_COUNT_MAX {
        return Ok(None);
    }
    let keys: Result<Vec<_>, _> =
        found.iter().map(|row| row.uuid(0).map(|id| (tenant, MailboxId::new(id)))).collect();
    let keys = keys.map_err(|error| ctx.failed("a row of mailboxes", &error))?;
    let usages = ctx.data::<DataLoader<Usages>>()?.load_many(keys).await;
    let usages = usages.map_err(|error| ctx.failed("the usage of mailboxes", &*error))?;
    let add = |sum: u64, more: u64| sum.saturating_add(more);
    let bytes = usages.values().map(|usage| usage.size.octets()).fold(0, add);
    let messages = usages.values().map(|usage| usage.message_count).fold(0, add);
    Ok(Some(MailboxUsage { bytes: ByteSize::new(bytes).into(), messages: Whole(messages) }))
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
