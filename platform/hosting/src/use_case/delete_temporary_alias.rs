//! Deleting a temporary alias.

use authority::{Guarded, Need};
use kernel::{
    AccountId, AliasId, Changes, Decider, Key, MailboxId, Reads, ServiceId, TenantId, Timestamp, UseCase,
};

use crate::HostingRefusal;
use crate::alias::{Alias, AliasCommand};
use crate::mailbox::{Mailbox, MailboxCommand};

/// Ends a temporary alias before its time. One append: the alias, its place in the mailbox, its address freed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeleteTemporaryAlias {
    /// Whose.
    pub account: AccountId,
    /// Its service.
    pub service: ServiceId,
    /// Whose temporary alias it is.
    pub mailbox: MailboxId,
    /// Which.
    pub alias: AliasId,
    /// Whether the owner of the mailbox asks.
    pub by_owner: bool,
}

impl UseCase for DeleteTemporaryAlias {
    const NAME: &'static str = "delete_temporary_alias";
    type Reads = (Key<Mailbox>, Key<Alias>);
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.account.tenant()
    }

    fn reads(&self) -> Self::Reads {
        (Key(self.mailbox), Key(self.alias))
    }

    fn decide(
        &self,
        (mailbox, alias): &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        super::check_self_service(mailbox, self.service, self.by_owner)?;
        let record = super::check_temporary(alias, self.mailbox)?;
        let deleted = Alias::decide(alias, AliasCommand::Delete, &self.alias, now)?;
        let drop = MailboxCommand::DropTemporaryAlias(self.alias);
        let changes = Changes::none()
            .emit::<Alias>(self.alias, deleted)
            .emit::<Mailbox>(self.mailbox, Mailbox::decide(mailbox, drop, &self.mailbox, now)?);
        Ok(match record.claim() {
            Some(claim) => changes.release::<Alias>(self.alias, claim),
            None => changes,
        })
    }
}

impl Guarded for DeleteTemporaryAlias {
    fn need(&self, (mailbox, _): &<Self::Reads as Reads>::States) -> Need {
        super::self_service_need((self.account, self.mailbox), mailbox, self.by_owner)
    }

    fn needs(&self, states: &<Self::Reads as Reads>::States) -> Vec<Need> {
        let own = self.need(states);
        // The address is anybody's then.
        if self.by_owner { vec![own] } else { vec![own, super::leading(own.resource)] }
    }
}
