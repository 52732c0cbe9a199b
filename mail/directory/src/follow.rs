//! Events into the index.

use std::collections::BTreeSet;

use std::sync::Arc;

use compact_str::CompactString;
use engine::{Follower, ProjectionError};
use hosting::HostingEvent;
use hosting::account::AccountEvent;
use hosting::alias::{AliasEvent, Disposition};
use hosting::book::EntryEvent;
use hosting::domain::DomainEvent;
use hosting::factor::FactorEvent;
use hosting::mailbox::{MailProtocol, MailboxEvent, MailboxSettings};
use hosting::plan::PlanLimits;
use hosting::service::ServiceEvent;
use hosting::tls_policy::TlsPolicy;
use kernel::{
    AliasId, DomainId, DomainName, EmailAddress, LocalPart, MailboxId, PlanId, Recorded, ServiceId, TenantId,
    Timestamp,
};

use crate::index::{AliasEntry, AppPassword, Index, MailboxEntry, Options, OwnSends, Place, ServiceEntry};
use crate::spam::{OwnSpam, Senders};
use crate::{Directory, Entitlement, Protocol, Protocols, ShortSends};

/// Deleted mailboxes that are kept before those past their retention are swept out.
const DELETED_SWEEP_COUNT_MIN: usize = 10_000;

impl Follower for Directory {
    type Event = HostingEvent;

    const NAME: &'static str = "directory";

    fn apply(&self, page: &[Recorded<HostingEvent>]) -> Result<(), ProjectionError> {
        // One lock for the page: readers wait for microseconds, not for the whole history of a tenant.
        let mut index = self.index.write();
        for recorded in page {
            let (tenant, id) = (recorded.cursor.tenant, recorded.stream.id);
            match &recorded.event {
                HostingEvent::Service(event) => index.take_service((tenant, ServiceId::new(id)), event),
                HostingEvent::Domain(event) => {
                    index.take_footer((tenant, DomainId::new(id)), event);
                    index.take_onward((tenant, DomainId::new(id)), event);
                    index.take_pool((tenant, DomainId::new(id)), event);
                    index.take_sts((tenant, DomainId::new(id)), event);
                    index.take_dkim((tenant, DomainId::new(id)), event, recorded.recorded_at);
                    index.take_domain((tenant, DomainId::new(id)), event);
                }
                HostingEvent::Mailbox(event) => {
                    index.take_sending((tenant, MailboxId::new(id)), event);
                    index.take_mailbox((tenant, MailboxId::new(id)), event);
                }
                HostingEvent::Alias(event) => index.take_alias((tenant, AliasId::new(id)), event),
                HostingEvent::Account(AccountEvent::Opened { is_sandbox: true, .. }) => {
                    index.sandboxes.insert(tenant);
                }
                HostingEvent::Account(AccountEvent::PersonErased { mailbox: Some(mailbox), .. }) => {
                    index.deleted.remove(&(tenant, *mailbox));
                }
                HostingEvent::Entry(EntryEvent::AddressMap(event)) => {
                    index.take_address_map((tenant, DomainId::new(id)), event);
                }
                HostingEvent::Entry(EntryEvent::Share(event)) => {
                    index.shares.take((tenant, MailboxId::new(id)), event);
                }
                HostingEvent::Entry(EntryEvent::Resource(event)) => {
                    index.resources.take((tenant, DomainId::new(id)), event);
                }
                HostingEvent::Entry(EntryEvent::TlsPolicy(event)) => {
                    index.take_tls_policy((tenant, None), event, TlsPolicy::clone);
                }
                HostingEvent::Entry(EntryEvent::DomainTlsPolicy(event)) => {
                    let of_domain = (tenant, Some(DomainId::new(id)));
                    index.take_tls_policy(of_domain, event, |policy| policy.0.clone());
                }
                HostingEvent::Entry(EntryEvent::SenderRelay(event)) => {
                    index.take_sender_relay((tenant, DomainId::new(id)), event);
                }
                HostingEvent::Entry(
                    EntryEvent::MailboxFilter(_)
                    | EntryEvent::DomainFilter(_)
                    | EntryEvent::SyncJob(_)
                    | EntryEvent::Push(_),
                )
                | HostingEvent::Account(_)
                | HostingEvent::Reseller(_)
                | HostingEvent::User(_)
                | HostingEvent::Session(_)
                | HostingEvent::Delegation(_)
                | HostingEvent::Ticket(_)
                | HostingEvent::Webhook(_)
                | HostingEvent::Notice(_)
                | HostingEvent::Document(_)
                | HostingEvent::Contract(_)
                | HostingEvent::MailOrder(_)
                | HostingEvent::Plan(_) => {}
            }
        }
        Ok(())
    }
}

