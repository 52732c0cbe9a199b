//! Who has come by IMAP and submission, and who has tried: gathered for the owner to see, as counts by network.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use kernel::{MailboxId, TenantId, Timestamp};
use parking_lot::Mutex;

use crate::{AuthRefusal, Login, Protocol};

/// Different tries that wait to be told; beyond, they are not told.
const WAITING_COUNT_MAX: usize = 50_000;

/// What a try came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TryOutcome {
    /// Somebody is in.
    Success,
    /// The password was wrong.
    Wrong,
    /// The password was right and opens nothing by this protocol, or not now.
    NotOpen,
    /// Too many tries: nothing was looked at.
    Throttled,
}

/// Tries of one kind since the last time that they were told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tries {
    /// Whose.
    pub tenant: TenantId,
    /// At which mailbox.
    pub mailbox: MailboxId,
    /// By which protocol; never [`Protocol::Web`], whose second step is not ours.
    pub protocol: Protocol,
    /// With what result.
    pub outcome: TryOutcome,
    /// From where: the beginning of the network, 24 bits of IPv4 and 48 of IPv6.
    pub network: IpAddr,
    /// How many.
    pub count: u32,
    /// The last.
    pub at: Timestamp,
}

type Kind = (TenantId, MailboxId, Protocol, TryOutcome, IpAddr);

/// Tries that wait to be told.
#[derive(Debug, Default)]
pub(crate) struct Waiting(Mutex<HashMap<Kind, (u32, Timestamp)>>);

impl Waiting {
    pub(crate) fn note(
        &self,
        (tenant, mailbox): (TenantId, MailboxId),
        (protocol, outcome): (Protocol, TryOutcome),
        (peer, now): (IpAddr, Timestamp),
    ) {
        let mut waiting = self.0.lock();
        let kind = (tenant, mailbox, protocol, outcome, network(peer));
        if waiting.len() >= WAITING_COUNT_MAX && !waiting.contains_key(&kind) {
            return;
        }
        let known = waiting.entry(kind).or_insert((0, now));
        *known = (known.0.saturating_add(1), now);
    }

    pub(crate) fn take(&self) -> Vec<Tries> {
        let waiting = std::mem::take(&mut *self.0.lock());
        let one = |((tenant, mailbox, protocol, outcome, network), (count, at))| Tries {
            tenant,
            mailbox,
            protocol,
            outcome,
            network,
            count,
            at,
        };
        waiting.into_iter().map(one).collect()
    }
}

/// What is told of a try; none where it says nothing about its owner: the machine was busy.
pub(crate) const fn outcome(judged: &Result<Login, AuthRefusal>) -> Option<TryOutcome> {
    match judged {
        Ok(_) => Some(TryOutcome::Success),
        Err(AuthRefusal::Wrong) => Some(TryOutcome::Wrong),
        Err(AuthRefusal::Throttled { .. }) => Some(TryOutcome::Throttled),
        Err(AuthRefusal::Busy) => None,
        Err(
            AuthRefusal::Suspended
            | AuthRefusal::ProtocolOff
            | AuthRefusal::AppPasswordNeeded
            | AuthRefusal::SecondFactorMissing
            | AuthRefusal::AppPasswordExpired,
        ) => Some(TryOutcome::NotOpen),
    }
}

fn network(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V4(address) => {
            let [one, two, three, _] = address.octets();
            Ipv4Addr::new(one, two, three, 0).into()
        }
        IpAddr::V6(address) => {
            let [one, two, three, ..] = address.segments();
            Ipv6Addr::new(one, two, three, 0, 0, 0, 0, 0).into()
        }
    }
}
