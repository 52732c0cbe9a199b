//! The directory from events to answers.

#![allow(clippy::result_large_err)] // What an address leads to is an answer here, and the fault of nothing.

use engine::Follower as _;
use hosting::address_map::{AddressMap, AddressMapKind};
use hosting::alias::{AliasEvent, AliasSettings, Disposition};
use hosting::book::BookEvent;
use hosting::domain::{DomainEvent, VerifiedBy};
use hosting::factor::{FactorEvent, TotpSeed};
use hosting::mailbox::{MailProtocol, MailboxEvent, MailboxSettings};
use hosting::plan::{PlanLimits, SendLimits};
use hosting::secret::Secret;
use hosting::sender_relay::SenderRelay;
use hosting::service::{ServiceEvent, SuspensionReason};
use hosting::{HostingEvent, PasswordHash};
use kernel::{
    AccountId, Actor, AddressMapId, AliasId, AppPasswordId, ByteSize, Causation, CorrelationId, Cursor,
    DomainId, EmailAddress, EventId, FactorId, LocalPart, MailboxId, Metadata, PlanId, Position, Recorded,
    Sealed, SenderRelayId, ServiceId, StreamId, SubjectId, TenantId, Timestamp, Version, Via,
};
use secrecy::SecretString;
use uuid::Uuid;

use crate::{
    AuthRefusal, Credential, Demand, Directory, Entitlement, ListedBy, Listing, Login, LoginAttempt,
    Protocol, Resolution, ShortSends, app_password_hash, password,
};

mod catch_all;
mod login;
mod sandbox;
mod tls_policy;

const TENANT: u128 = 1;

fn uuid(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn tenant() -> TenantId {
    TenantId::new(uuid(TENANT))
}

fn ordered(limits: &PlanLimits) -> ServiceEvent {
    ServiceEvent::Ordered {
        account: AccountId::new(uuid(TENANT)),
        plan: PlanId::new(uuid(5)),
        version: 1,
        limits: limits.clone(),
    }
}

struct World(Directory);

impl World {
    /// An active service 10, the domain `x.example` 20, proven.
    fn new() -> Self {
        let world = Self(Directory::new());
        world.domain(20, "x.example");
        let pro = hosting::plan::catalogue().into_iter().find(|entry| entry.slug == "pro").expect("a plan");
        world.tell(10, HostingEvent::Service(ordered(&pro.terms.limits)));
        world.tell(10, HostingEvent::Service(ServiceEvent::Activated));
        world
    }

    fn tell(&self, id: u128, event: HostingEvent) {
        self.tell_in(tenant(), id, event);
    }

    fn tell_in(&self, tenant: TenantId, id: u128, event: HostingEvent) {
        let recorded = Recorded {
            cursor: Cursor { tenant, position: Position(1) },
            stream: StreamId { category: event.category(), id: uuid(id) },
            version: Version(1),
            id: EventId::new(uuid(7)),
            recorded_at: Timestamp::from_secs(0),
            metadata: Metadata {
                actor: Actor::Operator,
                on_behalf_of: None,
                via: Via::CommandLine,
                correlation: CorrelationId::new(uuid(8)),
                causation: Causation::Command,
                command: None,
                content: None,
            },
            event,
        };
        self.0.apply(&[recorded]).expect("taken");
    }

    fn domain(&self, id: u128, name: &str) {
        let added = DomainEvent::Added {
            account: AccountId::new(uuid(TENANT)),
            service: ServiceId::new(uuid(10)),
            name: name.parse_name(),
            token: "t".to_owned(),
            mirrors: None,
            is_claimed: true,
        };
        self.tell(id, HostingEvent::Domain(added));
        self.tell(id, HostingEvent::Domain(DomainEvent::Verified { by: VerifiedBy::Operator }));
    }

    /// A domain that mirrors the first.
    fn mirror(&self, id: u128, name: &str) {
        let added = DomainEvent::Added {
            account: AccountId::new(uuid(TENANT)),
            service: ServiceId::new(uuid(10)),
            name: name.parse_name(),
            token: "t".to_owned(),
            mirrors: Some(DomainId::new(uuid(20))),
            is_claimed: true,
        };
        self.tell(id, HostingEvent::Domain(added));
        assert!(matches!(self.0.resolve(&address(&format!("a@{name}")), None), Resolution::NotLocal));
        self.tell(id, HostingEvent::Domain(DomainEvent::Verified { by: VerifiedBy::Operator }));
    }

    fn mailbox(&self, id: u128, local: &str, password: Option<&str>) {
        let subject = SubjectId::of_mailbox(MailboxId::new(uuid(id)));
        let hash = password.map(|password| {
            let phc = password::hash(&SecretString::from(password)).expect("a hash");
            Sealed::new(subject, PasswordHash::parse(&phc).expect("a hash"))
        });
        let created = MailboxEvent::Created {
            account: AccountId::new(uuid(TENANT)),
            service: ServiceId::new(uuid(10)),
            domain: DomainId::new(uuid(20)),
            domain_name: "x.example".parse_name(),
            local: Sealed::new(subject, LocalPart::parse(local).expect("a local part")),
            quota: ByteSize::gib(1),
            display_name: None,
            password: hash,
        };
        self.tell(id, HostingEvent::Mailbox(created));
    }

    fn alias(&self, id: u128, local: Option<&str>, targets: &[&str]) {
        let subject = SubjectId::of_alias(AliasId::new(uuid(id)));
        let created = AliasEvent::Created {
            account: AccountId::new(uuid(TENANT)),
            service: ServiceId::new(uuid(10)),
            domain: DomainId::new(uuid(20)),
            domain_name: "x.example".parse_name(),
            local: local.map(|local| Sealed::new(subject, LocalPart::parse(local).expect("a local part"))),
            targets: Sealed::new(subject, targets.iter().map(|target| address(target)).collect()),
            temporary: None,
        };
        self.tell(id, HostingEvent::Alias(created));
    }

    /// Ids of the mailboxes, and addresses elsewhere.
    fn ends(&self, to: &str) -> Result<(Vec<u128>, Vec<String>), Resolution> {
        match self.0.resolve(&address(to), None) {
            Resolution::Deliver(ends) => Ok((
                ends.mailboxes.iter().map(|end| kernel::Id::uuid(end.mailbox).as_u128()).collect(),
                ends.forwards.iter().map(|(_, forward)| forward.to_string()).collect(),
            )),
            other => Err(other),
        }
    }

    /// What whoever came in by the password may do.
    fn access(&self, number: u128, protocol: Protocol) -> Option<Login> {
        const HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA";
        let subject = SubjectId::new(uuid(number));
        let password = Sealed::new(subject, PasswordHash::parse(HASH).expect("a hash"));
        self.tell(number, HostingEvent::Mailbox(MailboxEvent::PasswordSet { password }));
        let login = {
            let index = self.0.index.read();
            let entry = index.mailboxes.get(&(tenant(), MailboxId::new(uuid(number))))?;
            index.login(entry, Credential::Password(HASH.into()))
        };
        self.0.access(&login, protocol)
    }

    async fn login(&self, name: &str, password: &str) -> Result<Entitlement, AuthRefusal> {
        let peer = "192.0.2.1".parse().expect("an address");
        let password = SecretString::from(password);
        let attempt = LoginAttempt { login: name, password: &password, peer, protocol: Protocol::Imap };
        self.0.authenticate(attempt).await.map(|login| login.entitlement)
    }
}

trait ParseName {
    fn parse_name(&self) -> kernel::DomainName;
}

impl ParseName for str {
    fn parse_name(&self) -> kernel::DomainName {
        kernel::DomainName::parse(self).expect("a name")
    }
}

fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).expect("an address")
}

