//! Calls other people's HTTP servers: one request, one answer, both bounded. The one HTTP client of the project.
//!
//! An address that somebody else gave must not lead into our own networks: the name is resolved here, every address of
//! it is judged ([`Reach`]), and the connection goes to a judged address, so that a second look-up cannot lead elsewhere.
//! Knows no redirects, no cookies, no proxies and no kept connections.

mod call;
mod lookup;
mod reach;

pub use bytes::Bytes;
pub use call::{Answer, Call, CallError, Caller};
pub use hyper::Method;
pub use lookup::{Lookup, SystemLookup};
pub use reach::{Reach, is_public};
