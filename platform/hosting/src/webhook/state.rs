//! What a webhook's past makes of it.

use kernel::{AccountId, Sealed, Timestamp};

use super::{Kinds, Pause, WebhookSecret, WebhookUrl};

/// A webhook as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum WebhookState {
    /// It was never registered.
    #[default]
    Absent,
    /// It exists.
    Present(Box<WebhookRecord>),
    /// It was removed.
    Removed,
}

impl WebhookState {
    /// What is known of it while it exists.
    pub fn record(&self) -> Option<&WebhookRecord> {
        match self {
            Self::Absent | Self::Removed => None,
            Self::Present(record) => Some(record),
        }
    }
}

/// Whether it is told anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WebhookStatus {
    /// It is.
    Active,
    /// It is not, for now.
    Paused(Pause),
}

/// A secret that signs for a while beside its successor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviousSecret {
    /// Which.
    pub secret: Sealed<WebhookSecret>,
    /// Until when.
    pub until: Timestamp,
}

/// What is known of a webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookRecord {
    /// Whose.
    pub account: AccountId,
    /// Where it leads.
    pub url: Sealed<WebhookUrl>,
    /// Which kinds of events it is told.
    pub kinds: Kinds,
    /// What it is for.
    pub description: Option<Sealed<String>>,
    /// What its deliveries are signed with.
    pub secret: Sealed<WebhookSecret>,
    /// The one before, while it signs as well.
    pub previous: Option<PreviousSecret>,
    /// Whether it is told anything.
    pub status: WebhookStatus,
    /// How often it was changed where it leads or what it is told.
    pub revision: u32,
    /// How many changes its stream holds.
    pub change_count: u32,
}
