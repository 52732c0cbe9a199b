//! Stored forms of events are for ever: each golden file is read by today's code, before and after erasure.
//!
//! Files are `<kind>.<schema>.<full|minimal>.json` in `tests/golden` of the workspace. Adding one is allowed, changing
//! one is not: this test writes nothing unless `HOSTERRA_GOLDEN_WRITE` is set, and then only files that are missing.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::support::samples::samples;
use crate::support::{AllErased, Plainly};
use hosting::HostingEvent;
use hosting::book::Told;
use kernel::{Category, Decider, EventFamily, Malformed, Open, RawEvent};

const NOUNS: [Category; 16] = [
    hosting::reseller::Reseller::CATEGORY,
    hosting::account::Account::CATEGORY,
    hosting::user::User::CATEGORY,
    hosting::session::Session::CATEGORY,
    hosting::plan::Plan::CATEGORY,
    hosting::service::Service::CATEGORY,
    hosting::domain::Domain::CATEGORY,
    hosting::mailbox::Mailbox::CATEGORY,
    hosting::alias::Alias::CATEGORY,
    hosting::delegation::Delegation::CATEGORY,
    hosting::ticket::Ticket::CATEGORY,
    hosting::webhook::Webhook::CATEGORY,
    hosting::notice::NoticeDay::CATEGORY,
    hosting::document::Document::CATEGORY,
    hosting::contract::Contract::CATEGORY,
    hosting::mail_order::MailOrder::CATEGORY,
];

/// The nouns, and the books.
fn categories() -> impl Iterator<Item = Category> {
    NOUNS.into_iter().chain(hosting::book::EntryEvent::CATEGORIES.iter().copied())
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden")
}

fn decode(raw: &RawEvent, open: &dyn Open) -> Result<HostingEvent, Malformed> {
    let noun = raw.kind.split('.').next().unwrap_or_default();
    let category = categories().find(|category| category.0 == noun).expect("a category of ours");
    HostingEvent::decode(category, raw, open).map(|event| event.expect("a category of ours"))
}

/// Every golden file of this model, with its name.
fn golden() -> Vec<(String, RawEvent)> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder()).expect("the folder of golden files") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().and_then(|name| name.to_str()).expect("a plain name").to_owned();
        let parts: Vec<&str> = name.split('.').collect();
        let &[noun, verb, schema, _form, "json"] = parts.as_slice() else { continue };
        if !categories().any(|category| category.0 == noun) {
            continue;
        }
        let kind = format!("{noun}.{verb}").into();
        let schema = schema.parse().expect("a generation");
        let payload = std::fs::read(&path).expect("a readable file");
        files.push((name, RawEvent { kind, schema, payload }));
    }
    assert!(!files.is_empty());
    files
}

#[test]
fn every_kind_has_a_golden_file_that_today_s_code_reads_as_the_same_event() {
    for (event, form) in samples() {
        let kind = event.kind();
        let path = folder().join(format!("{}.{}.{form}.json", kind.name, kind.schema));
        if !path.exists() && std::env::var_os("HOSTERRA_GOLDEN_WRITE").is_some() {
            let mut payload = event.encode(&mut Plainly).expect("nobody is erased");
            payload.push(b'\n');
            std::fs::write(&path, payload).expect("a writable folder");
        }
        let payload = std::fs::read(&path).unwrap_or_else(|error| {
            panic!("{}: {error}; run once with HOSTERRA_GOLDEN_WRITE=1", path.display())
        });
        let raw = RawEvent { kind: kind.name.into(), schema: kind.schema, payload };
        assert_eq!(decode(&raw, &Plainly).expect(kind.name), event, "{}", path.display());
    }
}

#[test]
fn samples_cover_every_kind_that_is_ever_written() {
    let kinds: BTreeSet<&str> = samples().iter().map(|(event, _)| event.kind().name).collect();
    assert_eq!(kinds.len(), 198, "a new kind needs a sample, and this number: {kinds:?}");
}

#[test]
fn golden_files_hold_no_plain_personal_data() {
    for (name, raw) in golden() {
        let text = String::from_utf8(raw.payload).expect("UTF-8");
        for personal in [
            "alice",
            "Alice",
            "bob",
            "mailadmin",
            "argon2id",
            "backup script",
            "team",
            "12345678901234567890",
            "hunter2",
            "private key",
            "cccccccbcjdi",
        ] {
            assert!(!text.contains(personal), "{name} says {personal}");
        }
    }
}

