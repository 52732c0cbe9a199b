//! What a use case reads, and therefore what its append checks.

use crate::{Decider, Event, Malformed, Open, RawEvent, StreamId, TenantId, Version};

/// The stored events of one stream, in order.
#[derive(Debug, Clone)]
pub struct History {
    /// Whose they are.
    pub stream: StreamId,
    /// The version of the last one.
    pub version: Version,
    /// All of them.
    pub events: Vec<RawEvent>,
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
    let mut state = D::State::default();
    for raw in &history.events {
        state = D::evolve(state, &D::Event::decode(raw, open)?);
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
