//! Given some history, when something is intended, then this is so or refused. One world, real use cases.

use crate::support::id;
use crate::support::samples::HASH;
use crate::support::world::{No, World};
use authority::{Denied, Grant, Permission, Permissions, Principal, Scope};
use hosting::account::{Account, AccountState};
use hosting::alias::AliasSettingsPatch;
use hosting::calendar::Cycle;
use hosting::contract::Agreement;
use hosting::domain::{Challenge, DomainRef, Proof};
use hosting::mailbox::{Crossing, Mailbox, Threshold};
use hosting::plan::{CustomLimits, catalogue, plan_id};
use hosting::service::{Entitlement, Service, ServiceRecord, SuspensionReason};
use hosting::session::{EndReason, Session, SessionOwner, SessionState};
use hosting::use_case::*;
use hosting::user::UserRole;
use hosting::{LoginName, PasswordHash};
use kernel::{
    AccountId, Actor, AliasId, ByteSize, Claim, DomainId, DomainName, EmailAddress, LocalPart, MailboxId,
    ServiceId, Timestamp,
};

const LATER: Timestamp = Timestamp::from_secs(1_800_000_000);
const OWN: u128 = 20;
const SHARED: u128 = 30;

fn name(text: &str) -> DomainName {
    DomainName::parse(text).expect("a name")
}

fn local(text: &str) -> LocalPart {
    LocalPart::parse(text).expect("a local part")
}

fn login(text: &str) -> LoginName {
    LoginName::parse(text).expect("a login")
}

fn hash() -> PasswordHash {
    PasswordHash::parse(HASH).expect("a hash")
}

fn account() -> AccountId {
    id(1)
}

fn service() -> ServiceId {
    id(10)
}

/// The catalogue and a shared domain are there.
fn platform() -> World {
    let mut world = World::new();
    for entry in catalogue() {
        world.must(&PublishPlanVersion { plan: entry.plan, version: entry.version, terms: entry.terms });
    }
    world.must(&AddSharedDomain { domain: id(SHARED), name: name("hosterra.example") });
    world
}

/// An account with an active service of that plan.
fn with_service(plan: &str) -> World {
    let mut world = platform();
    world.must(&OpenAccount { account: account(), name: "Demo".to_owned() });
    world.must(&order(account(), service(), plan, None));
    world.must(&ActivateService { account: account(), service: service() });
    world
}

/// And a verified domain.
fn with_domain(plan: &str) -> World {
    let mut world = with_service(plan);
    world.must(&add_domain(OWN, "demo.example"));
    world.must(&asserted(account(), OWN));
    world
}

fn order(account: AccountId, service: ServiceId, plan: &str, custom: Option<CustomLimits>) -> OrderService {
    OrderService {
        account,
        service,
        plan: plan_id(plan),
        version: 1,
        custom,
        cycle: Cycle::Annual,
        agreement: Agreement::ToFollow,
    }
}

fn add_domain(number: u128, text: &str) -> AddDomain {
    AddDomain { account: account(), service: service(), domain: id(number), name: name(text), mirrors: None }
}

fn asserted(account: AccountId, number: u128) -> VerifyDomain {
    VerifyDomain { account, domain: id(number), proof: Proof::AssertedByOperator }
}

fn new(number: u128, text: &str, quota: ByteSize) -> NewMailbox {
    NewMailbox { mailbox: id(number), local: local(text), quota, display_name: None, password: Some(hash()) }
}

fn create(mailboxes: Vec<NewMailbox>) -> CreateMailboxes {
    CreateMailboxes { account: account(), service: service(), domain: DomainRef::Own(id(OWN)), mailboxes }
}

fn one(number: u128, text: &str, gib: u64) -> CreateMailboxes {
    create(vec![new(number, text, ByteSize::gib(gib))])
}

fn quota(number: u128, quota: ByteSize) -> ChangeMailboxQuota {
    ChangeMailboxQuota { account: account(), service: service(), mailbox: id(number), quota }
}

fn delete(number: u128) -> DeleteMailbox {
    DeleteMailbox {
        account: account(),
        service: service(),
        mailbox: id(number),
        purge_after: LATER,
        temporary_aliases: vec![],
    }
}

fn alias(number: u128, text: Option<&str>, targets: &[&str]) -> CreateAlias {
    CreateAlias {
        account: account(),
        service: service(),
        domain: DomainRef::Own(id(OWN)),
        alias: id(number),
        local: text.map(local),
        targets: targets.iter().map(|text| EmailAddress::parse(text).expect("an address")).collect(),
        is_under_catch_all: false,
        settings: AliasSettingsPatch::default(),
    }
}

fn record(world: &World) -> ServiceRecord {
    world.state::<Service>(account().tenant(), service()).record().expect("a service").clone()
}

fn register(number: u128, text: &str, role: UserRole) -> RegisterUser {
    let (user, login) = (id(number), login(text));
    RegisterUser {
        account: account(),
        user,
        login,
        name: None,
        password: Some(hash()),
        role,
        must_change_password: false,
        services: vec![],
    }
}