/// What of the protocols of an app password is served here.
fn opened_by(protocols: &BTreeSet<MailProtocol>) -> Protocols {
    Protocols::NONE
        .with(Protocol::Imap, protocols.contains(&MailProtocol::Imap))
        .with(Protocol::Submission, protocols.contains(&MailProtocol::Submission))
}

impl Index {
    fn take_service(&mut self, service: (TenantId, ServiceId), event: &ServiceEvent) {
        let entitlement = match event {
            ServiceEvent::Ordered { plan, limits, .. } => {
                // Ordered and not yet active: nothing is there that could be done.
                self.services.insert(service, service_entry((Entitlement::Suspended, false), *plan, limits));
                self.newest_plans.insert(service.0, *plan);
                return;
            }
            ServiceEvent::PlanChanged { plan, limits, .. } => {
                if let Some(entry) = self.services.get_mut(&service) {
                    *entry = service_entry((entry.entitlement, entry.lets_export), *plan, limits);
                    self.newest_plans.insert(service.0, *plan);
                }
                return;
            }
            ServiceEvent::Activated | ServiceEvent::Resumed => Entitlement::Active,
            ServiceEvent::Reactivated => {
                self.ending.remove(&service);
                Entitlement::Active
            }
            ServiceEvent::Restricted => Entitlement::Restricted,
            ServiceEvent::Suspended { .. } => Entitlement::Suspended,
            ServiceEvent::Ended { purge_after } => {
                self.ending.insert(service, *purge_after);
                Entitlement::Ended
            }
            ServiceEvent::Purged => {
                self.ending.remove(&service);
                Entitlement::Purged
            }
            ServiceEvent::SlotsTaken { .. }
            | ServiceEvent::SlotsReturned { .. }
            | ServiceEvent::AllocationChanged { .. }
            | ServiceEvent::AliasSlotTaken { .. }
            | ServiceEvent::AliasSlotReturned { .. }
            | ServiceEvent::DomainSlotTaken { .. }
            | ServiceEvent::Priced { .. }
            | ServiceEvent::DomainShareSet { .. }
            | ServiceEvent::SyncJobsCounted { .. }
            | ServiceEvent::AdministratorAdded { .. }
            | ServiceEvent::AdministratorRemoved { .. }
            | ServiceEvent::DomainSlotReturned { .. } => return,
        };
        if let Some(entry) = self.services.get_mut(&service) {
            entry.entitlement = entitlement;
            entry.lets_export = match event {
                ServiceEvent::Suspended { reason } => !reason.is_platforms(),
                // Whom it was closed to for another reason before it ended, it stays closed to.
                ServiceEvent::Ended { .. } => entry.lets_export,
                _ => entitlement.gives_access(),
            };
        }
    }

