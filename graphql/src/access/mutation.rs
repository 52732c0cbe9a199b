//! Signing in and out.

use std::time::{Duration, Instant};

use async_graphql::{Context, Object, Result};
use authority::{Permission, Principal, Resource};
use directory::{AuthRefusal, LoginAttempt, Protocol};
use hosting::factor::{FactorCommand, FactorState};
use hosting::session::{EndReason, SessionOwner};
use hosting::use_case::{
    ChangeFactors, EndSession, RotateSession, SetMailboxPassword, SetUserPassword, StartSession,
};
use kernel::{AccountId, Actor, SessionId, Timestamp};
use passkey::Presence;
use secrecy::SecretString;

use super::handover::{HANDOVER_LIFE, Handover};
use super::jwt::Claims;
use super::object::{Credentials, SsoTicket};
use super::password::{hashed, proved};
use super::secret::{Opens, Secret};
use super::throttle::Guess;
use super::{about_itself, now};
use crate::credential::totp::{self, Proof};
use crate::credential::yubikey::{self as typed, Shown};
use crate::error::Fault;
use crate::limit::{PASSWORD_OCTETS_MAX, REFRESH_TOKEN_SECS, TEXT_OCTETS_MAX};
use crate::passkey::answer::SignedAnswer;
use crate::passkey::object::{PasskeyAnswerInput, PasskeyQuestion};
use crate::passkey::question::{Handle, Purpose};
use crate::payload::{Answer, Faults, UserError, command, run, run_as};
use crate::request::{Asked, boxed};
use crate::scalar::{AccountKey, Place, SessionKey, Uid};
use door::{SignInNote, SignInOutcome, SignInProtocol};

/// What a sign-in, a refresh or a sign-out came to.
#[derive(Debug, Clone)]
pub struct SessionPayload {
    answer: Answer<Option<Credentials>>,
    question: Option<PasskeyQuestion>,
}

impl SessionPayload {
    /// Nobody is signed in.
    pub(crate) fn refused(faults: Faults) -> Self {
        faults.refused().into()
    }
}

impl From<Answer<Option<Credentials>>> for SessionPayload {
    fn from(answer: Answer<Option<Credentials>>) -> Self {
        Self { answer, question: None }
    }
}

/// What a sign-in, a refresh or a sign-out came to.
#[Object]
impl SessionPayload {
    /// What to send with further requests; none where nobody is signed in by this.
    async fn session(&self) -> Option<Credentials> {
        match &self.answer {
            Answer::Done { key, .. } => key.clone(),
            Answer::Refused(_) => None,
        }
    }

