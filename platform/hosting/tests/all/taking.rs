//! Which addresses owners of mailboxes take, which are nobody's, and which no plan counts.

use crate::support::id;
use crate::support::stage::{DOMAIN, account, service, with_mailbox};
use crate::support::world::{No as Why, World};
use hosting::HostingRefusal as No;
use hosting::address_map::{AddressMap, AddressMapKind, AddressMapPatch};
use hosting::alias::AliasSettingsPatch;
use hosting::book::BookCommand;
use hosting::domain::{DomainRef, DomainRelay, DomainSettingsPatch};
use hosting::limit::{LOCAL_PARTS_UNCOUNTED, SHARED_LOCAL_PARTS_RESERVED};
use hosting::mailbox::{Mailbox, MailboxCommand, MailboxEvent, MailboxSettings, MailboxSettingsPatch};
use hosting::service::{Service, ServiceCommand, ServiceEvent, ServiceRecord, ServiceState};
use hosting::use_case::{
    ChangeAliasExpiry, ChangeDomainSettings, ChangeMailboxSettings, CreateAlias, CreateMailboxes,
    CreateTemporaryAlias, DeleteAlias, DeleteMailbox, EditBook, NewMailbox, RemoveDomain, RenameMailbox,
};
use kernel::{ByteSize, Decider as _, EmailAddress, LocalPart, Refusal as _, Sealed, SubjectId, Timestamp};

fn local(text: &str) -> LocalPart {
    LocalPart::parse(text).expect(text)
}

fn later(world: &World) -> Timestamp {
    Timestamp::from_secs(world.now.secs() + 86_400)
}

fn temporary(world: &World, text: &str, by_owner: bool) -> CreateTemporaryAlias {
    CreateTemporaryAlias {
        account: account(),
        service: service(),
        domain: DomainRef::Own(id(DOMAIN)),
        mailbox: id(1),
        alias: id(100),
        local: local(text),
        expires_at: later(world),
        by_owner,
        lets_targets_send: true,
        description: String::new(),
    }
}

fn alias(number: u128, text: &str) -> CreateAlias {
    CreateAlias {
        account: account(),
        service: service(),
        domain: DomainRef::Own(id(DOMAIN)),
        alias: id(number),
        local: Some(local(text)),
        targets: vec![EmailAddress::parse("alice@demo.example").expect("an address")],
        is_under_catch_all: false,
        settings: AliasSettingsPatch::default(),
    }
}

fn delete(number: u128) -> DeleteAlias {
    DeleteAlias { account: account(), service: service(), alias: id(number) }
}

fn rename(text: &str, kept: u128, followers: &[u128]) -> RenameMailbox {
    RenameMailbox {
        account: account(),
        service: service(),
        mailbox: id(1),
        local: local(text),
        alias: Some(id(kept)),
        followers: followers.iter().copied().map(id).collect(),
        senders: vec![],
        mapped: vec![],
    }
}

fn mailbox(number: u128, text: &str) -> CreateMailboxes {
    CreateMailboxes {
        account: account(),
        service: service(),
        domain: DomainRef::Own(id(DOMAIN)),
        mailboxes: vec![NewMailbox {
            mailbox: id(number),
            local: local(text),
            quota: ByteSize::gib(1),
            display_name: None,
            password: None,
        }],
    }
}

fn record(world: &World) -> ServiceRecord {
    world.state::<Service>(account().tenant(), service()).record().expect("a service").clone()
}

#[test]
fn an_owner_takes_no_address_that_others_are_reached_at() {
    let mut world = with_mailbox();
    let wished = ["alice+bank", "bob+bank", "Postmaster", "WebMaster", "dmarc-reports", "s\u{e9}curit\u{e9}"];
    let alike = ["adm\u{456}n", "p\u{251}yp\u{430}l", "srs0=aa=bb=x.example=y", "_"];
    for text in wished.iter().chain(&alike).chain(SHARED_LOCAL_PARTS_RESERVED) {
        let refused = world.run(&temporary(&world, text, true));
        assert_eq!(refused, Err(Why::Refused(No::AddressReserved)), "{text}");
    }
    assert_eq!(No::AddressReserved.field(), Some("localPart"));
    // Administrators do, and owners take any other.
    world.must(&temporary(&world, "alice+bank", false));
    world.must(&CreateTemporaryAlias { alias: id(101), ..temporary(&world, "webmaster", false) });
    world.must(&CreateTemporaryAlias { alias: id(102), ..temporary(&world, "shop", true) });
}

