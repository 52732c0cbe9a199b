//! The rules of an alias. Counts are the service's concern.

use std::collections::BTreeSet;

use kernel::{AliasId, Category, Decider, DomainName, EmailAddress, LocalPart, Sealed, SubjectId, Timestamp};

use super::{
    AliasCommand, AliasCreation, AliasEvent, AliasRecord, AliasSettings, AliasState, Disposition, Temporary,
};
use crate::HostingRefusal;
use crate::limit::{ALIAS_TARGET_COUNT_MAX, ALIAS_TARGETS_OCTETS_MAX, TEMPORARY_ALIAS_DAYS_MAX};
use crate::refusal::Limit;
use crate::settings::check_revision;

/// The noun; its history is the stream `alias/{AliasId}`.
pub struct Alias;

impl Decider for Alias {
    const CATEGORY: Category = Category("alias");
    type Id = AliasId;
    type State = AliasState;
    type Event = AliasEvent;
    type Command = AliasCommand;
    /// Which alias it is: personal data of its events is sealed for it.
    type Facts = AliasId;
    type Refusal = HostingRefusal;

    fn evolve(state: AliasState, event: &AliasEvent) -> AliasState {
        match (event, state) {
            (AliasEvent::Created { account, service, domain, domain_name, local, targets, temporary }, _) => {
                AliasState::Live(AliasRecord {
                    account: *account,
                    service: *service,
                    domain: *domain,
                    domain_name: domain_name.clone(),
                    local: local.clone(),
                    targets: targets.clone(),
                    temporary: *temporary,
                    revision: 0,
                    settings: Box::default(),
                    settings_revision: 0,
                })
            }
            (AliasEvent::ExpiryChanged { expires_at }, AliasState::Live(mut record)) => {
                record.revision = record.revision.saturating_add(1);
                record.temporary = expires_at.and_then(|expires_at| {
                    record.temporary.map(|temporary| Temporary { expires_at, ..temporary })
                });
                AliasState::Live(record)
            }
            (AliasEvent::TargetsChanged { targets }, AliasState::Live(mut record)) => {
                record.revision = record.revision.saturating_add(1);
                record.targets = targets.clone();
                AliasState::Live(record)
            }
            (AliasEvent::SettingsChanged { settings, .. }, AliasState::Live(mut record)) => {
                record.settings = settings.plain().cloned().unwrap_or_default();
                record.settings_revision = record.settings_revision.saturating_add(1);
                AliasState::Live(record)
            }
            (AliasEvent::Deleted, AliasState::Live(record)) => AliasState::Deleted(record),
            (
                AliasEvent::ExpiryChanged { .. }
                | AliasEvent::TargetsChanged { .. }
                | AliasEvent::SettingsChanged { .. }
                | AliasEvent::Deleted,
                state @ (AliasState::Absent | AliasState::Deleted(_)),
            ) => state,
        }
    }

    fn decide(
        state: &AliasState,
        command: AliasCommand,
        alias: &AliasId,
        now: Timestamp,
    ) -> Result<Vec<AliasEvent>, HostingRefusal> {
        use AliasCommand as C;
        use AliasState as S;
        let subject = SubjectId::of_alias(*alias);
        match (state, command) {
            (S::Absent, C::Create(new)) => create(new, now),
            (S::Live(record), C::Create(new)) => created_already(record, new),
            (S::Deleted(_), C::Create(_)) => Err(HostingRefusal::AliasExists),
            (
                S::Absent | S::Deleted(_),
                C::ChangeTargets(_) | C::ChangeSettings { .. } | C::ChangeExpiry(_),
            )
            | (S::Absent, C::Delete) => Err(HostingRefusal::AliasNotFound),
            (S::Deleted(_), C::Delete) => Ok(vec![]),
            (S::Live(record), C::ChangeTargets(targets)) => {
                let local = record.local.as_ref().and_then(Sealed::plain);
                let targets = check_targets(targets, local, &record.domain_name)?;
                check_some(&targets, record.settings.disposition)?;
                let targets = Sealed::new(subject, targets);
                let is_same = record.targets == targets;
                Ok(if is_same { vec![] } else { vec![AliasEvent::TargetsChanged { targets }] })
            }
            (S::Live(record), C::ChangeSettings { patch, revision }) => {
                check_revision(revision, record.settings_revision)?;
                let settings = record.settings.patched(*patch);
                let changed = record.settings.differing(&settings);
                if changed.is_empty() {
                    return Ok(vec![]);
                }
                settings.check()?;
                // Of one that is erased nobody knows the targets any more.
                if let Some(targets) = record.targets.plain() {
                    check_some(targets, settings.disposition)?;
                }
                let settings = Sealed::new(subject, Box::new(settings));
                let changed = changed.into_iter().map(str::to_owned).collect();
                Ok(vec![AliasEvent::SettingsChanged { settings, changed }])
            }
            (S::Live(record), C::ChangeExpiry(expires_at)) => match (record.temporary, expires_at) {
                (None, None) => Ok(vec![]),
                (None, Some(_)) => Err(HostingRefusal::AliasPermanent),
                (Some(known), Some(wish)) if known.expires_at == wish => Ok(vec![]),
                (Some(_), wish) => {
                    check_expiry(wish, now)?;
                    Ok(vec![AliasEvent::ExpiryChanged { expires_at: wish }])
                }
            },
            (S::Live(_), C::Delete) => Ok(vec![AliasEvent::Deleted]),
        }
    }
}

