//! An intention as somebody has it.

use crate::{CommandId, CommandName, ContentMark};

/// What somebody asks for: the id by which a repeat is recognised, and the name by which it is told afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Intention {
    /// The key of idempotency.
    pub id: CommandId,
    /// What it is called; none where whoever acts says it already, as the platform's policies do by their own names.
    pub name: Option<CommandName>,
    /// What tells what is asked for from anything else under the same id; none: whatever it is, it is the same.
    pub content: Option<ContentMark>,
}

impl CommandId {
    /// This intention, by a name.
    pub fn named(self, name: impl Into<Option<CommandName>>) -> Intention {
        Intention { id: self, name: name.into(), content: None }
    }
}

impl From<CommandId> for Intention {
    fn from(id: CommandId) -> Self {
        Self { id, name: None, content: None }
    }
}

impl Intention {
    /// The same, told from others under its id by `content`.
    #[must_use]
    pub const fn saying(self, content: Option<ContentMark>) -> Self {
        Self { content, ..self }
    }
}
