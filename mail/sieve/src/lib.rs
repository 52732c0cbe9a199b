//! The Sieve language (RFC 5228): a script becomes a [`Script`] whose every word is known, required and used as its
//! standard says, or a [`Fault`] that says what is wrong, in which line and column, in English and French.
//!
//! Three steps, one file each: `lexer` (octets into words), `syntax` (words into a tree of commands and tests) and
//! `check` (the tree against the table of all words in `word`). What comes out is made for an interpreter: verbs, trials
//! and tags are enums, arguments have the types that the table promises.
//!
//! Pure: knows no message, no mailbox, no clock. Runs nothing yet.

mod capability;
mod check;
mod fault;
mod lexer;
pub mod limit;
mod script;
mod syntax;
#[cfg(test)]
mod tests;
mod value;
mod word;

use std::collections::BTreeSet;

pub use capability::Capability;
pub use fault::{Fault, FaultKind, Place};
pub use script::{Argument, Command, Script, Tagged, Test, Text};
pub use word::{Tag, Trial, Verb};

/// Reads and checks a script.
///
/// # Errors
/// The first [`Fault`] met.
pub fn compile(script: &str) -> Result<Script, Fault> {
    let words = lexer::words(script)?;
    let tree = syntax::commands(&words)?;
    check::script(&tree)
}

/// What a script requires, without checking or compiling the rest: for lists of scripts that were checked before.
///
/// # Errors
/// The first [`Fault`] met on the way.
pub fn capabilities(script: &str) -> Result<BTreeSet<Capability>, Fault> {
    let words = lexer::words(script)?;
    let tree = syntax::commands(&words)?;
    check::capabilities(&tree)
}
