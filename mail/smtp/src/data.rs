//! The content of DATA (RFC 5321 sections 4.1.1.4 and 4.5.2).
//!
//! Only CRLF.CRLF ends a message. A CR or LF that stands alone is remembered and the message refused: peers that see
//! another end there could otherwise be made to see a second message (SMTP smuggling). So it is with NUL: to a host that drops
//! it, CRLF NUL dot CRLF is an end.

use bytes::BytesMut;

/// Where the reader stands in a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    LineStart,
    /// After a dot at the start of a line.
    Dot,
    /// After a dot and a CR.
    DotCr,
    Inside,
    Cr,
}

/// Reads a message piece by piece.
#[derive(Debug)]
pub(crate) struct DataReader {
    at: At,
    message: BytesMut,
    octets_max: usize,
    is_too_long: bool,
    is_put_off: bool,
    has_bare_line_end: bool,
    has_nul: bool,
}

/// A message as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Content {
    Whole(BytesMut),
    TooLong,
    /// There was no room for it.
    PutOff,
    /// It holds a CR or LF that is no line end.
    BareLineEnd,
    /// It holds a NUL, which only BINARYMIME lets it (RFC 5321 section 4.5.2, RFC 3030).
    Nul,
}

impl DataReader {
    pub(crate) fn new(octets_max: usize) -> Self {
        Self {
            at: At::LineStart,
            message: BytesMut::new(),
            octets_max,
            is_too_long: false,
            is_put_off: false,
            has_bare_line_end: false,
            has_nul: false,
        }
    }

    fn put(&mut self, octets: &[u8]) {
        if self.is_too_long || self.is_put_off {
            return;
        }
        if self.message.len() + octets.len() > self.octets_max {
            self.is_too_long = true;
            self.message = BytesMut::new();
        } else {
            self.message.extend_from_slice(octets);
        }
    }

    /// Reads on to the end of the message and keeps nothing of it.
    pub(crate) fn put_off(&mut self) {
        self.is_put_off = true;
        self.message = BytesMut::new();
    }

    /// Octets that are kept.
    pub(crate) fn len(&self) -> usize {
        self.message.len()
    }

    /// Takes what is there; the content when its end was among it. What follows the end stays in `input`.
    pub(crate) fn take(&mut self, input: &mut BytesMut) -> Option<Content> {
        let octets = std::mem::take(input);
        let mut start = 0;
        let mut position = 0;
        while position < octets.len() {
            let octet = octets[position];
            match (self.at, octet) {
                (At::LineStart, b'.') => {
                    // The dot is not part of the message: what was before it is.
                    self.put(&octets[start..position]);
                    start = position + 1;
                    self.at = At::Dot;
                }
                (At::Dot, b'\r') => {
                    self.put(&octets[start..position]);
                    start = position;
                    self.at = At::DotCr;
                }
                (At::DotCr, b'\n') => {
                    let mut rest = octets;
                    *input = rest.split_off(position + 1);
                    return Some(self.ended());
                }
                (At::DotCr, _) => {
                    // The CR was none of a line end; it was held back where it came with an earlier piece.
                    self.has_bare_line_end = true;
                    self.at = At::Inside;
                    continue;
                }
                (At::LineStart | At::Inside, b'\r') => self.at = At::Cr,
                (At::Cr, b'\n') => self.at = At::LineStart,
                (At::Cr, _) => {
                    self.has_bare_line_end = true;
                    self.at = At::Inside;
                    continue;
                }
                (At::LineStart | At::Dot | At::Inside, b'\n') => {
                    self.has_bare_line_end = true;
                    self.at = At::Inside;
                }
                (At::LineStart | At::Dot | At::Inside, _) => {
                    self.at = At::Inside;
                    // The next line end is what matters: go there at once.
                    let rest = &octets[position..];
                    let length =
                        rest.iter().position(|octet| matches!(octet, b'\r' | b'\n')).unwrap_or(rest.len());
                    let length = length.max(1);
                    self.has_nul |= rest[..length].contains(&0);
                    position += length;
                    continue;
                }
            }
            position += 1;
        }
        if start < octets.len() && self.at != At::DotCr {
            self.put(&octets[start..]);
        }
        None
    }

    fn ended(&mut self) -> Content {
        self.at = At::LineStart;
        let message = std::mem::take(&mut self.message);
        if self.has_bare_line_end {
            Content::BareLineEnd
        } else if self.has_nul {
            Content::Nul
        } else if self.is_too_long {
            Content::TooLong
        } else if self.is_put_off {
            Content::PutOff
        } else {
            Content::Whole(message)
        }
    }
}

