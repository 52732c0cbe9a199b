//! Policy records (RFC 9989 section 4.7).

use crate::tag::without_blanks;

/// Octets of one record that are read.
const RECORD_OCTETS_MAX: usize = 8 * 1024;

/// What is to be done with a message that fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Policy {
    /// Nothing.
    None,
    /// Treat it as suspicious.
    Quarantine,
    /// Refuse it.
    Reject,
}

impl Policy {
    /// As records write it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Quarantine => "quarantine",
            Self::Reject => "reject",
        }
    }

    /// One step milder, as test mode asks (RFC 9989 section 4.7).
    pub(crate) const fn milder(self) -> Self {
        match self {
            Self::Reject => Self::Quarantine,
            Self::Quarantine | Self::None => Self::None,
        }
    }
}

/// Whether a domain is a suffix under which others register (RFC 9989 section 4.7, `psd`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Suffix {
    Yes,
    No,
    Unsaid,
}

/// How near an identifier must be to the author (`adkim`, `aspf`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Nearness {
    SameName,
    SameOrganization,
}

/// A record that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policies {
    /// For the domain itself.
    pub(crate) own: Policy,
    /// For names below it.
    pub(crate) below: Option<Policy>,
    /// For names below it that do not exist.
    pub(crate) absent: Option<Policy>,
    pub(crate) suffix: Suffix,
    pub(crate) is_testing: bool,
    pub(crate) dkim: Nearness,
    pub(crate) spf: Nearness,
    /// Where aggregate reports are wanted.
    pub(crate) report_uris: Vec<ReportUri>,
}

/// Where aggregate reports are wanted (`rua`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportUri {
    /// As written, without the size behind it.
    pub uri: String,
    /// Octets of the largest message that is wanted there (`!10m`, RFC 7489 section 6.2); none where nothing is said.
    pub octets_max: Option<u64>,
}

impl Policies {
    /// Reads a record; none where it is none: those are passed over (RFC 9989 section 4.10).
    pub fn parse(octets: &[u8]) -> Option<Self> {
        if octets.len() > RECORD_OCTETS_MAX {
            return None;
        }
        let text = String::from_utf8_lossy(octets);
        let mut tags = text.split(';').filter_map(|tag| {
            let (name, value) = tag.split_once('=')?;
            Some((name.trim_ascii().to_ascii_lowercase(), value.trim_ascii().to_owned()))
        });
        // The version comes first and is written so (RFC 9989 section 4.8).
        let (name, version) = tags.next()?;
        if name != "v" || version != "DMARC1" {
            return None;
        }
        // Unknown tags are passed over; of one that stands twice the first counts.
        let mut known: Vec<(String, String)> = Vec::new();
        for (name, value) in tags {
            if !known.iter().any(|(other, _)| *other == name) {
                known.push((name, value));
            }
        }
        let get = |name: &str| known.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let policy = |name: &str| get(name).map(policy);
        let report_uris = uris(get("rua"));
        let is_broken = !matches!(policy("p"), Some(Some(_)))
            || [policy("sp"), policy("np")].iter().any(|found| matches!(found, Some(None)));
        if is_broken && report_uris.is_empty() {
            return None;
        }
        let nearness = |name: &str| match get(name).map(str::to_ascii_lowercase).as_deref() {
            Some("s") => Nearness::SameName,
            _ => Nearness::SameOrganization,
        };
        Some(Self {
            // Whoever wants reports and writes something wrong is heard, and nothing is refused for it.
            own: policy("p").flatten().filter(|_| !is_broken).unwrap_or(Policy::None),
            below: policy("sp").flatten().filter(|_| !is_broken),
            absent: policy("np").flatten().filter(|_| !is_broken),
            suffix: match get("psd").map(str::to_ascii_lowercase).as_deref() {
                Some("y") => Suffix::Yes,
                Some("n") => Suffix::No,
                _ => Suffix::Unsaid,
            },
            is_testing: get("t").is_some_and(|testing| testing.eq_ignore_ascii_case("y")),
            dkim: nearness("adkim"),
            spf: nearness("aspf"),
            report_uris,
        })
    }

    /// Where aggregate reports are wanted.
    pub fn report_uris(&self) -> &[ReportUri] {
        &self.report_uris
    }

