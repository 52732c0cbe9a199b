//! Changing something only as it was when the asker looked at it.

use authority::{AdministratorRight, Gift, Guarded, Need, OnBox};
use kernel::{AccountId, Changes, Reads, TenantId, Timestamp, UseCase};

use super::{
    ActivateService, AllocatePool, AnswerTicket, ChangeAliasExpiry, ChangeAliasTargets, ChangeAppPassword,
    ChangeDelegation, ChangeMailboxDisplayName, ChangeMailboxQuota, ChangePlan, ChangeToken, ChangeUser,
    ChangeWebhook, DeleteAlias, DeleteMailbox, DeleteTemporaryAlias, DisableMailbox, EnableMailbox,
    EndService, MergeTickets, RemoveDomain, RenameAccount, RenameMailbox, RestoreDomain, RestoreMailbox,
    RestrictService, ResumeService, SetBrand, SetPool, SuspendService,
};
use crate::HostingRefusal;
use crate::alias::AliasState;
use crate::domain::DomainState;
use crate::mailbox::MailboxState;
use crate::service::ServiceState;
use crate::settings::check_revision;
use crate::ticket::{TicketCommand, TicketState};

/// A change that is refused where somebody else has changed the same thing since the asker looked at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AtRevision<U> {
    /// What is to be changed.
    pub change: U,
    /// The revision that the asker saw; none: whatever it is.
    pub revision: Option<u32>,
}

/// A change of something whose changes are counted.
pub trait Revised: Guarded<Refusal = HostingRefusal> {
    /// How often it was changed; 0 where it does not exist.
    fn found(&self, states: &<Self::Reads as Reads>::States) -> u32;
}

impl<U: Revised> UseCase for AtRevision<U> {
    const NAME: &'static str = U::NAME;
    type Reads = U::Reads;
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.change.tenant()
    }

    fn reads(&self) -> Self::Reads {
        self.change.reads()
    }

    fn decide(
        &self,
        states: &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        // Whether it exists and whether the change is possible at all is said first.
        let changes = self.change.decide(states, now)?;
        check_revision(self.revision, self.change.found(states))?;
        Ok(changes)
    }
}

impl<U: Revised> Guarded for AtRevision<U> {
    fn is_kept_from_visitors(&self) -> bool {
        self.change.is_kept_from_visitors()
    }

    fn on_box(&self, states: &<Self::Reads as Reads>::States) -> OnBox {
        self.change.on_box(states)
    }

    fn need(&self, states: &<Self::Reads as Reads>::States) -> Need {
        self.change.need(states)
    }

    fn needs(&self, states: &<Self::Reads as Reads>::States) -> Vec<Need> {
        self.change.needs(states)
    }

    fn rights(&self, states: &<Self::Reads as Reads>::States) -> Vec<AdministratorRight> {
        self.change.rights(states)
    }

    fn gives(&self, states: &<Self::Reads as Reads>::States) -> Option<Gift> {
        self.change.gives(states)
    }
}

/// Of one that is deleted as well: it can be brought back.
fn of_mailbox(mailbox: &MailboxState) -> u32 {
    match mailbox {
        MailboxState::Live(record) | MailboxState::Deleted(record) => record.revision,
        MailboxState::Absent => 0,
    }
}

fn of_alias(alias: &AliasState) -> u32 {
    match alias {
        AliasState::Live(record) | AliasState::Deleted(record) => record.revision,
        AliasState::Absent => 0,
    }
}

/// Of its settings, which is the one that a domain has; of one that is removed as well.
fn of_domain(domain: &DomainState) -> u32 {
    match domain {
        DomainState::Pending(record) | DomainState::Verified(record) | DomainState::Removed(record) => {
            record.settings_revision
        }
        DomainState::Absent | DomainState::Shared { .. } => 0,
    }
}

fn of_service(service: &ServiceState) -> u32 {
    service.record().map_or(0, |record| record.revision)
}

fn of_ticket(ticket: &TicketState) -> u32 {
    ticket.record().map_or(0, |record| record.revision)
}

macro_rules! revised {
    ($($change:ty, $states:pat => $found:expr;)*) => {$(
        impl Revised for $change {
            fn found(&self, $states: &<Self::Reads as Reads>::States) -> u32 {
                $found
            }
        }
    )*};
}

