//! Which senders and scores the spam filter has to go by for a recipient: the settings of the domain and of the mailbox,
//! merged by the rule that customers are promised: those of the domain always win.

use std::sync::Arc;

use compact_str::CompactString;
use hosting::domain::DomainSettings;
use hosting::mailbox::MailboxSettings;
use kernel::{DomainName, EmailAddress};

use crate::Directory;
use crate::follow::canonical;
use crate::index::{AliasEntry, Index, MailboxEntry, Place};

/// One entry of a list of senders.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Pattern {
    /// This address.
    Address(CompactString),
    /// All of this domain.
    Domain(CompactString),
    /// All of the domains below this one, with its dot.
    Below(CompactString),
}

impl Pattern {
    fn parse(text: &str) -> Option<Self> {
        let name = |text| DomainName::parse(text).ok();
        match text.strip_prefix('*').unwrap_or(text).strip_prefix('@') {
            Some(domain) => match domain.strip_prefix("*.") {
                Some(above) => name(above).map(|above| Self::Below(CompactString::from(format!(".{above}")))),
                None => name(domain).map(|domain| Self::Domain(CompactString::from(domain.as_str()))),
            },
            None => EmailAddress::parse(text).ok().map(|address| Self::Address(canonical(&address))),
        }
    }

    /// How exactly it fits; none: not at all.
    fn fit(&self, sender: &EmailAddress) -> Option<u8> {
        let fits = match self {
            Self::Address(address) => *address == canonical(sender),
            Self::Domain(domain) => domain == sender.domain.as_str(),
            Self::Below(above) => sender.domain.as_str().ends_with(above.as_str()),
        };
        let exactness = match self {
            Self::Address(_) => 3,
            Self::Domain(_) => 2,
            Self::Below(_) => 1,
        };
        fits.then_some(exactness)
    }
}

/// Whom a domain or a mailbox always takes for a friend, and whom never.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Senders {
    allowed: Box<[Pattern]>,
    denied: Box<[Pattern]>,
}

impl Senders {
    /// None where nobody is on either list, as for most.
    fn of<'a>(
        allowed: impl Iterator<Item = &'a String>,
        denied: impl Iterator<Item = &'a String>,
    ) -> Option<Arc<Self>> {
        let allowed = allowed.filter_map(|text| Pattern::parse(text)).collect();
        let senders = Self { allowed, denied: denied.filter_map(|text| Pattern::parse(text)).collect() };
        (senders != Self::default()).then(|| Arc::new(senders))
    }

    pub(crate) fn of_domain(settings: &DomainSettings) -> Option<Arc<Self>> {
        Self::of(settings.allowed_senders.iter(), settings.denied_senders.iter())
    }

    /// What the lists say of a sender: the entry that fits most exactly, and of two alike the one that denies.
    fn judge(&self, sender: &EmailAddress) -> Option<Listing> {
        let best = |patterns: &[Pattern]| patterns.iter().filter_map(|pattern| pattern.fit(sender)).max();
        match (best(&self.allowed), best(&self.denied)) {
            (None, None) => None,
            (allowed, denied) if allowed > denied => Some(Listing::Allowed),
            _ => Some(Listing::Denied),
        }
    }
}

/// What a mailbox sets for the spam filter that most do not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OwnSpam {
    junk_score_centi: u32,
    reject_score_centi: u32,
    senders: Option<Arc<Senders>>,
}

impl OwnSpam {
    /// None where all is by default.
    pub(crate) fn of(settings: &MailboxSettings) -> Option<Box<Self>> {
        let own = Self {
            junk_score_centi: settings.junk_score_centi,
            reject_score_centi: settings.reject_score_centi,
            senders: Senders::of(settings.allowed_senders.iter(), settings.denied_senders.iter()),
        };
        (own != Self::default()).then(|| Box::new(own))
    }
}

