//! Who asks: access tokens, refresh tokens, API tokens, sign-ins, and what each may at this moment.

pub(crate) mod allowance;
mod brands;
mod delegated;
pub(crate) mod export;
mod familiar;
pub(crate) mod handover;
mod jwt;
mod limited;
pub(crate) mod mutation;
pub(crate) mod object;
pub(crate) mod password;
mod people;
pub(crate) mod query;
pub(crate) mod reach;
pub(crate) mod secret;
pub(crate) mod strength;
pub(crate) mod throttle;

use std::net::IpAddr;
use std::time::{SystemTime, UNIX_EPOCH};

use authority::{Grant, Permission, Permissions, Principal, Scope};
use kernel::{AccountId, Actor, Timestamp};

pub use jwt::{ACCESS_KEY_NAME, AccessKey};
pub use password::SignIns;
pub use people::{People, Standing, Visited};

use crate::platform::Platform;
use secret::{Opens, Secret};

/// Judges an `Authorization` header: `Bearer` with an access token or an API token. None where it proves nothing, or
/// where the service, the domain or the settings of a mailbox do not let it in now.
pub(crate) fn authenticate(platform: &Platform, header: &str, peer: IpAddr) -> Option<Standing> {
    let (people, key) = (&platform.people, &platform.access_key);
    let (scheme, credential) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return None;
    }
    let credential = credential.trim();
    let standing = match Secret::parse(credential) {
        Some(secret) => match secret.opens {
            Opens::Token(token) => people.by_token(token, &secret, (now(), peer)),
            // A refresh token is shown to `sessionRefresh` alone.
            Opens::Session(_) | Opens::Invitation(_) | Opens::Webhook(_) => None,
        },
        None => people.by_session(&key.read(credential)?, now()),
    }?;
    admitted(platform, standing)
}

/// The same where it is a mailbox: none where the service, the domain or the settings do not let it in now, and else with what
/// it has to do first.
pub(crate) fn admitted(platform: &Platform, mut standing: Standing) -> Option<Standing> {
    if let Actor::Mailbox(mailbox) = standing.principal.actor {
        standing.demand = platform.directory.web_access(standing.home.tenant(), mailbox)?;
    }
    Some(standing)
}

/// The clock of credentials.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// The principal for what everyone may do about themselves, once proved: its own session and password, nothing else
/// is ever run with it.
pub(crate) fn about_itself(principal: &Principal, account: AccountId) -> Principal {
    let own = [Permission::AccountWrite, Permission::CredentialWrite];
    let grant =
        Grant { scope: Scope::Account(account), permissions: own.into_iter().collect::<Permissions>() };
    Principal { grants: vec![grant], ..principal.clone() }
}
