//! The rules of books and of what is in them: address maps of a domain, TLS policies of an account.

mod support;

use authority::Permission;
use hosting::HostingRefusal as No;
use hosting::address_map::{AddressMap, AddressMapKind, AddressMapPatch};
use hosting::book::{Book, BookCommand, BookState};
use hosting::limit::ADDRESS_MAP_COUNT_MAX;
use hosting::refusal::Limit;
use hosting::tls_policy::{TlsLevel, TlsPolicy, TlsPolicyPatch};
use hosting::use_case::{EditBook, RemoveDomain};
use kernel::{AccountId, Timestamp};
use support::id;
use support::stage::{DOMAIN, account, service, with_domain};
use support::world::{No as Why, World};

fn map(kind: AddressMapKind, from: &str, to: &str) -> AddressMapPatch {
    AddressMapPatch {
        kind: Some(kind),
        from: Some(from.to_owned()),
        to: Some(to.to_owned()),
        ..AddressMapPatch::default()
    }
}

fn edit(command: BookCommand<AddressMap>) -> EditBook<AddressMap> {
    EditBook { account: account(), owner: id(DOMAIN), command, by_owner: false }
}

fn add(number: u128, patch: AddressMapPatch) -> EditBook<AddressMap> {
    edit(BookCommand::Add { entry: id(number), patch: Box::new(patch) })
}

fn change(number: u128, patch: AddressMapPatch, revision: Option<u32>) -> EditBook<AddressMap> {
    edit(BookCommand::Change { entry: id(number), patch: Box::new(patch), revision })
}

fn maps(world: &World) -> BookState<AddressMap> {
    world.state::<Book<AddressMap>>(account().tenant(), id(DOMAIN))
}

#[test]
fn a_rule_is_for_a_local_part_an_address_of_the_domain_or_all_of_them() {
    use AddressMapKind::{Recipient, RecipientCopy, SenderCopy};
    let mut world = with_domain();
    world.must(&add(1, map(SenderCopy, "Alice", "Archive@Else.Example")));
    world.must(&add(2, map(RecipientCopy, "bob@DEMO.example", "archive@demo.example")));
    world.must(&add(3, map(RecipientCopy, "@demo.example", "archive@demo.example")));
    world.must(&add(4, map(Recipient, "@demo.example", "@new.example")));
    let state = maps(&world);
    let of = |number| state.entries[&id(number)].plain().map(|map| (map.from.as_str(), map.to.as_str()));
    assert_eq!(of(1), Some(("alice@demo.example", "archive@else.example")));
    assert_eq!(of(2), Some(("bob@demo.example", "archive@demo.example")));
    assert_eq!(of(4), Some(("@demo.example", "@new.example")));
    for (patch, refusal) in [
        (map(SenderCopy, "carol@else.example", "a@else.example"), No::AddressMapSource),
        (map(SenderCopy, "@else.example", "a@else.example"), No::AddressMapSource),
        (map(SenderCopy, "", "a@else.example"), No::AddressMapSource),
        (map(SenderCopy, "carol", "nobody"), No::AddressMapTarget),
        (map(SenderCopy, "@demo.example", "@else.example"), No::AddressMapTarget),
        (map(Recipient, "carol", "@else.example"), No::AddressMapTarget),
        (map(SenderCopy, "ALICE@demo.example", "b@else.example"), No::AddressMapTaken),
    ] {
        assert_eq!(world.run(&add(9, patch.clone())), Err(Why::Refused(refusal)), "{patch:?}");
    }
}

#[test]
fn a_rule_that_sends_mail_round_in_a_circle_is_refused() {
    use AddressMapKind::{Recipient, RecipientCopy};
    let mut world = with_domain();
    let refused = Err(Why::Refused(No::AddressMapLoop));
    assert_eq!(world.run(&add(1, map(Recipient, "a", "A@demo.example"))), refused);
    assert_eq!(world.run(&add(1, map(Recipient, "@demo.example", "@demo.example"))), refused);
    world.must(&add(1, map(Recipient, "a", "b@demo.example")));
    world.must(&add(2, map(Recipient, "b", "c@demo.example")));
    assert_eq!(world.run(&add(3, map(Recipient, "c", "a@demo.example"))), refused);
    assert_eq!(world.run(&change(2, map(Recipient, "b", "a@demo.example"), None)), refused);
    // Of another kind it is none, and all copied to one of them is none either.
    world.must(&add(3, map(RecipientCopy, "c", "a@demo.example")));
    world.must(&add(4, map(RecipientCopy, "@demo.example", "archive@demo.example")));
}

