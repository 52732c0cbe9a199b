//! Asking the support.

use authority::{Guarded, Need, OnBox, Permission, Resource};
use kernel::{
    AccountId, Changes, Decider, Key, Reads, ServiceId, TenantId, TicketId, Timestamp, UseCase, UserId,
};

use crate::HostingRefusal;
use crate::account::{Account, AccountCommand};
use crate::service::Service;
use crate::ticket::{NewTicket, Ticket, TicketCommand, TicketKind};

/// Asks the platform's support, also where a service is suspended or over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenTicket {
    /// Whose.
    pub account: AccountId,
    /// Its id.
    pub ticket: TicketId,
    /// Who says it, as whoever runs this knows: where it is a user of the account, the words go with them when they are erased.
    pub author: Option<UserId>,
    /// Which service it is about.
    pub service: Option<ServiceId>,
    /// What it is about.
    pub kind: TicketKind,
    /// In a line, 1 to 200 characters.
    pub subject: String,
    /// 1 to 10 000 characters.
    pub text: String,
}

impl UseCase for OpenTicket {
    const NAME: &'static str = "open_ticket";
    type Reads = (Key<Account>, Option<Key<Service>>, Key<Ticket>);
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.account.tenant()
    }

    fn reads(&self) -> Self::Reads {
        (Key(self.account), self.service.map(Key), Key(self.ticket))
    }

    fn decide(
        &self,
        (account, service, ticket): &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        if let Some(service) = service {
            super::check_present(service)?;
        }
        let open = TicketCommand::Open(NewTicket {
            account: self.account,
            service: self.service,
            kind: self.kind,
            subject: self.subject.clone(),
            text: self.text.clone(),
        });
        let opened = Ticket::decide(ticket, open, &super::author_of(account, self.author), now)?;
        let counted = Account::decide(account, AccountCommand::CountTicket(self.ticket), &(), now)?;
        Ok(Changes::none().emit::<Account>(self.account, counted).emit::<Ticket>(self.ticket, opened))
    }
}

impl Guarded for OpenTicket {
    fn on_box(&self, _: &<Self::Reads as Reads>::States) -> OnBox {
        OnBox::Nothing
    }

    fn is_kept_from_visitors(&self) -> bool {
        true
    }

    fn need(&self, _: &<Self::Reads as Reads>::States) -> Need {
        let resource = Resource::account(self.account);
        let resource = self.service.map_or(resource, |service| resource.in_service(service));
        Need { permission: Permission::TicketWrite, resource }
    }
}
