//! Criterion benches and examples; see `benches/`. What several of them need: a platform's engine, and customers in it.

use std::sync::Arc;

use authority::{Guarded, Principal};
use database::Database;
use engine::{Engine, Outcome};
use hosting::HostingRefusal;
use hosting::calendar::Cycle;
use hosting::contract::Agreement;
use hosting::domain::{DomainRef, Proof};
use hosting::plan::{CustomLimits, catalogue, plan_id};
use hosting::use_case::{
    ActivateService, AddDomain, CreateMailboxes, NewMailbox, OpenAccount, OrderService, PublishPlanVersion,
    VerifyDomain,
};
use journal::Journal;
use journal::SystemClock;
use journal::keyring::{Keyring, MasterKey};
use kernel::{
    AccountId, ByteSize, CommandId, CorrelationId, DomainId, DomainName, LocalPart, MailboxId, ServiceId,
};
use uuid::Uuid;

/// Mailboxes that are made by one command.
const BATCH_COUNT: u128 = 250;

/// Runs what an operator asks for.
///
/// # Panics
/// Where it is refused, or the machine failed: a figure of what was not done is none.
pub async fn run<U: Guarded<Refusal = HostingRefusal>>(engine: &Engine, use_case: &U) {
    let (command, correlation) = (CommandId::new(Uuid::now_v7()), CorrelationId::new(Uuid::now_v7()));
    let outcome = engine.run(&Principal::operator(), command, correlation, use_case).await.expect("it runs");
    assert!(matches!(outcome, Outcome::Done { .. }), "{outcome:?}");
}

/// An engine with the catalogue of plans in it, and the keys that its secrets are sealed with.
///
/// # Panics
/// Where the machine failed.
pub async fn open(database: Database, journal: Arc<dyn Journal>) -> (Arc<Engine>, Arc<Keyring>) {
    let master = MasterKey::generate().expect("a key");
    let keyring = Arc::new(Keyring::open(database.clone(), master).await.expect("a keyring"));
    let clock = Arc::new(SystemClock);
    let engine = Engine::new(journal, Arc::clone(&keyring), database, clock).await.expect("an engine");
    for entry in catalogue() {
        run(&engine, &PublishPlanVersion { plan: entry.plan, version: entry.version, terms: entry.terms })
            .await;
    }
    (Arc::new(engine), keyring)
}

/// The account of a customer.
pub fn account(customer: u128) -> AccountId {
    AccountId::new(Uuid::from_u128(1_000_000_000 + customer))
}

/// The Box of a number; the first of a customer has the customer's.
pub fn service(number: u128) -> ServiceId {
    ServiceId::new(Uuid::from_u128(number + 1))
}

/// The domain of that Box, `customer<number>.example`.
pub fn domain(number: u128) -> DomainId {
    DomainId::new(Uuid::from_u128(number + 1))
}

/// One of its mailboxes, `person<inside>`.
pub fn mailbox(number: u128, inside: u128) -> MailboxId {
    MailboxId::new(Uuid::from_u128((number + 1) << 32 | inside))
}

/// An account with a Box, its domain and so many mailboxes.
///
/// # Panics
/// As [`run`].
pub async fn customer(engine: &Engine, number: u128, mailbox_count: u128) {
    run(engine, &OpenAccount { account: account(number), name: "Customer".to_owned() }).await;
    order(engine, account(number), number, mailbox_count).await;
}

/// A Box of an account, with a domain and so many mailboxes of half a gibibyte, all named by `number`.
///
/// # Panics
/// As [`run`].
pub async fn order(engine: &Engine, account: AccountId, number: u128, mailbox_count: u128) {
    let (service, domain) = (service(number), domain(number));
    let custom = CustomLimits {
        domain_count: Some(10),
        mailbox_count: Some(5000),
        alias_count: Some(1000),
        storage: Some(ByteSize::gib(5000)),
        sends_per_day: None,
    };
    let order = OrderService {
        account,
        service,
        plan: plan_id("custom"),
        version: 1,
        custom: Some(custom),
        cycle: Cycle::Annual,
        agreement: Agreement::ToFollow,
    };
    run(engine, &order).await;
    run(engine, &ActivateService { account, service }).await;
    let name = DomainName::parse(&format!("customer{number}.example")).expect("a name");
    run(engine, &AddDomain { account, service, domain, name, mirrors: None }).await;
    run(engine, &VerifyDomain { account, domain, proof: Proof::AssertedByOperator }).await;
    let new = |inside: u128| NewMailbox {
        mailbox: mailbox(number, inside),
        local: LocalPart::parse(&format!("person{inside}")).expect("a local part"),
        quota: ByteSize::new(1 << 29),
        display_name: Some("A Person".to_owned()),
        password: None,
    };
    for first in (0..mailbox_count).step_by(usize::try_from(BATCH_COUNT).expect("it is small")) {
        let mailboxes = (first..mailbox_count.min(first + BATCH_COUNT)).map(new).collect();
        run(engine, &CreateMailboxes { account, service, domain: DomainRef::Own(domain), mailboxes }).await;
    }
}
