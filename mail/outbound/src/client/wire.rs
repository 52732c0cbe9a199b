//! Octets and replies over a connection, each wait with its end.

use std::time::Duration;

use bytes::{Buf as _, BytesMut};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::Fault;
use crate::limits::{PIECE_WAIT, REPLY_LINE_OCTETS_MAX};
use crate::network::Duplex;
use crate::reply::{Reply, ReplyFault, ReplyReader};

/// A connection with what was read and not yet taken.
pub(super) struct Wire {
    stream: Option<Box<dyn Duplex>>,
    input: BytesMut,
}

impl std::fmt::Debug for Wire {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Wire")
    }
}

impl Wire {
    pub(super) fn new(stream: Box<dyn Duplex>) -> Self {
        Self { stream: Some(stream), input: BytesMut::new() }
    }

    /// The connection itself, for TLS. None where something waits to be read: what was sent before the handshake must not
    /// count after it.
    pub(super) fn take_stream(&mut self) -> Option<Box<dyn Duplex>> {
        if self.input.is_empty() { self.stream.take() } else { None }
    }

    pub(super) async fn write(&mut self, octets: &[u8], after: &'static str) -> Result<(), Fault> {
        let stream = self.stream.as_mut().ok_or(Fault::Closed(after))?;
        let writing = async {
            stream.write_all(octets).await?;
            stream.flush().await
        };
        match tokio::time::timeout(PIECE_WAIT, writing).await {
            Err(_) => Err(Fault::Silent(after)),
            Ok(Err(_)) => Err(Fault::Closed(after)),
            Ok(Ok(())) => Ok(()),
        }
    }

    /// Ends when something is there to be read, or nothing will be any more.
    pub(super) async fn stirred(&mut self) {
        if let (Some(stream), true) = (self.stream.as_mut(), self.input.is_empty()) {
            drop(stream.read_buf(&mut self.input).await);
        }
    }

    /// The next reply. All of it within `wait`: a peer that sends a line now and then does not hold us for ever.
    pub(super) async fn reply(&mut self, after: &'static str, wait: Duration) -> Result<Reply, Fault> {
        tokio::time::timeout(wait, self.read_reply(after)).await.map_err(|_| Fault::Silent(after))?
    }

    async fn read_reply(&mut self, after: &'static str) -> Result<Reply, Fault> {
        let mut reader = ReplyReader::default();
        loop {
            while let Some(end) = self.input.iter().position(|octet| *octet == b'\n') {
                let line = self.input.split_to(end);
                self.input.advance(1);
                let line = line.strip_suffix(b"\r").unwrap_or(&line);
                if let Some(reply) = reader.line(line).map_err(|fault| Fault::Garbage(after, fault))? {
                    return Ok(reply);
                }
            }
            if self.input.len() > REPLY_LINE_OCTETS_MAX {
                return Err(Fault::Garbage(after, ReplyFault::TooLong));
            }
            let stream = self.stream.as_mut().ok_or(Fault::Closed(after))?;
            match stream.read_buf(&mut self.input).await {
                Ok(0) | Err(_) => return Err(Fault::Closed(after)),
                Ok(_) => {}
            }
        }
    }
}
