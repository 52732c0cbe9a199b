//! What people get wrong, or try: every refusal names the field and, where there is one, the limit.

use crate::support::id;
use crate::support::stage::{DOMAIN, account, service, with_domain, with_mailbox};
use crate::support::world::{No as Why, World};
use hosting::HostingRefusal as No;
use hosting::domain::{DomainRef, DomainSettingsPatch};
use hosting::mail_order::{MailOrderAbout, MailOrderKind, NewMailOrder};
use hosting::plan::{catalogue, plan_id};
use hosting::refusal::{BoxRefusal, Limit};
use hosting::use_case::{
    ActivateService, AddDomain, AddSharedDomain, ChangeDomainSettings, ChangeMailboxQuota, CreateMailboxes,
    CreateTemporaryAlias, GiveMailOrder, NewMailbox, OpenAccount, OrderService, PublishPlanVersion,
};
use kernel::{AccountId, ByteSize, DomainName, LocalPart, Refusal as _, Timestamp};

fn mailbox(number: u128, local: &str, quota: ByteSize) -> NewMailbox {
    let local = LocalPart::parse(local).expect("a local part");
    NewMailbox { mailbox: id(number), local, quota, display_name: None, password: None }
}

#[test]
fn a_domain_that_mixes_scripts_is_refused_and_one_of_another_script_is_not() {
    let mut world = with_domain();
    let add = |number, name: &str| AddDomain {
        account: account(),
        service: service(),
        domain: id(number),
        name: DomainName::parse(name).expect(name),
        mirrors: Some(id(DOMAIN)),
    };
    let refused = Err(Why::Refused(No::DomainMixedScripts));
    // A Cyrillic a, spelled out and as it stands in DNS.
    assert_eq!(world.run(&add(30, "hosterr\u{430}.example")), refused);
    let ascii = DomainName::parse("hosterr\u{430}.example").expect("a name").to_string();
    assert_eq!(world.run(&add(30, &ascii)), refused);
    assert_eq!(No::DomainMixedScripts.field(), Some("name"));
    world.must(&add(30, "b\u{fc}cher.example"));
    world.must(&add(31, "\u{43f}\u{440}\u{438}\u{43c}\u{435}\u{440}.example"));
}

#[test]
fn a_domain_that_holds_latin_letters_of_no_alphabet_is_refused_and_accents_are_not() {
    let mut world = with_domain();
    let add = |number, name: &str| AddDomain {
        account: account(),
        service: service(),
        domain: id(number),
        name: DomainName::parse(name).expect(name),
        mirrors: Some(id(DOMAIN)),
    };
    let refused = Err(Why::Refused(BoxRefusal::DomainOddLetters.into()));
    for name in ["\u{261}oo\u{261}le.example", "p\u{251}yp\u{251}l.example", "\u{131}stanbul.example"] {
        assert_eq!(world.run(&add(30, name)), refused, "{name}");
        let ascii = DomainName::parse(name).expect(name).to_string();
        assert!(ascii.starts_with("xn--"), "{ascii}");
        assert_eq!(world.run(&add(30, &ascii)), refused, "{ascii}");
    }
    assert_eq!(No::from(BoxRefusal::DomainOddLetters).field(), Some("name"));
    world.must(&add(30, "stra\u{df}e.example"));
    world.must(&add(31, "\u{131}stanbul.tr"));
}

#[test]
fn names_of_people_and_mailboxes_turn_no_direction() {
    let mut world = with_domain();
    let named = |display_name: &str| {
        let display_name = Some(display_name.to_owned());
        let mailboxes = vec![NewMailbox { display_name, ..mailbox(1, "alice", ByteSize::gib(1)) }];
        let domain = DomainRef::Own(id(DOMAIN));
        CreateMailboxes { account: account(), service: service(), domain, mailboxes }
    };
    assert_eq!(world.refused(&named("Alice \u{202e}moc.knab@")), "NAME_CHARACTER");
    let open = OpenAccount { account: id(7), name: "\u{2067}Demo\u{2069}".to_owned() };
    assert_eq!(world.refused(&open), "NAME_CHARACTER");
    world.must(&named("\u{5d0}\u{5dc}\u{5d9}\u{5e1}\u{200f}"));
}

#[test]
fn a_domain_below_which_everybody_registers_is_nobody_s() {
    let mut world = with_domain();
    let add = |name: &str| AddDomain {
        account: account(),
        service: service(),
        domain: id(30),
        name: DomainName::parse(name).expect(name),
        mirrors: Some(id(DOMAIN)),
    };
    let refused = Err(Why::Refused(BoxRefusal::DomainIsSuffix.into()));
    for name in ["com", "co.uk", "CO.UK", "gouv.fr", "foo.ck", "\u{516c}\u{53f8}.cn", "xn--55qx5d.cn"] {
        assert_eq!(world.run(&add(name)), refused, "{name}");
    }
    let shared = AddSharedDomain { domain: id(90), name: DomainName::parse("co.uk").expect("a name") };
    assert_eq!(world.run(&shared), Err(Why::Refused(BoxRefusal::DomainIsSuffix.into())));
    assert_eq!(No::from(BoxRefusal::DomainIsSuffix).field(), Some("name"));
    // What a company has put on the list for itself is its own, and so is what stands below a suffix.
    for (number, name) in [(31, "github.io"), (32, "company.co.uk"), (33, "www.ck")] {
        world.must(&AddDomain { domain: id(number), ..add(name) });
    }
}

