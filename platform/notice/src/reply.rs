//! Answers to letters about tickets: the address that they come to, and what is read in them.

use hosting::Language;
use hosting::limit::{TICKET_FILE_COUNT_MAX, TICKET_FILE_OCTETS_MAX, TICKET_TEXT_CHARACTER_COUNT_MAX};
use kernel::{Id as _, TicketId};
use mail_parser::{Message, MimeHeaders as _};
use message::Whole;
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

use crate::Links;

/// What stands before the secret.
const PREFIX: &str = "ticket-";
/// Characters of a ticket's id in base32.
const ID_CHARACTER_COUNT: usize = 26;
/// Octets of the secret: 80 bits, which nobody guesses at the pace of SMTP.
const SECRET_OCTETS: usize = 10;
/// Digits of base32 (RFC 4648 section 6), small: local parts are written in any case.
const DIGITS: &[u8] = b"abcdefghijklmnopqrstuvwxyz234567";
/// Octets of an answer that are looked at: two files and their text, with room.
pub const REPLY_OCTETS_MAX: usize = 15 * 1024 * 1024;
/// Files of one answer that are taken.
const FILE_COUNT_MAX: usize = 5;
/// Lines of an answer that are looked at.
const LINE_COUNT_MAX: usize = 20_000;

/// The line above which an answer is written.
pub(crate) const fn marker(language: Language) -> &'static str {
    match language {
        Language::En => "-- Write your answer above this line --",
        Language::Fr => "-- \u{c9}crivez votre r\u{e9}ponse au-dessus de cette ligne --",
    }
}

/// What somebody has answered.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reply {
    /// What is written above the letter that it answers, at most as long as a ticket takes; empty where nothing is.
    pub text: String,
    /// The files beside it: their names and what is in them.
    pub files: Vec<(String, Vec<u8>)>,
    /// From whom it says to be.
    pub from: Option<String>,
    /// Its Message-ID.
    pub message_id: Option<String>,
    /// Files that are too many or too large.
    pub left_out_count: usize,
}

/// Why a message is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoReply {
    /// Nobody has written it: a machine answers (RFC 3834), or sends to many.
    Automatic,
    /// It is no mail, or too large.
    Malformed,
    /// There is nothing in it.
    Empty,
}

impl Links {
    /// Before the `@` of the address that answers about a ticket come to.
    pub fn ticket_local_part(&self, ticket: TicketId) -> String {
        let secret = &self.hash(&[b"ticket by mail", ticket.uuid().as_bytes()])[..SECRET_OCTETS];
        format!("{PREFIX}{}{}", base32(ticket.uuid().as_bytes()), base32(secret))
    }

    /// The ticket of such a local part; none where it is not one that we made.
    pub fn ticket_of(&self, local: &str) -> Option<TicketId> {
        let local = local.to_ascii_lowercase();
        let rest =
            local.strip_prefix(PREFIX).filter(|rest| rest.is_ascii() && rest.len() > ID_CHARACTER_COUNT)?;
        let octets: [u8; 16] = unbase32(&rest[..ID_CHARACTER_COUNT])?.try_into().ok()?;
        let ticket = TicketId::new(Uuid::from_bytes(octets));
        bool::from(local.as_bytes().ct_eq(self.ticket_local_part(ticket).as_bytes())).then_some(ticket)
    }
}

/// Reads an answer. Whoever sends may send anything: it is read within bounds.
///
/// # Errors
/// [`NoReply`].
pub fn read_reply(message: &[u8]) -> Result<Reply, NoReply> {
    if message.len() > REPLY_OCTETS_MAX {
        return Err(NoReply::Malformed);
    }
    let read = Whole::read(message).ok_or(NoReply::Malformed)?;
    if is_automatic(&read) {
        return Err(NoReply::Automatic);
    }
    let text = read.body_text(0).unwrap_or_default();
    let from = read.from().and_then(|from| from.first()).and_then(|from| from.address());
    let mut reply = Reply {
        text: above(&text),
        from: from.map(|from| from.chars().filter(|character| !character.is_control()).take(254).collect()),
        message_id: read.message_id().map(str::to_owned),
        ..Reply::default()
    };
    for (index, part) in read.attachments().enumerate() {
        let octets = part.contents();
        let fits = !octets.is_empty() && octets.len() as u64 <= TICKET_FILE_OCTETS_MAX;
        if !fits || reply.files.len() >= FILE_COUNT_MAX.min(TICKET_FILE_COUNT_MAX) {
            reply.left_out_count += 1;
            continue;
        }
        let name = part.attachment_name().map_or_else(|| format!("file-{}", index + 1), clean);
        reply.files.push((name, octets.to_vec()));
    }
    if reply.text.is_empty() && reply.files.is_empty() {
        return Err(NoReply::Empty);
    }
    Ok(reply)
}

