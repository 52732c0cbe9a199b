//! Changing second factors and app passwords.

use std::time::Duration;

use async_graphql::{Context, InputObject, MaybeUndefined, Object, Result};
use authority::Permission;
use hosting::factor::{FactorCommand, NewTotp};
use hosting::mailbox::AppPasswordPatch;
use hosting::session::SessionOwner;
use hosting::use_case::{
    AddAppPassword, AtRevision, ChangeAppPassword, ChangeFactors, ErasePerson, RevokeAppPassword,
};
use kernel::{AccountId, AppPasswordId, CommandId, FactorId, MailboxId};
use secrecy::{ExposeSecret as _, SecretString};
use uuid::Uuid;

use super::object::{AppPassword, MailProtocol, SecondFactors, TotpSetup, protocols, shown};
use super::query::{factors, label, object, oneself, own, owner, resource};
use super::totp;
use crate::access::about_itself;
use crate::access::mutation::{is_password_of, spent};
use crate::access::now;
use crate::error::Fault;
use crate::limit::{API_TOKEN_DAYS_MAX, PASSWORD_OCTETS_MAX, TEXT_OCTETS_MAX};
use crate::mailbox::record::{named, of_record, record};
use crate::payload::{Answer, Faults, UserError, command, run, run_as};
use crate::request::{Asked, boxed};
use crate::scalar::{AccountKey, AppPasswordKey, FactorKey, MailboxKey, Moment, Place, Uid, UserKey};
use crate::user::mutation::expiry;

/// What a change of second factors came to.
#[derive(Debug, Clone)]
pub struct SecondFactorsPayload {
    answer: Answer<(AccountId, SessionOwner)>,
    codes: Vec<SecretString>,
}

impl SecondFactorsPayload {
    /// Of a change that makes no codes.
    pub(crate) const fn without_codes(answer: Answer<(AccountId, SessionOwner)>) -> Self {
        Self { answer, codes: Vec::new() }
    }
}

/// What a change of second factors came to.
#[Object]
impl SecondFactorsPayload {
    /// The factors as they are now; none where the mutation was refused.
    async fn second_factors(&self, ctx: &Context<'_>) -> Result<Option<SecondFactors>> {
        let Answer::Done { key: (account, owner), .. } = &self.answer else { return Ok(None) };
        match factors(ctx, *account, *owner).await? {
            Some(factors) => object(ctx, *account, &factors).await.map(Some),
            None => Ok(None),
        }
    }

    /// New recovery codes, where the mutation made some: each is good once. Shown this once; they belong on paper.
    async fn recovery_codes(&self) -> Vec<String> {
        match self.answer {
            Answer::Done { is_repeat: false, .. } => {
                self.codes.iter().map(|code| code.expose_secret().to_owned()).collect()
            }
            Answer::Done { is_repeat: true, .. } | Answer::Refused(_) => Vec::new(),
        }
    }

    /// Why the mutation was refused; empty where it was done.
    async fn user_errors(&self) -> &[UserError] {
        self.answer.errors()
    }

    /// Where the change stands: give it as `atLeast` to a query that must show it.
    async fn position(&self) -> Option<Place> {
        self.answer.cursor().map(Place)
    }
}

/// What a change of an app password came to.
#[derive(Debug, Clone)]
pub struct AppPasswordPayload {
    answer: Answer<(AccountId, MailboxId, AppPasswordId)>,
    secret: Option<SecretString>,
}

/// What a change of an app password came to.
#[Object]
impl AppPasswordPayload {
    /// The app password; none where the mutation was refused, or where it is revoked.
    async fn app_password(&self, ctx: &Context<'_>) -> Result<Option<AppPassword>> {
        let Answer::Done { key: (account, mailbox, id), .. } = &self.answer else { return Ok(None) };
        let record = record(ctx, *account, *mailbox).await?;
        Ok(record.as_ref().and_then(|record| record.app_passwords.get(id)).map(|known| AppPassword {
            id: AppPasswordKey(*id),
            name: known.name.plain().cloned(),
            protocols: shown(&known.protocols),
            expires_at: known.expires_at.map(Moment),
            last_used_at: None,
            revision: i32::try_from(known.revision).unwrap_or(i32::MAX),
        }))
    }

    /// What is typed into the program, with or without the spaces. Shown this once: a repeat of the same `commandId`
    /// gives none.
    async fn secret(&self) -> Option<String> {
        match self.answer {
            Answer::Done { is_repeat: false, .. } => {
                self.secret.as_ref().map(|secret| secret.expose_secret().to_owned())
            }
            Answer::Done { is_repeat: true, .. } | Answer::Refused(_) => None,
        }
    }

