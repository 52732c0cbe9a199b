//! A TLS policy: how mail to one destination is encrypted. The operator decides for the platform, an account for its own
//! senders, whoever administers a domain for the senders of that domain; of the three the strictest one holds.

use authority::{AdministratorRight, Permission};
use kernel::{Category, DomainName, Kind, TlsPolicyId};
use serde::{Deserialize, Serialize};

use crate::HostingRefusal;
use crate::account::Account;
use crate::book::{Entry, Home, Others, Refusals, Words};
use crate::domain::Domain;
use crate::limit::{COMMENT_CHARACTER_COUNT_MAX, TLS_POLICY_COUNT_MAX, TLS_POLICY_NAME_COUNT_MAX};
use crate::plan::Feature;
use crate::refusal::{Limit, ValueRefusal};
use crate::settings::settings;

/// How far mail must be protected on its way, from the least to the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TlsLevel {
    /// Not at all: TLS is not even tried.
    None,
    /// TLS where the other host offers it; certificates are not looked at.
    May,
    /// TLS or nothing; certificates are not looked at.
    Encrypt,
    /// DANE (RFC 7672) where its records exist, otherwise as `May`.
    Dane,
    /// DANE or nothing.
    DaneOnly,
    /// TLS with a certificate of these fingerprints or nothing.
    Fingerprint,
    /// TLS with a trusted certificate of the host's name, or of those given, or nothing.
    Verify,
    /// TLS with a trusted certificate of the destination's own name, or of those given, or nothing.
    Secure,
}

/// The oldest TLS that is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TlsVersion {
    /// TLS 1.2 (RFC 5246).
    Tls12,
    /// TLS 1.3 (RFC 8446).
    Tls13,
}

settings! {
    /// How mail to one destination is encrypted.
    TlsPolicy, patched by TlsPolicyPatch {
        /// A domain, `.domain` for all below it, or `host:port`; in ASCII and lower case.
        destination: String = String::new();
        /// How far.
        level: TlsLevel = TlsLevel::Dane;
        /// Names that the certificate may have, for `Verify` and `Secure`: host names, `.domain`, `nexthop`,
        /// `dot-nexthop`, `hostname`; none: what the level says.
        match_names: Vec<String> = Vec::new();
        /// SHA-256 of certificates or of their keys, for `Fingerprint`: 64 hexadecimal digits each.
        fingerprints: Vec<String> = Vec::new();
        /// The oldest TLS that is taken.
        version_min: TlsVersion = TlsVersion::Tls12;
        /// Whether it holds.
        is_active: bool = true;
        /// For administrators.
        comment: String = String::new();
    }
}

/// How mail of the senders of one domain to one destination is encrypted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DomainTlsPolicy(pub TlsPolicy);

const REFUSALS: Refusals = Refusals {
    not_found: HostingRefusal::TlsPolicyNotFound,
    exists: HostingRefusal::TlsPolicyExists,
    limit: HostingRefusal::TlsPolicyLimit,
};

impl Entry for TlsPolicy {
    type Id = TlsPolicyId;
    type Patch = TlsPolicyPatch;
    type Owner = Account;

    const WORDS: Words = Words {
        category: Category("tls_policy"),
        added: Kind { name: "tls_policy.added", schema: 1 },
        changed: Kind { name: "tls_policy.changed", schema: 1 },
        removed: Kind { name: "tls_policy.removed", schema: 1 },
        edit: "edit_tls_policies",
    };
    const REFUSALS: Refusals = REFUSALS;
    const COUNT_MAX: usize = TLS_POLICY_COUNT_MAX;
    const PERMISSION: Permission = Permission::DomainWrite;

    const MAY_TAKE_FEATURE: bool = true;

    fn with(&self, patch: TlsPolicyPatch) -> Self {
        self.patched(patch)
    }

    fn feature(&self) -> Option<Feature> {
        Some(Feature::TransportTlsMap)
    }

    fn differing_in(&self, other: &Self) -> Vec<&'static str> {
        self.differing(other)
    }

    fn settled(self, _: &Home, others: &Others<'_, Self>) -> Result<Self, HostingRefusal> {
        settled(self, others.values().copied())
    }
}

impl Entry for DomainTlsPolicy {
    type Id = TlsPolicyId;
    type Patch = TlsPolicyPatch;
    type Owner = Domain;

