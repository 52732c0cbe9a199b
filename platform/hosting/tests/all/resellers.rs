//! Resellers: who may have accounts below, how many, and how far down.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::support::id;
use crate::support::stage::{account, service, with_mailbox};
use crate::support::world::{No, World};
use authority::{Denied, Grant, Permission, Permissions, Principal, Scope};
use hosting::account::{Account, AccountState, BillingMode, Parent};
use hosting::calendar::Cycle;
use hosting::contract::Agreement;
use hosting::plan::{catalogue, plan_id};
use hosting::reseller::{Brand, BrandHost, Colour, Reseller, ResellerState, Resources};
use hosting::service::{Service, SuspensionReason};
use hosting::use_case::*;
use kernel::{AccountId, Actor, ByteSize, Timestamp};

fn admit(parent: u128, number: u128) -> AdmitSubAccount {
    let name = format!("Customer {number}");
    AdmitSubAccount { parent: id(parent), account: id(number), name, is_sandbox: false }
}

fn open(parent: u128, number: u128) -> OpenSubAccount {
    OpenSubAccount { parent: id(parent), account: id(number) }
}

fn reseller(number: u128, sub_account_count_max: u32) -> SetReseller {
    SetReseller { account: id(number), sub_account_count_max }
}

fn acting(scope: Scope, permissions: Permissions) -> Principal {
    Principal::signed_in(Actor::User(id(91)), vec![Grant { scope, permissions }])
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
    let resume = ResumeService { account: account(), service: service() };
    world.must(&resume);
    // What the platform closed to protect others is not opened from below, nor by giving another reason first.
    let lacks = Err(No::Denied(Denied::Lacks(Permission::PlatformWrite)));
    let (reseller_acting, above) = (world.principal.clone(), World::new().principal);
    for reason in [SuspensionReason::Abuse, SuspensionReason::Legal, SuspensionReason::Security] {
        world.principal = above.clone();
        world.must(&SuspendService { reason, ..suspend.clone() });
        world.principal = reseller_acting.clone();
        assert_eq!(world.run(&resume), lacks, "{reason:?}");
        assert_eq!(world.run(&suspend), lacks, "{reason:?}");
        world.principal = above.clone();
        world.must(&resume);
    }
    world.principal = acting(Scope::Account(account()), Permissions::account_owner());
    assert_eq!(world.run(&suspend), Err(No::Denied(Denied::Lacks(Permission::ServiceEntitle))));
    assert_eq!(world.run(&reseller(1, 5)), Err(No::Denied(Denied::Lacks(Permission::ServiceEntitle))));
    let siblings = Scope::Below(Arc::new(BTreeSet::from([id(77)])));
    world.principal = acting(siblings, Permissions::reseller());
    assert_eq!(world.run(&suspend), Err(No::Denied(Denied::Hidden)));
}

/// A reseller, account 1, with a pool, and its customers 2 and 3.
fn with_pool(services: u32, mailboxes: u32) -> World {
    let pool = Resources { services, domains: 50, mailboxes, storage: ByteSize::gib(10_000) };
    let mut world = World::new();
    for entry in catalogue() {
        world.must(&PublishPlanVersion { plan: entry.plan, version: entry.version, terms: entry.terms });
    }
    world.must(&OpenAccount { account: id(1), name: "Reseller".to_owned() });
    world.must(&reseller(1, 10));
    world.must(&SetPool { account: id(1), pool: Some(pool) });
    for number in [2, 3] {
        world.must(&admit(1, number));
        world.must(&open(1, number));
    }
    world
}

fn resources(services: u32, mailboxes: u32) -> Resources {
    Resources { services, domains: 5, mailboxes, storage: ByteSize::gib(1_000) }
}

fn allocate(customer: u128, resources: Resources) -> AllocatePool {
    AllocatePool { account: id(1), customer: id(customer), resources }
}

fn pool(world: &World, number: u128) -> ResellerState {
    let account: AccountId = id(number);
    world.state::<Reseller>(account.tenant(), account)
}

