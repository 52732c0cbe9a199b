//! Revoking an API token.

use authority::{Guarded, Need, Permission, Resource};
use kernel::{AccountId, Changes, Decider, Key, Reads, TenantId, Timestamp, TokenId, UseCase, UserId};

use crate::HostingRefusal;
use crate::user::{User, UserCommand};

/// Voids an API token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevokeToken {
    /// Whose.
    pub account: AccountId,
    /// Which user.
    pub user: UserId,
    /// Which token.
    pub token: TokenId,
}

impl UseCase for RevokeToken {
    const NAME: &'static str = "revoke_token";
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
        let events = User::decide(user, UserCommand::RevokeToken(self.token), &self.user, now)?;
        Ok(Changes::none().emit::<User>(self.user, events))
    }
}

impl Guarded for RevokeToken {
    fn need(&self, _: &<Self::Reads as Reads>::States) -> Need {
        Need { permission: Permission::CredentialWrite, resource: Resource::account(self.account) }
    }
}
