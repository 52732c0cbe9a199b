//! Who answers questions to DNS, and what is believed of the answers.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Context as _;
use resolver::{Anchors, Servers, Validation};
use serde::Deserialize;

/// Who answers questions to DNS.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DnsConfig {
    /// Resolvers, asked over UDP and TCP; those of `/etc/resolv.conf` where none is named.
    pub servers: Vec<SocketAddr>,
    /// Whether signatures are checked here (DNSSEC); the resolvers must hand them on. Without it nothing counts as proven.
    pub validate: bool,
    /// DNSKEY records from which signatures are checked, each on a line of a master file. Keys of the root take the place
    /// of the published ones, those of other zones stand beside them. The published ones alone where absent.
    pub trust_anchors: Option<PathBuf>,
    /// After how many minutes the records of a domain that has all of them are looked at again; 0: never by themselves.
    pub recheck_minutes: u16,
}

impl Default for DnsConfig {
    fn default() -> Self {
        Self { servers: Vec::new(), validate: false, trust_anchors: None, recheck_minutes: 360 }
    }
}

impl DnsConfig {
    /// DNS as it says.
    ///
    /// # Errors
    /// The trust anchors cannot be read, or nothing would be checked by them.
    pub fn resolver(&self) -> anyhow::Result<Servers> {
        let validation = match (&self.trust_anchors, self.validate) {
            (None, false) => Validation::Off,
            (None, true) => Validation::On,
            (Some(path), true) => Validation::Anchored(Anchors::read(path).context("dns.trust_anchors")?),
            (Some(_), false) => {
                anyhow::bail!("dns.trust_anchors: nothing is checked by them; expected `dns.validate = true`")
            }
        };
        Ok(Servers::new(self.servers.clone(), validation))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anchors_that_cannot_be_believed_stop_the_start() {
        let said = |validate, text: Option<&str>| {
            let folder = tempfile::tempdir().expect("a folder");
            let path = folder.path().join("root.key");
            if let Some(text) = text {
                std::fs::write(&path, text).expect("written");
            }
            let config = DnsConfig { validate, trust_anchors: Some(path), ..DnsConfig::default() };
            config.resolver().err().map(|error| format!("{error:#}"))
        };
        let key = "corp.example. IN DNSKEY 257 3 15 l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=\n";
        assert_eq!(said(true, Some(key)), None);
        let mistyped = key.replace("257 3", "257");
        for (validate, text, expected) in [
            (false, Some(key), "expected `dns.validate = true`"),
            (true, None, "root.key: No such file"),
            (true, Some(""), "there is none"),
            (true, Some(mistyped.as_str()), "root.key: expected DNSKEY records"),
        ] {
            let said = said(validate, text).expect("refused");
            assert!(said.starts_with("dns.trust_anchors") && said.contains(expected), "{said}");
        }
        assert!(DnsConfig::default().resolver().is_ok());
    }
}
