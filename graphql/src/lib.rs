//! The API of the control plane in GraphQL: one folder per noun, each with what it shows (`object`), reads (`query`),
//! changes (`mutation`) and derives (`projection`); `access` says who asks.
//!
//! Every resolver asks the authority. Changes go through the engine alone; reads come from the tables of this crate's
//! projections. Conventions of the schema stand in the descriptions of its roots (`root.rs`).

#![allow(
    unreachable_pub,
    reason = "the derives of async-graphql ask for public types; nobody outside names them"
)]

mod access;
mod account;
mod address_map;
mod alias;
mod api;
mod bulk;
mod certificate;
mod content;
mod credential;
mod delegation;
mod document;
mod domain;
mod entry;
mod error;
mod event;
mod filter;
mod history;
mod invalid;
mod language;
pub mod limit;
mod loader;
mod mailbox;
mod notice;
mod page;
mod passkey;
mod payload;
mod plan;
mod platform;
mod projection;
mod push;
mod queue;
mod request;
mod reseller;
mod resource;
mod root;
mod roots;
mod scalar;
mod sender_relay;
mod service;
mod settings;
mod share;
mod suppression;
mod sync_job;
mod ticket;
mod tls_policy;
mod trace;
mod user;
mod webhook;
mod wiring;

pub use access::allowance::Allowance;
pub use access::export::{Closed, NoTaker, Taker};
pub use access::{ACCESS_KEY_NAME, AccessKey, People, SignIns, Visited};
pub use api::{Api, ApiSchema, BadRequest, Knock, new_correlation};
pub use certificate::{CertificateSource, ServedCertificate};
pub use document::serve::{Bytes, NoBytes, Wanted};
pub use domain::dns::{DnsChecks, StsIds};
pub use domain::standing::{DnsLoss, DnsStanding, DnsStandings, DomainPlace, signing_selectors, spread};
pub use kernel::{CorrelationId, network_of};
pub use language::Language;
pub use passkey::question::{PASSKEY_KEY_NAME, Passkeys};
pub use platform::{
    DataCentre, DeliverySource, DkimSource, Facts, LastUse, LoginSource, Mode, NETWORK_KEY_NAME, Notices,
    Platform, PortError, SendPeriod, SendScope, SendUse, SendsSource, SiteSource, TxtResolver, Usage,
    UsageSource,
};
pub use queue::object::DeliverySite;
pub use queue::order_told;
pub use reseller::dress::Dress;
pub use scalar::{Place, Whole};
pub use ticket::file::{GivenFile, NotTaken, TakenFile, TicketFiles};
pub use ticket::query::idle_tickets;
pub use user::query::doubled_tokens;
pub use webhook::body::told;
pub use webhook::object::{DeliveryFault, DeliveryOutcome, WebhookDelivery};
pub use wiring::{Comparison, PROJECTIONS, compare, register, sdl};