impl Default for OwnSpam {
    fn default() -> Self {
        let settings = MailboxSettings::default();
        Self {
            junk_score_centi: settings.junk_score_centi,
            reject_score_centi: settings.reject_score_centi,
            senders: None,
        }
    }
}

/// What lists say of a sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Listing {
    /// Its mail is never junk.
    Allowed,
    /// Its mail is rejected.
    Denied,
}

/// Whose list says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ListedBy {
    /// The domain's.
    Domain,
    /// The mailbox's.
    Mailbox,
}

/// What the spam filter has to go by for one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpamPolicy {
    /// From which score on mail goes to the junk folder, in hundredths of a point.
    pub junk_score_centi: u32,
    /// From which score on mail is rejected, in hundredths of a point.
    pub reject_score_centi: u32,
    domain: Option<Arc<Senders>>,
    own: Option<Arc<Senders>>,
}

impl SpamPolicy {
    /// What the lists say of a message from `sender`, and whose; none: nothing. The caller asks for the envelope's sender
    /// and for each address of From, and trusts [`Listing::Allowed`] only for one that is proven (SPF, DKIM): whoever
    /// forges an allowed sender must not profit.
    ///
    /// What the domain's lists say always wins over the mailbox's. Within the lists of one of them the entry that fits
    /// most exactly holds (an address before its domain, that before what is above it), and of two alike the denying one.
    pub fn listed(&self, sender: &EmailAddress) -> Option<(Listing, ListedBy)> {
        let judge = |senders: &Option<Arc<Senders>>| senders.as_ref()?.judge(sender);
        let of_domain = judge(&self.domain).map(|listing| (listing, ListedBy::Domain));
        of_domain.or_else(|| judge(&self.own).map(|listing| (listing, ListedBy::Mailbox)))
    }
}

impl Directory {
    /// What the spam filter has to go by for mail to `recipient`; none where there is no such address here.
    ///
    /// Scores and lists of a mailbox hold for its own address, also with a detail or in an alias domain, and for aliases
    /// that lead to it alone. For an alias with several targets, and for a catch-all, those of the domain hold alone, with
    /// the scores that most have.
    pub fn spam_policy(&self, recipient: &EmailAddress) -> Option<SpamPolicy> {
        let index = self.index.read();
        let reflected = index.reflected(recipient);
        let address = reflected.as_ref();
        let domain = index.served.get(address.domain.as_str())?;
        let own = match index.place_of(address) {
            Some(Place::Mailbox(tenant, mailbox)) => index.mailboxes.get(&(*tenant, *mailbox)),
            Some(Place::Alias(alias)) if alias.is_expired() => return None,
            Some(Place::Alias(alias)) => index.only_target(alias),
            None if index.catch_alls.has(address.domain.as_str()) => None,
            None => return None,
        };
        let spam = own.and_then(|entry| entry.options.as_deref()?.spam.as_deref());
        let spam = spam.cloned().unwrap_or_default();
        Some(SpamPolicy {
            junk_score_centi: spam.junk_score_centi,
            reject_score_centi: spam.reject_score_centi,
            domain: index.domain_senders.get(domain).cloned(),
            own: spam.senders,
        })
    }
}

impl Index {
    /// What is at an address, with or without its detail.
    fn place_of(&self, address: &EmailAddress) -> Option<&Place> {
        self.places.get(&canonical(address)).or_else(|| {
            let (base, _) = address.local.split_detail()?;
            self.places.get(&canonical(&EmailAddress::new(base, address.domain.clone())))
        })
    }

    /// The mailbox that an alias leads to alone.
    fn only_target(&self, alias: &AliasEntry) -> Option<&MailboxEntry> {
        let [target] = alias.targets.as_ref() else { return None };
        match self.place_of(self.reflected(target).as_ref())? {
            Place::Mailbox(tenant, mailbox) => self.mailboxes.get(&(*tenant, *mailbox)),
            Place::Alias(_) => None,
        }
    }
}