fn acting(scope: Scope, permissions: Permissions) -> Principal {
    Principal::signed_in(Actor::User(id(99)), vec![Grant { scope, permissions }])
}

// Slots and quotas

#[test]
fn a_full_plan_refuses_one_more_mailbox_and_a_deleted_one_gives_its_slot_back() {
    let mut world = with_domain("solo");
    world.must(&create(vec![new(1, "alice", ByteSize::gib(2)), new(2, "bob", ByteSize::gib(2))]));
    assert_eq!(world.refused(&one(3, "carol", 2)), "MAILBOX_LIMIT_REACHED");
    world.must(&delete(1));
    assert_eq!((record(&world).usage.mailboxes, record(&world).usage.bytes), (1, ByteSize::gib(2)));
    world.must(&one(3, "carol", 2));
}

#[test]
fn a_batch_that_does_not_fit_creates_nothing() {
    let mut world = with_domain("solo");
    let three = ["a", "b", "c"].iter().zip(1..).map(|(text, number)| new(number, text, ByteSize::gib(1)));
    assert_eq!(world.refused(&create(three.collect())), "MAILBOX_LIMIT_REACHED");
    assert_eq!(record(&world).usage.mailboxes, 0);
}

#[test]
fn a_batch_is_one_append_with_one_event_for_each_mailbox() {
    let mut world = with_service("custom");
    let custom = CustomLimits { mailbox_count: Some(250), ..CustomLimits::default() };
    world.must(&order(account(), id(11), "custom", Some(custom)));
    world.must(&ActivateService { account: account(), service: id(11) });
    world.must(&AddDomain {
        account: account(),
        service: id(11),
        domain: id(OWN),
        name: name("demo.example"),
        mirrors: None,
    });
    world.must(&asserted(account(), OWN));
    let mailboxes = (0..250).map(|number| new(number, &format!("user{number}"), ByteSize::gib(1))).collect();
    let batch = CreateMailboxes { service: id(11), ..create(mailboxes) };
    assert_eq!(world.must(&batch), 251);
    assert_eq!(world.must(&batch), 0, "it is so already");
    let too_many = (0..251).map(|number| new(number, &format!("user{number}"), ByteSize::gib(1))).collect();
    assert_eq!(world.refused(&create(too_many)), "MAILBOX_BATCH_TOO_LARGE");
    assert_eq!(world.refused(&create(vec![])), "MAILBOX_BATCH_EMPTY");
}

#[test]
fn the_sum_of_quotas_stays_within_the_storage_of_the_plan() {
    let mut world = with_domain("solo");
    world.must(&one(1, "alice", 5));
    assert_eq!(world.refused(&one(2, "bob", 4)), "STORAGE_LIMIT_REACHED");
    world.must(&one(2, "bob", 3));
    assert_eq!(world.refused(&quota(2, ByteSize::gib(4))), "STORAGE_LIMIT_REACHED");
    world.must(&quota(1, ByteSize::gib(4)));
    world.must(&quota(2, ByteSize::gib(4)));
    assert_eq!(record(&world).usage.bytes, ByteSize::gib(8));
}

#[test]
fn no_quota_is_unlimited_or_above_the_plan() {
    let mut world = with_domain("family");
    assert_eq!(world.refused(&create(vec![new(1, "alice", ByteSize::ZERO)])), "QUOTA_ZERO");
    assert_eq!(world.refused(&one(1, "alice", 16)), "QUOTA_ABOVE_PLAN");
    assert_eq!(world.refused(&create(vec![new(1, "alice", ByteSize::new(u64::MAX))])), "QUOTA_ABOVE_PLAN");
    world.must(&one(1, "alice", 15));
    assert_eq!(world.refused(&quota(1, ByteSize::ZERO)), "QUOTA_ZERO");
    assert_eq!(world.refused(&quota(1, ByteSize::new(u64::MAX))), "QUOTA_ABOVE_PLAN");
    assert_eq!(world.must(&quota(1, ByteSize::gib(15))), 0, "it is so already");
}

#[test]
fn crossing_a_threshold_is_recorded_once_each_way_and_not_for_ever() {
    let mut world = with_domain("solo");
    world.must(&one(1, "alice", 4));
    let cross = |crossing| RecordQuotaThreshold {
        account: account(),
        mailbox: id(1),
        threshold: Threshold::Eighty,
        crossing,
    };
    assert_eq!(world.must(&cross(Crossing::Down)), 0);
    assert_eq!((world.must(&cross(Crossing::Up)), world.must(&cross(Crossing::Up))), (1, 0));
    assert_eq!(world.must(&cross(Crossing::Down)), 1);
    use kernel::Decider as _;
    let mut state = world.state::<Mailbox>(account().tenant(), id(1));
    let flood: usize = (0..10_000)
        .map(|turn| {
            let crossing = if turn % 2 == 0 { Crossing::Up } else { Crossing::Down };
            let command =
                hosting::mailbox::MailboxCommand::RecordThreshold { threshold: Threshold::Full, crossing };
            let events = Mailbox::decide(&state, command, &id(1), LATER).expect("a live mailbox");
            for event in &events {
                state = Mailbox::evolve(state.clone(), event);
            }
            events.len()
        })
        .sum();
    assert_eq!(flood as u32 + 2, hosting::limit::CROSSING_COUNT_MAX);
}

