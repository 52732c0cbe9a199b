//! Changing an API token.

use authority::{Ceiling, Gift, Guarded, Need, Permission, Resource};
use kernel::{AccountId, Changes, Decider, Key, Reads, TenantId, Timestamp, TokenId, UseCase, UserId};

use crate::HostingRefusal;
use crate::user::{TokenPatch, User, UserCommand};

/// Lets an API token be called otherwise, or open more or less, under the rules by which it was issued. Its secret stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeToken {
    /// Whose.
    pub account: AccountId,
    /// Which user.
    pub user: UserId,
    /// Which of its tokens.
    pub token: TokenId,
    /// What is to be otherwise.
    pub patch: TokenPatch,
}

impl UseCase for ChangeToken {
    const NAME: &'static str = "change_token";
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
        let change = UserCommand::ChangeToken { token: self.token, patch: self.patch.clone() };
        Ok(Changes::none().emit::<User>(self.user, User::decide(user, change, &self.user, now)?))
    }
}

impl Guarded for ChangeToken {
    fn need(&self, _: &<Self::Reads as Reads>::States) -> Need {
        Need { permission: Permission::CredentialWrite, resource: Resource::account(self.account) }
    }

    fn gives(&self, user: &<Self::Reads as Reads>::States) -> Option<Gift> {
        let TokenPatch { name: _, permissions, expires_at, networks } = &self.patch;
        if permissions.is_none() && expires_at.is_none() && networks.is_none() {
            return None;
        }
        let token = user.record()?.tokens.get(&self.token)?;
        let ceiling = Ceiling {
            permissions: permissions.unwrap_or(token.permissions),
            networks: networks.as_ref().unwrap_or(&token.networks).clone(),
            expires_at: expires_at.unwrap_or(token.expires_at),
        };
        super::token(self.account, self.user, user, ceiling)
    }
}
