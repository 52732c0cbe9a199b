//! Ending a service.

use authority::{Guarded, Need, OnBox, Permission};
use kernel::{AccountId, Changes, Decider, Key, Reads, ServiceId, TenantId, Timestamp, UseCase};

use crate::HostingRefusal;
use crate::account::{Account, AccountCommand};
use crate::reseller::{Reseller, ResellerCommand};
use crate::service::{Service, ServiceCommand};

/// Ends a service: mail is refused, contents are destroyed at `purge_after` unless it is reactivated before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndService {
    /// Whose.
    pub account: AccountId,
    /// Which service.
    pub service: ServiceId,
    /// When contents may be destroyed.
    pub purge_after: Timestamp,
}

impl UseCase for EndService {
    const NAME: &'static str = "end_service";
    type Reads = (Key<Account>, Key<Service>, Key<Reseller>);
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.account.tenant()
    }

    fn reads(&self) -> Self::Reads {
        (Key(self.account), Key(self.service), Key(self.account))
    }

    fn decide(
        &self,
        (account, service, reseller): &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        let end = ServiceCommand::End { purge_after: self.purge_after };
        let ended = Service::decide(service, end, &(), now)?;
        if ended.is_empty() {
            return Ok(Changes::none());
        }
        let counted = Account::decide(account, AccountCommand::EndService(self.service), &(), now)?;
        let returned = Reseller::decide(reseller, ResellerCommand::Return(self.service), &(), now)?;
        Ok(Changes::none()
            .emit::<Service>(self.service, ended)
            .emit::<Account>(self.account, counted)
            .emit::<Reseller>(self.account, returned))
    }
}

impl Guarded for EndService {
    fn on_box(&self, _: &<Self::Reads as Reads>::States) -> OnBox {
        OnBox::Nothing
    }

    fn need(&self, (_, service, _): &<Self::Reads as Reads>::States) -> Need {
        Need {
            permission: Permission::ServiceWrite,
            resource: super::service_resource(self.account, self.service, service),
        }
    }
}
