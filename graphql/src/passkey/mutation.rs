//! Adding passkeys and security keys, and signing in with them alone.

use async_graphql::{Context, Object, Result};
use hosting::factor::{FactorCommand, NewPasskey, PasskeyKey};
use hosting::session::SessionOwner;
use kernel::{CommandId, FactorId};
use passkey::{NewKey, Presence};

use super::answer::{SignedAnswer, registered};
use super::object::{PasskeyAnswerInput, PasskeyQuestion};
use super::question::{Handle, Passkeys, Purpose};
use crate::access::mutation::{SessionPayload, begin, throttled};
use crate::access::now;
use crate::access::throttle::Guess;
use crate::credential::mutation::{SecondFactorsPayload, add_first, change, is_proved, refused};
use crate::credential::query::{factors, label, own};
use crate::error::Fault;
use crate::payload::{Faults, command};
use crate::request::Asked;
use crate::scalar::{FactorKey, Uid};
use door::{SignInNote, SignInOutcome, SignInProtocol};

/// Adding passkeys and security keys, and signing in with them alone.
#[derive(Debug, Default)]
pub struct PasskeyMutation;

#[Object]
impl PasskeyMutation {
    /// Begins to add a passkey or a security key: nothing is kept until `passkeyAdd` shows what the authenticator made. An
    /// API token cannot do this.
    async fn passkey_begin(&self, ctx: &Context<'_>) -> Result<Option<PasskeyQuestion>> {
        ctx.no_visitor()?;
        let (account, owner) = own(ctx)?;
        let Some(session) = ctx.bare_standing()?.session else { return Err(ctx.fault(Fault::Forbidden)) };
        let known = factors(ctx, account, owner).await?.unwrap_or_default();
        let login = label(ctx, account, owner).await?;
        let question = passkeys(ctx)?.add((Handle { account, owner }, session), (&login, &known), now());
        question.ok_or_else(|| ctx.fault(Fault::Busy)).map(Some)
    }

    /// Adds the passkey or security key that answers `passkeyBegin`. With the first factor come recovery codes. Where the
    /// password is wrong the same answer may be given again. An API token cannot do this.
    async fn passkey_add(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The password as it is now: an unlocked screen is not enough.")]
        current_password: String,
        #[graphql(desc = "What the browser answered to `passkeyBegin`.")] answer: PasskeyAnswerInput,
        #[graphql(desc = "What it is called, for people.")] name: String,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<SecondFactorsPayload> {
        let (account, owner) = own(ctx)?;
        let mut faults = Faults::new(ctx)?;
        if !is_proved(ctx, current_password).await? {
            faults.wrong_credentials();
            return Ok(refused(faults));
        }
        let Some(session) = ctx.bare_standing()?.session else { return Err(ctx.fault(Fault::Forbidden)) };
        let passkeys = passkeys(ctx)?;
        let purpose = Purpose::Add(Handle { account, owner }, session);
        let Some(challenge) = passkeys.challenge_of(&answer.ticket, purpose, now()) else {
            faults.add("answer.ticket", OVER.0, OVER.1);
            return Ok(refused(faults));
        };
        let new = match registered(passkeys, challenge, &answer) {
            Ok(new) => new,
            Err(fault) => {
                faults.add("answer.credential", &fault.to_string(), french(fault));
                return Ok(refused(faults));
            }
        };
        let command = command(ctx, command_id);
        let Some(wish) = wish(command, name, new) else {
            faults.add("answer.credential", &passkey::Fault::Form.to_string(), french(passkey::Fault::Form));
            return Ok(refused(faults));
        };
        // The question is not used up: a lost answer is sent again, and the model takes one key once.
        add_first(ctx, command, (account, owner), wish).await
    }

    /// Calls one of the caller's own second factors something else. An API token cannot do this.
    async fn second_factor_rename(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which factor.")] factor_id: FactorKey,
        #[graphql(desc = "What it is called, for people.")] name: String,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<SecondFactorsPayload> {
        if ctx.bare_standing()?.session.is_none() {
            return Err(ctx.fault(Fault::Forbidden));
        }
        let wish = FactorCommand::Rename(factor_id.0, name);
        let answer = change(ctx, command(ctx, command_id), own(ctx)?, wish).await?;
        Ok(SecondFactorsPayload::without_codes(answer))
    }

    /// Begins a sign-in with a passkey alone, without login and password: `passkeySignIn` takes the answer.
    async fn passkey_sign_in_begin(&self, ctx: &Context<'_>) -> Result<Option<PasskeyQuestion>> {
        passkeys(ctx)?.sign_in(now()).ok_or_else(|| ctx.fault(Fault::Busy)).map(Some)
    }

