//! The browser app: its files as the build embedded them, and the pages that start it.

pub(crate) mod asset;
pub(crate) mod shell;
