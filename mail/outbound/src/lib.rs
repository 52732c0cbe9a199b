//! Mail for other hosts leaves: durably, fairly, once.
//!
//! Three levels: scheduled (in the store, per tenant, lane and domain), ready (leased, per destination: a site and its TLS
//! policy, by turns between tenants), connection. Outcomes and the reports that tell of them are one transaction of the
//! store's. Time and chance are arguments; DNS, TLS policies and relays are asked through ports.

mod backoff;
mod breaker;
mod classify;
mod client;
mod connection;
mod destination;
mod handover;
mod hosts;
mod leases;
pub mod limits;
mod lookup;
mod metrics;
mod network;
mod openings;
mod origins;
mod outbound;
mod outcome;
mod ready;
mod reply;
mod report;
mod room;
mod routes;
mod schedule;
mod site;
mod source;
mod tally;
mod tls;
mod trusted;
mod untold;

pub use backoff::Chance;
pub use breaker::{Breaker, Gate};
pub use classify::{Class, classify, is_hard_bounce};
pub use client::{Credentials, Protocol};
pub use metrics::Metrics;
pub use network::{CallError, Duplex, Network, Tcp};
pub use origins::{AsTheyAre, Origins};
pub use outbound::{Nodes, Now, Outbound, Settings, SiteView, World};
pub use ready::{ReadyQueue, Weighed};
pub use report::{DeliveredMessage, delivered};
pub use routes::{Direct, OwnRelay, Relay, Routed, Routes, Through};
pub use site::{Guard, Host, Nowhere, Site};
pub use source::{LocalAddress, Pool, Source, Sources};
pub use tally::Tally;
pub use tls::{
    Confidence, Exclusion, Opportunistic, PolicyHost, TlsDemand, TlsFault, TlsObservation, TlsPolicy,
    TlsPolicySource, TlsQuestion, TlsVerdict,
};
pub use trusted::Trusted;

/// What a failure means, in English and French, for those who show it.
pub fn meaning(reply: &store::RemoteReply) -> (&'static str, &'static str) {
    report::meaning(classify(reply))
}