/// What the platform does by itself about the last allocation of `giver` to an account, both ways.
fn deliver(world: &mut World, giver: u128, number: u128) {
    let acting = std::mem::replace(&mut world.principal, Principal::operator());
    let grant = pool(world, giver).grants[&id(number)];
    let receive = ReceiveAllocation {
        giver: id(giver),
        account: id(number),
        serial: grant.serial,
        resources: grant.asked,
    };
    world.must(&receive);
    let has = pool(world, number).pool.expect("it has received something");
    let settle =
        SettleAllocation { giver: id(giver), account: id(number), serial: grant.serial, resources: has };
    world.must(&settle);
    world.principal = acting;
}

fn order(account: u128, service: u128, plan: &str) -> OrderService {
    OrderService {
        account: id(account),
        service: id(service),
        plan: plan_id(plan),
        version: 1,
        custom: None,
        cycle: Cycle::Annual,
        agreement: Agreement::ToFollow,
    }
}

#[test]
fn a_customer_has_what_was_allocated_and_nothing_before() {
    let mut world = with_pool(10, 100);
    assert_eq!(world.refused(&order(2, 20, "pro")), "POOL_SERVICE_LIMIT_REACHED");
    world.must(&allocate(2, resources(1, 25)));
    assert_eq!(world.refused(&order(2, 20, "pro")), "POOL_SERVICE_LIMIT_REACHED", "not received yet");
    deliver(&mut world, 1, 2);
    world.must(&order(2, 20, "pro"));
    assert_eq!(world.refused(&order(2, 21, "solo")), "POOL_SERVICE_LIMIT_REACHED");
    let ended = EndService { account: id(2), service: id(20), purge_after: Timestamp::from_secs(1) };
    world.must(&ended);
    world.must(&order(2, 22, "solo"));
}

#[test]
fn a_pool_is_never_overdrawn_whichever_resource_ends_first() {
    let mut world = with_pool(3, 60);
    world.must(&allocate(2, resources(2, 50)));
    assert_eq!(world.refused(&allocate(3, resources(1, 11))), "POOL_MAILBOX_LIMIT_REACHED");
    assert_eq!(world.refused(&allocate(3, resources(2, 1))), "POOL_SERVICE_LIMIT_REACHED");
    let much = Resources { domains: 51, storage: ByteSize::gib(10_001), ..resources(1, 1) };
    assert_eq!(world.refused(&allocate(3, much)), "POOL_DOMAIN_LIMIT_REACHED");
    assert_eq!(world.refused(&allocate(3, Resources { domains: 0, ..much })), "POOL_STORAGE_LIMIT_REACHED");
    assert_eq!(world.must(&allocate(2, resources(2, 50))), 0, "it is so already");
}

#[test]
fn what_is_taken_back_can_be_given_again_only_once_its_holder_has_made_room() {
    let mut world = with_pool(4, 100);
    world.must(&allocate(2, resources(4, 100)));
    deliver(&mut world, 1, 2);
    world.must(&order(2, 20, "pro"));
    world.must(&allocate(2, Resources::NONE));
    assert_eq!(world.refused(&allocate(3, resources(1, 1))), "POOL_SERVICE_LIMIT_REACHED");
    deliver(&mut world, 1, 2);
    // The customer keeps what is in use: one service with its 25 mailboxes.
    let kept = pool(&world, 1).grants[&id(2)].counted;
    assert_eq!((kept.services, kept.mailboxes), (1, 25));
    assert_eq!(world.refused(&order(2, 21, "solo")), "POOL_SERVICE_LIMIT_REACHED");
    assert_eq!(world.refused(&allocate(3, resources(3, 76))), "POOL_MAILBOX_LIMIT_REACHED");
    world.must(&allocate(3, resources(3, 75)));
}

