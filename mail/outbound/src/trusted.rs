//! What is asked of TLS, as `trust` judges it: what people ordered, else DANE, else MTA-STS, else what is offered.

use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use async_trait::async_trait;
use directory::{Directory, TlsLevel, TlsVersion};
use kernel::{DomainName, TenantId};
use resolver::Name;
use ring::digest::{SHA256, digest};
use store::TlsWish;
use trust::{Basis, Demand, Destination, Level, Mode, NameRule, Order, Trust, TrustFault, Verdict, Wish};

use crate::outbound::Now;
use crate::tally::Tally;
use crate::tls::{
    Confidence, Exclusion, TlsDemand, TlsObservation, TlsPolicy, TlsPolicySource, TlsQuestion, TlsVerdict,
};

/// The usage of records that name an authority: the destination's name counts beside the host's (RFC 7672 section 3.1.2).
const ANCHOR_USAGE: u8 = 2;
/// Octets of the digest by which policies of one name are told apart.
const DIGEST_OCTETS: usize = 8;

/// Asks `trust`, with the orders that the directory knows.
pub struct Trusted {
    trust: Arc<Trust>,
    directory: Arc<Directory>,
    now: Now,
    tally: Option<Arc<Tally>>,
}

impl std::fmt::Debug for Trusted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Trusted")
    }
}

impl Trusted {
    /// Over `trust`, which keeps what destinations say, and `directory`, which knows what people ordered.
    pub fn new(trust: Arc<Trust>, directory: Arc<Directory>, now: Now) -> Self {
        Self { trust, directory, now, tally: None }
    }

    /// The same, counting how it went.
    #[must_use]
    pub fn counting(mut self, tally: Arc<Tally>) -> Self {
        self.tally = Some(tally);
        self
    }

    fn order(&self, question: &TlsQuestion<'_>) -> Option<Order> {
        let sender = (question.tenant, question.sender);
        self.directory.tls_policy(sender, question.domain, question.port).map(|policy| order(&policy))
    }
}

#[async_trait]
impl TlsPolicySource for Trusted {
    async fn policy(&self, question: TlsQuestion<'_>) -> Option<TlsPolicy> {
        let name = Name::parse(question.domain.as_str()).ok()?;
        let order = self.order(&question);
        let order = match question.trust {
            Confidence::Mail => order,
            Confidence::Secret => Some(order.filter(proves).unwrap_or_else(|| Order::of(Level::Verify))),
        };
        let level = order.as_ref().map(|order| order.level);
        let destination = self.trust.destination(&name, order, wish(question.wish), (self.now)()).await;
        let (mut verdicts, mut details) = (Vec::with_capacity(question.hosts.len()), String::new());
        for host in question.hosts {
            let judged = self.trust.host(&destination, (&host.name, question.port), host.security).await;
            // What differs between two policies of one name; never shown.
            let _ = match &judged {
                Ok(verdict) => write!(details, "{:?} {:?};", verdict.demand, verdict.basis),
                Err(fault) => write!(details, "{fault:?};"),
            };
            verdicts.push(told(judged, &destination));
        }
        let names_matter = level.is_some()
            || verdicts.iter().any(|verdict| match &verdict.basis {
                Basis::Dane(records) => records.iter().any(|record| record.usage == ANCHOR_USAGE),
                Basis::Nothing | Basis::Sts(_) | Basis::Order => false,
            });
        if names_matter {
            let _ = write!(details, "{destination:?}");
        }
        let word = word(level, &verdicts);
        // Where nothing is demanded all destinations are alike.
        let is_plain = verdicts.iter().all(|verdict| matches!(verdict.demand, TlsDemand::May))
            && verdicts.iter().all(|verdict| verdict.basis == Basis::Nothing);
        let name = if is_plain { word } else { format!("{word} {}", short(&details)) };
        Some(TlsPolicy { name, verdicts })
    }

    fn stamp(&self, sender: (TenantId, Option<&DomainName>), domain: &DomainName, port: u16) -> u64 {
        let Some(policy) = self.directory.tls_policy(sender, domain, port) else { return 0 };
        let mut hasher = DefaultHasher::new();
        policy.level.hash(&mut hasher);
        policy.version_min.hash(&mut hasher);
        (&policy.match_names, &policy.fingerprints).hash(&mut hasher);
        // 0 says that there is none.
        hasher.finish().max(1)
    }

    fn observed(&self, observation: &TlsObservation) {
        if let Some(tally) = &self.tally {
            tally.count(observation, (self.now)());
        }
    }
}

