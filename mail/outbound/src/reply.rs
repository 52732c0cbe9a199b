//! Replies of other hosts: read within bounds, and cleaned before they are stored or shown.

use store::RemoteReply;

use crate::limits::{REPLY_CHARACTER_COUNT_MAX, REPLY_LINE_COUNT_MAX};

/// A whole reply (RFC 5321 section 4.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    /// 200 to 599.
    pub(crate) code: u16,
    /// The enhanced status code of the last line that has one (RFC 2034 section 4).
    pub(crate) enhanced: Option<String>,
    /// The texts of the lines, cleaned, one blank between.
    pub(crate) text: String,
    /// The lines without codes, for EHLO.
    pub(crate) lines: Vec<String>,
}

/// Why octets are no reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ReplyFault {
    /// A line does not begin with three digits and a blank or hyphen.
    #[error("the other side does not speak SMTP")]
    NoCode,
    /// The lines of one reply have different codes.
    #[error("the lines of a reply have different codes")]
    CodesDiffer,
    /// It does not end.
    #[error("the reply has more than {REPLY_LINE_COUNT_MAX} lines")]
    TooLong,
}

/// Lines gathered to a reply.
#[derive(Debug, Default)]
pub(crate) struct ReplyReader {
    code: Option<u16>,
    enhanced: Option<String>,
    lines: Vec<String>,
}

impl ReplyReader {
    /// Takes one line without its end; the reply where it was the last one.
    ///
    /// # Errors
    /// [`ReplyFault`]; the connection is of no use any more.
    pub(crate) fn line(&mut self, line: &[u8]) -> Result<Option<Reply>, ReplyFault> {
        let (code, is_last, rest) = split(line).ok_or(ReplyFault::NoCode)?;
        if self.code.is_some_and(|known| known != code) {
            return Err(ReplyFault::CodesDiffer);
        }
        if self.lines.len() >= REPLY_LINE_COUNT_MAX {
            return Err(ReplyFault::TooLong);
        }
        self.code = Some(code);
        let text = clean(&String::from_utf8_lossy(rest));
        let (enhanced, text) = split_enhanced(code, &text);
        if enhanced.is_some() {
            self.enhanced = enhanced;
        }
        self.lines.push(text.to_owned());
        if !is_last {
            return Ok(None);
        }
        let lines = std::mem::take(&mut self.lines);
        let joined = lines.join(" ");
        let text = joined.trim().chars().take(REPLY_CHARACTER_COUNT_MAX).collect();
        self.code = None;
        Ok(Some(Reply { code, enhanced: self.enhanced.take(), text, lines }))
    }
}

fn split(line: &[u8]) -> Option<(u16, bool, &[u8])> {
    let digits = line.get(..3)?;
    if !digits.iter().all(u8::is_ascii_digit) || !(b'2'..=b'5').contains(&digits[0]) {
        return None;
    }
    let code = digits.iter().fold(0, |code, digit| code * 10 + u16::from(digit - b'0'));
    match line.get(3) {
        None => Some((code, true, &[])),
        Some(b' ') => Some((code, true, &line[4..])),
        Some(b'-') => Some((code, false, &line[4..])),
        Some(_) => None,
    }
}

/// Takes off an enhanced code whose class is that of the reply (RFC 3463 section 2).
fn split_enhanced(code: u16, text: &str) -> (Option<String>, &str) {
    let word = text.split(' ').next().unwrap_or_default();
    let parts: Vec<&str> = word.split('.').collect();
    let is_number =
        |part: &&str| (1..=3).contains(&part.len()) && part.bytes().all(|octet| octet.is_ascii_digit());
    let is_code = parts.len() == 3 && parts.iter().all(is_number) && parts[0] == (code / 100).to_string();
    if is_code { (Some(word.to_owned()), text[word.len()..].trim_start()) } else { (None, text) }
}

/// Text of strangers as one printable line: control characters and those that turn the direction of text become blanks.
pub(crate) fn clean(text: &str) -> String {
    let is_shown = |character: char| {
        !character.is_control()
            && !matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    text.chars().map(|character| if is_shown(character) { character } else { ' ' }).collect()
}

impl Reply {
    /// 2xx. 3xx is none of it: it asks for more (RFC 5321 section 4.2.1).
    pub(crate) const fn is_positive(&self) -> bool {
        matches!(self.code, 200..300)
    }

    /// 4xx or 5xx.
    pub(crate) const fn is_refusal(&self) -> bool {
        self.code >= 400
    }

    /// 5xx.
    pub(crate) const fn is_final(&self) -> bool {
        self.code >= 500
    }

    /// As it is stored: with an enhanced code in any case.
    pub(crate) fn told(&self, host: &str) -> RemoteReply {
        let enhanced = self.enhanced.clone().unwrap_or_else(|| match self.code {
            200..300 => "2.0.0".to_owned(),
            300..500 => "4.0.0".to_owned(),
            _ => "5.0.0".to_owned(),
        });
        RemoteReply { code: self.code, enhanced, text: self.text.clone(), host: Some(host.to_owned()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Option<Reply>, ReplyFault> {
        let mut reader = ReplyReader::default();
        let mut last = Ok(None);
        for line in text.split("\r\n") {
            last = reader.line(line.as_bytes());
            last.as_ref().map_err(|fault| *fault)?;
        }
        last
    }

    #[test]
    fn replies_of_one_and_many_lines_are_read() {
        for (text, code, enhanced, told) in [
            ("250 OK", 250, None, "OK"),
            ("250", 250, None, ""),
            ("250 2.1.5 OK", 250, Some("2.1.5"), "OK"),
            ("550-5.1.1 no such\r\n550 5.1.1 user", 550, Some("5.1.1"), "no such user"),
            ("550 4.1.1 odd", 550, None, "4.1.1 odd"),
            ("421 4.7.0 [TS01] try\u{1b}[31m \u{202e}later", 421, Some("4.7.0"), "[TS01] try [31m  later"),
        ] {
            let reply = read(text).expect(text).expect(text);
            let seen = (reply.code, reply.enhanced.as_deref(), reply.text.as_str());
            assert_eq!(seen, (code, enhanced, told), "{text}");
        }
    }

    #[test]
    fn garbage_is_no_reply_and_endless_ones_end() {
        for (text, fault) in [
            ("hello", ReplyFault::NoCode),
            ("", ReplyFault::NoCode),
            ("25 x", ReplyFault::NoCode),
            ("150 x", ReplyFault::NoCode),
            ("250x", ReplyFault::NoCode),
            ("250-a\r\n550 b", ReplyFault::CodesDiffer),
        ] {
            assert_eq!(read(text), Err(fault), "{text}");
        }
        let endless = vec!["250-x"; REPLY_LINE_COUNT_MAX + 1].join("\r\n");
        assert_eq!(read(&endless), Err(ReplyFault::TooLong));
        let long = format!("250 {}", "x".repeat(5000));
        assert_eq!(read(&long).expect("a reply").expect("whole").text.len(), REPLY_CHARACTER_COUNT_MAX);
    }
}
