//! A sync job: a standing order to fetch mail of a mailbox elsewhere into one here. All parameters, defaults and ranges are
//! those that customers know.

use authority::{AdministratorRight, Permission};
use kernel::{Category, Kind, SyncJobId};
use serde::{Deserialize, Serialize};

use crate::HostingRefusal;
use crate::book::{Entry, Home, Others, Refusals, Words};
use crate::limit::{
    SYNC_JOB_COUNT_MAX, SYNC_PARAMETER_COUNT_MAX, SYNC_PARAMETER_OCTETS_MAX, SYNC_TEXT_OCTETS_MAX,
};
use crate::mailbox::{Mailbox, SelfService};
use crate::refusal::Limit;
use crate::remote::public_host;
use crate::secret::Secret;
use crate::settings::settings;

/// How the connection to the other host is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SyncEncryption {
    /// STARTTLS (RFC 9051 section 6.2.1).
    Tls,
    /// TLS from the beginning (RFC 8314 section 3).
    Ssl,
    /// None: the password travels in clear.
    Plain,
}

/// Further parameters that may be given, with whether they take a value. What runs programs, rewrites messages or reaches
/// files of the server is not among them.
pub const PARAMETERS: &[(&str, bool)] = &[
    ("errorsmax", true),
    ("f1f2", true),
    ("folder", true),
    ("folderfirst", true),
    ("folderlast", true),
    ("folderrec", true),
    ("include", true),
    ("justfolders", false),
    ("maxmessagespersecond", true),
    ("maxsize", true),
    ("minage", true),
    ("minsize", true),
    ("noexpunge1", false),
    ("nofoldersizes", false),
    ("nosyncacls", false),
    ("nosyncinternaldates", false),
    ("prefix1", true),
    ("sep1", true),
    ("skipemptyfolders", false),
    ("subscribed", false),
    ("syncinternaldates", false),
    ("useuid", false),
];

settings! {
    /// What a sync job does.
    SyncJob, patched by SyncJobPatch {
        /// The other host: a public name, or a public address.
        host: String = String::new();
        /// Its port: 1 to 65 535.
        port: u32 = 143;
        /// How the connection is encrypted.
        encryption: SyncEncryption = SyncEncryption::Ssl;
        /// Who signs in there.
        user: String = String::new();
        /// With what.
        password: Secret = Secret::hidden();
        /// How often, in minutes: 1 to 43 800. 20 is recommended.
        interval_minutes: u32 = 20;
        /// Into which folder here, below which the folders of the other host stand; empty: none.
        subfolder: String = String::new();
        /// How old messages may be, in days: up to 32 000; 0: of any age.
        age_days_max: u32 = 0;
        /// Octets a second: up to 125 000 000; 0: as fast as it goes.
        octets_per_second_max: u32 = 0;
        /// How long the other host is waited for, in seconds: 1 to 32 000.
        remote_timeout_secs: u32 = 600;
        /// How long this host is waited for, in seconds: 1 to 32 000.
        local_timeout_secs: u32 = 600;
        /// Folders to leave out, as a regular expression; empty: none.
        exclude: String = "(?i)spam|(?i)junk".to_owned();
        /// Further parameters of [`PARAMETERS`], each as `--name` or `--name=value`.
        parameters: Vec<String> = Vec::new();
        /// Whether duplicates here are taken away.
        deletes_duplicates: bool = true;
        /// Whether messages are taken away there once they are here.
        deletes_at_source: bool = false;
        /// Whether messages are taken away here that are not there.
        deletes_at_target: bool = false;
        /// Whether folders of the same use are taken for one another: Sent, Sent items.
        maps_folders: bool = true;
        /// Whether a message that stands in several folders is fetched once.
        skips_cross_duplicates: bool = false;
        /// Whether all folders are subscribed to.
        subscribes_all: bool = true;
        /// Whether it only tries and changes nothing.
        is_dry: bool = false;
        /// Whether it runs.
        is_active: bool = true;
    }
}

impl Entry for SyncJob {
    type Id = SyncJobId;
    type Patch = SyncJobPatch;
    type Owner = Mailbox;

