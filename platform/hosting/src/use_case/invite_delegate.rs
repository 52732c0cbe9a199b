//! Inviting somebody into an account.

use authority::{Guarded, Need, OnBox, Permission, Resource};
use kernel::{
    AccountId, Changes, Decider, DelegationId, EmailAddress, Key, Reads, ServiceId, TenantId, Timestamp,
    UseCase,
};

use super::Delegated;
use crate::HostingRefusal;
use crate::account::{Account, AccountCommand, AccountState};
use crate::delegation::{Delegation, DelegationCommand, Invitation, Terms};
use crate::limit::{DELEGATING_SERVICE_COUNT_MAX, DELEGATION_COUNT_WITHOUT_SERVICE};
use crate::refusal::Limit;
use crate::service::{Entitlement, Service, ServiceState};

/// Invites somebody by e-mail address to do some things in the account, never more than the inviter may there. Whoever
/// shows the secret within the time answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InviteDelegate {
    /// Whose account.
    pub account: AccountId,
    /// Its id.
    pub delegation: DelegationId,
    /// Who is invited.
    pub email: EmailAddress,
    /// What it allows.
    pub terms: Terms,
    /// BLAKE3 of the secret.
    pub secret_hash: [u8; 32],
    /// Until when it can be answered.
    pub answer_until: Timestamp,
    /// The account's services: their plans say how many may be let in. What is not named is not counted.
    pub services: Vec<ServiceId>,
}

impl UseCase for InviteDelegate {
    const NAME: &'static str = "invite_delegate";
    type Reads = (Key<Account>, Key<Delegation>, Delegated, Vec<Key<Service>>);
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.account.tenant()
    }

    fn reads(&self) -> Self::Reads {
        let services = self.services.iter().take(DELEGATING_SERVICE_COUNT_MAX).copied().map(Key).collect();
        (Key(self.account), Key(self.delegation), super::delegated(&self.terms.scope), services)
    }

    fn decide(
        &self,
        (account, delegation, things, services): &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        super::check_delegated(things)?;
        let invite = DelegationCommand::Invite(Box::new(Invitation {
            delegation: self.delegation,
            account: self.account,
            email: self.email.clone(),
            terms: self.terms.clone(),
            secret_hash: self.secret_hash,
            answer_until: self.answer_until,
        }));
        let invited = Delegation::decide(delegation, invite, &(), now)?;
        let counted = Account::decide(account, AccountCommand::AddDelegation(self.delegation), &(), now)?;
        if !counted.is_empty() {
            self.fits(account, services)?;
        }
        Ok(Changes::none()
            .emit::<Account>(self.account, counted)
            .emit::<Delegation>(self.delegation, invited))
    }
}

impl InviteDelegate {
    /// Passes where the plans of the account's services, together, let one more in.
    fn fits(&self, account: &AccountState, services: &[ServiceState]) -> Result<(), HostingRefusal> {
        let sold = |service: &ServiceState| {
            let record = service.record().filter(|record| record.account == self.account)?;
            let is_over = matches!(record.entitlement, Entitlement::Ended { .. } | Entitlement::Purged);
            (!is_over).then_some(record.limits.delegate_count_max)
        };
        let sold = services.iter().filter_map(sold).fold(0_u32, u32::saturating_add);
        let allowed = usize::try_from(sold).unwrap_or(usize::MAX).max(DELEGATION_COUNT_WITHOUT_SERVICE);
        let used = match account {
            AccountState::Open(record) | AccountState::Closed(record) => record.delegations.len(),
            AccountState::Absent => 0,
        };
        if used < allowed {
            Ok(())
        } else {
            Err(HostingRefusal::DelegationLimitReached(Limit::count(allowed, used)))
        }
    }
}

impl Guarded for InviteDelegate {
    fn on_box(&self, _: &<Self::Reads as Reads>::States) -> OnBox {
        OnBox::Nothing
    }

    fn is_kept_from_visitors(&self) -> bool {
        true
    }

    fn need(&self, _: &<Self::Reads as Reads>::States) -> Need {
        Need { permission: Permission::DelegationWrite, resource: Resource::account(self.account) }
    }

    fn needs(&self, states: &<Self::Reads as Reads>::States) -> Vec<Need> {
        super::delegated_needs(self.account, &self.terms, &states.2)
    }
}
