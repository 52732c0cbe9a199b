//! What can happen to a plan.

use super::PlanVersion;

/// What happened to one plan. Stream `plan/{PlanId}` of the platform's tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlanEvent {
    /// A version can be ordered from now on; it never changes.
    VersionPublished {
        /// Its number, from 1.
        version: u32,
        /// Its terms.
        terms: PlanVersion,
    },
}