// Addresses

#[test]
fn an_address_has_one_owner_whatever_its_case_and_is_free_after_deletion() {
    let mut world = with_domain("pro");
    world.must(&one(1, "alice", 1));
    assert_eq!(world.refused(&one(2, "Alice", 1)), "ADDRESS_TAKEN");
    assert_eq!(world.refused(&alias(1, Some("ALICE"), &["bob@demo.example"])), "ADDRESS_TAKEN");
    let twice = create(vec![new(3, "dora", ByteSize::gib(1)), new(4, "Dora", ByteSize::gib(1))]);
    assert_eq!(world.refused(&twice), "ADDRESS_REPEATED");
    world.must(&delete(1));
    assert_eq!(world.must(&delete(1)), 0, "it is so already");
    world.must(&alias(1, Some("alice"), &["bob@demo.example"]));
    assert_eq!(world.refused(&one(1, "alice", 1)), "MAILBOX_EXISTS", "a deleted mailbox does not come back");
}

#[test]
fn mailboxes_live_on_verified_domains_of_their_own_service_only() {
    let mut world = with_service("custom");
    assert_eq!(world.refused(&one(1, "alice", 1)), "DOMAIN_NOT_FOUND");
    world.must(&add_domain(OWN, "demo.example"));
    assert_eq!(world.refused(&one(1, "alice", 1)), "DOMAIN_NOT_VERIFIED");
    world.must(&asserted(account(), OWN));
    world.must(&order(account(), id(11), "solo", None));
    world.must(&ActivateService { account: account(), service: id(11) });
    let foreign = CreateMailboxes { service: id(11), ..one(1, "alice", 1) };
    assert_eq!(world.refused(&foreign), "DOMAIN_NOT_FOUND");
    world.must(&one(1, "alice", 1));
    let wrong = DeleteMailbox { service: id(11), ..delete(1) };
    assert_eq!(world.refused(&wrong), "MAILBOX_NOT_FOUND");
    let wrong = ChangeMailboxQuota { service: id(11), ..quota(1, ByteSize::gib(2)) };
    assert_eq!(world.refused(&wrong), "MAILBOX_NOT_FOUND");
}

#[test]
fn shared_domains_are_for_shared_plans_and_keep_official_names() {
    let shared =
        |text, number| CreateMailboxes { domain: DomainRef::Shared(id(SHARED)), ..one(number, text, 1) };
    let mut world = with_service("basic");
    assert_eq!(world.refused(&shared("Postmaster", 1)), "ADDRESS_RESERVED");
    assert_eq!(world.refused(&shared("alice+news", 1)), "ADDRESS_RESERVED");
    world.must(&shared("alice", 1));
    assert_eq!(world.refused(&shared("bob", 2)), "MAILBOX_LIMIT_REACHED");
    assert_eq!(world.refused(&add_domain(OWN, "demo.example")), "OWN_DOMAIN_NOT_IN_PLAN");
    let catch_all = CreateAlias { domain: DomainRef::Shared(id(SHARED)), ..alias(1, None, &["a@b.example"]) };
    assert_eq!(world.refused(&catch_all), "CATCH_ALL_ON_SHARED_DOMAIN");
    let mut world = with_service("solo");
    assert_eq!(world.refused(&shared("alice", 1)), "SHARED_DOMAIN_NOT_IN_PLAN");
}

// Aliases

#[test]
fn aliases_are_counted_and_lead_somewhere_else() {
    let mut world = with_domain("solo");
    assert_eq!(world.refused(&alias(1, Some("team"), &[])), "ALIAS_TARGETS_EMPTY");
    assert_eq!(world.refused(&alias(1, Some("team"), &["TEAM@demo.example"])), "ALIAS_TARGETS_EMPTY");
    world.must(&alias(1, Some("team"), &["a@demo.example", "A@demo.example", "team@demo.example"]));
    world.must(&alias(2, Some("info"), &["a@demo.example"]));
    assert_eq!(world.refused(&alias(3, Some("x"), &["a@demo.example"])), "ALIAS_LIMIT_REACHED");
    let change = ChangeAliasTargets {
        account: account(),
        alias: id(1),
        targets: vec![EmailAddress::parse("a@demo.example").expect("an address")],
    };
    assert_eq!(world.must(&change), 0, "repeated targets and the alias itself were dropped");
    let gone = DeleteAlias { account: account(), service: service(), alias: id(1) };
    assert_eq!((world.must(&gone), world.must(&gone)), (2, 0));
    world.must(&alias(3, Some("team"), &["a@demo.example"]));
}

