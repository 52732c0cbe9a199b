//! Calling a user otherwise, and letting it be something else in the account.

use authority::{AdministratorRights, Gift, Guarded, Need, Permission, Resource};
use kernel::{
    AccountId, Changes, Decider, DomainId, Key, Reads, ServiceId, TenantId, Timestamp, UseCase, UserId,
};

use super::Governance;
use crate::HostingRefusal;
use crate::domain::Domain;
use crate::limit::ADMINISTERED_DOMAIN_COUNT_MAX;
use crate::service::Service;
use crate::user::{User, UserCommand, UserRole};

/// Changes the name of a user, or what it may: its sessions and tokens go on with the rights that it has then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeUser {
    /// Whose.
    pub account: AccountId,
    /// Which user.
    pub user: UserId,
    /// What it is called from now on, none within: nothing but its login; none: as it is.
    pub name: Option<Option<String>>,
    /// What it is from now on; none: as it is.
    pub role: Option<UserRole>,
    /// What is kept from it while it administers domains, all of it; none: as it is.
    pub withheld: Option<AdministratorRights>,
    /// Where the role changes: the services of the domains that it is to administer, and those that count it so far. They are
    /// read here to hold administrators to their plans.
    pub services: Vec<ServiceId>,
    /// Who governs the account where the role changes.
    pub governance: Governance,
}

impl UseCase for ChangeUser {
    const NAME: &'static str = "change_user";
    type Reads = (Key<User>, Vec<Key<Domain>>, Vec<Key<Service>>, Option<Key<User>>);
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.account.tenant()
    }

    fn reads(&self) -> Self::Reads {
        let domains = self.domains().iter().take(ADMINISTERED_DOMAIN_COUNT_MAX).copied().map(Key).collect();
        let beside = self.governance.reads(self.user);
        (Key(self.user), domains, super::administered(&self.services), beside)
    }

    fn decide(
        &self,
        (user, domains, services, beside): &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        user.record().ok_or(HostingRefusal::UserNotFound)?;
        let mut events = Vec::new();
        if let Some(name) = &self.name {
            events.extend(User::decide(user, UserCommand::Rename(name.clone()), &self.user, now)?);
        }
        let mut changes = Changes::none();
        if let Some(role) = &self.role {
            let set = User::decide(user, UserCommand::SetRole(role.clone()), &self.user, now)?;
            if !set.is_empty() {
                // Whoever was no owner before is not the last one.
                self.governance.check(user, beside.as_ref())?;
                changes = super::seats(self.user, domains, (&self.services, services), now)?;
            }
            events.extend(set);
        }
        if let Some(rights) = self.withheld {
            events.extend(User::decide(user, UserCommand::Withhold(rights), &self.user, now)?);
        }
        Ok(changes.emit::<User>(self.user, events))
    }
}

impl ChangeUser {
    fn domains(&self) -> &[DomainId] {
        match &self.role {
            Some(UserRole::DomainAdministrator(domains)) => domains,
            Some(UserRole::Operator | UserRole::Owner) | None => &[],
        }
    }
}

impl Guarded for ChangeUser {
    fn is_kept_from_visitors(&self) -> bool {
        true
    }

    fn need(&self, _: &<Self::Reads as Reads>::States) -> Need {
        let permission = match self.role {
            Some(UserRole::Operator) => Permission::PlatformWrite,
            Some(UserRole::Owner | UserRole::DomainAdministrator(_)) | None => Permission::AccountWrite,
        };
        Need { permission, resource: Resource::account(self.account) }
    }

    fn needs(&self, states: &<Self::Reads as Reads>::States) -> Vec<Need> {
        [self.need(states)].into_iter().chain(self.governance.need(self.account)).collect()
    }

    fn gives(&self, _: &<Self::Reads as Reads>::States) -> Option<Gift> {
        self.role.as_ref().map(|role| super::sign_in(self.account, self.user, role))
    }
}
