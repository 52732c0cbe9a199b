//! The server: what all its sessions share.

use std::sync::Arc;

use directory::{Directory, Login};
use kernel::{ByteSize, MailboxId, TenantId, Timestamp};
use listener::{Connection, DiskRoom, Memory, Peers, Protocol};
use store::{Store, Views};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use crate::session::Session;

/// What an operator sets.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Longest message of APPEND.
    pub message_size_max: ByteSize,
    /// Octets of messages of APPEND that are being received or stored at a time, of all connections; more are put off. One
    /// account has at most as much as it leaves free, and one mailbox of that as much as it leaves to the others. The same
    /// again holds for messages that clients are reading.
    pub memory_octets_max: usize,
}

/// Who holds memory for messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Holder {
    Account(TenantId),
    Mailbox(TenantId, MailboxId),
}

impl Holder {
    /// Those whose share it is, the widest first.
    pub(crate) fn of(login: &Login) -> Vec<Self> {
        vec![Self::Account(login.tenant), Self::Mailbox(login.tenant, login.mailbox)]
    }
}

/// What gives the time.
pub(crate) type Now = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// An IMAP server.
pub struct Server {
    pub(crate) settings: Settings,
    pub(crate) directory: Arc<Directory>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) views: Views,
    pub(crate) tls: TlsAcceptor,
    pub(crate) now: Now,
    /// For messages that are being received.
    pub(crate) memory: Memory<Holder>,
    /// For messages that are being read by clients: as much again, shared in the same way.
    pub(crate) reading: Memory<Holder>,
    /// Who is signed in how often.
    pub(crate) sessions: Peers<(TenantId, MailboxId)>,
    /// How much is taken in yet.
    pub(crate) room: DiskRoom,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Server {
    /// A server over the directory and the store.
    pub fn new(
        settings: Settings,
        directory: Arc<Directory>,
        store: Arc<dyn Store>,
        tls: TlsAcceptor,
        now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    ) -> Self {
        let views = Views::new(Arc::clone(&store));
        let (memory, reading) =
            (Memory::new(settings.memory_octets_max), Memory::new(settings.memory_octets_max));
        let (sessions, room) = (Peers::default(), DiskRoom::default());
        Self { settings, directory, store, views, tls, now, memory, reading, sessions, room }
    }

    /// The same, refusing new messages where `room` is short.
    #[must_use]
    pub fn within(mut self, room: DiskRoom) -> Self {
        self.room = room;
        self
    }
}

impl Protocol for Server {
    fn name(&self) -> &'static str {
        "imap"
    }

    fn refusal(&self) -> &'static [u8] {
        b"* BYE [LIMIT] Too many connections, try again later\r\n"
    }

    async fn converse(&self, connection: Connection, stop: CancellationToken) {
        Box::pin(Session::run(self, connection, stop)).await;
    }
}
