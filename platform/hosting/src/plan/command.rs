//! What can be asked of a plan.

use super::PlanVersion;

/// An intention about one plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlanCommand {
    /// Publish a version of it.
    Publish {
        /// Its number: 1, 2, 3 without holes.
        version: u32,
        /// Its terms.
        terms: PlanVersion,
    },
}
