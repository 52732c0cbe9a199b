//! Who asks: access tokens, refresh tokens, API tokens, sign-ins, and what each may at this moment.

mod jwt;
pub(crate) mod mutation;
pub(crate) mod object;
pub(crate) mod password;
mod people;
pub(crate) mod query;
pub(crate) mod reach;
pub(crate) mod secret;
mod throttle;

use std::time::{SystemTime, UNIX_EPOCH};

use kernel::Timestamp;

pub use jwt::{ACCESS_KEY_NAME, AccessKey};
pub use password::SignIns;
pub use people::{People, Standing};

use secret::{Opens, Secret};

/// Judges an `Authorization` header: `Bearer` with an access token or an API token. None where it proves nothing.
pub(crate) fn authenticate(people: &People, key: &AccessKey, header: &str) -> Option<Standing> {
    let (scheme, credential) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return None;
    }
    let credential = credential.trim();
    match Secret::parse(credential) {
        Some(secret) => match secret.opens {
            Opens::Token(token) => people.by_token(token, &secret, now()),
            // A refresh token is shown to `sessionRefresh` alone.
            Opens::Session(_) => None,
        },
        None => people.by_session(&key.read(credential)?, now()),
    }
}

/// The clock of credentials.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
