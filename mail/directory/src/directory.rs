//! The directory as the servers hold it.

use kernel::{
    AliasId, ByteSize, DomainId, DomainName, EmailAddress, MailboxId, PlanId, ServiceId, TenantId, Timestamp,
};
use parking_lot::RwLock;

use crate::authenticate::Gate;
use crate::follow::canonical;
use crate::index::{AliasEntry, Index, Place};
use crate::tries::{Tries, Waiting};
use crate::uses::{Use, Uses};
use crate::{Credential, Demand, Entitlement, Login, Protocol, Resolution, SendLimits};

/// To how many recipients elsewhere aliases lead in a day what others write to them, where the plan has no limit on sending.
const FORWARDS_PER_DAY_MAX: u32 = 5_000;

/// Addresses, mailboxes, aliases and services, in memory. Fed by the engine as a follower; answers without I/O.
#[derive(Debug)]
pub struct Directory {
    pub(crate) index: RwLock<Index>,
    pub(crate) gate: Gate,
    pub(crate) uses: Uses,
    pub(crate) tries: Waiting,
}

impl Default for Directory {
    fn default() -> Self {
        Self::new()
    }
}

impl Directory {
    /// One that knows nothing yet.
    pub fn new() -> Self {
        Self { index: RwLock::default(), gate: Gate::new(), uses: Uses::new(), tries: Waiting::default() }
    }

    /// Where mail for an address goes (RFC 5321 section 3.6 names the roles), if `asker`, whose tenant is none for
    /// other hosts, sends it.
    pub fn resolve(&self, address: &EmailAddress, asker: Option<TenantId>) -> Resolution {
        self.index.read().resolve(address, asker)
    }

    /// What somebody who is in may do now; none where the mailbox is deleted, disabled, not reached by `protocol`, its
    /// domain is not served, or what they came in by is replaced, revoked or expired. A session asks it again with each
    /// command and while it idles, so that what is taken away is away at once.
    pub fn access(&self, login: &Login, protocol: Protocol) -> Option<Login> {
        let index = self.index.read();
        let entry = index.mailboxes.get(&(login.tenant, login.mailbox))?;
        let opened = Index::is_good(entry, &login.credential, crate::clock::now())?;
        // A second factor that was added since then puts out whoever came in by the password alone.
        if protocol != Protocol::Web
            && matches!(login.credential, Credential::Password(_))
            && entry.has_factor()
        {
            return None;
        }
        (entry.is_enabled
            && entry.protocols().has(protocol)
            && opened.has(protocol)
            && index.is_served(entry))
        .then(|| index.login(entry, login.credential.clone()))
    }

    /// Whether the owner of a mailbox may be on the web pages and the API at all now, and what has to be done there
    /// first. [`Demand::ExportOnly`]: there is nothing else.
    pub fn web_access(&self, tenant: TenantId, mailbox: MailboxId) -> Option<Option<Demand>> {
        let index = self.index.read();
        let entry = index.mailboxes.get(&(tenant, mailbox))?;
        let is_open = entry.is_enabled && entry.protocols().has(Protocol::Web) && index.is_served(entry);
        if is_open { index.web_demand(entry) } else { None }
    }

    /// The address of a mailbox, the state of its service, and when that is destroyed if it has ended; none where there is
    /// no such mailbox.
    pub fn standing_of(
        &self,
        tenant: TenantId,
        mailbox: MailboxId,
    ) -> Option<(EmailAddress, Entitlement, Option<Timestamp>)> {
        let index = self.index.read();
        let entry = index.mailboxes.get(&(tenant, mailbox))?;
        let service = (tenant, entry.service);
        let entitlement = index.entitlement(tenant, entry.service);
        Some((entry.address.clone(), entitlement, index.ending.get(&service).copied()))
    }