#[test]
fn an_answer_to_an_older_allocation_frees_nothing() {
    let mut world = with_pool(4, 100);
    world.must(&allocate(2, resources(1, 10)));
    world.must(&allocate(2, resources(4, 100)));
    let late = SettleAllocation { giver: id(1), account: id(2), serial: 2, resources: resources(1, 10) };
    assert_eq!(world.must(&late), 0);
    let old = ReceiveAllocation { giver: id(1), account: id(2), serial: 2, resources: resources(1, 10) };
    deliver(&mut world, 1, 2);
    assert_eq!(world.must(&old), 0, "an allocation that was overtaken");
    assert_eq!(pool(&world, 2).pool, Some(resources(4, 100)));
}

#[test]
fn a_pool_that_is_set_later_counts_what_is_there() {
    let mut world = with_pool(1, 1);
    world.must(&SetPool { account: id(1), pool: None });
    world.must(&admit(1, 4));
    world.must(&open(1, 4));
    world.must(&order(4, 40, "pro"));
    let enough = Resources { domains: 50, ..resources(3, 50) };
    world.must(&SetPool { account: id(1), pool: Some(enough) });
    deliver(&mut world, 1, 4);
    assert_eq!(pool(&world, 1).used().mailboxes, 25);
    assert_eq!(world.refused(&order(4, 41, "solo")), "POOL_SERVICE_LIMIT_REACHED");
    assert_eq!(world.refused(&allocate(2, resources(1, 26))), "POOL_MAILBOX_LIMIT_REACHED");
}

#[test]
fn a_larger_plan_takes_more_of_the_pool_or_is_refused_also_by_force() {
    let mut world = with_pool(5, 100);
    world.must(&allocate(2, resources(1, 25)));
    deliver(&mut world, 1, 2);
    world.must(&order(2, 20, "solo"));
    world.must(&ActivateService { account: id(2), service: id(20) });
    let change = |plan: &str, is_forced| ChangePlan {
        account: id(2),
        service: id(20),
        plan: plan_id(plan),
        version: 1,
        custom: None,
        is_forced,
    };
    world.must(&change("pro", false));
    for is_forced in [false, true] {
        assert_eq!(world.refused(&change("custom", is_forced)), "POOL_MAILBOX_LIMIT_REACHED");
    }
    assert_eq!(pool(&world, 2).used().mailboxes, 25);
}

#[test]
fn where_the_reseller_pays_only_the_reseller_orders() {
    let mut world = with_pool(5, 100);
    world.must(&allocate(2, resources(2, 50)));
    deliver(&mut world, 1, 2);
    let reseller_pays = SetBillingMode { account: id(2), mode: BillingMode::Reseller };
    let owner = acting(Scope::Account(id(2)), Permissions::account_owner());
    world.principal = owner.clone();
    assert_eq!(world.run(&reseller_pays), Err(No::Denied(Denied::Lacks(Permission::ServiceEntitle))));
    world.must(&order(2, 20, "solo"));
    let below = Scope::Below(Arc::new(BTreeSet::from([id(2)])));
    world.principal = acting(below.clone(), Permissions::reseller());
    world.must(&reseller_pays);
    world.principal = owner;
    assert_eq!(world.run(&order(2, 21, "solo")), Err(No::Denied(Denied::Lacks(Permission::ServiceEntitle))));
    world.principal = acting(below, Permissions::reseller());
    world.must(&order(2, 21, "solo"));
    world.principal = Principal::operator();
    let own = SetBillingMode { account: id(1), mode: BillingMode::Reseller };
    assert_eq!(world.refused(&own), "BILLING_MODE_OF_OWN");
    assert_eq!(world.refused(&SetPool { account: id(2), pool: None }), "POOL_FROM_GIVER");
}

#[test]
fn nobody_allocates_to_others_customers_nor_to_themselves() {
    let mut world = with_pool(5, 100);
    world.must(&OpenAccount { account: id(8), name: "Other".to_owned() });
    for stranger in [8, 1] {
        assert_eq!(world.refused(&allocate(stranger, resources(1, 1))), "SUB_ACCOUNT_NOT_ADMITTED");
    }
    world.principal = acting(Scope::Account(id(2)), Permissions::account_owner());
    assert_eq!(world.run(&allocate(2, resources(1, 1))), Err(No::Denied(Denied::Hidden)));
    let raise = ReceiveAllocation { giver: id(1), account: id(2), serial: 9, resources: resources(9, 9) };
    assert_eq!(world.run(&raise), Err(No::Denied(Denied::Lacks(Permission::PlatformWrite))));
}