/// Whether a machine has sent it, by all that machines say of themselves.
fn is_automatic(read: &Message<'_>) -> bool {
    let of = |name: &str| read.header_raw(name).map(|value| value.trim().to_ascii_lowercase());
    let is_submitted = of("Auto-Submitted").is_some_and(|value| !value.starts_with("no"));
    let is_bulk = of("Precedence")
        .is_some_and(|value| matches!(value.as_str(), "bulk" | "junk" | "list" | "auto_reply"));
    let is_marked =
        ["X-Autoreply", "X-Autorespond", "X-Auto-Response-Suppress", "List-Id", "List-Unsubscribe"];
    let is_report = read.content_type().is_some_and(|kind| kind.subtype() == Some("report"));
    is_submitted || is_bulk || is_report || is_marked.iter().any(|name| of(name).is_some())
}

/// What is written above the marker of ours, without what programs quote below it.
fn above(text: &str) -> String {
    let markers = [marker(Language::En), marker(Language::Fr)];
    let is_marker = |line: &str| markers.iter().any(|marker| line.contains(marker.trim_matches(['-', ' '])));
    let mut lines: Vec<&str> =
        text.lines().take(LINE_COUNT_MAX).take_while(|line| !is_marker(line)).collect();
    let is_cut = text.lines().take(LINE_COUNT_MAX).any(is_marker);
    let is_quote = |line: &str| line.trim().is_empty() || line.trim_start().starts_with('>');
    let before = lines.len();
    while lines.last().is_some_and(|line| is_quote(line)) {
        lines.pop();
    }
    let has_quote = is_cut || before != lines.len();
    // "On ..., ... wrote:" and its kin, in any language, in one line or two.
    if has_quote && lines.last().is_some_and(|line| line.trim_end().ends_with(':')) {
        lines.pop();
        if lines.last().is_some_and(|line| line.starts_with("On ") || line.starts_with("Le ")) {
            lines.pop();
        }
    }
    let text: String = lines.join("\n").trim().chars().take(TICKET_TEXT_CHARACTER_COUNT_MAX).collect();
    text
}

/// A name that is one line and no path; the model says how long.
fn clean(name: &str) -> String {
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = name.chars().filter(|character| !character.is_control()).take(100).collect();
    if name.trim().is_empty() { "file".to_owned() } else { name }
}

fn base32(octets: &[u8]) -> String {
    let (mut text, mut bits, mut count) = (String::new(), 0_u32, 0_u32);
    for octet in octets {
        bits = (bits << 8) | u32::from(*octet);
        count += 8;
        while count >= 5 {
            count -= 5;
            text.push(char::from(DIGITS[(bits >> count) as usize & 31]));
        }
        bits &= (1 << count) - 1;
    }
    if count > 0 {
        text.push(char::from(DIGITS[(bits << (5 - count)) as usize & 31]));
    }
    text
}