#[test]
fn catch_all_is_a_matter_of_the_plan() {
    assert_eq!(with_domain("solo").refused(&alias(1, None, &["a@demo.example"])), "CATCH_ALL_NOT_IN_PLAN");
    let mut world = with_domain("family");
    world.must(&alias(1, None, &["a@demo.example"]));
    assert_eq!(world.refused(&alias(2, None, &["a@demo.example"])), "ADDRESS_TAKEN");
}

#[test]
fn an_alias_has_bounded_targets_and_the_largest_event_fits_the_journal() {
    let mut world = with_domain("pro");
    let mut many = alias(1, Some("team"), &[]);
    let address =
        |number: usize| EmailAddress::parse(&format!("u{number}@demo.example")).expect("an address");
    many.targets = (0..1001).map(address).collect();
    assert_eq!(world.refused(&many), "ALIAS_TARGET_LIMIT");
    many.targets.truncate(1000);
    world.must(&many);
    let long = |number: usize| {
        let text = format!("{number:064}@{}.{}.example", "d".repeat(60), "e".repeat(60));
        EmailAddress::parse(&text).expect("an address")
    };
    let mut wide = alias(2, Some("wide"), &[]);
    wide.targets = (0..400).map(long).collect();
    assert_eq!(world.refused(&wide), "ALIAS_TARGETS_TOO_LONG");
    wide.targets.truncate(200);
    world.must(&wide);
}

// Domains

#[test]
fn two_accounts_may_wait_for_a_domain_and_the_first_proof_has_it() {
    let mut world = with_service("solo");
    let other: AccountId = id(2);
    world.must(&OpenAccount { account: other, name: "Other".to_owned() });
    world.must(&order(other, id(12), "solo", None));
    world.must(&ActivateService { account: other, service: id(12) });
    world.must(&add_domain(OWN, "demo.example"));
    world.must(&AddDomain {
        account: other,
        service: id(12),
        domain: id(OWN),
        name: name("demo.example"),
        mirrors: None,
    });
    let proof = |account, token: &str| VerifyDomain {
        account,
        domain: id(OWN),
        proof: Proof::Txt(vec!["v=spf1 -all".to_owned(), format!(" hosterra-verification={token} ")]),
    };
    let token = |account| Challenge::token(account, id(OWN), &name("demo.example"));
    assert_ne!(token(other), token(account()), "equal ids in two accounts have different challenges");
    assert_eq!(world.refused(&proof(other, &token(account()))), "DOMAIN_PROOF_MISSING");
    assert_eq!(world.must(&proof(other, &token(other))), 1);
    assert_eq!(world.refused(&proof(account(), &token(account()))), "DOMAIN_TAKEN");
    let remove = RemoveDomain { account: other, service: id(12), domain: id(OWN), purge_after: LATER };
    assert_eq!(world.must(&remove), 2);
    world.must(&proof(account(), &token(account())));
}

#[test]
fn the_challenge_is_a_txt_record_under_the_domain() {
    let challenge = Challenge::new(&name("demo.example"), "abc");
    assert_eq!(challenge.record_name, "_hosterra-challenge.demo.example");
    assert_eq!(challenge.value, "hosterra-verification=abc");
    assert!(!challenge.is_met_by(&["hosterra-verification=abcd".to_owned()]));
}

#[test]
fn a_domain_with_mailboxes_or_aliases_is_not_removed() {
    let mut world = with_domain("solo");
    let remove = RemoveDomain { account: account(), service: service(), domain: id(OWN), purge_after: LATER };
    world.must(&one(1, "alice", 1));
    assert_eq!(world.refused(&remove), "DOMAIN_IN_USE");
    world.must(&delete(1));
    world.must(&alias(1, Some("team"), &["a@b.example"]));
    assert_eq!(world.refused(&remove), "DOMAIN_IN_USE");
    world.must(&DeleteAlias { account: account(), service: service(), alias: id(1) });
    world.must(&remove);
    assert_eq!(world.must(&remove), 0, "it is so already");
    assert_eq!(world.refused(&one(2, "bob", 1)), "DOMAIN_NOT_FOUND");
    world.must(&add_domain(21, "demo.example"));
}

#[test]
fn domains_are_counted_and_must_be_whole_names() {
    let mut world = with_service("solo");
    for text in ["localhost", "192.0.2.1", "_dmarc.demo.example"] {
        assert_eq!(world.refused(&add_domain(OWN, text)), "DOMAIN_NOT_ELIGIBLE", "{text}");
    }
    world.must(&add_domain(OWN, "demo.example"));
    assert_eq!(world.must(&add_domain(OWN, "demo.example")), 0, "it is so already");
    assert_eq!(world.refused(&add_domain(21, "more.example")), "DOMAIN_LIMIT_REACHED");
    assert_eq!(world.refused(&add_domain(OWN, "more.example")), "DOMAIN_EXISTS");
}

// Services

