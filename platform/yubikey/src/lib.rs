//! Yubico OTP: what a YubiKey types at a touch is shown to validation servers, which know its secret.
//!
//! Speaks version 2.0 of the validation protocol as a client: over whatever servers the operator names, Yubico's own or
//! others of the kind. Knows nobody's factors and decrypts nothing itself.

mod answer;
mod ask;
mod otp;
mod sign;

pub use ask::{Refused, Servers, SetUpError, Touch, Verifier};
pub use caller::{Caller, Reach, SystemLookup};
pub use otp::Otp;
