//! What can be asked of a service.

use kernel::{AccountId, AliasId, ByteSize, DomainId, MailboxId, PlanId, Timestamp, UserId};

use super::{DomainShare, Recurring, SuspensionReason};
use crate::plan::PlanLimits;

/// An intention about one service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServiceCommand {
    /// Order it.
    Order(ServiceOrder),
    /// Let it be one of another plan, or of another version.
    ChangePlan {
        /// What it is from now on.
        order: ServiceOrder,
        /// Whether also where it does not fit: what is beyond stays, and nothing can be added.
        is_forced: bool,
    },
    /// Give it its entitlement.
    Activate,
    /// Stop sending and additions.
    Restrict,
    /// Stop sending, signing in and additions.
    Suspend(SuspensionReason),
    /// Give it its entitlement back.
    Resume,
    /// End it.
    End {
        /// When its contents may be destroyed.
        purge_after: Timestamp,
    },
    /// Bring it back as it was, while its contents are there.
    Reactivate,
    /// Note that what it held is destroyed; nothing happens before the end of its retention.
    Purge,
    /// Take slots and bytes for new mailboxes of a domain, one quota each.
    TakeMailboxes {
        /// Where they live.
        domain: DomainId,
        /// Their quotas.
        quotas: Vec<ByteSize>,
    },
    /// Give the slot and bytes of a deleted mailbox back.
    ReturnMailbox {
        /// Where it lived.
        domain: DomainId,
        /// Its quota.
        quota: ByteSize,
    },
    /// Change how much is allocated to one mailbox.
    Reallocate {
        /// Where it lives.
        domain: DomainId,
        /// Its quota before.
        from: ByteSize,
        /// Its quota from now on.
        to: ByteSize,
    },
    /// Take the slot of an alias.
    TakeAlias {
        /// Where it lives.
        domain: DomainId,
        /// Which, where it is one that no plan counts.
        uncounted: Option<AliasId>,
    },
    /// Give the slot of an alias back, where it has taken one.
    ReturnAlias {
        /// Where it lived.
        domain: DomainId,
        /// Which.
        alias: AliasId,
    },
    /// Take the slot of an own domain, or of an alias domain.
    TakeDomain {
        /// Which.
        domain: DomainId,
        /// The own domain that it mirrors.
        mirrors: Option<DomainId>,
    },
    /// Note how much of the service a domain may have.
    SetShare {
        /// Which.
        domain: DomainId,
        /// How much.
        share: DomainShare,
        /// What its mailboxes hold, as the message store said; none: not asked.
        stored: Option<ByteSize>,
    },
    /// Let a mailbox have so many sync jobs; refused where that is more than before and more than are sold.
    TakeSyncJobs {
        /// Which.
        mailbox: MailboxId,
        /// All of them.
        sync_jobs: u32,
    },
    /// Note that a mailbox has so many sync jobs, however many are sold.
    NoteSyncJobs {
        /// Which.
        mailbox: MailboxId,
        /// All of them.
        sync_jobs: u32,
    },
    /// Let a user administer domains of it; refused where as many as are sold do.
    AddAdministrator(UserId),
    /// Note that a user administers none of its domains.
    RemoveAdministrator(UserId),
    /// Give the slot of an own domain back; refused while anything lives there.
    ReturnDomain(DomainId),
}

/// What is ordered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceOrder {
    /// By whom.
    pub account: AccountId,
    /// Of which plan.
    pub plan: PlanId,
    /// In which version.
    pub version: u32,
    /// What it may have: a copy, so that the service needs no other stream to decide.
    pub limits: PlanLimits,
    /// What it costs, where that is known.
    pub recurring: Option<Recurring>,
}
