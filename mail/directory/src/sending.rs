//! Mailboxes whose sent mail is held, since somebody else may be sending in their name.

use hosting::mailbox::{HeldMail, HoldReason, MailboxEvent};
use kernel::{MailboxId, TenantId, Timestamp};

use crate::Directory;
use crate::index::Index;

/// What becomes of the mail that a mailbox sends to other hosts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sending {
    /// It leaves.
    #[default]
    Free,
    /// It is held until somebody releases it.
    Held,
    /// It leaves; somebody looked at it then and found it right.
    ReleasedAt(Timestamp),
    /// It leaves; what was held was destroyed then. It was not its owner's, and whoever sent it may be there still.
    PurgedAt(Timestamp),
}

impl Sending {
    /// When somebody looked at what was held last.
    pub const fn settled_at(self) -> Option<Timestamp> {
        match self {
            Self::Free | Self::Held => None,
            Self::ReleasedAt(at) | Self::PurgedAt(at) => Some(at),
        }
    }
}

/// That what a mailbox sends is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hold {
    /// Whose.
    pub tenant: TenantId,
    /// Which mailbox.
    pub mailbox: MailboxId,
    /// What was seen.
    pub reason: HoldReason,
    /// Since when.
    pub since: Timestamp,
}

impl Index {
    pub(crate) fn take_sending(&mut self, mailbox: (TenantId, MailboxId), event: &MailboxEvent) {
        let sending = match event {
            MailboxEvent::SendingHeld { .. } => Sending::Held,
            MailboxEvent::SendingReleased { at, outcome: HeldMail::Released, .. } => Sending::ReleasedAt(*at),
            MailboxEvent::SendingReleased { at, outcome: HeldMail::Purged, .. } => Sending::PurgedAt(*at),
            MailboxEvent::Deleted { .. } => Sending::Free,
            _ => return,
        };
        if sending == Sending::Free {
            self.sending.remove(&mailbox);
        } else {
            self.sending.insert(mailbox, sending);
        }
        if let MailboxEvent::SendingHeld { reason, at } = event {
            self.held.insert(mailbox, (*reason, *at));
        } else {
            self.held.remove(&mailbox);
        }
    }
}

impl Directory {
    /// Whether what a mailbox sends goes under TLS or not at all.
    pub fn requires_tls_out(&self, tenant: TenantId, mailbox: MailboxId) -> bool {
        let index = self.index.read();
        let entry = index.mailboxes.get(&(tenant, mailbox));
        entry.and_then(|entry| entry.options.as_deref()).is_some_and(|options| options.requires_tls_out)
    }

    /// Whether an account only tries things out: its mail leaves nowhere.
    pub fn is_sandbox(&self, tenant: TenantId) -> bool {
        self.index.read().sandboxes.contains(&tenant)
    }

    /// The mailboxes of all tenants whose sent mail is held, the longest held first.
    pub fn holds(&self) -> Vec<Hold> {
        let index = self.index.read();
        let held = index.held.iter();
        let mut holds: Vec<Hold> = held
            .map(|(&(tenant, mailbox), &(reason, since))| Hold { tenant, mailbox, reason, since })
            .collect();
        holds.sort_unstable_by_key(|hold| (hold.since, hold.mailbox));
        holds
    }

    /// For what a mailbox's sent mail is held, where it is.
    pub fn held_for(&self, tenant: TenantId, mailbox: MailboxId) -> Option<HoldReason> {
        self.index.read().held.get(&(tenant, mailbox)).map(|(reason, _)| *reason)
    }

    /// What becomes of what a mailbox sends.
    pub fn sending(&self, tenant: TenantId, mailbox: MailboxId) -> Sending {
        self.index.read().sending.get(&(tenant, mailbox)).copied().unwrap_or_default()
    }
}
