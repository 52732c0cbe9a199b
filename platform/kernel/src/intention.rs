//! An intention as somebody has it.

use crate::{CommandId, CommandName};

/// What somebody asks for: the id by which a repeat is recognised, and the name by which it is told afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Intention {
    /// The key of idempotency.
    pub id: CommandId,
    /// What it is called; none where whoever acts says it already, as the platform's policies do by their own names.
    pub name: Option<CommandName>,
}

impl CommandId {
    /// This intention, by a name.
    pub fn named(self, name: impl Into<Option<CommandName>>) -> Intention {
        Intention { id: self, name: name.into() }
    }
}

impl From<CommandId> for Intention {
    fn from(id: CommandId) -> Self {
        Self { id, name: None }
    }
}
