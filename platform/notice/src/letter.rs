//! A message as it is mailed: text and simple HTML, each complete.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hosting::Language;
use kernel::{EmailAddress, NoticeId, Timestamp};

/// Characters of a line of base64 (RFC 2045 section 6.8).
const BASE64_LINE_OCTETS: usize = 76;
/// Octets of text in one encoded word, so that it has at most 75 characters (RFC 2047 section 2).
const ENCODED_WORD_OCTETS: usize = 42;

/// What is said, to whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// Where it goes.
    pub to: EmailAddress,
    /// Where answers go, where somebody reads them.
    pub reply_to: Option<EmailAddress>,
    /// One line.
    pub subject: String,
    /// One after another, the last one being the closing.
    pub paragraphs: Vec<String>,
    /// What the link is called, and where it leads.
    pub action: Option<(String, String)>,
    /// Of all that.
    pub language: Language,
}

/// What the envelope and head of a letter say besides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Postmark {
    /// By what name the sender calls itself.
    pub sender: String,
    /// From whom.
    pub from: EmailAddress,
    /// The notice: gives the Message-ID, the same each time it is posted.
    pub notice: NoticeId,
    /// When it was asked for.
    pub at: Timestamp,
}

impl Letter {
    /// The message (RFC 5322), lines ended by CRLF, seven-bit.
    pub fn mail(&self, postmark: &Postmark) -> Vec<u8> {
        let boundary = format!("=_{}", postmark.notice);
        let mut mail = self.head(postmark);
        mail.push_str(&format!("Content-Type: multipart/alternative; boundary=\"{boundary}\"\r\n\r\n"));
        for (kind, body) in [("plain", self.text()), ("html", self.html())] {
            mail.push_str(&format!(
                "--{boundary}\r\nContent-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{}",
                base64_lines(body.as_bytes())
            ));
        }
        mail.push_str(&format!("--{boundary}--\r\n"));
        mail.into_bytes()
    }

    fn head(&self, postmark: &Postmark) -> String {
        let Postmark { sender, from, notice, at } = postmark;
        let sender = phrase(sender);
        let reply_to = self.reply_to.as_ref().map_or_else(String::new, |to| format!("Reply-To: <{to}>\r\n"));
        format!(
            "From: {sender} <{from}>\r\nTo: <{}>\r\n{reply_to}Subject: {}\r\nDate: {}\r\nMessage-ID: <{notice}@{}>\r\n\
             Auto-Submitted: auto-generated\r\nX-Auto-Response-Suppress: All\r\nContent-Language: {}\r\nMIME-Version: 1.0\r\n",
            self.to,
            encoded(&self.subject),
            date(*at),
            from.domain,
            self.language.tag(),
        )
    }

    fn text(&self) -> String {
        let mut blocks = self.paragraphs.clone();
        if let Some((name, url)) = &self.action {
            blocks.insert(blocks.len().saturating_sub(1), format!("{name}:\r\n{url}"));
        }
        blocks.join("\r\n\r\n") + "\r\n"
    }

    fn html(&self) -> String {
        let mut blocks: Vec<String> = self
            .paragraphs
            .iter()
            .map(|text| format!("<p>{}</p>", escaped(text).replace("\r\n", "<br>\r\n")))
            .collect();
        if let Some((name, url)) = &self.action {
            let link = format!("<p><a href=\"{0}\">{1}</a><br>{0}</p>", escaped(url), escaped(name));
            blocks.insert(blocks.len().saturating_sub(1), link);
        }
        format!(
            "<!doctype html>\r\n<html lang=\"{}\"><head><meta charset=\"utf-8\"><title>{}</title></head>\r\n\
             <body style=\"font-family:sans-serif;max-width:36em;line-height:1.5\">\r\n{}\r\n</body></html>\r\n",
            self.language.tag(),
            escaped(&self.subject),
            blocks.join("\r\n"),
        )
    }
}

fn base64_lines(octets: &[u8]) -> String {
    let encoded = STANDARD.encode(octets);
    let lines = encoded.as_bytes().chunks(BASE64_LINE_OCTETS).map(String::from_utf8_lossy);
    lines.fold(String::new(), |text, line| text + &line + "\r\n")
}

/// A header's text: as it is where it is ASCII, else in encoded words, one a line.
fn encoded(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    let (mut words, mut word) = (Vec::new(), String::new());
    for character in text.chars() {
        if word.len() + character.len_utf8() > ENCODED_WORD_OCTETS {
            words.push(std::mem::take(&mut word));
        }
        word.push(character);
    }
    words.push(word);
    let words: Vec<String> =
        words.iter().map(|word| format!("=?utf-8?B?{}?=", STANDARD.encode(word))).collect();
    words.join("\r\n ")
}

