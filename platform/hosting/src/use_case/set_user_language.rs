//! Choosing a language.

use authority::{Guarded, Need, Permission, Resource};
use kernel::{AccountId, Changes, Decider, Key, Reads, TenantId, Timestamp, UseCase, UserId};

use crate::user::{User, UserCommand};
use crate::{HostingRefusal, Language};

/// Says in which language a user is written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetUserLanguage {
    /// Whose.
    pub account: AccountId,
    /// Which user.
    pub user: UserId,
    /// From now on.
    pub language: Language,
}

impl UseCase for SetUserLanguage {
    const NAME: &'static str = "set_user_language";
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
        let set = User::decide(user, UserCommand::SetLanguage(self.language), &self.user, now)?;
        Ok(Changes::none().emit::<User>(self.user, set))
    }
}

impl Guarded for SetUserLanguage {
    fn need(&self, _: &<Self::Reads as Reads>::States) -> Need {
        Need { permission: Permission::AccountWrite, resource: Resource::account(self.account) }
    }
}