fn unbase32(text: &str) -> Option<Vec<u8>> {
    let (mut octets, mut bits, mut count) = (Vec::new(), 0_u32, 0_u32);
    for digit in text.bytes() {
        let value = DIGITS.iter().position(|known| *known == digit)?;
        bits = (bits << 5) | u32::try_from(value).ok()?;
        count += 5;
        if count >= 8 {
            count -= 8;
            octets.push(u8::try_from((bits >> count) & 255).ok()?);
        }
        bits &= (1 << count) - 1;
    }
    Some(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(key: u8) -> Links {
        Links::new([key; 32], "https://panel.example".to_owned())
    }

    fn ticket(number: u128) -> TicketId {
        TicketId::new(Uuid::from_u128(number))
    }

    #[test]
    fn an_address_names_its_ticket_and_no_other_is_guessed() {
        let local = links(1).ticket_local_part(ticket(u128::MAX - 7));
        assert!(local.len() <= 64, "RFC 5321 section 4.5.3.1.1: {local}");
        assert_eq!(links(1).ticket_of(&local), Some(ticket(u128::MAX - 7)));
        assert_eq!(links(1).ticket_of(&local.to_uppercase()), Some(ticket(u128::MAX - 7)), "in any case");
        assert_eq!(links(2).ticket_of(&local), None, "made under another key");
        let other = links(1).ticket_local_part(ticket(5));
        let mixed = format!(
            "{}{}",
            &local[..PREFIX.len() + ID_CHARACTER_COUNT],
            &other[PREFIX.len() + ID_CHARACTER_COUNT..]
        );
        assert_eq!(links(1).ticket_of(&mixed), None, "the secret of another ticket");
        for nonsense in [
            "",
            "ticket-",
            "ticket-aaaa",
            "support",
            "ticket-\u{e9}",
            &local[..local.len() - 1],
            &format!("{local}a"),
        ] {
            assert_eq!(links(1).ticket_of(nonsense), None, "{nonsense}");
        }
    }

    fn mail(head: &str, body: &str) -> Vec<u8> {
        format!(
            "From: <zoe@elsewhere.example>\r\nTo: <t@panel.example>\r\nSubject: Re: x\r\n{head}\r\n{body}"
        )
        .into_bytes()
    }

    #[test]
    fn what_machines_send_is_no_answer() {
        for head in [
            "Auto-Submitted: auto-replied\r\n",
            "Auto-Submitted: auto-generated (vacation)\r\n",
            "Precedence: bulk\r\n",
            "Precedence: Junk\r\n",
            "X-Autoreply: yes\r\n",
            "X-Auto-Response-Suppress: All\r\n",
            "List-Id: <l.example>\r\n",
            "Content-Type: multipart/report; boundary=b\r\n",
        ] {
            assert_eq!(read_reply(&mail(head, "I am away.\r\n")), Err(NoReply::Automatic), "{head}");
        }
        assert_eq!(read_reply(&mail("", "\r\n> quoted\r\n")), Err(NoReply::Empty));
        assert_eq!(read_reply(&vec![b'x'; REPLY_OCTETS_MAX + 1]), Err(NoReply::Malformed));
        assert_eq!(
            read_reply(&mail("Auto-Submitted: no\r\n", "Yes.\r\n")).map(|reply| reply.text),
            Ok("Yes.".to_owned())
        );
    }

    #[test]
    fn what_programs_quote_is_left_out_and_what_people_write_stays() {
        let (en, fr) = (marker(Language::En), marker(Language::Fr));
        for (body, text) in [
            ("Yes.\r\n", "Yes."),
            ("Yes:\r\n- one\r\n\r\n- two\r\n", "Yes:\n- one\n\n- two"),
            (&format!("Yes.\r\n\r\nOn Wed, Zoe <z@x.example> wrote:\r\n> {en}\r\n> Our support\r\n"), "Yes."),
            (
                &format!(
                    "Yes.\r\n\r\nOn Wed, 25 Nov 2026 at 10:00, Support\r\n<s@x.example> wrote:\r\n\r\n> {en}\r\n"
                ),
                "Yes.",
            ),
            (&format!("Oui.\r\n\r\nLe mer. 25 nov., z a écrit :\r\n> {fr}\r\n"), "Oui."),
            (&format!("Yes.\r\n________\r\n{en}\r\nSubject: y\r\n"), "Yes.\n________"),
            ("> You asked this\r\nAnd I say that.\r\n", "> You asked this\nAnd I say that."),
        ] {
            let mail =
                mail("Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n", body);
            assert_eq!(read_reply(&mail).map(|reply| reply.text), Ok(text.to_owned()), "{body}");
        }
        let long = read_reply(&mail("", &"x".repeat(900).repeat(20))).expect("an answer");
        assert_eq!(long.text.len(), TICKET_TEXT_CHARACTER_COUNT_MAX);
    }

    #[test]
    fn files_are_taken_within_their_number_and_named_without_paths() {
        let part = |name: &str, body: &str| {
            format!(
                "--b\r\nContent-Type: image/png; name=\"{name}\"\r\nContent-Disposition: attachment; filename=\"{name}\"\r\n\r\n{body}\r\n"
            )
        };
        let parts = ["../../etc/passwd", "b.png", "c.png", "d.png", "e.png", "f.png"]
            .map(|name| part(name, "octets"));
        let body = format!("--b\r\nContent-Type: text/plain\r\n\r\nSee.\r\n{}--b--\r\n", parts.concat());
        let reply =
            read_reply(&mail("MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n", &body));
        let reply = reply.expect("an answer");
        assert_eq!((reply.text.as_str(), reply.files.len(), reply.left_out_count), ("See.", 5, 1));
        assert_eq!(reply.files[0], ("passwd".to_owned(), b"octets".to_vec()));
    }
}
