//! People: addresses that are confirmed, links that are good once, notices that flood nobody.

use std::time::Duration;

use crate::support::id;
use crate::support::samples::HASH;
use crate::support::world::World;
use hosting::notice::{NoticeDay, NoticeKind, NoticePerson, day_of, stream_of};
use hosting::session::SessionOwner;
use hosting::use_case::{
    ChangeEmail, RepeatNotice, ResetPassword, SendNotice, SetTimeZone, SignUp, VerifyEmail,
};
use hosting::user::User;
use hosting::{Language, LoginName, PasswordHash};
use kernel::{AccountId, EmailAddress, NoticeId, UserId};

fn account() -> AccountId {
    id(500)
}

fn user() -> UserId {
    id(501)
}

fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).expect("an address")
}

fn hash() -> PasswordHash {
    PasswordHash::parse(HASH).expect("a hash")
}

fn sign_up(world: &World) -> SignUp {
    SignUp {
        account: account(),
        account_name: "Zo\u{e9}".to_owned(),
        user: user(),
        login: LoginName::parse("zoe@elsewhere.example").expect("a login"),
        email: address("zoe@elsewhere.example"),
        name: None,
        password: hash(),
        language: Language::Fr,
        notice: id(600),
        at: world.now,
    }
}

fn signed_up() -> World {
    let mut world = World::new();
    let sign_up = sign_up(&world);
    world.must(&sign_up);
    world
}

fn verify(world: &World, notice: u128) -> VerifyEmail {
    VerifyEmail { account: account(), user: user(), notice: id(notice), day: day_of(world.now) }
}

fn send(world: &World, notice: u128, kind: NoticeKind) -> SendNotice {
    SendNotice {
        account: account(),
        notice: id(notice),
        person: NoticePerson::User(user()),
        kind,
        detail: None,
        ticket: None,
        day: day_of(world.now),
        language: Language::En,
    }
}

fn reset(world: &World, notice: u128) -> ResetPassword {
    let (notice, day) = (id(notice), day_of(world.now));
    ResetPassword { account: account(), user: user(), notice, day, password: hash(), revokes_others: false }
}

fn later(world: &mut World, seconds: u64) {
    world.now = world.now.plus(Duration::from_secs(seconds));
}

#[test]
fn an_address_counts_once_its_link_was_followed_and_the_link_is_good_once() {
    let mut world = signed_up();
    let record = |world: &World| {
        let state = world.state::<User>(account().tenant(), user());
        state.record().cloned().expect("a user")
    };
    assert!(record(&world).email.is_none() && record(&world).email_pending.is_some());
    let verify = verify(&world, 600);
    world.must(&verify);
    let email = record(&world).email.and_then(|email| email.plain().cloned());
    assert_eq!(email, Some(address("zoe@elsewhere.example")));
    assert_eq!(world.refused(&verify), "LINK_NOT_GOOD");
}

#[test]
fn a_link_is_over_after_its_time() {
    let mut world = signed_up();
    let verify = verify(&world, 600);
    later(&mut world, 24 * 3600);
    assert_eq!(world.refused(&verify), "LINK_NOT_GOOD");
}

#[test]
fn a_link_to_an_address_before_the_last_one_confirms_nothing() {
    let mut world = signed_up();
    later(&mut world, 60);
    let change = |world: &World, email: &str, first: u128| ChangeEmail {
        account: account(),
        user: user(),
        email: address(email),
        notices: [id(first), id(first + 1)],
        at: world.now,
        language: Language::En,
    };
    let first = change(&world, "other@elsewhere.example", 610);
    world.must(&first);
    let old = verify(&world, 600);
    assert_eq!(world.refused(&old), "LINK_NOT_GOOD");
    let new = verify(&world, 610);
    world.must(&new);
    later(&mut world, 60);
    let second = change(&world, "third@elsewhere.example", 620);
    world.must(&second);
    let day = stream_of(NoticePerson::User(user()), day_of(world.now));
    let day = world.state::<NoticeDay>(account().tenant(), day);
    let told = &day.notices[&id::<NoticeId>(621)];
    assert_eq!(told.kind, NoticeKind::EmailChanging);
    assert_eq!(told.address.plain(), Some(&address("other@elsewhere.example")), "the old address is told");
}

