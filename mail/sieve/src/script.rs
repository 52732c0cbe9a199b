//! A script that is right: what an interpreter runs.

use std::collections::BTreeSet;

use crate::{Capability, Place, Tag, Trial, Verb};

/// A checked script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// What it requires, with what that implies.
    pub capabilities: BTreeSet<Capability>,
    /// Its commands; `require` is not among them.
    pub body: Vec<Command>,
}

/// A command that is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// Where it stands.
    pub at: Place,
    /// What is done.
    pub verb: Verb,
    /// How.
    pub tags: Vec<Tagged>,
    /// With what, in the order of the definition; one that may be left out and is comes as an empty list.
    pub arguments: Vec<Argument>,
    /// Under which condition: one for `if` and `elsif`.
    pub test: Option<Test>,
    /// What is done then.
    pub block: Vec<Command>,
}

/// A question with the answer yes or no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Test {
    /// Where it stands.
    pub at: Place,
    /// What is asked.
    pub trial: Trial,
    /// How.
    pub tags: Vec<Tagged>,
    /// Of what, as for commands.
    pub arguments: Vec<Argument>,
    /// The questions that it stands on, for `not`, `allof` and `anyof`.
    pub tests: Vec<Test>,
}

/// A tag with its argument, where it has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tagged {
    /// Which.
    pub tag: Tag,
    /// Its argument.
    pub argument: Option<Argument>,
}

/// An argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Argument {
    /// A number.
    Number(u64),
    /// Strings: one where the definition says a string.
    Texts(Vec<Text>),
}

/// A string of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// As it is written, escapes resolved, encoded characters decoded.
    pub value: String,
    /// Where it stands.
    pub at: Place,
    /// Whether variables are to be put in (RFC 5229 section 3): then it was checked less, and is to be checked when it
    /// is used.
    pub has_variables: bool,
}

impl Argument {
    /// The strings; none for a number.
    pub fn texts(&self) -> &[Text] {
        match self {
            Self::Number(_) => &[],
            Self::Texts(texts) => texts,
        }
    }

    /// The number; none for strings.
    pub const fn number(&self) -> Option<u64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Texts(_) => None,
        }
    }
}
