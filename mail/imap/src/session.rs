//! One conversation.

use std::net::IpAddr;

use bytes::{Bytes, BytesMut};
use directory::{Entitlement, Login, Protocol};
use kernel::{MailboxId, TenantId};
use listener::{Connection, Counters, Encryption, Held, Line, Pace, Seat, Wire, WireError};
use store::Owner;
use tokio_util::sync::CancellationToken;

use crate::answer::{After, Done, Failure, NO_ROOM, NO_SHARE, NO_SHARE_TO_READ, TOO_BIG};
use crate::capability::capabilities;
use crate::grammar::{NameForm, Unreadable, parse};
use crate::limits::{
    AUTHENTICATED_WAIT, BAD_COMMAND_COUNT_MAX, COMMAND_OCTETS_MAX, LOGIN_WAIT, SKIPPED_OCTETS_MAX,
    STRANGER_COMMAND_OCTETS_MAX, STRANGER_SKIPPED_OCTETS_MAX,
};
use crate::selected::Selected;
use crate::server::{Holder, Server};
use crate::table::{Updates, When, permit};

/// What a client asked for with ENABLE, or by using it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Enabled {
    pub(crate) condstore: bool,
    pub(crate) qresync: bool,
    pub(crate) rev2: bool,
    pub(crate) utf8: bool,
}

/// A conversation with one client.
pub(crate) struct Session<'a> {
    pub(crate) server: &'a Server,
    pub(crate) wire: Wire,
    pub(crate) peer: IpAddr,
    pub(crate) counters: Counters,
    pub(crate) stop: CancellationToken,
    /// The tag of the command that is being run.
    pub(crate) tag: String,
    pub(crate) login: Option<Login>,
    pub(crate) enabled: Enabled,
    pub(crate) selected: Option<Selected>,
    pub(crate) login_failure_count: usize,
    bad_command_count: usize,
    /// The share of the memory that the command takes.
    held: Option<Held<Holder>>,
    /// The place among the sessions of the mailbox.
    pub(crate) seat: Option<Seat<(TenantId, MailboxId)>>,
}

/// What was read.
enum Read {
    Command(Bytes),
    /// It is not taken: the tag, where one could be read, and why.
    Refused(Option<String>, Refused),
    /// What was sent without asking is longer than what is read to be thrown away.
    Flood,
    /// The node drains.
    Stop,
}

/// Why a command is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refused {
    /// A literal or the whole is too long.
    TooBig,
    /// The disk has no room for the message that is announced.
    NoRoom,
    /// The memory has none.
    NoShare,
}

impl Refused {
    /// What is said, and the word in the metrics where it is about a message.
    const fn said(self) -> ((&'static str, &'static str), Option<&'static str>) {
        match self {
            Self::TooBig => (TOO_BIG, None),
            Self::NoRoom => (NO_ROOM, Some("no_room")),
            Self::NoShare => (NO_SHARE, Some("no_memory")),
        }
    }
}

impl<'a> Session<'a> {
    pub(crate) async fn run(server: &'a Server, connection: Connection, stop: CancellationToken) {
        let mut session = Self {
            server,
            wire: Wire::new(connection.stream),
            peer: connection.peer,
            counters: connection.counters,
            stop,
            tag: String::new(),
            login: None,
            enabled: Enabled::default(),
            selected: None,
            login_failure_count: 0,
            bad_command_count: 0,
            held: None,
            seat: None,
        };
        let greeting = format!("* OK [CAPABILITY {}] Ready\r\n", session.capabilities());
        if session.wire.write(greeting.as_bytes()).await.is_err() {
            return;
        }
        loop {
            match session.talk().await {
                Ok(After::StartTls) => {
                    let Ok(wire) = session.wire.start_tls(&server.tls).await else { return };
                    session.wire = wire;
                }
                Ok(After::Logout | After::Continue) => return session.wire.close().await,
                Err(WireError::Silent) => {
                    drop(session.wire.write(b"* BYE Silent for too long\r\n").await);
                    return session.wire.close().await;
                }
                Err(WireError::Closed | WireError::Broken(_)) => return,
            }
        }
    }

    pub(crate) fn capabilities(&self) -> String {
        let append_limit = self.server.settings.message_size_max.octets();
        capabilities(self.wire.encryption(), self.login.is_some(), append_limit)
    }

