//! What can be asked of a webhook.

use kernel::{AccountId, Position, Timestamp, WebhookId};

use super::{Kinds, Pause, Reach, Resumption, WebhookSecret};

/// Where a webhook leads and what it is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookTerms {
    /// Where it leads, as text: see [`super::WebhookUrl::parse`].
    pub url: String,
    /// Whether an endpoint on this machine may be told in the clear.
    pub reach: Reach,
    /// Which kinds of events it is told.
    pub kinds: Kinds,
    /// What it is for, up to 128 characters.
    pub description: Option<String>,
}

/// A webhook to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewWebhook {
    /// Whose.
    pub account: AccountId,
    /// Its id.
    pub webhook: WebhookId,
    /// Where it leads and what it is told.
    pub terms: WebhookTerms,
    /// What its deliveries are signed with.
    pub secret: WebhookSecret,
}

/// An intention about one webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WebhookCommand {
    /// Register it.
    Register(NewWebhook),
    /// Let it lead elsewhere, or be told something else.
    Change(WebhookTerms),
    /// Sign with another secret, and with the one before until then.
    RotateSecret {
        /// The new one.
        secret: WebhookSecret,
        /// Until when the one before signs as well.
        previous_until: Timestamp,
    },
    /// Tell it nothing for now.
    Pause(Pause),
    /// Tell it again.
    Resume(Resumption),
    /// Tell it that it is a webhook.
    Test,
    /// Tell it again what it was told, or was not.
    Replay {
        /// From which position of the account on.
        from: Position,
        /// Up to which.
        to: Position,
    },
    /// Tell it nothing any more.
    Remove,
}