    fn take_domain(&mut self, domain: (TenantId, DomainId), event: &DomainEvent) {
        match event {
            DomainEvent::Added { name, mirrors, .. } | DomainEvent::Restored { name, mirrors, .. } => {
                self.domains.insert(domain, name.clone());
                if let Some(target) = mirrors {
                    self.mirrors.insert(domain, *target);
                }
            }
            DomainEvent::SettingsChanged { settings, .. } => {
                if settings.plain().is_some_and(|settings| settings.requires_second_factor) {
                    self.demanding.insert(domain);
                } else {
                    self.demanding.remove(&domain);
                }
                let sends = settings.plain().map(|settings| OwnSends {
                    per_day_max: settings.sends_per_day_max,
                    short: ShortSends {
                        per_hour_max: settings.sends_per_hour_max,
                        per_minute_max: settings.sends_per_minute_max,
                    },
                });
                match sends.filter(|sends| *sends != OwnSends::default()) {
                    Some(sends) => drop(self.domain_sends.insert(domain, sends)),
                    None => drop(self.domain_sends.remove(&domain)),
                }
                match settings.plain().and_then(|settings| Senders::of_domain(settings)) {
                    Some(senders) => drop(self.domain_senders.insert(domain, senders)),
                    None => drop(self.domain_senders.remove(&domain)),
                }
                if settings.plain().is_none_or(|settings| settings.is_active) {
                    self.off.remove(&domain);
                } else {
                    self.off.insert(domain);
                }
            }
            DomainEvent::SharedAdded { name } => {
                self.domains.insert(domain, name.clone());
                self.served.take(CompactString::from(name.as_str()), domain, |other| *other == domain);
            }
            DomainEvent::Verified { .. } => {
                if let Some(name) = self.domains.get(&domain) {
                    self.served.take(CompactString::from(name.as_str()), domain, |other| *other == domain);
                }
            }
            DomainEvent::DkimKeyMade { .. }
            | DomainEvent::DkimKeyPublished { .. }
            | DomainEvent::DkimKeyActive { .. }
            | DomainEvent::DkimKeyRetired { .. }
            | DomainEvent::PoolThresholdCrossed { .. } => {}
            DomainEvent::Removed { .. } => {
                self.off.remove(&domain);
                self.address_maps.remove(&domain);
                self.sender_relays.remove(&domain);
                self.tls_policies.remove(&(domain.0, Some(domain.1)));
                self.domain_senders.remove(&domain);
                self.demanding.remove(&domain);
                self.domain_sends.remove(&domain);
                self.mirrors.remove(&domain);
                if let Some(name) = self.domains.remove(&domain) {
                    self.served.leave(name.as_str(), |other| *other == domain);
                }
            }
        }
    }

    fn take_mailbox(&mut self, key: (TenantId, MailboxId), event: &MailboxEvent) {
        if let MailboxEvent::Created { service, domain, domain_name, local, quota, password, .. } = event {
            // Erased: the person is gone, and so is the address.
            let Some(local) = local.plain() else { return };
            let address = EmailAddress::new(local.clone(), domain_name.clone());
            let hash = password.as_ref().and_then(|password| password.plain());
            let entry = MailboxEntry {
                tenant: key.0,
                mailbox: key.1,
                service: *service,
                domain: *domain,
                quota: *quota,
                password_hash: hash.map(|hash| Arc::from(hash.as_str())),
                is_enabled: true,
                options: None,
                address,
            };
            self.settle(key, &entry.address);
            self.mailboxes.insert(key, entry);
            return;
        }
        match event {
            MailboxEvent::Deleted { purge_after } => {
                if let Some(entry) = self.mailboxes.remove(&key) {
                    self.vacate(key, &entry.address);
                    self.remember_deleted(key, *purge_after, entry);
                }
                return;
            }
            MailboxEvent::Restored => {
                if let Some((_, entry)) = self.deleted.remove(&key) {
                    self.settle(key, &entry.address);
                    self.mailboxes.insert(key, entry);
                }
                return;
            }
            MailboxEvent::Renamed { local } => {
                let Some(mut entry) = self.mailboxes.remove(&key) else {
                    self.move_deleted(key, local.plain());
                    return;
                };
                self.vacate(key, &entry.address);
                // Erased: the person is gone, and so is the address.
                let Some(local) = local.plain() else { return };
                entry.address = EmailAddress::new(local.clone(), entry.address.domain.clone());
                self.settle(key, &entry.address);
                self.mailboxes.insert(key, entry);
                return;
            }
            _ => {}
        }
        let Some(entry) = self.mailboxes.get_mut(&key) else { return };
        match event {
            MailboxEvent::QuotaChanged { to, .. } => entry.quota = *to,
            MailboxEvent::PasswordSet { password } => {
                entry.password_hash = password.plain().map(|hash| Arc::from(hash.as_str()));
            }
            MailboxEvent::SettingsChanged { settings, .. } => {
                let settings = settings.plain().cloned().unwrap_or_default();
                entry.change_options(|options| take_settings(options, &settings));
            }
            MailboxEvent::Factor(event) => entry.change_options(|options| match event {
                FactorEvent::TotpAdded { .. }
                | FactorEvent::PasskeyAdded { .. }
                | FactorEvent::YubikeyAdded { .. } => {
                    options.factor_count = options.factor_count.saturating_add(1);
                }
                FactorEvent::FactorRemoved { .. } => {
                    options.factor_count = options.factor_count.saturating_sub(1);
                }
                FactorEvent::FactorRenamed { .. }
                | FactorEvent::RecoveryCodesSet { .. }
                | FactorEvent::RecoveryCodeUsed { .. } => {}
            }),
            MailboxEvent::AppPasswordAdded { app_password, secret_hash, protocols, expires_at, .. } => {
                let added = AppPassword {
                    id: *app_password,
                    secret_hash: *secret_hash,
                    protocols: opened_by(protocols),
                    expires_at: *expires_at,
                };
                entry.change_options(|options| options.app_passwords.push(added));
            }
            MailboxEvent::AppPasswordChanged { app_password, protocols, expires_at, .. } => {
                entry.change_options(|options| {
                    let known = options.app_passwords.iter_mut().find(|known| known.id == *app_password);
                    let Some(known) = known else { return };
                    (known.protocols, known.expires_at) = (opened_by(protocols), *expires_at);
                });
            }
            MailboxEvent::AppPasswordRevoked { app_password } => {
                entry.change_options(|options| {
                    options.app_passwords.retain(|known| known.id != *app_password);
                });
            }
            MailboxEvent::Disabled => entry.is_enabled = false,
            MailboxEvent::Enabled => entry.is_enabled = true,
            MailboxEvent::Created { .. }
            | MailboxEvent::Deleted { .. }
            | MailboxEvent::Restored
            | MailboxEvent::SendingHeld { .. }
            | MailboxEvent::SendingReleased { .. }
            | MailboxEvent::ComplainedAbout { .. }
            | MailboxEvent::RetentionChanged { .. }
            | MailboxEvent::Renamed { .. }
            | MailboxEvent::RecoveryAddressVerified { .. }
            | MailboxEvent::LanguageSet { .. }
            | MailboxEvent::TimeZoneSet { .. }
            | MailboxEvent::TemporaryAliasSet { .. }
            | MailboxEvent::TemporaryAliasDropped { .. }
            | MailboxEvent::DisplayNameChanged { .. }
            | MailboxEvent::QuotaThresholdCrossed { .. } => {}
        }
    }

