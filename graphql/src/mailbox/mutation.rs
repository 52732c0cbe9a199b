//! Changing mailboxes.

use std::collections::{BTreeMap, BTreeSet};

use async_graphql::{Context, Error, ErrorExtensions, InputObject, Object, Result, Value};
use authority::{AdministratorRight, Permission, Resource};
use database::Row;
use hosting::PasswordHash;
use hosting::domain::DomainRef;
use hosting::limit::SEND_AS_COUNT_MAX;
use hosting::mailbox::{self as model, HeldMail, MailboxRecord, MailboxState};
use hosting::use_case::{
    AtRevision, ChangeMailboxDisplayName, ChangeMailboxQuota, ChangeMailboxSettings, CreateMailboxes,
    DeleteMailbox, DisableMailbox, EnableMailbox, EquipMailboxes, NewMailbox, ReleaseSending, RenameMailbox,
    RestoreMailbox, SetMailboxPassword,
};
use kernel::{
    AccountId, AliasId, CommandId, DomainId, EmailAddress, Id as _, Key, LocalPart, MailboxId, ServiceId,
};
use secrecy::SecretString;

use super::object::Mailbox;
use super::query::{PROJECTION, read};
use super::record::home_of;
use crate::access::password::hashed;
use crate::error::Fault;
use crate::limit::MAILBOX_BATCH_COUNT_MAX;
use crate::page::Query;
use crate::payload::{Answer, Faults, command, payload, run};
use crate::request::{Asked, rows, settled};
use crate::scalar::{AccountKey, DomainKey, MailboxKey, Octets, Place, ServiceKey, Uid};
use crate::settings::MailboxSettingsInput;

payload! {
    /// What a change of a mailbox came to.
    MailboxPayload { mailbox: Mailbox, by (AccountId, MailboxId), PROJECTION, read }
}

/// What the creation of several mailboxes came to: all of them or none.
#[derive(Debug, Clone)]
pub struct MailboxesPayload(pub(crate) Answer<(AccountId, Vec<MailboxId>)>);

/// What the creation of several mailboxes came to: all of them or none.
#[Object]
impl MailboxesPayload {
    /// The ids of the new mailboxes, in the order of the input; empty where the mutation was refused.
    async fn mailbox_ids(&self) -> Vec<MailboxKey> {
        match &self.0 {
            Answer::Done { key: (_, mailboxes), .. } => mailboxes.iter().copied().map(MailboxKey).collect(),
            Answer::Refused(_) => Vec::new(),
        }
    }

