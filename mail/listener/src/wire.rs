//! Reading lines and counted octets from a connection with bounded memory, and writing answers.

use std::io;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;

use crate::accept::TLS_HANDSHAKE_WAIT;
use crate::{Encryption, Pace, Stream};

/// Room for the first octets after an idle time: an idle connection holds no more.
const IDLE_READ_OCTETS: usize = 512;
/// Room for more octets once they flow.
const READ_OCTETS: usize = 16 * 1024;
/// Answers are sent when so much has gathered.
const WRITE_OCTETS: usize = 64 * 1024;
/// Longest wait for a peer to take an answer.
const WRITE_WAIT: Duration = Duration::from_secs(300);

/// Why nothing more can be read or written.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// The peer is silent for too long.
    #[error("the peer was silent for too long")]
    Silent,
    /// The peer closed the connection.
    #[error("the peer closed the connection")]
    Closed,
    /// The connection broke.
    #[error(transparent)]
    Broken(#[from] io::Error),
}

/// A line, or why there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// Its octets without the line end, and whether that was CRLF and no other CR stands in it.
    Whole(Bytes, bool),
    /// It is longer than the limit; it was read to its end and thrown away.
    TooLong,
}

/// A connection with the octets that were read and not yet taken, and those written and not yet sent.
#[derive(Debug)]
pub struct Wire {
    stream: Stream,
    input: BytesMut,
    output: Vec<u8>,
}

impl Wire {
    /// Over a fresh connection.
    pub fn new(stream: Stream) -> Self {
        Self { stream, input: BytesMut::new(), output: Vec::new() }
    }

    /// Whether octets are encrypted.
    pub const fn encryption(&self) -> Encryption {
        self.stream.encryption()
    }

    /// Octets that were read and not yet taken.
    pub const fn input(&mut self) -> &mut BytesMut {
        &mut self.input
    }

    /// Whether nothing waits to be taken.
    pub fn is_drained(&self) -> bool {
        self.input.is_empty()
    }

    /// Reads at least one more octet, at most `wait` long.
    ///
    /// # Errors
    /// [`WireError`]; safe to drop: nothing is lost.
    pub async fn read(&mut self, wait: Duration) -> Result<(), WireError> {
        if self.input.is_empty() && self.input.capacity() > READ_OCTETS {
            // A long literal is over: its room goes back.
            self.input = BytesMut::new();
        }
        let free = self.input.capacity() - self.input.len();
        if free < IDLE_READ_OCTETS {
            self.input.reserve(if self.input.is_empty() { IDLE_READ_OCTETS } else { READ_OCTETS });
        }
        match tokio::time::timeout(wait, self.stream.read_buf(&mut self.input)).await {
            Err(_) => Err(WireError::Silent),
            Ok(Ok(0)) => Err(WireError::Closed),
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(error.into()),
        }
    }

    /// The next line of at most `octets_max` octets, which has `wait` to come to its end, one that is too long as well: who
    /// sends drops would hold the connection for ever.
    ///
    /// # Errors
    /// [`WireError`]: [`WireError::Silent`] also where the time of the line is up.
    pub async fn line(&mut self, octets_max: usize, wait: Duration) -> Result<Line, WireError> {
        let until = Instant::now() + wait;
        let mut searched = 0;
        let mut is_too_long = false;
        loop {
            if let Some(length) = self.input[searched..].iter().position(|octet| *octet == b'\n') {
                let line = self.input.split_to(searched + length + 1).freeze();
                if is_too_long || line.len() > octets_max + 2 {
                    return Ok(Line::TooLong);
                }
                let line = line.slice(..line.len() - 1);
                let (line, has_cr) = match line.last() {
                    Some(b'\r') => (line.slice(..line.len() - 1), true),
                    Some(_) | None => (line, false),
                };
                let is_clean = has_cr && !line.contains(&b'\r');
                return Ok(Line::Whole(line, is_clean));
            }
            searched = self.input.len();
            if searched > octets_max + 2 {
                is_too_long = true;
                self.input.clear();
                searched = 0;
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(WireError::Silent);
            }
            self.read(left).await?;
        }
    }

    /// Hands on so many octets, as they come; of a message that has its time by `pace`, and of which `read` have come before.
    /// How many have come then.
    ///
    /// # Errors
    /// [`WireError`]: [`WireError::Silent`] also where the time of the message is up.
    pub async fn octets(
        &mut self,
        count: u64,
        (pace, mut read): (Pace, usize),
        mut keep: impl FnMut(&[u8]),
    ) -> Result<usize, WireError> {
        let mut left = usize::try_from(count).unwrap_or(usize::MAX);
        while left > 0 {
            if self.is_drained() {
                self.read(pace.patience(read).ok_or(WireError::Silent)?).await?;
            }
            let taken = self.input.len().min(left);
            keep(&self.input.split_to(taken));
            (left, read) = (left - taken, read.saturating_add(taken));
        }
        Ok(read)
    }

    /// Adds to the answer. It is sent by [`Wire::flush`], or when much has gathered.
    ///
    /// # Errors
    /// [`WireError`].
    pub async fn write(&mut self, octets: &[u8]) -> Result<(), WireError> {
        self.output.extend_from_slice(octets);
        if self.output.len() >= WRITE_OCTETS { self.flush().await } else { Ok(()) }
    }

