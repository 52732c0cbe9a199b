//! Choosing how a reseller presents itself.

use authority::{Guarded, Need, Permission, Resource};
use kernel::{AccountId, Changes, Decider, Key, Reads, TenantId, Timestamp, UseCase};

use crate::HostingRefusal;
use crate::account::Account;
use crate::domain::{Domain, DomainState};
use crate::limit::BRAND_HOST_COUNT_MAX;
use crate::refusal::ResellerRefusal;
use crate::reseller::{Brand, Reseller, ResellerCommand};

/// Lets a reseller's customers sign in and be written to under the reseller's own name, colours, logo and hosts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetBrand {
    /// The reseller's account.
    pub account: AccountId,
    /// How; none: as the platform itself.
    pub brand: Option<Brand>,
}

impl UseCase for SetBrand {
    const NAME: &'static str = "set_brand";
    type Reads = (Key<Account>, Key<Reseller>, Vec<Key<Domain>>);
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.account.tenant()
    }

    fn reads(&self) -> Self::Reads {
        let hosts = self.brand.iter().flat_map(|brand| &brand.hosts).take(BRAND_HOST_COUNT_MAX);
        let domains = hosts.map(|host| Key(host.domain)).collect();
        (Key(self.account), Key(self.account), domains)
    }

    fn decide(
        &self,
        (account, reseller, domains): &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        let record = super::account_record(account).ok_or(HostingRefusal::AccountNotFound)?;
        let brand = self.brand.clone().map(Brand::checked).transpose()?;
        if let Some(brand) = &brand {
            if record.sub_account_count_max == 0 {
                return Err(ResellerRefusal::NotAReseller.into());
            }
            let lies_there = brand.hosts.iter().zip(domains).all(|(host, domain)| match domain {
                DomainState::Verified(record) => host.lies_in(&record.name),
                DomainState::Absent
                | DomainState::Pending(_)
                | DomainState::Shared { .. }
                | DomainState::Removed(_) => false,
            });
            if !lies_there {
                return Err(ResellerRefusal::BrandHostDomain.into());
            }
        }
        let set = ResellerCommand::SetBrand(brand);
        Ok(Changes::none().emit::<Reseller>(self.account, Reseller::decide(reseller, set, &(), now)?))
    }
}

impl Guarded for SetBrand {
    fn is_kept_from_visitors(&self) -> bool {
        true
    }

    fn need(&self, _: &<Self::Reads as Reads>::States) -> Need {
        Need { permission: Permission::AccountWrite, resource: Resource::account(self.account) }
    }
}
