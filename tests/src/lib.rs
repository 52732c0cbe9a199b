//! Tests that cross rooms; see `tests/`.

pub mod tidy;
