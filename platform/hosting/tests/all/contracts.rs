//! Contracts: what is in force must be accepted, and what was accepted stays.

use crate::support::id;
use crate::support::stage::{account, service, with_domain};
use crate::support::world::{No, World};
use authority::{Denied, Grant, Permission, Permissions, Principal, Scope};
use hosting::calendar::Cycle;
use hosting::contract::{Acceptance, Agreement, Contract, ContractEvent, Method};
use hosting::document::{Document, DocumentCommand, DocumentKind, MediaType, NewVersion, series};
use hosting::plan::{CustomLimits, plan_id};
use hosting::refusal::{Limit, ValueRefusal};
use hosting::service::Service;
use hosting::use_case::{AcceptContract, ChangePlan, OrderService, PublishDocument};
use hosting::{HostingRefusal, Language};
use kernel::{Actor, DocumentId, TenantId, Timestamp};

fn version(kind: DocumentKind, language: Language, version: u32, from: Timestamp) -> PublishDocument {
    let octet = u8::try_from(version).expect("small");
    let terms = NewVersion {
        kind,
        language,
        version,
        title: "Terms".to_owned(),
        hash: [octet; 32],
        octets: 10,
        media_type: MediaType::Text,
        effective_from: from,
    };
    PublishDocument { document: series(kind, language), command: DocumentCommand::Publish(terms) }
}

fn given(documents: Vec<(DocumentId, u32)>) -> Agreement {
    Agreement::Given(Acceptance { documents, method: Method::Page, shown_hash: None, network_hash: None })
}

fn order(number: u128, agreement: Agreement) -> OrderService {
    OrderService {
        account: account(),
        service: id(number),
        plan: plan_id("solo"),
        version: 1,
        custom: None,
        cycle: Cycle::Monthly,
        agreement,
    }
}

const CGV_FR: (DocumentKind, Language) = (DocumentKind::Cgv, Language::Fr);
const CGV_EN: (DocumentKind, Language) = (DocumentKind::Cgv, Language::En);

fn publish(world: &mut World, (kind, language): (DocumentKind, Language), number: u32) -> (DocumentId, u32) {
    world.must(&version(kind, language, number, world.now));
    (series(kind, language), number)
}

fn accepted(world: &World, number: u128) -> usize {
    world.state::<Contract>(account().tenant(), id(number)).accepted.len()
}

#[test]
fn an_order_accepts_what_is_in_force_in_one_language_of_each_kind() {
    let mut world = with_domain();
    world.must(&order(90, given(vec![])));
    let french = publish(&mut world, CGV_FR, 1);
    let english = publish(&mut world, CGV_EN, 1);
    let processing = publish(&mut world, (DocumentKind::Dpa, Language::En), 1);
    publish(&mut world, (DocumentKind::WithdrawalForm, Language::Fr), 1);
    assert_eq!(world.refused(&order(91, given(vec![]))), "CONTRACT_NOT_ACCEPTED");
    assert_eq!(world.refused(&order(91, given(vec![french]))), "CONTRACT_NOT_ACCEPTED");
    world.must(&order(91, given(vec![french, processing])));
    world.must(&order(92, given(vec![english, processing])));
    assert_eq!((accepted(&world, 91), accepted(&world, 92)), (2, 2));
}

