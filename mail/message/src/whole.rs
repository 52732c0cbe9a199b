//! A message with all of its parts, as `mail_parser` reads it, for those who look for something inside.
//!
//! Whoever writes to us decides how many parts there are and how deep they lie. `mail_parser` keeps each of them, and drops a
//! message within a message by calling itself: some ten thousand of them, a few hundred kilobytes, end the process. So what
//! cannot be meant is not read at all, and what was read is taken apart one by one.

use std::ops::Deref;

use mail_parser::{Message, MessageParser, MessagePart, PartType};

/// Most words that can begin a message or parts within a part: an upper bound of how deep they lie.
pub const NESTING_WORD_COUNT_MAX: usize = 1_000;
/// Most places where a boundary could stand: an upper bound of how many parts there are.
pub const BOUNDARY_COUNT_MAX: usize = 20_000;

/// What a header must say for a part to hold parts (RFC 2046 section 5, RFC 6532 section 3.7).
const NESTING_WORDS: [&[u8]; 4] = [b"rfc822", b"global", b"digest", b"multipart"];

/// A message that was read whole.
#[derive(Debug)]
pub struct Whole<'a>(Message<'a>);

impl<'a> Whole<'a> {
    /// Reads `message`; none where it is no message, or holds more than anybody means.
    pub fn read(message: &'a [u8]) -> Option<Self> {
        if boundaries(message) > BOUNDARY_COUNT_MAX || nesting_words(message) > NESTING_WORD_COUNT_MAX {
            return None;
        }
        MessageParser::default().parse(message).map(Self)
    }
}

impl<'a> Deref for Whole<'a> {
    type Target = Message<'a>;

    fn deref(&self) -> &Message<'a> {
        &self.0
    }
}

impl Drop for Whole<'_> {
    fn drop(&mut self) {
        let mut waiting: Vec<MessagePart<'_>> = std::mem::take(&mut self.0.parts);
        while let Some(mut part) = waiting.pop() {
            if let PartType::Message(inner) = &mut part.body {
                waiting.append(&mut inner.parts);
            }
        }
    }
}

/// Runs of two and more hyphens: a boundary begins with one, wherever it stands.
fn boundaries(message: &[u8]) -> usize {
    message.split(|octet| *octet != b'-').filter(|run| run.len() >= 2).count()
}

fn nesting_words(message: &[u8]) -> usize {
    let begins = |rest: &[u8]| {
        let is_at =
            |word: &&[u8]| rest.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
        NESTING_WORDS.iter().any(is_at)
    };
    (0..message.len()).filter(|at| begins(&message[*at..])).take(NESTING_WORD_COUNT_MAX + 1).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on_a_small_stack<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
        let thread = std::thread::Builder::new().stack_size(128 * 1024).spawn(work).expect("a thread");
        thread.join().expect("it ends")
    }

    #[test]
    fn messages_within_messages_are_taken_apart_without_a_stack() {
        let deep = b"Content-Type: message/rfc822\r\n\r\n".repeat(NESTING_WORD_COUNT_MAX);
        let depth = on_a_small_stack(move || {
            let whole = Whole::read(&deep).expect("a message");
            let mut depth = 0;
            let mut at: &Message<'_> = &whole;
            while let Some(PartType::Message(inner)) = at.parts.first().map(|part| &part.body) {
                (at, depth) = (inner, depth + 1);
            }
            depth
        });
        assert!(depth >= NESTING_WORD_COUNT_MAX - 1, "{depth}");
    }

    #[test]
    fn what_nobody_means_is_not_read() {
        for bomb in [
            b"Content-Type: message/rfc822\r\n\r\n".repeat(33_000),
            b"content-type: MESSAGE/Global\n\n".repeat(500_000),
            [b"Content-Type: multipart/digest; boundary=x\r\n\r\n".to_vec(), b"--x\n\n".repeat(1_000_000)]
                .concat(),
            [b"Content-Type: multipart/mixed; boundary=x\r\n\r\n".to_vec(), b"--x\n\n".repeat(1_000_000)]
                .concat(),
        ] {
            assert!(on_a_small_stack(move || Whole::read(&bomb).is_none()));
        }
        // As deep as parts of many kinds can lie, none of them closed.
        let unclosed: String = (0..NESTING_WORD_COUNT_MAX)
            .map(|number| format!("Content-Type: multipart/mixed; boundary=b{number}\r\n\r\n--b{number}\r\n"))
            .collect();
        assert!(on_a_small_stack(move || Whole::read(unclosed.as_bytes()).is_some()));
    }

    #[test]
    fn what_people_write_is_read() {
        let patch = "--- a/file\r\n+++ b/file\r\n-----\r\n".repeat(1_000);
        let text = format!("Subject: patch\r\n\r\nabout multipart and message/rfc822\r\n{patch}");
        let whole = Whole::read(text.as_bytes()).expect("a message");
        assert_eq!(whole.subject(), Some("patch"));
    }
}
