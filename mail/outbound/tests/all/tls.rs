//! What nobody between us and a host takes away: policies, records, orders and what a message asks, against hosts that show
//! the wrong certificate, have their offer taken away, or change.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use async_trait::async_trait;
use directory::Directory;
use engine::Follower as _;
use hosting::HostingEvent;
use hosting::book::BookEvent;
use hosting::domain::{DomainEvent, VerifiedBy};
use hosting::mailbox::{MailboxEvent, MailboxSettings};
use hosting::tls_policy::{DomainTlsPolicy, TlsLevel, TlsPolicy};
use kernel::{
    AccountId, Actor, ByteSize, Causation, CorrelationId, Cursor, DomainId, DomainName, EventId, Id as _,
    LocalPart, MailboxId, Metadata, Position, Recorded, Sealed, ServiceId, StreamId, SubjectId, TenantId,
    Timestamp, TlsPolicyId, Version, Via,
};
use outbound::{Tally, Trusted};
use parking_lot::Mutex;
use resolver::{Name, Record};
use ring::digest::{SHA256, digest};
use rustls::RootCertStore;
use store::{Acceptance, Origin, Queueing, RecipientState, TlsWish};
use trust::{Fetch, FetchFault, Shop, Trust};
use uuid::Uuid;

use crate::farm::{Certificate, FakeHost, Manners, Tls};
use crate::stage::{Stage, modern};

pub(crate) const DOMAIN: &str = "b.example";
const DAY_MILLIS: i64 = 86_400_000;

fn tenant() -> TenantId {
    TenantId::new(Uuid::from_u128(1))
}

fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}

pub(crate) fn recorded(category_of: HostingEvent, id: Uuid) -> Recorded<HostingEvent> {
    Recorded {
        cursor: Cursor { tenant: tenant(), position: Position(1) },
        stream: StreamId { category: category_of.category(), id },
        version: Version(1),
        id: EventId::new(Uuid::from_u128(7)),
        recorded_at: Timestamp::from_secs(0),
        metadata: Metadata {
            actor: Actor::Operator,
            on_behalf_of: None,
            via: Via::CommandLine,
            correlation: CorrelationId::new(Uuid::from_u128(8)),
            causation: Causation::Command,
            command: None,
            content: None,
        },
        event: category_of,
    }
}

/// The account orders a level for the domain.
pub(crate) fn order(directory: &Directory, policy: TlsPolicy) {
    order_of(directory, tenant(), 3, policy);
}

/// An account orders so, under a number of its own.
pub(crate) fn order_of(directory: &Directory, tenant: TenantId, number: u128, policy: TlsPolicy) {
    let added = BookEvent::Added {
        entry: TlsPolicyId::new(Uuid::from_u128(number)),
        account: tenant.account(),
        service: None,
        domain: None,
        mailbox: None,
        content: Sealed::new(SubjectId::new(Uuid::from_u128(1)), Box::new(policy)),
    };
    let mut told = recorded(HostingEvent::Entry(added.into()), tenant.uuid());
    told.cursor.tenant = tenant;
    directory.apply(&[told]).expect("taken");
}

/// A domain of the account, proven, orders a level for the destination.
fn order_for_domain(directory: &Directory, (id, name): (u128, &str), level: TlsLevel) {
    let domain = DomainEvent::Added {
        account: tenant().account(),
        service: ServiceId::new(Uuid::from_u128(10)),
        name: DomainName::parse(name).expect("a name"),
        token: "t".to_owned(),
        mirrors: None,
        is_claimed: true,
    };
    let added = BookEvent::Added {
        entry: TlsPolicyId::new(Uuid::from_u128(4)),
        account: tenant().account(),
        service: None,
        domain: None,
        mailbox: None,
        content: Sealed::new(SubjectId::new(Uuid::from_u128(1)), Box::new(DomainTlsPolicy(ordered(level)))),
    };
    for event in [
        HostingEvent::Domain(domain),
        HostingEvent::Domain(DomainEvent::Verified { by: VerifiedBy::Operator }),
        HostingEvent::Entry(added.into()),
    ] {
        directory.apply(&[recorded(event, Uuid::from_u128(id))]).expect("taken");
    }
}

