//! Resellers: who may have accounts below, how many, and how far down.

mod support;

use std::collections::BTreeSet;
use std::sync::Arc;

use authority::{Denied, Grant, Permission, Permissions, Principal, Scope};
use hosting::account::{Account, AccountState, Parent};
use hosting::service::SuspensionReason;
use hosting::use_case::{
    AdmitSubAccount, OpenAccount, OpenSubAccount, ResumeService, SetReseller, SuspendService,
};
use kernel::{AccountId, Actor, Via};
use support::id;
use support::stage::{account, service, with_mailbox};
use support::world::{No, World};

fn admit(parent: u128, number: u128) -> AdmitSubAccount {
    AdmitSubAccount { parent: id(parent), account: id(number), name: format!("Customer {number}") }
}

fn open(parent: u128, number: u128) -> OpenSubAccount {
    OpenSubAccount { parent: id(parent), account: id(number) }
}

fn reseller(number: u128, sub_account_count_max: u32) -> SetReseller {
    SetReseller { account: id(number), sub_account_count_max }
}

fn acting(scope: Scope, permissions: Permissions) -> Principal {
    Principal {
        actor: Actor::User(id(91)),
        on_behalf_of: None,
        via: Via::Session,
        grants: vec![Grant { scope, permissions }],
    }
}

fn parent(world: &World, number: u128) -> Option<Parent> {
    let account: AccountId = id(number);
    match world.state::<Account>(account.tenant(), account) {
        AccountState::Open(record) => record.parent,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_account_is_opened_below_once_it_is_admitted_and_only_then() {
    let mut world = World::new();
    world.must(&OpenAccount { account: id(1), name: "Reseller".to_owned() });
    assert_eq!(world.refused(&admit(1, 2)), "SUB_ACCOUNT_LIMIT_REACHED");
    world.must(&reseller(1, 1));
    assert_eq!(world.refused(&open(1, 2)), "SUB_ACCOUNT_NOT_ADMITTED");
    assert_eq!(world.must(&admit(1, 2)), 1);
    assert_eq!(world.must(&admit(1, 2)), 0);
    assert_eq!(world.must(&open(1, 2)), 1);
    assert_eq!(world.must(&open(1, 2)), 0, "the policy and the request may both do it");
    assert_eq!(parent(&world, 2), Some(Parent { account: id(1), depth: 1 }));
    assert_eq!(world.refused(&admit(1, 3)), "SUB_ACCOUNT_LIMIT_REACHED");
}

#[test]
fn the_tree_is_four_accounts_high() {
    let mut world = World::new();
    world.must(&OpenAccount { account: id(1), name: "Reseller".to_owned() });
    for number in 1..=3_u128 {
        world.must(&reseller(number, 10));
        world.must(&admit(number, number + 1));
        world.must(&open(number, number + 1));
    }
    assert_eq!(parent(&world, 4), Some(Parent { account: id(3), depth: 3 }));
    assert_eq!(world.refused(&reseller(4, 1)), "ACCOUNT_TOO_DEEP");
}

#[test]
fn a_reseller_entitles_customers_and_not_itself_and_siblings_see_nothing() {
    let mut world = with_mailbox();
    let below = Scope::Below(Arc::new(BTreeSet::from([account()])));
    let suspend =
        SuspendService { account: account(), service: service(), reason: SuspensionReason::NonPayment };
    world.principal = acting(below, Permissions::reseller());
    world.must(&suspend);
    world.must(&ResumeService { account: account(), service: service() });
    world.principal = acting(Scope::Account(account()), Permissions::account_owner());
    assert_eq!(world.run(&suspend), Err(No::Denied(Denied::Lacks(Permission::ServiceEntitle))));
    assert_eq!(world.run(&reseller(1, 5)), Err(No::Denied(Denied::Lacks(Permission::ServiceEntitle))));
    let siblings = Scope::Below(Arc::new(BTreeSet::from([id(77)])));
    world.principal = acting(siblings, Permissions::reseller());
    assert_eq!(world.run(&suspend), Err(No::Denied(Denied::Hidden)));
}
