//! What holds for every event and every sequence of intentions.

use std::collections::BTreeMap;

use crate::support::world::World;
use crate::support::{AllErased, Plainly, id};
use authority::{Permission, Permissions};
use hosting::account::{AccountEvent, BillingMode, Parent};
use hosting::alias::{AliasEvent, AliasSettingsPatch, Temporary};
use hosting::delegation::{DelegationEvent, DelegationScope};
use hosting::domain::{DomainEvent, DomainRef, Proof, VerifiedBy};
use hosting::factor::{FactorEvent, PasskeyKey, TotpSeed, YubikeyIdentity};
use hosting::mailbox::{Crossing, MailProtocol, Mailbox, MailboxEvent, Threshold};
use hosting::plan::{PlanEvent, catalogue, plan_id};
use hosting::reseller::{ResellerEvent, Resources};
use hosting::service::{Service, ServiceEvent, SuspensionReason};
use hosting::session::{EndReason, Entrance, SessionEvent, SessionOwner};
use hosting::ticket::{FileKey, Side, TicketEvent, TicketFile, TicketKind, TicketPriority, Way};
use hosting::use_case::*;
use hosting::user::{UserEvent, UserRole};
use hosting::{HostingEvent, LoginName, PasswordHash};
use kernel::{
    ByteSize, DomainName, EmailAddress, EventFamily, Id, LocalPart, RawEvent, Sealed, SubjectId, Timestamp,
};
use proptest::prelude::*;
use proptest::{collection, option, sample};

fn any_id<T: Id>() -> impl Strategy<Value = T> {
    any::<u128>().prop_map(id)
}

fn at() -> impl Strategy<Value = Timestamp> {
    any::<i64>().prop_map(Timestamp::from_millis)
}

fn size() -> impl Strategy<Value = ByteSize> {
    any::<u64>().prop_map(ByteSize::new)
}

fn sealed<T: std::fmt::Debug>(value: impl Strategy<Value = T>) -> impl Strategy<Value = Sealed<T>> {
    (any_id::<SubjectId>(), value).prop_map(|(subject, value)| Sealed::new(subject, value))
}

fn local() -> impl Strategy<Value = LocalPart> {
    let plain = "[a-zA-Z0-9!#$%&'*+/=?^_`{|}~\u{e9}\u{1f431}-]{1,12}(\\.[a-z0-9]{1,8}){0,2}";
    let quoted = "\"[a-z .,@(]{1,20}(\\\\\"|\\\\\\\\)?\"";
    prop_oneof![plain, quoted].prop_map(|text| LocalPart::parse(&text).expect("a local part"))
}

fn domain_name() -> impl Strategy<Value = DomainName> {
    "[a-z0-9]{1,20}(-[a-z0-9]{1,5})?\\.(example|fr|b\u{fc}cher)"
        .prop_map(|text| DomainName::parse(&text).expect("a name"))
}

fn addresses() -> impl Strategy<Value = Vec<EmailAddress>> {
    let address = (local(), domain_name()).prop_map(|(local, domain)| EmailAddress::new(local, domain));
    collection::vec(address, 1..5)
}

fn password() -> impl Strategy<Value = PasswordHash> {
    "\\$argon2id\\$[!-~]{1,100}".prop_map(|text| PasswordHash::parse(&text).expect("a hash"))
}

fn login() -> impl Strategy<Value = LoginName> {
    "[a-z0-9._@+-]{3,128}".prop_map(|text| LoginName::parse(&text).expect("a login"))
}

fn permissions() -> impl Strategy<Value = Permissions> {
    sample::subsequence(Permission::ALL.to_vec(), 0..=11).prop_map(|all| all.into_iter().collect())
}

fn role() -> impl Strategy<Value = UserRole> {
    prop_oneof![
        Just(UserRole::Operator),
        Just(UserRole::Owner),
        collection::vec(any_id(), 1..4).prop_map(UserRole::DomainAdministrator),
    ]
}

