//! Login names of users.

use std::fmt;

use crate::limit::{LOGIN_NAME_OCTETS_MAX, LOGIN_NAME_OCTETS_MIN};

/// Why a text is no login name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LoginFault {
    /// Shorter than 3 or longer than 128 octets.
    #[error("a login name has {LOGIN_NAME_OCTETS_MIN} to {LOGIN_NAME_OCTETS_MAX} characters")]
    Length,
    /// Something else than ASCII letters, digits and `. _ @ + -`.
    #[error("a login name holds letters, digits and . _ @ + - only")]
    Character,
}

/// What a user signs in with: `mailadmin_demo.example` or an e-mail address. Lower case, unique on the platform.
///
/// 3 to 128 characters of `a-z 0-9 . _ @ + -`. Personal data: never printed by `Debug`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LoginName(String);

impl LoginName {
    /// Reads a login name and lowers its letters.
    ///
    /// # Errors
    /// The first [`LoginFault`] met.
    pub fn parse(text: &str) -> Result<Self, LoginFault> {
        if !(LOGIN_NAME_OCTETS_MIN..=LOGIN_NAME_OCTETS_MAX).contains(&text.len()) {
            return Err(LoginFault::Length);
        }
        let is_allowed = |octet: u8| octet.is_ascii_alphanumeric() || b"._@+-".contains(&octet);
        if text.bytes().all(is_allowed) {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(LoginFault::Character)
        }
    }

    /// The name in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for LoginName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for LoginName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LoginName(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn login_names_are_lowered_and_bounded() {
        let name = LoginName::parse("MailAdmin_Demo.Example").expect("a login name");
        assert_eq!(name.as_str(), "mailadmin_demo.example");
        assert!(LoginName::parse("alice+x@demo.example").is_ok());
        assert_eq!(LoginName::parse("ab"), Err(LoginFault::Length));
        assert_eq!(LoginName::parse(&"a".repeat(129)), Err(LoginFault::Length));
        assert_eq!(LoginName::parse("a b c"), Err(LoginFault::Character));
        assert_eq!(LoginName::parse("jos\u{e9}"), Err(LoginFault::Character));
    }

    #[test]
    fn debug_tells_no_login_name() {
        assert!(!format!("{:?}", LoginName::parse("alice").expect("a login name")).contains("alice"));
    }
}
