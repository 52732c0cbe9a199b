//! What a domain's past makes of it.

use std::collections::BTreeSet;

use kernel::{AccountId, DomainId, DomainName, Id, ServiceId, Timestamp};
use uuid::Uuid;

use super::{DkimKey, DomainSettings};
use crate::mailbox::Threshold;

/// Which domain a mailbox or alias lives in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DomainRef {
    /// One of the account.
    Own(DomainId),
    /// One of the platform.
    Shared(DomainId),
}

impl DomainRef {
    /// Its id, wherever it belongs.
    pub const fn id(self) -> DomainId {
        match self {
            Self::Own(domain) | Self::Shared(domain) => domain,
        }
    }
}

/// A domain as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum DomainState {
    /// It was never added.
    #[default]
    Absent,
    /// Added; its ownership is not shown yet.
    Pending(DomainRecord),
    /// Served for its account.
    Verified(DomainRecord),
    /// Served for everybody.
    Shared {
        /// Its name.
        name: DomainName,
        /// The keys by which its mail is signed.
        dkim: Vec<DkimKey>,
    },
    /// Served no more.
    Removed(DomainRecord),
}

impl DomainState {
    /// The keys by which its mail is signed; none where it is not served.
    pub fn dkim(&self) -> &[DkimKey] {
        match self {
            Self::Verified(record) => &record.dkim,
            Self::Shared { dkim, .. } => dkim,
            Self::Absent | Self::Pending(_) | Self::Removed(_) => &[],
        }
    }

    /// The name of a domain that is served.
    pub const fn served_name(&self) -> Option<&DomainName> {
        match self {
            Self::Verified(record) => Some(&record.name),
            Self::Shared { name, .. } => Some(name),
            Self::Absent | Self::Pending(_) | Self::Removed(_) => None,
        }
    }

    /// What is known of an own domain that is not removed.
    pub const fn record(&self) -> Option<&DomainRecord> {
        match self {
            Self::Pending(record) | Self::Verified(record) => Some(record),
            Self::Absent | Self::Shared { .. } | Self::Removed(_) => None,
        }
    }
}

/// What is known of an own domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DomainRecord {
    /// Whose it is, or claims to be.
    pub account: AccountId,
    /// Its service.
    pub service: ServiceId,
    /// Its name.
    pub name: DomainName,
    /// How the ownership is shown.
    pub challenge: Challenge,
    /// The domain whose addresses exist in it as well; none: it has its own.
    pub mirrors: Option<DomainId>,
    /// Whether its name is claimed within the account, and is to be given back.
    pub is_claimed: bool,
    /// What is set for it.
    pub settings: Box<DomainSettings>,
    /// How often settings were changed.
    pub settings_revision: u32,
    /// The fractions of what its mailboxes share that these hold or more.
    pub crossed: BTreeSet<Threshold>,
    /// How many crossings were recorded.
    pub crossing_count: u32,
    /// The keys by which its mail is signed, retired ones included until their places are taken again.
    pub dkim: Vec<DkimKey>,
    /// Where it is removed: when what is left of it may be destroyed.
    pub purge_after: Option<Timestamp>,
}

/// The TXT record by which an account shows that it owns a domain.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Challenge {
    /// `_hosterra-challenge.` and the domain.
    pub record_name: String,
    /// `hosterra-verification=` and the token.
    pub value: String,
}

impl Challenge {
    /// The token for `name` as the domain `domain` of `account`.
    ///
    /// The account is part of it: whoever repeats another account's ids gets another token, so a record that was
    /// published for one account proves nothing for the other.
    pub fn token(account: AccountId, domain: DomainId, name: &DomainName) -> String {
        let owner = Uuid::new_v5(&account.uuid(), domain.uuid().as_bytes());
        Uuid::new_v5(&owner, name.as_str().as_bytes()).simple().to_string()
    }

    /// The record that shows `token` at `name`.
    pub fn new(name: &DomainName, token: &str) -> Self {
        Self {
            record_name: format!("_hosterra-challenge.{name}"),
            value: format!("hosterra-verification={token}"),
        }
    }

    /// Whether one of the TXT records `found` is the expected one.
    pub fn is_met_by(&self, found: &[String]) -> bool {
        found.iter().any(|text| text.trim() == self.value)
    }
}