fn account_event() -> impl Strategy<Value = HostingEvent> {
    prop_oneof![
        (sealed(any::<String>()), option::of((any_id(), any::<u8>())), any::<bool>()).prop_map(
            |(name, parent, is_sandbox)| {
                let parent = parent.map(|(account, depth)| Parent { account, depth });
                AccountEvent::Opened { name, parent, is_sandbox }
            }
        ),
        any::<u32>().prop_map(|sub_account_count_max| AccountEvent::ResellerSet { sub_account_count_max }),
        (any_id(), sealed(any::<String>()), any::<bool>()).prop_map(|(account, name, is_sandbox)| {
            AccountEvent::SubAccountAdmitted { account, name, is_sandbox }
        }),
        (any_id(), any_id(), resources()).prop_map(|(transfer, to, resources)| {
            AccountEvent::TransferOffered { transfer, to, resources }
        }),
        (any_id(), any_id(), any_id(), any::<u8>()).prop_map(|(transfer, from, account, depth)| {
            AccountEvent::Moved { transfer, from, parent: Parent { account, depth } }
        }),
        (any_id(), any_id()).prop_map(|(transfer, from)| AccountEvent::MovedToPlatform { transfer, from }),
        sample::select(BillingMode::ALL.to_vec()).prop_map(|mode| AccountEvent::BillingModeSet { mode }),
        Just(AccountEvent::Closed),
        any_id().prop_map(|user| AccountEvent::UserAdded { user }),
        any_id().prop_map(|user| AccountEvent::UserRemoved { user }),
        any_id().prop_map(|service| AccountEvent::ServiceAdded { service }),
        any_id().prop_map(|service| AccountEvent::ServiceEnded { service }),
    ]
    .prop_map(HostingEvent::Account)
}

fn resources() -> impl Strategy<Value = Resources> {
    (any::<u32>(), any::<u32>(), any::<u32>(), size()).prop_map(|(services, domains, mailboxes, storage)| {
        Resources { services, domains, mailboxes, storage }
    })
}

fn reseller_event() -> impl Strategy<Value = HostingEvent> {
    let customers = || collection::vec(any_id(), 0..3);
    prop_oneof![
        (option::of(resources()), customers())
            .prop_map(|(pool, customers)| ResellerEvent::PoolSet { pool, customers }),
        (any_id(), any::<u32>(), resources())
            .prop_map(|(account, serial, resources)| ResellerEvent::Allocated { account, serial, resources }),
        (any_id(), any::<u32>(), resources())
            .prop_map(|(account, serial, resources)| ResellerEvent::Settled { account, serial, resources }),
        (any_id(), any::<u32>(), resources(), customers()).prop_map(
            |(giver, serial, resources, customers)| ResellerEvent::Received {
                giver,
                serial,
                resources,
                customers
            }
        ),
        (any_id(), resources()).prop_map(|(service, resources)| ResellerEvent::Drawn { service, resources }),
        any_id().prop_map(|service| ResellerEvent::Returned { service }),
        option::of(resources()).prop_map(|pool| ResellerEvent::Freed { pool }),
        (any_id(), any_id(), sealed(any::<String>()), any::<bool>(), resources()).prop_map(
            |(transfer, account, name, is_sandbox, resources)| ResellerEvent::TransferReceived {
                transfer,
                account,
                name,
                is_sandbox,
                resources
            }
        ),
        (any_id(), any_id())
            .prop_map(|(transfer, account)| ResellerEvent::TransferAccepted { transfer, account }),
        any_id().prop_map(|account| ResellerEvent::Dropped { account }),
    ]
    .prop_map(HostingEvent::Reseller)
}

fn user_event() -> impl Strategy<Value = HostingEvent> {
    let registered =
        (
            any_id(),
            sealed(login()),
            option::of(sealed(any::<String>())),
            option::of(sealed(password())),
            role(),
            any::<bool>(),
        )
            .prop_map(|(account, login, name, password, role, must_change_password)| {
                UserEvent::Registered { account, login, name, password, role, must_change_password }
            });
    let issued = (any_id(), sealed(any::<String>()), permissions(), any::<[u8; 32]>(), option::of(at()))
        .prop_map(|(token, name, permissions, secret_hash, expires_at)| UserEvent::TokenIssued {
            token,
            name,
            permissions,
            secret_hash,
            expires_at,
            networks: vec![],
        });
    prop_oneof![
        registered,
        issued,
        (sealed(password()), any::<bool>())
            .prop_map(|(password, must_change)| UserEvent::PasswordSet { password, must_change }),
        factor_event().prop_map(UserEvent::Factor),
        any_id().prop_map(|token| UserEvent::TokenRevoked { token }),
        Just(UserEvent::Disabled),
        Just(UserEvent::Enabled),
        Just(UserEvent::Removed),
    ]
    .prop_map(HostingEvent::User)
}

