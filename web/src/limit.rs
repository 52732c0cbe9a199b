//! The named limits of the HTTP server.

use std::time::Duration;

/// Longest time from the last octet of a request's head to the answer.
pub(crate) const REQUEST_TIME_MAX: Duration = Duration::from_secs(60);
/// Longest time for a request's head to arrive: a client that stalls is let go.
pub(crate) const HEAD_TIME_MAX: Duration = Duration::from_secs(10);
/// Longest time for a TLS handshake.
pub(crate) const HANDSHAKE_TIME_MAX: Duration = Duration::from_secs(10);
/// Largest head of a request, in octets.
pub(crate) const HEAD_OCTETS_MAX: usize = 32 * 1024;
/// Most header fields of a request.
pub(crate) const HEADER_COUNT_MAX: usize = 64;
/// Largest file of a ticket that is read, in octets: a little more than the model takes, so that it says how much.
pub(crate) const FILE_OCTETS_MAX: usize = 5 * 1024 * 1024 + 64 * 1024;
/// Most files that are read at once.
pub(crate) const FILE_COUNT_MAX: usize = 8;
/// Most requests answered at once; beyond, the answer is 503.
pub(crate) const REQUEST_COUNT_MAX: usize = 512;
/// Most connections at once; beyond, new ones wait to be accepted.
pub(crate) const CONNECTION_COUNT_MAX: usize = 4_096;
/// Most websockets at once.
pub(crate) const SOCKET_COUNT_MAX: usize = 1_000;
/// A websocket whose client says nothing for so long is closed; clients ping (graphql-transport-ws `ping`).
pub(crate) const SOCKET_SILENCE_MAX: Duration = Duration::from_secs(120);
/// Most streams of one HTTP/2 connection.
pub(crate) const STREAM_COUNT_MAX: u32 = 64;
/// Longest wait for open requests when the server drains.
pub(crate) const DRAIN_TIME_MAX: Duration = Duration::from_secs(20);
