//! The rules of a delegation.

use authority::Permissions;
use kernel::{Category, Decider, DelegationId, EmailAddress, Sealed, SubjectId, Timestamp};

use super::{
    AcceptedBy, Answer, DelegationCommand, DelegationEvent, DelegationRecord, DelegationScope,
    DelegationState, Invitation, Stage, Terms,
};
use crate::HostingRefusal;
use crate::limit::DELEGATION_SCOPE_COUNT_MAX;
use crate::refusal::Limit;

/// The noun; its history is the stream `delegation/{DelegationId}`.
pub struct Delegation;

impl Decider for Delegation {
    const CATEGORY: Category = Category("delegation");
    type Id = DelegationId;
    type State = DelegationState;
    type Event = DelegationEvent;
    type Command = DelegationCommand;
    type Facts = ();
    type Refusal = HostingRefusal;

    fn evolve(state: DelegationState, event: &DelegationEvent) -> DelegationState {
        match event {
            DelegationEvent::Invited {
                account,
                email,
                permissions,
                scope,
                expires_at,
                requires_second_factor,
                secret_hash,
                answer_until,
            } => DelegationState::Present(Box::new(DelegationRecord {
                account: *account,
                email: email.clone(),
                terms: Terms {
                    permissions: *permissions,
                    scope: scope.clone(),
                    expires_at: *expires_at,
                    requires_second_factor: *requires_second_factor,
                },
                revision: 0,
                secret_hash: *secret_hash,
                answer_until: *answer_until,
                stage: Stage::Invited,
                accepted_by: None,
            })),
            DelegationEvent::Accepted { user, home, is_invited } => change(state, |record| {
                record.stage = Stage::Accepted(*user, *home);
                let (user, home, is_invited) = (*user, *home, *is_invited);
                record.accepted_by = Some(AcceptedBy { user, home, is_invited });
            }),
            DelegationEvent::TermsChanged { permissions, scope, expires_at, requires_second_factor } => {
                change(state, |record| {
                    record.revision = record.revision.saturating_add(1);
                    record.terms = Terms {
                        permissions: *permissions,
                        scope: scope.clone(),
                        expires_at: *expires_at,
                        requires_second_factor: *requires_second_factor,
                    };
                })
            }
            DelegationEvent::Declined | DelegationEvent::Revoked | DelegationEvent::Left => {
                change(state, |record| record.stage = Stage::Over)
            }
        }
    }

    fn decide(
        state: &DelegationState,
        command: DelegationCommand,
        (): &(),
        now: Timestamp,
    ) -> Result<Vec<DelegationEvent>, HostingRefusal> {
        use DelegationCommand as C;
        let record = match (state, command) {
            (DelegationState::Absent, C::Invite(new)) => return invite(*new, now),
            (DelegationState::Absent, _) => return Err(HostingRefusal::DelegationNotFound),
            (DelegationState::Present(record), command) => (record, command),
        };
        match record {
            (record, C::Invite(new)) => {
                let is_same = record.secret_hash == new.secret_hash && record.terms == new.terms;
                if is_same { Ok(vec![]) } else { Err(HostingRefusal::DelegationExists) }
            }
            (record, C::Answer { secret_hash, user, home, confirmed, answer }) => {
                // Whoever cannot show the invitation learns nothing of it.
                if record.secret_hash != secret_hash {
                    return Err(HostingRefusal::DelegationNotFound);
                }
                match (record.stage, answer) {
                    (Stage::Accepted(known, _), Answer::Accept) if known == user => Ok(vec![]),
                    (Stage::Accepted(..) | Stage::Over, _) => Err(HostingRefusal::InvitationAnswered),
                    (Stage::Invited, _) if record.answer_until <= now => {
                        Err(HostingRefusal::InvitationExpired)
                    }
                    (Stage::Invited, Answer::Accept) if home == record.account => {
                        Err(HostingRefusal::DelegationToItself)
                    }
                    // The secret is enough: it was mailed to the address, or handed over by whoever invited.
                    (Stage::Invited, Answer::Accept) => {
                        let invited = record.email.plain().map(EmailAddress::canonical);
                        let has_it = invited.is_some() && confirmed.map(|own| own.canonical()) == invited;
                        Ok(vec![DelegationEvent::Accepted { user, home, is_invited: Some(has_it) }])
                    }
                    (Stage::Invited, Answer::Decline) => Ok(vec![DelegationEvent::Declined]),
                }
            }
            // What is over by its time was promised to be over: whoever had it is invited anew.
            (record, C::ChangeTerms(_)) if record.is_over(now) => Err(HostingRefusal::DelegationOver),
            (record, C::ChangeTerms(terms)) if record.terms == terms => Ok(vec![]),
            (_, C::ChangeTerms(terms)) => {
                check(&terms, now)?;
                let Terms { permissions, scope, expires_at, requires_second_factor } = terms;
                Ok(vec![DelegationEvent::TermsChanged {
                    permissions,
                    scope,
                    expires_at,
                    requires_second_factor,
                }])
            }
            (record, C::Revoke) => Ok(match record.stage {
                Stage::Invited | Stage::Accepted(..) => vec![DelegationEvent::Revoked],
                Stage::Over => vec![],
            }),
            (record, C::Leave(user)) => match record.stage {
                Stage::Accepted(known, _) if known == user => Ok(vec![DelegationEvent::Left]),
                Stage::Over => Ok(vec![]),
                Stage::Invited | Stage::Accepted(..) => Err(HostingRefusal::DelegationNotFound),
            },
        }
    }
}

fn invite(new: Invitation, now: Timestamp) -> Result<Vec<DelegationEvent>, HostingRefusal> {
    check(&new.terms, now)?;
    let Terms { permissions, scope, expires_at, requires_second_factor } = new.terms;
    Ok(vec![DelegationEvent::Invited {
        account: new.account,
        email: Sealed::new(SubjectId::of_delegation(new.delegation), new.email),
        permissions,
        scope,
        expires_at,
        requires_second_factor,
        secret_hash: new.secret_hash,
        answer_until: new.answer_until,
    }])
}

fn check(terms: &Terms, now: Timestamp) -> Result<(), HostingRefusal> {
    if terms.permissions == Permissions::NONE {
        return Err(HostingRefusal::DelegationAllowsNothing);
    }
    if terms.permissions.intersection(Permissions::delegable()) != terms.permissions {
        return Err(HostingRefusal::PermissionNotDelegable);
    }
    if terms.expires_at.is_some_and(|expires_at| expires_at <= now) {
        return Err(HostingRefusal::ExpiryPast);
    }
    let count = match &terms.scope {
        DelegationScope::Account => return Ok(()),
        DelegationScope::Services(services) => services.len(),
        DelegationScope::Domains(domains) => domains.len(),
    };
    if (1..=DELEGATION_SCOPE_COUNT_MAX).contains(&count) {
        Ok(())
    } else {
        Err(HostingRefusal::DelegationScopeCount(Limit::count(DELEGATION_SCOPE_COUNT_MAX, count)))
    }
}

fn change(state: DelegationState, change: impl FnOnce(&mut DelegationRecord)) -> DelegationState {
    match state {
        DelegationState::Absent => DelegationState::Absent,
        DelegationState::Present(mut record) => {
            change(&mut record);
            DelegationState::Present(record)
        }
    }
}
