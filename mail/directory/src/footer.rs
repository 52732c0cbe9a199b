//! What a domain adds to the end of sent mail.

use std::sync::Arc;

use hosting::domain::{DomainEvent, DomainSettings};
use kernel::{DomainId, DomainName, TenantId};

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
}

impl Footer {
    fn of(settings: &DomainSettings) -> Option<Self> {
        let has_one = !settings.footer_text.is_empty() || !settings.footer_html.is_empty();
        has_one.then(|| Self {
            text: settings.footer_text.clone(),
            html: settings.footer_html.clone(),
            skips_replies: settings.footer_skips_replies,
        })
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
    /// What the mail of authors in `domain` ends with; none for most.
    pub fn footer(&self, domain: &DomainName) -> Option<Arc<Footer>> {
        let index = self.index.read();
        let domain = index.served.get(domain.as_str())?;
        index.footers.get(domain).map(Arc::clone)
    }
}
