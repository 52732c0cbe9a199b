//! One conversation.

use std::net::IpAddr;
use std::time::Duration;

use bytes::BytesMut;
use directory::Login;
use kernel::{ByteSize, EmailAddress};
use listener::{Connection, Counters, Encryption, Held, Line, Pace, Wire, WireError};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::command::{Command, Fault, MailParameters, parse};
use crate::data::{Content, DataReader, has_bare_line_end};
use crate::deliver::Envelope;
use crate::inbound::{Facts, Inbound, network};
use crate::limits::{
    BAD_COMMAND_COUNT_MAX, COMMAND_WAIT, IDLE_COMMAND_COUNT_MAX, LINE_OCTETS_MAX, STRANGER_WAIT,
};
use crate::reply::{self, Reply};
use crate::sends::Forwards;
use crate::server::{Role, Server};
use crate::tls_wish::Keyword;
use crate::told::Way;

/// What a session does after a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    Command,
    StartTls,
    Close,
}

/// A message on its way in.
#[derive(Debug)]
pub(crate) struct Transaction {
    /// The number under which its sender is told that it is taken.
    pub(crate) id: String,
    pub(crate) envelope: Envelope,
    pub(crate) parameters: MailParameters,
    /// What aliases of others lead elsewhere, to be counted when the message is there.
    pub(crate) forwards: Forwards,
    /// Chunks of BDAT so far.
    pub(crate) chunks: Option<Chunks>,
}

/// BDAT's pieces (RFC 3030).
#[derive(Debug, Default)]
pub(crate) struct Chunks {
    octets: BytesMut,
    /// Why the rest is thrown away.
    refused: Option<Reply>,
    /// The share of the memory that they take.
    held: Option<(Held<IpAddr>, Pace)>,
}

/// A conversation with one peer.
pub(crate) struct Session<'a> {
    pub(crate) server: &'a Server,
    pub(crate) wire: Wire,
    pub(crate) peer: IpAddr,
    pub(crate) counters: Counters,
    pub(crate) helo: Option<(String, bool)>,
    pub(crate) login: Option<Login>,
    pub(crate) transaction: Option<Transaction>,
    pub(crate) login_failure_count: usize,
    pub(crate) unknown_recipient_count: usize,
    bad_command_count: usize,
    /// Commands since the last message that bring none nearer.
    idle_command_count: usize,
    /// When the last message was taken, or the conversation began.
    last_taken: Instant,
    /// What was found out about the peer.
    pub(crate) facts: Facts,
}

impl<'a> Session<'a> {
    pub(crate) async fn run(server: &'a Server, connection: Connection, stop: CancellationToken) {
        let mut session = Self {
            server,
            wire: Wire::new(connection.stream),
            peer: connection.peer,
            counters: connection.counters,
            helo: None,
            login: None,
            transaction: None,
            login_failure_count: 0,
            unknown_recipient_count: 0,
            bad_command_count: 0,
            idle_command_count: 0,
            last_taken: Instant::now(),
            facts: Facts::default(),
        };
        match session.meet().await {
            Ok(None) => {}
            Ok(Some(reply)) => {
                drop(session.wire.write(&reply.octets()).await);
                return session.wire.close().await;
            }
            Err(_) => return,
        }
        let word = if server.role == Role::LocalDelivery { "LMTP" } else { "ESMTP" };
        let greeting = format!("220 {} {word} ready\r\n", server.settings.hostname);
        if session.wire.write(greeting.as_bytes()).await.is_err() {
            return;
        }
        loop {
            match session.talk(&stop).await {
                Ok(Next::StartTls) => {
                    let Ok(wire) = session.wire.start_tls(&server.tls).await else { return };
                    // Nothing that was said in clear counts any more (RFC 3207 section 4.2).
                    session.wire = wire;
                    session.helo = None;
                    session.transaction = None;
                }
                Ok(Next::Close | Next::Command) => return session.wire.close().await,
                Err(WireError::Silent) => {
                    drop(session.wire.write(&reply::SILENT.octets()).await);
                    return session.wire.close().await;
                }
                Err(WireError::Closed | WireError::Broken(_)) => return,
            }
        }
    }

