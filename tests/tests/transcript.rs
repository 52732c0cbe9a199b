//! Conversations with the protocol servers, as they stand in `transcripts/`: over a pipe in memory, a real store and a
//! real directory.
//!
//! | line | meaning |
//! |---|---|
//! | `@ open NAME smtp\|checked\|lmtp\|submission\|imap clear\|tls [PEER]` | a new session; `checked` is smtp with DNS of `zone.master` |
//! | `NAME> text` | the client says a line; `\r`, `\n`, `\0`, `\xHH` are octets |
//! | `NAME>! text` | the same without a line end |
//! | `NAME< pattern` | the server's next line; `*` is anything |
//! | `NAME<< pattern` | a later line; what comes before it is passed over |
//! | `NAME<! ` | the server has closed the connection |
//! | `@ queued SENDER RECIPIENT` | such a message waits for another host; `<>` is no sender |
//! | `@ asks RECIPIENT NOTIFY` | for such a recipient elsewhere the next host is asked so |
//! | `@ leaves` | what is queued is tried by a host that refuses `friend@` for ever and everybody else for now |
//! | `@ untraced STAGE` | the trace shows no such step |
//! | `@ waiting COUNT` | so many recipients wait for other hosts |
//! | `@ held RECIPIENT` | of all that waits this alone is held |
//! | `@ traced STAGE RECIPIENT [WORD]` | the trace shows such a step, with a reason or folder; `-` is no recipient |
//! | `@ judged STAGE ACTION` | such a verdict is counted |
//! | `@ noted [SHARE...]` | since it was last looked at, people are to hear of these shares of what aliases may pass on |
//! | `@ begun` | every way in the trace begins with how the message came, whoever looks |
//! | `@ suspend`, `restrict`, `resume`, `end`, `purge` | the service is in that state |
//! | `@ hold carol` | what carol's mailbox sends is held |
//! | `@ catch-all TARGET` | x.example has a catch-all that leads there |
//! | `@ sandbox` | the account only tries things out |
//! | `@ minutely COUNT` | the plan lets the service send to so many a minute |
//! | `@ hourly COUNT` | the mailboxes of x.example send to so many an hour |
//! | `@ pool OCTETS` | the mailboxes of x.example share so much |
//! | `@ stuck RECIPIENT` | nothing can be queued for it: the database refuses |
//! | `@ fill MAILBOX` | alice's mailbox, or the archive, gets as much as it may hold |
//! | `@ archive DAYS` | archive@x.example gets a copy of all that x.example sends and gets, and keeps it so long |

#[path = "transcript/doubles.rs"]
mod doubles;
#[path = "transcript/leaving.rs"]
mod leaving;

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use database::Database;
use directory::Directory;
use engine::Follower as _;
use hosting::account::AccountEvent;
use hosting::address_map::{AddressMap, AddressMapKind};
use hosting::alias::{AliasEvent, AliasSettings, Disposition};
use hosting::book::BookEvent;
use hosting::domain::{DomainEvent, DomainSettings, QuotaMode, VerifiedBy};
use hosting::mailbox::{HoldReason, MailboxEvent};
use hosting::service::{ServiceEvent, SuspensionReason};
use hosting::share::{Share, ShareRole};
use hosting::{HostingEvent, PasswordHash};
use kernel::{
    AccountId, Actor, AddressMapId, AliasId, ByteSize, Causation, CorrelationId, Cursor, DomainId,
    DomainName, EmailAddress, EventId, LocalPart, MailboxId, Metadata, Position, Recorded, Sealed, ServiceId,
    ShareId, StreamId, SubjectId, TenantId, Timestamp, Version, Via,
};
use listener::{Connection, Counters, Encryption, Metrics, Stream};
use rustls_pki_types::PrivatePkcs8KeyDer;
use secrecy::SecretString;
use store::{Acceptance, Deposit, Destination, Flags, Owner, Retention, Sends, SqlStore, Store as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use doubles::{Confirmations, Noted, Postmasters, Wary};

/// Longest wait for a line; generous, since a busy machine is no fault of ours.
const LINE_WAIT: Duration = Duration::from_secs(20);
/// The quota of every mailbox but `full`.
const QUOTA: ByteSize = ByteSize::mib(1);

/// Memory for messages that are being received, of each server: a mailbox has room for one, its account for two.
const MEMORY_OCTETS_MAX: usize = 3 * 1024 * 1024;

/// Who connects where nothing else is said.
const PEER: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));

struct World {
    directory: Arc<Directory>,
    store: Arc<SqlStore>,
    exchange: Arc<smtp::Server>,
    checked: Arc<smtp::Server>,
    lmtp: Arc<smtp::Server>,
    submission: Arc<smtp::Server>,
    imap: Arc<imap::Server>,
    metrics: Metrics,
    registry: prometheus::Registry,
    database: Database,
    noted: Arc<Noted>,
    _folder: tempfile::TempDir,
}

/// The client's end of a session, with what was read and not yet looked at.
struct Session {
    pipe: DuplexStream,
    read: Vec<u8>,
}

fn tenant() -> TenantId {
    TenantId::new(Uuid::from_u128(1))
}

fn recorded(id: u128, event: HostingEvent) -> Recorded<HostingEvent> {
    recorded_of(tenant(), id, event)
}

