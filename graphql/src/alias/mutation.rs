//! Changing aliases.

use std::time::Duration;

use async_graphql::{Context, InputObject, MaybeUndefined, Object, Result};
use authority::{AdministratorRight, Permission, Resource};
use hosting::HostingRefusal;
use hosting::alias::{self as model, AliasRecord, AliasSettingsPatch, AliasState};
use hosting::domain::DomainRef;
use hosting::use_case::{
    AtRevision, ChangeAliasExpiry, ChangeAliasSettings, ChangeAliasTargets, CreateAlias,
    CreateTemporaryAlias, DeleteAlias, DeleteTemporaryAlias, DescribeTemporaryAlias,
};
use kernel::{AccountId, AliasId, EmailAddress, Key, LocalPart, Refusal as _};

use super::object::Alias;
use super::query::{PROJECTION, read};
use crate::access::now;
use crate::error::Fault;
use crate::limit::{ALIAS_TARGET_COUNT_MAX, TEMPORARY_ALIAS_DAYS_DEFAULT};
use crate::mailbox::record::{home_of, named, record};
use crate::payload::{Answer, Faults, command, payload, refused_by, run};
use crate::request::Asked;
use crate::scalar::{AccountKey, AliasKey, DomainKey, MailboxKey, Moment, Place, ServiceKey, Uid};
use crate::settings::AliasSettingsInput;

/// Characters of a random local part: 60 bits.
const RANDOM_LOCAL_PART_CHARACTER_COUNT: usize = 12;
/// Letters and digits that are not taken for one another.
const SPOKEN: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";

payload! {
    /// What a change of an alias came to.
    AliasPayload { alias: Alias, by (AccountId, AliasId), PROJECTION, read }
}

/// What the deletion of an alias came to.
#[derive(Debug, Clone)]
pub struct AliasDeletePayload(Answer<AliasId>);

/// What the deletion of an alias came to.
#[Object]
impl AliasDeletePayload {
    /// The id that names nothing any more; none where the mutation was refused.
    async fn alias_id(&self) -> Option<AliasKey> {
        match &self.0 {
            Answer::Done { key, .. } => Some(AliasKey(*key)),
            Answer::Refused(_) => None,
        }
    }

    /// Why the mutation was refused; empty where it was done.
    async fn user_errors(&self) -> &[crate::payload::UserError] {
        self.0.errors()
    }

    /// Where the change stands: give it as `atLeast` to a query that must show it.
    async fn position(&self) -> Option<Place> {
        self.0.cursor().map(Place)
    }
}

/// An alias to be.
#[derive(Debug, InputObject)]
pub struct AliasCreateInput {
    /// Whose; the caller's own account where absent.
    pub account_id: Option<AccountKey>,
    /// The service that it takes a slot of.
    pub service_id: ServiceKey,
    /// A verified domain of the account, or a shared domain.
    pub domain_id: DomainKey,
    /// Whether `domainId` is a shared domain of the platform.
    #[graphql(default)]
    pub is_shared_domain: bool,
    /// Before the `@`; absent for a catch-all of the domain.
    pub local_part: Option<String>,
    /// Where it leads: 1 to 1000 whole addresses; none where `settings.disposition` is not `FORWARD`.
    #[graphql(default)]
    pub targets: Vec<String>,
    /// What is set for it from the beginning, such as `{disposition: DISCARD}`; what is left out is as by default.
    pub settings: Option<AliasSettingsInput>,
}

/// A temporary alias to be.
#[derive(Debug, InputObject)]
pub struct TemporaryAliasCreateInput {
    /// Whose; the caller's own account where absent.
    pub account_id: Option<AccountKey>,
    /// Where it leads; the mailbox that is signed in where absent.
    pub mailbox_id: Option<MailboxKey>,
    /// A verified domain of the mailbox's service; the domain of the mailbox where absent.
    pub domain_id: Option<DomainKey>,
    /// Before the `@`; at random where absent.
    pub local_part: Option<String>,
    /// From then on it is unknown, for example 2030-12-31T23:59:59Z; in a year where absent, at most in ten.
    pub expires_at: Option<Moment>,
    /// What it is for, such as the name of a shop: at most 160 characters. It is in its settings, where the owner of the mailbox
    /// changes it.
    pub description: Option<String>,
}

