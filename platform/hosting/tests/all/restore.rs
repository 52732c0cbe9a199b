//! A removed domain is brought back with everything that was set up for it.

use crate::support::id;
use crate::support::stage::{DOMAIN, account, service, with_mailbox};
use crate::support::world::World;
use hosting::address_map::{AddressMap, AddressMapKind, AddressMapPatch};
use hosting::book::{Book, BookCommand};
use hosting::domain::{Domain, DomainCommand, DomainEvent, DomainSettingsPatch, DomainState, Proof};
use hosting::mailbox::{Mailbox, MailboxState};
use hosting::resource::{Resource, ResourcePatch};
use hosting::service::{Service, ServiceEvent, ServiceRecord};
use hosting::use_case::{
    AddDomain, ChangeDomainSettings, ChangePlan, DeleteMailbox, EditBook, RemoveDomain, RestoreDomain,
    RestoreMailbox, VerifyDomain,
};
use kernel::{Claim, Decider as _, DomainName, MailboxId, Timestamp, UseCase as _};

fn domain(world: &World) -> DomainState {
    world.state::<Domain>(account().tenant(), id(DOMAIN))
}

fn record(world: &World) -> ServiceRecord {
    world.state::<Service>(account().tenant(), service()).record().expect("a service").clone()
}

fn until(world: &World, seconds: i64) -> Timestamp {
    Timestamp::from_secs(world.now.secs() + seconds)
}

/// What the TXT record says.
fn proof(world: &World) -> Proof {
    match domain(world) {
        DomainState::Pending(record) | DomainState::Verified(record) | DomainState::Removed(record) => {
            Proof::Txt(vec![record.challenge.value])
        }
        other => panic!("{other:?}"),
    }
}

fn restore(proof: Proof, mailboxes: &[u128]) -> RestoreDomain {
    let mailboxes = mailboxes.iter().map(|number| id(*number)).collect();
    RestoreDomain { account: account(), service: service(), domain: id(DOMAIN), proof, mailboxes }
}

fn delete(world: &World, number: u128, seconds: i64) -> DeleteMailbox {
    DeleteMailbox {
        account: account(),
        service: service(),
        mailbox: id(number),
        purge_after: until(world, seconds),
        temporary_aliases: vec![],
    }
}

/// Settings, a room and an address map; then everything is deleted, bob's mailbox for a shorter time, and the domain removed.
fn removed() -> World {
    let mut world = with_mailbox();
    let patch = DomainSettingsPatch {
        mailbox_count_max: Some(Some(2)),
        description: Some("ours".to_owned()),
        ..DomainSettingsPatch::default()
    };
    let (account, service, domain) = (account(), service(), id(DOMAIN));
    world.must(&ChangeDomainSettings {
        account,
        service,
        domain,
        patch,
        revision: None,
        stored: None,
        largest: None,
    });
    let patch = ResourcePatch {
        name: Some("Room".to_owned()),
        local_part: Some("room-1".to_owned()),
        ..ResourcePatch::default()
    };
    let command = BookCommand::Add { entry: id(50), patch: Box::new(patch) };
    world.must(&EditBook::<Resource> { account, owner: domain, command, by_owner: false, service: None });
    let patch = AddressMapPatch {
        kind: Some(AddressMapKind::Recipient),
        from: Some("sales".to_owned()),
        to: Some("sales@elsewhere.example".to_owned()),
        ..AddressMapPatch::default()
    };
    let command = BookCommand::Add { entry: id(51), patch: Box::new(patch) };
    world.must(&EditBook::<AddressMap> { account, owner: domain, command, by_owner: false, service: None });
    for deleted in [delete(&world, 1, 1000), delete(&world, 2, 10)] {
        world.must(&deleted);
    }
    let purge_after = until(&world, 1000);
    world.must(&RemoveDomain { account, service, domain, purge_after });
    world.now = until(&world, 20);
    world
}

#[test]
fn it_is_back_with_settings_entries_names_and_those_mailboxes_that_are_still_there() {
    let mut world = removed();
    assert!(!record(&world).own_domains.contains(&id(DOMAIN)));
    let proof = proof(&world);
    world.must(&restore(proof.clone(), &[1, 2]));
    let DomainState::Verified(back) = domain(&world) else { panic!("{:?}", domain(&world)) };
    assert_eq!((back.settings.description.as_str(), back.purge_after), ("ours", None));
    let service = record(&world);
    assert!(service.own_domains.contains(&id(DOMAIN)));
    assert_eq!(service.shares[&id(DOMAIN)].mailbox_count_max, Some(2));
    assert_eq!(service.usage.mailboxes, 1);
    let mailbox = |number: u128| world.state::<Mailbox>(account().tenant(), id::<MailboxId>(number));
    assert!(matches!(mailbox(1), MailboxState::Live(_)));
    assert!(matches!(mailbox(2), MailboxState::Deleted(_)), "its retention is over");
    let maps = world.state::<Book<AddressMap>>(account().tenant(), id(DOMAIN));
    assert_eq!(maps.entries.len(), 1);
    let holds = |text: &str| {
        let address = kernel::EmailAddress::parse(text).expect("an address");
        world.is_claimed(&Claim::address(&address))
    };
    assert!(holds("room-1@demo.example") && holds("alice@demo.example") && !holds("bob@demo.example"));
    assert_eq!(world.refused(&restore(proof, &[1])), "DOMAIN_NOT_REMOVED");
}

