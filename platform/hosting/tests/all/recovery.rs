//! The address at which the owner of a mailbox renews a forgotten password.

use std::time::Duration;

use crate::support::id;
use crate::support::samples::HASH;
use crate::support::stage::{account, with_mailbox};
use crate::support::world::World;
use hosting::mailbox::{Mailbox, MailboxRecord, MailboxSettingsPatch, SelfService};
use hosting::notice::{NoticeDay, NoticeKind, NoticePerson, day_of, stream_of};
use hosting::session::SessionOwner;
use hosting::use_case::{
    ChangeMailboxSettings, GiveRecoveryAddress, ResetMailboxPassword, SendNotice, SetLanguage, SetTimeZone,
    VerifyRecoveryAddress,
};
use hosting::{Language, PasswordHash};
use kernel::{EmailAddress, MailboxId, NoticeId};

fn mailbox() -> MailboxId {
    id(1)
}

fn record(world: &World) -> MailboxRecord {
    world.state::<Mailbox>(account().tenant(), mailbox()).record().expect("a mailbox").clone()
}

fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).expect("an address")
}

fn give(world: &World, email: &str, notice: u128) -> GiveRecoveryAddress {
    GiveRecoveryAddress {
        account: account(),
        mailbox: mailbox(),
        email: address(email),
        notices: [id(notice), id(notice + 1)],
        at: world.now,
        language: Language::En,
    }
}

fn verify(world: &World, notice: u128) -> VerifyRecoveryAddress {
    let (notice, day) = (id(notice), day_of(world.now));
    VerifyRecoveryAddress { account: account(), mailbox: mailbox(), notice, day }
}

fn ask(world: &World, notice: u128) -> SendNotice {
    SendNotice {
        account: account(),
        notice: id(notice),
        person: NoticePerson::Mailbox(mailbox()),
        kind: NoticeKind::PasswordReset,
        detail: None,
        ticket: None,
        day: day_of(world.now),
        language: Language::En,
    }
}

fn reset(world: &World, notice: u128) -> ResetMailboxPassword {
    let password = PasswordHash::parse(&format!("{HASH}{notice}")).expect("a hash");
    let (notice, day) = (id(notice), day_of(world.now));
    ResetMailboxPassword {
        account: account(),
        mailbox: mailbox(),
        notice,
        day,
        password,
        revokes_others: false,
    }
}

fn settings(patch: MailboxSettingsPatch, by_owner: bool) -> ChangeMailboxSettings {
    let (account, mailbox) = (account(), mailbox());
    ChangeMailboxSettings {
        account,
        mailbox,
        patch,
        sender_domains: vec![],
        revision: None,
        by_owner,
        service: None,
    }
}

fn forbid() -> ChangeMailboxSettings {
    let left = SelfService::ALL.into_iter().filter(|flag| *flag != SelfService::RecoveryAddress);
    settings(
        MailboxSettingsPatch { self_service: Some(left.collect()), ..MailboxSettingsPatch::default() },
        false,
    )
}

/// Whose owner has confirmed `alice@elsewhere.example`, some minutes ago.
fn confirmed() -> World {
    let mut world = with_mailbox();
    let give = give(&world, "alice@elsewhere.example", 600);
    world.must(&give);
    let verify = verify(&world, 600);
    world.must(&verify);
    later(&mut world);
    world
}

fn later(world: &mut World) {
    world.now = world.now.plus(Duration::from_secs(120));
}

#[test]
fn an_address_counts_once_its_link_was_followed_and_the_mailbox_is_told() {
    let mut world = with_mailbox();
    let give = give(&world, "alice@elsewhere.example", 600);
    world.must(&give);
    assert_eq!(record(&world).recovery(), None);
    let asked = ask(&world, 700);
    assert_eq!(world.refused(&asked), "NOTICE_NEEDS_ADDRESS");
    let day = stream_of(NoticePerson::Mailbox(mailbox()), day_of(world.now));
    let day = world.state::<NoticeDay>(account().tenant(), day);
    let told = |number: u128| {
        let notice = &day.notices[&id::<NoticeId>(number)];
        (notice.kind, notice.address.plain().cloned().expect("an address"))
    };
    assert_eq!(told(600), (NoticeKind::RecoveryVerification, address("alice@elsewhere.example")));
    assert_eq!(told(601), (NoticeKind::RecoveryChanging, address("alice@demo.example")));
    let verify = verify(&world, 600);
    world.must(&verify);
    assert_eq!(record(&world).recovery(), Some(&address("alice@elsewhere.example")));
    assert_eq!(world.refused(&verify), "LINK_NOT_GOOD");
}