    pub(crate) const fn is_encrypted(&self) -> bool {
        matches!(self.wire.encryption(), Encryption::Tls)
    }

    pub(crate) const fn names(&self) -> NameForm {
        if self.enabled.rev2 || self.enabled.utf8 { NameForm::Utf8 } else { NameForm::Utf7 }
    }

    /// Who is signed in.
    pub(crate) fn user(&self) -> Result<&Login, Failure> {
        self.login.as_ref().ok_or(Failure::Bad("Sign in first"))
    }

    /// Takes memory for a message that is being read, until what is given is dropped.
    ///
    /// # Errors
    /// `NO [LIMIT]` where the mailbox or its account has its share.
    pub(crate) fn hold_for_reading(&self, octets: u64) -> Result<Held<Holder>, Failure> {
        // A message that was taken when longer ones were allowed can be read, if only by one at a time.
        let most = self.server.settings.memory_octets_max / 4;
        let mut held = self.server.reading.begin(Holder::of(self.user()?));
        match held.reaches(usize::try_from(octets).unwrap_or(usize::MAX).min(most)) {
            true => Ok(held),
            false => Err(Failure::coded(NO_SHARE_TO_READ.0, NO_SHARE_TO_READ.1)),
        }
    }

    pub(crate) fn owner(&self) -> Result<Owner, Failure> {
        let login = self.user()?;
        Ok(Owner { tenant: login.tenant, mailbox: login.mailbox })
    }

    pub(crate) fn selected(&self) -> Result<&Selected, Failure> {
        self.selected.as_ref().ok_or(Failure::Bad("Select a folder first"))
    }

    /// Commands until the session changes its nature.
    async fn talk(&mut self) -> Result<After, WireError> {
        loop {
            let octets = match self.read_command().await? {
                Read::Command(octets) => octets,
                Read::Stop => {
                    self.wire
                        .write(b"* BYE [UNAVAILABLE] The server is going down, try again soon\r\n")
                        .await?;
                    return Ok(After::Logout);
                }
                Read::Refused(tag, refused) => {
                    self.held = None;
                    let ((code, text), counted) = refused.said();
                    if let Some(word) = counted {
                        self.counters.message_refused(word);
                    }
                    let tag = tag.unwrap_or_else(|| "*".to_owned());
                    self.wire.write(format!("{tag} NO [{code}] {text}\r\n").as_bytes()).await?;
                    continue;
                }
                Read::Flood => {
                    self.wire.write(b"* BYE [TOOBIG] That is far longer than allowed\r\n").await?;
                    return Ok(After::Logout);
                }
            };
            if octets.is_empty() {
                continue;
            }
            match parse(&octets, self.names()) {
                Ok(command) => {
                    drop(octets);
                    self.tag = command.tag;
                    let after = self.obey(command.body).await?;
                    // What the message takes is held until it is answered for.
                    self.held = None;
                    if after != After::Continue {
                        return Ok(after);
                    }
                }
                Err(Unreadable { tag, why }) => {
                    self.held = None;
                    self.bad_command_count += 1;
                    let tag = tag.unwrap_or_else(|| "*".to_owned());
                    self.wire.write(format!("{tag} BAD {why}\r\n").as_bytes()).await?;
                    if self.bad_command_count > BAD_COMMAND_COUNT_MAX {
                        self.wire.write(b"* BYE Too many commands that are none\r\n").await?;
                        return Ok(After::Logout);
                    }
                }
            }
        }
    }

    async fn obey(&mut self, body: crate::table::Body) -> Result<After, WireError> {
        self.bad_command_count = 0;
        let updates = body.updates();
        let outcome = match permit(body.when(), self).and_then(|()| self.recheck()) {
            Ok(()) if body.when() == When::Selected => match self.tell_changes(Updates::Still).await {
                // What other sessions did shows in this command's answer already.
                Ok(()) => body.run(self).await,
                Err(failure) => Err(failure),
            },
            Ok(()) => body.run(self).await,
            Err(failure) => Err(failure),
        };
        let outcome = match outcome {
            Ok(done) if self.selected.is_some() && done.after == After::Continue => {
                self.tell_changes(updates).await.map(|()| done)
            }
            outcome => outcome,
        };
        self.answer(outcome).await
    }

