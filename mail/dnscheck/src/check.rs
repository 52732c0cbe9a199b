//! Asking and judging.

use std::net::IpAddr;

use futures_util::future::join_all;
use resolver::{Dns, DnsError, Kind, Name, Record};

use crate::expected::{Data, DkimKey, Expected, Platform, Role, expected};
use crate::judge::{Checked, Judged, MISSING, Reason, State, UNANSWERED, judge, shown, texts};
use crate::spf::{LOOKUP_COUNT_MAX, Walked, addresses, is_spf, walk};

/// Most aliases that lead from a name to where it should.
const ALIAS_COUNT_MAX: usize = 8;
/// Most values of one name that are shown.
const SHOWN_COUNT_MAX: usize = 16;

/// Asks for all records of a domain at once and judges them. As long as its slowest questions, which the resolver
/// bounds.
pub async fn check(dns: &dyn Dns, platform: &Platform, domain: &Name, keys: &[DkimKey]) -> Vec<Checked> {
    let wanted = expected(platform, domain, keys);
    join_all(wanted.into_iter().map(|wanted| one(dns, (platform, domain), wanted))).await
}

async fn one(dns: &dyn Dns, (platform, domain): (&Platform, &Name), wanted: Expected) -> Checked {
    let found = dns.ask(&wanted.name, wanted.data.kind()).await.map(|answer| answer.records);
    let mut lookup_count = None;
    let (mut current, judged): (Vec<String>, Judged) = match (&wanted.data, wanted.role) {
        (Data::Cname(target), _) => alias(dns, (&wanted.name, target), found).await,
        (_, Role::Spf) => {
            let (current, judged, count) = spf(dns, platform, (&wanted.name, found)).await;
            lookup_count = count;
            (current, judged)
        }
        _ => {
            let mut judged = judge(&wanted, found.as_deref().map_err(|error| *error), &platform.exchanges);
            if wanted.role == Role::Sts && judged.0 == State::Good && !names_all(dns, platform, domain).await
            {
                judged = (State::Wrong, Reason::HostsNotNamed);
            }
            (found.unwrap_or_default().iter().map(shown).collect(), judged)
        }
    };
    current.truncate(SHOWN_COUNT_MAX);
    Checked { expected: wanted, current, state: judged.0, reason: judged.1, lookup_count }
}

/// Whether the MTA-STS policy names every host that the MX records of a domain name (RFC 8461 section 4.1). Where DNS does
/// not say, nothing is wrong with the policy.
async fn names_all(dns: &dyn Dns, platform: &Platform, domain: &Name) -> bool {
    let Ok(answer) = dns.ask(domain, Kind::Mx).await else { return true };
    let is_named = |host: &Name| {
        let text = host.to_string();
        let parent = text.split_once('.').map(|(_, parent)| parent);
        platform.exchanges.contains(host)
            || platform.sts_hosts.iter().any(|named| match named.strip_prefix("*.") {
                Some(below) => parent == Some(below),
                None => *named == text,
            })
    };
    answer.records.iter().all(|record| match record {
        Record::Mx { exchange: Some(host), .. } => is_named(host),
        _ => true,
    })
}

/// An alias, a chain of aliases, or the same addresses.
async fn alias(
    dns: &dyn Dns,
    (name, target): (&Name, &Name),
    found: Result<Vec<Record>, DnsError>,
) -> (Vec<String>, Judged) {
    let mut records = match found {
        Ok(records) => records,
        Err(error) if error.is_absence() => return by_addresses(dns, name, target).await,
        Err(_) => return (Vec::new(), UNANSWERED),
    };
    let current: Vec<String> = records.iter().map(shown).collect();
    for step in 0..ALIAS_COUNT_MAX {
        match records.as_slice() {
            [Record::Cname(next)] if next == target => {
                let reason = if step == 0 { Reason::Same } else { Reason::Sufficient };
                return (current, (State::Good, reason));
            }
            [Record::Cname(next)] => match dns.ask(next, Kind::Cname).await {
                Ok(answer) => records = answer.records,
                Err(_) => break,
            },
            _ => return (current, (State::Duplicate, Reason::Several)),
        }
    }
    (current, (State::Wrong, Reason::Other))
}

