//! Signing up, confirming addresses, and choosing another password without the old one.

use std::time::{Duration, Instant};

use async_graphql::{Context, InputObject, Object, Result};
use authority::{Permission, Principal, Resource};
use directory::Resolution;
use hosting::LoginName;
use hosting::notice::{NoticeKind, NoticePerson, day_of};
use hosting::session::SessionOwner;
use hosting::use_case::{
    ChangeEmail, GiveRecoveryAddress, RepeatNotice, ResetMailboxPassword, ResetPassword, SendNotice,
    SetLanguage, SetTimeZone, SignUp, VerifyEmail, VerifyRecoveryAddress,
};
use kernel::{AccountId, EmailAddress, NoticeId, UserId};
use notice::NamedMailbox;

use super::link::{Found, FoundMailbox, found, found_mailbox};
use super::object::PersonLanguage;
use super::query::{person_of, read, user_record};
use crate::access::mutation::{is_password_of, proved_now};
use crate::access::password::hashed;
use crate::access::throttle::Guess;
use crate::access::{about_itself, now};
use crate::credential::query::own;
use crate::error::Fault;
use crate::language::Language;
use crate::limit::{PASSWORD_OCTETS_MAX, TEXT_OCTETS_MAX};
use crate::payload::{Answer, Faults, UserError, command, run, run_as};
use crate::request::Asked;
use crate::scalar::{AccountKey, NoticeKey, Place, Uid};

/// Every answer to a request for a new password takes so long, whether there is such a login or not.
const RESET_REQUEST_PACE: Duration = Duration::from_millis(400);
/// Users of one address that are written to at once.
const SAME_ADDRESS_COUNT_MAX: usize = 5;

/// What a change of somebody's own address, language or password came to.
#[derive(Debug, Clone)]
pub struct ProfilePayload(Answer<()>);

/// What a change of somebody's own address, language or password came to.
#[Object]
impl ProfilePayload {
    /// Why the mutation was refused; empty where it was done.
    async fn user_errors(&self) -> &[UserError] {
        self.0.errors()
    }

    /// Where the change stands: give it as `atLeast` to a query that must show it.
    async fn position(&self) -> Option<Place> {
        self.0.cursor().map(Place)
    }
}

/// What a request came to whose answer tells nobody who has a login here.
#[derive(Debug, Clone)]
pub struct DiscreetPayload(Vec<UserError>);

/// What a request came to whose answer tells nobody who has a login here.
#[Object]
impl DiscreetPayload {
    /// Whether to look into the mailbox now. It says nothing about whether the address or login is known here.
    async fn is_accepted(&self) -> bool {
        self.0.is_empty()
    }

    /// What is wrong with the input itself.
    async fn user_errors(&self) -> &[UserError] {
        &self.0
    }
}

/// A customer to be.
#[derive(Debug, InputObject)]
pub struct SignUpInput {
    /// Where notices go, and what is signed in with: 3 to 128 of `a-z 0-9 . _ @ + -`. Not an address that is hosted here.
    pub email: String,
    /// 10 to 512 octets.
    pub password: String,
    /// What the person is called.
    pub name: Option<String>,
    /// What the account is called, 1 to 200 characters.
    pub account_name: String,
}

/// Signing up, addresses, forgotten passwords, notices.
#[derive(Debug, Default)]
pub struct NoticeMutation;

