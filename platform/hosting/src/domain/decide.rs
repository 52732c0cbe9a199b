//! The rules of a domain.

use kernel::{Category, Decider, DomainId, DomainName, Timestamp};

use super::{Challenge, DomainCommand, DomainEvent, DomainRecord, DomainState, Proof, VerifiedBy};
use crate::HostingRefusal;
use crate::limit::DOMAIN_NAME_OCTETS_MAX;

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
            (DomainEvent::Added { account, service, name, token }, _) => DomainState::Pending(DomainRecord {
                account: *account,
                service: *service,
                name: name.clone(),
                challenge: Challenge::new(name, token),
            }),
            (DomainEvent::SharedAdded { name }, _) => DomainState::Shared { name: name.clone() },
            (DomainEvent::Verified { .. }, DomainState::Pending(record)) => DomainState::Verified(record),
            (DomainEvent::Removed { .. }, DomainState::Pending(record) | DomainState::Verified(record)) => {
                DomainState::Removed(record)
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
        _: Timestamp,
    ) -> Result<Vec<DomainEvent>, HostingRefusal> {
        use DomainCommand as C;
        use DomainState as S;
        match (state, command) {
            (S::Absent, C::Add { account, service, domain, name }) => {
                check_name(&name)?;
                let token = Challenge::token(account, domain, &name);
                Ok(vec![DomainEvent::Added { account, service, name, token }])
            }
            (S::Absent, C::AddShared { name }) => {
                check_name(&name)?;
                Ok(vec![DomainEvent::SharedAdded { name }])
            }
            (S::Absent, C::Verify(_) | C::Remove { .. }) => Err(HostingRefusal::DomainNotFound),
            (S::Pending(record) | S::Verified(record), C::Add { service, name, .. }) => {
                let is_same = record.service == service && record.name == name;
                if is_same { Ok(vec![]) } else { Err(HostingRefusal::DomainExists) }
            }
            (S::Pending(record), C::Verify(proof)) => verify(record, &proof),
            (S::Verified(_), C::Verify(_)) => Ok(vec![]),
            (S::Pending(_) | S::Verified(_), C::Remove { purge_after }) => {
                Ok(vec![DomainEvent::Removed { purge_after }])
            }
            (S::Shared { name: known }, C::AddShared { name }) if *known == name => Ok(vec![]),
            (S::Shared { .. }, C::Verify(_) | C::Remove { .. }) => Err(HostingRefusal::DomainShared),
            (S::Removed(_), C::Verify(_)) => Err(HostingRefusal::DomainNotFound),
            (S::Removed(_), C::Remove { .. }) => Ok(vec![]),
            (S::Shared { .. } | S::Removed(_), C::Add { .. })
            | (S::Pending(_) | S::Verified(_) | S::Shared { .. } | S::Removed(_), C::AddShared { .. }) => {
                Err(HostingRefusal::DomainExists)
            }
        }
    }
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
    if is_eligible { Ok(()) } else { Err(HostingRefusal::DomainNotEligible) }
}