#[test]
fn a_sandbox_costs_nothing_and_so_does_everything_below_it() {
    let mut world = with_pool(5, 100);
    world.must(&OpenSandbox { account: id(8), name: "Try".to_owned() });
    world.must(&reseller(8, 1));
    world.must(&admit(8, 9));
    world.must(&open(8, 9));
    for (account, service) in [(8, 80), (9, 90)] {
        world.must(&order(account, service, "pro"));
        let (account, service): (AccountId, kernel::ServiceId) = (id(account), id(service));
        let state = world.state::<Service>(account.tenant(), service);
        let record = state.record().expect("it is ordered");
        assert_eq!(record.recurring.expect("a price").cents, 0);
        match world.state::<Account>(account.tenant(), account) {
            AccountState::Open(record) => assert!(record.is_sandbox),
            other => panic!("{other:?}"),
        }
    }
}

/// Resellers 1 and 8; 1 has the customer 2 with a ProBox.
fn with_two_resellers() -> World {
    let mut world = with_pool(5, 100);
    world.must(&allocate(2, resources(1, 25)));
    deliver(&mut world, 1, 2);
    world.must(&order(2, 20, "pro"));
    world.must(&OpenAccount { account: id(8), name: "Other".to_owned() });
    world.must(&reseller(8, 1));
    world
}

fn offer(transfer: u128) -> OfferTransfer {
    OfferTransfer { account: id(2), to: id(8), transfer: id(transfer) }
}

/// What the platform does by itself about the standing offer.
fn deliver_offer(world: &mut World, transfer: u128) {
    let resources = pool(world, 2).used();
    world.must(&ReceiveTransfer { to: id(8), account: id(2), transfer: id(transfer), resources });
}

fn accept() -> AcceptTransfer {
    AcceptTransfer { account: id(8), customer: id(2) }
}

fn go(transfer: u128) -> MoveAccount {
    MoveAccount { account: id(2), to: id(8), transfer: id(transfer) }
}

fn close(transfer: u128, end: TransferEnd) -> CloseTransfer {
    CloseTransfer { account: id(8), customer: id(2), transfer: id(transfer), end }
}

#[test]
fn a_customer_moves_once_both_resellers_want_it() {
    let mut world = with_two_resellers();
    assert_eq!(world.refused(&accept()), "TRANSFER_NOT_OFFERED");
    world.must(&offer(50));
    assert_eq!(world.must(&offer(51)), 0, "it is offered to them already");
    deliver_offer(&mut world, 50);
    assert_eq!(world.refused(&go(50)), "TRANSFER_NOT_OFFERED", "nobody has accepted");
    world.must(&accept());
    world.must(&go(50));
    world.must(&ReleaseSubAccount { account: id(1), customer: id(2) });
    world.must(&close(50, TransferEnd::Moved));
    assert_eq!(parent(&world, 2), Some(Parent { account: id(8), depth: 1 }));
    assert_eq!(pool(&world, 1).used(), Resources::NONE);
    assert_eq!(pool(&world, 8).used().mailboxes, 25);
    assert_eq!(pool(&world, 2).received, Some((id(8), 1)));
    assert!(pool(&world, 8).incoming.is_empty());
    // What the one before says does not count any more.
    let late = ReceiveAllocation { giver: id(1), account: id(2), serial: 99, resources: resources(9, 9) };
    assert_eq!(world.refused(&late), "SUB_ACCOUNT_NOT_ADMITTED");
    assert_eq!(world.refused(&allocate(2, resources(1, 1))), "SUB_ACCOUNT_NOT_ADMITTED");
}

