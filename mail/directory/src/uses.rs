//! When mailboxes were last opened: told once in a quarter of an hour for each way in, so that a mailbox that is polled
//! every minute is not written every minute.

use kernel::{MailboxId, TenantId, Timestamp};
use moka::sync::Cache;
use parking_lot::Mutex;

use crate::{Credential, Login, Protocol};

/// Milliseconds in which a use is told once.
const SLOT_MS: i64 = 15 * 60 * 1000;
/// Uses that wait to be written; beyond, they are not told.
const WAITING_COUNT_MAX: usize = 100_000;
/// Ways in that are remembered as told.
const TOLD_COUNT_MAX: u64 = 500_000;

/// A way into a mailbox that was used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// Whose.
    pub tenant: TenantId,
    /// Which mailbox.
    pub mailbox: MailboxId,
    /// By which protocol.
    pub protocol: Protocol,
    /// By which app password; none: by the password of the mailbox.
    pub app_password: Option<kernel::AppPasswordId>,
    /// The beginning of the quarter of an hour.
    pub at: Timestamp,
}

type Way = (TenantId, MailboxId, Protocol, Option<kernel::AppPasswordId>);

#[derive(Debug)]
pub(crate) struct Uses {
    told: Cache<Way, i64>,
    waiting: Mutex<Vec<Use>>,
}

impl Uses {
    pub(crate) fn new() -> Self {
        Self { told: Cache::new(TOLD_COUNT_MAX), waiting: Mutex::default() }
    }

    pub(crate) fn note(&self, login: &Login, protocol: Protocol, now: Timestamp) {
        let slot = now.millis() / SLOT_MS;
        let app_password = match login.credential {
            Credential::App(id) => Some(id),
            Credential::Password(_) => None,
        };
        let way = (login.tenant, login.mailbox, protocol, app_password);
        if self.told.get(&way) == Some(slot) {
            return;
        }
        let mut waiting = self.waiting.lock();
        if waiting.len() < WAITING_COUNT_MAX {
            let at = Timestamp::from_millis(slot * SLOT_MS);
            waiting.push(Use { tenant: login.tenant, mailbox: login.mailbox, protocol, app_password, at });
            self.told.insert(way, slot);
        }
    }

    pub(crate) fn take(&self) -> Vec<Use> {
        std::mem::take(&mut *self.waiting.lock())
    }
}
