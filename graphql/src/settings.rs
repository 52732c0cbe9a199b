//! Settings as the API shows and takes them: every set of settings of the model has an object with all of them and an
//! input with those to change.

use std::collections::BTreeSet;

use async_graphql::{Enum, InputObject, MaybeUndefined, SimpleObject};
use hosting::{alias, domain, mailbox};
use kernel::ByteSize;

use crate::scalar::{Octets, Whole};

/// A value of the model as it is shown.
trait Shown<M> {
    fn shown(model: &M) -> Self;
}

/// A value of the model as it is given; none: as it is.
trait Given<M> {
    fn given(self) -> Option<M>;
}

macro_rules! plain {
    ($($model:ty => $api:ty),* $(,)?) => {$(
        impl Shown<$model> for $api {
            fn shown(model: &$model) -> Self {
                model.clone().into()
            }
        }

        impl Given<$model> for Option<$api> {
            fn given(self) -> Option<$model> {
                self.map(Into::into)
            }
        }
    )*};
}

plain! {
    bool => bool,
    String => String,
    mailbox::DetailHandling => DetailHandling,
    mailbox::QuarantineNotice => QuarantineNotice,
    mailbox::QuarantineCategory => QuarantineCategory,
    domain::DomainRelay => DomainRelay,
    domain::MtaSts => MtaSts,
    domain::QuotaMode => QuotaMode,
    alias::Disposition => Disposition,
}

impl Shown<BTreeSet<String>> for Vec<String> {
    fn shown(model: &BTreeSet<String>) -> Self {
        model.iter().cloned().collect()
    }
}

impl Given<BTreeSet<String>> for Option<Vec<String>> {
    fn given(self) -> Option<BTreeSet<String>> {
        self.map(|texts| texts.iter().map(|text| text.trim().to_owned()).collect())
    }
}

impl Shown<BTreeSet<mailbox::SelfService>> for Vec<SelfService> {
    fn shown(model: &BTreeSet<mailbox::SelfService>) -> Self {
        model.iter().copied().map(Into::into).collect()
    }
}

impl Given<BTreeSet<mailbox::SelfService>> for Option<Vec<SelfService>> {
    fn given(self) -> Option<BTreeSet<mailbox::SelfService>> {
        self.map(|flags| flags.into_iter().map(Into::into).collect())
    }
}

impl Shown<Option<String>> for Option<String> {
    fn shown(model: &Option<String>) -> Self {
        model.clone()
    }
}

impl Given<Option<String>> for MaybeUndefined<String> {
    fn given(self) -> Option<Option<String>> {
        self.map_value(|text| text.trim().to_owned()).into()
    }
}

impl Shown<Option<u32>> for Option<Whole> {
    fn shown(model: &Option<u32>) -> Self {
        model.map(|count| Whole(u64::from(count)))
    }
}

impl Given<Option<u32>> for MaybeUndefined<Whole> {
    fn given(self) -> Option<Option<u32>> {
        // More than there can be is as good as the most there can be.
        self.map_value(|count| u32::try_from(count.0).unwrap_or(u32::MAX)).into()
    }
}

impl Shown<Option<u64>> for Option<Octets> {
    fn shown(model: &Option<u64>) -> Self {
        model.map(|octets| Octets(ByteSize::new(octets)))
    }
}

impl Given<Option<u64>> for MaybeUndefined<Octets> {
    fn given(self) -> Option<Option<u64>> {
        self.map_value(|octets| octets.0.octets()).into()
    }
}

/// A score in points with two decimals.
impl Shown<u32> for f64 {
    fn shown(model: &u32) -> Self {
        Self::from(*model) / 100.0
    }
}

impl Given<u32> for MaybeUndefined<f64> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be 0 to 10 000")]
    fn given(self) -> Option<u32> {
        // What is out of range becomes a value that the model refuses; what null means is known to the field alone.
        self.take().map(|points| {
            if (0.0..=10_000.0).contains(&points) { (points * 100.0).round() as u32 } else { u32::MAX }
        })
    }
}

