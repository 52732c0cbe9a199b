//! Stages that others bring: the spam filter judges, rules and quarantine place. One that is not wired is absent.

use std::net::IpAddr;

use async_trait::async_trait;
use kernel::EmailAddress;
use store::{FolderName, Owner};

use super::Verdict;

/// A whole message that is on offer, with what the stages before found.
#[derive(Debug, Clone, Copy)]
pub struct Offered<'a> {
    /// The message as it came.
    pub message: &'a [u8],
    /// MAIL FROM; none for the null reverse-path.
    pub sender: Option<&'a EmailAddress>,
    /// The recipients as given.
    pub recipients: &'a [EmailAddress],
    /// Who brings it.
    pub peer: IpAddr,
    /// What it calls itself.
    pub helo: &'a str,
    /// The field with the results of the checks, as it will stand in the message.
    pub results: &'a str,
}

/// A stage that judges a message once for all its recipients.
#[async_trait]
pub trait ContentStage: Send + Sync + 'static {
    /// What it thinks. It has a deadline of its own, and where it fails it accepts or defers: it never loses mail.
    async fn judge(&self, offered: &Offered<'_>) -> Verdict;
}

/// Where a mailbox keeps a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Placement {
    /// Where it would have gone.
    Unchanged,
    /// In this folder.
    Folder(FolderName),
    /// Nowhere: it was kept elsewhere, such as in the quarantine, and is answered for.
    Held,
}

/// The stage that decides it, for one mailbox at a time.
#[async_trait]
pub trait PlacementStage: Send + Sync + 'static {
    /// Where the message goes in the mailbox of `owner`, given what the stages before thought.
    async fn place(&self, owner: Owner, offered: &Offered<'_>, verdict: &Verdict) -> Placement;
}