    /// The new mailboxes, in the order of the input; empty where the mutation was refused.
    #[graphql(complexity = "MAILBOX_BATCH_COUNT_MAX * child_complexity")]
    async fn mailboxes(&self, ctx: &Context<'_>) -> Result<Vec<Mailbox>> {
        let Answer::Done { key: (account, mailboxes), cursor, .. } = &self.0 else { return Ok(Vec::new()) };
        settled(ctx, PROJECTION, *cursor).await?;
        let mut found = Vec::with_capacity(mailboxes.len());
        for mailbox in mailboxes {
            found.push(read(ctx, &(*account, *mailbox)).await?);
        }
        Ok(found)
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

/// Where a new mailbox belongs.
#[derive(Debug, InputObject)]
pub struct MailboxPlaceInput {
    /// Whose; the caller's own account where absent.
    pub account_id: Option<AccountKey>,
    /// The service that it takes a slot of.
    pub service_id: ServiceKey,
    /// A verified domain of the account, or a shared domain.
    pub domain_id: DomainKey,
    /// Whether `domainId` is a shared domain of the platform.
    #[graphql(default)]
    pub is_shared_domain: bool,
}

/// A mailbox to be.
#[derive(Debug, InputObject)]
pub struct NewMailboxInput {
    /// Before the `@`.
    pub local_part: String,
    /// How much it may hold, in octets, for example 10737418240 for 10 GiB; there is no unlimited one.
    pub quota_bytes: Octets,
    /// The name that people see.
    pub display_name: Option<String>,
    /// 10 to 512 octets, for whoever has `credential:write`; without one nobody signs in until one is set.
    pub password: Option<String>,
    /// What is to be otherwise than by default from the beginning, as by `mailboxSettingsChange`: it is refused together with
    /// the mailbox, or done with it.
    pub settings: Option<MailboxSettingsInput>,
}

/// Changes of mailboxes.
#[derive(Debug, Default)]
pub struct MailboxMutation;

#[Object]
impl MailboxMutation {
    /// Creates a mailbox on a verified domain. `userErrors`, among others: `ADDRESS_TAKEN`, `DOMAIN_NOT_VERIFIED`,
    /// `MAILBOX_LIMIT_REACHED`, `QUOTA_ABOVE_PLAN`, `STORAGE_LIMIT_REACHED`; with `settings` those of `mailboxSettingsChange`.
    async fn mailbox_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Where it belongs: its service and its domain.")] place: MailboxPlaceInput,
        #[graphql(desc = "What it is to be.")] mailbox: NewMailboxInput,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<MailboxPayload> {
        let answer = create(ctx, place, vec![mailbox], (command(ctx, command_id), "")).await?;
        Ok(MailboxPayload(answer.first()))
    }

    /// Creates up to 250 mailboxes of one domain, all or none. `userErrors` as for `mailboxCreate`.
    pub(crate) async fn mailboxes_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Where it belongs: its service and its domain.")] place: MailboxPlaceInput,
        #[graphql(desc = "What they are to be: 1 to 250, all or none.")] mailboxes: Vec<NewMailboxInput>,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<MailboxesPayload> {
        create(ctx, place, mailboxes, (command(ctx, command_id), "mailboxes.")).await.map(MailboxesPayload)
    }

