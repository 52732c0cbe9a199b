//! What was made once is changed: users, API tokens, app passwords, the name of an account; and two who change it at once.

use crate::support::id;
use crate::support::stage::{DOMAIN, account, service, with_mailbox};
use crate::support::world::World;
use authority::{Permission, Permissions};
use hosting::LoginName;
use hosting::account::{Account, AccountState};
use hosting::mailbox::{AppPasswordPatch, MailProtocol, Mailbox};
use hosting::plan::plan_id;
use hosting::service::Service;
use hosting::use_case::{
    AddAppPassword, AtRevision, ChangeAppPassword, ChangePlan, ChangeToken, ChangeUser, Governance, InPlan,
    IssueToken, RegisterUser, RenameAccount,
};
use hosting::user::{TokenPatch, User, UserRecord, UserRole};
use kernel::Timestamp;

fn user(world: &World) -> UserRecord {
    world.state::<User>(account().tenant(), id(90)).record().expect("a user").clone()
}

/// With the owner 90 and its token 3, which reads.
fn with_owner() -> World {
    let mut world = with_mailbox();
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
    world.must(&IssueToken {
        account: account(),
        user: id(90),
        token: id(3),
        name: "script".to_owned(),
        permissions: [Permission::DomainRead].into_iter().collect(),
        secret_hash: [7; 32],
        expires_at: None,
        networks: vec![],
    });
    world
}

fn change(patch: TokenPatch, revision: Option<u32>) -> AtRevision<ChangeToken> {
    let change = ChangeToken { account: account(), user: id(90), token: id(3), patch };
    AtRevision { change, revision }
}

#[test]
fn a_token_opens_something_else_with_the_same_secret() {
    let mut world = with_owner();
    let soon = Timestamp::from_secs(world.now.secs() + 60);
    let patch = TokenPatch {
        name: Some("another".to_owned()),
        permissions: Some([Permission::MailboxRead].into_iter().collect()),
        expires_at: Some(Some(soon)),
        networks: Some(vec!["192.0.2.0/24".parse().expect("a network")]),
    };
    world.must(&change(patch.clone(), Some(0)));
    let known = user(&world).tokens[&id(3)].clone();
    assert_eq!((known.secret_hash, known.expires_at, known.revision), ([7; 32], Some(soon), 1));
    assert_eq!(known.permissions, [Permission::MailboxRead].into_iter().collect::<Permissions>());
    assert_eq!(world.must(&change(patch, None)), 0, "it is so already");
    let other = || TokenPatch { name: Some("a third".to_owned()), ..TokenPatch::default() };
    assert_eq!(world.refused(&change(other(), Some(0))), "SETTINGS_CHANGED_MEANWHILE");
    let nothing = TokenPatch { permissions: Some(Permissions::NONE), ..TokenPatch::default() };
    assert_eq!(world.refused(&change(nothing, None)), "TOKEN_ALLOWS_NOTHING");
    let past = TokenPatch { expires_at: Some(Some(world.now)), ..TokenPatch::default() };
    assert_eq!(world.refused(&change(past, None)), "EXPIRY_PAST");
}

#[test]
fn a_token_that_only_reads_gets_changes_from_a_plan_that_has_them_alone() {
    let mut world = with_owner();
    let plan = |slug: &str| ChangePlan {
        account: account(),
        service: service(),
        plan: plan_id(slug),
        version: 1,
        custom: None,
        is_forced: true,
    };
    let patch = TokenPatch {
        permissions: Some([Permission::DomainWrite].into_iter().collect()),
        ..TokenPatch::default()
    };
    let write = InPlan { change: change(patch, None), account: account(), services: vec![service()] };
    world.must(&plan("solo"));
    assert_eq!(world.refused(&write), "API_WRITE_NOT_IN_PLAN");
    world.must(&plan("custom"));
    world.must(&write);
    world.must(&plan("solo"));
    let rename = TokenPatch {
        name: Some("another".to_owned()),
        permissions: Some([Permission::DomainWrite, Permission::DomainRead].into_iter().collect()),
        ..TokenPatch::default()
    };
    world.must(&InPlan { change: change(rename, None), ..write });
}

