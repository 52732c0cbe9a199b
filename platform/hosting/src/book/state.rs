//! What a book's past makes of it.

use std::collections::BTreeMap;

use kernel::{Opened, Sealed};

use super::Entry;

/// A book as it is; empty where nothing was ever added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookState<E: Entry> {
    /// Its entries.
    pub entries: BTreeMap<E::Id, EntryRecord<E>>,
    /// How often something was changed.
    pub change_count: u32,
}

impl<E: Entry> Default for BookState<E> {
    fn default() -> Self {
        Self { entries: BTreeMap::new(), change_count: 0 }
    }
}

/// What is known of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryRecord<E> {
    /// What it says.
    pub content: Sealed<Box<E>>,
    /// How often it was changed.
    pub revision: u32,
}

impl<E> EntryRecord<E> {
    /// What it says, unless it is erased.
    pub fn plain(&self) -> Option<&E> {
        match &self.content.value {
            Opened::Plain(content) => Some(content),
            Opened::Erased => None,
        }
    }
}