/// Whether a line end is none, in chunks.
pub(crate) fn has_bare_line_end(octets: &[u8]) -> bool {
    let mut previous = 0;
    for &octet in octets {
        if (octet == b'\n') != (previous == b'\r') {
            return true;
        }
        previous = octet;
    }
    previous == b'\r'
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All ways to cut `octets` in two, and one octet at a time.
    fn read(octets: &[u8]) -> (Option<Content>, Vec<u8>) {
        let whole = read_cut(octets, &[octets.len()]);
        for cut in 0..octets.len() {
            assert_eq!(read_cut(octets, &[cut, octets.len()]), whole, "cut at {cut}");
        }
        let single: Vec<usize> = (1..=octets.len()).collect();
        assert_eq!(read_cut(octets, &single), whole);
        whole
    }

    fn read_cut(octets: &[u8], cuts: &[usize]) -> (Option<Content>, Vec<u8>) {
        let mut reader = DataReader::new(100);
        let mut input = BytesMut::new();
        let mut from = 0;
        let mut content = None;
        for cut in cuts {
            input.extend_from_slice(&octets[from..*cut]);
            from = *cut;
            if content.is_none() {
                content = reader.take(&mut input);
            }
        }
        (content, input.to_vec())
    }

    fn whole(text: &str) -> Option<Content> {
        Some(Content::Whole(BytesMut::from(text.as_bytes())))
    }

    #[test]
    fn dots_are_taken_off_and_only_the_true_end_ends() {
        for (wire, message, rest) in [
            ("a\r\n.\r\n", "a\r\n", ""),
            (".\r\nQUIT\r\n", "", "QUIT\r\n"),
            ("..a\r\n...\r\n.\r\n", ".a\r\n..\r\n", ""),
            (".a\r\n.\r\nX", "a\r\n", "X"),
            ("a\r\n\r\nb.\r\n.\r\n", "a\r\n\r\nb.\r\n", ""),
            ("a\r\n. \r\n.\r\n", "a\r\n \r\n", ""),
        ] {
            assert_eq!(read(wire.as_bytes()), (whole(message), rest.as_bytes().to_vec()), "{wire:?}");
        }
        assert_eq!(read(b"no end\r\n").0, None);
    }

    #[test]
    fn smuggled_ends_are_content_and_the_message_is_refused() {
        for trick in ["\n.\n", "\n.\r\n", "\r.\r", "\r\n.\r", "\r\n.\n", "\r.\r\n", "\n.\r"] {
            let wire = format!("a{trick}MAIL FROM:<x@y.example>\r\n.\r\n");
            let (content, rest) = read(wire.as_bytes());
            assert_eq!(content, Some(Content::BareLineEnd), "{trick:?}");
            assert!(rest.is_empty(), "{trick:?}");
        }
    }

    #[test]
    fn ends_that_are_some_without_nul_are_content_and_the_message_is_refused() {
        for trick in ["\r\n\0.\r\n", "\r\n.\0\r\n", "\0\r\n", "\r\nb\0c\r\n", "\r\n..\0\r\n"] {
            let wire = format!("a{trick}MAIL FROM:<x@y.example>\r\n.\r\nQUIT\r\n");
            assert_eq!(read(wire.as_bytes()), (Some(Content::Nul), b"QUIT\r\n".to_vec()), "{trick:?}");
        }
        for trick in ["\r\0\n.\r\n", "\r\n.\r\0\n"] {
            let wire = format!("a{trick}MAIL FROM:<x@y.example>\r\n.\r\n");
            assert_eq!(read(wire.as_bytes()).0, Some(Content::BareLineEnd), "{trick:?}");
        }
    }

    #[test]
    fn what_is_too_long_is_read_to_its_end_and_not_kept() {
        let wire = format!("{}\r\n.\r\nQUIT\r\n", "x".repeat(500));
        let mut reader = DataReader::new(100);
        let mut input = BytesMut::from(wire.as_bytes());
        assert_eq!(reader.take(&mut input), Some(Content::TooLong));
        assert_eq!(&input[..], b"QUIT\r\n");
    }

    #[test]
    fn what_is_put_off_is_read_to_its_end_and_not_kept() {
        let mut reader = DataReader::new(100);
        let mut input = BytesMut::from("abc\r\n");
        assert_eq!(reader.take(&mut input), None);
        assert_eq!(reader.len(), 5);
        reader.put_off();
        let mut input = BytesMut::from("more\r\n.\r\nQUIT\r\n");
        assert_eq!(reader.take(&mut input), Some(Content::PutOff));
        assert_eq!((reader.len(), &input[..]), (0, &b"QUIT\r\n"[..]));
    }

    #[test]
    fn bare_line_ends_are_seen_in_chunks() {
        for (text, is_bare) in
            [("a\r\nb\r\n", false), ("", false), ("a\nb", true), ("a\rb", true), ("a\r", true)]
        {
            assert_eq!(has_bare_line_end(text.as_bytes()), is_bare, "{text:?}");
        }
    }
}