    /// What was true at the login may not be any more: a closed mailbox closes its sessions.
    pub(crate) fn recheck(&mut self) -> Result<(), Failure> {
        let Some(login) = &self.login else { return Ok(()) };
        match self.server.directory.access(login, Protocol::Imap) {
            Some(now) => match now.entitlement {
                Entitlement::Active | Entitlement::Restricted => {
                    self.recheck_share(&now)?;
                    self.login = Some(now);
                    Ok(())
                }
                Entitlement::Suspended | Entitlement::Ended | Entitlement::Purged => {
                    Err(Failure::Bye("[ALERT] The service is suspended or has ended: nobody signs in"))
                }
            },
            None => Err(Failure::Bye("The mailbox is closed, or its password was changed or revoked")),
        }
    }

    /// A share that is taken back closes the folder that is open, one that is narrowed makes it read only.
    fn recheck_share(&mut self, login: &Login) -> Result<(), Failure> {
        let Some(owner) = self.selected.as_ref().map(|selected| selected.owner) else { return Ok(()) };
        let rights = self.rights_now(login, owner);
        match (&mut self.selected, rights) {
            (Some(selected), Some(rights)) => selected.is_read_only |= !rights.writes,
            (Some(_), None) => return Err(Failure::Bye("The folder is not shared with you any more")),
            (None, _) => {}
        }
        Ok(())
    }

    async fn answer(&mut self, outcome: Result<Done, Failure>) -> Result<After, WireError> {
        let (line, after) = match outcome {
            Ok(Done { code: Some(code), text, after }) => {
                (format!("{} OK [{code}] {text}\r\n", self.tag), after)
            }
            Ok(Done { code: None, text, after }) => (format!("{} OK {text}\r\n", self.tag), after),
            Err(Failure::No { code: Some(code), text }) => {
                (format!("{} NO [{code}] {text}\r\n", self.tag), After::Continue)
            }
            Err(Failure::No { code: None, text }) => (format!("{} NO {text}\r\n", self.tag), After::Continue),
            Err(Failure::Bad(text)) => (format!("{} BAD {text}\r\n", self.tag), After::Continue),
            Err(Failure::Bye(text)) => (format!("* BYE {text}\r\n"), After::Logout),
            Err(Failure::Wire(error)) => return Err(error),
        };
        self.wire.write(line.as_bytes()).await?;
        Ok(after)
    }

    /// Reads one command with its literals.
    async fn read_command(&mut self) -> Result<Read, WireError> {
        let (octets_max, wait) = match self.login {
            Some(_) => (COMMAND_OCTETS_MAX, AUTHENTICATED_WAIT),
            None => (STRANGER_COMMAND_OCTETS_MAX, LOGIN_WAIT),
        };
        // Answers to pipelined commands go out together.
        if !self.wire.input().contains(&b'\n') {
            self.wire.flush().await?;
        }
        let stop = self.stop.clone();
        let mut line = tokio::select! {
            biased;
            line = self.wire.line(octets_max, wait) => line?,
            () = stop.cancelled() => return Ok(Read::Stop),
        };
        let (mut command, mut refused) = (BytesMut::new(), None);
        // From the first literal on: who waits between commands has all the time of the session.
        let (mut pace, mut read) = (None, 0);
        loop {
            let text = match line {
                Line::Whole(text, _) => text,
                Line::TooLong => {
                    let (tag, why) = refused.unwrap_or_else(|| (tag_of(&command), Refused::TooBig));
                    return Ok(Read::Refused(tag, why));
                }
            };
            if refused.is_none() {
                command.extend_from_slice(&text);
            }
            let Some(literal) = announced(&text) else { break };
            let pace = *pace.get_or_insert_with(Pace::begin);
            if refused.is_none() {
                refused = self.judge(&command, octets_max, &literal).map(|why| (tag_of(&command), why));
            }
            if literal.is_synchronising {
                // Nobody has to send what is not kept.
                if let Some((tag, why)) = refused {
                    return Ok(Read::Refused(tag, why));
                }
                self.wire.write(b"+ Go on\r\n").await?;
                self.wire.flush().await?;
            }
            if refused.is_some() {
                if literal.octets > self.skipped_octets_max() {
                    return Ok(Read::Flood);
                }
                (command, self.held) = (BytesMut::new(), None);
                read = self.wire.octets(literal.octets, (pace, read), |_| {}).await?;
            } else {
                command.extend_from_slice(b"\r\n");
                // It is accounted for; growing by doubling would take twice as much.
                command.reserve(usize::try_from(literal.octets).unwrap_or_default());
                let keep = |piece: &[u8]| command.extend_from_slice(piece);
                read = self.wire.octets(literal.octets, (pace, read), keep).await?;
            }
            let wait = pace.patience(read).ok_or(WireError::Silent)?;
            let rest = tokio::time::timeout(wait, self.wire.line(octets_max, wait));
            line = rest.await.map_err(|_| WireError::Silent)??;
        }
        if let Some((tag, why)) = refused {
            return Ok(Read::Refused(tag, why));
        }
        let room = self.appended_octets_max(&command).unwrap_or(0).saturating_add(octets_max);
        if command.len() > room {
            return Ok(Read::Refused(tag_of(&command), Refused::TooBig));
        }
        Ok(Read::Command(command.freeze()))
    }