#[test]
fn without_its_proof_it_waits_and_its_mailboxes_stay_deleted() {
    let mut world = removed();
    let met = proof(&world);
    world.must(&restore(Proof::Txt(vec![]), &[1]));
    assert!(matches!(domain(&world), DomainState::Pending(_)));
    assert_eq!(record(&world).usage.mailboxes, 0);
    let domain = hosting::domain::DomainRef::Own(id(DOMAIN));
    let mailbox =
        RestoreMailbox { account: account(), service: service(), domain, mailbox: id(1), local: None };
    assert_eq!(world.refused(&mailbox), "DOMAIN_NOT_VERIFIED");
    world.must(&VerifyDomain { account: account(), domain: id(DOMAIN), proof: met });
    world.must(&mailbox);
}

#[test]
fn after_the_retention_or_where_another_has_it_it_stays_away() {
    let mut world = removed();
    let met = proof(&world);
    let name = DomainName::parse("demo.example").expect("a name");
    let (account, service) = (account(), service());
    let (plan, custom) = (hosting::plan::plan_id("custom"), None);
    world.must(&ChangePlan { account, service, plan, version: 1, custom, is_forced: false });
    world.must(&AddDomain { account, service, domain: id(21), name, mirrors: None });
    world.must(&VerifyDomain { account, domain: id(21), proof: Proof::AssertedByOperator });
    assert_eq!(world.refused(&restore(met.clone(), &[1])), "DOMAIN_ADDED", "the account has it anew");
    world.now = until(&world, 1000);
    assert_eq!(world.refused(&restore(met, &[1])), "RETENTION_OVER");
}

#[test]
fn an_account_has_a_domain_once_until_it_is_removed() {
    let mut world = with_mailbox();
    let name = || DomainName::parse("twice.example").expect("a name");
    let (account, service) = (account(), service());
    let (plan, custom) = (hosting::plan::plan_id("custom"), None);
    world.must(&ChangePlan { account, service, plan, version: 1, custom, is_forced: false });
    let add = |number| AddDomain { account, service, domain: id(number), name: name(), mirrors: None };
    let remove = |number, world: &World| RemoveDomain {
        account,
        service,
        domain: id(number),
        purge_after: until(world, 100),
    };
    let back = |number| RestoreDomain {
        account,
        service,
        domain: id(number),
        proof: Proof::Txt(vec![]),
        mailboxes: vec![],
    };
    world.must(&add(21));
    assert_eq!(world.must(&add(21)), 0, "told again");
    assert_eq!(world.refused(&add(22)), "DOMAIN_ADDED");
    let gone = remove(21, &world);
    world.must(&gone);
    world.must(&add(22));
    assert_eq!(world.refused(&back(21)), "DOMAIN_ADDED", "its place is taken");
    let gone = remove(22, &world);
    world.must(&gone);
    world.must(&back(21));
    assert_eq!(world.refused(&add(23)), "DOMAIN_ADDED");
}

#[test]
fn a_domain_that_was_added_before_names_were_claimed_gives_none_back() {
    let (account, service) = (account(), service());
    let world = with_mailbox();
    let added = DomainEvent::Added {
        account,
        service,
        name: DomainName::parse("old.example").expect("a name"),
        token: "t".to_owned(),
        mirrors: None,
        is_claimed: false,
    };
    let old = Domain::evolve(DomainState::Absent, &added);
    let mut slots = world.state::<Service>(account.tenant(), service);
    slots = Service::evolve(slots, &ServiceEvent::DomainSlotTaken { domain: id(21), mirrors: None });
    let remove = RemoveDomain { account, service, domain: id(21), purge_after: until(&world, 100) };
    let changes = remove.decide(&(slots, old.clone(), Default::default()), world.now).expect("removed");
    assert!(changes.claims_released.is_empty());
    // Brought back it is claimed as any other.
    let removed = Domain::evolve(old, &DomainEvent::Removed { purge_after: until(&world, 100) });
    let restored = DomainCommand::Restore(Proof::Txt(vec![]));
    let events = Domain::decide(&removed, restored, &(), world.now).expect("restored");
    let back = events.iter().fold(removed, Domain::evolve);
    assert!(back.record().is_some_and(|record| record.is_claimed));
}