    /// `p`: what is wanted for the domain itself.
    pub const fn own(&self) -> Policy {
        self.own
    }

    /// `sp`: for names below it.
    pub const fn below(&self) -> Option<Policy> {
        self.below
    }

    /// `np`: for names below it that do not exist.
    pub const fn absent(&self) -> Option<Policy> {
        self.absent
    }

    /// `t=y`: the owner only tests.
    pub const fn is_testing(&self) -> bool {
        self.is_testing
    }

    /// `adkim=s`: signatures count for the very name alone.
    pub fn is_dkim_strict(&self) -> bool {
        self.dkim == Nearness::SameName
    }

    /// `aspf=s`: SPF counts for the very name alone.
    pub fn is_spf_strict(&self) -> bool {
        self.spf == Nearness::SameName
    }
}

fn policy(text: &str) -> Option<Policy> {
    [Policy::None, Policy::Quarantine, Policy::Reject]
        .into_iter()
        .find(|policy| policy.word().eq_ignore_ascii_case(text))
}

fn uris(list: Option<&str>) -> Vec<ReportUri> {
    /// Places of one record that are told.
    const URI_COUNT_MAX: usize = 8;
    let uris = list.unwrap_or_default().split(',').map(|uri| {
        let uri = without_blanks(uri);
        match uri.split_once('!') {
            Some((uri, size)) => ReportUri { uri: uri.to_owned(), octets_max: Some(octets(size)) },
            None => ReportUri { uri, octets_max: None },
        }
    });
    uris.filter(|uri| uri.uri.contains(':')).take(URI_COUNT_MAX).collect()
}

/// A number with a unit (RFC 7489 section 6.4). What cannot be read wants nothing: too little is sent, never too much.
fn octets(size: &str) -> u64 {
    let digits = size.trim_end_matches(|last: char| last.is_ascii_alphabetic());
    let shift = match size[digits.len()..].to_ascii_lowercase().as_str() {
        "" => 0,
        "k" => 10,
        "m" => 20,
        "g" => 30,
        "t" => 40,
        _ => return 0,
    };
    digits.parse::<u64>().map_or(0, |count| count.saturating_mul(1 << shift))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units_and_what_is_no_size_wants_nothing() {
        for (text, count) in [
            ("10m", 10 << 20),
            ("50K", 50 << 10),
            ("7", 7),
            ("1g", 1 << 30),
            ("99999999999999t", u64::MAX),
            ("10mb", 0),
            ("m", 0),
            ("", 0),
            ("-1", 0),
        ] {
            assert_eq!(octets(text), count, "{text}");
        }
    }

    #[test]
    fn records_old_and_new_are_read_and_others_are_none() {
        let read = |text: &str| Policies::parse(text.as_bytes());
        let record =
            read("v=DMARC1; p=reject; sp=quarantine; np=none; psd=n; t=y; adkim=s; pct=20; foo=bar;")
                .expect("new");
        assert_eq!(
            (record.own, record.below, record.absent),
            (Policy::Reject, Some(Policy::Quarantine), Some(Policy::None))
        );
        assert_eq!((record.suffix, record.is_testing), (Suffix::No, true));
        assert_eq!((record.dkim, record.spf), (Nearness::SameName, Nearness::SameOrganization));
        let old = read("v=DMARC1;p=none;rua=mailto:a@b.example!10m,mailto:c@d.example;ri=86400;rf=afrf")
            .expect("old");
        let uri = |uri: &str, octets_max| ReportUri { uri: uri.to_owned(), octets_max };
        let (first, second) = (uri("mailto:a@b.example", Some(10 << 20)), uri("mailto:c@d.example", None));
        assert_eq!(old.report_uris(), [first, second]);
        assert_eq!(
            read("v=DMARC1; rua=mailto:a@b.example; p=rejct").map(|record| record.own),
            Some(Policy::None)
        );
        for none in [
            "",
            "v=spf1 -all",
            "p=reject; v=DMARC1",
            "v=dmarc1; p=none",
            "v=DMARC1; p=rejct",
            "v=DMARC1",
            "v=DMARC12; p=none",
        ] {
            assert_eq!(read(none), None, "{none}");
        }
    }
}
