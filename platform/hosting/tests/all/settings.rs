//! The rules of settings: shares of domains, alias domains, revisions, what an owner may change alone.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::id;
use crate::support::stage::{DOMAIN, account, service, with_domain};
use crate::support::world::{No as Why, World};
use authority::{Grant, Guarded as _, Permission, Permissions, Principal, Scope};
use hosting::HostingRefusal as No;
use hosting::alias::{AliasSettingsPatch, Disposition};
use hosting::domain::{DomainRef, DomainRelay, DomainSettingsPatch, Proof};
use hosting::mailbox::{Mailbox, MailboxEvent, MailboxSettingsPatch, SelfService};
use hosting::plan::{PlanLimits, SendLimits, SendsOf, catalogue, plan_id};
use hosting::refusal::{BoxRefusal, Limit, ValueRefusal};
use hosting::use_case::{
    AddDomain, ChangeAliasSettings, ChangeAliasTargets, ChangeDomainSettings, ChangeMailboxQuota,
    ChangeMailboxSettings, ChangePlan, CreateAlias, CreateMailboxes, DeleteMailbox, EndService,
    EquipMailboxes, NewMailbox, RemoveDomain, VerifyDomain,
};
use kernel::{Actor, ByteSize, DomainName, EmailAddress, LocalPart, Timestamp};

const MIRROR: u128 = 21;

fn add(number: u128, name: &str, mirrors: Option<u128>) -> AddDomain {
    let name = DomainName::parse(name).expect("a name");
    AddDomain { account: account(), service: service(), domain: id(number), name, mirrors: mirrors.map(id) }
}

fn proof(number: u128) -> VerifyDomain {
    VerifyDomain { account: account(), domain: id(number), proof: Proof::AssertedByOperator }
}

fn mailboxes(domain: u128, names: &[(u128, &str, u64)]) -> CreateMailboxes {
    let mailboxes = names
        .iter()
        .map(|(number, local, gib)| NewMailbox {
            mailbox: id(*number),
            local: LocalPart::parse(local).expect("a name"),
            quota: ByteSize::gib(*gib),
            display_name: None,
            password: None,
        })
        .collect();
    CreateMailboxes { account: account(), service: service(), domain: DomainRef::Own(id(domain)), mailboxes }
}

fn alias(number: u128, local: &str) -> CreateAlias {
    CreateAlias {
        account: account(),
        service: service(),
        domain: DomainRef::Own(id(DOMAIN)),
        alias: id(number),
        local: Some(LocalPart::parse(local).expect("a name")),
        targets: vec![EmailAddress::parse("alice@demo.example").expect("an address")],
        is_under_catch_all: false,
        settings: AliasSettingsPatch::default(),
    }
}

fn domain_settings(patch: DomainSettingsPatch, revision: Option<u32>) -> ChangeDomainSettings {
    ChangeDomainSettings {
        account: account(),
        service: service(),
        domain: id(DOMAIN),
        patch,
        revision,
        stored: None,
        largest: None,
    }
}

fn mailbox_settings(patch: MailboxSettingsPatch, by_owner: bool) -> ChangeMailboxSettings {
    ChangeMailboxSettings {
        account: account(),
        mailbox: id(1),
        patch,
        sender_domains: vec![],
        revision: None,
        by_owner,
        service: None,
    }
}