#[test]
fn only_versions_in_force_are_accepted_and_old_ones_stay_accepted() {
    let mut world = with_domain();
    let first = publish(&mut world, CGV_FR, 1);
    world.must(&order(90, given(vec![first])));
    let later = Timestamp::from_secs(world.now.secs() + 3600);
    world.must(&version(DocumentKind::Cgv, Language::Fr, 2, later));
    let second = (first.0, 2);
    assert_eq!(world.refused(&order(91, given(vec![second]))), "DOCUMENT_NOT_CURRENT");
    world.must(&order(91, given(vec![first])));
    world.now = later;
    assert_eq!(world.refused(&order(92, given(vec![first]))), "DOCUMENT_NOT_CURRENT");
    world.must(&order(92, given(vec![second])));
    // Who accepted the first one accepts the revision beside it.
    let acceptance =
        Acceptance { documents: vec![second], method: Method::Program, shown_hash: None, network_hash: None };
    let revise = AcceptContract { account: account(), service: id(90), acceptance };
    world.must(&revise);
    assert_eq!(world.must(&revise), 0, "already accepted");
    assert_eq!(accepted(&world, 90), 2);
    let withdraw = DocumentCommand::Withdraw { version: 2 };
    world.must(&PublishDocument { document: first.0, command: withdraw });
    assert_eq!(world.refused(&order(93, given(vec![second]))), "DOCUMENT_NOT_CURRENT");
    world.must(&order(93, given(vec![first])));
    assert_eq!(accepted(&world, 90), 2, "what was accepted stays");
}

#[test]
fn a_version_is_in_force_from_the_day_of_its_publication_on_and_not_before() {
    let mut world = with_domain();
    let hours_ago = |world: &World, hours: i64| Timestamp::from_secs(world.now.secs() - hours * 3600);
    let early = version(DocumentKind::Cgv, Language::Fr, 1, hours_ago(&world, 25));
    let limit = Limit { allowed: 24, used: 25 };
    assert_eq!(world.run(&early), Err(No::Refused(HostingRefusal::EffectivePast(limit))));
    let long_ago = version(DocumentKind::Cgv, Language::Fr, 1, Timestamp::from_millis(i64::MIN));
    assert_eq!(world.refused(&long_ago), "EFFECTIVE_PAST");
    let of_today = version(DocumentKind::Cgv, Language::Fr, 1, hours_ago(&world, 24));
    world.must(&of_today);
    // Sent again later, it is the one that is there.
    world.now = Timestamp::from_secs(world.now.secs() + 100 * 3600);
    assert_eq!(world.must(&of_today), 0);
}

#[test]
fn what_people_accept_themselves_stands_beside_what_the_operator_holds_on_paper() {
    let mut world = with_domain();
    let document = publish(&mut world, CGV_FR, 1);
    let by = |method| AcceptContract {
        account: account(),
        service: id(90),
        acceptance: Acceptance {
            documents: vec![document],
            method,
            shown_hash: Some([7; 32]),
            network_hash: None,
        },
    };
    let paper =
        Acceptance { documents: vec![document], method: Method::Paper, shown_hash: None, network_hash: None };
    world.must(&order(90, Agreement::Given(paper)));
    assert_eq!(world.must(&by(Method::Paper)), 0, "the operator holds it already");
    assert_eq!(world.must(&by(Method::Page)), 1, "their own acceptance is added");
    for method in [Method::Page, Method::Program, Method::Paper] {
        assert_eq!(world.must(&by(method)), 0, "they have accepted it: {method:?}");
    }
    let methods: Vec<Method> = world
        .history::<Contract>(account().tenant(), id(90))
        .into_iter()
        .map(|ContractEvent::Accepted { method, .. }| method)
        .collect();
    assert_eq!(methods, [Method::Paper, Method::Page]);
    assert_eq!(accepted(&world, 90), 1);
}

#[test]
fn what_is_accepted_later_is_refused_by_the_argument_that_names_it() {
    let mut world = with_domain();
    world.must(&order(90, Agreement::ToFollow));
    let acceptance = Acceptance {
        documents: vec![(series(DocumentKind::Cgv, Language::Fr), 1)],
        method: Method::Page,
        shown_hash: None,
        network_hash: None,
    };
    let no = HostingRefusal::from(ValueRefusal::DocumentNotCurrent);
    let at_order = order(91, Agreement::Given(acceptance.clone()));
    assert_eq!(world.run(&at_order), Err(No::Refused(no.of("accept.documents"))));
    let later = AcceptContract { account: account(), service: id(90), acceptance };
    assert_eq!(world.run(&later), Err(No::Refused(no.of("input.documents"))));
}

