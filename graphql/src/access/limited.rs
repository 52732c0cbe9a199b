//! The Boxes that are not used freely now, by account.

use std::collections::HashMap;
use std::sync::Arc;

use authority::{Limited, LimitedServices};
use hosting::service::ServiceEvent;
use kernel::{AccountId, ServiceId};

/// What is limited of all accounts; an account of which nothing is, is not there.
#[derive(Debug, Default)]
pub(crate) struct LimitedBoxes(HashMap<AccountId, Arc<LimitedServices>>);

impl LimitedBoxes {
    /// Takes what happened to a service.
    pub(crate) fn service(&mut self, (account, service): (AccountId, ServiceId), event: &ServiceEvent) {
        let limited = match event {
            ServiceEvent::Restricted => Some(Limited::Restricted),
            ServiceEvent::Suspended { .. } => Some(Limited::Suspended),
            ServiceEvent::Ended { .. } | ServiceEvent::Purged => Some(Limited::Ended),
            // What was taken away before the end follows at once where it is brought back.
            ServiceEvent::Resumed | ServiceEvent::Reactivated => None,
            ServiceEvent::Ordered { .. }
            | ServiceEvent::PlanChanged { .. }
            | ServiceEvent::Priced { .. }
            | ServiceEvent::Activated
            | ServiceEvent::SlotsTaken { .. }
            | ServiceEvent::SlotsReturned { .. }
            | ServiceEvent::AllocationChanged { .. }
            | ServiceEvent::AliasSlotTaken { .. }
            | ServiceEvent::AliasSlotReturned { .. }
            | ServiceEvent::DomainSlotTaken { .. }
            | ServiceEvent::DomainShareSet { .. }
            | ServiceEvent::DomainSlotReturned { .. }
            | ServiceEvent::SyncJobsCounted { .. }
            | ServiceEvent::AdministratorAdded { .. }
            | ServiceEvent::AdministratorRemoved { .. } => return,
        };
        let known = self.0.entry(account).or_default();
        match limited {
            Some(limited) => Arc::make_mut(known).insert(service, limited),
            None => Arc::make_mut(known).remove(&service),
        };
        if known.is_empty() {
            self.0.remove(&account);
        }
    }

    /// What is limited of these accounts.
    pub(crate) fn of(&self, accounts: impl IntoIterator<Item = AccountId>) -> Arc<LimitedServices> {
        let mut found = accounts.into_iter().filter_map(|account| self.0.get(&account));
        let Some(first) = found.next() else { return Arc::default() };
        found.fold(Arc::clone(first), |mut all, more| {
            Arc::make_mut(&mut all).extend(more.iter().map(|(service, limited)| (*service, *limited)));
            all
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hosting::service::SuspensionReason;
    use kernel::{Id as _, Timestamp};
    use uuid::Uuid;

    #[test]
    fn a_box_is_limited_from_its_event_until_it_is_given_back() {
        let account = |number| AccountId::new(Uuid::from_u128(number));
        let service = |number| ServiceId::from_uuid(Uuid::from_u128(number));
        let mut boxes = LimitedBoxes::default();
        let suspended = ServiceEvent::Suspended { reason: SuspensionReason::NonPayment };
        boxes.service((account(1), service(1)), &ServiceEvent::Restricted);
        boxes.service((account(1), service(1)), &suspended);
        boxes.service((account(2), service(2)), &ServiceEvent::Restricted);
        let both = boxes.of([account(1), account(2), account(3)]);
        assert_eq!(both.get(&service(1)), Some(&Limited::Suspended));
        assert_eq!(both.get(&service(2)), Some(&Limited::Restricted));
        assert_eq!(boxes.of([account(1)]).len(), 1, "what is asked of two is not one's own");
        boxes.service((account(1), service(1)), &ServiceEvent::Resumed);
        assert!(boxes.of([account(1)]).is_empty() && !boxes.0.contains_key(&account(1)));
        boxes
            .service((account(1), service(1)), &ServiceEvent::Ended { purge_after: Timestamp::from_secs(1) });
        assert_eq!(boxes.of([account(1)]).get(&service(1)), Some(&Limited::Ended));
        boxes.service((account(1), service(1)), &ServiceEvent::Reactivated);
        boxes.service((account(1), service(1)), &ServiceEvent::Restricted);
        assert_eq!(boxes.of([account(1)]).get(&service(1)), Some(&Limited::Restricted));
    }
}