    /// Allows a mailbox to hold more or less. Less than it holds now is allowed: it takes no mail until there is room.
    #[allow(clippy::too_many_arguments, reason = "the arguments of a GraphQL field")]
    async fn mailbox_quota_change(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which mailbox.")] mailbox_id: MailboxKey,
        #[graphql(desc = "Octets that it may hold, for example 10737418240 for 10 GiB.")] quota_bytes: Octets,
        #[graphql(
            desc = "The revision that was read before, 0 or more. Where somebody else has changed the thing since, nothing is changed and `SETTINGS_CHANGED_MEANWHILE` names the one that is there; absent, whatever is there is changed."
        )]
        revision: Option<u32>,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<MailboxPayload> {
        let (account, mailbox) = (ctx.account(account_id)?, mailbox_id.0);
        let service = service_of(ctx, account, mailbox).await?;
        let change = ChangeMailboxQuota { account, service, mailbox, quota: quota_bytes.0 };
        let change = AtRevision { change, revision };
        run(ctx, command(ctx, command_id), &change, (account, mailbox)).await.map(MailboxPayload)
    }

    /// Changes the name that people see; absent or empty removes it.
    #[allow(clippy::too_many_arguments, reason = "the arguments of a GraphQL field")]
    async fn mailbox_display_name_change(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which mailbox.")] mailbox_id: MailboxKey,
        #[graphql(desc = "What it is called in mail; absent: nothing.")] display_name: Option<String>,
        #[graphql(
            desc = "The revision that was read before, 0 or more. Where somebody else has changed the thing since, nothing is changed and `SETTINGS_CHANGED_MEANWHILE` names the one that is there; absent, whatever is there is changed."
        )]
        revision: Option<u32>,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<MailboxPayload> {
        let (account, mailbox) = (ctx.account(account_id)?, mailbox_id.0);
        let by_owner = ctx.by_owner()?;
        let change = ChangeMailboxDisplayName { account, mailbox, display_name, by_owner };
        let change = AtRevision { change, revision };
        run(ctx, command(ctx, command_id), &change, (account, mailbox)).await.map(MailboxPayload)
    }

    /// Changes settings of a mailbox. Its owner may change what `selfService` leaves to it. `userErrors`, among others:
    /// `SETTINGS_CHANGED_MEANWHILE` where `revision` is not the one of now, `SETTING_NOT_SELF_SERVICE`, `SENDS_ABOVE_PLAN`
    /// with what the plan sells. The error `WITHHELD` for an administrator who would set, or leave to the owner by `selfService`,
    /// what is kept from them: `right` and `field` of its extensions name it.
    #[allow(clippy::too_many_arguments, reason = "the arguments of a GraphQL field")]
    async fn mailbox_settings_change(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which mailbox.")] mailbox_id: MailboxKey,
        #[graphql(desc = "What is to be otherwise; what is left out stays.")] settings: MailboxSettingsInput,
        #[graphql(
            desc = "The revision that was read before, 0 or more. Where somebody else has changed the thing since, nothing is changed and `SETTINGS_CHANGED_MEANWHILE` names the one that is there; absent, whatever is there is changed."
        )]
        revision: Option<u32>,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<MailboxPayload> {
        let (account, mailbox) = (ctx.account(account_id)?, mailbox_id.0);
        let by_owner = ctx.by_owner()?;
        let patch = settings.patch();
        let asked = patch.rights();
        let sender_domains = sender_domains(ctx, account, [&patch])?;
        let service = match patch.sends() {
            [None, None, None] => None,
            _ => recorded(ctx, account, mailbox).await?.map(|record| record.service),
        };
        let change =
            ChangeMailboxSettings { account, mailbox, patch, sender_domains, revision, by_owner, service };
        let answer = run(ctx, command(ctx, command_id), &change, (account, mailbox)).await;
        answer.map(MailboxPayload).map_err(|error| left(error, &asked))
    }

    /// Sets a mailbox's password. Its sessions end.
    #[allow(clippy::too_many_arguments, reason = "the arguments of a GraphQL field")]
    async fn mailbox_password_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which mailbox.")] mailbox_id: MailboxKey,
        #[graphql(desc = "10 to 512 octets.")] password: String,
        #[graphql(
            desc = "Whether app passwords are revoked as well; absent: they stay. Whoever knew the old password may have made some."
        )]
        revokes_others: Option<bool>,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<MailboxPayload> {
        let (account, mailbox) = (ctx.account(account_id)?, mailbox_id.0);
        let known = recorded(ctx, account, mailbox).await?;
        let resource = match &known {
            Some(record) => Resource::account(account)
                .in_service(record.service)
                .in_domain(record.domain)
                .in_mailbox(mailbox),
            None => Resource::account(account).in_mailbox(mailbox),
        };
        // Hashing costs: it is for those only who may set the password.
        ctx.allow(Permission::CredentialWrite, resource)?;
        let mut faults = Faults::new(ctx)?;
        let address = known.and_then(|record| record.address()).map(|address| address.to_string());
        let Some(password) = faults.password("password", password, &[&address.unwrap_or_default()]) else {
            return Ok(MailboxPayload(faults.refused()));
        };
        let password = hashed(ctx, password).await?;
        let revokes_others = revokes_others.unwrap_or_default();
        let set = SetMailboxPassword { account, mailbox, password, by_owner: false, revokes_others };
        run(ctx, command(ctx, command_id), &set, (account, mailbox)).await.map(MailboxPayload)
    }

    /// Lets a mailbox send to other hosts again, and what was held leave. For its administrators: whoever took the mailbox
    /// over has its owner's login. Change the password and revoke app passwords first.
    async fn mailbox_sending_release(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which mailbox.")] mailbox_id: MailboxKey,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<MailboxPayload> {
        let (account, mailbox) = (ctx.account(account_id)?, mailbox_id.0);
        let release = ReleaseSending { account, mailbox, outcome: HeldMail::Released };
        run(ctx, command(ctx, command_id), &release, (account, mailbox)).await.map(MailboxPayload)
    }

    /// Lets a mailbox send to other hosts again, and destroys what it sent since it looked like somebody else's; its recipients
    /// never see it. What waited before that leaves.
    async fn mailbox_sending_purge(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which mailbox.")] mailbox_id: MailboxKey,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<MailboxPayload> {
        let (account, mailbox) = (ctx.account(account_id)?, mailbox_id.0);
        let purge = ReleaseSending { account, mailbox, outcome: HeldMail::Purged };
        run(ctx, command(ctx, command_id), &purge, (account, mailbox)).await.map(MailboxPayload)
    }

    /// Refuses mail and sign-ins of a mailbox; what it holds stays.
    async fn mailbox_disable(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which mailbox.")] mailbox_id: MailboxKey,
        #[graphql(
            desc = "The revision that was read before, 0 or more. Where somebody else has changed the thing since, nothing is changed and `SETTINGS_CHANGED_MEANWHILE` names the one that is there; absent, whatever is there is changed."
        )]
        revision: Option<u32>,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<MailboxPayload> {
        let (account, mailbox) = (ctx.account(account_id)?, mailbox_id.0);
        let disable = DisableMailbox { account, mailbox };
        run(ctx, command(ctx, command_id), &AtRevision { change: disable, revision }, (account, mailbox))
            .await
            .map(MailboxPayload)
    }

    /// Takes mail and sign-ins of a disabled mailbox again.
    async fn mailbox_enable(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which mailbox.")] mailbox_id: MailboxKey,
        #[graphql(
            desc = "The revision that was read before, 0 or more. Where somebody else has changed the thing since, nothing is changed and `SETTINGS_CHANGED_MEANWHILE` names the one that is there; absent, whatever is there is changed."
        )]
        revision: Option<u32>,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<MailboxPayload> {
        let (account, mailbox) = (ctx.account(account_id)?, mailbox_id.0);
        let enable = EnableMailbox { account, mailbox };
        run(ctx, command(ctx, command_id), &AtRevision { change: enable, revision }, (account, mailbox))
            .await
            .map(MailboxPayload)
    }

    /// Deletes a mailbox: mail is refused from now on, what it holds is destroyed after the platform's retention. Its address
    /// is free, so `credential:write` is needed as well.
    async fn mailbox_delete(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which mailbox.")] mailbox_id: MailboxKey,
        #[graphql(
            desc = "The revision that was read before, 0 or more. Where somebody else has changed the thing since, nothing is changed and `SETTINGS_CHANGED_MEANWHILE` names the one that is there; absent, whatever is there is changed."
        )]
        revision: Option<u32>,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<MailboxPayload> {
        let (account, mailbox) = (ctx.account(account_id)?, mailbox_id.0);
        let record = recorded(ctx, account, mailbox).await?.ok_or_else(|| ctx.fault(Fault::NotFound))?;
        let delete = DeleteMailbox {
            account,
            service: record.service,
            mailbox,
            purge_after: ctx.platform()?.purge_after(),
            temporary_aliases: record.temporary_aliases.keys().copied().collect(),
        };
        run(ctx, command(ctx, command_id), &AtRevision { change: delete, revision }, (account, mailbox))
            .await
            .map(MailboxPayload)
    }

    /// Brings a deleted mailbox back with all that it held, before `purgeAfter`. `userErrors`, among others:
    /// `RETENTION_OVER`, `ADDRESS_TAKEN` where somebody else lives there now (then give a `localPart` that is free), and the limits
    /// of the plan.
    #[allow(clippy::too_many_arguments, reason = "the arguments of a GraphQL field")]
    async fn mailbox_restore(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which mailbox.")] mailbox_id: MailboxKey,
        #[graphql(
            desc = "Before the `@` from now on, in the same domain; absent: as before. One with a detail (`name+detail`) needs `credential:write` as well."
        )]
        local_part: Option<String>,
        #[graphql(
            desc = "The revision that was read before, 0 or more. Where somebody else has changed the thing since, nothing is changed and `SETTINGS_CHANGED_MEANWHILE` names the one that is there; absent, whatever is there is changed."
        )]
        revision: Option<u32>,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<MailboxPayload> {
        let (account, mailbox) = (ctx.account(account_id)?, mailbox_id.0);
        let record = recorded(ctx, account, mailbox).await?.ok_or_else(|| ctx.fault(Fault::NotFound))?;
        let mut faults = Faults::new(ctx)?;
        let local = match &local_part {
            Some(local) => faults.take("localPart", LocalPart::parse(local)).map(Some),
            None => Some(None),
        };
        let Some(local) = local else { return Ok(MailboxPayload(faults.refused())) };
        let domain = home_of(ctx, account, &record).await?;
        let restore = RestoreMailbox { account, service: record.service, domain, mailbox, local };
        run(ctx, command(ctx, command_id), &AtRevision { change: restore, revision }, (account, mailbox))
            .await
            .map(MailboxPayload)
    }

    /// Lets a mailbox live at another address of its domain, with all that it holds. Its owner signs in with the new
    /// address from then on. The old one leads there as an alias, for which the plan needs room, unless
    /// `keepsOldAddress` is false: then it is free, which needs `credential:write` as well. Aliases of the account
    /// that lead to the mailbox, temporary ones among them, lead to the new address; `sendAs` of other mailboxes and address
    /// maps name it from then on, 250 of all together at most. Maps of what the old address receives go on with it while it is
    /// kept. `userErrors`, among others: `RENAME_FOLLOWERS`.
    #[allow(clippy::too_many_arguments, reason = "the arguments of a GraphQL field")]
    async fn mailbox_rename(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which mailbox.")] mailbox_id: MailboxKey,
        #[graphql(desc = "Before the `@`.")] local_part: String,
        #[graphql(desc = "Whether the address so far becomes an alias.")] keeps_old_address: Option<bool>,
        #[graphql(
            desc = "The revision that was read before, 0 or more. Where somebody else has changed the thing since, nothing is changed and `SETTINGS_CHANGED_MEANWHILE` names the one that is there; absent, whatever is there is changed."
        )]
        revision: Option<u32>,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<MailboxPayload> {
        let (account, mailbox) = (ctx.account(account_id)?, mailbox_id.0);
        let record = recorded(ctx, account, mailbox).await?.ok_or_else(|| ctx.fault(Fault::NotFound))?;
        let mut faults = Faults::new(ctx)?;
        let Some(local) = faults.take("localPart", LocalPart::parse(&local_part)) else {
            return Ok(MailboxPayload(faults.refused()));
        };
        let command = command(ctx, command_id);
        let alias = keeps_old_address.unwrap_or(true).then(|| AliasId::derived(command, 0));
        let followers = followers(ctx, account, &record).await?;
        let (senders, mapped) = match record.address() {
            Some(address) => named_by(ctx, account, &address).await?,
            None => (Vec::new(), Vec::new()),
        };
        let service = record.service;
        let rename = RenameMailbox { account, service, mailbox, local, alias, followers, senders, mapped };
        run(ctx, command, &AtRevision { change: rename, revision }, (account, mailbox))
            .await
            .map(MailboxPayload)
    }
}

