//! What can be asked of a book.

use super::Entry;

/// An intention about one entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BookCommand<E: Entry> {
    /// Let there be one more.
    Add {
        /// Its id.
        entry: E::Id,
        /// What of it differs from the defaults.
        patch: Box<E::Patch>,
    },
    /// Set some of it otherwise.
    Change {
        /// Which.
        entry: E::Id,
        /// What.
        patch: Box<E::Patch>,
        /// The revision that the asker saw; none: whatever it is.
        revision: Option<u32>,
    },
    /// Take it away.
    Remove {
        /// Which.
        entry: E::Id,
    },
}