fn recorded_of(tenant: TenantId, id: u128, event: HostingEvent) -> Recorded<HostingEvent> {
    Recorded {
        cursor: Cursor { tenant, position: Position(1) },
        stream: StreamId { category: event.category(), id: Uuid::from_u128(id) },
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
        event,
    }
}

fn mailbox(id: u128, local: &str, quota: ByteSize, hash: &PasswordHash) -> Recorded<HostingEvent> {
    let subject = SubjectId::of_mailbox(MailboxId::new(Uuid::from_u128(id)));
    let created = MailboxEvent::Created {
        account: tenant().account(),
        service: ServiceId::new(Uuid::from_u128(10)),
        domain: DomainId::new(Uuid::from_u128(20)),
        domain_name: DomainName::parse("x.example").expect("a name"),
        local: Sealed::new(subject, LocalPart::parse(local).expect("a local part")),
        quota,
        display_name: None,
        password: Some(Sealed::new(subject, hash.clone())),
    };
    recorded(id, HostingEvent::Mailbox(created))
}

fn alias(id: u128, local: &str, target: &str) -> Recorded<HostingEvent> {
    recorded(id, HostingEvent::Alias(alias_of((tenant(), 10, 20, "x.example"), id, (local, target))))
}

/// An alias of a tenant's service and domain.
fn alias_of(
    (tenant, service, domain, name): (TenantId, u128, u128, &str),
    id: u128,
    (local, targets): (&str, &str),
) -> AliasEvent {
    let address = |target| EmailAddress::parse(target).expect("an address");
    let subject = SubjectId::of_alias(AliasId::new(Uuid::from_u128(id)));
    AliasEvent::Created {
        account: tenant.account(),
        service: ServiceId::new(Uuid::from_u128(service)),
        domain: DomainId::new(Uuid::from_u128(domain)),
        domain_name: DomainName::parse(name).expect("a name"),
        local: Some(Sealed::new(subject, LocalPart::parse(local).expect("a local part"))),
        targets: Sealed::new(subject, targets.split(' ').map(address).collect()),
        temporary: None,
    }
}

/// The alias throws away what comes for it.
fn discarding(id: u128) -> Recorded<HostingEvent> {
    let settings = AliasSettings { disposition: Disposition::Discard, ..AliasSettings::default() };
    let settings = Sealed::new(SubjectId::of_alias(AliasId::new(Uuid::from_u128(id))), Box::new(settings));
    recorded(id, HostingEvent::Alias(AliasEvent::SettingsChanged { settings, changed: Vec::new() }))
}

/// A rule of x.example.
fn map(id: u128, kind: AddressMapKind, from: &str, to: &str) -> Recorded<HostingEvent> {
    let content = AddressMap { kind, from: from.to_owned(), to: to.to_owned(), ..AddressMap::default() };
    let subject = SubjectId::of_account(tenant().account());
    let added = BookEvent::Added {
        entry: AddressMapId::new(Uuid::from_u128(id)),
        account: tenant().account(),
        service: Some(ServiceId::new(Uuid::from_u128(10))),
        domain: Some(DomainId::new(Uuid::from_u128(20))),
        mailbox: None,
        content: Sealed::new(subject, Box::new(content)),
    };
    recorded(20, HostingEvent::Entry(added.into()))
}

/// What `member` may do in the mailbox `shared`.
fn share(id: u128, shared: u128, member: u128, roles: &[ShareRole]) -> Recorded<HostingEvent> {
    let member = MailboxId::new(Uuid::from_u128(member)).to_string();
    let content = Share { member, roles: roles.iter().copied().collect() };
    let subject = SubjectId::of_mailbox(MailboxId::new(Uuid::from_u128(shared)));
    let added = BookEvent::Added {
        entry: ShareId::new(Uuid::from_u128(id)),
        account: tenant().account(),
        service: Some(ServiceId::new(Uuid::from_u128(10))),
        domain: Some(DomainId::new(Uuid::from_u128(20))),
        mailbox: Some(MailboxId::new(Uuid::from_u128(shared))),
        content: Sealed::new(subject, Box::new(content)),
    };
    recorded(shared, HostingEvent::Entry(added.into()))
}

/// A neighbour: somebody else's mailbox `zoe@y.example`, and `far@y.example`, which leads elsewhere.
fn neighbour() -> Vec<Recorded<HostingEvent>> {
    let other = TenantId::new(Uuid::from_u128(2));
    let name = || DomainName::parse("y.example").expect("a name");
    let (service, domain) = (ServiceId::new(Uuid::from_u128(70)), DomainId::new(Uuid::from_u128(71)));
    let mailbox = MailboxId::new(Uuid::from_u128(72));
    let added = DomainEvent::Added {
        account: other.account(),
        service,
        name: name(),
        token: String::new(),
        mirrors: None,
        is_claimed: true,
    };
    let created = MailboxEvent::Created {
        account: other.account(),
        service,
        domain,
        domain_name: name(),
        local: Sealed::new(SubjectId::of_mailbox(mailbox), LocalPart::parse("zoe").expect("a local part")),
        quota: QUOTA,
        display_name: None,
        password: None,
    };
    let events = [
        (70, HostingEvent::Service(ordered())),
        (70, HostingEvent::Service(ServiceEvent::Activated)),
        (71, HostingEvent::Domain(added)),
        (71, HostingEvent::Domain(DomainEvent::Verified { by: VerifiedBy::Operator })),
        (72, HostingEvent::Mailbox(created)),
        (
            73,
            HostingEvent::Alias(alias_of((other, 70, 71, "y.example"), 73, ("far", "zoe@elsewhere.example"))),
        ),
    ];
    events.into_iter().map(|(id, event)| recorded_of(other, id, event)).collect()
}

