//! Figures of the control plane through its own doors: commands a second, pages of a long list, the past of a thing, and
//! how long a change takes until the mail servers obey it.
//!
//!     cargo run --release -p benches --example control
//!
//! With `HOSTERRA_TEST_POSTGRES` the commands are measured on PostgreSQL as well.

#![allow(clippy::print_stdout, reason = "it prints what it measured")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use benches::{account, customer, mailbox, open, order, run, service};
use database::Database;
use directory::{Directory, Resolution};
use engine::Engine;
use graphql::{AccessKey, Api, Knock, Language, People, SignIns};
use hosting::use_case::{
    ChangeMailboxDisplayName, DisableMailbox, EnableMailbox, RegisterUser, RestrictService, ResumeService,
};
use hosting::user::UserRole;
use hosting::{LoginName, PasswordHash};
use journal::{SqlJournal, SystemClock};
use kernel::{AccountId, DomainId, DomainName, EmailAddress, MailboxId, UserId};
use uuid::Uuid;

/// Accounts among which commands are spread.
const TENANT_COUNT: u128 = 1000;
/// Mailboxes of the long list.
const LIST_COUNT: u128 = 10_000;
/// Events of the thing whose past is asked for.
const PAST_COUNT: u128 = 9_900;
/// Commands that run at a time where many do.
const WRITER_COUNT: u128 = 64;
/// Every how many-th measurement is the hundredth worst.
const PERCENT: usize = 99;

/// DNS, messages and logins are not measured here: nobody asks for them.
struct Nothing;

#[async_trait::async_trait]
impl graphql::TxtResolver for Nothing {
    async fn txt(&self, _: &DomainName) -> Result<Vec<String>, graphql::PortError> {
        Ok(Vec::new())
    }
}

#[async_trait::async_trait]
impl graphql::DkimSource for Nothing {
    async fn fresh(&self) -> Result<Vec<hosting::domain::FreshDkimKey>, graphql::PortError> {
        Ok(Vec::new())
    }

    fn delegated(&self, _: DomainId, _: &hosting::domain::DkimSelector) -> Option<String> {
        None
    }
}

#[async_trait::async_trait]
impl graphql::UsageSource for Nothing {
    async fn usages(
        &self,
        _: kernel::TenantId,
        _: &[MailboxId],
    ) -> Result<Vec<(MailboxId, graphql::Usage)>, graphql::PortError> {
        Ok(Vec::new())
    }

    async fn pool_usages(
        &self,
        _: kernel::TenantId,
        _: &[DomainId],
    ) -> Result<Vec<(DomainId, graphql::Usage)>, graphql::PortError> {
        Ok(Vec::new())
    }
}

#[async_trait::async_trait]
impl graphql::SendsSource for Nothing {
    async fn sends(
        &self,
        _: kernel::TenantId,
        _: &[MailboxId],
    ) -> Result<Vec<(MailboxId, Vec<graphql::SendUse>)>, graphql::PortError> {
        Ok(Vec::new())
    }
}

#[async_trait::async_trait]
impl graphql::LoginSource for Nothing {
    async fn last_uses(
        &self,
        _: kernel::TenantId,
        _: MailboxId,
    ) -> Result<Vec<graphql::LastUse>, graphql::PortError> {
        Ok(Vec::new())
    }
}

impl graphql::CertificateSource for Nothing {
    fn served(&self) -> Vec<graphql::ServedCertificate> {
        Vec::new()
    }
}

impl graphql::SiteSource for Nothing {
    fn sites(&self, _: usize) -> Vec<graphql::DeliverySite> {
        Vec::new()
    }
}

#[async_trait::async_trait]
impl graphql::DeliverySource for Nothing {
    async fn deliveries(
        &self,
        _: (kernel::TenantId, &[kernel::WebhookId]),
        _: Option<u64>,
        _: usize,
    ) -> Result<std::collections::HashMap<kernel::WebhookId, Vec<graphql::WebhookDelivery>>, graphql::PortError>
    {
        Ok(std::collections::HashMap::new())
    }
}

/// Prints the middle and the hundredth worst.
fn told(what: &str, mut took: Vec<Duration>) {
    took.sort_unstable();
    let (middle, worst) = (took[took.len() / 2], took[took.len() * PERCENT / 100]);
    println!("{what}: median {middle:.1?}, p99 {worst:.1?} ({} times)", took.len());
}