#[test]
fn a_domain_has_no_more_than_its_share_of_the_service() {
    let mut world = with_domain();
    let share = DomainSettingsPatch {
        mailbox_count_max: Some(Some(2)),
        alias_count_max: Some(Some(1)),
        storage_octets_max: Some(Some(ByteSize::gib(8).octets())),
        mailbox_quota_octets_max: Some(Some(ByteSize::gib(5).octets())),
        ..DomainSettingsPatch::default()
    };
    world.must(&domain_settings(share, Some(0)));
    let above = Limit::bytes(ByteSize::gib(5), ByteSize::gib(6));
    assert_eq!(
        world.run(&mailboxes(DOMAIN, &[(1, "a", 6)])),
        Err(Why::Refused(No::from(ValueRefusal::QuotaAboveDomain(above))))
    );
    world.must(&mailboxes(DOMAIN, &[(1, "alice", 5)]));
    let full = Limit::bytes(ByteSize::gib(8), ByteSize::gib(5));
    let refused = Err(Why::Refused(No::DomainStorageLimitReached(full)));
    assert_eq!(world.run(&mailboxes(DOMAIN, &[(2, "bob", 4)])), refused);
    world.must(&mailboxes(DOMAIN, &[(2, "bob", 3)]));
    let count = Limit { allowed: 2, used: 2 };
    let refused = Err(Why::Refused(No::DomainMailboxLimitReached(count)));
    assert_eq!(world.run(&mailboxes(DOMAIN, &[(3, "carol", 1)])), refused);
    let raise = |gib| ChangeMailboxQuota {
        account: account(),
        service: service(),
        mailbox: id(2),
        quota: ByteSize::gib(gib),
    };
    let full = Limit::bytes(ByteSize::gib(8), ByteSize::gib(8));
    assert_eq!(world.run(&raise(4)), Err(Why::Refused(No::DomainStorageLimitReached(full))));
    world.must(&raise(2));
    world.must(&raise(3));
    world.must(&alias(1, "team"));
    let refused = Err(Why::Refused(No::DomainAliasLimitReached(Limit { allowed: 1, used: 1 })));
    assert_eq!(world.run(&alias(2, "sales")), refused);
    // A smaller share than what is used is refused, with the least that is possible.
    let none = DomainSettingsPatch::default;
    for (smaller, code) in [
        (DomainSettingsPatch { mailbox_count_max: Some(Some(1)), ..none() }, "DOMAIN_MAILBOXES_BELOW_USE"),
        (DomainSettingsPatch { alias_count_max: Some(Some(0)), ..none() }, "DOMAIN_ALIASES_BELOW_USE"),
        (
            DomainSettingsPatch { storage_octets_max: Some(Some(ByteSize::gib(7).octets())), ..none() },
            "DOMAIN_STORAGE_BELOW_USE",
        ),
    ] {
        assert_eq!(world.refused(&domain_settings(smaller, Some(1))), code);
    }
    world.must(&raise(1));
    let none = DomainSettingsPatch {
        mailbox_count_max: Some(None),
        storage_octets_max: Some(None),
        ..DomainSettingsPatch::default()
    };
    world.must(&domain_settings(none, None));
    world.must(&mailboxes(DOMAIN, &[(3, "carol", 5), (4, "dave", 5)]));
}

#[test]
fn what_a_plan_sells_for_a_time_is_the_most_of_it_and_of_shorter_ones() {
    let mut limits = catalogue().remove(0).terms.limits;
    limits.sends = SendLimits { service: None, domain: Some(100), mailbox: Some(50) };
    limits.sends_per_hour = SendLimits { service: Some(30), domain: None, mailbox: Some(10) };
    limits.sends_per_minute = SendLimits { service: None, domain: Some(7), mailbox: None };
    let refused =
        |field, allowed, used| Err(No::from(ValueRefusal::SendsAbovePlan(Limit { allowed, used })).of(field));
    let [day, hour, minute] =
        ["settings.sendsPerDayMax", "settings.sendsPerHourMax", "settings.sendsPerMinuteMax"];
    for (wishes, of, expected) in [
        ([Some(100), Some(30), Some(7)], SendsOf::Domain, Ok(())),
        ([Some(50), Some(10), Some(7)], SendsOf::Mailbox, Ok(())),
        ([Some(101), None, None], SendsOf::Domain, refused(day, 100, 101)),
        ([None, Some(31), None], SendsOf::Domain, refused(hour, 30, 31)),
        ([None, Some(11), None], SendsOf::Mailbox, refused(hour, 10, 11)),
        ([None, None, Some(8)], SendsOf::Mailbox, refused(minute, 7, 8)),
    ] {
        assert_eq!(limits.check_sends(wishes, [None; 3], of), expected, "{wishes:?} of a {of:?}");
    }
    limits.sends_per_minute = SendLimits::default();
    assert_eq!(
        limits.check_sends([None, None, Some(11)], [None; 3], SendsOf::Mailbox),
        refused(minute, 10, 11)
    );
    // What was allowed under another plan stays or is lowered, and is not raised.
    let before = [Some(4000), None, None];
    for (wish, expected) in [(4000, Ok(())), (3000, Ok(())), (4001, refused(day, 100, 4001))] {
        assert_eq!(limits.check_sends([Some(wish), None, None], before, SendsOf::Domain), expected, "{wish}");
    }
}

