//! What may be withheld from the administrator of a domain.

use kernel::AccountId;

/// One thing that a domain's administrator does unless it is withheld: a closed list. The names are stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum AdministratorRight {
    /// Have mail fetched from elsewhere.
    SyncJobs,
    /// Keep the Sieve scripts of mailboxes and domains.
    Filters,
    /// Have mail copied, and recipients rewritten.
    AddressMaps,
    /// Let mail leave through a host elsewhere.
    Relays,
    /// Decide how mail to destinations is encrypted.
    TlsPolicies,
    /// Give programs passwords of their own, and take them back.
    AppPasswords,
    /// Change lists of senders and spam scores.
    SpamLists,
    /// Change how many recipients a day a mailbox or domain may have.
    SendLimits,
    /// Switch protocols of mailboxes on and off.
    Protocols,
    /// Let mailboxes send in the name of other addresses.
    SendAs,
    /// Have news of mailboxes pushed elsewhere.
    PushDestinations,
    /// Release or purge held mail, and order about mail that waits to leave.
    HeldMail,
    /// Change the description, tags, footer and other settings of a domain.
    DomainSettings,
}

impl AdministratorRight {
    /// All of them, in the order of their bits.
    pub const ALL: [Self; 13] = [
        Self::SyncJobs,
        Self::Filters,
        Self::AddressMaps,
        Self::Relays,
        Self::TlsPolicies,
        Self::AppPasswords,
        Self::SpamLists,
        Self::SendLimits,
        Self::Protocols,
        Self::SendAs,
        Self::PushDestinations,
        Self::HeldMail,
        Self::DomainSettings,
    ];

    /// The stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SyncJobs => "sync_jobs",
            Self::Filters => "filters",
            Self::AddressMaps => "address_maps",
            Self::Relays => "relays",
            Self::TlsPolicies => "tls_policies",
            Self::AppPasswords => "app_passwords",
            Self::SpamLists => "spam_lists",
            Self::SendLimits => "send_limits",
            Self::Protocols => "protocols",
            Self::SendAs => "send_as",
            Self::PushDestinations => "push_destinations",
            Self::HeldMail => "held_mail",
            Self::DomainSettings => "domain_settings",
        }
    }

    /// The right of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|right| right.name() == name)
    }
}

/// A set of rights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct AdministratorRights(u16);

impl AdministratorRights {
    /// None at all.
    pub const NONE: Self = Self(0);

    /// Whether `right` is among them.
    pub const fn has(self, right: AdministratorRight) -> bool {
        self.0 & (1 << right as u8) != 0
    }

    /// All of them, in order.
    pub fn iter(self) -> impl Iterator<Item = AdministratorRight> {
        AdministratorRight::ALL.into_iter().filter(move |right| self.has(*right))
    }
}

impl FromIterator<AdministratorRight> for AdministratorRights {
    fn from_iter<I: IntoIterator<Item = AdministratorRight>>(rights: I) -> Self {
        Self(rights.into_iter().fold(0, |bits, right| bits | 1 << right as u8))
    }
}

/// What is withheld from a principal in an account, of what its role there gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Withheld {
    /// Where: what somebody was let into elsewhere is not concerned.
    pub account: AccountId,
    /// What.
    pub rights: AdministratorRights,
}