    const WORDS: Words = Words {
        category: Category("domain_tls_policy"),
        added: Kind { name: "domain_tls_policy.added", schema: 1 },
        changed: Kind { name: "domain_tls_policy.changed", schema: 1 },
        removed: Kind { name: "domain_tls_policy.removed", schema: 1 },
        edit: "edit_domain_tls_policies",
    };
    const REFUSALS: Refusals = REFUSALS;
    const COUNT_MAX: usize = TLS_POLICY_COUNT_MAX;
    /// As for the settings of a domain that its administrators change.
    const PERMISSION: Permission = Permission::MailboxWrite;
    const RIGHT: Option<AdministratorRight> = Some(AdministratorRight::TlsPolicies);

    const MAY_TAKE_FEATURE: bool = true;

    fn with(&self, patch: TlsPolicyPatch) -> Self {
        Self(self.0.patched(patch))
    }

    fn feature(&self) -> Option<Feature> {
        Some(Feature::TransportTlsMap)
    }

    fn differing_in(&self, other: &Self) -> Vec<&'static str> {
        self.0.differing(&other.0)
    }

    fn settled(self, _: &Home, others: &Others<'_, Self>) -> Result<Self, HostingRefusal> {
        settled(self.0, others.values().map(|other| &other.0)).map(Self)
    }
}

/// What both kinds have in common.
fn settled<'a>(
    mut policy: TlsPolicy,
    mut others: impl Iterator<Item = &'a TlsPolicy>,
) -> Result<TlsPolicy, HostingRefusal> {
    policy.destination = destination(&policy.destination).ok_or(HostingRefusal::TlsPolicyDestination)?;
    if others.any(|other| other.destination == policy.destination) {
        return Err(HostingRefusal::TlsPolicyTaken);
    }
    for list in [&policy.match_names, &policy.fingerprints] {
        if list.len() > TLS_POLICY_NAME_COUNT_MAX {
            let limit = Limit::count(TLS_POLICY_NAME_COUNT_MAX, list.len());
            return Err(HostingRefusal::TlsPolicyNameLimit(limit));
        }
    }
    let compares_names = matches!(policy.level, TlsLevel::Verify | TlsLevel::Secure);
    if !compares_names && !policy.match_names.is_empty() {
        return Err(HostingRefusal::TlsPolicyNames);
    }
    let names: Option<Vec<String>> = policy.match_names.iter().map(|name| match_name(name)).collect();
    policy.match_names = names.ok_or(HostingRefusal::TlsPolicyNames)?;
    let prints: Option<Vec<String>> = policy.fingerprints.iter().map(|print| fingerprint(print)).collect();
    policy.fingerprints = prints.ok_or(HostingRefusal::TlsPolicyFingerprints)?;
    if (policy.level == TlsLevel::Fingerprint) == policy.fingerprints.is_empty() {
        return Err(HostingRefusal::TlsPolicyFingerprints);
    }
    policy.comment = policy.comment.trim().to_owned();
    let count = policy.comment.chars().count();
    if count > COMMENT_CHARACTER_COUNT_MAX {
        let limit = Limit::count(COMMENT_CHARACTER_COUNT_MAX, count);
        return Err(HostingRefusal::from(ValueRefusal::CommentTooLong(limit)).of("comment"));
    }
    Ok(policy)
}

/// A destination as it is kept. Brackets around a host, as other mail servers write them, are taken off.
fn destination(text: &str) -> Option<String> {
    let text = text.trim();
    let name = |text: &str| {
        DomainName::parse(text).ok().filter(|name| name.as_str().contains('.')).map(|name| name.to_string())
    };
    if let Some(parent) = text.strip_prefix('.') {
        return name(parent).map(|parent| format!(".{parent}"));
    }
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) => (host, Some(port.parse::<u16>().ok().filter(|port| *port > 0)?)),
        None => (text, None),
    };
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let host = name(host)?;
    Some(port.map_or_else(|| host.clone(), |port| format!("{host}:{port}")))
}

fn match_name(text: &str) -> Option<String> {
    let text = text.trim();
    if matches!(text, "nexthop" | "dot-nexthop" | "hostname") {
        return Some(text.to_owned());
    }
    let (dot, name) = text.strip_prefix('.').map_or(("", text), |name| (".", name));
    DomainName::parse(name).ok().map(|name| format!("{dot}{name}"))
}

fn fingerprint(text: &str) -> Option<String> {
    let digits: String = text.trim().chars().filter(|character| *character != ':').collect();
    let is_good = digits.len() == 64 && digits.bytes().all(|octet| octet.is_ascii_hexdigit());
    is_good.then(|| digits.to_ascii_lowercase())
}