#[test]
fn an_address_leads_to_its_mailbox_in_any_case_and_with_any_detail() {
    let world = World::new();
    world.mailbox(30, "Alice", None);
    for to in ["alice@x.example", "ALICE@X.Example", "alice+news@x.example"] {
        assert_eq!(world.ends(to), Ok((vec![30], vec![])), "{to}");
    }
    assert_eq!(world.ends("bob@x.example"), Err(Resolution::Unknown));
    assert_eq!(world.ends("alice@y.example"), Err(Resolution::NotLocal));
}

#[test]
fn aliases_are_followed_to_each_end_once() {
    let world = World::new();
    world.mailbox(30, "alice", None);
    world.mailbox(31, "bob", None);
    world.alias(40, Some("team"), &["alice@x.example", "all@x.example", "c@elsewhere.example"]);
    world.alias(41, Some("all"), &["bob@x.example", "alice@x.example", "team@x.example"]);
    let expected = (vec![30, 31], vec!["c@elsewhere.example".to_owned()]);
    assert_eq!(world.ends("team@x.example"), Ok(expected));
    world.alias(42, Some("a"), &["b@x.example"]);
    world.alias(43, Some("b"), &["a@x.example"]);
    assert_eq!(world.ends("a@x.example"), Err(Resolution::Loop));
    world.alias(44, None, &["bob@x.example"]);
    assert_eq!(world.ends("whoever@x.example"), Ok((vec![31], vec![])));
    world.tell(44, HostingEvent::Alias(AliasEvent::Deleted));
    assert_eq!(world.ends("whoever@x.example"), Err(Resolution::Unknown));
}

#[test]
fn what_is_disabled_ended_deleted_or_removed_takes_no_mail() {
    let world = World::new();
    world.mailbox(30, "alice", None);
    world.tell(30, HostingEvent::Mailbox(MailboxEvent::Disabled));
    assert_eq!(world.ends("alice@x.example"), Err(Resolution::Disabled));
    world.tell(30, HostingEvent::Mailbox(MailboxEvent::Enabled));
    let suspended = ServiceEvent::Suspended { reason: SuspensionReason::NonPayment };
    world.tell(10, HostingEvent::Service(suspended));
    assert!(world.ends("alice@x.example").is_ok(), "a suspended service still receives");
    world.alias(40, Some("info"), &["alice@x.example"]);
    world.tell(10, HostingEvent::Service(ServiceEvent::Ended { purge_after: Timestamp::from_secs(0) }));
    for to in ["alice@x.example", "alice+tag@x.example", "info@x.example"] {
        assert_eq!(world.ends(to), Err(Resolution::Ended), "{to}");
    }
    assert_eq!(world.ends("nobody@x.example"), Err(Resolution::Unknown));
    world.tell(10, HostingEvent::Service(ServiceEvent::Activated));
    world.tell(30, HostingEvent::Mailbox(MailboxEvent::Deleted { purge_after: Timestamp::from_secs(0) }));
    assert_eq!(world.ends("alice@x.example"), Err(Resolution::Unknown));
    world.tell(20, HostingEvent::Domain(DomainEvent::Removed { purge_after: Timestamp::from_secs(0) }));
    assert_eq!(world.ends("alice@x.example"), Err(Resolution::NotLocal));
}

