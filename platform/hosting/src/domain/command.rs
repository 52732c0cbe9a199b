//! What can be asked of a domain.

use kernel::{AccountId, DomainId, DomainName, ServiceId, Timestamp};

use super::{DkimSelector, DomainSettingsPatch, FreshDkimKey, SeenDkimRecord};
use crate::mailbox::{Crossing, Threshold};
use crate::plan::PlanLimits;

/// An intention about one domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DomainCommand {
    /// Note that an account wants to use it.
    Add {
        /// By whom.
        account: AccountId,
        /// For which service.
        service: ServiceId,
        /// Its id, which the challenge is derived from.
        domain: DomainId,
        /// Its name.
        name: DomainName,
        /// The domain whose addresses exist in it as well; none: it has its own.
        mirrors: Option<DomainId>,
    },
    /// Set some of its settings otherwise.
    ChangeSettings {
        /// Which.
        patch: Box<DomainSettingsPatch>,
        /// The revision that the asker saw; none: whatever it is.
        revision: Option<u32>,
        /// What its service may have.
        limits: Box<PlanLimits>,
    },
    /// Make it a shared domain of the platform.
    AddShared {
        /// Its name.
        name: DomainName,
    },
    /// Put new signing keys into free places; an algorithm whose next key is on its way gets none.
    AddDkimKeys {
        /// Whose key seals the private halves.
        account: AccountId,
        /// At most one of each algorithm.
        keys: Vec<FreshDkimKey>,
    },
    /// Take note of what DNS shows of its signing keys, as looked up by the platform itself.
    NoteDkimRecords(Vec<SeenDkimRecord>),
    /// Sign no more by a key.
    RetireDkimKey(DkimSelector),
    /// Accept or refuse a proof that the account owns it.
    Verify(Proof),
    /// Note that what its mailboxes share is used up to a fraction, or no more.
    RecordThreshold {
        /// Which fraction.
        threshold: Threshold,
        /// Which way.
        crossing: Crossing,
    },
    /// Bring it back within the retention, served at once where the proof is met.
    Restore(Proof),
    /// Serve it no more.
    Remove {
        /// When what is left of it may be destroyed.
        purge_after: Timestamp,
    },
}

/// How the ownership of a domain is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// The TXT records that the DNS holds at the challenge's record name, as looked up by the platform itself, each
    /// with its character-strings joined (RFC 7208 section 3.3 does the same).
    Txt(Vec<String>),
    /// The operator vouches for it.
    AssertedByOperator,
}
