//! How resellers present themselves now, by account and by host.

use std::collections::HashMap;
use std::sync::Arc;

use hosting::reseller::{Brand, ResellerEvent};
use kernel::{AccountId, DomainId};

/// The brands of all resellers.
#[derive(Debug, Default)]
pub(crate) struct Brands {
    by_account: HashMap<AccountId, Arc<Brand>>,
    by_host: HashMap<String, AccountId>,
}

impl Brands {
    /// Takes what happened to an account among resellers.
    pub(crate) fn reseller(&mut self, account: AccountId, event: &ResellerEvent) {
        match event {
            ResellerEvent::Branded(brand) => {
                self.by_host.retain(|_, owner| *owner != account);
                for host in &brand.hosts {
                    // It lies in a verified domain, which has one owner: a later word is the right one.
                    self.by_host.insert(host.name.as_str().to_owned(), account);
                }
                self.by_account.insert(account, Arc::new(brand.clone()));
            }
            ResellerEvent::Unbranded => {
                self.by_host.retain(|_, owner| *owner != account);
                self.by_account.remove(&account);
            }
            ResellerEvent::PoolSet { .. }
            | ResellerEvent::Allocated { .. }
            | ResellerEvent::Settled { .. }
            | ResellerEvent::Received { .. }
            | ResellerEvent::TransferReceived { .. }
            | ResellerEvent::TransferAccepted { .. }
            | ResellerEvent::TransferDeclined { .. }
            | ResellerEvent::TransferClosed { .. }
            | ResellerEvent::Dropped { .. }
            | ResellerEvent::Freed { .. }
            | ResellerEvent::Drawn { .. }
            | ResellerEvent::Returned { .. } => {}
        }
    }

    /// A domain is gone: hosts in it are nobody's.
    pub(crate) fn without(&mut self, (account, domain): (AccountId, DomainId)) {
        let by_account = &self.by_account;
        self.by_host.retain(|name, owner| {
            let hosts = by_account.get(owner).map(|brand| brand.hosts.as_slice()).unwrap_or_default();
            *owner != account || !hosts.iter().any(|host| host.domain == domain && host.name.as_str() == name)
        });
    }

    pub(crate) fn of(&self, account: AccountId) -> Option<Arc<Brand>> {
        self.by_account.get(&account).map(Arc::clone)
    }

    pub(crate) fn at(&self, host: &str) -> Option<Arc<Brand>> {
        self.by_host.get(&host.to_ascii_lowercase()).and_then(|account| self.of(*account))
    }

    pub(crate) fn has_logo(&self, sha256: &[u8; 32]) -> bool {
        self.by_account.values().any(|brand| brand.logo.is_some_and(|logo| logo.sha256 == *sha256))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hosting::reseller::{BrandHost, Colour};
    use kernel::{DomainName, Id as _};
    use uuid::Uuid;

    fn id<T: kernel::Id>(number: u128) -> T {
        T::from_uuid(Uuid::from_u128(number))
    }

    fn branded(host: &str, domain: u128) -> ResellerEvent {
        ResellerEvent::Branded(Brand {
            name: "Acme".to_owned(),
            accent: Colour::parse("#000000").expect("a colour"),
            on_accent: Colour::parse("#ffffff").expect("a colour"),
            logo: None,
            hosts: vec![BrandHost { name: DomainName::parse(host).expect("a name"), domain: id(domain) }],
            language: None,
        })
    }

    #[test]
    fn a_host_is_a_brands_until_it_or_its_domain_is_gone() {
        let mut brands = Brands::default();
        let (one, two): (AccountId, AccountId) = (id(1), id(2));
        brands.reseller(one, &branded("panel.acme.example", 7));
        assert!(brands.at("Panel.Acme.example").is_some() && brands.of(one).is_some());
        brands.reseller(one, &branded("mail.acme.example", 7));
        assert!(brands.at("panel.acme.example").is_none(), "it has another host now");
        brands.without((two, id(7)));
        assert!(brands.at("mail.acme.example").is_some(), "it is not theirs");
        brands.without((one, id(7)));
        assert!(brands.at("mail.acme.example").is_none(), "the domain is gone");
        brands.reseller(two, &branded("mail.acme.example", 8));
        assert!(brands.at("mail.acme.example").is_some(), "and is somebody else's");
        brands.reseller(two, &ResellerEvent::Unbranded);
        assert!(brands.at("mail.acme.example").is_none() && brands.of(two).is_none());
        assert!(brands.of(one).is_some() && one.uuid() != two.uuid());
    }
}
