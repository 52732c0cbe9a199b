//! The administrator of a Box: made with its first verified domain, reached where its customer is.

use std::time::Duration;

use crate::support::id;
use crate::support::samples::HASH;
use crate::support::stage::{DOMAIN, account, service, with_domain};
use crate::support::world::World;
use hosting::domain::Proof;
use hosting::notice::{NoticeDay, NoticeKind, NoticePerson, day_of, stream_of};
use hosting::session::SessionOwner;
use hosting::use_case::*;
use hosting::user::{User, UserRole};
use hosting::{Language, LoginName, PasswordHash};
use kernel::{DomainName, EmailAddress, NoticeId};

fn appoint(world: &World) -> AppointAdministrator {
    AppointAdministrator {
        account: account(),
        service: service(),
        domain: id(DOMAIN),
        user: id(70),
        owner: Some(id(90)),
        notice: id(71),
        day: day_of(world.now),
        language: Language::En,
    }
}

/// The customer, whose owner has confirmed an address.
fn with_owner() -> World {
    let mut world = with_domain();
    world.must(&RegisterUser {
        account: account(),
        user: id(90),
        login: LoginName::parse("zoe").expect("a login"),
        name: None,
        password: None,
        role: UserRole::Owner,
        must_change_password: false,
        services: vec![],
    });
    world.must(&ChangeEmail {
        account: account(),
        user: id(90),
        email: EmailAddress::parse("zoe@elsewhere.example").expect("an address"),
        notices: [id(80), id(81)],
        at: world.now,
        language: Language::Fr,
    });
    let day = day_of(world.now);
    world.must(&VerifyEmail { account: account(), user: id(90), notice: id(80), day });
    world.must(&SetLanguage {
        account: account(),
        owner: SessionOwner::User(id(90)),
        language: Language::Fr,
    });
    world
}

#[test]
fn the_first_domain_has_an_administrator_whose_password_the_customer_chooses() {
    let mut world = with_owner();
    let appoint = appoint(&world);
    world.must(&appoint);
    assert_eq!(world.must(&appoint), 0, "once");
    let user = world.state::<User>(account().tenant(), id(70));
    let record = user.record().expect("a user");
    assert_eq!(record.login.plain().map(LoginName::as_str), Some("mailadmin_demo.example"));
    assert_eq!(record.role, UserRole::DomainAdministrator(vec![id(DOMAIN)]));
    assert!(record.password.is_none() && record.must_change_password, "nobody knows a password");
    let stream = stream_of(NoticePerson::User(id(70)), appoint.day);
    let day = world.state::<NoticeDay>(account().tenant(), stream);
    let told = &day.notices[&id::<NoticeId>(71)];
    assert_eq!((told.kind, told.language), (NoticeKind::InitialAccess, Language::Fr));
    assert_eq!(told.address.plain().map(ToString::to_string).as_deref(), Some("zoe@elsewhere.example"));
    assert_eq!(told.detail.as_ref().and_then(|name| name.plain()).map(String::as_str), Some("demo.example"));
    let password = PasswordHash::parse(HASH).expect("a hash");
    let choose = ResetPassword {
        account: account(),
        user: id(70),
        notice: id(71),
        day: appoint.day,
        password,
        revokes_others: false,
    };
    world.must(&choose);
    let user = world.state::<User>(account().tenant(), id(70));
    let record = user.record().expect("a user");
    assert!(record.password.is_some() && !record.must_change_password, "the customer chose it");
    assert_eq!(world.refused(&choose), "LINK_NOT_GOOD");
}

#[test]
fn without_an_owner_who_is_reached_it_is_made_and_nobody_is_told() {
    let mut world = with_domain();
    let appoint = AppointAdministrator { owner: None, ..appoint(&world) };
    world.must(&appoint);
    let user = world.state::<User>(account().tenant(), id(70));
    assert!(user.record().expect("a user").email.is_none());
    let stream = stream_of(NoticePerson::User(id(70)), appoint.day);
    assert!(world.state::<NoticeDay>(account().tenant(), stream).notices.is_empty());
}

#[test]
fn what_is_long_past_is_not_told() {
    let mut world = with_owner();
    let appoint = appoint(&world);
    world.now = world.now.plus(Duration::from_secs(5 * 24 * 3600));
    world.must(&appoint);
    let stream = stream_of(NoticePerson::User(id(70)), appoint.day);
    assert!(world.state::<NoticeDay>(account().tenant(), stream).notices.is_empty());
}

#[test]
fn a_mirror_and_a_domain_that_is_not_proved_have_none_and_only_the_platform_appoints() {
    let mut world = with_owner();
    let mirror = AddDomain {
        account: account(),
        service: service(),
        domain: id(21),
        name: DomainName::parse("second.example").expect("a name"),
        mirrors: Some(id(DOMAIN)),
    };
    world.must(&mirror);
    let of_mirror = AppointAdministrator { domain: id(21), ..appoint(&world) };
    assert_eq!(world.must(&of_mirror), 0);
    world.must(&VerifyDomain { account: account(), domain: id(21), proof: Proof::AssertedByOperator });
    assert_eq!(world.must(&of_mirror), 0, "its addresses are those of the first");
    let appoint = appoint(&world);
    world.principal.grants.clear();
    assert!(world.run(&appoint).is_err());
}
