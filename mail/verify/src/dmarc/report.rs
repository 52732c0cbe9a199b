//! What aggregate reports need to know beside the result: which check was aligned, and where reports may go (RFC 9990).

use resolver::{Dns, DnsError, Kind, Name, Record};

use super::evaluate::Identifiers;
use super::record::{Nearness, ReportUri};
use super::walk::{self, Walk};
use super::{Dmarc, Policies};

/// Signing domains that are compared with the author's.
const COMPARED_DOMAIN_COUNT_MAX: usize = 10;

/// Which checks passed for somebody who belongs to the author.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Aligned {
    /// A DKIM signature.
    pub dkim: bool,
    /// SPF.
    pub spf: bool,
}

/// An address that reports may go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The address, as written behind `mailto:`.
    pub address: String,
    /// Octets of the largest message that is wanted there.
    pub octets_max: Option<u64>,
}

/// Compares each check with the author by itself: a result says no more than that one of them is enough.
///
/// A domain that cannot be compared for want of DNS is not aligned.
pub async fn aligned(dns: &dyn Dns, dmarc: &Dmarc, identifiers: &Identifiers) -> Aligned {
    let (Some(author), Some(record)) = (&dmarc.author, &dmarc.record) else { return Aligned::default() };
    let mut aligned = Aligned::default();
    for name in identifiers.dkim.iter().take(COMPARED_DOMAIN_COUNT_MAX) {
        aligned.dkim = aligned.dkim || is_near(dns, author, name, record.dkim).await;
    }
    if let Some(name) = &identifiers.spf {
        aligned.spf = is_near(dns, author, name, record.spf).await;
    }
    aligned
}

async fn is_near(dns: &dyn Dns, author: &Name, name: &Name, nearness: Nearness) -> bool {
    if author == name {
        return true;
    }
    match nearness {
        Nearness::SameName => false,
        Nearness::SameOrganization => is_same_organization(dns, author, name).await.unwrap_or_default(),
    }
}

async fn is_same_organization(dns: &dyn Dns, one: &Name, other: &Name) -> Result<bool, DnsError> {
    // Names of one organisation end alike: a walk for those that do not would be in vain.
    if one.labels().next_back() != other.labels().next_back() {
        return Ok(false);
    }
    let organization = Walk::from(dns, one).await?.organization();
    Ok(other.is_within(&organization) && Walk::from(dns, other).await?.organization() == organization)
}

/// The one record that stands at `domain` itself.
///
/// # Errors
/// [`DnsError`]: it is not known whether there is one.
pub async fn published(dns: &dyn Dns, domain: &Name) -> Result<Option<Policies>, DnsError> {
    walk::record(dns, domain).await
}

/// Where reports about `domain` may go: the addresses of its record, those of other organisations only where these
/// agree in DNS (RFC 9990 section 4). Other kinds of URIs than `mailto:` are passed over.
///
/// # Errors
/// [`DnsError`]: it is not known whether somebody agrees.
pub async fn report_places(dns: &dyn Dns, domain: &Name, record: &Policies) -> Result<Vec<Place>, DnsError> {
    let mut places: Vec<Place> = Vec::new();
    for uri in record.report_uris() {
        let Some((place, host)) = place(uri) else { continue };
        let agreed = match is_same_organization(dns, domain, &host).await? {
            true => vec![place],
            false => agreed(dns, (domain, &host), place).await?,
        };
        for place in agreed {
            if places.iter().all(|known| known.address != place.address) {
                places.push(place);
            }
        }
    }
    Ok(places)
}

