//! One full and, where fields may be absent, one minimal event of every kind: what the golden files hold.

use authority::{AdministratorRight, AdministratorRights, Permission, Permissions};
use hosting::account::{AccountEvent, BillingMode, Parent};
use hosting::address_map::{AddressMap, AddressMapKind};
use hosting::alias::{AliasEvent, AliasSettings, Temporary};
use hosting::book::{BookEvent, Entry, EntryEvent};
use hosting::calendar::Cycle;
use hosting::contract::{AcceptedDocument, ContractEvent, Method};
use hosting::delegation::{DelegationEvent, DelegationScope};
use hosting::document::{DocumentEvent, DocumentKind, MediaType, NewVersion};
use hosting::domain::{DkimAlgorithm, DkimPrivateKey, DkimSelector, DomainEvent, DomainSettings, VerifiedBy};
use hosting::factor::{FactorEvent, PasskeyKey, TotpSeed, YubikeyIdentity};
use hosting::filter::{DomainFilter, Filter, FilterStage, MailboxFilter};
use hosting::mail_order::{MailOrderAbout, MailOrderEvent, MailOrderKind, MailOrderScope};
use hosting::mailbox::SelfService;
use hosting::mailbox::{
    Crossing, HeldMail, HoldReason, MailProtocol, MailboxEvent, MailboxSettings, Threshold,
};
use hosting::notice::{Notice, NoticeEvent, NoticeKind, NoticePerson};
use hosting::plan::{Currency, PlanEvent, SendLimits, catalogue};
use hosting::push::{Push, PushKind, PushPriority};
use hosting::reseller::{Brand, BrandHost, Colour, Logo, ResellerEvent, Resources};
use hosting::resource::{Booking, Resource, ResourceKind};
use hosting::secret::Secret;
use hosting::sender_relay::SenderRelay;
use hosting::service::{DomainShare, Recurring, ServiceEvent, SuspensionReason};
use hosting::session::{EndReason, Entrance, SessionEvent, SessionOwner};
use hosting::share::{Share, ShareRole};
use hosting::sync_job::{SyncEncryption, SyncJob};
use hosting::ticket::{FileKey, Side, TicketEvent, TicketFile, TicketKind, TicketPriority, Way};
use hosting::tls_policy::{DomainTlsPolicy, TlsLevel, TlsPolicy};
use hosting::user::{UserEvent, UserRole};
use hosting::webhook::{Kinds, Pause, Reach, Resumption, WebhookEvent, WebhookSecret, WebhookUrl};
use hosting::{HostingEvent, Language, LoginName, PasswordHash};
use kernel::{
    ByteSize, DomainName, EmailAddress, LocalPart, MailboxId, Position, Sealed, SubjectId, Timestamp,
};

use super::id;

pub(crate) const HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA";

fn sealed<T>(number: u128, value: T) -> Sealed<T> {
    Sealed::new(id::<SubjectId>(number), value)
}

fn hash(number: u128) -> Sealed<PasswordHash> {
    sealed(number, PasswordHash::parse(HASH).expect("a hash"))
}

fn targets(number: u128, texts: &[&str]) -> Sealed<Vec<EmailAddress>> {
    sealed(number, texts.iter().map(|text| EmailAddress::parse(text).expect("an address")).collect())
}

fn name() -> DomainName {
    DomainName::parse("demo.example").expect("a name")
}

fn local(text: &str) -> LocalPart {
    LocalPart::parse(text).expect("a local part")
}

/// `(event, form)`: form is `full` or `minimal`. In an order in which each noun's events can be replayed.
pub(crate) fn samples() -> Vec<(HostingEvent, &'static str)> {
    let mut all = Vec::new();
    let at = Timestamp::from_millis(1_790_000_000_123);
    accounts(&mut all);
    resellers(&mut all);
    users(&mut all, at);
    sessions(&mut all, at);
    plans(&mut all);
    services(&mut all, at);
    domains(&mut all, at);
    mailboxes(&mut all, at);
    aliases(&mut all, at);
    delegations(&mut all, at);
    tickets(&mut all, at);
    notices(&mut all, at);
    address_maps(&mut all);
    tls_policies(&mut all);
    webhooks(&mut all, at);
    filters(&mut all);
    sync_jobs(&mut all);
    pushes(&mut all);
    resources(&mut all);
    shares(&mut all);
    sender_relays(&mut all);
    documents(&mut all, at);
    mail_orders(&mut all);
    all
}

/// Added as a whole and with the defaults, changed, removed.
fn entries<E: Entry>(all: &mut Samples, full: E, changed: E)
where
    EntryEvent: From<BookEvent<E>>,
{
    let mut push = |event: BookEvent<E>, form| all.push((HostingEvent::Entry(event.into()), form));
    let added = |content, is_full: bool| BookEvent::Added {
        entry: id(40),
        account: id(1),
        service: is_full.then(|| id(5)),
        domain: is_full.then(|| id(6)),
        mailbox: is_full.then(|| id(8)),
        content,
    };
    let names = full.differing_in(&changed).into_iter().map(str::to_owned).collect();
    push(added(sealed(1, Box::new(E::default())), false), "minimal");
    push(added(sealed(1, Box::new(full)), true), "full");
    let content = sealed(1, Box::new(changed));
    push(BookEvent::Changed { entry: id(40), content, changed: names }, "full");
    push(BookEvent::Removed { entry: id(40) }, "full");
}

