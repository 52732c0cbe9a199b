//! Choosing a time zone.

use authority::{Guarded, Need, Permission, Resource};
use kernel::{AccountId, Changes, Decider, Key, Reads, TenantId, Timestamp, UseCase, UserId};

use crate::HostingRefusal;
use crate::user::{User, UserCommand};

/// Says where a user wants times to be shown as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetUserTimeZone {
    /// Whose.
    pub account: AccountId,
    /// Which user.
    pub user: UserId,
    /// The name of a time zone; none: wherever the reader is.
    pub zone: Option<String>,
}

impl UseCase for SetUserTimeZone {
    const NAME: &'static str = "set_user_time_zone";
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
        let set = User::decide(user, UserCommand::SetTimeZone(self.zone.clone()), &self.user, now)?;
        Ok(Changes::none().emit::<User>(self.user, set))
    }
}

impl Guarded for SetUserTimeZone {
    fn need(&self, _: &<Self::Reads as Reads>::States) -> Need {
        Need { permission: Permission::AccountWrite, resource: Resource::account(self.account) }
    }
}