#[test]
fn somebody_who_accepts_nothing_is_told_so() {
    let mut world = with_domain();
    let document = publish(&mut world, CGV_FR, 1);
    world.must(&order(90, given(vec![document])));
    let nothing =
        Acceptance { documents: vec![], method: Method::Program, shown_hash: None, network_hash: None };
    let accept = AcceptContract { account: account(), service: id(90), acceptance: nothing };
    assert_eq!(world.refused(&accept), "ACCEPTANCE_EMPTY");
    assert_eq!(accepted(&world, 90), 1);
}

#[test]
fn a_published_version_never_changes_and_numbers_have_no_holes() {
    let mut world = with_domain();
    publish(&mut world, CGV_FR, 1);
    let mut other = version(DocumentKind::Cgv, Language::Fr, 1, world.now);
    if let DocumentCommand::Publish(terms) = &mut other.command {
        terms.hash = [9; 32];
    }
    assert_eq!(world.refused(&other), "DOCUMENT_VERSION_DIFFERS");
    let third = version(DocumentKind::Cgv, Language::Fr, 3, world.now);
    assert_eq!(world.refused(&third), "DOCUMENT_VERSION_OUT_OF_ORDER");
    let same = version(DocumentKind::Cgv, Language::Fr, 1, world.now);
    assert_eq!(world.must(&same), 0);
    let state = world.state::<Document>(TenantId::PLATFORM, series(DocumentKind::Cgv, Language::Fr));
    assert_eq!(state.versions.len(), 1);
}

#[test]
fn what_is_to_follow_is_the_operators_to_know() {
    let mut world = with_domain();
    publish(&mut world, CGV_FR, 1);
    world.must(&order(90, Agreement::ToFollow));
    let permissions: Permissions = [Permission::ServiceWrite, Permission::ServiceRead].into_iter().collect();
    world.principal = Principal::signed_in(
        Actor::User(id(2)),
        vec![Grant { scope: Scope::Account(account()), permissions }],
    );
    let no = No::Denied(Denied::Lacks(Permission::PlatformWrite));
    assert_eq!(world.run(&order(91, Agreement::ToFollow)), Err(no));
    assert_eq!(world.refused(&order(91, given(vec![]))), "CONTRACT_NOT_ACCEPTED");
}

#[test]
fn a_service_costs_what_its_plan_and_its_additions_cost() {
    let mut world = with_domain();
    let cents = |world: &World, number: u128| {
        let state = world.state::<Service>(account().tenant(), id(number));
        state.record().and_then(|record| record.recurring).map(|recurring| (recurring.cycle, recurring.cents))
    };
    world.must(&order(90, Agreement::ToFollow));
    assert_eq!(cents(&world, 90), Some((Cycle::Monthly, 250)));
    let custom = CustomLimits { mailbox_count: Some(60), domain_count: Some(4), ..CustomLimits::default() };
    let (plan, custom) = (plan_id("custom"), Some(custom));
    world.must(&OrderService { plan, custom, cycle: Cycle::Annual, ..order(91, Agreement::ToFollow) });
    // 25.00 and two steps of mailboxes at 2.00 and a domain at 0.50, ten months.
    assert_eq!(cents(&world, 91), Some((Cycle::Annual, 29_500)));
    let change = |number| ChangePlan {
        account: account(),
        service: id(number),
        plan: plan_id("family"),
        version: 1,
        custom: None,
        is_forced: true,
    };
    world.must(&change(90));
    assert_eq!(cents(&world, 90), Some((Cycle::Monthly, 500)), "the cycle stays");
    let pro = service();
    assert_eq!(
        world
            .state::<Service>(account().tenant(), pro)
            .record()
            .and_then(|it| it.recurring)
            .map(|it| it.cents),
        Some(10_000)
    );
}
