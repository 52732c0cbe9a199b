//! What of a plan goes to people: sync jobs of the owners of mailboxes, and administrators of domains.
//!
//! What was there before it was counted is counted with the next change of it, and never taken away.

use kernel::{MailboxId, UserId};

use super::{ServiceEvent, ServiceRecord};
use crate::HostingRefusal;
use crate::refusal::{Limit, PlanRefusal};

/// One more is refused where the plan sells no more for all mailboxes together; what is beyond a smaller plan stays.
pub(super) fn take_sync_jobs(
    record: &ServiceRecord,
    mailbox: MailboxId,
    sync_jobs: u32,
) -> Result<Vec<ServiceEvent>, HostingRefusal> {
    let known = record.sync_jobs.get(&mailbox).copied().unwrap_or_default();
    let used = record.sync_job_count();
    let allowed = record.limits.sync_job_count_max;
    let after = used.saturating_sub(known).saturating_add(sync_jobs);
    if sync_jobs > known && after > allowed {
        let limit = Limit { allowed: allowed.into(), used: used.into() };
        return Err(PlanRefusal::SyncJobs(limit).into());
    }
    Ok(note_sync_jobs(record, mailbox, sync_jobs))
}

/// How many a mailbox has, where that is not known yet.
pub(super) fn note_sync_jobs(
    record: &ServiceRecord,
    mailbox: MailboxId,
    sync_jobs: u32,
) -> Vec<ServiceEvent> {
    let known = record.sync_jobs.get(&mailbox).copied().unwrap_or_default();
    if known == sync_jobs { vec![] } else { vec![ServiceEvent::SyncJobsCounted { mailbox, sync_jobs }] }
}

/// One more is refused where as many as are sold administer domains of it.
pub(super) fn add_administrator(
    record: &ServiceRecord,
    user: UserId,
) -> Result<Vec<ServiceEvent>, HostingRefusal> {
    if record.administrators.contains(&user) {
        return Ok(vec![]);
    }
    let (allowed, used) =
        (record.limits.domain_administrator_count_max as usize, record.administrators.len());
    if used >= allowed {
        return Err(PlanRefusal::DomainAdministrators(Limit::count(allowed, used)).into());
    }
    Ok(vec![ServiceEvent::AdministratorAdded { user }])
}
