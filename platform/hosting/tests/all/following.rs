//! What names a mailbox follows it to its new address; what domains and mailboxes may have is held to what is there.

use crate::support::id;
use crate::support::stage::{DOMAIN, account, service, with_mailbox};
use crate::support::world::World;
use hosting::address_map::{AddressMap, AddressMapKind, AddressMapPatch};
use hosting::book::{Book, BookCommand, EntryRecord};
use hosting::domain::DomainSettingsPatch;
use hosting::mailbox::{Mailbox, MailboxSettingsPatch};
use hosting::use_case::{ChangeDomainSettings, ChangeMailboxSettings, EditBook, RenameMailbox};
use kernel::{ByteSize, LocalPart};

const OLD: &str = "alice@demo.example";
const NEW: &str = "alice.new@demo.example";

fn map(number: u128, kind: AddressMapKind, from: &str, to: &str) -> EditBook<AddressMap> {
    let patch = AddressMapPatch {
        kind: Some(kind),
        from: Some(from.to_owned()),
        to: Some(to.to_owned()),
        ..AddressMapPatch::default()
    };
    let command = BookCommand::Add { entry: id(number), patch: Box::new(patch) };
    EditBook { account: account(), owner: id(DOMAIN), command, by_owner: false, service: None }
}

fn settings(mailbox: u128, patch: MailboxSettingsPatch) -> ChangeMailboxSettings {
    ChangeMailboxSettings {
        account: account(),
        mailbox: id(mailbox),
        patch,
        sender_domains: vec![],
        revision: None,
        by_owner: false,
        service: Some(service()),
    }
}

fn rename(alias: Option<u128>) -> RenameMailbox {
    RenameMailbox {
        account: account(),
        service: service(),
        mailbox: id(1),
        local: LocalPart::parse("alice.new").expect("a local part"),
        alias: alias.map(id),
        followers: vec![],
        senders: vec![id(2)],
        mapped: vec![id(DOMAIN)],
    }
}

/// Bob may send as Alice; what she sends and gets is copied to the archive, and what sales get goes to her.
fn scene() -> World {
    let mut world = with_mailbox();
    let send_as = [OLD.to_owned(), "@demo.example".to_owned()].into();
    world.must(&settings(
        2,
        MailboxSettingsPatch { send_as: Some(send_as), ..MailboxSettingsPatch::default() },
    ));
    world.must(&map(50, AddressMapKind::SenderCopy, OLD, "archive@demo.example"));
    world.must(&map(51, AddressMapKind::RecipientCopy, OLD, "archive@demo.example"));
    world.must(&map(52, AddressMapKind::Recipient, "sales@demo.example", OLD));
    world
}

/// What stands in the maps: kind, from, to.
fn maps(world: &World) -> Vec<(AddressMapKind, String, String)> {
    let book = world.state::<Book<AddressMap>>(account().tenant(), id(DOMAIN));
    let rules = book.entries.values().filter_map(EntryRecord::plain);
    let mut found: Vec<_> = rules.map(|rule| (rule.kind, rule.from.clone(), rule.to.clone())).collect();
    found.sort();
    found
}

fn rule(kind: AddressMapKind, from: &str, to: &str) -> (AddressMapKind, String, String) {
    (kind, from.to_owned(), to.to_owned())
}

#[test]
fn whoever_may_send_as_a_mailbox_may_send_as_its_new_address_and_no_more_as_the_old() {
    let mut world = scene();
    world.must(&rename(None));
    let bob = world.state::<Mailbox>(account().tenant(), id(2));
    let send_as = &bob.record().expect("a mailbox").settings.send_as;
    assert_eq!(send_as.iter().map(String::as_str).collect::<Vec<_>>(), ["@demo.example", NEW]);
}

#[test]
fn maps_name_the_new_address_where_the_old_one_is_free() {
    let mut world = scene();
    world.must(&rename(None));
    let expected = vec![
        rule(AddressMapKind::SenderCopy, NEW, "archive@demo.example"),
        rule(AddressMapKind::RecipientCopy, NEW, "archive@demo.example"),
        rule(AddressMapKind::Recipient, "sales@demo.example", NEW),
    ];
    assert_eq!(maps(&world), expected);
}

#[test]
fn what_an_old_address_that_is_kept_receives_is_copied_as_before() {
    let mut world = scene();
    world.must(&rename(Some(9)));
    let expected = vec![
        rule(AddressMapKind::SenderCopy, NEW, "archive@demo.example"),
        rule(AddressMapKind::RecipientCopy, NEW, "archive@demo.example"),
        rule(AddressMapKind::RecipientCopy, OLD, "archive@demo.example"),
        rule(AddressMapKind::Recipient, "sales@demo.example", NEW),
    ];
    assert_eq!(maps(&world), expected);
}

/// Back to the old address, or to another.
fn again(text: &str, alias: Option<u128>, followers: &[u128]) -> RenameMailbox {
    RenameMailbox {
        local: LocalPart::parse(text).expect("a local part"),
        followers: followers.iter().copied().map(id).collect(),
        senders: vec![],
        ..rename(alias)
    }
}

#[test]
fn a_mailbox_that_moves_to_and_fro_has_each_map_once() {
    let mut world = scene();
    for round in 0..3_u128 {
        world.must(&again("alice.new", Some(90 + 2 * round), &[89 + 2 * round]));
        world.must(&again("alice", Some(91 + 2 * round), &[90 + 2 * round]));
    }
    let expected = vec![
        rule(AddressMapKind::SenderCopy, OLD, "archive@demo.example"),
        rule(AddressMapKind::RecipientCopy, NEW, "archive@demo.example"),
        rule(AddressMapKind::RecipientCopy, OLD, "archive@demo.example"),
        rule(AddressMapKind::Recipient, "sales@demo.example", OLD),
    ];
    assert_eq!(maps(&world), expected);
    // Whoever has an address next that is freed is copied to nobody.
    world.must(&again("alice.new", None, &[95]));
    let expected = vec![
        rule(AddressMapKind::SenderCopy, NEW, "archive@demo.example"),
        rule(AddressMapKind::RecipientCopy, NEW, "archive@demo.example"),
        rule(AddressMapKind::Recipient, "sales@demo.example", NEW),
    ];
    assert_eq!(maps(&world), expected);
}