#[Object]
impl NoticeMutation {
    /// Opens an account with its owner. A link is sent to the address (24 hours); until it is followed, the owner may sign in
    /// and do nothing but ask for another link or sign out. Where the address has a login already, that login is told, and
    /// the answer is the same. The language is that of the request. The error `FORBIDDEN`: sign-up is closed here.
    async fn sign_up(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What it is to be.")] input: SignUpInput,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<DiscreetPayload> {
        let platform = ctx.platform()?;
        if !platform.notices.is_sign_up_open {
            return Err(ctx.fault(Fault::Forbidden));
        }
        let mut faults = Faults::new(ctx)?;
        let login = faults.take("input.email", LoginName::parse(&input.email));
        let email = faults.take("input.email", EmailAddress::parse(&input.email));
        let password =
            faults.password("input.password", input.password, &[&input.email, &input.account_name]);
        let (Some(login), Some(email), Some(password)) = (login, email, password) else {
            return Ok(DiscreetPayload(faults.refused::<()>().errors().to_vec()));
        };
        // Whoever mistypes has asked for nothing.
        slowed(ctx, "sign-up")?;
        if !matches!(platform.directory.resolve(&email, None), Resolution::NotLocal) {
            faults.add(
                "input.email",
                "an address that is hosted here signs in as a mailbox; give another one",
                "une adresse hébergée ici se connecte comme boîte mail ; donnez-en une autre",
            );
            return Ok(DiscreetPayload(faults.refused::<()>().errors().to_vec()));
        }
        let (command, known) = (command(ctx, command_id), platform.people.person(login.as_str()));
        let sign_up = SignUp {
            account: AccountId::derived(command, 0),
            account_name: input.account_name,
            user: UserId::derived(command, 0),
            login,
            email,
            name: input.name,
            password: hashed(ctx, password).await?,
            language: language_of(ctx)?,
            notice: NoticeId::derived(command, 0),
            at: now(),
        };
        let acting = Principal::platform("sign_up");
        let answer = run_as(ctx, &acting, command, &sign_up, ()).await?;
        if answer.errors().iter().any(|error| error.code == LOGIN_TAKEN) {
            if let Some(known) = known {
                told(ctx, (known.account, NoticePerson::User(known.user)), NoticeKind::LoginExists).await?;
            }
            return Ok(DiscreetPayload(vec![]));
        }
        Ok(DiscreetPayload(answer.errors().to_vec()))
    }

    /// Confirms an address by the token of the link that was sent there: a user's, or the recovery address of a mailbox.
    /// `userErrors`: `LINK_NOT_GOOD`. Needs no sign-in.
    async fn email_verify(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The secret of the link that was mailed.")] token: String,
    ) -> Result<ProfilePayload> {
        slowed(ctx, "link")?;
        if let Some(link) = found_mailbox(ctx, &token).await? {
            return recovery_verified(ctx, link).await.map(ProfilePayload);
        }
        let Some(Found { account, named, day }) = found(ctx, &token).await? else {
            return Ok(ProfilePayload(not_good(ctx)?));
        };
        let verify = VerifyEmail { account, user: named.user, notice: named.notice, day };
        let acting = about_itself(&proved_now(SessionOwner::User(named.user)), account);
        let answer = run_as(ctx, &acting, command(ctx, None), &verify, ()).await?;
        Ok(ProfilePayload(answer))
    }

