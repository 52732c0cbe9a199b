//! From which of our addresses mail leaves: pools of them, by plan, and one of a pool for each tenant.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use directory::Directory;
use kernel::{DomainName, Id as _, PlanId, TenantId};
use ring::digest::{Context, SHA256};
use store::LeasedMessage;

/// An address of this machine, with the name that leads to it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LocalAddress {
    /// The address.
    pub address: IpAddr,
    /// The name that is given at EHLO: its own address leads back to it (RFC 5321 section 4.1.1.1).
    pub hello: DomainName,
}

/// Addresses that have one reputation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pool {
    /// What it is called, without blanks.
    pub name: String,
    /// Services of these plans send from it.
    pub plans: Vec<PlanId>,
    /// Its addresses, of either family.
    pub addresses: Vec<LocalAddress>,
}

/// Where connections begin: for a tenant always at the same addresses, one of each family.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Source {
    pool: Option<Arc<str>>,
    v4: Option<LocalAddress>,
    v6: Option<LocalAddress>,
    /// Where the system chooses the address.
    hello: DomainName,
}

impl Source {
    /// The system's choice, or `address` towards hosts of its family.
    pub fn free(hello: DomainName, address: Option<IpAddr>) -> Self {
        let local = address.map(|address| LocalAddress { address, hello: hello.clone() });
        let (v4, v6) = match local {
            Some(local) if local.address.is_ipv4() => (Some(local), None),
            local => (None, local),
        };
        Self { pool: None, v4, v6, hello }
    }

    /// The address to call `at` from, where it is not the system's choice, and the name to give; none where the pool has
    /// no address of that family.
    pub(crate) fn towards(&self, at: SocketAddr) -> Option<(Option<IpAddr>, &DomainName)> {
        let local = if at.is_ipv4() { &self.v4 } else { &self.v6 };
        match (local, &self.pool) {
            (Some(local), _) => Some((Some(local.address), &local.hello)),
            (None, None) => Some((None, &self.hello)),
            (None, Some(_)) => None,
        }
    }

    /// As operators and traces see it: the pool, and one address of it where that is known; none where there are no pools.
    pub(crate) fn told(&self, address: Option<IpAddr>) -> Option<String> {
        let pool = self.pool.as_ref()?;
        Some(match address {
            Some(address) => format!("{pool} {address}"),
            None => pool.to_string(),
        })
    }
}

impl fmt::Display for Source {
    /// What tells two sources apart.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for local in [&self.v4, &self.v6].into_iter().flatten() {
            write!(f, "{} {},", local.address, local.hello)?;
        }
        f.write_str(self.pool.as_deref().unwrap_or_default())
    }
}

/// Which source whose mail has.
#[derive(Debug, Clone)]
pub struct Sources {
    /// Where there are no pools.
    free: Arc<Source>,
    pools: Vec<Pool>,
}

impl Sources {
    /// One for everybody.
    pub fn of_all(source: Source) -> Self {
        Self { free: Arc::new(source), pools: Vec::new() }
    }

    /// By plan; the first pool is that of everybody else, and of what no mailbox here has sent. `hello` is given where
    /// there are no pools.
    pub fn of_pools(pools: Vec<Pool>, hello: DomainName) -> Self {
        Self { free: Arc::new(Source::free(hello, None)), pools }
    }

    /// The source of most of a tenant's mail.
    pub(crate) fn usual(&self, directory: &Directory, tenant: TenantId) -> Arc<Source> {
        self.by(tenant, || directory.newest_plan(tenant))
    }

    /// The source of a message. Reports, which have no sender, and what goes on for strangers are nobody's mailing: they
    /// leave from the first pool.
    pub(crate) fn of_message(&self, directory: &Directory, message: &LeasedMessage) -> Arc<Source> {
        let mailbox = message.mailbox.filter(|_| message.sender.is_some());
        let tenant = message.tenant;
        // Of a mailbox that is gone what its account ordered last still counts: its mail was paid for.
        let plan_of = |mailbox| directory.plan_of(tenant, mailbox).or_else(|| directory.newest_plan(tenant));
        self.by(tenant, || mailbox.and_then(plan_of))
    }

