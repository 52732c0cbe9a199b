//! The rules of a mailbox. Counts and sums of quotas are the service's concern.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{
    AliasId, AppPasswordId, ByteSize, Category, Decider, EmailAddress, LocalPart, MailboxId, Sealed,
    SubjectId, Timestamp,
};

use super::{
    AppPasswordPatch, AppPasswordRecord, Crossing, MailboxCommand, MailboxCreation, MailboxEvent,
    MailboxRecord, MailboxSettings, MailboxState, NewAppPassword, SelfService, Threshold,
};
use crate::factor::FactorState;
use crate::limit::{
    APP_PASSWORD_COUNT_MAX, CROSSING_COUNT_MAX, DISPLAY_NAME_CHARACTER_COUNT_MAX, TEMPORARY_ALIAS_COUNT_MAX,
};
use crate::refusal::{Limit, ValueRefusal};
use crate::settings::check_revision;
use crate::user::Access;
use crate::{HostingRefusal, PasswordHash};

/// The noun; its history is the stream `mailbox/{MailboxId}`.
pub struct Mailbox;

impl Decider for Mailbox {
    const CATEGORY: Category = Category("mailbox");
    type Id = MailboxId;
    type State = MailboxState;
    type Event = MailboxEvent;
    type Command = MailboxCommand;
    /// Which mailbox it is: personal data of its events is sealed for it.
    type Facts = MailboxId;
    type Refusal = HostingRefusal;

