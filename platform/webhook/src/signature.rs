//! By what a receiver knows that a delivery is ours.

use hmac::{Hmac, Mac as _};
use kernel::Timestamp;
use sha2::Sha256;

/// The header that holds the signature.
pub const SIGNATURE_HEADER: &str = "hosterra-signature";

/// The value of the header: `t=<seconds>,v1=<hex>`, with one `v1` for each secret that signs now. A receiver recomputes
/// HMAC-SHA256 over `<seconds>.<body>` with its secret, compares in constant time, and refuses a `t` that is more than five
/// minutes old.
pub fn signature<'a>(secrets: impl IntoIterator<Item = &'a str>, at: Timestamp, body: &[u8]) -> String {
    let mut value = format!("t={}", at.secs());
    for secret in secrets {
        value.push_str(",v1=");
        value.push_str(&sign(secret, at.secs(), body));
    }
    value
}

/// HMAC-SHA256 over `<seconds>.<body>`, in lower-case hexadecimal digits. The octets of the secret's text are the key.
pub fn sign(secret: &str, seconds: i64, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(seconds.to_string().as_bytes());
    mac.update(b".");
    mac.update(body);
    mac.finalize().into_bytes().iter().map(|octet| format!("{octet:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_what_other_tools_compute() {
        // printf '1790000000.{"a":1}' | openssl dgst -sha256 -hmac whsec_test
        let expected = "f08690bbaaecbd1607eb9af71f092a9f7054e2b83f8b9d6a0690744d24fc6059";
        assert_eq!(sign("whsec_test", 1_790_000_000, br#"{"a":1}"#), expected);
        let at = Timestamp::from_secs(1_790_000_000);
        let both = signature(["whsec_test", "whsec_before"], at, br#"{"a":1}"#);
        assert!(both.starts_with(&format!("t=1790000000,v1={expected},v1=")), "{both}");
    }
}