/// What is withheld without being asked for itself would be left to the owner: the error names that field.
fn left(error: Error, asked: &[AdministratorRight]) -> Error {
    let right = error.extensions.as_ref().and_then(|known| known.get("right"));
    let is_asked = |name: &str| asked.iter().any(|asked| asked.name().eq_ignore_ascii_case(name));
    match right {
        Some(Value::String(name)) if !is_asked(name) => {
            error.extend_with(|_, extensions| extensions.set("field", "settings.selfService"))
        }
        Some(_) | None => error,
    }
}

/// The domains of the account that `patches` grant senders of: the use case asks whether the caller may.
fn sender_domains<'a>(
    ctx: &Context<'_>,
    account: AccountId,
    patches: impl IntoIterator<Item = &'a model::MailboxSettingsPatch>,
) -> Result<Vec<DomainId>> {
    let directory = &ctx.platform()?.directory;
    let senders =
        patches.into_iter().flat_map(|patch| patch.send_as.iter().flatten().take(SEND_AS_COUNT_MAX));
    let names = senders.filter_map(|sender| sender.rsplit_once('@').map(|(_, name)| name));
    let domains = names.filter_map(|name| {
        let name = kernel::DomainName::parse(name).ok()?;
        directory.domain_named(name.as_str()).filter(|(tenant, _)| *tenant == account.tenant())
    });
    let domains: BTreeSet<DomainId> = domains.map(|(_, domain)| domain).collect();
    Ok(domains.into_iter().collect())
}