pub(crate) fn ordered(level: TlsLevel) -> TlsPolicy {
    TlsPolicy { destination: DOMAIN.to_owned(), level, ..TlsPolicy::default() }
}

/// A mailbox whose mail leaves under TLS only.
pub(crate) fn strict_mailbox(directory: &Directory) -> MailboxId {
    let mailbox = MailboxId::new(Uuid::from_u128(9));
    let subject = SubjectId::of_mailbox(mailbox);
    let created = MailboxEvent::Created {
        account: AccountId::new(Uuid::from_u128(1)),
        service: ServiceId::new(Uuid::from_u128(10)),
        domain: DomainId::new(Uuid::from_u128(20)),
        domain_name: DomainName::parse("sender.example").expect("a name"),
        local: Sealed::new(subject, LocalPart::parse("a").expect("a local part")),
        quota: ByteSize::gib(1),
        display_name: None,
        password: None,
    };
    let settings = MailboxSettings { requires_tls_out: true, ..MailboxSettings::default() };
    let settings = Sealed::new(subject, Box::new(settings));
    let changed = MailboxEvent::SettingsChanged { settings, changed: vec![] };
    for event in [created, changed] {
        directory.apply(&[recorded(HostingEvent::Mailbox(event), mailbox.uuid())]).expect("taken");
    }
    mailbox
}

/// The policy that HTTPS serves, if any.
struct Served(Mutex<Option<String>>);

#[async_trait]
impl Fetch for Served {
    async fn policy(&self, _: &Name) -> Result<String, FetchFault> {
        self.0.lock().clone().ok_or(FetchFault::Connect)
    }
}

pub(crate) fn policy(mode: &str, host: &FakeHost, age_secs: i64) -> String {
    format!("version: STSv1\nmode: {mode}\nmx: {}\nmax_age: {age_secs}\n", host.name())
}

/// A stage on which policies are asked.
pub(crate) struct Guarded {
    pub(crate) stage: Stage,
    pub(crate) host: Arc<FakeHost>,
    served: Arc<Served>,
    pub(crate) own: Certificate,
    tally: Arc<Tally>,
}

impl Guarded {
    /// One host for the domain, with a certificate of its own name from a trusted authority.
    pub(crate) async fn new() -> Self {
        let mut stage = Stage::new().await;
        let host = stage.host(&[DOMAIN], modern()).await;
        let own = Certificate::of(&host.name(), 2100);
        host.change(certified(&own)).await;
        Self { stage, host, served: Arc::new(Served(Mutex::new(None))), own, tally: Arc::default() }
    }

    /// The domain has a policy at HTTPS.
    pub(crate) fn serve(&mut self, id: &str, text: String) {
        let record = Record::Txt(format!("v=STSv1; id={id}").into_bytes());
        self.stage.zone.add(name(&format!("_mta-sts.{DOMAIN}")), record);
        *self.served.0.lock() = Some(text);
    }

    /// All of DNS is signed, and the host has this record.
    pub(crate) fn sign(&mut self, (usage, selector, matching): (u8, u8, u8), association: Vec<u8>) {
        let at = format!("_{}._tcp.{}", self.stage.farm.port, self.host.name());
        self.stage.zone.add(name(&at), Record::Tlsa { usage, selector, matching, association });
        self.stage.zone = self.stage.zone.clone().secure();
    }

