//! What the mail servers know about addresses and logins, in memory: built from events at start, kept current by
//! them, asked without I/O.

mod authenticate;
mod clock;
mod directory;
mod dkim;
mod entry;
mod follow;
mod footer;
mod index;
mod names;
mod onward;
pub mod password;
mod pool;
mod resolve;
mod resource;
mod rewrite;
mod sender_relay;
mod sending;
mod share;
mod shelf;
mod spam;
mod sts;
#[cfg(test)]
mod tests;
mod throttle;
mod tls_policy;
mod tries;
mod uses;

pub use authenticate::{
    APP_PASSWORD_CHARACTER_COUNT, CACHED_LOGIN_COUNT_MAX, WAITING_LOGIN_COUNT_MAX, app_password_hash,
};
pub use directory::Directory;
pub use dkim::{SigningDomain, SigningKey};
pub use entry::{
    AuthRefusal, Credential, Demand, Destinations, End, Entitlement, Login, LoginAttempt, Protocol,
    Protocols, Resolution, SendLimits, ShortSends,
};
pub use footer::Footer;
pub use hosting::domain::MtaSts;
pub use hosting::domain::{RelayHost, RelayProtocol};
pub use hosting::mailbox::DetailHandling;
pub use hosting::share::ShareRole;
pub use hosting::tls_policy::{TlsLevel, TlsPolicy, TlsVersion};
pub use resolve::PLACE_COUNT_MAX;
pub use sender_relay::SenderRelay;
pub use sending::{Hold, Sending};
pub use share::{SHARED_COUNT_MAX, SenderRight, SharedMailbox};
pub use spam::{ListedBy, Listing, SpamPolicy};
pub use sts::Sts;
pub use tries::{Tries, TryOutcome};
pub use uses::Use;
