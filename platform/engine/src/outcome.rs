//! What running a use case gives.

use kernel::{Cursor, StreamId};

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

impl<R> Outcome<R> {
    /// The word for metrics and logs.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Done { is_repeat: false, .. } => "done",
            Self::Done { is_repeat: true, .. } => "repeated",
            Self::Refused(_) => "refused",
            Self::Denied(_) => "denied",
        }
    }
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
        source: journal::JournalError,
    },
    /// An event of the past that today's code cannot read.
    #[error("{use_case}: folding a stream")]
    Fold {
        /// Which use case.
        use_case: &'static str,
        /// Why.
        #[source]
        source: kernel::Malformed,
    },
    /// Personal data could not be sealed, for example because the person was erased.
    #[error("{use_case}: sealing")]
    Seal {
        /// Which use case.
        use_case: &'static str,
        /// Why.
        #[source]
        source: kernel::SealError,
    },
    /// The use case writes to a stream of which it did not declare that it reads it: a fault of ours.
    #[error("{use_case}: writes {} without having read it", .stream.category.0)]
    Undeclared {
        /// Which use case.
        use_case: &'static str,
        /// Which stream.
        stream: StreamId,
    },
    /// It took longer than [`crate::RUN_WAIT_MAX`].
    #[error("{use_case}: no answer in time")]
    Late {
        /// Which use case.
        use_case: &'static str,
    },
}

impl RunError {
    /// Whether trying the same command again would fail in the same way.
    pub const fn is_lasting(&self) -> bool {
        match self {
            Self::Contended { .. } | Self::Read { .. } | Self::Late { .. } => false,
            Self::Append { source, .. } => !matches!(source, journal::AppendError::Journal(_)),
            Self::Fold { .. } | Self::Seal { .. } | Self::Undeclared { .. } => true,
        }
    }
}

/// The engine could not be built or asked.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The database of checkpoints and projections.
    #[error("the database of the projections")]
    Database(#[from] database::DatabaseError),
    /// The journal.
    #[error("the journal")]
    Journal(#[from] journal::JournalError),
    /// Two consumers with one name: a fault of the wiring.
    #[error("the consumer {0} is registered twice")]
    Twice(&'static str),
    /// No consumer of that name is registered.
    #[error("no consumer is named {0}")]
    Unknown(String),
    /// The consumer is not of the kind that can do this.
    #[error("{0} is not a projection")]
    NotProjection(&'static str),
}
