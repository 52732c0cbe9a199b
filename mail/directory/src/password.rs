//! Hashes of passwords: argon2id with the parameters that OWASP gives as a minimum (19 MiB, two passes, one lane).
//! Both functions take tens of milliseconds of a core: they belong on a thread that may block.

use std::sync::LazyLock;

use argon2::password_hash::{PasswordHash, PasswordHasher as _, PasswordVerifier as _, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use secrecy::{ExposeSecret as _, SecretString};

/// Kibibytes of memory.
const MEMORY_KIB: u32 = 19_456;
/// Passes.
const PASS_COUNT: u32 = 2;
/// Lanes.
const LANE_COUNT: u32 = 1;

/// No hash could be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the password could not be hashed")]
pub struct PasswordFault;

/// A hash that no password fits: verifying against it takes as long as against a real one.
static NOBODY: LazyLock<String> =
    LazyLock::new(|| hash(&SecretString::from("nobody's password")).unwrap_or_default());

fn argon2id() -> Result<Argon2<'static>, PasswordFault> {
    let params = Params::new(MEMORY_KIB, PASS_COUNT, LANE_COUNT, None).map_err(|_| PasswordFault)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// The hash of a password in PHC form, with a fresh salt of 16 octets.
///
/// # Errors
/// [`PasswordFault`] where the machine gives no randomness.
pub fn hash(password: &SecretString) -> Result<String, PasswordFault> {
    let mut salt = [0_u8; 16];
    getrandom::fill(&mut salt).map_err(|_| PasswordFault)?;
    let salt = SaltString::encode_b64(&salt).map_err(|_| PasswordFault)?;
    let hashed = argon2id()?.hash_password(password.expose_secret().as_bytes(), &salt);
    hashed.map(|hash| hash.to_string()).map_err(|_| PasswordFault)
}

/// Whether a password fits a hash in PHC form. Without a hash it takes as long and the answer is no, so that the time
/// does not tell whether a login exists.
pub fn verify(password: &SecretString, phc: Option<&str>) -> bool {
    let is_somebody = phc.is_some();
    let Ok(hash) = PasswordHash::new(phc.unwrap_or(&NOBODY)) else { return false };
    let Ok(argon2id) = argon2id() else { return false };
    argon2id.verify_password(password.expose_secret().as_bytes(), &hash).is_ok() && is_somebody
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_fits_its_own_hash_only() {
        let phc = hash(&"secret".into()).expect("a hash");
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(verify(&"secret".into(), Some(&phc)));
        assert!(!verify(&"Secret".into(), Some(&phc)));
        assert!(!verify(&"nobody's password".into(), None));
        assert!(!verify(&"secret".into(), Some("$argon2id$garbage")));
    }
}
