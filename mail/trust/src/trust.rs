//! The judgement: for a destination once, then for each of its hosts.

use std::sync::Arc;

use kernel::Timestamp;
use resolver::{Dns, DnsError, Kind, Name, Record, Security};
use rustls_pki_types::ServerName;

use crate::check::{Check, Named};
use crate::sts::{Known, StsCache};
use crate::{
    Basis, Demand, Fetch, Level, Mode, NameRule, Order, Policy, Shop, TLSA_COUNT_MAX, Tlsa, Verdict, Wish,
};

/// Why nothing can be demanded of a host: it is passed over; where none is left, mail waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TrustFault {
    /// DNS did not tell whether the host has TLSA records: whoever is silent or lies gets nothing (RFC 7672 section 2.1).
    #[error("DNS did not tell whether the host is protected by DANE: {0}")]
    Dns(DnsError),
    /// The destination's MTA-STS policy does not name the host (RFC 8461 section 4.1).
    #[error("the MTA-STS policy of the destination does not name this host")]
    NotNamed,
    /// DANE was ordered and the host has no TLSA records that are proven.
    #[error("DANE is demanded and the host has no proven TLSA records")]
    NoDane,
    /// The message demands REQUIRETLS and nothing proves the host. For ever: it goes back (5.7.30, RFC 8689 section 5).
    #[error("REQUIRETLS is demanded and nothing proves this host")]
    Unproven,
    /// The same, but a policy that would prove it may exist: it was announced and could not be fetched, or DNS was silent.
    #[error("REQUIRETLS is demanded and the destination's policy could not be fetched")]
    Withheld,
    /// Encryption was ordered off, and the sender's mailbox demands it. For ever: it goes back.
    #[error("TLS is switched off for the destination and demanded by the sender")]
    Contradiction,
    /// A name or fingerprint of the order is none, or rustls has no protocol left.
    #[error("what was ordered for this destination cannot be done")]
    Order,
}

impl TrustFault {
    /// Whether trying again helps.
    pub const fn is_lasting(self) -> bool {
        matches!(self, Self::Unproven | Self::Contradiction)
    }
}

/// A destination with everything that was said about it.
#[derive(Debug, Clone)]
pub struct Destination {
    name: Name,
    order: Option<Order>,
    wish: Wish,
    known: Known,
}

impl Destination {
    /// The MTA-STS policy that holds, where DANE does not go before it.
    pub const fn policy(&self) -> Option<&Arc<Policy>> {
        self.known.policy.as_ref()
    }
}

/// Judges hosts.
pub struct Trust {
    dns: Arc<dyn Dns>,
    fetch: Arc<dyn Fetch>,
    cache: StsCache,
    shop: Shop,
}

impl Trust {
    /// One that asks `dns`, fetches policies by `fetch` and trusts what `shop` trusts.
    pub fn new(dns: Arc<dyn Dns>, fetch: Arc<dyn Fetch>, shop: Shop) -> Self {
        Self { dns, fetch, cache: StsCache::default(), shop }
    }

    /// The policies that are remembered: kept over a restart, they cannot be withheld (RFC 8461 section 5.1).
    pub const fn cache(&self) -> &StsCache {
        &self.cache
    }

    /// What is known of a destination: the domain of recipients, or the host that its mail is handed to instead.
    pub async fn destination(
        &self,
        name: &Name,
        order: Option<Order>,
        wish: Wish,
        now: Timestamp,
    ) -> Destination {
        // REQUIRETLS asks for proof, which an order does not waive.
        let asks = match wish {
            Wish::RequireTls => true,
            Wish::Usual | Wish::Encrypted => order.is_none(),
            Wish::Relaxed => false,
        };
        let known = if asks {
            self.cache.policy(&*self.dns, &*self.fetch, name, now).await
        } else {
            Known::default()
        };
        Destination { name: name.clone(), order, wish, known }
    }

    /// What is demanded of `host`, one of the destination's. `route` says whether the answer that named it was proven:
    /// an unproven one proves nothing about the destination, whatever records the host has (RFC 7672 section 2.2.1).
    ///
    /// # Errors
    /// [`TrustFault`].
    pub async fn host(
        &self,
        destination: &Destination,
        (host, port): (&Name, u16),
        route: Security,
    ) -> Result<Verdict, TrustFault> {
        let verdict = match &destination.order {
            // What is ordered leaves open whom it is handed to: what the destination itself says proves it, or nothing does.
            Some(order) if destination.wish == Wish::RequireTls && leaves_open(order) => {
                self.usual(destination, (host, port), (route, order.only_tls13)).await?
            }
            Some(order) => self.ordered(destination, order, (host, port), route).await?,
            None if destination.wish == Wish::Relaxed => self.offered(Basis::Nothing, false)?,
            None => self.usual(destination, (host, port), (route, false)).await?,
        };
        self.wished(destination, verdict)
    }