#[test]
fn a_map_that_is_there_already_does_what_that_of_the_old_address_did() {
    let mut world = scene();
    world.must(&rename(Some(90)));
    let book = world.state::<Book<AddressMap>>(account().tenant(), id(DOMAIN));
    let is_new = |rule: &AddressMap| rule.kind == AddressMapKind::RecipientCopy && rule.from == NEW;
    let (twin, _) = book.entries.iter().find(|(_, rule)| rule.plain().is_some_and(is_new)).expect("a twin");
    let to = Some("vault@demo.example".to_owned());
    let patch = Box::new(AddressMapPatch { to, ..AddressMapPatch::default() });
    let command = BookCommand::Change { entry: *twin, patch, revision: None };
    world.must(&EditBook::<AddressMap> {
        account: account(),
        owner: id(DOMAIN),
        command,
        by_owner: false,
        service: None,
    });
    world.must(&again("alice", None, &[90]));
    let expected = vec![
        rule(AddressMapKind::SenderCopy, OLD, "archive@demo.example"),
        rule(AddressMapKind::RecipientCopy, OLD, "vault@demo.example"),
        rule(AddressMapKind::Recipient, "sales@demo.example", OLD),
    ];
    assert_eq!(maps(&world), expected);
}

#[test]
fn an_address_that_is_somebody_else_s_or_that_a_map_leads_to_is_in_use() {
    let mut world = scene();
    world.must(&map(53, AddressMapKind::RecipientCopy, "bob@demo.example", "archive@demo.example"));
    for (text, alias) in [("bob", None), ("bob", Some(90)), ("archive", None), ("archive", Some(90))] {
        let no = world.run(&again(text, alias, &[]));
        let taken = crate::support::world::No::Refused(hosting::HostingRefusal::AddressTaken);
        assert_eq!(no, Err(taken), "{text} {alias:?}");
    }
}

#[test]
fn what_follows_is_counted_together() {
    let mut world = scene();
    let senders = (0..250).map(|number| id(1000 + number)).collect();
    assert_eq!(world.refused(&RenameMailbox { senders, ..rename(None) }), "RENAME_FOLLOWERS");
}

#[test]
fn quotas_are_not_limited_below_the_largest_that_is_there() {
    let mut world = with_mailbox();
    let change = |octets: u64, description: Option<&str>| ChangeDomainSettings {
        account: account(),
        service: service(),
        domain: id(DOMAIN),
        patch: DomainSettingsPatch {
            mailbox_quota_octets_max: Some(Some(octets)),
            description: description.map(str::to_owned),
            ..DomainSettingsPatch::default()
        },
        revision: None,
        stored: None,
        largest: Some(id(1)),
    };
    let gib = ByteSize::gib(1).octets();
    assert_eq!(world.refused(&change(gib - 1, None)), "DOMAIN_QUOTA_BELOW_USE");
    world.must(&change(gib, None));
    world.must(&change(gib, Some("other settings")));
}

#[test]
fn a_mailbox_sends_to_no_more_recipients_a_day_than_its_plan_sells() {
    let mut world = with_mailbox();
    let patch = |most: u32| MailboxSettingsPatch {
        sends_per_day_max: Some(Some(most)),
        ..MailboxSettingsPatch::default()
    };
    let state = world.state::<hosting::service::Service>(account().tenant(), service());
    let sends = state.record().expect("a service").limits.sends;
    let most = [sends.service, sends.domain, sends.mailbox].into_iter().flatten().min().expect("a limit");
    assert_eq!(world.refused(&settings(1, patch(most + 1))), "SENDS_ABOVE_PLAN");
    let unnamed = ChangeMailboxSettings { service: None, ..settings(1, patch(1)) };
    assert_eq!(world.refused(&unnamed), "SERVICE_NOT_FOUND");
    world.must(&settings(1, patch(most)));
    world.must(&settings(
        1,
        MailboxSettingsPatch { sends_per_day_max: Some(None), ..MailboxSettingsPatch::default() },
    ));
}

#[test]
fn a_mailbox_gets_the_name_back_that_an_alias_kept_for_it() {
    let back = |alias: Option<u128>, followers: &[u128]| RenameMailbox {
        local: LocalPart::parse("alice").expect("a local part"),
        alias: alias.map(id),
        followers: followers.iter().copied().map(id).collect(),
        senders: vec![],
        mapped: vec![],
        ..rename(None)
    };
    for (again, aliases) in [(Some(91), 1), (None, 0)] {
        let mut world = with_mailbox();
        let count = |world: &World| {
            let state = world.state::<hosting::service::Service>(account().tenant(), service());
            state.record().expect("a service").usage.aliases
        };
        world.must(&RenameMailbox { senders: vec![], mapped: vec![], ..rename(Some(90)) });
        assert_eq!(count(&world), 1);
        world.must(&back(again, &[90]));
        let state = world.state::<Mailbox>(account().tenant(), id(1));
        let address = state.record().expect("a mailbox").address().expect("an address");
        assert_eq!((address.to_string().as_str(), count(&world)), (OLD, aliases));
        let kept = world.state::<hosting::alias::Alias>(account().tenant(), id(90));
        assert!(kept.record().is_none(), "the alias is gone");
    }
}
