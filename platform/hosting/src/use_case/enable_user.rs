//! Enabling a user.

use authority::{Gift, Guarded, Need, Permission, Resource};
use kernel::{AccountId, Changes, Decider, Key, Reads, TenantId, Timestamp, UseCase, UserId};

use crate::HostingRefusal;
use crate::user::{User, UserCommand};

/// Lets a user sign in again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnableUser {
    /// Whose.
    pub account: AccountId,
    /// Which user.
    pub user: UserId,
}

impl UseCase for EnableUser {
    const NAME: &'static str = "enable_user";
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
        let events = User::decide(user, UserCommand::Enable, &self.user, now)?;
        Ok(Changes::none().emit::<User>(self.user, events))
    }
}

impl Guarded for EnableUser {
    fn need(&self, _: &<Self::Reads as Reads>::States) -> Need {
        Need { permission: Permission::AccountWrite, resource: Resource::account(self.account) }
    }

    fn gives(&self, user: &<Self::Reads as Reads>::States) -> Option<Gift> {
        user.record().map(|record| super::sign_in(self.account, self.user, &record.role))
    }
}
