//! Reading second factors and app passwords.

use async_graphql::{Context, Object, Result};
use authority::{Permission, Resource};
use directory::{Credential, Protocol};
use hosting::factor::FactorState;
use hosting::session::SessionOwner;
use hosting::user::User;
use kernel::{AccountId, Actor, FactorId, Key, MailboxId};

use super::object::{AppPassword, Authenticator, LastLogin, SecondFactors, SignIn, shown};
use super::yubikey::Yubikey;
use crate::access::now;
use crate::error::Fault;
use crate::mailbox::record::{named, of_record, record};
use crate::passkey::object::Passkey;
use crate::platform::LastUse;
use crate::request::{Asked, boxed};
use crate::scalar::{AccountKey, AppPasswordKey, FactorKey, MailboxKey, Moment, UserKey};
use door::SignInRow;

/// Sign-ins that are shown at once.
const SIGN_IN_COUNT_MAX: usize = 100;
/// The same where the asker names no number.
const SIGN_IN_COUNT_DEFAULT: i32 = 50;
/// Most sign-ins in an export: all that are kept.
const EXPORTED_SIGN_IN_COUNT_MAX: usize = 500;

/// Queries about second factors and app passwords.
#[derive(Debug, Default)]
pub struct CredentialQuery;

#[Object]
impl CredentialQuery {
    /// The second factors of a user or of a mailbox's owner; the caller's own where neither is named.
    async fn second_factors(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Of this user; with neither user nor mailbox the caller.")] user_id: Option<UserKey>,
        #[graphql(desc = "Of the owner of this mailbox.")] mailbox_id: Option<MailboxKey>,
    ) -> Result<Option<SecondFactors>> {
        let (account, owner) = owner(ctx, account_id, user_id, mailbox_id)?;
        if !is_own(ctx, (account, owner))? {
            let resource = resource(ctx, account, owner).await?;
            ctx.allow(Permission::CredentialWrite, resource)?;
            crate::mailbox::visit::note_owner(ctx, (account, owner))?;
        }
        let factors = factors(ctx, account, owner).await?.ok_or_else(|| ctx.fault(Fault::NotFound))?;
        object(ctx, account, &factors).await.map(Some)
    }