    /// Whether a literal that is announced behind `command` may come, and memory for the whole where it is a message.
    fn judge(&mut self, command: &[u8], octets_max: usize, literal: &Announced) -> Option<Refused> {
        // All of the command counts, its literals and the lines between: else many small ones are a large one.
        let message_max = self.appended_octets_max(command);
        let room = message_max.unwrap_or(0).saturating_add(octets_max).saturating_sub(command.len());
        let length = usize::try_from(literal.octets).unwrap_or(usize::MAX);
        if length > message_max.unwrap_or(room).min(room) {
            return Some(Refused::TooBig);
        }
        let login = self.login.as_ref().filter(|_| message_max.is_some())?;
        if !self.server.room.fits(literal.octets) {
            return Some(Refused::NoRoom);
        }
        let held = self.held.get_or_insert_with(|| self.server.memory.begin(Holder::of(login)));
        (!held.reaches(command.len().saturating_add(length))).then_some(Refused::NoShare)
    }

    /// Octets of one literal that are read to be thrown away.
    fn skipped_octets_max(&self) -> u64 {
        match self.login {
            Some(_) => SKIPPED_OCTETS_MAX.max(self.server.settings.message_size_max.octets()),
            None => STRANGER_SKIPPED_OCTETS_MAX,
        }
    }

    /// How long a message may be, where the command is APPEND and may be given.
    fn appended_octets_max(&self, command: &[u8]) -> Option<usize> {
        self.login.as_ref()?;
        let name = command.split(|octet| *octet == b' ').nth(1)?;
        name.eq_ignore_ascii_case(b"APPEND")
            .then(|| usize::try_from(self.server.settings.message_size_max.octets()).unwrap_or(usize::MAX))
    }
}

/// A literal that a line announces at its end (RFC 9051 section 4.3, RFC 7888).
struct Announced {
    octets: u64,
    is_synchronising: bool,
}

fn announced(line: &[u8]) -> Option<Announced> {
    let inside = line.strip_suffix(b"}")?;
    let (inside, is_synchronising) = match inside.last()? {
        b'+' | b'-' => (&inside[..inside.len() - 1], false),
        _ => (inside, true),
    };
    let start = inside.iter().rposition(|octet| *octet == b'{')?;
    let digits = std::str::from_utf8(&inside[start + 1..]).ok()?;
    let is_number = !digits.is_empty() && digits.bytes().all(|octet| octet.is_ascii_digit());
    // A number that no counter holds is too long in any case.
    is_number.then(|| Announced { octets: digits.parse().unwrap_or(u64::MAX), is_synchronising })
}

fn tag_of(command: &[u8]) -> Option<String> {
    let tag = command.split(|octet| *octet == b' ').next()?;
    let is_tag = (1..=128).contains(&tag.len())
        && tag.iter().all(|octet| octet.is_ascii_alphanumeric() || b".-_".contains(octet));
    is_tag.then(|| String::from_utf8_lossy(tag).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_announced_at_the_end_of_a_line() {
        for (line, expected) in [
            ("a LOGIN {5}", Some((5, true))),
            ("a LOGIN {5+}", Some((5, false))),
            ("a APPEND x ~{12}", Some((12, true))),
            ("a LOGIN {}", None),
            ("a LOGIN {x}", None),
            ("a LOGIN \"{5}\"", None),
            ("a LOGIN {99999999999999999999999}", Some((u64::MAX, true))),
        ] {
            let found = announced(line.as_bytes()).map(|literal| (literal.octets, literal.is_synchronising));
            assert_eq!(found, expected, "{line}");
        }
    }
}
