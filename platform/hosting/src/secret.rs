//! Secrets that the platform must be able to show to others: passwords of mailboxes elsewhere, tokens of push services.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A secret in an entry of a book: sealed in its event, left out of what tables and people get. Its `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The secret of that text.
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// What it is, for whoever uses it.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// None in place of it.
    pub const fn hidden() -> Self {
        Self(String::new())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "Secret(none)" } else { "Secret" })
    }
}
