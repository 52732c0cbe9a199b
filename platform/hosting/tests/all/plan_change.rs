//! Changes of plan: what fits, what does not, and that nothing is lost either way.

use crate::support::id;
use crate::support::stage::{DOMAIN, account, service, with_mailbox};
use crate::support::world::{No, World};
use authority::{Denied, Grant, Permission, Permissions, Principal, Scope};
use hosting::contract::{Acceptance, Agreement, Method};
use hosting::domain::DomainRef;
use hosting::plan::{CustomLimits, plan_id};
use hosting::refusal::{Limit, Measure, Measured};
use hosting::service::{Service, ServiceRecord, SuspensionReason, misfits};
use hosting::use_case::{
    ChangePlan, CreateMailboxes, NewMailbox, OrderService, PublishPlanVersion, SuspendService,
};
use kernel::{Actor, ByteSize, LocalPart};

fn to(slug: &str) -> ChangePlan {
    ChangePlan {
        account: account(),
        service: service(),
        plan: plan_id(slug),
        version: 1,
        custom: None,
        is_forced: false,
    }
}

fn record(world: &World) -> ServiceRecord {
    world.state::<Service>(account().tenant(), service()).record().expect("a service").clone()
}

fn create(number: u128, gib: u64) -> CreateMailboxes {
    CreateMailboxes {
        account: account(),
        service: service(),
        domain: DomainRef::Own(id(DOMAIN)),
        mailboxes: vec![NewMailbox {
            mailbox: id(number),
            local: LocalPart::parse(&format!("m{number}")).expect("a local part"),
            quota: ByteSize::gib(gib),
            display_name: None,
            password: None,
        }],
    }
}

#[test]
fn a_change_that_fits_is_done_and_the_new_limits_hold() {
    let mut world = with_mailbox();
    assert_eq!(world.must(&to("solo")), 2, "the plan and its price");
    assert_eq!(world.must(&to("solo")), 0);
    assert_eq!(world.refused(&create(3, 1)), "MAILBOX_LIMIT_REACHED");
    world.must(&to("pro"));
    world.must(&create(3, 1));
    assert_eq!(world.refused(&ChangePlan { version: 9, ..to("solo") }), "PLAN_VERSION_NOT_FOUND");
}

#[test]
fn what_does_not_fit_is_refused_and_by_force_kept_without_room_for_more() {
    let mut world = with_mailbox();
    world.must(&create(3, 10));
    let solo = hosting::plan::catalogue().into_iter().find(|entry| entry.slug == "solo").expect("a plan");
    let names: Vec<&str> =
        misfits(&record(&world), &solo.terms.limits).iter().map(|misfit| misfit.name).collect();
    assert_eq!(names, ["mailboxes", "storageBytes"]);
    assert_eq!(world.refused(&to("solo")), "PLAN_TOO_SMALL");
    let small = Measured::too_small(Measure::Mailboxes, Limit { allowed: 2, used: 3 });
    assert_eq!(world.run(&to("solo")), Err(No::Refused(small.into())), "the first of them is named");
    let basic = hosting::plan::catalogue().into_iter().find(|entry| entry.slug == "basic").expect("a plan");
    let names: Vec<&str> =
        misfits(&record(&world), &basic.terms.limits).iter().map(|misfit| misfit.name).collect();
    assert_eq!(names, ["domains", "mailboxes", "storageBytes"]);
    world.must(&ChangePlan { is_forced: true, ..to("solo") });
    let kept = record(&world);
    assert_eq!((kept.usage.mailboxes, kept.usage.bytes), (3, ByteSize::gib(12)));
    assert_eq!(world.refused(&create(4, 1)), "MAILBOX_LIMIT_REACHED");
}

/// A second version of a plan, which costs more.
fn dearer(slug: &str) -> PublishPlanVersion {
    let plan = hosting::plan::catalogue().into_iter().find(|entry| entry.slug == slug).expect("a plan");
    let mut terms = plan.terms;
    terms.price.monthly_cents += 100;
    PublishPlanVersion { plan: plan.plan, version: 2, terms }
}

#[test]
fn customers_take_the_newest_version_of_a_plan_or_keep_the_one_that_they_have() {
    let mut world = with_mailbox();
    let order = |number, version| OrderService {
        account: account(),
        service: id(number),
        plan: plan_id("custom"),
        version,
        custom: None,
        cycle: hosting::calendar::Cycle::Monthly,
        agreement: Agreement::Given(Acceptance {
            documents: vec![],
            method: Method::Page,
            shown_hash: None,
            network_hash: None,
        }),
    };
    let more = |version| ChangePlan {
        version,
        custom: Some(CustomLimits { mailbox_count: Some(60), ..CustomLimits::default() }),
        ..to("custom")
    };
    world.must(&ChangePlan { is_forced: true, ..to("custom") });
    let operator = world.principal.clone();
    for slug in ["custom", "pro"] {
        world.must(&dearer(slug));
    }
    for permissions in [Permissions::account_owner(), Permissions::reseller()] {
        let scope = Scope::Account(account());
        world.principal = Principal::signed_in(Actor::User(id(90)), vec![Grant { scope, permissions }]);
        let denied = Err(No::Denied(Denied::Lacks(Permission::PlatformWrite)));
        assert_eq!(world.run(&order(11, 1)), denied);
        assert_eq!(world.run(&to("pro")), denied, "the old price is for those who have it");
        assert_eq!(world.refused(&order(11, 3)), "PLAN_VERSION_NOT_FOUND");
    }
    // Whoever has a version changes what was bought with it.
    world.must(&more(1));
    world.must(&order(11, 2));
    world.must(&more(2));
    assert_eq!(world.run(&more(1)), Err(No::Denied(Denied::Lacks(Permission::PlatformWrite))));
    world.principal = operator;
    world.must(&more(1));
    world.must(&order(12, 1));
}

#[test]
fn force_is_the_operators_and_a_suspended_service_waits() {
    let mut world = with_mailbox();
    world.must(&create(3, 10));
    world.must(&SuspendService { account: account(), service: service(), reason: SuspensionReason::Abuse });
    assert_eq!(world.refused(&to("custom")), "SERVICE_SUSPENDED");
    world.must(&ChangePlan { is_forced: true, ..to("custom") });
    world.principal = Principal::signed_in(
        Actor::User(id(90)),
        vec![Grant { scope: Scope::Account(account()), permissions: Permissions::account_owner() }],
    );
    let forced = ChangePlan { is_forced: true, ..to("solo") };
    assert_eq!(world.run(&forced), Err(No::Denied(Denied::Lacks(Permission::PlatformWrite))));
}