/// What the host of an address agrees to: the address, or others of its own in place of it, or nothing.
async fn agreed(
    dns: &dyn Dns,
    (domain, host): (&Name, &Name),
    wanted: Place,
) -> Result<Vec<Place>, DnsError> {
    let Ok(asked) = Name::parse(&format!("{domain}._report._dmarc.{host}")) else { return Ok(Vec::new()) };
    let records = match dns.ask(&asked, Kind::Txt).await {
        Ok(answer) => answer.records,
        Err(error) if error.is_absence() => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let texts = records.iter().filter_map(|record| match record {
        Record::Txt(octets) => Some(octets.as_slice()),
        _ => None,
    });
    let agreements: Vec<&[u8]> = texts.filter(|octets| is_agreement(octets)).collect();
    if agreements.is_empty() {
        return Ok(Vec::new());
    }
    let instead: Vec<ReportUri> = agreements
        .iter()
        .filter_map(|octets| Policies::parse(octets))
        .flat_map(|policies| policies.report_uris)
        .collect();
    if instead.is_empty() {
        return Ok(vec![wanted]);
    }
    // Who agrees may choose another address, of the same host: nobody is led to third parties.
    let own = instead.iter().filter_map(place).filter(|(_, other)| other == host);
    Ok(own.map(|(place, _)| place).collect())
}

/// `v=DMARC1` comes first; more need not stand there.
fn is_agreement(octets: &[u8]) -> bool {
    let text = String::from_utf8_lossy(octets);
    let first = text.split(';').next().and_then(|tag| tag.split_once('='));
    first.is_some_and(|(name, value)| name.trim().eq_ignore_ascii_case("v") && value.trim() == "DMARC1")
}

fn place(uri: &ReportUri) -> Option<(Place, Name)> {
    let (scheme, address) = uri.uri.split_once(':')?;
    let (_, host) = address.rsplit_once('@')?;
    let host = crate::domain(host)?;
    let place = Place { address: address.to_owned(), octets_max: uri.octets_max };
    scheme.eq_ignore_ascii_case("mailto").then_some((place, host))
}

#[cfg(test)]
mod tests {
    use resolver::Zone;

    use super::*;
    use crate::dmarc::evaluate;

    fn name(text: &str) -> Name {
        Name::parse(text).expect("a name")
    }

    const ZONE: &str = "\
_dmarc.example.com. TXT \"v=DMARC1; p=reject\"
_dmarc.strict.example. TXT \"v=DMARC1; p=reject; adkim=s; aspf=s\"
blue.test._report._dmarc.agrees.example. TXT \"v=DMARC1\"
blue.test._report._dmarc.moves.example. TXT \"v=DMARC1; rua=mailto:there@moves.example!1k\"
blue.test._report._dmarc.leads.example. TXT \"v=DMARC1; rua=mailto:victim@third.example\"
blue.test._report._dmarc.else.example. TXT \"v=spf1 -all\"
";

    #[tokio::test]
    async fn each_check_is_compared_by_itself() {
        let zone = Zone::parse(ZONE).expect("a zone");
        for (author, spf, dkim, expected) in [
            ("example.com", Some("example.com"), &[][..], (false, true)),
            ("example.com", Some("bounce.example.com"), &["example.com"], (true, true)),
            ("example.com", Some("other.example"), &["x.example", "a.example.com"], (true, false)),
            ("strict.example", Some("a.strict.example"), &["strict.example"], (true, false)),
            ("example.com", None, &["com"], (false, false)),
        ] {
            let identifiers = Identifiers {
                spf: spf.map(name),
                dkim: dkim.iter().map(|text| name(text)).collect(),
                ..Identifiers::default()
            };
            let dmarc = evaluate(&zone, &[name(author)], &identifiers).await;
            let found = aligned(&zone, &dmarc, &identifiers).await;
            assert_eq!((found.dkim, found.spf), expected, "{author} {spf:?} {dkim:?}");
        }
    }

    #[tokio::test]
    async fn reports_go_to_others_only_where_these_agree() {
        let zone = Zone::parse(ZONE).expect("a zone");
        for (rua, expected) in [
            ("mailto:a@blue.test!2m", &[("a@blue.test", Some(2 << 20))][..]),
            ("mailto:a@sub.blue.test", &[("a@sub.blue.test", None)]),
            ("mailto:a@agrees.example,mailto:b@silent.example", &[("a@agrees.example", None)]),
            ("mailto:a@moves.example", &[("there@moves.example", Some(1 << 10))]),
            ("mailto:a@leads.example", &[]),
            ("mailto:a@else.example", &[]),
            ("https://blue.test/r", &[]),
            ("mailto:a@blue.test,MAILTO:a@blue.test", &[("a@blue.test", None)]),
        ] {
            let record = format!("v=DMARC1; p=none; rua={rua}");
            let mut zone = zone.clone();
            zone.add(name("_dmarc.blue.test"), Record::Txt(record.clone().into_bytes()));
            let policies = published(&zone, &name("blue.test")).await.expect("an answer").expect("a record");
            let places = report_places(&zone, &name("blue.test"), &policies).await.expect("answers");
            let found: Vec<(&str, Option<u64>)> =
                places.iter().map(|place| (place.address.as_str(), place.octets_max)).collect();
            assert_eq!(found, expected, "{rua}");
        }
    }

    #[tokio::test]
    async fn while_dns_is_away_nobody_is_told_and_nobody_is_given_up() {
        let mut zone = Zone::parse(ZONE).expect("a zone");
        zone.fail(name("blue.test._report._dmarc.agrees.example"), Kind::Txt, DnsError::Timeout);
        let policies = Policies::parse(b"v=DMARC1; p=none; rua=mailto:a@agrees.example").expect("a record");
        assert!(report_places(&zone, &name("blue.test"), &policies).await.is_err());
    }
}
