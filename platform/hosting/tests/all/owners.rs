//! An account is governed by somebody: its last owner stays one, unless somebody above it decides otherwise.

use crate::support::id;
use crate::support::stage::{DOMAIN, account, service, with_domain};
use crate::support::world::{No, World};
use authority::{Denied, Grant, Permission, Permissions, Principal, Scope};
use hosting::LoginName;
use hosting::use_case::{ChangeUser, DisableUser, EnableUser, Governance, RegisterUser, RemoveUser};
use hosting::user::UserRole;
use kernel::Actor;

const ZOE: u128 = 90;
const YAN: u128 = 91;

fn register(number: u128, login: &str, role: UserRole) -> RegisterUser {
    RegisterUser {
        account: account(),
        user: id(number),
        login: LoginName::parse(login).expect("a login"),
        name: None,
        password: None,
        role,
        must_change_password: false,
        services: vec![service()],
    }
}

/// The customer with the owner Zoe, who acts, and the administrator 92.
fn with_owner() -> World {
    let mut world = with_domain();
    world.must(&register(ZOE, "zoe", UserRole::Owner));
    world.must(&register(92, "admin", UserRole::DomainAdministrator(vec![id(DOMAIN)])));
    world.principal = Principal::signed_in(
        Actor::User(id(ZOE)),
        vec![Grant { scope: Scope::Account(account()), permissions: Permissions::account_owner() }],
    );
    world
}

fn beside(number: u128) -> Governance {
    Governance::Owner(Some(id(number)))
}

fn remove(number: u128, governance: Governance) -> RemoveUser {
    RemoveUser { account: account(), user: id(number), services: vec![service()], governance }
}

fn disable(number: u128, governance: Governance) -> DisableUser {
    DisableUser { account: account(), user: id(number), governance }
}

fn demote(number: u128, governance: Governance) -> ChangeUser {
    ChangeUser {
        account: account(),
        user: id(number),
        name: None,
        role: Some(UserRole::DomainAdministrator(vec![id(DOMAIN)])),
        withheld: None,
        services: vec![service()],
        governance,
    }
}

#[test]
fn the_last_owner_is_neither_removed_nor_disabled_nor_made_something_else() {
    let mut world = with_owner();
    // Nobody is known beside, the owner itself is named, nobody has that id, an administrator has it.
    for governance in [Governance::Owner(None), beside(ZOE), beside(999), beside(92)] {
        assert_eq!(world.refused(&remove(ZOE, governance)), "LAST_OWNER", "{governance:?}");
        assert_eq!(world.refused(&disable(ZOE, governance)), "LAST_OWNER", "{governance:?}");
        assert_eq!(world.refused(&demote(ZOE, governance)), "LAST_OWNER", "{governance:?}");
    }
    world.must(&register(YAN, "yan", UserRole::Owner));
    world.must(&disable(YAN, beside(ZOE)));
    assert_eq!(world.refused(&remove(ZOE, beside(YAN))), "LAST_OWNER", "who may not sign in governs nothing");
    world.must(&EnableUser { account: account(), user: id(YAN) });
    world.must(&demote(ZOE, beside(YAN)));
    assert_eq!(world.refused(&remove(YAN, beside(ZOE))), "LAST_OWNER", "that one is an owner no more");
    // Whoever governs nothing goes as before, twice as well.
    world.must(&disable(ZOE, Governance::Owner(None)));
    world.must(&remove(ZOE, Governance::Owner(None)));
    assert_eq!(world.must(&remove(ZOE, Governance::Owner(None))), 0);
}

#[test]
fn only_those_above_an_account_leave_it_without_an_owner() {
    let mut world = with_owner();
    let lacks = Err(No::Denied(Denied::Lacks(Permission::ServiceEntitle)));
    assert_eq!(world.run(&remove(ZOE, Governance::FromAbove)), lacks);
    assert_eq!(world.run(&disable(ZOE, Governance::FromAbove)), lacks);
    assert_eq!(world.run(&demote(ZOE, Governance::FromAbove)), lacks);
    world.principal = Principal::operator();
    world.must(&disable(ZOE, Governance::FromAbove));
    world.must(&remove(ZOE, Governance::FromAbove));
}