/// Changes of aliases.
#[derive(Debug, Default)]
pub struct AliasMutation;

#[Object]
impl AliasMutation {
    /// Creates an alias on a verified domain. A catch-all, an address with a detail (`name+detail`), and one in a domain that
    /// has a catch-all or another host get mail that went elsewhere before: they need `credential:write` as well. Where
    /// `SEND_AS` is withheld from the caller its targets may not send as it. `postmaster` and `abuse` take no slot.
    async fn alias_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What it is to be.")] input: AliasCreateInput,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<AliasPayload> {
        let account = ctx.account(input.account_id)?;
        let mut faults = Faults::new(ctx)?;
        let local = match &input.local_part {
            Some(local) => faults.take("localPart", LocalPart::parse(local)).map(Some),
            None => Some(None),
        };
        let targets = addresses(&mut faults, &input.targets);
        let (Some(local), Some(targets)) = (local, targets) else {
            return Ok(AliasPayload(faults.refused()));
        };
        let command = command(ctx, command_id);
        let alias = AliasId::derived(command, 0);
        let domain = match input.is_shared_domain {
            true => DomainRef::Shared(input.domain_id.0),
            false => DomainRef::Own(input.domain_id.0),
        };
        let is_under_catch_all = ctx.platform()?.directory.catches_all(account.tenant(), domain.id());
        let service = input.service_id.0;
        let mut settings: AliasSettingsPatch = input.settings.map(Into::into).unwrap_or_default();
        if settings.lets_targets_send.is_none() && !lets_targets_send(ctx, account)? {
            settings.lets_targets_send = Some(false);
        }
        let is_catch_all = local.is_none();
        let create =
            CreateAlias { account, service, domain, alias, local, targets, is_under_catch_all, settings };
        let answer = run(ctx, command, &create, (account, alias)).await?;
        // Whoever has a name is all that the journal tells: that this one is all of a domain is known here.
        let is_taken = answer.errors().iter().any(|said| said.code == HostingRefusal::AddressTaken.code());
        Ok(AliasPayload(match is_catch_all && is_taken {
            true => refused_by(&HostingRefusal::CatchAllTaken, ctx.caller()?.language),
            false => answer,
        }))
    }

    /// Leads an alias elsewhere. Needs `credential:write` as well, unless all targets are among those so far.
    #[allow(clippy::too_many_arguments, reason = "the arguments of a GraphQL field")]
    async fn alias_targets_change(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which alias.")] alias_id: AliasKey,
        #[graphql(desc = "Whole addresses, here or elsewhere: 1 to 1000.")] targets: Vec<String>,
        #[graphql(
            desc = "The revision that was read before, 0 or more. Where somebody else has changed the thing since, nothing is changed and `SETTINGS_CHANGED_MEANWHILE` names the one that is there; absent, whatever is there is changed."
        )]
        revision: Option<u32>,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<AliasPayload> {
        let (account, alias) = (ctx.account(account_id)?, alias_id.0);
        let mut faults = Faults::new(ctx)?;
        let Some(targets) = addresses(&mut faults, &targets) else {
            return Ok(AliasPayload(faults.refused()));
        };
        let change = AtRevision { change: ChangeAliasTargets { account, alias, targets }, revision };
        run(ctx, command(ctx, command_id), &change, (account, alias)).await.map(AliasPayload)
    }

    /// Changes settings of an alias. The owner of a mailbox changes the `description` of its temporary aliases, and nothing else.
    /// `userErrors`, among others: `SETTINGS_CHANGED_MEANWHILE`.
    #[allow(clippy::too_many_arguments, reason = "the arguments of a GraphQL field")]
    async fn alias_settings_change(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which alias.")] alias_id: AliasKey,
        #[graphql(desc = "What is to be otherwise; what is left out stays.")] settings: AliasSettingsInput,
        #[graphql(
            desc = "The revision that was read before, 0 or more. Where somebody else has changed the thing since, nothing is changed and `SETTINGS_CHANGED_MEANWHILE` names the one that is there; absent, whatever is there is changed."
        )]
        revision: Option<u32>,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<AliasPayload> {
        let (account, alias) = (ctx.account(account_id)?, alias_id.0);
        let patch = AliasSettingsPatch::from(settings);
        if let (true, Some(description)) = (ctx.by_owner()?, patch.only_description()) {
            let known = recorded(ctx, account, alias).await?;
            let temporary = known.temporary.ok_or_else(|| ctx.fault(Fault::NotFound))?;
            let describe = DescribeTemporaryAlias {
                account,
                service: known.service,
                mailbox: temporary.mailbox,
                alias,
                description: description.to_owned(),
                revision,
            };
            return run(ctx, command(ctx, command_id), &describe, (account, alias)).await.map(AliasPayload);
        }
        let change = ChangeAliasSettings { account, alias, patch, revision };
        run(ctx, command(ctx, command_id), &change, (account, alias)).await.map(AliasPayload)
    }

    /// Makes an address that leads to a mailbox (the caller's own where none is named) for some time: at random where no
    /// local part is given, for a year where no end is given. It takes no slot of the plan, which says how many a
    /// mailbox has at a time. `userErrors`, among others: `TEMPORARY_ALIAS_LIMIT_REACHED`, `ADDRESS_TAKEN`, `ADDRESS_RESERVED` where the
    /// owner of a mailbox asks for an official name, what looks like one, or a detail (`name+detail`).
    async fn temporary_alias_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What it is to be.")] input: TemporaryAliasCreateInput,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<AliasPayload> {
        let (account, mailbox) = named(ctx, input.account_id, input.mailbox_id)?;
        let mut faults = Faults::new(ctx)?;
        let local = match &input.local_part {
            Some(local) => faults.take("localPart", LocalPart::parse(local)),
            None => random_local_part(),
        };
        let Some(local) = local else { return Ok(AliasPayload(faults.refused())) };
        let record = record(ctx, account, mailbox).await?.ok_or_else(|| ctx.fault(Fault::NotFound))?;
        let command = command(ctx, command_id);
        let alias = AliasId::derived(command, 0);
        let create = CreateTemporaryAlias {
            account,
            service: record.service,
            domain: match input.domain_id {
                Some(domain) => DomainRef::Own(domain.0),
                None => home_of(ctx, account, &record).await?,
            },
            mailbox,
            alias,
            local,
            expires_at: input.expires_at.map_or_else(
                || now().plus(Duration::from_secs(TEMPORARY_ALIAS_DAYS_DEFAULT * 24 * 3600)),
                |moment| moment.0,
            ),
            by_owner: ctx.by_owner()?,
            lets_targets_send: lets_targets_send(ctx, account)?,
            description: input.description.unwrap_or_default(),
        };
        run(ctx, command, &create, (account, alias)).await.map(AliasPayload)
    }

    /// Lets a temporary alias end at another moment. `expiresAt: null` makes it permanent, for which the plan needs room;
    /// where it is left out the request is refused, so that a forgotten one makes nothing permanent.
    #[allow(clippy::too_many_arguments, reason = "the arguments of a GraphQL field")]
    async fn alias_expiry_change(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which alias.")] alias_id: AliasKey,
        #[graphql(desc = "When it ends, for example 2030-12-31T23:59:59Z; null: never. It must be given.")]
        expires_at: MaybeUndefined<Moment>,
        #[graphql(
            desc = "The revision that was read before, 0 or more. Where somebody else has changed the thing since, nothing is changed and `SETTINGS_CHANGED_MEANWHILE` names the one that is there; absent, whatever is there is changed."
        )]
        revision: Option<u32>,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<AliasPayload> {
        let (account, alias) = (ctx.account(account_id)?, alias_id.0);
        let expires_at = match expires_at {
            MaybeUndefined::Value(moment) => Some(moment.0),
            MaybeUndefined::Null => None,
            MaybeUndefined::Undefined => {
                return Err(ctx.fault(Fault::BadInput(
                    "`expiresAt` is missing: give a moment, or null to make the alias permanent",
                    "`expiresAt` manque : donnez un moment, ou null pour rendre l’alias permanent",
                )));
            }
        };
        let known = recorded(ctx, account, alias).await?;
        let Some(temporary) = known.temporary else {
            // Permanent already: the model says so where an end is wished.
            ctx.allow(
                Permission::MailboxWrite,
                Resource::account(account).in_service(known.service).in_domain(known.domain),
            )?;
            return Err(ctx.fault(Fault::BadInput(
                "this alias is permanent; only temporary ones have an end",
                "cet alias est permanent ; seuls les alias temporaires ont une fin",
            )));
        };
        let change = ChangeAliasExpiry {
            account,
            service: known.service,
            mailbox: temporary.mailbox,
            alias,
            expires_at,
            by_owner: ctx.by_owner()?,
        };
        let change = AtRevision { change, revision };
        run(ctx, command(ctx, command_id), &change, (account, alias)).await.map(AliasPayload)
    }

    /// Deletes an alias, permanent or temporary; its address is free. Needs `credential:write` as well, unless its owner does it.
    async fn alias_delete(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which alias.")] alias_id: AliasKey,
        #[graphql(
            desc = "The revision that was read before, 0 or more. Where somebody else has changed the thing since, nothing is changed and `SETTINGS_CHANGED_MEANWHILE` names the one that is there; absent, whatever is there is changed."
        )]
        revision: Option<u32>,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<AliasDeletePayload> {
        let (account, alias) = (ctx.account(account_id)?, alias_id.0);
        let known = recorded(ctx, account, alias).await?;
        let service = known.service;
        if let Some(temporary) = known.temporary {
            let mailbox = temporary.mailbox;
            let delete = DeleteTemporaryAlias { account, service, mailbox, alias, by_owner: ctx.by_owner()? };
            let delete = AtRevision { change: delete, revision };
            return run(ctx, command(ctx, command_id), &delete, alias).await.map(AliasDeletePayload);
        }
        let delete = AtRevision { change: DeleteAlias { account, service, alias }, revision };
        run(ctx, command(ctx, command_id), &delete, alias).await.map(AliasDeletePayload)
    }
}

