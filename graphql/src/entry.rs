//! Entries of books: what all kinds of them share in the API. Each kind has its own object, queries and mutations.

pub(crate) mod payload;
pub(crate) mod projection;
pub(crate) mod read;
