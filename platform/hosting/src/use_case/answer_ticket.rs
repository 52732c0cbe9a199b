//! Going on with a ticket.

use authority::{Guarded, Need, OnBox, Permission, Resource};
use kernel::{AccountId, Changes, Decider, Key, Reads, TenantId, TicketId, Timestamp, UseCase, UserId};

use crate::HostingRefusal;
use crate::account::{Account, AccountCommand};
use crate::refusal::TicketRefusal;
use crate::ticket::{Side, Ticket, TicketCommand, TicketStage};

/// Says something in a ticket, lays a file beside it, resolves it or opens it again. The support's side, what it says to
/// itself, and who takes it, is the operator's alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerTicket {
    /// Whose.
    pub account: AccountId,
    /// Which.
    pub ticket: TicketId,
    /// Who says it, as whoever runs this knows: where it is a user of the account, the words go with them when they are erased.
    pub author: Option<UserId>,
    /// What is intended.
    pub command: TicketCommand,
}

impl UseCase for AnswerTicket {
    const NAME: &'static str = "answer_ticket";
    type Reads = (Key<Account>, Key<Ticket>);
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.account.tenant()
    }

    fn reads(&self) -> Self::Reads {
        (Key(self.account), Key(self.ticket))
    }

    fn decide(
        &self,
        (account, ticket): &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        if matches!(self.command, TicketCommand::MergeInto(_) | TicketCommand::TakeIn(_)) {
            // That takes both tickets: see `MergeTickets`.
            return Err(TicketRefusal::MergeItself.into());
        }
        let author = super::author_of(account, self.author);
        let answered = Ticket::decide(ticket, self.command.clone(), &author, now)?;
        // What is resolved counts no more; what goes on counts again.
        let after = answered.iter().fold(ticket.clone(), Ticket::evolve);
        let count = match after.record().map(|record| record.stage) {
            Some(TicketStage::Resolved(_)) | None => AccountCommand::UncountTicket(self.ticket),
            Some(TicketStage::AwaitingStaff | TicketStage::AwaitingCustomer) => {
                AccountCommand::CountTicket(self.ticket)
            }
        };
        let counted = Account::decide(account, count, &(), now)?;
        Ok(Changes::none().emit::<Account>(self.account, counted).emit::<Ticket>(self.ticket, answered))
    }
}

impl Guarded for AnswerTicket {
    fn on_box(&self, _: &<Self::Reads as Reads>::States) -> OnBox {
        OnBox::Nothing
    }

    fn is_kept_from_visitors(&self) -> bool {
        true
    }

    fn need(&self, (_, ticket): &<Self::Reads as Reads>::States) -> Need {
        let is_staff = match &self.command {
            TicketCommand::Say { side, is_internal, .. } => *side == Side::Staff || *is_internal,
            TicketCommand::Attach(file) => file.side == Side::Staff || file.is_internal,
            TicketCommand::Assign(_) | TicketCommand::SetPriority(_) => true,
            TicketCommand::ResolveIdle | TicketCommand::MergeInto(_) | TicketCommand::TakeIn(_) => true,
            TicketCommand::Open(_)
            | TicketCommand::Resolve
            | TicketCommand::Reopen
            | TicketCommand::Rate { .. } => false,
        };
        let permission = if is_staff { Permission::PlatformWrite } else { Permission::TicketWrite };
        let resource = Resource::account(self.account);
        let service = ticket.record().and_then(|record| record.service);
        Need { permission, resource: service.map_or(resource, |service| resource.in_service(service)) }
    }
}