/// The same customer given back to the platform itself.
fn give_back(world: &mut World, transfer: u128) {
    let to = AccountId::PLATFORM;
    world.must(&OfferTransfer { account: id(2), to, transfer: id(transfer) });
    let resources = pool(world, 2).used();
    world.must(&ReceiveTransfer { to, account: id(2), transfer: id(transfer), resources });
}

#[test]
fn a_customer_whom_the_platform_takes_back_stands_below_nobody_and_buys_from_the_platform() {
    let mut world = with_two_resellers();
    let (to, customer) = (AccountId::PLATFORM, id(2));
    let take = AcceptTransfer { account: to, customer };
    let go = MoveAccount { account: customer, to, transfer: id(50) };
    assert_eq!(world.refused(&take), "TRANSFER_NOT_OFFERED");
    give_back(&mut world, 50);
    assert_eq!(world.refused(&offer(51)), "TRANSFER_UNDER_WAY");
    assert_eq!(world.refused(&go), "TRANSFER_NOT_OFFERED", "nobody has accepted");
    // The operator alone answers for the platform.
    let operator = world.principal.clone();
    world.principal = acting(Scope::Account(to), Permissions::account_owner());
    assert_eq!(world.run(&take), Err(No::Denied(Denied::Lacks(Permission::PlatformWrite))));
    world.principal = operator;
    world.must(&take);
    assert_eq!(world.must(&take), 0);
    world.must(&go);
    assert_eq!(world.must(&go), 0);
    world.must(&ReleaseSubAccount { account: id(1), customer });
    world.must(&CloseTransfer { account: to, customer, transfer: id(50), end: TransferEnd::Moved });
    assert_eq!(parent(&world, 2), None);
    assert_eq!(pool(&world, 1).used(), Resources::NONE, "its reseller has room again");
    let taken = pool(&world, 2);
    assert_eq!((taken.pool, taken.used(), taken.received), (None, Resources::NONE, None));
    assert!(pool(&world, 0).incoming.is_empty() && pool(&world, 0).grants.is_empty());
    // It orders from the platform now, whatever its reseller had given it, and changes and ends what it had.
    world.must(&order(2, 21, "pro"));
    assert_eq!(pool(&world, 2).used(), Resources::NONE, "nothing is counted");
    let purge_after = Timestamp::from_secs(4_000_000_000);
    world.must(&EndService { account: customer, service: id(20), purge_after });
    let late = ReceiveAllocation { giver: id(1), account: customer, serial: 99, resources: resources(9, 9) };
    assert_eq!(world.refused(&late), "SUB_ACCOUNT_NOT_ADMITTED");
    let again = OfferTransfer { account: customer, to, transfer: id(52) };
    assert_eq!(world.refused(&again), "TRANSFER_OF_OWN");
}

#[test]
fn who_was_given_something_to_hand_on_hands_on_nothing_of_it_below_the_platform() {
    let mut world = with_two_resellers();
    world.must(&reseller(2, 3));
    give_back(&mut world, 50);
    world.must(&AcceptTransfer { account: AccountId::PLATFORM, customer: id(2) });
    world.must(&MoveAccount { account: id(2), to: AccountId::PLATFORM, transfer: id(50) });
    world.must(&admit(2, 21));
    world.must(&open(2, 21));
    let hand_on = AllocatePool { account: id(2), customer: id(21), resources: resources(1, 1) };
    assert_eq!(world.refused(&hand_on), "POOL_SERVICE_LIMIT_REACHED");
    world.must(&SetPool { account: id(2), pool: Some(resources(1, 1)) });
    world.must(&hand_on);
}