fn factor_event() -> impl Strategy<Value = FactorEvent> {
    let seed =
        collection::vec(any::<u8>(), 20..=64).prop_map(|octets| TotpSeed::new(octets).expect("long enough"));
    let octets = || collection::vec(any::<u8>(), 1..64);
    let key = (octets(), octets()).prop_map(|(id, key)| PasskeyKey::new(id, key).expect("short enough"));
    let passkey = (any_id(), sealed(any::<String>()), sealed(key), any::<u32>(), any::<bool>()).prop_map(
        |(factor, name, key, counter, may_be_backed_up)| FactorEvent::PasskeyAdded {
            factor,
            name,
            key,
            counter,
            may_be_backed_up,
        },
    );
    let identity = "[cbdefghijklnrtuv]{2,16}".prop_map(|text| YubikeyIdentity::new(text).expect("letters"));
    prop_oneof![
        passkey,
        (any_id(), sealed(any::<String>()), sealed(identity))
            .prop_map(|(factor, name, identity)| FactorEvent::YubikeyAdded { factor, name, identity }),
        (any_id(), sealed(any::<String>()))
            .prop_map(|(factor, name)| FactorEvent::FactorRenamed { factor, name }),
        (any_id(), sealed(any::<String>()), sealed(seed))
            .prop_map(|(factor, name, seed)| FactorEvent::TotpAdded { factor, name, seed }),
        any_id().prop_map(|factor| FactorEvent::FactorRemoved { factor }),
        collection::vec(any::<[u8; 32]>(), 0..4).prop_map(|hashes| FactorEvent::RecoveryCodesSet { hashes }),
        any::<[u8; 32]>().prop_map(|hash| FactorEvent::RecoveryCodeUsed { hash }),
    ]
}

fn session_event() -> impl Strategy<Value = HostingEvent> {
    let owner = prop_oneof![any_id().prop_map(SessionOwner::User), any_id().prop_map(SessionOwner::Mailbox),];
    let reasons = vec![EndReason::SignedOut, EndReason::Revoked, EndReason::TokenReused];
    prop_oneof![
        (owner, any::<[u8; 32]>(), at(), any::<bool>(), option::of(sealed(any::<String>()))).prop_map(
            |(owner, refresh_hash, expires_at, has_second_factor, device)| {
                let entrance = Entrance { has_second_factor, device, is_unfamiliar: has_second_factor };
                SessionEvent::Started { owner, refresh_hash, expires_at, entrance }
            }
        ),
        (any::<[u8; 32]>(), at())
            .prop_map(|(refresh_hash, expires_at)| SessionEvent::Rotated { refresh_hash, expires_at }),
        sample::select(reasons).prop_map(|reason| SessionEvent::Ended { reason }),
    ]
    .prop_map(HostingEvent::Session)
}

fn plan_event() -> impl Strategy<Value = HostingEvent> {
    (sample::select(catalogue()), any::<u32>(), any::<u64>(), any::<u64>()).prop_map(
        |(entry, version, storage, step)| {
            let mut terms = entry.terms;
            terms.limits.storage = ByteSize::new(storage);
            if let Some(add_ons) = &mut terms.add_ons {
                add_ons.storage.step = step;
            }
            HostingEvent::Plan(PlanEvent::VersionPublished { version, terms })
        },
    )
}

