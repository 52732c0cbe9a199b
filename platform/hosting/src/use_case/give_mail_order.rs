//! Telling the audit what the queue is ordered to do.

use authority::{AdministratorRight, Guarded, Need, Permission, Resource};
use kernel::{AccountId, Changes, Decider, Key, MailOrderId, Reads, TenantId, Timestamp, UseCase};

use crate::HostingRefusal;
use crate::account::{Account, AccountState};
use crate::limit::MAIL_ORDER_PART_COUNT_MAX;
use crate::mail_order::{MailOrder, MailOrderScope, NewMailOrder};
use crate::mailbox::Mailbox;

/// Notes an order about mail, before it is carried out: what is done to mail by people is in the audit, whatever happens to
/// the machine in between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GiveMailOrder {
    /// Its id.
    pub id: MailOrderId,
    /// What is ordered.
    pub order: NewMailOrder,
}

impl UseCase for GiveMailOrder {
    const NAME: &'static str = "give_mail_order";
    type Reads = (Key<Account>, Key<MailOrder>, Vec<Key<Mailbox>>);
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.order.account.tenant()
    }

    fn reads(&self) -> Self::Reads {
        let mailboxes = match &self.order.scope {
            MailOrderScope::Whole => Vec::new(),
            MailOrderScope::Parts { mailboxes, .. } => {
                mailboxes.iter().take(MAIL_ORDER_PART_COUNT_MAX).copied().map(Key).collect()
            }
        };
        (Key(self.order.account), Key(self.id), mailboxes)
    }

    fn decide(
        &self,
        (account, order, _): &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        match account {
            // What a closed account has sent may still wait; the platform's own is there without having been opened.
            AccountState::Open(_) | AccountState::Closed(_) => {}
            AccountState::Absent if self.order.account == AccountId::PLATFORM => {}
            AccountState::Absent => return Err(HostingRefusal::AccountNotFound),
        }
        let events = MailOrder::decide(order, self.order.clone(), &(), now)?;
        Ok(Changes::none().emit::<MailOrder>(self.id, events))
    }
}

impl Guarded for GiveMailOrder {
    fn need(&self, _: &<Self::Reads as Reads>::States) -> Need {
        match self.order.account {
            AccountId::PLATFORM => {
                Need { permission: Permission::PlatformWrite, resource: Resource::PLATFORM }
            }
            account => Need { permission: Permission::QueueWrite, resource: Resource::account(account) },
        }
    }

    fn needs(&self, states: &<Self::Reads as Reads>::States) -> Vec<Need> {
        let (account, (_, _, found)) = (self.order.account, states);
        match &self.order.scope {
            MailOrderScope::Parts { domains, mailboxes }
                if account != AccountId::PLATFORM && !(domains.is_empty() && mailboxes.is_empty()) =>
            {
                let domains = domains.iter().map(|domain| Resource::account(account).in_domain(*domain));
                let mailboxes = mailboxes.iter().zip(found);
                let mailboxes =
                    mailboxes.map(|(mailbox, state)| super::mailbox_resource(account, *mailbox, state));
                let resources = domains.chain(mailboxes);
                resources.map(|resource| Need { permission: Permission::QueueWrite, resource }).collect()
            }
            MailOrderScope::Whole | MailOrderScope::Parts { .. } => vec![self.need(states)],
        }
    }

    fn rights(&self, _: &<Self::Reads as Reads>::States) -> Vec<AdministratorRight> {
        vec![AdministratorRight::HeldMail]
    }
}
