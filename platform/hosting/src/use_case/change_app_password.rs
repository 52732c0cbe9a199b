//! Changing an app password.

use authority::{AdministratorRight, Guarded, Need, Permission};
use kernel::{
    AccountId, AppPasswordId, Changes, Decider, Key, MailboxId, Reads, TenantId, Timestamp, UseCase,
};

use crate::HostingRefusal;
use crate::mailbox::{AppPasswordPatch, Mailbox, MailboxCommand};

/// Lets an app password be called otherwise, or open more or less. Its secret stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeAppPassword {
    /// Whose.
    pub account: AccountId,
    /// Which mailbox.
    pub mailbox: MailboxId,
    /// Which of its app passwords.
    pub app_password: AppPasswordId,
    /// What is to be otherwise.
    pub patch: AppPasswordPatch,
    /// Whether its owner asks, who may do so where its administrators let them.
    pub by_owner: bool,
}

impl UseCase for ChangeAppPassword {
    const NAME: &'static str = "change_app_password";
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
        super::check_app_passwords(mailbox, self.by_owner)?;
        let (app_password, patch) = (self.app_password, self.patch.clone());
        let change = MailboxCommand::ChangeAppPassword { app_password, patch };
        let changed = Mailbox::decide(mailbox, change, &self.mailbox, now)?;
        Ok(Changes::none().emit::<Mailbox>(self.mailbox, changed))
    }
}

impl Guarded for ChangeAppPassword {
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
        vec![AdministratorRight::AppPasswords]
    }
}
