//! What mail clients are told, from the configuration and from what is bound.

use std::collections::BTreeSet;
use std::sync::Arc;

use directory::{Directory, Sts};
use kernel::DomainName;
use resolver::Name;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use uuid::Uuid;
use web::{Domains, Offer, OwnSts, Seal, Service, Setup, Socket, StsMode, StsPolicy};

use crate::banner::Open;
use crate::certificate;
use crate::config::{Config, MtaSts};

/// For how long other servers may keep the policy of a domain, in seconds: a week.
const POLICY_SECS: u32 = 7 * 24 * 3600;

/// The domains, and the mode of those that leave it to the platform.
struct Served(Arc<Directory>, Option<StsMode>);

impl Domains for Served {
    fn serves(&self, name: &str) -> bool {
        self.0.serves(name)
    }

    fn sts(&self, name: &str) -> Option<OwnSts> {
        own_sts(&self.0.mta_sts(name), self.1)
    }
}

/// What a domain asks; none where it has no policy.
fn own_sts(sts: &Sts, platform: Option<StsMode>) -> Option<OwnSts> {
    let mode = match sts.mode {
        directory::MtaSts::Platform => platform,
        directory::MtaSts::None => None,
        directory::MtaSts::Testing => Some(StsMode::Testing),
        directory::MtaSts::Enforce => Some(StsMode::Enforce),
    };
    mode.map(|mode| OwnSts { mode, age_secs: sts.age_secs, hosts: sts.hosts.clone() })
}

/// What the domains ask that leave it to the platform.
const fn platform_mode(config: &Config) -> Option<StsMode> {
    match config.public.mta_sts {
        MtaSts::None => None,
        MtaSts::Testing => Some(StsMode::Testing),
        MtaSts::Enforce => Some(StsMode::Enforce),
    }
}

/// Client set-up as it is configured; `open` are the listeners that are bound, the one of HTTP last to come.
pub fn of(config: &Config, directory: &Arc<Directory>, open: &[Open], http_port: u16) -> Setup {
    let public = &config.public;
    let host = public.host.as_ref().unwrap_or(&config.hostname).to_string();
    let origin =
        config.web.origin.clone().unwrap_or_else(|| format!("http://{}:{http_port}", config.hostname));
    let bound = |name: &str| open.iter().find(|open| open.name == name).map(|open| open.address.port());
    let servers = [
        (Service::Imap, Socket::Tls, public.imaps.or_else(|| bound("IMAP (TLS)"))),
        (Service::Imap, Socket::StartTls, public.imap.or_else(|| bound("IMAP (STARTTLS)"))),
        (Service::Submission, Socket::Tls, public.submissions.or_else(|| bound("submission (TLS)"))),
        (Service::Submission, Socket::StartTls, public.submission.or_else(|| bound("submission (STARTTLS)"))),
    ];
    let offer = Offer {
        name: public.name.clone().unwrap_or_else(|| "Hosterra".to_owned()),
        host,
        origin,
        servers: servers
            .into_iter()
            .filter_map(|(service, socket, port)| port.map(|port| (service, socket, port)))
            .collect(),
        dav: public.dav.clone(),
        sts: StsPolicy { hosts: exchanges(config), max_age_secs: POLICY_SECS },
    };
    Setup {
        offer: Arc::new(offer),
        domains: Arc::new(Served(Arc::clone(directory), platform_mode(config))),
        seal: seal(config),
    }
}

/// The hosts that take mail from elsewhere.
pub fn exchanges(config: &Config) -> Vec<String> {
    match config.public.mx.as_slice() {
        [] => vec![config.hostname.to_string()],
        hosts => hosts.iter().map(ToString::to_string).collect(),
    }
}

/// The names of all hosts of the platform, as it is configured: in none of them can customers have mailboxes.
pub fn host_names(config: &Config) -> Vec<DomainName> {
    let (public, outbound) = (&config.public, &config.outbound);
    let pages = config.web.origin.as_deref().and_then(|origin| origin.split("://").nth(1));
    let pages = pages.and_then(|pages| DomainName::parse(pages.split(':').next()?).ok());
    let dav = public.dav.as_ref().and_then(|dav| DomainName::parse(&dav.host).ok());
    let named = [public.host.clone(), outbound.hostname.clone(), pages, dav].into_iter().flatten();
    let pools = outbound.sources.iter().map(|source| source.ehlo.clone());
    let own = std::iter::once(config.hostname.clone());
    let all: BTreeSet<DomainName> = own.chain(named).chain(public.mx.iter().cloned()).chain(pools).collect();
    all.into_iter().collect()
}