    /// Begins to deliver, trusting the authority of the host's certificate.
    pub(crate) fn run(&mut self) {
        let mut roots = RootCertStore::empty();
        roots.add(self.own.root.clone()).expect("a root");
        let shop = Shop::new(roots).expect("protocols");
        let fetch = Arc::clone(&self.served) as Arc<dyn Fetch>;
        let trust = Trust::new(Arc::new(self.stage.zone.clone()), fetch, shop);
        let clock = Arc::clone(&self.stage.clock);
        let now: outbound::Now = Arc::new(move || Timestamp::from_millis(clock.load(Ordering::Relaxed)));
        let directory = Arc::clone(&self.stage.directory);
        let trusted = Trusted::new(Arc::new(trust), directory, now).counting(Arc::clone(&self.tally));
        self.stage.policies = Some(Arc::new(trusted));
        self.stage.run();
    }

    /// Sends one message, tried once; what became of it, why, and whether it came encrypted where it came.
    pub(crate) async fn send(&self, queueing: Queueing) -> (RecipientState, String, Option<bool>) {
        let before = self.host.taken().len();
        let id = self.stage.submit_as(&["u@b.example"], None, queueing).await;
        let entries = self.stage.tried(id, 1).await;
        let came = self.host.taken().get(before).map(|taken| taken.is_encrypted);
        (entries[0].state, entries[0].last.text.clone(), came)
    }

    async fn send_usual(&self) -> (RecipientState, String, Option<bool>) {
        self.send(Queueing::default()).await
    }

    pub(crate) async fn arrives_encrypted(&self, what: &str) {
        let (state, text, came) = self.send_usual().await;
        assert_eq!((state, came), (RecipientState::Delivered, Some(true)), "{what}: {text}");
    }

    pub(crate) async fn arrives_clear(&self, what: &str) {
        let (state, text, came) = self.send_usual().await;
        assert_eq!((state, came), (RecipientState::Delivered, Some(false)), "{what}: {text}");
    }

    /// It waits, nothing went out, and the reason says `why`.
    pub(crate) async fn waits(&self, why: &str) {
        let (state, text, came) = self.send_usual().await;
        assert_eq!((state, came), (RecipientState::Scheduled, None), "{text}");
        assert!(text.contains(why), "{text}");
    }
}

pub(crate) fn certified(certificate: &Certificate) -> Manners {
    Manners { tls: Tls::Certified, certificate: Some(certificate.clone()), ..modern() }
}

pub(crate) fn stripped() -> Manners {
    Manners { tls: Tls::None, ..modern() }
}

