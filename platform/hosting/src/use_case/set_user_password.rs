//! Setting a user's password.

use authority::{Gift, Guarded, Need, Permission, Resource};
use kernel::{AccountId, Changes, Decider, Key, Reads, TenantId, Timestamp, UseCase, UserId};

use crate::user::{User, UserCommand};
use crate::{HostingRefusal, PasswordHash};

/// Replaces how a user is recognised.
///
/// A person who changes their own password has shown the old one to the caller, who then acts for them with a grant of
/// `credential:write` on the account for this one intention.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetUserPassword {
    /// Whose.
    pub account: AccountId,
    /// Which user.
    pub user: UserId,
    /// The new one.
    pub password: PasswordHash,
    /// Whether somebody else chose it, so that the user must choose another before anything else.
    pub must_change: bool,
    /// Whether API tokens are revoked as well: whoever knew the old one may have made some.
    pub revokes_others: bool,
}

impl UseCase for SetUserPassword {
    const NAME: &'static str = "set_user_password";
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
        let set = UserCommand::SetPassword {
            password: self.password.clone(),
            must_change: self.must_change,
            revokes_others: self.revokes_others,
        };
        let events = User::decide(user, set, &self.user, now)?;
        Ok(Changes::none().emit::<User>(self.user, events))
    }
}

impl Guarded for SetUserPassword {
    fn is_kept_from_visitors(&self) -> bool {
        true
    }

    fn need(&self, _: &<Self::Reads as Reads>::States) -> Need {
        Need { permission: Permission::CredentialWrite, resource: Resource::account(self.account) }
    }

    fn gives(&self, user: &<Self::Reads as Reads>::States) -> Option<Gift> {
        user.record().map(|record| super::sign_in(self.account, self.user, &record.role))
    }
}
