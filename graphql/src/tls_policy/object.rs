//! A TLS policy as the API shows it.

use async_graphql::{Enum, SimpleObject};
use hosting::book::Entry;
use hosting::tls_policy as model;
use kernel::TlsPolicyId;

use crate::entry::read::EntryRow;
use crate::scalar::{AccountKey, DomainKey, Moment, TlsPolicyKey};

/// How far mail is protected on its way, from the least to the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "model::TlsLevel")]
pub enum TlsLevel {
    /// Not at all: TLS is not even tried.
    None,
    /// TLS where the other host offers it; certificates are not looked at.
    May,
    /// TLS or nothing; certificates are not looked at.
    Encrypt,
    /// DANE (RFC 7672) where its records exist, otherwise as `MAY`.
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "model::TlsVersion")]
pub enum TlsVersion {
    /// TLS 1.2.
    Tls12,
    /// TLS 1.3.
    Tls13,
}

/// How mail to one destination is encrypted: for the senders of one domain, for an account's own senders, or for everybody
/// where the account is the platform. Where several have said something, the strictest level holds.
#[derive(Debug, Clone, SimpleObject)]
pub struct TlsPolicy {
    /// Its name for the API.
    pub id: TlsPolicyKey,
    /// The account for whose senders it holds; the platform's for everybody.
    pub account_id: AccountKey,
    /// The domain for whose senders it holds; none: it holds for those of the whole account.
    pub domain_id: Option<DomainKey>,
    /// A domain, `.domain` for all below it, or `host:port`.
    pub destination: String,
    /// How far.
    pub level: TlsLevel,
    /// Names that the certificate may have, for `VERIFY` and `SECURE`; empty: what the level says.
    pub match_names: Vec<String>,
    /// SHA-256 of certificates or of their public keys, for `FINGERPRINT`: 64 hexadecimal digits.
    pub fingerprints: Vec<String>,
    /// The oldest TLS that is taken.
    pub version_min: TlsVersion,
    /// Whether it holds.
    pub is_active: bool,
    /// For administrators.
    pub comment: String,
    /// How often it was changed: give it with a change that must not undo another's.
    pub revision: i32,
    /// Since when it is there.
    pub created_at: Moment,
    /// When it was last changed.
    pub changed_at: Moment,
}

impl TlsPolicy {
    fn new<E: Entry<Id = TlsPolicyId>>(row: EntryRow<E>, policy: model::TlsPolicy) -> Self {
        Self {
            id: TlsPolicyKey(row.id),
            account_id: AccountKey(row.account),
            domain_id: row.domain.map(DomainKey),
            destination: policy.destination,
            level: policy.level.into(),
            match_names: policy.match_names,
            fingerprints: policy.fingerprints,
            version_min: policy.version_min.into(),
            is_active: policy.is_active,
            comment: policy.comment,
            revision: row.revision,
            created_at: row.created_at,
            changed_at: row.changed_at,
        }
    }
}

impl From<EntryRow<model::TlsPolicy>> for TlsPolicy {
    fn from(row: EntryRow<model::TlsPolicy>) -> Self {
        let policy = row.content.clone();
        Self::new(row, policy)
    }
}

impl From<EntryRow<model::DomainTlsPolicy>> for TlsPolicy {
    fn from(row: EntryRow<model::DomainTlsPolicy>) -> Self {
        let policy = row.content.0.clone();
        Self::new(row, policy)
    }
}
