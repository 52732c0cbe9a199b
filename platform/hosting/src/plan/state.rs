//! What a plan's past makes of it.

use std::collections::BTreeMap;

use super::PlanVersion;

/// A plan as it is: its versions by number, none where it does not exist.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PlanState {
    /// The published versions.
    pub versions: BTreeMap<u32, PlanVersion>,
}
