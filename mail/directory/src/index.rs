//! Everything the directory knows, by what it is asked for.

use std::borrow::Cow;
use std::sync::Arc;

use compact_str::CompactString;
use hashbrown::{HashMap, HashSet};
use hosting::mailbox::{DetailHandling, HoldReason};
use hosting::tls_policy::TlsPolicy;
use kernel::{
    AliasId, AppPasswordId, ByteSize, DomainId, DomainName, EmailAddress, MailboxId, PlanId, SenderRelayId,
    ServiceId, TenantId, Timestamp, TlsPolicyId,
};

use crate::names::Names;
use crate::onward::Onward;
use crate::resource::Resources;
use crate::rewrite::AddressMaps;
use crate::sender_relay::SenderRelay;
use crate::share::Shares;
use crate::shelf::Shelf;
use crate::spam::{OwnSpam, Senders};
use crate::{
    Credential, Demand, Entitlement, Footer, Login, Protocols, SendLimits, Sending, ShortSends, SigningKey,
    Sts,
};

/// A service.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ServiceEntry {
    pub(crate) entitlement: Entitlement,
    /// Whether people take their messages along while they get at them by nothing else.
    pub(crate) lets_export: bool,
    pub(crate) plan: PlanId,
    pub(crate) sends: hosting::plan::SendLimits,
    pub(crate) sends_per_hour: hosting::plan::SendLimits,
    pub(crate) sends_per_minute: hosting::plan::SendLimits,
    pub(crate) recipients_per_message_max: u32,
    pub(crate) message_size_max: ByteSize,
}

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
    /// None: the defaults, as for most.
    pub(crate) options: Option<Box<Options>>,
}

/// What of a mailbox differs from what most have.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Options {
    pub(crate) protocols: Protocols,
    pub(crate) requires_tls: bool,
    pub(crate) requires_tls_out: bool,
    pub(crate) detail: DetailHandling,
    /// Canonical addresses, and `@domain`.
    pub(crate) send_as: Box<[CompactString]>,
    pub(crate) sends: OwnSends,
    pub(crate) must_change_password: bool,
    pub(crate) requires_factor: bool,
    pub(crate) factor_count: u16,
    pub(crate) app_passwords: Vec<AppPassword>,
    /// None: as for most.
    pub(crate) spam: Option<Box<OwnSpam>>,
}

/// To how many recipients a mailbox or domain may send by its settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct OwnSends {
    /// A day; none: what the plan says.
    pub(crate) per_day_max: Option<u32>,
    pub(crate) short: ShortSends,
}

/// A password for one program.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct AppPassword {
    pub(crate) id: AppPasswordId,
    pub(crate) secret_hash: [u8; 32],
    pub(crate) protocols: Protocols,
    pub(crate) expires_at: Option<Timestamp>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            protocols: Protocols::ALL,
            requires_tls: false,
            requires_tls_out: false,
            detail: DetailHandling::Inbox,
            send_as: Box::default(),
            sends: OwnSends::default(),
            must_change_password: false,
            requires_factor: false,
            factor_count: 0,
            app_passwords: Vec::new(),
            spam: None,
        }
    }
}

impl MailboxEntry {
    /// Whether it lives in a served domain: a name that went to another account takes nobody else's mailboxes with it.
    pub(crate) fn is_of(&self, (tenant, domain): (TenantId, DomainId)) -> bool {
        domain == self.domain && (tenant == self.tenant || tenant == TenantId::PLATFORM)
    }

    pub(crate) fn protocols(&self) -> Protocols {
        self.options.as_ref().map_or(Protocols::ALL, |options| options.protocols)
    }

    pub(crate) fn has_factor(&self) -> bool {
        self.options.as_ref().is_some_and(|options| options.factor_count > 0)
    }

    pub(crate) fn app_passwords(&self) -> &[AppPassword] {
        self.options.as_deref().map_or(&[], |options| &options.app_passwords)
    }

