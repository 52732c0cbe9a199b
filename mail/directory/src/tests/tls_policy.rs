//! How mail is to be encrypted, by who has ordered it.

use hosting::book::{Entry, EntryEvent};
use hosting::tls_policy::{DomainTlsPolicy, TlsLevel, TlsPolicy};
use kernel::{DomainName, TlsPolicyId};

use super::*;

const OTHER: u128 = 2;

fn other() -> TenantId {
    TenantId::new(uuid(OTHER))
}

fn policy(destination: &str, level: TlsLevel) -> TlsPolicy {
    TlsPolicy { destination: destination.to_owned(), level, ..TlsPolicy::default() }
}

fn added<E: Entry<Id = TlsPolicyId>>(tenant: TenantId, number: u128, content: E) -> HostingEvent
where
    EntryEvent: From<BookEvent<E>>,
{
    let added = BookEvent::Added {
        entry: TlsPolicyId::new(uuid(number)),
        account: tenant.account(),
        service: None,
        domain: None,
        mailbox: None,
        content: Sealed::new(SubjectId::new(uuid(TENANT)), Box::new(content)),
    };
    HostingEvent::Entry(added.into())
}

fn of_account(world: &World, tenant: TenantId, number: u128, destination: &str, level: TlsLevel) {
    let event = added(tenant, number, policy(destination, level));
    world.tell_in(tenant, kernel::Id::uuid(tenant).as_u128(), event);
}

fn of_domain(world: &World, domain: u128, number: u128, destination: &str, level: TlsLevel) {
    world.tell(domain, added(tenant(), number, DomainTlsPolicy(policy(destination, level))));
}

fn level(world: &World, sender: (TenantId, Option<&str>), to: &str, port: u16) -> Option<TlsLevel> {
    let domain: Option<DomainName> = sender.1.map(|name| name.parse_name());
    let found = world.0.tls_policy((sender.0, domain.as_ref()), &to.parse_name(), port);
    found.map(|policy| policy.level)
}

#[test]
fn of_the_operator_s_and_the_account_s_tls_policy_the_stricter_holds() {
    let world = World::new();
    of_account(&world, TenantId::PLATFORM, 1, "partner.example", TlsLevel::Encrypt);
    of_account(&world, TenantId::PLATFORM, 2, ".old.example", TlsLevel::None);
    of_account(&world, tenant(), 3, "partner.example", TlsLevel::Secure);
    of_account(&world, tenant(), 4, "mx.partner.example:2525", TlsLevel::Verify);
    of_account(&world, tenant(), 5, ".a.old.example", TlsLevel::May);
    let level = |tenant, name: &str, port| level(&world, (tenant, Some("x.example")), name, port);
    assert_eq!(level(tenant(), "partner.example", 25), Some(TlsLevel::Secure));
    assert_eq!(level(other(), "partner.example", 25), Some(TlsLevel::Encrypt));
    assert_eq!(level(tenant(), "mx.partner.example", 2525), Some(TlsLevel::Verify));
    assert_eq!(level(tenant(), "mx.partner.example", 25), None);
    assert_eq!(level(tenant(), "deep.a.old.example", 25), Some(TlsLevel::May));
    assert_eq!(level(other(), "deep.a.old.example", 25), Some(TlsLevel::None));
    assert_eq!(level(other(), "old.example", 25), None);
    of_account(&world, tenant(), 6, "weak.example", TlsLevel::None);
    of_account(&world, TenantId::PLATFORM, 7, "weak.example", TlsLevel::DaneOnly);
    assert_eq!(level(tenant(), "weak.example", 25), Some(TlsLevel::DaneOnly));
}

#[test]
fn a_domain_s_tls_policy_holds_for_its_own_senders_and_never_loosens() {
    let world = World::new();
    world.domain(21, "y.example");
    of_domain(&world, 20, 1, "partner.example", TlsLevel::Secure);
    of_account(&world, tenant(), 2, "partner.example", TlsLevel::Encrypt);
    of_domain(&world, 20, 3, "strict.example", TlsLevel::None);
    of_account(&world, tenant(), 4, "strict.example", TlsLevel::Verify);
    of_domain(&world, 20, 5, "own.example", TlsLevel::Encrypt);
    let of = |sender, to| level(&world, sender, to, 25);
    let (x, y, nobody) = ((tenant(), Some("x.example")), (tenant(), Some("y.example")), (tenant(), None));
    assert_eq!(of(x, "partner.example"), Some(TlsLevel::Secure));
    assert_eq!(of(y, "partner.example"), Some(TlsLevel::Encrypt));
    assert_eq!(of(nobody, "partner.example"), Some(TlsLevel::Encrypt), "reports are of no domain");
    assert_eq!(of(x, "strict.example"), Some(TlsLevel::Verify));
    assert_eq!(of(x, "own.example"), Some(TlsLevel::Encrypt));
    assert_eq!(of(y, "own.example"), None);
    assert_eq!(of((other(), Some("x.example")), "own.example"), None, "the domain is another account's");
    // An alias domain is under what its original has ordered.
    let mirror = DomainEvent::Added {
        account: AccountId::new(uuid(TENANT)),
        service: ServiceId::new(uuid(10)),
        name: "z.example".parse_name(),
        token: "t".to_owned(),
        mirrors: Some(DomainId::new(uuid(20))),
        is_claimed: true,
    };
    world.tell(22, HostingEvent::Domain(mirror));
    world.tell(22, HostingEvent::Domain(DomainEvent::Verified { by: VerifiedBy::Operator }));
    assert_eq!(of((tenant(), Some("z.example")), "own.example"), Some(TlsLevel::Encrypt));
    // Switched off, removed, gone with the domain.
    let off =
        Box::new(DomainTlsPolicy(TlsPolicy { is_active: false, ..policy("own.example", TlsLevel::Encrypt) }));
    let changed = BookEvent::Changed {
        entry: TlsPolicyId::new(uuid(5)),
        content: Sealed::new(SubjectId::new(uuid(TENANT)), off),
        changed: vec!["is_active".to_owned()],
    };
    world.tell(20, HostingEvent::Entry(changed.into()));
    assert_eq!(of(x, "own.example"), None);
    let removed = BookEvent::<DomainTlsPolicy>::Removed { entry: TlsPolicyId::new(uuid(1)) };
    world.tell(20, HostingEvent::Entry(removed.into()));
    assert_eq!(of(x, "partner.example"), Some(TlsLevel::Encrypt));
    of_domain(&world, 20, 6, "own.example", TlsLevel::Encrypt);
    assert_eq!(of(x, "own.example"), Some(TlsLevel::Encrypt));
    world.tell(20, HostingEvent::Domain(DomainEvent::Removed { purge_after: Timestamp::from_secs(9) }));
    assert_eq!(of(x, "own.example"), None);
    world.domain(20, "x.example");
    assert_eq!(of(x, "own.example"), None, "what was set for it went with it");
}
