//! Changing sync jobs.

use async_graphql::{Context, InputObject, Object, Result};
use hosting::secret::Secret;
use hosting::sync_job as model;
use kernel::{AccountId, SyncJobId};

use super::object::{SyncEncryption, SyncJob};
use super::query::read;
use crate::entry::payload::{Edit, pattern, removal};
use crate::entry::read::PROJECTION;
use crate::mailbox::record::named;
use crate::payload::{Faults, command, payload};
use crate::scalar::{AccountKey, MailboxKey, Octets, SyncJobKey, Uid};

payload! {
    /// What a change of a sync job came to.
    SyncJobPayload { sync_job: SyncJob, by (AccountId, SyncJobId), PROJECTION, read }
}

removal! {
    /// What the removal of a sync job came to.
    SyncJobRemovePayload { sync_job_id: SyncJobKey of SyncJobId }
}

/// A sync job to be, or what of one to change: what is absent is as by default, or stays as it is.
#[derive(Debug, InputObject)]
pub struct SyncJobInput {
    /// The other host: a public name or address. Needed for a new one.
    pub host: Option<String>,
    /// Its port: 1 to 65 535. Default: 143; give 993 where TLS is there from the beginning.
    pub port: Option<u32>,
    /// How the connection is encrypted. Default: `SSL`.
    pub encryption: Option<SyncEncryption>,
    /// Who signs in there. Needed for a new one.
    pub user: Option<String>,
    /// With what: at most 256 octets. Needed for a new one, and again where host, port, encryption or user change: it is
    /// only ever sent where it was given for. Kept encrypted, never shown.
    #[graphql(secret)]
    pub password: Option<String>,
    /// How often, in minutes: 1 to 43 800. Default, and recommended for moving: 20.
    pub interval_minutes: Option<u32>,
    /// The folder here below which the folders of the other host stand. Default: none.
    pub subfolder: Option<String>,
    /// How old messages may be, in days: up to 32 000. Default: 0, of any age.
    pub age_days_max: Option<u32>,
    /// How much may be fetched in a second, in octets: up to 125 000 000. Default: 0, as fast as it goes.
    pub bytes_per_second_max: Option<Octets>,
    /// How long the other host is waited for, in seconds: 1 to 32 000. Default: 600.
    pub remote_timeout_seconds: Option<u32>,
    /// How long this host is waited for, in seconds: 1 to 32 000. Default: 600.
    pub local_timeout_seconds: Option<u32>,
    /// Folders to leave out, as a regular expression: at most 1000 octets. Default: `(?i)spam|(?i)junk`.
    pub exclude: Option<String>,
    /// Further parameters, each as `--name` or `--name=value`: at most 20 of those that are harmless, such as
    /// `--maxsize=10000000`, `--folder=INBOX`, `--skipemptyfolders`.
    pub parameters: Option<Vec<String>>,
    /// Whether duplicates here are taken away. Default: true.
    pub deletes_duplicates: Option<bool>,
    /// Whether messages are taken away there once they are here. Default: false.
    pub deletes_at_source: Option<bool>,
    /// Whether messages are taken away here that are not there. Default: false.
    pub deletes_at_target: Option<bool>,
    /// Whether folders of the same use are taken for one another. Default: true.
    pub maps_folders: Option<bool>,
    /// Whether a message that stands in several folders is fetched once. Default: false.
    pub skips_cross_duplicates: Option<bool>,
    /// Whether all folders are subscribed to. Default: true.
    pub subscribes_all: Option<bool>,
    /// Whether it only tries and changes nothing: recommended for the first time. Default: false.
    pub is_dry: Option<bool>,
    /// Whether it runs. Default: true.
    pub is_active: Option<bool>,
}