#[test]
fn a_domain_is_allowed_less_than_the_plan_and_never_more() {
    let mut world = with_domain();
    let sends = |count| DomainSettingsPatch {
        sends_per_day_max: Some(Some(count)),
        ..DomainSettingsPatch::default()
    };
    world.must(&domain_settings(sends(1500), None));
    let refused = |field| {
        let limit = Limit { allowed: 1500, used: 1501 };
        Err(Why::Refused(No::from(ValueRefusal::SendsAbovePlan(limit)).of(field)))
    };
    assert_eq!(world.run(&domain_settings(sends(1501), None)), refused("settings.sendsPerDayMax"));
    let hourly = |count| DomainSettingsPatch {
        sends_per_hour_max: Some(Some(count)),
        ..DomainSettingsPatch::default()
    };
    world.must(&domain_settings(hourly(1500), None));
    assert_eq!(
        world.run(&domain_settings(hourly(1501), None)),
        refused("settings.sendsPerHourMax"),
        "what the plan sells for a day is the most of an hour"
    );
    let minutely =
        DomainSettingsPatch { sends_per_minute_max: Some(Some(1501)), ..DomainSettingsPatch::default() };
    assert_eq!(world.run(&domain_settings(minutely, None)), refused("settings.sendsPerMinuteMax"));
    let relayed = DomainSettingsPatch { relay: Some(DomainRelay::All), ..DomainSettingsPatch::default() };
    assert_eq!(world.run(&domain_settings(relayed, None)), Err(Why::Refused(No::RelayHostMissing)));
    for (host, is_good) in
        [("mx.example.org", true), ("mx.example.org:2525", true), ("mx:0", false), ("", false)]
    {
        let patch =
            DomainSettingsPatch { relay_host: Some(Some(host.to_owned())), ..DomainSettingsPatch::default() };
        assert_eq!(world.run(&domain_settings(patch, None)).is_ok(), is_good, "{host}");
    }
}

/// The service moves to another plan whatever does not fit.
fn moved(slug: &str) -> ChangePlan {
    ChangePlan {
        account: account(),
        service: service(),
        plan: plan_id(slug),
        version: 1,
        custom: None,
        is_forced: true,
    }
}