#[test]
fn what_has_passed_to_another_account_is_theirs_whichever_of_them_is_read_first() {
    // Accounts are read side by side at a start: the one before may be read after the one that has it now.
    let world = World::new();
    world.mailbox(30, "alice", None);
    world.alias(40, Some("info"), &["alice@x.example"]);
    world.alias(41, None, &["alice@x.example"]);
    let (before, service, domain) =
        (TenantId::new(uuid(2)), ServiceId::new(uuid(50)), DomainId::new(uuid(51)));
    let (mailbox, all) = (MailboxId::new(uuid(52)), AliasId::new(uuid(53)));
    let sealed = |local: &str| {
        let local = LocalPart::parse(local).expect("a local part");
        Sealed::new(SubjectId::of_mailbox(mailbox), local)
    };
    let name = || "x.example".parse_name();
    let account = before.account();
    let added = DomainEvent::Added {
        account,
        service,
        name: name(),
        token: "t".to_owned(),
        mirrors: None,
        is_claimed: true,
    };
    let created = MailboxEvent::Created {
        account,
        service,
        domain,
        domain_name: name(),
        local: sealed("alice"),
        quota: ByteSize::gib(1),
        display_name: None,
        password: None,
    };
    let caught = |local| AliasEvent::Created {
        account,
        service,
        domain,
        domain_name: name(),
        local,
        targets: Sealed::new(SubjectId::of_alias(all), vec![address("old@x.example")]),
        temporary: None,
    };
    let purge_after = Timestamp::from_secs(1);
    for (id, event) in [
        (51, HostingEvent::Domain(added)),
        (51, HostingEvent::Domain(DomainEvent::Verified { by: VerifiedBy::Operator })),
        (52, HostingEvent::Mailbox(created)),
        (53, HostingEvent::Alias(caught(Some(sealed("info"))))),
        (54, HostingEvent::Alias(caught(None))),
        (53, HostingEvent::Alias(AliasEvent::Deleted)),
        (54, HostingEvent::Alias(AliasEvent::Deleted)),
        (52, HostingEvent::Mailbox(MailboxEvent::Deleted { purge_after })),
        (51, HostingEvent::Domain(DomainEvent::Removed { purge_after })),
    ] {
        world.tell_in(before, id, event);
    }
    for to in ["alice@x.example", "info@x.example", "anybody@x.example"] {
        assert_eq!(world.ends(to), Ok((vec![30], vec![])), "{to}");
    }
}

#[test]
fn a_mailbox_sends_as_itself_and_as_aliases_and_catch_alls_that_lead_to_it() {
    let world = World::new();
    world.mailbox(30, "alice", None);
    world.mailbox(31, "bob", None);
    world.alias(40, Some("info"), &["alice@x.example"]);
    world.alias(41, None, &["alice@x.example"]);
    let login = world.access(30, Protocol::Imap).expect("a mailbox");
    for (sender, may) in [
        ("alice@x.example", true),
        ("alice+a@x.example", true),
        ("info@x.example", true),
        ("bob@x.example", false),
        ("anything@x.example", true),
        ("alice@other.example", false),
    ] {
        assert_eq!(world.0.may_send_as(&login, &address(sender)), may, "{sender}");
    }
}

#[tokio::test]
async fn a_login_needs_the_password_of_today_and_an_active_service() {
    let world = World::new();
    world.mailbox(30, "alice", Some("one"));
    world.mailbox(31, "nopassword", None);
    assert_eq!(world.login("alice@x.example", "one").await, Ok(Entitlement::Active));
    assert_eq!(world.login("Alice@X.example", "one").await, Ok(Entitlement::Active));
    assert_eq!(world.login("alice@x.example", "two").await, Err(AuthRefusal::Wrong));
    assert_eq!(world.login("nobody@x.example", "one").await, Err(AuthRefusal::Wrong));
    assert_eq!(world.login("nopassword@x.example", "").await, Err(AuthRefusal::Wrong));
    assert_eq!(world.login("not an address", "one").await, Err(AuthRefusal::Wrong));
    let subject = SubjectId::of_mailbox(MailboxId::new(uuid(30)));
    let phc = password::hash(&SecretString::from("two")).expect("a hash");
    let password = Sealed::new(subject, PasswordHash::parse(&phc).expect("a hash"));
    world.tell(30, HostingEvent::Mailbox(MailboxEvent::PasswordSet { password }));
    assert_eq!(world.login("alice@x.example", "one").await, Err(AuthRefusal::Wrong));
    assert_eq!(world.login("alice@x.example", "two").await, Ok(Entitlement::Active));
    world.tell(10, HostingEvent::Service(ServiceEvent::Restricted));
    assert_eq!(world.login("alice@x.example", "two").await, Ok(Entitlement::Restricted));
    world.tell(10, HostingEvent::Service(ServiceEvent::Suspended { reason: SuspensionReason::Abuse }));
    assert_eq!(world.login("alice@x.example", "two").await, Err(AuthRefusal::Suspended));
    world.tell(30, HostingEvent::Mailbox(MailboxEvent::Disabled));
    assert_eq!(world.login("alice@x.example", "two").await, Err(AuthRefusal::Wrong));
}

