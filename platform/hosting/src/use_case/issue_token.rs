//! Issuing an API token.

use authority::{Ceiling, Gift, Guarded, Need, Permission, Permissions, Resource};
use ipnet::IpNet;
use kernel::{AccountId, Changes, Decider, Key, Reads, TenantId, Timestamp, TokenId, UseCase, UserId};

use crate::HostingRefusal;
use crate::user::{NewToken, User, UserCommand};

/// Gives a user one more API token: at most 50 that are good at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssueToken {
    /// Whose.
    pub account: AccountId,
    /// Which user.
    pub user: UserId,
    /// Its id.
    pub token: TokenId,
    /// What it is for, 1 to 128 characters.
    pub name: String,
    /// The most it may do; never more than its user may at that moment.
    pub permissions: Permissions,
    /// BLAKE3 of the secret.
    pub secret_hash: [u8; 32],
    /// None: until revoked.
    pub expires_at: Option<Timestamp>,
    /// From where it opens anything; empty: from everywhere.
    pub networks: Vec<IpNet>,
}

impl UseCase for IssueToken {
    const NAME: &'static str = "issue_token";
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
        let events = User::decide(
            user,
            UserCommand::IssueToken(NewToken {
                token: self.token,
                name: self.name.clone(),
                permissions: self.permissions,
                secret_hash: self.secret_hash,
                expires_at: self.expires_at,
                networks: self.networks.clone(),
            }),
            &self.user,
            now,
        )?;
        Ok(Changes::none().emit::<User>(self.user, events))
    }
}

impl Guarded for IssueToken {
    fn need(&self, _: &<Self::Reads as Reads>::States) -> Need {
        Need { permission: Permission::CredentialWrite, resource: Resource::account(self.account) }
    }

    fn gives(&self, user: &<Self::Reads as Reads>::States) -> Option<Gift> {
        let ceiling = Ceiling {
            permissions: self.permissions,
            networks: self.networks.clone(),
            expires_at: self.expires_at,
        };
        super::token(self.account, self.user, user, ceiling)
    }
}
