//! What can be set for a mailbox.

use authority::AdministratorRight;
use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::HostingRefusal;
use crate::limit::{JUNK_SCORE_CENTI_MAX, REJECT_SCORE_CENTI_MAX, RETAINED_DAYS_MAX, SEND_AS_COUNT_MAX};
use crate::refusal::{BoxRefusal, Limit, ValueRefusal};
use crate::settings::{check_octets, check_sender_lists, check_tags, settings};

/// What happens with mail for `name+detail` (RFC 5233).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DetailHandling {
    /// It goes to INBOX as any other.
    Inbox,
    /// It goes to the folder `INBOX/detail`, which is made where it is not there.
    Folder,
    /// It goes to INBOX with the detail before its subject.
    Subject,
}

/// How often the owner is told what is in quarantine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuarantineNotice {
    /// Not at all.
    Never,
    /// Every hour with something new.
    Hourly,
    /// Once a day.
    Daily,
    /// Once a week.
    Weekly,
}

/// What is kept in quarantine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuarantineCategory {
    /// What was rejected.
    Rejected,
    /// What went to the junk folder.
    Junk,
    /// Both.
    All,
}

/// Something that an owner of a mailbox may change alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SelfService {
    /// What the mailbox is called.
    DisplayName,
    /// Temporary aliases.
    TemporaryAliases,
    /// Whether TLS is demanded.
    TlsPolicy,
    /// The scores of the spam filter.
    SpamScores,
    /// The lists of the spam filter.
    SpamLists,
    /// What happens with plus-addresses.
    DetailHandling,
    /// Sync jobs.
    SyncJobs,
    /// Push destinations.
    Push,
    /// The notices and contents of the quarantine.
    Quarantine,
    /// App passwords.
    AppPasswords,
    /// The address for a forgotten password.
    RecoveryAddress,
    /// Filters.
    Filters,
}

impl SelfService {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::DisplayName,
        Self::TemporaryAliases,
        Self::TlsPolicy,
        Self::SpamScores,
        Self::SpamLists,
        Self::DetailHandling,
        Self::SyncJobs,
        Self::Push,
        Self::Quarantine,
        Self::AppPasswords,
        Self::RecoveryAddress,
        Self::Filters,
    ];

    /// What an administrator must not be kept from who leaves it to an owner: nobody leaves to others what they may not do. None
    /// where every administrator may do it themselves.
    pub const fn right(self) -> Option<AdministratorRight> {
        match self {
            Self::SpamScores | Self::SpamLists => Some(AdministratorRight::SpamLists),
            Self::SyncJobs => Some(AdministratorRight::SyncJobs),
            Self::Push => Some(AdministratorRight::PushDestinations),
            Self::AppPasswords => Some(AdministratorRight::AppPasswords),
            Self::Filters => Some(AdministratorRight::Filters),
            // Owners send as the aliases that they make.
            Self::TemporaryAliases => Some(AdministratorRight::SendAs),
            Self::DisplayName
            | Self::TlsPolicy
            | Self::DetailHandling
            | Self::Quarantine
            | Self::RecoveryAddress => None,
        }
    }
}

settings! {
    /// What can be set for a mailbox.
    MailboxSettings, patched by MailboxSettingsPatch {
        /// Whether IMAP lets it in.
        imap: bool = true;
        /// Whether POP3 lets it in.
        pop3: bool = true;
        /// Whether it may submit mail by SMTP.
        submission: bool = true;
        /// Whether ManageSieve lets it in.
        sieve: bool = true;
        /// Whether CalDAV and CardDAV let it in.
        dav: bool = true;
        /// Whether its owner may sign in to the web pages and the API.
        web: bool = true;
        /// Whether other hosts must use TLS to give it mail.
        requires_tls_in: bool = false;
        /// Whether its mail leaves over TLS only.
        requires_tls_out: bool = false;
        /// What happens with plus-addresses.
        detail: DetailHandling = DetailHandling::Inbox;
        /// Further addresses, or `@domain`, that it may send as: of domains of its own account.
        send_as: BTreeSet<String> = BTreeSet::new();
        /// Recipients a day; none: what the plan says.
        sends_per_day_max: Option<u32> = None;
        /// Recipients an hour; none: what the plan says.
        sends_per_hour_max: Option<u32> = None;
        /// Recipients a minute; none: what the plan says.
        sends_per_minute_max: Option<u32> = None;
        /// Days for which nobody takes a message out of it, 1 to 3650, from when it came into its folder; none: not at all.
        retains_days: Option<u32> = None;
        /// From which score on mail goes to the junk folder, in hundredths of a point; 0 to 10 000.
        junk_score_centi: u32 = 800;
        /// From which score on mail is rejected, in hundredths of a point; above the junk score, to 100 000.
        reject_score_centi: u32 = 1500;
        /// Senders whose mail is never junk.
        allowed_senders: BTreeSet<String> = BTreeSet::new();
        /// Senders whose mail is rejected.
        denied_senders: BTreeSet<String> = BTreeSet::new();
        /// How often its owner is told what is in quarantine.
        quarantine_notice: QuarantineNotice = QuarantineNotice::Hourly;
        /// What is kept in quarantine.
        quarantine_category: QuarantineCategory = QuarantineCategory::Rejected;
        /// What its owner may change alone.
        self_service: BTreeSet<SelfService> = SelfService::ALL.into_iter().collect();
        /// Whether its owner must choose another password before anything else.
        must_change_password: bool = false;
        /// Whether its owner must have a second factor.
        requires_second_factor: bool = false;
        /// Where a forgotten password can be renewed.
        recovery_address: Option<String> = None;
        /// Words to find it by.
        tags: BTreeSet<String> = BTreeSet::new();
    }
}

