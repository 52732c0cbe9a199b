//! A million mixed events, as the lives of customers bring them, and what it takes to read them all again: the rows of each
//! projection derived anew, and what is kept in memory made from nothing, as a node does that starts without rows.
//!
//!     cargo run --release -p benches --example replay -- 1000000
//!
//! On PostgreSQL where `HOSTERRA_TEST_POSTGRES` names one.

#![allow(clippy::print_stdout, reason = "it prints what it measured")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use benches::{account, customer, domain, mailbox, open, run, service};
use database::Database;
use directory::Directory;
use engine::Engine;
use graphql::People;
use hosting::alias::AliasSettingsPatch;
use hosting::book::BookCommand;
use hosting::domain::{DomainRef, DomainSettingsPatch};
use hosting::filter::{FilterPatch, MailboxFilter};
use hosting::mailbox::{MailProtocol, MailboxSettingsPatch};
use hosting::session::SessionOwner;
use hosting::ticket::{Side, TicketCommand, TicketKind, Way};
use hosting::use_case::{
    AddAppPassword, AnswerTicket, ChangeAliasTargets, ChangeDomainSettings, ChangeMailboxDisplayName,
    ChangeMailboxQuota, ChangeMailboxSettings, CreateAlias, CreateTemporaryAlias, DeleteAlias,
    DisableMailbox, EditBook, EnableMailbox, OpenTicket, RestrictService, ResumeService, RevokeAppPassword,
    StartSession,
};
use journal::{Journal as _, SqlJournal, SystemClock};
use kernel::{
    AliasId, AppPasswordId, ByteSize, EmailAddress, FilterId, Id as _, LocalPart, SessionId, TicketId,
    Timestamp,
};
use uuid::Uuid;

/// Events of all where no number is given.
const EVENT_COUNT: u128 = 1_000_000;
/// Mailboxes of one customer.
const MAILBOX_COUNT: u128 = 50;
/// Events that [`life`] makes of one mailbox, its making included.
const LIFE_COUNT: u128 = 20;
/// Customers that live at a time.
const WRITER_COUNT: usize = 64;
/// More than there are tenants.
const HEAD_COUNT_MAX: usize = 100_000;

fn expiry() -> Timestamp {
    journal::Clock::now(&SystemClock).plus(Duration::from_secs(30 * 24 * 3600))
}

fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).expect("an address")
}

/// What people do with a mailbox.
async fn life(engine: &Engine, number: u128, inside: u128) {
    let (account, service, mailbox) = (account(number), service(number), mailbox(number, inside));
    let domain = DomainRef::Own(domain(number));
    let named = |name: &str| LocalPart::parse(&format!("{name}{inside}")).expect("a local part");
    for name in ["Camille", "Camille Martin"] {
        let display_name = Some(name.to_owned());
        run(engine, &ChangeMailboxDisplayName { account, mailbox, display_name, by_owner: false }).await;
    }
    run(engine, &DisableMailbox { account, mailbox }).await;
    run(engine, &EnableMailbox { account, mailbox }).await;
    for patch in [
        MailboxSettingsPatch { pop3: Some(false), ..MailboxSettingsPatch::default() },
        MailboxSettingsPatch { requires_tls_in: Some(true), ..MailboxSettingsPatch::default() },
        MailboxSettingsPatch { pop3: Some(true), ..MailboxSettingsPatch::default() },
    ] {
        let settings = ChangeMailboxSettings {
            account,
            mailbox,
            patch,
            sender_domains: vec![],
            revision: None,
            by_owner: false,
            service: None,
        };
        run(engine, &settings).await;
    }
    run(engine, &ChangeMailboxQuota { account, service, mailbox, quota: ByteSize::gib(1) }).await;
    let app_password = AppPasswordId::new(Uuid::now_v7());
    let add = AddAppPassword {
        account,
        mailbox,
        app_password,
        name: "phone".to_owned(),
        secret_hash: secret_of(app_password.uuid()),
        protocols: [MailProtocol::Imap, MailProtocol::Submission].into(),
        expires_at: None,
        by_owner: true,
    };
    run(engine, &add).await;
    run(engine, &RevokeAppPassword { account, mailbox, app_password }).await;
    let alias = AliasId::new(Uuid::now_v7());
    let create = CreateAlias {
        account,
        service,
        domain,
        alias,
        local: Some(named("desk")),
        targets: vec![address(&format!("person{inside}@customer{number}.example"))],
        is_under_catch_all: false,
        settings: AliasSettingsPatch::default(),
    };
    run(engine, &create).await;
    let targets =
        vec![address(&format!("person0@customer{number}.example")), address("friend@elsewhere.example")];
    run(engine, &ChangeAliasTargets { account, alias, targets }).await;
    if inside.is_multiple_of(2) {
        run(engine, &DeleteAlias { account, service, alias }).await;
    }
    let temporary = CreateTemporaryAlias {
        account,
        service,
        domain,
        mailbox,
        alias: AliasId::new(Uuid::now_v7()),
        local: named("shop"),
        expires_at: expiry(),
        by_owner: true,
        lets_targets_send: true,
        description: "a shop".to_owned(),
    };
    run(engine, &temporary).await;
    let entry = FilterId::new(Uuid::now_v7());
    let patch = FilterPatch {
        name: Some("lists".to_owned()),
        script: Some(
            "require \"fileinto\";\nif header :contains \"List-Id\" \"rust\" { fileinto \"Lists\"; }\n"
                .to_owned(),
        ),
        is_active: Some(true),
        ..FilterPatch::default()
    };
    let stopped = FilterPatch { is_active: Some(false), ..FilterPatch::default() };
    for command in [
        BookCommand::Add { entry, patch: Box::new(patch) },
        BookCommand::Change { entry, patch: Box::new(stopped), revision: None },
    ] {
        let filter: EditBook<MailboxFilter> =
            EditBook { account, owner: mailbox, command, by_owner: true, service: None };
        run(engine, &filter).await;
    }
    let session = SessionId::new(Uuid::now_v7());
    let start = StartSession {
        account,
        owner: SessionOwner::Mailbox(mailbox),
        session,
        refresh_hash: secret_of(session.uuid()),
        expires_at: expiry(),
        has_second_factor: false,
        device: Some("Firefox on Linux, 192.0.2.0/24".to_owned()),
        is_unfamiliar: false,
    };
    run(engine, &start).await;
}

