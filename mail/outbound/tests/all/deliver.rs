//! Delivery against a farm of hosts on loopback: what leaves, what waits, what comes back.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use bytes::Bytes;
use database::Database;
use kernel::{EmailAddress, TenantId, Timestamp};
use outbound::Nodes;
use outbound::limits::{ATTEMPT_COUNT_MIN, BODY_OCTETS_MAX};
use store::{
    Acceptance, Lane, Origin, Queue as _, QueuedRecipient, Queueing, RecipientState, Stage as Step,
    Store as _,
};
use uuid::Uuid;

use crate::farm::{Manners, Tls};
use crate::stage::{HOUR_MILLIS, Stage, WAIT, modern, states};

#[tokio::test(flavor = "multi_thread")]
async fn mail_leaves_under_tls_to_old_and_new_hosts_in_one_transaction_per_site() {
    let mut stage = Stage::new().await;
    let new = stage.host(&["b.example", "c.example"], modern()).await;
    let old = stage.host(&["d.example"], Manners::default()).await;
    stage.run();
    let id = stage.submit(&["1@b.example", "2@c.example", "3@d.example"]).await;
    let entries = stage.tried(id, 1).await;
    assert_eq!(states(&entries), [RecipientState::Delivered; 3]);
    let taken = new.taken();
    assert_eq!(taken.len(), 1, "{taken:?}");
    assert!(taken[0].is_encrypted);
    assert_eq!(taken[0].mail, "MAIL FROM:<a@sender.example> SIZE=48");
    assert_eq!(taken[0].rcpt, ["RCPT TO:<1@b.example>", "RCPT TO:<2@c.example>"]);
    assert_eq!(taken[0].message, "From: a@sender.example\r\nSubject: out\r\n\r\n.hello\r\n");
    assert!(!old.taken()[0].is_encrypted);
    assert_eq!(old.taken()[0].mail, "MAIL FROM:<a@sender.example>");
    assert_eq!(entries[0].last.text, "taken");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_way_is_known_mail_is_leased_as_it_is_taken() {
    let mut stage = Stage::new().await;
    let host = stage.host(&["b.example"], modern()).await;
    stage.run();
    let first = stage.submit(&["1@b.example"]).await;
    stage.tried(first, 1).await;
    for number in 2..30 {
        let id = stage.submit(&[&format!("{number}@b.example")]).await;
        let state = stage.entries(id).await[0].state;
        assert_ne!(state, RecipientState::Scheduled, "no sweep is needed for the one with number {number}");
    }
    let elsewhere = stage.submit(&["1@nowhere.example"]).await;
    assert_eq!(states(&stage.tried(elsewhere, 1).await), [RecipientState::Bounced]);
    stage.until("all arrive", || host.taken().len() == 29).await;
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_come_back_as_one_report_and_temporary_ones_wait() {
    let mut stage = Stage::new().await;
    let refuses = vec![("gone@", "550-5.1.1 no\r\n550 5.1.1 such user"), ("busy@", "451 4.3.0 later")];
    let host = stage.host(&["b.example"], Manners { refuses, ..modern() }).await;
    let sender = stage.host(&["sender.example"], modern()).await;
    stage.run();
    let id = stage.submit(&["ok@b.example", "gone@b.example", "busy@b.example", "x@nodomain.example"]).await;
    let entries = stage.tried(id, 1).await;
    let expected = [
        RecipientState::Delivered,
        RecipientState::Bounced,
        RecipientState::Scheduled,
        RecipientState::Bounced,
    ];
    assert_eq!(states(&entries), expected);
    assert_eq!((entries[1].last.code, entries[1].last.text.as_str()), (550, "no such user"));
    stage.until("two reports arrive", || sender.taken().len() == 2).await;
    let reports = sender.taken();
    assert!(reports.iter().all(|report| report.mail.starts_with("MAIL FROM:<>")), "{reports:?}");
    let gone = reports.iter().find(|report| report.message.contains("gone@b.example")).expect("a report");
    assert!(gone.message.contains("Diagnostic-Code: smtp; 550 5.1.1 no such user"), "{}", gone.message);
    assert!(!gone.message.contains("busy@"), "{}", gone.message);
    // The address that does not exist is suppressed, the busy one is tried again after minutes.
    let suppressed = stage.store.suppressions(TenantId::new(Uuid::from_u128(1)), None, 10).await;
    assert_eq!(suppressed.expect("a page").len(), 1);
    host.behave(modern());
    stage.pass(6 * 60_000 + 1);
    let entries = stage.tried(id, 2).await;
    assert_eq!(entries[2].state, RecipientState::Delivered);
    let again = stage.submit(&["gone@b.example"]).await;
    assert_eq!(states(&stage.tried(again, 1).await), [RecipientState::Bounced]);
    assert!(!host.taken().iter().any(|taken| taken.rcpt.iter().any(|rcpt| rcpt.contains("gone@"))));
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_of_sender_or_message_shuts_nobody_s_address() {
    let mut stage = Stage::new().await;
    let mut hosts = Vec::new();
    for (number, (at, said)) in [
        ("MAIL", "550 The domain does not exist"),
        ("MAIL", "550 5.1.1 no such user"),
        ("DATA", "554 5.5.1 No valid recipients, user unknown"),
        (".", "550 5.1.1 user unknown"),
    ]
    .into_iter()
    .enumerate()
    {
        let domain = format!("lies{number}.example");
        let manners = Manners { says: vec![(at, said.to_owned())], ..modern() };
        hosts.push(stage.host(&[domain.as_str()], manners).await);
    }
    stage.run();
    for number in 0..hosts.len() {
        let id =
            stage.submit(&[&format!("u@lies{number}.example"), &format!("v@lies{number}.example")]).await;
        let entries = stage.tried(id, 1).await;
        assert_eq!(states(&entries), [RecipientState::Bounced; 2], "{number}");
    }
    let suppressed = stage.store.suppressions(TenantId::new(Uuid::from_u128(1)), None, 10).await;
    assert_eq!(suppressed.expect("a page"), []);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hosts_that_drop_answer_garbage_or_what_fits_nothing_or_break_tls_lose_nothing() {
    let mut stage = Stage::new().await;
    let mut faulty = Vec::new();
    for (number, stage_name) in ["greeting", "EHLO", "MAIL", "RCPT", "DATA", "."].into_iter().enumerate() {
        let domain = format!("drop{number}.example");
        let manners = Manners { drops_at: Some(stage_name), ..modern() };
        faulty.push((domain.clone(), stage.host(&[domain.as_str()], manners).await, stage_name == "."));
        let domain = format!("garbage{number}.example");
        let says = vec![(stage_name, "HTTP/1.1 400 \u{1b}[31m\u{202e}what?".to_owned())];
        let manners = Manners { says, ..modern() };
        faulty.push((domain.clone(), stage.host(&[domain.as_str()], manners).await, false));
        for (kind, offers) in [("pipelined", modern().offers), ("asked", Vec::new())] {
            let domain = format!("{kind}{number}.example");
            let says = vec![(stage_name, "350 3.0.0 and then?".to_owned())];
            let manners = Manners { says, offers, ..modern() };
            faulty.push((domain.clone(), stage.host(&[domain.as_str()], manners).await, false));
        }
    }
    let broken = stage.host(&["tls.example"], Manners { tls: Tls::Broken, ..modern() }).await;
    stage.run();
    let mut ids = Vec::new();
    for (domain, host, is_lost) in &faulty {
        ids.push((stage.submit(&[format!("u@{domain}").as_str()]).await, host, is_lost));
    }
    let plain = stage.submit(&["u@tls.example"]).await;
    assert_eq!(states(&stage.tried(plain, 1).await), [RecipientState::Delivered]);
    assert!(!broken.taken()[0].is_encrypted, "TLS that nobody requires and that fails is done without");
    for (id, host, _) in &ids {
        let entries = stage.tried(*id, 1).await;
        assert_eq!(states(&entries), [RecipientState::Scheduled]);
        assert!(!entries[0].last.text.contains(['\u{1b}', '\u{202e}']), "{:?}", entries[0].last);
        assert_eq!(entries[0].last.enhanced.split('.').next(), Some("4"), "{:?}", entries[0].last);
        host.behave(modern());
    }
    stage.pass(6 * 60_000 + 1);
    for (id, host, is_lost) in &ids {
        assert_eq!(states(&stage.tried(*id, 2).await), [RecipientState::Delivered]);
        // Twice only where the connection was lost after the dot: the other side had it and could not say so.
        let most = 1 + usize::from(**is_lost);
        assert_eq!(host.taken().len(), most);
    }
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn senders_are_told_of_delay_once_and_mail_is_given_up_after_five_days() {
    let mut stage = Stage::new().await;
    let says = vec![("MAIL", "450 4.7.1 greylisted".to_owned())];
    stage.host(&["b.example"], Manners { says, ..modern() }).await;
    let sender = stage.host(&["sender.example"], modern()).await;
    stage.run();
    let id = stage.submit(&["u@b.example"]).await;
    stage.tried(id, 1).await;
    for number in 1..ATTEMPT_COUNT_MIN - 1 {
        stage.pass(5 * HOUR_MILLIS);
        stage.tried(id, 1 + number).await;
        // A lease that is open while the clock jumps would end by it.
        stage.waiting(1).await;
    }
    stage.until("a notice of delay", || sender.taken().len() == 1).await;
    assert!(sender.taken()[0].message.contains("Action: delayed"));
    stage.pass(5 * 24 * HOUR_MILLIS);
    assert_eq!(states(&stage.tried(id, 99).await), [RecipientState::Bounced]);
    stage.until("the end is told", || sender.taken().len() == 2).await;
    assert!(sender.taken()[1].message.contains("Action: failed"));
    // A report that cannot be delivered is not reported.
    let bounce =
        stage.submit_as(&["u@b.example"], None, Queueing { origin: Origin::Report, ..Queueing::default() });
    let bounce = bounce.await;
    stage.tried(bounce, 1).await;
    for number in 1..ATTEMPT_COUNT_MIN - 1 {
        stage.pass(5 * HOUR_MILLIS);
        stage.tried(bounce, 1 + number).await;
    }
    stage.pass(2 * 24 * HOUR_MILLIS);
    assert_eq!(states(&stage.tried(bounce, 99).await), [RecipientState::Bounced]);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(sender.taken().len(), 2);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn success_is_told_by_the_last_host_that_can() {
    let mut stage = Stage::new().await;
    let new = stage.host(&["b.example"], modern()).await;
    stage.host(&["c.example"], Manners::default()).await;
    let sender = stage.host(&["sender.example"], modern()).await;
    stage.run();
    let id = stage.submit_as(&["u@b.example", "v@c.example"], Some("SUCCESS"), Queueing::default()).await;
    stage.tried(id, 1).await;
    stage.until("a report", || sender.taken().len() == 1).await;
    let report = &sender.taken()[0].message;
    assert!(report.contains("Action: relayed") && report.contains("v@c.example"), "{report}");
    assert!(!report.contains("u@b.example"), "{report}");
    assert_eq!(new.taken()[0].rcpt, ["RCPT TO:<u@b.example> NOTIFY=SUCCESS"]);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stalled_site_and_a_mailing_do_not_hold_another_tenants_message() {
    let mut stage = Stage::new().await;
    for stage_name in ["greeting", "EHLO", "MAIL", "RCPT", "DATA", "."] {
        let domain = format!("stall-{}.example", stage_name.replace('.', "dot").to_lowercase());
        stage.host(&[domain.as_str()], Manners { stalls_at: Some(stage_name), ..modern() }).await;
        for _ in 0..5 {
            stage.submit(&[format!("u@{domain}").as_str()]).await;
        }
    }
    let slow = Manners { takes: Duration::from_millis(50), ..modern() };
    let host = stage.host(&["b.example"], slow).await;
    for _ in 0..200 {
        stage.submit_as(&["u@b.example"], None, Queueing { lane: Lane::Bulk, ..Queueing::default() }).await;
    }
    stage.run();
    stage.until("the mailing is under way", || host.taken().len() > 5).await;
    let other = Acceptance {
        message: Bytes::from_static(b"From: z@other.example\r\n\r\nhello\r\n"),
        deposits: Vec::new(),
        queued: vec![QueuedRecipient::new(EmailAddress::parse("friend@b.example").expect("an address"))],
        sender: EmailAddress::parse("z@other.example").ok(),
        tenant: TenantId::new(Uuid::from_u128(2)),
        dsn: (None, None),
        queueing: Queueing::default(),
    };
    stage.store.accept(other).await.expect("accepted");
    let count = || host.taken().len();
    let before = count();
    let is_there = || host.taken().iter().any(|taken| taken.mail.contains("z@other.example"));
    stage.until("the other tenant's message", is_there).await;
    assert!(count() - before < 60, "{} went first", count() - before);
    assert!(host.open_count_max.load(Ordering::Relaxed) <= 10, "a site has its limit of connections");
    drop(stage);
}

#[tokio::test(flavor = "multi_thread")]
async fn more_sites_than_connections_all_have_their_turn() {
    let mut stage = Stage::new().await;
    stage.connection_count_max = 2;
    let mut hosts = Vec::new();
    for number in 0..60 {
        let domain = format!("d{number}.example");
        hosts.push(stage.host(&[domain.as_str()], modern()).await);
        stage.submit(&[format!("u@{domain}").as_str()]).await;
    }
    stage.run();
    // Were each connection to wait for another message as long as it may, this would take minutes.
    stage.until("every site has its message", || hosts.iter().all(|host| host.taken().len() == 1)).await;
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hosts_that_stall_hold_half_of_the_connections_of_one_tenant_at_most() {
    let mut stage = Stage::new().await;
    stage.connection_count_max = 8;
    let mut stalled = Vec::new();
    for number in 0..12 {
        let domain = format!("stall{number}.example");
        let manners = Manners { stalls_at: Some("greeting"), ..modern() };
        stalled.push(stage.host(&[domain.as_str()], manners).await);
        stage.submit(&[format!("u@{domain}").as_str()]).await;
    }
    let host = stage.host(&["b.example"], modern()).await;
    stage.run();
    let open = || stalled.iter().map(|host| host.open_count.load(Ordering::Relaxed)).sum::<usize>();
    stage.until("the stalled hosts are called", || open() == 4).await;
    stage.submit_of(2, Some("z@other.example"), &["u@b.example"]).await;
    stage.until("the other tenant's message", || host.taken().len() == 1).await;
    assert_eq!(open(), 4);
    // A second tenant like the first leaves something to a third.
    for number in 0..12 {
        stage.submit_of(2, Some("z@other.example"), &[format!("u@stall{number}.example").as_str()]).await;
    }
    stage.until("more are called", || open() == 6).await;
    stage.submit_of(3, Some("y@third.example"), &["u@b.example"]).await;
    stage.until("the third tenant's message", || host.taken().len() == 2).await;
    drop(stage);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_greets_and_then_wants_nobody_is_left_alone() {
    let mut stage = Stage::new().await;
    let says = vec![("MAIL", "421 4.7.0 not from you".to_owned())];
    let host = stage.host(&["b.example"], Manners { says, ..modern() }).await;
    let mut ids = Vec::new();
    for _ in 0..100 {
        ids.push(stage.submit(&["u@b.example"]).await);
    }
    stage.run();
    for id in &ids {
        assert_eq!(states(&stage.tried(*id, 1).await), [RecipientState::Scheduled]);
    }
    let called = host.connection_count.load(Ordering::Relaxed);
    assert!(called <= 10, "{called} connections to a host that wants none");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_are_used_again() {
    let mut stage = Stage::new().await;
    let host = stage.host(&["b.example"], modern()).await;
    for _ in 0..100 {
        stage.submit(&["u@b.example"]).await;
    }
    stage.run();
    stage.until("all arrive", || host.taken().len() == 100).await;
    assert!(host.connection_count.load(Ordering::Relaxed) <= 12);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_site_waits_for_the_operator() {
    let mut stage = Stage::new().await;
    let host = stage.host(&["b.example"], modern()).await;
    stage.suspend("b.example").await;
    let id = stage.submit(&["u@b.example"]).await;
    stage.run();
    let start = Instant::now();
    while states(&stage.entries(id).await) != [RecipientState::Suspended] {
        assert!(start.elapsed() < WAIT, "it is not suspended");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(host.taken().is_empty());
    stage.store.resume("b.example").await.expect("resumed");
    // That it was found suspended is counted as a look.
    assert_eq!(states(&stage.tried(id, 2).await), [RecipientState::Delivered]);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_writes_to_a_suspended_site_hears_of_the_delay_and_of_the_end() {
    let mut stage = Stage::new().await;
    let (host, home) =
        (stage.host(&["b.example"], modern()).await, stage.host(&["sender.example"], modern()).await);
    stage.suspend("b.example").await;
    let id = stage.submit(&["u@b.example"]).await;
    stage.run();
    let (mut looks, start) = (0, Instant::now());
    while states(&stage.entries(id).await) != [RecipientState::Bounced] {
        assert!(start.elapsed() < WAIT, "it is not given up");
        let entry = &stage.entries(id).await[0];
        if entry.state == RecipientState::Suspended && entry.attempt_count > looks {
            looks = entry.attempt_count;
            stage.pass(5 * HOUR_MILLIS);
            let now = Timestamp::from_millis(stage.clock.load(Ordering::Relaxed));
            stage.store.rouse(now).await.expect("roused");
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(host.taken().is_empty());
    stage.until("two reports come", || home.taken().len() == 2).await;
    let reports: Vec<String> = home.taken().into_iter().map(|taken| taken.message).collect();
    assert!(
        reports[0].contains("Action: delayed") && reports[0].contains("Will-Retry-Until"),
        "{}",
        reports[0]
    );
    assert!(reports[1].contains("Action: failed\r\nStatus: 5.4.7"), "{}", reports[1]);
    let passages = stage.passages(id).await;
    let of = |step: Step| passages.iter().filter(move |passage| passage.stage == step);
    assert_eq!(of(Step::Suspended).count(), 1, "the trace says it once");
    assert_eq!(of(Step::Bounced).next().expect("a step").reasons, ["bounce_expired"]);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_on_one_postgresql_send_everything_once() {
    let Ok(url) = std::env::var("HOSTERRA_TEST_POSTGRES") else {
        eprintln!("SKIPPED: PostgreSQL (HOSTERRA_TEST_POSTGRES is not set)");
        return;
    };
    let schema = format!("outbound_{}", std::process::id());
    let database = Database::connect_postgres_schema(&url, 16, &schema).await.expect("a server");
    let mut stage = Stage::over(database, tempfile::tempdir().expect("a folder")).await;
    let mut hosts = Vec::new();
    for number in 0..5 {
        let domain = format!("d{number}.example");
        hosts.push(stage.host(&[domain.as_str()], modern()).await);
    }
    let others = [stage.node(Nodes::Several), stage.node(Nodes::Several)];
    for number in 0..200 {
        stage.submit(&[format!("u{number}@d{}.example", number % 5).as_str()]).await;
    }
    let count = || hosts.iter().map(|host| host.taken().len()).sum::<usize>();
    stage.until("all arrive", || count() >= 200).await;
    let start = Instant::now();
    while !stage.store.queued(None, 0, 1).await.expect("a page").is_empty() {
        assert!(start.elapsed() < WAIT, "something is not settled");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(count(), 200, "something went out twice");
    stage.stop.cancel();
    for node in others {
        node.await.expect("it does not panic");
    }
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_whose_clocks_differ_by_an_hour_send_everything_once_and_the_queue_of_a_dead_one_is_sent_in_time()
 {
    let Ok(url) = std::env::var("HOSTERRA_TEST_POSTGRES") else {
        eprintln!("SKIPPED: PostgreSQL (HOSTERRA_TEST_POSTGRES is not set)");
        return;
    };
    let schema = format!("clocks_{}", std::process::id());
    let database = Database::connect_postgres_schema(&url, 16, &schema).await.expect("a server");
    let mut behind = Stage::over(database.clone(), tempfile::tempdir().expect("a folder")).await;
    let mut ahead = Stage::over(database.clone(), tempfile::tempdir().expect("a folder")).await;
    ahead.pass(HOUR_MILLIS);
    // A transaction takes longer than a sweep of the other, which sees an end of each lease that has long passed.
    let slow = Manners { takes: Duration::from_millis(1200), ..modern() };
    let host = behind.host(&["b.example"], slow).await;
    (ahead.zone, ahead.farm.port) = (behind.zone.clone(), behind.farm.port);
    let nodes = [behind.node(Nodes::Several), ahead.node(Nodes::Several)];
    for number in 0..24 {
        let stage = if number % 2 == 0 { &behind } else { &ahead };
        stage.submit(&[format!("u{number}@b.example").as_str()]).await;
        // What came in at the one that is ahead is due for the other in an hour.
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    behind.waiting(0).await;
    assert_eq!(host.taken().len(), 24, "something went out twice");
    behind.stop.cancel();
    ahead.stop.cancel();
    for node in nodes {
        node.await.expect("it does not panic");
    }
    // One that died with its lease: the other has it when the database says that it has ended, though its own clock is behind.
    let id = behind.submit(&["late@b.example"]).await;
    let line = behind.store.lines(None, 1).await.expect("lines")[0];
    let request = store::LeaseRequest {
        owner: Uuid::from_u128(1),
        now: Timestamp::from_millis(ahead.clock.load(Ordering::Relaxed)),
        lasts: Duration::from_secs(1),
        line,
        domains: vec![(kernel::DomainName::parse("b.example").expect("a name"), 9)],
    };
    assert_eq!(ahead.store.lease(request).await.expect("leased").messages.len(), 1);
    behind.stop = tokio_util::sync::CancellationToken::new();
    let node = behind.node(Nodes::Several);
    assert_eq!(states(&behind.tried(id, 1).await), [RecipientState::Delivered]);
    assert_eq!(host.taken().len(), 25);
    behind.stop.cancel();
    node.await.expect("it does not panic");
    behind.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_has_carried_its_last_message_takes_no_further_one_with_it() {
    let mut stage = Stage::new().await;
    let host = stage.host(&["b.example"], Manners::default()).await;
    let mut ids = Vec::new();
    for _ in 0..450 {
        ids.push(stage.submit(&["1@b.example"]).await);
    }
    stage.connection_count_max = 1;
    stage.run();
    // Nobody moves the clock: what is leased and forgotten would never leave.
    stage.waiting(0).await;
    assert_eq!(host.taken().len(), ids.len());
    assert!(host.connection_count.load(Ordering::Relaxed) >= 5, "100 messages a connection");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_with_bare_line_ends_is_one_message_on_the_other_side_as_well() {
    let mut stage = Stage::new().await;
    // The farm reads as lax servers do: a bare LF ends a line for it.
    let host = stage.host(&["b.example"], Manners::default()).await;
    stage.run();
    let smuggled = "\n.\nMAIL FROM:<evil@b.example>\nRCPT TO:<x@b.example>\nDATA\nevil\n.\n";
    let mut ids = Vec::new();
    for end in ["\n", "\r", "\r\n", "\n\r"] {
        let text = format!("Subject: one\r\n\r\nhello{}", smuggled.replace('\n', end));
        let acceptance = Acceptance {
            message: Bytes::from(text),
            deposits: Vec::new(),
            queued: vec![QueuedRecipient::new(EmailAddress::parse("1@b.example").expect("an address"))],
            sender: EmailAddress::parse("a@sender.example").ok(),
            tenant: TenantId::new(Uuid::from_u128(1)),
            dsn: (None, None),
            queueing: Queueing::default(),
        };
        ids.push(stage.store.accept(acceptance).await.expect("accepted").queue_id.expect("queued"));
    }
    for id in &ids {
        assert_eq!(states(&stage.tried(*id, 1).await), [RecipientState::Delivered]);
    }
    let taken = host.taken();
    assert_eq!(taken.len(), ids.len());
    for one in taken {
        assert_eq!(one.rcpt, ["RCPT TO:<1@b.example>"]);
        assert!(one.message.contains("MAIL FROM:<evil@b.example>"), "{}", one.message);
        assert!(!one.message.replace("\r\n", "").contains(['\r', '\n']), "{:?}", one.message);
    }
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_hangs_up_on_a_reused_connection_gets_its_mail_at_once_over_a_new_one() {
    let mut stage = Stage::new().await;
    stage.connection_count_max = 1;
    let host = stage.host(&["a.example"], Manners { tires_after: Some(1), ..modern() }).await;
    let mut ids = Vec::new();
    for number in 0..5 {
        ids.push(stage.submit(&[&format!("u{number}@a.example")]).await);
    }
    stage.run();
    for id in ids {
        let entries = stage.tried(id, 1).await;
        assert_eq!(states(&entries), [RecipientState::Delivered]);
        assert_eq!(entries[0].attempt_count, 1, "nothing was put off: {entries:?}");
    }
    assert_eq!(host.connection_count.load(Ordering::Relaxed), 5);
    assert_eq!(host.taken().len(), 5);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_hangs_up_on_a_new_connection_is_put_off() {
    let mut stage = Stage::new().await;
    let host = stage.host(&["a.example"], Manners { tires_after: Some(0), ..modern() }).await;
    let id = stage.submit(&["u@a.example"]).await;
    stage.run();
    assert_eq!(states(&stage.tried(id, 1).await), [RecipientState::Scheduled]);
    assert_eq!(host.taken().len(), 0);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn as_many_messages_are_in_memory_at_once_as_there_is_room_for() {
    const MESSAGE_COUNT: usize = 12;
    for (octets, least, most) in [(64 * 1024, 1, 1), (BODY_OCTETS_MAX, 2, MESSAGE_COUNT)] {
        let mut stage = Stage::new().await;
        stage.body_octets_max = octets;
        let body = "a line of forty octets, as lines may be\r\n".repeat(1000);
        stage.message = format!("From: a@sender.example\r\n\r\n{body}").into();
        let takes = Duration::from_millis(100);
        let host = stage.host(&["a.example"], Manners { takes, ..modern() }).await;
        let mut ids = Vec::new();
        for number in 0..MESSAGE_COUNT {
            ids.push(stage.submit(&[&format!("u{number}@a.example")]).await);
        }
        stage.run();
        for id in ids {
            assert_eq!(states(&stage.tried(id, 1).await), [RecipientState::Delivered]);
        }
        let busy = host.busy_count_max.load(Ordering::Relaxed);
        assert!((least..=most).contains(&busy), "{busy} messages at once within {octets} octets");
        stage.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dns_that_is_not_asked_costs_no_attempt_until_the_sender_is_to_hear_of_it() {
    let mut stage = Stage::new().await;
    let domain = resolver::Name::parse("a.example").expect("a name");
    stage.zone.fail(domain, resolver::Kind::Mx, resolver::DnsError::Unasked);
    stage.run();
    let id = stage.submit(&["u@a.example"]).await;
    for _ in 0..2 {
        let begun = Timestamp::from_millis(stage.clock.load(Ordering::Relaxed));
        let start = Instant::now();
        let put_off = loop {
            let entry = stage.entries(id).await.remove(0);
            if entry.state == RecipientState::Scheduled && entry.due_at > begun {
                break entry;
            }
            assert!(start.elapsed() < WAIT, "{entry:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        assert_eq!((put_off.attempt_count, put_off.last.enhanced.as_str()), (0, "4.4.3"));
        assert!(put_off.due_at.millis() - begun.millis() < 60_000, "{put_off:?}");
        stage.pass(60_000);
    }
    // What it waits for is told, and not twice.
    let passages = stage.passages(id).await;
    let deferred = passages.iter().filter(|passage| passage.stage == store::Stage::Deferred);
    assert_eq!(deferred.count(), 1);
    stage.pass(5 * HOUR_MILLIS);
    let entries = stage.tried(id, 1).await;
    assert_eq!(entries[0].last.enhanced, "4.4.3");
    stage.end().await;
}
