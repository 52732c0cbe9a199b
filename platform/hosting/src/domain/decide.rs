//! The rules of a domain.

use std::collections::BTreeSet;

use kernel::{Category, Decider, DomainId, DomainName, Sealed, SubjectId, Timestamp};

use super::{
    Challenge, DomainCommand, DomainEvent, DomainRecord, DomainSettings, DomainState, Proof, QuotaMode,
    VerifiedBy, dkim,
};
use crate::HostingRefusal;
use crate::confusable::{is_oddly_latin, is_wholly_alike, mixes_scripts};
use crate::limit::{CROSSING_COUNT_MAX, DOMAIN_NAME_OCTETS_MAX};
use crate::mailbox::{Crossing, Threshold};
use crate::refusal::BoxRefusal;
use crate::settings::check_revision;

/// The noun; its history is the stream `domain/{DomainId}`.
pub struct Domain;

impl Decider for Domain {
    const CATEGORY: Category = Category("domain");
    type Id = DomainId;
    type State = DomainState;
    type Event = DomainEvent;
    type Command = DomainCommand;
    type Facts = ();
    type Refusal = HostingRefusal;

    fn evolve(state: DomainState, event: &DomainEvent) -> DomainState {
        match (event, state) {
            (DomainEvent::Added { account, service, name, token, mirrors, is_claimed }, _) => {
                DomainState::Pending(DomainRecord {
                    account: *account,
                    service: *service,
                    name: name.clone(),
                    challenge: Challenge::new(name, token),
                    mirrors: *mirrors,
                    is_claimed: *is_claimed,
                    settings: Box::default(),
                    settings_revision: 0,
                    crossed: BTreeSet::new(),
                    crossing_count: 0,
                    dkim: Vec::new(),
                    purge_after: None,
                })
            }
            (DomainEvent::Restored { is_claimed, .. }, DomainState::Removed(record)) => {
                let is_claimed = *is_claimed;
                DomainState::Pending(DomainRecord {
                    dkim: Vec::new(),
                    purge_after: None,
                    is_claimed,
                    ..record
                })
            }
            (DomainEvent::Restored { .. }, state) => state,
            (DomainEvent::SettingsChanged { settings, .. }, state) => {
                let change = |mut record: DomainRecord| {
                    record.settings = settings.plain().cloned().unwrap_or_default();
                    record.settings_revision = record.settings_revision.saturating_add(1);
                    if record.settings.quota_mode == QuotaMode::Allotted {
                        record.crossed.clear();
                    }
                    record
                };
                changed(state, change)
            }
            (DomainEvent::PoolThresholdCrossed { threshold, crossing }, state) => {
                changed(state, |mut record| {
                    record.crossing_count = record.crossing_count.saturating_add(1);
                    match crossing {
                        Crossing::Up => record.crossed.insert(*threshold),
                        Crossing::Down => record.crossed.remove(threshold),
                    };
                    record
                })
            }
            (DomainEvent::SharedAdded { name }, _) => {
                DomainState::Shared { name: name.clone(), dkim: vec![] }
            }
            (
                DomainEvent::DkimKeyMade { .. }
                | DomainEvent::DkimKeyPublished { .. }
                | DomainEvent::DkimKeyActive { .. }
                | DomainEvent::DkimKeyRetired { .. },
                mut state,
            ) => {
                match &mut state {
                    DomainState::Verified(record) => dkim::evolve(&mut record.dkim, event),
                    DomainState::Shared { dkim, .. } => dkim::evolve(dkim, event),
                    DomainState::Absent | DomainState::Pending(_) | DomainState::Removed(_) => {}
                }
                state
            }
            (DomainEvent::Verified { .. }, DomainState::Pending(record)) => DomainState::Verified(record),
            (
                DomainEvent::Removed { purge_after },
                DomainState::Pending(record) | DomainState::Verified(record),
            ) => {
                let purge_after = Some(*purge_after);
                DomainState::Removed(DomainRecord { purge_after, is_claimed: false, ..record })
            }
            (
                DomainEvent::Verified { .. },
                state @ (DomainState::Absent
                | DomainState::Verified(_)
                | DomainState::Shared { .. }
                | DomainState::Removed(_)),
            )
            | (
                DomainEvent::Removed { .. },
                state @ (DomainState::Absent | DomainState::Shared { .. } | DomainState::Removed(_)),
            ) => state,
        }
    }

