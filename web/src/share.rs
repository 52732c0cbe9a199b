//! What one network has of the server: of requests under way, of websockets, of connections. Without shares one peer that
//! opens many and says little would stand before everybody.

use std::net::IpAddr;
use std::sync::Arc;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use graphql::network_of;
use listener::{Peers, Seat};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Places of which there are so many in all, and so many for one network.
#[derive(Debug, Clone)]
pub(crate) struct Places {
    all: Arc<Semaphore>,
    peers: Peers,
    of_network_max: usize,
}

/// A place; given back when dropped.
#[derive(Debug)]
pub(crate) struct Place {
    _of_all: OwnedSemaphorePermit,
    _of_network: Seat,
}

/// Why there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoPlace {
    /// All are taken: 503.
    Busy,
    /// The network has its share: 429.
    ShareTaken,
}

impl Places {
    pub(crate) fn new(count_max: usize, of_network_max: usize) -> Self {
        Self { all: Arc::new(Semaphore::new(count_max)), peers: Peers::default(), of_network_max }
    }

    /// Takes a place for whoever speaks from `peer`.
    pub(crate) fn take(&self, peer: IpAddr) -> Result<Place, NoPlace> {
        let seat = self.peers.seat(network_of(peer), self.of_network_max).ok_or(NoPlace::ShareTaken)?;
        let permit = self.all.clone().try_acquire_owned().map_err(|_| NoPlace::Busy)?;
        Ok(Place { _of_all: permit, _of_network: seat })
    }
}

impl IntoResponse for NoPlace {
    fn into_response(self) -> Response {
        let (status, text) = match self {
            Self::Busy => (StatusCode::SERVICE_UNAVAILABLE, "The server is busy, try again in a moment.\n"),
            Self::ShareTaken => (
                StatusCode::TOO_MANY_REQUESTS,
                "Your network has as many requests or websockets open as it may have at once, try again in a moment.\n",
            ),
        };
        (status, [(header::RETRY_AFTER, "1")], text).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_takes_its_share_and_all_together_take_no_more_than_there_are() {
        let places = Places::new(3, 2);
        let peer = |text: &str| text.parse::<IpAddr>().expect("an address");
        let _one = places.take(peer("2001:db8:1:2::1")).expect("a place");
        let two = places.take(peer("2001:db8:1:2:ffff::")).expect("a place");
        assert_eq!(places.take(peer("2001:db8:1:2::3")).expect_err("its share"), NoPlace::ShareTaken);
        let _three = places.take(peer("192.0.2.1")).expect("another network has its own");
        assert_eq!(places.take(peer("192.0.2.2")).expect_err("all are taken"), NoPlace::Busy);
        drop(two);
        assert!(places.take(peer("192.0.2.2")).is_ok());
    }
}
