//! Adding an app password.

use std::collections::BTreeSet;

use authority::{AdministratorRight, Guarded, Need, OnBox, Permission};
use kernel::{
    AccountId, AppPasswordId, Changes, Decider, Key, MailboxId, Reads, TenantId, Timestamp, UseCase,
};

use crate::HostingRefusal;
use crate::mailbox::{MailProtocol, Mailbox, MailboxCommand, NewAppPassword};

/// Gives a mailbox one more password, for one program: at most 50 that are good at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddAppPassword {
    /// Whose.
    pub account: AccountId,
    /// Which mailbox.
    pub mailbox: MailboxId,
    /// Its id.
    pub app_password: AppPasswordId,
    /// What its owner calls it, 1 to 128 characters.
    pub name: String,
    /// BLAKE3 of the secret.
    pub secret_hash: [u8; 32],
    /// What it opens; at least one.
    pub protocols: BTreeSet<MailProtocol>,
    /// None: until revoked.
    pub expires_at: Option<Timestamp>,
    /// Whether its owner asks, who may do so where its administrators let them.
    pub by_owner: bool,
}

impl UseCase for AddAppPassword {
    const NAME: &'static str = "add_app_password";
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
        let add = MailboxCommand::AddAppPassword(NewAppPassword {
            app_password: self.app_password,
            name: self.name.clone(),
            secret_hash: self.secret_hash,
            protocols: self.protocols.clone(),
            expires_at: self.expires_at,
        });
        Ok(Changes::none().emit::<Mailbox>(self.mailbox, Mailbox::decide(mailbox, add, &self.mailbox, now)?))
    }
}

impl Guarded for AddAppPassword {
    fn on_box(&self, _: &<Self::Reads as Reads>::States) -> OnBox {
        OnBox::Adds
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
