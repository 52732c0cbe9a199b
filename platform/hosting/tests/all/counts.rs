//! What a plan sells by number besides mailboxes: sync jobs and administrators of domains.

use crate::support::id;
use crate::support::stage::{DOMAIN, account, service, with_mailbox};
use crate::support::world::World;
use hosting::LoginName;
use hosting::book::BookCommand;
use hosting::plan::plan_id;
use hosting::secret::Secret;
use hosting::service::{Service, ServiceRecord, misfits};
use hosting::sync_job::{SyncJob, SyncJobPatch};
use hosting::use_case::{
    ChangePlan, DeleteMailbox, EditBook, Governance, RegisterUser, RemoveUser, RestoreMailbox,
};
use hosting::user::UserRole;
use kernel::Timestamp;

fn record(world: &World) -> ServiceRecord {
    world.state::<Service>(account().tenant(), service()).record().expect("a service").clone()
}

fn add(mailbox: u128, number: u128) -> EditBook<SyncJob> {
    let patch = SyncJobPatch {
        host: Some("imap.elsewhere.example".to_owned()),
        user: Some(format!("user-{number}")),
        password: Some(Secret::new("a secret".to_owned())),
        ..SyncJobPatch::default()
    };
    let command = BookCommand::Add { entry: id(number), patch: Box::new(patch) };
    EditBook { account: account(), owner: id(mailbox), command, by_owner: false, service: Some(service()) }
}

fn remove(mailbox: u128, number: u128) -> EditBook<SyncJob> {
    EditBook { command: BookCommand::Remove { entry: id(number) }, ..add(mailbox, number) }
}

fn to(slug: &str) -> ChangePlan {
    let (account, service) = (account(), service());
    ChangePlan { account, service, plan: plan_id(slug), version: 1, custom: None, is_forced: false }
}

fn administrator(number: u128) -> RegisterUser {
    RegisterUser {
        account: account(),
        user: id(number),
        login: LoginName::parse(&format!("administrator-{number}")).expect("a login"),
        name: None,
        password: None,
        role: UserRole::DomainAdministrator(vec![id(DOMAIN)]),
        must_change_password: false,
        services: vec![service()],
    }
}

/// With six sync jobs and two administrators.
fn family() -> World {
    let mut world = with_mailbox();
    world.must(&to("family"));
    world
}

#[test]
fn the_mailboxes_of_a_service_have_as_many_sync_jobs_as_its_plan_sells() {
    let mut world = family();
    let allowed = u128::from(record(&world).limits.sync_job_count_max);
    for number in 0..allowed {
        world.must(&add(1 + number % 2, 100 + number));
    }
    assert_eq!(world.refused(&add(1, 200)), "SYNC_JOBS_ABOVE_PLAN");
    assert_eq!(world.must(&add(1, 100)), 0, "it is there already");
    world.must(&remove(1, 100));
    world.must(&add(2, 200));
    assert_eq!(world.refused(&add(1, 201)), "SYNC_JOBS_ABOVE_PLAN");
    assert_eq!(u128::from(record(&world).sync_job_count()), allowed);
}

#[test]
fn sync_jobs_go_and_come_back_with_their_mailbox() {
    let mut world = family();
    let allowed = u128::from(record(&world).limits.sync_job_count_max);
    world.must(&add(1, 100));
    let (account, service) = (account(), service());
    let purge_after = Timestamp::from_secs(world.now.secs() + 1000);
    let temporary_aliases = vec![];
    world.must(&DeleteMailbox { account, service, mailbox: id(1), purge_after, temporary_aliases });
    assert_eq!(record(&world).sync_job_count(), 0);
    for number in 0..allowed {
        world.must(&add(2, 200 + number));
    }
    let domain = hosting::domain::DomainRef::Own(id(DOMAIN));
    world.must(&RestoreMailbox { account, service, domain, mailbox: id(1), local: None });
    assert_eq!(u128::from(record(&world).sync_job_count()), allowed + 1, "nothing is lost by coming back");
    assert_eq!(world.refused(&add(1, 101)), "SYNC_JOBS_ABOVE_PLAN");
    world.must(&remove(1, 100));
}

#[test]
fn a_service_that_is_not_named_lets_no_job_past_the_count() {
    let mut world = family();
    assert_eq!(world.refused(&EditBook { service: None, ..add(1, 100) }), "MAILBOX_NOT_FOUND");
    assert_eq!(world.refused(&EditBook { service: Some(id(11)), ..add(1, 100) }), "MAILBOX_NOT_FOUND");
}

#[test]
fn domains_have_as_many_administrators_as_the_plan_sells() {
    let mut world = family();
    let allowed = u128::from(record(&world).limits.domain_administrator_count_max);
    for number in 0..allowed {
        world.must(&administrator(300 + number));
    }
    assert_eq!(world.refused(&administrator(400)), "DOMAIN_ADMINISTRATORS_ABOVE_PLAN");
    let unnamed = RegisterUser { services: vec![], ..administrator(400) };
    assert_eq!(world.refused(&unnamed), "SERVICE_NOT_FOUND");
    let owner = RegisterUser { role: UserRole::Owner, services: vec![], ..administrator(401) };
    world.must(&owner);
    world.must(&RemoveUser {
        account: account(),
        user: id(300),
        services: vec![service()],
        governance: Governance::Owner(None),
    });
    world.must(&administrator(400));
}

#[test]
fn a_smaller_plan_names_the_sync_jobs_and_administrators_that_it_has_no_room_for() {
    let mut world = family();
    for number in 0..3 {
        world.must(&add(1, 100 + number));
    }
    world.must(&administrator(300));
    world.must(&administrator(301));
    assert_eq!(world.refused(&to("solo")), "PLAN_TOO_SMALL");
    let solo = hosting::plan::catalogue().into_iter().find(|entry| entry.slug == "solo").expect("a plan");
    let names: Vec<_> = misfits(&record(&world), &solo.terms.limits).iter().map(|fact| fact.name).collect();
    assert_eq!(names, ["syncJobs", "domainAdministrators"]);
    world.must(&ChangePlan { is_forced: true, ..to("solo") });
    assert_eq!(record(&world).sync_job_count(), 3, "they stay");
}
