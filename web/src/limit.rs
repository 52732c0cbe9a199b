//! The named limits of the HTTP server.

use std::time::Duration;

/// Longest time from the last octet of a request's head to the answer.
pub(crate) const REQUEST_TIME_MAX: Duration = Duration::from_secs(60);
/// Longest time for a request's head to arrive, and for a connection to bring its first: a client that stalls is let go.
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
/// Time that the body of a request has at least, from its head on.
pub(crate) const BODY_TIME_MIN: Duration = Duration::from_secs(10);
/// Octets that must come in each further second.
pub(crate) const BODY_OCTETS_PER_SEC_MIN: usize = 8 * 1024;
/// Most requests under way at once, those whose body is still coming among them; beyond, the answer is 503. With bodies of
/// at most 256 KiB they take 512 MiB, where all send their last octet at once.
pub(crate) const UNDER_WAY_COUNT_MAX: usize = 2_048;
/// Most of these of one network (`graphql::network_of`); beyond, the answer is 429. Two connections of HTTP/2 may have
/// [`STREAM_COUNT_MAX`] each.
pub(crate) const UNDER_WAY_OF_NETWORK_MAX: usize = 128;
/// Most requests answered at once, counted when their body is there; beyond, the answer is 503.
pub(crate) const REQUEST_COUNT_MAX: usize = 512;
/// Most questions about health at once; they have places of their own, so that a busy node is not taken for a dead one.
pub(crate) const HEALTH_COUNT_MAX: usize = 256;
/// Most of these of one network.
pub(crate) const HEALTH_OF_NETWORK_MAX: usize = 16;
/// Most connections at once; beyond, new ones wait to be accepted.
pub(crate) const CONNECTION_COUNT_MAX: usize = 4_096;
/// Most connections of one network; beyond, they are told 429 and closed. Proxies of the operator have no such bound: they
/// speak for many, and these are counted by request.
pub(crate) const CONNECTIONS_OF_NETWORK_MAX: usize = 256;
/// Most refused connections that are told why at once; beyond, they are closed without a word.
pub(crate) const REFUSED_COUNT_MAX: usize = 64;
/// Longest time to tell a refused connection why.
pub(crate) const REFUSAL_TIME_MAX: Duration = Duration::from_secs(2);
/// Most websockets at once; beyond, the answer is 503.
pub(crate) const SOCKET_COUNT_MAX: usize = 1_000;
/// Most websockets of one network; beyond, the answer is 429. An office has one for each open page.
pub(crate) const SOCKETS_OF_NETWORK_MAX: usize = 100;
/// Longest time from the opening of a websocket to its `connection_init` (graphql-transport-ws: 4408).
pub(crate) const SOCKET_INIT_TIME_MAX: Duration = Duration::from_secs(3);
/// A websocket whose client says nothing for so long is closed; clients ping (graphql-transport-ws `ping`).
pub(crate) const SOCKET_SILENCE_MAX: Duration = Duration::from_secs(120);
/// Most streams of one HTTP/2 connection.
pub(crate) const STREAM_COUNT_MAX: u32 = 64;
/// Longest wait for open requests when the server drains.
pub(crate) const DRAIN_TIME_MAX: Duration = Duration::from_secs(20);