#[test]
fn a_role_is_changed_and_counted_in_the_plan() {
    let mut world = with_owner();
    let to = |role: UserRole, services: &[u128], revision| AtRevision {
        change: ChangeUser {
            account: account(),
            user: id(90),
            name: Some(Some("Zoe".to_owned())),
            role: Some(role),
            withheld: None,
            services: services.iter().map(|number| id(*number)).collect(),
            governance: Governance::FromAbove,
        },
        revision,
    };
    let administrator = || UserRole::DomainAdministrator(vec![id(DOMAIN)]);
    let seated = |world: &World| {
        let state = world.state::<Service>(account().tenant(), service());
        state.record().expect("a service").administrators.contains(&id(90))
    };
    assert_eq!(world.refused(&to(administrator(), &[], None)), "SERVICE_NOT_FOUND");
    let (account, name, role, services) = (account(), None, None, vec![]);
    let governance = Governance::FromAbove;
    let nobody = ChangeUser { account, user: id(77), name, role, withheld: None, services, governance };
    assert_eq!(world.refused(&nobody), "USER_NOT_FOUND", "also where nothing is to be changed");
    world.must(&to(administrator(), &[10], Some(0)));
    assert!(seated(&world) && user(&world).role == administrator());
    assert_eq!(user(&world).name.and_then(|name| name.plain().cloned()).as_deref(), Some("Zoe"));
    assert_eq!(world.refused(&to(UserRole::Owner, &[10], Some(0))), "SETTINGS_CHANGED_MEANWHILE");
    assert_eq!(world.refused(&to(UserRole::Operator, &[10], None)), "ROLE_NOT_IN_ACCOUNT");
    assert_eq!(world.refused(&to(UserRole::DomainAdministrator(vec![]), &[10], None)), "ROLE_NEEDS_DOMAIN");
    world.must(&to(UserRole::Owner, &[10], None));
    assert!(!seated(&world) && user(&world).role == UserRole::Owner);
}

#[test]
fn an_app_password_opens_something_else_with_the_same_secret() {
    let mut world = with_mailbox();
    world.must(&AddAppPassword {
        account: account(),
        mailbox: id(1),
        app_password: id(12),
        name: "phone".to_owned(),
        secret_hash: [9; 32],
        protocols: [MailProtocol::Imap].into(),
        expires_at: None,
        by_owner: false,
    });
    let change = |patch: AppPasswordPatch, revision| AtRevision {
        change: ChangeAppPassword {
            account: account(),
            mailbox: id(1),
            app_password: id(12),
            patch,
            by_owner: false,
        },
        revision,
    };
    let protocols: std::collections::BTreeSet<_> = [MailProtocol::Submission].into();
    let patch = AppPasswordPatch { protocols: Some(protocols.clone()), ..AppPasswordPatch::default() };
    world.must(&change(patch.clone(), Some(0)));
    let state = world.state::<Mailbox>(account().tenant(), id(1));
    let known = &state.record().expect("a mailbox").app_passwords[&id(12)];
    assert_eq!((known.secret_hash, &known.protocols, known.revision), ([9; 32], &protocols, 1));
    assert_eq!(known.name.plain().map(String::as_str), Some("phone"));
    let renamed = AppPasswordPatch { name: Some("tablet".to_owned()), ..AppPasswordPatch::default() };
    assert_eq!(world.refused(&change(renamed, Some(0))), "SETTINGS_CHANGED_MEANWHILE");
    let nothing = AppPasswordPatch { protocols: Some([].into()), ..AppPasswordPatch::default() };
    assert_eq!(world.refused(&change(nothing, None)), "APP_PASSWORD_OPENS_NOTHING");
}

#[test]
fn an_account_is_called_otherwise() {
    let mut world = with_mailbox();
    let rename = |name: &str, revision| AtRevision {
        change: RenameAccount { account: account(), name: name.to_owned() },
        revision,
    };
    world.must(&rename("Globex", Some(0)));
    let AccountState::Open(record) = world.state::<Account>(account().tenant(), account()) else {
        panic!("it is open")
    };
    assert_eq!(record.name.plain().map(String::as_str), Some("Globex"));
    assert_eq!(world.must(&rename("Globex", Some(1))), 0);
    assert_eq!(world.refused(&rename("Acme", Some(0))), "SETTINGS_CHANGED_MEANWHILE");
    assert_eq!(world.refused(&rename(" ", None)), "NAME_EMPTY");
}
