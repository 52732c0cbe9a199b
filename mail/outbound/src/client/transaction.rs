//! One message: MAIL, RCPT, DATA, and what was answered for each recipient.

use std::time::Duration;

use kernel::EmailAddress;
use store::{RemoteReply, TlsWish};

use super::{Client, Fault, Protocol};
use crate::limits::{
    CONTENT_OCTETS_PER_SEC_MIN, CONTENT_WAIT, DATA_WAIT, DOT_WAIT, LEAVE_WAIT, MAIL_WAIT, PIECE_OCTETS,
    RCPT_WAIT,
};
use crate::reply::Reply;

/// From whom, to whom.
#[derive(Debug, Clone)]
pub(crate) struct Envelope<'a> {
    /// MAIL FROM; none for the null reverse-path.
    pub(crate) from: Option<&'a EmailAddress>,
    /// DSN RET.
    pub(crate) ret: Option<&'a str>,
    /// DSN ENVID.
    pub(crate) envelope_id: Option<&'a str>,
    /// What is asked of the next host for its own way on (RFC 8689).
    pub(crate) wish: TlsWish,
    /// The recipients.
    pub(crate) to: Vec<EnvelopeRecipient<'a>>,
}

/// One recipient.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EnvelopeRecipient<'a> {
    /// Where it goes.
    pub(crate) address: &'a EmailAddress,
    /// DSN NOTIFY.
    pub(crate) notify: Option<&'a str>,
    /// DSN ORCPT.
    pub(crate) original: Option<&'a str>,
}

/// What was answered for a recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The other side has it.
    Taken(Reply),
    /// It does not want this recipient, and says why.
    Refused(Reply),
    /// It does not want the message, or its sender, and says why: which is nothing about the recipient.
    Declined(Reply),
    /// It was not asked: by what it offers it cannot have it. Our words, not those of the host.
    Unfit(RemoteReply),
    /// Nothing final was said: see the fault.
    Open,
}

/// How a transaction went.
#[derive(Debug)]
pub(crate) struct Sent {
    /// One answer per recipient, in order.
    pub(crate) answers: Vec<Answer>,
    /// For each, in the same order, whether the dot that ends the message was sent for it: from there on the other side may
    /// have it, whatever it says.
    pub(crate) dots: Vec<bool>,
    /// The fault that ended it, where one did; the connection is of no use then.
    pub(crate) fault: Option<Fault>,
    /// Whether the other side was told of DSN and will report itself.
    pub(crate) is_dsn_passed: bool,
    /// Whether the other side had gone while the connection was idle: it has heard nothing of the message.
    pub(crate) is_unheard: bool,
}

/// A reply that says yes or no.
fn fit(after: &'static str, reply: Reply) -> Result<Reply, Fault> {
    if reply.is_positive() || reply.is_refusal() { Ok(reply) } else { Err(Fault::Unfit(after, reply)) }
}

/// What is said without asking: nobody else said it.
fn own(enhanced: &str, text: &str) -> RemoteReply {
    RemoteReply { code: 0, enhanced: enhanced.to_owned(), text: text.to_owned(), host: None }
}

impl Client {
    /// Sends one message. Never fails as a whole: what is not known is [`Answer::Open`].
    pub(crate) async fn send(&mut self, envelope: &Envelope<'_>, message: &[u8]) -> Sent {
        let mut answers = self.refuse_beforehand(envelope, message);
        let mut dots = vec![false; answers.len()];
        let fault = if answers.contains(&Answer::Open) {
            self.transact((envelope, message), &mut answers, &mut dots).await.err()
        } else {
            None
        };
        self.message_count += 1;
        let is_unheard = self.is_reused() && fault.as_ref().is_some_and(Fault::is_before_mail);
        Sent { answers, dots, fault, is_dsn_passed: self.offers.dsn, is_unheard }
    }

    /// Whether the connection may carry another message.
    pub(crate) async fn reset(&mut self) -> bool {
        if !self.is_open {
            return true;
        }
        self.is_open = false;
        self.ask("RSET\r\n", "RSET", LEAVE_WAIT).await.is_ok_and(|reply| reply.is_positive())
    }