fn service_event() -> impl Strategy<Value = HostingEvent> {
    let reasons = vec![
        SuspensionReason::NonPayment,
        SuspensionReason::Abuse,
        SuspensionReason::Legal,
        SuspensionReason::Security,
    ];
    prop_oneof![
        (any_id(), any_id(), any::<u32>(), sample::select(catalogue())).prop_map(
            |(account, plan, version, entry)| {
                ServiceEvent::Ordered { account, plan, version, limits: entry.terms.limits }
            }
        ),
        sample::select(vec![
            ServiceEvent::Activated,
            ServiceEvent::Restricted,
            ServiceEvent::Resumed,
            ServiceEvent::Reactivated
        ]),
        sample::select(reasons).prop_map(|reason| ServiceEvent::Suspended { reason }),
        at().prop_map(|purge_after| ServiceEvent::Ended { purge_after }),
        (any_id(), any::<u32>(), size()).prop_map(|(domain, mailboxes, bytes)| ServiceEvent::SlotsTaken {
            domain,
            mailboxes,
            bytes
        }),
        (any_id(), any::<u32>(), size()).prop_map(|(domain, mailboxes, bytes)| ServiceEvent::SlotsReturned {
            domain,
            mailboxes,
            bytes
        }),
        (size(), size()).prop_map(|(from, to)| ServiceEvent::AllocationChanged { domain: None, from, to }),
        (any_id(), option::of(any_id()))
            .prop_map(|(domain, uncounted)| ServiceEvent::AliasSlotTaken { domain, uncounted }),
        (any_id(), option::of(any_id()))
            .prop_map(|(domain, uncounted)| ServiceEvent::AliasSlotReturned { domain, uncounted }),
        any_id().prop_map(|domain| ServiceEvent::DomainSlotTaken { domain, mirrors: None }),
        any_id().prop_map(|domain| ServiceEvent::DomainSlotReturned { domain }),
        (any_id(), any::<u32>())
            .prop_map(|(mailbox, sync_jobs)| ServiceEvent::SyncJobsCounted { mailbox, sync_jobs }),
        any_id().prop_map(|user| ServiceEvent::AdministratorAdded { user }),
        any_id().prop_map(|user| ServiceEvent::AdministratorRemoved { user }),
    ]
    .prop_map(HostingEvent::Service)
}

fn domain_event() -> impl Strategy<Value = HostingEvent> {
    prop_oneof![
        (any_id(), any_id(), domain_name(), any::<String>()).prop_map(|(account, service, name, token)| {
            DomainEvent::Added { account, service, name, token, mirrors: None, is_claimed: true }
        }),
        domain_name().prop_map(|name| DomainEvent::SharedAdded { name }),
        sample::select(vec![VerifiedBy::Txt, VerifiedBy::Operator])
            .prop_map(|by| DomainEvent::Verified { by }),
        at().prop_map(|purge_after| DomainEvent::Removed { purge_after }),
        domain_name().prop_map(|name| DomainEvent::Restored { name, mirrors: None, is_claimed: true }),
    ]
    .prop_map(HostingEvent::Domain)
}

fn mailbox_event() -> impl Strategy<Value = HostingEvent> {
    let created = (
        (any_id(), any_id(), any_id(), domain_name()),
        sealed(local()),
        size(),
        option::of(sealed(any::<String>())),
        option::of(sealed(password())),
    )
        .prop_map(|((account, service, domain, domain_name), local, quota, display_name, password)| {
            MailboxEvent::Created {
                account,
                service,
                domain,
                domain_name,
                local,
                quota,
                display_name,
                password,
            }
        });
    let crossings = vec![Crossing::Up, Crossing::Down];
    prop_oneof![
        created,
        (size(), size()).prop_map(|(from, to)| MailboxEvent::QuotaChanged { from, to }),
        option::of(sealed(any::<String>()))
            .prop_map(|display_name| MailboxEvent::DisplayNameChanged { display_name }),
        sealed(password()).prop_map(|password| MailboxEvent::PasswordSet { password }),
        factor_event().prop_map(MailboxEvent::Factor),
        (
            any_id(),
            sealed(any::<String>()),
            any::<[u8; 32]>(),
            collection::btree_set(sample::select(MailProtocol::ALL.to_vec()), 0..5),
            option::of(at())
        )
            .prop_map(|(app_password, name, secret_hash, protocols, expires_at)| {
                MailboxEvent::AppPasswordAdded { app_password, name, secret_hash, protocols, expires_at }
            }),
        any_id().prop_map(|app_password| MailboxEvent::AppPasswordRevoked { app_password }),
        (
            any_id(),
            sealed(any::<String>()),
            collection::btree_set(sample::select(MailProtocol::ALL.to_vec()), 0..5),
            option::of(at())
        )
            .prop_map(|(app_password, name, protocols, expires_at)| {
                MailboxEvent::AppPasswordChanged { app_password, name, protocols, expires_at }
            }),
        (any_id(), at())
            .prop_map(|(alias, expires_at)| MailboxEvent::TemporaryAliasSet { alias, expires_at }),
        any_id().prop_map(|alias| MailboxEvent::TemporaryAliasDropped { alias }),
        sealed(local()).prop_map(|local| MailboxEvent::Renamed { local }),
        sealed((local(), domain_name()).prop_map(|(local, domain)| EmailAddress::new(local, domain)))
            .prop_map(|address| MailboxEvent::RecoveryAddressVerified { address }),
        Just(MailboxEvent::LanguageSet { language: hosting::Language::Fr }),
        option::of("[A-Z][a-z]{2,8}/[A-Z][a-z]{2,8}").prop_map(|zone| MailboxEvent::TimeZoneSet { zone }),
        Just(MailboxEvent::Restored),
        Just(MailboxEvent::Disabled),
        Just(MailboxEvent::Enabled),
        at().prop_map(|purge_after| MailboxEvent::Deleted { purge_after }),
        (sample::select(Threshold::ALL.to_vec()), sample::select(crossings))
            .prop_map(|(threshold, crossing)| MailboxEvent::QuotaThresholdCrossed { threshold, crossing }),
    ]
    .prop_map(HostingEvent::Mailbox)
}

