//! Passkeys and security keys: asking for them, adding them, signing in with them.

pub(crate) mod answer;
pub(crate) mod mutation;
pub(crate) mod object;
pub(crate) mod question;