pub(crate) fn sha256(octets: &[u8]) -> Vec<u8> {
    digest(&SHA256, octets).as_ref().to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_enforced_policy_holds_against_every_downgrade_and_the_sender_learns_why() {
    let mut guarded = Guarded::new().await;
    let text = policy("enforce", &guarded.host, 10 * DAY_MILLIS / 1000);
    guarded.serve("1", text);
    let sender = guarded.stage.host(&["sender.example"], modern()).await;
    guarded.run();
    guarded.arrives_encrypted("its own certificate").await;
    for (manners, why) in [
        (stripped(), "TLS is required and not offered"),
        (Manners { tls: Tls::Broken, ..modern() }, "TLS failed"),
        (certified(&Certificate::of("other.example", 2100)), "TLS failed"),
        (Manners { tls: Tls::SelfSigned, ..modern() }, "TLS failed"),
    ] {
        guarded.host.change(manners).await;
        // A breaker that has counted these faults is no part of this.
        guarded.stage.pass(DAY_MILLIS / 24);
        guarded.waits(why).await;
    }
    guarded.host.change(stripped()).await;
    // After five days it goes back, with the reason, and nothing was sent meanwhile.
    guarded.stage.pass(5 * DAY_MILLIS);
    guarded.stage.expire().await;
    guarded.stage.waiting(0).await;
    let failed = || sender.taken().iter().filter(|report| report.message.contains("Action: failed")).count();
    guarded.stage.until("reports", || failed() == 4).await;
    let reports = sender.taken();
    let says = |why: &str| reports.iter().any(|report| report.message.contains(why));
    assert!(says("Action: failed") && says("TLS is required and not offered"), "{reports:?}");
    assert_eq!(guarded.host.taken().len(), 1);
    guarded.stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_certificate_of_the_right_name_does_not_meet_a_policy() {
    let mut guarded = Guarded::new().await;
    guarded.own = Certificate::of(&guarded.host.name(), 2010);
    guarded.host.change(certified(&guarded.own)).await;
    let text = policy("enforce", &guarded.host, 86_400);
    guarded.serve("1", text);
    guarded.run();
    guarded.waits("TLS failed").await;
    guarded.stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_that_does_not_name_the_host_lets_nothing_out_and_one_in_testing_does() {
    for (mode, goes) in [("enforce", false), ("testing", true)] {
        let mut guarded = Guarded::new().await;
        guarded.serve("1", format!("version: STSv1\nmode: {mode}\nmx: other.example\nmax_age: 86400\n"));
        guarded.host.change(stripped()).await;
        guarded.run();
        if goes {
            guarded.arrives_clear(mode).await;
        } else {
            guarded.waits("does not name this host").await;
            // The sender may ask that it goes all the same (RFC 8689 section 3).
            let relaxed = Queueing { tls: TlsWish::Relaxed, ..Queueing::default() };
            let (state, text, came) = guarded.send(relaxed).await;
            assert_eq!((state, came), (RecipientState::Delivered, Some(false)), "{text}");
        }
        guarded.stage.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_ends_with_its_age_and_is_not_forgotten_before() {
    let mut guarded = Guarded::new().await;
    let text = policy("enforce", &guarded.host, 1000);
    guarded.serve("1", text);
    guarded.run();
    guarded.arrives_encrypted("the policy is fetched").await;
    // Whoever stands between takes HTTPS and the offer away.
    *guarded.served.0.lock() = None;
    guarded.host.change(stripped()).await;
    guarded.stage.pass(900_000);
    guarded.waits("TLS is required").await;
    guarded.stage.end().await;
    let mut late = Guarded::new().await;
    let text = policy("enforce", &late.host, 0);
    late.serve("1", text);
    late.host.change(stripped()).await;
    late.run();
    late.arrives_clear("a policy that is over").await;
    late.stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn records_in_signed_dns_go_before_a_policy_and_hold_against_a_wrong_key() {
    for (kind, right, wrong_association) in [
        ((3, 0, 1), true, false),
        ((3, 0, 1), false, true),
        // None that can be used: TLS, whoever it is (RFC 7672 section 2.2).
        ((1, 0, 1), true, true),
        ((3, 0, 7), true, true),
    ] {
        let mut guarded = Guarded::new().await;
        let association = if wrong_association { vec![1; 32] } else { sha256(&guarded.own.leaf) };
        guarded.sign(kind, association);
        // Its policy would be content with less.
        guarded.serve("1", "version: STSv1\nmode: testing\nmx: x.example\nmax_age: 86400\n".to_owned());
        guarded.run();
        match right {
            true => guarded.arrives_encrypted(&format!("{kind:?}")).await,
            false => guarded.waits("TLS failed").await,
        }
        guarded.host.change(stripped()).await;
        guarded.stage.pass(DAY_MILLIS / 24);
        guarded.waits("TLS is required and not offered").await;
        guarded.stage.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dns_that_lies_about_records_defers() {
    let mut guarded = Guarded::new().await;
    let at = format!("_{}._tcp.{}", guarded.stage.farm.port, guarded.host.name());
    guarded.stage.zone = guarded.stage.zone.clone().secure();
    guarded.stage.zone.fail(name(&at), resolver::Kind::Tlsa, resolver::DnsError::Bogus);
    guarded.run();
    guarded.waits("DNS did not tell whether the host is protected by DANE").await;
    guarded.stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_for_a_destination_holds_at_once_and_its_end_as_well() {
    let mut guarded = Guarded::new().await;
    guarded.host.change(stripped()).await;
    guarded.run();
    guarded.arrives_clear("nothing is asked").await;
    order(&guarded.stage.directory, ordered(TlsLevel::Encrypt));
    guarded.waits("TLS is required and not offered").await;
    guarded.host.change(Manners { tls: Tls::SelfSigned, ..modern() }).await;
    guarded.stage.pass(DAY_MILLIS / 24);
    guarded.arrives_encrypted("encrypt asks for no name").await;
    order(&guarded.stage.directory, ordered(TlsLevel::Verify));
    guarded.waits("TLS failed").await;
    let print: String = sha256(&guarded.own.leaf).iter().map(|octet| format!("{octet:02x}")).collect();
    guarded.host.change(certified(&guarded.own)).await;
    order(
        &guarded.stage.directory,
        TlsPolicy { fingerprints: vec![print], ..ordered(TlsLevel::Fingerprint) },
    );
    guarded.arrives_encrypted("the fingerprint").await;
    order(&guarded.stage.directory, ordered(TlsLevel::DaneOnly));
    guarded.waits("DANE is demanded").await;
    order(&guarded.stage.directory, ordered(TlsLevel::None));
    guarded.arrives_clear("TLS is ordered off").await;
    guarded.stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_domain_orders_holds_for_its_own_senders_alone() {
    let mut guarded = Guarded::new().await;
    guarded.host.change(stripped()).await;
    guarded.run();
    guarded.arrives_clear("nothing is asked").await;
    order_for_domain(&guarded.stage.directory, (20, "sender.example"), TlsLevel::Encrypt);
    guarded.waits("TLS is required and not offered").await;
    // Another domain of the account, and reports, which are of none.
    for sender in [Some("a@other.example"), None] {
        let before = guarded.host.taken().len();
        let id = guarded.stage.submit_of(1, sender, &["u@b.example"]).await;
        let entries = guarded.stage.tried(id, 1).await;
        let came = guarded.host.taken().get(before).map(|taken| taken.is_encrypted);
        let text = &entries[0].last.text;
        assert_eq!((entries[0].state, came), (RecipientState::Delivered, Some(false)), "{sender:?}: {text}");
    }
    // The account's order goes further: then that one holds, for this domain as well.
    guarded.host.change(Manners { tls: Tls::SelfSigned, ..modern() }).await;
    guarded.stage.pass(DAY_MILLIS / 24);
    guarded.arrives_encrypted("encrypt asks for no name").await;
    order(&guarded.stage.directory, ordered(TlsLevel::Verify));
    guarded.waits("TLS failed").await;
    guarded.stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_mail_of_a_mailbox_that_wants_tls_never_leaves_without() {
    let mut guarded = Guarded::new().await;
    let mailbox = strict_mailbox(&guarded.stage.directory);
    let strict = || Queueing { mailbox: Some(mailbox), ..Queueing::default() };
    guarded.host.change(stripped()).await;
    guarded.run();
    guarded.arrives_clear("another mailbox").await;
    let (state, text, came) = guarded.send(strict()).await;
    assert_eq!((state, came), (RecipientState::Scheduled, None), "{text}");
    assert!(text.contains("TLS is required"), "{text}");
    // Nor where the message itself would be content with less.
    let (state, text, came) = guarded.send(Queueing { tls: TlsWish::Relaxed, ..strict() }).await;
    assert_eq!((state, came), (RecipientState::Scheduled, None), "{text}");
    guarded.host.change(Manners { tls: Tls::SelfSigned, ..modern() }).await;
    guarded.stage.pass(DAY_MILLIS / 24);
    let (state, text, came) = guarded.send(strict()).await;
    assert_eq!((state, came), (RecipientState::Delivered, Some(true)), "{text}");
    order(&guarded.stage.directory, ordered(TlsLevel::None));
    let (state, text, came) = guarded.send(strict()).await;
    assert_eq!((state, came), (RecipientState::Bounced, None), "{text}");
    assert!(text.contains("switched off"), "{text}");
    guarded.stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requiretls_goes_to_proven_hosts_that_go_on_asking_for_it_or_comes_back() {
    let required = || Queueing { tls: TlsWish::Required, ..Queueing::default() };
    // Nothing proves the host.
    let mut guarded = Guarded::new().await;
    let sender = guarded.stage.host(&["sender.example"], modern()).await;
    guarded.run();
    let (state, text, came) = guarded.send(required()).await;
    assert_eq!((state, came), (RecipientState::Bounced, None), "{text}");
    assert!(text.contains("nothing proves this host"), "{text}");
    guarded.stage.until("a report", || sender.taken().len() == 1).await;
    let report = sender.taken()[0].message.clone();
    assert!(report.contains("Status: 5.7.30") && report.contains("text/rfc822-headers"), "{report}");
    // Whoever names no sender asks for it all the same: a report of ours alone comes in any case.
    let nobody = |origin| Acceptance {
        sender: None,
        queueing: Queueing { origin, ..required() },
        ..Stage::acceptance(&guarded.stage.message, &["u@b.example"], None)
    };
    for (origin, state) in [
        (Origin::Submitted, RecipientState::Bounced),
        (Origin::Forwarded, RecipientState::Bounced),
        (Origin::Report, RecipientState::Delivered),
    ] {
        let id = guarded.stage.accept(nobody(origin)).await;
        assert_eq!(guarded.stage.tried(id, 1).await[0].state, state, "{origin:?}");
    }
    guarded.stage.end().await;
    // It is proven, and does not offer the keyword; then it does.
    let mut guarded = Guarded::new().await;
    let text = policy("enforce", &guarded.host, 86_400);
    guarded.serve("1", text);
    guarded.run();
    let (state, text, came) = guarded.send(required()).await;
    assert_eq!((state, came), (RecipientState::Bounced, None), "{text}");
    assert!(text.contains("does not offer it"), "{text}");
    guarded.host.change(Manners { offers_under_tls: vec!["REQUIRETLS"], ..certified(&guarded.own) }).await;
    let (state, text, came) = guarded.send(required()).await;
    assert_eq!((state, came), (RecipientState::Delivered, Some(true)), "{text}");
    let taken = guarded.host.taken();
    assert!(taken[0].mail.ends_with(" REQUIRETLS"), "{taken:?}");
    // Others are not asked for it.
    guarded.arrives_encrypted("without the keyword").await;
    assert!(!guarded.host.taken()[1].mail.contains("REQUIRETLS"));
    guarded.stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_session_is_counted_under_its_policy_with_what_was_wrong() {
    let mut guarded = Guarded::new().await;
    let text = policy("enforce", &guarded.host, 86_400);
    guarded.serve("1", text);
    guarded.run();
    guarded.arrives_encrypted("over a new connection").await;
    guarded.arrives_encrypted("over the same").await;
    guarded.host.change(stripped()).await;
    guarded.waits("TLS is required").await;
    guarded.host.change(certified(&Certificate::of("other.example", 2100))).await;
    guarded.stage.pass(DAY_MILLIS / 24);
    guarded.waits("TLS failed").await;
    let counted = guarded.tally.take();
    assert!(counted.iter().all(|(result, _)| result.kind == "sts" && result.policy_domain == DOMAIN));
    let count = |fault: &str| -> u64 {
        counted.iter().filter(|(result, _)| result.fault == fault).map(|(_, count)| count).sum()
    };
    assert_eq!([count(""), count("starttls-not-supported")], [2, 1], "{counted:?}");
    // The one that waited is tried again meanwhile.
    assert!(count("certificate-not-trusted") >= 1, "{counted:?}");
    guarded.stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requiretls_waits_where_the_proof_may_come() {
    let mut guarded = Guarded::new().await;
    let text = policy("enforce", &guarded.host, 86_400);
    guarded.serve("1", text);
    *guarded.served.0.lock() = None;
    guarded.run();
    let (state, text, came) = guarded.send(Queueing { tls: TlsWish::Required, ..Queueing::default() }).await;
    assert_eq!((state, came), (RecipientState::Scheduled, None), "{text}");
    assert!(text.contains("could not be fetched"), "{text}");
    guarded.stage.end().await;
}