    /// What can be said without asking.
    fn refuse_beforehand(&self, envelope: &Envelope<'_>, message: &[u8]) -> Vec<Answer> {
        let is_too_long = self.offers.size.is_some_and(|size| size > 0 && message.len() as u64 > size);
        let is_plain = |address: &EmailAddress| address.local.as_str().is_ascii();
        let may_utf8 = self.offers.utf8;
        let sender_fits = may_utf8 || envelope.from.is_none_or(is_plain);
        let judge = |to: &EnvelopeRecipient<'_>| {
            if is_too_long {
                Answer::Unfit(own("5.3.4", "the message is longer than the next server takes"))
            } else if !sender_fits || !may_utf8 && !is_plain(to.address) {
                Answer::Unfit(own("5.6.7", "the next server takes no internationalised addresses"))
            } else {
                Answer::Open
            }
        };
        envelope.to.iter().map(judge).collect()
    }

    fn mail(&self, envelope: &Envelope<'_>, message: &[u8]) -> String {
        let from = envelope.from.map(ToString::to_string).unwrap_or_default();
        let mut line = format!("MAIL FROM:<{from}>");
        if self.offers.size.is_some() {
            line.push_str(&format!(" SIZE={}", message.len()));
        }
        // Where it is not offered such content goes all the same: to convert it would break signatures.
        if self.offers.eight_bit && !message.is_ascii() {
            line.push_str(" BODY=8BITMIME");
        }
        let is_plain = |address: &EmailAddress| address.local.as_str().is_ascii();
        let is_plain_everywhere =
            envelope.from.is_none_or(is_plain) && envelope.to.iter().all(|to| is_plain(to.address));
        let (header_end, _) = message::split_header(message);
        if self.offers.utf8 && !(is_plain_everywhere && message[..header_end].is_ascii()) {
            line.push_str(" SMTPUTF8");
        }
        // A report asks as well where it can, and comes all the same where it cannot (RFC 8689 section 5).
        if envelope.wish == TlsWish::Required && self.offers.require_tls && self.is_encrypted {
            line.push_str(" REQUIRETLS");
        }
        if self.offers.dsn {
            if let Some(ret) = envelope.ret {
                line.push_str(&format!(" RET={ret}"));
            }
            if let Some(id) = envelope.envelope_id {
                line.push_str(&format!(" ENVID={id}"));
            }
        }
        line + "\r\n"
    }

    fn rcpt(&self, to: &EnvelopeRecipient<'_>) -> String {
        let mut line = format!("RCPT TO:<{}>", to.address);
        if self.offers.dsn {
            if let Some(notify) = to.notify {
                line.push_str(&format!(" NOTIFY={notify}"));
            }
            if let Some(original) = to.original {
                line.push_str(&format!(" ORCPT={original}"));
            }
        }
        line + "\r\n"
    }

    async fn transact(
        &mut self,
        (envelope, message): (&Envelope<'_>, &[u8]),
        answers: &mut [Answer],
        dots: &mut [bool],
    ) -> Result<(), Fault> {
        let asked: Vec<usize> = (0..answers.len()).filter(|index| answers[*index] == Answer::Open).collect();
        let mail = self.mail(envelope, message);
        let rcpts: Vec<String> = asked.iter().map(|index| self.rcpt(&envelope.to[*index])).collect();
        self.is_open = true;
        let mut opened = None;
        if self.offers.pipelining {
            let all = [mail.as_str(), &rcpts.concat(), "DATA\r\n"].concat();
            self.wire.write(all.as_bytes(), "MAIL").await?;
        } else {
            self.wire.write(mail.as_bytes(), "MAIL").await?;
        }
        let reply = fit("MAIL", self.wire.reply("MAIL", MAIL_WAIT).await?)?;
        if reply.code == 421 {
            return Err(Fault::Refused("MAIL", reply));
        }
        let mail_refusal = (!reply.is_positive()).then_some(reply);
        let mut accepted = Vec::new();
        if mail_refusal.is_none() || self.offers.pipelining {
            for (index, rcpt) in asked.iter().zip(&rcpts) {
                if !self.offers.pipelining {
                    self.wire.write(rcpt.as_bytes(), "RCPT").await?;
                }
                let reply = fit("RCPT", self.wire.reply("RCPT", RCPT_WAIT).await?)?;
                if reply.code == 421 {
                    return Err(Fault::Refused("RCPT", reply));
                }
                if reply.is_positive() {
                    accepted.push(*index);
                } else {
                    answers[*index] = Answer::Refused(reply);
                }
            }
            if self.offers.pipelining {
                opened = Some(self.wire.reply("DATA", DATA_WAIT).await?);
            }
        }
        if let Some(refusal) = mail_refusal {
            asked.iter().for_each(|index| answers[*index] = Answer::Declined(refusal.clone()));
            accepted.clear();
        }
        if accepted.is_empty() {
            return self.leave(opened).await;
        }
        let opened = match opened {
            Some(reply) => reply,
            None => self.ask("DATA\r\n", "DATA", DATA_WAIT).await?,
        };
        if opened.code != 354 && !opened.is_refusal() {
            return Err(Fault::Unfit("DATA", opened));
        }
        if opened.code != 354 {
            accepted.iter().for_each(|index| answers[*index] = Answer::Declined(opened.clone()));
            return if opened.code == 421 { Err(Fault::Refused("DATA", opened)) } else { Ok(()) };
        }
        let end = self.content(message).await?;
        accepted.iter().for_each(|index| dots[*index] = true);
        self.wire.write(end, "DATA").await?;
        self.ended(&accepted, answers).await
    }

    /// DATA was asked for together with recipients of which none was taken: an empty message ends it (RFC 2920 section
    /// 3.1).
    async fn leave(&mut self, opened: Option<Reply>) -> Result<(), Fault> {
        if opened.is_some_and(|reply| reply.code == 354) {
            self.wire.write(b".\r\n", "DATA").await?;
            self.wire.reply("the message", DATA_WAIT).await?;
        }
        Ok(())
    }

    /// The answers to the dot. From here on the other side may have the message though nothing is heard of it.
    async fn ended(&mut self, accepted: &[usize], answers: &mut [Answer]) -> Result<(), Fault> {
        let mut reply = fit("the message", self.wire.reply("the message", DOT_WAIT).await?)?;
        for (number, index) in accepted.iter().enumerate() {
            if number > 0 && self.protocol == Protocol::Lmtp {
                reply = fit("the message", self.wire.reply("the message", DOT_WAIT).await?)?;
            }
            answers[*index] = match (reply.is_positive(), self.protocol) {
                (true, _) => Answer::Taken(reply.clone()),
                // One answer for each (RFC 2033 section 4.2).
                (false, Protocol::Lmtp) => Answer::Refused(reply.clone()),
                (false, Protocol::Smtp) => Answer::Declined(reply.clone()),
            };
        }
        self.is_open = false;
        if reply.code == 421 { Err(Fault::Refused("the message", reply)) } else { Ok(()) }
    }

    /// The octets of the message, in a time that their count gives; what ends it is left to be sent.
    async fn content(&mut self, message: &[u8]) -> Result<&'static [u8], Fault> {
        let wait = CONTENT_WAIT + Duration::from_secs(message.len() as u64 / CONTENT_OCTETS_PER_SEC_MIN);
        tokio::time::timeout(wait, self.pieces(message)).await.map_err(|_| Fault::Silent("DATA"))?
    }

    async fn pieces(&mut self, message: &[u8]) -> Result<&'static [u8], Fault> {
        let mut stuffing = Stuffing { previous: b'\n', is_line_start: true };
        let mut piece = Vec::with_capacity(PIECE_OCTETS + 1024);
        for part in message.chunks(PIECE_OCTETS) {
            piece.clear();
            stuffing.put(part, &mut piece);
            self.wire.write(&piece, "DATA").await?;
        }
        Ok(stuffing.end())
    }
}

