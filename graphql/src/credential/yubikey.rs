//! YubiKeys that type (Yubico OTP): added with a touch, and shown as the second factor after the password.

use std::time::Duration;

use async_graphql::{Context, Object, Result, SimpleObject};
use hosting::factor::{FactorCommand, FactorState, NewYubikey, YubikeyIdentity};
use kernel::{AccountId, FactorId};
use yubikey::{Otp, Refused, Touch};

use super::mutation::{SecondFactorsPayload, add_first, is_proved, refused};
use super::query::{factors, own};
use crate::access::mutation::spent;
use crate::access::now;
use crate::error::Fault;
use crate::limit::TEXT_OCTETS_MAX;
use crate::payload::{Faults, command};
use crate::request::Asked;
use crate::scalar::{FactorKey, Moment, Uid};
use door::PasskeyUse;

/// How long a touch is remembered here besides the validation servers, which remember for ever.
const TOUCH_LIFE: Duration = Duration::from_secs(24 * 3600);

/// A YubiKey that types a code at a touch.
#[derive(Debug, Clone, SimpleObject)]
pub struct Yubikey {
    /// The name for the API.
    pub id: FactorKey,
    /// What its owner calls it; none once erased.
    pub name: Option<String>,
    /// When it last signed somebody in, or was added.
    pub last_used_at: Option<Moment>,
}

/// Adding YubiKeys.
#[derive(Debug, Default)]
pub struct YubikeyMutation;

#[Object]
impl YubikeyMutation {
    /// Adds a YubiKey that types (Yubico OTP), where the operator has named a validation server
    /// (`SecondFactors.takesYubikeys`). With the first factor come recovery codes. `userErrors`: `WRONG_SECOND_FACTOR` where
    /// no key has typed this or it was used before, `SECOND_FACTOR_UNREACHABLE` where the validation server does not answer.
    /// An API token cannot do this.
    async fn yubikey_add(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The password as it is now: an unlocked screen is not enough.")]
        current_password: String,
        #[graphql(desc = "What the key types at a touch: 34 to 48 letters.")] otp: String,
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
        if ctx.platform()?.yubikeys.is_none() {
            return Err(ctx.fault(NOT_HERE));
        }
        let typed = Some(otp).filter(|otp| otp.len() <= TEXT_OCTETS_MAX).and_then(|otp| Otp::parse(&otp));
        let identity = typed.as_ref().and_then(|otp| YubikeyIdentity::new(otp.identity().to_owned()));
        let (Some(otp), Some(identity)) = (typed, identity) else {
            faults.add(
                "otp",
                "expected what the key types at a touch: 34 to 48 letters",
                "ce que la clé saisit au toucher est attendu : 34 à 48 lettres",
            );
            return Ok(refused(faults));
        };
        let command = command(ctx, command_id);
        let factor = FactorId::derived(command, 0);
        let known = factors(ctx, account, owner).await?.unwrap_or_default();
        // A lost answer is asked for again with the same touch, which is good once.
        let is_repeat =
            known.yubikeys.get(&factor).is_some_and(|record| record.identity.plain() == Some(&identity));
        if !is_repeat {
            match touched(ctx, (account, factor), &otp).await? {
                Shown::Good => {}
                Shown::Wrong => {
                    faults.second_factor_at("otp", false);
                    return Ok(refused(faults));
                }
                Shown::Unreachable => {
                    faults.second_factor_unreachable("otp");
                    return Ok(refused(faults));
                }
            }
        }
        let wish = FactorCommand::AddYubikey(NewYubikey { factor, name, identity });
        add_first(ctx, command, (account, owner), wish).await
    }
}

/// What is said where the operator has named no validation server.
const NOT_HERE: Fault = Fault::BadInput(
    "no YubiKeys are taken here: the operator has named no validation server",
    "aucune YubiKey n'est acceptée ici : l'opérateur n'a nommé aucun serveur de validation",
);

/// What showing a touch came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    /// The key is there.
    Good,
    /// It is another key, no key, or a touch that was used before.
    Wrong,
    /// Nobody can say.
    Unreachable,
}

/// What a touch proves for whoever has these factors. Keys of others are not asked about.
pub(crate) async fn proves(
    ctx: &Context<'_>,
    account: AccountId,
    (known, otp): (&FactorState, &Otp),
) -> Result<Shown> {
    let is_it =
        |identity: Option<&YubikeyIdentity>| identity.is_some_and(|known| known.as_str() == otp.identity());
    let factor = known.yubikeys.iter().find(|(_, record)| is_it(record.identity.plain()));
    match factor {
        Some((factor, _)) => touched(ctx, (account, *factor), otp).await,
        None => Ok(Shown::Wrong),
    }
}

/// Asks the validation servers, and keeps that the touch was used.
async fn touched(ctx: &Context<'_>, (account, factor): (AccountId, FactorId), otp: &Otp) -> Result<Shown> {
    let platform = ctx.platform()?;
    let Some(verifier) = &platform.yubikeys else { return Ok(Shown::Unreachable) };
    let Touch { counter } = match verifier.verify(otp).await {
        Ok(touch) => touch,
        Err(Refused::Wrong | Refused::Replayed) => return Ok(Shown::Wrong),
        Err(Refused::Unreachable) => return Ok(Shown::Unreachable),
    };
    // A server that forgets, or says yes to everything, does not make a touch good twice here.
    if !spent(ctx, otp.hash(), now().plus(TOUCH_LIFE)).await? {
        return Ok(Shown::Wrong);
    }
    let one = PasskeyUse { factor, counter: counter.unwrap_or(0), at: now() };
    let has_risen = platform.door.used(account.tenant(), one).await;
    let has_risen = has_risen.map_err(|error| ctx.failed("the book at the door", &error))?;
    // A server that tells no counter is believed about what was used before.
    Ok(if has_risen || counter.is_none() { Shown::Good } else { Shown::Wrong })
}
