//! The rules of second factors.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{FactorId, Sealed, SubjectId};

use super::{FactorEvent, TotpSeed};
use crate::HostingRefusal;
use crate::limit::{DISPLAY_NAME_CHARACTER_COUNT_MAX, FACTOR_COUNT_MAX, RECOVERY_CODE_COUNT_MAX};
use crate::refusal::Limit;

/// An intention about somebody's second factors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FactorCommand {
    /// Add an authenticator app whose code was verified.
    AddTotp(NewTotp),
    /// Take a factor away.
    Remove(FactorId),
    /// Take all of them away: its owner has lost them.
    Reset,
    /// Replace the recovery codes, given as BLAKE3 of each.
    SetRecoveryCodes(Vec<[u8; 32]>),
    /// Use up a recovery code, given as BLAKE3 of it.
    UseRecoveryCode([u8; 32]),
}

/// An authenticator app to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTotp {
    /// Its id.
    pub factor: FactorId,
    /// What its owner calls it, 1 to 128 characters.
    pub name: String,
    /// What its codes are derived from.
    pub seed: TotpSeed,
}

/// The second factors of one user or mailbox.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FactorState {
    /// Authenticator apps.
    pub totp: BTreeMap<FactorId, TotpRecord>,
    /// BLAKE3 of the recovery codes that are good.
    pub recovery: BTreeSet<[u8; 32]>,
}

/// An authenticator app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TotpRecord {
    /// What its owner calls it.
    pub name: Sealed<String>,
    /// What its codes are derived from.
    pub seed: Sealed<TotpSeed>,
}

impl FactorState {
    /// Whether a password alone is not enough.
    pub fn is_demanded(&self) -> bool {
        !self.totp.is_empty()
    }

    /// What an event makes of them.
    pub(crate) fn evolve(&mut self, event: &FactorEvent) {
        match event {
            FactorEvent::TotpAdded { factor, name, seed } => {
                self.totp.insert(*factor, TotpRecord { name: name.clone(), seed: seed.clone() });
            }
            FactorEvent::FactorRemoved { factor } => {
                self.totp.remove(factor);
                if self.totp.is_empty() {
                    self.recovery.clear();
                }
            }
            FactorEvent::RecoveryCodesSet { hashes } => self.recovery = hashes.iter().copied().collect(),
            FactorEvent::RecoveryCodeUsed { hash } => {
                self.recovery.remove(hash);
            }
        }
    }

    /// What a command comes to for the person of `subject`.
    pub(crate) fn decide(
        &self,
        command: FactorCommand,
        subject: SubjectId,
    ) -> Result<Vec<FactorEvent>, HostingRefusal> {
        match command {
            FactorCommand::AddTotp(new) => self.add(new, subject),
            FactorCommand::Remove(factor) if self.totp.contains_key(&factor) => {
                Ok(vec![FactorEvent::FactorRemoved { factor }])
            }
            FactorCommand::Remove(_) => Err(HostingRefusal::FactorNotFound),
            FactorCommand::Reset => {
                Ok(self.totp.keys().map(|factor| FactorEvent::FactorRemoved { factor: *factor }).collect())
            }
            FactorCommand::SetRecoveryCodes(_) if !self.is_demanded() => {
                Err(HostingRefusal::RecoveryNeedsFactor)
            }
            FactorCommand::SetRecoveryCodes(hashes) if hashes.len() > RECOVERY_CODE_COUNT_MAX => {
                Err(HostingRefusal::RecoveryCodeLimit(Limit::count(RECOVERY_CODE_COUNT_MAX, hashes.len())))
            }
            FactorCommand::SetRecoveryCodes(hashes) => {
                let is_same = self.recovery.iter().eq(hashes.iter().collect::<BTreeSet<_>>());
                Ok(if is_same { vec![] } else { vec![FactorEvent::RecoveryCodesSet { hashes }] })
            }
            FactorCommand::UseRecoveryCode(hash) if self.recovery.contains(&hash) => {
                Ok(vec![FactorEvent::RecoveryCodeUsed { hash }])
            }
            FactorCommand::UseRecoveryCode(_) => Err(HostingRefusal::RecoveryCodeUnknown),
        }
    }

    fn add(&self, new: NewTotp, subject: SubjectId) -> Result<Vec<FactorEvent>, HostingRefusal> {
        if let Some(known) = self.totp.get(&new.factor) {
            let is_same = known.seed.plain() == Some(&new.seed);
            return if is_same { Ok(vec![]) } else { Err(HostingRefusal::FactorExists) };
        }
        if self.totp.len() >= FACTOR_COUNT_MAX {
            return Err(HostingRefusal::FactorLimitReached(Limit::count(FACTOR_COUNT_MAX, self.totp.len())));
        }
        let name = crate::text::name(&new.name, DISPLAY_NAME_CHARACTER_COUNT_MAX)?;
        Ok(vec![FactorEvent::TotpAdded {
            factor: new.factor,
            name: Sealed::new(subject, name),
            seed: Sealed::new(subject, new.seed),
        }])
    }
}
