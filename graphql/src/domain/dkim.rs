//! Signing keys of domains: shown, checked in DNS, rotated, retired.

use async_graphql::dataloader::DataLoader;
use async_graphql::{Context, Enum, Object, Result, SimpleObject};
use authority::{Permission, Resource};
use hosting::HostingEvent;
use hosting::domain::{self as model, DkimSelector, DkimStage, DomainState, SeenDkimRecord};
use hosting::use_case::{AddDkimKeys, NoteDkimRecords, RetireDkimKey};
use kernel::{AccountId, Decider as _, DomainId, DomainName, StreamId};

use super::mutation::{DomainPayload, loaded};
use super::object::Domain;
use crate::error::Fault;
use crate::loader::States;
use crate::payload::{Faults, command, run};
use crate::request::Asked;
use crate::scalar::{AccountKey, DomainKey, Moment, Uid};

/// How a key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "model::DkimAlgorithm")]
pub enum DkimAlgorithm {
    /// RSA of 2048 bits: every receiver knows it.
    Rsa,
    /// Ed25519 (RFC 8463): shorter; some receivers do not know it yet.
    Ed25519,
}

/// How far a signing key has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum DkimKeyState {
    /// Its record is to be published.
    Made,
    /// DNS shows it; it signs from `activeAfter` on.
    Published,
    /// Mail is signed by it.
    Active,
    /// It signs no more; its record has to stand until `withdrawAfter`.
    Retired,
}

/// A record of DNS that shows a signing key.
#[derive(Debug, Clone, SimpleObject)]
pub struct DkimRecord {
    /// Where.
    pub name: String,
    /// `TXT` or `CNAME`.
    pub kind: String,
    /// What it says. A TXT record longer than 255 octets is written as several strings.
    pub value: String,
}

/// A key by which a domain's mail is signed. Only the public half is ever shown.
#[derive(Debug, Clone, SimpleObject)]
pub struct DkimKey {
    /// Its name below `_domainkey` of the domain.
    pub selector: String,
    /// How it signs.
    pub algorithm: DkimAlgorithm,
    /// How far it has come.
    pub state: DkimKeyState,
    /// From when a published key signs.
    pub active_after: Option<Moment>,
    /// Until when the record of a retired key has to stand.
    pub withdraw_after: Option<Moment>,
    /// The record that shows it.
    pub record: DkimRecord,
    /// The record to publish instead, once for all keys to come; none where the platform has no zone for that.
    pub delegation: Option<DkimRecord>,
}

/// The keys of a domain, as it is shown.
pub(super) async fn keys(ctx: &Context<'_>, domain: &Domain) -> Result<Vec<DkimKey>> {
    ctx.allow(Permission::DomainRead, domain.resource())?;
    let (account, id) = (domain.account_id.0, domain.id.0);
    let state = match domain.as_of {
        None => {
            let state = ctx.data::<DataLoader<States>>()?.load_one((account.tenant(), id)).await;
            state.map_err(|error| ctx.failed("the state of a domain", &*error))?.unwrap_or_default()
        }
        Some(moment) => {
            let stream = StreamId::new(model::Domain::CATEGORY, id);
            let past = crate::history::past::until(ctx, account, stream, moment).await?;
            past.iter().fold(DomainState::Absent, |state, recorded| match &recorded.event {
                HostingEvent::Domain(event) => model::Domain::evolve(state, event),
                _ => state,
            })
        }
    };
    let source = &ctx.platform()?.dkim;
    Ok(state.dkim().iter().map(|key| shown(&domain.name, key, source.delegated(id, &key.selector))).collect())
}

/// The keys whose records have to stand in DNS: those that sign, and those that are to.
pub(super) async fn wanted(ctx: &Context<'_>, key: (AccountId, DomainId)) -> Result<Vec<dnscheck::DkimKey>> {
    Ok(wanted_of(&loaded(ctx, key).await?))
}

/// The same of a domain as it is.
pub(super) fn wanted_of(state: &DomainState) -> Vec<dnscheck::DkimKey> {
    let standing = state.dkim().iter().filter(|key| !matches!(key.stage, DkimStage::Retired { .. }));
    standing.map(|key| dnscheck::DkimKey { selector: key.selector.to_string(), text: key.record() }).collect()
}