    const WORDS: Words = Words {
        category: Category("sync_job"),
        added: Kind { name: "sync_job.added", schema: 1 },
        changed: Kind { name: "sync_job.changed", schema: 1 },
        removed: Kind { name: "sync_job.removed", schema: 1 },
        edit: "edit_sync_jobs",
    };
    const REFUSALS: Refusals = Refusals {
        not_found: HostingRefusal::SyncJobNotFound,
        exists: HostingRefusal::SyncJobExists,
        limit: HostingRefusal::SyncJobLimit,
    };
    const COUNT_MAX: usize = SYNC_JOB_COUNT_MAX;
    const PERMISSION: Permission = Permission::MailboxWrite;
    const RIGHT: Option<AdministratorRight> = Some(AdministratorRight::SyncJobs);
    const CALLS_ELSEWHERE: bool = true;
    const IS_COUNTED: bool = true;
    const SELF_SERVICE: Option<SelfService> = Some(SelfService::SyncJobs);

    fn with(&self, patch: SyncJobPatch) -> Self {
        let (is_given, known) = (patch.password.is_some(), self);
        let mut job = self.patched(patch);
        // A password is only ever sent where it was given for: elsewhere it has to be given again.
        let place = |job: &Self| (job.host.to_lowercase(), job.port, job.encryption, job.user.clone());
        if !is_given && place(&job) != place(known) {
            job.password = Secret::hidden();
        }
        job
    }

    fn differing_in(&self, other: &Self) -> Vec<&'static str> {
        self.differing(other)
    }

    fn settled(mut self, _: &Home, others: &Others<'_, Self>) -> Result<Self, HostingRefusal> {
        self.host = public_host(&self.host).ok_or(HostingRefusal::SyncHost)?;
        self.user = text(&self.user).filter(|user| !user.is_empty()).ok_or(HostingRefusal::SyncUser)?;
        let password = self.password.reveal();
        if password.is_empty()
            || password.len() > SYNC_TEXT_OCTETS_MAX
            || password.contains(['\0', '\r', '\n'])
        {
            return Err(HostingRefusal::SyncPassword);
        }
        self.subfolder = text(&self.subfolder).ok_or(HostingRefusal::SyncSubfolder)?;
        self.check_ranges()?;
        crate::pattern::check(&self.exclude).map_err(|_| HostingRefusal::SyncExclude)?;
        check_parameters(&self.parameters)?;
        let is_same = |other: &&Self| other.user == self.user && other.host == self.host;
        if others.values().any(is_same) {
            return Err(HostingRefusal::SyncJobTaken);
        }
        Ok(self)
    }

    fn shown(&self) -> Self {
        Self { password: Secret::hidden(), ..self.clone() }
    }
}

impl SyncJob {
    fn check_ranges(&self) -> Result<(), HostingRefusal> {
        use HostingRefusal as No;
        type Range = (u32, (u32, u32), fn(Limit) -> No);
        let ranges: [Range; 6] = [
            (self.port, (1, 65_535), No::SyncPort),
            (self.interval_minutes, (1, 43_800), No::SyncInterval),
            (self.age_days_max, (0, 32_000), No::SyncAge),
            (self.octets_per_second_max, (0, 125_000_000), No::SyncSpeed),
            (self.remote_timeout_secs, (1, 32_000), No::SyncRemoteTimeout),
            (self.local_timeout_secs, (1, 32_000), No::SyncLocalTimeout),
        ];
        for (value, (least, most), refusal) in ranges {
            if !(least..=most).contains(&value) {
                return Err(refusal(Limit { allowed: most.into(), used: value.into() }));
            }
        }
        Ok(())
    }
}

/// Trimmed, one line, not too long.
fn text(text: &str) -> Option<String> {
    let text = text.trim();
    (text.len() <= SYNC_TEXT_OCTETS_MAX && !text.chars().any(char::is_control)).then(|| text.to_owned())
}

fn check_parameters(parameters: &[String]) -> Result<(), HostingRefusal> {
    if parameters.len() > SYNC_PARAMETER_COUNT_MAX {
        let limit = Limit::count(SYNC_PARAMETER_COUNT_MAX, parameters.len());
        return Err(HostingRefusal::SyncParameterLimit(limit));
    }
    let is_good = |parameter: &String| is_parameter(parameter);
    if parameters.iter().all(is_good) { Ok(()) } else { Err(HostingRefusal::SyncParameter) }
}

/// Whether `parameter` is one that a sync job takes.
pub fn is_parameter(parameter: &str) -> bool {
    let Some(rest) = parameter.strip_prefix("--") else { return false };
    let (name, value) = match rest.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (rest, None),
    };
    let known = PARAMETERS.iter().find(|(known, _)| *known == name);
    let fits = known.is_some_and(|(_, has_value)| *has_value == value.is_some());
    let is_plain = |value: &str| !value.is_empty() && value.bytes().all(|octet| (33..=126).contains(&octet));
    fits && parameter.len() <= SYNC_PARAMETER_OCTETS_MAX && value.is_none_or(is_plain)
}
