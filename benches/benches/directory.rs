//! The directory with a million addresses: looking one up, and a login that was right before.

use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr};

use criterion::{Criterion, criterion_group, criterion_main};
use directory::{Directory, LoginAttempt, Protocol, Resolution, password};
use engine::Follower as _;
use hosting::domain::{DomainEvent, VerifiedBy};
use hosting::mailbox::MailboxEvent;
use hosting::service::ServiceEvent;
use hosting::{HostingEvent, PasswordHash};
use kernel::{
    AccountId, Actor, ByteSize, Causation, CorrelationId, Cursor, DomainId, DomainName, EmailAddress,
    EventId, LocalPart, MailboxId, Metadata, Position, Recorded, Sealed, ServiceId, StreamId, SubjectId,
    TenantId, Timestamp, Version, Via,
};
use secrecy::SecretString;
use uuid::Uuid;

const ADDRESS_COUNT: u128 = 1_000_000;
/// Mailboxes of one tenant and domain.
const PER_DOMAIN: u128 = 100;
const PASSWORD: &str = "a long password";

fn recorded(tenant: TenantId, id: u128, event: HostingEvent) -> Recorded<HostingEvent> {
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

/// Octets of this process in memory.
fn resident() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: u64 = statm.split(' ').nth(1).and_then(|text| text.parse().ok()).unwrap_or_default();
    pages * 4096
}

/// A service of the largest plan.
fn ordered(account: AccountId) -> ServiceEvent {
    let custom = hosting::plan::catalogue().into_iter().find(|entry| entry.slug == "custom").expect("a plan");
    ServiceEvent::Ordered { account, plan: custom.plan, version: custom.version, limits: custom.terms.limits }
}

fn filled() -> Directory {
    let directory = Directory::new();
    let hash = password::hash(&SecretString::from(PASSWORD)).expect("a hash");
    let hash = PasswordHash::parse(&hash).expect("a hash");
    for domain in 0..ADDRESS_COUNT / PER_DOMAIN {
        let tenant = TenantId::new(Uuid::from_u128(domain + 1));
        let name = DomainName::parse(&format!("customer{domain}.example")).expect("a name");
        let added = DomainEvent::Added {
            account: AccountId::new(Uuid::from_u128(domain + 1)),
            service: ServiceId::new(Uuid::from_u128(5)),
            name: name.clone(),
            token: String::new(),
            mirrors: None,
            is_claimed: true,
        };
        let mut page = vec![
            recorded(tenant, 5, HostingEvent::Service(ordered(AccountId::new(Uuid::from_u128(domain + 1))))),
            recorded(tenant, 5, HostingEvent::Service(ServiceEvent::Activated)),
            recorded(tenant, 6, HostingEvent::Domain(added)),
            recorded(tenant, 6, HostingEvent::Domain(DomainEvent::Verified { by: VerifiedBy::Operator })),
        ];
        for number in 0..PER_DOMAIN {
            let id = domain * PER_DOMAIN + number + 1_000;
            let subject = SubjectId::of_mailbox(MailboxId::new(Uuid::from_u128(id)));
            let created = MailboxEvent::Created {
                account: AccountId::new(Uuid::from_u128(domain + 1)),
                service: ServiceId::new(Uuid::from_u128(5)),
                domain: DomainId::new(Uuid::from_u128(6)),
                domain_name: name.clone(),
                local: Sealed::new(
                    subject,
                    LocalPart::parse(&format!("person{number}")).expect("a local part"),
                ),
                quota: ByteSize::gib(1),
                display_name: None,
                password: Some(Sealed::new(subject, hash.clone())),
            };
            page.push(recorded(tenant, id, HostingEvent::Mailbox(created)));
        }
        directory.apply(&page).expect("taken");
    }
    directory
}

#[expect(clippy::print_stderr, reason = "a figure that criterion does not know")]
fn directory(criterion: &mut Criterion) {
    let before = resident();
    let directory = filled();
    eprintln!(
        "memory: {} octets per address",
        (resident() - before) / u64::try_from(ADDRESS_COUNT).unwrap_or(1)
    );
    let addresses: Vec<EmailAddress> = (0..10_000_u32)
        .map(|number| {
            let (domain, person) = (number.wrapping_mul(7919) % 10_000, number % 100);
            EmailAddress::parse(&format!("person{person}@customer{domain}.example")).expect("an address")
        })
        .collect();
    let mut next = 0;
    criterion.bench_function("directory/lookup, 1M addresses", |bencher| {
        bencher.iter(|| {
            next = (next + 1) % addresses.len();
            let found = directory.resolve(black_box(&addresses[next]), None);
            assert!(matches!(found, Resolution::Deliver(_)));
        });
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let password = SecretString::from(PASSWORD);
    let attempt = LoginAttempt {
        login: "person1@customer1.example",
        password: &password,
        peer: IpAddr::V4(Ipv4Addr::LOCALHOST),
        protocol: Protocol::Imap,
    };
    runtime.block_on(directory.authenticate(attempt)).expect("right");
    criterion.bench_function("directory/login from the cache", |bencher| {
        bencher.iter(|| runtime.block_on(directory.authenticate(black_box(attempt))).expect("right"));
    });
}

criterion_group!(benches, directory);
criterion_main!(benches);
