//! The pure hosting model.
