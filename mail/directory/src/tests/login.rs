//! Who gets in, by what, and when no more.

use super::*;

fn app_password(number: u128, secret: &str, expires_at: Option<Timestamp>) -> HostingEvent {
    HostingEvent::Mailbox(MailboxEvent::AppPasswordAdded {
        app_password: AppPasswordId::new(uuid(number)),
        name: Sealed::new(SubjectId::new(uuid(30)), "phone".to_owned()),
        secret_hash: app_password_hash(secret).expect("an app password"),
        protocols: [MailProtocol::Imap].into_iter().collect(),
        expires_at,
    })
}

fn totp() -> HostingEvent {
    let subject = SubjectId::new(uuid(30));
    HostingEvent::Mailbox(MailboxEvent::Factor(FactorEvent::TotpAdded {
        factor: FactorId::new(uuid(60)),
        name: Sealed::new(subject, "phone".to_owned()),
        seed: Sealed::new(subject, TotpSeed::new(vec![1; 20]).expect("20 octets")),
    }))
}

#[tokio::test]
async fn with_a_second_factor_programs_need_an_app_password() {
    let world = World::new();
    world.mailbox(30, "alice", Some("one"));
    world.tell(30, totp());
    assert_eq!(world.login("alice@x.example", "one").await, Err(AuthRefusal::AppPasswordNeeded));
    assert_eq!(world.login("alice@x.example", "wrong").await, Err(AuthRefusal::Wrong));
    world.tell(30, app_password(70, "aaaaa bbbbb ccccc ddddd", None));
    for typed in ["aaaaabbbbbcccccddddd", "AAAAA-BBBBB-ccccc-ddddd"] {
        assert_eq!(world.login("alice@x.example", typed).await, Ok(Entitlement::Active), "{typed}");
    }
    let (peer, password) = ("192.0.2.1".parse().expect("an address"), "aaaaabbbbbcccccddddd".into());
    let submission =
        LoginAttempt { login: "alice@x.example", password: &password, peer, protocol: Protocol::Submission };
    assert_eq!(world.0.authenticate(submission).await, Err(AuthRefusal::ProtocolOff));
    let web = LoginAttempt { protocol: Protocol::Web, ..submission };
    assert_eq!(world.0.authenticate(web).await, Err(AuthRefusal::ProtocolOff), "no way into the pages");
    world.tell(30, app_password(71, "eeeee bbbbb ccccc ddddd", Some(Timestamp::from_secs(1))));
    assert_eq!(
        world.login("alice@x.example", "eeeeebbbbbcccccddddd").await,
        Err(AuthRefusal::AppPasswordExpired)
    );
}

#[tokio::test]
async fn what_is_taken_back_ends_who_came_in_by_it_and_nobody_else() {
    let world = World::new();
    world.mailbox(30, "alice", Some("one"));
    world.tell(30, app_password(70, "aaaaa bbbbb ccccc ddddd", None));
    let peer = "192.0.2.1".parse().expect("an address");
    let login = async |secret: &str| {
        let password = SecretString::from(secret);
        let attempt =
            LoginAttempt { login: "alice@x.example", password: &password, peer, protocol: Protocol::Imap };
        world.0.authenticate(attempt).await.expect("a login")
    };
    let (by_password, by_app) = (login("one").await, login("aaaaabbbbbcccccddddd").await);
    assert!(world.0.access(&by_password, Protocol::Imap).is_some());
    assert!(world.0.access(&by_app, Protocol::Imap).is_some());
    assert!(world.0.access(&by_app, Protocol::Submission).is_none());
    let app_password = AppPasswordId::new(uuid(70));
    world.tell(30, HostingEvent::Mailbox(MailboxEvent::AppPasswordRevoked { app_password }));
    assert!(world.0.access(&by_app, Protocol::Imap).is_none());
    assert!(world.0.access(&by_password, Protocol::Imap).is_some());
    let phc = password::hash(&SecretString::from("two")).expect("a hash");
    let password = Sealed::new(SubjectId::new(uuid(30)), PasswordHash::parse(&phc).expect("a hash"));
    world.tell(30, HostingEvent::Mailbox(MailboxEvent::PasswordSet { password }));
    assert!(world.0.access(&by_password, Protocol::Imap).is_none());
}

#[tokio::test]
async fn a_demanded_factor_is_demanded_of_programs_and_of_the_pages() {
    let world = World::new();
    world.mailbox(30, "alice", Some("one"));
    let mailbox = MailboxId::new(uuid(30));
    assert_eq!(world.0.web_access(tenant(), mailbox), Some(None));
    let settings = hosting::domain::DomainSettings { requires_second_factor: true, ..Default::default() };
    let settings = Sealed::new(SubjectId::new(uuid(20)), Box::new(settings));
    world.tell(20, HostingEvent::Domain(DomainEvent::SettingsChanged { settings, changed: vec![] }));
    assert_eq!(world.login("alice@x.example", "one").await, Err(AuthRefusal::SecondFactorMissing));
    assert_eq!(world.0.web_access(tenant(), mailbox), Some(Some(Demand::SecondFactor)));
    world.tell(30, totp());
    assert_eq!(world.0.web_access(tenant(), mailbox), Some(None));
    world.tell(10, HostingEvent::Service(ServiceEvent::Suspended { reason: SuspensionReason::Abuse }));
    assert_eq!(world.0.web_access(tenant(), mailbox), None);
}

