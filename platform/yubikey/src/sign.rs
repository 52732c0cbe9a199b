//! Signatures over parameters: HMAC-SHA-1 of `key=value` joined by `&`, in the order of the keys.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;

/// The secret that an operator shares with the validation servers. Its `Debug` shows nothing.
#[derive(Clone)]
pub(crate) struct SharedKey(hmac::Key);

impl SharedKey {
    /// Of base64 (RFC 4648 section 4); none for anything else, or less than 8 octets.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let octets = STANDARD.decode(text.trim()).ok().filter(|octets| octets.len() >= 8)?;
        Some(Self(hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &octets)))
    }

    /// The signature over all of these, in base64.
    pub(crate) fn sign(&self, parameters: &[(&str, &str)]) -> String {
        STANDARD.encode(hmac::sign(&self.0, line(parameters).as_bytes()))
    }

    /// Whether `signature` is the one over all of these; compared in constant time.
    pub(crate) fn has_signed(&self, parameters: &[(&str, &str)], signature: &str) -> bool {
        let Ok(signature) = STANDARD.decode(signature) else { return false };
        hmac::verify(&self.0, line(parameters).as_bytes(), &signature).is_ok()
    }
}

impl std::fmt::Debug for SharedKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SharedKey")
    }
}

fn line(parameters: &[(&str, &str)]) -> String {
    let mut sorted = parameters.to_vec();
    sorted.sort_unstable();
    let pairs: Vec<String> = sorted.into_iter().map(|(key, value)| format!("{key}={value}")).collect();
    pairs.join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_those_that_yubico_prints() {
        // The examples of the protocol's description and of Yubico's forum.
        for (key, parameters, signature) in [
            (
                "mG5be6ZJU1qBGz24yPh/ESM3UdU=",
                [
                    ("id", "1"),
                    ("otp", "vvungrrdhvtklknvrtvuvbbkeidikkvgglrvdgrfcdft"),
                    ("nonce", "jrFwbaYFhn0HoxZIsd9LQ6w2ceU"),
                ],
                "+ja8S3IjbX593/LAgTBixwPNGX4=",
            ),
            (
                "Eibja2kRFXXoW6hjZaiyBtWnCBA=",
                [
                    ("otp", "ccccccbteuddjivcnlfefefrccdcjrfjfvgjnfkcklge"),
                    ("nonce", "0102030405060708090a0b0c0d0e0f"),
                    ("id", "15618"),
                ],
                "Jt19GpDOAraTYRFBHSofYZFEwjE=",
            ),
        ] {
            let key = SharedKey::parse(key).expect("a key");
            assert_eq!(key.sign(&parameters), signature);
            assert!(key.has_signed(&parameters, signature));
            assert!(!key.has_signed(&parameters[..2], signature));
            assert!(!key.has_signed(&parameters, "") && !key.has_signed(&parameters, "not base64!"));
        }
    }

    #[test]
    fn a_key_is_base64_of_some_length() {
        for text in ["", "AAAA", "not base64!", "mG5be6ZJU1qBGz24yPh/ESM3Ud"] {
            assert!(SharedKey::parse(text).is_none(), "{text}");
        }
        assert!(SharedKey::parse(" mG5be6ZJU1qBGz24yPh/ESM3UdU=\n").is_some());
    }
}
