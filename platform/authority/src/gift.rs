//! Rights that are passed on: nobody gives what they do not hold.

use ipnet::IpNet;
use kernel::{Actor, Timestamp, Via};

use crate::{Denied, Grant, Permission, Permissions, Principal, Scope};

/// How far a credential reaches: what it allows at most, from where and until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ceiling {
    /// The most it may do.
    pub permissions: Permissions,
    /// From where it opens anything; empty: from everywhere.
    pub networks: Vec<IpNet>,
    /// None: until revoked.
    pub expires_at: Option<Timestamp>,
}

impl Ceiling {
    /// Whether `lower` opens nothing that this one does not: no longer, and from nowhere else.
    fn spans(&self, lower: &Self) -> bool {
        let is_in_time = match (self.expires_at, lower.expires_at) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(end), Some(lower)) => lower <= end,
        };
        let is_within = |network: &IpNet| self.networks.iter().any(|known| known.contains(network));
        let is_confined =
            self.networks.is_empty() || (!lower.networks.is_empty() && lower.networks.iter().all(is_within));
        is_in_time && is_confined
    }
}

/// Rights that an intention passes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gift {
    /// Who has them then.
    pub to: Actor,
    /// What can be done by them at this moment.
    pub grants: Vec<Grant>,
    /// What they are given by.
    pub by: GiftBy,
}

/// By what rights are had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GiftBy {
    /// By a way to sign in: whoever is in has all that the role brings, in lower accounts as well.
    SignIn,
    /// By a token, which allows no more than this, whatever its user may later.
    Token(Ceiling),
}

/// Whether `principal` may pass on what `gift` says: it holds all of it itself, as far as its own token lets it. Whoever
/// is signed in gives themselves nothing new.
///
/// # Errors
/// [`Denied::NotHeld`] with the first permission that it lacks, [`Denied::Outreaches`] where a token would open longer or
/// from elsewhere than the one that gives it.
pub fn may_give(principal: &Principal, gift: &Gift) -> Result<(), Denied> {
    if gift.to == principal.actor && principal.via == Via::Session {
        return Ok(());
    }
    for grant in &gift.grants {
        for permission in grant.permissions.iter() {
            if !holds(principal, permission, &grant.scope) {
                return Err(Denied::NotHeld(permission));
            }
        }
    }
    let Some(own) = &principal.ceiling else { return Ok(()) };
    let most = match &gift.by {
        GiftBy::Token(lower) if !own.spans(lower) => return Err(Denied::Outreaches),
        GiftBy::Token(lower) => lower.permissions,
        GiftBy::SignIn => in_lower_accounts(principal, gift),
    };
    match most.iter().find(|permission| !own.permissions.has(*permission)) {
        Some(permission) => Err(Denied::NotHeld(permission)),
        None => Ok(()),
    }
}

/// What the owners of an account may in those below it; nothing where the giver has none below.
fn in_lower_accounts(principal: &Principal, gift: &Gift) -> Permissions {
    let is_whole = |grant: &Grant| matches!(grant.scope, Scope::Account(_));
    let has_lower =
        principal.grants.iter().any(|grant| matches!(grant.scope, Scope::Below(_) | Scope::Platform));
    if has_lower && gift.grants.iter().any(is_whole) { Permissions::reseller() } else { Permissions::NONE }
}

fn holds(principal: &Principal, permission: Permission, scope: &Scope) -> bool {
    principal.grants.iter().any(|grant| grant.permissions.has(permission) && contains(&grant.scope, scope))
}

