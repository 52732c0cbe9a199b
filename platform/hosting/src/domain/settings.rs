//! What can be set for a domain.

use authority::AdministratorRight;
use std::collections::BTreeSet;

use kernel::{ByteSize, DomainName, EmailAddress};
use serde::{Deserialize, Serialize};

use super::RelayHost;
use crate::HostingRefusal;
use crate::limit::{
    DESCRIPTION_CHARACTER_COUNT_MAX, FOOTER_EXCLUSION_COUNT_MAX, FOOTER_OCTETS_MAX, STS_AGE_SECS,
    STS_HOST_COUNT_MAX,
};
use crate::plan::{PlanLimits, SendsOf};
use crate::refusal::{BoxRefusal, Limit, ValueRefusal};
use crate::settings::{check_octets, check_sender_lists, check_tags, settings};

/// What of a domain's mail is passed on to another host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DomainRelay {
    /// Nothing: all of it is delivered here.
    None,
    /// What has no mailbox here.
    Unknown,
    /// Everything: this is a backup MX.
    All,
}

/// What of its service's storage a domain has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuotaMode {
    /// What its mailboxes are allotted: their quotas together.
    Allotted,
    /// One pool, which its mailboxes share by what they hold.
    Pooled,
}

/// What other hosts are asked to do where they cannot reach the domain's servers under good TLS (RFC 8461).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MtaSts {
    /// What the platform asks for.
    Platform,
    /// There is no policy.
    None,
    /// To deliver all the same, and report.
    Testing,
    /// Not to deliver.
    Enforce,
}

settings! {
    /// What can be set for an own domain.
    DomainSettings, patched by DomainSettingsPatch {
        /// Whether mail is taken for it and its mailboxes are let in.
        is_active: bool = true;
        /// What it is for.
        description: String = String::new();
        /// Words to find it by.
        tags: BTreeSet<String> = BTreeSet::new();
        /// Mailboxes that it may have of those of the service; none: all. Of this and what the plan has, the lesser holds.
        mailbox_count_max: Option<u32> = None;
        /// Aliases that it may have of those of the service; none: all. Of this and what the plan has, the lesser holds.
        alias_count_max: Option<u32> = None;
        /// Octets of quotas that it may have of those of the service; none: all. Of this and what the plan has, the lesser holds; a
        /// pool is given out as a whole and fits in the plan when it is set.
        storage_octets_max: Option<u64> = None;
        /// Whether these octets are allotted to its mailboxes, or shared by them.
        quota_mode: QuotaMode = QuotaMode::Allotted;
        /// The quota to offer for a new mailbox, in octets; none: the plan's.
        mailbox_quota_default_octets: Option<u64> = None;
        /// The largest quota of one mailbox, in octets; none: the plan's.
        mailbox_quota_octets_max: Option<u64> = None;
        /// Recipients a day; none: what the plan says. Never above the plan.
        sends_per_day_max: Option<u32> = None;
        /// Recipients an hour; none: what the plan says. Never above what it sells for an hour or a day.
        sends_per_hour_max: Option<u32> = None;
        /// Recipients a minute; none: what the plan says. Never above what it sells for a minute or longer.
        sends_per_minute_max: Option<u32> = None;
        /// Whether its mailboxes see each other in the address book.
        has_address_book: bool = true;
        /// What of its mail is passed on.
        relay: DomainRelay = DomainRelay::None;
        /// Whom to pass it on to: a host name, with `:port` where it is not 25; `lmtp://` before it where it is a store.
        relay_host: Option<String> = None;
        /// What is added to sent mail, as text.
        footer_text: String = String::new();
        /// What is added to sent mail, as HTML.
        footer_html: String = String::new();
        /// Whether replies go without it.
        footer_skips_replies: bool = true;
        /// Addresses of mailboxes, or of their aliases, whose mail goes without it.
        footer_excluded_mailboxes: BTreeSet<String> = BTreeSet::new();
        /// Domains that mirror this one, by name, whose mail goes without it.
        footer_excluded_domains: BTreeSet<String> = BTreeSet::new();
        /// Senders whose mail is never junk; wins over the lists of the mailboxes.
        allowed_senders: BTreeSet<String> = BTreeSet::new();
        /// Senders whose mail is rejected; wins over the lists of the mailboxes.
        denied_senders: BTreeSet<String> = BTreeSet::new();
        /// Whether its administrators get a copy of quota warnings.
        copies_quota_warnings: bool = false;
        /// Whether the owners of its mailboxes must have a second factor.
        requires_second_factor: bool = false;
        /// What other hosts are asked to do where TLS fails.
        mta_sts: MtaSts = MtaSts::Platform;
        /// For how long other hosts may keep that, in seconds, [`STS_AGE_SECS`](crate::limit::STS_AGE_SECS); none: as the
        /// platform has it.
        mta_sts_age_secs: Option<u32> = None;
        /// Hosts beside the platform's that take its mail, as its MX records name them; `*.` stands for one label.
        mta_sts_hosts: BTreeSet<String> = BTreeSet::new();
    }
}

