//! The rules of storage that the mailboxes of a domain share: a pool is given out as a whole, and nothing exceeds the Box.
//! The Box is a Pro: 125 GiB, 50 GiB for one mailbox.

use crate::support::id;
use crate::support::stage::{DOMAIN, account, service, with_domain};
use crate::support::world::{No as Why, World};
use hosting::HostingRefusal as No;
use hosting::domain::{DomainRef, DomainSettingsPatch, Proof, QuotaMode};
use hosting::mailbox::{Crossing, Threshold};
use hosting::plan::plan_id;
use hosting::refusal::{BoxRefusal, Limit, Measure, Measured, ValueRefusal};
use hosting::service::Service;
use hosting::use_case::{
    AddDomain, ChangeDomainSettings, ChangeMailboxQuota, ChangePlan, CreateMailboxes, DeleteMailbox,
    NewMailbox, RecordPoolThreshold, VerifyDomain,
};
use kernel::{ByteSize, DomainName, LocalPart, Refusal as _, Timestamp};

fn settings(patch: DomainSettingsPatch, stored: Option<u64>) -> ChangeDomainSettings {
    let stored = stored.map(ByteSize::gib);
    ChangeDomainSettings {
        account: account(),
        service: service(),
        domain: id(DOMAIN),
        patch,
        revision: None,
        stored,
        largest: None,
    }
}

fn pool(gib: u64) -> ChangeDomainSettings {
    let size = Some(Some(ByteSize::gib(gib).octets()));
    let patch = DomainSettingsPatch {
        quota_mode: Some(QuotaMode::Pooled),
        storage_octets_max: size,
        ..Default::default()
    };
    settings(patch, Some(0))
}

fn allotted(gib: Option<u64>) -> ChangeDomainSettings {
    let size = Some(gib.map(|gib| ByteSize::gib(gib).octets()));
    let patch = DomainSettingsPatch {
        quota_mode: Some(QuotaMode::Allotted),
        storage_octets_max: size,
        ..Default::default()
    };
    settings(patch, None)
}

fn mailbox(domain: u128, number: u128, gib: u64) -> CreateMailboxes {
    let new = NewMailbox {
        mailbox: id(number),
        local: LocalPart::parse(&format!("box-{number}")).expect("a name"),
        quota: ByteSize::gib(gib),
        display_name: None,
        password: None,
    };
    CreateMailboxes {
        account: account(),
        service: service(),
        domain: DomainRef::Own(id(domain)),
        mailboxes: vec![new],
    }
}

fn refused(refusal: BoxRefusal) -> Result<usize, Why> {
    Err(Why::Refused(refusal.into()))
}

fn gib(allowed: u64, used: u64) -> Limit {
    Limit::bytes(ByteSize::gib(allowed), ByteSize::gib(used))
}

fn allocated(world: &World) -> ByteSize {
    let state = world.state::<Service>(account().tenant(), service());
    state.record().expect("a service").allocated()
}

#[test]
fn a_pool_needs_a_size_and_a_place_in_the_box() {
    let mut world = with_domain();
    let patch = DomainSettingsPatch { quota_mode: Some(QuotaMode::Pooled), ..Default::default() };
    assert_eq!(world.run(&settings(patch, Some(0))), refused(BoxRefusal::PoolSizeMissing));
    assert_eq!(world.run(&pool(0)), refused(BoxRefusal::PoolSizeMissing));
    assert_eq!(world.run(&pool(126)), refused(BoxRefusal::PoolAboveBox(gib(125, 126))));
    world.must(&pool(125));
    assert_eq!(allocated(&world), ByteSize::gib(125));
}

#[test]
fn mailboxes_in_a_pool_may_be_allowed_more_together_than_it_holds_and_none_more_than_it() {
    let mut world = with_domain();
    world.must(&pool(10));
    for number in 1..=4 {
        world.must(&mailbox(DOMAIN, number, 10));
    }
    assert_eq!(allocated(&world), ByteSize::gib(10));
    let above = No::from(ValueRefusal::QuotaAboveDomain(gib(10, 11)));
    assert_eq!(world.run(&mailbox(DOMAIN, 5, 11)), Err(above.into()));
    let raise = ChangeMailboxQuota {
        account: account(),
        service: service(),
        mailbox: id(1),
        quota: ByteSize::gib(11),
    };
    assert_eq!(world.run(&raise), Err(above.into()));
    world.must(&ChangeMailboxQuota { quota: ByteSize::gib(2), ..raise.clone() });
    world.must(&ChangeMailboxQuota { quota: ByteSize::gib(9), ..raise });
    assert_eq!(allocated(&world), ByteSize::gib(10), "what one may hold by itself takes nothing of the Box");
    world.must(&DeleteMailbox {
        account: account(),
        service: service(),
        mailbox: id(1),
        temporary_aliases: vec![],
        purge_after: Timestamp::from_secs(1_800_000_000),
    });
    assert_eq!(allocated(&world), ByteSize::gib(10));
}

