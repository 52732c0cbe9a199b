//! The clock by which leases end.

use std::time::Duration;

use database::{Database, Transaction};
use kernel::Timestamp;

/// The time of the server, in milliseconds since 1970: of the beginning of a statement, so that it can be looked for in an index.
const SERVER: &str = "CAST(EXTRACT(EPOCH FROM statement_timestamp()) * 1000 AS BIGINT)";

/// PostgreSQL's own, which is one for all nodes however theirs differ; a file has none but ours.
#[derive(Debug, Clone, Copy)]
pub(crate) enum LeaseClock {
    Server,
    Own(Timestamp),
}

impl LeaseClock {
    pub(crate) fn of(transaction: &Transaction<'_>, now: Timestamp) -> Self {
        if transaction.is_postgres() { Self::Server } else { Self::Own(now) }
    }

    pub(super) fn of_database(database: &Database, now: Timestamp) -> Self {
        if database.sqlite().is_none() { Self::Server } else { Self::Own(now) }
    }

    /// What it shows, as an expression whose parameter `place` is [`LeaseClock::value`].
    pub(super) fn shows(self, place: u32) -> String {
        match self {
            Self::Server => format!("({SERVER} + CAST(${place} AS BIGINT))"),
            Self::Own(_) => format!("${place}"),
        }
    }

    /// The parameter by which it shows now.
    pub(super) const fn value(self) -> i64 {
        match self {
            Self::Server => 0,
            Self::Own(now) => now.millis(),
        }
    }

    /// The later of two expressions.
    pub(super) fn later(self, one: &str, other: &str) -> String {
        match self {
            Self::Server => format!("GREATEST({one}, {other})"),
            Self::Own(_) => format!("MAX({one}, {other})"),
        }
    }

    /// What it will show when a lease ends that lasts so long from now on, as an expression with its parameter.
    pub(crate) fn end(self, place: u32, lasts: Duration) -> (String, i64) {
        let lasts = i64::try_from(lasts.as_millis()).unwrap_or(i64::MAX);
        (self.shows(place), self.value().saturating_add(lasts))
    }
}
