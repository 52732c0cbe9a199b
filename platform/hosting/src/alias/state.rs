//! What an alias's past makes of it.

use kernel::{AccountId, Claim, DomainId, DomainName, EmailAddress, LocalPart, Sealed, ServiceId};

use super::{AliasSettings, Temporary};

/// An alias as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum AliasState {
    /// It was never created.
    #[default]
    Absent,
    /// It exists.
    Live(AliasRecord),
    /// It is gone.
    Deleted(AliasRecord),
}

impl AliasState {
    /// What is known of it while it exists.
    pub const fn record(&self) -> Option<&AliasRecord> {
        match self {
            Self::Live(record) => Some(record),
            Self::Absent | Self::Deleted(_) => None,
        }
    }
}

/// What is known of an alias.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AliasRecord {
    /// Whose it is.
    pub account: AccountId,
    /// Its service.
    pub service: ServiceId,
    /// Its domain.
    pub domain: DomainId,
    /// The name of the domain.
    pub domain_name: DomainName,
    /// Before the `@`; none: every otherwise unknown address of the domain.
    pub local: Option<Sealed<LocalPart>>,
    /// Where its mail goes.
    pub targets: Sealed<Vec<EmailAddress>>,
    /// For whom and until when; none: it is permanent.
    pub temporary: Option<Temporary>,
    /// How often its targets or its end were changed.
    pub revision: u32,
    /// What is set for it.
    pub settings: Box<AliasSettings>,
    /// How often settings were changed.
    pub settings_revision: u32,
}

impl AliasRecord {
    /// The claim on its address, unless the person it names is erased.
    pub fn claim(&self) -> Option<Claim> {
        match &self.local {
            None => Some(Claim::catch_all(&self.domain_name)),
            Some(local) => local
                .plain()
                .map(|local| Claim::address(&EmailAddress::new(local.clone(), self.domain_name.clone()))),
        }
    }
}
