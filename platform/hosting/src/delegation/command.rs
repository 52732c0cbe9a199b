//! What can be asked of a delegation.

use authority::Permissions;
use kernel::{AccountId, DelegationId, EmailAddress, Timestamp, UserId};

use super::DelegationScope;

/// What a delegation allows, where, and until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// Of what can be delegated; not nothing.
    pub permissions: Permissions,
    /// Where.
    pub scope: DelegationScope,
    /// None: until revoked.
    pub expires_at: Option<Timestamp>,
    /// Whether it opens only to whoever has proved a second factor.
    pub requires_second_factor: bool,
}

/// A delegation to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Its id, which personal data is sealed for.
    pub delegation: DelegationId,
    /// Whose account.
    pub account: AccountId,
    /// Who is invited.
    pub email: EmailAddress,
    /// What it allows.
    pub terms: Terms,
    /// BLAKE3 of what the invited person shows.
    pub secret_hash: [u8; 32],
    /// Until when it can be answered.
    pub answer_until: Timestamp,
}

/// What the invited person says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Answer {
    /// Yes.
    Accept,
    /// No.
    Decline,
}

/// An intention about one delegation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DelegationCommand {
    /// Invite somebody.
    Invite(Box<Invitation>),
    /// Answer the invitation.
    Answer {
        /// BLAKE3 of what was shown.
        secret_hash: [u8; 32],
        /// Who answers.
        user: UserId,
        /// Of which account.
        home: AccountId,
        /// The address that they have confirmed.
        confirmed: Option<EmailAddress>,
        /// What.
        answer: Answer,
    },
    /// Allow more or less.
    ChangeTerms(Terms),
    /// Take it back.
    Revoke,
    /// Give it back.
    Leave(UserId),
}