    /// Changes what differs; what is as for most takes no memory.
    pub(crate) fn change_options(&mut self, change: impl FnOnce(&mut Options)) {
        let mut options = self.options.take().unwrap_or_default();
        change(&mut options);
        self.options = (*options != Options::default()).then_some(options);
    }
}

/// An alias.
#[derive(Debug, Clone)]
pub(crate) struct AliasEntry {
    pub(crate) tenant: TenantId,
    pub(crate) alias: AliasId,
    pub(crate) service: ServiceId,
    pub(crate) targets: Arc<[EmailAddress]>,
    pub(crate) is_active: bool,
    /// Its mail is taken and given to nobody.
    pub(crate) is_consumed: bool,
    pub(crate) is_internal: bool,
    /// From then on the address is unknown.
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) lets_targets_send: bool,
}

impl AliasEntry {
    /// Whether it is this one.
    pub(crate) fn is_of(&self, key: AliasKey) -> bool {
        (self.tenant, self.alias) == key
    }

    /// Whether its time is over. Only temporary aliases look at the clock.
    pub(crate) fn is_expired(&self) -> bool {
        self.expires_at.is_some_and(|end| end <= crate::clock::now())
    }
}

/// What an address leads to.
#[derive(Debug, Clone)]
pub(crate) enum Place {
    Mailbox(TenantId, MailboxId),
    /// Apart, since most places are mailboxes: with its key such a place fills one line of the processor's cache.
    Alias(Box<AliasEntry>),
}

impl Place {
    /// Whether it is this mailbox.
    pub(crate) fn is_mailbox(&self, key: (TenantId, MailboxId)) -> bool {
        matches!(self, Self::Mailbox(tenant, mailbox) if (*tenant, *mailbox) == key)
    }

    /// Whether it is this alias.
    pub(crate) fn is_alias(&self, key: AliasKey) -> bool {
        matches!(self, Self::Alias(entry) if entry.is_of(key))
    }
}

/// Who has ordered how mail is encrypted: a whole account (or the platform), or one domain of it.
pub(crate) type PolicyOwner = (TenantId, Option<DomainId>);

/// An alias by its id.
pub(crate) type AliasKey = (TenantId, AliasId);