    fn decide(
        state: &DomainState,
        command: DomainCommand,
        (): &(),
        now: Timestamp,
    ) -> Result<Vec<DomainEvent>, HostingRefusal> {
        use DomainCommand as C;
        use DomainState as S;
        let command = match command {
            C::AddDkimKeys { .. } | C::NoteDkimRecords(_) | C::RetireDkimKey(_) => {
                return decide_keys(state, command, now);
            }
            other => other,
        };
        match (state, command) {
            // Decided above, for served domains alone.
            (_, C::AddDkimKeys { .. } | C::NoteDkimRecords(_) | C::RetireDkimKey(_)) => Ok(vec![]),
            (S::Absent, C::Add { account, service, domain, name, mirrors }) => {
                check_name(&name)?;
                let token = Challenge::token(account, domain, &name);
                Ok(vec![DomainEvent::Added { account, service, name, token, mirrors, is_claimed: true }])
            }
            (S::Absent, C::AddShared { name }) => {
                check_name(&name)?;
                Ok(vec![DomainEvent::SharedAdded { name }])
            }
            (
                S::Absent,
                C::Verify(_)
                | C::Restore(_)
                | C::Remove { .. }
                | C::ChangeSettings { .. }
                | C::RecordThreshold { .. },
            )
            | (S::Removed(_), C::RecordThreshold { .. }) => Err(HostingRefusal::DomainNotFound),
            (S::Pending(record) | S::Verified(record), C::RecordThreshold { threshold, crossing }) => {
                Ok(cross(record, threshold, crossing))
            }
            (S::Pending(record) | S::Verified(record), C::Add { service, name, mirrors, .. }) => {
                let is_same = record.service == service && record.name == name && record.mirrors == mirrors;
                if is_same { Ok(vec![]) } else { Err(HostingRefusal::DomainExists) }
            }
            (S::Pending(record) | S::Verified(record), C::ChangeSettings { patch, revision, limits }) => {
                check_revision(revision, record.settings_revision)?;
                let settings = record.settings.patched(*patch);
                let changed = record.settings.differing(&settings);
                if changed.is_empty() {
                    return Ok(vec![]);
                }
                settings.check(&record.settings, &limits)?;
                // Lists of senders and footers name people: sealed for the account.
                let settings = Sealed::new(SubjectId::of_account(record.account), Box::new(settings));
                let changed = changed.into_iter().map(str::to_owned).collect();
                Ok(vec![DomainEvent::SettingsChanged { settings, changed }])
            }
            (S::Pending(record), C::Verify(proof)) => verify(record, &proof),
            (S::Removed(record), C::Restore(proof)) => restore(record, &proof, now),
            (S::Pending(_) | S::Verified(_), C::Restore(_)) => Err(BoxRefusal::DomainNotRemoved.into()),
            (S::Verified(_), C::Verify(_)) => Ok(vec![]),
            (S::Pending(_) | S::Verified(_), C::Remove { purge_after }) => {
                Ok(vec![DomainEvent::Removed { purge_after }])
            }
            (S::Shared { name: known, .. }, C::AddShared { name }) if *known == name => Ok(vec![]),
            (
                S::Shared { .. },
                C::Verify(_)
                | C::Restore(_)
                | C::Remove { .. }
                | C::ChangeSettings { .. }
                | C::RecordThreshold { .. },
            ) => Err(HostingRefusal::DomainShared),
            (S::Removed(_), C::Verify(_) | C::ChangeSettings { .. }) => Err(HostingRefusal::DomainNotFound),
            (S::Removed(_), C::Remove { .. }) => Ok(vec![]),
            (S::Shared { .. } | S::Removed(_), C::Add { .. })
            | (S::Pending(_) | S::Verified(_) | S::Shared { .. } | S::Removed(_), C::AddShared { .. }) => {
                Err(HostingRefusal::DomainExists)
            }
        }
    }
}

fn changed(state: DomainState, change: impl FnOnce(DomainRecord) -> DomainRecord) -> DomainState {
    match state {
        DomainState::Pending(record) => DomainState::Pending(change(record)),
        DomainState::Verified(record) => DomainState::Verified(change(record)),
        DomainState::Absent | DomainState::Shared { .. } | DomainState::Removed(_) => state,
    }
}

/// Where its mailboxes share nothing, nothing is crossed.
fn cross(record: &DomainRecord, threshold: Threshold, crossing: Crossing) -> Vec<DomainEvent> {
    let is_so = record.crossed.contains(&threshold) == (crossing == Crossing::Up);
    let is_pooled = record.settings.quota_mode == QuotaMode::Pooled;
    if is_so || !is_pooled || record.crossing_count >= CROSSING_COUNT_MAX {
        return vec![];
    }
    vec![DomainEvent::PoolThresholdCrossed { threshold, crossing }]
}