/// A name with addresses of its own does as well, where they are those of the target. IPv6 may be left out.
async fn by_addresses(dns: &dyn Dns, name: &Name, target: &Name) -> (Vec<String>, Judged) {
    let (own, wanted) = futures_util::join!(addresses(dns, name), addresses(dns, target));
    let current = own.iter().map(IpAddr::to_string).collect();
    let judged = if own.is_empty() {
        MISSING
    } else if own.iter().all(|address| wanted.contains(address)) {
        (State::Good, Reason::SameAddresses)
    } else {
        (State::Wrong, Reason::Other)
    };
    (current, judged)
}

async fn spf(
    dns: &dyn Dns,
    platform: &Platform,
    (domain, found): (&Name, Result<Vec<Record>, DnsError>),
) -> (Vec<String>, Judged, Option<usize>) {
    let records = match found {
        Ok(records) => records,
        Err(error) if error.is_absence() => Vec::new(),
        Err(_) => return (Vec::new(), UNANSWERED, None),
    };
    let policies: Vec<String> = texts(&records).filter(|text| is_spf(text)).collect();
    let mut lookup_count = None;
    let judged = match policies.as_slice() {
        [] => MISSING,
        [text] => {
            let walked = walk(dns, (domain, text), platform.spf.as_ref()).await;
            lookup_count = Some(walked.lookup_count);
            allowed(&walked, &addresses(dns, &platform.host).await)
        }
        // Receivers give up on all of them (RFC 7208 section 4.5).
        _ => (State::Duplicate, Reason::Several),
    };
    (policies, judged, lookup_count)
}