    /// Sends the link to the address that is not confirmed yet once more: at most once a minute, ten times a day.
    /// `userErrors`: `NOTICE_TOO_SOON`, `NOTICE_LIMIT_REACHED`, `NOTICE_NEEDS_ADDRESS` where nothing is to be confirmed.
    async fn email_verification_resend(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<ProfilePayload> {
        ctx.no_visitor()?;
        let (account, user) = own_user(ctx)?;
        let record = user_record(ctx, account, user).await?;
        let kind = match record.and_then(|record| record.email) {
            Some(_) => NoticeKind::EmailChange,
            None => NoticeKind::EmailVerification,
        };
        let send = notice(ctx, (account, NoticePerson::User(user)), kind, command(ctx, command_id))?;
        let acting = Principal::platform("email_verification");
        run_as(ctx, &acting, command(ctx, command_id), &send, ()).await.map(ProfilePayload)
    }

    /// Gives an address to which the caller's notices are to go. A link is sent there (24 hours) and the old address is told;
    /// until the link is followed the old one counts. An API token cannot do this.
    async fn email_change(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The password as it is now: an unlocked screen is not enough.")]
        current_password: String,
        #[graphql(desc = "An e-mail address.")] email: String,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<ProfilePayload> {
        let (account, user) = own_user(ctx)?;
        let mut faults = Faults::new(ctx)?;
        let Some(email) = faults.take("email", EmailAddress::parse(&email)) else {
            return Ok(ProfilePayload(faults.refused()));
        };
        let standing = ctx.bare_standing()?;
        if current_password.len() > PASSWORD_OCTETS_MAX
            || !is_password_of(ctx, standing, current_password.into()).await?
        {
            faults.wrong_credentials();
            return Ok(ProfilePayload(faults.refused()));
        }
        let command = command(ctx, command_id);
        let change = ChangeEmail {
            account,
            user,
            email,
            notices: [NoticeId::derived(command, 0), NoticeId::derived(command, 1)],
            at: now(),
            language: ctx.platform()?.notices.language,
        };
        let acting = about_itself(&standing.principal, account);
        let answer = run_as(ctx, &acting, command, &change, ()).await?;
        Ok(ProfilePayload(answer))
    }

    /// Gives the address at which the calling mailbox's owner renews a forgotten password. A link is sent there (24 hours) and
    /// the mailbox is told; until the link is followed nothing is renewed by mail. `mailboxSettingsChange` takes it away.
    /// `userErrors`, among others: `WRONG_CREDENTIALS`, `SETTING_NOT_SELF_SERVICE` where an administrator forbids it,
    /// `RECOVERY_ADDRESS_OWN`, `EMAIL_UNCHANGED` where it is confirmed already, `NOTICE_TOO_SOON`.
    async fn recovery_address_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The password as it is now: an unlocked screen is not enough.")]
        current_password: String,
        #[graphql(desc = "An e-mail address elsewhere.")] email: String,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<ProfilePayload> {
        let standing = ctx.standing()?;
        let (account, who) = own(ctx)?;
        let SessionOwner::Mailbox(mailbox) = who else { return Err(ctx.fault(Fault::Forbidden)) };
        let mut faults = Faults::new(ctx)?;
        let Some(email) = faults.take("email", EmailAddress::parse(&email)) else {
            return Ok(ProfilePayload(faults.refused()));
        };
        if current_password.len() > PASSWORD_OCTETS_MAX
            || !is_password_of(ctx, standing, current_password.into()).await?
        {
            faults.wrong_credentials();
            return Ok(ProfilePayload(faults.refused()));
        }
        let command = command(ctx, command_id);
        let give = GiveRecoveryAddress {
            account,
            mailbox,
            email,
            notices: [NoticeId::derived(command, 0), NoticeId::derived(command, 1)],
            at: now(),
            language: ctx.platform()?.notices.language,
        };
        let acting = about_itself(&standing.principal, account);
        run_as(ctx, &acting, command, &give, ()).await.map(ProfilePayload)
    }

    /// Asks for a new password, by login or by address. A link is sent to the address of that login, or to the confirmed
    /// recovery address of a mailbox: good once, for 30 minutes. The answer is the same, after the same time, where there is no
    /// such login or no address is known for it. Needs no sign-in.
    async fn password_reset_request(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What the person signs in with.")] login: String,
    ) -> Result<DiscreetPayload> {
        slowed(ctx, "password reset")?;
        let (asked, ()) = tokio::join!(reset_requested(ctx, &login), tokio::time::sleep(RESET_REQUEST_PACE));
        asked?;
        Ok(DiscreetPayload(vec![]))
    }

