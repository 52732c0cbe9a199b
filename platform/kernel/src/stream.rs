//! Places in the journal.

use uuid::Uuid;

use crate::{Id, TenantId};

/// The type of a stream, for example `mailbox`: one per noun, never renamed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Category(pub &'static str);

/// One stream: the events of one thing, within a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId {
    /// What kind of thing it is.
    pub category: Category,
    /// Which one.
    pub id: Uuid,
}

impl StreamId {
    /// The stream of `id` in `category`.
    pub fn new(category: Category, id: impl Id) -> Self {
        Self { category, id: id.uuid() }
    }
}

/// The number of an event in its stream: the first is 1. Zero is the version of a stream without events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Version(pub u64);

impl Version {
    /// The version of a stream that holds nothing yet.
    pub const NONE: Self = Self(0);
}

/// The number of an event in its tenant: gapless from 1. Means nothing without its tenant; see [`Cursor`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Position(pub u64);

impl Position {
    /// Before the first event.
    pub const START: Self = Self(0);
}

/// A position with the tenant that it belongs to: the only form in which a position travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cursor {
    /// Whose events are counted.
    pub tenant: TenantId,
    /// How many of them.
    pub position: Position,
}