/// What stands for a secret in an event: as many octets, which no two have in common.
fn secret_of(id: Uuid) -> [u8; 32] {
    let mut octets = [0; 32];
    let (first, second) = octets.split_at_mut(16);
    first.copy_from_slice(id.as_bytes());
    second.copy_from_slice(id.as_bytes());
    octets
}

/// A customer, what happens to the Box, and the lives of its mailboxes.
async fn lives(engine: &Engine, number: u128) {
    customer(engine, number, MAILBOX_COUNT).await;
    let (account, service) = (account(number), service(number));
    for description in ["Our company", "Our company, Paris"] {
        let settings = ChangeDomainSettings {
            account,
            service,
            domain: domain(number),
            patch: DomainSettingsPatch {
                description: Some(description.to_owned()),
                ..DomainSettingsPatch::default()
            },
            revision: None,
            stored: None,
            largest: None,
        };
        run(engine, &settings).await;
    }
    let ticket = TicketId::new(Uuid::now_v7());
    let open = OpenTicket {
        account,
        ticket,
        author: None,
        service: Some(service),
        kind: TicketKind::Technical,
        subject: "Where is my mail?".to_owned(),
        text: "I cannot find it. ".repeat(20),
    };
    run(engine, &open).await;
    for (side, text) in [(Side::Staff, "In the folder Lists."), (Side::Customer, "Thank you.")] {
        let command = TicketCommand::Say { side, text: text.to_owned(), is_internal: false, way: Way::Panel };
        run(engine, &AnswerTicket { account, ticket, author: None, command }).await;
    }
    run(engine, &RestrictService { account, service }).await;
    run(engine, &ResumeService { account, service }).await;
    for inside in 0..MAILBOX_COUNT {
        life(engine, number, inside).await;
    }
}

#[allow(clippy::cast_precision_loss, reason = "a figure for people")]
fn told(what: &str, event_count: u64, started: Instant) {
    let took = started.elapsed();
    println!("{what}: {took:.1?}, {:.0} events a second", event_count as f64 / took.as_secs_f64());
}

/// How much of this process is in memory, in MiB (`proc(5)`, `VmRSS`).
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|number| number.parse::<u64>().ok()).unwrap_or(0) / 1024
}

async fn database(folder: &std::path::Path) -> Database {
    match std::env::var("HOSTERRA_TEST_POSTGRES") {
        Ok(url) => {
            let schema = format!("replay_{}", std::process::id());
            Database::connect_postgres_schema(&url, 16, &schema).await.expect("PostgreSQL")
        }
        Err(_) => Database::open_sqlite(&folder.join("control.db")).expect("a file"),
    }
}

#[tokio::main]
async fn main() {
    let wanted =
        std::env::args().nth(1).map_or(EVENT_COUNT, |count| count.parse().expect("a number of events"));
    let folder = tempfile::tempdir_in(".").expect("a folder on the disk");
    let database = database(folder.path()).await;
    let journal = SqlJournal::open(database.clone(), Arc::new(SystemClock)).await.expect("a journal");
    let journal = Arc::new(journal);
    let (engine, _) = open(database.clone(), Arc::clone(&journal) as _).await;

    let started = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..wanted.div_ceil(MAILBOX_COUNT * LIFE_COUNT) {
        if tasks.len() == WRITER_COUNT {
            tasks.join_next().await.expect("one").expect("it does not panic");
        }
        let engine = Arc::clone(&engine);
        tasks.spawn(async move { lives(&engine, number).await });
    }
    tasks.join_all().await;
    let heads = journal.heads(None, HEAD_COUNT_MAX).await.expect("read");
    let event_count = heads.iter().map(|head| head.position.0).sum();
    told(&format!("{event_count} events of {} tenants, made", heads.len()), event_count, started);

    let before = resident();
    let started = Instant::now();
    let (directory, people) = (Arc::new(Directory::new()), Arc::new(People::default()));
    let known = engine.follow(Arc::clone(&directory)).expect("a follower");
    assert!(known.caught_up().await, "the directory follows");
    told("directory of the mail servers from nothing", event_count, started);
    println!("  with {} MiB in memory, {before} before", resident());

    let started = Instant::now();
    let seen = graphql::register(&engine, &people).await.expect("registered");
    assert!(seen.caught_up().await, "who may what is followed");
    told("who may what, from nothing, projections beside it", event_count, started);
    while engine.status().await.expect("known").iter().any(|one| one.lag_event_count > 0) {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    told("all projections from nothing, followed side by side", event_count, started);

    let all = Instant::now();
    for name in graphql::PROJECTIONS {
        let started = Instant::now();
        let rebuilt = engine.rebuild(name).await.expect("rebuilt");
        assert_eq!(rebuilt.failed_tenant_count, 0, "{rebuilt:?}");
        told(&format!("rebuild of {name}"), rebuilt.event_count, started);
    }
    told("rebuild of all, one after the other", event_count, all);
    engine.shutdown().await;
}
