//! The walk up the tree of DNS (RFC 9989 section 4.10).

use resolver::{Dns, DnsError, Kind, Name, Record};

use super::Policies;
use super::record::Suffix;

/// Questions of one walk (RFC 9989 section 4.10).
pub(crate) const QUESTION_COUNT_MAX: usize = 8;

/// The records that a walk found, from the name where it began upwards.
#[derive(Debug)]
pub(crate) struct Walk {
    start: Name,
    found: Vec<(Name, Policies)>,
}

impl Walk {
    /// Asks at `start` alone.
    pub(crate) async fn begin(dns: &dyn Dns, start: &Name) -> Result<Self, DnsError> {
        let own = record(dns, start).await?;
        Ok(Self {
            start: start.clone(),
            found: own.map(|policies| (start.clone(), policies)).into_iter().collect(),
        })
    }

    /// Goes on above.
    pub(crate) async fn climb(mut self, dns: &dyn Dns) -> Result<Self, DnsError> {
        let mut at = above(&self.start);
        for _ in 1..QUESTION_COUNT_MAX {
            let is_end = self.found.last().is_some_and(|(_, policies)| policies.suffix != Suffix::Unsaid);
            let Some(name) = at.filter(|_| !is_end) else { break };
            if let Some(policies) = record(dns, &name).await? {
                self.found.push((name.clone(), policies));
            }
            at = above(&name);
        }
        Ok(self)
    }

    /// Asks at `start` and above.
    pub(crate) async fn from(dns: &dyn Dns, start: &Name) -> Result<Self, DnsError> {
        Self::begin(dns, start).await?.climb(dns).await
    }

    /// The record of the name where the walk began.
    pub(crate) fn own(&self) -> Option<&Policies> {
        self.found.first().filter(|(name, _)| *name == self.start).map(|(_, policies)| policies)
    }

    /// The domain of the organisation.
    pub(crate) fn organization(&self) -> Name {
        for (name, policies) in &self.found {
            match policies.suffix {
                Suffix::No => return name.clone(),
                Suffix::Yes if *name != self.start => return self.one_below(name),
                Suffix::Yes | Suffix::Unsaid => {}
            }
        }
        // The one with the fewest labels was found last.
        self.found.last().map_or_else(|| self.start.clone(), |(name, _)| name.clone())
    }

    /// The record that speaks for the name where the walk began, with its place: its own, its organisation's, its suffix's.
    pub(crate) fn policies(&self) -> Option<(&Name, &Policies)> {
        let at = |wanted: &Name| self.found.iter().find(|(name, _)| name == wanted);
        let organization = self.organization();
        let of_suffix = || self.found.iter().find(|(_, policies)| policies.suffix == Suffix::Yes);
        at(&self.start)
            .or_else(|| at(&organization))
            .or_else(of_suffix)
            .map(|(name, policies)| (name, policies))
    }

    /// The name one label below `above` on the way to where the walk began.
    fn one_below(&self, above: &Name) -> Name {
        let labels: Vec<&str> = self.start.labels().collect();
        let kept = above.labels().count() + 1;
        let below = labels[labels.len().saturating_sub(kept)..].join(".");
        Name::parse(&below).unwrap_or_else(|_| self.start.clone())
    }
}

/// The name that is asked next: one label less, and seven at most.
fn above(name: &Name) -> Option<Name> {
    let labels: Vec<&str> = name.labels().collect();
    let kept = (labels.len() - 1).min(QUESTION_COUNT_MAX - 1);
    Name::parse(&labels[labels.len() - kept..].join(".")).ok()
}

/// The one record at a name; none where there is none or more than one.
pub(crate) async fn record(dns: &dyn Dns, name: &Name) -> Result<Option<Policies>, DnsError> {
    let Ok(asked) = Name::parse(&format!("_dmarc.{name}")) else { return Ok(None) };
    let records = match dns.ask(&asked, Kind::Txt).await {
        Ok(answer) => answer.records,
        Err(error) if error.is_absence() => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut policies = records.iter().filter_map(|record| match record {
        Record::Txt(octets) => Policies::parse(octets),
        _ => None,
    });
    let first = policies.next();
    Ok(first.filter(|_| policies.next().is_none()))
}

#[cfg(test)]
mod tests {
    use resolver::Zone;

    use super::*;

    #[tokio::test]
    async fn the_tree_is_walked_as_the_standard_says() {
        let zone = Zone::parse(
            "_dmarc.example.com. TXT \"v=DMARC1; p=reject\"\n\
             _dmarc.mail.example.com. TXT \"v=DMARC1; p=none\"\n\
             _dmarc.own.example.com. TXT \"v=DMARC1; p=none; psd=n\"\n\
             _dmarc.gov.example. TXT \"v=DMARC1; p=reject; psd=y\"\n\
             _dmarc.twice.example. TXT \"v=DMARC1; p=none\"\n_dmarc.twice.example. TXT \"v=DMARC1; p=reject\"\n",
        )
        .expect("a zone");
        for (start, organization, place) in [
            ("example.com", "example.com", Some("example.com")),
            ("a.b.example.com", "example.com", Some("example.com")),
            ("mail.example.com", "example.com", Some("mail.example.com")),
            ("x.own.example.com", "own.example.com", Some("own.example.com")),
            ("x.y.tax.gov.example", "tax.gov.example", Some("gov.example")),
            ("gov.example", "gov.example", Some("gov.example")),
            ("a.twice.example", "a.twice.example", None),
            ("nobody.test", "nobody.test", None),
            ("a.b.c.d.e.f.g.h.i.j.example.com", "example.com", Some("example.com")),
        ] {
            let walk = Walk::from(&zone, &Name::parse(start).expect("a name")).await.expect("answers");
            assert_eq!(walk.organization().as_str(), organization, "{start}");
            assert_eq!(walk.policies().map(|(name, _)| name.as_str()), place, "{start}");
        }
    }
}
