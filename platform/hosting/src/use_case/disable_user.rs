//! Disabling a user.

use authority::{Guarded, Need, Permission, Resource};
use kernel::{AccountId, Changes, Decider, Key, Reads, TenantId, Timestamp, UseCase, UserId};

use super::Governance;
use crate::HostingRefusal;
use crate::user::{User, UserCommand};

/// Lets a user sign in no more; its sessions and tokens are void meanwhile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisableUser {
    /// Whose.
    pub account: AccountId,
    /// Which user.
    pub user: UserId,
    /// Who governs the account then.
    pub governance: Governance,
}

impl UseCase for DisableUser {
    const NAME: &'static str = "disable_user";
    type Reads = (Key<User>, Option<Key<User>>);
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.account.tenant()
    }

    fn reads(&self) -> Self::Reads {
        (Key(self.user), self.governance.reads(self.user))
    }

    fn decide(
        &self,
        (user, beside): &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        let events = User::decide(user, UserCommand::Disable, &self.user, now)?;
        if !events.is_empty() {
            self.governance.check(user, beside.as_ref())?;
        }
        Ok(Changes::none().emit::<User>(self.user, events))
    }
}

impl Guarded for DisableUser {
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
