//! The rules of second factors.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{FactorId, Sealed, SubjectId};

use super::{FactorEvent, PasskeyKey, TotpSeed, YubikeyIdentity};
use crate::HostingRefusal;
use crate::limit::{DISPLAY_NAME_CHARACTER_COUNT_MAX, FACTOR_COUNT_MAX, RECOVERY_CODE_COUNT_MAX};
use crate::refusal::Limit;

/// An intention about somebody's second factors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FactorCommand {
    /// Add an authenticator app whose code was verified.
    AddTotp(NewTotp),
    /// Add a passkey or a security key whose registration was verified.
    AddPasskey(NewPasskey),
    /// Add a YubiKey that types, whose touch was verified.
    AddYubikey(NewYubikey),
    /// Call a factor something else, 1 to 128 characters.
    Rename(FactorId, String),
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

/// A passkey or a security key to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPasskey {
    /// Its id.
    pub factor: FactorId,
    /// What its owner calls it, 1 to 128 characters.
    pub name: String,
    /// What it is known by.
    pub key: PasskeyKey,
    /// Its counter; 0 for authenticators that have none.
    pub counter: u32,
    /// Whether it may be kept in several places.
    pub may_be_backed_up: bool,
}

/// A YubiKey to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewYubikey {
    /// Its id.
    pub factor: FactorId,
    /// What its owner calls it, 1 to 128 characters.
    pub name: String,
    /// What it is known by.
    pub identity: YubikeyIdentity,
}

/// The second factors of one user or mailbox.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FactorState {
    /// Authenticator apps.
    pub totp: BTreeMap<FactorId, TotpRecord>,
    /// Passkeys and security keys.
    pub passkeys: BTreeMap<FactorId, PasskeyRecord>,
    /// YubiKeys that type.
    pub yubikeys: BTreeMap<FactorId, YubikeyRecord>,
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

/// A passkey or a security key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasskeyRecord {
    /// What its owner calls it.
    pub name: Sealed<String>,
    /// What it is known by.
    pub key: Sealed<PasskeyKey>,
    /// Its counter when it was added: later ones are kept beside the journal, since each sign-in moves them.
    pub counter: u32,
    /// Whether it may be kept in several places.
    pub may_be_backed_up: bool,
}

/// A YubiKey that types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct YubikeyRecord {
    /// What its owner calls it.
    pub name: Sealed<String>,
    /// What it is known by.
    pub identity: Sealed<YubikeyIdentity>,
}

impl FactorState {
    /// Whether a password alone is not enough.
    pub fn is_demanded(&self) -> bool {
        self.count() > 0
    }

    fn count(&self) -> usize {
        self.totp.len() + self.passkeys.len() + self.yubikeys.len()
    }

    fn has(&self, factor: FactorId) -> bool {
        self.name_of(factor).is_some()
    }

    fn name_of(&self, factor: FactorId) -> Option<&Sealed<String>> {
        let totp = self.totp.get(&factor).map(|record| &record.name);
        totp.or_else(|| self.passkeys.get(&factor).map(|record| &record.name))
            .or_else(|| self.yubikeys.get(&factor).map(|record| &record.name))
    }

    fn name_mut(&mut self, factor: FactorId) -> Option<&mut Sealed<String>> {
        let totp = self.totp.get_mut(&factor).map(|record| &mut record.name);
        totp.or_else(|| self.passkeys.get_mut(&factor).map(|record| &mut record.name))
            .or_else(|| self.yubikeys.get_mut(&factor).map(|record| &mut record.name))
    }

