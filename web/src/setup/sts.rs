//! The MTA-STS policy of a domain (RFC 8461 section 3.2), as other mail servers fetch it.

/// What other servers are asked to do where TLS fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StsMode {
    /// Deliver and report.
    Testing,
    /// Do not deliver.
    Enforce,
}

/// What a domain asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnSts {
    /// What.
    pub mode: StsMode,
    /// For how long its policy may be kept, in seconds; none: as long as all others.
    pub age_secs: Option<u32>,
    /// Hosts beside those of all that take its mail.
    pub hosts: Vec<String>,
}

/// What the policies of all domains have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StsPolicy {
    /// Hosts that take mail.
    pub hosts: Vec<String>,
    /// For how long it may be kept, in seconds.
    pub max_age_secs: u32,
}

impl StsPolicy {
    /// The policy of a domain as text, lines ended by CRLF.
    pub fn text(&self, own: &OwnSts) -> String {
        let mode = match own.mode {
            StsMode::Testing => "testing",
            StsMode::Enforce => "enforce",
        };
        let further = own.hosts.iter().filter(|host| !self.hosts.contains(host));
        let hosts: String = self.hosts.iter().chain(further).map(|host| format!("mx: {host}\r\n")).collect();
        let age = own.age_secs.unwrap_or(self.max_age_secs);
        format!("version: STSv1\r\nmode: {mode}\r\n{hosts}max_age: {age}\r\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_is_this_text() {
        let hosts = vec!["mx1.example.com".to_owned(), "mx2.example.com".to_owned()];
        let policy = StsPolicy { hosts, max_age_secs: 604_800 };
        let enforce = OwnSts { mode: StsMode::Enforce, age_secs: None, hosts: Vec::new() };
        assert_eq!(
            policy.text(&enforce),
            "version: STSv1\r\nmode: enforce\r\nmx: mx1.example.com\r\nmx: mx2.example.com\r\nmax_age: 604800\r\n"
        );
        let hosts = vec!["mx1.example.com".to_owned(), "*.customer.example".to_owned()];
        let own = OwnSts { mode: StsMode::Testing, age_secs: Some(86_400), hosts };
        assert_eq!(
            policy.text(&own),
            "version: STSv1\r\nmode: testing\r\nmx: mx1.example.com\r\nmx: mx2.example.com\r\n\
             mx: *.customer.example\r\nmax_age: 86400\r\n"
        );
    }
}