#[test]
fn a_password_is_reset_once_within_half_an_hour_and_by_no_other_link() {
    let mut world = signed_up();
    let wrong = reset(&world, 600);
    assert_eq!(world.refused(&wrong), "LINK_NOT_GOOD", "it was made to confirm an address");
    let first = send(&world, 630, NoticeKind::PasswordReset);
    world.must(&first);
    later(&mut world, 60);
    let second = send(&world, 631, NoticeKind::PasswordReset);
    world.must(&second);
    let (first, second) = (reset(&world, 630), reset(&world, 631));
    world.must(&second);
    assert_eq!(world.refused(&first), "LINK_NOT_GOOD", "with one, all of that day are used");
    later(&mut world, 60);
    let third = send(&world, 632, NoticeKind::PasswordReset);
    world.must(&third);
    let third = reset(&world, 632);
    later(&mut world, 1800);
    assert_eq!(world.refused(&third), "LINK_NOT_GOOD");
}

#[test]
fn nobody_is_flooded() {
    let mut world = signed_up();
    let verified = verify(&world, 600);
    world.must(&verified);
    let first = send(&world, 640, NoticeKind::PasswordReset);
    world.must(&first);
    let soon = send(&world, 641, NoticeKind::PasswordReset);
    assert_eq!(world.refused(&soon), "NOTICE_TOO_SOON");
    for number in 0..9 {
        later(&mut world, 60);
        let again = send(&world, 650 + number, NoticeKind::PasswordReset);
        world.must(&again);
    }
    later(&mut world, 60);
    let many = send(&world, 670, NoticeKind::PasswordReset);
    assert_eq!(world.refused(&many), "NOTICE_LIMIT_REACHED");
    for number in 0..29 {
        let other = send(&world, 700 + number, NoticeKind::PasswordChanged);
        world.must(&other);
    }
    let last = send(&world, 800, NoticeKind::PasswordChanged);
    assert_eq!(world.refused(&last), "NOTICE_LIMIT_REACHED");
    later(&mut world, 24 * 3600);
    let tomorrow = send(&world, 801, NoticeKind::PasswordChanged);
    world.must(&tomorrow);
}

#[test]
fn a_notice_is_sent_again_with_the_same_link_while_that_is_good() {
    let mut world = signed_up();
    let day = day_of(world.now);
    let repeat = |notice: u128, copy: u128| RepeatNotice {
        account: account(),
        person: NoticePerson::User(user()),
        day,
        notice: id(notice),
        copy: id(copy),
    };
    assert_eq!(world.refused(&repeat(999, 900)), "NOTICE_NOT_FOUND");
    later(&mut world, 60);
    world.must(&repeat(600, 900));
    let state = world.state::<NoticeDay>(account().tenant(), stream_of(NoticePerson::User(user()), day));
    assert_eq!(state.notices[&id::<NoticeId>(900)].link_of, id(600));
    let verify = verify(&world, 600);
    world.must(&verify);
    later(&mut world, 60);
    assert_eq!(world.refused(&repeat(600, 901)), "LINK_NOT_GOOD");
}

#[test]
fn what_is_long_past_is_told_nobody() {
    let mut world = signed_up();
    let verified = verify(&world, 600);
    world.must(&verified);
    let past = send(&world, 950, NoticeKind::PasswordChanged);
    later(&mut world, 2 * 24 * 3600);
    assert_eq!(world.must(&past), 0, "the past comes by when notices are switched on");
    let yesterday = SendNotice { day: day_of(world.now) - 1, ..past };
    assert_eq!(world.must(&yesterday), 1);
}

#[test]
fn a_time_zone_is_one_that_the_database_of_zones_knows() {
    let mut world = signed_up();
    let set = |zone: Option<&str>| SetTimeZone {
        account: account(),
        owner: SessionOwner::User(user()),
        zone: zone.map(str::to_owned),
    };
    assert_eq!(world.must(&set(Some("America/Argentina/Buenos_Aires"))), 1);
    assert_eq!(world.must(&set(Some("America/Argentina/Buenos_Aires"))), 0);
    assert_eq!(world.must(&set(Some("Etc/GMT+5"))), 1);
    assert_eq!(world.must(&set(Some("Asia/Calcutta"))), 1, "an old name that browsers tell");
    for nonsense in [
        "",
        "Europe Paris",
        "<b>",
        "Europe/Pariss",
        "Mars/Olympus",
        "europe/paris",
        "Factory",
        "#",
        &"a".repeat(65),
    ] {
        assert_eq!(world.refused(&set(Some(nonsense))), "TIME_ZONE_UNKNOWN", "{nonsense}");
    }
    assert_eq!(world.must(&set(None)), 1);
}
