//! What people prove besides their password, and passwords for single programs.

pub(crate) mod export;
pub(crate) mod mutation;
pub(crate) mod object;
pub(crate) mod query;
pub(crate) mod totp;
pub(crate) mod yubikey;
