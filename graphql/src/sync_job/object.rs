//! A sync job as the API shows it.

use async_graphql::{Enum, SimpleObject};
use hosting::sync_job as model;
use kernel::{ByteSize, MailboxId};

use crate::entry::read::EntryRow;
use crate::scalar::{AccountKey, MailboxKey, Moment, Octets, SyncJobKey};

/// How the connection to the other host is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "model::SyncEncryption")]
pub enum SyncEncryption {
    /// STARTTLS, usually on port 143.
    Tls,
    /// TLS from the beginning, usually on port 993.
    Ssl,
    /// None: the password travels in clear.
    Plain,
}

/// A standing order to fetch mail of a mailbox elsewhere into one here. The password is encrypted where it is kept, and
/// never shown.
#[derive(Debug, Clone, SimpleObject)]
pub struct SyncJob {
    /// Its name for the API.
    pub id: SyncJobKey,
    /// The account that it belongs to.
    pub account_id: AccountKey,
    /// The mailbox that mail is fetched into.
    pub mailbox_id: MailboxKey,
    /// The other host.
    pub host: String,
    /// Its port.
    pub port: u32,
    /// How the connection is encrypted.
    pub encryption: SyncEncryption,
    /// Who signs in there.
    pub user: String,
    /// How often, in minutes.
    pub interval_minutes: u32,
    /// The folder here below which the folders of the other host stand; empty: none.
    pub subfolder: String,
    /// How old messages may be, in days; 0: of any age.
    pub age_days_max: u32,
    /// How much may be fetched in a second; 0: as fast as it goes.
    pub bytes_per_second_max: Octets,
    /// How long the other host is waited for, in seconds.
    pub remote_timeout_seconds: u32,
    /// How long this host is waited for, in seconds.
    pub local_timeout_seconds: u32,
    /// Folders that are left out, as a regular expression.
    pub exclude: String,
    /// Further parameters, each as `--name` or `--name=value`.
    pub parameters: Vec<String>,
    /// Whether duplicates here are taken away.
    pub deletes_duplicates: bool,
    /// Whether messages are taken away there once they are here.
    pub deletes_at_source: bool,
    /// Whether messages are taken away here that are not there.
    pub deletes_at_target: bool,
    /// Whether folders of the same use are taken for one another.
    pub maps_folders: bool,
    /// Whether a message that stands in several folders is fetched once.
    pub skips_cross_duplicates: bool,
    /// Whether all folders are subscribed to.
    pub subscribes_all: bool,
    /// Whether it only tries and changes nothing.
    pub is_dry: bool,
    /// Whether it runs.
    pub is_active: bool,
    /// The names of those fields that are kept and shown, while the server that obeys them is still to come.
    pub not_yet_in_force: Vec<&'static str>,
    /// How often it was changed: give it with a change that must not undo another's.
    pub revision: i32,
    /// Since when it is there.
    pub created_at: Moment,
    /// When it was last changed.
    pub changed_at: Moment,
}

impl From<EntryRow<model::SyncJob>> for SyncJob {
    fn from(row: EntryRow<model::SyncJob>) -> Self {
        let job = row.content;
        Self {
            id: SyncJobKey(row.id),
            account_id: AccountKey(row.account),
            mailbox_id: MailboxKey(row.mailbox.unwrap_or(MailboxId::new(uuid::Uuid::nil()))),
            host: job.host,
            port: job.port,
            encryption: job.encryption.into(),
            user: job.user,
            interval_minutes: job.interval_minutes,
            subfolder: job.subfolder,
            age_days_max: job.age_days_max,
            bytes_per_second_max: Octets(ByteSize::new(job.octets_per_second_max.into())),
            remote_timeout_seconds: job.remote_timeout_secs,
            local_timeout_seconds: job.local_timeout_secs,
            exclude: job.exclude,
            parameters: job.parameters,
            deletes_duplicates: job.deletes_duplicates,
            deletes_at_source: job.deletes_at_source,
            deletes_at_target: job.deletes_at_target,
            maps_folders: job.maps_folders,
            skips_cross_duplicates: job.skips_cross_duplicates,
            subscribes_all: job.subscribes_all,
            is_dry: job.is_dry,
            is_active: job.is_active,
            not_yet_in_force: vec!["isActive"],
            revision: row.revision,
            created_at: row.created_at,
            changed_at: row.changed_at,
        }
    }
}