    fn evolve(state: MailboxState, event: &MailboxEvent) -> MailboxState {
        match event {
            MailboxEvent::Created {
                account,
                service,
                domain,
                domain_name,
                local,
                quota,
                display_name,
                password,
            } => MailboxState::Live(MailboxRecord {
                account: *account,
                service: *service,
                domain: *domain,
                domain_name: domain_name.clone(),
                local: local.clone(),
                quota: *quota,
                display_name: display_name.clone(),
                password: password.clone(),
                factors: FactorState::default(),
                app_passwords: BTreeMap::new(),
                temporary_aliases: BTreeMap::new(),
                purge_after: None,
                access: Access::Enabled,
                sending_hold: None,
                complaint_count: 0,
                crossed: BTreeSet::new(),
                crossing_count: 0,
                revision: 0,
                settings: Box::default(),
                recovery_verified: None,
                language: None,
                time_zone: None,
                settings_revision: 0,
            }),
            MailboxEvent::QuotaChanged { to, .. } => change(state, |record| {
                record.revision = record.revision.saturating_add(1);
                record.quota = *to;
            }),
            MailboxEvent::DisplayNameChanged { display_name } => change(state, |record| {
                record.revision = record.revision.saturating_add(1);
                record.display_name.clone_from(display_name);
            }),
            MailboxEvent::PasswordSet { password } => {
                change(state, |record| record.password = Some(password.clone()))
            }
            MailboxEvent::Factor(event) => change(state, |record| record.factors.evolve(event)),
            MailboxEvent::AppPasswordAdded { app_password, name, secret_hash, protocols, expires_at } => {
                change(state, |record| {
                    let added = AppPasswordRecord {
                        name: name.clone(),
                        secret_hash: *secret_hash,
                        protocols: protocols.clone(),
                        expires_at: *expires_at,
                        revision: 0,
                    };
                    record.app_passwords.insert(*app_password, added);
                })
            }
            MailboxEvent::AppPasswordChanged { app_password, name, protocols, expires_at } => {
                change(state, |record| {
                    let Some(known) = record.app_passwords.get_mut(app_password) else { return };
                    known.name = name.clone();
                    known.protocols.clone_from(protocols);
                    known.expires_at = *expires_at;
                    known.revision = known.revision.saturating_add(1);
                })
            }
            MailboxEvent::AppPasswordRevoked { app_password } => change(state, |record| {
                record.app_passwords.remove(app_password);
            }),
            MailboxEvent::SettingsChanged { settings, .. } => change(state, |record| {
                record.settings = settings.plain().cloned().unwrap_or_default();
                record.settings_revision = record.settings_revision.saturating_add(1);
            }),
            // The settings hold it.
            MailboxEvent::RetentionChanged { .. } => state,
            MailboxEvent::RecoveryAddressVerified { address } => {
                change(state, |record| record.recovery_verified = Some(address.clone()))
            }
            MailboxEvent::LanguageSet { language } => {
                change(state, |record| record.language = Some(*language))
            }
            MailboxEvent::TimeZoneSet { zone } => change(state, |record| record.time_zone.clone_from(zone)),
            MailboxEvent::SendingHeld { reason, at } => {
                change(state, |record| record.sending_hold = Some((*reason, *at)))
            }
            MailboxEvent::SendingReleased { .. } => change(state, |record| record.sending_hold = None),
            MailboxEvent::ComplainedAbout { .. } => change(state, |record| {
                record.complaint_count = record.complaint_count.saturating_add(1);
            }),
            MailboxEvent::Disabled => change(state, |record| {
                record.revision = record.revision.saturating_add(1);
                record.access = Access::Disabled;
            }),
            MailboxEvent::Enabled => change(state, |record| {
                record.revision = record.revision.saturating_add(1);
                record.access = Access::Enabled;
            }),
            MailboxEvent::TemporaryAliasSet { alias, expires_at } => change(state, |record| {
                record.temporary_aliases.insert(*alias, *expires_at);
            }),
            MailboxEvent::TemporaryAliasDropped { alias } => change(state, |record| {
                record.temporary_aliases.remove(alias);
            }),
            MailboxEvent::Renamed { local } => match state {
                MailboxState::Live(record) => MailboxState::Live(renamed(record, local)),
                // It is about to come back there.
                MailboxState::Deleted(record) => MailboxState::Deleted(renamed(record, local)),
                MailboxState::Absent => MailboxState::Absent,
            },
            MailboxEvent::Deleted { purge_after } => match state {
                MailboxState::Live(mut record) | MailboxState::Deleted(mut record) => {
                    record.revision = record.revision.saturating_add(1);
                    record.purge_after = Some(*purge_after);
                    MailboxState::Deleted(record)
                }
                MailboxState::Absent => MailboxState::Absent,
            },
            MailboxEvent::Restored => match state {
                MailboxState::Live(mut record) | MailboxState::Deleted(mut record) => {
                    record.revision = record.revision.saturating_add(1);
                    record.purge_after = None;
                    MailboxState::Live(record)
                }
                MailboxState::Absent => MailboxState::Absent,
            },
            MailboxEvent::QuotaThresholdCrossed { threshold, crossing } => change(state, |record| {
                record.crossing_count = record.crossing_count.saturating_add(1);
                match crossing {
                    Crossing::Up => record.crossed.insert(*threshold),
                    Crossing::Down => record.crossed.remove(threshold),
                };
            }),
        }
    }