/// A temporary alias lives for up to ten years from now.
fn check_expiry(expires_at: Option<Timestamp>, now: Timestamp) -> Result<(), HostingRefusal> {
    let Some(expires_at) = expires_at else { return Ok(()) };
    if expires_at <= now {
        return Err(HostingRefusal::ExpiryPast);
    }
    let days = (expires_at.secs() - now.secs()) / 86_400;
    if days > TEMPORARY_ALIAS_DAYS_MAX {
        let used = u64::try_from(days).unwrap_or(u64::MAX);
        let allowed = TEMPORARY_ALIAS_DAYS_MAX.unsigned_abs();
        return Err(HostingRefusal::ExpiryTooFar(Limit { allowed, used }));
    }
    Ok(())
}

fn create(new: AliasCreation, now: Timestamp) -> Result<Vec<AliasEvent>, HostingRefusal> {
    check_expiry(new.temporary.map(|temporary| temporary.expires_at), now)?;
    let subject = SubjectId::of_alias(new.alias);
    let defaults = AliasSettings::default();
    let settings = defaults.patched(*new.settings);
    settings.check()?;
    let targets = check_targets(new.targets, new.local.as_ref(), &new.domain_name)?;
    check_some(&targets, settings.disposition)?;
    let created = AliasEvent::Created {
        account: new.account,
        service: new.service,
        domain: new.domain,
        domain_name: new.domain_name,
        local: new.local.map(|local| Sealed::new(subject, local)),
        targets: Sealed::new(subject, targets),
        temporary: new.temporary,
    };
    let changed: Vec<String> = defaults.differing(&settings).into_iter().map(str::to_owned).collect();
    if changed.is_empty() {
        return Ok(vec![created]);
    }
    let settings = Sealed::new(subject, Box::new(settings));
    Ok(vec![created, AliasEvent::SettingsChanged { settings, changed }])
}

fn created_already(record: &AliasRecord, new: AliasCreation) -> Result<Vec<AliasEvent>, HostingRefusal> {
    let targets = check_targets(new.targets, new.local.as_ref(), &new.domain_name)?;
    let is_same = record.service == new.service
        && record.domain == new.domain
        && record.temporary == new.temporary
        && record.local.as_ref().map(Sealed::plain) == new.local.as_ref().map(Some)
        && record.targets.plain() == Some(&targets);
    if is_same { Ok(vec![]) } else { Err(HostingRefusal::AliasExists) }
}

/// What goes to the targets needs one.
fn check_some(targets: &[EmailAddress], disposition: Disposition) -> Result<(), HostingRefusal> {
    match disposition {
        Disposition::Forward if targets.is_empty() => Err(HostingRefusal::AliasTargetsEmpty),
        Disposition::Forward | Disposition::Discard | Disposition::LearnSpam | Disposition::LearnHam => {
            Ok(())
        }
    }
}

/// Each target once, in the order given, without the alias itself.
fn check_targets(
    targets: Vec<EmailAddress>,
    local: Option<&LocalPart>,
    domain_name: &DomainName,
) -> Result<Vec<EmailAddress>, HostingRefusal> {
    if targets.len() > ALIAS_TARGET_COUNT_MAX {
        return Err(HostingRefusal::AliasTargetLimit(Limit::count(ALIAS_TARGET_COUNT_MAX, targets.len())));
    }
    let itself = local.map(|local| EmailAddress::new(local.clone(), domain_name.clone()).canonical());
    let mut seen: BTreeSet<String> = itself.into_iter().collect();
    let kept: Vec<EmailAddress> =
        targets.into_iter().filter(|target| seen.insert(target.canonical())).collect();
    // Quotes, comma and the escapes of a JSON list, in which the targets are sealed.
    let octets: usize = kept.iter().map(|target| stored_octets(&target.to_string())).sum();
    if octets > ALIAS_TARGETS_OCTETS_MAX {
        return Err(HostingRefusal::AliasTargetsTooLong(Limit::count(ALIAS_TARGETS_OCTETS_MAX, octets)));
    }
    Ok(kept)
}

fn stored_octets(text: &str) -> usize {
    3 + text.len() + text.bytes().filter(|octet| matches!(octet, b'"' | b'\\')).count()
}
