//! Signed-in browsers: cookies that carry the API's own tokens.
//!
//! A translation and nothing more: what a cookie opens, the same token opens in `Authorization`. Whoever may do what is
//! judged by the API.

pub(crate) mod cookie;
pub(crate) mod door;
pub(crate) mod origin;
pub(crate) mod pending;
pub(crate) mod renewal;