    fn decide(
        state: &MailboxState,
        command: MailboxCommand,
        mailbox: &MailboxId,
        now: Timestamp,
    ) -> Result<Vec<MailboxEvent>, HostingRefusal> {
        use MailboxCommand as C;
        use MailboxState as S;
        let subject = SubjectId::of_mailbox(*mailbox);
        match (state, command) {
            (S::Absent, C::Create(new)) => create(new),
            (S::Live(record), C::Create(new)) => created_already(record, &new),
            (S::Deleted(_), C::Create(_)) => Err(HostingRefusal::MailboxExists),
            (S::Deleted(_), C::Delete { .. }) => Ok(vec![]),
            (S::Live(_), C::Restore(_)) => Err(HostingRefusal::MailboxNotDeleted),
            (S::Deleted(record), C::Restore(local)) => {
                if record.purge_after.is_none_or(|purge_after| purge_after <= now) {
                    return Err(HostingRefusal::RetentionOver);
                }
                // First, so that nobody sees it at an address that is another's by now.
                let local = local.map(|local| Sealed::new(subject, local));
                let moved = local.filter(|local| record.local != *local);
                let moved = moved.map(|local| MailboxEvent::Renamed { local });
                Ok(moved.into_iter().chain([MailboxEvent::Restored]).collect())
            }
            (S::Absent, C::Delete { .. } | C::Restore(_))
            | (
                S::Absent | S::Deleted(_),
                C::ChangeQuota { .. }
                | C::ChangeDisplayName(_)
                | C::SetPassword { .. }
                | C::ChangeFactors(_)
                | C::AddAppPassword(_)
                | C::ChangeAppPassword { .. }
                | C::RevokeAppPassword(_)
                | C::SetTemporaryAlias { .. }
                | C::DropTemporaryAlias(_)
                | C::Rename(_)
                | C::ChangeSettings { .. }
                | C::GiveRecoveryAddress(_)
                | C::VerifyRecoveryAddress(_)
                | C::SetLanguage(_)
                | C::SetTimeZone(_)
                | C::HoldSending(_)
                | C::RecordComplaint
                | C::ReleaseSending(_)
                | C::Disable
                | C::Enable
                | C::RecordThreshold { .. },
            ) => Err(HostingRefusal::MailboxNotFound),
            (S::Live(_), C::ChangeQuota { to: ByteSize::ZERO }) => Err(ValueRefusal::QuotaZero.into()),
            (S::Live(record), C::ChangeQuota { to }) if record.quota == to => Ok(vec![]),
            (S::Live(record), C::ChangeQuota { to }) => {
                Ok(vec![MailboxEvent::QuotaChanged { from: record.quota, to }])
            }
            (S::Live(record), C::ChangeDisplayName(wish)) => {
                let wish = crate::text::optional_name(wish.as_deref(), DISPLAY_NAME_CHARACTER_COUNT_MAX)
                    .map_err(|refusal| refusal.of("displayName"))?;
                let display_name = wish.map(|name| Sealed::new(subject, name));
                let is_same = record.display_name == display_name;
                Ok(if is_same { vec![] } else { vec![MailboxEvent::DisplayNameChanged { display_name }] })
            }
            (S::Live(record), C::SetPassword { password, by_owner, revokes_others }) => {
                let mut events = set_password(record, Sealed::new(subject, password), by_owner);
                if revokes_others {
                    let good = record.app_passwords.iter().filter(|(_, known)| known.is_good(now));
                    events.extend(good.map(|(&id, _)| MailboxEvent::AppPasswordRevoked { app_password: id }));
                }
                Ok(events)
            }
            (S::Live(record), C::ChangeFactors(command)) => {
                let changed = record.factors.decide(command, subject)?;
                Ok(changed.into_iter().map(MailboxEvent::Factor).collect())
            }
            (S::Live(record), C::AddAppPassword(new)) => add_app_password(record, new, subject, now),
            (S::Live(record), C::ChangeAppPassword { app_password, patch }) => {
                change_app_password(record, (app_password, patch), subject, now)
            }
            (S::Live(record), C::RevokeAppPassword(app_password)) => {
                if record.app_passwords.contains_key(&app_password) {
                    Ok(vec![MailboxEvent::AppPasswordRevoked { app_password }])
                } else {
                    Err(HostingRefusal::AppPasswordNotFound)
                }
            }
            (S::Live(record), C::ChangeSettings { patch, revision, by_owner }) => {
                check_revision(revision, record.settings_revision)?;
                if by_owner && let Some(field) = record.settings.kept_from_owner(&patch) {
                    return Err(HostingRefusal::from(ValueRefusal::SettingNotSelfService).of(field));
                }
                let settings = record.settings.patched(*patch);
                // Whoever holds that address opens the mailbox: its owner gives it, with the password, and confirms it.
                let is_given = settings.recovery_address.is_some();
                if is_given && settings.recovery_address != record.settings.recovery_address {
                    return Err(HostingRefusal::RecoveryAddressElsewhere);
                }
                let changed = record.settings.differing(&settings);
                if changed.is_empty() {
                    return Ok(vec![]);
                }
                settings.check()?;
                settings.check_send_as_beside(&record.settings)?;
                let (from, to) = (record.settings.retains_days, settings.retains_days);
                let settings = Sealed::new(subject, Box::new(settings));
                let changed = changed.into_iter().map(str::to_owned).collect();
                let mut events = vec![MailboxEvent::SettingsChanged { settings, changed }];
                if from != to {
                    events.push(MailboxEvent::RetentionChanged { from, to });
                }
                Ok(events)
            }
            (S::Live(record), C::GiveRecoveryAddress(address)) => give_recovery(record, &address, subject),
            (S::Live(record), C::VerifyRecoveryAddress(address)) => {
                if record.recovery_given().as_ref() != Some(&address) {
                    return Err(HostingRefusal::LinkNotGood);
                }
                let address = Sealed::new(subject, address);
                let is_same = record.recovery_verified.as_ref() == Some(&address);
                Ok(if is_same { vec![] } else { vec![MailboxEvent::RecoveryAddressVerified { address }] })
            }
            (S::Live(record), C::SetLanguage(language)) => {
                let is_same = record.language == Some(language);
                Ok(if is_same { vec![] } else { vec![MailboxEvent::LanguageSet { language }] })
            }
            (S::Live(record), C::SetTimeZone(zone)) => {
                crate::text::time_zone(zone.as_deref())?;
                Ok(if record.time_zone == zone { vec![] } else { vec![MailboxEvent::TimeZoneSet { zone }] })
            }
            (S::Live(record), C::SetTemporaryAlias { alias, expires_at, count_max }) => {
                set_temporary_alias(record, (alias, expires_at), count_max, now)
            }
            (S::Live(record), C::DropTemporaryAlias(alias)) => {
                Ok(if record.temporary_aliases.contains_key(&alias) {
                    vec![MailboxEvent::TemporaryAliasDropped { alias }]
                } else {
                    vec![]
                })
            }
            (S::Live(record), C::Rename(local)) => {
                let local = Sealed::new(subject, local);
                let is_same = record.local == local;
                Ok(if is_same { vec![] } else { vec![MailboxEvent::Renamed { local }] })
            }
            (S::Live(record), C::HoldSending(reason)) => Ok(match record.sending_hold {
                None => vec![MailboxEvent::SendingHeld { reason, at: now }],
                Some(_) => vec![],
            }),
            (S::Live(record), C::ReleaseSending(outcome)) => Ok(match record.sending_hold {
                Some(_) => vec![MailboxEvent::SendingReleased { outcome, at: now }],
                None => vec![],
            }),
            (S::Live(_), C::RecordComplaint) => Ok(vec![MailboxEvent::ComplainedAbout { at: now }]),
            (S::Live(record), C::Disable) => Ok(match record.access {
                Access::Enabled => vec![MailboxEvent::Disabled],
                Access::Disabled => vec![],
            }),
            (S::Live(record), C::Enable) => Ok(match record.access {
                Access::Enabled => vec![],
                Access::Disabled => vec![MailboxEvent::Enabled],
            }),
            (S::Live(_), C::Delete { purge_after }) => Ok(vec![MailboxEvent::Deleted { purge_after }]),
            (S::Live(record), C::RecordThreshold { threshold, crossing }) => {
                Ok(cross(record, threshold, crossing))
            }
        }
    }
}