fn address_maps(all: &mut Samples) {
    let full = AddressMap {
        kind: AddressMapKind::RecipientCopy,
        from: "@demo.example".to_owned(),
        to: "alice@else.example".to_owned(),
        is_active: false,
        comment: "for the backup script".to_owned(),
    };
    entries(all, full.clone(), AddressMap { is_active: true, ..full });
}

fn resources(all: &mut Samples) {
    let full = Resource {
        name: "alice's room".to_owned(),
        local_part: "room-1".to_owned(),
        kind: ResourceKind::Thing,
        booking: Booking::Unlimited,
        bookings_max: 3,
        is_active: false,
        comment: "for the team".to_owned(),
    };
    entries(all, full.clone(), Resource { is_active: true, booking: Booking::AlwaysFree, ..full });
}

fn shares(all: &mut Samples) {
    let full = Share { member: id::<MailboxId>(9).to_string(), roles: ShareRole::ALL.into() };
    entries(all, full.clone(), Share { roles: [ShareRole::Read].into(), ..full });
}

fn tls_policies(all: &mut Samples) {
    let full = TlsPolicy {
        destination: "mx.else.example:25".to_owned(),
        level: TlsLevel::Fingerprint,
        fingerprints: vec!["ab".repeat(32)],
        ..TlsPolicy::default()
    };
    let changed = TlsPolicy { level: TlsLevel::Secure, fingerprints: vec![], ..full.clone() };
    entries(all, full.clone(), changed.clone());
    entries(all, DomainTlsPolicy(full), DomainTlsPolicy(changed));
}

fn filters(all: &mut Samples) {
    let full = Filter {
        stage: FilterStage::After,
        name: "alice".to_owned(),
        description: "for bob".to_owned(),
        script: "# alice\r\nkeep;\r\n".to_owned(),
        is_active: true,
    };
    let renamed = Filter { name: "bob".to_owned(), ..full.clone() };
    entries(all, MailboxFilter(full.clone()), MailboxFilter(renamed.clone()));
    entries(all, DomainFilter(full), DomainFilter(renamed));
}

fn sync_jobs(all: &mut Samples) {
    let full = SyncJob {
        host: "imap.else.example".to_owned(),
        port: 993,
        encryption: SyncEncryption::Tls,
        user: "alice".to_owned(),
        password: Secret::new("hunter2".to_owned()),
        interval_minutes: 43_800,
        subfolder: "alice".to_owned(),
        age_days_max: 32_000,
        octets_per_second_max: 125_000_000,
        parameters: vec!["--maxsize=1000".to_owned()],
        deletes_at_source: true,
        is_dry: true,
        ..SyncJob::default()
    };
    entries(all, full.clone(), SyncJob { is_active: false, ..full });
}

fn sender_relays(all: &mut Samples) {
    let full = SenderRelay {
        host: "smtp.else.example".to_owned(),
        port: 465,
        login: "alice".to_owned(),
        password: Secret::new("hunter2".to_owned()),
        is_active: false,
    };
    entries(all, full.clone(), SenderRelay { is_active: true, ..full });
}

fn pushes(all: &mut Samples) {
    let full = Push {
        kind: PushKind::Pushover,
        name: "alice".to_owned(),
        token: Secret::new("hunter2".to_owned()),
        key: Secret::new("hunter2".to_owned()),
        senders: ["bob@else.example".to_owned()].into(),
        priority: PushPriority::UrgentOnly,
        ..Push::default()
    };
    entries(all, full.clone(), Push { sound: "bike".to_owned(), ..full });
}