fn allowed(walked: &Walked, ours: &[IpAddr]) -> Judged {
    if walked.lookup_count > LOOKUP_COUNT_MAX {
        (State::Wrong, Reason::TooManyLookups)
    } else if walked.is_broken {
        (State::Wrong, Reason::Malformed)
    } else if walked.allows_all {
        (State::Wrong, Reason::EverybodyAllowed)
    } else if walked.allows(ours) {
        (State::Good, Reason::Sufficient)
    } else {
        (State::Wrong, Reason::HostsNotAllowed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expected::Dav;
    use crate::file::zone_file;
    use resolver::Zone;

    fn name(text: &str) -> Name {
        Name::parse(text).expect("a name")
    }

    fn platform() -> Platform {
        Platform {
            exchanges: vec![name("mx1.host.example"), name("mx2.host.example")],
            host: name("mail.host.example"),
            pages: name("panel.host.example"),
            https: 443,
            imaps: Some(993),
            submissions: Some(465),
            submission: Some(587),
            dav: Some(Dav { host: name("dav.host.example"), port: 443, path: "/SOGo/dav/".to_owned() }),
            spf: None,
            sts_id: Some("20261125".to_owned()),
            sts_hosts: vec!["backup.customer.example".to_owned(), "*.pool.example".to_owned()],
        }
    }

    const HOSTS: &str = "$ORIGIN host.example.\nmx1 A 192.0.2.1\nmx2 A 192.0.2.2\nmail A 192.0.2.1\npanel A 192.0.2.3\n\
                         panel AAAA 2001:db8::3\n_spf TXT \"v=spf1 ip4:192.0.2.0/24 -all\"\n";

    async fn checked(platform: &Platform, zone: &str) -> Vec<Checked> {
        let zone = Zone::parse(&format!("{HOSTS}\n$ORIGIN c.example.\n{zone}")).expect("a zone");
        let keys =
            [DkimKey { selector: "s1".to_owned(), text: format!("v=DKIM1; k=rsa; p={}", "A".repeat(392)) }];
        check(&zone, platform, &name("c.example"), &keys).await
    }

    async fn judged(role: Role, zone: &str) -> Judged {
        let all = checked(&platform(), zone).await;
        all.iter().find(|one| one.expected.role == role).map(|one| (one.state, one.reason)).expect("the role")
    }

    #[tokio::test]
    async fn what_the_zone_file_says_is_what_is_wanted() {
        let keys =
            [DkimKey { selector: "s1".to_owned(), text: format!("v=DKIM1; k=rsa; p={}", "A".repeat(392)) }];
        for spf in [None, Some(name("_spf.host.example"))] {
            let platform = Platform { spf, ..platform() };
            let file = zone_file(&name("c.example"), &expected(&platform, &name("c.example"), &keys));
            let all = checked(&platform, &file).await;
            assert_eq!(all.len(), 18);
            for one in all {
                assert_eq!(one.state, State::Good, "{one:?}");
            }
        }
    }

    #[tokio::test]
    async fn an_empty_zone_lacks_everything() {
        assert!(checked(&platform(), "").await.iter().all(|one| (one.state, one.reason) == MISSING));
    }

    #[tokio::test]
    async fn each_way_to_be_wrong_has_its_reason() {
        use Reason::{
            EverybodyAllowed, HostsNotAllowed, HostsNotNamed, Malformed, Other, OtherExchanges, SameAddresses,
        };
        use Reason::{Several, Sufficient, TooManyLookups};
        use State::{Duplicate, Good, Wrong};
        let many: String = (0..11).map(|index| format!(" a:h{index}.c.example")).collect();
        let many = format!("@ TXT \"v=spf1 ip4:192.0.2.1{many} -all\"\n");
        for (role, zone, judged_as) in [
            (Role::Exchange, "@ MX 10 mx.elsewhere.example.\n", (Wrong, Other)),
            (Role::Exchange, "@ MX 0 .\n", (Wrong, Other)),
            (Role::Exchange, "@ MX 5 mx1.host.example.\n@ MX 10 old.example.\n", (Wrong, OtherExchanges)),
            (Role::Exchange, "@ MX 1 mx1.host.example.\n@ MX 2 mx1.host.example.\n", (Duplicate, Several)),
            (Role::AutoconfigHost, "autoconfig CNAME elsewhere.example.\n", (Wrong, Other)),
            (Role::AutoconfigHost, "autoconfig CNAME a\na CNAME panel.host.example.\n", (Good, Sufficient)),
            (Role::AutoconfigHost, "autoconfig CNAME autoconfig\n", (Wrong, Other)),
            (Role::AutoconfigHost, "autoconfig A 192.0.2.3\n", (Good, SameAddresses)),
            (Role::AutoconfigHost, "autoconfig A 192.0.2.9\n", (Wrong, Other)),
            (
                Role::AutodiscoverService,
                "_autodiscover._tcp SRV 0 1 80 panel.host.example.\n",
                (Wrong, Other),
            ),
            (Role::Spf, "@ TXT \"v=spf1 ip4:192.0.2.1 -all\"\n", (Good, Sufficient)),
            (Role::Spf, "@ TXT \"v=spf1 redirect=_spf.host.example\"\n", (Good, Sufficient)),
            (Role::Spf, "@ TXT \"v=spf1 include:o -all\"\n", (Wrong, Malformed)),
            (
                Role::Spf,
                "@ TXT \"v=spf1 include:i.c.example -all\"\ni TXT \"v=spf1 a:mail.host.example\"\n",
                (Good, Sufficient),
            ),
            (Role::Spf, "@ TXT \"v=spf1 include:c.example -all\"\n", (Wrong, TooManyLookups)),
            (Role::Spf, "@ TXT \"v=spf1 -all\"\n", (Wrong, HostsNotAllowed)),
            (Role::Spf, "@ TXT \"v=spf1 +all\"\n", (Wrong, EverybodyAllowed)),
            (Role::Spf, "@ TXT \"v=spf1 -all\"\n@ TXT \"v=spf1 mx -all\"\n", (Duplicate, Several)),
            (Role::Spf, "@ TXT \"v=spf10 x\"\n", MISSING),
            (Role::Spf, &many, (Wrong, TooManyLookups)),
            (Role::Dmarc, "_dmarc TXT \"v=DMARC1; p=none\"\n", (Good, Sufficient)),
            (Role::Dmarc, "_dmarc TXT \"v=DMARC1; p=maybe\"\n", (Wrong, Malformed)),
            (Role::Dmarc, "_dmarc TXT \"DMARC1; p=none\"\n", (Wrong, Malformed)),
            (
                Role::Dmarc,
                "_dmarc TXT \"v=DMARC1; p=none\"\n_dmarc TXT \"v=DMARC1; p=reject\"\n",
                (Duplicate, Several),
            ),
            (Role::Dkim, "s1._domainkey TXT \"v=DKIM1; p=AAAA\"\n", (Wrong, Other)),
            (Role::Dkim, "s1._domainkey TXT \"v=DKIM1\"\n", (Wrong, Malformed)),
            (Role::TlsReport, "_smtp._tls TXT \"v=TLSRPTv1; rua=ftp://x\"\n", (Wrong, Malformed)),
            (Role::ServicePath, "_caldavs._tcp TXT \"PATH=/SOGo/dav/\"\n", (Good, Reason::Same)),
            (Role::ServicePath, "_caldavs._tcp TXT \"path=/sogo/dav/\"\n", (Wrong, Other)),
            (Role::ServicePath, "_caldavs._tcp TXT \"/SOGo/dav/\"\n", (Wrong, Malformed)),
            (
                Role::ServicePath,
                "_caldavs._tcp TXT \"path=/SOGo/dav/\"\n_caldavs._tcp TXT \"path=/\"\n",
                (Duplicate, Several),
            ),
            (Role::Sts, "_mta-sts TXT \"v=STSv1; id=1;\"\n", (Good, Sufficient)),
            (
                Role::Sts,
                "_mta-sts TXT \"v=STSv1; id=1;\"\n@ MX 1 mx1.host.example.\n@ MX 9 backup.customer.example.\n\
                 @ MX 9 a.pool.example.\n",
                (Good, Sufficient),
            ),
            (
                Role::Sts,
                "_mta-sts TXT \"v=STSv1; id=1;\"\n@ MX 1 mx1.host.example.\n@ MX 9 a.b.pool.example.\n",
                (Wrong, HostsNotNamed),
            ),
        ] {
            assert_eq!(judged(role, zone).await, judged_as, "{zone}");
        }
    }

    #[tokio::test]
    async fn the_look_ups_that_spf_asks_of_receivers_are_counted() {
        for (zone, count) in [
            ("@ TXT \"v=spf1 ip4:192.0.2.1 -all\"\n", Some(0)),
            ("@ TXT \"v=spf1 redirect=_spf.host.example\"\n", Some(1)),
            (
                "@ TXT \"v=spf1 a mx:c.example include:_spf.host.example -all\"\n@ MX 1 mx1.host.example.\n",
                Some(3),
            ),
            ("", None),
        ] {
            let all = checked(&platform(), zone).await;
            let of = |role| all.iter().find(|one| one.expected.role == role).and_then(|one| one.lookup_count);
            assert_eq!((of(Role::Spf), of(Role::Dmarc)), (count, None), "{zone}");
        }
    }

    #[tokio::test]
    async fn silence_of_dns_is_no_absence() {
        let mut zone = Zone::new();
        for kind in [Kind::Mx, Kind::Txt] {
            zone.fail(name("c.example"), kind, DnsError::Timeout);
        }
        let all = check(&zone, &platform(), &name("c.example"), &[]).await;
        let of = |role| all.iter().find(|one| one.expected.role == role).map(|one| one.state);
        assert_eq!((of(Role::Exchange), of(Role::Spf)), (Some(State::Unknown), Some(State::Unknown)));
    }
}
