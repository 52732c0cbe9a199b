//! A use case as the runner sees it.

use authority::{Denied, Guarded, Principal};
use kernel::{Changes, History, Malformed, Open, Reads as _, StreamId, TenantId, Timestamp};

/// A use case without the types of what it reads: one runner, compiled once, serves all that refuse by `R`. Every [`Guarded`] is one.
pub trait Case<R>: Send + Sync {
    /// [`kernel::UseCase::NAME`].
    fn name(&self) -> &'static str;

    /// [`kernel::UseCase::tenant`].
    fn tenant(&self) -> TenantId;

    /// The streams that the decision stands on; those of other tenants name them.
    fn streams(&self) -> Vec<(Option<TenantId>, StreamId)>;

    /// Folds what was read so far of streams that are not read to their ends: `histories` are in the order of [`Case::streams`].
    ///
    /// # Errors
    /// [`Malformed`] where an event cannot be read.
    fn fold(&self, histories: &[History], open: &dyn Open) -> Result<(), Malformed>;

    /// Folds what was read to its end, asks the authority, and decides.
    ///
    /// # Errors
    /// [`Malformed`] where an event cannot be read.
    fn judge(
        &self,
        principal: &Principal,
        read: (&[History], &dyn Open),
        now: Timestamp,
    ) -> Result<Verdict<R>, Malformed>;
}

/// What a use case comes to on what was read.
#[derive(Debug)]
pub enum Verdict<R> {
    /// The authority says no.
    Denied(Denied),
    /// The model says no.
    Refused(R),
    /// These are to be appended; none where it is so already.
    Changes(Changes),
}

impl<U: Guarded> Case<U::Refusal> for U {
    fn name(&self) -> &'static str {
        U::NAME
    }

    fn tenant(&self) -> TenantId {
        kernel::UseCase::tenant(self)
    }

    fn streams(&self) -> Vec<(Option<TenantId>, StreamId)> {
        let mut streams = Vec::new();
        self.reads().streams(&mut streams);
        streams
    }

    fn fold(&self, histories: &[History], open: &dyn Open) -> Result<(), Malformed> {
        self.reads().fold(&mut histories.iter(), open).map(drop)
    }

    fn judge(
        &self,
        principal: &Principal,
        (histories, open): (&[History], &dyn Open),
        now: Timestamp,
    ) -> Result<Verdict<U::Refusal>, Malformed> {
        let states = self.reads().fold(&mut histories.iter(), open)?;
        if let Err(denied) = authority::may_run(principal, self, &states) {
            return Ok(Verdict::Denied(denied));
        }
        Ok(self.decide(&states, now).map_or_else(Verdict::Refused, Verdict::Changes))
    }
}