/// The aliases of the account that lead to a mailbox: all its temporary ones, and those with its address among their targets.
async fn followers(ctx: &Context<'_>, account: AccountId, record: &MailboxRecord) -> Result<Vec<AliasId>> {
    let mut followers: BTreeSet<AliasId> = record.temporary_aliases.keys().copied().collect();
    if let Some(address) = record.address() {
        followers.extend(crate::alias::query::leading_to(ctx, account, &address).await?);
    }
    Ok(followers.into_iter().collect())
}

/// The mailboxes of the account that may send as an address, and the domains whose address maps name it: one more than can
/// follow at most. Those that only look alike are told apart by the use case.
async fn named_by(
    ctx: &Context<'_>,
    account: AccountId,
    address: &EmailAddress,
) -> Result<(Vec<MailboxId>, Vec<DomainId>)> {
    let escaped = address.canonical().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    let naming = |sql: &'static str, column: &'static str| {
        let query = Query::new("").bind(sql, account.uuid()).bind(column, format!("%\"{escaped}\"%"));
        query.with(" ESCAPE '\\' LIMIT 251").finish()
    };
    let senders = "SELECT mailbox_id FROM mailbox_list_v5 WHERE status <> 'deleted' AND tenant = ";
    let senders = naming(senders, " AND LOWER(settings) LIKE ");
    let maps = "SELECT DISTINCT domain_id FROM entry_list_v3 WHERE category = 'address_map' \
         AND domain_id IS NOT NULL AND tenant = ";
    let maps = naming(maps, " AND LOWER(content) LIKE ");
    let (senders, maps) =
        tokio::try_join!(rows(ctx, PROJECTION, senders), rows(ctx, crate::entry::read::PROJECTION, maps))?;
    let ids = |found: &[Row]| found.iter().map(|row| row.uuid(0)).collect::<std::result::Result<Vec<_>, _>>();
    let failed = |error| ctx.failed("what names a mailbox", &error);
    let senders = ids(&senders).map_err(failed)?.into_iter().map(MailboxId::new).collect();
    Ok((senders, ids(&maps).map_err(failed)?.into_iter().map(DomainId::new).collect()))
}