type Samples = Vec<(HostingEvent, &'static str)>;

fn accounts(all: &mut Samples) {
    let mut full = |event| all.push((HostingEvent::Account(event), "full"));
    full(AccountEvent::Opened {
        name: sealed(1, "Jos\u{e9} & fils".to_owned()),
        parent: None,
        is_sandbox: false,
    });
    full(AccountEvent::PersonErased { subject: id(8), mailbox: Some(id(8)) });
    full(AccountEvent::ResellerSet { sub_account_count_max: 7 });
    full(AccountEvent::SubAccountAdmitted {
        account: id(3),
        name: sealed(3, "Alice SARL".to_owned()),
        is_sandbox: false,
    });
    full(AccountEvent::BillingModeSet { mode: BillingMode::Reseller });
    let taken = Resources { services: 1, domains: 1, mailboxes: 25, storage: ByteSize::gib(125) };
    full(AccountEvent::TransferOffered { transfer: id(17), to: id(9), resources: taken });
    full(AccountEvent::TransferWithdrawn { transfer: id(17), to: id(9) });
    let parent = Parent { account: id(9), depth: 1 };
    full(AccountEvent::Moved { transfer: id(17), from: id(4), parent });
    full(AccountEvent::MovedToPlatform { transfer: id(17), from: id(4) });
    full(AccountEvent::SubAccountReleased { account: id(3) });
    full(AccountEvent::SecondFactorRequired { is_required: true });
    full(AccountEvent::Renamed { name: sealed(1, "Another name".to_owned()) });
    full(AccountEvent::UserAdded { user: id(2) });
    full(AccountEvent::UserRemoved { user: id(2) });
    full(AccountEvent::DelegationAdded { delegation: id(13) });
    full(AccountEvent::DelegationEnded { delegation: id(13) });
    full(AccountEvent::TicketCounted { ticket: id(14) });
    full(AccountEvent::TicketUncounted { ticket: id(14) });
    full(AccountEvent::WebhookAdded { webhook: id(15) });
    full(AccountEvent::WebhookRemoved { webhook: id(15) });
    full(AccountEvent::ServiceAdded { service: id(5) });
    full(AccountEvent::ServiceEnded { service: id(5) });
    full(AccountEvent::Closed);
    let parent = Some(Parent { account: id(4), depth: 2 });
    let opened = |is_sandbox| {
        let name = sealed(1, "Alice SARL".to_owned());
        HostingEvent::Account(AccountEvent::Opened { name, parent, is_sandbox })
    };
    all.push((opened(false), "below"));
    all.push((opened(true), "sandbox"));
    let name = sealed(3, "Alice SARL".to_owned());
    let admitted = AccountEvent::SubAccountAdmitted { account: id(3), name, is_sandbox: true };
    all.push((HostingEvent::Account(admitted), "sandbox"));
}

fn resellers(all: &mut Samples) {
    let resources = Resources { services: 2, domains: 3, mailboxes: 50, storage: ByteSize::gib(100) };
    let mut push = |event, form| all.push((HostingEvent::Reseller(event), form));
    push(ResellerEvent::PoolSet { pool: None, customers: vec![] }, "minimal");
    push(ResellerEvent::PoolSet { pool: Some(resources), customers: vec![id(3), id(4)] }, "full");
    push(ResellerEvent::Allocated { account: id(3), serial: 2, resources }, "full");
    push(ResellerEvent::Settled { account: id(3), serial: 2, resources }, "full");
    let received = |customers| ResellerEvent::Received { giver: id(1), serial: 2, resources, customers };
    push(received(vec![]), "minimal");
    push(received(vec![id(6)]), "full");
    let incoming = |is_sandbox| ResellerEvent::TransferReceived {
        transfer: id(17),
        account: id(3),
        name: sealed(3, "Alice SARL".to_owned()),
        is_sandbox,
        resources,
    };
    push(incoming(false), "minimal");
    push(incoming(true), "full");
    push(ResellerEvent::TransferAccepted { transfer: id(17), account: id(3) }, "full");
    push(ResellerEvent::TransferDeclined { transfer: id(17), account: id(3) }, "full");
    push(ResellerEvent::TransferClosed { transfer: id(17), account: id(3) }, "full");
    push(ResellerEvent::Dropped { account: id(3) }, "full");
    let colour = |text: &str| Colour::parse(text).expect("a colour");
    let plain = Brand {
        name: "Acme".to_owned(),
        accent: colour("#2f5d50"),
        on_accent: colour("#ffffff"),
        logo: None,
        hosts: vec![],
        language: None,
    };
    let host = BrandHost { name: DomainName::parse("panel.demo.example").expect("a name"), domain: id(6) };
    let full = Brand {
        logo: Some(Logo { sha256: [7; 32], width: 640, height: 200 }),
        hosts: vec![host],
        language: Some(Language::Fr),
        ..plain.clone()
    };
    push(ResellerEvent::Branded(plain), "minimal");
    push(ResellerEvent::Branded(full), "full");
    push(ResellerEvent::Unbranded, "full");
    push(ResellerEvent::Freed { pool: None }, "minimal");
    push(ResellerEvent::Freed { pool: Some(Resources::NONE) }, "full");
    push(ResellerEvent::Drawn { service: id(5), resources }, "full");
    push(ResellerEvent::Returned { service: id(5) }, "full");
}

fn users(all: &mut Samples, at: Timestamp) {
    let login = || sealed(2, LoginName::parse("mailadmin_demo.example").expect("a login"));
    let mut push = |event, form| all.push((HostingEvent::User(event), form));
    push(
        UserEvent::Registered {
            account: id(1),
            login: login(),
            name: None,
            password: None,
            role: UserRole::Owner,
            must_change_password: false,
        },
        "minimal",
    );
    push(
        UserEvent::Registered {
            account: id(1),
            login: login(),
            name: Some(sealed(2, "Alice".to_owned())),
            password: Some(hash(2)),
            role: UserRole::DomainAdministrator(vec![id(6), id(7)]),
            must_change_password: false,
        },
        "full",
    );
    push(UserEvent::PasswordSet { password: hash(2), must_change: false }, "full");
    push(UserEvent::PasswordSet { password: hash(2), must_change: true }, "temporary");
    for event in factors(2) {
        push(UserEvent::Factor(event), "full");
    }
    let email = || sealed(2, EmailAddress::parse("alice@elsewhere.example").expect("an address"));
    push(UserEvent::EmailGiven { email: email(), is_demanded: false }, "minimal");
    push(UserEvent::EmailGiven { email: email(), is_demanded: true }, "full");
    push(UserEvent::EmailVerified { email: email() }, "full");
    push(UserEvent::LanguageSet { language: Language::Fr }, "full");
    push(UserEvent::TimeZoneSet { zone: Some("Europe/Paris".to_owned()) }, "full");
    push(UserEvent::TimeZoneSet { zone: None }, "minimal");
    push(UserEvent::Disabled, "full");
    push(UserEvent::Enabled, "full");
    for (expires_at, form) in [(None, "minimal"), (Some(at), "full")] {
        // Those of when the golden file was written.
        let all = Permission::ALL.into_iter().take(11).collect();
        let permissions = if form == "full" { all } else { Permissions::NONE };
        let name = sealed(2, "backup script".to_owned());
        push(
            UserEvent::TokenIssued {
                token: id(3),
                name,
                permissions,
                secret_hash: [0xab; 32],
                expires_at,
                networks: vec![],
            },
            form,
        );
    }
    push(
        UserEvent::TokenIssued {
            token: id(3),
            name: sealed(2, "backup script".to_owned()),
            permissions: [Permission::MailboxRead].into_iter().collect(),
            secret_hash: [0xab; 32],
            expires_at: None,
            networks: vec!["192.0.2.0/24".parse().expect("a network"), "2001:db8::/32".parse().expect("one")],
        },
        "confined",
    );
    for (expires_at, form) in [(None, "minimal"), (Some(at), "full")] {
        let networks = expires_at.map(|_| "192.0.2.0/24".parse().expect("a network"));
        push(
            UserEvent::TokenChanged {
                token: id(3),
                name: sealed(2, "another script".to_owned()),
                permissions: [Permission::MailboxRead].into_iter().collect(),
                expires_at,
                networks: networks.into_iter().collect(),
            },
            form,
        );
    }
    push(UserEvent::TokenRevoked { token: id(3) }, "full");
    push(UserEvent::Renamed { name: Some(sealed(2, "Zoe".to_owned())) }, "full");
    push(UserEvent::Renamed { name: None }, "minimal");
    push(UserEvent::RightsWithheld { rights: AdministratorRight::ALL.into_iter().collect() }, "full");
    push(UserEvent::RightsWithheld { rights: AdministratorRights::NONE }, "minimal");
    push(UserEvent::RoleSet { role: UserRole::DomainAdministrator(vec![id(20)]) }, "full");
    push(UserEvent::Removed, "full");
}

fn factors(subject: u128) -> [FactorEvent; 7] {
    [
        FactorEvent::TotpAdded {
            factor: id(11),
            name: sealed(subject, "Alice's phone".to_owned()),
            seed: sealed(subject, TotpSeed::new(b"12345678901234567890".to_vec()).expect("20 octets")),
        },
        FactorEvent::RecoveryCodesSet { hashes: vec![[0xcd; 32], [0xef; 32]] },
        FactorEvent::RecoveryCodeUsed { hash: [0xcd; 32] },
        FactorEvent::PasskeyAdded {
            factor: id(12),
            name: sealed(subject, "Alice's key".to_owned()),
            key: sealed(subject, PasskeyKey::new(vec![1; 16], vec![0xa5; 77]).expect("a key")),
            counter: 7,
            may_be_backed_up: false,
        },
        FactorEvent::YubikeyAdded {
            factor: id(13),
            name: sealed(subject, "Alice's YubiKey".to_owned()),
            identity: sealed(subject, YubikeyIdentity::new("cccccccbcjdi".to_owned()).expect("letters")),
        },
        FactorEvent::FactorRenamed { factor: id(12), name: sealed(subject, "Alice's blue key".to_owned()) },
        FactorEvent::FactorRemoved { factor: id(11) },
    ]
}

fn sessions(all: &mut Samples, at: Timestamp) {
    let mut push = |event, form| all.push((HostingEvent::Session(event), form));
    let started = |owner| SessionEvent::Started {
        owner,
        refresh_hash: [1; 32],
        expires_at: at,
        entrance: Entrance::default(),
    };
    push(started(SessionOwner::Mailbox(id(8))), "minimal");
    push(started(SessionOwner::User(id(2))), "full");
    push(
        SessionEvent::Started {
            owner: SessionOwner::User(id(2)),
            refresh_hash: [1; 32],
            expires_at: at,
            entrance: Entrance {
                has_second_factor: true,
                device: Some(sealed(2, "Alice's browser (192.0.2.1)".to_owned())),
                is_unfamiliar: false,
            },
        },
        "proved",
    );
    push(
        SessionEvent::Started {
            owner: SessionOwner::User(id(2)),
            refresh_hash: [1; 32],
            expires_at: at,
            entrance: Entrance { has_second_factor: false, device: None, is_unfamiliar: true },
        },
        "unfamiliar",
    );
    push(SessionEvent::Rotated { refresh_hash: [0xfe; 32], expires_at: at }, "full");
    push(SessionEvent::Ended { reason: EndReason::TokenReused }, "full");
}

fn plans(all: &mut Samples) {
    for (slug, form) in [("basic", "minimal"), ("custom", "full")] {
        let terms = catalogue().into_iter().find(|entry| entry.slug == slug).expect("a plan").terms;
        all.push((HostingEvent::Plan(PlanEvent::VersionPublished { version: 1, terms }), form));
    }
    let mut terms = catalogue().into_iter().find(|entry| entry.slug == "basic").expect("a plan").terms;
    terms.limits.sends_per_hour = SendLimits { service: Some(400), domain: Some(200), mailbox: Some(100) };
    terms.limits.sends_per_minute = SendLimits { service: Some(40), domain: Some(20), mailbox: Some(10) };
    all.push((HostingEvent::Plan(PlanEvent::VersionPublished { version: 2, terms }), "hourly"));
}

fn services(all: &mut Samples, at: Timestamp) {
    let mut push = |event, form| all.push((HostingEvent::Service(event), form));
    for (slug, form) in [("basic", "minimal"), ("custom", "full")] {
        let limits = catalogue().into_iter().find(|entry| entry.slug == slug).expect("a plan").terms.limits;
        push(ServiceEvent::Ordered { account: id(1), plan: id(4), version: 1, limits }, form);
    }
    let limits = catalogue().into_iter().find(|entry| entry.slug == "pro").expect("a plan").terms.limits;
    push(ServiceEvent::PlanChanged { plan: id(4), version: 2, limits }, "full");
    let (domain, bytes) = (id(6), ByteSize::gib(5));
    push(ServiceEvent::AliasSlotTaken { domain, uncounted: Some(id(9)) }, "uncounted");
    push(ServiceEvent::AliasSlotReturned { domain, uncounted: Some(id(9)) }, "uncounted");
    for event in [
        ServiceEvent::Priced {
            recurring: Recurring { cycle: Cycle::Annual, currency: Currency::Eur, cents: 10_000 },
        },
        ServiceEvent::Activated,
        ServiceEvent::Restricted,
        ServiceEvent::Suspended { reason: SuspensionReason::NonPayment },
        ServiceEvent::Resumed,
        ServiceEvent::DomainSlotTaken { domain, mirrors: None },
        ServiceEvent::DomainShareSet {
            domain,
            share: DomainShare { mailbox_count_max: Some(3), ..DomainShare::default() },
        },
        ServiceEvent::SlotsTaken { domain, mailboxes: 2, bytes },
        ServiceEvent::AllocationChanged { domain: None, from: ByteSize::gib(1), to: ByteSize::gib(2) },
        ServiceEvent::SlotsReturned { domain, mailboxes: 1, bytes },
        ServiceEvent::AliasSlotTaken { domain, uncounted: None },
        ServiceEvent::AliasSlotReturned { domain, uncounted: None },
        ServiceEvent::DomainSlotReturned { domain },
        ServiceEvent::SyncJobsCounted { mailbox: id(8), sync_jobs: 3 },
        ServiceEvent::AdministratorAdded { user: id(7) },
        ServiceEvent::AdministratorRemoved { user: id(7) },
        ServiceEvent::Ended { purge_after: at },
        ServiceEvent::Reactivated,
        ServiceEvent::Purged,
    ] {
        push(event, "full");
    }
}

fn domains(all: &mut Samples, at: Timestamp) {
    let selector = || DkimSelector::parse("h1").expect("a label");
    let added = |is_claimed| DomainEvent::Added {
        account: id(1),
        service: id(5),
        name: DomainName::parse("b\u{fc}cher.example").expect("a name"),
        token: "0123456789abcdef0123456789abcdef".to_owned(),
        mirrors: None,
        is_claimed,
    };
    let restored = |is_claimed| DomainEvent::Restored { name: name(), mirrors: None, is_claimed };
    for event in [
        DomainEvent::SharedAdded { name: name() },
        added(false),
        DomainEvent::SettingsChanged {
            settings: sealed(1, Box::new(DomainSettings { is_active: false, ..DomainSettings::default() })),
            changed: vec!["is_active".to_owned()],
        },
        DomainEvent::Verified { by: VerifiedBy::Txt },
        DomainEvent::DkimKeyMade {
            selector: selector(),
            algorithm: DkimAlgorithm::Rsa,
            public: "MIIBIjANBgkqhkiG9w0BAQ==".to_owned(),
            private: sealed(1, DkimPrivateKey::new(b"a private key in PKCS#8".to_vec().into())),
        },
        DomainEvent::DkimKeyPublished { selector: selector(), active_after: at },
        DomainEvent::DkimKeyActive { selector: selector() },
        DomainEvent::DkimKeyRetired { selector: selector(), withdraw_after: at },
        DomainEvent::PoolThresholdCrossed { threshold: Threshold::Eighty, crossing: Crossing::Up },
        DomainEvent::Removed { purge_after: at },
        restored(false),
    ] {
        all.push((HostingEvent::Domain(event), "full"));
    }
    for event in [added(true), restored(true)] {
        all.push((HostingEvent::Domain(event), "claimed"));
    }
}

fn mailboxes(all: &mut Samples, at: Timestamp) {
    let mut push = |event, form| all.push((HostingEvent::Mailbox(event), form));
    for form in ["minimal", "full"] {
        let is_full = form == "full";
        push(
            MailboxEvent::Created {
                account: id(1),
                service: id(5),
                domain: id(6),
                domain_name: name(),
                local: sealed(8, local(if is_full { "\"a \\\"b\"" } else { "Alice" })),
                quota: ByteSize::gib(4),
                display_name: is_full.then(|| sealed(8, "Alice \u{1f431}".to_owned())),
                password: is_full.then(|| hash(8)),
            },
            form,
        );
    }
    push(MailboxEvent::QuotaChanged { from: ByteSize::gib(4), to: ByteSize::new(1) }, "full");
    push(MailboxEvent::DisplayNameChanged { display_name: Some(sealed(8, "A".to_owned())) }, "full");
    push(MailboxEvent::DisplayNameChanged { display_name: None }, "minimal");
    push(MailboxEvent::PasswordSet { password: hash(8) }, "full");
    for event in factors(8) {
        push(MailboxEvent::Factor(event), "full");
    }
    for (expires_at, form) in [(None, "minimal"), (Some(at), "full")] {
        let added = MailboxEvent::AppPasswordAdded {
            app_password: id(12),
            name: sealed(8, "Alice's phone".to_owned()),
            secret_hash: [0x12; 32],
            protocols: MailProtocol::ALL.into_iter().collect(),
            expires_at,
        };
        push(added, form);
    }
    push(
        MailboxEvent::AppPasswordChanged {
            app_password: id(12),
            name: sealed(8, "Alice's tablet".to_owned()),
            protocols: [MailProtocol::Imap].into(),
            expires_at: Some(at),
        },
        "full",
    );
    push(MailboxEvent::AppPasswordRevoked { app_password: id(12) }, "full");
    push(
        MailboxEvent::SettingsChanged {
            settings: sealed(8, Box::new(not_by_imap())),
            changed: vec!["imap".to_owned()],
        },
        "full",
    );
    let elsewhere = EmailAddress::parse("alice@elsewhere.example").expect("an address");
    push(MailboxEvent::RecoveryAddressVerified { address: sealed(8, elsewhere) }, "full");
    push(MailboxEvent::LanguageSet { language: Language::Fr }, "full");
    push(MailboxEvent::TimeZoneSet { zone: Some("Europe/Paris".to_owned()) }, "full");
    push(MailboxEvent::TimeZoneSet { zone: None }, "minimal");
    push(MailboxEvent::TemporaryAliasSet { alias: id(9), expires_at: at }, "full");
    push(MailboxEvent::TemporaryAliasDropped { alias: id(9) }, "full");
    push(MailboxEvent::Renamed { local: sealed(8, local("alice.new")) }, "full");
    push(MailboxEvent::Restored, "full");
    push(MailboxEvent::RetentionChanged { from: Some(3650), to: Some(365) }, "full");
    push(MailboxEvent::RetentionChanged { from: None, to: None }, "minimal");
    push(MailboxEvent::SendingHeld { reason: HoldReason::NewRecipients, at }, "full");
    push(MailboxEvent::ComplainedAbout { at }, "full");
    push(MailboxEvent::SendingReleased { outcome: HeldMail::Purged, at }, "full");
    push(MailboxEvent::Disabled, "full");
    push(MailboxEvent::Enabled, "full");
    push(
        MailboxEvent::QuotaThresholdCrossed { threshold: Threshold::NinetyFive, crossing: Crossing::Up },
        "full",
    );
    push(MailboxEvent::Deleted { purge_after: at }, "full");
}

fn notices(all: &mut Samples, at: Timestamp) {
    let mut push = |event, form| all.push((HostingEvent::Notice(event), form));
    let address =
        |number| sealed(number, EmailAddress::parse("alice@elsewhere.example").expect("an address"));
    let minimal = Notice {
        notice: id(70),
        person: NoticePerson::Mailbox(id(8)),
        kind: NoticeKind::PasswordChanged,
        address: address(8),
        login: None,
        detail: None,
        ticket: None,
        language: Language::En,
        at,
        link_until: None,
        link_of: id(70),
    };
    let full = Notice {
        notice: id(71),
        person: NoticePerson::User(id(2)),
        kind: NoticeKind::PasswordReset,
        address: address(2),
        login: Some(sealed(2, "mailadmin_demo.example".to_owned())),
        detail: Some(sealed(2, "Alice's phone".to_owned())),
        language: Language::Fr,
        link_until: Some(at),
        link_of: id(72),
        ..minimal.clone()
    };
    let delegate = NoticePerson::Delegate(id(13));
    push(NoticeEvent::Requested(Box::new(minimal.clone())), "minimal");
    push(NoticeEvent::Requested(Box::new(full)), "full");
    let of_ticket = Notice { kind: NoticeKind::TicketAnswered, ticket: Some(id(14)), ..minimal.clone() };
    push(NoticeEvent::Requested(Box::new(of_ticket)), "ticket");
    push(NoticeEvent::Requested(Box::new(Notice { person: delegate, ..minimal })), "delegate");
    push(NoticeEvent::LinkUsed { notice: id(71) }, "full");
}

fn tickets(all: &mut Samples, at: Timestamp) {
    let mut push = |event, form| all.push((HostingEvent::Ticket(event), form));
    for (service, form) in [(None, "minimal"), (Some(id(5)), "full")] {
        let opened = TicketEvent::Opened {
            account: id(1),
            service,
            kind: TicketKind::Technical,
            subject: sealed(1, "Alice cannot sign in".to_owned()),
            text: sealed(1, "Since today,\nalice sees an error.".to_owned()),
        };
        push(opened, form);
    }
    for (side, is_internal, way, form) in [
        (Side::Customer, false, Way::Panel, "minimal"),
        (Side::Staff, true, Way::Panel, "full"),
        (Side::Customer, false, Way::Mail, "mail"),
    ] {
        push(TicketEvent::Said { side, text: sealed(1, "alice again".to_owned()), is_internal, way }, form);
    }
    for (side, is_internal, form) in [(Side::Customer, false, "minimal"), (Side::Staff, true, "full")] {
        let file = TicketFile {
            side,
            is_internal,
            name: sealed(1, "alice.png".to_owned()),
            octets: 70_000,
            hash: [0x5a; 32],
            key: sealed(1, FileKey::new(*b"the private key of one file only")),
        };
        push(TicketEvent::Attached(file), form);
    }
    push(TicketEvent::Assigned { to: None }, "minimal");
    push(TicketEvent::Assigned { to: Some(id(2)) }, "full");
    push(TicketEvent::PrioritySet { priority: TicketPriority::Urgent }, "full");
    push(TicketEvent::Resolved { at }, "full");
    push(TicketEvent::Reopened, "full");
    push(TicketEvent::Merged { into: id(15), at }, "full");
    push(TicketEvent::TookIn { from: id(15) }, "full");
    push(TicketEvent::Rated { stars: 1, words: None }, "minimal");
    push(TicketEvent::Rated { stars: 5, words: Some(sealed(1, "alice is glad".to_owned())) }, "full");
}

fn delegations(all: &mut Samples, at: Timestamp) {
    let mut push = |event, form| all.push((HostingEvent::Delegation(event), form));
    let email = || sealed(13, EmailAddress::parse("bob@else.example").expect("an address"));
    for (scope, expires_at, form) in [
        (DelegationScope::Account, None, "minimal"),
        (DelegationScope::Services(vec![id(5)]), Some(at), "services"),
        (DelegationScope::Domains(vec![id(6), id(7)]), Some(at), "full"),
    ] {
        let invited = DelegationEvent::Invited {
            account: id(1),
            email: email(),
            permissions: [Permission::MailboxRead, Permission::MailboxWrite].into_iter().collect(),
            scope,
            expires_at,
            requires_second_factor: true,
            secret_hash: [0x34; 32],
            answer_until: at,
        };
        push(invited, form);
    }
    for (is_invited, form) in [(None, "full"), (Some(false), "elsewhere")] {
        push(DelegationEvent::Accepted { user: id(2), home: id(3), is_invited }, form);
    }
    push(
        DelegationEvent::TermsChanged {
            permissions: [Permission::MailboxRead].into_iter().collect(),
            scope: DelegationScope::Account,
            expires_at: None,
            requires_second_factor: false,
        },
        "full",
    );
    push(DelegationEvent::Declined, "full");
    push(DelegationEvent::Left, "full");
    push(DelegationEvent::Revoked, "full");
}

fn aliases(all: &mut Samples, at: Timestamp) {
    let mut push = |event, form| all.push((HostingEvent::Alias(event), form));
    let created = |local, targets| AliasEvent::Created {
        account: id(1),
        service: id(5),
        domain: id(6),
        domain_name: name(),
        local,
        targets,
        temporary: None,
    };
    push(created(None, targets(9, &["alice@demo.example"])), "minimal");
    push(
        created(Some(sealed(9, local("team"))), targets(9, &["alice@demo.example", "\"x y\"@else.example"])),
        "full",
    );
    push(
        AliasEvent::Created {
            account: id(1),
            service: id(5),
            domain: id(6),
            domain_name: name(),
            local: Some(sealed(9, local("tmp-team"))),
            targets: targets(9, &["alice@demo.example"]),
            temporary: Some(Temporary { mailbox: id(8), expires_at: at }),
        },
        "temporary",
    );
    push(AliasEvent::ExpiryChanged { expires_at: None }, "minimal");
    push(AliasEvent::ExpiryChanged { expires_at: Some(at) }, "full");
    push(AliasEvent::TargetsChanged { targets: targets(9, &["bob@demo.example"]) }, "full");
    push(
        AliasEvent::SettingsChanged {
            settings: sealed(9, Box::new(AliasSettings { is_internal: true, ..AliasSettings::default() })),
            changed: vec!["is_internal".to_owned()],
        },
        "full",
    );
    push(AliasEvent::Deleted, "full");
}

fn webhooks(all: &mut Samples, at: Timestamp) {
    let mut push = |event, form| all.push((HostingEvent::Webhook(event), form));
    let url =
        || sealed(1, WebhookUrl::parse("https://alice.example/hook", Reach::Public).expect("an address"));
    let secret = || {
        let text = "whsec_12345678901234567890123456789012".to_owned();
        sealed(1, WebhookSecret::new(text).expect("a secret"))
    };
    let kinds = || Kinds::parse(["mailbox.created", "domain.*"]).expect("kinds");
    let description = Some(sealed(1, "Alice's shop".to_owned()));
    for (description, form) in [(None, "minimal"), (description, "full")] {
        let (url, kinds, secret) = (url(), kinds(), secret());
        push(WebhookEvent::Registered { account: id(1), url, kinds, description, secret }, form);
    }
    push(WebhookEvent::Changed { url: url(), kinds: kinds(), description: None }, "full");
    push(WebhookEvent::SecretRotated { secret: secret(), previous_until: at }, "full");
    for (cause, form) in [(Pause::Wanted, "wanted"), (Pause::Failing, "full"), (Pause::Gone, "gone")] {
        push(WebhookEvent::Paused { cause }, form);
    }
    push(WebhookEvent::Resumed { from: Resumption::WhereItStopped }, "full");
    push(WebhookEvent::Resumed { from: Resumption::Now }, "now");
    push(WebhookEvent::TestRequested, "full");
    push(WebhookEvent::ReplayRequested { from: Position(3), to: Position(9) }, "full");
    push(WebhookEvent::Removed, "full");
}

fn mail_orders(all: &mut Samples) {
    let about = |target: &str, reason: &str| {
        sealed(1, MailOrderAbout { target: target.to_owned(), reason: reason.to_owned() })
    };
    for order in MailOrderKind::ALL {
        let given = MailOrderEvent::Given {
            account: id(1),
            order,
            scope: MailOrderScope::Parts { domains: vec![id(6)], mailboxes: vec![id(8)] },
            message: Some(41),
            recipient: Some(2),
            state: Some("held".to_owned()),
            about: about("alice@else.example", "alice asked"),
        };
        all.push((HostingEvent::MailOrder(given), "full"));
    }
    let given = MailOrderEvent::Given {
        account: id(1),
        order: MailOrderKind::Hold,
        scope: MailOrderScope::Whole,
        message: None,
        recipient: None,
        state: None,
        about: about("", ""),
    };
    all.push((HostingEvent::MailOrder(given), "minimal"));
}

fn documents(all: &mut Samples, at: Timestamp) {
    let published = NewVersion {
        kind: DocumentKind::Cgv,
        language: Language::Fr,
        version: 1,
        title: "Conditions g\u{e9}n\u{e9}rales de vente".to_owned(),
        hash: [0xab; 32],
        octets: 1234,
        media_type: MediaType::Pdf,
        effective_from: at,
    };
    all.push((HostingEvent::Document(DocumentEvent::VersionPublished(published)), "full"));
    all.push((HostingEvent::Document(DocumentEvent::VersionWithdrawn { version: 1 }), "full"));
    let document = |number, kind, media_type| AcceptedDocument {
        document: id(number),
        version: 1,
        kind,
        language: Language::En,
        title: "Terms".to_owned(),
        hash: [0xcd; 32],
        octets: 99,
        media_type,
    };
    let accepted = |documents, method, hash| ContractEvent::Accepted {
        account: id(1),
        documents,
        method,
        shown_hash: hash,
        network_hash: hash,
    };
    let both = vec![
        document(16, DocumentKind::Cps, MediaType::Text),
        document(17, DocumentKind::Dpa, MediaType::Html),
    ];
    all.push((HostingEvent::Contract(accepted(both, Method::Page, Some([0xef; 32]))), "full"));
    let one = vec![document(16, DocumentKind::Aup, MediaType::Text)];
    all.push((HostingEvent::Contract(accepted(one.clone(), Method::Program, None)), "minimal"));
    all.push((HostingEvent::Contract(accepted(one, Method::Paper, None)), "paper"));
}

/// As they were kept when the owner of a mailbox had no sync jobs by default.
fn not_by_imap() -> MailboxSettings {
    let left = SelfService::ALL.into_iter().filter(|flag| *flag != SelfService::SyncJobs);
    MailboxSettings { imap: false, self_service: left.collect(), ..MailboxSettings::default() }
}
