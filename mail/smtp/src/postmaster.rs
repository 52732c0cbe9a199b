//! Mail for whoever runs the host or a domain, at names that are always to be reached (RFC 5321 section 4.5.1, RFC 2142), where
//! no address of that name exists.

use directory::Resolution;
use kernel::{DomainId, EmailAddress, TenantId};

use crate::session::Session;

/// Who is written to about a host or its domains.
const ALWAYS_REACHED: [&str; 2] = ["postmaster", "abuse"];

/// Whether an address is one that is always to be reached.
pub(crate) fn is_always_reached(address: &EmailAddress) -> bool {
    ALWAYS_REACHED.iter().any(|local| address.local.as_str().eq_ignore_ascii_case(local))
}

/// Knows who answers for domains and for the host. A port: they are people.
pub trait Postmasters: Send + Sync + 'static {
    /// Who reads what is written to the postmaster of a domain, or of the host where there is no domain; none where nobody
    /// has been named.
    fn postmaster(&self, domain: Option<(TenantId, DomainId)>) -> Option<EmailAddress>;
}

impl Session<'_> {
    /// Who reads what comes for `to`, which leads nowhere by itself, and who answers for it where it is read elsewhere.
    pub(crate) fn postmaster(
        &self,
        to: &EmailAddress,
        resolution: &Resolution,
    ) -> Option<(TenantId, EmailAddress)> {
        let postmasters = self.server.postmasters.as_ref().filter(|_| is_always_reached(to))?;
        let domain = match resolution {
            Resolution::Unknown => Some(self.server.directory.domain_named(to.domain.as_str())?),
            Resolution::NotLocal if to.domain == self.server.settings.hostname => None,
            _ => return None,
        };
        let tenant = domain.map_or(TenantId::PLATFORM, |(tenant, _)| tenant);
        Some((tenant, postmasters.postmaster(domain)?))
    }
}