/// The whole.
#[derive(Debug, Default)]
pub(crate) struct Index {
    pub(crate) services: HashMap<(TenantId, ServiceId), ServiceEntry>,
    /// Names of all domains, also of those that are not proven.
    pub(crate) domains: HashMap<(TenantId, DomainId), DomainName>,
    /// Domains that are switched off.
    pub(crate) off: HashSet<(TenantId, DomainId)>,
    /// Recipients a day of domains that have less than their plan.
    pub(crate) domain_sends: HashMap<(TenantId, DomainId), OwnSends>,
    /// What the mailboxes of a domain may hold together, where they share.
    pub(crate) pools: HashMap<(TenantId, DomainId), ByteSize>,
    /// Domains whose mailboxes must have a second factor.
    pub(crate) demanding: HashSet<(TenantId, DomainId)>,
    /// Alias domains with the domain of the same account whose addresses exist there.
    pub(crate) mirrors: HashMap<(TenantId, DomainId), DomainId>,
    /// Served domains by name, with whose id it is.
    pub(crate) served: Names<(TenantId, DomainId)>,
    /// Ended services, with when what they hold may be destroyed.
    pub(crate) ending: HashMap<(TenantId, ServiceId), Timestamp>,
    /// Accounts that only try things out.
    pub(crate) sandboxes: std::collections::HashSet<TenantId>,
    /// Mailboxes whose sent mail is held, or was released a while ago.
    pub(crate) sending: HashMap<(TenantId, MailboxId), Sending>,
    /// Why and since when what they send is held.
    pub(crate) held: HashMap<(TenantId, MailboxId), (HoldReason, Timestamp)>,
    /// What domains add to sent mail.
    pub(crate) footers: HashMap<(TenantId, DomainId), Arc<Footer>>,
    /// Domains of which something goes on to another host.
    pub(crate) onward: HashMap<(TenantId, DomainId), Onward>,
    /// Signing keys by domain.
    pub(crate) dkim: HashMap<(TenantId, DomainId), Vec<SigningKey>>,
    /// By canonical address.
    pub(crate) places: Names<Place>,
    pub(crate) mailboxes: HashMap<(TenantId, MailboxId), MailboxEntry>,
    /// Deleted mailboxes that may still come back, with when they may no more.
    pub(crate) deleted: HashMap<(TenantId, MailboxId), (Timestamp, MailboxEntry)>,
    /// How many deleted ones there may be before those past their retention are forgotten.
    pub(crate) sweep_deleted_at: usize,
    /// Catch-all aliases by domain name.
    pub(crate) catch_alls: Names<AliasEntry>,
    /// Where an alias stands: canonical address, or `@domain` for a catch-all.
    pub(crate) aliases: HashMap<AliasKey, CompactString>,
    /// Whom domains always take for a friend, and whom never.
    pub(crate) domain_senders: HashMap<(TenantId, DomainId), Arc<Senders>>,
    /// How addresses of a domain are rewritten and copied.
    pub(crate) address_maps: HashMap<(TenantId, DomainId), AddressMaps>,
    /// The plan of the service that each account ordered or changed last.
    pub(crate) newest_plans: HashMap<TenantId, PlanId>,
    /// Through which relay mail of a domain leaves.
    pub(crate) sender_relays: HashMap<(TenantId, DomainId), (SenderRelayId, Arc<SenderRelay>)>,
    /// Who works in which mailbox.
    pub(crate) shares: Shares,
    pub(crate) resources: Resources,
    /// What domains ask of hosts that send to them, where that is not what the platform asks.
    pub(crate) sts: HashMap<(TenantId, DomainId), Arc<Sts>>,
    /// How mail to some destinations is encrypted, as the platform, an account, or one domain of it wants it.
    pub(crate) tls_policies: HashMap<PolicyOwner, Shelf<TlsPolicyId, CompactString, TlsPolicy>>,
}

impl Index {
    pub(crate) fn entitlement(&self, tenant: TenantId, service: ServiceId) -> Entitlement {
        // A service that is not known has ended or never began: nothing may be done in its name.
        self.services.get(&(tenant, service)).map_or(Entitlement::Ended, |entry| entry.entitlement)
    }

    /// What the owner of a mailbox has to do first on the pages; none where nobody comes there now.
    pub(crate) fn web_demand(&self, entry: &MailboxEntry) -> Option<Option<Demand>> {
        let service = self.services.get(&(entry.tenant, entry.service))?;
        match service.entitlement {
            Entitlement::Active | Entitlement::Restricted => Some(self.demand(entry)),
            Entitlement::Suspended | Entitlement::Ended => {
                service.lets_export.then_some(Some(Demand::ExportOnly))
            }
            Entitlement::Purged => None,
        }
    }

    /// What a mailbox may send: of plan and settings the less.
    pub(crate) fn send_limits(&self, entry: &MailboxEntry) -> Option<SendLimits> {
        let service = self.services.get(&(entry.tenant, entry.service))?;
        let domain = self.domain_sends.get(&(entry.tenant, entry.domain)).copied().unwrap_or_default();
        let own = entry.options.as_deref().map(|options| options.sends).unwrap_or_default();
        let less = |plan: Option<u32>, setting: Option<u32>| match (plan, setting) {
            (Some(plan), Some(setting)) => Some(plan.min(setting)),
            (plan, setting) => plan.or(setting),
        };
        let (hour, minute) = (service.sends_per_hour, service.sends_per_minute);
        let short = |per_hour: Option<u32>, per_minute: Option<u32>, own: ShortSends| ShortSends {
            per_hour_max: less(per_hour, own.per_hour_max),
            per_minute_max: less(per_minute, own.per_minute_max),
        };
        Some(SendLimits {
            service: (entry.service, service.sends.service),
            domain: (entry.domain, less(service.sends.domain, domain.per_day_max)),
            mailbox: (entry.mailbox, less(service.sends.mailbox, own.per_day_max)),
            service_short: short(hour.service, minute.service, ShortSends::default()),
            domain_short: short(hour.domain, minute.domain, domain.short),
            mailbox_short: short(hour.mailbox, minute.mailbox, own.short),
            recipients_per_message_max: service.recipients_per_message_max,
            message_size_max: service.message_size_max,
        })
    }

