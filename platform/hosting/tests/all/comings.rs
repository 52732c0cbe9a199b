//! What comes, moves and comes back: temporary aliases, renamed mailboxes, deleted ones that are restored.

use crate::support::id;
use crate::support::stage::{DOMAIN, account, service, with_mailbox};
use crate::support::world::{No, World};
use authority::{Denied, Grant, Permission, Permissions, Principal, Scope};
use hosting::HostingRefusal;
use hosting::alias::{Alias, AliasSettingsPatch};
use hosting::domain::DomainRef;
use hosting::mailbox::{Mailbox, MailboxSettingsPatch};
use hosting::refusal::{Limit, ValueRefusal};
use hosting::service::Service;
use hosting::use_case::{
    ChangeAliasExpiry, ChangeMailboxSettings, CreateAlias, CreateMailboxes, CreateTemporaryAlias,
    DeleteAlias, DeleteMailbox, DeleteTemporaryAlias, DescribeTemporaryAlias, NewMailbox, RenameMailbox,
    RestoreMailbox,
};
use kernel::{Actor, ByteSize, EmailAddress, Event, LocalPart, Timestamp};

fn local(text: &str) -> LocalPart {
    LocalPart::parse(text).expect("a local part")
}

fn after(world: &World, days: i64) -> Timestamp {
    Timestamp::from_secs(world.now.secs() + days * 86_400)
}

fn temporary(world: &World, number: u128, text: &str) -> CreateTemporaryAlias {
    CreateTemporaryAlias {
        account: account(),
        service: service(),
        domain: DomainRef::Own(id(DOMAIN)),
        mailbox: id(1),
        alias: id(number),
        local: local(text),
        expires_at: after(world, 365),
        by_owner: true,
        lets_targets_send: true,
        description: String::new(),
    }
}

fn expiry(number: u128, expires_at: Option<Timestamp>, by_owner: bool) -> ChangeAliasExpiry {
    ChangeAliasExpiry {
        account: account(),
        service: service(),
        mailbox: id(1),
        alias: id(number),
        expires_at,
        by_owner,
    }
}

fn delete(world: &World, aliases: &[u128]) -> DeleteMailbox {
    DeleteMailbox {
        account: account(),
        service: service(),
        mailbox: id(1),
        purge_after: after(world, 30),
        temporary_aliases: aliases.iter().map(|number| id(*number)).collect(),
    }
}

fn restore() -> RestoreMailbox {
    RestoreMailbox {
        account: account(),
        service: service(),
        domain: DomainRef::Own(id(DOMAIN)),
        mailbox: id(1),
        local: None,
    }
}

fn rename(text: &str, alias: Option<u128>) -> RenameMailbox {
    RenameMailbox {
        account: account(),
        service: service(),
        mailbox: id(1),
        local: local(text),
        alias: alias.map(id),
        followers: vec![],
        senders: vec![],
        mapped: vec![],
    }
}

