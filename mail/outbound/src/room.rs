//! Room in memory for messages that leave: so many octets over all connections, whatever waits.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::metrics::Metrics;

/// Octets that one permit stands for.
const UNIT_OCTETS: usize = 1024;

/// The octets of messages that may be in memory at once.
pub(crate) struct Room {
    permits: Arc<Semaphore>,
    /// All of it, in units.
    unit_count: u32,
    metrics: Metrics,
}

/// Room that somebody has, until it is dropped.
pub(crate) struct Taken {
    octets: i64,
    metrics: Metrics,
    _permit: OwnedSemaphorePermit,
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.metrics.body_octets(-self.octets);
    }
}

impl Room {
    /// Room for `octets`.
    pub(crate) fn new(octets: usize, metrics: Metrics) -> Self {
        let unit_count = u32::try_from(octets / UNIT_OCTETS).unwrap_or(u32::MAX).max(1);
        let unit_count = unit_count.min(u32::try_from(Semaphore::MAX_PERMITS).unwrap_or(u32::MAX));
        Self { permits: Arc::new(Semaphore::new(unit_count as usize)), unit_count, metrics }
    }

    /// Waits until there is room for a message of `size` octets; whoever came first has it first. A message that is longer
    /// than all of the room has all of it, alone. Nobody asks who has some already: two who each wait for the other's
    /// would wait for ever.
    pub(crate) async fn take(&self, size: u32) -> Taken {
        let units = size.div_ceil(UNIT_OCTETS as u32).clamp(1, self.unit_count);
        let permits = Arc::clone(&self.permits);
        let permit = permits.acquire_many_owned(units).await.expect("it is never closed");
        let octets = i64::from(size);
        self.metrics.body_octets(octets);
        Taken { octets, metrics: self.metrics.clone(), _permit: permit }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::Future as _;
    use std::task::{Context, Waker};

    fn room(octets: usize) -> Room {
        let metrics = Metrics::register(&prometheus::Registry::new()).expect("fresh");
        Room::new(octets, metrics)
    }

    #[tokio::test]
    async fn what_does_not_fit_waits_and_what_never_fits_comes_alone() {
        let room = room(4096);
        let (first, second) = (room.take(3000).await, room.take(1000).await);
        let mut context = Context::from_waker(Waker::noop());
        let mut third = Box::pin(room.take(1_000_000));
        assert!(third.as_mut().poll(&mut context).is_pending());
        // Nobody overtakes: a long message is not starved by short ones.
        let mut fourth = Box::pin(room.take(1));
        drop(first);
        assert!(fourth.as_mut().poll(&mut context).is_pending());
        assert!(third.as_mut().poll(&mut context).is_pending());
        drop(second);
        let third = third.await;
        assert!(fourth.as_mut().poll(&mut context).is_pending());
        drop(third);
        drop(fourth.await);
    }
}
