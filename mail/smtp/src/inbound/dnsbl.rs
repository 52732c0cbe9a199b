//! Lists of addresses that send unwanted mail, asked by DNS (RFC 5782).

use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use resolver::{Dns, DnsError, Kind, Name, Record, reverse_name};

/// Longest wait for one list.
const LIST_WAIT: Duration = Duration::from_secs(2);
/// How long a list is taken for what its test points said.
const HEALTH_KEPT: Duration = Duration::from_secs(900);
/// Codes that say that the question is refused, and nothing of the address.
const ERROR_CODES: [u8; 3] = [127, 255, 255];

/// What a listing leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OnListing {
    /// Mail is refused.
    Refuse,
    /// The peer is suspicious: it has to come again.
    Suspect,
}

/// One list with what is known of its health.
#[derive(Debug)]
pub(crate) struct Dnsbl {
    zone: Name,
    on_listing: OnListing,
    /// When its test points were asked, and whether they were right.
    health: Mutex<Option<(Instant, bool)>>,
}

impl Dnsbl {
    pub(crate) const fn new(zone: Name, on_listing: OnListing) -> Self {
        Self { zone, on_listing, health: Mutex::new(None) }
    }

    pub(crate) fn zone(&self) -> &Name {
        &self.zone
    }

    /// What follows for `address`; none where it is not listed, or the list cannot be believed.
    pub(crate) async fn judge(&self, dns: &dyn Dns, address: IpAddr) -> Option<OnListing> {
        let asked = async { self.is_healthy(dns).await && self.lists(dns, address).await.unwrap_or(false) };
        tokio::time::timeout(LIST_WAIT, asked).await.unwrap_or(false).then_some(self.on_listing)
    }

    /// A list that lists everything, nothing, or refuses us says nothing: its test points tell (RFC 5782 section 5).
    async fn is_healthy(&self, dns: &dyn Dns) -> bool {
        let known = *self.health.lock();
        if let Some((_, is_healthy)) = known.filter(|(at, _)| at.elapsed() < HEALTH_KEPT) {
            return is_healthy;
        }
        let test = |last| IpAddr::V4(Ipv4Addr::new(127, 0, 0, last));
        let is_healthy =
            self.lists(dns, test(2)).await == Ok(true) && self.lists(dns, test(1)).await == Ok(false);
        if !is_healthy && known.is_none_or(|(_, was_healthy)| was_healthy) {
            tracing::warn!(list = %self.zone, "a list fails its test points and is not asked for a while");
        }
        *self.health.lock() = Some((Instant::now(), is_healthy));
        is_healthy
    }

    async fn lists(&self, dns: &dyn Dns, address: IpAddr) -> Result<bool, DnsError> {
        let reverse = reverse_name(address);
        let suffix = if address.is_ipv4() { ".in-addr.arpa" } else { ".ip6.arpa" };
        let labels = reverse.as_str().strip_suffix(suffix).unwrap_or_default();
        let name = Name::parse(&format!("{labels}.{}", self.zone)).map_err(|_| DnsError::Failed)?;
        match dns.ask(&name, Kind::A).await {
            Ok(answer) => {
                Ok(answer.records.iter().any(|record| matches!(record, Record::A(code) if is_listing(*code))))
            }
            Err(error) if error.is_absence() => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// 127.0.0.0/8 but its error codes; anything else is somebody who answers for names that do not exist.
fn is_listing(code: Ipv4Addr) -> bool {
    let octets = code.octets();
    octets[0] == 127 && octets[..3] != ERROR_CODES
}

#[cfg(test)]
mod tests {
    use resolver::Zone;

    use super::*;

    #[tokio::test]
    async fn a_list_is_believed_where_its_test_points_are_right() {
        let healthy = "2.0.0.127.bl.example. A 127.0.0.2\n7.2.0.192.bl.example. A 127.0.0.4\n";
        for (zone, address, judged) in [
            (healthy, "192.0.2.7", Some(OnListing::Refuse)),
            (healthy, "192.0.2.8", None),
            ("7.2.0.192.bl.example. A 127.0.0.4\n", "192.0.2.7", None),
            (
                "2.0.0.127.bl.example. A 127.255.255.254\n7.2.0.192.bl.example. A 127.255.255.254\n",
                "192.0.2.7",
                None,
            ),
            (
                "2.0.0.127.bl.example. A 127.0.0.2\n7.2.0.192.bl.example. A 127.255.255.252\n",
                "192.0.2.7",
                None,
            ),
            ("2.0.0.127.bl.example. A 127.0.0.2\n7.2.0.192.bl.example. A 198.51.100.1\n", "192.0.2.7", None),
            (
                "2.0.0.127.bl.example. A 127.0.0.2\n1.0.0.127.bl.example. A 127.0.0.2\n7.2.0.192.bl.example. A 127.0.0.2\n",
                "192.0.2.7",
                None,
            ),
        ] {
            let list = Dnsbl::new(Name::parse("bl.example").expect("a name"), OnListing::Refuse);
            let dns = Zone::parse(zone).expect("a zone");
            assert_eq!(list.judge(&dns, address.parse().expect("an address")).await, judged, "{zone}");
        }
    }
}
