//! A customer that most rules can be tried on: account 1 with the active service 10 (Pro), the proven domain 20
//! `demo.example`, and the mailboxes 1 `alice` and 2 `bob`.

use hosting::domain::{DomainRef, Proof};
use hosting::plan::{catalogue, plan_id};
use hosting::use_case::{
    ActivateService, AddDomain, CreateMailboxes, NewMailbox, OpenAccount, OrderService, PublishPlanVersion,
    VerifyDomain,
};
use kernel::{AccountId, ByteSize, DomainName, LocalPart, ServiceId};

use super::id;
use super::world::World;

/// The domain's number.
pub(crate) const DOMAIN: u128 = 20;

pub(crate) fn account() -> AccountId {
    id(1)
}

pub(crate) fn service() -> ServiceId {
    id(10)
}

/// The customer without mailboxes.
pub(crate) fn with_domain() -> World {
    let mut world = World::new();
    for entry in catalogue() {
        world.must(&PublishPlanVersion { plan: entry.plan, version: entry.version, terms: entry.terms });
    }
    world.must(&OpenAccount { account: account(), name: "Demo".to_owned() });
    let order = OrderService {
        account: account(),
        service: service(),
        plan: plan_id("pro"),
        version: 1,
        custom: None,
        cycle: hosting::calendar::Cycle::Annual,
        agreement: hosting::contract::Agreement::ToFollow,
    };
    world.must(&order);
    world.must(&ActivateService { account: account(), service: service() });
    let name = DomainName::parse("demo.example").expect("a name");
    world.must(&AddDomain {
        account: account(),
        service: service(),
        domain: id(DOMAIN),
        name,
        mirrors: None,
    });
    world.must(&VerifyDomain { account: account(), domain: id(DOMAIN), proof: Proof::AssertedByOperator });
    world
}

pub(crate) fn with_mailbox() -> World {
    let mut world = with_domain();
    let mailbox = |number, local: &str| NewMailbox {
        mailbox: id(number),
        local: LocalPart::parse(local).expect("a local part"),
        quota: ByteSize::gib(1),
        display_name: None,
        password: None,
    };
    world.must(&CreateMailboxes {
        account: account(),
        service: service(),
        domain: DomainRef::Own(id(DOMAIN)),
        mailboxes: vec![mailbox(1, "alice"), mailbox(2, "bob")],
    });
    world
}
