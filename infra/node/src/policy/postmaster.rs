//! Who reads what is written to `postmaster` and `abuse` where no address of that name exists.

use std::sync::Arc;

use directory::{Directory, Resolution};
use graphql::People;
use kernel::{DomainId, EmailAddress, TenantId};

/// People of a domain that are looked at until one has a mailbox here.
const PERSON_COUNT_MAX: usize = 20;

/// Finds them: of a domain, whoever looks after it and has a mailbox here; else, and of the host, the operator.
pub struct FindPostmasters {
    /// Knows who looks after domains.
    pub people: Arc<People>,
    /// Knows mailboxes.
    pub directory: Arc<Directory>,
    /// The operator's address; none: nobody reads what no customer reads.
    pub operator: Option<EmailAddress>,
}

impl FindPostmasters {
    /// Only into mailboxes: strangers' mail is not led to somebody's address at another host, which reports would name.
    fn has_mailbox(&self, address: &EmailAddress) -> bool {
        match self.directory.resolve(address, None) {
            Resolution::Deliver(ends) => !ends.mailboxes.is_empty() && ends.forwards.is_empty(),
            _ => false,
        }
    }
}

impl smtp::Postmasters for FindPostmasters {
    fn postmaster(&self, domain: Option<(TenantId, DomainId)>) -> Option<EmailAddress> {
        let users = domain
            .map(|(tenant, domain)| self.people.administrators(tenant.account(), domain, PERSON_COUNT_MAX));
        let mut addresses = users
            .into_iter()
            .flatten()
            .filter_map(|user| EmailAddress::parse(&self.people.email_of(user)?).ok());
        addresses.find(|address| self.has_mailbox(address)).or_else(|| self.operator.clone())
    }
}