#[tokio::test]
async fn where_nobody_paid_or_it_has_ended_the_pages_are_open_for_the_export_alone() {
    let world = World::new();
    world.mailbox(30, "alice", Some("one"));
    let mailbox = MailboxId::new(uuid(30));
    let service = |event| world.tell(10, HostingEvent::Service(event));
    let on_the_web = async |password: &str| {
        let password = SecretString::from(password);
        let peer = std::net::Ipv4Addr::LOCALHOST.into();
        let attempt =
            LoginAttempt { login: "alice@x.example", password: &password, peer, protocol: Protocol::Web };
        world.0.authenticate(attempt).await.map(|_| ())
    };
    let suspended = |reason| ServiceEvent::Suspended { reason };
    let ended = || ServiceEvent::Ended { purge_after: Timestamp::from_secs(9) };
    service(suspended(SuspensionReason::NonPayment));
    assert_eq!(world.0.web_access(tenant(), mailbox), Some(Some(Demand::ExportOnly)));
    assert_eq!(on_the_web("one").await, Ok(()));
    assert_eq!(on_the_web("two").await, Err(AuthRefusal::Wrong));
    assert_eq!(world.login("alice@x.example", "one").await, Err(AuthRefusal::Suspended), "by no program");
    service(ended());
    assert_eq!(world.0.web_access(tenant(), mailbox), Some(Some(Demand::ExportOnly)));
    let (_, entitlement, until) = world.0.standing_of(tenant(), mailbox).expect("a mailbox");
    assert_eq!((entitlement, until), (Entitlement::Ended, Some(Timestamp::from_secs(9))));
    service(ServiceEvent::Reactivated);
    assert_eq!(world.0.web_access(tenant(), mailbox), Some(None));
    // Whom it was closed to, the end opens nothing to.
    for reason in [SuspensionReason::Abuse, SuspensionReason::Security, SuspensionReason::Legal] {
        service(suspended(reason));
        assert_eq!(world.0.web_access(tenant(), mailbox), None, "{reason:?}");
        assert_eq!(on_the_web("one").await, Err(AuthRefusal::Suspended), "{reason:?}");
        service(ended());
        assert_eq!(world.0.web_access(tenant(), mailbox), None, "{reason:?}");
        service(ServiceEvent::Reactivated);
    }
    service(ended());
    assert_eq!(on_the_web("one").await, Ok(()));
    service(ServiceEvent::Purged);
    assert_eq!(world.0.web_access(tenant(), mailbox), None);
}

#[tokio::test]
async fn a_use_is_told_once_in_a_quarter_of_an_hour() {
    let world = World::new();
    world.mailbox(30, "alice", Some("one"));
    for _ in 0..3 {
        world.login("alice@x.example", "one").await.expect("a login");
    }
    assert_eq!(world.0.take_uses().len(), 1);
    world.login("alice@x.example", "one").await.expect("a login");
    assert_eq!(world.0.take_uses().len(), 0);
}

#[tokio::test]
async fn who_guesses_has_to_wait_and_the_owner_elsewhere_does_not() {
    let world = World::new();
    world.mailbox(30, "alice", Some("one"));
    for _ in 0..30 {
        // The same wrong password again and again is a forgotten device.
        assert_eq!(world.login("alice@x.example", "old").await, Err(AuthRefusal::Wrong));
    }
    let mut is_throttled = false;
    for attempt in 0..20 {
        let answer = world.login("alice@x.example", &format!("guess {attempt}")).await;
        is_throttled |= matches!(answer, Err(AuthRefusal::Throttled { .. }));
    }
    assert!(is_throttled);
    assert!(matches!(world.login("alice@x.example", "one").await, Err(AuthRefusal::Throttled { .. })));
    let password = SecretString::from("one");
    let peer = "198.51.100.7".parse().expect("an address");
    let elsewhere =
        LoginAttempt { login: "alice@x.example", password: &password, peer, protocol: Protocol::Imap };
    assert!(world.0.authenticate(elsewhere).await.is_ok());
}

#[test]
fn a_service_that_is_ordered_and_not_active_gives_no_login() {
    let world = World::new();
    let ordered = ServiceEvent::Ordered {
        account: AccountId::new(uuid(TENANT)),
        plan: PlanId::new(uuid(3)),
        version: 1,
        limits: hosting::plan::catalogue()[0].terms.limits.clone(),
    };
    world.mailbox(30, "alice", None);
    world.tell(10, HostingEvent::Service(ordered));
    let login = world.access(30, Protocol::Imap).expect("a mailbox");
    assert_eq!(login.entitlement, Entitlement::Suspended, "ordered is not active");
}