fn renamed(mut record: MailboxRecord, local: &Sealed<LocalPart>) -> MailboxRecord {
    record.revision = record.revision.saturating_add(1);
    record.local = local.clone();
    record
}

fn create(new: MailboxCreation) -> Result<Vec<MailboxEvent>, HostingRefusal> {
    if new.quota == ByteSize::ZERO {
        return Err(ValueRefusal::QuotaZero.into());
    }
    let subject = SubjectId::of_mailbox(new.mailbox);
    let display_name =
        crate::text::optional_name(new.display_name.as_deref(), DISPLAY_NAME_CHARACTER_COUNT_MAX)
            .map_err(|refusal| refusal.of("displayName"))?;
    Ok(vec![MailboxEvent::Created {
        account: new.account,
        service: new.service,
        domain: new.domain,
        domain_name: new.domain_name,
        local: Sealed::new(subject, new.local),
        quota: new.quota,
        display_name: display_name.map(|name| Sealed::new(subject, name)),
        password: new.password.map(|hash| Sealed::new(subject, hash)),
    }])
}

/// Creating the same address with the same quota again changes nothing; hashes are salted and are not compared.
fn created_already(
    record: &MailboxRecord,
    new: &MailboxCreation,
) -> Result<Vec<MailboxEvent>, HostingRefusal> {
    let is_same = record.service == new.service
        && record.domain == new.domain
        && record.local.plain() == Some(&new.local)
        && record.quota == new.quota;
    if is_same { Ok(vec![]) } else { Err(HostingRefusal::MailboxExists) }
}