    /// Chooses another password by the token of the link. All sessions end; signing in asks for the second factor as before.
    /// `userErrors`: `LINK_NOT_GOOD`. Needs no sign-in.
    async fn password_reset(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The secret of the link that was mailed.")] token: String,
        #[graphql(desc = "10 to 512 octets.")] new_password: String,
        #[graphql(
            desc = "Whether what opens the same besides is revoked as well, app passwords of a mailbox, API tokens of a user; absent: it stays."
        )]
        revokes_others: Option<bool>,
    ) -> Result<ProfilePayload> {
        let revokes_others = revokes_others.unwrap_or_default();
        slowed(ctx, "link")?;
        if let Some(link) = found_mailbox(ctx, &token).await? {
            return mailbox_reset(ctx, link, (new_password, revokes_others)).await.map(ProfilePayload);
        }
        let mut faults = Faults::new(ctx)?;
        let Some(Found { account, named, day }) = found(ctx, &token).await? else {
            return Ok(ProfilePayload(not_good(ctx)?));
        };
        let login = ctx.platform()?.people.login(named.user).unwrap_or_default();
        let Some(new_password) = faults.password("newPassword", new_password, &[&login]) else {
            return Ok(ProfilePayload(faults.refused()));
        };
        let (user, notice) = (named.user, named.notice);
        let password = hashed(ctx, new_password).await?;
        let reset = ResetPassword { account, user, notice, day, password, revokes_others };
        let acting = about_itself(&proved_now(SessionOwner::User(user)), account);
        let answer = run_as(ctx, &acting, command(ctx, None), &reset, ()).await?;
        Ok(ProfilePayload(answer))
    }

    /// Says in which language the caller, a user or the owner of a mailbox, is written to and reads pages.
    async fn language_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Of pages and notices from now on.")] language: PersonLanguage,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<ProfilePayload> {
        let (account, owner) = own(ctx)?;
        let set = SetLanguage { account, owner, language: language.into() };
        let acting = about_itself(&ctx.bare_standing()?.principal, account);
        run_as(ctx, &acting, command(ctx, command_id), &set, ()).await.map(ProfilePayload)
    }

    /// Says where the caller wants times to be shown as they are: a name of the IANA time zone database such as
    /// `Europe/Paris`, or none for wherever the reader is. `userErrors`: `TIME_ZONE_UNKNOWN`.
    async fn time_zone_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A name of the IANA time zone database, for example `Europe/Paris`.")]
        time_zone: Option<String>,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<ProfilePayload> {
        let (account, owner) = own(ctx)?;
        let set = SetTimeZone { account, owner, zone: time_zone };
        let acting = about_itself(&ctx.bare_standing()?.principal, account);
        run_as(ctx, &acting, command(ctx, command_id), &set, ()).await.map(ProfilePayload)
    }

    /// Sends a notice once more, for example an invitation; its link is the same and as long good as it was. One's own, or of
    /// others for whoever may set their credentials, or may let others in.
    async fn notice_resend(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which notice.")] notice_id: NoticeKey,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<ProfilePayload> {
        ctx.standing()?;
        let account = ctx.account(account_id)?;
        let hidden = || ctx.fault(Fault::NotFound);
        let known = read(ctx, account, notice_id.0).await?.ok_or_else(hidden)?;
        let person = match (known.user_id, known.mailbox_id, known.delegation_id) {
            (Some(user), _, _) => NoticePerson::User(user.0),
            (_, Some(mailbox), _) => NoticePerson::Mailbox(mailbox.0),
            (_, _, Some(delegation)) => NoticePerson::Delegate(delegation.0),
            (None, None, None) => return Err(hidden()),
        };
        let command = command(ctx, command_id);
        let copy = NoticeId::derived(command, 0);
        let repeat = RepeatNotice { account, person, day: known.day, notice: notice_id.0, copy };
        let is_own = own(ctx).is_ok_and(|(home, who)| home == account && person_of(who) == person);
        if is_own {
            let acting = about_itself(ctx.principal()?, account);
            return run_as(ctx, &acting, command, &repeat, ()).await.map(ProfilePayload);
        }
        if known.delegation_id.is_some() {
            ctx.allow(Permission::DelegationWrite, Resource::account(account))?;
        }
        run(ctx, command, &repeat, ()).await.map(ProfilePayload)
    }
}

/// The model's code where a login has an owner.
const LOGIN_TAKEN: &str = "LOGIN_TAKEN";

/// Whoever asks, a user that is signed in by a session.
fn own_user(ctx: &Context<'_>) -> Result<(AccountId, UserId)> {
    match own(ctx)? {
        (account, SessionOwner::User(user)) => Ok((account, user)),
        (_, SessionOwner::Mailbox(_)) => Err(ctx.fault(Fault::Forbidden)),
    }
}