/// A message as DATA carries it (RFC 5321 section 4.5.2): dots doubled, and every line end CRLF. A bare CR or LF that came
/// this far could end the message for a lax reader; it goes out as a whole line end.
struct Stuffing {
    previous: u8,
    is_line_start: bool,
}

impl Stuffing {
    fn put(&mut self, part: &[u8], piece: &mut Vec<u8>) {
        for &octet in part {
            if self.previous == b'\r' && octet != b'\n' {
                piece.push(b'\n');
                self.is_line_start = true;
            }
            if octet == b'\n' && self.previous != b'\r' {
                piece.push(b'\r');
            }
            if self.is_line_start && octet == b'.' {
                piece.push(b'.');
            }
            piece.push(octet);
            self.is_line_start = octet == b'\n';
            self.previous = octet;
        }
    }

    /// What ends the message.
    fn end(&self) -> &'static [u8] {
        match (self.is_line_start, self.previous) {
            (true, _) => b".\r\n",
            (false, b'\r') => b"\n.\r\n",
            (false, _) => b"\r\n.\r\n",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_are_doubled_and_only_the_end_ends() {
        for (message, wire) in [
            ("a\r\n", "a\r\n.\r\n"),
            ("", ".\r\n"),
            (".", "..\r\n.\r\n"),
            ("a\r\n.\r\nb", "a\r\n..\r\nb\r\n.\r\n"),
            ("a\n.\nb\r\n", "a\r\n..\r\nb\r\n.\r\n"),
            ("a\r.\rb", "a\r\n..\r\nb\r\n.\r\n"),
            ("a\r", "a\r\n.\r\n"),
        ] {
            for cut in 0..=message.len() {
                let mut stuffing = Stuffing { previous: b'\n', is_line_start: true };
                let mut written = Vec::new();
                stuffing.put(&message.as_bytes()[..cut], &mut written);
                stuffing.put(&message.as_bytes()[cut..], &mut written);
                written.extend_from_slice(stuffing.end());
                assert_eq!(String::from_utf8_lossy(&written), wire, "{message:?} cut at {cut}");
            }
        }
    }
}