    /// The mailbox of an address, without following aliases.
    pub(crate) fn mailbox_at(&self, canonical: &str) -> Option<&MailboxEntry> {
        match self.places.get(canonical)? {
            Place::Mailbox(tenant, mailbox) => self.mailboxes.get(&(*tenant, *mailbox)),
            Place::Alias(_) => None,
        }
    }

    pub(crate) fn is_served(&self, mailbox: &MailboxEntry) -> bool {
        self.served
            .get(mailbox.address.domain.as_str())
            .is_some_and(|domain| mailbox.is_of(*domain) && !self.off.contains(domain))
    }

    /// The same address in the domain that its domain mirrors; as it is where it mirrors none.
    pub(crate) fn reflected<'a>(&self, address: &'a EmailAddress) -> Cow<'a, EmailAddress> {
        // As for most: then there is nothing to look for.
        if self.mirrors.is_empty() {
            return Cow::Borrowed(address);
        }
        let original = self.served.get(address.domain.as_str()).and_then(|(tenant, domain)| {
            let target = self.mirrors.get(&(*tenant, *domain))?;
            self.domains.get(&(*tenant, *target))
        });
        match original {
            Some(name) => Cow::Owned(EmailAddress::new(address.local.clone(), name.clone())),
            None => Cow::Borrowed(address),
        }
    }

    /// Whether the settings of the mailbox let it send as `sender`, in a domain that its own account has.
    pub(crate) fn is_granted(&self, login: &Login, sender: &EmailAddress) -> bool {
        let is_own = self
            .served
            .get(sender.domain.as_str())
            .is_some_and(|domain| domain.0 == login.tenant && !self.off.contains(domain));
        let entry = self.mailboxes.get(&(login.tenant, login.mailbox)).filter(|_| is_own);
        let Some(options) = entry.and_then(|entry| entry.options.as_deref()) else { return false };
        let form = sender.canonical();
        options.send_as.iter().any(|granted| match granted.strip_prefix('@') {
            Some(domain) => domain == sender.domain.as_str(),
            None => *granted == form,
        })
    }

    /// What the owner of a mailbox has to do before anything else.
    pub(crate) fn demand(&self, entry: &MailboxEntry) -> Option<Demand> {
        let options = entry.options.as_deref();
        if options.is_some_and(|options| options.must_change_password) {
            return Some(Demand::PasswordChange);
        }
        let is_required = options.is_some_and(|options| options.requires_factor)
            || self.demanding.contains(&(entry.tenant, entry.domain));
        (is_required && !entry.has_factor()).then_some(Demand::SecondFactor)
    }

    /// Whether what somebody came in by still opens the mailbox to `protocols`.
    pub(crate) fn is_good(
        entry: &MailboxEntry,
        credential: &Credential,
        now: Timestamp,
    ) -> Option<Protocols> {
        match credential {
            Credential::Password(hash) => {
                let known = entry.password_hash.as_ref()?;
                (Arc::ptr_eq(known, hash) || known == hash).then_some(Protocols::ALL)
            }
            Credential::App(id) => {
                let known = entry.app_passwords().iter().find(|known| known.id == *id)?;
                known.expires_at.is_none_or(|end| now < end).then_some(known.protocols)
            }
        }
    }

    pub(crate) fn login(&self, entry: &MailboxEntry, credential: Credential) -> Login {
        Login {
            tenant: entry.tenant,
            mailbox: entry.mailbox,
            address: entry.address.clone(),
            quota: self.quota(entry),
            entitlement: self.entitlement(entry.tenant, entry.service),
            protocols: entry.protocols(),
            credential,
        }
    }
}
