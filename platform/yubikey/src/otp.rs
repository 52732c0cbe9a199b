//! What a YubiKey types.

use ring::digest::{SHA256, digest};

/// Characters of the part that is encrypted, at the end: 16 octets.
const SECRET_CHARACTER_COUNT: usize = 32;
/// Characters of the identity before it; keys from the shop have 12.
const IDENTITY_CHARACTER_COUNT: std::ops::RangeInclusive<usize> = 2..=16;
/// The digits: those that stand on the same keys of almost every keyboard.
const DIGITS: &[u8] = b"cbdefghijklnrtuv";

/// What a YubiKey types at a touch: its identity, and a secret that is good once. Its `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Otp(String);

impl Otp {
    /// Of what was typed: 34 to 48 characters of `cbdefghijklnrtuv`, in small or capital letters. None for anything else.
    pub fn parse(typed: &str) -> Option<Self> {
        let typed = typed.trim();
        let identity = typed.len().checked_sub(SECRET_CHARACTER_COUNT)?;
        if !IDENTITY_CHARACTER_COUNT.contains(&identity) {
            return None;
        }
        let lower = typed.to_ascii_lowercase();
        lower.bytes().all(|octet| DIGITS.contains(&octet)).then_some(Self(lower))
    }

    /// The part that stays the same: which key it is.
    pub fn identity(&self) -> &str {
        &self.0[..self.0.len() - SECRET_CHARACTER_COUNT]
    }

    /// SHA-256 of all of it, by which it is known to have been used.
    pub fn hash(&self) -> [u8; 32] {
        digest(&SHA256, self.0.as_bytes()).as_ref().try_into().unwrap_or_default()
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Otp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Otp")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_key_types_is_told_from_other_codes() {
        for (typed, identity) in [
            ("cccccccbcjdifctrndncchkftchjlnbhvhtugdljibej", Some("cccccccbcjdi")),
            (" CCCCCCCBCJDIFCTRNDNCCHKFTCHJLNBHVHTUGDLJIBEJ\n", Some("cccccccbcjdi")),
            ("vvungrrdhvtklknvrtvuvbbkeidikkvgglrvdgrfcdft", Some("vvungrrdhvtk")),
            ("ccifctrndncchkftchjlnbhvhtugdljibe", Some("cc")),
            // Without an identity it could be anybody's.
            ("ifctrndncchkftchjlnbhvhtugdljibe", None),
            ("cifctrndncchkftchjlnbhvhtugdljibe", None),
            ("cccccccccccccccccifctrndncchkftchjlnbhvhtugdljibe", None),
            ("accccccbcjdifctrndncchkftchjlnbhvhtugdljibej", None),
            ("ccccccéccjdifctrndncchkftchjlnbhvhtugdljibej", None),
            ("123456", None),
            ("aaaa-bbbb-cccc-dddd", None),
            ("", None),
        ] {
            assert_eq!(Otp::parse(typed).as_ref().map(Otp::identity), identity, "{typed}");
        }
    }
}