impl From<SyncJobInput> for model::SyncJobPatch {
    fn from(input: SyncJobInput) -> Self {
        Self {
            host: input.host,
            port: input.port,
            encryption: input.encryption.map(Into::into),
            user: input.user,
            password: input.password.map(Secret::new),
            interval_minutes: input.interval_minutes,
            subfolder: input.subfolder,
            age_days_max: input.age_days_max,
            // More than there can be is refused as the most there can be.
            octets_per_second_max: input
                .bytes_per_second_max
                .map(|octets| u32::try_from(octets.0.octets()).unwrap_or(u32::MAX)),
            remote_timeout_secs: input.remote_timeout_seconds,
            local_timeout_secs: input.local_timeout_seconds,
            exclude: input.exclude,
            parameters: input.parameters,
            deletes_duplicates: input.deletes_duplicates,
            deletes_at_source: input.deletes_at_source,
            deletes_at_target: input.deletes_at_target,
            maps_folders: input.maps_folders,
            skips_cross_duplicates: input.skips_cross_duplicates,
            subscribes_all: input.subscribes_all,
            is_dry: input.is_dry,
            is_active: input.is_active,
        }
    }
}

/// Changes of sync jobs.
#[derive(Debug, Default)]
pub struct SyncJobMutation;

#[Object]
impl SyncJobMutation {
    /// Has mail of a mailbox elsewhere fetched into one here (the caller's own where none is named, if its administrators
    /// leave that to it). `userErrors`, among others: `SYNC_HOST`, `SYNC_PASSWORD`, `SYNC_INTERVAL`, `SYNC_PARAMETER`,
    /// `SYNC_JOB_TAKEN`, `SYNC_JOB_LIMIT`; `MALFORMED` says why `exclude` cannot be read.
    async fn sync_job_add(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which mailbox; the caller's own where absent.")] mailbox_id: Option<MailboxKey>,
        #[graphql(desc = "Where to fetch, and how.")] job: SyncJobInput,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<SyncJobPayload> {
        let (account, owner) = named(ctx, account_id, mailbox_id)?;
        let mut faults = Faults::new(ctx)?;
        pattern(&mut faults, "exclude", job.exclude.as_deref());
        if !faults.is_empty() {
            return Ok(SyncJobPayload(faults.refused()));
        }
        let command = command(ctx, command_id);
        let edit = Edit::<model::SyncJob> { account, owner, command };
        edit.add(ctx, SyncJobId::derived(command, 0), job.into()).await.map(SyncJobPayload)
    }

    /// Changes a sync job, for example `change: {isActive: false}`.
    #[allow(clippy::too_many_arguments, reason = "the arguments of a GraphQL field")]
    async fn sync_job_change(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which mailbox; the caller's own where absent.")] mailbox_id: Option<MailboxKey>,
        #[graphql(desc = "Which sync job.")] sync_job_id: SyncJobKey,
        #[graphql(desc = "What is to be otherwise; what is left out stays.")] change: SyncJobInput,
        #[graphql(
            desc = "The revision that was read before, 0 or more. Where somebody else has changed the thing since, nothing is changed and `SETTINGS_CHANGED_MEANWHILE` names the one that is there; absent, whatever is there is changed."
        )]
        revision: Option<u32>,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<SyncJobPayload> {
        let (account, owner) = named(ctx, account_id, mailbox_id)?;
        let mut faults = Faults::new(ctx)?;
        pattern(&mut faults, "exclude", change.exclude.as_deref());
        if !faults.is_empty() {
            return Ok(SyncJobPayload(faults.refused()));
        }
        let edit = Edit::<model::SyncJob> { account, owner, command: command(ctx, command_id) };
        edit.change(ctx, (sync_job_id.0, change.into()), revision).await.map(SyncJobPayload)
    }

    /// Takes a sync job away; what was fetched stays.
    async fn sync_job_remove(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which mailbox; the caller's own where absent.")] mailbox_id: Option<MailboxKey>,
        #[graphql(desc = "Which sync job.")] sync_job_id: SyncJobKey,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<SyncJobRemovePayload> {
        let (account, owner) = named(ctx, account_id, mailbox_id)?;
        let edit = Edit::<model::SyncJob> { account, owner, command: command(ctx, command_id) };
        edit.remove(ctx, sync_job_id.0).await.map(SyncJobRemovePayload)
    }
}