    /// What an event makes of them.
    pub(crate) fn evolve(&mut self, event: &FactorEvent) {
        match event {
            FactorEvent::TotpAdded { factor, name, seed } => {
                self.totp.insert(*factor, TotpRecord { name: name.clone(), seed: seed.clone() });
            }
            FactorEvent::PasskeyAdded { factor, name, key, counter, may_be_backed_up } => {
                let record = PasskeyRecord {
                    name: name.clone(),
                    key: key.clone(),
                    counter: *counter,
                    may_be_backed_up: *may_be_backed_up,
                };
                self.passkeys.insert(*factor, record);
            }
            FactorEvent::YubikeyAdded { factor, name, identity } => {
                let record = YubikeyRecord { name: name.clone(), identity: identity.clone() };
                self.yubikeys.insert(*factor, record);
            }
            FactorEvent::FactorRenamed { factor, name } => {
                if let Some(known) = self.name_mut(*factor) {
                    *known = name.clone();
                }
            }
            FactorEvent::FactorRemoved { factor } => {
                self.totp.remove(factor);
                self.passkeys.remove(factor);
                self.yubikeys.remove(factor);
                if !self.is_demanded() {
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
            FactorCommand::AddTotp(new) => self.add_totp(new, subject),
            FactorCommand::AddPasskey(new) => self.add_passkey(new, subject),
            FactorCommand::AddYubikey(new) => self.add_yubikey(new, subject),
            FactorCommand::Rename(factor, name) => self.rename((factor, &name), subject),
            FactorCommand::Remove(factor) if self.has(factor) => {
                Ok(vec![FactorEvent::FactorRemoved { factor }])
            }
            FactorCommand::Remove(_) => Err(HostingRefusal::FactorNotFound),
            FactorCommand::Reset => {
                let all = self.totp.keys().chain(self.passkeys.keys()).chain(self.yubikeys.keys());
                Ok(all.map(|factor| FactorEvent::FactorRemoved { factor: *factor }).collect())
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

    fn add_totp(&self, new: NewTotp, subject: SubjectId) -> Result<Vec<FactorEvent>, HostingRefusal> {
        if let Some(known) = self.totp.get(&new.factor) {
            let is_same = known.seed.plain() == Some(&new.seed);
            return if is_same { Ok(vec![]) } else { Err(HostingRefusal::FactorExists) };
        }
        self.has_room()?;
        let name = crate::text::name(&new.name, DISPLAY_NAME_CHARACTER_COUNT_MAX)?;
        Ok(vec![FactorEvent::TotpAdded {
            factor: new.factor,
            name: Sealed::new(subject, name),
            seed: Sealed::new(subject, new.seed),
        }])
    }

    fn add_passkey(&self, new: NewPasskey, subject: SubjectId) -> Result<Vec<FactorEvent>, HostingRefusal> {
        let is_new = |record: &PasskeyRecord| record.key.plain() == Some(&new.key);
        if self.has(new.factor) || self.passkeys.values().any(is_new) {
            let is_same = self.passkeys.get(&new.factor).is_some_and(is_new);
            return if is_same { Ok(vec![]) } else { Err(HostingRefusal::FactorExists) };
        }
        self.has_room()?;
        let name = crate::text::name(&new.name, DISPLAY_NAME_CHARACTER_COUNT_MAX)?;
        Ok(vec![FactorEvent::PasskeyAdded {
            factor: new.factor,
            name: Sealed::new(subject, name),
            key: Sealed::new(subject, new.key),
            counter: new.counter,
            may_be_backed_up: new.may_be_backed_up,
        }])
    }

    fn add_yubikey(&self, new: NewYubikey, subject: SubjectId) -> Result<Vec<FactorEvent>, HostingRefusal> {
        let is_new = |record: &YubikeyRecord| record.identity.plain() == Some(&new.identity);
        if self.has(new.factor) || self.yubikeys.values().any(is_new) {
            let is_same = self.yubikeys.get(&new.factor).is_some_and(is_new);
            return if is_same { Ok(vec![]) } else { Err(HostingRefusal::FactorExists) };
        }
        self.has_room()?;
        let name = crate::text::name(&new.name, DISPLAY_NAME_CHARACTER_COUNT_MAX)?;
        Ok(vec![FactorEvent::YubikeyAdded {
            factor: new.factor,
            name: Sealed::new(subject, name),
            identity: Sealed::new(subject, new.identity),
        }])
    }

    fn rename(
        &self,
        (factor, name): (FactorId, &str),
        subject: SubjectId,
    ) -> Result<Vec<FactorEvent>, HostingRefusal> {
        let known = self.name_of(factor).ok_or(HostingRefusal::FactorNotFound)?;
        let name = crate::text::name(name, DISPLAY_NAME_CHARACTER_COUNT_MAX)?;
        if known.plain() == Some(&name) {
            return Ok(vec![]);
        }
        Ok(vec![FactorEvent::FactorRenamed { factor, name: Sealed::new(subject, name) }])
    }

    fn has_room(&self) -> Result<(), HostingRefusal> {
        let count = self.count();
        if count < FACTOR_COUNT_MAX {
            return Ok(());
        }
        Err(HostingRefusal::FactorLimitReached(Limit::count(FACTOR_COUNT_MAX, count)))
    }
}
