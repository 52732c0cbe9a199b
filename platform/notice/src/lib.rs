//! Messages of the platform to people: which events are told ([`TellPeople`]), in which words ([`compose`]), with which
//! links ([`Links`]), and how they look as mail ([`Letter::mail`]).
//!
//! A policy turns an event into a `notice.requested` event, once, whatever crashes; the node's effect posts it, at least
//! once, under a Message-ID that is the same each time. Knows no store and no network.

mod compose;
mod letter;
mod link;
mod owners;
mod policy;
mod reply;
mod words;

pub use compose::{Answered, HOUSE, compose};
pub use letter::{Letter, Postmark};
pub use link::{LINK_KEY_NAME, Links, Named, NamedMailbox};
pub use policy::TellPeople;
pub use reply::{NoReply, REPLY_OCTETS_MAX, Reply, read_reply};