fn create(number: u128, text: &str) -> CreateMailboxes {
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

fn alias_count(world: &World) -> u32 {
    world.state::<Service>(account().tenant(), service()).record().expect("a service").usage.aliases
}

#[test]
fn temporary_aliases_take_no_slot_and_have_their_own_limit() {
    let mut world = with_mailbox();
    for number in 0..25_u128 {
        world.must(&temporary(&world, 100 + number, &format!("t{number}")));
    }
    assert_eq!(alias_count(&world), 0);
    assert_eq!(world.refused(&temporary(&world, 200, "more")), "TEMPORARY_ALIAS_LIMIT_REACHED");
    // Expired ones leave room.
    let soon = after(&world, 1);
    world.must(&expiry(100, Some(soon), true));
    world.now = soon;
    world.must(&temporary(&world, 200, "more"));
    assert_eq!(world.refused(&temporary(&world, 201, "t3")), "TEMPORARY_ALIAS_LIMIT_REACHED");
    let end = DeleteTemporaryAlias {
        account: account(),
        service: service(),
        mailbox: id(1),
        alias: id(103),
        by_owner: true,
    };
    assert_eq!(world.must(&end), 2);
    world.must(&temporary(&world, 201, "t3"));
    assert_eq!(world.refused(&temporary(&world, 202, "t3")), "TEMPORARY_ALIAS_LIMIT_REACHED");
}

#[test]
fn an_end_lies_ahead_and_within_ten_years() {
    let mut world = with_mailbox();
    let past = CreateTemporaryAlias { expires_at: world.now, ..temporary(&world, 100, "t") };
    assert_eq!(world.refused(&past), "EXPIRY_PAST");
    let far = CreateTemporaryAlias { expires_at: after(&world, 3652), ..temporary(&world, 100, "t") };
    assert_eq!(world.refused(&far), "EXPIRY_TOO_FAR");
    let far = CreateTemporaryAlias { expires_at: Timestamp::from_millis(i64::MAX), ..far };
    assert_eq!(world.refused(&far), "EXPIRY_TOO_FAR");
}

#[test]
fn made_permanent_it_takes_a_slot_which_its_owner_cannot_give() {
    let mut world = with_mailbox();
    world.must(&temporary(&world, 100, "letters"));
    assert_eq!(world.refused(&expiry(100, None, true)), "SETTING_NOT_SELF_SERVICE");
    assert_eq!(world.must(&expiry(100, None, false)), 3);
    assert_eq!(alias_count(&world), 1);
    assert_eq!(world.refused(&expiry(100, Some(after(&world, 5)), false)), "ALIAS_NOT_TEMPORARY");
    world.must(&DeleteAlias { account: account(), service: service(), alias: id(100) });
    assert_eq!(alias_count(&world), 0);
    world.must(&temporary(&world, 101, "letters"));
    let wrong = DeleteAlias { account: account(), service: service(), alias: id(101) };
    assert_eq!(world.refused(&wrong), "ALIAS_NOT_TEMPORARY");
}

#[test]
fn an_owner_makes_them_for_the_own_mailbox_where_the_administrator_lets_them() {
    let mut world = with_mailbox();
    let patch = MailboxSettingsPatch { self_service: Some([].into()), ..MailboxSettingsPatch::default() };
    let change = ChangeMailboxSettings {
        account: account(),
        mailbox: id(1),
        patch,
        sender_domains: vec![],
        revision: None,
        by_owner: false,
        service: None,
    };
    world.must(&change);
    assert_eq!(world.refused(&temporary(&world, 100, "t")), "SETTING_NOT_SELF_SERVICE");
    world.must(&CreateTemporaryAlias { by_owner: false, ..temporary(&world, 100, "t") });
    world.principal = owner_of(2);
    assert_eq!(world.run(&temporary(&world, 101, "u")), Err(No::Denied(Denied::Hidden)));
    let own = CreateTemporaryAlias { mailbox: id(2), ..temporary(&world, 101, "u") };
    world.must(&own);
}

#[test]
fn an_owner_says_what_a_temporary_alias_is_for_and_nobody_else_s() {
    let mut world = with_mailbox();
    let long = || "\u{e9}".repeat(161);
    assert_eq!(
        world.run(&CreateTemporaryAlias { description: long(), ..temporary(&world, 100, "t") }),
        Err(No::Refused(too_long("description")))
    );
    world.must(&CreateTemporaryAlias { description: "Shop".to_owned(), ..temporary(&world, 100, "t") });
    let said = |world: &World| {
        let state = world.state::<Alias>(account().tenant(), id(100));
        state.record().expect("an alias").settings.description.clone()
    };
    assert_eq!(said(&world), "Shop");
    world.must(&create(3, "carol"));
    let describe = |mailbox, text: String| DescribeTemporaryAlias {
        account: account(),
        service: service(),
        mailbox: id(mailbox),
        alias: id(100),
        description: text,
        revision: Some(1),
    };
    assert_eq!(world.refused(&describe(2, "Mine".to_owned())), "ALIAS_NOT_TEMPORARY");
    assert_eq!(world.run(&describe(1, long())), Err(No::Refused(too_long("settings.description"))));
    world.principal = owner_of(2);
    assert_eq!(world.run(&describe(1, "Mine".to_owned())), Err(No::Denied(Denied::Hidden)));
    world.principal = owner_of(1);
    world.must(&describe(1, "A shop".to_owned()));
    assert_eq!(said(&world), "A shop");
    assert_eq!(world.refused(&describe(1, "Another".to_owned())), "SETTINGS_CHANGED_MEANWHILE");
}

fn owner_of(mailbox: u128) -> Principal {
    Principal::signed_in(
        Actor::Mailbox(id(mailbox)),
        vec![Grant {
            scope: Scope::Mailbox(account(), id(mailbox)),
            permissions: Permissions::mailbox_owner(),
        }],
    )
}

fn too_long(field: &'static str) -> HostingRefusal {
    HostingRefusal::from(ValueRefusal::CommentTooLong(Limit { allowed: 160, used: 161 })).of(field)
}

#[test]
fn a_mailbox_goes_with_its_temporary_aliases_and_comes_back_without() {
    let mut world = with_mailbox();
    world.must(&temporary(&world, 100, "letters"));
    world.must(&temporary(&world, 101, "shop"));
    assert_eq!(world.refused(&delete(&world, &[100])), "MAILBOX_CHANGED_MEANWHILE");
    world.must(&delete(&world, &[101, 100]));
    assert!(world.state::<Alias>(account().tenant(), id(100)).record().is_none());
    world.must(&create(3, "letters"));
    assert_eq!(world.must(&restore()), 2);
    assert_eq!(world.refused(&restore()), "MAILBOX_NOT_DELETED");
    let state = world.state::<Mailbox>(account().tenant(), id(1));
    assert_eq!(state.record().expect("back").address().expect("known").to_string(), "alice@demo.example");
}

#[test]
fn nothing_comes_back_too_late_over_the_limits_or_where_somebody_else_lives() {
    let mut world = with_mailbox();
    let gone = delete(&world, &[]);
    world.must(&gone);
    world.must(&create(3, "alice"));
    assert_eq!(world.refused(&restore()), "ADDRESS_TAKEN");
    assert_eq!(world.refused(&RestoreMailbox { local: Some(local("bob")), ..restore() }), "ADDRESS_TAKEN");
    let mut world = with_mailbox();
    world.must(&delete(&world, &[]));
    for number in 0..24_u128 {
        world.must(&create(200 + number, &format!("m{number}")));
    }
    assert_eq!(world.refused(&restore()), "MAILBOX_LIMIT_REACHED");
    world.now = gone.purge_after;
    assert_eq!(world.refused(&restore()), "RETENTION_OVER");
}

#[test]
fn where_somebody_else_lives_by_now_it_comes_back_at_another_address() {
    let mut world = with_mailbox();
    world.must(&delete(&world, &[]));
    world.must(&create(3, "alice"));
    let elsewhere = RestoreMailbox { local: Some(local("alice.old")), ..restore() };
    assert_eq!(world.must(&elsewhere), 3);
    let address = |world: &World, number| {
        let state = world.state::<Mailbox>(account().tenant(), id(number));
        state.record().expect("a mailbox").address().expect("known").to_string()
    };
    assert_eq!(address(&world, 1), "alice.old@demo.example");
    assert_eq!(address(&world, 3), "alice@demo.example");
    assert_eq!(world.refused(&create(4, "alice.old")), "ADDRESS_TAKEN");
    let kinds: Vec<_> = world.history::<Mailbox>(account().tenant(), id(1)).iter().map(Event::kind).collect();
    let last: Vec<_> = kinds.iter().rev().take(2).map(|kind| kind.name).collect();
    assert_eq!(last, ["mailbox.restored", "mailbox.renamed"], "it is nowhere before it has its address");
    // At the same address it is not renamed, and what others got by a detail is not led to it without the right.
    world.must(&delete(&world, &[]));
    assert_eq!(world.must(&RestoreMailbox { local: Some(local("alice.old")), ..restore() }), 2);
    world.must(&delete(&world, &[]));
    let detailed = RestoreMailbox { local: Some(local("alice+x")), ..restore() };
    let lesser = [Permission::MailboxRead, Permission::MailboxWrite].into_iter().collect();
    let grant = Grant { scope: Scope::Account(account()), permissions: lesser };
    world.principal = Principal::signed_in(Actor::User(id(91)), vec![grant]);
    assert!(matches!(world.run(&detailed), Err(No::Denied(_))));
    world.must(&restore());
}

#[test]
fn a_renamed_mailbox_keeps_its_old_address_as_an_alias_or_frees_it() {
    let mut world = with_mailbox();
    assert_eq!(world.refused(&rename("bob", Some(100))), "ADDRESS_TAKEN");
    world.must(&rename("alice.smith", Some(100)));
    assert_eq!(alias_count(&world), 1);
    let kept = world.state::<Alias>(account().tenant(), id(100));
    let targets = kept.record().expect("an alias").targets.plain().expect("known").clone();
    assert_eq!(targets, [EmailAddress::parse("alice.smith@demo.example").expect("an address")]);
    assert_eq!(world.refused(&create(3, "alice")), "ADDRESS_TAKEN");
    world.must(&rename("asmith", None));
    world.must(&create(3, "alice.smith"));
    assert_eq!(world.must(&rename("ASmith", None)), 1, "another writing of the same address");
    assert_eq!(world.must(&rename("ASmith", None)), 0);
}

#[test]
fn without_room_for_an_alias_the_old_address_is_not_lost_silently() {
    let mut world = with_mailbox();
    for number in 0..100_u128 {
        world.must(&CreateAlias {
            account: account(),
            service: service(),
            domain: DomainRef::Own(id(DOMAIN)),
            alias: id(300 + number),
            local: Some(local(&format!("a{number}"))),
            targets: vec![EmailAddress::parse("x@y.example").expect("an address")],
            is_under_catch_all: false,
            settings: AliasSettingsPatch::default(),
        });
    }
    assert_eq!(world.refused(&rename("alice.smith", Some(100))), "ALIAS_LIMIT_REACHED");
    world.must(&rename("alice.smith", None));
}

#[test]
fn what_leads_to_a_renamed_mailbox_follows_it_and_not_whoever_has_the_address_next() {
    let mut world = with_mailbox();
    let target = |text: &str| EmailAddress::parse(text).expect("an address");
    let team = |number, targets: &[&str]| CreateAlias {
        account: account(),
        service: service(),
        domain: DomainRef::Own(id(DOMAIN)),
        alias: id(number),
        local: Some(local(&format!("team{number}"))),
        targets: targets.iter().copied().map(target).collect(),
        is_under_catch_all: false,
        settings: AliasSettingsPatch::default(),
    };
    world.must(&temporary(&world, 100, "letters"));
    world.must(&team(300, &["bob@demo.example", "Alice@demo.example", "alice+team@demo.example"]));
    world.must(&team(301, &["bob@demo.example"]));
    let known = |followers: &[u128]| RenameMailbox {
        followers: followers.iter().copied().map(id).collect(),
        ..rename("asmith", None)
    };
    assert_eq!(world.refused(&known(&[300])), "MAILBOX_CHANGED_MEANWHILE");
    let many: Vec<u128> = (100..=350).collect();
    assert_eq!(world.refused(&known(&many)), "RENAME_FOLLOWERS");
    assert_eq!(world.must(&known(&[100, 300, 301])), 3);
    let targets = |world: &World, number| {
        let alias = world.state::<Alias>(account().tenant(), id(number));
        alias.record().expect("an alias").targets.plain().expect("known").clone()
    };
    assert_eq!(targets(&world, 100), [target("asmith@demo.example")]);
    let followed = ["bob@demo.example", "asmith@demo.example", "asmith+team@demo.example"];
    assert_eq!(targets(&world, 300), followed.map(target));
    assert_eq!(targets(&world, 301), [target("bob@demo.example")]);
    world.must(&create(3, "alice"));
}
