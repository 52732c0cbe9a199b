//! Delegations as requests are judged by them.

use hosting::delegation::Terms;
use kernel::{AccountId, UserId};

/// A delegation that is not over.
#[derive(Debug, Clone)]
pub(crate) struct Delegated {
    pub(crate) account: AccountId,
    pub(crate) terms: Terms,
    /// Who has accepted it, and of which account.
    pub(super) user: Option<(AccountId, UserId)>,
}

impl Delegated {
    /// Whether somebody has accepted it.
    pub(crate) const fn is_answered(&self) -> bool {
        self.user.is_some()
    }
}

/// How a delegation stands to whoever holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Opening {
    /// Whether it opens now, to the session that asks.
    pub(crate) is_open: bool,
    /// Whether it opens only to whoever has proved a second factor.
    pub(crate) needs_second_factor: bool,
}