    fn by(&self, tenant: TenantId, plan: impl Fn() -> Option<PlanId>) -> Arc<Source> {
        let Some(first) = self.pools.first() else { return Arc::clone(&self.free) };
        let named = if self.pools.len() > 1 { plan() } else { None };
        let named = named.and_then(|plan| self.pools.iter().find(|pool| pool.plans.contains(&plan)));
        let pool = named.unwrap_or(first);
        let of = |is_v4: bool| {
            let family = pool.addresses.iter().filter(|local| local.address.is_ipv4() == is_v4);
            family.max_by_key(|local| weight(tenant, local.address)).cloned()
        };
        let hello = self.free.hello.clone();
        Arc::new(Source { pool: Some(pool.name.as_str().into()), v4: of(true), v6: of(false), hello })
    }
}

/// Of the addresses of a pool a tenant has the one that weighs most: where one comes or goes, only those move that get
/// it or had it.
fn weight(tenant: TenantId, address: IpAddr) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    context.update(tenant.uuid().as_bytes());
    match address {
        IpAddr::V4(address) => context.update(&address.octets()),
        IpAddr::V6(address) => context.update(&address.octets()),
    }
    let mut weight = [0; 32];
    weight.copy_from_slice(context.finish().as_ref());
    weight
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use uuid::Uuid;

    fn name(text: &str) -> DomainName {
        DomainName::parse(text).expect("a name")
    }

    fn pool(name_of: &str, addresses: &[&str]) -> Pool {
        let local = |text: &&str| LocalAddress {
            address: text.parse().expect("an address"),
            hello: name("out.us.example"),
        };
        Pool { name: name_of.to_owned(), plans: Vec::new(), addresses: addresses.iter().map(local).collect() }
    }

    fn chosen(pools: Vec<Pool>, tenant: u128) -> (Option<IpAddr>, Option<IpAddr>) {
        let sources = Sources::of_pools(pools, name("us.example"));
        let source = sources.by(TenantId::new(Uuid::from_u128(tenant)), || None);
        let at = |text: &str| text.parse().expect("an address");
        let of = |at: SocketAddr| source.towards(at).and_then(|(address, _)| address);
        (of(at("192.0.2.1:25")), of(at("[2001:db8::1]:25")))
    }

    #[test]
    fn a_tenant_keeps_its_address_and_only_those_move_whose_address_comes_or_goes() {
        let all = ["198.51.100.1", "198.51.100.2", "198.51.100.3", "198.51.100.4"];
        let mut counts: BTreeMap<IpAddr, u32> = BTreeMap::new();
        for tenant in 0..400 {
            let (four, six) = chosen(vec![pool("shared", &all)], tenant);
            let four = four.expect("an address");
            assert_eq!(six, None, "nothing leaves from an address that is not of the pool");
            *counts.entry(four).or_default() += 1;
            let (fewer, _) = chosen(vec![pool("shared", &all[..3])], tenant);
            let is_gone = four.to_string() == all[3];
            assert!(is_gone || fewer == Some(four), "{four} stays");
        }
        assert!(counts.len() == 4 && counts.values().all(|count| *count > 60), "{counts:?}");
    }

    #[test]
    fn the_system_chooses_where_there_are_no_pools() {
        let free = Source::free(name("us.example"), Some("198.51.100.1".parse().expect("an address")));
        let at = |text: &str| text.parse::<SocketAddr>().expect("an address");
        let us = name("us.example");
        assert_eq!(
            free.towards(at("192.0.2.1:25")),
            Some((free.v4.as_ref().map(|local| local.address), &us))
        );
        assert_eq!(free.towards(at("[2001:db8::1]:25")), Some((None, &us)));
        assert_eq!(free.told(None), None);
    }
}