/// A name before an address (RFC 5322 section 3.2.5), quoted, or encoded where it is not ASCII.
fn phrase(name: &str) -> String {
    let name: String = name.chars().filter(|character| !character.is_control()).collect();
    if name.is_ascii() {
        return format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""));
    }
    encoded(&name)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// RFC 5322 section 3.3.
fn date(at: Timestamp) -> String {
    let moment = jiff::Timestamp::from_millisecond(at.millis()).unwrap_or_default();
    moment.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use hosting::notice::{Notice, NoticeKind, NoticePerson};
    use kernel::{AccountId, Sealed, SubjectId, UserId};
    use uuid::Uuid;

    fn notice(kind: NoticeKind, detail: &str) -> Notice {
        let (user, id) = (UserId::new(Uuid::from_u128(1)), NoticeId::new(Uuid::from_u128(2)));
        let sealed = |text: &str| Sealed::new(SubjectId::of_user(user), text.to_owned());
        let address = EmailAddress::parse("zoe@elsewhere.example").expect("an address");
        Notice {
            notice: id,
            person: NoticePerson::User(user),
            kind,
            address: Sealed::new(SubjectId::of_user(user), address),
            login: Some(sealed("zoe@elsewhere.example")),
            detail: Some(sealed(detail)),
            ticket: None,
            language: Language::Fr,
            at: Timestamp::from_secs(1_790_000_000),
            link_until: None,
            link_of: id,
        }
    }

    fn mail(notice: &Notice) -> Vec<u8> {
        mail_of(notice, crate::HOUSE)
    }

    fn mail_of(notice: &Notice, sender: &str) -> Vec<u8> {
        let links = crate::Links::new([1; 32], "https://panel.example".to_owned());
        let from = EmailAddress::parse("no-reply@panel.example").expect("an address");
        let letter = crate::compose((AccountId::PLATFORM, notice), &links, sender).expect("nobody is erased");
        letter.mail(&Postmark { sender: sender.to_owned(), from, notice: notice.notice, at: notice.at })
    }

    #[test]
    fn a_parser_of_others_reads_text_html_subject_and_date() {
        let mail = mail(&notice(NoticeKind::PasswordReset, ""));
        assert!(mail.is_ascii() && mail.split(|octet| *octet == b'\n').all(|line| line.len() < 200));
        let read = mail_parser::MessageParser::default().parse(&mail).expect("a message");
        assert_eq!(read.subject(), Some("Choisissez un nouveau mot de passe"));
        assert_eq!(read.date().map(|date| date.to_timestamp()), Some(1_790_000_000));
        let text = read.body_text(0).expect("text");
        assert!(text.contains("https://panel.example/reset?token=hsl_"), "{text}");
        assert!(text.contains("30 minutes") && read.body_html(0).expect("HTML").contains("<a href="));
    }

    #[test]
    fn what_people_type_is_no_markup_and_no_header() {
        let mail = mail(&notice(NoticeKind::FactorAdded, "<script>\r\nBcc: evil@x.example"));
        let read = mail_parser::MessageParser::default().parse(&mail).expect("a message");
        assert!(read.bcc().is_none());
        let html = read.body_html(0).expect("HTML");
        assert!(html.contains("&lt;script&gt;Bcc") && !html.contains("<script>"), "{html}");
    }

    #[test]
    fn a_reseller_writes_in_its_own_name_whatever_that_holds() {
        for name in ["Acme", "Acme \"Mail\", <b>Ltd</b>", "Caf\u{e9} & fils"] {
            let mail = mail_of(&notice(NoticeKind::PasswordReset, ""), name);
            let read = mail_parser::MessageParser::default().parse(&mail).expect("a message");
            let from = read.from().and_then(|from| from.first()).expect("an author");
            assert_eq!((from.name(), from.address()), (Some(name), Some("no-reply@panel.example")));
            let text = read.body_text(0).expect("text");
            assert!(text.contains(name) && !text.contains("Hosterra"), "{text}");
            let html = read.body_html(0).expect("HTML");
            assert!(!html.contains("<b>Ltd"), "{html}");
        }
    }

    #[test]
    fn long_subjects_are_split_between_characters() {
        let subject = "é".repeat(100);
        let folded = encoded(&subject);
        assert!(folded.split("\r\n ").all(|word| word.len() <= 75));
        let mail = format!("Subject: {folded}\r\n\r\n");
        let read = mail_parser::MessageParser::default().parse(mail.as_bytes()).expect("a message");
        assert_eq!(read.subject(), Some(subject.as_str()));
    }
}