/// Slows down whoever asks for `what` again and again without being signed in: five at once, then longer and longer waits.
pub(super) fn slowed(ctx: &Context<'_>, what: &str) -> Result<()> {
    let (peer, requests) = (ctx.caller()?.peer, &ctx.platform()?.sign_ins.requests);
    let counted = Guess::Login(what);
    if let Some(wait) = requests.wait(counted, peer, Instant::now()) {
        let retry_after_secs = u32::try_from(wait.as_secs()).unwrap_or(u32::MAX).saturating_add(1);
        return Err(ctx.fault(Fault::TooMany { retry_after_secs }));
    }
    requests.failed(counted, peer, Instant::now());
    Ok(())
}

fn language_of(ctx: &Context<'_>) -> Result<hosting::Language> {
    Ok(match ctx.caller()?.language {
        Language::English => hosting::Language::En,
        Language::French => hosting::Language::Fr,
    })
}

/// What a token that is none of ours comes to: the same as one whose time is over.
pub(super) fn not_good(ctx: &Context<'_>) -> Result<Answer<()>> {
    Ok(crate::payload::refused_by(&hosting::HostingRefusal::LinkNotGood, ctx.caller()?.language))
}

fn notice(
    ctx: &Context<'_>,
    (account, person): (AccountId, NoticePerson),
    kind: NoticeKind,
    id: kernel::CommandId,
) -> Result<SendNotice> {
    let language = ctx.platform()?.notices.language;
    let (notice, day) = (NoticeId::derived(id, 0), day_of(now()));
    Ok(SendNotice { account, notice, person, kind, detail: None, ticket: None, day, language })
}

/// Writes to somebody who did not ask for it; that it was too often is nobody's to know.
async fn told(ctx: &Context<'_>, who: (AccountId, NoticePerson), kind: NoticeKind) -> Result<()> {
    let id = command(ctx, None);
    let send = notice(ctx, who, kind, id)?;
    let acting = Principal::platform("sign_in_page");
    run_as(ctx, &acting, id, &send, ()).await.map(drop)
}

async fn reset_requested(ctx: &Context<'_>, login: &str) -> Result<()> {
    if login.len() > TEXT_OCTETS_MAX {
        return Ok(());
    }
    let platform = ctx.platform()?;
    for person in platform.people.reached_by(login).into_iter().take(SAME_ADDRESS_COUNT_MAX) {
        told(ctx, (person.account, NoticePerson::User(person.user)), NoticeKind::PasswordReset).await?;
    }
    if let Some((tenant, mailbox)) = platform.directory.mailbox_of(login.trim()) {
        told(ctx, (tenant.account(), NoticePerson::Mailbox(mailbox)), NoticeKind::PasswordReset).await?;
    }
    Ok(())
}

async fn recovery_verified(ctx: &Context<'_>, link: FoundMailbox) -> Result<Answer<()>> {
    let NamedMailbox { account, mailbox, notice } = link.named;
    let verify = VerifyRecoveryAddress { account, mailbox, notice, day: link.day };
    let acting = about_itself(&proved_now(SessionOwner::Mailbox(mailbox)), account);
    run_as(ctx, &acting, command(ctx, None), &verify, ()).await
}

async fn mailbox_reset(
    ctx: &Context<'_>,
    link: FoundMailbox,
    (new_password, revokes_others): (String, bool),
) -> Result<Answer<()>> {
    let NamedMailbox { account, mailbox, notice } = link.named;
    let address = ctx.platform()?.directory.address_of(account.tenant(), mailbox);
    // Of a mailbox that is deleted no link is good.
    let Some(address) = address else { return not_good(ctx) };
    let mut faults = Faults::new(ctx)?;
    let Some(new_password) = faults.password("newPassword", new_password, &[&address.to_string()]) else {
        return Ok(faults.refused());
    };
    let password = hashed(ctx, new_password).await?;
    let reset = ResetMailboxPassword { account, mailbox, notice, day: link.day, password, revokes_others };
    let acting = about_itself(&proved_now(SessionOwner::Mailbox(mailbox)), account);
    let answer = run_as(ctx, &acting, command(ctx, None), &reset, ()).await?;
    Ok(answer)
}