    /// Where a second factor is asked for and a passkey can be it: what the authenticator is asked.
    async fn passkey_question(&self) -> Option<&PasskeyQuestion> {
        self.question.as_ref()
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

/// Signing in and out.
#[derive(Debug, Default)]
pub struct AccessMutation;

#[Object]
impl AccessMutation {
    /// Signs in a user by login name, or a mailbox by its address. `userErrors`: `WRONG_CREDENTIALS` whichever of the
    /// two is wrong. Where the login has a second factor, `code` is of an authenticator app or a YubiKey, or a recovery code, or
    /// `passkey` answers the `passkeyQuestion`; without either the answer is `SECOND_FACTOR_NEEDED`. Where nobody can be
    /// asked about a YubiKey it is `SECOND_FACTOR_UNREACHABLE`; recovery codes and other factors work then. After several failures the error `THROTTLED` says how long to wait.
    /// Takes no `commandId`: each sign-in is a session of its own.
    async fn sign_in(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What the person signs in with.")] login: String,
        #[graphql(desc = "10 to 512 octets.")] password: String,
        #[graphql(desc = "Six digits of the authenticator app, what a YubiKey types, or a recovery code.")]
        code: Option<String>,
        #[graphql(desc = "The answer of a passkey, as the second factor.")] passkey: Option<
            PasskeyAnswerInput,
        >,
    ) -> Result<SessionPayload> {
        let mut faults = Faults::new(ctx)?;
        if login.len() > TEXT_OCTETS_MAX || password.len() > PASSWORD_OCTETS_MAX {
            faults.wrong_credentials();
            return Ok(SessionPayload::refused(faults));
        }
        let identified = match identified(ctx, &login, password.into()).await {
            Ok(identified) => identified,
            Err(error) => {
                noted_error(ctx, &login, &error)?;
                return Err(error);
            }
        };
        let Some((account, owner)) = identified else {
            noted(ctx, whose(ctx, &login)?, SignInOutcome::WrongPassword)?;
            faults.wrong_credentials();
            return Ok(SessionPayload::refused(faults));
        };
        let has_second_factor = match second_factor(ctx, (account, owner), (code, passkey)).await? {
            SecondFactor::None => false,
            SecondFactor::Proved => true,
            SecondFactor::Missing(question) => {
                faults.second_factor(true);
                return Ok(SessionPayload { answer: faults.refused(), question });
            }
            SecondFactor::Unreachable => {
                noted(ctx, Some((account, owner)), SignInOutcome::NotOpen)?;
                faults.second_factor_unreachable("code");
                return Ok(SessionPayload::refused(faults));
            }
            SecondFactor::Wrong => {
                noted(ctx, Some((account, owner)), SignInOutcome::WrongSecondFactor)?;
                faults.second_factor(false);
                return Ok(SessionPayload::refused(faults));
            }
        };
        noted(ctx, Some((account, owner)), SignInOutcome::Success)?;
        begin(ctx, account, owner, has_second_factor).await
    }

    /// A ticket by which whoever is signed in opens one more session within a minute, elsewhere, without the password: from
    /// the dashboard to the mail administration. It is good once. An API token gets none.
    async fn sso_ticket_issue(&self, ctx: &Context<'_>) -> Result<Option<SsoTicket>> {
        let standing = ctx.standing()?;
        let Some(session) = standing.session else { return Err(ctx.fault(Fault::Forbidden)) };
        let (account, owner) = crate::credential::query::own(ctx)?;
        let has_second_factor = standing.has_second_factor;
        let handover = Handover { account, owner, session, has_second_factor };
        let expires_at = now().plus(HANDOVER_LIFE).into();
        let ticket = ctx.platform()?.access_key.handovers.issue(handover, now());
        let ticket = ticket.ok_or_else(|| ctx.fault(Fault::Busy))?;
        Ok(Some(SsoTicket { ticket, expires_at }))
    }

    /// Signs in with a ticket of `ssoTicketIssue`. `userErrors`: `TICKET_NOT_GOOD` where it is none, was used or is over.
    async fn sso_sign_in(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The secret of a ticket that `ssoTicketIssue` gave less than 60 seconds ago.")]
        ticket: String,
    ) -> Result<SessionPayload> {
        let mut faults = Faults::new(ctx)?;
        let platform = ctx.platform()?;
        let shown = Some(ticket).filter(|ticket| ticket.len() <= TEXT_OCTETS_MAX);
        let shown = shown.and_then(|ticket| platform.access_key.handovers.read(&ticket, now()));
        // Another password, a sign-out or a revocation meanwhile has ended the session, and the ticket with it.
        let shown = shown.filter(|shown| platform.people.session(shown.handover.session, now()).is_some());
        let handover = match shown {
            Some(shown) => spent(ctx, shown.hash, shown.until).await?.then_some(shown.handover),
            None => None,
        };
        let Some(Handover { account, owner, has_second_factor, .. }) = handover else {
            faults.coded(
                "TICKET_NOT_GOOD",
                "ticket",
                "this ticket was used already, or its 60 seconds are over: open it again from the dashboard",
                "ce ticket a déjà servi, ou ses 60 secondes sont écoulées : ouvrez-le à nouveau depuis le tableau de bord",
            );
            return Ok(SessionPayload::refused(faults));
        };
        begin(ctx, account, owner, has_second_factor).await
    }

    /// Exchanges a refresh token for new credentials. A refresh token that was exchanged before ends its session, since
    /// somebody else may hold it. Takes no `commandId`.
    async fn session_refresh(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The refresh token of the session; each is good once.")] refresh_token: String,
    ) -> Result<SessionPayload> {
        let unknown = || ctx.fault(Fault::Unauthenticated);
        let secret = Secret::parse(&refresh_token).ok_or_else(unknown)?;
        let Opens::Session(session) = secret.opens else { return Err(unknown()) };
        let people = &ctx.platform()?.people;
        let open = people.session(session, now()).ok_or_else(unknown)?;
        let standing = people.of_owner(&open, session, now()).ok_or_else(unknown)?;
        refresh(ctx, (&secret, session), (open.account, open.owner), &standing.principal).await
    }

    /// Ends the caller's own session. Its access token is void as well.
    async fn sign_out(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<SessionPayload> {
        let standing = ctx.bare_standing()?;
        let Some(session) = standing.session else { return Err(ctx.fault(Fault::NotFound)) };
        let end = EndSession { account: standing.home, session, reason: EndReason::SignedOut };
        let acting = about_itself(&standing.principal, standing.home);
        let answer = run_as(ctx, &acting, command(ctx, command_id), &end, None).await?;
        Ok(answer.into())
    }

    /// Ends another session, for example of a lost device: one's own, or any of the account for whoever may change it.
    async fn session_end(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which session.")] session_id: SessionKey,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<SessionPayload> {
        let account = ctx.account(account_id)?;
        let end = EndSession { account, session: session_id.0, reason: EndReason::Revoked };
        let known = ctx.platform()?.people.session(session_id.0, now());
        let known = known.filter(|open| open.account == account);
        let is_own = match known {
            Some(open) => crate::credential::query::is_own(ctx, (account, open.owner))?,
            None => false,
        };
        let answer = if is_own {
            let acting = about_itself(ctx.principal()?, account);
            run_as(ctx, &acting, command(ctx, command_id), &end, None).await?
        } else {
            ctx.allow(Permission::AccountWrite, Resource::account(account))?;
            run(ctx, command(ctx, command_id), &end, None).await?
        };
        Ok(answer.into())
    }

    /// Changes the caller's own password and ends all of the caller's sessions. An API token cannot do this. `userErrors`, among
    /// others: `PASSWORD_UNCHANGED`.
    async fn password_change(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The password as it is now: an unlocked screen is not enough.")]
        current_password: String,
        #[graphql(desc = "10 to 512 octets.")] new_password: String,
        #[graphql(
            desc = "Whether what opens the same besides is revoked as well, app passwords of a mailbox, API tokens of a user; absent: it stays."
        )]
        revokes_others: Option<bool>,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<SessionPayload> {
        let standing = ctx.bare_standing()?.clone();
        if standing.session.is_none() {
            return Err(ctx.fault(Fault::Forbidden));
        }
        let mut faults = Faults::new(ctx)?;
        let (account, owner) = crate::credential::query::own(ctx)?;
        let login = crate::credential::query::label(ctx, account, owner).await?;
        let is_same = current_password == new_password;
        let Some(new_password) = faults.password("newPassword", new_password, &[&login]) else {
            return Ok(SessionPayload::refused(faults));
        };
        if current_password.len() > PASSWORD_OCTETS_MAX
            || !is_password_of(ctx, &standing, current_password.into()).await?
        {
            faults.wrong_credentials();
            return Ok(SessionPayload::refused(faults));
        }
        // Whoever must choose another one chooses another one.
        if is_same {
            faults.coded(
                "PASSWORD_UNCHANGED",
                "newPassword",
                "this is the password as it is: choose another one",
                "c'est le mot de passe actuel : choisissez-en un autre",
            );
            return Ok(SessionPayload::refused(faults));
        }
        let password = hashed(ctx, new_password).await?;
        let revokes_others = revokes_others.unwrap_or_default();
        let (account, command) = (standing.home, command(ctx, command_id));
        let acting = about_itself(&standing.principal, account);
        let answer = match standing.principal.actor {
            Actor::User(user) => {
                let set = SetUserPassword { account, user, password, must_change: false, revokes_others };
                run_as(ctx, &acting, command, &set, None).await?
            }
            Actor::Mailbox(mailbox) => {
                let set = SetMailboxPassword { account, mailbox, password, by_owner: true, revokes_others };
                run_as(ctx, &acting, command, &set, None).await?
            }
            Actor::Operator | Actor::Platform(_) => return Err(ctx.fault(Fault::Forbidden)),
        };
        Ok(answer.into())
    }
}

/// Who `login` and `password` belong to; none where either is wrong. Whoever fails waits alike, whether there is such a user,
/// such a mailbox or neither: the answer tells nobody who has a login.
async fn identified(
    ctx: &Context<'_>,
    login: &str,
    password: SecretString,
) -> Result<Option<(AccountId, SessionOwner)>> {
    let (platform, peer, guess) = (ctx.platform()?, ctx.caller()?.peer, Guess::Login(login));
    throttled(ctx, guess)?;
    let found = match platform.people.person(login) {
        Some(person) => {
            let hash = person.password.as_ref().map(hosting::PasswordHash::as_str);
            let is_right = proved(ctx, password, hash).await?;
            is_right.then_some((person.account, SessionOwner::User(person.user)))
        }
        None => {
            let attempt = LoginAttempt { login, password: &password, peer, protocol: Protocol::Web };
            match platform.directory.authenticate(attempt).await {
                Ok(login) => Some((login.tenant.account(), SessionOwner::Mailbox(login.mailbox))),
                Err(AuthRefusal::Wrong) => None,
                Err(refusal) => {
                    platform.sign_ins.throttle.undecided(guess, peer);
                    return Err(ctx.fault(match refusal {
                        AuthRefusal::Throttled { retry_after_secs } => Fault::Throttled { retry_after_secs },
                        AuthRefusal::Busy => Fault::Busy,
                        AuthRefusal::Suspended => Fault::Closed,
                        AuthRefusal::Wrong
                        | AuthRefusal::ProtocolOff
                        | AuthRefusal::AppPasswordNeeded
                        | AuthRefusal::SecondFactorMissing
                        | AuthRefusal::AppPasswordExpired => Fault::Forbidden,
                    }));
                }
            }
        }
    };
    if found.is_some() {
        platform.sign_ins.throttle.succeeded(guess, peer);
    }
    Ok(found)
}

/// Whose login it is, whether or not they may come now.
fn whose(ctx: &Context<'_>, login: &str) -> Result<Option<(AccountId, SessionOwner)>> {
    let platform = ctx.platform()?;
    if let Some(person) = platform.people.person(login) {
        return Ok(Some((person.account, SessionOwner::User(person.user))));
    }
    let mailbox = platform.directory.mailbox_of(login);
    Ok(mailbox.map(|(tenant, mailbox)| (tenant.account(), SessionOwner::Mailbox(mailbox))))
}

/// Notes for the owner of a login that somebody came by password, or tried to.
fn noted(ctx: &Context<'_>, whose: Option<(AccountId, SessionOwner)>, outcome: SignInOutcome) -> Result<()> {
    let Some((account, owner)) = whose else { return Ok(()) };
    let caller = ctx.caller()?;
    let from = (caller.peer, caller.agent.as_deref());
    let note = SignInNote::new((account.tenant(), owner), (SignInProtocol::Web, outcome), from);
    ctx.platform()?.door.note(note, 1, now());
    Ok(())
}

/// The same where nobody was let in without the password being looked at, or although it was right.
fn noted_error(ctx: &Context<'_>, login: &str, error: &async_graphql::Error) -> Result<()> {
    let code = error.extensions.as_ref().and_then(|known| known.get("code"));
    let outcome = match code {
        Some(async_graphql::Value::String(code)) if code == "THROTTLED" => SignInOutcome::Throttled,
        Some(async_graphql::Value::String(code))
            if [Fault::Forbidden, Fault::Closed].iter().any(|closed| closed.code() == code) =>
        {
            SignInOutcome::NotOpen
        }
        Some(_) | None => return Ok(()),
    };
    noted(ctx, whose(ctx, login)?, outcome)
}

/// Checks a user's password, slower the more often it was wrong.
async fn checked(ctx: &Context<'_>, login: &str, password: SecretString, hash: Option<&str>) -> Result<bool> {
    throttled(ctx, Guess::Login(login))?;
    let is_right = proved(ctx, password, hash).await?;
    if is_right {
        ctx.platform()?.sign_ins.throttle.succeeded(Guess::Login(login), ctx.caller()?.peer);
    }
    Ok(is_right)
}

/// What a sign-in comes to besides the password.
enum SecondFactor {
    /// None is asked for.
    None,
    Proved,
    /// With what an authenticator is asked, where there is one.
    Missing(Option<PasskeyQuestion>),
    Wrong,
    /// Nobody can say whether it is right.
    Unreachable,
}

/// Checks the code or the passkey of whoever has shown the right password, slower the more often it was wrong.
async fn second_factor(
    ctx: &Context<'_>,
    (account, owner): (AccountId, SessionOwner),
    (code, passkey): (Option<String>, Option<PasskeyAnswerInput>),
) -> Result<SecondFactor> {
    let factors = crate::credential::query::factors(ctx, account, owner).await?.unwrap_or_default();
    if !factors.is_demanded() {
        return Ok(SecondFactor::None);
    }
    let handle = Handle { account, owner };
    let code = code.filter(|code| code.len() <= TEXT_OCTETS_MAX);
    if code.is_none() && passkey.is_none() {
        let passkeys = ctx.platform()?.passkeys.as_ref().filter(|_| !factors.passkeys.is_empty());
        let question = passkeys.and_then(|passkeys| passkeys.second_factor(handle, &factors, now()));
        return Ok(SecondFactor::Missing(question));
    }
    let counted = format!("second factor of {}", owner.subject());
    let counted = Guess::Factor(&counted);
    throttled(ctx, counted)?;
    let shown = match (code.as_deref().map(|code| (code, yubikey::Otp::parse(code))), passkey) {
        (Some((_, Some(otp))), _) => typed::proves(ctx, account, (&factors, &otp)).await?,
        (Some((code, None)), _) => shown(code_proves(ctx, (account, owner), (&factors, code)).await?),
        (None, Some(answer)) => shown(key_proves(ctx, handle, (&factors, &answer)).await?),
        (None, None) => Shown::Wrong,
    };
    let (throttle, peer) = (&ctx.platform()?.sign_ins.throttle, ctx.caller()?.peer);
    match shown {
        Shown::Good => {
            throttle.succeeded(counted, peer);
            Ok(SecondFactor::Proved)
        }
        Shown::Wrong => Ok(SecondFactor::Wrong),
        Shown::Unreachable => {
            // Nothing was guessed, and a recovery code must not wait for it.
            throttle.undecided(counted, peer);
            Ok(SecondFactor::Unreachable)
        }
    }
}

const fn shown(is_proved: bool) -> Shown {
    if is_proved { Shown::Good } else { Shown::Wrong }
}

/// Counts one more try, which is taken back where it succeeds; who has failed often waits.
pub(crate) fn throttled(ctx: &Context<'_>, counted: Guess<'_>) -> Result<()> {
    let (peer, throttle) = (ctx.caller()?.peer, &ctx.platform()?.sign_ins.throttle);
    if let Some(wait) = throttle.wait(counted, peer, Instant::now()) {
        let retry_after_secs = u32::try_from(wait.as_secs()).unwrap_or(u32::MAX).saturating_add(1);
        return Err(ctx.fault(Fault::Throttled { retry_after_secs }));
    }
    // Counted before the answer is known, so that many attempts at once are not all let through.
    throttle.failed(counted, peer, Instant::now());
    Ok(())
}

async fn code_proves(
    ctx: &Context<'_>,
    (account, owner): (AccountId, SessionOwner),
    (factors, code): (&FactorState, &str),
) -> Result<bool> {
    let now_secs = u64::try_from(now().secs()).unwrap_or_default();
    Ok(match totp::prove(factors, code, now_secs) {
        None => false,
        Some(Proof::Totp(factor, step)) => {
            spent(ctx, totp::once(factor, step), now().plus(totp::CODE_LIFE)).await?
        }
        Some(Proof::Recovery(hash)) => {
            let change = ChangeFactors { account, owner, command: FactorCommand::UseRecoveryCode(hash) };
            let acting = about_itself(&proved_now(owner), account);
            // Of two that come at once one is refused by the model.
            run_as(ctx, &acting, command(ctx, None), &change, ()).await?.errors().is_empty()
        }
    })
}

/// Uses a one-time value up; whether it was unused.
pub(crate) async fn spent(ctx: &Context<'_>, hash: [u8; 32], until: Timestamp) -> Result<bool> {
    let spent = ctx.platform()?.door.spend(hash, (now(), until)).await;
    spent.map_err(|error| ctx.failed("the book at the door", &error))
}

async fn key_proves(
    ctx: &Context<'_>,
    handle: Handle,
    (factors, answer): (&FactorState, &PasskeyAnswerInput),
) -> Result<bool> {
    let passkeys = ctx.platform()?.passkeys.as_ref();
    let purpose = Purpose::SecondFactor(handle);
    let challenge = passkeys.and_then(|known| known.challenge_of(&answer.ticket, purpose, now()));
    let (Some(challenge), Some(signed)) = (challenge, SignedAnswer::read(answer)) else { return Ok(false) };
    signed.proves(ctx, (handle.account, factors), (challenge, Presence::Touched)).await
}

/// Whoever has just proved who they are.
pub(crate) fn proved_now(owner: SessionOwner) -> Principal {
    let actor = match owner {
        SessionOwner::User(user) => Actor::User(user),
        SessionOwner::Mailbox(mailbox) => Actor::Mailbox(mailbox),
    };
    Principal::signed_in(actor, Vec::new())
}

/// Whether `password` is the current one of whoever is signed in.
#[boxed]
pub(crate) async fn is_password_of(
    ctx: &Context<'_>,
    standing: &super::Standing,
    password: SecretString,
) -> Result<bool> {
    let platform = ctx.platform()?;
    match standing.principal.actor {
        Actor::User(user) => {
            let Some(person) = platform.people.user(user) else { return Ok(false) };
            let hash = person.password.as_ref().map(hosting::PasswordHash::as_str);
            checked(ctx, &user.to_string(), password, hash).await
        }
        Actor::Mailbox(mailbox) => {
            let own = crate::mailbox::record::record(ctx, standing.home, mailbox).await?;
            let Some(address) = own.and_then(|record| record.address()) else { return Ok(false) };
            let address = address.to_string();
            Ok(identified(ctx, &address, password).await?
                == Some((standing.home, SessionOwner::Mailbox(mailbox))))
        }
        Actor::Operator | Actor::Platform(_) => Ok(false),
    }
}

/// Starts a session for whoever has just proved who they are.
#[boxed]
pub(crate) async fn begin(
    ctx: &Context<'_>,
    account: AccountId,
    owner: SessionOwner,
    has_second_factor: bool,
) -> Result<SessionPayload> {
    let command = command(ctx, None);
    let session = SessionId::derived(command, 0);
    let secret = Secret::random(Opens::Session(session)).map_err(|error| ctx.failed("chance", &error))?;
    let expires_at = now().plus(Duration::from_secs(REFRESH_TOKEN_SECS));
    let proved = proved_now(owner);
    let caller = ctx.caller()?;
    let device = format!("{} ({})", caller.agent.as_deref().unwrap_or("?"), caller.peer);
    let is_unfamiliar = ctx.platform()?.people.is_unfamiliar((account, owner), &device);
    let start = StartSession {
        account,
        owner,
        session,
        refresh_hash: secret.hash(),
        expires_at,
        has_second_factor,
        device: Some(device),
        is_unfamiliar,
    };
    let credentials = credentials(ctx, Claims { holder: owner.into(), account, session }, &secret)?;
    let acting = about_itself(&proved, account);
    let answer = run_as(ctx, &acting, command, &start, Some(credentials)).await?;
    Ok(answer.into())
}

async fn refresh(
    ctx: &Context<'_>,
    (old, session): (&Secret, SessionId),
    (account, owner): (AccountId, SessionOwner),
    principal: &Principal,
) -> Result<SessionPayload> {
    let new = Secret::random(Opens::Session(session)).map_err(|error| ctx.failed("chance", &error))?;
    let rotate = RotateSession {
        account,
        owner,
        session,
        old_hash: old.hash(),
        new_hash: new.hash(),
        expires_at: now().plus(Duration::from_secs(REFRESH_TOKEN_SECS)),
    };
    let credentials = credentials(ctx, Claims { holder: owner.into(), account, session }, &new)?;
    let acting = about_itself(principal, account);
    let answer = run_as(ctx, &acting, command(ctx, None), &rotate, Some(credentials)).await?;
    if answer.errors().iter().any(|error| error.code == REUSED) {
        let end = EndSession { account, session, reason: EndReason::TokenReused };
        run_as(ctx, &acting, command(ctx, None), &end, ()).await?;
    }
    Ok(answer.into())
}

/// The model's code for a refresh token that was exchanged before: somebody else may hold it.
const REUSED: &str = "REFRESH_TOKEN_REUSED";

fn credentials(ctx: &Context<'_>, claims: Claims, secret: &Secret) -> Result<Credentials> {
    let now = now();
    let (access_token, ends) =
        ctx.platform()?.access_key.sign(&claims, now).map_err(|error| ctx.failed("signing", &error))?;
    Ok(Credentials {
        session_id: claims.session.into(),
        access_token,
        access_token_expires_at: ends.into(),
        refresh_token: secret.reveal(),
        refresh_token_expires_at: now.plus(Duration::from_secs(REFRESH_TOKEN_SECS)).into(),
    })
}