#[test]
fn a_domain_wholly_in_letters_that_are_drawn_as_latin_ones_is_refused_where_they_are_not_at_home() {
    let mut world = with_domain();
    let add = |number, name: &str| AddDomain {
        account: account(),
        service: service(),
        domain: id(number),
        name: DomainName::parse(name).expect(name),
        mirrors: Some(id(DOMAIN)),
    };
    let refused = Err(Why::Refused(BoxRefusal::DomainLooksLatin.into()));
    for name in ["\u{430}\u{440}\u{440}\u{4cf}\u{435}.com", "\u{3c1}\u{3b1}\u{3bd}.example"] {
        assert_eq!(world.run(&add(30, name)), refused, "{name}");
        let ascii = DomainName::parse(name).expect(name).to_string();
        assert!(ascii.starts_with("xn--"), "{ascii}");
        assert_eq!(world.run(&add(30, &ascii)), refused, "{ascii}");
    }
    assert_eq!(No::from(BoxRefusal::DomainLooksLatin).field(), Some("name"));
    world.must(&add(30, "\u{43f}\u{43e}\u{447}\u{442}\u{430}.com"));
    world.must(&add(31, "\u{44f}\u{43d}\u{434}\u{435}\u{43a}\u{441}.com"));
    world.must(&add(32, "\u{430}\u{440}\u{440}\u{4cf}\u{435}.\u{440}\u{444}"));
}

/// A service on the shared domain 90 `box.example`.
fn with_shared() -> World {
    let mut world = World::new();
    for entry in catalogue() {
        world.must(&PublishPlanVersion { plan: entry.plan, version: entry.version, terms: entry.terms });
    }
    let name = DomainName::parse("box.example").expect("a name");
    world.must(&AddSharedDomain { domain: id(90), name });
    world.must(&OpenAccount { account: account(), name: "Demo".to_owned() });
    let (plan, version) = (plan_id("basic"), 1);
    world.must(&OrderService {
        account: account(),
        service: service(),
        plan,
        version,
        custom: None,
        cycle: hosting::calendar::Cycle::Annual,
        agreement: hosting::contract::Agreement::ToFollow,
    });
    world.must(&ActivateService { account: account(), service: service() });
    world
}

#[test]
fn official_names_of_a_shared_domain_are_nobody_s_however_they_are_written() {
    let mut world = with_shared();
    let create = |local: &str| CreateMailboxes {
        account: account(),
        service: service(),
        domain: DomainRef::Shared(id(90)),
        mailboxes: vec![mailbox(1, local, ByteSize::mib(10))],
    };
    for local in
        ["postmaster", "PostMaster", "\"abuse\"", "\u{430}buse", "supp\u{43e}rt", "admin+x", "p\u{430}ul"]
    {
        assert_eq!(world.run(&create(local)), Err(Why::Refused(No::AddressReserved)), "{local}");
    }
    world.must(&create("paul"));
}

#[test]
fn quotas_that_overflow_are_refused_with_the_limit() {
    let mut world = with_mailbox();
    let most = ByteSize::new(u64::MAX);
    let create = CreateMailboxes {
        account: account(),
        service: service(),
        domain: DomainRef::Own(id(DOMAIN)),
        mailboxes: vec![mailbox(5, "e", most), mailbox(6, "f", most)],
    };
    let Err(Why::Refused(refusal)) = world.run(&create) else { panic!("it was taken") };
    assert_eq!((refusal.code(), refusal.limits().len()), ("QUOTA_ABOVE_PLAN", 1));
    let change = ChangeMailboxQuota { account: account(), service: service(), mailbox: id(1), quota: most };
    let Err(Why::Refused(refusal)) = world.run(&change) else { panic!("it was taken") };
    assert_eq!(refusal.limits()[0].used, Some(u64::MAX));
}

#[test]
fn what_ends_in_the_past_is_refused() {
    let mut world = with_mailbox();
    let create = CreateTemporaryAlias {
        account: account(),
        service: service(),
        domain: DomainRef::Own(id(DOMAIN)),
        mailbox: id(1),
        alias: id(7),
        local: LocalPart::parse("tmp").expect("a name"),
        expires_at: Timestamp::from_secs(1),
        by_owner: true,
        lets_targets_send: true,
        description: String::new(),
    };
    assert_eq!(world.run(&create), Err(Why::Refused(No::ExpiryPast)));
    assert_eq!(No::ExpiryPast.field(), Some("expiresAt"));
}

#[test]
fn of_two_administrators_the_later_is_told_what_was_found() {
    let mut world = with_domain();
    let change = |text: &str, revision| ChangeDomainSettings {
        account: account(),
        service: service(),
        domain: id(DOMAIN),
        patch: DomainSettingsPatch { description: Some(text.to_owned()), ..DomainSettingsPatch::default() },
        revision: Some(revision),
        stored: None,
        largest: None,
    };
    world.must(&change("first", 0));
    world.must(&change("second", 1));
    let found = Limit { allowed: 2, used: 0 };
    assert_eq!(world.run(&change("third", 0)), Err(Why::Refused(No::SettingsStale(found))));
    let facts = No::SettingsStale(found).limits();
    assert_eq!((facts[0].name, facts[0].allowed, facts[0].used), ("revision", 2, Some(0)));
}

#[test]
fn what_is_suspended_is_named_as_a_site_is() {
    let mut world = World::new();
    let order = |number, site: &str| {
        let about = MailOrderAbout { target: site.to_owned(), reason: String::new() };
        let order = NewMailOrder::of(MailOrderKind::SuspendSite, AccountId::PLATFORM, about);
        GiveMailOrder { id: id(number), order }
    };
    for site in ["", " ", "not a site!!", "mx.example,"] {
        assert_eq!(world.refused(&order(90, site)), "MAIL_ORDER_SITE", "{site:?}");
    }
    for (number, site) in [(91, "example.org"), (92, "mx1.example.org mx2.example.org")] {
        assert_eq!(world.must(&order(number, site)), 1, "{site}");
    }
}