impl MailboxSettingsPatch {
    /// What of it may be withheld from administrators.
    pub fn rights(&self) -> Vec<AdministratorRight> {
        let Self { imap, pop3, submission, sieve, dav, web, .. } = self;
        let spam = self.allowed_senders.is_some()
            || self.denied_senders.is_some()
            || self.junk_score_centi.is_some()
            || self.reject_score_centi.is_some();
        let limits_sends = self.sends_per_day_max.is_some()
            || self.sends_per_hour_max.is_some()
            || self.sends_per_minute_max.is_some();
        let of = [
            (
                [imap, pop3, submission, sieve, dav, web].iter().any(|one| one.is_some()),
                AdministratorRight::Protocols,
            ),
            (spam, AdministratorRight::SpamLists),
            (limits_sends, AdministratorRight::SendLimits),
            (self.send_as.is_some(), AdministratorRight::SendAs),
        ];
        of.into_iter().filter_map(|(is_changed, right)| is_changed.then_some(right)).collect()
    }

    /// The rights that it leaves to an owner who may change `left` alone so far. To take something back needs none.
    pub fn leaves(&self, left: &BTreeSet<SelfService>) -> Vec<AdministratorRight> {
        let wished = self.self_service.iter().flatten();
        wished.filter(|flag| !left.contains(flag)).filter_map(|flag| flag.right()).collect()
    }

    /// Whether its owner gets in no more before doing something, such as choosing another password.
    pub fn locks_out(&self) -> bool {
        self.must_change_password == Some(true) || self.requires_second_factor == Some(true)
    }

    /// The recipients that it allows a day, an hour and a minute; none where it does not limit them.
    pub fn sends(&self) -> [Option<u32>; 3] {
        [self.sends_per_day_max, self.sends_per_hour_max, self.sends_per_minute_max].map(Option::flatten)
    }
}

/// Whether `text` is an address to send as, or `@domain` for all of a domain.
pub fn is_sender(text: &str) -> bool {
    match text.strip_prefix('@') {
        Some(domain) => kernel::DomainName::parse(domain).is_ok(),
        None => kernel::EmailAddress::parse(text).is_ok(),
    }
}

impl MailboxSettings {
    /// Whether they can stand.
    ///
    /// # Errors
    /// The refusal that names the setting and the limit.
    pub fn check(&self) -> Result<(), HostingRefusal> {
        check_tags(&self.tags)?;
        check_sender_lists((&self.allowed_senders, &self.denied_senders))?;
        if self.send_as.len() > SEND_AS_COUNT_MAX {
            return Err(HostingRefusal::SendAsLimitReached(Limit::count(
                SEND_AS_COUNT_MAX,
                self.send_as.len(),
            )));
        }
        if !self.send_as.iter().all(|text| is_sender(text)) {
            return Err(HostingRefusal::SendAsMalformed);
        }
        self.check_scores()?;
        if self.recovery_address.as_ref().is_some_and(|text| kernel::EmailAddress::parse(text).is_err()) {
            return Err(HostingRefusal::RecoveryAddress);
        }
        if let Some(days) = self.retains_days.filter(|days| !(1..=RETAINED_DAYS_MAX).contains(days)) {
            let limit = Limit { allowed: RETAINED_DAYS_MAX.into(), used: days.into() };
            return Err(HostingRefusal::Box(BoxRefusal::RetainedDays(limit)));
        }
        check_octets(self)
    }

