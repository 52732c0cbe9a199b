//! From identifiers to what is wanted (RFC 9989 sections 4.10, 5.3, 5.4).

use futures_util::future::join_all;
use resolver::{Dns, DnsError, Kind, Name};

use super::record::Nearness;
use super::walk::Walk;
use super::{Dmarc, DmarcResult, Policies, Policy};
use crate::dkim::{Dkim, DkimResult};
use crate::spf::{Spf, SpfResult};

/// Domains that are compared by a walk of their own; those of the author's name need none.
const WALKED_DOMAIN_COUNT_MAX: usize = 10;

/// Who stands behind a message: domains of checks that passed, and of those that could not be made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identifiers {
    /// The domain of MAIL FROM (or EHLO, where MAIL FROM is empty), where SPF passed.
    pub spf: Option<Name>,
    /// The domains of signatures that passed.
    pub dkim: Vec<Name>,
    /// The domain that SPF was asked for, where DNS did not answer.
    pub unsure_spf: Option<Name>,
    /// The domains of signatures that could not be checked, since DNS did not answer.
    pub unsure_dkim: Vec<Name>,
}

impl Identifiers {
    /// Those of what the checks found. A signature whose domain only tests is none (RFC 6376 section 3.6.1).
    pub fn of(spf: Option<&Spf>, dkim: &[Dkim]) -> Self {
        let by_spf = |result| spf.filter(|spf| spf.result == result).and_then(|spf| spf.domain.clone());
        let by_dkim = |result| {
            let found = dkim.iter().filter(move |dkim| dkim.result == result && !dkim.is_testing);
            found.filter_map(|dkim| dkim.domain.clone()).collect()
        };
        Self {
            spf: by_spf(SpfResult::Pass),
            dkim: by_dkim(DkimResult::Pass),
            unsure_spf: by_spf(SpfResult::Temperror),
            unsure_dkim: by_dkim(DkimResult::Temperror),
        }
    }
}

/// Judges a message for every author: the worst counts, so that a second author hides nothing. All are asked about at once,
/// so that none holds up another.
pub async fn evaluate(dns: &dyn Dns, authors: &[Name], identifiers: &Identifiers) -> Dmarc {
    let mut worst: Option<Dmarc> = None;
    for found in join_all(authors.iter().map(|author| one(dns, author, identifiers))).await {
        if worst.as_ref().is_none_or(|known| severity(&found) > severity(known)) {
            worst = Some(found);
        }
    }
    worst.unwrap_or_else(|| Dmarc {
        result: DmarcResult::Permerror,
        reason: "the message has no author".to_owned(),
        author: None,
        policy_domain: None,
        organization: None,
        policy: Policy::None,
        is_testing: false,
        record: None,
    })
}

fn severity(dmarc: &Dmarc) -> (u8, Policy) {
    let rank = match dmarc.result {
        DmarcResult::Pass => 0,
        DmarcResult::None => 1,
        DmarcResult::Permerror => 2,
        DmarcResult::Temperror => 3,
        DmarcResult::Fail => 4,
    };
    (rank, dmarc.policy)
}

async fn one(dns: &dyn Dns, author: &Name, identifiers: &Identifiers) -> Dmarc {
    let told = |result, reason: String| Dmarc {
        result,
        reason,
        author: Some(author.clone()),
        policy_domain: None,
        organization: None,
        policy: Policy::None,
        is_testing: false,
        record: None,
    };
    let begun = match Walk::begin(dns, author).await {
        Ok(walk) => walk,
        Err(error) => return told(DmarcResult::Temperror, error.to_string()),
    };
    // Most mail: the author's own record, and a check that passed for the same name. Nobody else need be asked.
    if let (Some(policies), Some(what)) = (begun.own(), same_name(author, identifiers)) {
        return Dmarc {
            policy_domain: Some(author.clone()),
            policy: if policies.is_testing { policies.own.milder() } else { policies.own },
            is_testing: policies.is_testing,
            record: Some(policies.clone()),
            ..told(DmarcResult::Pass, format!("{what} passed for the author's domain"))
        };
    }
    let walk = match begun.climb(dns).await {
        Ok(walk) => walk,
        Err(error) => return told(DmarcResult::Temperror, error.to_string()),
    };
    let organization = walk.organization();
    let Some((place, policies)) = walk.policies() else {
        return Dmarc {
            organization: Some(organization),
            ..told(DmarcResult::None, "no policy is published".to_owned())
        };
    };
    let mut dmarc = Dmarc {
        policy_domain: Some(place.clone()),
        organization: Some(organization.clone()),
        is_testing: policies.is_testing,
        record: Some(policies.clone()),
        ..told(DmarcResult::Pass, String::new())
    };
    let result = match near(dns, author, &organization, policies, identifiers).await {
        Ok(Some(reason)) => Ok((DmarcResult::Pass, reason)),
        Ok(None) if could_be_near(dns, author, &organization, policies, identifiers).await => {
            Ok((DmarcResult::Temperror, "a check could not be made for want of DNS".to_owned()))
        }
        Ok(None) => Ok((DmarcResult::Fail, "neither SPF nor DKIM passed for the author's domain".to_owned())),
        Err(error) => Err(error),
    };
    (dmarc.result, dmarc.reason) = result.unwrap_or_else(|error| (DmarcResult::Temperror, error.to_string()));
    match wanted(dns, author, place, policies).await {
        Ok(policy) => dmarc.policy = if policies.is_testing { policy.milder() } else { policy },
        Err(error) if dmarc.result == DmarcResult::Fail => {
            (dmarc.result, dmarc.reason) = (DmarcResult::Temperror, error.to_string());
        }
        Err(_) => {}
    }
    dmarc
}

