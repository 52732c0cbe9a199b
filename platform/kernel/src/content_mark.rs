//! By what one content of an intention is told from another.

/// A short hash over what somebody asked for, kept with what came of it: 64 bits, of which nothing can be read. The same id
/// with another mark is another intention.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ContentMark(u64);

impl ContentMark {
    /// Of these bits.
    pub const fn new(bits: u64) -> Self {
        Self(bits)
    }

    /// The mark of a text as `Display` writes it, 16 lower-case hexadecimal digits; none for any other.
    pub fn of(text: &str) -> Option<Self> {
        let is_digit = |octet: u8| octet.is_ascii_digit() || (b'a'..=b'f').contains(&octet);
        if text.len() != 16 || !text.bytes().all(is_digit) {
            return None;
        }
        u64::from_str_radix(text, 16).ok().map(Self)
    }
}

impl std::fmt::Display for ContentMark {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_read_as_it_was_written_and_nothing_else_is_one() {
        for bits in [0, 1, 0x0123_4567_89ab_cdef, u64::MAX] {
            let mark = ContentMark::new(bits);
            assert_eq!(ContentMark::of(&mark.to_string()), Some(mark));
        }
        for text in ["", "0", "0123456789ABCDEF", "+123456789abcdef", "0123456789abcdef0", "mailboxQuota1234"]
        {
            assert_eq!(ContentMark::of(text), None, "{text}");
        }
    }
}
