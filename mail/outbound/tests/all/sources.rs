//! Pools of addresses: whose mail leaves from where, and what happens where an address is not there.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::atomic::Ordering;

use directory::Directory;
use engine::Follower as _;
use hosting::HostingEvent;
use hosting::mailbox::MailboxEvent;
use hosting::plan::{catalogue, plan_id};
use hosting::service::ServiceEvent;
use kernel::{
    AccountId, ByteSize, DomainId, DomainName, Id as _, LocalPart, MailboxId, Sealed, ServiceId, SubjectId,
    TenantId,
};
use outbound::{LocalAddress, Pool, Sources};
use resolver::{Name, Record};
use store::{Acceptance, PassageFilter, Queue as _, QueueEntry, Queueing, RecipientState, Stage as Step};
use uuid::Uuid;

use crate::stage::{HOUR_MILLIS, Stage, modern, states};
use crate::tls::recorded;

fn tenant(number: u128) -> TenantId {
    TenantId::new(Uuid::from_u128(number))
}

/// A mailbox of a tenant whose service has a plan.
fn sells(directory: &Directory, of: u128, slug: &str) -> MailboxId {
    let plan = catalogue().into_iter().find(|entry| entry.slug == slug).expect("a plan");
    let (service, mailbox) =
        (ServiceId::new(Uuid::from_u128(10 + of)), MailboxId::new(Uuid::from_u128(90 + of)));
    let account = AccountId::new(Uuid::from_u128(of));
    let ordered = ServiceEvent::Ordered { account, plan: plan.plan, version: 1, limits: plan.terms.limits };
    let created = MailboxEvent::Created {
        account,
        service,
        domain: DomainId::new(Uuid::from_u128(20 + of)),
        domain_name: DomainName::parse("sender.example").expect("a name"),
        local: Sealed::new(SubjectId::of_mailbox(mailbox), LocalPart::parse("a").expect("a local part")),
        quota: ByteSize::gib(1),
        display_name: None,
        password: None,
    };
    for (event, id) in
        [(HostingEvent::Service(ordered), service.uuid()), (HostingEvent::Mailbox(created), mailbox.uuid())]
    {
        let mut told = recorded(event, id);
        told.cursor.tenant = tenant(of);
        directory.apply(&[told]).expect("taken");
    }
    mailbox
}

fn pool(name: &str, plans: &[&str], addresses: &[&str]) -> Pool {
    let local = |text: &&str| LocalAddress {
        address: text.parse().expect("an address"),
        hello: DomainName::parse(&format!("out-{}.us.example", text.replace(['.', ':'], "-")))
            .expect("a name"),
    };
    Pool {
        name: name.to_owned(),
        plans: plans.iter().map(|slug| plan_id(slug)).collect(),
        addresses: addresses.iter().map(local).collect(),
    }
}

fn sources(pools: Vec<Pool>) -> Sources {
    Sources::of_pools(pools, DomainName::parse("us.example").expect("a name"))
}

impl Stage {
    /// Mail of a tenant's mailbox, or a report where there is none.
    async fn send_from(&self, of: u128, mailbox: Option<MailboxId>) -> u64 {
        let acceptance = Self::acceptance(&self.message, &["u@b.example"], None);
        let sender = acceptance.sender.clone().filter(|_| mailbox.is_some());
        let queueing = Queueing { mailbox, ..Queueing::default() };
        self.accept(Acceptance { tenant: tenant(of), sender, queueing, ..acceptance }).await
    }

