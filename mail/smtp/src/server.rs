//! The server: what all its sessions share.

use std::net::IpAddr;
use std::sync::Arc;

use directory::Directory;
use kernel::{ByteSize, DomainName, Timestamp};
use listener::{Connection, DiskRoom, Memory, Protocol};
use store::{Sends, Store};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use crate::bounce::Bounces;
use crate::confirm::Confirm;
use crate::inbound::Inbound;
use crate::outgoing::Signers;
use crate::postmaster::Postmasters;
use crate::report::ReportIntake;
use crate::sends::LimitWatch;
use crate::session::Session;
use crate::told::Trace;
use crate::watch::Watch;

/// For whom the server is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Other hosts that bring mail for us (RFC 5321).
    Exchange,
    /// A foreign MX in front of us, which hands on what it has checked (RFC 2033): an answer for every recipient.
    LocalDelivery,
    /// Our users who send mail (RFC 6409): nothing without a login.
    Submission,
}

/// What an operator sets.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The name that the server gives itself.
    pub hostname: DomainName,
    /// Longest message.
    pub message_size_max: ByteSize,
    /// Octets of messages that are being received at a time, of all connections; more are put off. One network has at most
    /// as much as it leaves free.
    pub memory_octets_max: usize,
}

/// What gives the time.
pub type Now = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// An SMTP server of one role.
pub struct Server {
    pub(crate) role: Role,
    pub(crate) settings: Settings,
    pub(crate) directory: Arc<Directory>,
    pub(crate) store: Arc<dyn Store>,
    /// Counts the recipients of submissions; none: nobody does.
    pub(crate) sends: Option<Sends>,
    /// Knows by which keys submissions are signed; none: nobody does.
    pub(crate) signers: Option<Arc<dyn Signers>>,
    /// Knows by which keys mail is sealed that is passed on; none: it is not.
    pub(crate) sealers: Option<Arc<dyn Signers>>,
    /// Judges what logins send; none: nobody does.
    pub(crate) watch: Option<Arc<dyn Watch>>,
    /// Hears when limits are nearly used; none: nobody does.
    pub(crate) limit_watch: Option<Arc<dyn LimitWatch>>,
    /// Rewrites the senders of mail that is passed on; none: they stay as they are.
    pub(crate) srs: Option<sign::Srs>,
    pub(crate) tls: TlsAcceptor,
    pub(crate) now: Now,
    /// For messages that are being received.
    pub(crate) memory: Memory<IpAddr>,
    /// Takes reports of other hosts; none: nobody does.
    pub(crate) report_intake: Option<Arc<dyn ReportIntake>>,
    /// Knows who reads what comes for postmasters; none: such addresses are as any other.
    pub(crate) postmasters: Option<Arc<dyn Postmasters>>,
    /// Hears of reports of failure that come for mailboxes here; none: nobody does.
    pub(crate) bounces: Option<Arc<dyn Bounces>>,
    /// Writes reports of success; none: nobody does.
    pub(crate) confirm: Option<Arc<dyn Confirm>>,
    /// Keeps what happened to messages; none: nobody does.
    pub(crate) trace: Option<Arc<Trace>>,
    /// The stages for mail from outside; none where it is not checked.
    pub(crate) inbound: Option<Arc<Inbound>>,
    /// How much is taken in yet.
    pub(crate) room: DiskRoom,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server")
            .field("role", &self.role)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl Server {
    /// A server over the directory and the store.
    pub fn new(
        role: Role,
        settings: Settings,
        directory: Arc<Directory>,
        store: Arc<dyn Store>,
        (tls, now): (TlsAcceptor, Now),
    ) -> Self {
        let memory = Memory::new(settings.memory_octets_max);
        Self {
            role,
            settings,
            directory,
            store,
            sends: None,
            signers: None,
            sealers: None,
            watch: None,
            limit_watch: None,
            srs: None,
            tls,
            now,
            memory,
            report_intake: None,
            postmasters: None,
            bounces: None,
            confirm: None,
            trace: None,
            inbound: None,
            room: DiskRoom::default(),
        }
    }

    /// The same, putting off mail where `room` is short.
    #[must_use]
    pub fn within(mut self, room: DiskRoom) -> Self {
        self.room = room;
        self
    }

    /// The same, taking reports of other hosts.
    #[must_use]
    pub fn taking_reports(mut self, intake: Arc<dyn ReportIntake>) -> Self {
        self.report_intake = Some(intake);
        self
    }

    /// The same, taking mail for postmasters where no address of that name exists.
    #[must_use]
    pub fn reaching_postmasters(mut self, postmasters: Arc<dyn Postmasters>) -> Self {
        self.postmasters = Some(postmasters);
        self
    }

    /// The same, letting reports of failure be heard.
    #[must_use]
    pub fn hearing_bounces(mut self, bounces: Arc<dyn Bounces>) -> Self {
        self.bounces = Some(bounces);
        self
    }

    /// The same, telling senders who ask for it that their mail is in a mailbox here.
    #[must_use]
    pub fn confirming(mut self, confirm: Arc<dyn Confirm>) -> Self {
        self.confirm = Some(confirm);
        self
    }

    /// The same, telling the message trace what happens.
    #[must_use]
    pub fn traced(mut self, trace: Arc<Trace>) -> Self {
        self.trace = Some(trace);
        self
    }

    /// The same, counting the recipients of submissions against what may be sent.
    #[must_use]
    pub fn counting(mut self, sends: Sends) -> Self {
        self.sends = Some(sends);
        self
    }

    /// The same server with stages that look at mail from outside.
    #[must_use]
    pub fn checked_by(mut self, inbound: Arc<Inbound>) -> Self {
        self.inbound = Some(inbound);
        self
    }

    /// The same, signing submissions by the keys that `signers` knows.
    #[must_use]
    pub fn signing(mut self, signers: Arc<dyn Signers>) -> Self {
        self.signers = Some(signers);
        self
    }

    /// The same, sealing what it passes on with what it found when it came (RFC 8617).
    #[must_use]
    pub fn sealing(mut self, sealers: Arc<dyn Signers>) -> Self {
        self.sealers = Some(sealers);
        self
    }

    /// The same, holding submissions that `watch` finds suspicious.
    #[must_use]
    pub fn watched(mut self, watch: Arc<dyn Watch>) -> Self {
        self.watch = Some(watch);
        self
    }

    /// The same, telling `watch` when what may be sent, or passed on by aliases, is nearly used.
    #[must_use]
    pub fn telling_limits(mut self, watch: Arc<dyn LimitWatch>) -> Self {
        self.limit_watch = Some(watch);
        self
    }

    /// The same, rewriting the senders of mail that it passes on, and taking back what comes for them.
    #[must_use]
    pub fn forwarding(mut self, srs: sign::Srs) -> Self {
        self.srs = Some(srs);
        self
    }
}

impl Protocol for Server {
    fn name(&self) -> &'static str {
        match self.role {
            Role::Exchange => "smtp",
            Role::LocalDelivery => "lmtp",
            Role::Submission => "submission",
        }
    }

    fn refusal(&self) -> &'static [u8] {
        b"421 4.7.0 Too many connections, try again later\r\n"
    }

    async fn converse(&self, connection: Connection, stop: CancellationToken) {
        // A session's future is large; most of its life it waits.
        Box::pin(Session::run(self, connection, stop)).await;
    }
}