impl DomainSettingsPatch {
    /// Whether it changes what only whoever has the service may change: shares, sending, relaying, being active.
    pub const fn is_administrative(&self) -> bool {
        self.is_active.is_some()
            || self.mailbox_count_max.is_some()
            || self.alias_count_max.is_some()
            || self.storage_octets_max.is_some()
            || self.quota_mode.is_some()
            || self.mailbox_quota_octets_max.is_some()
            || self.sends_per_day_max.is_some()
            || self.sends_per_hour_max.is_some()
            || self.sends_per_minute_max.is_some()
            || self.relay.is_some()
            || self.relay_host.is_some()
    }

    /// What of it may be withheld from administrators.
    pub fn rights(&self) -> Vec<AdministratorRight> {
        let mut rest = self.clone();
        let spam = rest.allowed_senders.take().is_some() | rest.denied_senders.take().is_some();
        let limits = rest.sends_per_day_max.take().is_some()
            | rest.sends_per_hour_max.take().is_some()
            | rest.sends_per_minute_max.take().is_some();
        let relays = rest.relay.take().is_some() | rest.relay_host.take().is_some();
        let others = rest != Self::default();
        let of = [
            (spam, AdministratorRight::SpamLists),
            (limits, AdministratorRight::SendLimits),
            (relays, AdministratorRight::Relays),
            (others, AdministratorRight::DomainSettings),
        ];
        of.into_iter().filter_map(|(is_changed, right)| is_changed.then_some(right)).collect()
    }

    /// Whether the owners of its mailboxes get in no more before they have a second factor.
    pub fn locks_out(&self) -> bool {
        self.requires_second_factor == Some(true)
    }

    /// Whether it has another host get mail that comes in for the domain.
    pub const fn leads_elsewhere(&self) -> bool {
        matches!(self.relay, Some(DomainRelay::Unknown | DomainRelay::All)) || self.relay_host.is_some()
    }
}

impl DomainSettings {
    /// Whether they can take the place of `before` under a plan with `limits`. What was above the plan before, as after a change
    /// to a smaller one, may stay and be lowered, and stands in the way of nothing else.
    ///
    /// # Errors
    /// The refusal that names the setting and the limit.
    pub fn check(&self, before: &Self, limits: &PlanLimits) -> Result<(), HostingRefusal> {
        check_tags(&self.tags)?;
        check_sender_lists((&self.allowed_senders, &self.denied_senders))?;
        let length = self.description.chars().count();
        if length > DESCRIPTION_CHARACTER_COUNT_MAX {
            let limit = Limit::count(DESCRIPTION_CHARACTER_COUNT_MAX, length);
            return Err(ValueRefusal::DescriptionTooLong(limit).into());
        }
        for (footer, field) in
            [(&self.footer_text, "settings.footerText"), (&self.footer_html, "settings.footerHtml")]
        {
            if footer.len() > FOOTER_OCTETS_MAX {
                let limit = Limit::count(FOOTER_OCTETS_MAX, footer.len());
                return Err(HostingRefusal::from(ValueRefusal::FooterTooLong(limit)).of(field));
            }
        }
        check_footless(
            &self.footer_excluded_mailboxes,
            is_footless_mailbox,
            "settings.footerExcludedMailboxes",
        )?;
        check_footless(&self.footer_excluded_domains, is_footless_domain, "settings.footerExcludedDomains")?;
        // A domain may be allowed less than the plan, never more: the service's own rules hold all the same.
        limits.check_sends(self.sends(), before.sends(), SendsOf::Domain)?;
        self.check_quotas(before, limits)?;
        if self.quota_mode == QuotaMode::Pooled && self.storage_octets_max.is_none_or(|octets| octets == 0) {
            return Err(BoxRefusal::PoolSizeMissing.into());
        }
        if self.relay != DomainRelay::None && self.relay_host.is_none() {
            return Err(HostingRefusal::RelayHostMissing);
        }
        if let Some(host) = &self.relay_host {
            RelayHost::parse(host).ok_or(HostingRefusal::RelayHostMissing)?;
        }
        let sts = |field| HostingRefusal::from(ValueRefusal::StsPolicy).of(field);
        if let Some(age) = self.mta_sts_age_secs.filter(|age| !STS_AGE_SECS.contains(age)) {
            let limit = Limit { allowed: (*STS_AGE_SECS.end()).into(), used: age.into() };
            return Err(sts("settings.mtaStsAgeSecs").within("seconds", limit));
        }
        let host_count = self.mta_sts_hosts.len();
        if host_count > STS_HOST_COUNT_MAX {
            let limit = Limit::count(STS_HOST_COUNT_MAX, host_count);
            return Err(sts("settings.mtaStsHosts").within("hosts", limit));
        }
        if !self.mta_sts_hosts.iter().all(|host| is_sts_host(host)) {
            return Err(sts("settings.mtaStsHosts"));
        }
        check_octets(self)
    }

