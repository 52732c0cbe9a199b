//! Tests that cross rooms; see `tests/`.

pub mod client;
pub mod node;
pub mod tidy;