    /// Why the mutation was refused; empty where it was done.
    async fn user_errors(&self) -> &[UserError] {
        self.answer.errors()
    }

    /// Where the change stands: give it as `atLeast` to a query that must show it.
    async fn position(&self) -> Option<Place> {
        self.answer.cursor().map(Place)
    }
}

/// What of an app password to change; what is absent stays as it is.
#[derive(Debug, InputObject)]
pub struct AppPasswordChangeInput {
    /// What it is called, for people.
    pub name: Option<String>,
    /// What it opens, all of it.
    pub protocols: Option<Vec<MailProtocol>>,
    /// After how many days from now it ends; at most 3650; `null`: never.
    pub expires_in_days: MaybeUndefined<u32>,
}

/// What the erasure of a person came to.
#[derive(Debug, Clone)]
pub struct PersonErasePayload(Answer<()>);

/// What the erasure of a person came to.
#[Object]
impl PersonErasePayload {
    /// Why the mutation was refused; empty where it was done.
    async fn user_errors(&self) -> &[UserError] {
        self.0.errors()
    }

    /// Where the change stands: give it as `atLeast` to a query that must show it.
    async fn position(&self) -> Option<Place> {
        self.0.cursor().map(Place)
    }
}

/// Changes of second factors and app passwords.
#[derive(Debug, Default)]
pub struct CredentialMutation;

#[Object]
impl CredentialMutation {
    /// Begins to add an authenticator app: nothing is kept until `totpConfirm` shows that the app works.
    async fn totp_begin(&self, ctx: &Context<'_>) -> Result<Option<TotpSetup>> {
        ctx.no_visitor()?;
        let (account, who) = own(ctx)?;
        let label = label(ctx, account, who).await?;
        let seed = totp::fresh_seed().ok_or_else(|| ctx.fault(Fault::Busy))?;
        let url = totp::url(&seed, &label).ok_or_else(|| ctx.fault(Fault::Busy))?;
        Ok(Some(TotpSetup { secret: totp::seed_text(&seed), url }))
    }

    /// Adds the authenticator app of `totpBegin` once it shows a right `code`. With the first one come recovery codes.
    /// An API token cannot do this.
    #[allow(clippy::too_many_arguments, reason = "the arguments of a GraphQL field")]
    async fn totp_confirm(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The password as it is now: an unlocked screen is not enough.")]
        current_password: String,
        #[graphql(desc = "The secret that `totpBegin` gave.")] secret: String,
        #[graphql(desc = "Six digits of the authenticator app: they are used up thereby.")] code: String,
        #[graphql(desc = "What it is called, for people.")] name: String,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<SecondFactorsPayload> {
        let (account, who) = own(ctx)?;
        let mut faults = Faults::new(ctx)?;
        if !is_proved(ctx, current_password).await? {
            faults.wrong_credentials();
            return Ok(refused(faults));
        }
        let seed = (secret.len() <= TEXT_OCTETS_MAX).then(|| totp::read_seed(&secret)).flatten();
        let Some(seed) = seed else {
            faults.add(
                "secret",
                "expected the secret of `totpBegin`",
                "le secret de `totpBegin` est attendu",
            );
            return Ok(refused(faults));
        };
        let plain: String =
            code.chars().filter(|character| !matches!(character, ' ' | '-')).take(16).collect();
        let now_secs = u64::try_from(now().secs()).unwrap_or_default();
        let Some(step) = totp::step_of(&seed, &plain, now_secs) else {
            faults.second_factor(false);
            return Ok(refused(faults));
        };
        let command = command(ctx, command_id);
        let factor = FactorId::derived(command, 0);
        // Whoever saw it over a shoulder signs in with another one. The same command again has spent it already.
        spent(ctx, totp::once(factor, step), now().plus(totp::CODE_LIFE)).await?;
        add_first(ctx, command, (account, who), FactorCommand::AddTotp(NewTotp { factor, name, seed })).await
    }

    /// Takes one of the caller's own second factors away. With the last one the recovery codes are void. An API token
    /// cannot do this.
    async fn second_factor_remove(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The password as it is now: an unlocked screen is not enough.")]
        current_password: String,
        #[graphql(desc = "Which factor.")] factor_id: FactorKey,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<SecondFactorsPayload> {
        let who = own(ctx)?;
        let mut faults = Faults::new(ctx)?;
        if !is_proved(ctx, current_password).await? {
            faults.wrong_credentials();
            return Ok(refused(faults));
        }
        let answer = change(ctx, command(ctx, command_id), who, FactorCommand::Remove(factor_id.0)).await?;
        Ok(SecondFactorsPayload::without_codes(answer))
    }