fn acceptor() -> TlsAcceptor {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).expect("a certificate");
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let config =
        rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key.into())
            .expect("a pair");
    TlsAcceptor::from(Arc::new(config))
}

/// A service of the largest plan.
fn ordered() -> ServiceEvent {
    let custom = hosting::plan::catalogue().into_iter().find(|entry| entry.slug == "custom").expect("a plan");
    ServiceEvent::Ordered {
        account: AccountId::new(Uuid::from_u128(1)),
        plan: custom.plan,
        version: custom.version,
        limits: custom.terms.limits,
    }
}

/// The stages for mail from outside, over a zone and with a name that DNS does not answer for.
async fn stages(database: Database) -> smtp::Inbound {
    let name = |text| resolver::Name::parse(text).expect("a name");
    let mut zone = resolver::Zone::parse(include_str!("../transcripts/zone.master")).expect("a zone");
    for slow in ["slow.example", "_dmarc.slow.example", "silent.example", "s._domainkey.silent.example"] {
        zone.fail(name(slow), resolver::Kind::Txt, resolver::DnsError::Timeout);
    }
    let settings = smtp::InboundSettings {
        trusted_networks: Vec::new(),
        trusted_forwarders: Vec::new(),
        trusted_sealers: Vec::new(),
        dmarc_exempt_domains: Vec::new(),
        dnsbls: vec![(name("bl.example"), smtp::OnListing::Refuse)],
        honours_dmarc: true,
        greylisting_wait: Some(Duration::ZERO),
        greeting_wait: Duration::from_millis(300),
        connections_per_network_max: 10,
    };
    let retries = store::Retries::open(database).await.expect("a table");
    smtp::Inbound::new(settings, Arc::new(zone), retries)
}

/// The domain and its people, as their events tell.
fn people(hash: &PasswordHash) -> Vec<Recorded<HostingEvent>> {
    let added = DomainEvent::Added {
        account: AccountId::new(Uuid::from_u128(1)),
        service: ServiceId::new(Uuid::from_u128(10)),
        name: DomainName::parse("x.example").expect("a name"),
        token: String::new(),
        mirrors: None,
        is_claimed: true,
    };
    vec![
        recorded(10, HostingEvent::Service(ordered())),
        recorded(10, HostingEvent::Service(ServiceEvent::Activated)),
        recorded(20, HostingEvent::Domain(added)),
        recorded(20, HostingEvent::Domain(DomainEvent::Verified { by: VerifiedBy::Operator })),
        mailbox(30, "alice", QUOTA, hash),
        mailbox(31, "bob", QUOTA, hash),
        mailbox(32, "full", ByteSize::new(10), hash),
        mailbox(33, "off", QUOTA, hash),
        recorded(33, HostingEvent::Mailbox(MailboxEvent::Disabled)),
        alias(40, "info", "alice@x.example"),
        alias(41, "round", "about@x.example"),
        alias(42, "about", "round@x.example"),
        alias(43, "away", "friend@elsewhere.example"),
        alias(45, "abroad", "friend@elsewhere.example"),
        alias(44, "noreply", "alice@x.example"),
        alias(46, "group", "alice@x.example eve@x.example friend@elsewhere.example"),
        alias(47, "crowd", "c1@elsewhere.example c2@elsewhere.example c3@elsewhere.example"),
        alias(48, "nest", "crowd@x.example c4@elsewhere.example"),
        alias(49, "mixed", "zoe@y.example bob@x.example"),
        alias(56, "astray", "zoe@y.example"),
        discarding(44),
        mailbox(34, "carol", QUOTA, hash),
        mailbox(35, "team", QUOTA, hash),
        mailbox(36, "dave", QUOTA, hash),
        mailbox(37, "eve", QUOTA, hash),
        mailbox(38, "archive", QUOTA, hash),
        share(60, 35, 36, &[ShareRole::Read, ShareRole::Write, ShareRole::Manage, ShareRole::SendOnBehalf]),
        share(61, 35, 37, &[ShareRole::Read, ShareRole::SendAs]),
        map(50, AddressMapKind::Recipient, "sales@x.example", "carol@x.example"),
        map(51, AddressMapKind::Recipient, "gone@x.example", "friend@elsewhere.example"),
        map(52, AddressMapKind::RecipientCopy, "carol@x.example", "audit@elsewhere.example"),
        map(53, AddressMapKind::SenderCopy, "carol@x.example", "archive@elsewhere.example"),
    ]
}