fn sides() -> impl Strategy<Value = Side> {
    sample::select(vec![Side::Customer, Side::Staff])
}

fn ticket_event() -> impl Strategy<Value = HostingEvent> {
    let kinds = vec![
        TicketKind::Billing,
        TicketKind::Technical,
        TicketKind::Abuse,
        TicketKind::Security,
        TicketKind::Legal,
        TicketKind::Sales,
        TicketKind::Withdrawal,
    ];
    let text = || sealed(any::<String>());
    prop_oneof![
        (any_id(), option::of(any_id()), sample::select(kinds), text(), text()).prop_map(
            |(account, service, kind, subject, text)| TicketEvent::Opened {
                account,
                service,
                kind,
                subject,
                text
            }
        ),
        (sides(), text(), any::<bool>()).prop_map(|(side, text, is_internal)| {
            let way = if is_internal { Way::Panel } else { Way::Mail };
            TicketEvent::Said { side, text, is_internal, way }
        }),
        (sides(), text(), any::<u64>(), any::<[u8; 32]>(), sealed(any::<[u8; 32]>().prop_map(FileKey::new)))
            .prop_map(|(side, name, octets, hash, key)| {
                TicketEvent::Attached(TicketFile {
                    side,
                    is_internal: octets % 2 == 0,
                    name,
                    octets,
                    hash,
                    key,
                })
            }),
        option::of(any_id()).prop_map(|to| TicketEvent::Assigned { to }),
        sample::select(vec![
            TicketPriority::Low,
            TicketPriority::Normal,
            TicketPriority::High,
            TicketPriority::Urgent
        ])
        .prop_map(|priority| TicketEvent::PrioritySet { priority }),
        at().prop_map(|at| TicketEvent::Resolved { at }),
        Just(TicketEvent::Reopened),
        (any_id(), at()).prop_map(|(into, at)| TicketEvent::Merged { into, at }),
        any_id().prop_map(|from| TicketEvent::TookIn { from }),
        (any::<u8>(), option::of(text())).prop_map(|(stars, words)| TicketEvent::Rated { stars, words }),
    ]
    .prop_map(HostingEvent::Ticket)
}

fn delegation_event() -> impl Strategy<Value = HostingEvent> {
    let scope = prop_oneof![
        Just(DelegationScope::Account),
        collection::vec(any_id(), 1..4).prop_map(DelegationScope::Services),
        collection::vec(any_id(), 1..4).prop_map(DelegationScope::Domains),
    ];
    let terms = (permissions(), scope, option::of(at()), any::<bool>()).boxed();
    let email = sealed((local(), domain_name()).prop_map(|(local, domain)| EmailAddress::new(local, domain)));
    prop_oneof![
        (any_id(), email, terms.clone(), any::<[u8; 32]>(), at()).prop_map(
            |(account, email, terms, secret_hash, answer_until)| {
                let (permissions, scope, expires_at, requires_second_factor) = terms;
                DelegationEvent::Invited {
                    account,
                    email,
                    permissions,
                    scope,
                    expires_at,
                    requires_second_factor,
                    secret_hash,
                    answer_until,
                }
            }
        ),
        terms.prop_map(|(permissions, scope, expires_at, requires_second_factor)| {
            DelegationEvent::TermsChanged { permissions, scope, expires_at, requires_second_factor }
        }),
        (any_id(), any_id(), any::<Option<bool>>())
            .prop_map(|(user, home, is_invited)| DelegationEvent::Accepted { user, home, is_invited }),
        Just(DelegationEvent::Declined),
        Just(DelegationEvent::Revoked),
        Just(DelegationEvent::Left),
    ]
    .prop_map(HostingEvent::Delegation)
}