    /// Commands until the session changes its nature.
    async fn talk(&mut self, stop: &CancellationToken) -> Result<Next, WireError> {
        loop {
            // Answers to pipelined commands go out together (RFC 2920 section 3.2).
            if !self.wire.input().contains(&b'\n') {
                self.wire.flush().await?;
            }
            let Some(wait) = self.patience() else {
                self.say(reply::IDLE).await?;
                return Ok(Next::Close);
            };
            let line = tokio::select! {
                biased;
                () = stop.cancelled(), if self.transaction.is_none() => {
                    self.say(reply::DRAINING).await?;
                    return Ok(Next::Close);
                }
                line = self.wire.line(LINE_OCTETS_MAX, wait) => line?,
            };
            let next = match line {
                Line::TooLong => self.bad(reply::LINE_TOO_LONG).await?,
                Line::Whole(_, false) => {
                    self.say(reply::BARE_LINE_END).await?;
                    Next::Close
                }
                Line::Whole(line, true) => match parse(&line) {
                    Ok(command) => self.obey(command).await?,
                    Err(fault) => self.bad(fault_reply(fault)).await?,
                },
            };
            if next != Next::Command {
                return Ok(next);
            }
        }
    }

    /// How long the next command may take to come. None where a stranger has spoken for too long and brought nothing: the
    /// connection is somebody else's then.
    fn patience(&self) -> Option<Duration> {
        if self.login.is_some() || self.server.role == Role::LocalDelivery {
            return Some(COMMAND_WAIT);
        }
        let left = STRANGER_WAIT.checked_sub(self.last_taken.elapsed())?;
        let is_patient = self.idle_command_count <= IDLE_COMMAND_COUNT_MAX && !left.is_zero();
        is_patient.then(|| left.min(COMMAND_WAIT))
    }

    /// What a whole message came to, where it is taken or not.
    async fn deliver_counted(&mut self, transaction: Transaction, message: BytesMut) -> Reply {
        let counted = match self.take_forwards(&transaction).await {
            Ok(counted) => counted,
            Err(reply) => {
                let way = Way { reasons: vec!["forward_limit"], ..Way::default() };
                self.tell_message(&transaction, &way, &reply);
                self.counters.message_refused("deferred");
                return reply;
            }
        };
        let reply = self.deliver(transaction, message).await;
        if (200..300).contains(&reply.code) {
            self.last_taken = Instant::now();
            self.idle_command_count = 0;
        } else {
            self.give_back_forwards(counted).await;
        }
        reply
    }