#[test]
fn what_a_pool_takes_is_missing_elsewhere_in_the_box() {
    let mut world = with_domain();
    world.must(&mailbox(DOMAIN, 1, 30));
    world.must(&pool(100));
    // A Pro has one domain and three mirrors; two domains need a plan made to measure.
    let change = ChangePlan {
        account: account(),
        service: service(),
        plan: plan_id("custom"),
        version: 1,
        custom: None,
        is_forced: false,
    };
    world.must(&change);
    let name = DomainName::parse("second.example").expect("a name");
    world.must(&AddDomain { account: account(), service: service(), domain: id(21), name, mirrors: None });
    world.must(&VerifyDomain { account: account(), domain: id(21), proof: Proof::AssertedByOperator });
    world.must(&mailbox(21, 2, 100));
    let full = No::StorageLimitReached(gib(250, 200));
    assert_eq!(world.run(&mailbox(21, 3, 51)), Err(full.into()));
    world.must(&mailbox(21, 3, 50));
    assert_eq!(world.run(&pool(101)), refused(BoxRefusal::PoolAboveBox(gib(100, 101))));
    // Smaller is always possible, also where nothing is left.
    world.must(&pool(40));
    assert_eq!(allocated(&world), ByteSize::gib(190));
}

#[test]
fn a_pool_is_never_smaller_than_what_is_held() {
    let mut world = with_domain();
    let small = ChangeDomainSettings { stored: Some(ByteSize::gib(7)), ..pool(6) };
    assert_eq!(world.run(&small), refused(BoxRefusal::PoolBelowUse(gib(6, 7))));
    world.must(&ChangeDomainSettings { stored: Some(ByteSize::gib(7)), ..pool(7) });
    assert_eq!(world.run(&small), refused(BoxRefusal::PoolBelowUse(gib(6, 7))));
    // What is not about the pool is not held up by it.
    let described = DomainSettingsPatch { description: Some("shop".to_owned()), ..Default::default() };
    world.must(&settings(described, Some(9)));
}

#[test]
fn the_way_back_needs_quotas_that_fit_together() {
    let mut world = with_domain();
    world.must(&pool(100));
    for number in 1..=3 {
        world.must(&mailbox(DOMAIN, number, 50));
    }
    assert_eq!(world.run(&allotted(Some(100))), refused(BoxRefusal::AllotmentAbovePool(gib(100, 150))));
    assert_eq!(world.run(&allotted(None)), refused(BoxRefusal::PoolAboveBox(gib(125, 150))));
    let cut = ChangeMailboxQuota {
        account: account(),
        service: service(),
        mailbox: id(3),
        quota: ByteSize::gib(20),
    };
    world.must(&cut);
    world.must(&allotted(None));
    assert_eq!(allocated(&world), ByteSize::gib(120));
}

#[test]
fn a_smaller_plan_keeps_the_pool_and_gives_out_nothing_more() {
    let mut world = with_domain();
    world.must(&mailbox(DOMAIN, 1, 4));
    world.must(&pool(20));
    let change = |plan, is_forced| ChangePlan {
        account: account(),
        service: service(),
        plan: plan_id(plan),
        version: 1,
        custom: None,
        is_forced,
    };
    let small = Measured::too_small(Measure::Storage, Limit { allowed: 8 << 30, used: 20 << 30 });
    assert_eq!(world.run(&change("solo", false)), Err(No::from(small).into()));
    world.must(&change("solo", true));
    assert_eq!(allocated(&world), ByteSize::gib(20), "nothing is taken away");
    assert_eq!(world.run(&pool(21)), refused(BoxRefusal::PoolAboveBox(gib(8, 21))));
    world.must(&pool(19));
    // One more mailbox takes nothing of the storage.
    world.must(&mailbox(DOMAIN, 2, 4));
}

#[test]
fn crossings_of_a_pool_are_noted_once_and_forgotten_with_it() {
    let mut world = with_domain();
    let crossed = |crossing| RecordPoolThreshold {
        account: account(),
        domain: id(DOMAIN),
        threshold: Threshold::Eighty,
        crossing,
    };
    assert_eq!(world.run(&crossed(Crossing::Up)), Ok(0), "nothing is shared yet");
    world.must(&pool(10));
    assert_eq!(world.run(&crossed(Crossing::Up)), Ok(1));
    assert_eq!(world.run(&crossed(Crossing::Up)), Ok(0));
    assert_eq!(world.run(&crossed(Crossing::Down)), Ok(1));
    assert_eq!(world.run(&crossed(Crossing::Up)), Ok(1));
    world.must(&allotted(None));
    world.must(&pool(10));
    assert_eq!(world.run(&crossed(Crossing::Up)), Ok(1), "another pool crosses anew");
}

#[test]
fn refusals_of_pools_say_their_figures() {
    let refusal = BoxRefusal::PoolBelowUse(gib(6, 7));
    let fact = refusal.limits().remove(0);
    assert_eq!((refusal.field(), fact.name), (Some("settings.storageBytesMax"), "storageBytes"));
    assert!(refusal.to_string().contains("7 GiB") && refusal.to_string().contains("6 GiB"));
}
