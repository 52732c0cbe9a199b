//! What can happen to an account.

use kernel::{
    AccountId, DelegationId, MailboxId, Sealed, ServiceId, SubjectId, TicketId, TransferId, UserId, WebhookId,
};

use crate::reseller::Resources;

/// The reseller's account above another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Parent {
    /// Which.
    pub account: AccountId,
    /// How many accounts stand above the lower one: 1 to 3.
    pub depth: u8,
}

/// Who is asked to pay for an account below a reseller's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum BillingMode {
    /// The account itself.
    #[default]
    Direct,
    /// The reseller above: only those above order and change plans, since they pay.
    Reseller,
}

impl BillingMode {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Direct, Self::Reseller];

    /// The stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Reseller => "reseller",
        }
    }

    /// The mode of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.name() == name)
    }
}

/// What happened to one account. Stream `account/{AccountId}`; opened once, closed once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountEvent {
    /// It exists and can order services.
    Opened {
        /// What it is called.
        name: Sealed<String>,
        /// The reseller's account that it stands below; none: the platform's own customer.
        parent: Option<Parent>,
        /// Whether it is for trying things out, for ever: its mail leaves nowhere, and nothing is billed.
        is_sandbox: bool,
    },
    /// From now on this one is asked to pay for it.
    BillingModeSet {
        /// Who.
        mode: BillingMode,
    },
    /// It may have so many accounts below it.
    ResellerSet {
        /// How many, those below those not counted; 0: it is no reseller.
        sub_account_count_max: u32,
    },
    /// One more account stands below it. It is opened in its own tenant because of this.
    SubAccountAdmitted {
        /// Which.
        account: AccountId,
        /// What it is called at first.
        name: Sealed<String>,
        /// Whether it is for trying things out.
        is_sandbox: bool,
    },
    /// The reseller above offers it to another reseller, or to the platform itself.
    TransferOffered {
        /// The offer.
        transfer: TransferId,
        /// To whom.
        to: AccountId,
        /// What its services take: the other one must have room for it.
        resources: Resources,
    },
    /// The offer is over: taken back, or declined.
    TransferWithdrawn {
        /// The offer.
        transfer: TransferId,
        /// To whom it was made.
        to: AccountId,
    },
    /// It stands below the reseller who accepted it from now on. Who pays is itself, until that is said anew.
    Moved {
        /// The offer.
        transfer: TransferId,
        /// Below whom it stood.
        from: AccountId,
        /// Below whom it stands.
        parent: Parent,
    },
    /// It stands below no reseller from now on: the platform itself has taken it. Who pays is itself.
    MovedToPlatform {
        /// The offer.
        transfer: TransferId,
        /// Below whom it stood.
        from: AccountId,
    },
    /// An account that stood below has moved elsewhere.
    SubAccountReleased {
        /// Which.
        account: AccountId,
    },
    /// It orders nothing more and nobody signs in to it.
    Closed,
    /// It is called otherwise.
    Renamed {
        /// What it is called from now on.
        name: Sealed<String>,
    },
    /// Its users need a second factor from now on, or need it no more.
    SecondFactorRequired {
        /// Whether they do.
        is_required: bool,
    },
    /// The data of a person are readable no more: the key that opens them is destroyed because of this.
    PersonErased {
        /// Who.
        subject: SubjectId,
        /// Their mailbox, where it is the owner of one: what it held is destroyed as well.
        mailbox: Option<MailboxId>,
    },
    /// One of its users exists from now on; kept here so that they can be counted.
    UserAdded {
        /// Who.
        user: UserId,
    },
    /// A user is gone.
    UserRemoved {
        /// Who.
        user: UserId,
    },
    /// Somebody is let in or invited; kept here so that they can be counted.
    DelegationAdded {
        /// Which delegation.
        delegation: DelegationId,
    },
    /// A delegation is over.
    DelegationEnded {
        /// Which.
        delegation: DelegationId,
    },
    /// A ticket waits for somebody; kept here so that they can be counted.
    TicketCounted {
        /// Which.
        ticket: TicketId,
    },
    /// A ticket waits for nobody.
    TicketUncounted {
        /// Which.
        ticket: TicketId,
    },
    /// An endpoint elsewhere is told what happens; kept here so that they can be counted.
    WebhookAdded {
        /// Which webhook.
        webhook: WebhookId,
    },
    /// A webhook is gone.
    WebhookRemoved {
        /// Which.
        webhook: WebhookId,
    },
    /// It ordered a service; kept here so that a closing account can be refused.
    ServiceAdded {
        /// Which.
        service: ServiceId,
    },
    /// A service has ended.
    ServiceEnded {
        /// Which.
        service: ServiceId,
    },
}
