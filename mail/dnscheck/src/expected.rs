//! The records that a domain needs.

use std::fmt;

use resolver::{Kind, Name};

/// What the platform publishes about itself, and what domains point to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Platform {
    /// Hosts that take mail, the preferred first.
    pub exchanges: Vec<Name>,
    /// The host of IMAP and submission, which sends mail as well.
    pub host: Name,
    /// The host of the pages, which the names of client set-up stand for.
    pub pages: Name,
    /// The port of the pages under TLS.
    pub https: u16,
    /// IMAP under TLS; none where it is not offered.
    pub imaps: Option<u16>,
    /// Submission under TLS.
    pub submissions: Option<u16>,
    /// Submission with STARTTLS.
    pub submission: Option<u16>,
    /// Calendars and contacts; none where nothing serves them.
    pub dav: Option<Dav>,
    /// A name whose SPF record allows all hosts that send.
    pub spf: Option<Name>,
    /// The version of the MTA-STS policy, 1 to 32 letters and digits; none where there is no policy.
    pub sts_id: Option<String>,
    /// Hosts that the policy names beside [`Platform::exchanges`], in lower case; `*.` stands for one label.
    pub sts_hosts: Vec<String>,
}

/// A server of CalDAV and CardDAV under TLS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dav {
    /// Its host.
    pub host: Name,
    /// Its port.
    pub port: u16,
    /// Where clients begin there.
    pub path: String,
}

/// A key that the mail of a domain is signed with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DkimKey {
    /// Its selector.
    pub selector: String,
    /// The record's text (RFC 6376 section 3.6.1).
    pub text: String,
}

/// What a record is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Mail comes here.
    Exchange,
    /// Microsoft's programs find their settings.
    AutodiscoverHost,
    /// The same by a service record.
    AutodiscoverService,
    /// Thunderbird and others find their settings.
    AutoconfigHost,
    /// Who may send for the domain (RFC 7208).
    Spf,
    /// What others do with mail that proves nothing (RFC 7489).
    Dmarc,
    /// The key of the signatures (RFC 6376).
    Dkim,
    /// The host of the MTA-STS policy (RFC 8461).
    StsHost,
    /// That there is a policy, and its version.
    Sts,
    /// Where reports about TLS go (RFC 8460).
    TlsReport,
    /// Clients find a server (RFC 6186, RFC 8314 section 5.1, RFC 6764 section 3).
    Service,
    /// Where clients begin on a server of calendars or contacts (RFC 6764 section 4).
    ServicePath,
}

/// How much it is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Need {
    /// Mail does not work without.
    Required,
    /// Mail works, and worse.
    Recommended,
    /// For convenience.
    Optional,
}

/// What a record says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Data {
    /// RFC 1035 section 3.3.9.
    Mx(u16, Name),
    /// RFC 1035 section 3.3.1.
    Cname(Name),
    /// RFC 2782: priority, weight, port, target.
    Srv(u16, u16, u16, Name),
    /// RFC 1035 section 3.3.14.
    Txt(String),
}

/// One record that is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// What for.
    pub role: Role,
    /// See [`Need`].
    pub need: Need,
    /// Where.
    pub name: Name,
    /// What.
    pub data: Data,
}

impl Data {
    /// What to ask DNS for.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Mx(..) => Kind::Mx,
            Self::Cname(_) => Kind::Cname,
            Self::Srv(..) => Kind::Srv,
            Self::Txt(_) => Kind::Txt,
        }
    }

    /// The type's word in zone files.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Mx(..) => "MX",
            Self::Cname(_) => "CNAME",
            Self::Srv(..) => "SRV",
            Self::Txt(_) => "TXT",
        }
    }
}

/// As people type it into the form of a DNS provider.
impl fmt::Display for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mx(preference, host) => write!(f, "{preference} {host}"),
            Self::Cname(host) => write!(f, "{host}"),
            Self::Srv(priority, weight, port, host) => write!(f, "{priority} {weight} {port} {host}"),
            Self::Txt(text) => f.write_str(text),
        }
    }
}

/// Before the `@` of the address of a domain that takes DMARC aggregate reports, unless somebody has it.
pub const DMARC_REPORTS: &str = "dmarc-reports";
/// The same for TLS reports.
pub const TLS_REPORTS: &str = "tls-reports";

/// The records that `domain` needs on `platform`, those without which nothing works first. Names that would be longer
/// than DNS allows are left out.
pub fn expected(platform: &Platform, domain: &Name, keys: &[DkimKey]) -> Vec<Expected> {
    let mut wanted = Vec::new();
    let mut want = |role, need, label: &str, data| {
        let name =
            if label.is_empty() { Ok(domain.clone()) } else { Name::parse(&format!("{label}.{domain}")) };
        if let Ok(name) = name {
            wanted.push(Expected { role, need, name, data });
        }
    };
    for (index, host) in platform.exchanges.iter().enumerate() {
        let preference = u16::try_from(index + 1).unwrap_or(u16::MAX).saturating_mul(10);
        want(Role::Exchange, Need::Required, "", Data::Mx(preference, host.clone()));
    }
    let pages = || Data::Cname(platform.pages.clone());
    want(Role::AutodiscoverHost, Need::Recommended, "autodiscover", pages());
    let service = |port, host: &Name| Data::Srv(0, 1, port, host.clone());
    let found = service(platform.https, &platform.pages);
    want(Role::AutodiscoverService, Need::Recommended, "_autodiscover._tcp", found);
    want(Role::AutoconfigHost, Need::Recommended, "autoconfig", pages());
    want(Role::Spf, Need::Recommended, "", Data::Txt(spf(platform)));
    let dmarc = format!("v=DMARC1; p=quarantine; rua=mailto:{DMARC_REPORTS}@{domain}");
    want(Role::Dmarc, Need::Recommended, "_dmarc", Data::Txt(dmarc));
    for key in keys {
        let label = format!("{}._domainkey", key.selector);
        want(Role::Dkim, Need::Recommended, &label, Data::Txt(key.text.clone()));
    }
    if let Some(id) = &platform.sts_id {
        want(Role::StsHost, Need::Recommended, "mta-sts", pages());
        want(Role::Sts, Need::Recommended, "_mta-sts", Data::Txt(format!("v=STSv1; id={id};")));
    }
    let report = format!("v=TLSRPTv1; rua=mailto:{TLS_REPORTS}@{domain}");
    want(Role::TlsReport, Need::Optional, "_smtp._tls", Data::Txt(report));
    for (label, port) in [
        ("_imaps._tcp", platform.imaps),
        ("_submissions._tcp", platform.submissions),
        ("_submission._tcp", platform.submission),
    ] {
        if let Some(port) = port {
            want(Role::Service, Need::Optional, label, service(port, &platform.host));
        }
    }
    if let Some(dav) = &platform.dav {
        for label in ["_caldavs._tcp", "_carddavs._tcp"] {
            want(Role::Service, Need::Optional, label, service(dav.port, &dav.host));
            want(Role::ServicePath, Need::Optional, label, Data::Txt(format!("path={}", dav.path)));
        }
    }
    wanted
}

fn spf(platform: &Platform) -> String {
    match &platform.spf {
        Some(name) => format!("v=spf1 mx include:{name} -all"),
        None => format!("v=spf1 mx a:{} -all", platform.host),
    }
}