#[test]
fn nothing_is_added_unless_the_service_is_active_and_removing_is_always_allowed() {
    let mut world = with_domain("pro");
    world.must(&create((1..=5).map(|n| new(n, &format!("u{n}"), ByteSize::gib(2))).collect()));
    let (account, service) = (account(), service());
    let expect = |world: &mut World, code: &str, number: u128| {
        assert_eq!(world.refused(&one(50, "new", 1)), code);
        assert_eq!(world.refused(&alias(50, Some("new"), &["a@b.example"])), code);
        assert_eq!(world.refused(&quota(5, ByteSize::gib(3))), code, "no raise");
        assert_eq!(world.refused(&add_domain(51, "new.example")), code);
        world.must(&quota(5, ByteSize::mib(1000 - number as u64)));
        world.must(&delete(number));
    };
    world.must(&RestrictService { account, service });
    expect(&mut world, "SERVICE_RESTRICTED", 1);
    assert_eq!(world.refused(&ActivateService { account, service }), "SERVICE_RESTRICTED");
    world.must(&SuspendService { account, service, reason: SuspensionReason::NonPayment });
    expect(&mut world, "SERVICE_SUSPENDED", 2);
    assert_eq!(world.refused(&RestrictService { account, service }), "SERVICE_SUSPENDED");
    world.must(&ResumeService { account, service });
    assert_eq!(world.must(&ResumeService { account, service }), 0);
    world.must(&EndService { account, service, purge_after: LATER });
    expect(&mut world, "SERVICE_ENDED", 3);
    assert_eq!(world.must(&EndService { account, service, purge_after: LATER }), 0);
    for code in [
        world.refused(&ResumeService { account, service }),
        world.refused(&ActivateService { account, service }),
        world.refused(&RestrictService { account, service }),
        world.refused(&SuspendService { account, service, reason: SuspensionReason::Abuse }),
    ] {
        assert_eq!(code, "SERVICE_ENDED");
    }
}

#[test]
fn an_order_needs_a_published_version_and_an_open_account() {
    let mut world = platform();
    assert_eq!(world.refused(&order(account(), service(), "solo", None)), "ACCOUNT_NOT_FOUND");
    world.must(&OpenAccount { account: account(), name: "Demo".to_owned() });
    assert_eq!(world.refused(&order(account(), service(), "gold", None)), "PLAN_VERSION_NOT_FOUND");
    let custom = CustomLimits { mailbox_count: Some(3), ..CustomLimits::default() };
    assert_eq!(
        world.refused(&order(account(), service(), "solo", Some(custom))),
        "CUSTOM_LIMITS_NOT_IN_PLAN"
    );
    world.must(&order(account(), service(), "solo", None));
    assert_eq!(world.must(&order(account(), service(), "solo", None)), 0, "it is so already");
    assert_eq!(world.refused(&order(account(), service(), "pro", None)), "SERVICE_EXISTS");
    assert_eq!(world.refused(&add_domain(OWN, "demo.example")), "SERVICE_NOT_ACTIVE");
    assert_eq!(world.refused(&CloseAccount { account: account() }), "ACCOUNT_HAS_SERVICES");
    world.must(&EndService { account: account(), service: service(), purge_after: LATER });
    world.must(&CloseAccount { account: account() });
    assert_eq!(world.refused(&order(account(), id(11), "solo", None)), "ACCOUNT_CLOSED");
}

#[test]
fn a_published_version_never_changes() {
    let mut world = platform();
    let solo = catalogue().into_iter().find(|entry| entry.slug == "solo").expect("solo");
    let publish = |version, terms| PublishPlanVersion { plan: solo.plan, version, terms };
    assert_eq!(world.must(&publish(1, solo.terms.clone())), 0, "it is so already");
    let mut terms = solo.terms.clone();
    terms.limits.mailbox_count_max = 3;
    assert_eq!(world.refused(&publish(1, terms.clone())), "PLAN_VERSION_DIFFERS");
    assert_eq!(world.refused(&publish(3, terms.clone())), "PLAN_VERSION_OUT_OF_ORDER");
    world.must(&publish(2, terms.clone()));
    terms.limits.mailbox_quota_max = ByteSize::gib(9);
    assert_eq!(world.refused(&publish(3, terms)), "PLAN_LIMITS_INCONSISTENT");
}

// Users, tokens, sessions

#[test]
fn a_login_has_one_owner_and_is_free_after_removal() {
    let mut world = with_domain("solo");
    world.must(&register(1, "Admin@demo.example", UserRole::Owner));
    assert_eq!(world.must(&register(1, "admin@demo.example", UserRole::Owner)), 0, "it is so already");
    assert_eq!(world.refused(&register(2, "admin@demo.example", UserRole::Owner)), "LOGIN_TAKEN");
    let remove = RemoveUser {
        account: account(),
        user: id(1),
        services: vec![service()],
        governance: Governance::FromAbove,
    };
    assert_eq!((world.must(&remove), world.must(&remove)), (2, 0));
    world.must(&register(2, "admin@demo.example", UserRole::Owner));
    let state = world.state::<Account>(account().tenant(), account());
    let AccountState::Open(record) = state else { panic!("{state:?}") };
    assert_eq!(record.users.len(), 1);
}