#[test]
fn an_owner_takes_no_address_where_people_at_another_host_have_theirs() {
    let mut world = with_mailbox();
    world.must(&ChangeDomainSettings {
        account: account(),
        service: service(),
        domain: id(DOMAIN),
        patch: DomainSettingsPatch {
            relay: Some(DomainRelay::Unknown),
            relay_host: Some(Some("mx.elsewhere.example".to_owned())),
            ..DomainSettingsPatch::default()
        },
        revision: None,
        stored: None,
        largest: None,
    });
    assert_eq!(world.refused(&temporary(&world, "boss", true)), "SETTING_NOT_SELF_SERVICE");
    world.must(&temporary(&world, "boss", false));
}

#[test]
fn postmaster_and_abuse_take_no_slot_and_hold_their_domain_all_the_same() {
    let mut world = with_mailbox();
    for (number, text) in [(50, "postmaster"), (51, "Abuse"), (52, "sales")] {
        world.must(&alias(number, text));
    }
    assert_eq!(LOCAL_PARTS_UNCOUNTED, ["abuse", "postmaster"]);
    let found = record(&world);
    assert_eq!((found.usage.aliases, found.domains[&id(DOMAIN)].aliases), (1, 1));
    assert_eq!(found.uncounted_aliases.keys().copied().collect::<Vec<_>>(), [id(50), id(51)]);
    for number in [1, 2] {
        let (purge_after, temporary_aliases) = (later(&world), vec![]);
        let (account, service, mailbox) = (account(), service(), id(number));
        world.must(&DeleteMailbox { account, service, mailbox, purge_after, temporary_aliases });
    }
    world.must(&delete(52));
    world.must(&delete(51));
    let (account, service, purge_after) = (account(), service(), later(&world));
    let remove = RemoveDomain { account, service, domain: id(DOMAIN), purge_after };
    assert_eq!(world.refused(&remove), "DOMAIN_IN_USE");
    assert!(record(&world).holds_names());
    world.must(&delete(50));
    assert_eq!(record(&world).usage.aliases, 0, "nothing is given back that was not taken");
    world.must(&remove);
}

#[test]
fn they_find_room_where_the_plan_has_none_left() {
    let mut world = with_mailbox();
    for number in 0..100_u128 {
        world.must(&alias(300 + number, &format!("a{number}")));
    }
    assert_eq!(world.refused(&alias(50, "sales")), "ALIAS_LIMIT_REACHED");
    world.must(&alias(50, "postmaster"));
    assert_eq!(world.refused(&alias(51, "abuse+x")), "ALIAS_LIMIT_REACHED");
    // A temporary one that stays takes none either.
    world.must(&temporary(&world, "abuse", false));
    let (account, service) = (account(), service());
    let stay = ChangeAliasExpiry {
        account,
        service,
        mailbox: id(1),
        alias: id(100),
        expires_at: None,
        by_owner: false,
    };
    world.must(&stay);
    world.must(&delete(100));
    assert_eq!(record(&world).usage.aliases, 100);
}

#[test]
fn an_alias_that_was_counted_before_gives_its_slot_back_once() {
    let mut world = with_mailbox();
    world.must(&alias(50, "sales"));
    let before = world.state::<Service>(account().tenant(), service());
    // `postmaster` of before: counted, and in no note.
    let domain = id(DOMAIN);
    let counted = Service::evolve(before, &ServiceEvent::AliasSlotTaken { domain, uncounted: None });
    let give_back = |state: &ServiceState, number| {
        let command = ServiceCommand::ReturnAlias { domain, alias: id(number) };
        let events = Service::decide(state, command, &(), world.now).expect("given back");
        events.iter().fold(state.clone(), Service::evolve)
    };
    let used = |state: &ServiceState| state.record().map(|record| record.usage.aliases);
    let take = ServiceCommand::TakeAlias { domain, uncounted: Some(id(61)) };
    let events = Service::decide(&counted, take, &(), world.now).expect("taken");
    let both = events.iter().fold(counted, Service::evolve);
    assert_eq!(used(&both), Some(2));
    let after = give_back(&both, 61);
    assert_eq!(used(&after), Some(2));
    assert_eq!(used(&give_back(&after, 60)), Some(1));
    assert_eq!(used(&give_back(&both, 60)), Some(1));
}