/// A password that its owner chose fulfils the demand to choose one.
fn set_password(record: &MailboxRecord, password: Sealed<PasswordHash>, by_owner: bool) -> Vec<MailboxEvent> {
    if record.password.as_ref() == Some(&password) {
        return vec![];
    }
    let subject = password.subject;
    let mut events = vec![MailboxEvent::PasswordSet { password }];
    if by_owner && record.settings.must_change_password {
        let settings = MailboxSettings { must_change_password: false, ..(*record.settings).clone() };
        let changed = vec!["must_change_password".to_owned()];
        events.push(MailboxEvent::SettingsChanged {
            settings: Sealed::new(subject, Box::new(settings)),
            changed,
        });
    }
    events
}

/// The address is a setting from now on, and in force once it is confirmed.
fn give_recovery(
    record: &MailboxRecord,
    address: &EmailAddress,
    subject: SubjectId,
) -> Result<Vec<MailboxEvent>, HostingRefusal> {
    if !record.settings.self_service.contains(&SelfService::RecoveryAddress) {
        return Err(HostingRefusal::from(ValueRefusal::SettingNotSelfService).of("email"));
    }
    if record.address().as_ref() == Some(address) {
        return Err(HostingRefusal::RecoveryAddressOwn);
    }
    if record.recovery() == Some(address) {
        return Err(HostingRefusal::EmailUnchanged);
    }
    if record.recovery_given().as_ref() == Some(address) {
        return Ok(vec![]);
    }
    let settings =
        MailboxSettings { recovery_address: Some(address.to_string()), ..(*record.settings).clone() };
    settings.check()?;
    let settings = Sealed::new(subject, Box::new(settings));
    Ok(vec![MailboxEvent::SettingsChanged { settings, changed: vec!["recovery_address".to_owned()] }])
}

fn set_temporary_alias(
    record: &MailboxRecord,
    (alias, expires_at): (AliasId, Timestamp),
    count_max: u32,
    now: Timestamp,
) -> Result<Vec<MailboxEvent>, HostingRefusal> {
    let known = record.temporary_aliases.get(&alias);
    if known == Some(&expires_at) {
        return Ok(vec![]);
    }
    let others = || record.temporary_aliases.iter().filter(|(id, _)| **id != alias);
    let running = others().filter(|(_, end)| now < **end).count();
    if running >= count_max as usize {
        return Err(HostingRefusal::TemporaryAliasLimitReached(Limit::count(count_max as usize, running)));
    }
    if others().count() >= TEMPORARY_ALIAS_COUNT_MAX {
        let limit = Limit::count(TEMPORARY_ALIAS_COUNT_MAX, others().count());
        return Err(HostingRefusal::TemporaryAliasLimitReached(limit));
    }
    Ok(vec![MailboxEvent::TemporaryAliasSet { alias, expires_at }])
}

