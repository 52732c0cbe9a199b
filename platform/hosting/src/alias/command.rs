//! What can be asked of an alias.

use kernel::{AccountId, AliasId, DomainId, DomainName, EmailAddress, LocalPart, ServiceId, Timestamp};

use super::{AliasSettingsPatch, Temporary};

/// An intention about one alias.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AliasCommand {
    /// Make it exist.
    Create(AliasCreation),
    /// Lead elsewhere.
    ChangeTargets(Vec<EmailAddress>),
    /// Set some of its settings otherwise.
    ChangeSettings {
        /// Which.
        patch: Box<AliasSettingsPatch>,
        /// The revision that the asker saw; none: whatever it is.
        revision: Option<u32>,
    },
    /// Let a temporary one end at another time, or never: none makes it permanent.
    ChangeExpiry(Option<Timestamp>),
    /// End it for good.
    Delete,
}

/// An alias to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AliasCreation {
    /// Whose it is.
    pub account: AccountId,
    /// Its service.
    pub service: ServiceId,
    /// Its domain, own or shared.
    pub domain: DomainId,
    /// The name of the domain.
    pub domain_name: DomainName,
    /// Its id, which personal data is sealed for.
    pub alias: AliasId,
    /// Before the `@`; none: every otherwise unknown address of the domain.
    pub local: Option<LocalPart>,
    /// Where its mail goes: 1 to 1000 addresses, or none where its settings have it go nowhere.
    pub targets: Vec<EmailAddress>,
    /// For whom and until when; none: it is permanent.
    pub temporary: Option<Temporary>,
    /// What is set for it otherwise than by default.
    pub settings: Box<AliasSettingsPatch>,
}