#[test]
fn a_mailbox_that_was_called_abuse_leaves_an_alias_that_is_not_counted() {
    let mut world = with_mailbox();
    world.must(&rename("abuse", 90, &[]));
    assert_eq!(record(&world).usage.aliases, 1);
    world.must(&rename("carol", 91, &[90]));
    assert_eq!(record(&world).usage.aliases, 1, "abuse leads to carol");
    world.must(&rename("abuse", 92, &[90, 91]));
    let found = record(&world);
    assert_eq!((found.usage.aliases, found.uncounted_aliases.len()), (2, 0));
}

#[test]
fn a_star_is_nobody_s_address() {
    let mut world = with_mailbox();
    assert_eq!(world.refused(&mailbox(3, "*")), "ADDRESS_RESERVED");
    assert_eq!(world.refused(&alias(50, "*")), "ADDRESS_RESERVED");
    assert_eq!(world.refused(&rename("*", 90, &[])), "ADDRESS_RESERVED");
    let map = |from: &str, to: &str| {
        let patch = AddressMapPatch {
            kind: Some(AddressMapKind::RecipientCopy),
            from: Some(from.to_owned()),
            to: Some(to.to_owned()),
            ..AddressMapPatch::default()
        };
        let command = BookCommand::<AddressMap>::Add { entry: id(50), patch: Box::new(patch) };
        EditBook { account: account(), owner: id(DOMAIN), command, by_owner: false, service: None }
    };
    for from in ["*", "*@demo.example", "sales-*"] {
        assert_eq!(world.refused(&map(from, "archive@demo.example")), "ADDRESS_MAP_SOURCE", "{from}");
    }
    assert_eq!(world.refused(&map("sales", "*@demo.example")), "ADDRESS_MAP_TARGET");
    world.must(&map("@demo.example", "archive@demo.example"));
    for refusal in [No::AddressMapSource, No::AddressMapTarget, No::SendAsMalformed] {
        assert!(
            refusal.to_string().contains("@example.org") && refusal.to_string().contains('*'),
            "{refusal}"
        );
    }
}

#[test]
fn a_star_grants_no_sender_and_what_stood_there_before_hinders_no_change() {
    let mut world = with_mailbox();
    let send_as = |sender: &str| MailboxSettingsPatch {
        send_as: Some([sender.to_owned()].into()),
        ..MailboxSettingsPatch::default()
    };
    let change = |patch| ChangeMailboxSettings {
        account: account(),
        mailbox: id(1),
        patch,
        sender_domains: vec![id(DOMAIN)],
        revision: None,
        by_owner: false,
        service: None,
    };
    assert_eq!(world.refused(&change(send_as("*@demo.example"))), "SEND_AS_MALFORMED");
    world.must(&change(send_as("@demo.example")));
    let settings = MailboxSettings { send_as: ["*@demo.example".to_owned()].into(), ..Default::default() };
    let settings = Sealed::new(SubjectId::of_mailbox(id(1)), Box::new(settings));
    let set = MailboxEvent::SettingsChanged { settings, changed: vec!["send_as".to_owned()] };
    let before = Mailbox::evolve(world.state::<Mailbox>(account().tenant(), id(1)), &set);
    let patch = MailboxSettingsPatch { imap: Some(false), ..MailboxSettingsPatch::default() };
    let command = MailboxCommand::ChangeSettings { patch: Box::new(patch), revision: None, by_owner: false };
    assert!(Mailbox::decide(&before, command, &id(1), world.now).is_ok_and(|events| !events.is_empty()));
}