fn shown(domain: &str, key: &model::DkimKey, delegated: Option<String>) -> DkimKey {
    let (state, active_after, withdraw_after) = match key.stage {
        DkimStage::Made => (DkimKeyState::Made, None, None),
        DkimStage::Published { active_after } => (DkimKeyState::Published, Some(Moment(active_after)), None),
        DkimStage::Active => (DkimKeyState::Active, None, None),
        DkimStage::Retired { withdraw_after } => (DkimKeyState::Retired, None, Some(Moment(withdraw_after))),
    };
    let name = name(domain, &key.selector);
    DkimKey {
        selector: key.selector.to_string(),
        algorithm: key.algorithm.into(),
        state,
        active_after,
        withdraw_after,
        record: DkimRecord { name: name.clone(), kind: "TXT".to_owned(), value: key.record() },
        delegation: delegated.map(|value| DkimRecord { name, kind: "CNAME".to_owned(), value }),
    }
}

fn name(domain: &str, selector: &DkimSelector) -> String {
    format!("{selector}._domainkey.{domain}")
}

/// Changes of signing keys.
#[derive(Debug, Default)]
pub struct DkimMutation;

#[Object]
impl DkimMutation {
    /// Makes the next signing keys of a domain; those that sign go on until DNS shows the new ones. Where the next keys
    /// are on their way already, nothing happens. `userErrors`, among others: `DKIM_PLACES_TAKEN`.
    async fn dkim_rotate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which domain.")] domain_id: DomainKey,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<DomainPayload> {
        let key = (ctx.account(account_id)?, domain_id.0);
        // Making keys costs a processor's time: only for those who may.
        allowed(ctx, key).await?;
        let fresh = ctx.platform()?.dkim.fresh().await;
        let keys = fresh.map_err(|error| ctx.failed("making signing keys", &error))?;
        let add = AddDkimKeys { account: key.0, domain: key.1, keys };
        run(ctx, command(ctx, command_id), &add, key).await.map(DomainPayload)
    }

    /// Looks in DNS for the records of a domain's signing keys that do not sign yet; the platform does the same by
    /// itself, more seldom the longer they are missing.
    async fn dkim_check(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which domain.")] domain_id: DomainKey,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<DomainPayload> {
        let key = (ctx.account(account_id)?, domain_id.0);
        let state = allowed(ctx, key).await?;
        let mut seen = Vec::new();
        if let Some(domain) = state.served_name() {
            let coming = |stage| matches!(stage, DkimStage::Made | DkimStage::Published { .. });
            for waiting in state.dkim().iter().filter(|waiting| coming(waiting.stage)) {
                let Ok(name) = DomainName::parse(&name(domain.as_str(), &waiting.selector)) else { continue };
                let texts = ctx.platform()?.txt.txt(&name).await.map_err(|error| {
                    tracing::info!(error = %error, "DNS did not answer for signing keys");
                    ctx.fault(Fault::Busy)
                })?;
                seen.push(SeenDkimRecord { selector: waiting.selector.clone(), texts });
            }
        }
        let note = NoteDkimRecords { account: key.0, domain: key.1, seen };
        run(ctx, command(ctx, command_id), &note, key).await.map(DomainPayload)
    }

    /// Lets a key sign no more, at once: for one that is no secret any more. The next is made with `dkimRotate`.
    async fn dkim_retire(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which domain.")] domain_id: DomainKey,
        #[graphql(desc = "The key's name below `_domainkey`.")] selector: String,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<DomainPayload> {
        let key = (ctx.account(account_id)?, domain_id.0);
        allowed(ctx, key).await?;
        let mut faults = Faults::new(ctx)?;
        let Some(selector) = DkimSelector::parse(&selector) else {
            faults.add(
                "selector",
                "a selector is a label of letters, digits and hyphens",
                "un sélecteur est fait de lettres, de chiffres et de tirets",
            );
            return Ok(DomainPayload(faults.refused()));
        };
        let retire = RetireDkimKey { account: key.0, domain: key.1, selector };
        run(ctx, command(ctx, command_id), &retire, key).await.map(DomainPayload)
    }
}

/// The state of a domain that the caller may change.
async fn allowed(ctx: &Context<'_>, key: (AccountId, DomainId)) -> Result<DomainState> {
    let state = loaded(ctx, key).await?;
    let resource = Resource::account(key.0).in_domain(key.1);
    let resource = state.record().map_or(resource, |record| resource.in_service(record.service));
    ctx.allow(Permission::DomainWrite, resource)?;
    Ok(state)
}
