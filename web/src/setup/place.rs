//! Which host was asked for what. A host of a domain's own answers what it is there for and nothing else, no page and no
//! API: a customer's DNS must not put our sign-in under the customer's name.

use super::Domains;

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// Thunderbird's document for this domain; none: for the domain of the address in the query.
    Autoconfig(Option<String>),
    /// Autodiscover in XML.
    AutodiscoverXml,
    /// Autodiscover in JSON, with the address where it stands in the path.
    AutodiscoverJson(Option<String>),
    /// The MTA-STS policy of this domain.
    Sts(String),
    /// Where calendars and contacts are (RFC 6764 section 5).
    Dav,
    /// A host of a domain's own, and nothing that it answers.
    Nothing,
    /// None of these: our own pages and the API.
    Elsewhere,
}

impl Place {
    /// Finds it by the `Host` of a request, without port, and its path. `ours` are the hosts of our own pages, which may
    /// lie in a served domain.
    pub(super) fn find((host, path): (&str, &str), domains: &dyn Domains, ours: &[&str]) -> Self {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        let path = path.to_ascii_lowercase();
        let own =
            |prefix| host.strip_prefix(prefix).map(|domain| (domain.to_owned(), domains.serves(domain)));
        if let Some((domain, is_served)) = own("autoconfig.") {
            let is_document = is_served && (path == AUTOCONFIG || path == AUTOCONFIG_WELL_KNOWN);
            return if is_document { Self::Autoconfig(Some(domain)) } else { Self::Nothing };
        }
        if let Some((_, is_served)) = own("autodiscover.") {
            return match autodiscover(&path) {
                Some(place) if is_served => place,
                Some(_) | None => Self::Nothing,
            };
        }
        if let Some((domain, is_served)) = own("mta-sts.") {
            return if is_served && path == STS { Self::Sts(domain) } else { Self::Nothing };
        }
        let is_served = domains.serves(&host);
        match autodiscover(&path) {
            Some(place) => place,
            None if DAV.contains(&path.as_str()) => Self::Dav,
            None if path == AUTOCONFIG_WELL_KNOWN => Self::Autoconfig(is_served.then_some(host)),
            None if is_served && !ours.contains(&host.as_str()) => Self::Nothing,
            None => Self::Elsewhere,
        }
    }
}

const AUTOCONFIG: &str = "/mail/config-v1.1.xml";
const AUTOCONFIG_WELL_KNOWN: &str = "/.well-known/autoconfig/mail/config-v1.1.xml";
/// RFC 6764 section 9.1.
const DAV: [&str; 2] = ["/.well-known/caldav", "/.well-known/carddav"];
const STS: &str = "/.well-known/mta-sts.txt";

/// Autodiscover's paths, in lower case; programs write them in any case.
fn autodiscover(path: &str) -> Option<Place> {
    match path.strip_prefix("/autodiscover/autodiscover.")? {
        "xml" => Some(Place::AutodiscoverXml),
        "json" => Some(Place::AutodiscoverJson(None)),
        longer => {
            let address = longer.strip_prefix("json/v1.0/")?;
            let is_address = address.contains('@') && !address.contains('/');
            is_address.then(|| Place::AutodiscoverJson(Some(address.to_owned())))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct One;

    impl Domains for One {
        fn serves(&self, name: &str) -> bool {
            name == "customer.example" || name == "ours.customer.example"
        }

        fn sts(&self, _: &str) -> Option<crate::setup::OwnSts> {
            None
        }
    }

    #[test]
    fn a_host_answers_what_it_is_there_for_and_nothing_else() {
        let of = |domain: &str| Place::Autoconfig(Some(domain.to_owned()));
        for (host, path, place) in [
            ("autoconfig.customer.example", "/mail/config-v1.1.xml", of("customer.example")),
            ("AutoConfig.Customer.Example.", "/mail/config-v1.1.xml", of("customer.example")),
            (
                "autoconfig.customer.example",
                "/.well-known/autoconfig/mail/config-v1.1.xml",
                of("customer.example"),
            ),
            ("autoconfig.customer.example", "/", Place::Nothing),
            ("autoconfig.customer.example", "/login", Place::Nothing),
            ("autoconfig.customer.example", "/graphql", Place::Nothing),
            ("autoconfig.customer.example", "/autodiscover/autodiscover.xml", Place::Nothing),
            ("autoconfig.other.example", "/mail/config-v1.1.xml", Place::Nothing),
            ("autodiscover.customer.example", "/Autodiscover/Autodiscover.xml", Place::AutodiscoverXml),
            (
                "autodiscover.customer.example",
                "/autodiscover/autodiscover.json",
                Place::AutodiscoverJson(None),
            ),
            ("autodiscover.customer.example", "/mail/config-v1.1.xml", Place::Nothing),
            ("autodiscover.other.example", "/autodiscover/autodiscover.xml", Place::Nothing),
            (
                "mta-sts.customer.example",
                "/.well-known/mta-sts.txt",
                Place::Sts("customer.example".to_owned()),
            ),
            ("mta-sts.customer.example", "/login", Place::Nothing),
            ("mta-sts.other.example", "/.well-known/mta-sts.txt", Place::Nothing),
            ("customer.example", "/.well-known/autoconfig/mail/config-v1.1.xml", of("customer.example")),
            ("customer.example", "/login", Place::Nothing),
            ("panel.example.com", "/.well-known/autoconfig/mail/config-v1.1.xml", Place::Autoconfig(None)),
            ("panel.example.com", "/autodiscover/autodiscover.xml", Place::AutodiscoverXml),
            (
                "panel.example.com",
                "/autodiscover/autodiscover.json/v1.0/Ann@customer.example",
                Place::AutodiscoverJson(Some("ann@customer.example".to_owned())),
            ),
            ("panel.example.com", "/mail/config-v1.1.xml", Place::Elsewhere),
            ("panel.example.com", "/.well-known/mta-sts.txt", Place::Elsewhere),
            ("panel.example.com", "/.well-known/caldav", Place::Dav),
            ("customer.example", "/.well-known/carddav", Place::Dav),
            ("autoconfig.customer.example", "/.well-known/caldav", Place::Nothing),
            ("panel.example.com", "/login", Place::Elsewhere),
            ("ours.customer.example", "/login", Place::Elsewhere),
            ("", "/login", Place::Elsewhere),
        ] {
            assert_eq!(Place::find((host, path), &One, &["ours.customer.example"]), place, "{host}{path}");
        }
    }
}
