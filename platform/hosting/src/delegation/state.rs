//! What a delegation's past makes of it.

use kernel::{AccountId, EmailAddress, Sealed, Timestamp, UserId};

use super::Terms;

/// A delegation as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum DelegationState {
    /// Nobody was invited.
    #[default]
    Absent,
    /// It exists.
    Present(Box<DelegationRecord>),
}

impl DelegationState {
    /// What is known of it.
    pub fn record(&self) -> Option<&DelegationRecord> {
        match self {
            Self::Absent => None,
            Self::Present(record) => Some(record),
        }
    }
}

/// How far it is. Expiry is not a stage: whoever asks knows the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// The invited person has not answered.
    Invited,
    /// It is open to a user.
    Accepted(UserId, AccountId),
    /// Declined, revoked or left.
    Over,
}

/// What is known of a delegation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DelegationRecord {
    /// Whose account it opens.
    pub account: AccountId,
    /// Who was invited.
    pub email: Sealed<EmailAddress>,
    /// What it allows.
    pub terms: Terms,
    /// How often that was changed.
    pub revision: u32,
    /// BLAKE3 of what the invited person shows.
    pub secret_hash: [u8; 32],
    /// Until when it can be answered.
    pub answer_until: Timestamp,
    /// How far it is.
    pub stage: Stage,
    /// Who has accepted it, also when it is over.
    pub accepted_by: Option<AcceptedBy>,
}

impl DelegationRecord {
    /// Whether it was ended, or its time is over.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.stage == Stage::Over || self.terms.expires_at.is_some_and(|end| end <= now)
    }
}

/// Who has accepted an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AcceptedBy {
    /// Who.
    pub user: UserId,
    /// Of which account.
    pub home: AccountId,
    /// Whether they had confirmed the address that was invited; none: that was not kept then.
    pub is_invited: Option<bool>,
}
