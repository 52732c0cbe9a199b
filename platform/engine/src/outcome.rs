//! What running a use case gives.

use kernel::Cursor;

/// The model's or the authority's answer; see [`RunError`] for failures of the machine.
#[derive(Debug)]
pub enum Outcome<R> {
    /// It is so now: read at least this position to see it.
    Done {
        /// Where the tenant stands.
        cursor: Cursor,
        /// Whether this very command had been done before.
        is_repeat: bool,
    },
    /// The model says no.
    Refused(R),
    /// The authority says no.
    Denied(authority::Denied),
}

/// The machine failed; nothing was decided, or it is unknown and repeating the same command is safe.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The streams kept changing under the decision.
    #[error("{use_case}: the streams changed {attempts} times meanwhile")]
    Contended {
        /// Which use case.
        use_case: &'static str,
        /// How often it was decided.
        attempts: u32,
    },
    /// The journal.
    #[error("{use_case}: the journal")]
    Append {
        /// Which use case.
        use_case: &'static str,
        /// Why.
        #[source]
        source: journal::AppendError,
    },
    /// Reading streams or keys.
    #[error("{use_case}: reading")]
    Read {
        /// Which use case.
        use_case: &'static str,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}
