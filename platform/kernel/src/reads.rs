//! What a use case reads, and therefore what its append checks.

use std::any::Any;
use std::sync::{Arc, OnceLock};

use crate::{Decider, Event, Malformed, Open, RawEvent, StreamId, TenantId, Version};

/// From how many events on it pays to keep what they make of a stream: a shorter one is folded faster than kept.
pub const FOLDED_EVENT_COUNT_MIN: u64 = 64;

/// What the events of a stream made of it, its type forgotten: a [`Decider::State`].
pub type Folded = Arc<dyn Any + Send + Sync>;

/// The stored events of one stream, in order.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// The version of the last one.
    pub version: Version,
    /// What earlier ones made of it, where that is kept: then `events` are those that followed.
    pub base: Option<Folded>,
    /// All of them, or those after the base.
    pub events: Vec<RawEvent>,
    /// What all of them make of it: filled by [`Reads::fold`] from [`FOLDED_EVENT_COUNT_MIN`] events on.
    pub folded: OnceLock<Folded>,
}

impl History {
    /// A whole one.
    pub fn whole(events: Vec<RawEvent>) -> Self {
        Self { version: Version(events.len() as u64), events, ..Self::default() }
    }
}

/// A set of streams with the types of their states. Reading is declaring: every stream named here in the use case's
/// own tenant is checked for its version when the outcome is appended.
pub trait Reads: Send + Sync {
    /// The folded states, in the shape of the keys.
    type States: Send + Sync;

    /// The streams to read, in a fixed order; a foreign one names its tenant.
    fn streams(&self, into: &mut Vec<(Option<TenantId>, StreamId)>);

    /// Folds `histories`, which come in the order of [`Reads::streams`], one per stream.
    ///
    /// # Errors
    /// [`Malformed`] where an event cannot be read.
    fn fold(
        &self,
        histories: &mut std::slice::Iter<'_, History>,
        open: &dyn Open,
    ) -> Result<Self::States, Malformed>;
}

/// One thing in the use case's own tenant.
pub struct Key<D: Decider>(pub D::Id);

/// One thing in another tenant, read and not checked: only for facts that never change once they exist, such as a
/// published plan version or a shared domain's name.
pub struct Foreign<D: Decider>(pub TenantId, pub D::Id);

fn fold_one<D: Decider>(
    histories: &mut std::slice::Iter<'_, History>,
    open: &dyn Open,
) -> Result<D::State, Malformed> {
    let history = histories.next().expect("the engine gives one history per stream that was asked for");
    let base = history.base.as_ref().map(|base| {
        base.downcast_ref::<D::State>()
            .expect("one category has one type of states, and states are kept by stream")
    });
    let mut state = base.cloned().unwrap_or_default();
    for raw in &history.events {
        state = D::evolve(state, &D::Event::decode(raw, open)?);
    }
    if history.version.0 >= FOLDED_EVENT_COUNT_MIN {
        let unchanged = history.base.clone().filter(|_| history.events.is_empty());
        history.folded.get_or_init(|| unchanged.unwrap_or_else(|| Arc::new(state.clone())));
    }
    Ok(state)
}

impl<D: Decider> Reads for Key<D> {
    type States = D::State;

    fn streams(&self, into: &mut Vec<(Option<TenantId>, StreamId)>) {
        into.push((None, StreamId::new(D::CATEGORY, self.0)));
    }

    fn fold(
        &self,
        histories: &mut std::slice::Iter<'_, History>,
        open: &dyn Open,
    ) -> Result<D::State, Malformed> {
        fold_one::<D>(histories, open)
    }
}

impl<D: Decider> Reads for Foreign<D> {
    type States = D::State;

    fn streams(&self, into: &mut Vec<(Option<TenantId>, StreamId)>) {
        into.push((Some(self.0), StreamId::new(D::CATEGORY, self.1)));
    }

    fn fold(
        &self,
        histories: &mut std::slice::Iter<'_, History>,
        open: &dyn Open,
    ) -> Result<D::State, Malformed> {
        fold_one::<D>(histories, open)
    }
}

impl<R: Reads> Reads for Option<R> {
    type States = Option<R::States>;

    fn streams(&self, into: &mut Vec<(Option<TenantId>, StreamId)>) {
        if let Some(reads) = self {
            reads.streams(into);
        }
    }

    fn fold(
        &self,
        histories: &mut std::slice::Iter<'_, History>,
        open: &dyn Open,
    ) -> Result<Self::States, Malformed> {
        self.as_ref().map(|reads| reads.fold(histories, open)).transpose()
    }
}

impl<R: Reads> Reads for Vec<R> {
    type States = Vec<R::States>;

    fn streams(&self, into: &mut Vec<(Option<TenantId>, StreamId)>) {
        for reads in self {
            reads.streams(into);
        }
    }

    fn fold(
        &self,
        histories: &mut std::slice::Iter<'_, History>,
        open: &dyn Open,
    ) -> Result<Self::States, Malformed> {
        self.iter().map(|reads| reads.fold(histories, open)).collect()
    }
}

macro_rules! tuples {
    ($($($part:ident)+;)*) => {$(
        impl<$($part: Reads),+> Reads for ($($part,)+) {
            type States = ($($part::States,)+);

            #[allow(non_snake_case, reason = "the type's letter names the part")]
            fn streams(&self, into: &mut Vec<(Option<TenantId>, StreamId)>) {
                let ($($part,)+) = self;
                $($part.streams(into);)+
            }

            #[allow(non_snake_case, reason = "the type's letter names the part")]
            fn fold(
                &self,
                histories: &mut std::slice::Iter<'_, History>,
                open: &dyn Open,
            ) -> Result<Self::States, Malformed> {
                let ($($part,)+) = self;
                Ok(($($part.fold(histories, open)?,)+))
            }
        }
    )*};
}

tuples! {
    A;
    A B;
    A B C;
    A B C D;
    A B C D E;
    A B C D E F;
}

impl Reads for () {
    type States = ();

    fn streams(&self, _: &mut Vec<(Option<TenantId>, StreamId)>) {}

    fn fold(&self, _: &mut std::slice::Iter<'_, History>, _: &dyn Open) -> Result<(), Malformed> {
        Ok(())
    }
}
