//! That an account is not left without an owner.

use authority::{Need, Permission, Resource};
use kernel::{AccountId, Key, UserId};

use crate::HostingRefusal;
use crate::user::{Access, User, UserRole, UserState};

/// Who governs an account where one of its users does so no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Governance {
    /// Whoever asks stands above the account, may leave it without an owner and can give it another one.
    FromAbove,
    /// An owner beside, as the asker knows it: it is read with the change. None: nobody is known.
    Owner(Option<UserId>),
}

impl Governance {
    /// The owner beside `user`.
    pub(super) fn reads(self, user: UserId) -> Option<Key<User>> {
        match self {
            Self::FromAbove => None,
            Self::Owner(beside) => beside.filter(|beside| *beside != user).map(Key),
        }
    }

    /// What it takes besides: nobody in the account stands above it.
    pub(super) fn need(self, account: AccountId) -> Option<Need> {
        let resource = Resource::account(account);
        (self == Self::FromAbove).then_some(Need { permission: Permission::ServiceEntitle, resource })
    }

    /// Whether `user` may govern no more.
    pub(super) fn check(self, user: &UserState, beside: Option<&UserState>) -> Result<(), HostingRefusal> {
        let is_owner = |user: &UserState| user.record().is_some_and(|record| record.role == UserRole::Owner);
        let governs = |beside: &UserState| {
            is_owner(beside) && beside.record().is_some_and(|record| record.access == Access::Enabled)
        };
        if self == Self::FromAbove || !is_owner(user) || beside.is_some_and(governs) {
            return Ok(());
        }
        Err(HostingRefusal::LastOwner)
    }
}