    /// This mailbox is at the address from now on.
    fn settle(&mut self, key: (TenantId, MailboxId), address: &EmailAddress) {
        let place = Place::Mailbox(key.0, key.1);
        self.places.take(canonical(address), place, |place| place.is_mailbox(key));
    }

    /// This mailbox is at the address no more.
    fn vacate(&mut self, key: (TenantId, MailboxId), address: &EmailAddress) {
        self.places.leave(&canonical(address), |place| place.is_mailbox(key));
    }

    /// A deleted mailbox is about to come back at another address; of one whose owner is erased nobody knows where.
    fn move_deleted(&mut self, key: (TenantId, MailboxId), local: Option<&LocalPart>) {
        match (self.deleted.get_mut(&key), local) {
            (Some((_, entry)), Some(local)) => {
                entry.address = EmailAddress::new(local.clone(), entry.address.domain.clone());
            }
            (Some(_), None) => {
                self.deleted.remove(&key);
            }
            (None, _) => {}
        }
    }

    /// Keeps a deleted mailbox as long as it may come back; others are forgotten each time their number has doubled.
    fn remember_deleted(&mut self, key: (TenantId, MailboxId), purge_after: Timestamp, entry: MailboxEntry) {
        if self.deleted.len() >= self.sweep_deleted_at.max(DELETED_SWEEP_COUNT_MIN) {
            let now = crate::clock::now();
            self.deleted.retain(|_, (end, _)| *end > now);
            self.sweep_deleted_at = self.deleted.len() * 2;
        }
        self.deleted.insert(key, (purge_after, entry));
    }