fn alias_event() -> impl Strategy<Value = HostingEvent> {
    let created = (
        (any_id(), any_id(), any_id(), domain_name()),
        option::of(sealed(local())),
        sealed(addresses()),
        option::of((any_id(), at()).prop_map(|(mailbox, expires_at)| Temporary { mailbox, expires_at })),
    )
        .prop_map(|((account, service, domain, domain_name), local, targets, temporary)| {
            AliasEvent::Created { account, service, domain, domain_name, local, targets, temporary }
        });
    prop_oneof![
        created,
        sealed(addresses()).prop_map(|targets| AliasEvent::TargetsChanged { targets }),
        option::of(at()).prop_map(|expires_at| AliasEvent::ExpiryChanged { expires_at }),
        Just(AliasEvent::Deleted),
    ]
    .prop_map(HostingEvent::Alias)
}

fn event() -> impl Strategy<Value = HostingEvent> {
    prop_oneof![
        account_event(),
        reseller_event(),
        user_event(),
        session_event(),
        plan_event(),
        service_event(),
        domain_event(),
        mailbox_event(),
        alias_event(),
        delegation_event(),
        ticket_event(),
    ]
}

/// What a customer might do to one of eight mailboxes and four aliases; much of it is refused.
#[derive(Debug, Clone)]
enum Wish {
    Create(u128, u64),
    Quota(u128, u64),
    Delete(u128),
    Alias(u128),
    Unalias(u128),
    Restrict,
    Resume,
}

fn wish() -> impl Strategy<Value = Wish> {
    prop_oneof![
        4 => (0..8_u128, 0..20_u64).prop_map(|(number, gib)| Wish::Create(number, gib)),
        3 => (0..8_u128, 0..20_u64).prop_map(|(number, gib)| Wish::Quota(number, gib)),
        2 => (0..8_u128).prop_map(Wish::Delete),
        2 => (0..4_u128).prop_map(Wish::Alias),
        1 => (0..4_u128).prop_map(Wish::Unalias),
        1 => Just(Wish::Restrict),
        2 => Just(Wish::Resume),
    ]
}

fn world() -> World {
    let mut world = World::new();
    let (account, service) = (id(1), id(10));
    for entry in catalogue() {
        world.must(&PublishPlanVersion { plan: entry.plan, version: 1, terms: entry.terms });
    }
    world.must(&OpenAccount { account, name: "Demo".to_owned() });
    world.must(&OrderService {
        account,
        service,
        plan: plan_id("family"),
        version: 1,
        custom: None,
        cycle: hosting::calendar::Cycle::Annual,
        agreement: hosting::contract::Agreement::ToFollow,
    });
    world.must(&ActivateService { account, service });
    let name = DomainName::parse("demo.example").expect("a name");
    world.must(&AddDomain { account, service, domain: id(20), name, mirrors: None });
    world.must(&VerifyDomain { account, domain: id(20), proof: Proof::AssertedByOperator });
    world
}

