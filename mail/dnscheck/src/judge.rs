//! What stands in DNS, held against what is wanted. Knows no DNS: answers are arguments.

use resolver::{DnsError, Name, Record};

use crate::expected::{Data, Expected, Role};

/// How a record stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// As it should.
    Good,
    /// It is not there.
    Absent,
    /// It says something else.
    Wrong,
    /// It is there more than once.
    Duplicate,
    /// DNS did not answer.
    Unknown,
}

/// Why it stands so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// It says what it should.
    Same,
    /// No alias, but the same addresses.
    SameAddresses,
    /// It says something else, which does what is needed.
    Sufficient,
    /// There is no such record.
    Missing,
    /// It names something else.
    Other,
    /// Mail also goes to hosts that are not ours.
    OtherExchanges,
    /// Mail also goes to hosts that the MTA-STS policy does not name: who obeys it does not deliver there.
    HostsNotNamed,
    /// There is more than one record where the standard allows one.
    Several,
    /// SPF does not allow our hosts.
    HostsNotAllowed,
    /// SPF allows everybody.
    EverybodyAllowed,
    /// SPF needs more look-ups than the ten of RFC 7208 section 4.6.4.
    TooManyLookups,
    /// The record is not of its form.
    Malformed,
    /// DNS did not answer.
    NoAnswer,
}

/// A record that was wanted, with what stands there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// What was wanted.
    pub expected: Expected,
    /// What stands there, as people type it.
    pub current: Vec<String>,
    /// How it stands.
    pub state: State,
    /// Why.
    pub reason: Reason,
    /// Of SPF: how many look-ups it asks of receivers, of ten that they make. Counting stops a little beyond.
    pub lookup_count: Option<usize>,
}

/// A judgement.
pub(crate) type Judged = (State, Reason);

pub(crate) const MISSING: Judged = (State::Absent, Reason::Missing);
pub(crate) const UNANSWERED: Judged = (State::Unknown, Reason::NoAnswer);
const SAME: Judged = (State::Good, Reason::Same);
const OTHER: Judged = (State::Wrong, Reason::Other);
const SEVERAL: Judged = (State::Duplicate, Reason::Several);
const MALFORMED: Judged = (State::Wrong, Reason::Malformed);

/// Judges the records at the wanted name, but for aliases and SPF, which need more questions. `ours` are the hosts that
/// take mail here.
pub(crate) fn judge(expected: &Expected, found: Result<&[Record], DnsError>, ours: &[Name]) -> Judged {
    let records = match found {
        Ok([]) => return MISSING,
        Ok(records) => records,
        Err(error) if error.is_absence() => return MISSING,
        Err(_) => return UNANSWERED,
    };
    match &expected.data {
        Data::Mx(_, host) => exchange(host, records, ours),
        Data::Srv(_, _, port, host) => service((*port, host), records),
        Data::Txt(text) => match expected.role {
            Role::Dmarc => one_of(records, "v=dmarc1", is_dmarc),
            Role::Sts => one_of(records, "v=stsv1", |text| tag(text, "id").is_some_and(|id| !id.is_empty())),
            Role::TlsReport => one_of(records, "v=tlsrptv1", |text| {
                tag(text, "rua")
                    .is_some_and(|place| place.starts_with("mailto:") || place.starts_with("https://"))
            }),
            Role::Dkim => key(text, records),
            Role::ServicePath => path(text, records),
            _ => OTHER,
        },
        Data::Cname(host) => alias(host, records),
    }
}

fn exchange(host: &Name, records: &[Record], ours: &[Name]) -> Judged {
    let hosts = || {
        records.iter().filter_map(|record| match record {
            Record::Mx { exchange, .. } => Some(exchange.as_ref()),
            _ => None,
        })
    };
    let is_ours = |found: Option<&Name>| found.is_some_and(|found| ours.contains(found));
    match hosts().filter(|found| *found == Some(host)).count() {
        0 => OTHER,
        1 if hosts().all(is_ours) => SAME,
        1 => (State::Wrong, Reason::OtherExchanges),
        _ => SEVERAL,
    }
}