/// Whether all that `inner` reaches is reached by `outer`.
fn contains(outer: &Scope, inner: &Scope) -> bool {
    let of = |scope: &Scope| match scope {
        Scope::Account(account)
        | Scope::Services(account, _)
        | Scope::Domains(account, _)
        | Scope::Mailbox(account, _) => Some(*account),
        Scope::Platform | Scope::Below(_) => None,
    };
    match (outer, inner) {
        (Scope::Platform, _) => true,
        (Scope::Below(outer), Scope::Below(inner)) => inner.is_subset(outer),
        (Scope::Below(accounts), inner) => of(inner).is_some_and(|account| accounts.contains(&account)),
        (Scope::Account(account), inner) => of(inner) == Some(*account),
        (Scope::Services(outer_of, outer), Scope::Services(inner_of, inner)) => {
            outer_of == inner_of && inner.iter().all(|service| outer.contains(service))
        }
        (Scope::Domains(outer_of, outer), Scope::Domains(inner_of, inner)) => {
            outer_of == inner_of && inner.iter().all(|domain| outer.contains(domain))
        }
        (Scope::Mailbox(..), Scope::Mailbox(..)) => outer == inner,
        (Scope::Services(..) | Scope::Domains(..) | Scope::Mailbox(..), _) => false,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;

    use kernel::{AccountId, DomainId, TokenId, UserId};
    use uuid::Uuid;

    use super::*;

    fn account(number: u128) -> AccountId {
        AccountId::new(Uuid::from_u128(number))
    }

    fn user(number: u128) -> Actor {
        Actor::User(UserId::new(Uuid::from_u128(number)))
    }

    fn owner_grant(number: u128) -> Grant {
        Grant { scope: Scope::Account(account(number)), permissions: Permissions::account_owner() }
    }

    fn ceiling(permissions: Permissions) -> Ceiling {
        Ceiling { permissions, networks: vec![], expires_at: None }
    }

    /// The owner of the first account, through a token.
    fn through(own: Ceiling) -> Principal {
        let principal = Principal {
            actor: user(1),
            on_behalf_of: None,
            via: Via::Token(TokenId::new(Uuid::from_u128(9))),
            grants: vec![owner_grant(1)],
            ceiling: Some(own.clone()),
            is_visitor: false,
            withheld: None,
            limited: Arc::default(),
        };
        principal.narrowed_to(own.permissions)
    }

    fn sign_in(to: u128, grants: Vec<Grant>) -> Gift {
        Gift { to: user(to), grants, by: GiftBy::SignIn }
    }

    #[test]
    fn a_token_with_few_permissions_makes_nobody_an_owner_not_even_its_own_user_again() {
        let few =
            through(ceiling([Permission::AccountWrite, Permission::CredentialWrite].into_iter().collect()));
        let lacks = Err(Denied::NotHeld(Permission::AccountRead));
        assert_eq!(may_give(&few, &sign_in(2, vec![owner_grant(1)])), lacks);
        assert_eq!(may_give(&few, &sign_in(1, vec![owner_grant(1)])), lacks);
        let whole = through(ceiling(Permissions::account_owner()));
        assert_eq!(may_give(&whole, &sign_in(2, vec![owner_grant(1)])), Ok(()));
        assert_eq!(may_give(&whole, &sign_in(2, vec![owner_grant(2)])), lacks, "in another account");
        let session = Principal { via: Via::Session, ceiling: None, ..few };
        assert_eq!(may_give(&session, &sign_in(1, vec![owner_grant(1)])), Ok(()), "oneself, signed in");
        assert_eq!(may_give(&session, &sign_in(2, vec![owner_grant(1)])), lacks);
    }

    #[test]
    fn a_token_of_a_token_opens_no_more_no_longer_and_from_nowhere_else() {
        let networks = |texts: &[&str]| texts.iter().map(|text| text.parse().expect("a network")).collect();
        let own = Ceiling {
            permissions: [Permission::CredentialWrite, Permission::MailboxRead].into_iter().collect(),
            networks: networks(&["192.0.2.0/24", "2001:db8::/32"]),
            expires_at: Some(Timestamp::from_secs(100)),
        };
        let principal = through(own.clone());
        let give = |lower: Ceiling| {
            let held = Permissions::account_owner().intersection(lower.permissions);
            let grants = vec![Grant { scope: Scope::Account(account(1)), permissions: held }];
            may_give(&principal, &Gift { to: user(1), grants, by: GiftBy::Token(lower) })
        };
        assert_eq!(give(own.clone()), Ok(()));
        assert_eq!(give(Ceiling { networks: networks(&["192.0.2.128/25"]), ..own.clone() }), Ok(()));
        assert_eq!(give(Ceiling { networks: vec![], ..own.clone() }), Err(Denied::Outreaches));
        let elsewhere = networks(&["192.0.2.0/25", "198.51.100.0/24"]);
        assert_eq!(give(Ceiling { networks: elsewhere, ..own.clone() }), Err(Denied::Outreaches));
        assert_eq!(give(Ceiling { expires_at: None, ..own.clone() }), Err(Denied::Outreaches));
        let later = Some(Timestamp::from_secs(101));
        assert_eq!(give(Ceiling { expires_at: later, ..own.clone() }), Err(Denied::Outreaches));
        let more = Permissions::everything();
        assert!(matches!(give(Ceiling { permissions: more, ..own.clone() }), Err(Denied::NotHeld(_))));
        let never_held = [Permission::PlatformWrite].into_iter().collect();
        let no = Err(Denied::NotHeld(Permission::PlatformWrite));
        assert_eq!(give(Ceiling { permissions: never_held, ..own }), no, "whatever its user is later");
    }

    #[test]
    fn whoever_has_accounts_below_gives_what_owners_may_there_as_well() {
        let mut principal = through(ceiling(Permissions::account_owner()));
        let below = Arc::new(BTreeSet::from([account(2)]));
        let permissions = Permissions::reseller().intersection(Permissions::account_owner());
        principal.grants.push(Grant { scope: Scope::Below(below), permissions });
        let no = Err(Denied::NotHeld(Permission::ServiceEntitle));
        assert_eq!(may_give(&principal, &sign_in(3, vec![owner_grant(1)])), no);
        assert_eq!(may_give(&principal, &sign_in(3, vec![owner_grant(2)])), no);
        let domains = vec![DomainId::new(Uuid::from_u128(5))];
        let administrator = Grant {
            scope: Scope::Domains(account(2), domains),
            permissions: Permissions::domain_administrator(),
        };
        assert_eq!(may_give(&principal, &sign_in(3, vec![administrator])), Ok(()));
    }
}