fn grant(world: &mut World, wish: &Wish, generation: u128) -> bool {
    let (account, service, domain) = (id(1), id(10), DomainRef::Own(id(20)));
    let local = |text: String| LocalPart::parse(&text).expect("a local part");
    let outcome = match *wish {
        Wish::Create(number, gib) => world.run(&CreateMailboxes {
            account,
            service,
            domain,
            mailboxes: vec![NewMailbox {
                mailbox: id(number + 100 * generation),
                local: local(format!("box{number}")),
                quota: ByteSize::gib(gib),
                display_name: None,
                password: None,
            }],
        }),
        Wish::Quota(number, gib) => {
            let quota = ByteSize::gib(gib);
            world.run(&ChangeMailboxQuota { account, service, mailbox: id(number + 100 * generation), quota })
        }
        Wish::Delete(number) => world.run(&DeleteMailbox {
            account,
            service,
            mailbox: id(number + 100 * generation),
            temporary_aliases: vec![],
            purge_after: Timestamp::from_secs(1_800_000_000),
        }),
        Wish::Alias(number) => world.run(&CreateAlias {
            account,
            service,
            domain,
            alias: id(number + 100 * generation),
            local: Some(local(format!("alias{number}"))),
            targets: vec![EmailAddress::parse("a@b.example").expect("an address")],
            is_under_catch_all: false,
            settings: AliasSettingsPatch::default(),
        }),
        Wish::Unalias(number) => {
            world.run(&DeleteAlias { account, service, alias: id(number + 100 * generation) })
        }
        Wish::Restrict => world.run(&RestrictService { account, service }),
        Wish::Resume => world.run(&ResumeService { account, service }),
    };
    outcome.is_ok_and(|event_count| event_count > 0)
}

proptest! {
    #[test]
    fn what_is_encoded_is_decoded_again(event in event()) {
        let kind = event.kind();
        let payload = event.encode(&mut Plainly).expect("nobody is erased");
        let raw = RawEvent { kind: kind.name.into(), schema: kind.schema, payload };
        let again = HostingEvent::decode(event.category(), &raw, &Plainly).expect("our own event");
        prop_assert_eq!(again, Some(event.clone()));
        let erased = HostingEvent::decode(event.category(), &raw, &AllErased).expect("our own event");
        prop_assert_eq!(erased.map(|event| event.kind()), Some(kind));
    }

    #[test]
    fn bytes_from_anywhere_are_an_event_or_a_fault(
        event in event(),
        at in any::<sample::Index>(),
        octet in any::<u8>(),
    ) {
        let kind = event.kind();
        let mut payload = event.encode(&mut Plainly).expect("nobody is erased");
        let index = at.index(payload.len());
        payload[index] = octet;
        let raw = RawEvent { kind: kind.name.into(), schema: kind.schema, payload };
        // Whatever it is, it is answered.
        let _ = HostingEvent::decode(event.category(), &raw, &Plainly);
    }

    #[test]
    fn what_a_service_counts_is_what_lives_within_its_limits(wishes in collection::vec((wish(), 0..2_u128), 1..60)) {
        let mut world = world();
        let mut live: BTreeMap<u128, ByteSize> = BTreeMap::new();
        let mut aliases = 0_u32;
        for (wish, generation) in wishes {
            let is_done = grant(&mut world, &wish, generation);
            match wish {
                Wish::Create(number, gib) | Wish::Quota(number, gib) if is_done => {
                    live.insert(number + 100 * generation, ByteSize::gib(gib));
                }
                Wish::Delete(number) if is_done => {
                    live.remove(&(number + 100 * generation));
                }
                Wish::Alias(_) if is_done => aliases += 1,
                Wish::Unalias(_) if is_done => aliases -= 1,
                _ => {}
            }
            let state = world.state::<Service>(id::<kernel::AccountId>(1).tenant(), id(10));
            let record = state.record().expect("a service");
            let bytes = live.values().map(|quota| quota.octets()).sum::<u64>();
            prop_assert_eq!(record.usage.mailboxes as usize, live.len());
            prop_assert_eq!(record.usage.bytes, ByteSize::new(bytes));
            prop_assert_eq!(record.usage.aliases, aliases);
            prop_assert!(record.usage.mailboxes <= record.limits.mailbox_count_max);
            prop_assert!(record.usage.bytes <= record.limits.storage);
            let lives = record.domains.get(&id(20)).copied().unwrap_or_default();
            prop_assert_eq!((lives.mailboxes as usize, lives.aliases), (live.len(), aliases));
            for (number, quota) in &live {
                let mailbox = world.state::<Mailbox>(id::<kernel::AccountId>(1).tenant(), id(*number));
                prop_assert_eq!(mailbox.record().map(|record| record.quota), Some(*quota));
            }
        }
    }
}