    /// The stages that look at this peer's mail; none where it is trusted, or a user of ours.
    pub(crate) fn inbound(&self) -> Option<&'a Inbound> {
        let inbound = self.server.inbound.as_deref().filter(|_| self.server.role == Role::Exchange)?;
        inbound.checks(self.peer).then_some(inbound)
    }

    pub(crate) async fn say(&mut self, reply: Reply) -> Result<Next, WireError> {
        self.wire.write(&reply.octets()).await?;
        Ok(Next::Command)
    }

    /// The same for a command that is none; too many end the conversation.
    async fn bad(&mut self, reply: Reply) -> Result<Next, WireError> {
        self.bad_command_count += 1;
        if self.bad_command_count > BAD_COMMAND_COUNT_MAX {
            self.say(reply::TOO_MANY_ERRORS).await?;
            return Ok(Next::Close);
        }
        self.tarpit().await;
        self.say(reply).await
    }

    async fn obey(&mut self, command: Command) -> Result<Next, WireError> {
        if is_idle(&command) {
            self.idle_command_count += 1;
        }
        match command {
            Command::Ehlo(_) | Command::Helo(_) if self.server.role == Role::LocalDelivery => {
                self.bad(Reply::new(500, "5.5.1", "This is LMTP: LHLO")).await
            }
            Command::Lhlo(_) if self.server.role != Role::LocalDelivery => self.bad(reply::SYNTAX).await,
            Command::Ehlo(name) | Command::Lhlo(name) => self.ehlo(name).await,
            Command::Helo(name) => {
                if let Err(reply) = self.judge_helo(&name) {
                    return self.say(reply).await;
                }
                self.helo = Some((name, false));
                self.transaction = None;
                let hello = format!("250 {}\r\n", self.server.settings.hostname);
                self.wire.write(hello.as_bytes()).await?;
                Ok(Next::Command)
            }
            Command::StartTls => self.start_tls().await,
            Command::Auth { mechanism, initial } => self.auth(&mechanism, initial).await,
            Command::Mail { from, parameters } => self.mail(from, parameters).await,
            Command::Rcpt { to, parameters } => self.rcpt(to, parameters).await,
            Command::Data => self.data().await,
            Command::Bdat { size, is_last } => self.bdat(size, is_last).await,
            Command::Rset => {
                self.transaction = None;
                self.say(reply::OK).await
            }
            Command::Noop => self.say(reply::OK).await,
            Command::Vrfy => self.say(Reply::new(252, "2.1.5", "Send it and you will see")).await,
            Command::Help => self.say(Reply::new(214, "2.0.0", "See RFC 5321")).await,
            Command::Quit => {
                self.say(Reply::new(221, "2.0.0", "Bye")).await?;
                Ok(Next::Close)
            }
        }
    }

    async fn ehlo(&mut self, name: String) -> Result<Next, WireError> {
        if let Err(reply) = self.judge_helo(&name) {
            return self.say(reply).await;
        }
        self.helo = Some((name, true));
        self.transaction = None;
        let mut lines = vec![self.server.settings.hostname.to_string()];
        lines.push("PIPELINING".to_owned());
        lines.push(format!("SIZE {}", self.server.settings.message_size_max.octets()));
        let is_encrypted = self.wire.encryption() == Encryption::Tls;
        if !is_encrypted {
            lines.push("STARTTLS".to_owned());
        }
        if self.server.role == Role::Submission && is_encrypted {
            lines.push("AUTH PLAIN LOGIN".to_owned());
        }
        // It can be kept only where it was asked for under TLS (RFC 8689 section 4.1).
        if is_encrypted && self.server.role != Role::LocalDelivery {
            lines.push("REQUIRETLS".to_owned());
        }
        for extension in ["ENHANCEDSTATUSCODES", "8BITMIME", "CHUNKING", "DSN", "SMTPUTF8"] {
            lines.push(extension.to_owned());
        }
        let last = lines.len() - 1;
        for (index, line) in lines.iter().enumerate() {
            let separator = if index == last { ' ' } else { '-' };
            self.wire.write(format!("250{separator}{line}\r\n").as_bytes()).await?;
        }
        Ok(Next::Command)
    }

    async fn start_tls(&mut self) -> Result<Next, WireError> {
        if self.wire.encryption() == Encryption::Tls {
            return self.say(Reply::new(503, "5.5.1", "The connection is encrypted already")).await;
        }
        if !self.wire.is_drained() {
            // Commands behind STARTTLS were sent in clear: somebody may have put them there.
            self.say(Reply::new(501, "5.5.1", "Nothing may follow STARTTLS in the same packet")).await?;
            return Ok(Next::Close);
        }
        self.say(Reply::new(220, "2.0.0", "Ready to start TLS")).await?;
        Ok(Next::StartTls)
    }

    async fn mail(
        &mut self,
        from: Option<EmailAddress>,
        parameters: MailParameters,
    ) -> Result<Next, WireError> {
        if self.helo.is_none() || self.transaction.is_some() {
            return self.say(reply::BAD_SEQUENCE).await;
        }
        if parameters.size.is_some_and(|size| size > self.size_max().octets()) {
            return self.say(self.too_big()).await;
        }
        if parameters.require_tls == Keyword::Given && self.wire.encryption() != Encryption::Tls {
            return self.say(Reply::new(530, "5.7.0", "REQUIRETLS needs TLS: STARTTLS first")).await;
        }
        if let Err(reply) = self.may_send(from.as_ref()) {
            return self.say(reply).await;
        }
        if from.as_ref().is_some_and(|from| !from.local.as_str().is_ascii()) && !parameters.is_utf8 {
            return self.say(Reply::new(553, "5.6.7", "This address needs SMTPUTF8")).await;
        }
        // After what is refused for ever, before what costs questions.
        if !self.server.room.fits(parameters.size.unwrap_or_default()) {
            self.counters.message_refused("no_room");
            return self.say(reply::ROOM_SHORT).await;
        }
        if let Err(reply) = self.judge_sender(from.as_ref()).await {
            return self.say(reply).await;
        }
        let id = uuid::Uuid::now_v7().simple().to_string();
        self.transaction = Some(Transaction {
            id,
            envelope: Envelope::new(from),
            parameters,
            forwards: Forwards::default(),
            chunks: None,
        });
        self.say(Reply::new(250, "2.1.0", "OK")).await
    }

    /// The largest message: the server's, or what the sender's plan says where that is less.
    pub(crate) fn size_max(&self) -> ByteSize {
        let server = self.server.settings.message_size_max;
        self.limits().map_or(server, |limits| server.min(limits.message_size_max))
    }

    pub(crate) fn too_big(&self) -> Reply {
        let max = self.size_max();
        Reply::told(552, "5.3.4", format!("The message is longer than {max}"))
    }

    async fn data(&mut self) -> Result<Next, WireError> {
        let Some(transaction) = &self.transaction else { return self.say(reply::BAD_SEQUENCE).await };
        if transaction.chunks.is_some() {
            return self.say(Reply::new(503, "5.5.1", "Chunks go on with BDAT")).await;
        }
        if transaction.envelope.is_empty() {
            return self.say(Reply::new(554, "5.5.1", "No recipient was accepted")).await;
        }
        self.say(Reply::plain(354, "End with a dot on a line of its own")).await?;
        self.wire.flush().await?;
        let octets_max =
            usize::try_from(self.server.settings.message_size_max.octets()).unwrap_or(usize::MAX);
        let mut reader = DataReader::new(octets_max);
        let (mut held, pace) = self.begin_content();
        let mut octets = 0;
        let content = loop {
            octets += self.wire.input().len();
            if let Some(content) = reader.take(self.wire.input()) {
                break content;
            }
            if !held.reaches(reader.len()) {
                reader.put_off();
                held.give_back();
            }
            self.wire.read(pace.patience(octets).ok_or(WireError::Silent)?).await?;
        };
        let Some(transaction) = self.transaction.take() else { return Ok(Next::Close) };
        let answer_count = self.answer_count(&transaction);
        let reply = match content {
            Content::Whole(message) => self.deliver_counted(transaction, message).await,
            Content::TooLong => self.too_big(),
            Content::PutOff => {
                self.counters.message_refused("no_memory");
                reply::MEMORY_SHORT
            }
            Content::BareLineEnd => reply::BARE_LINE_END_INSIDE,
            Content::Nul => reply::NUL_INSIDE,
        };
        self.say_times(reply, answer_count).await
    }

    /// The memory and the time of a message that begins now.
    fn begin_content(&self) -> (Held<IpAddr>, Pace) {
        (self.server.memory.begin(vec![network(self.peer)]), Pace::begin())
    }

    /// How many answers a message gets: in LMTP one for every recipient that was accepted (RFC 2033 section 4.2).
    fn answer_count(&self, transaction: &Transaction) -> usize {
        if self.server.role == Role::LocalDelivery { transaction.envelope.recipients().len() } else { 1 }
    }

    async fn say_times(&mut self, reply: Reply, count: usize) -> Result<Next, WireError> {
        for _ in 0..count {
            self.say(reply.clone()).await?;
        }
        Ok(Next::Command)
    }

    async fn bdat(&mut self, size: u64, is_last: bool) -> Result<Next, WireError> {
        let octets_max = self.server.settings.message_size_max.octets();
        let refused = match &self.transaction {
            None => Some(reply::BAD_SEQUENCE),
            Some(transaction) if transaction.envelope.is_empty() => {
                Some(Reply::new(554, "5.5.1", "No recipient was accepted"))
            }
            Some(transaction) => {
                let chunks = transaction.chunks.as_ref();
                let before = chunks.map_or(0, |chunks| chunks.octets.len() as u64);
                chunks
                    .and_then(|chunks| chunks.refused.clone())
                    .or_else(|| (before.saturating_add(size) > octets_max).then(|| self.too_big()))
            }
        };
        let mut refused = refused;
        let mut chunk = BytesMut::new();
        let mut left = size;
        let chunks = self.transaction.as_mut().and_then(|transaction| transaction.chunks.as_mut());
        let (held, before) = chunks.map_or((None, 0), |chunks| (chunks.held.take(), chunks.octets.len()));
        let (mut held, pace) = held.unwrap_or_else(|| self.begin_content());
        // The octets come in any case: they are read, and kept only where they count (RFC 3030 section 2).
        while left > 0 {
            if self.wire.is_drained() {
                self.wire.flush().await?;
                if refused.is_none() && !held.reaches(before + chunk.len()) {
                    self.counters.message_refused("no_memory");
                    refused = Some(reply::MEMORY_SHORT);
                    chunk = BytesMut::new();
                    held.give_back();
                }
                let octets = before + usize::try_from(size - left).unwrap_or(usize::MAX);
                self.wire.read(pace.patience(octets).ok_or(WireError::Silent)?).await?;
            }
            let available = self.wire.input().len();
            let taken = usize::try_from(left).unwrap_or(usize::MAX).min(available);
            let octets = self.wire.input().split_to(taken);
            left -= taken as u64;
            if refused.is_none() {
                chunk.unsplit(octets);
            }
        }
        if let Some(reply) = refused {
            if let Some(transaction) = &mut self.transaction {
                let chunks = transaction.chunks.get_or_insert_default();
                chunks.octets = BytesMut::new();
                chunks.refused = Some(reply.clone());
            }
            let ended = if is_last { self.transaction.take() } else { None };
            let answer_count = ended.map_or(1, |transaction| self.answer_count(&transaction).max(1));
            return self.say_times(reply, answer_count).await;
        }
        let Some(mut transaction) = self.transaction.take() else {
            return self.say(reply::BAD_SEQUENCE).await;
        };
        let chunks = transaction.chunks.get_or_insert_default();
        chunks.held = Some((held, pace));
        chunks.octets.unsplit(chunk);
        if !is_last {
            self.transaction = Some(transaction);
            return self.say(Reply::told(250, "2.0.0", format!("{size} octets taken"))).await;
        }
        let message = std::mem::take(&mut chunks.octets);
        // What it takes is held until it is answered for.
        let _held = chunks.held.take();
        let answer_count = self.answer_count(&transaction);
        let reply = if has_bare_line_end(&message) {
            reply::BARE_LINE_END_INSIDE
        } else if message.contains(&0) {
            reply::NUL_INSIDE
        } else {
            self.deliver_counted(transaction, message).await
        };
        self.say_times(reply, answer_count).await
    }
}

/// Whether a command brings no message nearer.
const fn is_idle(command: &Command) -> bool {
    match command {
        Command::Noop
        | Command::Rset
        | Command::Vrfy
        | Command::Help
        | Command::Ehlo(_)
        | Command::Helo(_)
        | Command::Lhlo(_) => true,
        Command::StartTls
        | Command::Auth { .. }
        | Command::Mail { .. }
        | Command::Rcpt { .. }
        | Command::Data
        | Command::Bdat { .. }
        | Command::Quit => false,
    }
}

fn fault_reply(fault: Fault) -> Reply {
    match fault {
        Fault::Unknown => reply::SYNTAX,
        Fault::NotImplemented => Reply::new(502, "5.5.1", "This command is not implemented"),
        Fault::Arguments(expected) => Reply::told(501, "5.5.4", format!("Expected {expected}")),
        Fault::Sender(fault) => Reply::told(501, "5.1.7", format!("The sender's address is wrong: {fault}")),
        Fault::Recipient(fault) => {
            Reply::told(501, "5.1.3", format!("The recipient's address is wrong: {fault}"))
        }
        Fault::Parameter => Reply::new(555, "5.5.4", "A parameter is not known"),
    }
}