/// What the domains of the customers must publish in DNS.
///
/// # Errors
/// A host whose name is none.
pub fn names(config: &Config, offer: &Offer) -> anyhow::Result<dnscheck::Platform> {
    let exchanges = exchanges(config).iter().map(|host| Name::parse(host)).collect::<Result<Vec<_>, _>>()?;
    let pages = offer.origin.split("://").nth(1).unwrap_or_default();
    let (pages, port) = pages.split_once(':').unwrap_or((pages, "443"));
    let port_of = |service, socket| {
        let mut offered = offer.servers.iter().filter(|server| (server.0, server.1) == (service, socket));
        offered.next().map(|server| server.2)
    };
    Ok(dnscheck::Platform {
        exchanges,
        host: Name::parse(&offer.host)?,
        pages: Name::parse(pages)?,
        https: port.parse()?,
        imaps: port_of(Service::Imap, Socket::Tls),
        submissions: port_of(Service::Submission, Socket::Tls),
        submission: port_of(Service::Submission, Socket::StartTls),
        dav: config.public.dav.as_ref().map(dav).transpose()?,
        spf: config.public.spf.as_ref().map(|name| Name::parse(name.as_str())).transpose()?,
        sts_id: own_sts(&Sts::default(), platform_mode(config)).map(|own| sts_id(offer, &own)),
        sts_hosts: Vec::new(),
    })
}

fn dav(dav: &web::Dav) -> anyhow::Result<dnscheck::Dav> {
    Ok(dnscheck::Dav { host: Name::parse(&dav.host)?, port: dav.port, path: dav.path.clone() })
}

/// The version of the MTA-STS policy of a domain, by what it asks.
pub fn sts_ids(config: &Config, offer: &Arc<Offer>) -> graphql::StsIds {
    let (offer, platform) = (Arc::clone(offer), platform_mode(config));
    Arc::new(move |sts| own_sts(sts, platform).map(|own| sts_id(&offer, &own)))
}

/// Another policy, another version (RFC 8461 section 3.1).
fn sts_id(offer: &Offer, own: &OwnSts) -> String {
    Uuid::new_v5(&Uuid::NAMESPACE_URL, offer.sts.text(own).as_bytes()).simple().to_string()
}

/// Signs by the servers' certificate; none, said in the log, where its key is of another kind.
fn seal(config: &Config) -> Option<Arc<Seal>> {
    let made = || -> anyhow::Result<Seal> {
        let pem = certificate::load(config)?;
        let chain: Vec<CertificateDer<'static>> =
            CertificateDer::pem_slice_iter(&pem.certificate).collect::<Result<_, _>>()?;
        let key = PrivateKeyDer::from_pem_slice(&pem.key)?;
        Ok(Seal::new(&chain, rustls::crypto::ring::sign::any_supported_type(&key)?)?)
    };
    made()
        .inspect_err(|error| tracing::warn!(error = %error, "Apple's profiles go unsigned"))
        .ok()
        .map(Arc::new)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::parse_toml;

    #[test]
    fn each_name_of_the_configuration_is_one_of_the_platform() {
        let names = |text: &str| -> Vec<String> {
            let config: Config = parse_toml(Path::new("h.toml"), text).expect("a configuration");
            host_names(&config).iter().map(ToString::to_string).collect()
        };
        let all = "hostname = \"mail.x.example\"\n[web]\norigin = \"https://panel.x.example:8443\"\n[public]\n\
            host = \"imap.x.example\"\nmx = [\"mx1.x.example\", \"mx2.x.example\"]\n\
            dav = \"https://dav.x.example/SOGo/dav/\"\n[outbound]\nhostname = \"out.x.example\"\n";
        let expected = ["dav", "imap", "mail", "mx1", "mx2", "out", "panel"];
        assert_eq!(names(all), expected.map(|host| format!("{host}.x.example")));
        assert_eq!(names("hostname = \"mail.x.example\"\n"), ["mail.x.example"]);
    }
}
