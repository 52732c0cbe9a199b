//! Mail that does not go to the MX of its domain: through a relay, to the host that a domain has set, into a foreign store.

use std::sync::Arc;

use directory::Directory;
use engine::Follower as _;
use hosting::HostingEvent;
use hosting::book::BookEvent;
use hosting::domain::{DomainEvent, DomainRelay, DomainSettings, VerifiedBy};
use hosting::secret::Secret;
use hosting::sender_relay::SenderRelay;
use kernel::{
    AccountId, DomainId, DomainName, Id as _, Sealed, SenderRelayId, ServiceId, SubjectId, TenantId,
};
use outbound::{Credentials, OwnRelay, Protocol, Relay, Routed, Through};
use resolver::{Name, Record};
use store::{PassageFilter, Queue as _, RecipientState, TlsWish};
use uuid::Uuid;

use crate::farm::{Certificate, Manners, Tls};
use crate::stage::{HOUR_MILLIS, Stage, modern, states};
use crate::tls::{Guarded, certified, recorded};

fn name(text: &str) -> DomainName {
    DomainName::parse(text).expect("a name")
}

/// A served domain whose mail goes on.
fn passed_on(directory: &Directory, domain: &str, relay: DomainRelay, host: &str) {
    let id = DomainId::new(Uuid::from_u128(20));
    let added = DomainEvent::Added {
        account: AccountId::new(Uuid::from_u128(1)),
        service: ServiceId::new(Uuid::from_u128(10)),
        name: name(domain),
        token: "t".to_owned(),
        mirrors: None,
        is_claimed: true,
    };
    let settings = DomainSettings { relay, relay_host: Some(host.to_owned()), ..DomainSettings::default() };
    let settings = Sealed::new(SubjectId::new(Uuid::from_u128(1)), Box::new(settings));
    let changed = DomainEvent::SettingsChanged { settings, changed: vec![] };
    for event in [added, DomainEvent::Verified { by: VerifiedBy::Operator }, changed] {
        directory.apply(&[recorded(HostingEvent::Domain(event), id.uuid())]).expect("taken");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_of_a_backed_up_domain_goes_to_the_host_it_has_set_and_a_change_counts_at_once() {
    let mut stage = Stage::new().await;
    // Its MX leads elsewhere: here, for example.
    let other = stage.host(&["b.example"], modern()).await;
    let (first, second) = (stage.host(&[], modern()).await, stage.host(&[], modern()).await);
    let port = stage.farm.port;
    let directory = Arc::clone(&stage.directory);
    stage.routes = Arc::new(Routed::new(Arc::clone(&directory), Vec::new()));
    passed_on(&directory, "b.example", DomainRelay::All, &format!("{}:{port}", first.name()));
    stage.run();
    let id = stage.submit(&["u@b.example"]).await;
    assert_eq!(states(&stage.tried(id, 1).await), [RecipientState::Delivered]);
    passed_on(&directory, "b.example", DomainRelay::All, &format!("{}:{port}", second.name()));
    let id = stage.submit(&["u@b.example"]).await;
    assert_eq!(states(&stage.tried(id, 1).await), [RecipientState::Delivered]);
    assert_eq!([first.taken().len(), second.taken().len(), other.taken().len()], [1, 1, 0]);
    // A host that is not there is mended, not given up.
    passed_on(&directory, "b.example", DomainRelay::All, "absent.example");
    let id = stage.submit(&["u@b.example"]).await;
    assert_eq!(states(&stage.tried(id, 1).await), [RecipientState::Scheduled]);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_store_takes_lmtp_and_answers_for_each_recipient() {
    let mut stage = Stage::new().await;
    let says = vec![(".", "552 5.2.2 full".to_owned())];
    let store = stage.host(&[], Manners { says, ..modern() }).await;
    let directory = Arc::clone(&stage.directory);
    stage.routes = Arc::new(Routed::new(Arc::clone(&directory), Vec::new()));
    let host = format!("lmtp://{}:{}", store.name(), stage.farm.port);
    passed_on(&directory, "b.example", DomainRelay::Unknown, &host);
    stage.run();
    let id = stage.submit(&["one@b.example", "two@b.example"]).await;
    let entries = stage.tried(id, 1).await;
    assert_eq!(states(&entries), [RecipientState::Delivered, RecipientState::Bounced]);
    assert_eq!(entries[1].last.text, "full");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_is_given_only_to_a_relay_that_proves_its_name() {
    let mut guarded = Guarded::new().await;
    let credentials = Credentials { login: "us".to_owned(), password: "secret".into() };
    let relay = Relay {
        through: Through::RelayOfPlatform,
        host: name(&guarded.host.name()),
        port: guarded.stage.farm.port,
        protocol: Protocol::Smtp,
        credentials: Some(credentials),
    };
    let own = OwnRelay { domains: vec![name("sender.example")], relay };
    let directory = Arc::clone(&guarded.stage.directory);
    guarded.stage.routes = Arc::new(Routed::new(directory, vec![own]));
    guarded.run();
    let offering = |offer, certificate: &Certificate| Manners {
        offers_under_tls: vec![offer],
        ..certified(certificate)
    };
    let logins = |guarded: &Guarded| std::mem::take(&mut *guarded.host.logins.lock());
    guarded.host.change(offering("AUTH PLAIN LOGIN", &guarded.own)).await;
    guarded.arrives_encrypted("by PLAIN").await;
    assert_eq!(logins(&guarded), ["AUTH PLAIN AHVzAHNlY3JldA=="]);
    guarded.host.change(offering("AUTH LOGIN", &guarded.own)).await;
    guarded.arrives_encrypted("by LOGIN").await;
    assert_eq!(logins(&guarded), ["AUTH LOGIN", "dXM=", "c2VjcmV0"]);
    let stranger = Certificate::of("other.example", 2100);
    let in_the_clear = Manners { offers: vec!["AUTH PLAIN"], tls: Tls::None, ..modern() };
    for (manners, why) in [
        (offering("AUTH PLAIN", &stranger), "TLS failed"),
        (in_the_clear, "TLS is required and not offered"),
        (offering("X", &guarded.own), "neither AUTH PLAIN nor AUTH LOGIN"),
    ] {
        guarded.host.change(manners).await;
        guarded.stage.pass(HOUR_MILLIS);
        guarded.waits(why).await;
        assert_eq!(logins(&guarded), Vec::<String>::new(), "{why}");
    }
    for (said, why) in [
        ("535 5.7.8 no", "the relay refuses the login: no"),
        ("334 go on", "334 go on is no answer to AUTH"),
        ("350 hm", "350 hm is no answer to AUTH"),
    ] {
        let says = vec![("AUTH", said.to_owned())];
        guarded.host.change(Manners { says, ..offering("AUTH PLAIN", &guarded.own) }).await;
        guarded.stage.pass(HOUR_MILLIS);
        guarded.waits(why).await;
    }
    assert_eq!(guarded.host.taken().len(), 2);
    guarded.stage.end().await;
}

/// The domain that the stage sends from, served here, with its relay.
fn leaves_through(directory: &Directory, host: &str, port: u16, password: &str) -> SenderRelay {
    let id = DomainId::new(Uuid::from_u128(21));
    let added = DomainEvent::Added {
        account: AccountId::new(Uuid::from_u128(1)),
        service: ServiceId::new(Uuid::from_u128(10)),
        name: name("sender.example"),
        token: "t".to_owned(),
        mirrors: None,
        is_claimed: true,
    };
    for event in [added, DomainEvent::Verified { by: VerifiedBy::Operator }] {
        directory.apply(&[recorded(HostingEvent::Domain(event), id.uuid())]).expect("taken");
    }
    let relay = SenderRelay {
        host: host.to_owned(),
        port: port.into(),
        login: "us".to_owned(),
        password: Secret::new(password.to_owned()),
        ..SenderRelay::default()
    };
    set(directory, &relay);
    relay
}

/// The domain's relay is so from now on.
fn set(directory: &Directory, relay: &SenderRelay) {
    let content = Sealed::new(SubjectId::new(Uuid::from_u128(1)), Box::new(relay.clone()));
    let changed = BookEvent::Changed {
        entry: SenderRelayId::new(Uuid::from_u128(22)),
        content,
        changed: vec!["host".to_owned()],
    };
    let event = HostingEvent::Entry(changed.into());
    directory.apply(&[recorded(event, Uuid::from_u128(21))]).expect("taken");
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_leaves_through_the_relay_of_its_senders_domain_before_the_operators_and_obeys_changes_at_once()
{
    let mut guarded = Guarded::new().await;
    let operators = guarded.stage.host(&[], modern()).await;
    let port = guarded.stage.farm.port;
    let directory = Arc::clone(&guarded.stage.directory);
    let relay = Relay {
        through: Through::RelayOfPlatform,
        host: name(&operators.name()),
        port,
        protocol: Protocol::Smtp,
        credentials: None,
    };
    // The operator's is for everybody, and once more for this very domain: what the domain itself has set counts.
    let named = OwnRelay { domains: vec![name("sender.example")], relay: relay.clone() };
    let all = OwnRelay { domains: Vec::new(), relay };
    guarded.stage.routes = Arc::new(Routed::new(Arc::clone(&directory), vec![named, all]));
    let offering = Manners { offers_under_tls: vec!["AUTH PLAIN"], ..certified(&guarded.own) };
    guarded.host.change(offering.clone()).await;
    let relay = leaves_through(&directory, &guarded.host.name(), port, "secret");
    guarded.run();
    let stage = &guarded.stage;
    // To a domain that is nowhere in DNS: where it goes is the relay's to know.
    let id = stage.submit(&["u@unknown.example"]).await;
    let entries = stage.tried(id, 1).await;
    assert_eq!(states(&entries), [RecipientState::Delivered], "{entries:?}");
    assert_eq!(guarded.host.logins.lock().as_slice(), ["AUTH PLAIN AHVzAHNlY3JldA=="]);
    assert_eq!(way_of(stage, &entries[0].message).await, ["relay_of_sender"]);
    // A login that is refused is mended: the mail waits, and leaves with the new one by itself.
    let says = vec![("AUTH", "535 5.7.8 who is this".to_owned())];
    guarded.host.change(Manners { says, ..offering.clone() }).await;
    set(&directory, &SenderRelay { password: Secret::new("wrong".to_owned()), ..relay.clone() });
    let id = stage.submit(&["u@unknown.example"]).await;
    let entries = stage.tried(id, 1).await;
    assert_eq!(states(&entries), [RecipientState::Scheduled]);
    assert_eq!(entries[0].last.enhanced, "4.7.8");
    assert_eq!(entries[0].last.text, "the relay refuses the login: who is this");
    guarded.host.change(offering).await;
    set(&directory, &relay);
    stage.pass(HOUR_MILLIS);
    let entries = stage.tried(id, 2).await;
    assert_eq!(states(&entries), [RecipientState::Delivered]);
    // Another account's mail with such a sender, and reports, leave as the operator has it.
    let foreign = stage.submit_of(2, Some("a@sender.example"), &["u@unknown.example"]).await;
    let report = stage.submit_of(1, None, &["u@unknown.example"]).await;
    for id in [foreign, report] {
        let entries = stage.tried(id, 1).await;
        assert_eq!(states(&entries), [RecipientState::Delivered]);
    }
    assert_eq!([guarded.host.taken().len(), operators.taken().len()], [2, 2]);
    // Switched off, it is as if there were none.
    set(&directory, &SenderRelay { is_active: false, ..relay });
    let id = stage.submit(&["u@unknown.example"]).await;
    let entries = stage.tried(id, 1).await;
    assert_eq!(way_of(stage, &entries[0].message).await, ["relay_of_platform"]);
    assert_eq!(operators.taken().len(), 3);
    guarded.stage.end().await;
}

/// What the trace says about the way of a message that was delivered.
async fn way_of(stage: &Stage, message: &str) -> Vec<String> {
    let of = PassageFilter {
        message: Some(message.to_owned()),
        stage: Some(store::Stage::Delivered),
        ..PassageFilter::default()
    };
    let passages = stage.store.passages(TenantId::new(Uuid::from_u128(1)), &of, None, 10).await;
    passages.expect("passages").remove(0).1.reasons
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_a_domain_has_set_never_leads_into_private_networks() {
    let mut stage = Stage::new().await;
    stage.allows_private = true;
    let directory = Arc::clone(&stage.directory);
    stage.routes = Arc::new(Routed::new(Arc::clone(&directory), Vec::new()));
    stage.zone.add(Name::parse("inner.example").expect("a name"), Record::A([10, 255, 255, 1].into()));
    leaves_through(&directory, "inner.example", 587, "secret");
    stage.run();
    let id = stage.submit(&["u@b.example"]).await;
    let entries = stage.tried(id, 1).await;
    assert_eq!(states(&entries), [RecipientState::Scheduled]);
    assert_eq!(entries[0].last.text, "inner.example has only addresses to which no mail is sent");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_message_asks_of_tls_is_asked_of_a_relay_as_well() {
    let mut guarded = Guarded::new().await;
    let relay = Relay {
        through: Through::RelayOfPlatform,
        host: name(&guarded.host.name()),
        port: guarded.stage.farm.port,
        protocol: Protocol::Smtp,
        credentials: None,
    };
    let directory = Arc::clone(&guarded.stage.directory);
    guarded.stage.routes = Arc::new(Routed::new(directory, vec![OwnRelay { domains: Vec::new(), relay }]));
    guarded.host.change(Manners { tls: Tls::None, ..modern() }).await;
    guarded.run();
    guarded.arrives_clear("nothing is asked").await;
    let encrypted = store::Queueing { tls: TlsWish::Encrypted, ..store::Queueing::default() };
    let (state, text, came) = guarded.send(encrypted).await;
    assert_eq!((state, came), (RecipientState::Scheduled, None), "{text}");
    guarded.stage.end().await;
}