    /// Who has signed in as a user or a mailbox's owner, and who has tried, latest first; the caller's own where neither is
    /// named. Kept for 90 days, at most 200 successes and 200 failures; what is alike on one day is one row. At most `first`
    /// rows, 1 to 100 (50 where absent).
    #[graphql(
        complexity = "first.map_or(50, |first| usize::try_from(first).unwrap_or(100)) * child_complexity"
    )]
    async fn sign_ins(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Of this user; with neither user nor mailbox the caller.")] user_id: Option<UserKey>,
        #[graphql(desc = "Of the owner of this mailbox.")] mailbox_id: Option<MailboxKey>,
        #[graphql(desc = "How many: 1 to 100, 50 where absent.")] first: Option<i32>,
    ) -> Result<Vec<SignIn>> {
        let (account, owner) = owner(ctx, account_id, user_id, mailbox_id)?;
        if !is_own(ctx, (account, owner))? {
            let resource = resource(ctx, account, owner).await?;
            ctx.allow(Permission::CredentialWrite, resource)?;
            crate::mailbox::visit::note_owner(ctx, (account, owner))?;
        }
        let count = first.unwrap_or(SIGN_IN_COUNT_DEFAULT);
        let count = usize::try_from(count).ok().filter(|count| (1..=SIGN_IN_COUNT_MAX).contains(count));
        let count = count
            .ok_or_else(|| ctx.fault(Fault::BadInput("`first` is 1 to 100", "`first` va de 1 à 100")))?;
        let rows = sign_ins_of(ctx, (account, owner), count).await?;
        Ok(rows.into_iter().map(SignIn::from).collect())
    }

    /// Everything that is kept about a user or a mailbox's owner, as JSON, newest last: each fact with its time, its cause
    /// and what it changed, their sessions, what they were written, and when the mailbox was opened. Of a mailbox also its
    /// filters, sync jobs, push destinations, shares and temporary aliases, and the address maps that are about its address;
    /// of a user what they wrote in tickets and the delegations that they gave, and to themselves those that they hold. No
    /// secret is in it. The caller's own where neither is named; of others for whoever may change the account. Messages are
    /// fetched by IMAP.
    #[graphql(complexity = 500)]
    async fn person_export(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Of this user; with neither user nor mailbox the caller.")] user_id: Option<UserKey>,
        #[graphql(desc = "Of the owner of this mailbox.")] mailbox_id: Option<MailboxKey>,
    ) -> Result<Option<String>> {
        ctx.standing()?;
        let (account, owner) = owner(ctx, account_id, user_id, mailbox_id)?;
        let is_own = is_own(ctx, (account, owner))?;
        if !is_own {
            ctx.allow(Permission::AccountWrite, Resource::account(account))?;
            crate::mailbox::visit::note_owner(ctx, (account, owner))?;
        }
        super::export::whole(ctx, (account, owner), is_own).await.map(Some)
    }

    /// The app passwords of a mailbox; of the caller's own where none is named.
    async fn app_passwords(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which mailbox; the caller's own where absent.")] mailbox_id: Option<MailboxKey>,
    ) -> Result<Option<Vec<AppPassword>>> {
        ctx.standing()?;
        let (account, mailbox) = named(ctx, account_id, mailbox_id)?;
        let record = record(ctx, account, mailbox).await?;
        ctx.allow(Permission::MailboxRead, of_record(account, mailbox, record.as_ref()))?;
        crate::mailbox::visit::note(ctx, (account, mailbox))?;
        let record = record.ok_or_else(|| ctx.fault(Fault::NotFound))?;
        let uses = uses(ctx, account, mailbox).await?;
        let shown = record.app_passwords.iter().map(|(id, known)| AppPassword {
            id: AppPasswordKey(*id),
            name: known.name.plain().cloned(),
            protocols: shown(&known.protocols),
            expires_at: known.expires_at.map(Moment),
            last_used_at: uses
                .iter()
                .filter(|one| one.credential == Credential::App(*id))
                .map(|one| Moment(one.at))
                .max(),
            revision: i32::try_from(known.revision).unwrap_or(i32::MAX),
        });
        Ok(Some(shown.collect()))
    }

    /// When a mailbox was last opened, by each protocol and credential; the caller's own where none is named. Kept to a
    /// quarter of an hour.
    async fn last_logins(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which mailbox; the caller's own where absent.")] mailbox_id: Option<MailboxKey>,
    ) -> Result<Option<Vec<LastLogin>>> {
        ctx.standing()?;
        let (account, mailbox) = named(ctx, account_id, mailbox_id)?;
        let record = record(ctx, account, mailbox).await?;
        ctx.allow(Permission::MailboxRead, of_record(account, mailbox, record.as_ref()))?;
        crate::mailbox::visit::note(ctx, (account, mailbox))?;
        if record.is_none() {
            return Err(ctx.fault(Fault::NotFound));
        }
        let uses = uses(ctx, account, mailbox).await?;
        let shown = uses.into_iter().map(|one| LastLogin {
            protocol: protocol(one.protocol).to_owned(),
            app_password_id: match one.credential {
                Credential::App(id) => Some(AppPasswordKey(id)),
                Credential::Password(_) => None,
            },
            at: Moment(one.at),
        });
        Ok(Some(shown.collect()))
    }
}

/// Sign-ins of somebody, those of the last seconds at this node as well.
pub(super) async fn sign_ins_of(
    ctx: &Context<'_>,
    whose: (AccountId, SessionOwner),
    count: usize,
) -> Result<Vec<SignInRow>> {
    let door = &ctx.platform()?.door;
    let failed = |error| ctx.failed("the book at the door", &error);
    door.write(now()).await.map_err(failed)?;
    let (account, owner) = whose;
    door.sign_ins((account.tenant(), owner), count.min(EXPORTED_SIGN_IN_COUNT_MAX)).await.map_err(failed)
}

pub(super) const fn protocol(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Imap => "imap",
        Protocol::Submission => "submission",
        Protocol::Web => "web",
    }
}

pub(super) async fn uses(ctx: &Context<'_>, account: AccountId, mailbox: MailboxId) -> Result<Vec<LastUse>> {
    let uses = ctx.platform()?.logins.last_uses(account.tenant(), mailbox).await;
    uses.map_err(|error| ctx.failed("the last logins of a mailbox", &error))
}

/// Whoever asks, by a session. An API token is a program: it may do what its scopes say, and nothing is its own.
pub(crate) fn own(ctx: &Context<'_>) -> Result<(AccountId, SessionOwner)> {
    let who = oneself(ctx)?.filter(|_| ctx.bare_standing().is_ok_and(|standing| standing.session.is_some()));
    who.ok_or_else(|| ctx.fault(Fault::Forbidden))
}

/// Whether this is whoever asks, by a session: see [`own`].
pub(crate) fn is_own(ctx: &Context<'_>, who: (AccountId, SessionOwner)) -> Result<bool> {
    Ok(oneself(ctx)? == Some(who) && ctx.bare_standing()?.session.is_some())
}

