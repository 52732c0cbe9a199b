//! Questions, answers, and who answers.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::Name;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// IPv4 addresses.
    A,
    /// IPv6 addresses.
    Aaaa,
    /// The name that it stands for.
    Cname,
    /// Hosts that take mail for it.
    Mx,
    /// Servers of its zone.
    Ns,
    /// The name of an address.
    Ptr,
    /// Servers of a service (RFC 2782).
    Srv,
    /// Certificates that its servers may show (RFC 6698).
    Tlsa,
    /// Text.
    Txt,
}

/// One record of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Record {
    /// RFC 1035 section 3.4.1.
    A(Ipv4Addr),
    /// RFC 3596 section 2.2.
    Aaaa(Ipv6Addr),
    /// RFC 1035 section 3.3.1.
    Cname(Name),
    /// RFC 1035 section 3.3.9; no exchange is the root: a null MX where it stands alone (RFC 7505 section 3).
    Mx {
        /// The lowest is asked first.
        preference: u16,
        /// The host; none for `.`.
        exchange: Option<Name>,
    },
    /// RFC 1035 section 3.3.11.
    Ns(Name),
    /// RFC 1035 section 3.3.12.
    Ptr(Name),
    /// RFC 2782; no target says that there is no such service here.
    Srv {
        /// The lowest is asked first.
        priority: u16,
        /// Shares among those of one priority.
        weight: u16,
        /// The port.
        port: u16,
        /// The host; none for `.`.
        target: Option<Name>,
    },
    /// RFC 6698 section 2.1: usage, selector, matching type, and what must match, as they stand.
    Tlsa {
        /// 0 to 3.
        usage: u8,
        /// 0 the certificate, 1 its key.
        selector: u8,
        /// 0 whole, 1 SHA-256, 2 SHA-512.
        matching: u8,
        /// The octets to match.
        association: Vec<u8>,
    },
    /// The strings of one record, joined (RFC 7208 section 3.3). Octets: nothing says that they are UTF-8.
    Txt(Vec<u8>),
}

/// Whether the answer is proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Security {
    /// Signatures were validated from the root down, here (RFC 4035 section 4.3).
    Secure,
    /// The zone is not signed, or nobody validated.
    Insecure,
}

/// Records of the asked kind; never empty. Aliases (CNAME) were followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The records, in no order.
    pub records: Vec<Record>,
    /// Whether they are proven, with the aliases that led to them.
    pub security: Security,
    /// How long they may be kept.
    pub ttl: Duration,
}

/// Why there are no records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DnsError {
    /// There is no such name (NXDOMAIN).
    #[error("there is no such name")]
    NoName(Security),
    /// The name has no records of this kind (NODATA).
    #[error("the name has no such records")]
    NoRecords(Security),
    /// Signatures do not hold: somebody lies, or the zone is broken (RFC 4035 section 4.3).
    #[error("the answer is not validly signed")]
    Bogus,
    /// Nobody answered in time.
    #[error("DNS did not answer in time")]
    Timeout,
    /// It was not asked: nobody has answered anything for a while.
    #[error("DNS does not answer at the moment")]
    Unasked,
    /// The servers failed, or their answer was none.
    #[error("DNS failed")]
    Failed,
}

impl DnsError {
    /// Whether the question was answered: there is nothing. Anything else may be otherwise in a while.
    pub const fn is_absence(self) -> bool {
        matches!(self, Self::NoName(_) | Self::NoRecords(_))
    }
}

/// Answers questions. Every implementation has its own deadline, at most 15 seconds for a question.
#[async_trait]
pub trait Dns: Send + Sync + 'static {
    /// Records of `kind` at `name`.
    ///
    /// # Errors
    /// [`DnsError`]; also where there are none.
    async fn ask(&self, name: &Name, kind: Kind) -> Result<Answer, DnsError>;
}

#[async_trait]
impl<D: Dns + ?Sized> Dns for Arc<D> {
    async fn ask(&self, name: &Name, kind: Kind) -> Result<Answer, DnsError> {
        (**self).ask(name, kind).await
    }
}

/// The name under which the PTR records of an address stand (RFC 1035 section 3.5, RFC 3596 section 2.5).
pub fn reverse_name(address: IpAddr) -> Name {
    let text = match address {
        IpAddr::V4(address) => {
            let [a, b, c, d] = address.octets();
            format!("{d}.{c}.{b}.{a}.in-addr.arpa")
        }
        IpAddr::V6(address) => {
            let nibbles = address.octets().into_iter().rev().flat_map(|octet| [octet & 0xf, octet >> 4]);
            nibbles.map(|nibble| format!("{nibble:x}.")).collect::<String>() + "ip6.arpa"
        }
    };
    Name::parse(&text).expect("digits and dots are a name")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_reverse_names() {
        let name = |text: &str| reverse_name(text.parse().expect("an address")).to_string();
        assert_eq!(name("192.0.2.1"), "1.2.0.192.in-addr.arpa");
        assert_eq!(
            name("2001:db8::567:89ab"),
            "b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"
        );
    }
}