    fn take_alias(&mut self, key: (TenantId, AliasId), event: &AliasEvent) {
        match event {
            AliasEvent::Created { service, domain_name, local, targets, temporary, .. } => {
                let Some(at) = alias_place(local.as_ref(), domain_name) else { return };
                let targets =
                    targets.plain().map_or_else(|| Arc::from([]), |targets| Arc::from(targets.as_slice()));
                let entry = AliasEntry {
                    tenant: key.0,
                    alias: key.1,
                    service: *service,
                    targets,
                    is_active: true,
                    is_consumed: false,
                    is_internal: false,
                    expires_at: temporary.map(|temporary| temporary.expires_at),
                    lets_targets_send: true,
                };
                self.aliases.insert(key, at.clone());
                match at.strip_prefix('@') {
                    Some(domain) => {
                        self.catch_alls.take(CompactString::from(domain), entry, |entry| entry.is_of(key));
                    }
                    None => {
                        self.places.take(at, Place::Alias(Box::new(entry)), |place| place.is_alias(key));
                    }
                }
            }
            AliasEvent::ExpiryChanged { expires_at } => {
                if let Some(entry) = self.alias_mut(key) {
                    entry.expires_at = *expires_at;
                }
            }
            AliasEvent::TargetsChanged { targets } => {
                let targets =
                    targets.plain().map_or_else(|| Arc::from([]), |targets| Arc::from(targets.as_slice()));
                if let Some(entry) = self.alias_mut(key) {
                    entry.targets = targets;
                }
            }
            AliasEvent::SettingsChanged { settings, .. } => {
                let settings = settings.plain().cloned().unwrap_or_default();
                if let Some(entry) = self.alias_mut(key) {
                    entry.is_active = settings.is_active;
                    entry.is_consumed = settings.disposition != Disposition::Forward;
                    entry.is_internal = settings.is_internal;
                    entry.lets_targets_send = settings.lets_targets_send;
                }
            }
            AliasEvent::Deleted => {
                let Some(at) = self.aliases.remove(&key) else { return };
                match at.strip_prefix('@') {
                    Some(domain) => self.catch_alls.leave(domain, |entry| entry.is_of(key)),
                    None => self.places.leave(&at, |place| place.is_alias(key)),
                }
            }
        }
    }

    fn alias_mut(&mut self, key: (TenantId, AliasId)) -> Option<&mut AliasEntry> {
        let at = self.aliases.get(&key)?;
        match at.strip_prefix('@') {
            Some(domain) => self.catch_alls.of_mut(domain, |entry| entry.is_of(key)),
            None => match self.places.of_mut(at, |place| place.is_alias(key)) {
                Some(Place::Alias(entry)) => Some(entry),
                Some(Place::Mailbox(..)) | None => None,
            },
        }
    }
}

fn service_entry(
    (entitlement, lets_export): (Entitlement, bool),
    plan: PlanId,
    limits: &PlanLimits,
) -> ServiceEntry {
    ServiceEntry {
        entitlement,
        lets_export,
        plan,
        sends: limits.sends,
        sends_per_hour: limits.sends_per_hour,
        sends_per_minute: limits.sends_per_minute,
        recipients_per_message_max: limits.recipients_per_message_max,
        message_size_max: limits.message_size_max,
    }
}

/// Takes of the settings what is obeyed here.
fn take_settings(options: &mut Options, settings: &MailboxSettings) {
    let granted = |text: &String| match text.strip_prefix('@') {
        Some(domain) => {
            DomainName::parse(domain).ok().map(|domain| CompactString::from(format!("@{domain}")))
        }
        None => EmailAddress::parse(text).ok().map(|address| canonical(&address)),
    };
    options.protocols = Protocols::ALL
        .with(Protocol::Imap, settings.imap)
        .with(Protocol::Submission, settings.submission)
        .with(Protocol::Web, settings.web);
    options.requires_tls = settings.requires_tls_in;
    options.requires_tls_out = settings.requires_tls_out;
    options.detail = settings.detail;
    options.send_as = settings.send_as.iter().filter_map(granted).collect();
    options.sends = OwnSends {
        per_day_max: settings.sends_per_day_max,
        short: ShortSends {
            per_hour_max: settings.sends_per_hour_max,
            per_minute_max: settings.sends_per_minute_max,
        },
    };
    options.spam = OwnSpam::of(settings);
    options.must_change_password = settings.must_change_password;
    options.requires_factor = settings.requires_second_factor;
}

/// The form by which addresses are the same.
pub(crate) fn canonical(address: &EmailAddress) -> CompactString {
    CompactString::from(address.canonical())
}

fn alias_place(local: Option<&kernel::Sealed<LocalPart>>, domain: &DomainName) -> Option<CompactString> {
    let local = match local {
        None => String::new(),
        Some(sealed) => sealed.plain()?.canonical(),
    };
    Some(CompactString::from(format!("{local}@{domain}")))
}
