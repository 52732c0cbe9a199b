//! An alias as the API shows it.

use async_graphql::SimpleObject;
use authority::Resource;

use crate::scalar::{AccountKey, AliasKey, DomainKey, MailboxKey, Moment, ServiceKey};
use crate::settings::AliasSettings;

/// An address that delivers to other addresses.
#[derive(Debug, Clone, SimpleObject)]
pub struct Alias {
    /// Its name for the API.
    pub id: AliasKey,
    /// The account that it belongs to.
    pub account_id: AccountKey,
    /// The service that it takes a slot of.
    pub service_id: ServiceKey,
    /// The domain of its address.
    pub domain_id: DomainKey,
    /// Its address; `@domain` for a catch-all; none once erased.
    pub address: Option<String>,
    /// Whether it takes all otherwise unknown addresses of its domain.
    pub is_catch_all: bool,
    /// Where it leads; none once erased.
    pub targets: Option<Vec<String>>,
    /// Since when.
    pub created_at: Moment,
    /// For whom it was made, where it is temporary: it takes no slot then.
    pub mailbox_id: Option<MailboxKey>,
    /// From then on its address is unknown; none: it is permanent.
    pub expires_at: Option<Moment>,
    /// How often its targets or its end were changed: give it with a change that must not undo another's.
    pub revision: i32,
    /// What is set for it.
    pub settings: AliasSettings,
}

impl Alias {
    /// What the authority is asked about.
    pub(crate) const fn resource(&self) -> Resource {
        let resource =
            Resource::account(self.account_id.0).in_service(self.service_id.0).in_domain(self.domain_id.0);
        // The owner of a mailbox sees the temporary aliases that were made for it.
        match self.mailbox_id {
            Some(mailbox) => resource.in_mailbox(mailbox.0),
            None => resource,
        }
    }
}
