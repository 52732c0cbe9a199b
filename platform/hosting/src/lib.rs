//! The pure hosting model: what accounts, users, sessions, plans, services, domains, mailboxes and aliases are, what
//! can happen to them, and what is refused.
//!
//! One folder per noun (`command`, `event`, `state`, `decide`, `wire`); one file per intention in [`use_case`].
//! Knows no clock, no randomness, no I/O and no DNS: time, ids, password hashes and DNS answers are arguments.

pub mod account;
pub mod address_map;
pub mod alias;
pub mod book;
pub mod calendar;
mod confusable;
pub mod contract;
pub mod delegation;
pub mod document;
pub mod domain;
mod event;
pub mod factor;
pub mod filter;
pub mod limit;
mod login;
pub mod mail_order;
pub mod mailbox;
pub mod notice;
mod password;
pub mod pattern;
pub mod plan;
pub mod push;
pub mod refusal;
pub mod remote;
pub mod reseller;
mod reserved;
pub mod resource;
pub mod secret;
pub mod sender_relay;
pub mod service;
pub mod session;
pub mod settings;
pub mod share;
pub mod sync_job;
mod text;
pub mod ticket;
pub mod tls_policy;
pub mod use_case;
pub mod user;
pub mod webhook;
mod wire;

pub use confusable::passes_for;
pub use event::HostingEvent;
pub use login::{LoginFault, LoginName};
pub use password::{PasswordHash, PasswordHashFault};
pub use refusal::{HostingRefusal, Language};
pub use reserved::is_reserved;