/// Only what is served sends mail.
fn decide_keys(
    state: &DomainState,
    command: DomainCommand,
    now: Timestamp,
) -> Result<Vec<DomainEvent>, HostingRefusal> {
    match state {
        DomainState::Verified(_) | DomainState::Shared { .. } => {}
        DomainState::Pending(_) => return Err(HostingRefusal::DomainNotVerified),
        DomainState::Absent | DomainState::Removed(_) => return Err(HostingRefusal::DomainNotFound),
    }
    let keys = state.dkim();
    match command {
        DomainCommand::AddDkimKeys { account, keys: fresh } => {
            dkim::add(keys, fresh, SubjectId::of_account(account), now)
        }
        DomainCommand::NoteDkimRecords(seen) => Ok(dkim::note(keys, &seen, now)),
        DomainCommand::RetireDkimKey(selector) => dkim::retire(keys, &selector, now),
        DomainCommand::Add { .. }
        | DomainCommand::ChangeSettings { .. }
        | DomainCommand::AddShared { .. }
        | DomainCommand::Verify(_)
        | DomainCommand::RecordThreshold { .. }
        | DomainCommand::Restore(_)
        | DomainCommand::Remove { .. } => Ok(vec![]),
    }
}

/// It is back as it was: with its settings, and with its keys where it is served at once.
fn restore(record: &DomainRecord, proof: &Proof, now: Timestamp) -> Result<Vec<DomainEvent>, HostingRefusal> {
    if record.purge_after.is_none_or(|purge_after| purge_after <= now) {
        return Err(HostingRefusal::RetentionOver);
    }
    let (name, mirrors) = (record.name.clone(), record.mirrors);
    let mut events = vec![DomainEvent::Restored { name, mirrors, is_claimed: true }];
    let changed = DomainSettings::default().differing(&record.settings);
    if !changed.is_empty() {
        let settings = Sealed::new(SubjectId::of_account(record.account), record.settings.clone());
        let changed = changed.into_iter().map(str::to_owned).collect();
        events.push(DomainEvent::SettingsChanged { settings, changed });
    }
    // Whether it is still the account's is shown anew: somebody else may have it by now.
    if let Ok(verified) = verify(record, proof) {
        events.extend(verified);
        events.extend(dkim::again(&record.dkim));
    }
    Ok(events)
}

fn verify(record: &DomainRecord, proof: &Proof) -> Result<Vec<DomainEvent>, HostingRefusal> {
    match proof {
        Proof::AssertedByOperator => Ok(vec![DomainEvent::Verified { by: VerifiedBy::Operator }]),
        Proof::Txt(found) if record.challenge.is_met_by(found) => {
            Ok(vec![DomainEvent::Verified { by: VerifiedBy::Txt }])
        }
        Proof::Txt(_) => Err(HostingRefusal::DomainProofMissing),
    }
}

/// A name of at least two labels that is no address literal and leaves room for the challenge's label.
fn check_name(name: &DomainName) -> Result<(), HostingRefusal> {
    let text = name.as_str();
    let last = text.rsplit('.').next().unwrap_or_default();
    let is_eligible = text.len() <= DOMAIN_NAME_OCTETS_MAX
        && text.contains('.')
        && !text.contains('_')
        && !last.bytes().all(|octet| octet.is_ascii_digit());
    if is_suffix(text) {
        return Err(BoxRefusal::DomainIsSuffix.into());
    }
    if !is_eligible {
        return Err(HostingRefusal::DomainNotEligible);
    }
    if name.to_unicode().split('.').any(mixes_scripts) {
        return Err(HostingRefusal::DomainMixedScripts);
    }
    if is_wholly_alike(name) {
        return Err(BoxRefusal::DomainLooksLatin.into());
    }
    if is_oddly_latin(name) {
        return Err(BoxRefusal::DomainOddLetters.into());
    }
    Ok(())
}

/// Whether everybody registers names below it at a registry, as below `co.uk`: it is nobody's domain. What companies have put on the
/// same list for themselves, as `github.io`, is theirs, and they can prove it.
fn is_suffix(name: &str) -> bool {
    let suffix = psl::suffix(name.as_bytes());
    suffix
        .is_some_and(|suffix| suffix.typ() == Some(psl::Type::Icann) && suffix.as_bytes() == name.as_bytes())
}
