//! Revoking an app password.

use authority::{AdministratorRight, Guarded, Need, OnBox, Permission};
use kernel::{
    AccountId, AppPasswordId, Changes, Decider, Key, MailboxId, Reads, TenantId, Timestamp, UseCase,
};

use crate::HostingRefusal;
use crate::mailbox::{Mailbox, MailboxCommand};

/// Takes an app password back; whoever is in by it is out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevokeAppPassword {
    /// Whose.
    pub account: AccountId,
    /// Which mailbox.
    pub mailbox: MailboxId,
    /// Which.
    pub app_password: AppPasswordId,
}

impl UseCase for RevokeAppPassword {
    const NAME: &'static str = "revoke_app_password";
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
        let revoke = MailboxCommand::RevokeAppPassword(self.app_password);
        Ok(Changes::none()
            .emit::<Mailbox>(self.mailbox, Mailbox::decide(mailbox, revoke, &self.mailbox, now)?))
    }
}

impl Guarded for RevokeAppPassword {
    fn on_box(&self, _: &<Self::Reads as Reads>::States) -> OnBox {
        OnBox::Nothing
    }

    fn need(&self, mailbox: &<Self::Reads as Reads>::States) -> Need {
        Need {
            permission: Permission::CredentialWrite,
            resource: super::mailbox_resource(self.account, self.mailbox, mailbox),
        }
    }

    fn rights(&self, _: &<Self::Reads as Reads>::States) -> Vec<AdministratorRight> {
        vec![AdministratorRight::AppPasswords]
    }
}
