//! Which keys sign the mail of a domain, and how far the next ones are. Not the keys themselves.

use hosting::domain::{DkimAlgorithm, DkimSelector, DkimStage, DomainEvent};
use kernel::{DomainId, DomainName, TenantId, Timestamp};

use crate::Directory;
use crate::index::Index;

/// One signing key of a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningKey {
    /// Where it is shown.
    pub selector: DkimSelector,
    /// How it signs.
    pub algorithm: DkimAlgorithm,
    /// How far it has come.
    pub stage: DkimStage,
    /// When it was made: tells it from the one that stood there before.
    pub made_at: Timestamp,
    /// Since when it is at its stage.
    pub since: Timestamp,
}

/// A served domain with its keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningDomain {
    /// Whose it is.
    pub tenant: TenantId,
    /// Which.
    pub domain: DomainId,
    /// Its name.
    pub name: DomainName,
    /// Its keys, at every stage.
    pub keys: Vec<SigningKey>,
}

impl Index {
    pub(crate) fn take_dkim(&mut self, domain: (TenantId, DomainId), event: &DomainEvent, at: Timestamp) {
        let (selector, stage) = match event {
            DomainEvent::DkimKeyMade { selector, algorithm, .. } => {
                let keys = self.dkim.entry(domain).or_default();
                keys.retain(|key| key.selector != *selector);
                let (selector, algorithm) = (selector.clone(), *algorithm);
                let (made_at, since, stage) = (at, at, DkimStage::Made);
                return keys.push(SigningKey { selector, algorithm, stage, made_at, since });
            }
            DomainEvent::DkimKeyPublished { selector, active_after } => {
                (selector, DkimStage::Published { active_after: *active_after })
            }
            DomainEvent::DkimKeyActive { selector } => (selector, DkimStage::Active),
            DomainEvent::DkimKeyRetired { selector, withdraw_after } => {
                (selector, DkimStage::Retired { withdraw_after: *withdraw_after })
            }
            DomainEvent::Removed { .. } => return drop(self.dkim.remove(&domain)),
            DomainEvent::Added { .. }
            | DomainEvent::Restored { .. }
            | DomainEvent::SettingsChanged { .. }
            | DomainEvent::SharedAdded { .. }
            | DomainEvent::Verified { .. }
            | DomainEvent::PoolThresholdCrossed { .. } => return,
        };
        let keys = self.dkim.get_mut(&domain).into_iter().flatten();
        for key in keys.filter(|key| key.selector == *selector) {
            (key.stage, key.since) = (stage, at);
        }
    }

    fn signing(&self, domain: (TenantId, DomainId)) -> Option<SigningDomain> {
        let name = self.domains.get(&domain)?.clone();
        let keys = self.dkim.get(&domain).cloned().unwrap_or_default();
        Some(SigningDomain { tenant: domain.0, domain: domain.1, name, keys })
    }
}

impl Directory {
    /// A served domain with the keys that sign its mail.
    pub fn signing_domain(&self, name: &DomainName) -> Option<SigningDomain> {
        let index = self.index.read();
        let domain = *index.served.get(name.as_str())?;
        let mut signing = index.signing(domain)?;
        signing.keys.retain(|key| key.stage == DkimStage::Active);
        Some(signing)
    }

    /// Every served domain, at most `limit` of them after `after`, by tenant and id.
    pub fn signing_domains(&self, after: Option<(TenantId, DomainId)>, limit: usize) -> Vec<SigningDomain> {
        let index = self.index.read();
        let mut served: Vec<(TenantId, DomainId)> =
            index.served.values().filter(|key| after.is_none_or(|after| **key > after)).copied().collect();
        let limit = limit.min(served.len());
        if limit < served.len() {
            served.select_nth_unstable(limit);
            served.truncate(limit);
        }
        served.sort_unstable();
        served.into_iter().filter_map(|domain| index.signing(domain)).collect()
    }
}