    /// DANE over MTA-STS over what is offered.
    async fn usual(
        &self,
        destination: &Destination,
        place: (&Name, u16),
        (route, only_tls13): (Security, bool),
    ) -> Result<Verdict, TrustFault> {
        if let Some(records) = self.tlsa(place, route).await? {
            return self.dane(destination, place.0, records, only_tls13);
        }
        let Some(policy) = destination.policy() else { return self.offered(Basis::Nothing, only_tls13) };
        let basis = Basis::Sts(Arc::clone(policy));
        match policy.mode {
            Mode::None => self.offered(Basis::Nothing, only_tls13),
            Mode::Testing => self.offered(basis, only_tls13),
            Mode::Enforce if !policy.names(place.0) => Err(TrustFault::NotNamed),
            Mode::Enforce => {
                let names = vec![Named::Exact(server_name(place.0)?)];
                self.required(Check::Public { roots: self.shop.roots(), names }, basis, only_tls13)
            }
        }
    }

    async fn ordered(
        &self,
        destination: &Destination,
        order: &Order,
        place: (&Name, u16),
        route: Security,
    ) -> Result<Verdict, TrustFault> {
        let only_tls13 = order.only_tls13;
        match order.level {
            Level::None => {
                Ok(Verdict { demand: Demand::Clear, basis: Basis::Order, requires_keyword: false })
            }
            Level::May => self.offered(Basis::Order, only_tls13),
            Level::Encrypt => self.required(Check::Nothing, Basis::Order, only_tls13),
            Level::Dane | Level::DaneOnly => match self.tlsa(place, route).await? {
                Some(records) => {
                    let is_usable = records.iter().any(Tlsa::is_usable);
                    if order.level == Level::DaneOnly && !is_usable {
                        return Err(TrustFault::NoDane);
                    }
                    self.dane(destination, place.0, records, only_tls13)
                }
                None if order.level == Level::DaneOnly => Err(TrustFault::NoDane),
                None => self.offered(Basis::Order, only_tls13),
            },
            Level::Fingerprint => {
                let check = Check::Fingerprints(order.fingerprints.clone());
                self.required(check, Basis::Order, only_tls13)
            }
            Level::Verify | Level::Secure => {
                let usual = if order.level == Level::Verify {
                    vec![NameRule::Host]
                } else {
                    vec![NameRule::Destination, NameRule::BelowDestination]
                };
                let rules = if order.names.is_empty() { &usual } else { &order.names };
                let names = rules.iter().map(|rule| named(rule, &destination.name, place.0));
                let names = names.collect::<Result<Vec<_>, _>>()?;
                let check = Check::Public { roots: self.shop.roots(), names };
                self.required(check, Basis::Order, only_tls13)
            }
        }
    }

    /// Adds what the message or its sender asks.
    fn wished(&self, destination: &Destination, mut verdict: Verdict) -> Result<Verdict, TrustFault> {
        match (destination.wish, &verdict.demand) {
            (Wish::Usual | Wish::Relaxed, _) | (Wish::Encrypted, Demand::Required(_)) => {}
            (Wish::Encrypted, Demand::Clear) => return Err(TrustFault::Contradiction),
            (Wish::Encrypted, Demand::Offered(tls)) => {
                verdict.demand = Demand::Required(tls.clone());
            }
            (Wish::RequireTls, Demand::Required(_))
                if is_proof(&verdict.basis, destination.order.as_ref()) =>
            {
                verdict.requires_keyword = true;
            }
            (Wish::RequireTls, _) if destination.known.is_withheld => return Err(TrustFault::Withheld),
            (Wish::RequireTls, _) => return Err(TrustFault::Unproven),
        }
        Ok(verdict)
    }

    /// Proven TLSA records of a host, usable or not; none where it has none or nothing is proven.
    async fn tlsa(
        &self,
        (host, port): (&Name, u16),
        route: Security,
    ) -> Result<Option<Vec<Tlsa>>, TrustFault> {
        if route == Security::Insecure || !self.is_proven(host).await? {
            return Ok(None);
        }
        let name = Name::parse(&format!("_{port}._tcp.{host}")).map_err(|_| TrustFault::Order)?;
        let answer = match self.dns.ask(&name, Kind::Tlsa).await {
            Ok(answer) if answer.security == Security::Secure => answer,
            Ok(_) => return Ok(None),
            Err(error) if error.is_absence() => return Ok(None),
            Err(error) => return Err(TrustFault::Dns(error)),
        };
        let records = answer.records.into_iter().filter_map(|record| match record {
            Record::Tlsa { usage, selector, matching, association } => {
                Some(Tlsa { usage, selector, matching, association })
            }
            _ => None,
        });
        Ok(Some(records.take(TLSA_COUNT_MAX).collect()))
    }

