//! The rules of an alias. Counts are the service's concern.

use std::collections::BTreeSet;

use kernel::{AliasId, Category, Decider, DomainName, EmailAddress, LocalPart, Sealed, SubjectId, Timestamp};

use super::{AliasCommand, AliasCreation, AliasEvent, AliasRecord, AliasState};
use crate::HostingRefusal;
use crate::limit::{ALIAS_TARGET_COUNT_MAX, ALIAS_TARGETS_OCTETS_MAX};
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
            (AliasEvent::Created { account, service, domain, domain_name, local, targets }, _) => {
                AliasState::Live(AliasRecord {
                    account: *account,
                    service: *service,
                    domain: *domain,
                    domain_name: domain_name.clone(),
                    local: local.clone(),
                    targets: targets.clone(),
                    settings: Box::default(),
                    settings_revision: 0,
                })
            }
            (AliasEvent::TargetsChanged { targets }, AliasState::Live(mut record)) => {
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
                AliasEvent::TargetsChanged { .. } | AliasEvent::SettingsChanged { .. } | AliasEvent::Deleted,
                state @ (AliasState::Absent | AliasState::Deleted(_)),
            ) => state,
        }
    }

    fn decide(
        state: &AliasState,
        command: AliasCommand,
        alias: &AliasId,
        _: Timestamp,
    ) -> Result<Vec<AliasEvent>, HostingRefusal> {
        use AliasCommand as C;
        use AliasState as S;
        let subject = SubjectId::of_alias(*alias);
        match (state, command) {
            (S::Absent, C::Create(new)) => create(new),
            (S::Live(record), C::Create(new)) => created_already(record, new),
            (S::Deleted(_), C::Create(_)) => Err(HostingRefusal::AliasExists),
            (S::Absent | S::Deleted(_), C::ChangeTargets(_) | C::ChangeSettings { .. })
            | (S::Absent, C::Delete) => Err(HostingRefusal::AliasNotFound),
            (S::Deleted(_), C::Delete) => Ok(vec![]),
            (S::Live(record), C::ChangeTargets(targets)) => {
                let local = record.local.as_ref().and_then(Sealed::plain);
                let targets = Sealed::new(subject, check_targets(targets, local, &record.domain_name)?);
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
                let settings = Sealed::new(subject, Box::new(settings));
                let changed = changed.into_iter().map(str::to_owned).collect();
                Ok(vec![AliasEvent::SettingsChanged { settings, changed }])
            }
            (S::Live(_), C::Delete) => Ok(vec![AliasEvent::Deleted]),
        }
    }
}

fn create(new: AliasCreation) -> Result<Vec<AliasEvent>, HostingRefusal> {
    let subject = SubjectId::of_alias(new.alias);
    let targets = check_targets(new.targets, new.local.as_ref(), &new.domain_name)?;
    Ok(vec![AliasEvent::Created {
        account: new.account,
        service: new.service,
        domain: new.domain,
        domain_name: new.domain_name,
        local: new.local.map(|local| Sealed::new(subject, local)),
        targets: Sealed::new(subject, targets),
    }])
}

fn created_already(record: &AliasRecord, new: AliasCreation) -> Result<Vec<AliasEvent>, HostingRefusal> {
    let targets = check_targets(new.targets, new.local.as_ref(), &new.domain_name)?;
    let is_same = record.service == new.service
        && record.domain == new.domain
        && record.local.as_ref().map(Sealed::plain) == new.local.as_ref().map(Some)
        && record.targets.plain() == Some(&targets);
    if is_same { Ok(vec![]) } else { Err(HostingRefusal::AliasExists) }
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
    if kept.is_empty() {
        return Err(HostingRefusal::AliasTargetsEmpty);
    }
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