/// What is known of a mailbox, whoever asks: only to complete a use case that asks the authority itself.
async fn recorded(
    ctx: &Context<'_>,
    account: AccountId,
    mailbox: MailboxId,
) -> Result<Option<MailboxRecord>> {
    ctx.standing()?;
    let state = ctx.platform()?.engine.load(account.tenant(), &Key::<model::Mailbox>(mailbox)).await;
    match state.map_err(|error| ctx.failed("the state of a mailbox", &error))? {
        MailboxState::Live(record) | MailboxState::Deleted(record) => Ok(Some(record)),
        MailboxState::Absent => Ok(None),
    }
}

async fn service_of(ctx: &Context<'_>, account: AccountId, mailbox: MailboxId) -> Result<ServiceId> {
    let record = recorded(ctx, account, mailbox).await?;
    record.map(|record| record.service).ok_or_else(|| ctx.fault(Fault::NotFound))
}

impl Answer<(AccountId, Vec<MailboxId>)> {
    /// The same for the only mailbox.
    fn first(self) -> Answer<(AccountId, MailboxId)> {
        match self {
            Self::Done { key: (account, mailboxes), cursor, is_repeat } => match mailboxes.first() {
                Some(mailbox) => Answer::Done { key: (account, *mailbox), cursor, is_repeat },
                None => Answer::Refused(Vec::new()),
            },
            Self::Refused(errors) => Answer::Refused(errors),
        }
    }
}