fn add_app_password(
    record: &MailboxRecord,
    new: NewAppPassword,
    subject: SubjectId,
    now: Timestamp,
) -> Result<Vec<MailboxEvent>, HostingRefusal> {
    if let Some(known) = record.app_passwords.get(&new.app_password) {
        let is_same = known.secret_hash == new.secret_hash && known.protocols == new.protocols;
        return if is_same { Ok(vec![]) } else { Err(HostingRefusal::AppPasswordExists) };
    }
    if new.protocols.is_empty() {
        return Err(HostingRefusal::AppPasswordOpensNothing);
    }
    if new.expires_at.is_some_and(|expires_at| expires_at <= now) {
        return Err(HostingRefusal::ExpiryPast);
    }
    let good_count = record.app_passwords.values().filter(|known| known.is_good(now)).count();
    if good_count >= APP_PASSWORD_COUNT_MAX {
        let limit = Limit::count(APP_PASSWORD_COUNT_MAX, good_count);
        return Err(HostingRefusal::AppPasswordLimitReached(limit));
    }
    let name = crate::text::name(&new.name, DISPLAY_NAME_CHARACTER_COUNT_MAX)?;
    Ok(vec![MailboxEvent::AppPasswordAdded {
        app_password: new.app_password,
        name: Sealed::new(subject, name),
        secret_hash: new.secret_hash,
        protocols: new.protocols,
        expires_at: new.expires_at,
    }])
}

fn change_app_password(
    record: &MailboxRecord,
    (app_password, patch): (AppPasswordId, AppPasswordPatch),
    subject: SubjectId,
    now: Timestamp,
) -> Result<Vec<MailboxEvent>, HostingRefusal> {
    let known = record.app_passwords.get(&app_password).ok_or(HostingRefusal::AppPasswordNotFound)?;
    let name = match patch.name {
        Some(name) => Sealed::new(subject, crate::text::name(&name, DISPLAY_NAME_CHARACTER_COUNT_MAX)?),
        None => known.name.clone(),
    };
    let protocols = patch.protocols.unwrap_or_else(|| known.protocols.clone());
    let expires_at = patch.expires_at.unwrap_or(known.expires_at);
    if known.name == name && known.protocols == protocols && known.expires_at == expires_at {
        return Ok(vec![]);
    }
    if protocols.is_empty() {
        return Err(HostingRefusal::AppPasswordOpensNothing);
    }
    if patch.expires_at.flatten().is_some_and(|expires_at| expires_at <= now) {
        return Err(HostingRefusal::ExpiryPast);
    }
    // One that is over counts again where it gets more time.
    let good_count = record.app_passwords.values().filter(|known| known.is_good(now)).count();
    let is_good_after = expires_at.is_none_or(|expires_at| now < expires_at);
    if is_good_after && !known.is_good(now) && good_count >= APP_PASSWORD_COUNT_MAX {
        let limit = Limit::count(APP_PASSWORD_COUNT_MAX, good_count);
        return Err(HostingRefusal::AppPasswordLimitReached(limit));
    }
    Ok(vec![MailboxEvent::AppPasswordChanged { app_password, name, protocols, expires_at }])
}

fn cross(record: &MailboxRecord, threshold: Threshold, crossing: Crossing) -> Vec<MailboxEvent> {
    let is_so = record.crossed.contains(&threshold) == (crossing == Crossing::Up);
    if is_so || record.crossing_count >= CROSSING_COUNT_MAX {
        vec![]
    } else {
        vec![MailboxEvent::QuotaThresholdCrossed { threshold, crossing }]
    }
}

fn change(state: MailboxState, change: impl FnOnce(&mut MailboxRecord)) -> MailboxState {
    match state {
        MailboxState::Live(mut record) => {
            change(&mut record);
            MailboxState::Live(record)
        }
        MailboxState::Absent | MailboxState::Deleted(_) => state,
    }
}
