//! Everything the directory knows, by what it is asked for.

use std::sync::Arc;

use compact_str::CompactString;
use hashbrown::HashMap;
use kernel::{AliasId, ByteSize, DomainId, DomainName, EmailAddress, MailboxId, ServiceId, TenantId};

use crate::{Entitlement, Login};

/// A mailbox.
#[derive(Debug, Clone)]
pub(crate) struct MailboxEntry {
    pub(crate) tenant: TenantId,
    pub(crate) mailbox: MailboxId,
    pub(crate) service: ServiceId,
    pub(crate) domain: DomainId,
    pub(crate) address: EmailAddress,
    pub(crate) quota: ByteSize,
    pub(crate) password_hash: Option<Arc<str>>,
    pub(crate) is_enabled: bool,
}

/// An alias.
#[derive(Debug, Clone)]
pub(crate) struct AliasEntry {
    pub(crate) tenant: TenantId,
    pub(crate) service: ServiceId,
    pub(crate) targets: Arc<[EmailAddress]>,
}

/// What an address leads to.
#[derive(Debug, Clone)]
pub(crate) enum Place {
    Mailbox(TenantId, MailboxId),
    Alias(AliasEntry),
}

/// An alias by its id.
pub(crate) type AliasKey = (TenantId, AliasId);

/// The whole.
#[derive(Debug, Default)]
pub(crate) struct Index {
    pub(crate) services: HashMap<(TenantId, ServiceId), Entitlement>,
    /// Names of all domains, also of those that are not proven.
    pub(crate) domains: HashMap<(TenantId, DomainId), DomainName>,
    /// Served domains by name, with whose id it is.
    pub(crate) served: HashMap<CompactString, (TenantId, DomainId)>,
    /// By canonical address.
    pub(crate) places: HashMap<CompactString, Place>,
    pub(crate) mailboxes: HashMap<(TenantId, MailboxId), MailboxEntry>,
    /// Catch-all aliases by domain name.
    pub(crate) catch_alls: HashMap<CompactString, AliasEntry>,
    /// Where an alias stands: canonical address, or `@domain` for a catch-all.
    pub(crate) aliases: HashMap<AliasKey, CompactString>,
}

impl Index {
    pub(crate) fn entitlement(&self, tenant: TenantId, service: ServiceId) -> Entitlement {
        // A service that is not known has ended or never began: nothing may be done in its name.
        self.services.get(&(tenant, service)).copied().unwrap_or(Entitlement::Ended)
    }

    /// The mailbox of an address, without following aliases.
    pub(crate) fn mailbox_at(&self, canonical: &str) -> Option<&MailboxEntry> {
        match self.places.get(canonical)? {
            Place::Mailbox(tenant, mailbox) => self.mailboxes.get(&(*tenant, *mailbox)),
            Place::Alias(_) => None,
        }
    }

    pub(crate) fn is_served(&self, mailbox: &MailboxEntry) -> bool {
        // A name that went to another account takes nobody else's mailboxes with it.
        self.served.get(mailbox.address.domain.as_str()).is_some_and(|(tenant, domain)| {
            *domain == mailbox.domain && (*tenant == mailbox.tenant || *tenant == TenantId::PLATFORM)
        })
    }

    pub(crate) fn login(&self, entry: &MailboxEntry) -> Login {
        Login {
            tenant: entry.tenant,
            mailbox: entry.mailbox,
            address: entry.address.clone(),
            quota: entry.quota,
            entitlement: self.entitlement(entry.tenant, entry.service),
        }
    }
}