#[test]
fn what_is_above_a_smaller_plan_is_not_raised_and_stands_in_the_way_of_nothing_else() {
    let mut world = with_domain();
    let none = DomainSettingsPatch::default;
    let gib = |count| ByteSize::gib(count).octets();
    world.must(&moved("custom"));
    let (large, small) = {
        let plans = catalogue();
        let of =
            |slug: &str| plans.iter().find(|plan| plan.slug == slug).expect("a plan").terms.limits.clone();
        (of("custom"), of("solo"))
    };
    let sold = |limits: &PlanLimits| limits.sends_sold(SendsOf::Mailbox)[0].expect("a limit");
    let (before, after) = (sold(&large), sold(&small));
    assert!(before > after + 1 && large.mailbox_quota_max > small.mailbox_quota_max);
    let quota = large.mailbox_quota_max.octets();
    world.must(&mailboxes(DOMAIN, &[(1, "alice", 1)]));
    world.must(&domain_settings(
        DomainSettingsPatch {
            sends_per_day_max: Some(Some(before)),
            mailbox_quota_octets_max: Some(Some(quota)),
            mailbox_quota_default_octets: Some(Some(quota)),
            ..none()
        },
        None,
    ));
    let sends = |count| ChangeMailboxSettings {
        service: Some(service()),
        ..mailbox_settings(
            MailboxSettingsPatch { sends_per_day_max: Some(Some(count)), ..MailboxSettingsPatch::default() },
            false,
        )
    };
    world.must(&sends(before));
    world.must(&moved("solo"));
    // Nothing of this is about the limits.
    world.must(&domain_settings(DomainSettingsPatch { is_active: Some(false), ..none() }, None));
    let tags = Some(BTreeSet::from(["old".to_owned()]));
    // Forms send what they show: that it stays is no wish.
    world.must(&domain_settings(
        DomainSettingsPatch { tags, sends_per_day_max: Some(Some(before)), ..none() },
        None,
    ));
    let tag = MailboxSettingsPatch { tags: Some(BTreeSet::from(["old".to_owned()])), ..Default::default() };
    world.must(&ChangeMailboxSettings {
        patch: MailboxSettingsPatch { sends_per_day_max: Some(Some(before)), ..tag },
        ..sends(before)
    });
    // Lowered it may be, also where it is above the plan still, and then not raised again.
    world.must(&domain_settings(
        DomainSettingsPatch { sends_per_day_max: Some(Some(before - 1)), ..none() },
        None,
    ));
    world.must(&sends(before - 1));
    let raised = DomainSettingsPatch { sends_per_day_max: Some(Some(before)), ..none() };
    assert_eq!(world.refused(&domain_settings(raised, None)), "SENDS_ABOVE_PLAN");
    assert_eq!(world.refused(&sends(before)), "SENDS_ABOVE_PLAN");
    let lower = |octets| DomainSettingsPatch {
        mailbox_quota_octets_max: Some(Some(octets)),
        mailbox_quota_default_octets: Some(Some(octets)),
        ..none()
    };
    world.must(&domain_settings(lower(quota - gib(1)), None));
    assert_eq!(world.refused(&domain_settings(lower(quota), None)), "QUOTA_ABOVE_PLAN");
}

#[test]
fn a_quota_to_offer_fits_in_the_largest_of_its_domain_and_whichever_is_new_is_at_fault() {
    let mut world = with_domain();
    let gib = |count| Some(Some(ByteSize::gib(count).octets()));
    let patch = |most, offered| DomainSettingsPatch {
        mailbox_quota_octets_max: most,
        mailbox_quota_default_octets: offered,
        ..DomainSettingsPatch::default()
    };
    let refused = |field, allowed, used| {
        let limit = Limit::bytes(ByteSize::gib(allowed), ByteSize::gib(used));
        Err(Why::Refused(No::from(ValueRefusal::QuotaAboveDomain(limit)).of(field)))
    };
    let (most, offered) = ("settings.mailboxQuotaBytesMax", "settings.mailboxQuotaDefaultBytes");
    assert_eq!(world.run(&domain_settings(patch(gib(2), gib(3)), None)), refused(offered, 2, 3));
    world.must(&domain_settings(patch(gib(4), gib(3)), None));
    assert_eq!(world.run(&domain_settings(patch(None, gib(5)), None)), refused(offered, 4, 5));
    assert_eq!(world.run(&domain_settings(patch(gib(2), None), None)), refused(most, 2, 3));
}