    /// Whether what it may send as beyond `before` stands for anything: a `*` stands for nothing. What was there before stays.
    ///
    /// # Errors
    /// `SEND_AS_MALFORMED`.
    pub fn check_send_as_beside(&self, before: &Self) -> Result<(), HostingRefusal> {
        let is_idle = self.send_as.difference(&before.send_as).any(|sender| sender.contains('*'));
        if is_idle { Err(HostingRefusal::SendAsMalformed) } else { Ok(()) }
    }

    /// The score for junk is below the one for rejection. Limits are told in whole points.
    fn check_scores(&self) -> Result<(), HostingRefusal> {
        let (junk, reject) = (self.junk_score_centi, self.reject_score_centi);
        let refused = |field, allowed_centi: u32, used_centi: u32| {
            let limit =
                Limit { allowed: (allowed_centi / 100).into(), used: used_centi.div_ceil(100).into() };
            Err(HostingRefusal::from(ValueRefusal::SpamScores).of(field).within("score", limit))
        };
        if reject > REJECT_SCORE_CENTI_MAX {
            return refused("settings.rejectScore", REJECT_SCORE_CENTI_MAX, reject);
        }
        let most = JUNK_SCORE_CENTI_MAX.min(reject.saturating_sub(1));
        if junk > most || junk >= reject { refused("settings.junkScore", most, junk) } else { Ok(()) }
    }

    /// The recipients that it allows a day, an hour and a minute; none where it does not limit them.
    pub const fn sends(&self) -> [Option<u32>; 3] {
        [self.sends_per_day_max, self.sends_per_hour_max, self.sends_per_minute_max]
    }

    /// The argument for the first of what `patch` changes that its administrators keep from the owner of the mailbox; none where
    /// the owner may change all of it.
    pub fn kept_from_owner(&self, patch: &MailboxSettingsPatch) -> Option<&'static str> {
        let may = |flag| self.self_service.contains(&flag);
        let MailboxSettingsPatch {
            imap,
            pop3,
            submission,
            sieve,
            dav,
            web,
            requires_tls_in,
            requires_tls_out,
            detail,
            send_as,
            sends_per_day_max,
            sends_per_hour_max,
            sends_per_minute_max,
            retains_days,
            junk_score_centi,
            reject_score_centi,
            allowed_senders,
            denied_senders,
            quarantine_notice,
            quarantine_category,
            self_service,
            must_change_password,
            requires_second_factor,
            recovery_address,
            tags,
        } = patch;
        let (tls, scores) = (may(SelfService::TlsPolicy), may(SelfService::SpamScores));
        let (lists, quarantine) = (may(SelfService::SpamLists), may(SelfService::Quarantine));
        let wishes = [
            ("settings.imap", imap.is_some(), false),
            ("settings.pop3", pop3.is_some(), false),
            ("settings.submission", submission.is_some(), false),
            ("settings.sieve", sieve.is_some(), false),
            ("settings.dav", dav.is_some(), false),
            ("settings.web", web.is_some(), false),
            ("settings.mustChangePassword", must_change_password.is_some(), false),
            ("settings.requiresSecondFactor", requires_second_factor.is_some(), false),
            ("settings.sendAs", send_as.is_some(), false),
            ("settings.sendsPerDayMax", sends_per_day_max.is_some(), false),
            ("settings.sendsPerHourMax", sends_per_hour_max.is_some(), false),
            ("settings.sendsPerMinuteMax", sends_per_minute_max.is_some(), false),
            ("settings.retainsDays", retains_days.is_some(), false),
            ("settings.selfService", self_service.is_some(), false),
            ("settings.tags", tags.is_some(), false),
            ("settings.requiresTlsIn", requires_tls_in.is_some(), tls),
            ("settings.requiresTlsOut", requires_tls_out.is_some(), tls),
            ("settings.detail", detail.is_some(), may(SelfService::DetailHandling)),
            ("settings.junkScore", junk_score_centi.is_some(), scores),
            ("settings.rejectScore", reject_score_centi.is_some(), scores),
            ("settings.allowedSenders", allowed_senders.is_some(), lists),
            ("settings.deniedSenders", denied_senders.is_some(), lists),
            ("settings.quarantineNotice", quarantine_notice.is_some(), quarantine),
            ("settings.quarantineCategory", quarantine_category.is_some(), quarantine),
            ("settings.recoveryAddress", recovery_address.is_some(), may(SelfService::RecoveryAddress)),
        ];
        wishes.into_iter().find(|(_, is_wished, is_left)| *is_wished && !is_left).map(|(field, ..)| field)
    }
}
