//! Reports of other hosts.

use kernel::EmailAddress;
use serde::{Deserialize, Deserializer, de::Error as _};

/// Where reports of other hosts come that are not about one domain.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReportConfig {
    /// The address to give to mailbox providers for complaints (feedback loops, ARF); `feedback@` of the host name where
    /// absent.
    #[serde(deserialize_with = "address")]
    pub feedback: Option<EmailAddress>,
}

fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<EmailAddress>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    text.map(|text| EmailAddress::parse(&text).map_err(D::Error::custom)).transpose()
}