    /// Sends the answer.
    ///
    /// # Errors
    /// [`WireError`].
    pub async fn flush(&mut self) -> Result<(), WireError> {
        if self.output.is_empty() {
            return Ok(());
        }
        let sending = async {
            self.stream.write_all(&self.output).await?;
            self.stream.flush().await
        };
        let sent = tokio::time::timeout(WRITE_WAIT, sending).await.map_err(|_| WireError::Silent)?;
        // An idle connection holds no room for answers.
        self.output = Vec::new();
        sent.map_err(WireError::from)
    }

    /// Starts TLS as the server. What was sent before the handshake is thrown away and never executed.
    ///
    /// # Errors
    /// [`WireError`].
    pub async fn start_tls(mut self, acceptor: &TlsAcceptor) -> Result<Self, WireError> {
        self.flush().await?;
        let handshake = tokio::time::timeout(TLS_HANDSHAKE_WAIT, self.stream.start_tls(acceptor)).await;
        Ok(Self::new(handshake.map_err(|_| WireError::Silent)??))
    }

    /// Sends what is left and closes.
    pub async fn close(mut self) {
        if self.flush().await.is_ok() {
            drop(tokio::time::timeout(Duration::from_secs(2), self.stream.shutdown()).await);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CONTENT_WAIT, DATA_WAIT};

    fn pipe(octets: &[u8]) -> (Wire, tokio::io::DuplexStream) {
        let (near, mut far) = tokio::io::duplex(1 << 20);
        put(&mut far, octets);
        (Wire::new(Stream::Pipe(near, Encryption::None)), far)
    }

    fn put(far: &mut tokio::io::DuplexStream, octets: &[u8]) {
        use std::pin::Pin;
        use std::task::{Context, Poll, Waker};
        use tokio::io::AsyncWrite as _;
        let written = Pin::new(far).poll_write(&mut Context::from_waker(Waker::noop()), octets);
        assert!(matches!(written, Poll::Ready(Ok(count)) if count == octets.len()));
    }

    const WAIT: Duration = Duration::from_secs(5);

    #[tokio::test]
    async fn lines_come_whole_and_tell_whether_they_are_clean() {
        let (mut wire, far) = pipe(b"one\r\ntwo\nth\rree\r\nrest");
        let expect = |text: &'static [u8], is_clean| Line::Whole(Bytes::from_static(text), is_clean);
        assert_eq!(wire.line(100, WAIT).await.expect("a line"), expect(b"one", true));
        assert_eq!(wire.line(100, WAIT).await.expect("a line"), expect(b"two", false));
        assert_eq!(wire.line(100, WAIT).await.expect("a line"), expect(b"th\rree", false));
        drop(far);
        assert!(matches!(wire.line(100, WAIT).await, Err(WireError::Closed)));
    }

    #[tokio::test]
    async fn a_line_beyond_the_limit_is_thrown_away_and_the_next_is_read() {
        let long = [vec![b'x'; 50_000], b"\r\nnext\r\n".to_vec()].concat();
        let (mut wire, _far) = pipe(&long);
        assert_eq!(wire.line(1000, WAIT).await.expect("a line"), Line::TooLong);
        assert_eq!(
            wire.line(1000, WAIT).await.expect("a line"),
            Line::Whole(Bytes::from_static(b"next"), true)
        );
    }

    #[tokio::test]
    async fn counted_octets_come_and_what_follows_stays() {
        let (mut wire, _far) = pipe(b"abcdef\r\n");
        let mut kept = Vec::new();
        let read = wire.octets(4, (Pace::begin(), 10), |piece| kept.extend_from_slice(piece)).await;
        assert_eq!((read.expect("octets"), kept.as_slice()), (14, &b"abcd"[..]));
        assert_eq!(wire.line(100, WAIT).await.expect("a line"), Line::Whole(Bytes::from_static(b"ef"), true));
    }

    #[tokio::test(start_paused = true)]
    async fn octets_that_come_in_drops_have_a_time_together() {
        let (mut wire, mut far) = pipe(b"");
        let dripping = tokio::spawn(async move {
            for _ in 0..100 {
                put(&mut far, b"x");
                tokio::time::sleep(DATA_WAIT - Duration::from_secs(1)).await;
            }
        });
        let (begun, mut count) = (Instant::now(), 0);
        let ended = wire.octets(100, (Pace::begin(), 0), |piece| count += piece.len()).await;
        assert!(matches!(ended, Err(WireError::Silent)));
        assert!((4..=5).contains(&count), "{count} came in time each");
        assert_eq!(begun.elapsed().as_secs(), CONTENT_WAIT.as_secs());
        dripping.abort();
    }

    #[tokio::test(start_paused = true)]
    async fn a_line_that_comes_in_drops_has_a_time_to_end() {
        // Within the limit, and beyond it.
        for octets_max in [1000, 1] {
            let (mut wire, mut far) = pipe(b"");
            let dripping = tokio::spawn(async move {
                loop {
                    put(&mut far, b"x");
                    tokio::time::sleep(Duration::from_secs(2)).await;
                }
            });
            let begun = Instant::now();
            assert!(matches!(
                tokio::time::timeout(WAIT * 10, wire.line(octets_max, WAIT)).await.expect("it ends"),
                Err(WireError::Silent)
            ));
            assert_eq!(begun.elapsed().as_secs(), WAIT.as_secs(), "{octets_max}");
            dripping.abort();
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_peer_is_noticed() {
        let (mut wire, _far) = pipe(b"no end");
        assert!(matches!(wire.line(1000, WAIT).await, Err(WireError::Silent)));
    }
}
