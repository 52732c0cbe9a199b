//! What can happen to the entries of a book.

use kernel::{AccountId, DomainId, MailboxId, Sealed, ServiceId};

use super::{Entry, Home};

/// What happened in one book. Stream `<kind of entry>/{id of the owner}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BookEvent<E: Entry> {
    /// There is one more.
    Added {
        /// Its id.
        entry: E::Id,
        /// Whose.
        account: AccountId,
        /// Of which service; none: of the account as a whole.
        service: Option<ServiceId>,
        /// Of which domain.
        domain: Option<DomainId>,
        /// Of which mailbox.
        mailbox: Option<MailboxId>,
        /// What it says.
        content: Sealed<Box<E>>,
    },
    /// One is otherwise.
    Changed {
        /// Which.
        entry: E::Id,
        /// What it says from now on.
        content: Sealed<Box<E>>,
        /// The names of the fields that changed.
        changed: Vec<String>,
    },
    /// One is gone.
    Removed {
        /// Which.
        entry: E::Id,
    },
}

impl<E: Entry> BookEvent<E> {
    /// The event that there is one more in `home`.
    pub fn added(entry: E::Id, home: &Home, content: E) -> Self {
        Self::Added {
            entry,
            account: home.account,
            service: home.service,
            domain: home.domain,
            mailbox: home.mailbox,
            content: Sealed::new(home.subject, Box::new(content)),
        }
    }
}