fn service((port, host): (u16, &Name), records: &[Record]) -> Judged {
    let is_same = |record: &Record| matches!(record, Record::Srv { port: at, target: Some(target), .. } if *at == port && target == host);
    match records {
        [record] if is_same(record) => SAME,
        [_] => OTHER,
        several if several.iter().any(is_same) => SEVERAL,
        _ => OTHER,
    }
}

fn alias(host: &Name, records: &[Record]) -> Judged {
    match records {
        [Record::Cname(target)] if target == host => SAME,
        [_] => OTHER,
        _ => SEVERAL,
    }
}

/// The one text that begins with `version` and passes.
fn one_of(records: &[Record], version: &str, is_good: impl Fn(&str) -> bool) -> Judged {
    let meant: Vec<String> =
        texts(records).filter(|text| text.to_ascii_lowercase().starts_with(version)).collect();
    match meant.as_slice() {
        // Something else stands at a name that is for this alone: a slip of whoever typed it.
        [] => MALFORMED,
        [text] if is_good(text) => (State::Good, Reason::Sufficient),
        [_] => MALFORMED,
        _ => SEVERAL,
    }
}

/// The one path, as it is written: paths have upper and lower case.
fn path(wanted: &str, records: &[Record]) -> Judged {
    let found: Vec<String> =
        texts(records).filter(|text| text.to_ascii_lowercase().starts_with("path=")).collect();
    match found.as_slice() {
        [] => MALFORMED,
        [text] if text[5..] == wanted[5..] => SAME,
        [_] => OTHER,
        _ => SEVERAL,
    }
}

fn is_dmarc(text: &str) -> bool {
    // The policy comes right after the version (RFC 7489 section 6.4).
    let policy = tag(text, "p");
    policy.is_some_and(|policy| {
        ["none", "quarantine", "reject"].contains(&policy.to_ascii_lowercase().as_str())
    })
}

/// The same key, however the rest is written; one key for one selector (RFC 6376 section 3.6.2.2).
fn key(wanted: &str, records: &[Record]) -> Judged {
    let keys: Vec<Option<String>> = texts(records).map(|text| tag(&text, "p")).collect();
    match keys.as_slice() {
        [Some(key)] if Some(key) == tag(wanted, "p").as_ref() => SAME,
        [Some(_)] => OTHER,
        [None] => MALFORMED,
        _ => SEVERAL,
    }
}

/// The value of a tag in a list of `name=value;`, without blanks.
fn tag(text: &str, name: &str) -> Option<String> {
    text.split(';').find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        let is_it = key.trim().eq_ignore_ascii_case(name);
        is_it.then(|| value.chars().filter(|character| !character.is_whitespace()).collect())
    })
}

/// The texts of TXT records; what is no UTF-8 is shown with replacement characters.
pub(crate) fn texts(records: &[Record]) -> impl Iterator<Item = String> + '_ {
    records.iter().filter_map(|record| match record {
        Record::Txt(octets) => Some(String::from_utf8_lossy(octets).into_owned()),
        _ => None,
    })
}

/// A record as people type it.
pub(crate) fn shown(record: &Record) -> String {
    let host = |host: &Option<Name>| host.as_ref().map_or_else(|| ".".to_owned(), ToString::to_string);
    match record {
        Record::A(address) => address.to_string(),
        Record::Aaaa(address) => address.to_string(),
        Record::Cname(name) | Record::Ns(name) | Record::Ptr(name) => name.to_string(),
        Record::Mx { preference, exchange } => format!("{preference} {}", host(exchange)),
        Record::Srv { priority, weight, port, target } => {
            format!("{priority} {weight} {port} {}", host(target))
        }
        Record::Tlsa { usage, selector, matching, .. } => format!("{usage} {selector} {matching}"),
        Record::Txt(octets) => String::from_utf8_lossy(octets).into_owned(),
    }
}
