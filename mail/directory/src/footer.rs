//! What a domain adds to the end of sent mail.

use std::collections::HashSet;
use std::sync::Arc;

use hosting::domain::{DomainEvent, DomainSettings};
use kernel::{DomainId, DomainName, EmailAddress, TenantId};

use crate::Directory;
use crate::index::Index;

/// What is added to sent mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Footer {
    /// To plain text; empty: nothing.
    pub text: String,
    /// To HTML; empty: nothing.
    pub html: String,
    /// Whether replies go without it.
    pub skips_replies: bool,
    /// Mailboxes and aliases that write without it, by canonical address.
    addresses: HashSet<String>,
    /// Alias domains that are written as without it.
    domains: HashSet<DomainName>,
}

impl Footer {
    fn of(settings: &DomainSettings) -> Option<Self> {
        let has_one = !settings.footer_text.is_empty() || !settings.footer_html.is_empty();
        let addresses = settings.footer_excluded_mailboxes.iter();
        let domains = settings.footer_excluded_domains.iter();
        has_one.then(|| Self {
            text: settings.footer_text.clone(),
            html: settings.footer_html.clone(),
            skips_replies: settings.footer_skips_replies,
            addresses: addresses
                .filter_map(|address| Some(EmailAddress::parse(address).ok()?.canonical()))
                .collect(),
            domains: domains.filter_map(|name| DomainName::parse(name).ok()).collect(),
        })
    }

    /// Whether the address, or the one without its detail, writes without it.
    fn leaves_out(&self, address: &EmailAddress) -> bool {
        let base = || {
            let (base, _) = address.local.split_detail()?;
            Some(EmailAddress::new(base, address.domain.clone()).canonical())
        };
        self.addresses.contains(&address.canonical())
            || base().is_some_and(|base| self.addresses.contains(&base))
    }
}

impl Index {
    pub(crate) fn take_footer(&mut self, domain: (TenantId, DomainId), event: &DomainEvent) {
        let footer = match event {
            DomainEvent::SettingsChanged { settings, .. } => settings.plain().and_then(|set| Footer::of(set)),
            DomainEvent::Removed { .. } => None,
            _ => return,
        };
        match footer {
            Some(footer) => drop(self.footers.insert(domain, Arc::new(footer))),
            None => drop(self.footers.remove(&domain)),
        }
    }
}

impl Directory {
    /// What mail that the mailbox at `login` writes as `author` ends with; none for most. A domain that mirrors another has that
    /// one's, unless it has its own.
    pub fn footer(&self, login: Option<&EmailAddress>, author: &EmailAddress) -> Option<Arc<Footer>> {
        let index = self.index.read();
        let home = index.served.get(author.domain.as_str())?;
        let mirrored = || index.footers.get(&(home.0, *index.mirrors.get(home)?));
        let footer = index.footers.get(home).or_else(mirrored)?;
        let is_left_out = footer.domains.contains(&author.domain)
            || footer.leaves_out(author)
            || footer.leaves_out(&index.reflected(author))
            || login.is_some_and(|login| footer.leaves_out(login));
        (!is_left_out).then(|| Arc::clone(footer))
    }
}
