//! Whether the name of an address leads back to it (RFC 8601 section 3; forward-confirmed reverse DNS).

use std::net::IpAddr;

use resolver::{Dns, DnsError, Kind, Name, Record, reverse_name};

/// Names of one address that are looked at (RFC 7208 section 4.6.4 has the same limit).
const NAME_COUNT_MAX: usize = 10;

/// What the names of an address say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Iprev {
    /// This name leads back to it.
    Pass(Name),
    /// It has names and none leads back.
    Fail,
    /// It has no name.
    Permerror,
    /// DNS did not say.
    Temperror,
}

impl Iprev {
    /// The word of RFC 8601 section 2.7.3.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Pass(_) => "pass",
            Self::Fail => "fail",
            Self::Permerror => "permerror",
            Self::Temperror => "temperror",
        }
    }
}

/// Asks for the names of `address` and for their addresses.
pub async fn check(dns: &dyn Dns, address: IpAddr) -> Iprev {
    let address = address.to_canonical();
    let names = match names(dns, address).await {
        Ok(names) => names,
        Err(error) if error.is_absence() => return Iprev::Permerror,
        Err(_) => return Iprev::Temperror,
    };
    let mut is_unsure = false;
    for name in names {
        match has_address(dns, &name, address).await {
            Ok(true) => return Iprev::Pass(name),
            Ok(false) => {}
            Err(_) => is_unsure = true,
        }
    }
    if is_unsure { Iprev::Temperror } else { Iprev::Fail }
}

/// The names that stand at the reverse name of `address`, ten at most.
pub(crate) async fn names(dns: &dyn Dns, address: IpAddr) -> Result<Vec<Name>, DnsError> {
    let answer = dns.ask(&reverse_name(address), Kind::Ptr).await?;
    let names = answer.records.into_iter().filter_map(|record| match record {
        Record::Ptr(name) => Some(name),
        _ => None,
    });
    Ok(names.take(NAME_COUNT_MAX).collect())
}

/// Whether `address` is among the addresses of `name`.
pub(crate) async fn has_address(dns: &dyn Dns, name: &Name, address: IpAddr) -> Result<bool, DnsError> {
    let (kind, record) = match address {
        IpAddr::V4(address) => (Kind::A, Record::A(address)),
        IpAddr::V6(address) => (Kind::Aaaa, Record::Aaaa(address)),
    };
    match dns.ask(name, kind).await {
        Ok(answer) => Ok(answer.records.contains(&record)),
        Err(error) if error.is_absence() => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use resolver::Zone;

    use super::*;

    #[tokio::test]
    async fn a_name_counts_where_it_leads_back() {
        let mut zone = Zone::parse(
            "1.2.0.192.in-addr.arpa. PTR liar.example.\n1.2.0.192.in-addr.arpa. PTR mail.example.\n\
             mail.example. A 192.0.2.1\nliar.example. A 192.0.2.9\n2.2.0.192.in-addr.arpa. PTR liar.example.\n",
        )
        .expect("a zone");
        let address = |text: &str| text.parse::<IpAddr>().expect("an address");
        let mail = Name::parse("mail.example").expect("a name");
        zone.fail(reverse_name(address("192.0.2.4")), Kind::Ptr, DnsError::Timeout);
        for (text, result) in [
            ("192.0.2.1", Iprev::Pass(mail.clone())),
            ("::ffff:192.0.2.1", Iprev::Pass(mail)),
            ("192.0.2.2", Iprev::Fail),
            ("192.0.2.3", Iprev::Permerror),
            ("192.0.2.4", Iprev::Temperror),
        ] {
            assert_eq!(check(&zone, address(text)).await, result, "{text}");
        }
    }
}
