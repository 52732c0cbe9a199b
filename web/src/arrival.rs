//! How bodies of requests come: whole, within their bounds and at a pace. Who sends one octet and waits holds nobody up.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt as _;
use tokio::time::{Instant, timeout_at};

use crate::limit::{BODY_OCTETS_PER_SEC_MIN, BODY_TIME_MIN};

/// Why there is no body.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NoBody {
    /// It has more octets than it may have: 413.
    TooLarge,
    /// It comes slower than it may: 408.
    TooSlow,
    /// The peer broke off, or sends what is none: 400.
    Broken,
}

/// Reads a body of at most `octets_max`. Each 8 KiB that came give it a second more than [`BODY_TIME_MIN`].
pub(crate) async fn whole(body: Body, octets_max: usize) -> Result<Bytes, NoBody> {
    let begun = Instant::now();
    let mut frames = body.into_data_stream();
    let mut octets = Vec::new();
    loop {
        let earned = Duration::from_secs((octets.len() / BODY_OCTETS_PER_SEC_MIN) as u64);
        match timeout_at(begun + BODY_TIME_MIN + earned, frames.next()).await {
            Err(_) => return Err(NoBody::TooSlow),
            Ok(None) => return Ok(octets.into()),
            Ok(Some(Err(_))) => return Err(NoBody::Broken),
            Ok(Some(Ok(more))) if octets.len() + more.len() > octets_max => return Err(NoBody::TooLarge),
            Ok(Some(Ok(more))) => octets.extend_from_slice(&more),
        }
    }
}

impl IntoResponse for NoBody {
    fn into_response(self) -> Response {
        match self {
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "The request is larger than it may be.\n"),
            Self::TooSlow => (StatusCode::REQUEST_TIMEOUT, "The request came too slowly.\n"),
            Self::Broken => (StatusCode::BAD_REQUEST, "The request broke off.\n"),
        }
        .into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::stream;

    /// A body that comes in `pieces` of so many octets, one each `every`.
    fn dripping(pieces: usize, size: usize, every: Duration) -> Body {
        Body::from_stream(stream::iter(0..pieces).then(move |_| async move {
            tokio::time::sleep(every).await;
            Ok::<_, std::convert::Infallible>(vec![b'x'; size])
        }))
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_comes_at_a_pace_and_within_its_bounds() {
        let second = Duration::from_secs(1);
        for (pieces, size, expected) in [
            (1, 10, Ok(10)),
            // A slow line that does not stand still.
            (24, BODY_OCTETS_PER_SEC_MIN, Ok(24 * BODY_OCTETS_PER_SEC_MIN)),
            (200, 1, Err(NoBody::TooSlow)),
            (2, 256 * 1024, Err(NoBody::TooLarge)),
        ] {
            let came = whole(dripping(pieces, size, second), 256 * 1024).await;
            assert_eq!(came.map(|octets| octets.len()), expected, "{pieces} of {size}");
        }
    }
}
