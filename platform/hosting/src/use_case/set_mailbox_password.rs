//! Setting a mailbox's password.

use authority::{AdministratorRight, Guarded, Need, OnBox, Permission};
use kernel::{AccountId, Changes, Decider, Key, MailboxId, Reads, TenantId, Timestamp, UseCase};

use crate::mailbox::{Mailbox, MailboxCommand};
use crate::{HostingRefusal, PasswordHash};

/// Replaces how the owner of a mailbox is recognised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetMailboxPassword {
    /// Whose.
    pub account: AccountId,
    /// Which mailbox.
    pub mailbox: MailboxId,
    /// The new one.
    pub password: PasswordHash,
    /// Whether its owner chose it: a demand to choose another is fulfilled then.
    pub by_owner: bool,
    /// Whether app passwords are revoked as well: whoever knew the old one may have made some.
    pub revokes_others: bool,
}

impl UseCase for SetMailboxPassword {
    const NAME: &'static str = "set_mailbox_password";
    type Reads = Key<Mailbox>;
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.account.tenant()
    }

    fn reads(&self) -> Self::Reads {
        Key(self.mailbox)
    }

    fn decide(
        &self,
        mailbox: &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        let set = MailboxCommand::SetPassword {
            password: self.password.clone(),
            by_owner: self.by_owner,
            revokes_others: self.revokes_others,
        };
        let events = Mailbox::decide(mailbox, set, &self.mailbox, now)?;
        Ok(Changes::none().emit::<Mailbox>(self.mailbox, events))
    }
}

impl Guarded for SetMailboxPassword {
    fn on_box(&self, _: &<Self::Reads as Reads>::States) -> OnBox {
        OnBox::Nothing
    }

    fn is_kept_from_visitors(&self) -> bool {
        true
    }

    fn need(&self, mailbox: &<Self::Reads as Reads>::States) -> Need {
        Need {
            permission: Permission::CredentialWrite,
            resource: super::mailbox_resource(self.account, self.mailbox, mailbox),
        }
    }

    fn rights(&self, _: &<Self::Reads as Reads>::States) -> Vec<AdministratorRight> {
        if self.revokes_others { vec![AdministratorRight::AppPasswords] } else { vec![] }
    }
}