/// The policy that applies to the author.
async fn wanted(dns: &dyn Dns, author: &Name, place: &Name, policies: &Policies) -> Result<Policy, DnsError> {
    if author == place {
        return Ok(policies.own);
    }
    let below = policies.below.unwrap_or(policies.own);
    match policies.absent {
        // A name exists unless DNS says that it does not (RFC 8020).
        Some(absent) => match dns.ask(author, Kind::A).await {
            Err(DnsError::NoName(_)) => Ok(absent),
            Ok(_) | Err(DnsError::NoRecords(_)) => Ok(below),
            Err(error) => Err(error),
        },
        None => Ok(below),
    }
}

/// Which check passed for the very name of the author.
fn same_name(author: &Name, identifiers: &Identifiers) -> Option<&'static str> {
    if identifiers.dkim.contains(author) {
        return Some("DKIM");
    }
    (identifiers.spf.as_ref() == Some(author)).then_some("SPF")
}

/// Why somebody who stands behind the message belongs to the author; none where nobody does.
async fn near(
    dns: &dyn Dns,
    author: &Name,
    organization: &Name,
    policies: &Policies,
    identifiers: &Identifiers,
) -> Result<Option<String>, DnsError> {
    if let Some(what) = same_name(author, identifiers) {
        return Ok(Some(format!("{what} passed for the author's domain")));
    }
    let dkim = identifiers.dkim.iter().map(|name| ("DKIM", name, policies.dkim));
    let all = dkim.chain(identifiers.spf.iter().map(|name| ("SPF", name, policies.spf)));
    let mut failure = None;
    let related = all.filter(|(_, name, nearness)| may_be_related(name, organization, *nearness));
    for (what, name, _) in related.take(WALKED_DOMAIN_COUNT_MAX) {
        match Walk::from(dns, name).await {
            Ok(walk) if walk.organization() == *organization => {
                return Ok(Some(format!("{what} passed for {name} of the same organisation")));
            }
            Ok(_) => {}
            Err(error) => failure = Some(error),
        }
    }
    failure.map_or(Ok(None), Err)
}

/// Whether a check that could not be made might have passed for the author: a stranger's DNS that is silent tells nothing
/// of it. Where the organisation itself is not known, it might.
async fn could_be_near(
    dns: &dyn Dns,
    author: &Name,
    organization: &Name,
    policies: &Policies,
    identifiers: &Identifiers,
) -> bool {
    let dkim = identifiers.unsure_dkim.iter().map(|name| (name, policies.dkim));
    let all = || dkim.clone().chain(identifiers.unsure_spf.iter().map(|name| (name, policies.spf)));
    if all().any(|(name, _)| name == author) {
        return true;
    }
    for (walk_count, (name, _)) in
        all().filter(|(name, nearness)| may_be_related(name, organization, *nearness)).enumerate()
    {
        if walk_count >= WALKED_DOMAIN_COUNT_MAX {
            return true;
        }
        match Walk::from(dns, name).await {
            Ok(walk) if walk.organization() != *organization => {}
            Ok(_) | Err(_) => return true,
        }
    }
    false
}

/// Whether a walk from `name` could end at the organisation: it has one domain above all that are of it.
fn may_be_related(name: &Name, organization: &Name, nearness: Nearness) -> bool {
    nearness == Nearness::SameOrganization && name.is_within(organization)
}

#[cfg(test)]
mod tests {
    use resolver::Zone;

    use super::*;

    const ZONE: &str = "\
_dmarc.example.com. TXT \"v=DMARC1; p=reject; sp=quarantine; np=reject\"
www.example.com. A 192.0.2.1
_dmarc.strict.example. TXT \"v=DMARC1; p=reject; adkim=s; aspf=s\"
_dmarc.test.example. TXT \"v=DMARC1; p=reject; t=y\"
_dmarc.own.example.com. TXT \"v=DMARC1; p=none; psd=n\"
";