#[test]
fn of_two_administrators_of_an_entry_the_later_is_told() {
    let mut world = with_domain();
    world.must(&add(1, map(AddressMapKind::SenderCopy, "a", "b@else.example")));
    let off = AddressMapPatch { is_active: Some(false), ..AddressMapPatch::default() };
    world.must(&change(1, off.clone(), Some(0)));
    assert_eq!(
        world.run(&change(1, AddressMapPatch { comment: Some("x".to_owned()), ..off.clone() }, Some(0))),
        Err(Why::Refused(No::SettingsStale))
    );
    // It is so already: nothing happens, and the revision stays.
    assert_eq!(world.must(&change(1, off, Some(1))), 0);
    world.must(&edit(BookCommand::Remove { entry: id(1) }));
    let gone = edit(BookCommand::Remove { entry: id(1) });
    assert_eq!(world.run(&gone), Err(Why::Refused(No::AddressMapNotFound)));
}

#[test]
fn a_domain_has_so_many_rules_and_none_when_it_is_gone() {
    let mut world = with_domain();
    let numbered = |number: u128| map(AddressMapKind::SenderCopy, &format!("a{number}"), "b@else.example");
    for number in 0..ADDRESS_MAP_COUNT_MAX as u128 {
        world.must(&add(1000 + number, numbered(number)));
    }
    let full = Limit::count(ADDRESS_MAP_COUNT_MAX, ADDRESS_MAP_COUNT_MAX);
    assert_eq!(world.run(&add(1, numbered(9999))), Err(Why::Refused(No::AddressMapLimit(full))));
    let purge_after = Timestamp::from_secs(1_800_000_000);
    world.must(&RemoveDomain { account: account(), service: service(), domain: id(DOMAIN), purge_after });
    assert_eq!(world.run(&add(1, numbered(1))), Err(Why::Refused(No::DomainNotFound)));
}

#[test]
fn copying_mail_takes_what_setting_passwords_takes_and_is_never_delegated() {
    let world = with_domain();
    let need = world.need(&add(1, map(AddressMapKind::SenderCopy, "a", "b@else.example")));
    assert_eq!(need.permission, Permission::CredentialWrite);
    assert_eq!(need.resource.domain, Some(id(DOMAIN)));
    assert!(!authority::Permissions::delegable().has(need.permission));
}

#[test]
fn how_mail_to_a_destination_is_encrypted_is_the_account_s_for_itself_and_the_operator_s_for_all() {
    let mut world = with_domain();
    let put = |account: AccountId, number, destination: &str, level| EditBook::<TlsPolicy> {
        account,
        owner: account,
        command: BookCommand::Add {
            entry: id(number),
            patch: Box::new(TlsPolicyPatch {
                destination: Some(destination.to_owned()),
                level: Some(level),
                ..TlsPolicyPatch::default()
            }),
        },
        by_owner: false,
    };
    assert_eq!(
        world.need(&put(account(), 1, "a.example", TlsLevel::May)).permission,
        Permission::DomainWrite
    );
    let of_all = world.need(&put(AccountId::PLATFORM, 1, "a.example", TlsLevel::May));
    assert_eq!(of_all.permission, Permission::PlatformWrite);
    world.must(&put(AccountId::PLATFORM, 1, "a.example", TlsLevel::May));
    for (number, destination, is_good) in [
        (1, "b\u{fc}cher.example", true),
        (2, ".Parent.Example", true),
        (3, "[mx.example.org]:587", true),
        (4, "XN--bcher-kva.example", false),
        (5, "mx.example.org:587", false),
        (6, "mx.example.org:0", false),
        (7, "mx.example.org:70000", false),
        (8, "*", false),
        (9, ".", false),
        (10, "a@example.org", false),
        (11, "localhost", false),
        (12, "", false),
    ] {
        let run = world.run(&put(account(), number, destination, TlsLevel::Secure));
        assert_eq!(run.is_ok(), is_good, "{destination}: {run:?}");
    }
    let change = |patch| EditBook::<TlsPolicy> {
        account: account(),
        owner: account(),
        command: BookCommand::Change { entry: id(1), patch: Box::new(patch), revision: None },
        by_owner: false,
    };
    let texts = |texts: &[&str]| Some(texts.iter().map(|text| (*text).to_owned()).collect());
    let fingerprint = Some(TlsLevel::Fingerprint);
    let none = TlsPolicyPatch::default;
    for (patch, refusal) in [
        (TlsPolicyPatch { level: fingerprint, ..none() }, No::TlsPolicyFingerprints),
        (
            TlsPolicyPatch { level: fingerprint, fingerprints: texts(&["ab:cd"]), ..none() },
            No::TlsPolicyFingerprints,
        ),
        (
            TlsPolicyPatch { level: Some(TlsLevel::May), match_names: texts(&["a.example"]), ..none() },
            No::TlsPolicyNames,
        ),
        (TlsPolicyPatch { match_names: texts(&["a b"]), ..none() }, No::TlsPolicyNames),
    ] {
        assert_eq!(world.run(&change(patch.clone())), Err(Why::Refused(refusal)), "{patch:?}");
    }
    world.must(&change(TlsPolicyPatch { match_names: texts(&["nexthop", ".example.org"]), ..none() }));
    let print = ["AB"; 32].join(":");
    world.must(&change(TlsPolicyPatch {
        level: fingerprint,
        fingerprints: texts(&[&print]),
        match_names: texts(&[]),
        ..none()
    }));
}
