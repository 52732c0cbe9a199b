//! The names by which things are asked for.

use std::collections::HashSet;
use std::sync::{LazyLock, PoisonError, RwLock};

/// Octets of a name.
const NAME_OCTETS_MAX: usize = 64;
/// Names that a process keeps: a multiple of what the API and the command line have together. What is beyond it reads as unknown.
const NAME_COUNT_MAX: usize = 4096;

/// Names that were read, kept for ever: there are as many as the API has mutations, of all releases.
static NAMES: LazyLock<RwLock<HashSet<&'static str>>> = LazyLock::new(RwLock::default);

/// What somebody asked for, by its own name: the field of a mutation, as `mailboxQuotaChange`, or a command of the command line,
/// as `apply`. It is of the code and never of a person: 1 to 64 letters, digits and `_`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CommandName(&'static str);

impl CommandName {
    /// A name that stands in the code. Does not compile as a constant where it is none.
    pub const fn new(name: &'static str) -> Self {
        assert!(is_name(name), "a command is named by 1 to 64 letters, digits and `_`");
        Self(name)
    }

    /// The name of that text; none where it is no name, or more of them are known than a platform has.
    pub fn of(text: &str) -> Option<Self> {
        if !is_name(text) {
            return None;
        }
        if let Some(known) = NAMES.read().unwrap_or_else(PoisonError::into_inner).get(text) {
            return Some(Self(known));
        }
        let mut names = NAMES.write().unwrap_or_else(PoisonError::into_inner);
        // Somebody else may have been here meanwhile.
        if let Some(known) = names.get(text) {
            return Some(Self(known));
        }
        if names.len() >= NAME_COUNT_MAX {
            return None;
        }
        let kept: &'static str = Box::leak(text.to_owned().into_boxed_str());
        names.insert(kept);
        Some(Self(kept))
    }

    /// The name.
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

const fn is_name(text: &str) -> bool {
    let octets = text.as_bytes();
    let mut index = 0;
    while index < octets.len() {
        if !octets[index].is_ascii_alphanumeric() && octets[index] != b'_' {
            return false;
        }
        index += 1;
    }
    !octets.is_empty() && octets.len() <= NAME_OCTETS_MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_of_the_code_and_nothing_else() {
        let read = CommandName::of("mailboxQuotaChange");
        assert_eq!(read, Some(CommandName::new("mailboxQuotaChange")));
        assert_eq!(read.map(CommandName::as_str), Some("mailboxQuotaChange"));
        let long = "a".repeat(NAME_OCTETS_MAX + 1);
        for none in ["", "alice@example.org", "a;b", "a b", "été", long.as_str()] {
            assert_eq!(CommandName::of(none), None, "{none}");
        }
        assert!(CommandName::of(&long[1..]).is_some());
    }
}