#[test]
fn an_mta_sts_policy_has_an_age_that_others_take_and_hosts_that_are_some() {
    let mut world = with_domain();
    let refused = |field| No::from(ValueRefusal::StsPolicy).of(field);
    for (age, is_good) in [(86_400, true), (31_557_600, true), (86_399, false), (31_557_601, false)] {
        let patch =
            DomainSettingsPatch { mta_sts_age_secs: Some(Some(age)), ..DomainSettingsPatch::default() };
        let outcome = world.run(&domain_settings(patch, None));
        assert_eq!(outcome.is_ok(), is_good, "{age}");
        let limit = Limit { allowed: 31_557_600, used: age.into() };
        let refused = refused("settings.mtaStsAgeSecs").within("seconds", limit);
        assert!(is_good || outcome == Err(Why::Refused(refused)), "{outcome:?}");
    }
    let many: Vec<String> = (0..11).map(|number| format!("mx{number}.example.org")).collect();
    for (hosts, is_good) in [
        (vec!["mx.example.org", "*.example.org"], true),
        (vec!["*"], false),
        (vec!["a b"], false),
        (many.iter().map(String::as_str).collect(), false),
    ] {
        let hosts: BTreeSet<String> = hosts.into_iter().map(str::to_owned).collect();
        let refused = match hosts.len() {
            11 => refused("settings.mtaStsHosts").within("hosts", Limit { allowed: 10, used: 11 }),
            _ => refused("settings.mtaStsHosts"),
        };
        let patch = DomainSettingsPatch { mta_sts_hosts: Some(hosts), ..DomainSettingsPatch::default() };
        let outcome = world.run(&domain_settings(patch, None));
        assert!(if is_good { outcome.is_ok() } else { outcome == Err(Why::Refused(refused)) }, "{outcome:?}");
    }
}

#[test]
fn of_two_administrators_the_later_is_told() {
    let mut world = with_domain();
    let tag = |text: &str| DomainSettingsPatch {
        tags: Some(BTreeSet::from([text.to_owned()])),
        ..DomainSettingsPatch::default()
    };
    world.must(&domain_settings(tag("first"), Some(0)));
    let found = Limit { allowed: 1, used: 0 };
    let stale = Err(Why::Refused(No::SettingsStale(found)));
    assert_eq!(world.run(&domain_settings(tag("second"), Some(0))), stale);
    world.must(&domain_settings(tag("second"), Some(1)));
    let many = (0..26).map(|number| format!("tag {number}")).collect();
    let patch = DomainSettingsPatch { tags: Some(many), ..DomainSettingsPatch::default() };
    let refused = Err(Why::Refused(No::from(ValueRefusal::TagLimitReached(Limit { allowed: 25, used: 26 }))));
    assert_eq!(world.run(&domain_settings(patch, Some(2))), refused);
}

#[test]
fn an_alias_domain_takes_its_own_slot_and_has_no_addresses() {
    let mut world = with_domain();
    assert_eq!(world.run(&add(22, "third.example", Some(99))), Err(Why::Refused(No::MirrorTarget)));
    world.must(&add(MIRROR, "second.example", Some(DOMAIN)));
    world.must(&proof(MIRROR));
    assert_eq!(world.run(&mailboxes(MIRROR, &[(1, "a", 1)])), Err(Why::Refused(No::DomainIsMirror)));
    assert_eq!(world.run(&add(22, "third.example", Some(MIRROR))), Err(Why::Refused(No::MirrorTarget)));
    world.must(&add(22, "third.example", Some(DOMAIN)));
    world.must(&add(23, "fourth.example", Some(DOMAIN)));
    let refused = Err(Why::Refused(No::AliasDomainLimitReached(Limit { allowed: 3, used: 3 })));
    assert_eq!(world.run(&add(24, "fifth.example", Some(DOMAIN))), refused);
    let refused = Err(Why::Refused(No::DomainLimitReached(Limit { allowed: 1, used: 1 })));
    assert_eq!(world.run(&add(24, "fifth.example", None)), refused);
    let remove = |number| RemoveDomain {
        account: account(),
        service: service(),
        domain: id(number),
        purge_after: Timestamp::from_secs(1_800_000_000),
    };
    assert_eq!(world.run(&remove(DOMAIN)), Err(Why::Refused(No::DomainInUse)));
    for number in [MIRROR, 22, 23, DOMAIN] {
        world.must(&remove(number));
    }
}

/// A mailbox of such an id that is set up from the beginning.
fn equipped((number, local): (u128, &str), patch: MailboxSettingsPatch) -> EquipMailboxes {
    EquipMailboxes {
        create: mailboxes(DOMAIN, &[(number, local, 1)]),
        settings: BTreeMap::from([(id(number), patch)]),
        sender_domains: vec![],
    }
}