impl World {
    async fn open(hash: &PasswordHash) -> Self {
        let directory = Arc::new(Directory::new());
        directory.apply(&people(hash)).expect("taken");
        directory.apply(&neighbour()).expect("taken");
        let folder = tempfile::tempdir().expect("a folder");
        let database = Database::open_sqlite(&folder.path().join("mail.db")).expect("a file");
        let now: store::Now = Arc::new(|| Timestamp::from_secs(1_800_000_000));
        let store = Arc::new(
            SqlStore::open(database.clone(), now.clone(), Retention::days(30)).await.expect("a store"),
        );
        let sends = Sends::open(database.clone()).await.expect("a table");
        let noted: Arc<Noted> = Arc::default();
        let tls = acceptor();
        let (trace, writer) = smtp::Trace::new(Arc::clone(&store) as Arc<dyn store::Queue>);
        tokio::spawn(writer.run());
        let server = |role| {
            let settings = smtp::Settings {
                hostname: DomainName::parse("mx.x.example").expect("a name"),
                message_size_max: ByteSize::new(100_000),
                memory_octets_max: MEMORY_OCTETS_MAX,
            };
            let (directory, store) = (Arc::clone(&directory), Arc::clone(&store));
            let srs = sign::Srs::new(&[7; 32], settings.hostname.clone());
            let server =
                smtp::Server::new(role, settings, Arc::clone(&directory), store, (tls.clone(), now.clone()));
            let confirm = Arc::new(Confirmations(directory));
            let server = server.confirming(confirm).traced(Arc::clone(&trace));
            let server = server.counting(sends.clone()).forwarding(srs).watched(Arc::new(Wary));
            server.telling_limits(Arc::clone(&noted) as Arc<dyn smtp::LimitWatch>)
        };
        let reached = |server: smtp::Server| server.reaching_postmasters(Arc::new(Postmasters));
        let checked =
            reached(server(smtp::Role::Exchange)).checked_by(Arc::new(stages(database.clone()).await));
        let imap = imap::Server::new(
            imap::Settings { message_size_max: ByteSize::new(100_000), memory_octets_max: MEMORY_OCTETS_MAX },
            Arc::clone(&directory),
            Arc::clone(&store) as Arc<dyn store::Store>,
            tls.clone(),
            now.clone(),
        );
        let registry = prometheus::Registry::new();
        let metrics = Metrics::register(&registry).expect("counters");
        Self {
            exchange: Arc::new(reached(server(smtp::Role::Exchange))),
            checked: Arc::new(checked),
            // Nobody is named for it.
            lmtp: Arc::new(server(smtp::Role::LocalDelivery)),
            submission: Arc::new(reached(server(smtp::Role::Submission))),
            directory,
            store,
            imap: Arc::new(imap),
            metrics,
            registry,
            database,
            noted,
            _folder: folder,
        }
    }

    fn session(&self, protocol: &str, encryption: &str, peer: IpAddr) -> Session {
        let encryption = if encryption == "tls" { Encryption::Tls } else { Encryption::None };
        let (near, far) = tokio::io::duplex(1 << 20);
        let connection = Connection {
            stream: Stream::Pipe(far, encryption),
            peer,
            counters: Counters::new(self.metrics.clone(), "transcript"),
        };
        let stop = CancellationToken::new();
        match protocol {
            "smtp" => drop(tokio::spawn(converse(Arc::clone(&self.exchange), connection, stop))),
            "checked" => drop(tokio::spawn(converse(Arc::clone(&self.checked), connection, stop))),
            "lmtp" => drop(tokio::spawn(converse(Arc::clone(&self.lmtp), connection, stop))),
            "submission" => drop(tokio::spawn(converse(Arc::clone(&self.submission), connection, stop))),
            "imap" => drop(tokio::spawn(converse(Arc::clone(&self.imap), connection, stop))),
            other => panic!("no protocol {other}"),
        }
        Session { pipe: near, read: Vec::new() }
    }

    /// Puts a message into a mailbox that may hold so much.
    async fn put(&self, owner: Owner, message: Vec<u8>, quota: ByteSize) {
        let deposit = Deposit {
            owner,
            destination: Destination::Inbox,
            flags: Flags::NONE,
            internal_date: None,
            quota: quota.into(),
            prefix: Bytes::new(),
        };
        let acceptance = Acceptance {
            message: Bytes::from(message),
            deposits: vec![deposit],
            queued: Vec::new(),
            sender: None,
            tenant: tenant(),
            dsn: (None, None),
            queueing: store::Queueing::default(),
        };
        assert!(self.store.accept(acceptance).await.expect("accepted").deposits[0].is_ok());
    }