#[test]
fn roles_belong_to_their_accounts_and_domains() {
    let mut world = with_domain("pro");
    assert_eq!(world.refused(&register(1, "root", UserRole::Operator)), "ROLE_NOT_IN_ACCOUNT");
    let administrator = |domains| UserRole::DomainAdministrator(domains);
    assert_eq!(world.refused(&register(1, "admin", administrator(vec![]))), "ROLE_NEEDS_DOMAIN");
    assert_eq!(world.refused(&register(1, "admin", administrator(vec![id(77)]))), "DOMAIN_NOT_FOUND");
    let register_one = |number, login: &str| RegisterUser {
        services: vec![service()],
        ..register(number, login, administrator(vec![id(OWN)]))
    };
    world.must(&register_one(1, "mailadmin_demo.example"));
    let operator = RegisterUser { account: AccountId::PLATFORM, ..register(2, "root", UserRole::Operator) };
    world.must(&operator);
    world.must(&RemoveUser {
        account: AccountId::PLATFORM,
        user: id(2),
        services: vec![],
        governance: Governance::FromAbove,
    });
    let owner = RegisterUser { account: AccountId::PLATFORM, ..register(3, "boss", UserRole::Owner) };
    assert_eq!(world.refused(&owner), "ROLE_NOT_IN_ACCOUNT");
}

#[test]
fn a_user_has_at_most_fifty_good_tokens() {
    let mut world = with_service("solo");
    world.must(&register(1, "admin", UserRole::Owner));
    let issue = |number: u128, expires_at| IssueToken {
        account: account(),
        user: id(1),
        token: id(number),
        name: "script".to_owned(),
        permissions: [Permission::DomainRead].into_iter().collect(),
        secret_hash: [7; 32],
        expires_at,
        networks: vec![],
    };
    let soon = Timestamp::from_secs(world.now.secs() + 60);
    assert_eq!(world.refused(&issue(0, Some(world.now))), "EXPIRY_PAST");
    assert_eq!(
        world.refused(&IssueToken { permissions: Permissions::NONE, ..issue(0, None) }),
        "TOKEN_ALLOWS_NOTHING"
    );
    for number in 0..50 {
        world.must(&issue(number, Some(soon)));
    }
    assert_eq!(world.refused(&issue(50, None)), "TOKEN_LIMIT_REACHED");
    world.must(&RevokeToken { account: account(), user: id(1), token: id(0) });
    world.must(&issue(50, None));
    world.now = soon;
    world.must(&issue(51, None));
    let set = SetUserPassword {
        account: account(),
        user: id(1),
        password: hash(),
        must_change: false,
        revokes_others: true,
    };
    assert_eq!(world.must(&set), 2, "the password is the same; two are good");
    world.must(&issue(52, None));
}

#[test]
fn a_refresh_token_is_good_once_and_its_reuse_ends_the_session() {
    let mut world = with_service("solo");
    world.must(&register(1, "admin", UserRole::Owner));
    let owner = SessionOwner::User(id(1));
    let expires_at = Timestamp::from_secs(world.now.secs() + 3600);
    let start = StartSession {
        account: account(),
        owner,
        session: id(1),
        refresh_hash: [0; 32],
        expires_at,
        has_second_factor: false,
        device: None,
        is_unfamiliar: false,
    };
    world.must(&start);
    let rotate = |old, new| RotateSession {
        account: account(),
        owner,
        session: id(1),
        old_hash: [old; 32],
        new_hash: [new; 32],
        expires_at,
    };
    world.must(&rotate(0, 1));
    assert_eq!(world.refused(&rotate(9, 2)), "REFRESH_TOKEN_UNKNOWN");
    world.must(&rotate(1, 2));
    let reuse = rotate(0, 3);
    assert_eq!(world.refused(&reuse), "REFRESH_TOKEN_REUSED");
    world.must(&reuse.end_after_reuse());
    assert_eq!(world.refused(&rotate(2, 3)), "SESSION_ENDED");
    let state = world.state::<Session>(account().tenant(), id(1));
    assert_eq!(state, SessionState::Ended { owner, reason: EndReason::TokenReused });
}