    /// Whether mail of the domain with this name, an A-label in lower case, is served here and switched on.
    pub fn serves(&self, name: &str) -> bool {
        let index = self.index.read();
        index.served.get(name).is_some_and(|domain| !index.off.contains(domain))
    }

    /// Whether a name of `tenant` would be taken for a domain of somebody else that is served here, by letters of another
    /// script that look like its own.
    pub fn is_passed_off(&self, tenant: TenantId, name: &DomainName) -> bool {
        let Some(seen) = hosting::passes_for(name) else { return false };
        self.index.read().served.get(seen.as_str()).is_some_and(|home| home.0 != tenant)
    }

    /// Whose the domain with this name is, an A-label in lower case; none where it is not ours.
    pub fn domain_named(&self, name: &str) -> Option<(TenantId, DomainId)> {
        self.index.read().served.get(name).copied()
    }

    /// Whether an own domain of the account has a catch-all.
    pub fn catches_all(&self, tenant: TenantId, domain: DomainId) -> bool {
        let index = self.index.read();
        index.domains.get(&(tenant, domain)).is_some_and(|name| index.catch_alls.has(name.as_str()))
    }

    /// Whether an address is a mailbox's or an alias's own; what a catch-all takes is not.
    pub fn is_taken(&self, address: &EmailAddress) -> bool {
        let index = self.index.read();
        index.places.has(&canonical(index.reflected(address).as_ref()))
    }

    /// The domain that a mailbox is in; none where it does not exist.
    pub fn home(&self, tenant: TenantId, mailbox: MailboxId) -> Option<DomainId> {
        self.index.read().mailboxes.get(&(tenant, mailbox)).map(|entry| entry.domain)
    }

    /// The ways in that were used since the last call, each at most once in a quarter of an hour.
    pub fn take_uses(&self) -> Vec<Use> {
        self.uses.take()
    }

    /// Who has come by IMAP and submission since the last call, and who has tried.
    pub fn take_tries(&self) -> Vec<Tries> {
        self.tries.take()
    }

    /// The mailbox that signs in with this name, whether or not it may now; none where there is none.
    pub fn mailbox_of(&self, name: &str) -> Option<(TenantId, MailboxId)> {
        let address = EmailAddress::parse(name.trim()).ok()?;
        let index = self.index.read();
        let login = index.login(index.mailbox_at(&canonical(&address))?, Credential::Password("".into()));
        Some((login.tenant, login.mailbox))
    }

    /// The plan of the service that a mailbox is of; none where it does not exist.
    pub fn plan_of(&self, tenant: TenantId, mailbox: MailboxId) -> Option<PlanId> {
        let index = self.index.read();
        let entry = index.mailboxes.get(&(tenant, mailbox))?;
        index.services.get(&(tenant, entry.service)).map(|service| service.plan)
    }

    /// The plan of the service that an account ordered or changed last; none where it has none.
    pub fn newest_plan(&self, tenant: TenantId) -> Option<PlanId> {
        self.index.read().newest_plans.get(&tenant).copied()
    }

    /// What a mailbox may send; none where it does not exist.
    pub fn send_limits(&self, tenant: TenantId, mailbox: MailboxId) -> Option<SendLimits> {
        let index = self.index.read();
        index.mailboxes.get(&(tenant, mailbox)).and_then(|entry| index.send_limits(entry))
    }

    /// To how many recipients elsewhere the aliases of a service lead in a day what others write to them, beyond the first of
    /// each message: as many as the widest of its limits on sending lets be sent, and in a budget of its own.
    pub fn forwards_per_day_max(&self, tenant: TenantId, service: ServiceId) -> u32 {
        let index = self.index.read();
        let sends = index.services.get(&(tenant, service)).map(|service| service.sends);
        let widest = sends.and_then(|sends| sends.service.or(sends.domain).or(sends.mailbox));
        widest.unwrap_or(FORWARDS_PER_DAY_MAX)
    }

