//! Reports of other hosts.

use kernel::{DomainName, EmailAddress};
use serde::{Deserialize, Deserializer, de::Error as _};

/// Where reports of other hosts come that are not about one domain.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReportConfig {
    /// The address to give to mailbox providers for complaints (feedback loops, ARF); `feedback@` of the host name where
    /// absent.
    #[serde(deserialize_with = "address")]
    pub feedback: Option<EmailAddress>,
    /// Domains of mailbox providers whose complaints count whoever's they are, for example `arf.mail.yahoo.com`: what is signed
    /// by one, or by a domain below it. Of others a complaint counts for their own domain, and for those whose mail their
    /// hosts take.
    #[serde(deserialize_with = "domains")]
    pub feedback_loops: Vec<DomainName>,
}

fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<EmailAddress>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    text.map(|text| EmailAddress::parse(&text).map_err(D::Error::custom)).transpose()
}

fn domains<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<DomainName>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    texts.iter().map(|text| DomainName::parse(text).map_err(D::Error::custom)).collect()
}