#[test]
fn sessions_expire_and_end_with_their_owner() {
    let mut world = with_domain("solo");
    world.must(&register(1, "admin", UserRole::Owner));
    world.must(&one(1, "alice", 1));
    let expires_at = Timestamp::from_secs(world.now.secs() + 3600);
    let start = |number, owner| StartSession {
        account: account(),
        owner,
        session: id(number),
        refresh_hash: [0; 32],
        expires_at,
        has_second_factor: false,
        device: None,
        is_unfamiliar: false,
    };
    let rotate = |number, owner, at| RotateSession {
        account: account(),
        owner,
        session: id(number),
        old_hash: [0; 32],
        new_hash: [1; 32],
        expires_at: at,
    };
    let (user, mailbox) = (SessionOwner::User(id(1)), SessionOwner::Mailbox(id(1)));
    world.must(&start(1, user));
    world.must(&start(2, mailbox));
    assert_eq!(world.refused(&rotate(1, mailbox, expires_at)), "SESSION_NOT_FOUND", "another's session");
    world.must(&DisableUser { account: account(), user: id(1), governance: Governance::FromAbove });
    world.must(&DisableMailbox { account: account(), mailbox: id(1) });
    assert_eq!(world.refused(&rotate(1, user, expires_at)), "USER_DISABLED");
    assert_eq!(world.refused(&rotate(2, mailbox, expires_at)), "MAILBOX_DISABLED");
    assert_eq!(world.refused(&start(3, user)), "USER_DISABLED");
    world.must(&EnableUser { account: account(), user: id(1) });
    world.now = expires_at;
    assert_eq!(world.refused(&rotate(1, user, LATER)), "SESSION_EXPIRED");
}

// Who may

#[test]
fn another_account_sees_nothing_and_a_domain_administrator_its_domain_only() {
    let mut world = with_domain("custom");
    world.must(&add_domain(21, "other.example"));
    world.must(&asserted(account(), 21));
    world.must(&one(1, "alice", 1));
    world.must(&CreateMailboxes { domain: DomainRef::Own(id(21)), ..one(2, "bob", 1) });

    world.principal = acting(Scope::Account(id(2)), Permissions::account_owner());
    for answer in [
        world.run(&quota(1, ByteSize::gib(2))),
        world.run(&delete(77)),
        world.run(&one(3, "carol", 1)),
        world.run(&asserted(account(), OWN)),
        world.run(&CloseAccount { account: account() }),
        world.run(&SuspendService {
            account: account(),
            service: service(),
            reason: SuspensionReason::Abuse,
        }),
    ] {
        assert_eq!(answer, Err(No::Denied(Denied::Hidden)));
    }
    // The same ids in its own account are things that do not exist.
    let own = DeleteMailbox { account: id(2), ..delete(1) };
    assert_eq!(world.refused(&own), "MAILBOX_NOT_FOUND");

    world.principal = acting(Scope::Domains(account(), vec![id(OWN)]), Permissions::domain_administrator());
    world.must(&quota(1, ByteSize::gib(2)));
    world.must(&one(3, "carol", 1));
    world.must(&SetMailboxPassword {
        account: account(),
        mailbox: id(1),
        password: hash(),
        by_owner: false,
        revokes_others: false,
    });
    for answer in [
        world.run(&quota(2, ByteSize::gib(2))),
        world.run(&quota(77, ByteSize::gib(2))),
        world.run(&CreateMailboxes { domain: DomainRef::Own(id(21)), ..one(4, "dora", 1) }),
    ] {
        assert_eq!(answer, Err(No::Denied(Denied::Hidden)));
    }
    let remove = RemoveDomain { account: account(), service: service(), domain: id(OWN), purge_after: LATER };
    assert_eq!(world.run(&remove), Err(No::Denied(Denied::Lacks(Permission::DomainWrite))));
}

#[test]
fn an_owner_gives_itself_neither_entitlement_nor_domains() {
    let mut world = with_service("solo");
    world.must(&add_domain(OWN, "demo.example"));
    world.must(&RestrictService { account: account(), service: service() });
    world.principal = acting(Scope::Account(account()), Permissions::account_owner());
    let lacks = Err(No::Denied(Denied::Lacks(Permission::ServiceEntitle)));
    assert_eq!(world.run(&ResumeService { account: account(), service: service() }), lacks);
    let lacks = Err(No::Denied(Denied::Lacks(Permission::PlatformWrite)));
    assert_eq!(world.run(&asserted(account(), OWN)), lacks);
    assert_eq!(world.run(&OpenAccount { account: account(), name: "Demo".to_owned() }), lacks);
}

#[test]
fn a_mailbox_may_set_its_own_password_and_nothing_else() {
    let mut world = with_domain("solo");
    world.must(&create(vec![new(1, "alice", ByteSize::gib(1)), new(2, "bob", ByteSize::gib(1))]));
    world.principal = acting(Scope::Mailbox(account(), id(1)), Permissions::mailbox_owner());
    let set = |number: u128| SetMailboxPassword {
        account: account(),
        mailbox: id::<MailboxId>(number),
        password: PasswordHash::parse(&format!("{HASH}x")).expect("a hash"),
        by_owner: true,
        revokes_others: false,
    };
    assert_eq!(world.must(&set(1)), 1);
    assert_eq!(world.run(&set(2)), Err(No::Denied(Denied::Hidden)));
    assert_eq!(
        world.run(&quota(1, ByteSize::gib(2))),
        Err(No::Denied(Denied::Lacks(Permission::MailboxWrite)))
    );
}