#[test]
fn a_temporary_alias_is_unknown_after_its_end_also_where_a_catch_all_is() {
    let world = World::new();
    world.mailbox(30, "alice", None);
    world.mailbox(31, "bob", None);
    world.alias(41, None, &["bob@x.example"]);
    world.alias(40, Some("shop"), &["alice@x.example"]);
    let ends = |secs| {
        let expires_at = Some(Timestamp::from_secs(secs));
        world.tell(40, HostingEvent::Alias(AliasEvent::ExpiryChanged { expires_at }));
    };
    ends(4_000_000_000);
    assert_eq!(world.ends("shop@x.example"), Ok((vec![30], vec![])));
    ends(1);
    assert_eq!(world.ends("shop@x.example"), Err(Resolution::Unknown));
    assert_eq!(world.ends("shop+tag@x.example"), Err(Resolution::Unknown));
    world.tell(40, HostingEvent::Alias(AliasEvent::ExpiryChanged { expires_at: None }));
    assert_eq!(world.ends("shop@x.example"), Ok((vec![30], vec![])));
}

#[tokio::test]
async fn a_renamed_mailbox_is_found_and_entered_by_its_new_address_alone() {
    let world = World::new();
    world.mailbox(30, "alice", Some("one"));
    let subject = SubjectId::new(uuid(30));
    let local = Sealed::new(subject, LocalPart::parse("a.smith").expect("a local part"));
    world.tell(30, HostingEvent::Mailbox(MailboxEvent::Renamed { local }));
    assert_eq!(world.ends("A.Smith@x.example"), Ok((vec![30], vec![])));
    assert_eq!(world.ends("alice@x.example"), Err(Resolution::Unknown));
    assert_eq!(world.login("a.smith@x.example", "one").await, Ok(Entitlement::Active));
    assert_eq!(world.login("alice@x.example", "one").await, Err(AuthRefusal::Wrong));
    world.alias(40, Some("alice"), &["a.smith@x.example"]);
    assert_eq!(world.ends("alice@x.example"), Ok((vec![30], vec![])));
}

#[tokio::test]
async fn a_restored_mailbox_is_as_it_was() {
    let world = World::new();
    world.mailbox(30, "alice", Some("one"));
    world.tell(30, settings(30, |settings| settings.imap = false));
    let purge_after = Timestamp::from_secs(4_000_000_000);
    world.tell(30, HostingEvent::Mailbox(MailboxEvent::Deleted { purge_after }));
    assert_eq!(world.ends("alice@x.example"), Err(Resolution::Unknown));
    assert_eq!(world.login("alice@x.example", "one").await, Err(AuthRefusal::Wrong));
    world.tell(30, HostingEvent::Mailbox(MailboxEvent::Restored));
    assert_eq!(world.ends("alice@x.example"), Ok((vec![30], vec![])));
    assert_eq!(world.login("alice@x.example", "one").await, Err(AuthRefusal::ProtocolOff));
}

#[tokio::test]
async fn a_mailbox_that_is_restored_at_another_address_leaves_the_former_one_to_whoever_has_it() {
    let world = World::new();
    world.mailbox(30, "alice", Some("one"));
    let purge_after = Timestamp::from_secs(4_000_000_000);
    world.tell(30, HostingEvent::Mailbox(MailboxEvent::Deleted { purge_after }));
    world.mailbox(31, "alice", Some("two"));
    let local = Sealed::new(SubjectId::new(uuid(30)), LocalPart::parse("alice.old").expect("a local part"));
    world.tell(30, HostingEvent::Mailbox(MailboxEvent::Renamed { local }));
    assert_eq!(world.ends("alice.old@x.example"), Err(Resolution::Unknown));
    world.tell(30, HostingEvent::Mailbox(MailboxEvent::Restored));
    assert_eq!(world.ends("alice.old@x.example"), Ok((vec![30], vec![])));
    assert_eq!(world.ends("alice@x.example"), Ok((vec![31], vec![])));
    assert_eq!(world.login("alice.old@x.example", "one").await, Ok(Entitlement::Active));
    assert_eq!(world.login("alice@x.example", "one").await, Err(AuthRefusal::Wrong));
}

fn settings(id: u128, change: impl FnOnce(&mut MailboxSettings)) -> HostingEvent {
    let mut settings = MailboxSettings::default();
    change(&mut settings);
    let settings = Sealed::new(SubjectId::of_mailbox(MailboxId::new(uuid(id))), Box::new(settings));
    HostingEvent::Mailbox(MailboxEvent::SettingsChanged { settings, changed: Vec::new() })
}

#[tokio::test]
async fn a_protocol_that_is_off_lets_nobody_in_and_says_so_to_the_owner_alone() {
    let world = World::new();
    world.mailbox(1, "alice", Some("one"));
    world.tell(1, settings(1, |settings| settings.imap = false));
    assert_eq!(world.login("alice@x.example", "one").await, Err(AuthRefusal::ProtocolOff));
    assert_eq!(world.login("alice@x.example", "two").await, Err(AuthRefusal::Wrong));
    world.tell(1, settings(1, |_| {}));
    assert_eq!(world.login("alice@x.example", "one").await, Ok(Entitlement::Active));
    world.tell(1, settings(1, |settings| settings.imap = false));
    assert!(world.access(1, Protocol::Imap).is_none());
    assert!(world.access(1, Protocol::Submission).is_some());
}

#[test]
fn what_a_mailbox_is_granted_it_may_send_as_in_domains_of_its_account() {
    let world = World::new();
    world.mailbox(1, "alice", None);
    world.tell(
        1,
        settings(1, |settings| {
            settings.send_as =
                ["sales@x.example", "@y.example", "@elsewhere.example"].map(str::to_owned).into();
        }),
    );
    world.domain(21, "y.example");
    let login = world.access(1, Protocol::Submission).expect("a login");
    for (sender, may) in [
        ("Sales@x.example", true),
        ("other@x.example", false),
        ("anyone@y.example", true),
        ("a@elsewhere.example", false),
        ("alice+tag@x.example", true),
    ] {
        assert_eq!(world.0.may_send_as(&login, &address(sender)), may, "{sender}");
    }
}