/// Creates mailboxes; `prefix` stands before the index in the path of a fault.
async fn create(
    ctx: &Context<'_>,
    place: MailboxPlaceInput,
    inputs: Vec<NewMailboxInput>,
    (command, prefix): (CommandId, &str),
) -> Result<Answer<(AccountId, Vec<MailboxId>)>> {
    let account = ctx.account(place.account_id)?;
    let resource = Resource::account(account).in_service(place.service_id.0).in_domain(place.domain_id.0);
    // Asked here as well as by the use case: hashing many passwords is for those only who may create mailboxes.
    ctx.allow(Permission::MailboxWrite, resource)?;
    if inputs.iter().any(|input| input.password.is_some()) {
        ctx.allow(Permission::CredentialWrite, resource)?;
    }
    let mut faults = Faults::new(ctx)?;
    if inputs.len() > MAILBOX_BATCH_COUNT_MAX {
        faults.add("mailboxes", "at most 250 mailboxes at once", "au plus 250 boîtes à la fois");
        return Ok(faults.refused());
    }
    let parsed: Vec<Option<Parsed>> = inputs
        .into_iter()
        .enumerate()
        .map(|(index, input)| {
            let path = if prefix.is_empty() { String::new() } else { format!("{prefix}{index}.") };
            Parsed::of(input, &path, &mut faults)
        })
        .collect();
    let Some(parsed) = parsed.into_iter().collect::<Option<Vec<Parsed>>>() else {
        return Ok(faults.refused());
    };
    let mut mailboxes = Vec::with_capacity(parsed.len());
    let mut settings = BTreeMap::new();
    for (ordinal, one) in (0u32..).zip(parsed) {
        let password = match one.password {
            Some(password) => Some(hashed(ctx, password).await?),
            None => None,
        };
        let id = MailboxId::derived(command, ordinal);
        let (new, wished) = one.input.with(id, one.local, password);
        settings.extend(wished.map(|wished| (id, wished.patch())));
        mailboxes.push(new);
    }
    let ids = mailboxes.iter().map(|new| new.mailbox).collect();
    let domain = match place.is_shared_domain {
        true => DomainRef::Shared(place.domain_id.0),
        false => DomainRef::Own(place.domain_id.0),
    };
    let asked: Vec<_> = settings.values().flat_map(model::MailboxSettingsPatch::rights).collect();
    let sender_domains = sender_domains(ctx, account, settings.values())?;
    let create = CreateMailboxes { account, service: place.service_id.0, domain, mailboxes };
    let equip = EquipMailboxes { create, settings, sender_domains };
    run(ctx, command, &equip, (account, ids)).await.map_err(|error| left(error, &asked))
}

struct Parsed {
    input: NewMailboxInput,
    local: LocalPart,
    password: Option<SecretString>,
}

impl Parsed {
    fn of(mut input: NewMailboxInput, path: &str, faults: &mut Faults) -> Option<Self> {
        let local = faults.take(&format!("{path}localPart"), LocalPart::parse(&input.local_part));
        let password = match input.password.take() {
            Some(password) => {
                faults.password(&format!("{path}password"), password, &[&input.local_part]).map(Some)
            }
            None => Some(None),
        };
        Some(Self { local: local?, password: password?, input })
    }
}

impl NewMailboxInput {
    fn with(
        self,
        mailbox: MailboxId,
        local: LocalPart,
        password: Option<PasswordHash>,
    ) -> (NewMailbox, Option<MailboxSettingsInput>) {
        let Self { quota_bytes, display_name, settings, .. } = self;
        (NewMailbox { mailbox, local, quota: quota_bytes.0, display_name, password }, settings)
    }
}
