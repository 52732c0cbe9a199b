//! The keys by which a domain's mail is signed (RFC 6376), and how one follows another.
//!
//! Each algorithm has two places in DNS. While one signs, the next key is made for the other, shown, seen in DNS, and
//! only then signs; the former stays shown for as long as mail that it signed may be on the way.

use std::fmt;

use kernel::{Sealed, SubjectId, Timestamp};
use zeroize::Zeroizing;

use super::DomainEvent;
use crate::HostingRefusal;
use crate::limit::{
    DKIM_PRIVATE_KEY_OCTETS_MAX, DKIM_PROPAGATION_MS, DKIM_PUBLIC_KEY_OCTETS_MAX, DKIM_WITHDRAW_MS,
};

/// Longest label in octets (RFC 1035 section 2.3.4).
const LABEL_OCTETS_MAX: usize = 63;

/// How a key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DkimAlgorithm {
    /// RSA of 2048 bits (RFC 6376 section 3.3.2).
    Rsa,
    /// Ed25519 (RFC 8463).
    Ed25519,
}

impl DkimAlgorithm {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Rsa, Self::Ed25519];

    /// Its word in a key record (`k=`) and in events.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rsa => "rsa",
            Self::Ed25519 => "ed25519",
        }
    }

    /// The algorithm of that word.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }

    /// The two places of its keys.
    const fn selectors(self) -> [&'static str; 2] {
        match self {
            Self::Rsa => ["h1", "h2"],
            Self::Ed25519 => ["h1e", "h2e"],
        }
    }
}

/// Where below `_domainkey` of its domain a key is shown: one label of letters, digits and hyphens.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DkimSelector(String);

impl DkimSelector {
    /// Every place where a key can be.
    pub fn all() -> impl Iterator<Item = Self> {
        DkimAlgorithm::ALL.into_iter().flat_map(DkimAlgorithm::selectors).map(|text| Self(text.to_owned()))
    }

    /// Reads a selector; none where it is no label.
    pub fn parse(text: &str) -> Option<Self> {
        let is_label = (1..=LABEL_OCTETS_MAX).contains(&text.len())
            && text.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'-')
            && !text.starts_with('-')
            && !text.ends_with('-');
        is_label.then(|| Self(text.to_ascii_lowercase()))
    }

    /// The text, in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DkimSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A private key in PKCS#8 (RFC 5958). Overwritten when it is dropped; its `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct DkimPrivateKey(Zeroizing<Vec<u8>>);

impl DkimPrivateKey {
    /// Of these octets.
    pub const fn new(octets: Zeroizing<Vec<u8>>) -> Self {
        Self(octets)
    }

    /// The octets.
    pub fn octets(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for DkimPrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DkimPrivateKey")
    }
}

/// A pair that was just made, by whoever has randomness.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FreshDkimKey {
    /// How it signs.
    pub algorithm: DkimAlgorithm,
    /// The public half as a record's `p=` shows it, in base64.
    pub public: String,
    /// The private half.
    pub private: DkimPrivateKey,
}

/// How far a key has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DkimStage {
    /// It is to be shown in DNS.
    Made,
    /// It was seen in DNS and signs from the moment on when everybody can see it.
    Published {
        /// From when it may sign.
        active_after: Timestamp,
    },
    /// It signs.
    Active,
    /// It signs no more; what it signed is still on the way until its record may go.
    Retired {
        /// When its record may be taken out of DNS.
        withdraw_after: Timestamp,
    },
}

/// One key of a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DkimKey {
    /// Where it is shown.
    pub selector: DkimSelector,
    /// How it signs.
    pub algorithm: DkimAlgorithm,
    /// The public half, in base64.
    pub public: String,
    /// The private half.
    pub private: Sealed<DkimPrivateKey>,
    /// How far it has come.
    pub stage: DkimStage,
}

impl DkimKey {
    /// What its TXT record says (RFC 6376 section 3.6.1).
    pub fn record(&self) -> String {
        record(self.algorithm, &self.public)
    }

    /// Whether a TXT record shows this key, however it is written.
    pub fn is_shown_by(&self, text: &str) -> bool {
        let (mut public, mut algorithm) = (None, "rsa");
        for tag in text.split(';') {
            let Some((name, value)) = tag.split_once('=') else { continue };
            match name.trim() {
                "v" if value.trim() != "DKIM1" => return false,
                "k" => algorithm = value.trim(),
                "p" => public = Some(value),
                _ => {}
            }
        }
        let is_same =
            |shown: &str| shown.bytes().filter(|octet| !octet.is_ascii_whitespace()).eq(self.public.bytes());
        algorithm == self.algorithm.name() && public.is_some_and(is_same)
    }

    const fn is_coming(&self) -> bool {
        matches!(self.stage, DkimStage::Made | DkimStage::Published { .. })
    }
}

/// What the TXT record of a public key says.
pub fn record(algorithm: DkimAlgorithm, public: &str) -> String {
    format!("v=DKIM1; k={}; p={public}", algorithm.name())
}

/// The TXT records that DNS holds where a key is to be shown, each with its strings joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenDkimRecord {
    /// Where.
    pub selector: DkimSelector,
    /// What they say; none: there are none.
    pub texts: Vec<String>,
}

