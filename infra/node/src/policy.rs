//! What the platform does by itself: after events, by the clock, and when the mail servers notice something.

pub mod appoint;
pub mod confirm;
pub mod demo;
pub mod desk;
pub mod dkim;
pub mod dns_watch;
pub mod erase;
pub mod key_zone;
pub mod limit_notice;
pub mod logins;
pub mod pools;
pub mod post;
pub mod postmaster;
pub mod quota;
pub mod resell;
pub mod retire;
pub mod room;
pub mod sending;
pub mod upkeep;
pub mod webhook;