    /// Whether the addresses of a host are proven: where they are not, its TLSA records cannot be, and are not even asked
    /// for (RFC 7672 section 2.2.2).
    async fn is_proven(&self, host: &Name) -> Result<bool, TrustFault> {
        let mut is_proven = false;
        for kind in [Kind::A, Kind::Aaaa] {
            match self.dns.ask(host, kind).await {
                Ok(answer) if answer.security == Security::Insecure => return Ok(false),
                Ok(_) => is_proven = true,
                Err(error) if error.is_absence() => {}
                Err(error) => return Err(TrustFault::Dns(error)),
            }
        }
        Ok(is_proven)
    }

    /// Records of which none can be used demand TLS, without saying whose (RFC 7672 section 2.2).
    fn dane(
        &self,
        destination: &Destination,
        host: &Name,
        records: Vec<Tlsa>,
        only_tls13: bool,
    ) -> Result<Verdict, TrustFault> {
        let basis = Basis::Dane(records.clone().into());
        let records: Vec<Tlsa> = records.into_iter().filter(Tlsa::is_usable).collect();
        if records.is_empty() {
            return self.required(Check::Nothing, basis, only_tls13);
        }
        let names = vec![Named::Exact(server_name(host)?), Named::Exact(server_name(&destination.name)?)];
        self.required(Check::Dane { records, names }, basis, only_tls13)
    }

    fn required(&self, check: Check, basis: Basis, only_tls13: bool) -> Result<Verdict, TrustFault> {
        let config = self.shop.make(check, only_tls13).map_err(|_| TrustFault::Order)?;
        Ok(Verdict { demand: Demand::Required(config), basis, requires_keyword: false })
    }

    fn offered(&self, basis: Basis, only_tls13: bool) -> Result<Verdict, TrustFault> {
        let config = self.shop.make(Check::Nothing, only_tls13).map_err(|_| TrustFault::Order)?;
        Ok(Verdict { demand: Demand::Offered(config), basis, requires_keyword: false })
    }
}

/// Whether an order, obeyed, may leave unproven who the host is, without forbidding TLS.
fn leaves_open(order: &Order) -> bool {
    !proves(order) && !matches!(order.level, Level::None | Level::DaneOnly)
}

/// Whether an order, obeyed, proves who the host is: by a certificate, or by names that were chosen beforehand. `hostname` is
/// whatever host the MX names, and whoever forged that has a certificate for it.
fn proves(order: &Order) -> bool {
    let names_the_host = order.names.contains(&NameRule::Host);
    match order.level {
        Level::Fingerprint => true,
        Level::Secure => !names_the_host,
        // Without names it asks for that of the host.
        Level::Verify => !order.names.is_empty() && !names_the_host,
        Level::None | Level::May | Level::Encrypt | Level::Dane | Level::DaneOnly => false,
    }
}

/// Whether a demand that stands on it proves who the host is: a name that whoever ordered it chose, or a certificate, does so
/// whatever MX led there.
fn is_proof(basis: &Basis, order: Option<&Order>) -> bool {
    match basis {
        Basis::Nothing => false,
        Basis::Sts(policy) => policy.mode == Mode::Enforce,
        Basis::Dane(records) => records.iter().any(Tlsa::is_usable),
        // What is ordered without proof does not waive it: REQUIRETLS asks for more.
        Basis::Order => order.is_some_and(proves),
    }
}

fn server_name(name: &Name) -> Result<ServerName<'static>, TrustFault> {
    ServerName::try_from(name.as_str().to_owned()).map_err(|_| TrustFault::Order)
}

fn named(rule: &NameRule, destination: &Name, host: &Name) -> Result<Named, TrustFault> {
    Ok(match rule {
        NameRule::Exact(name) => Named::Exact(server_name(name)?),
        NameRule::Below(name) => Named::Below(name.as_str().to_owned()),
        NameRule::Destination => Named::Exact(server_name(destination)?),
        NameRule::BelowDestination => Named::Below(destination.as_str().to_owned()),
        NameRule::Host => Named::Exact(server_name(host)?),
    })
}