    /// The quota of a mailbox; none where it does not exist.
    pub fn quota(&self, tenant: TenantId, mailbox: MailboxId) -> Option<ByteSize> {
        self.index.read().mailboxes.get(&(tenant, mailbox)).map(|entry| entry.quota)
    }

    /// Whether a mailbox may send in the name of `sender`: its own address, also with a detail or in an alias domain, an
    /// alias of its account that leads to it directly and lets it, or what its settings grant in domains of its
    /// account. A catch-all is an alias at every address of its domain that nobody else has.
    pub fn may_send_as(&self, login: &Login, sender: &EmailAddress) -> bool {
        let index = self.index.read();
        let own = canonical(&login.address);
        if index.is_granted(login, sender) {
            return true;
        }
        let reflected = index.reflected(sender);
        let mut forms = vec![canonical(reflected.as_ref())];
        if let Some((base, _)) = reflected.local.split_detail() {
            forms.push(canonical(&EmailAddress::new(base, reflected.domain.clone())));
        }
        let lets = |alias: &AliasEntry| {
            alias.tenant == login.tenant
                && alias.is_active
                && !alias.is_expired()
                && alias.lets_targets_send
                && !index.entitlement(alias.tenant, alias.service).is_over()
                && alias.targets.iter().any(|target| canonical(target) == own)
        };
        let is_own = forms.into_iter().any(|form| {
            form == own || matches!(index.places.get(&form), Some(Place::Alias(alias)) if lets(alias))
        });
        is_own || index.catch_all_of(sender).is_some_and(lets)
    }

    /// Every mailbox that exists, at most `limit` of them after `after`, by tenant and id.
    pub fn mailboxes(
        &self,
        after: Option<(TenantId, MailboxId)>,
        limit: usize,
    ) -> Vec<(TenantId, MailboxId)> {
        let index = self.index.read();
        let mut keys: Vec<(TenantId, MailboxId)> =
            index.mailboxes.keys().filter(|key| after.is_none_or(|after| **key > after)).copied().collect();
        keys.sort_unstable();
        keys.truncate(limit);
        keys
    }

    /// Ended services whose retention is over at `now`, at most `limit`.
    pub fn ended_before(&self, now: Timestamp, limit: usize) -> Vec<(TenantId, ServiceId)> {
        let index = self.index.read();
        let over = index.ending.iter().filter(|(_, purge_after)| **purge_after <= now);
        over.map(|(service, _)| *service).take(limit).collect()
    }

    /// The mailboxes of a service.
    pub fn mailboxes_of(&self, tenant: TenantId, service: ServiceId) -> Vec<MailboxId> {
        let index = self.index.read();
        let of_service =
            index.mailboxes.values().filter(|entry| (entry.tenant, entry.service) == (tenant, service));
        of_service.map(|entry| entry.mailbox).collect()
    }

    /// The aliases of a service, temporary ones among them.
    pub fn aliases_of(&self, tenant: TenantId, service: ServiceId) -> Vec<AliasId> {
        let index = self.index.read();
        let of_tenant = index.aliases.iter().filter(|((owner, _), _)| *owner == tenant);
        let of_service = of_tenant.filter(|(key, at)| match at.strip_prefix('@') {
            Some(domain) => index
                .catch_alls
                .get(domain)
                .is_some_and(|entry| entry.is_of(**key) && entry.service == service),
            None => index.places.get(at.as_str()).is_some_and(
                |place| matches!(place, Place::Alias(entry) if entry.is_of(**key) && entry.service == service),
            ),
        });
        of_service.map(|((_, alias), _)| *alias).collect()
    }

    /// Mailboxes, aliases and served domains, for people.
    pub fn counts(&self) -> [(&'static str, usize); 3] {
        let index = self.index.read();
        [
            ("mailboxes", index.mailboxes.len()),
            ("aliases", index.aliases.len()),
            ("domains", index.served.len()),
        ]
    }
}