async fn commands(engine: &Arc<Engine>, what: &str) {
    let rename = |number: u128, round: u128| ChangeMailboxDisplayName {
        account: account(number),
        mailbox: mailbox(number, 0),
        display_name: Some(format!("Name {round}")),
        by_owner: false,
    };
    let (started, rounds) = (Instant::now(), 1000_u128);
    for round in 0..rounds {
        run(engine, &rename(0, round)).await;
    }
    println!("{what}, one tenant, one after the other: {:.0} commands a second", per_second(rounds, started));
    let started = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for writer in 0..WRITER_COUNT {
        let engine = Arc::clone(engine);
        tasks.spawn(async move {
            for round in 0..100_u128 {
                run(&engine, &rename((writer * 131 + round * 7) % TENANT_COUNT, 5000 + round)).await;
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.expect("a writer");
    }
    println!(
        "{what}, {TENANT_COUNT} tenants, {WRITER_COUNT} at a time: {:.0} commands a second",
        per_second(WRITER_COUNT * 100, started)
    );
}

#[allow(clippy::cast_precision_loss, reason = "a figure for people")]
fn per_second(count: u128, started: Instant) -> f64 {
    count as f64 / started.elapsed().as_secs_f64()
}

async fn ask(api: &Api, token: &str, query: String) -> (String, Duration) {
    let knock = Knock {
        authorization: (!token.is_empty()).then(|| format!("Bearer {token}")),
        language: Language::English,
        peer: "127.0.0.1".parse().expect("an address"),
        agent: None,
        correlation: graphql::new_correlation(),
    };
    let request = async_graphql::Request::new(query);
    let started = Instant::now();
    let answer = api.one(&knock, request).await;
    let took = started.elapsed();
    assert!(answer.errors.is_empty(), "{:?}", answer.errors);
    (answer.data.to_string(), took)
}

#[tokio::main]
async fn main() {
    if let Ok(url) = std::env::var("HOSTERRA_TEST_POSTGRES") {
        let schema = format!("bench_{}", std::process::id());
        let database = Database::connect_postgres_schema(&url, 16, &schema).await.expect("PostgreSQL");
        let journal = SqlJournal::open(database.clone(), Arc::new(SystemClock)).await.expect("a journal");
        let (engine, _) = open(database, Arc::new(journal)).await;
        for number in 0..TENANT_COUNT {
            customer(&engine, number, 1).await;
        }
        commands(&engine, "PostgreSQL").await;
    }
    let folder = tempfile::tempdir_in(".").expect("a folder on the disk");
    let database = Database::open_sqlite(&folder.path().join("control.db")).expect("a file");
    let journal = SqlJournal::open(database.clone(), Arc::new(SystemClock)).await.expect("a journal");
    let (engine, keyring) = open(database.clone(), Arc::new(journal)).await;
    let (directory, people) = (Arc::new(Directory::new()), Arc::new(People::default()));
    let known = engine.follow(Arc::clone(&directory)).expect("a follower");
    let seen = graphql::register(&engine, &people).await.expect("registered");
    for number in 0..TENANT_COUNT {
        customer(&engine, number, 1).await;
    }
    // A Box holds half of the list.
    customer(&engine, TENANT_COUNT, LIST_COUNT / 2).await;
    order(&engine, account(TENANT_COUNT), TENANT_COUNT + 1, LIST_COUNT / 2).await;
    assert!(known.caught_up().await && seen.caught_up().await);
    commands(&engine, "SQLite").await;

    let hash = directory::password::hash(&"a long password".to_owned().into()).expect("a hash");
    let register = RegisterUser {
        account: AccountId::PLATFORM,
        user: UserId::new(Uuid::now_v7()),
        login: LoginName::parse("operator").expect("a login"),
        name: None,
        password: Some(PasswordHash::parse(&hash).expect("a hash")),
        role: UserRole::Operator,
        must_change_password: false,
        services: vec![],
    };
    run(&engine, &register).await;
    let access = keyring.secret(graphql::ACCESS_KEY_NAME).await.expect("a secret");
    let nothing = Arc::new(Nothing);
    let mail = Database::open_sqlite(&folder.path().join("mail.db")).expect("a file");
    let now: store::Now = Arc::new(|| journal::Clock::now(&SystemClock));
    let reports = store::Reports::open(mail.clone()).await.expect("tables");
    let mail = store::SqlStore::open(mail, now, store::Retention::days(30)).await.expect("a store");
    let api = Api::new(graphql::Platform {
        engine: Arc::clone(&engine),
        directory: Arc::clone(&directory),
        people,
        access_key: Arc::new(AccessKey::new(&access)),
        sign_ins: Arc::new(SignIns::new(2)),
        usage: nothing.clone(),
        sends: nothing.clone(),
        logins: nothing.clone(),
        queue: Arc::new(mail),
        sites: nothing.clone(),
        certificates: nothing.clone(),
        reports,
        deliveries: nothing.clone(),
        door: door::DoorBook::open(database.clone()).await.expect("tables"),
        passkeys: None,
        yubikeys: None,
        blobs: database::Blobs::open(database.clone()).await.expect("a table"),
        facts: graphql::Facts {
            server_name: "mail.example".to_owned(),
            host_names: vec![DomainName::parse("mail.example").expect("a name")],
            data_centre: None,
            network_key: [7; 32],
        },
        txt: nothing.clone(),
        dns: Arc::new(graphql::DnsChecks::new(Arc::new(resolver::Zone::new()), names())),
        standings: graphql::DnsStandings::open(database.clone()).await.expect("a table"),
        notices: graphql::Notices {
            links: notice::Links::new([0; 32], "https://panel.example".to_owned()),
            language: hosting::Language::En,
            is_sign_up_open: false,
        },
        dkim: nothing,
        retention: Duration::from_secs(30 * 24 * 3600),
        mode: graphql::Mode::Production,
    });
    tokio::time::sleep(Duration::from_secs(3)).await;
    let sign_in =
        "mutation { signIn(login: \"operator\", password: \"a long password\") { session { accessToken } } }";
    let (answer, _) = ask(&api, "", sign_in.to_owned()).await;
    let token = answer.split("accessToken: \"").nth(1).and_then(|rest| rest.split('"').next());
    let token = token.expect("a token").to_owned();

    // Pages of a long list, from its beginning to its end and again.
    let (mut took, mut after) = (Vec::new(), String::new());
    for _ in 0..400 {
        let query = format!(
            "{{ mailboxes(accountId: \"{}\", first: 100{after}) {{ nodes {{ id address quotaBytes status settings {{ imap }} }} pageInfo {{ endCursor hasNextPage }} }} }}",
            account(TENANT_COUNT)
        );
        let (answer, time) = ask(&api, &token, query).await;
        took.push(time);
        let cursor = answer.split("endCursor: \"").nth(1).and_then(|rest| rest.split('"').next());
        let has_next = answer.contains("hasNextPage: true");
        after = cursor.filter(|_| has_next).map_or(String::new(), |cursor| format!(", after: \"{cursor}\""));
    }
    told(&format!("a page of 100 mailboxes of an account with {LIST_COUNT}"), took);

    for round in 0..PAST_COUNT {
        let rename = ChangeMailboxDisplayName {
            account: account(1),
            mailbox: mailbox(1, 0),
            display_name: Some(format!("Past {round}")),
            by_owner: false,
        };
        run(&engine, &rename).await;
    }
    let mut took = Vec::new();
    for _ in 0..50 {
        let query = format!(
            "{{ mailbox(accountId: \"{}\", mailboxId: \"{}\", asOf: \"2100-01-01T00:00:00Z\") {{ displayName }} }}",
            account(1),
            mailbox(1, 0)
        );
        let (answer, time) = ask(&api, &token, query).await;
        assert!(answer.contains(&format!("Past {}", PAST_COUNT - 1)), "{answer}");
        took.push(time);
    }
    told(&format!("asOf of a mailbox with {PAST_COUNT} events and more"), took);

    for round in 0..PAST_COUNT {
        let (account, service) = (account(3), service(3));
        if round % 2 == 0 {
            run(&engine, &RestrictService { account, service }).await;
        } else {
            run(&engine, &ResumeService { account, service }).await;
        }
    }
    let mut took = Vec::new();
    for _ in 0..50 {
        let query = format!(
            "{{ service(accountId: \"{}\", serviceId: \"{}\", asOf: \"2100-01-01T00:00:00Z\") {{ entitlement }} }}",
            account(3),
            service(3)
        );
        let (answer, time) = ask(&api, &token, query).await;
        assert!(answer.contains("ACTIVE"), "{answer}");
        took.push(time);
    }
    told(&format!("asOf of a service with {PAST_COUNT} events and more"), took);

    let address = EmailAddress::parse("person0@customer2.example").expect("an address");
    let mut took = Vec::new();
    for round in 0..400 {
        let (account, mailbox) = (account(2), mailbox(2, 0));
        let is_off = round % 2 == 0;
        if is_off {
            run(&engine, &DisableMailbox { account, mailbox }).await;
        } else {
            run(&engine, &EnableMailbox { account, mailbox }).await;
        }
        let answered = Instant::now();
        while matches!(directory.resolve(&address, None), Resolution::Disabled) != is_off {
            tokio::time::sleep(Duration::from_micros(50)).await;
        }
        took.push(answered.elapsed());
    }
    told("from a durable change until the directory that RCPT asks obeys it", took);
    engine.shutdown().await;
}

/// What domains must publish; nobody asks here.
fn names() -> dnscheck::Platform {
    let host = resolver::Name::parse("mail.host.example").expect("a name");
    dnscheck::Platform {
        exchanges: vec![host.clone()],
        host: host.clone(),
        pages: host,
        https: 443,
        imaps: None,
        submissions: None,
        submission: None,
        spf: None,
        dav: None,
        sts_id: None,
        sts_hosts: Vec::new(),
    }
}