#[test]
fn an_alias_domain_has_the_addresses_of_the_other() {
    let world = World::new();
    world.mailbox(1, "alice", None);
    world.alias(2, Some("team"), &["alice@x.example"]);
    world.mirror(22, "z.example");
    for to in ["alice@z.example", "alice+tag@z.example", "team@z.example"] {
        assert_eq!(world.ends(to), Ok((vec![1], vec![])), "{to}");
    }
    assert_eq!(world.ends("bob@z.example"), Err(Resolution::Unknown));
    let login = world.access(1, Protocol::Submission).expect("a login");
    assert!(world.0.may_send_as(&login, &address("alice@z.example")));
    let subject = SubjectId::of_account(AccountId::new(uuid(TENANT)));
    let off = hosting::domain::DomainSettings { is_active: false, ..Default::default() };
    let off = DomainEvent::SettingsChanged { settings: Sealed::new(subject, Box::new(off)), changed: vec![] };
    world.tell(20, HostingEvent::Domain(off));
    for to in ["alice@x.example", "alice@z.example"] {
        assert_eq!(world.ends(to), Err(Resolution::Disabled), "{to}");
    }
}

#[test]
fn a_footer_is_of_the_domain_and_those_that_mirror_it_but_not_of_whom_it_leaves_out() {
    let world = World::new();
    world.mirror(22, "z.example");
    world.mirror(23, "y.example");
    let set = |id: u128, settings: hosting::domain::DomainSettings| {
        let subject = SubjectId::of_account(AccountId::new(uuid(TENANT)));
        let settings = Sealed::new(subject, Box::new(settings));
        world.tell(id, HostingEvent::Domain(DomainEvent::SettingsChanged { settings, changed: vec![] }));
    };
    let footer = hosting::domain::DomainSettings {
        footer_text: "Acme".to_owned(),
        footer_excluded_mailboxes: ["Bob@X.example".to_owned(), "team@x.example".to_owned()].into(),
        footer_excluded_domains: ["Z.example".to_owned()].into(),
        ..Default::default()
    };
    set(20, footer);
    let text = |login: &str, author: &str| {
        world.0.footer(Some(&address(login)), &address(author)).map(|footer| footer.text.clone())
    };
    let acme = || Some("Acme".to_owned());
    for (login, author, expected) in [
        ("alice@x.example", "alice@x.example", acme()),
        ("alice@x.example", "alice+tag@x.example", acme()),
        ("alice@x.example", "Team@x.example", None),
        ("alice@x.example", "team+tag@x.example", None),
        ("alice@x.example", "team@y.example", None),
        ("alice@x.example", "alice@y.example", acme()),
        ("alice@x.example", "alice@z.example", None),
        ("bob@x.example", "bob@x.example", None),
        ("bob@x.example", "sales@x.example", None),
        ("alice@x.example", "alice@elsewhere.example", None),
    ] {
        assert_eq!(text(login, author), expected, "{login} as {author}");
    }
    set(22, hosting::domain::DomainSettings { footer_text: "Z".to_owned(), ..Default::default() });
    assert_eq!(text("bob@x.example", "bob@z.example"), Some("Z".to_owned()), "it has its own");
}

#[test]
fn aliases_are_internal_consumed_or_off_as_they_are_set() {
    let world = World::new();
    world.mailbox(1, "alice", None);
    world.alias(2, Some("team"), &["alice@x.example"]);
    let set = |change: fn(&mut AliasSettings)| {
        let mut settings = AliasSettings::default();
        change(&mut settings);
        let settings = Sealed::new(SubjectId::of_alias(AliasId::new(uuid(2))), Box::new(settings));
        world.tell(2, HostingEvent::Alias(AliasEvent::SettingsChanged { settings, changed: vec![] }));
    };
    set(|settings| settings.is_internal = true);
    assert_eq!(world.ends("team@x.example"), Err(Resolution::Internal));
    assert!(matches!(
        world.0.resolve(&address("team@x.example"), Some(tenant())),
        Resolution::Deliver(ends) if ends.mailboxes.len() == 1
    ));
    set(|settings| settings.disposition = Disposition::Discard);
    assert!(matches!(
        world.0.resolve(&address("team@x.example"), None),
        Resolution::Deliver(ends) if ends.mailboxes.is_empty() && ends.is_consumed
    ));
    set(|settings| settings.is_active = false);
    assert_eq!(world.ends("team@x.example"), Err(Resolution::Disabled));
    let login = world.access(1, Protocol::Submission).expect("a login");
    assert!(!world.0.may_send_as(&login, &address("team@x.example")));
    set(|_| {});
    assert!(world.0.may_send_as(&login, &address("team@x.example")));
    set(|settings| settings.lets_targets_send = false);
    assert!(!world.0.may_send_as(&login, &address("team@x.example")));
}