macro_rules! settings_api {
    (
        $(#[$doc:meta])*
        $object:ident of $model:path, $(#[$input_doc:meta])* $input:ident for $patch:path, later [$($later:literal),*] $(and $also:literal where $when:ident)? {
            $($(#[$field_doc:meta])* $field:ident ($model_field:ident): $shown:ty, $given:ty;)*
        }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, SimpleObject)]
        pub struct $object {
            /// How often settings were changed: give it with a change that must not undo another's.
            pub revision: i32,
            /// The names of those settings that are kept and shown, while the server that obeys them is still to come.
            pub not_yet_in_force: Vec<&'static str>,
            $($(#[$field_doc])* pub $field: $shown,)*
        }

        $(#[$input_doc])*
        #[derive(Debug, InputObject)]
        pub struct $input {
            $($(#[$field_doc])* pub $field: $given,)*
        }

        impl $object {
            /// What a row holds; the defaults where nothing was ever set.
            pub(crate) fn read(json: Option<&str>, revision: i64) -> Result<Self, serde_json::Error> {
                use $model as Model;
                let model: Model = json.map(serde_json::from_str).transpose()?.unwrap_or_default();
                Ok(Self::of(&model, revision))
            }

            /// The same from the model.
            pub(crate) fn of(model: &$model, revision: i64) -> Self {
                #[allow(unused_mut, reason = "where nothing depends on a value")]
                let mut not_yet_in_force = vec![$($later),*];
                $(
                    if $when(model) {
                        not_yet_in_force.push($also);
                    }
                )?
                Self {
                    revision: i32::try_from(revision).unwrap_or(i32::MAX),
                    not_yet_in_force,
                    $($field: Shown::shown(&model.$model_field),)*
                }
            }
        }

        impl From<$input> for $patch {
            fn from(input: $input) -> Self {
                Self { $($model_field: input.$field.given(),)* }
            }
        }
    };
}

impl MailboxSettingsInput {
    /// What is to be otherwise; scores of null are those of the server.
    pub(crate) fn patch(self) -> mailbox::MailboxSettingsPatch {
        let server = mailbox::MailboxSettings::default();
        let reset = |score: &MaybeUndefined<f64>, default| score.is_null().then_some(default);
        let junk = reset(&self.junk_score, server.junk_score_centi);
        let reject = reset(&self.reject_score, server.reject_score_centi);
        let mut patch: mailbox::MailboxSettingsPatch = self.into();
        patch.junk_score_centi = junk.or(patch.junk_score_centi);
        patch.reject_score_centi = reject.or(patch.reject_score_centi);
        patch
    }
}

/// What happens with mail for `name+detail@domain`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "mailbox::DetailHandling")]
pub enum DetailHandling {
    /// It goes to INBOX as any other.
    Inbox,
    /// It goes to the folder `INBOX/detail`, which is made where it is not there.
    Folder,
    /// It goes to INBOX with the detail before its subject.
    Subject,
}

/// How often the owner of a mailbox is told what is in quarantine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "mailbox::QuarantineNotice")]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "mailbox::QuarantineCategory")]
pub enum QuarantineCategory {
    /// What was rejected.
    Rejected,
    /// What went to the junk folder.
    Junk,
    /// Both.
    All,
}

/// Something that the owner of a mailbox may change alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "mailbox::SelfService")]
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

/// What of a domain's mail is passed on to another host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::DomainRelay")]
pub enum DomainRelay {
    /// Nothing: all of it is delivered here.
    None,
    /// What has no mailbox here.
    Unknown,
    /// Everything: this is a backup MX.
    All,
}

/// What of its service's storage a domain has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::QuotaMode")]
pub enum QuotaMode {
    /// What its mailboxes are allotted: the sum of their quotas.
    Allotted,
    /// A pool of `storageBytesMax`, which its mailboxes share by what they hold; their quotas are limits beside it.
    Pooled,
}

/// What other hosts are asked to do where they cannot reach the domain's servers under good TLS (RFC 8461).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::MtaSts")]
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

/// What becomes of an alias's mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "alias::Disposition")]
pub enum Disposition {
    /// It goes to the targets.
    Forward,
    /// It is taken and thrown away.
    Discard,
    /// The spam filter learns it as spam; nobody gets it.
    LearnSpam,
    /// The spam filter learns it as wanted; nobody gets it.
    LearnHam,
}

settings_api! {
    /// What is set for a mailbox.
    MailboxSettings of mailbox::MailboxSettings,
    /// Settings of a mailbox to change; those that are absent stay as they are.
    MailboxSettingsInput for mailbox::MailboxSettingsPatch,
    later [
        "pop3", "sieve", "dav", "junkScore", "rejectScore", "allowedSenders",
        "deniedSenders", "quarantineNotice", "quarantineCategory"
    ] {
        /// Whether IMAP lets it in. Default: true.
        imap (imap): bool, Option<bool>;
        /// Whether POP3 lets it in. Default: true.
        pop3 (pop3): bool, Option<bool>;
        /// Whether it may submit mail by SMTP. Default: true.
        submission (submission): bool, Option<bool>;
        /// Whether ManageSieve lets it in. Default: true.
        sieve (sieve): bool, Option<bool>;
        /// Whether CalDAV and CardDAV let it in. Default: true.
        dav (dav): bool, Option<bool>;
        /// Whether its owner may sign in here. Default: true.
        web (web): bool, Option<bool>;
        /// Whether other hosts must use TLS to give it mail; others get `550 5.7.10`. Default: false.
        requires_tls_in (requires_tls_in): bool, Option<bool>;
        /// Whether its mail leaves over TLS only. Default: false.
        requires_tls_out (requires_tls_out): bool, Option<bool>;
        /// What happens with plus-addresses. Default: `INBOX`.
        detail (detail): DetailHandling, Option<DetailHandling>;
        /// Further addresses, or `@domain`, that it may send as, in domains of its account; at most 100.
        send_as (send_as): Vec<String>, Option<Vec<String>>;
        /// Recipients a day, 0 or more; none: what the plan says.
        sends_per_day_max (sends_per_day_max): Option<Whole>, MaybeUndefined<Whole>;
        /// Recipients an hour, 0 or more: at most what the plan says for an hour or a day; none: what the plan says.
        sends_per_hour_max (sends_per_hour_max): Option<Whole>, MaybeUndefined<Whole>;
        /// Recipients a minute, 0 or more: at most what the plan says for a minute or longer; none: what the plan says.
        sends_per_minute_max (sends_per_minute_max): Option<Whole>, MaybeUndefined<Whole>;
        /// Days for which nobody takes a message out of the mailbox, 1 to 3650, from when it came into its folder; none: not at
        /// all. `EXPUNGE` leaves such messages, their folder and the mailbox cannot be deleted. Each change stands in the history
        /// of the mailbox (`mailbox.retention_changed`); it ends with the service: fetch the messages before that.
        retains_days (retains_days): Option<Whole>, MaybeUndefined<Whole>;
        /// From how many points on mail goes to the junk folder: 0 to 100, two decimals; null: 8, as by default.
        junk_score (junk_score_centi): f64, MaybeUndefined<f64>;
        /// From how many points on mail is rejected: above `junkScore`, to 1000; null: 15, as by default.
        reject_score (reject_score_centi): f64, MaybeUndefined<f64>;
        /// Senders whose mail is never junk: addresses, `*@domain`, `*@*.domain`; at most 500.
        allowed_senders (allowed_senders): Vec<String>, Option<Vec<String>>;
        /// Senders whose mail is rejected: as above. A domain's list wins over a mailbox's.
        denied_senders (denied_senders): Vec<String>, Option<Vec<String>>;
        /// How often its owner is told what is in quarantine. Default: `HOURLY`.
        quarantine_notice (quarantine_notice): QuarantineNotice, Option<QuarantineNotice>;
        /// What is kept in quarantine. Default: `REJECTED`.
        quarantine_category (quarantine_category): QuarantineCategory, Option<QuarantineCategory>;
        /// What its owner may change alone. Default: everything.
        self_service (self_service): Vec<SelfService>, Option<Vec<SelfService>>;
        /// Whether its owner must choose another password before anything else. Default: false.
        must_change_password (must_change_password): bool, Option<bool>;
        /// Whether its owner must have a second factor. Default: false.
        requires_second_factor (requires_second_factor): bool, Option<bool>;
        /// Where a forgotten password can be renewed, once it is confirmed; shown to the mailbox's owner alone. Here it is only
        /// taken away (`null`): `recoveryAddressSet` gives one, with the password.
        recovery_address (recovery_address): Option<String>, MaybeUndefined<String>;
        /// Words to find it by: at most 25 of 1 to 64 characters.
        tags (tags): Vec<String>, Option<Vec<String>>;
    }
}

settings_api! {
    /// What is set for a domain.
    DomainSettings of domain::DomainSettings,
    /// Settings of a domain to change; those that are absent stay as they are, `null` gives back to the service.
    DomainSettingsInput for domain::DomainSettingsPatch,
    later [
        "allowedSenders", "deniedSenders"
    ] {
        /// Whether mail is taken for it and its mailboxes are let in. Default: true.
        is_active (is_active): bool, Option<bool>;
        /// What it is for: at most 255 characters.
        description (description): String, Option<String>;
        /// Words to find it by: at most 25 of 1 to 64 characters.
        tags (tags): Vec<String>, Option<Vec<String>>;
        /// Mailboxes that it may have of those of the service, 0 or more; none: all that are left. It may be more than the plan has:
        /// the lesser of both holds.
        mailbox_count_max (mailbox_count_max): Option<Whole>, MaybeUndefined<Whole>;
        /// Aliases that it may have of those of the service, 0 or more; none: all that are left. It may be more than the plan has:
        /// the lesser of both holds.
        alias_count_max (alias_count_max): Option<Whole>, MaybeUndefined<Whole>;
        /// What it may have of the storage of the service in octets, as `quotaMode` says: the sum of quotas (none: all that is left;
        /// where it is more than the plan has, the lesser of both holds), or the size of the pool, which the service must have left.
        storage_bytes_max (storage_octets_max): Option<Octets>, MaybeUndefined<Octets>;
        /// Whether storage is allotted to its mailboxes or shared by them: see `domainStoragePreview`. Default: `ALLOTTED`.
        quota_mode (quota_mode): QuotaMode, Option<QuotaMode>;
        /// The quota to offer for a new mailbox, in octets; none: the plan's.
        mailbox_quota_default_bytes (mailbox_quota_default_octets): Option<Octets>, MaybeUndefined<Octets>;
        /// The largest quota of one mailbox in octets, at most the plan's when it is set; none: the plan's.
        mailbox_quota_bytes_max (mailbox_quota_octets_max): Option<Octets>, MaybeUndefined<Octets>;
        /// Recipients a day, 0 or more: at most what the plan says; none: what the plan says. One from a larger plan stays and may be
        /// lowered; the plan's holds.
        sends_per_day_max (sends_per_day_max): Option<Whole>, MaybeUndefined<Whole>;
        /// Recipients an hour, 0 or more: at most what the plan says for an hour or a day; none: what the plan says.
        sends_per_hour_max (sends_per_hour_max): Option<Whole>, MaybeUndefined<Whole>;
        /// Recipients a minute, 0 or more: at most what the plan says for a minute or longer; none: what the plan says.
        sends_per_minute_max (sends_per_minute_max): Option<Whole>, MaybeUndefined<Whole>;
        /// Whether its mailboxes see each other in the address book. Default: true.
        has_address_book (has_address_book): bool, Option<bool>;
        /// What of its mail is passed on. Default: `NONE`.
        relay (relay): DomainRelay, Option<DomainRelay>;
        /// Whom to pass it on to: a host name, with `:port` where it is not 25; `lmtp://` before it for LMTP (port 24).
        relay_host (relay_host): Option<String>, MaybeUndefined<String>;
        /// What is added to sent mail, as text: at most 10 000 octets. `{= from_name =}`, `{= from_addr =}`, `{= from_user =}`,
        /// `{= from_domain =}` and `{= auth_user =}` stand for who wrote: name, address, its two parts, and the login.
        footer_text (footer_text): String, Option<String>;
        /// What is added to sent mail, as HTML: at most 10 000 octets. With the same variables, whose values are text.
        footer_html (footer_html): String, Option<String>;
        /// Whether replies go without it. Default: true.
        footer_skips_replies (footer_skips_replies): bool, Option<bool>;
        /// Whole addresses whose mail goes without it, at most 500: of a mailbox, whatever it writes as, or of an alias, what is
        /// written as that. A mailbox that is renamed is named anew.
        footer_excluded_mailboxes (footer_excluded_mailboxes): Vec<String>, Option<Vec<String>>;
        /// Alias domains of this one, such as `example.org`, at most 500: what is written as an address in them goes without it.
        /// The others have it, unless they have a footer of their own.
        footer_excluded_domains (footer_excluded_domains): Vec<String>, Option<Vec<String>>;
        /// Senders whose mail is never junk; wins over the lists of the mailboxes.
        allowed_senders (allowed_senders): Vec<String>, Option<Vec<String>>;
        /// Senders whose mail is rejected; wins over the lists of the mailboxes.
        denied_senders (denied_senders): Vec<String>, Option<Vec<String>>;
        /// Whether its administrators get a copy of quota warnings. Default: false.
        copies_quota_warnings (copies_quota_warnings): bool, Option<bool>;
        /// Whether the owners of its mailboxes must have a second factor. Default: false.
        requires_second_factor (requires_second_factor): bool, Option<bool>;
        /// What other hosts are asked to do where TLS fails; served at `mta-sts.` and the domain. Default: `PLATFORM`.
        mta_sts (mta_sts): MtaSts, Option<MtaSts>;
        /// For how long other hosts may keep that, in seconds: 86 400 to 31 557 600; none: as the platform has it, a week.
        mta_sts_age_secs (mta_sts_age_secs): Option<Whole>, MaybeUndefined<Whole>;
        /// Hosts beside the platform's that take its mail, such as `mx.example.org` or `*.example.org`: at most 10. MX records of
        /// others are told on the DNS page.
        mta_sts_hosts (mta_sts_hosts): Vec<String>, Option<Vec<String>>;
    }
}

/// Whether an alias throws mail away from which nothing is learned yet.
const fn is_learning(alias: &alias::AliasSettings) -> bool {
    matches!(alias.disposition, alias::Disposition::LearnSpam | alias::Disposition::LearnHam)
}

settings_api! {
    /// What is set for an alias.
    AliasSettings of alias::AliasSettings,
    /// Settings of an alias to change; those that are absent stay as they are.
    AliasSettingsInput for alias::AliasSettingsPatch,
    later ["isOffered"] and "disposition" where is_learning {
        /// Whether it takes mail. Default: true.
        is_active (is_active): bool, Option<bool>;
        /// What becomes of its mail; learning waits for the spam filter, such mail is thrown away. Default: `FORWARD`.
        disposition (disposition): Disposition, Option<Disposition>;
        /// Whether only mailboxes of the same account may write to it. Default: false.
        is_internal (is_internal): bool, Option<bool>;
        /// Whether its targets may send as it; those of a catch-all as every address of its domain that no mailbox and no
        /// other alias has. Default: true.
        lets_targets_send (lets_targets_send): bool, Option<bool>;
        /// Whether clients offer it as an identity. Default: true.
        is_offered (is_offered): bool, Option<bool>;
        /// For administrators: at most 160 characters.
        private_comment (private_comment): String, Option<String>;
        /// For the owners of the targets: at most 160 characters.
        public_comment (public_comment): String, Option<String>;
        /// What a temporary alias is for, as the owner of its mailbox or whoever made it says: at most 160 characters.
        description (description): String, Option<String>;
    }
}