    async fn direct(&self, words: &[&str], sessions: &mut HashMap<String, Session>) {
        match words {
            ["open", name, protocol, encryption, rest @ ..] => {
                let peer = rest.first().map_or(PEER, |text| text.parse().expect("an address"));
                sessions.insert((*name).to_owned(), self.session(protocol, encryption, peer));
            }
            ["sandbox"] => {
                let name = Sealed::new(SubjectId::of_account(tenant().account()), "x".to_owned());
                let opened = AccountEvent::Opened { name, parent: None, is_sandbox: true };
                self.directory.apply(&[recorded(1, HostingEvent::Account(opened))]).expect("taken");
            }
            ["hold", "carol"] => {
                let (reason, at) = (HoldReason::NewRecipients, Timestamp::from_secs(1_800_000_000));
                let held = HostingEvent::Mailbox(MailboxEvent::SendingHeld { reason, at });
                self.directory.apply(&[recorded(34, held)]).expect("taken");
            }
            // The plan lets its messages have so many recipients, and its mailboxes send to so many a day.
            ["plan", recipients, sends] => {
                let custom = hosting::plan::catalogue().into_iter().find(|entry| entry.slug == "custom");
                let custom = custom.expect("a plan");
                let mut limits = custom.terms.limits;
                limits.recipients_per_message_max = recipients.parse().expect("a number");
                limits.sends.mailbox = Some(sends.parse().expect("a number"));
                let changed = ServiceEvent::PlanChanged { plan: custom.plan, version: 1, limits };
                self.directory.apply(&[recorded(10, HostingEvent::Service(changed))]).expect("taken");
            }
            // The plan lets the whole service send to so many a minute.
            ["minutely", sends] => {
                let custom = hosting::plan::catalogue().into_iter().find(|entry| entry.slug == "custom");
                let custom = custom.expect("a plan");
                let mut limits = custom.terms.limits;
                limits.sends_per_minute.service = Some(sends.parse().expect("a number"));
                let changed = ServiceEvent::PlanChanged { plan: custom.plan, version: 2, limits };
                self.directory.apply(&[recorded(10, HostingEvent::Service(changed))]).expect("taken");
            }
            // The plan lets the whole service send to so many a day.
            ["service", sends] => {
                let custom = hosting::plan::catalogue().into_iter().find(|entry| entry.slug == "custom");
                let custom = custom.expect("a plan");
                let mut limits = custom.terms.limits;
                limits.sends.service = Some(sends.parse().expect("a number"));
                let changed = ServiceEvent::PlanChanged { plan: custom.plan, version: 1, limits };
                self.directory.apply(&[recorded(10, HostingEvent::Service(changed))]).expect("taken");
            }
            // Its domain's settings let all of x.example send to so many an hour.
            ["hourly", sends] => {
                let most = sends.parse().expect("a number");
                let settings = DomainSettings { sends_per_hour_max: Some(most), ..DomainSettings::default() };
                let settings = Sealed::new(SubjectId::of_account(tenant().account()), Box::new(settings));
                let changed = DomainEvent::SettingsChanged { settings, changed: Vec::new() };
                self.directory.apply(&[recorded(20, HostingEvent::Domain(changed))]).expect("taken");
            }
            [state @ ("suspend" | "restrict" | "resume" | "end" | "purge")] => {
                let event = match *state {
                    "suspend" => ServiceEvent::Suspended { reason: SuspensionReason::Abuse },
                    "restrict" => ServiceEvent::Restricted,
                    "resume" => ServiceEvent::Resumed,
                    "end" => ServiceEvent::Ended { purge_after: Timestamp::from_secs(1) },
                    _ => ServiceEvent::Purged,
                };
                self.directory.apply(&[recorded(10, HostingEvent::Service(event))]).expect("taken");
            }
            ["pool", octets] => {
                let settings = DomainSettings {
                    quota_mode: QuotaMode::Pooled,
                    storage_octets_max: Some(octets.parse().expect("a number")),
                    ..DomainSettings::default()
                };
                let settings = Sealed::new(SubjectId::of_account(tenant().account()), Box::new(settings));
                let changed =
                    DomainEvent::SettingsChanged { settings, changed: vec!["quota_mode".to_owned()] };
                self.directory.apply(&[recorded(20, HostingEvent::Domain(changed))]).expect("taken");
                let domain = DomainId::new(Uuid::from_u128(20));
                let members = self.directory.mailboxes_in(tenant(), domain);
                self.store.pool(tenant(), domain, &members).await.expect("counted");
            }
            ["stuck", recipient] => {
                let trigger = format!(
                    "CREATE TRIGGER stuck BEFORE INSERT ON queue_recipient WHEN NEW.address = '{recipient}' \
                     BEGIN SELECT RAISE(ABORT, 'stuck'); END"
                );
                self.database.write(vec![database::Statement::new(trigger)]).await.expect("a trigger");
            }
            ["archive", days] => {
                let everything = "@x.example";
                let page = [
                    map(54, AddressMapKind::RecipientCopy, everything, "archive@x.example"),
                    map(55, AddressMapKind::SenderCopy, everything, "archive@x.example"),
                ];
                self.directory.apply(&page).expect("taken");
                let owner = Owner { tenant: tenant(), mailbox: MailboxId::new(Uuid::from_u128(38)) };
                self.store.retain(owner, days.parse().ok()).await.expect("kept");
            }
            ["fill", whose] => {
                let number = if *whose == "archive" { 38 } else { 30 };
                let owner = Owner { tenant: tenant(), mailbox: MailboxId::new(Uuid::from_u128(number)) };
                let used = self.store.usage(owner).await.expect("usage").size.octets();
                let octets = usize::try_from(QUOTA.octets() - used).expect("small");
                self.put(owner, vec![b'x'; octets], QUOTA).await;
            }
            ["queued", sender, recipient] => {
                let queued = self.store.queued(None, 0, 100).await.expect("a queue");
                let is_told = queued.iter().any(|queued| {
                    let from = queued.sender.as_ref().map_or("<>".to_owned(), ToString::to_string);
                    let mut to = queued.recipients.iter().map(|recipient| recipient.address.to_string());
                    from == *sender && to.any(|to| to == *recipient)
                });
                assert!(is_told, "{sender} to {recipient} is not in {queued:?}");
            }
            ["asks", recipient, notify] => {
                let queued = self.store.queued(None, 0, 100).await.expect("a queue");
                let mut recipients = queued.iter().flat_map(|queued| &queued.recipients);
                let last = recipients.rfind(|to| to.address.to_string() == *recipient);
                let asked = last.and_then(|to| to.notify.as_deref());
                assert_eq!(asked, Some(*notify), "{queued:?}");
            }
            ["catch-all", target] => self.directory.apply(&[doubles::catch_all(target)]).expect("taken"),
            ["leaves"] => leaving::leaves(&self.store, &self.directory).await,
            ["untraced", stage] => {
                let filter = store::PassageFilter { stage: store::Stage::parse(stage), ..Default::default() };
                let found = store::Queue::passages(&*self.store, tenant(), &filter, None, 100).await;
                assert!(found.expect("a trace").is_empty(), "{stage}");
            }
            ["waiting", count] => {
                let queued = self.store.queued(None, 0, 100).await.expect("a queue");
                let found: usize = queued.iter().map(|queued| queued.recipients.len()).sum();
                assert_eq!(found.to_string(), *count, "{queued:?}");
            }
            ["traced", stage, recipient, rest @ ..] => self.traced(stage, recipient, &rest.join(" ")).await,
            ["judged", stage, action] => {
                let families = self.registry.gather();
                let mut verdicts =
                    families.iter().filter(|family| family.name() == "hosterra_verdicts_total");
                let is_it = |metric: &prometheus::proto::Metric| {
                    let value = |name: &str| {
                        metric
                            .get_label()
                            .iter()
                            .find(|label| label.name() == name)
                            .map(|label| label.value())
                    };
                    (value("stage"), value("action")) == (Some(*stage), Some(*action))
                };
                assert!(verdicts.any(|family| family.get_metric().iter().any(is_it)), "{stage} {action}");
            }
            ["noted", shares @ ..] => {
                assert_eq!(std::mem::take(&mut *self.noted.0.lock().expect("no panic")), shares);
            }
            ["begun"] => self.begun().await,
            ["held", recipients @ ..] => {
                let selection = store::Selection {
                    state: store::StateSelection::Only(store::RecipientState::Held),
                    ..Default::default()
                };
                let held = store::Queue::entries(&*self.store, &selection, None, 10).await.expect("a queue");
                let held: Vec<String> = held.iter().map(|entry| entry.address.to_string()).collect();
                assert_eq!(held, recipients);
            }
            other => panic!("no direction {other:?}"),
        }
    }
}