/// Who asks, be it by a session or by a token of theirs.
pub(crate) fn oneself(ctx: &Context<'_>) -> Result<Option<(AccountId, SessionOwner)>> {
    let standing = ctx.bare_standing()?;
    Ok(match standing.principal.actor {
        Actor::User(user) => Some((standing.home, SessionOwner::User(user))),
        Actor::Mailbox(mailbox) => Some((standing.home, SessionOwner::Mailbox(mailbox))),
        Actor::Operator | Actor::Platform(_) => None,
    })
}

/// Who is meant: whoever is named, or else whoever asks.
pub(crate) fn owner(
    ctx: &Context<'_>,
    account: Option<AccountKey>,
    user: Option<UserKey>,
    mailbox: Option<MailboxKey>,
) -> Result<(AccountId, SessionOwner)> {
    let home = ctx.bare_standing()?.home;
    let account = account.map_or(home, |account| account.0);
    match (user, mailbox) {
        (None, None) => own(ctx),
        (Some(user), None) => Ok((account, SessionOwner::User(user.0))),
        (None, Some(mailbox)) => Ok((account, SessionOwner::Mailbox(mailbox.0))),
        (Some(_), Some(_)) => Err(ctx.fault(Fault::BadInput(
            "name a user or a mailbox, not both",
            "nommez un utilisateur ou une boîte, pas les deux",
        ))),
    }
}

/// Whoever is meant as the authority is asked about them.
pub(crate) async fn resource(ctx: &Context<'_>, account: AccountId, owner: SessionOwner) -> Result<Resource> {
    Ok(match owner {
        SessionOwner::User(_) => Resource::account(account),
        SessionOwner::Mailbox(mailbox) => {
            of_record(account, mailbox, record(ctx, account, mailbox).await?.as_ref())
        }
    })
}

/// The second factors of somebody, as they are at this moment; none where nobody is there.
#[boxed]
pub(crate) async fn factors(
    ctx: &Context<'_>,
    account: AccountId,
    owner: SessionOwner,
) -> Result<Option<FactorState>> {
    match owner {
        SessionOwner::Mailbox(mailbox) => {
            Ok(record(ctx, account, mailbox).await?.map(|record| record.factors))
        }
        SessionOwner::User(user) => {
            let state = ctx.platform()?.engine.load(account.tenant(), &Key::<User>(user)).await;
            let state = state.map_err(|error| ctx.failed("reading a user", &error))?;
            Ok(state.record().map(|record| record.factors.clone()))
        }
    }
}

/// What somebody signs in with, for people to read; empty where it is erased.
pub(crate) async fn label(ctx: &Context<'_>, account: AccountId, owner: SessionOwner) -> Result<String> {
    Ok(match owner {
        SessionOwner::User(user) => ctx.platform()?.people.login(user).unwrap_or_default(),
        SessionOwner::Mailbox(mailbox) => {
            let address = record(ctx, account, mailbox).await?.and_then(|record| record.address());
            address.map(|address| address.to_string()).unwrap_or_default()
        }
    })
}

/// Second factors as they are shown.
pub(crate) async fn object(
    ctx: &Context<'_>,
    account: AccountId,
    factors: &FactorState,
) -> Result<SecondFactors> {
    let authenticators = factors
        .totp
        .iter()
        .map(|(id, record)| Authenticator { id: FactorKey(*id), name: record.name.plain().cloned() });
    let used: Vec<FactorId> = factors.passkeys.keys().chain(factors.yubikeys.keys()).copied().collect();
    let uses = ctx.platform()?.door.uses(account.tenant(), used).await;
    let uses = uses.map_err(|error| ctx.failed("the book at the door", &error))?;
    let last_use = |id| uses.iter().find(|one| one.factor == id).map(|one| Moment(one.at));
    let passkeys = factors.passkeys.iter().map(|(id, record)| Passkey {
        id: FactorKey(*id),
        name: record.name.plain().cloned(),
        may_be_backed_up: record.may_be_backed_up,
        last_used_at: last_use(*id),
    });
    let yubikeys = factors.yubikeys.iter().map(|(id, record)| Yubikey {
        id: FactorKey(*id),
        name: record.name.plain().cloned(),
        last_used_at: last_use(*id),
    });
    Ok(SecondFactors {
        is_demanded: factors.is_demanded(),
        authenticators: authenticators.collect(),
        passkeys: passkeys.collect(),
        yubikeys: yubikeys.collect(),
        takes_yubikeys: ctx.platform()?.yubikeys.is_some(),
        recovery_codes_left: i32::try_from(factors.recovery.len()).unwrap_or(i32::MAX),
    })
}
