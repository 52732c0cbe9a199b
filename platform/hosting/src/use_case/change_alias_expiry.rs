//! Changing when a temporary alias ends.

use authority::{Guarded, Need};
use kernel::{
    AccountId, AliasId, Changes, Decider, Key, MailboxId, Reads, Sealed, ServiceId, TenantId, Timestamp,
    UseCase,
};

use crate::HostingRefusal;
use crate::alias::{Alias, AliasCommand};
use crate::mailbox::{Mailbox, MailboxCommand};
use crate::refusal::ValueRefusal;
use crate::service::{Service, ServiceCommand};

/// Lets a temporary alias end later or sooner, or makes it permanent, for which the plan needs room and which the owner
/// of a mailbox cannot do alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeAliasExpiry {
    /// Whose.
    pub account: AccountId,
    /// Its service.
    pub service: ServiceId,
    /// Whose temporary alias it is.
    pub mailbox: MailboxId,
    /// Which.
    pub alias: AliasId,
    /// None: it is permanent from now on.
    pub expires_at: Option<Timestamp>,
    /// Whether the owner of the mailbox asks.
    pub by_owner: bool,
}

impl UseCase for ChangeAliasExpiry {
    const NAME: &'static str = "change_alias_expiry";
    type Reads = (Key<Service>, Key<Mailbox>, Key<Alias>);
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.account.tenant()
    }

    fn reads(&self) -> Self::Reads {
        (Key(self.service), Key(self.mailbox), Key(self.alias))
    }

    fn decide(
        &self,
        (service, mailbox, alias): &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        super::check_self_service(mailbox, self.service, self.by_owner)?;
        let record = super::check_temporary(alias, self.mailbox)?;
        let changed = Alias::decide(alias, AliasCommand::ChangeExpiry(self.expires_at), &self.alias, now)?;
        let (command, taken) = match self.expires_at {
            Some(expires_at) => {
                let plan = super::check_present(service)?;
                let count_max = plan.limits.temporary_alias_count_max;
                (MailboxCommand::SetTemporaryAlias { alias: self.alias, expires_at, count_max }, vec![])
            }
            None if self.by_owner => {
                return Err(HostingRefusal::from(ValueRefusal::SettingNotSelfService).of("expiresAt"));
            }
            None => {
                let local = record.local.as_ref().and_then(Sealed::plain);
                let uncounted = super::uncounted_alias(self.alias, local);
                let take = ServiceCommand::TakeAlias { domain: record.domain, uncounted };
                let taken = Service::decide(service, take, &(), now)?;
                (MailboxCommand::DropTemporaryAlias(self.alias), taken)
            }
        };
        Ok(Changes::none()
            .emit::<Service>(self.service, taken)
            .emit::<Mailbox>(self.mailbox, Mailbox::decide(mailbox, command, &self.mailbox, now)?)
            .emit::<Alias>(self.alias, changed))
    }
}

impl Guarded for ChangeAliasExpiry {
    fn need(&self, (_, mailbox, _): &<Self::Reads as Reads>::States) -> Need {
        super::self_service_need((self.account, self.mailbox), mailbox, self.by_owner)
    }
}
