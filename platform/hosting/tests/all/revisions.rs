//! Two administrators at once: a change that was made while looking at another revision is refused, and names the one that is
//! there. What stands beside it is not touched by that.

use crate::support::id;
use crate::support::stage::{DOMAIN, account, service, with_mailbox};
use crate::support::world::{No as Why, World};
use hosting::HostingRefusal as No;
use hosting::alias::AliasSettingsPatch;
use hosting::domain::DomainRef;
use hosting::refusal::Limit;
use hosting::use_case::{
    AtRevision, ChangeAliasTargets, ChangeMailboxDisplayName, ChangeMailboxQuota, ChangeMailboxSettings,
    CreateAlias, Revised,
};
use kernel::{ByteSize, EmailAddress, LocalPart};

fn at<U: Revised>(world: &mut World, change: U, revision: u32) -> Result<usize, Why> {
    world.run(&AtRevision { change, revision: Some(revision) })
}

fn stale(found: u64, seen: u64) -> Result<usize, Why> {
    Err(Why::Refused(No::SettingsStale(Limit { allowed: found, used: seen })))
}

fn quota(gib: u64) -> ChangeMailboxQuota {
    ChangeMailboxQuota { account: account(), service: service(), mailbox: id(1), quota: ByteSize::gib(gib) }
}

fn named(name: &str) -> ChangeMailboxDisplayName {
    ChangeMailboxDisplayName {
        account: account(),
        mailbox: id(1),
        display_name: Some(name.to_owned()),
        by_owner: false,
    }
}

#[test]
fn quota_and_name_of_a_mailbox_have_one_revision_and_its_settings_another() {
    let mut world = with_mailbox();
    assert_eq!(at(&mut world, quota(2), 0), Ok(2));
    assert_eq!(at(&mut world, quota(3), 0), stale(1, 0));
    assert_eq!(at(&mut world, named("Alice"), 0), stale(1, 0));
    assert_eq!(at(&mut world, named("Alice"), 1), Ok(1));
    assert_eq!(at(&mut world, quota(3), 1), stale(2, 1));
    // What is so already changes nothing, and nobody is undone by it; what is stale is said all the same.
    assert_eq!(at(&mut world, quota(2), 2), Ok(0));
    world.must(&quota(4));
    assert_eq!(at(&mut world, quota(5), 3), Ok(2));
    let settings = ChangeMailboxSettings {
        account: account(),
        mailbox: id(1),
        patch: hosting::mailbox::MailboxSettingsPatch { imap: Some(false), ..Default::default() },
        sender_domains: vec![],
        revision: Some(0),
        by_owner: false,
        service: None,
    };
    assert_eq!(world.run(&settings), Ok(1));
}

#[test]
fn targets_of_an_alias_are_not_changed_over_another_s_change() {
    let mut world = with_mailbox();
    let target = |text: &str| vec![EmailAddress::parse(text).expect("an address")];
    world.must(&CreateAlias {
        account: account(),
        service: service(),
        domain: DomainRef::Own(id(DOMAIN)),
        alias: id(50),
        local: Some(LocalPart::parse("sales").expect("a name")),
        targets: target("alice@demo.example"),
        is_under_catch_all: false,
        settings: AliasSettingsPatch::default(),
    });
    let to = |text: &str| ChangeAliasTargets { account: account(), alias: id(50), targets: target(text) };
    assert_eq!(at(&mut world, to("bob@demo.example"), 0), Ok(1));
    assert_eq!(at(&mut world, to("carol@demo.example"), 0), stale(1, 0));
    assert_eq!(at(&mut world, to("carol@demo.example"), 1), Ok(1));
    let gone = ChangeAliasTargets { alias: id(51), ..to("x@demo.example") };
    assert_eq!(
        at(&mut world, gone, 7),
        Err(Why::Refused(No::AliasNotFound)),
        "what is not there is said first"
    );
}
