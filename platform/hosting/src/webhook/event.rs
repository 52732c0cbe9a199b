//! What can happen to a webhook.

use kernel::{AccountId, Position, Sealed, Timestamp};

use super::{Kinds, WebhookSecret, WebhookUrl};

/// Why a webhook is told nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pause {
    /// Its owner wants it so.
    Wanted,
    /// It has not taken an event for too long.
    Failing,
    /// It says that it is gone for good (RFC 9110 section 15.5.11).
    Gone,
}

/// From where on a webhook is told again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Resumption {
    /// From where it stopped: nothing is left out.
    WhereItStopped,
    /// From now: what happened meanwhile is not told.
    Now,
}

/// What happened to one webhook. Stream `webhook/{WebhookId}`; registered once, removed at most once.
///
/// Where it leads and what it is signed with are sealed for the account: an address may hold a name or a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WebhookEvent {
    /// It is told what happens from here on.
    Registered {
        /// Whose.
        account: AccountId,
        /// Where it leads.
        url: Sealed<WebhookUrl>,
        /// Which kinds of events it is told.
        kinds: Kinds,
        /// What it is for.
        description: Option<Sealed<String>>,
        /// What its deliveries are signed with.
        secret: Sealed<WebhookSecret>,
    },
    /// It leads elsewhere, or is told something else.
    Changed {
        /// Where it leads.
        url: Sealed<WebhookUrl>,
        /// Which kinds of events it is told.
        kinds: Kinds,
        /// What it is for.
        description: Option<Sealed<String>>,
    },
    /// Another secret signs; the one before as well for a while.
    SecretRotated {
        /// The new one.
        secret: Sealed<WebhookSecret>,
        /// Until when the one before signs as well.
        previous_until: Timestamp,
    },
    /// It is told nothing for now.
    Paused {
        /// Why.
        cause: Pause,
    },
    /// It is told again.
    Resumed {
        /// From where on.
        from: Resumption,
    },
    /// It is told that it is a webhook: this very event.
    TestRequested,
    /// It is told again what lies between two positions of the account, both included.
    ReplayRequested {
        /// From which on.
        from: Position,
        /// Up to which.
        to: Position,
    },
    /// It is told nothing any more.
    Removed,
}