#[test]
fn a_mailbox_is_created_with_its_settings_or_not_at_all() {
    let mut world = with_domain();
    let record = |world: &World, number: u128| {
        world.state::<Mailbox>(account().tenant(), id(number)).record().cloned()
    };
    let wished = MailboxSettingsPatch {
        imap: Some(false),
        retains_days: Some(Some(30)),
        sends_per_day_max: Some(Some(5)),
        ..MailboxSettingsPatch::default()
    };
    let equip = equipped((1, "alice"), wished);
    assert_eq!(world.must(&equip), 4, "the slot, the mailbox, its settings, and what it keeps");
    let made = record(&world, 1).expect("a mailbox").settings;
    assert_eq!((made.imap, made.retains_days, made.sends_per_day_max), (false, Some(30), Some(5)));
    assert_eq!(world.must(&equip), 0, "it is so already");
    // Whoever has set it otherwise since is not undone.
    let imap = MailboxSettingsPatch { imap: Some(true), ..MailboxSettingsPatch::default() };
    world.must(&mailbox_settings(imap, false));
    assert_eq!(world.must(&equip), 0);
    assert!(record(&world, 1).is_some_and(|record| record.settings.imap));
    let none = MailboxSettingsPatch::default;
    for (wished, code) in [
        (MailboxSettingsPatch { retains_days: Some(Some(0)), ..none() }, "RETAINED_DAYS"),
        (MailboxSettingsPatch { sends_per_day_max: Some(Some(u32::MAX)), ..none() }, "SENDS_ABOVE_PLAN"),
        (
            MailboxSettingsPatch { send_as: Some(BTreeSet::from(["@else.example".to_owned()])), ..none() },
            "SEND_AS_ELSEWHERE",
        ),
    ] {
        assert_eq!(world.refused(&equipped((2, "bob"), wished)), code);
        assert_eq!(record(&world, 2), None, "{code}");
    }
    let demanding = MailboxSettingsPatch { must_change_password: Some(true), ..none() };
    assert!(equipped((2, "bob"), demanding).is_kept_from_visitors());
    assert!(!equipped((2, "bob"), none()).is_kept_from_visitors());
    world.must(&equipped((2, "bob"), none()));
}

#[test]
fn whoever_administers_one_domain_creates_nobody_who_sends_in_another() {
    let mut world = with_domain();
    let permissions: Permissions = [Permission::MailboxWrite].into_iter().collect();
    let scope = Scope::Domains(account(), vec![id(DOMAIN)]);
    world.principal = Principal::signed_in(Actor::User(id(91)), vec![Grant { scope, permissions }]);
    let sender = |address: &str| MailboxSettingsPatch {
        send_as: Some(BTreeSet::from([address.to_owned()])),
        ..MailboxSettingsPatch::default()
    };
    let refused = world.run(&equipped((1, "alice"), sender("@else.example")));
    assert!(matches!(refused, Err(Why::Denied(_))), "{refused:?}");
    world.must(&equipped((1, "alice"), sender("sales@demo.example")));
}

/// That administrators keep what `field` changes from the owner.
fn kept(field: &'static str) -> Result<usize, Why> {
    Err(Why::Refused(No::from(ValueRefusal::SettingNotSelfService).of(field)))
}

#[test]
fn an_owner_changes_what_administrators_leave_to_it() {
    let mut world = with_domain();
    world.must(&mailboxes(DOMAIN, &[(1, "alice", 1)]));
    let junk =
        |score| MailboxSettingsPatch { junk_score_centi: Some(score), ..MailboxSettingsPatch::default() };
    world.must(&mailbox_settings(junk(500), true));
    for (score, allowed, used) in [(1500, 14, 15), (20_000, 14, 200)] {
        let no = No::from(ValueRefusal::SpamScores).within("score", Limit { allowed, used });
        assert_eq!(world.run(&mailbox_settings(junk(score), true)), Err(Why::Refused(no)), "{score}");
    }
    let imap = MailboxSettingsPatch { imap: Some(false), ..MailboxSettingsPatch::default() };
    assert_eq!(world.run(&mailbox_settings(imap.clone(), true)), kept("settings.imap"));
    world.must(&mailbox_settings(imap, false));
    let nothing = MailboxSettingsPatch {
        self_service: Some(BTreeSet::from([SelfService::Filters])),
        ..MailboxSettingsPatch::default()
    };
    world.must(&mailbox_settings(nothing, false));
    assert_eq!(world.run(&mailbox_settings(junk(400), true)), kept("settings.junkScore"));
    world.must(&mailbox_settings(junk(400), false));
}

