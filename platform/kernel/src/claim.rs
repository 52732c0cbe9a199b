//! Names that have one owner, on the whole platform or in an account.

use crate::{AccountId, DomainName, EmailAddress};

/// What is claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClaimKind {
    /// An e-mail address of a mailbox or alias.
    Address,
    /// A domain that an account has added, proved or not: once in that account.
    AddedDomain,
    /// A domain that an account has proved to own, or a shared domain of the platform.
    Domain,
    /// The login name of a user.
    Login,
}

impl ClaimKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Address, Self::AddedDomain, Self::Domain, Self::Login];

    /// The name on disk.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Domain => "domain",
            Self::AddedDomain => "added_domain",
            Self::Login => "login",
        }
    }
}

/// Ownership of a name, taken or given back in the same append as the events that need it.
///
/// The journal stores only a keyed hash of `name`; the plain text never reaches a disk through a claim.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Claim {
    /// The space of names.
    pub kind: ClaimKind,
    /// The canonical form: equal names are equal bytes.
    pub name: String,
}

impl Claim {
    /// An address, without regard to case.
    pub fn address(address: &EmailAddress) -> Self {
        Self { kind: ClaimKind::Address, name: address.canonical() }
    }

    /// Every otherwise unknown address of a domain.
    pub fn catch_all(domain: &DomainName) -> Self {
        Self { kind: ClaimKind::Address, name: format!("@{domain}") }
    }

    /// A domain.
    pub fn domain(domain: &DomainName) -> Self {
        Self { kind: ClaimKind::Domain, name: domain.as_str().to_owned() }
    }

    /// A domain within an account. Another account may add the same one: which of them has it is for the proof to decide.
    pub fn added_domain(account: AccountId, domain: &DomainName) -> Self {
        Self { kind: ClaimKind::AddedDomain, name: format!("{account}/{domain}") }
    }

    /// A login name, without regard to case.
    pub fn login(login: &str) -> Self {
        Self { kind: ClaimKind::Login, name: login.to_lowercase() }
    }
}
