//! Passkeys as the API shows them.

use async_graphql::{InputObject, SimpleObject};

use crate::scalar::{FactorKey, Moment};

/// A passkey or a security key.
#[derive(Debug, Clone, SimpleObject)]
pub struct Passkey {
    /// The name for the API.
    pub id: FactorKey,
    /// What its owner calls it; none once erased.
    pub name: Option<String>,
    /// Whether it may be kept in several places, by a password manager; a key that is one thing is not.
    pub may_be_backed_up: bool,
    /// When it was last used to sign in.
    pub last_used_at: Option<Moment>,
}

/// What an authenticator is asked.
#[derive(Debug, Clone, SimpleObject)]
pub struct PasskeyQuestion {
    /// Comes back with the answer. Good once, for five minutes.
    pub ticket: String,
    /// The options as JSON: for `PublicKeyCredential.parseCreationOptionsFromJSON` where one is added, for
    /// `parseRequestOptionsFromJSON` where somebody signs in (Web Authentication Level 3, section 5.1).
    pub options: String,
}

/// What an authenticator answered.
#[derive(Debug, Clone, InputObject)]
pub struct PasskeyAnswerInput {
    /// The ticket of the question.
    pub ticket: String,
    /// The credential as JSON, as its `toJSON()` gives it; at most 96 KiB.
    pub credential: String,
}