    /// Makes new recovery codes for the caller; the old ones are void. An API token cannot do this.
    async fn recovery_codes_renew(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The password as it is now: an unlocked screen is not enough.")]
        current_password: String,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<SecondFactorsPayload> {
        let mut faults = Faults::new(ctx)?;
        if !is_proved(ctx, current_password).await? {
            faults.wrong_credentials();
            return Ok(refused(faults));
        }
        renew_codes(ctx, command(ctx, command_id)).await
    }

    /// Takes all second factors of a user or of a mailbox's owner away: they are lost. Named by an administrator.
    async fn second_factors_reset(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Of this user; with neither user nor mailbox the caller.")] user_id: Option<UserKey>,
        #[graphql(desc = "Of the owner of this mailbox.")] mailbox_id: Option<MailboxKey>,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<SecondFactorsPayload> {
        ctx.standing()?;
        let (account, who) = owner(ctx, account_id, user_id, mailbox_id)?;
        if oneself(ctx)? == Some((account, who)) {
            // Whoever is signed in shows the password: `secondFactorRemove`.
            return Err(ctx.fault(Fault::Forbidden));
        }
        let target = resource(ctx, account, who).await?;
        ctx.allow(Permission::CredentialWrite, target)?;
        let reset = ChangeFactors { account, owner: who, command: FactorCommand::Reset };
        let answer = run(ctx, command(ctx, command_id), &reset, (account, who)).await?;
        Ok(SecondFactorsPayload::without_codes(answer))
    }

    /// Makes the data of a removed user, or of the owner of a deleted mailbox, unreadable for ever, in the log and in its
    /// backups, and destroys what the mailbox held. Nothing comes back. `userErrors`: `PERSON_STILL_THERE`.
    async fn person_erase(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Of this user; with neither user nor mailbox the caller.")] user_id: Option<UserKey>,
        #[graphql(desc = "Of the owner of this mailbox.")] mailbox_id: Option<MailboxKey>,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<PersonErasePayload> {
        ctx.standing()?;
        let (account, who) = owner(ctx, account_id, user_id, mailbox_id)?;
        let erase = ErasePerson { account, owner: who };
        run(ctx, command(ctx, command_id), &erase, ()).await.map(PersonErasePayload)
    }

    /// Gives a mailbox (the caller's own where none is named) one more password, for one program and the named
    /// protocols. The secret is made here and shown once.
    #[allow(clippy::too_many_arguments, reason = "the arguments of a GraphQL field")]
    async fn app_password_add(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which mailbox; the caller's own where absent.")] mailbox_id: Option<MailboxKey>,
        #[graphql(desc = "What it is called, for people.")] name: String,
        #[graphql(desc = "What it opens: at least one.")] protocols: Vec<MailProtocol>,
        #[graphql(desc = "After how many days it ends, 1 to 3650; absent: never.")] expires_in_days: Option<
            u32,
        >,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<AppPasswordPayload> {
        ctx.standing()?;
        let (account, mailbox) = named(ctx, account_id, mailbox_id)?;
        let target = of_record(account, mailbox, record(ctx, account, mailbox).await?.as_ref());
        ctx.allow(Permission::CredentialWrite, target)?;
        let mut faults = Faults::new(ctx)?;
        if let Some(days) = expires_in_days.filter(|days| !(1..=API_TOKEN_DAYS_MAX).contains(days)) {
            faults.days("expiresInDays", API_TOKEN_DAYS_MAX, days);
            return Ok(AppPasswordPayload { answer: faults.refused(), secret: None });
        }
        let secret = totp::app_password().ok_or_else(|| ctx.fault(Fault::Busy))?;
        let hash = directory::app_password_hash(secret.expose_secret());
        let command = command(ctx, command_id);
        let app_password = AppPasswordId::derived(command, 0);
        let add = AddAppPassword {
            account,
            mailbox,
            app_password,
            name,
            secret_hash: hash.ok_or_else(|| ctx.fault(Fault::Busy))?,
            protocols: self::protocols(&protocols),
            expires_at: expires_in_days
                .map(|days| now().plus(Duration::from_secs(u64::from(days) * 24 * 3600))),
            by_owner: ctx.by_owner()?,
        };
        let answer = run(ctx, command, &add, (account, mailbox, app_password)).await?;
        Ok(AppPasswordPayload { answer, secret: Some(secret) })
    }

    /// Changes an app password: what it is called, what it opens and for how long. Its secret stays. `userErrors`, among others:
    /// `APP_PASSWORD_OPENS_NOTHING`, `SETTINGS_CHANGED_MEANWHILE`.
    #[allow(clippy::too_many_arguments, reason = "the arguments of a GraphQL field")]
    async fn app_password_change(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which mailbox; the caller's own where absent.")] mailbox_id: Option<MailboxKey>,
        #[graphql(desc = "Which app password.")] app_password_id: AppPasswordKey,
        #[graphql(desc = "What is to be otherwise; what is left out stays.")] change: AppPasswordChangeInput,
        #[graphql(
            desc = "The revision that was read before, 0 or more. Where somebody else has changed the thing since, nothing is changed and `SETTINGS_CHANGED_MEANWHILE` names the one that is there; absent, whatever is there is changed."
        )]
        revision: Option<u32>,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<AppPasswordPayload> {
        ctx.standing()?;
        let (account, mailbox) = named(ctx, account_id, mailbox_id)?;
        let mut faults = Faults::new(ctx)?;
        let expires_at = expiry(&mut faults, &change.expires_in_days);
        if !faults.is_empty() {
            return Ok(AppPasswordPayload { answer: faults.refused(), secret: None });
        }
        let app_password = app_password_id.0;
        let protocols = change.protocols.map(|protocols| self::protocols(&protocols));
        let patch = AppPasswordPatch { name: change.name, protocols, expires_at };
        let by_owner = ctx.by_owner()?;
        let change = ChangeAppPassword { account, mailbox, app_password, patch, by_owner };
        let change = AtRevision { change, revision };
        let answer = run(ctx, command(ctx, command_id), &change, (account, mailbox, app_password)).await?;
        Ok(AppPasswordPayload { answer, secret: None })
    }

    /// Revokes an app password: it opens nothing any more, and whoever is in by it is out within seconds.
    async fn app_password_revoke(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which mailbox; the caller's own where absent.")] mailbox_id: Option<MailboxKey>,
        #[graphql(desc = "Which app password.")] app_password_id: AppPasswordKey,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<AppPasswordPayload> {
        ctx.standing()?;
        let (account, mailbox) = named(ctx, account_id, mailbox_id)?;
        let app_password = app_password_id.0;
        let revoke = RevokeAppPassword { account, mailbox, app_password };
        let answer = run(ctx, command(ctx, command_id), &revoke, (account, mailbox, app_password)).await?;
        Ok(AppPasswordPayload { answer, secret: None })
    }
}

/// Adds a factor; with the first one come recovery codes.
#[boxed]
pub(crate) async fn add_first(
    ctx: &Context<'_>,
    command: CommandId,
    (account, who): (AccountId, SessionOwner),
    wish: FactorCommand,
) -> Result<SecondFactorsPayload> {
    let is_first = !factors(ctx, account, who).await?.unwrap_or_default().is_demanded();
    let added = change(ctx, command, (account, who), wish).await?;
    let is_done = matches!(added, Answer::Done { is_repeat: false, .. });
    if !(is_first && is_done) {
        return Ok(SecondFactorsPayload::without_codes(added));
    }
    renew_codes(ctx, CommandId::new(Uuid::new_v5(&kernel::Id::uuid(command), b"recovery codes"))).await
}

pub(crate) fn refused(faults: Faults) -> SecondFactorsPayload {
    SecondFactorsPayload::without_codes(faults.refused())
}

/// Whether the caller signed in and has shown their password once more.
#[boxed]
pub(crate) async fn is_proved(ctx: &Context<'_>, password: String) -> Result<bool> {
    let standing = ctx.bare_standing()?;
    if standing.session.is_none() {
        return Err(ctx.fault(Fault::Forbidden));
    }
    if password.len() > PASSWORD_OCTETS_MAX {
        return Ok(false);
    }
    is_password_of(ctx, standing, password.into()).await
}

/// Changes the caller's own second factors.
pub(crate) async fn change(
    ctx: &Context<'_>,
    id: CommandId,
    (account, who): (AccountId, SessionOwner),
    wish: FactorCommand,
) -> Result<Answer<(AccountId, SessionOwner)>> {
    let acting = about_itself(&ctx.bare_standing()?.principal, account);
    let change = ChangeFactors { account, owner: who, command: wish };
    let answer = run_as(ctx, &acting, id, &change, (account, who)).await?;
    Ok(answer)
}

async fn renew_codes(ctx: &Context<'_>, id: CommandId) -> Result<SecondFactorsPayload> {
    let codes = totp::recovery_codes().ok_or_else(|| ctx.fault(Fault::Busy))?;
    let set = FactorCommand::SetRecoveryCodes(totp::hashes(&codes));
    let answer = change(ctx, id, own(ctx)?, set).await?;
    Ok(SecondFactorsPayload { answer, codes })
}
