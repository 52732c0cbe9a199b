//! What a plan's past makes of it.

use std::collections::BTreeMap;

use super::PlanVersion;

/// A plan as it is: its versions by number, none where it does not exist.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PlanState {
    /// The published versions.
    pub versions: BTreeMap<u32, PlanVersion>,
}

impl PlanState {
    /// Whether a newer version has taken the place of this one, which is published.
    pub fn is_superseded(&self, version: u32) -> bool {
        self.versions.contains_key(&version)
            && self.versions.last_key_value().is_some_and(|(newest, _)| *newest != version)
    }
}