    fn name(text: &str) -> Name {
        Name::parse(text).expect("a name")
    }

    async fn judged(
        zone: &Zone,
        authors: &[&str],
        spf: Option<&str>,
        dkim: &[&str],
    ) -> (DmarcResult, Policy) {
        let authors: Vec<Name> = authors.iter().map(|text| name(text)).collect();
        let dkim = dkim.iter().map(|text| name(text)).collect();
        let identifiers = Identifiers { spf: spf.map(name), dkim, ..Identifiers::default() };
        let dmarc = evaluate(zone, &authors, &identifiers).await;
        (dmarc.result, dmarc.policy)
    }

    #[tokio::test]
    async fn authors_are_judged_by_who_stands_behind_them() {
        use DmarcResult::{Fail, None as NoPolicy, Pass};
        use Policy::{None as Nothing, Quarantine, Reject};
        let zone = Zone::parse(ZONE).expect("a zone");
        for (authors, spf, dkim, result) in [
            (&["example.com"][..], None, &["example.com"][..], (Pass, Reject)),
            (&["example.com"], None, &["mail.example.com"], (Pass, Reject)),
            (&["example.com"], Some("bounce.example.com"), &[], (Pass, Reject)),
            (&["example.com"], Some("badexample.com"), &["com", "example.net"], (Fail, Reject)),
            (&["www.example.com"], None, &["other.example.com"], (Pass, Quarantine)),
            (&["www.example.com"], None, &[], (Fail, Quarantine)),
            (&["nothing.example.com"], None, &[], (Fail, Reject)),
            (&["example.com"], None, &["own.example.com"], (Fail, Reject)),
            (&["strict.example"], None, &["mail.strict.example"], (Fail, Reject)),
            (&["strict.example"], Some("strict.example"), &[], (Pass, Reject)),
            (&["test.example"], None, &[], (Fail, Quarantine)),
            (&["silent.example"], None, &[], (NoPolicy, Nothing)),
            (&["silent.example", "example.com"], None, &["silent.example"], (Fail, Reject)),
        ] {
            assert_eq!(judged(&zone, authors, spf, dkim).await, result, "{authors:?} {spf:?} {dkim:?}");
        }
    }

    #[tokio::test]
    async fn nothing_fails_for_good_while_dns_is_away() {
        let mut zone = Zone::parse(ZONE).expect("a zone");
        zone.fail(name("_dmarc.example.com"), Kind::Txt, DnsError::Timeout);
        assert_eq!(judged(&zone, &["example.com"], None, &[]).await.0, DmarcResult::Temperror);
        // What is above the author's name need not answer where the name itself says enough.
        let mut zone = Zone::parse(ZONE).expect("a zone");
        zone.fail(name("_dmarc.com"), Kind::Txt, DnsError::Timeout);
        assert_eq!(judged(&zone, &["example.com"], None, &["example.com"]).await.0, DmarcResult::Pass);
        assert_eq!(judged(&zone, &["example.com"], None, &[]).await.0, DmarcResult::Temperror);
    }

    #[tokio::test]
    async fn a_check_that_could_not_be_made_counts_where_it_could_speak_for_the_author() {
        use DmarcResult::{Fail, Temperror};
        let mut zone = Zone::parse(ZONE).expect("a zone");
        zone.fail(name("_dmarc.dark.example.com"), Kind::Txt, DnsError::Failed);
        for (author, spf, dkim, result) in [
            ("example.com", Some("example.com"), &[][..], Temperror),
            ("example.com", Some("bounce.example.com"), &[], Temperror),
            ("example.com", None, &["attacker.example", "mail.example.com"], Temperror),
            // Silent DNS of strangers says nothing of the author.
            ("example.com", Some("attacker.example"), &["attacker.example"], Fail),
            ("example.com", None, &["badexample.com", "com"], Fail),
            // A name below that is an organisation of its own; one of which that is not known.
            ("example.com", None, &["own.example.com"], Fail),
            ("example.com", None, &["dark.example.com"], Temperror),
            // Whoever wants the very name cannot be helped by another.
            ("strict.example", Some("mail.strict.example"), &["mail.strict.example"], Fail),
            ("strict.example", None, &["strict.example"], Temperror),
        ] {
            let identifiers = Identifiers {
                unsure_spf: spf.map(name),
                unsure_dkim: dkim.iter().map(|text| name(text)).collect(),
                ..Identifiers::default()
            };
            let dmarc = evaluate(&zone, &[name(author)], &identifiers).await;
            assert_eq!(dmarc.result, result, "{author} {spf:?} {dkim:?}");
        }
    }
}
