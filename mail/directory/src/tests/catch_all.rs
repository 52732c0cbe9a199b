//! In which names the targets of a catch-all send.

use hosting::book::{BookEvent, EntryEvent};
use hosting::domain::{DomainRelay, DomainSettings};
use hosting::resource::Resource;
use kernel::ResourceId;

use super::*;

/// Alice is a target of the catch-all, bob is none.
fn world() -> (World, Login) {
    let world = World::new();
    world.mailbox(30, "alice", None);
    world.mailbox(31, "bob", None);
    world.alias(40, Some("info"), &["bob@x.example"]);
    world.alias(41, None, &["alice@x.example", "carol@elsewhere.example"]);
    let login = world.access(30, Protocol::Submission).expect("a login");
    (world, login)
}

fn may_send(world: &World, login: &Login, sender: &str) -> bool {
    world.0.may_send_as(login, &address(sender))
}

fn set(world: &World, change: impl FnOnce(&mut AliasSettings)) {
    let mut settings = AliasSettings::default();
    change(&mut settings);
    let settings = Sealed::new(SubjectId::of_alias(AliasId::new(uuid(41))), Box::new(settings));
    world.tell(41, HostingEvent::Alias(AliasEvent::SettingsChanged { settings, changed: vec![] }));
}

fn set_domain(world: &World, settings: DomainSettings) {
    let settings = Sealed::new(SubjectId::new(uuid(TENANT)), Box::new(settings));
    world.tell(20, HostingEvent::Domain(DomainEvent::SettingsChanged { settings, changed: vec![] }));
}

#[test]
fn the_target_of_a_catch_all_sends_as_what_nobody_else_has() {
    let (world, alice) = world();
    world.mirror(22, "z.example");
    world.alias(42, Some("shop"), &["bob@x.example"]);
    let expires_at = Some(Timestamp::from_secs(1));
    world.tell(42, HostingEvent::Alias(AliasEvent::ExpiryChanged { expires_at }));
    for (sender, expected) in [
        ("anything@x.example", true),
        ("Any.Thing+tag@X.example", true),
        ("anything@z.example", true),
        ("bob@x.example", false),
        ("bob+tag@x.example", false),
        ("BOB@z.example", false),
        ("info@x.example", false),
        ("info+tag@x.example", false),
        // Its time is over, and it is still somebody's.
        ("shop@x.example", false),
        ("anything@elsewhere.example", false),
    ] {
        assert_eq!(may_send(&world, &alice, sender), expected, "{sender}");
    }
    let bob = world.access(31, Protocol::Submission).expect("a login");
    assert!(!may_send(&world, &bob, "anything@x.example"), "no target of it");
    // What is made since is whose it is, at once.
    world.mailbox(32, "anything", None);
    assert!(!may_send(&world, &alice, "anything@x.example"));
    let other = Login { tenant: TenantId::new(uuid(2)), ..alice };
    assert!(!may_send(&world, &other, "something@x.example"), "the domain is another account's");
}

#[test]
fn the_switch_the_end_and_whatever_leads_elsewhere_take_it_away() {
    let (world, alice) = world();
    let may = || may_send(&world, &alice, "anything@x.example");
    assert!(may());
    set(&world, |settings| settings.lets_targets_send = false);
    assert!(!may());
    set(&world, |settings| settings.is_active = false);
    assert!(!may());
    set(&world, |_| {});
    assert!(may());
    let onto = |relay, is_active| DomainSettings {
        relay,
        relay_host: Some("mx.example".to_owned()),
        is_active,
        ..DomainSettings::default()
    };
    // Another host knows who is there.
    set_domain(&world, onto(DomainRelay::All, true));
    assert!(!may());
    // Only what nobody takes here goes there: the catch-all takes all.
    set_domain(&world, onto(DomainRelay::Unknown, true));
    assert!(may());
    set_domain(&world, onto(DomainRelay::None, false));
    assert!(!may());
    set_domain(&world, DomainSettings::default());
    assert!(may());
    maps(&world, 50, &[(AddressMapKind::Recipient, "anything@x.example", "bob@x.example")]);
    assert!(!may(), "its mail is bob's");
    assert!(may_send(&world, &alice, "something@x.example"));
    world.tell(41, HostingEvent::Alias(AliasEvent::Deleted));
    assert!(!may_send(&world, &alice, "something@x.example"));
}

#[test]
fn what_is_written_to_a_room_is_read_by_nobody_else() {
    let (world, _) = world();
    world.mirror(22, "z.example");
    world.alias(43, Some("all"), &["room@x.example", "bob@x.example"]);
    let entry = ResourceId::new(uuid(50));
    let content = |local: &str| {
        let room = Resource { local_part: local.to_owned(), ..Resource::default() };
        Sealed::new(SubjectId::new(uuid(TENANT)), Box::new(room))
    };
    let book = |event| world.tell(20, HostingEvent::Entry(EntryEvent::Resource(event)));
    let resolved = |text: &str| world.0.resolve(&address(text), None);
    let is_room = |text: &str| matches!(resolved(text), Resolution::Resource);
    assert!(
        matches!(resolved("room@x.example"), Resolution::Deliver(_)),
        "the catch-all's, before there is one"
    );
    book(BookEvent::Added {
        entry,
        account: AccountId::new(uuid(TENANT)),
        service: None,
        domain: Some(DomainId::new(uuid(20))),
        mailbox: None,
        content: content("room"),
    });
    assert!(is_room("room@x.example") && is_room("ROOM@z.example"));
    assert!(matches!(resolved("other@x.example"), Resolution::Deliver(_)), "the catch-all's");
    let Resolution::Deliver(ends) = resolved("all@x.example") else { panic!("bob has it") };
    assert_eq!(ends.mailboxes.len(), 1, "a room takes no part of it");
    book(BookEvent::Changed { entry, content: content("hall"), changed: vec!["local_part".to_owned()] });
    assert!(!is_room("room@x.example") && is_room("hall@x.example"));
    book(BookEvent::Removed { entry });
    assert!(!is_room("hall@x.example"));
}