    /// Signs in a user or a mailbox with a passkey alone: the authenticator has verified who is there, which counts for
    /// password and second factor. `userErrors`: `WRONG_PASSKEY`, whatever is wrong with it. After several failures the
    /// error `THROTTLED` says how long to wait. Takes no `commandId`.
    async fn passkey_sign_in(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What the browser answered to `passkeySignInBegin`.")] answer: PasskeyAnswerInput,
    ) -> Result<SessionPayload> {
        let mut faults = Faults::new(ctx)?;
        let platform = ctx.platform()?;
        let signed = SignedAnswer::read(&answer);
        let handle = signed.as_ref().and_then(|signed| Handle::read(signed.user_handle()?));
        let (Some(signed), Some(handle)) = (signed, handle) else {
            faults.wrong_passkey();
            return Ok(SessionPayload::refused(faults));
        };
        let counted = format!("passkey of {}", handle.owner.subject());
        let counted = Guess::Login(&counted);
        throttled(ctx, counted)?;
        let challenge = passkeys(ctx)?.challenge_of(&answer.ticket, Purpose::SignIn, now());
        let known = factors(ctx, handle.account, handle.owner).await?;
        let is_proved = match (challenge, known) {
            (Some(challenge), Some(known)) => {
                let asked = (challenge, Presence::Verified);
                signed.proves(ctx, (handle.account, &known), asked).await?
            }
            (None, _) | (_, None) => false,
        };
        if !is_proved {
            noted(ctx, handle, SignInOutcome::WrongPasskey)?;
            faults.wrong_passkey();
            return Ok(SessionPayload::refused(faults));
        }
        platform.sign_ins.throttle.succeeded(counted, ctx.caller()?.peer);
        if !may_come(ctx, handle)? {
            noted(ctx, handle, SignInOutcome::NotOpen)?;
            return Err(ctx.fault(Fault::Forbidden));
        }
        noted(ctx, handle, SignInOutcome::Success)?;
        begin(ctx, handle.account, handle.owner, true).await
    }
}

/// What is said of a question that is over, was answered, or was not asked.
const OVER: (&str, &str) = (
    "this question is over or was answered before: begin anew",
    "cette demande est expirée ou a déjà reçu une réponse : recommencez",
);

/// Whatever asks for passkeys here.
pub(crate) fn passkeys<'a>(ctx: &'a Context<'_>) -> Result<&'a Passkeys> {
    let passkeys = ctx.platform()?.passkeys.as_deref();
    passkeys.ok_or_else(|| {
        ctx.fault(Fault::BadInput(
            "there are no passkeys here: the pages have no name (`web.origin`)",
            "il n'y a pas de clés d'accès ici : les pages n'ont pas de nom (`web.origin`)",
        ))
    })
}

/// The intention to add a key that was just verified.
fn wish(command: CommandId, name: String, new: NewKey) -> Option<FactorCommand> {
    let key = PasskeyKey::new(new.credential, new.key.to_cose())?;
    let (counter, may_be_backed_up) = (new.state.counter, new.state.may_be_backed_up);
    let factor = FactorId::derived(command, 0);
    Some(FactorCommand::AddPasskey(NewPasskey { factor, name, key, counter, may_be_backed_up }))
}

/// Notes for the owner of a passkey that somebody came with it, or tried to. Whoever names somebody that does not exist is
/// noted for nobody.
fn noted(ctx: &Context<'_>, Handle { account, owner }: Handle, outcome: SignInOutcome) -> Result<()> {
    let platform = ctx.platform()?;
    let is_there = match owner {
        SessionOwner::User(user) => platform.people.user(user).is_some_and(|known| known.account == account),
        SessionOwner::Mailbox(mailbox) => platform.directory.send_limits(account.tenant(), mailbox).is_some(),
    };
    if is_there {
        let caller = ctx.caller()?;
        let from = (caller.peer, caller.agent.as_deref());
        let note = SignInNote::new((account.tenant(), owner), (SignInProtocol::Passkey, outcome), from);
        platform.door.note(note, 1, now());
    }
    Ok(())
}

/// Whether whoever has proved who they are may be on the pages now.
fn may_come(ctx: &Context<'_>, handle: Handle) -> Result<bool> {
    let platform = ctx.platform()?;
    Ok(match handle.owner {
        SessionOwner::User(user) => {
            platform.people.user(user).is_some_and(|person| person.account == handle.account)
        }
        SessionOwner::Mailbox(mailbox) => {
            platform.directory.web_access(handle.account.tenant(), mailbox).is_some()
        }
    })
}

/// The French sentence of a fault.
const fn french(fault: passkey::Fault) -> &'static str {
    use passkey::Fault as F;
    match fault {
        F::Form => "la réponse de l'authentificateur n'est pas lisible",
        F::Type | F::Challenge => "la réponse est donnée à une autre demande",
        F::Origin | F::RelyingParty => "la réponse a été faite pour un autre site",
        F::NotPresent => "personne n'était présent devant l'authentificateur",
        F::NotVerified => "l'authentificateur n'a pas vérifié son utilisateur",
        F::Algorithm => "la clé est d'un algorithme qui n'est pas accepté",
        F::Signature => "la signature n'est pas de cette clé",
        F::Counter => "le compteur de l'authentificateur a reculé",
    }
}