/// What is known of an alias, whoever asks: only to complete a use case that asks the authority itself.
async fn recorded(ctx: &Context<'_>, account: AccountId, alias: AliasId) -> Result<AliasRecord> {
    ctx.standing()?;
    let state = ctx.platform()?.engine.load(account.tenant(), &Key::<model::Alias>(alias)).await;
    match state.map_err(|error| ctx.failed("the state of an alias", &error))? {
        AliasState::Live(record) | AliasState::Deleted(record) => Ok(record),
        AliasState::Absent => Err(ctx.fault(Fault::NotFound)),
    }
}

/// Whether the targets of an alias that the caller makes may send as it: not where letting others send is withheld.
fn lets_targets_send(ctx: &Context<'_>, account: AccountId) -> Result<bool> {
    Ok(!ctx.principal()?.is_kept_from(account, AdministratorRight::SendAs))
}

/// A local part that nobody guesses; none where the machine gives no chance.
fn random_local_part() -> Option<LocalPart> {
    let mut octets = [0_u8; RANDOM_LOCAL_PART_CHARACTER_COUNT];
    getrandom::fill(&mut octets).ok()?;
    let text: String = octets.iter().map(|octet| char::from(SPOKEN[usize::from(octet % 32)])).collect();
    LocalPart::parse(&text).ok()
}

/// All targets, or a fault for each that is no address.
fn addresses(faults: &mut Faults, texts: &[String]) -> Option<Vec<EmailAddress>> {
    if texts.len() > ALIAS_TARGET_COUNT_MAX {
        faults.add("targets", "an alias has at most 1000 targets", "un alias a au plus 1000 destinations");
        return None;
    }
    let parsed: Vec<Option<EmailAddress>> = texts
        .iter()
        .enumerate()
        .map(|(index, text)| faults.take(&format!("targets.{index}"), EmailAddress::parse(text)))
        .collect();
    parsed.into_iter().collect()
}
