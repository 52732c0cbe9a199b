//! Merging two tickets.

use authority::{Guarded, Need, Permission, Resource};
use kernel::{AccountId, Changes, Decider, Key, Reads, TenantId, TicketId, Timestamp, UseCase};

use crate::HostingRefusal;
use crate::account::{Account, AccountCommand};
use crate::refusal::TicketRefusal;
use crate::ticket::{Ticket, TicketCommand, TicketStage};

/// Lets a ticket go on in another one of the same account: what was said in it is read there from now on, and nothing more is
/// said in it. The support's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergeTickets {
    /// Whose.
    pub account: AccountId,
    /// Which ends.
    pub ticket: TicketId,
    /// In which it goes on.
    pub into: TicketId,
}

impl UseCase for MergeTickets {
    const NAME: &'static str = "merge_tickets";
    type Reads = (Key<Account>, Key<Ticket>, Key<Ticket>);
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.account.tenant()
    }

    fn reads(&self) -> Self::Reads {
        (Key(self.account), Key(self.ticket), Key(self.into))
    }

    fn decide(
        &self,
        (account, ticket, into): &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        if self.ticket == self.into {
            return Err(TicketRefusal::MergeItself.into());
        }
        let merged = Ticket::decide(ticket, TicketCommand::MergeInto(self.into), &None, now)?;
        let mut taken = Ticket::decide(into, TicketCommand::TakeIn(self.ticket), &None, now)?;
        // What waited for somebody still does.
        let waits = ticket.record().is_some_and(|record| !matches!(record.stage, TicketStage::Resolved(_)));
        if waits && !taken.is_empty() {
            taken.extend(Ticket::decide(into, TicketCommand::Reopen, &None, now)?);
        }
        let mut counted = Account::decide(account, AccountCommand::UncountTicket(self.ticket), &(), now)?;
        let after = counted.iter().fold(account.clone(), Account::evolve);
        if waits && !taken.is_empty() {
            counted.extend(Account::decide(&after, AccountCommand::CountTicket(self.into), &(), now)?);
        }
        Ok(Changes::none()
            .emit::<Account>(self.account, counted)
            .emit::<Ticket>(self.ticket, merged)
            .emit::<Ticket>(self.into, taken))
    }
}

impl Guarded for MergeTickets {
    fn need(&self, _: &<Self::Reads as Reads>::States) -> Need {
        Need { permission: Permission::PlatformWrite, resource: Resource::account(self.account) }
    }
}