/// Whether an order proves whom a secret is given to.
fn proves(order: &Order) -> bool {
    match order.level {
        Level::None | Level::May | Level::Encrypt | Level::Dane => false,
        Level::DaneOnly | Level::Fingerprint | Level::Verify | Level::Secure => true,
    }
}

fn short(details: &str) -> String {
    let digest = digest(&SHA256, details.as_bytes());
    digest.as_ref().iter().take(DIGEST_OCTETS).map(|octet| format!("{octet:02x}")).collect()
}

/// What a policy is called where people see it.
fn word(level: Option<Level>, verdicts: &[TlsVerdict]) -> String {
    if let Some(level) = level {
        let level = match level {
            Level::None => "none",
            Level::May => "may",
            Level::Encrypt => "encrypt",
            Level::Dane => "dane",
            Level::DaneOnly => "dane-only",
            Level::Fingerprint => "fingerprint",
            Level::Verify => "verify",
            Level::Secure => "secure",
        };
        return format!("ordered: {level}");
    }
    let has = |wanted: fn(&Basis) -> bool| verdicts.iter().any(|verdict| wanted(&verdict.basis));
    if has(|basis| matches!(basis, Basis::Dane(_))) {
        "dane".to_owned()
    } else if has(|basis| matches!(basis, Basis::Sts(policy) if policy.mode == Mode::Enforce)) {
        "mta-sts".to_owned()
    } else if has(|basis| matches!(basis, Basis::Sts(_))) {
        "mta-sts testing".to_owned()
    } else if verdicts.iter().any(|verdict| matches!(verdict.demand, TlsDemand::Must(_))) {
        "encrypt".to_owned()
    } else {
        "may".to_owned()
    }
}

fn told(judged: Result<Verdict, TrustFault>, destination: &Destination) -> TlsVerdict {
    match judged {
        Ok(Verdict { demand, basis, .. }) => {
            let demand = match demand {
                Demand::Clear => TlsDemand::Never,
                Demand::Offered(_) => TlsDemand::May,
                Demand::Required(handshake) => TlsDemand::Must(handshake.config),
            };
            TlsVerdict { demand, basis }
        }
        Err(fault) => {
            let basis = match &fault {
                TrustFault::Dns(_) | TrustFault::NoDane => Basis::Dane(Arc::default()),
                TrustFault::NotNamed => {
                    destination.policy().map_or(Basis::Nothing, |policy| Basis::Sts(Arc::clone(policy)))
                }
                TrustFault::Unproven
                | TrustFault::Withheld
                | TrustFault::Contradiction
                | TrustFault::Order => Basis::Nothing,
            };
            let exclusion = Exclusion { reason: fault.to_string(), is_lasting: fault.is_lasting() };
            TlsVerdict { demand: TlsDemand::Excluded(exclusion), basis }
        }
    }
}

const fn wish(wish: TlsWish) -> Wish {
    match wish {
        TlsWish::Usual => Wish::Usual,
        TlsWish::Relaxed => Wish::Relaxed,
        TlsWish::Encrypted => Wish::Encrypted,
        TlsWish::Required => Wish::RequireTls,
    }
}

/// An order as the directory knows it. What was checked when it was given is not refused here: a name or a fingerprint that
/// is none matches nothing.
fn order(policy: &directory::TlsPolicy) -> Order {
    let level = match policy.level {
        TlsLevel::None => Level::None,
        TlsLevel::May => Level::May,
        TlsLevel::Encrypt => Level::Encrypt,
        TlsLevel::Dane => Level::Dane,
        TlsLevel::DaneOnly => Level::DaneOnly,
        TlsLevel::Fingerprint => Level::Fingerprint,
        TlsLevel::Verify => Level::Verify,
        TlsLevel::Secure => Level::Secure,
    };
    Order {
        level,
        names: policy.match_names.iter().filter_map(|name| NameRule::parse(name)).collect(),
        fingerprints: policy.fingerprints.iter().filter_map(|print| fingerprint(print)).collect(),
        only_tls13: policy.version_min == TlsVersion::Tls13,
    }
}

fn fingerprint(digits: &str) -> Option<[u8; 32]> {
    let mut print = [0; 32];
    for (index, octet) in print.iter_mut().enumerate() {
        *octet = u8::from_str_radix(digits.get(2 * index..2 * index + 2)?, 16).ok()?;
    }
    Some(print)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_are_read_whole_or_not_at_all() {
        assert_eq!(fingerprint(&"0a".repeat(32)), Some([10; 32]));
        for digits in ["", "0a", &"zz".repeat(32), &"\u{e9}".repeat(32)] {
            assert_eq!(fingerprint(digits), None, "{digits}");
        }
    }
}
