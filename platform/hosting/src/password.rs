//! Hashes of passwords. The password itself never enters the model.

use std::fmt;

use crate::limit::PASSWORD_HASH_OCTETS_MAX;

/// A text that is no argon2id hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected an argon2id hash in PHC form of at most {PASSWORD_HASH_OCTETS_MAX} octets")]
pub struct PasswordHashFault;

/// An argon2id hash in PHC form: `$argon2id$v=19$...`, at most 256 octets of printable ASCII.
///
/// Never printed by `Debug`; there is no `Display`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// What every one begins with.
    const PREFIX: &'static str = "$argon2id$";

    /// Reads a hash; whether its parameters are good is the hasher's concern.
    ///
    /// # Errors
    /// [`PasswordHashFault`] where it is another algorithm, too long or not printable ASCII.
    pub fn parse(text: &str) -> Result<Self, PasswordHashFault> {
        let is_hash = text.len() <= PASSWORD_HASH_OCTETS_MAX
            && text.len() > Self::PREFIX.len()
            && text.starts_with(Self::PREFIX)
            && text.bytes().all(|octet| octet.is_ascii_graphic());
        if is_hash { Ok(Self(text.to_owned())) } else { Err(PasswordHashFault) }
    }

    /// The PHC form, for whoever verifies a password.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_argon2id_is_a_password_hash_and_debug_hides_it() {
        let hash = PasswordHash::parse("$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA").expect("a hash");
        assert_eq!(format!("{hash:?}"), "PasswordHash(..)");
        for text in ["", "secret", "$argon2id$", "$argon2i$v=19$x", "$argon2id$a b"] {
            assert_eq!(PasswordHash::parse(text), Err(PasswordHashFault), "{text}");
        }
        assert!(PasswordHash::parse(&format!("$argon2id${}", "a".repeat(246))).is_ok());
        assert!(PasswordHash::parse(&format!("$argon2id${}", "a".repeat(247))).is_err());
    }
}