#[test]
fn what_is_given_back_can_be_taken_back_and_declined_and_nobody_with_others_below_is_given_back() {
    let mut world = with_two_resellers();
    let to = AccountId::PLATFORM;
    let close = |transfer: u128| CloseTransfer {
        account: to,
        customer: id(2),
        transfer: id(transfer),
        end: TransferEnd::Withdrawn,
    };
    // Accepted, and withdrawn before it moved.
    give_back(&mut world, 50);
    world.must(&AcceptTransfer { account: to, customer: id(2) });
    world.must(&WithdrawTransfer { account: id(2), transfer: None });
    let go = MoveAccount { account: id(2), to, transfer: id(50) };
    assert_eq!(world.refused(&go), "TRANSFER_NOT_OFFERED");
    world.must(&close(50));
    assert_eq!(parent(&world, 2).map(|parent| parent.account), Some(id(1)));
    // Declined.
    give_back(&mut world, 51);
    world.must(&DeclineTransfer { account: to, customer: id(2) });
    world.must(&WithdrawTransfer { account: id(2), transfer: Some(id(51)) });
    assert!(pool(&world, 0).incoming.is_empty());
    world.must(&reseller(2, 3));
    world.must(&admit(2, 21));
    let offer = OfferTransfer { account: id(2), to, transfer: id(52) };
    assert_eq!(world.refused(&offer), "TRANSFER_HAS_SUB_ACCOUNTS");
}

#[test]
fn of_withdrawing_and_accepting_at_once_the_customers_own_events_decide() {
    let mut world = with_two_resellers();
    world.must(&offer(50));
    deliver_offer(&mut world, 50);
    world.must(&accept());
    world.must(&WithdrawTransfer { account: id(2), transfer: None });
    assert_eq!(world.refused(&go(50)), "TRANSFER_NOT_OFFERED");
    world.must(&close(50, TransferEnd::Withdrawn));
    assert_eq!(pool(&world, 8).used(), Resources::NONE, "what was counted for it is free");
    assert_eq!(parent(&world, 2).map(|parent| parent.account), Some(id(1)));
    world.must(&offer(51));
    deliver_offer(&mut world, 51);
    world.must(&accept());
    assert_eq!(world.must(&close(50, TransferEnd::Withdrawn)), 0, "that was another offer");
    world.must(&go(51));
    let late = WithdrawTransfer { account: id(2), transfer: Some(id(51)) };
    assert_eq!(world.must(&late), 0, "it has moved");
}

#[test]
fn what_a_customer_uses_at_its_acceptance_is_counted_and_not_what_it_used_when_it_was_offered() {
    let mut world = with_two_resellers();
    world.must(&SetPool { account: id(8), pool: Some(resources(1, 25)) });
    world.must(&offer(50));
    deliver_offer(&mut world, 50);
    // It grows below the one who offers it, before the other one answers.
    world.must(&allocate(2, resources(2, 50)));
    deliver(&mut world, 1, 2);
    world.must(&order(2, 21, "pro"));
    let before = (pool(&world, 8), pool(&world, 2), parent(&world, 2));
    assert_eq!(world.refused(&accept()), "POOL_SERVICE_LIMIT_REACHED");
    assert_eq!((pool(&world, 8), pool(&world, 2), parent(&world, 2)), before, "nothing is half done");
    world.must(&SetPool { account: id(8), pool: Some(resources(2, 49)) });
    assert_eq!(world.refused(&accept()), "POOL_MAILBOX_LIMIT_REACHED");
    world.must(&SetPool { account: id(8), pool: Some(resources(2, 50)) });
    world.must(&accept());
    world.must(&go(50));
    assert_eq!(pool(&world, 8).used().mailboxes, 50);
    assert_eq!(pool(&world, 2).pool, Some(pool(&world, 8).grants[&id(2)].counted));
}

#[test]
fn a_customer_that_grows_between_acceptance_and_move_stays_where_it_is() {
    let mut world = with_two_resellers();
    world.must(&allocate(2, resources(2, 50)));
    deliver(&mut world, 1, 2);
    world.must(&SetPool { account: id(8), pool: Some(resources(1, 25)) });
    world.must(&offer(50));
    deliver_offer(&mut world, 50);
    world.must(&accept());
    world.must(&order(2, 21, "pro"));
    assert_eq!(world.must(&go(50)), 1, "the offer ends");
    assert_eq!(world.must(&go(50)), 0);
    assert_eq!(parent(&world, 2).map(|parent| parent.account), Some(id(1)));
    assert_eq!(pool(&world, 2).used().mailboxes, 50, "it works on as before");
    world.must(&close(50, TransferEnd::Withdrawn));
    assert_eq!(pool(&world, 8).used(), Resources::NONE, "what was counted for it is free");
    assert_eq!(world.refused(&accept()), "TRANSFER_NOT_OFFERED");
}

