//! Mail from outside: who brings it is asked about, stage by stage, and each stage says what it thinks and why.
//!
//! DNS that is slow, lying or gone never loses mail: a question without an answer makes a peer come again once, and then
//! its mail is taken with a mark.

mod connection;
mod content;
mod dnsbl;
mod network;
mod patient;
mod port;
mod recipient;
mod sender;
mod tally;
mod verdict;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

pub use dnsbl::OnListing;
use ipnet::IpNet;
use listener::{Peers, Seat};
pub use port::{ContentStage, Offered, Placement, PlacementStage};
use resolver::{Dns, Name};
use store::Retries;
use verify::iprev::Iprev;
use verify::spf::Spf;

pub(crate) use self::content::Judged;
use self::dnsbl::Dnsbl;
use self::network::Faults;
pub(crate) use self::network::{Fault, network};
pub use self::tally::DmarcTally;
pub use self::verdict::{Action, Stage, Verdict};

/// What an operator sets for mail from outside.
#[derive(Debug, Clone)]
pub struct InboundSettings {
    /// Peers that are not checked: our own machines, a foreign MX in front.
    pub trusted_networks: Vec<IpNet>,
    /// Peers that pass on mail of others: their mail is not refused for DMARC.
    pub trusted_forwarders: Vec<IpNet>,
    /// Sealers of ARC whose word counts against a failure of DMARC.
    pub trusted_sealers: Vec<Name>,
    /// Authors whose mail is not refused for DMARC.
    pub dmarc_exempt_domains: Vec<Name>,
    /// Lists to ask about peers.
    pub dnsbls: Vec<(Name, OnListing)>,
    /// Whether what the author's domain wants done is done.
    pub honours_dmarc: bool,
    /// How long a suspicious peer has to wait before it comes again; none to let it in at once.
    pub greylisting_wait: Option<Duration>,
    /// How long a suspicious peer waits for the greeting: who talks before it is no mail server.
    pub greeting_wait: Duration,
    /// Open connections per network.
    pub connections_per_network_max: usize,
}

/// What the stages share.
pub struct Inbound {
    settings: InboundSettings,
    dns: Arc<dyn Dns>,
    retries: Retries,
    dnsbls: Vec<Dnsbl>,
    networks: Peers,
    faults: Faults,
    content_stages: Vec<Arc<dyn ContentStage>>,
    placement_stage: Option<Arc<dyn PlacementStage>>,
    tally: Option<Arc<DmarcTally>>,
}

impl std::fmt::Debug for Inbound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inbound").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Inbound {
    /// The stages over DNS and a memory of who was asked to come again.
    pub fn new(settings: InboundSettings, dns: Arc<dyn Dns>, retries: Retries) -> Self {
        let dnsbls =
            settings.dnsbls.iter().map(|(zone, on_listing)| Dnsbl::new(zone.clone(), *on_listing)).collect();
        Self {
            settings,
            dns,
            retries,
            dnsbls,
            networks: Peers::default(),
            faults: Faults::default(),
            content_stages: Vec::new(),
            placement_stage: None,
            tally: None,
        }
    }

    /// Adds a stage that judges whole messages, such as a spam filter; they are asked in the order in which they were added.
    #[must_use]
    pub fn judged_by(mut self, stage: Arc<dyn ContentStage>) -> Self {
        self.content_stages.push(stage);
        self
    }

    /// Sets the stage that decides where a mailbox keeps a message: its owner's rules, the quarantine.
    #[must_use]
    pub fn placed_by(mut self, stage: Arc<dyn PlacementStage>) -> Self {
        self.placement_stage = Some(stage);
        self
    }

    /// Counts what the checks find, for reports to those that ask for them.
    #[must_use]
    pub fn counting(mut self, tally: Arc<DmarcTally>) -> Self {
        self.tally = Some(tally);
        self
    }

    /// Whether mail of this peer is checked.
    pub(crate) fn checks(&self, peer: IpAddr) -> bool {
        !is_within(&self.settings.trusted_networks, peer)
    }
}

fn is_within(networks: &[IpNet], address: IpAddr) -> bool {
    let address = address.to_canonical();
    networks.iter().any(|network| network.contains(&address))
}

/// What was found out about a peer so far.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    /// Its place in its network, for as long as it is here.
    counted: Option<Seat>,
    iprev: Option<Iprev>,
    /// The list for which its mail is refused.
    refused_by: Option<Name>,
    /// What is odd about the connection, the name it gave, and the sender.
    peer_oddities: Vec<&'static str>,
    helo_oddities: Vec<&'static str>,
    sender_oddities: Vec<&'static str>,
    /// What DNS left open about the sender: noted, and held against nobody.
    sender_doubts: Vec<&'static str>,
    spf: Option<Spf>,
}

impl Facts {
    /// Whether it has to show that it comes again: one oddity happens to everybody.
    fn is_suspicious(&self) -> bool {
        self.oddities().count() >= 2 || self.peer_oddities.contains(&"dnsbl_suspect")
    }

    /// What the stages before the message noted: what a message that is taken is told with.
    pub(crate) fn noted(&self) -> impl Iterator<Item = &'static str> {
        self.oddities().chain(self.sender_doubts.iter().copied())
    }

    /// What SPF says of the sender; none where it is not asked.
    pub(crate) const fn spf(&self) -> Option<&Spf> {
        self.spf.as_ref()
    }

    fn oddities(&self) -> impl Iterator<Item = &'static str> {
        self.peer_oddities.iter().chain(&self.helo_oddities).chain(&self.sender_oddities).copied()
    }
}