#[test]
fn golden_files_are_read_and_replayed_after_erasure() {
    use hosting::HostingEvent as E;
    let (mut account, mut user, mut session, mut plan) = Default::default();
    let (mut service, mut domain, mut mailbox, mut alias, mut delegation) = Default::default();
    let mut reseller = hosting::reseller::ResellerState::default();
    let mut ticket = hosting::ticket::TicketState::default();
    let mut document = hosting::document::DocumentState::default();
    let mut contract = hosting::contract::ContractState::default();
    let mut mail_order = hosting::mail_order::MailOrderState::default();
    let mut webhook = hosting::webhook::WebhookState::default();
    let mut notices = hosting::notice::NoticeDayState::default();
    let mut files = golden();
    // Beginnings first, so that what follows falls upon something.
    files.sort_by_key(|(name, _)| {
        let is_beginning =
            ["opened", "registered", "started", "published", "ordered", "added", "created", "invited"]
                .iter()
                .any(|verb| name.contains(verb));
        // An end is the last thing, whatever the names say.
        let is_end = ["deleted", "removed", "closed"].iter().any(|verb| name.contains(verb));
        (!is_beginning, is_end, name.clone())
    });
    for (name, raw) in files {
        match decode(&raw, &AllErased).unwrap_or_else(|error| panic!("{name}: {error}")) {
            E::Account(event) => account = hosting::account::Account::evolve(account, &event),
            E::Reseller(event) => reseller = hosting::reseller::Reseller::evolve(reseller, &event),
            E::User(event) => user = hosting::user::User::evolve(user, &event),
            E::Session(event) => session = hosting::session::Session::evolve(session, &event),
            E::Plan(event) => plan = hosting::plan::Plan::evolve(plan, &event),
            E::Service(event) => service = hosting::service::Service::evolve(service, &event),
            E::Domain(event) => domain = hosting::domain::Domain::evolve(domain, &event),
            E::Mailbox(event) => mailbox = hosting::mailbox::Mailbox::evolve(mailbox, &event),
            E::Document(event) => document = hosting::document::Document::evolve(document, &event),
            E::Contract(event) => contract = hosting::contract::Contract::evolve(contract, &event),
            E::MailOrder(event) => mail_order = hosting::mail_order::MailOrder::evolve(mail_order, &event),
            E::Webhook(event) => webhook = hosting::webhook::Webhook::evolve(webhook, &event),
            E::Ticket(event) => ticket = hosting::ticket::Ticket::evolve(ticket, &event),
            E::Notice(event) => notices = hosting::notice::NoticeDay::evolve(notices, &event),
            E::Delegation(event) => {
                delegation = hosting::delegation::Delegation::evolve(delegation, &event);
            }
            E::Alias(event) => alias = hosting::alias::Alias::evolve(alias, &event),
            // Erased entries are told without what they said.
            E::Entry(event) => match event.change().told {
                Told::Added { json, .. } | Told::Changed { json } => assert_eq!(json, None, "{name}"),
                Told::Removed => {}
            },
        }
    }
    let hosting::account::AccountState::Closed(record) = account else { panic!("{account:?}") };
    assert_eq!(record.name.plain(), None, "erased is erased");
    let hosting::mailbox::MailboxState::Deleted(record) = mailbox else { panic!("{mailbox:?}") };
    assert_eq!(record.address(), None, "erased is erased");
    assert!(ticket.record().is_some() && reseller.received.is_some());
    assert!(document.versions[&1].is_withdrawn && contract.accepted.len() == 2);
    assert!(mail_order.is_given);
    assert_eq!(webhook, hosting::webhook::WebhookState::Removed);
    assert!(notices.notices.values().all(|notice| notice.address.plain().is_none()), "erased is erased");
    let hosting::delegation::DelegationState::Present(record) = delegation else { panic!("{delegation:?}") };
    assert_eq!(record.email.plain(), None, "erased is erased");
    assert!(matches!(user, hosting::user::UserState::Removed));
    assert!(matches!(session, hosting::session::SessionState::Ended { .. }));
    assert!(matches!(alias, hosting::alias::AliasState::Deleted(_)));
    assert!(matches!(
        domain,
        hosting::domain::DomainState::Removed(_) | hosting::domain::DomainState::Shared { .. }
    ));
    assert!(service.record().is_some() && !plan.versions.is_empty());
}

#[test]
fn an_unknown_kind_generation_or_category_is_a_stop_or_not_ours() {
    let raw = |kind: &'static str, schema| RawEvent { kind: kind.into(), schema, payload: b"{}".to_vec() };
    for (kind, schema) in [("mailbox.exploded", 1), ("mailbox.disabled", 2), ("alias.deleted", 1)] {
        let answer = HostingEvent::decode(Category("mailbox"), &raw(kind, schema), &Plainly);
        assert!(matches!(answer, Err(Malformed::UnknownKind { .. })), "{kind} {schema}: {answer:?}");
    }
    assert!(matches!(HostingEvent::decode(Category("invoice"), &raw("invoice.paid", 1), &Plainly), Ok(None)));
}

#[test]
fn a_distorted_payload_is_a_fault_that_quotes_no_value() {
    for (kind, payload) in [
        ("mailbox.quota_changed", r#"{"from_bytes":"secret-value","to_bytes":1}"#),
        ("mailbox.password_set", r#"{"password":{"subject":"secret-value","sealed":"AAAA"}}"#),
        (
            "mailbox.password_set",
            r#"{"password":{"subject":"subj_00000000000000000000000000000001","sealed":"secret-value"}}"#,
        ),
        ("mailbox.quota_threshold_crossed", r#"{"threshold_percent":7,"crossing":"up"}"#),
        ("mailbox.deleted", "{}"),
        ("mailbox.deleted", "not json"),
    ] {
        let raw = RawEvent { kind: kind.into(), schema: 1, payload: payload.as_bytes().to_vec() };
        let error = decode(&raw, &Plainly).expect_err(payload);
        assert!(!format!("{error} {error:?}").contains("secret-value"), "{error:?}");
    }
}