#[test]
fn a_mailbox_sends_what_its_plan_says_and_less_where_settings_say_so() {
    let world = World::new();
    world.mailbox(30, "alice", None);
    let limits = || world.0.send_limits(tenant(), MailboxId::new(uuid(30))).expect("a mailbox");
    let told = limits();
    assert_eq!((told.service.1, told.domain.1, told.mailbox.1), (None, Some(1500), Some(500)));
    assert_eq!((told.domain.0, told.mailbox.0), (DomainId::new(uuid(20)), MailboxId::new(uuid(30))));
    assert_eq!(told.recipients_per_message_max, 100);
    let settings = |own| Box::new(MailboxSettings { sends_per_day_max: own, ..MailboxSettings::default() });
    let changed = |own| {
        let settings = Sealed::new(SubjectId::of_mailbox(MailboxId::new(uuid(30))), settings(own));
        HostingEvent::Mailbox(MailboxEvent::SettingsChanged { settings, changed: Vec::new() })
    };
    world.tell(30, changed(Some(20)));
    assert_eq!(limits().mailbox.1, Some(20));
    assert_eq!(limits().mailbox_short, ShortSends::default());
    let changed_short = |hour, minute| {
        let short =
            MailboxSettings { sends_per_hour_max: hour, sends_per_minute_max: minute, ..*settings(None) };
        let short = Sealed::new(SubjectId::of_mailbox(MailboxId::new(uuid(30))), Box::new(short));
        HostingEvent::Mailbox(MailboxEvent::SettingsChanged { settings: short, changed: Vec::new() })
    };
    world.tell(30, changed_short(Some(7), Some(2)));
    let expected = ShortSends { per_hour_max: Some(7), per_minute_max: Some(2) };
    assert_eq!((limits().mailbox.1, limits().mailbox_short), (Some(500), expected));
    world.tell(30, changed(Some(9000)));
    assert_eq!(limits().mailbox.1, Some(500), "settings never raise what the plan allows");
    let mut smaller = hosting::plan::catalogue().remove(0).terms.limits;
    smaller.recipients_per_message_max = 3;
    let event = ServiceEvent::PlanChanged { plan: PlanId::new(uuid(5)), version: 1, limits: smaller };
    world.tell(10, HostingEvent::Service(event));
    assert_eq!((limits().recipients_per_message_max, limits().mailbox.1), (3, Some(50)));
    let mut hourly = hosting::plan::catalogue().remove(0).terms.limits;
    hourly.sends_per_hour = SendLimits { service: Some(40), domain: None, mailbox: Some(5) };
    hourly.sends_per_minute = SendLimits { service: Some(4), domain: Some(3), mailbox: None };
    world.tell(
        10,
        HostingEvent::Service(ServiceEvent::PlanChanged {
            plan: PlanId::new(uuid(5)),
            version: 2,
            limits: hourly,
        }),
    );
    let of = |per_hour_max, per_minute_max| ShortSends { per_hour_max, per_minute_max };
    let told = limits();
    assert_eq!((told.service_short, told.domain_short), (of(Some(40), Some(4)), of(None, Some(3))));
    assert_eq!(told.mailbox_short, of(Some(5), None), "what the plan sells, where settings say nothing");
    world.tell(30, changed_short(Some(7), Some(2)));
    assert_eq!(limits().mailbox_short, of(Some(5), Some(2)), "of plan and settings the less");
    assert_eq!(world.0.send_limits(tenant(), MailboxId::new(uuid(99))), None);
}

fn maps(world: &World, number: u128, rules: &[(AddressMapKind, &str, &str)]) {
    for (index, (kind, from, to)) in rules.iter().enumerate() {
        let content = AddressMap {
            kind: *kind,
            from: (*from).to_owned(),
            to: (*to).to_owned(),
            ..AddressMap::default()
        };
        let added = BookEvent::Added {
            entry: AddressMapId::new(uuid(number + index as u128)),
            account: AccountId::new(uuid(TENANT)),
            service: Some(ServiceId::new(uuid(10))),
            domain: Some(DomainId::new(uuid(20))),
            mailbox: None,
            content: Sealed::new(SubjectId::new(uuid(TENANT)), Box::new(content)),
        };
        world.tell(20, HostingEvent::Entry(added.into()));
    }
}

#[test]
fn a_domain_s_own_mail_leaves_through_its_relay_while_that_is_switched_on() {
    let world = World::new();
    let relay = |host: &str, is_active| SenderRelay {
        host: host.to_owned(),
        login: "us".to_owned(),
        password: Secret::new("hunter2".to_owned()),
        is_active,
        ..SenderRelay::default()
    };
    let sealed = |relay| Sealed::new(SubjectId::new(uuid(TENANT)), Box::new(relay));
    let entry = |number| SenderRelayId::new(uuid(number));
    let added = |number, relay| BookEvent::Added {
        entry: entry(number),
        account: AccountId::new(uuid(TENANT)),
        service: Some(ServiceId::new(uuid(10))),
        domain: Some(DomainId::new(uuid(20))),
        mailbox: None,
        content: sealed(relay),
    };
    let tell = |event: BookEvent<SenderRelay>| world.tell(20, HostingEvent::Entry(event.into()));
    let host = |tenant| {
        let relay = world.0.sender_relay(tenant, &"x.example".parse_name());
        relay.map(|relay| (relay.host.to_string(), relay.port, relay.login.clone()))
    };
    let is = |host: &str| Some((host.to_owned(), 587, "us".to_owned()));
    assert_eq!(host(tenant()), None);
    tell(added(1, relay("a.example", true)));
    assert_eq!(host(tenant()), is("a.example"));
    assert_eq!(host(TenantId::new(uuid(2))), None, "the domain is another account's");
    assert!(!format!("{:?}", world.0).contains("hunter2"), "a secret is never printed");
    let changed = |relay| BookEvent::Changed { entry: entry(1), content: sealed(relay), changed: vec![] };
    tell(changed(relay("a.example", false)));
    assert_eq!(host(tenant()), None);
    tell(changed(relay("b.example", true)));
    assert_eq!(host(tenant()), is("b.example"));
    tell(BookEvent::Removed { entry: entry(1) });
    assert_eq!(host(tenant()), None);
    tell(added(2, relay("c.example", true)));
    world.tell(20, HostingEvent::Domain(DomainEvent::Removed { purge_after: Timestamp::from_secs(9) }));
    world.domain(20, "x.example");
    assert_eq!(host(tenant()), None, "what a domain had goes with it");
}