#[test]
fn nobody_is_handed_to_whom_has_no_room_or_is_no_reseller() {
    let mut world = with_two_resellers();
    world.must(&SetPool { account: id(8), pool: Some(resources(1, 24)) });
    for nobody in [3, 99, 2] {
        let offer = OfferTransfer { account: id(2), to: id(nobody), transfer: id(50) };
        assert_eq!(world.refused(&offer), "TRANSFER_TARGET");
    }
    let own = OfferTransfer { account: id(1), to: id(8), transfer: id(50) };
    assert_eq!(world.refused(&own), "TRANSFER_OF_OWN");
    world.must(&offer(50));
    deliver_offer(&mut world, 50);
    assert_eq!(world.refused(&accept()), "POOL_MAILBOX_LIMIT_REACHED");
    world.must(&SetPool { account: id(8), pool: None });
    world.must(&admit(8, 81));
    assert_eq!(world.refused(&accept()), "SUB_ACCOUNT_LIMIT_REACHED");
    world.must(&DeclineTransfer { account: id(8), customer: id(2) });
    assert_eq!(world.refused(&accept()), "TRANSFER_NOT_OFFERED");
    world.principal = acting(Scope::Account(id(2)), Permissions::account_owner());
    assert_eq!(world.run(&offer(52)), Err(No::Denied(Denied::Lacks(Permission::ServiceEntitle))));
}

#[test]
fn a_brands_host_lies_in_a_verified_domain_of_the_reseller() {
    let mut world = with_mailbox();
    let brand = |host: &str| SetBrand {
        account: account(),
        brand: Some(Brand {
            name: "Acme".to_owned(),
            accent: Colour::parse("#2f5d50").expect("a colour"),
            on_accent: Colour::parse("#ffffff").expect("a colour"),
            logo: None,
            hosts: vec![BrandHost {
                name: kernel::DomainName::parse(host).expect("a name"),
                domain: id(crate::support::stage::DOMAIN),
            }],
            language: None,
        }),
    };
    assert_eq!(world.refused(&brand("panel.demo.example")), "NOT_A_RESELLER");
    world.must(&reseller(1, 1));
    for host in ["panel.other.example", "demo.example", "notdemo.example"] {
        assert_eq!(world.refused(&brand(host)), "BRAND_HOST_DOMAIN", "{host}");
    }
    assert_eq!(world.refused(&brand("mta-sts.demo.example")), "BRAND_HOST_RESERVED");
    world.must(&brand("panel.demo.example"));
    assert_eq!(world.must(&brand("panel.demo.example")), 0);
    world.must(&SetBrand { account: account(), brand: None });
}

#[test]
fn amounts_at_the_end_of_their_numbers_overdraw_nothing() {
    let mut world = with_pool(1, 1);
    let most = Resources {
        services: u32::MAX,
        domains: u32::MAX,
        mailboxes: u32::MAX,
        storage: ByteSize::new(u64::MAX),
    };
    assert_eq!(world.refused(&allocate(2, most)), "POOL_SERVICE_LIMIT_REACHED");
    world.must(&SetPool { account: id(1), pool: Some(most) });
    world.must(&allocate(2, most));
    for one in [
        Resources { services: 1, ..Resources::NONE },
        Resources { domains: u32::MAX, ..Resources::NONE },
        Resources { mailboxes: 1, ..Resources::NONE },
        Resources { storage: ByteSize::new(u64::MAX), ..Resources::NONE },
    ] {
        assert!(world.run(&allocate(3, one)).is_err(), "{one:?}");
    }
}
