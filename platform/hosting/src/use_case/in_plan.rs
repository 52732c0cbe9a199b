//! Doing something that not every plan has.

use authority::{AdministratorRight, Gift, Guarded, Need, OnBox, Permissions};
use kernel::{AccountId, Changes, Key, Reads, ServiceId, TenantId, Timestamp, UseCase};

use super::{AtRevision, ChangeToken, EditBook, IssueToken, RegisterWebhook};
use crate::HostingRefusal;
use crate::account::{Account, AccountState};
use crate::book::{BookCommand, Entry, EntryRecord, Hosted};
use crate::limit::PLAN_SERVICE_COUNT_MAX;
use crate::plan::Feature;
use crate::refusal::PlanRefusal;
use crate::service::{Entitlement, Service, ServiceState};

/// Something that is refused where no plan of the account has what it takes. What is there already stays as it is, and may
/// be changed and removed, whatever the plan is now: only more of it is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InPlan<U> {
    /// What is to be done.
    pub change: U,
    /// Whose.
    pub account: AccountId,
    /// The account's services: their plans say what it has. What is not named is not counted.
    pub services: Vec<ServiceId>,
}

/// Something that may take a feature of a plan.
pub trait Featured: Guarded<Refusal = HostingRefusal> {
    /// What it takes that was not in use before; none: every plan has it.
    fn takes(&self, states: &<Self::Reads as Reads>::States) -> Option<Feature>;

    /// The one service whose plan must have it; none: any of the account.
    fn service(&self, states: &<Self::Reads as Reads>::States) -> Option<ServiceId>;
}

/// Whether an account has everything, whatever its plans say: a reseller has what it sells, in a sandbox everything may be
/// tried, and the platform itself has bought nothing.
pub fn has_all_features(account: AccountId, state: &AccountState) -> bool {
    account == AccountId::PLATFORM
        || super::account_record(state)
            .is_some_and(|record| record.is_sandbox || record.sub_account_count_max > 0)
}

/// What a service of an account brings it besides its limits; nothing where it is another's or has ended.
pub fn features_of(account: AccountId, service: &ServiceState) -> impl Iterator<Item = Feature> {
    let record = service.record().filter(|record| {
        record.account == account
            && !matches!(record.entitlement, Entitlement::Ended { .. } | Entitlement::Purged)
    });
    record.into_iter().flat_map(|record| record.limits.features.iter().copied())
}

impl<U: Featured> InPlan<U> {
    fn has(
        &self,
        feature: Feature,
        (account, services): (&AccountState, &[ServiceState]),
        only: Option<ServiceId>,
    ) -> bool {
        let mut meant =
            self.services.iter().zip(services).filter(|(id, _)| only.is_none_or(|only| only == **id));
        has_all_features(self.account, account)
            || meant.any(|(_, service)| features_of(self.account, service).any(|has| has == feature))
    }
}

impl<U: Featured> UseCase for InPlan<U> {
    const NAME: &'static str = U::NAME;
    type Reads = (U::Reads, Key<Account>, Vec<Key<Service>>);
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.change.tenant()
    }

    fn reads(&self) -> Self::Reads {
        let services = self.services.iter().take(PLAN_SERVICE_COUNT_MAX).copied().map(Key).collect();
        (self.change.reads(), Key(self.account), services)
    }

    fn decide(
        &self,
        (states, account, services): &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        // What is wrong with it anyway is said first.
        let changes = self.change.decide(states, now)?;
        let Some(feature) = self.change.takes(states) else { return Ok(changes) };
        let only = self.change.service(states);
        match PlanRefusal::of(feature) {
            Some(refusal) if !self.has(feature, (account, services), only) => Err(refusal.into()),
            Some(_) | None => Ok(changes),
        }
    }
}

impl<U: Featured> Guarded for InPlan<U> {
    fn is_kept_from_visitors(&self) -> bool {
        self.change.is_kept_from_visitors()
    }

    fn on_box(&self, (states, _, _): &<Self::Reads as Reads>::States) -> OnBox {
        self.change.on_box(states)
    }

    fn need(&self, (states, _, _): &<Self::Reads as Reads>::States) -> Need {
        self.change.need(states)
    }

    fn needs(&self, (states, _, _): &<Self::Reads as Reads>::States) -> Vec<Need> {
        self.change.needs(states)
    }

    fn rights(&self, (states, _, _): &<Self::Reads as Reads>::States) -> Vec<AdministratorRight> {
        self.change.rights(states)
    }

    fn gives(&self, (states, _, _): &<Self::Reads as Reads>::States) -> Option<Gift> {
        self.change.gives(states)
    }
}

impl Featured for RegisterWebhook {
    fn takes(&self, _: &<Self::Reads as Reads>::States) -> Option<Feature> {
        Some(Feature::Webhooks)
    }

    fn service(&self, _: &<Self::Reads as Reads>::States) -> Option<ServiceId> {
        None
    }
}

impl Featured for IssueToken {
    fn takes(&self, _: &<Self::Reads as Reads>::States) -> Option<Feature> {
        let writes = |permissions: Permissions| permissions.iter().any(|permission| permission.is_change());
        writes(self.permissions).then_some(Feature::ApiWrite)
    }

    fn service(&self, _: &<Self::Reads as Reads>::States) -> Option<ServiceId> {
        None
    }
}

impl Featured for AtRevision<ChangeToken> {
    /// What changes by it already may go on.
    fn takes(&self, user: &<Self::Reads as Reads>::States) -> Option<Feature> {
        let writes = |permissions: Permissions| permissions.iter().any(|permission| permission.is_change());
        let known = user.record().and_then(|record| record.tokens.get(&self.change.token));
        let wrote = known.is_some_and(|known| writes(known.permissions));
        let will = self.change.patch.permissions.is_some_and(writes);
        (will && !wrote).then_some(Feature::ApiWrite)
    }

    fn service(&self, _: &<Self::Reads as Reads>::States) -> Option<ServiceId> {
        None
    }
}

impl<E: Entry> Featured for EditBook<E> {
    fn takes(&self, (_, book, _): &<Self::Reads as Reads>::States) -> Option<Feature> {
        match &self.command {
            BookCommand::Add { patch, .. } => E::default().with((**patch).clone()).feature(),
            BookCommand::Change { entry, patch, .. } => {
                let known = book.entries.get(entry).and_then(EntryRecord::plain)?;
                // What uses it already may go on.
                known.with((**patch).clone()).feature().filter(|_| known.feature().is_none())
            }
            BookCommand::Remove { .. } => None,
        }
    }

    fn service(&self, (owner, _, _): &<Self::Reads as Reads>::States) -> Option<ServiceId> {
        E::Owner::home(self.account, self.owner, owner).ok()?.service
    }
}