fn text(answer: Option<(TenantId, EmailAddress)>) -> Option<String> {
    answer.map(|(_, address)| address.to_string())
}

#[test]
fn a_rule_for_the_address_comes_before_the_one_for_its_domain_and_is_applied_once() {
    use AddressMapKind::{Recipient, RecipientCopy};
    let world = World::new();
    maps(
        &world,
        50,
        &[
            (RecipientCopy, "@x.example", "archive@x.example"),
            (RecipientCopy, "alice@x.example", "boss@else.example"),
            (Recipient, "old@x.example", "new@x.example"),
            (Recipient, "new@x.example", "newer@x.example"),
            (Recipient, "@x.example", "@y.example"),
        ],
    );
    let copy = |to: &str| text(world.0.recipient_copy(&address(to)));
    assert_eq!(copy("Alice@x.example").as_deref(), Some("boss@else.example"));
    assert_eq!(copy("alice+news@x.example").as_deref(), Some("boss@else.example"));
    assert_eq!(copy("bob@x.example").as_deref(), Some("archive@x.example"));
    assert_eq!(copy("archive@x.example"), None, "not copied to itself");
    assert_eq!(copy("bob@elsewhere.example"), None);
    let rewritten = |to: &str| text(world.0.rewritten(&address(to)));
    assert_eq!(rewritten("old@x.example").as_deref(), Some("new@x.example"));
    assert_eq!(rewritten("bob@x.example").as_deref(), Some("bob@y.example"));
    // What is switched off, removed or of a service that is over does nothing.
    let entry = AddressMapId::new(uuid(51));
    let off = AddressMap { is_active: false, ..AddressMap::default() };
    let content = Sealed::new(SubjectId::new(uuid(TENANT)), Box::new(off));
    let changed = BookEvent::Changed { entry, content, changed: vec!["is_active".to_owned()] };
    world.tell(20, HostingEvent::Entry(changed.into()));
    assert_eq!(copy("alice@x.example").as_deref(), Some("archive@x.example"));
    let removed = BookEvent::<AddressMap>::Removed { entry: AddressMapId::new(uuid(50)) };
    world.tell(20, HostingEvent::Entry(removed.into()));
    assert_eq!(copy("alice@x.example"), None);
    let ended = ServiceEvent::Ended { purge_after: Timestamp::from_secs(9) };
    world.tell(10, HostingEvent::Service(ended));
    assert_eq!(rewritten("old@x.example"), None);
}

#[test]
fn what_a_sender_sends_is_copied_by_rules_of_its_own_account_alone() {
    let world = World::new();
    world.mailbox(1, "alice", None);
    maps(&world, 50, &[(AddressMapKind::SenderCopy, "alice@x.example", "log@else.example")]);
    let login = world.access(1, Protocol::Submission).expect("in");
    let copy =
        |login: &Login, from: &str| world.0.sender_copy(login, &address(from)).map(|to| to.to_string());
    assert_eq!(copy(&login, "alice@x.example").as_deref(), Some("log@else.example"));
    assert_eq!(copy(&login, "bob@x.example"), None);
    let other = Login { tenant: TenantId::new(uuid(2)), ..login };
    assert_eq!(copy(&other, "alice@x.example"), None, "the domain is another account's");
}

fn domain_lists(world: &World, allowed: &[&str], denied: &[&str]) {
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    let settings = hosting::domain::DomainSettings {
        allowed_senders: texts(allowed),
        denied_senders: texts(denied),
        ..hosting::domain::DomainSettings::default()
    };
    let settings = Sealed::new(SubjectId::new(uuid(TENANT)), Box::new(settings));
    world.tell(20, HostingEvent::Domain(DomainEvent::SettingsChanged { settings, changed: vec![] }));
}

fn mailbox_lists(world: &World, number: u128, allowed: &[&str], denied: &[&str]) {
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    let settings = MailboxSettings {
        allowed_senders: texts(allowed),
        denied_senders: texts(denied),
        junk_score_centi: 500,
        ..MailboxSettings::default()
    };
    let settings = Sealed::new(SubjectId::new(uuid(number)), Box::new(settings));
    world.tell(number, HostingEvent::Mailbox(MailboxEvent::SettingsChanged { settings, changed: vec![] }));
}

/// The guide, "Sensibilit\u{e9} au spam": the settings of the domain always win over those of the mailbox.
#[test]
fn les_reglages_du_domaine_l_emportent_toujours_sur_les_reglages_de_boite_aux_lettres() {
    let world = World::new();
    world.mailbox(1, "alice", None);
    mailbox_lists(&world, 1, &["*@spam.example", "a@else.example"], &["friend@good.example"]);
    domain_lists(&world, &["friend@good.example"], &["*@spam.example"]);
    let policy = world.0.spam_policy(&address("alice@x.example")).expect("a policy");
    let listed = |sender: &str| policy.listed(&address(sender));
    assert_eq!(listed("anyone@spam.example"), Some((Listing::Denied, ListedBy::Domain)));
    assert_eq!(listed("friend@good.example"), Some((Listing::Allowed, ListedBy::Domain)));
    // Of what the domain says nothing about, the mailbox decides.
    assert_eq!(listed("a@else.example"), Some((Listing::Allowed, ListedBy::Mailbox)));
    assert_eq!(listed("b@else.example"), None);
    // The domain's pattern wins over the mailbox's exact address.
    mailbox_lists(&world, 1, &["boss@spam.example"], &[]);
    let policy = world.0.spam_policy(&address("alice@x.example")).expect("a policy");
    assert_eq!(policy.listed(&address("boss@spam.example")), Some((Listing::Denied, ListedBy::Domain)));
}

