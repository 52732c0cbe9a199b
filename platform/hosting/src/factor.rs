//! Second factors: what a user or a mailbox proves besides the password.
//!
//! Shared by both nouns: each has the same events in its own stream.

mod decide;
mod event;
mod wire;

pub use decide::{
    FactorCommand, FactorState, NewPasskey, NewTotp, NewYubikey, PasskeyRecord, TotpRecord, YubikeyRecord,
};
pub use event::{FactorEvent, PasskeyKey, TotpSeed, YubikeyIdentity};
pub(crate) use wire::{Noun, decode, encode, kind};
