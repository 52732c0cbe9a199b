//! Disabling a user.

use authority::{Guarded, Need, Permission, Resource};
use kernel::{AccountId, Changes, Decider, Key, Reads, TenantId, Timestamp, UseCase, UserId};

use crate::HostingRefusal;
use crate::user::{User, UserCommand};

/// Lets a user sign in no more; its sessions and tokens are void meanwhile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisableUser {
    /// Whose.
    pub account: AccountId,
    /// Which user.
    pub user: UserId,
}

impl UseCase for DisableUser {
    const NAME: &'static str = "disable_user";
    type Reads = Key<User>;
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.account.tenant()
    }

    fn reads(&self) -> Self::Reads {
        Key(self.user)
    }

    fn decide(
        &self,
        user: &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        let events = User::decide(user, UserCommand::Disable, &self.user, now)?;
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
}