#[test]
fn what_is_kept_for_a_time_is_kept_openly_and_its_mailbox_is_not_deleted() {
    let mut world = with_domain();
    world.must(&mailboxes(DOMAIN, &[(1, "archive", 1)]));
    let keep = |days| MailboxSettingsPatch { retains_days: Some(days), ..MailboxSettingsPatch::default() };
    for days in [0, 3651, u32::MAX] {
        assert_eq!(
            world.run(&mailbox_settings(keep(Some(days)), false)),
            Err(Why::Refused(No::Box(BoxRefusal::RetainedDays(Limit { allowed: 3650, used: days.into() })))),
            "{days}"
        );
    }
    let by_owner = world.run(&mailbox_settings(keep(Some(30)), true));
    assert_eq!(by_owner, kept("settings.retainsDays"));
    world.must(&mailbox_settings(keep(Some(3650)), false));
    let delete = DeleteMailbox {
        account: account(),
        service: service(),
        mailbox: id(1),
        purge_after: Timestamp::from_secs(1_800_000_000),
        temporary_aliases: Vec::new(),
    };
    assert_eq!(world.run(&delete), Err(Why::Refused(No::Box(BoxRefusal::MailboxRetains))));
    world.must(&mailbox_settings(keep(Some(30)), false));
    assert_eq!(world.run(&delete), Err(Why::Refused(No::Box(BoxRefusal::MailboxRetains))));
    world.must(&mailbox_settings(keep(None), false));
    world.must(&delete);
    let changes: Vec<(Option<u32>, Option<u32>)> = world
        .history::<Mailbox>(account().tenant(), id(1))
        .iter()
        .filter_map(|event| match event {
            MailboxEvent::RetentionChanged { from, to } => Some((*from, *to)),
            _ => None,
        })
        .collect();
    assert_eq!(changes, [(None, Some(3650)), (Some(3650), Some(30)), (Some(30), None)]);
}

#[test]
fn what_is_kept_for_a_time_goes_with_its_service() {
    let mut world = with_domain();
    world.must(&mailboxes(DOMAIN, &[(1, "archive", 1)]));
    let keep = MailboxSettingsPatch { retains_days: Some(Some(30)), ..MailboxSettingsPatch::default() };
    world.must(&mailbox_settings(keep, false));
    let purge_after = Timestamp::from_secs(1_800_000_000);
    world.must(&EndService { account: account(), service: service(), purge_after });
    world.must(&DeleteMailbox {
        account: account(),
        service: service(),
        mailbox: id(1),
        purge_after,
        temporary_aliases: Vec::new(),
    });
}

#[test]
fn lists_of_senders_are_addresses_and_patterns() {
    let mut world = with_domain();
    world.must(&mailboxes(DOMAIN, &[(1, "alice", 1)]));
    for (pattern, is_good) in [
        ("a@example.org", true),
        ("*@example.org", true),
        ("@example.org", true),
        ("*@*.example.org", true),
        ("*", false),
        ("*a@example.org", false),
        ("(a+)+@example.org", false),
        ("example.org", false),
        ("", false),
    ] {
        let patch = MailboxSettingsPatch {
            denied_senders: Some(BTreeSet::from([pattern.to_owned()])),
            ..MailboxSettingsPatch::default()
        };
        assert_eq!(world.run(&mailbox_settings(patch, false)).is_ok(), is_good, "{pattern}");
    }
}

