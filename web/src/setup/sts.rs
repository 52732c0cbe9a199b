//! The MTA-STS policy of a domain (RFC 8461 section 3.2), as other mail servers fetch it.

/// What other servers are asked to do where TLS fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StsMode {
    /// Deliver and report.
    Testing,
    /// Do not deliver.
    Enforce,
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
    pub fn text(&self, mode: StsMode) -> String {
        let mode = match mode {
            StsMode::Testing => "testing",
            StsMode::Enforce => "enforce",
        };
        let hosts: String = self.hosts.iter().map(|host| format!("mx: {host}\r\n")).collect();
        format!("version: STSv1\r\nmode: {mode}\r\n{hosts}max_age: {}\r\n", self.max_age_secs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_is_this_text() {
        let hosts = vec!["mx1.example.com".to_owned(), "mx2.example.com".to_owned()];
        let policy = StsPolicy { hosts, max_age_secs: 604_800 };
        assert_eq!(
            policy.text(StsMode::Enforce),
            "version: STSv1\r\nmode: enforce\r\nmx: mx1.example.com\r\nmx: mx2.example.com\r\nmax_age: 604800\r\n"
        );
    }
}
