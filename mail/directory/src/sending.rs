//! Mailboxes whose sent mail is held, since somebody else may be sending in their name.

use hosting::mailbox::MailboxEvent;
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
}

impl Index {
    pub(crate) fn take_sending(&mut self, mailbox: (TenantId, MailboxId), event: &MailboxEvent) {
        let sending = match event {
            MailboxEvent::SendingHeld { .. } => Sending::Held,
            MailboxEvent::SendingReleased { at, .. } => Sending::ReleasedAt(*at),
            MailboxEvent::Deleted { .. } => Sending::Free,
            _ => return,
        };
        if sending == Sending::Free {
            self.sending.remove(&mailbox);
        } else {
            self.sending.insert(mailbox, sending);
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

    /// What becomes of what a mailbox sends.
    pub fn sending(&self, tenant: TenantId, mailbox: MailboxId) -> Sending {
        self.index.read().sending.get(&(tenant, mailbox)).copied().unwrap_or_default()
    }
}
