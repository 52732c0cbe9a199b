//! Removing a user.

use authority::{Guarded, Need, Permission, Resource};
use kernel::{
    AccountId, Changes, Claim, Decider, Key, Reads, ServiceId, TenantId, Timestamp, UseCase, UserId,
};

use super::Governance;
use crate::HostingRefusal;
use crate::account::{Account, AccountCommand};
use crate::service::Service;
use crate::user::{User, UserCommand};

/// Ends a user with its sessions and tokens; the login name is free again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoveUser {
    /// Whose.
    pub account: AccountId,
    /// Which user.
    pub user: UserId,
    /// The services of the account: those whose domains it administers are read here to count it no more.
    pub services: Vec<ServiceId>,
    /// Who governs the account then.
    pub governance: Governance,
}

impl UseCase for RemoveUser {
    const NAME: &'static str = "remove_user";
    type Reads = (Key<Account>, Key<User>, Vec<Key<Service>>, Option<Key<User>>);
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.account.tenant()
    }

    fn reads(&self) -> Self::Reads {
        let beside = self.governance.reads(self.user);
        (Key(self.account), Key(self.user), super::administered(&self.services), beside)
    }

    fn decide(
        &self,
        (account, user, services, beside): &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        let removed = User::decide(user, UserCommand::Remove, &self.user, now)?;
        if !removed.is_empty() {
            self.governance.check(user, beside.as_ref())?;
        }
        let counted = if removed.is_empty() || self.account == AccountId::PLATFORM {
            vec![]
        } else {
            Account::decide(account, AccountCommand::RemoveUser(self.user), &(), now)?
        };
        // The login of an erased person is known to nobody, so its claim stays.
        let login = user.record().and_then(|record| record.login.plain());
        let seats = super::seats(self.user, &[], (&self.services, services), now)?;
        let changes = seats.emit::<User>(self.user, removed).emit::<Account>(self.account, counted);
        Ok(match login {
            Some(login) => changes.release::<User>(self.user, Claim::login(login.as_str())),
            None => changes,
        })
    }
}

impl Guarded for RemoveUser {
    fn is_kept_from_visitors(&self) -> bool {
        true
    }

    fn need(&self, _: &<Self::Reads as Reads>::States) -> Need {
        Need { permission: Permission::AccountWrite, resource: Resource::account(self.account) }
    }

    fn needs(&self, states: &<Self::Reads as Reads>::States) -> Vec<Need> {
        [self.need(states)].into_iter().chain(self.governance.need(self.account)).collect()
    }
}