revised! {
    RenameMailbox, (_, mailbox, ..) => of_mailbox(mailbox);
    DeleteMailbox, (_, mailbox, _) => of_mailbox(mailbox);
    RestoreMailbox, (_, _, mailbox, _) => of_mailbox(mailbox);
    DisableMailbox, mailbox => of_mailbox(mailbox);
    EnableMailbox, mailbox => of_mailbox(mailbox);
    DeleteAlias, (_, alias) => of_alias(alias);
    DeleteTemporaryAlias, (_, alias) => of_alias(alias);
    RemoveDomain, (_, domain, _) => of_domain(domain);
    RestoreDomain, (_, domain, ..) => of_domain(domain);
    ActivateService, service => of_service(service);
    RestrictService, service => of_service(service);
    SuspendService, service => of_service(service);
    ResumeService, service => of_service(service);
    EndService, (_, service, _) => of_service(service);
    ChangePlan, (service, ..) => of_service(service);
    MergeTickets, (_, ticket, _) => of_ticket(ticket);
}

impl Revised for AnswerTicket {
    fn found(&self, (_, ticket): &<Self::Reads as Reads>::States) -> u32 {
        match &self.command {
            // What the support does among itself has a count of its own: the customer is not told of it.
            TicketCommand::Assign(_)
            | TicketCommand::SetPriority(_)
            | TicketCommand::Say { is_internal: true, .. } => {
                ticket.record().map_or(0, |record| record.desk_revision)
            }
            _ => of_ticket(ticket),
        }
    }
}

impl Revised for ChangeMailboxQuota {
    fn found(&self, (_, mailbox): &<Self::Reads as Reads>::States) -> u32 {
        of_mailbox(mailbox)
    }
}

impl Revised for ChangeAppPassword {
    fn found(&self, mailbox: &<Self::Reads as Reads>::States) -> u32 {
        let known = mailbox.record().and_then(|record| record.app_passwords.get(&self.app_password));
        known.map_or(0, |known| known.revision)
    }
}

impl Revised for ChangeToken {
    fn found(&self, user: &<Self::Reads as Reads>::States) -> u32 {
        let known = user.record().and_then(|record| record.tokens.get(&self.token));
        known.map_or(0, |known| known.revision)
    }
}

impl Revised for ChangeUser {
    fn found(&self, (user, ..): &<Self::Reads as Reads>::States) -> u32 {
        user.record().map_or(0, |record| record.revision)
    }
}

impl Revised for RenameAccount {
    fn found(&self, account: &<Self::Reads as Reads>::States) -> u32 {
        super::account_record(account).map_or(0, |record| record.revision)
    }
}

impl Revised for ChangeMailboxDisplayName {
    fn found(&self, mailbox: &<Self::Reads as Reads>::States) -> u32 {
        of_mailbox(mailbox)
    }
}

impl Revised for ChangeAliasTargets {
    fn found(&self, alias: &<Self::Reads as Reads>::States) -> u32 {
        of_alias(alias)
    }
}

impl Revised for ChangeAliasExpiry {
    fn found(&self, (_, _, alias): &<Self::Reads as Reads>::States) -> u32 {
        of_alias(alias)
    }
}

impl Revised for ChangeDelegation {
    fn found(&self, (delegation, _): &<Self::Reads as Reads>::States) -> u32 {
        delegation.record().map_or(0, |record| record.revision)
    }
}

impl Revised for ChangeWebhook {
    fn found(&self, (_, webhook): &<Self::Reads as Reads>::States) -> u32 {
        webhook.record().map_or(0, |record| record.revision)
    }
}

impl Revised for SetBrand {
    fn found(&self, (_, reseller, _): &<Self::Reads as Reads>::States) -> u32 {
        reseller.brand_revision
    }
}

impl Revised for SetPool {
    fn found(&self, (_, reseller): &<Self::Reads as Reads>::States) -> u32 {
        reseller.pool_revision
    }
}

impl Revised for AllocatePool {
    /// Allocations to one account are numbered.
    fn found(&self, (_, reseller): &<Self::Reads as Reads>::States) -> u32 {
        let of = |customer: AccountId| reseller.grants.get(&customer).map_or(0, |grant| grant.serial);
        of(self.customer)
    }
}