// Erasure

#[test]
fn what_is_erased_still_folds_and_can_still_be_ended() {
    let mut world = with_domain("solo");
    world.must(&one(1, "alice", 2));
    let state = world.state_after_erasure::<Mailbox>(account().tenant(), id(1));
    let record = state.record().expect("a live mailbox");
    assert_eq!((record.address(), record.quota), (None, ByteSize::gib(2)));
    use kernel::UseCase as _;
    let service_state = world.state::<Service>(account().tenant(), service());
    let changes =
        delete(1).decide(&(service_state, state, vec![]), LATER).expect("an erased mailbox can be deleted");
    assert_eq!((changes.writes.len(), changes.claims_released.len()), (2, 0));
}

#[test]
fn an_alias_is_touched_within_its_service_and_domain() {
    let mut world = with_domain("solo");
    world.must(&alias(1, Some("team"), &["a@b.example"]));
    let need =
        world.need(&ChangeAliasTargets { account: account(), alias: id::<AliasId>(1), targets: vec![] });
    assert_eq!((need.resource.service, need.resource.domain), (Some(service()), Some(id::<DomainId>(OWN))));
}

#[test]
fn a_service_is_purged_only_after_its_retention_and_by_the_platform() {
    let mut world = crate::support::stage::with_mailbox();
    let (account, service) = (crate::support::stage::account(), crate::support::stage::service());
    let purge = PurgeService { account, service };
    assert_eq!(world.must(&purge), 0, "it is kept");
    let purge_after = world.now.plus(std::time::Duration::from_secs(30 * 86_400));
    world.must(&EndService { account, service, purge_after });
    assert_eq!(world.must(&purge), 0, "it is kept");
    world.now = purge_after;
    assert_eq!(world.must(&purge), 0, "its names are not free yet");
    let name = DomainName::parse("demo.example").expect("a name");
    let domain = id::<DomainId>(crate::support::stage::DOMAIN);
    for number in [1, 2] {
        world.must(&DeleteMailbox {
            account,
            service,
            mailbox: id(number),
            purge_after,
            temporary_aliases: vec![],
        });
    }
    assert_eq!(world.must(&purge), 0);
    world.must(&RemoveDomain { account, service, domain, purge_after });
    assert!(!world.is_claimed(&Claim::domain(&name)));
    assert_eq!(world.must(&purge), 1);
    assert_eq!(world.must(&purge), 0);
    let resume = ResumeService { account, service };
    assert_eq!(world.refused(&resume), "SERVICE_ENDED", "nothing comes back");
}

#[test]
fn an_ended_service_comes_back_as_it_was_while_its_contents_are_there() {
    let mut world = crate::support::stage::with_mailbox();
    let (account, service) = (crate::support::stage::account(), crate::support::stage::service());
    let back = ReactivateService { account, service };
    let purge_after = world.now.plus(std::time::Duration::from_secs(30 * 86_400));
    let end = EndService { account, service, purge_after };
    let state = |world: &World| {
        let state = world.state::<Service>(account.tenant(), service);
        state.record().expect("a service").clone()
    };
    let before = state(&world);
    assert_eq!(world.must(&back), 0, "it is active");
    world.must(&end);
    world.must(&back);
    let after = state(&world);
    assert!(after.revision > before.revision, "whoever looked at it before is told");
    assert_eq!(ServiceRecord { revision: before.revision, ..after }, before, "with all that it had");
    let services = |world: &World| match world.state::<Account>(account.tenant(), account) {
        AccountState::Open(record) => record.services.contains(&service),
        _ => false,
    };
    assert!(services(&world), "its account counts it again");
    // What was taken away before is not had back by ending it.
    world.must(&SuspendService { account, service, reason: SuspensionReason::Abuse });
    assert_eq!(world.refused(&back), "SERVICE_NOT_ENDED");
    world.must(&end);
    world.must(&back);
    assert_eq!(state(&world).entitlement, Entitlement::Suspended(SuspensionReason::Abuse));
    world.must(&end);
    world.now = purge_after;
    assert_eq!(world.refused(&back), "SERVICE_RETENTION_OVER");
}

#[test]
fn what_never_began_is_not_brought_back() {
    let mut world = crate::support::stage::with_mailbox();
    let account = crate::support::stage::account();
    let ordered = OrderService {
        account,
        service: id(11),
        plan: plan_id("solo"),
        version: 1,
        custom: None,
        cycle: Cycle::Monthly,
        agreement: Agreement::ToFollow,
    };
    world.must(&ordered);
    let purge_after = world.now.plus(std::time::Duration::from_secs(60));
    world.must(&EndService { account, service: id(11), purge_after });
    let back = ReactivateService { account, service: id(11) };
    assert_eq!(world.refused(&back), "SERVICE_NEVER_ACTIVE");
    assert_eq!(world.refused(&ReactivateService { account, service: id(12) }), "SERVICE_NOT_FOUND");
}
