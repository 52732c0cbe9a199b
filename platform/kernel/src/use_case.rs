//! One intention over several things, decided at once and appended at once.

use crate::{Claim, ClaimKind, Decider, Event, Reads, StreamId, TenantId, Timestamp};

/// An intention that reads some streams of one tenant and changes some of them, in one append.
///
/// The engine folds what `reads` names, calls `decide`, and appends the changes while checking the version of every
/// stream that was read: a forgotten check is impossible, because reading is declaring.
pub trait UseCase: Send + Sync {
    /// Its name in logs, metrics and traces, for example `create_mailbox`.
    const NAME: &'static str;
    /// What must be known.
    type Reads: Reads;
    /// Why it may be refused.
    type Refusal: Refusal + From<ClaimKind>;

    /// The tenant whose streams are read and written.
    fn tenant(&self) -> TenantId;

    /// The streams that the decision stands on.
    fn reads(&self) -> Self::Reads;

    /// The changes, or why not.
    ///
    /// # Errors
    /// The refusal of the model.
    fn decide(
        &self,
        states: &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, Self::Refusal>;
}

/// A no of the model: a stable code for programs, a field to point at, the limits that were met.
pub trait Refusal: std::fmt::Display + std::fmt::Debug + Send + Sync + 'static {
    /// For programs, for example `MAILBOX_LIMIT_REACHED`. Never renamed.
    fn code(&self) -> &'static str;

    /// The path of the input field that is at fault, for example `quotaBytes`.
    fn field(&self) -> Option<&'static str> {
        None
    }

    /// The limits that were met, so that the asker need not guess.
    fn limits(&self) -> Vec<LimitFact> {
        Vec::new()
    }
}

/// One limit that stood in the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitFact {
    /// What is limited, for example `mailboxes` or `quotaBytes`.
    pub name: &'static str,
    /// How much is allowed.
    pub allowed: u64,
    /// How much is used already, where that matters.
    pub used: Option<u64>,
}

/// The events for one stream.
#[derive(Debug)]
pub struct Write {
    /// Where they go.
    pub stream: StreamId,
    /// What happened, in order; not empty.
    pub events: Vec<Box<dyn WritableEvent>>,
}

/// An event whose type is forgotten, since one append holds events of several nouns.
pub trait WritableEvent: Send + Sync + std::fmt::Debug {
    /// See [`Event::kind`].
    fn kind(&self) -> crate::Kind;
    /// See [`Event::encode`].
    ///
    /// # Errors
    /// As there.
    fn encode(&self, seal: &mut dyn crate::Seal) -> Result<Vec<u8>, crate::SealError>;
}

impl<E: Event> WritableEvent for E {
    fn kind(&self) -> crate::Kind {
        Event::kind(self)
    }

    fn encode(&self, seal: &mut dyn crate::Seal) -> Result<Vec<u8>, crate::SealError> {
        Event::encode(self, seal)
    }
}

/// What a use case wants appended: events by stream, claims taken and given back.
#[derive(Debug, Default)]
pub struct Changes {
    /// In the order of emission.
    pub writes: Vec<Write>,
    /// Names to own from now on; a name owned by another stream refuses the whole append.
    pub claims_taken: Vec<(Claim, StreamId)>,
    /// Names to give back; only the owning stream may.
    pub claims_released: Vec<(Claim, StreamId)>,
}

impl Changes {
    /// Nothing happened: it is so already.
    pub fn none() -> Self {
        Self::default()
    }

    /// Adds events to the stream of `id`; none leaves the changes as they are.
    #[must_use]
    pub fn emit<D: Decider>(mut self, id: D::Id, events: Vec<D::Event>) -> Self {
        if !events.is_empty() {
            let stream = StreamId::new(D::CATEGORY, id);
            let boxed = events.into_iter().map(|event| Box::new(event) as Box<dyn WritableEvent>);
            match self.writes.iter_mut().find(|write| write.stream == stream) {
                Some(write) => write.events.extend(boxed),
                None => self.writes.push(Write { stream, events: boxed.collect() }),
            }
        }
        self
    }

    /// Takes `claim` for the stream of `id`.
    #[must_use]
    pub fn take<D: Decider>(mut self, id: D::Id, claim: Claim) -> Self {
        self.claims_taken.push((claim, StreamId::new(D::CATEGORY, id)));
        self
    }

    /// Gives `claim` of the stream of `id` back.
    #[must_use]
    pub fn release<D: Decider>(mut self, id: D::Id, claim: Claim) -> Self {
        self.claims_released.push((claim, StreamId::new(D::CATEGORY, id)));
        self
    }
}