#[test]
fn a_password_is_chosen_once_by_the_link_to_the_confirmed_address() {
    let mut world = confirmed();
    let asked = ask(&world, 700);
    world.must(&asked);
    let day = stream_of(NoticePerson::Mailbox(mailbox()), day_of(world.now));
    let day = world.state::<NoticeDay>(account().tenant(), day);
    let notice = &day.notices[&id::<NoticeId>(700)];
    assert_eq!(notice.address.plain(), Some(&address("alice@elsewhere.example")), "not the mailbox itself");
    let wrong = reset(&world, 600);
    assert_eq!(world.refused(&wrong), "LINK_NOT_GOOD", "that link confirms");
    let reset = reset(&world, 700);
    world.must(&reset);
    assert_eq!(record(&world).password.and_then(|hash| hash.plain().cloned()), Some(reset.password.clone()));
    assert_eq!(world.refused(&reset), "LINK_NOT_GOOD");
}

#[test]
fn a_link_is_over_after_half_an_hour() {
    let mut world = confirmed();
    let asked = ask(&world, 700);
    world.must(&asked);
    let reset = reset(&world, 700);
    world.now = world.now.plus(Duration::from_secs(30 * 60));
    assert_eq!(world.refused(&reset), "LINK_NOT_GOOD");
}

#[test]
fn an_administrator_forbids_it_and_links_on_their_way_open_nothing() {
    let mut world = confirmed();
    let asked = ask(&world, 700);
    world.must(&asked);
    world.must(&forbid());
    let reset = reset(&world, 700);
    assert_eq!(world.refused(&reset), "LINK_NOT_GOOD");
    later(&mut world);
    let again = ask(&world, 701);
    assert_eq!(world.refused(&again), "NOTICE_NEEDS_ADDRESS");
    let other = give(&world, "other@elsewhere.example", 610);
    assert_eq!(world.refused(&other), "SETTING_NOT_SELF_SERVICE");
}

#[test]
fn a_link_to_an_address_that_was_replaced_opens_nothing() {
    let mut world = confirmed();
    let asked = ask(&world, 700);
    world.must(&asked);
    let other = give(&world, "other@elsewhere.example", 610);
    world.must(&other);
    let reset = reset(&world, 700);
    assert_eq!(world.refused(&reset), "LINK_NOT_GOOD");
    assert_eq!(record(&world).recovery(), None, "until the new one is confirmed");
}

#[test]
fn an_address_is_given_with_the_password_and_taken_away_without() {
    let mut world = confirmed();
    let patch = |address: Option<&str>| MailboxSettingsPatch {
        recovery_address: Some(address.map(str::to_owned)),
        ..MailboxSettingsPatch::default()
    };
    for by_owner in [true, false] {
        let change = settings(patch(Some("thief@elsewhere.example")), by_owner);
        assert_eq!(world.refused(&change), "RECOVERY_ADDRESS_ELSEWHERE");
    }
    let own = give(&world, "alice@demo.example", 610);
    assert_eq!(world.refused(&own), "RECOVERY_ADDRESS_OWN");
    let same = give(&world, "alice@elsewhere.example", 610);
    assert_eq!(world.refused(&same), "EMAIL_UNCHANGED");
    world.must(&settings(patch(None), true));
    assert_eq!(record(&world).recovery(), None);
}

#[test]
fn the_owner_of_a_mailbox_is_written_to_in_the_language_that_they_chose() {
    let mut world = with_mailbox();
    let owner = SessionOwner::Mailbox(mailbox());
    let choose = |language| SetLanguage { account: account(), owner, language };
    let told = |world: &World, notice: u128| {
        let day = world.state::<NoticeDay>(
            account().tenant(),
            stream_of(NoticePerson::Mailbox(mailbox()), day_of(world.now)),
        );
        day.notices.get(&id(notice)).expect("a notice").language
    };
    let say = |world: &World, notice| SendNotice { kind: NoticeKind::PasswordChanged, ..ask(world, notice) };
    let send = say(&world, 900);
    world.must(&send);
    assert_eq!(told(&world, 900), Language::En, "the platform's own, where none is chosen");
    assert_eq!(world.must(&choose(Language::Fr)), 1);
    assert_eq!(world.must(&choose(Language::Fr)), 0);
    let send = say(&world, 901);
    world.must(&send);
    let given = give(&world, "alice@elsewhere.example", 910);
    world.must(&given);
    assert_eq!([901, 910, 911].map(|notice| told(&world, notice)), [Language::Fr; 3]);
    let zone = |zone: &str| SetTimeZone { account: account(), owner, zone: Some(zone.to_owned()) };
    assert_eq!(world.refused(&zone("Europe Paris")), "TIME_ZONE_UNKNOWN");
    assert_eq!(world.must(&zone("Europe/Paris")), 1);
    let known = record(&world);
    assert_eq!((known.language, known.time_zone.as_deref()), (Some(Language::Fr), Some("Europe/Paris")));
}