impl World {
    /// Waits until the trace shows a step of this stage for `recipient`, with `word` among its reasons, as its folder, or
    /// anything where it is empty.
    async fn traced(&self, stage: &str, recipient: &str, word: &str) {
        let stage = store::Stage::parse(stage).expect("a stage");
        let named = (recipient != "-").then(|| recipient.to_owned());
        let filter = store::PassageFilter {
            stage: Some(stage),
            recipient: named.clone(),
            ..store::PassageFilter::default()
        };
        let fits = |passage: &store::Passage| {
            let has_word = word.is_empty()
                || passage.reasons.iter().any(|reason| reason == word)
                || passage.folder.as_deref() == Some(word);
            has_word && passage.recipient == named
        };
        for _ in 0..400 {
            let found = store::Queue::passages(&*self.store, tenant(), &filter, None, 100).await;
            if found.expect("a trace").iter().any(|(_, passage)| fits(passage)) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("the trace has no {stage:?} for {recipient} with {word}");
    }

    /// Looks as the account, as the domain's administrator, and as each mailbox.
    async fn begun(&self) {
        let domain = DomainId::new(Uuid::from_u128(20));
        let parts = |domains, mailboxes| store::Sight::Parts { domains, mailboxes };
        let mailboxes = (30..40).map(|id| parts(Vec::new(), vec![MailboxId::new(Uuid::from_u128(id))]));
        let all = [store::Sight::All, parts(vec![domain], Vec::new())];
        let mut way_count = 0;
        for sight in all.into_iter().chain(mailboxes) {
            let filter = store::PassageFilter { sight: sight.clone(), ..store::PassageFilter::default() };
            let found = store::Queue::passages(&*self.store, tenant(), &filter, None, 1000).await;
            // The newest comes first: what is left is the oldest of each message.
            let first: HashMap<String, store::Passage> = found
                .expect("a trace")
                .into_iter()
                .map(|(_, passage)| (passage.message.clone(), passage))
                .collect();
            way_count += first.len();
            for passage in first.into_values() {
                let is_beginning = matches!(
                    passage.stage,
                    store::Stage::Received | store::Stage::Submitted | store::Stage::Refused
                );
                assert!(is_beginning, "{sight:?} sees it begin with {passage:?}");
            }
        }
        assert!(way_count > 0, "nobody sees anything");
    }
}

async fn converse<P: listener::Protocol>(server: Arc<P>, connection: Connection, stop: CancellationToken) {
    server.converse(connection, stop).await;
}

impl Session {
    /// The next line without its end; none where the server has closed.
    async fn line(&mut self) -> Result<Option<String>, String> {
        loop {
            if let Some(end) = self.read.iter().position(|octet| *octet == b'\n') {
                let line: Vec<u8> = self.read.drain(..=end).collect();
                return Ok(Some(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned()));
            }
            let mut buffer = [0_u8; 4096];
            match tokio::time::timeout(LINE_WAIT, self.pipe.read(&mut buffer)).await {
                Err(_) => {
                    return Err(format!("silence; read so far {:?}", String::from_utf8_lossy(&self.read)));
                }
                Ok(Ok(0) | Err(_)) => return Ok(None),
                Ok(Ok(count)) => self.read.extend_from_slice(&buffer[..count]),
            }
        }
    }
}

/// Whether a line fits a pattern in which `*` is anything.
fn fits(pattern: &str, line: &str) -> bool {
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = line.strip_prefix(first) else { return false };
    let pieces: Vec<&str> = pieces.collect();
    let Some((last, middle)) = pieces.split_last() else { return rest.is_empty() };
    for piece in middle {
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// `\r`, `\n`, `\0` and `\xHH` as octets.
fn octets(text: &str) -> Vec<u8> {
    let mut octets = Vec::new();
    let mut rest = text;
    while let Some((plain, escaped)) = rest.split_once('\\') {
        octets.extend_from_slice(plain.as_bytes());
        let (octet, length) = match escaped.as_bytes().first() {
            Some(b'r') => (Some(b'\r'), 1),
            Some(b'n') => (Some(b'\n'), 1),
            Some(b'0') => (Some(0), 1),
            Some(b'x') => (u8::from_str_radix(escaped.get(1..3).unwrap_or_default(), 16).ok(), 3),
            _ => (Some(b'\\'), 0),
        };
        octets.extend(octet);
        rest = &escaped[length..];
    }
    octets.extend_from_slice(rest.as_bytes());
    octets
}

async fn play(text: &str, hash: &PasswordHash) -> Result<(), String> {
    let world = World::open(hash).await;
    let mut sessions: HashMap<String, Session> = HashMap::new();
    for (number, line) in (1..).zip(text.lines()) {
        let at = |fault: String| format!("line {number} `{line}`: {fault}");
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(direction) = line.strip_prefix("@ ") {
            world.direct(&direction.split(' ').collect::<Vec<_>>(), &mut sessions).await;
            continue;
        }
        let (name, rest) = line.split_at(line.find(['<', '>']).ok_or_else(|| at("what is this".to_owned()))?);
        let session = sessions.get_mut(name).ok_or_else(|| at("no such session".to_owned()))?;
        if let Some(said) = rest.strip_prefix('>') {
            let (said, end) = match said.strip_prefix('!') {
                Some(said) => (said, ""),
                None => (said, "\r\n"),
            };
            let mut said = octets(said.strip_prefix(' ').unwrap_or(said));
            said.extend_from_slice(end.as_bytes());
            session.pipe.write_all(&said).await.map_err(|error| at(error.to_string()))?;
            continue;
        }
        if rest.starts_with("<!") {
            if let Some(more) = session.line().await.map_err(at)? {
                return Err(at(format!("not closed: {more}")));
            }
            continue;
        }
        let (pattern, passes_over) = match rest.strip_prefix("<<") {
            Some(pattern) => (pattern, true),
            None => (&rest[1..], false),
        };
        let pattern = pattern.strip_prefix(' ').unwrap_or(pattern);
        let mut passed = Vec::new();
        loop {
            let Some(heard) = session.line().await.map_err(at)? else {
                return Err(at(format!("closed after {passed:?}")));
            };
            if fits(pattern, &heard) {
                break;
            }
            passed.push(heard);
            if !passes_over {
                return Err(at(format!("heard `{}`", passed[0])));
            }
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_transcript_is_answered_as_it_stands() {
    let phc = directory::password::hash(&SecretString::from("pw")).expect("a hash");
    let hash = PasswordHash::parse(&phc).expect("a hash");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("transcripts");
    let mut paths: Vec<_> =
        std::fs::read_dir(&folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    paths.sort();
    let mut faults = Vec::new();
    for path in &paths {
        let text = std::fs::read_to_string(path).expect("a transcript");
        if let Err(fault) = play(&text, &hash).await {
            faults.push(format!("{}: {fault}", path.file_name().unwrap_or_default().to_string_lossy()));
        }
    }
    assert!(paths.len() >= 10, "the transcripts are missing");
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// Who errs and connects again, from the same network, waits on from where it was; one whose mail is not checked does not.
#[tokio::test(flavor = "multi_thread")]
async fn who_connects_again_begins_no_new_count_of_faults() {
    let hash = PasswordHash::parse(&directory::password::hash(&SecretString::from("pw")).expect("a hash"));
    let world = World::open(&hash.expect("a hash")).await;
    let errs = async |protocol: &str, peer: &str| {
        let mut session = world.session(protocol, "clear", peer.parse().expect("an address"));
        let greeting = session.line().await.expect("a line");
        assert!(greeting.is_some_and(|line| line.starts_with("220 ")));
        let said = b"EHLO mx.good.example\r\nMAIL FROM:<a@good.example>\r\nRCPT TO:<nobody@x.example>\r\n";
        session.pipe.write_all(said).await.expect("taken");
        let begun = std::time::Instant::now();
        while let Some(line) = session.line().await.expect("a line") {
            if line.starts_with("550 5.1.1") {
                return begun.elapsed();
            }
        }
        panic!("closed");
    };
    for (count, host) in (0..3).zip(1..) {
        let waited = errs("checked", &format!("192.0.2.{host}")).await;
        assert!(waited >= Duration::from_secs(count), "{waited:?} for fault {count}");
        errs("smtp", "192.0.2.1").await;
    }
    assert!(errs("smtp", "192.0.2.1").await < Duration::from_secs(2), "nobody counts these");
}

/// Recipients beyond the limit of a message are turned away one by one; they cost an answer each and no room.
#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_thousand_recipients_are_a_thousand_and_answers() {
    const OFFERED: usize = 100_000;
    let hash = PasswordHash::parse(&directory::password::hash(&SecretString::from("pw")).expect("a hash"));
    let world = World::open(&hash.expect("a hash")).await;
    let (mut read, mut write) = tokio::io::split(world.session("smtp", "clear", PEER).pipe);
    let writer = tokio::spawn(async move {
        write.write_all(b"EHLO c.example\r\nMAIL FROM:<f@elsewhere.example>\r\n").await.expect("taken");
        for number in 0..OFFERED {
            let line = format!("RCPT TO:<alice+{number}@x.example>\r\n");
            write.write_all(line.as_bytes()).await.expect("taken");
        }
        write.write_all(b"QUIT\r\n").await.expect("taken");
        write
    });
    let mut answers = Vec::new();
    read.read_to_end(&mut answers).await.expect("answers");
    drop(writer.await.expect("all was said"));
    let answers = String::from_utf8_lossy(&answers);
    assert_eq!(answers.matches("\r\n250 2.1.5 ").count(), smtp::RECIPIENT_COUNT_MAX);
    assert_eq!(answers.matches("\r\n452 4.5.3 ").count(), OFFERED - smtp::RECIPIENT_COUNT_MAX);
    assert!(answers.ends_with("221 2.0.0 Bye\r\n"));
}

/// Says something, and passes over what is answered up to the line with the tag.
async fn answered(session: &mut Session, said: &str, tag: &str) -> String {
    session.pipe.write_all(said.as_bytes()).await.expect("taken");
    loop {
        let line = session.line().await.expect("a line").expect("an open session");
        if line.starts_with(tag) {
            return line;
        }
    }
}

/// Who asks for messages and does not read them holds a share of the memory and no more; what is short is for all.
#[tokio::test(flavor = "multi_thread")]
async fn readers_that_do_not_read_leave_room_and_a_mailbox_has_so_many_sessions() {
    let hash = PasswordHash::parse(&directory::password::hash(&SecretString::from("pw")).expect("a hash"));
    let mut world = World::open(&hash.expect("a hash")).await;
    let settings = imap::Settings { message_size_max: ByteSize::mib(4), memory_octets_max: 6 << 20 };
    let (directory, store) = (Arc::clone(&world.directory), Arc::clone(&world.store));
    let now = Arc::new(|| Timestamp::from_secs(1_800_000_000));
    world.imap = Arc::new(imap::Server::new(settings, directory, store, acceptor(), now));
    let login = "1 LOGIN alice@x.example pw\r\n";
    let open = async || {
        let mut session = world.session("imap", "tls", PEER);
        (answered(&mut session, login, "1 ").await, session)
    };
    let ((_, mut first), (_, mut second)) = (open().await, open().await);
    let message = format!("Subject: x\r\n\r\n{}", "long\r\n".repeat(250_000));
    let header = "X: y\r\n".repeat(100_000);
    let append = format!("2 APPEND Drafts {{{}+}}\r\n{header}\r\n", header.len());
    assert!(answered(&mut second, &append, "2 ").await.starts_with("2 NO [TOOBIG]"));
    let owner = Owner { tenant: tenant(), mailbox: MailboxId::new(Uuid::from_u128(30)) };
    world.put(owner, message.clone().into_bytes(), ByteSize::mib(64)).await;
    let fetch = "4 FETCH 1 BODY.PEEK[]\r\n";
    for session in [&mut first, &mut second] {
        assert!(answered(session, "3 SELECT INBOX\r\n", "3 ").await.starts_with("3 OK"));
    }
    assert!(answered(&mut first, fetch, "* 1 FETCH").await.ends_with(&format!("{{{}}}", message.len())));
    assert!(answered(&mut second, fetch, "4 ").await.starts_with("4 NO [LIMIT]"));
    assert!(answered(&mut second, "5 FETCH 1 BODY.PEEK[]<9.9>\r\n", "5 ").await.starts_with("5 OK"));
    assert!(answered(&mut first, "", "4 ").await.starts_with("4 OK"));
    assert!(answered(&mut second, fetch, "4 ").await.starts_with("4 OK"));
    let mut sessions = vec![first, second];
    while sessions.len() < imap::SESSION_COUNT_MAX {
        let (answer, session) = open().await;
        assert!(answer.starts_with("1 OK"), "{answer}");
        sessions.push(session);
    }
    let (answer, mut late) = open().await;
    assert!(answer.starts_with("1 NO [LIMIT]"), "{answer}");
    sessions.pop();
    while !answered(&mut late, login, "1 ").await.starts_with("1 OK") {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