/// What `event` makes of `keys`.
pub(super) fn evolve(keys: &mut Vec<DkimKey>, event: &DomainEvent) {
    let stage = |stage| move |key: &mut DkimKey| key.stage = stage;
    match event {
        DomainEvent::DkimKeyMade { selector, algorithm, public, private } => {
            keys.retain(|key| key.selector != *selector);
            keys.push(DkimKey {
                selector: selector.clone(),
                algorithm: *algorithm,
                public: public.clone(),
                private: private.clone(),
                stage: DkimStage::Made,
            });
        }
        DomainEvent::DkimKeyPublished { selector, active_after } => {
            let stage = stage(DkimStage::Published { active_after: *active_after });
            keys.iter_mut().filter(|key| key.selector == *selector).for_each(stage);
        }
        DomainEvent::DkimKeyActive { selector } => {
            keys.iter_mut().filter(|key| key.selector == *selector).for_each(stage(DkimStage::Active));
        }
        DomainEvent::DkimKeyRetired { selector, withdraw_after } => {
            let stage = stage(DkimStage::Retired { withdraw_after: *withdraw_after });
            keys.iter_mut().filter(|key| key.selector == *selector).for_each(stage);
        }
        DomainEvent::Added { .. }
        | DomainEvent::SettingsChanged { .. }
        | DomainEvent::SharedAdded { .. }
        | DomainEvent::Verified { .. }
        | DomainEvent::PoolThresholdCrossed { .. }
        | DomainEvent::Restored { .. }
        | DomainEvent::Removed { .. } => {}
    }
}

/// The keys of a domain that is back, told again: their records may stand in DNS as before.
pub(super) fn again(keys: &[DkimKey]) -> Vec<DomainEvent> {
    let of = |key: &DkimKey| {
        let selector = key.selector.clone();
        let made = DomainEvent::DkimKeyMade {
            selector: selector.clone(),
            algorithm: key.algorithm,
            public: key.public.clone(),
            private: key.private.clone(),
        };
        let stage = match key.stage {
            DkimStage::Made => None,
            DkimStage::Published { active_after } => {
                Some(DomainEvent::DkimKeyPublished { selector, active_after })
            }
            DkimStage::Active => Some(DomainEvent::DkimKeyActive { selector }),
            DkimStage::Retired { withdraw_after } => {
                Some(DomainEvent::DkimKeyRetired { selector, withdraw_after })
            }
        };
        [made].into_iter().chain(stage)
    };
    keys.iter().flat_map(of).collect()
}

/// Puts new keys into free places; an algorithm whose next key is on its way already gets none.
pub(super) fn add(
    keys: &[DkimKey],
    fresh: Vec<FreshDkimKey>,
    subject: SubjectId,
    now: Timestamp,
) -> Result<Vec<DomainEvent>, HostingRefusal> {
    let mut events = Vec::new();
    for FreshDkimKey { algorithm, public, private } in fresh {
        let is_usable = (1..=DKIM_PUBLIC_KEY_OCTETS_MAX).contains(&public.len())
            && public.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"+/=".contains(&octet))
            && (1..=DKIM_PRIVATE_KEY_OCTETS_MAX).contains(&private.octets().len());
        if !is_usable {
            return Err(HostingRefusal::DkimKeyUnusable);
        }
        if keys.iter().any(|key| key.algorithm == algorithm && key.is_coming()) {
            continue;
        }
        let is_free = |selector: &&str| {
            keys.iter().find(|key| key.selector.as_str() == *selector).is_none_or(
                |key| matches!(key.stage, DkimStage::Retired { withdraw_after } if withdraw_after <= now),
            )
        };
        let Some(selector) = algorithm.selectors().into_iter().find(|selector| is_free(selector)) else {
            return Err(HostingRefusal::DkimPlacesTaken);
        };
        events.push(DomainEvent::DkimKeyMade {
            selector: DkimSelector(selector.to_owned()),
            algorithm,
            public,
            private: Sealed::new(subject, private),
        });
    }
    Ok(events)
}

/// What follows from what DNS shows: a key that is seen is published, and signs once whoever asked before it was there
/// asks again; the one that signed until then retires.
pub(super) fn note(keys: &[DkimKey], seen: &[SeenDkimRecord], now: Timestamp) -> Vec<DomainEvent> {
    let mut events = Vec::new();
    for key in keys {
        let shown = seen.iter().filter(|seen| seen.selector == key.selector).flat_map(|seen| &seen.texts);
        if !key.is_coming() || !shown.into_iter().any(|text| key.is_shown_by(text)) {
            continue;
        }
        let former = || {
            keys.iter().filter(|other| other.algorithm == key.algorithm && other.stage == DkimStage::Active)
        };
        let active_after = match key.stage {
            DkimStage::Published { active_after } => active_after,
            _ => {
                let wait = if former().next().is_some() { DKIM_PROPAGATION_MS } else { 0 };
                let active_after = Timestamp::from_millis(now.millis().saturating_add(wait));
                let selector = key.selector.clone();
                events.push(DomainEvent::DkimKeyPublished { selector, active_after });
                active_after
            }
        };
        if active_after > now {
            continue;
        }
        events.push(DomainEvent::DkimKeyActive { selector: key.selector.clone() });
        events.extend(former().map(|former| retired(former, now)));
    }
    events
}

/// Lets a key sign no more.
pub(super) fn retire(
    keys: &[DkimKey],
    selector: &DkimSelector,
    now: Timestamp,
) -> Result<Vec<DomainEvent>, HostingRefusal> {
    let key = keys.iter().find(|key| key.selector == *selector).ok_or(HostingRefusal::DkimKeyNotFound)?;
    match key.stage {
        DkimStage::Retired { .. } => Ok(vec![]),
        DkimStage::Made | DkimStage::Published { .. } | DkimStage::Active => Ok(vec![retired(key, now)]),
    }
}

/// Nobody looks for the record of a key that never signed.
fn retired(key: &DkimKey, now: Timestamp) -> DomainEvent {
    let wait = if key.stage == DkimStage::Active { DKIM_WITHDRAW_MS } else { 0 };
    let withdraw_after = Timestamp::from_millis(now.millis().saturating_add(wait));
    DomainEvent::DkimKeyRetired { selector: key.selector.clone(), withdraw_after }
}
