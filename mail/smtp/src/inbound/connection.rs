//! Who connects, and what it calls itself.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use futures_util::future::{join, join_all};
use listener::WireError;
use verify::iprev::{self, Iprev};

use super::{Action, Fault, Inbound, OnListing, Stage, Verdict, network};
use crate::reply::Reply;
use crate::session::Session;

/// Longest wait for what DNS says of a peer before it is greeted.
const PEER_WAIT: Duration = Duration::from_secs(5);
/// What each fault costs more than the one before, until [`TARPIT_WAIT_MAX`].
const TARPIT_STEP: Duration = Duration::from_secs(1);
/// Longest wait for a fault.
const TARPIT_WAIT_MAX: Duration = Duration::from_secs(20);

const TOO_MANY: Reply = Reply::new(421, "4.7.0", "Too many connections from your network, try again later");
const TOO_EARLY: Reply = Reply::new(554, "5.5.1", "Wait for the greeting before you talk");
const OUR_NAME: Reply = Reply::new(550, "5.7.1", "That is our name, not yours");

impl Session<'_> {
    /// Looks at the peer before it is greeted. What it is to be told in place of a greeting, if anything.
    pub(crate) async fn meet(&mut self) -> Result<Option<Reply>, WireError> {
        let Some(inbound) = self.inbound() else { return Ok(None) };
        let mut verdict = Verdict::new(Stage::Connection, Action::Accept);
        let Some(counted) =
            inbound.networks.seat(network(self.peer), inbound.settings.connections_per_network_max)
        else {
            verdict.add(Action::Defer, "network_limit");
            self.tell(&verdict);
            return Ok(Some(TOO_MANY));
        };
        self.facts.counted = Some(counted);
        self.look_at_peer(inbound, &mut verdict).await;
        let refusal = match self.facts.peer_oddities.is_empty() {
            true => None,
            false => self.wait_for_silence(inbound.settings.greeting_wait, &mut verdict).await?,
        };
        self.tell(&verdict);
        Ok(refusal)
    }

    async fn look_at_peer(&mut self, inbound: &Inbound, verdict: &mut Verdict) {
        let dns = &*inbound.dns;
        let asked = join(iprev::check(dns, self.peer), inbound.listings(self.peer));
        // No answer in time is no reason to think badly of anybody.
        let (iprev, listings) =
            tokio::time::timeout(PEER_WAIT, asked).await.unwrap_or((Iprev::Temperror, Vec::new()));
        match iprev {
            Iprev::Pass(_) | Iprev::Temperror => {}
            Iprev::Fail => self.facts.peer_oddities.push("name_not_confirmed"),
            Iprev::Permerror => self.facts.peer_oddities.push("no_name"),
        }
        self.facts.iprev = Some(iprev);
        for (zone, on_listing) in listings {
            match on_listing {
                OnListing::Refuse => self.facts.refused_by = Some(zone),
                OnListing::Suspect => self.facts.peer_oddities.push("dnsbl_suspect"),
            }
        }
        if self.facts.refused_by.is_some() {
            self.facts.peer_oddities.push("dnsbl");
        }
        for oddity in &self.facts.peer_oddities {
            verdict.add(Action::Mark, oddity);
        }
    }

    /// Waits a little before the greeting: who talks meanwhile does not read what servers say.
    async fn wait_for_silence(
        &mut self,
        wait: Duration,
        verdict: &mut Verdict,
    ) -> Result<Option<Reply>, WireError> {
        match self.wire.read(wait).await {
            Err(WireError::Silent) => Ok(None),
            Ok(()) => {
                verdict.add(Action::Refuse, "early_talker");
                Ok(Some(TOO_EARLY))
            }
            Err(error) => Err(error),
        }
    }

    /// Looks at the name that the peer gives itself.
    pub(crate) fn judge_helo(&mut self, name: &str) -> Result<(), Reply> {
        if self.inbound().is_none() {
            return Ok(());
        }
        let mut verdict = Verdict::new(Stage::Helo, Action::Accept);
        self.facts.helo_oddities.clear();
        if name.trim_end_matches('.').eq_ignore_ascii_case(self.server.settings.hostname.as_str()) {
            verdict.add(Action::Refuse, "helo_is_ours");
        }
        let is_literal = name.starts_with('[') && name.ends_with(']');
        if !is_literal && verify::domain(name).is_none_or(|name| name.labels().nth(1).is_none()) {
            self.facts.helo_oddities.push("helo_is_no_name");
            verdict.add(Action::Mark, "helo_is_no_name");
        }
        self.tell(&verdict);
        if verdict.action == Action::Refuse { Err(OUR_NAME) } else { Ok(()) }
    }

    /// Makes whoever errs often wait, by a timer: longer each time, whatever the connection.
    pub(crate) async fn tarpit(&mut self) {
        let wait = TARPIT_STEP.saturating_mul(self.fault(Fault::Any).saturating_sub(1)).min(TARPIT_WAIT_MAX);
        tokio::time::sleep(wait).await;
    }

    /// Counts a fault; how many of its kind are kept of the peer's network. None of one that is trusted, or of a user.
    pub(crate) fn fault(&self, fault: Fault) -> u32 {
        self.inbound().map_or(0, |inbound| inbound.faults.count(self.peer, fault, Instant::now()))
    }

    /// A message was taken: it makes good for a fault.
    pub(crate) fn forgive(&self) {
        if let Some(inbound) = self.inbound() {
            inbound.faults.forgive(self.peer, Instant::now());
        }
    }
}

impl Inbound {
    /// The lists that have the peer. Addresses that are nobody's on the Internet are on none.
    async fn listings(&self, peer: IpAddr) -> Vec<(resolver::Name, OnListing)> {
        let peer = peer.to_canonical();
        if !is_public(peer) {
            return Vec::new();
        }
        let asked =
            self.dnsbls.iter().map(async |list| (list.zone().clone(), list.judge(&*self.dns, peer).await));
        let told = join_all(asked).await;
        told.into_iter().filter_map(|(zone, on_listing)| Some((zone, on_listing?))).collect()
    }
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !(address.is_loopback() || address.is_private() || address.is_link_local()),
        IpAddr::V6(address) => {
            !(address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local())
        }
    }
}
