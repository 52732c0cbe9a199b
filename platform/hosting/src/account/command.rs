//! What can be asked of an account.

use kernel::{
    AccountId, DelegationId, MailboxId, ServiceId, SubjectId, TicketId, TransferId, UserId, WebhookId,
};

use crate::reseller::Resources;

use super::{BillingMode, Parent};

/// An intention about one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountCommand {
    /// Open it under a name.
    Open {
        /// Its id, whose person the name is sealed for.
        account: AccountId,
        /// What it is called, 1 to 200 characters.
        name: String,
        /// The reseller's account that it stands below.
        parent: Option<Parent>,
        /// Whether it is for trying things out, for ever.
        is_sandbox: bool,
    },
    /// Let this one be asked to pay for it; refused where it stands below no reseller.
    SetBillingMode(BillingMode),
    /// Let it have so many accounts below it; none: it is no reseller.
    SetReseller {
        /// How many, those below those not counted.
        sub_account_count_max: u32,
    },
    /// Let one more account stand below it.
    AdmitSubAccount {
        /// Its id.
        account: AccountId,
        /// What it will be called, 1 to 200 characters.
        name: String,
        /// Whether it is for trying things out.
        is_sandbox: bool,
    },
    /// Offer it to another reseller, or to the platform itself.
    OfferTransfer {
        /// The offer.
        transfer: TransferId,
        /// To whom.
        to: AccountId,
        /// What its services take.
        resources: Resources,
    },
    /// Take the offer back, or note that it was declined.
    WithdrawTransfer,
    /// Let it stand below the reseller who accepted it.
    Move {
        /// The offer.
        transfer: TransferId,
        /// Below whom.
        parent: Parent,
    },
    /// Let it stand below no reseller, where the platform itself has accepted it.
    MoveToPlatform(TransferId),
    /// Count one account less below it.
    ReleaseSubAccount(AccountId),
    /// Close it; refused while a service has not ended.
    Close,
    /// Demand a second factor of its users, or demand it no more.
    RequireSecondFactor(bool),
    /// Let the data of a person be readable no more.
    ErasePerson {
        /// Who.
        subject: SubjectId,
        /// Their mailbox, where it is the owner of one.
        mailbox: Option<MailboxId>,
    },
    /// Call it otherwise.
    Rename(String),
    /// Count one more user.
    AddUser(UserId),
    /// Count one user less.
    RemoveUser(UserId),
    /// Count one more delegation.
    AddDelegation(DelegationId),
    /// A delegation is over.
    EndDelegation(DelegationId),
    /// Count a ticket that waits for somebody.
    CountTicket(TicketId),
    /// A ticket waits for nobody.
    UncountTicket(TicketId),
    /// Count one more webhook.
    AddWebhook(WebhookId),
    /// Count one webhook less.
    RemoveWebhook(WebhookId),
    /// Count one more service.
    AddService(ServiceId),
    /// A service has ended.
    EndService(ServiceId),
}
