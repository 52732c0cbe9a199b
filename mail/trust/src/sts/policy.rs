//! The policy that a destination publishes.

use std::time::Duration;

use resolver::Name;

/// The longest time for which a policy holds (RFC 8461 section 3.2: about a year).
const AGE_MAX: Duration = Duration::from_secs(31_557_600);
/// Most hosts that one policy names.
const HOST_COUNT_MAX: usize = 256;

/// How far a policy is obeyed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Hosts that do not pass get no mail.
    Enforce,
    /// Failures are reported, and mail is delivered all the same.
    Testing,
    /// There is no policy any more.
    None,
}

/// What a destination says about its hosts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// How far it is obeyed.
    pub mode: Mode,
    /// Names of hosts; `*.name` stands for any one label before it.
    pub hosts: Vec<String>,
    /// For how long it holds, from when it was fetched.
    pub max_age: Duration,
}

/// Why a text is no policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PolicyFault {
    /// It is of another version, or of none.
    #[error("the policy is not of version STSv1")]
    Version,
    /// Its mode is missing or unknown.
    #[error("the policy has no mode")]
    Mode,
    /// Its age is missing or no number.
    #[error("the policy does not say how long it holds")]
    Age,
    /// It names no host, or too many, or something that is none.
    #[error("the policy names no hosts, too many, or something that is no host")]
    Hosts,
}

impl Policy {
    /// Reads what is served at `/.well-known/mta-sts.txt` (RFC 8461 section 3.2). Of a field that stands twice the first
    /// counts; fields that are not known are passed over.
    ///
    /// # Errors
    /// [`PolicyFault`].
    pub fn parse(text: &str) -> Result<Self, PolicyFault> {
        let fields = || text.lines().filter_map(|line| line.split_once(':'));
        let all = |name: &'static str| {
            fields().filter(move |(found, _)| found.trim() == name).map(|(_, value)| value.trim())
        };
        if all("version").next() != Some("STSv1") {
            return Err(PolicyFault::Version);
        }
        let mode = match all("mode").next() {
            Some("enforce") => Mode::Enforce,
            Some("testing") => Mode::Testing,
            Some("none") => Mode::None,
            _ => return Err(PolicyFault::Mode),
        };
        let seconds = all("max_age").next().and_then(|age| age.parse().ok()).ok_or(PolicyFault::Age)?;
        let hosts: Vec<String> = all("mx").take(HOST_COUNT_MAX + 1).map(str::to_ascii_lowercase).collect();
        let is_host = |host: &String| Name::parse(host.strip_prefix("*.").unwrap_or(host)).is_ok();
        let is_wrong = hosts.len() > HOST_COUNT_MAX || !hosts.iter().all(is_host);
        if is_wrong || (hosts.is_empty() && mode != Mode::None) {
            return Err(PolicyFault::Hosts);
        }
        Ok(Self { mode, hosts, max_age: Duration::from_secs(seconds).min(AGE_MAX) })
    }

    /// Whether it names a host (RFC 8461 section 4.1).
    pub fn names(&self, host: &Name) -> bool {
        self.hosts.iter().any(|pattern| match pattern.strip_prefix("*.") {
            Some(parent) => host.as_str().split_once('.').is_some_and(|(_, rest)| rest == parent),
            None => host.as_str() == pattern.trim_end_matches('.'),
        })
    }

    /// Its lines, as a TLS report quotes them (RFC 8460 section 4.2).
    pub fn lines(&self) -> Vec<String> {
        let mode = match self.mode {
            Mode::Enforce => "enforce",
            Mode::Testing => "testing",
            Mode::None => "none",
        };
        let mut lines = vec!["version: STSv1".to_owned(), format!("mode: {mode}")];
        lines.extend(self.hosts.iter().map(|host| format!("mx: {host}")));
        lines.push(format!("max_age: {}", self.max_age.as_secs()));
        lines
    }
}

/// The id in the TXT records at `_mta-sts` of a domain; none where there is not exactly one policy record
/// (RFC 8461 section 3.1).
pub(super) fn record_id(texts: &[String]) -> Option<String> {
    let mut records = texts
        .iter()
        .filter(|text| text.strip_prefix("v=STSv1").is_some_and(|rest| rest.trim_start().starts_with(';')));
    let (Some(record), None) = (records.next(), records.next()) else { return None };
    let id = record.split(';').find_map(|tag| {
        let (name, value) = tag.split_once('=')?;
        (name.trim() == "id").then(|| value.trim())
    })?;
    let is_id = (1..=32).contains(&id.len()) && id.bytes().all(|octet| octet.is_ascii_alphanumeric());
    is_id.then(|| id.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_read_as_the_standard_says_or_not_at_all() {
        let text = "version: STSv1\r\nmode: enforce\r\nmx: mail.example.com\r\nmx: *.Example.net\r\nmax_age: 604800\r\n";
        let policy = Policy::parse(text).expect("a policy");
        assert_eq!((policy.mode, policy.max_age), (Mode::Enforce, Duration::from_secs(604_800)));
        for (host, is_named) in [
            ("mail.example.com", true),
            ("other.example.com", false),
            ("mx1.example.net", true),
            ("example.net", false),
            ("a.b.example.net", false),
        ] {
            assert_eq!(policy.names(&Name::parse(host).expect("a name")), is_named, "{host}");
        }
        assert_eq!(Policy::parse(&policy.lines().join("\n")), Ok(policy));
        for (text, fault) in [
            ("", PolicyFault::Version),
            ("version: STSv2\nmode: none\nmax_age: 1", PolicyFault::Version),
            ("version: STSv1\nmode: maybe\nmx: a.b\nmax_age: 1", PolicyFault::Mode),
            ("version: STSv1\nmode: enforce\nmx: a.b", PolicyFault::Age),
            ("version: STSv1\nmode: enforce\nmx: a.b\nmax_age: -1", PolicyFault::Age),
            ("version: STSv1\nmode: enforce\nmax_age: 1", PolicyFault::Hosts),
            ("version: STSv1\nmode: enforce\nmx: *\u{e9}.x\nmax_age: 1", PolicyFault::Hosts),
        ] {
            assert_eq!(Policy::parse(text), Err(fault), "{text}");
        }
        let many = format!("version: STSv1\nmode: enforce\nmax_age: 1\n{}", "mx: a.b\n".repeat(100_000));
        assert_eq!(Policy::parse(&many), Err(PolicyFault::Hosts));
        let long = Policy::parse("version: STSv1\nmode: none\nmax_age: 99999999999").expect("a policy");
        assert_eq!(long.max_age, AGE_MAX);
    }

    #[test]
    fn a_domain_has_one_policy_record_or_none() {
        let id = |texts: &[&str]| record_id(&texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>());
        assert_eq!(id(&["v=STSv1; id=20160831085700Z;"]), Some("20160831085700Z".to_owned()));
        assert_eq!(id(&["v=spf1 -all", "v=STSv1;id=1"]), Some("1".to_owned()));
        assert_eq!(id(&["v=STSv1; id=1", "v=STSv1; id=2"]), None);
        assert_eq!(id(&["v=STSv1"]), None);
        assert_eq!(id(&["v=STSv10; id=1"]), None);
        assert_eq!(id(&["v=STSv1; id=a b"]), None);
    }
}
