//! What can happen to a service.

use kernel::{AccountId, AliasId, ByteSize, DomainId, MailboxId, PlanId, Timestamp, UserId};

use super::{DomainShare, Recurring};
use crate::plan::PlanLimits;

/// Why a service is suspended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SuspensionReason {
    /// It is not paid.
    NonPayment,
    /// It was used against others.
    Abuse,
    /// The law or a court asks for it.
    Legal,
    /// To protect it or the platform.
    Security,
}

impl SuspensionReason {
    /// Whether the platform alone lifts it, and gives another reason in its place: it protects others, and is no matter
    /// between a reseller and a customer.
    pub const fn is_platforms(self) -> bool {
        match self {
            Self::Abuse | Self::Legal | Self::Security => true,
            Self::NonPayment => false,
        }
    }
}

/// What happened to one service. Stream `service/{ServiceId}`; ordered once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServiceEvent {
    /// It is ordered, and has nothing yet.
    Ordered {
        /// By whom.
        account: AccountId,
        /// Of which plan.
        plan: PlanId,
        /// In which version.
        version: u32,
        /// What it may have once active.
        limits: PlanLimits,
    },
    /// It is one of another plan, or of another version, from now on.
    PlanChanged {
        /// Of which plan.
        plan: PlanId,
        /// In which version.
        version: u32,
        /// What it may have.
        limits: PlanLimits,
    },
    /// It costs so much from now on: a copy of its plan's price, with what was bought in addition.
    Priced {
        /// How much, and how often.
        recurring: Recurring,
    },
    /// It may everything within its limits.
    Activated,
    /// Nothing is sent and nothing added; mail is received and read.
    Restricted,
    /// Nothing is sent, nobody signs in, nothing is added; mail is received.
    Suspended {
        /// Why.
        reason: SuspensionReason,
    },
    /// It may everything again.
    Resumed,
    /// It is over: mail is refused; contents are destroyed at `purge_after`.
    Ended {
        /// When contents may be destroyed.
        purge_after: Timestamp,
    },
    /// It is back before its contents were destroyed, with all that ended with it, and may everything within its limits. Where
    /// it was restricted or suspended when it ended, that follows at once.
    Reactivated,
    /// What it held is destroyed: its addresses exist no more.
    Purged,
    /// New mailboxes of one domain use so many slots and so many bytes more.
    SlotsTaken {
        /// Where they live.
        domain: DomainId,
        /// How many.
        mailboxes: u32,
        /// The sum of their quotas.
        bytes: ByteSize,
    },
    /// Deleted mailboxes of one domain gave their slots and bytes back.
    SlotsReturned {
        /// Where they lived.
        domain: DomainId,
        /// How many.
        mailboxes: u32,
        /// The sum of their quotas.
        bytes: ByteSize,
    },
    /// A mailbox has another quota.
    AllocationChanged {
        /// Where it lives; none in events of before domains had a share of their own.
        domain: Option<DomainId>,
        /// Before.
        from: ByteSize,
        /// From now on.
        to: ByteSize,
    },
    /// A new alias uses a slot, or lives beside those that do.
    AliasSlotTaken {
        /// Where it lives.
        domain: DomainId,
        /// Which, where it is one that no plan counts. None: it uses a slot, as all did before `postmaster` and `abuse` were free.
        uncounted: Option<AliasId>,
    },
    /// A deleted alias gave its slot back, or had none.
    AliasSlotReturned {
        /// Where it lived.
        domain: DomainId,
        /// Which, where it was not counted.
        uncounted: Option<AliasId>,
    },
    /// An own domain uses a slot.
    DomainSlotTaken {
        /// Which.
        domain: DomainId,
        /// The own domain that it mirrors: then it is an alias domain.
        mirrors: Option<DomainId>,
    },
    /// A domain may have so much of the service.
    DomainShareSet {
        /// Which.
        domain: DomainId,
        /// How much.
        share: DomainShare,
    },
    /// A mailbox has so many sync jobs from now on.
    SyncJobsCounted {
        /// Which.
        mailbox: MailboxId,
        /// All of them.
        sync_jobs: u32,
    },
    /// A user administers domains of it from now on.
    AdministratorAdded {
        /// Who.
        user: UserId,
    },
    /// A user administers none of its domains any more.
    AdministratorRemoved {
        /// Who.
        user: UserId,
    },
    /// A removed domain gave its slot back.
    DomainSlotReturned {
        /// Which.
        domain: DomainId,
    },
}

impl ServiceEvent {
    /// Whether it changes its plan or what it may do: the changes that two people must not make over one another.
    pub const fn is_revision(&self) -> bool {
        match self {
            Self::PlanChanged { .. }
            | Self::Activated
            | Self::Restricted
            | Self::Suspended { .. }
            | Self::Resumed
            | Self::Reactivated
            | Self::Ended { .. }
            | Self::Purged => true,
            Self::Ordered { .. }
            | Self::Priced { .. }
            | Self::SlotsTaken { .. }
            | Self::SlotsReturned { .. }
            | Self::AllocationChanged { .. }
            | Self::AliasSlotTaken { .. }
            | Self::AliasSlotReturned { .. }
            | Self::DomainSlotTaken { .. }
            | Self::DomainSlotReturned { .. }
            | Self::DomainShareSet { .. }
            | Self::SyncJobsCounted { .. }
            | Self::AdministratorAdded { .. }
            | Self::AdministratorRemoved { .. } => false,
        }
    }
}