/// The guide, under the lists: wildcards can be used; `*@example.org` is its example.
#[test]
fn des_caracteres_generiques_peuvent_etre_utilises() {
    let world = World::new();
    world.mailbox(1, "alice", None);
    mailbox_lists(
        &world,
        1,
        &["*@example.org", "*@*.below.example", "Boss@denied.example"],
        &["@denied.example"],
    );
    let policy = world.0.spam_policy(&address("alice@x.example")).expect("a policy");
    let listed = |sender: &str| policy.listed(&address(sender)).map(|(listing, _)| listing);
    assert_eq!(listed("Any.One@EXAMPLE.org"), Some(Listing::Allowed));
    assert_eq!(listed("a@sub.example.org"), None);
    assert_eq!(listed("a@deep.er.below.example"), Some(Listing::Allowed));
    assert_eq!(listed("a@below.example"), None);
    // The more exact entry holds.
    assert_eq!(listed("boss@denied.example"), Some(Listing::Allowed));
    assert_eq!(listed("clerk@denied.example"), Some(Listing::Denied));
}

/// The guide, under the lists: they hold for direct aliases, with one target mailbox, and not for a catch-all.
#[test]
fn un_filtre_n_est_applique_qu_aux_alias_directs() {
    let world = World::new();
    world.mailbox(1, "alice", None);
    world.mailbox(2, "bob", None);
    mailbox_lists(&world, 1, &["*@example.org"], &[]);
    world.alias(30, Some("sales"), &["alice@x.example"]);
    world.alias(31, Some("team"), &["alice@x.example", "bob@x.example"]);
    let judged = |to: &str| {
        let policy = world.0.spam_policy(&address(to)).expect("a policy");
        (policy.junk_score_centi, policy.listed(&address("a@example.org")).is_some())
    };
    assert_eq!(judged("alice@x.example"), (500, true));
    assert_eq!(judged("alice+news@x.example"), (500, true));
    assert_eq!(judged("sales@x.example"), (500, true));
    assert_eq!(judged("team@x.example"), (800, false));
    assert_eq!(judged("bob@x.example"), (800, false));
    assert_eq!(world.0.spam_policy(&address("nobody@x.example")), None);
    world.alias(32, None, &["alice@x.example"]);
    assert_eq!(judged("nobody@x.example"), (800, false));
    assert_eq!(world.0.spam_policy(&address("a@elsewhere.example")), None);
}

/// The guide: below 8 no spam, 8 to 15 perhaps, above 15 rejected.
#[test]
fn les_notes_par_defaut_sont_8_et_15() {
    let world = World::new();
    world.mailbox(1, "alice", None);
    let policy = world.0.spam_policy(&address("alice@x.example")).expect("a policy");
    assert_eq!((policy.junk_score_centi, policy.reject_score_centi), (800, 1500));
}

#[test]
fn mail_of_a_backed_up_domain_goes_on_and_a_part_of_one_where_it_is_not_here() {
    let world = World::new();
    world.mailbox(30, "alice", None);
    world.alias(40, Some("both"), &["alice@x.example", "gone@x.example"]);
    let set = |relay, host: Option<&str>| {
        let settings = hosting::domain::DomainSettings {
            relay,
            relay_host: host.map(str::to_owned),
            ..hosting::domain::DomainSettings::default()
        };
        let settings = Sealed::new(SubjectId::new(uuid(TENANT)), Box::new(settings));
        world.tell(20, HostingEvent::Domain(DomainEvent::SettingsChanged { settings, changed: vec![] }));
    };
    let onto = |text: &str| Ok((vec![], vec![text.to_owned()]));
    assert_eq!(world.ends("gone@x.example"), Err(Resolution::Unknown));
    set(hosting::domain::DomainRelay::Unknown, Some("lmtp://store.example:2003"));
    assert_eq!(world.ends("alice@x.example"), Ok((vec![30], vec![])));
    assert_eq!(world.ends("gone@x.example"), onto("gone@x.example"));
    assert_eq!(world.ends("both@x.example"), Ok((vec![30], vec!["gone@x.example".to_owned()])));
    let host = world.0.onward(&"x.example".parse_name()).expect("a host");
    assert_eq!((host.port, host.protocol), (2003, crate::RelayProtocol::Lmtp));
    set(hosting::domain::DomainRelay::All, Some("mx.example"));
    assert_eq!(world.ends("alice@x.example"), onto("alice@x.example"));
    assert_eq!(world.ends("both@x.example"), onto("both@x.example"));
    assert_eq!(world.ends("a@y.example"), Err(Resolution::NotLocal));
    set(hosting::domain::DomainRelay::None, Some("mx.example"));
    assert_eq!(world.ends("alice@x.example"), Ok((vec![30], vec![])));
    assert_eq!(world.0.onward(&"x.example".parse_name()), None);
}