#[test]
fn an_alias_has_settings() {
    let mut world = with_domain();
    world.must(&alias(1, "team"));
    let change = |patch, revision| ChangeAliasSettings { account: account(), alias: id(1), patch, revision };
    let discard =
        AliasSettingsPatch { disposition: Some(Disposition::Discard), ..AliasSettingsPatch::default() };
    world.must(&change(discard.clone(), Some(0)));
    assert_eq!(
        world.run(&change(AliasSettingsPatch { is_active: Some(false), ..discard }, Some(0))),
        Err(Why::Refused(No::SettingsStale(Limit { allowed: 1, used: 0 })))
    );
    let long =
        AliasSettingsPatch { public_comment: Some("\u{e9}".repeat(161)), ..AliasSettingsPatch::default() };
    let too_long = No::from(ValueRefusal::CommentTooLong(Limit { allowed: 160, used: 161 }));
    let refused = Err(Why::Refused(too_long.of("settings.publicComment")));
    assert_eq!(world.run(&change(long, None)), refused);
}

#[test]
fn an_alias_that_leads_nowhere_is_made_so_and_needs_no_targets() {
    let mut world = with_domain();
    let leading = |disposition| AliasSettingsPatch { disposition: Some(disposition), ..Default::default() };
    let nowhere =
        |number, local: &str, patch| CreateAlias { targets: vec![], settings: patch, ..alias(number, local) };
    assert_eq!(world.refused(&nowhere(1, "void", AliasSettingsPatch::default())), "ALIAS_TARGETS_EMPTY");
    assert_eq!(world.must(&nowhere(1, "void", leading(Disposition::Discard))), 3, "slot, alias, settings");
    world.must(&nowhere(2, "spam", leading(Disposition::LearnSpam)));
    world.must(&nowhere(3, "ham", leading(Disposition::LearnHam)));
    let set = |patch| ChangeAliasSettings { account: account(), alias: id(1), patch, revision: None };
    assert_eq!(world.refused(&set(leading(Disposition::Forward))), "ALIAS_TARGETS_EMPTY");
    let lead = |targets| ChangeAliasTargets { account: account(), alias: id(1), targets };
    world.must(&lead(vec![EmailAddress::parse("alice@demo.example").expect("an address")]));
    world.must(&set(leading(Disposition::Forward)));
    assert_eq!(world.refused(&lead(vec![])), "ALIAS_TARGETS_EMPTY");
}

#[test]
fn what_goes_without_the_footer_is_named_by_addresses_and_domains() {
    let mut world = with_domain();
    let list = |texts: &[&str]| Some(texts.iter().map(|text| (*text).to_owned()).collect::<BTreeSet<_>>());
    let none = DomainSettingsPatch::default;
    let mailboxes = |texts: &[&str]| DomainSettingsPatch { footer_excluded_mailboxes: list(texts), ..none() };
    let domains = |texts: &[&str]| DomainSettingsPatch { footer_excluded_domains: list(texts), ..none() };
    let many: Vec<String> = (0..501).map(|number| format!("a{number}@demo.example")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    for (patch, wrong, field) in [
        (mailboxes(&["alice"]), ValueRefusal::FooterExclusion, "settings.footerExcludedMailboxes"),
        (mailboxes(&["*@demo.example"]), ValueRefusal::FooterExclusion, "settings.footerExcludedMailboxes"),
        (domains(&["a@demo.example"]), ValueRefusal::FooterExclusion, "settings.footerExcludedDomains"),
        (
            mailboxes(&many),
            ValueRefusal::FooterExclusionLimitReached(Limit { allowed: 500, used: 501 }),
            "settings.footerExcludedMailboxes",
        ),
    ] {
        let refused = Err(Why::Refused(No::from(wrong).of(field)));
        assert_eq!(world.run(&domain_settings(patch, None)), refused, "{wrong}");
    }
    world.must(&domain_settings(mailboxes(&["Alice@demo.example"]), None));
    world.must(&domain_settings(domains(&["soci\u{e9}t\u{e9}.example"]), None));
}
