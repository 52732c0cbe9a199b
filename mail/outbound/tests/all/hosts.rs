//! Domains with several hosts (RFC 5321 section 5.1): which is called first, and what becomes of mail that one does not take.

use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use outbound::limits::{ATTEMPT_HOST_COUNT_MAX, BREAKER_FAULT_COUNT};
use resolver::{Name, Record};
use store::{RecipientState, RemoteReply};

use crate::farm::Manners;
use crate::stage::{Stage, modern, states};

const LATER: &str = "451 4.3.0 later";

fn saying(at: &'static str, said: &str) -> Manners {
    Manners { says: vec![(at, said.to_owned())], ..modern() }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_host_does_not_take_before_the_dot_is_offered_to_the_next_one_at_once() {
    let mut stage = Stage::new().await;
    let mut pairs = Vec::new();
    for at in ["MAIL", "RCPT", "DATA"] {
        let drops = Manners { drops_at: Some(at), ..modern() };
        let others = [LATER, "421 4.3.2 closing", "350 and then?", "\u{1}what"];
        // Yes is no answer to DATA: only 354 lets us go on.
        let yes = (at == "DATA").then(|| saying(at, "250 fine"));
        for manners in others.map(|said| saying(at, said)).into_iter().chain([drops]).chain(yes) {
            for offers in [modern().offers, Vec::new()] {
                let domain = format!("d{}.example", pairs.len());
                let ill = stage.host(&[&domain], Manners { offers, ..manners.clone() }).await;
                let well = stage.host_at(20, &[&domain], modern()).await;
                pairs.push((domain, ill, well, format!("{at}: {manners:?}")));
            }
        }
    }
    stage.run();
    for (domain, ill, well, what) in &pairs {
        let id = stage.submit(&[&format!("one@{domain}"), &format!("two@{domain}")]).await;
        let entries = stage.tried(id, 1).await;
        assert_eq!(states(&entries), [RecipientState::Delivered; 2], "{what}: {entries:?}");
        assert_eq!(entries[0].last.host.as_deref(), Some(well.name().as_str()), "{what}");
        assert_eq!((ill.taken().len(), well.taken().len()), (0, 1), "{what}");
        assert_eq!(well.taken()[0].rcpt.len(), 2, "{what}");
        assert_eq!(ill.connection_count.load(Ordering::Relaxed), 1, "{what}");
        assert_eq!(passed_over(&stage, id).await, vec![ill.name(); 2], "{what}");
    }
    stage.end().await;
}

/// The hosts of which the trace says that they were passed over, for each recipient.
async fn passed_over(stage: &Stage, id: u64) -> Vec<String> {
    let reasons = stage.passages(id).await.into_iter().flat_map(|passage| passage.reasons);
    reasons.filter_map(|reason| reason.strip_prefix("passed_over:").map(str::to_owned)).collect()
}

/// What the trace says that hosts said before the last word, for each recipient: host, code and text.
async fn said_before(stage: &Stage, id: u64) -> Vec<(String, u16, String)> {
    let reasons = stage.passages(id).await.into_iter().flat_map(|passage| passage.reasons);
    let said = reasons.filter_map(|reason| RemoteReply::of_reason(&reason));
    said.map(|reply| (reply.host.unwrap_or_default(), reply.code, reply.text)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_word_is_told_with_what_each_host_before_said() {
    let mut stage = Stage::new().await;
    let silent = stage.host(&["a.example"], Manners { drops_at: Some("greeting"), ..modern() }).await;
    let grey = stage.host_at(20, &["a.example"], saying("RCPT", "451 4.7.1 come, 100% later")).await;
    let last = stage.host_at(30, &["a.example"], saying("RCPT", "550 5.7.1 not you")).await;
    // Where the last cannot be called, what the one before said is the last word.
    let busy = stage.host(&["b.example"], saying("RCPT", LATER)).await;
    let gone = stage.host_at(20, &["b.example"], Manners { drops_at: Some("greeting"), ..modern() }).await;
    let sender = stage.host(&["sender.example"], modern()).await;
    stage.run();
    let id = stage.submit(&["u@a.example"]).await;
    let entries = stage.tried(id, 1).await;
    assert_eq!(states(&entries), [RecipientState::Bounced]);
    assert_eq!(entries[0].last.host.as_deref(), Some(last.name().as_str()));
    assert_eq!(passed_over(&stage, id).await, [format!("{},{}", silent.name(), grey.name())]);
    let said = said_before(&stage, id).await;
    let [(first, 0, why), (second, 451, later)] = said.as_slice() else { panic!("{said:?}") };
    assert_eq!((first, second, later.as_str()), (&silent.name(), &grey.name(), "come, 100% later"));
    assert!(!why.is_empty());
    // So is the sender, in the report.
    stage.until("a report", || sender.taken().len() == 1).await;
    let report = sender.taken()[0].message.replace("=\r\n", "");
    for part in [
        format!("Before: {}: {why}", silent.name()),
        format!("Before: {}: come, 100% later", grey.name()),
        format!("Auparavant : {} : Le serveur du destinataire est injoignable.", silent.name()),
        format!("Remote-MTA: dns; {}", last.name()),
    ] {
        assert!(report.contains(&part), "{part} is not in {report}");
    }
    let id = stage.submit(&["u@b.example"]).await;
    let entries = stage.tried(id, 1).await;
    assert_eq!(states(&entries), [RecipientState::Scheduled]);
    assert_eq!((entries[0].last.host.as_deref(), entries[0].last.code), (Some(busy.name().as_str()), 451));
    assert_eq!(passed_over(&stage, id).await, [format!("{},{}", gone.name(), busy.name())]);
    let said = said_before(&stage, id).await;
    assert_eq!((said.len(), &said[0].0, said[0].1), (1, &gone.name(), 0), "{said:?}");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_recipient_goes_as_far_as_it_has_to_and_none_after_a_refusal_or_the_dot() {
    let mut stage = Stage::new().await;
    let refuses = vec![("busy@", LATER), ("gone@", "550 5.1.1 nobody")];
    let first = stage.host(&["a.example"], Manners { refuses, ..modern() }).await;
    let second = stage.host_at(20, &["a.example"], modern()).await;
    let mut silent = Vec::new();
    for (domain, manners) in [
        ("drops.example", Manners { drops_at: Some("."), ..modern() }),
        ("later.example", saying(".", LATER)),
        ("unfit.example", saying(".", "354 go on")),
    ] {
        stage.host(&[domain], manners).await;
        silent.push((domain, stage.host_at(20, &[domain], modern()).await));
    }
    stage.run();
    let id = stage.submit(&["ok@a.example", "busy@a.example", "gone@a.example"]).await;
    let expected = [RecipientState::Delivered, RecipientState::Delivered, RecipientState::Bounced];
    assert_eq!(states(&stage.tried(id, 1).await), expected);
    assert_eq!(first.taken()[0].rcpt, ["RCPT TO:<ok@a.example>"]);
    assert_eq!(second.taken().len(), 1);
    assert_eq!(second.taken()[0].rcpt, ["RCPT TO:<busy@a.example>"]);
    for (domain, other) in silent {
        let id = stage.submit(&[&format!("u@{domain}")]).await;
        assert_eq!(states(&stage.tried(id, 1).await), [RecipientState::Scheduled], "{domain}");
        assert_eq!(other.connection_count.load(Ordering::Relaxed), 0, "{domain}: the first may have it");
    }
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hosts_of_one_attempt_are_bounded_and_one_that_answers_keeps_the_site_open() {
    let mut stage = Stage::new().await;
    let mut hosts = Vec::new();
    for _ in 0..ATTEMPT_HOST_COUNT_MAX + 1 {
        hosts.push(stage.host(&["many.example"], saying("RCPT", LATER)).await);
    }
    stage.host(&["half.example"], saying("RCPT", LATER)).await;
    stage.host_at(20, &["half.example"], Manners { drops_at: Some("greeting"), ..modern() }).await;
    stage.run();
    let id = stage.submit(&["u@many.example"]).await;
    assert_eq!(states(&stage.tried(id, 1).await), [RecipientState::Scheduled]);
    let called: usize = hosts.iter().map(|host| host.connection_count.load(Ordering::Relaxed)).sum();
    assert_eq!(called, ATTEMPT_HOST_COUNT_MAX);
    for number in 0..2 * BREAKER_FAULT_COUNT {
        let id = stage.submit(&[&format!("u{number}@half.example")]).await;
        let entries = stage.tried(id, 1).await;
        assert_eq!(states(&entries), [RecipientState::Scheduled]);
        assert_eq!(entries[0].last.text, "later", "what was said counts, not who could not be called");
    }
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_names_the_same_hosts_in_another_order_leads_nobody_elses_mail_to_the_last_of_them() {
    let mut stage = Stage::new().await;
    let first = stage.host_at(10, &["one.example"], modern()).await;
    let second = stage.host_at(20, &["one.example"], modern()).await;
    for (preference, host) in [(10, &second), (20, &first)] {
        let exchange = Some(Name::parse(&host.name()).expect("a name"));
        stage.zone.add(Name::parse("two.example").expect("a name"), Record::Mx { preference, exchange });
    }
    stage.run();
    // Whichever is written to first.
    for (to, taken) in [("u@one.example", [1, 0]), ("u@two.example", [1, 1]), ("v@one.example", [2, 1])] {
        let id = stage.submit(&[to]).await;
        assert_eq!(states(&stage.tried(id, 1).await), [RecipientState::Delivered], "{to}");
        assert_eq!([first.taken().len(), second.taken().len()], taken, "{to}");
    }
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_host_was_not_asked_is_not_told_as_its_words() {
    let mut stage = Stage::new().await;
    let plain = Manners { offers: vec!["SIZE 100"], ..modern() };
    let host = stage.host(&["a.example"], plain).await;
    stage.run();
    let id = stage.submit(&["d\u{e9}j\u{e0}@a.example"]).await;
    let entries = stage.tried(id, 1).await;
    assert_eq!(states(&entries), [RecipientState::Bounced]);
    let last = &entries[0].last;
    assert_eq!((last.code, last.enhanced.as_str(), &last.host), (0, "5.6.7", &None), "{last:?}");
    stage.message = Bytes::from(format!("Subject: long\r\n\r\n{}\r\n", "x".repeat(200)));
    let id = stage.submit(&["u@a.example"]).await;
    let entries = stage.tried(id, 1).await;
    let last = &entries[0].last;
    assert_eq!((last.code, last.enhanced.as_str(), &last.host), (0, "5.3.4", &None), "{last:?}");
    assert!(host.taken().is_empty());
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_does_not_confirm_its_reset_carries_nothing_more() {
    let mut stage = Stage::new().await;
    let refuses = vec![("gone@", "550 5.1.1 nobody")];
    let says = vec![("RSET", "350 and then?".to_owned())];
    let plain = stage.host(&["a.example"], Manners { refuses: refuses.clone(), ..modern() }).await;
    let odd = stage.host(&["b.example"], Manners { refuses, says, ..modern() }).await;
    stage.run();
    for (domain, host, count) in [("a.example", plain, 1), ("b.example", odd, 2)] {
        let id = stage.submit(&[&format!("gone@{domain}")]).await;
        assert_eq!(states(&stage.tried(id, 1).await), [RecipientState::Bounced]);
        let id = stage.submit(&[&format!("ok@{domain}")]).await;
        assert_eq!(states(&stage.tried(id, 1).await), [RecipientState::Delivered]);
        assert_eq!(host.connection_count.load(Ordering::Relaxed), count, "{domain}");
    }
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hosts_of_one_preference_share_what_comes() {
    let mut stage = Stage::new().await;
    let slow = Manners { takes: Duration::from_millis(20), ..modern() };
    let one = stage.host(&["a.example"], slow.clone()).await;
    let other = stage.host(&["a.example"], slow).await;
    let worse = stage.host_at(20, &["a.example"], modern()).await;
    let mut ids = Vec::new();
    for number in 0..100 {
        ids.push(stage.submit(&[&format!("u{number}@a.example")]).await);
    }
    stage.run();
    for id in ids {
        assert_eq!(states(&stage.tried(id, 1).await), [RecipientState::Delivered]);
    }
    let counts = [one, other, worse].map(|host| host.taken().len());
    assert!(counts[0] > 0 && counts[1] > 0 && counts[2] == 0, "{counts:?}");
    stage.end().await;
}