    async fn left_from(&self, of: u128, entry: &QueueEntry, stage: Step) -> Option<String> {
        let filter = PassageFilter {
            message: Some(entry.message.clone()),
            stage: Some(stage),
            ..PassageFilter::default()
        };
        let passages = self.store.passages(tenant(of), &filter, None, 10).await.expect("passages");
        passages[0].1.source.clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_leaves_from_the_pool_of_its_plan_and_a_connection_is_of_one_source() {
    let mut stage = Stage::new().await;
    let host = stage.host(&["b.example"], modern()).await;
    let shared = ["127.9.1.1", "127.9.1.2", "127.9.1.3", "127.9.1.4"];
    stage.sources = sources(vec![pool("shared", &[], &shared), pool("clean", &["pro"], &["127.9.2.1"])]);
    let mut mailboxes = Vec::new();
    for of in 1..=8 {
        mailboxes.push((of, sells(&stage.directory, of, if of <= 2 { "pro" } else { "solo" })));
    }
    stage.run();
    let mut peers: Vec<(u128, BTreeSet<(IpAddr, String)>)> = Vec::new();
    for (of, mailbox) in &mailboxes {
        host.calls.lock().clear();
        for _ in 0..2 {
            let id = stage.send_from(*of, Some(*mailbox)).await;
            let entries = stage.tried(id, 1).await;
            assert_eq!(states(&entries), [RecipientState::Delivered], "{entries:?}");
            let told = stage.left_from(*of, &entries[0], Step::Delivered).await.expect("a source");
            let is_clean = *of <= 2;
            assert_eq!(told == "clean 127.9.2.1", is_clean, "{told}");
            assert_eq!(told.starts_with("shared 127.9.1."), !is_clean, "{told}");
            // What is idle between is closed, so that the next one calls again.
            host.change(modern()).await;
        }
        peers.push((*of, host.calls.lock().iter().cloned().collect()));
    }
    for (of, seen) in &peers {
        assert_eq!(seen.len(), 1, "tenant {of} keeps its address: {seen:?}");
        let (peer, hello) = seen.first().expect("a call");
        assert_eq!(*hello, format!("out-{}.us.example", peer.to_string().replace('.', "-")));
    }
    let used: BTreeSet<IpAddr> =
        peers.iter().filter(|(of, _)| *of > 2).map(|(_, seen)| seen.first().expect("a call").0).collect();
    assert!(used.len() > 1, "six tenants spread over the pool: {used:?}");
    // A report of a tenant whose plan has a pool leaves from the first one.
    let id = stage.send_from(1, None).await;
    let entries = stage.tried(id, 1).await;
    assert_eq!(states(&entries), [RecipientState::Delivered]);
    let told = stage.left_from(1, &entries[0], Step::Delivered).await.expect("a source");
    assert!(told.starts_with("shared "), "{told}");
    // An idle connection of one source is not taken for another's mail.
    let before = host.connection_count.load(Ordering::Relaxed);
    for (of, mailbox) in mailboxes.iter().filter(|(of, _)| [1, 8].contains(of)) {
        let id = stage.send_from(*of, Some(*mailbox)).await;
        assert_eq!(states(&stage.tried(id, 1).await), [RecipientState::Delivered]);
    }
    assert!(host.connection_count.load(Ordering::Relaxed) > before, "each has its own");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_not_there_makes_its_mail_wait_and_no_other() {
    let mut stage = Stage::new().await;
    let host = stage.host(&["b.example"], modern()).await;
    stage
        .zone
        .add(Name::parse("six.example").expect("a name"), Record::Aaaa("::1".parse().expect("an address")));
    // An address of documentation: no machine has it.
    let pools = |broken: &str| vec![pool("shared", &[], &["127.9.3.1"]), pool("clean", &["pro"], &[broken])];
    stage.sources = sources(pools("198.51.100.9"));
    let (broken, fine) = (sells(&stage.directory, 1, "pro"), sells(&stage.directory, 2, "solo"));
    stage.run();
    let mut waiting = Vec::new();
    // As many as open a breaker: that of this source alone.
    for _ in 0..7 {
        let id = stage.send_from(1, Some(broken)).await;
        let entries = stage.tried(id, 1).await;
        assert_eq!(states(&entries), [RecipientState::Scheduled]);
        let last = &entries[0].last;
        assert_eq!(last.enhanced, "4.3.5");
        assert!(
            last.text
                .starts_with("this platform cannot use its address 198.51.100.9, from which the mail leaves"),
            "{last:?}"
        );
        assert_eq!(stage.left_from(1, &entries[0], Step::Deferred).await.as_deref(), Some("clean"));
        waiting.push(id);
    }
    let id = stage.send_from(2, Some(fine)).await;
    assert_eq!(states(&stage.tried(id, 1).await), [RecipientState::Delivered], "the site is not to blame");
    let acceptance = Stage::acceptance(&stage.message, &["u@six.example"], None);
    let id = stage.accept(acceptance).await;
    let entries = stage.tried(id, 1).await;
    assert_eq!(entries[0].last.text, "this platform has no address from which the mail could reach ::1");
    assert_eq!(host.taken().len(), 1);
    // The operator mends it: what waited leaves.
    stage.stop.cancel();
    stage.sources = sources(pools("127.9.3.2"));
    stage.pass(HOUR_MILLIS);
    stage.run();
    for id in waiting {
        assert_eq!(states(&stage.tried(id, 2).await), [RecipientState::Delivered]);
    }
    stage.end().await;
}