    /// The recipients that it allows a day, an hour and a minute; none where it does not limit them.
    pub const fn sends(&self) -> [Option<u32>; 3] {
        [self.sends_per_day_max, self.sends_per_hour_max, self.sends_per_minute_max]
    }

    /// The largest quota and the one to offer: neither is raised above the plan, and the one to offer fits in the largest.
    fn check_quotas(&self, before: &Self, limits: &PlanLimits) -> Result<(), HostingRefusal> {
        let (most, offered) = (self.mailbox_quota_octets_max, self.mailbox_quota_default_octets);
        for (quota, known, field) in [
            (most, before.mailbox_quota_octets_max, "settings.mailboxQuotaBytesMax"),
            (offered, before.mailbox_quota_default_octets, "settings.mailboxQuotaDefaultBytes"),
        ] {
            let Some(quota) = quota.filter(|quota| known.is_none_or(|known| *quota > known || *quota == 0))
            else {
                continue;
            };
            let (quota, allowed) = (ByteSize::new(quota), limits.mailbox_quota_max);
            let refused = |wrong: ValueRefusal| HostingRefusal::from(wrong).of(field);
            if quota == ByteSize::ZERO {
                let limit = Limit::bytes(allowed, quota);
                return Err(refused(ValueRefusal::QuotaZero).within("quotaBytes", limit));
            }
            if quota > allowed {
                return Err(refused(ValueRefusal::QuotaAbovePlan(Limit::bytes(allowed, quota))));
            }
        }
        match (most, offered) {
            (Some(most), Some(offered)) if offered > most => {
                // Whichever of both is new is at fault.
                let field = match before.mailbox_quota_default_octets == Some(offered) {
                    true => "settings.mailboxQuotaBytesMax",
                    false => "settings.mailboxQuotaDefaultBytes",
                };
                let limit = Limit { allowed: most, used: offered };
                Err(HostingRefusal::from(ValueRefusal::QuotaAboveDomain(limit)).of(field))
            }
            (Some(_) | None, Some(_) | None) => Ok(()),
        }
    }
}

/// Whether `address` names a mailbox or an alias whose mail goes without a footer.
pub fn is_footless_mailbox(address: &str) -> bool {
    !address.starts_with('*') && EmailAddress::parse(address).is_ok()
}

/// Whether `name` names an alias domain whose mail goes without a footer.
pub fn is_footless_domain(name: &str) -> bool {
    DomainName::parse(name).is_ok()
}

/// Whether `host` is one as MX records name it; `*.` stands for one label.
pub fn is_sts_host(host: &str) -> bool {
    DomainName::parse(host.strip_prefix("*.").unwrap_or(host)).is_ok()
}

/// A list of those whose mail goes without a footer.
fn check_footless(
    list: &BTreeSet<String>,
    is_good: impl Fn(&str) -> bool,
    field: &'static str,
) -> Result<(), HostingRefusal> {
    if list.len() > FOOTER_EXCLUSION_COUNT_MAX {
        let limit = Limit::count(FOOTER_EXCLUSION_COUNT_MAX, list.len());
        return Err(HostingRefusal::from(ValueRefusal::FooterExclusionLimitReached(limit)).of(field));
    }
    match list.iter().all(|entry| is_good(entry)) {
        true => Ok(()),
        false => Err(HostingRefusal::from(ValueRefusal::FooterExclusion).of(field)),
    }
}
