//! Mail that an alias leads elsewhere, with a sender that was rewritten: who hears of it when it fails, and why nobody does.

use std::sync::Arc;

use kernel::{EmailAddress, Timestamp};
use outbound::Origins;
use store::{Acceptance, Origin, Queueing, RecipientState, Stage as Step};

use crate::farm::Manners;
use crate::stage::{HOUR_MILLIS, Stage, modern, states};

/// `SRS0=local=domain@us.example` leads back, but `SRS0=old...`, which is too old.
struct Rewriting;

impl Origins for Rewriting {
    fn origin_of(&self, sender: &EmailAddress, _: Timestamp) -> Option<EmailAddress> {
        let Some(rest) = sender.local.as_str().strip_prefix("SRS0=") else { return Some(sender.clone()) };
        let (local, domain) = rest.split_once('=')?;
        (local != "old").then(|| EmailAddress::parse(&format!("{local}@{domain}")).ok()).flatten()
    }
}

const REWRITTEN: &str = "SRS0=a=sender.example@us.example";

/// Passes a message on, with this sender, of which it is known or not who it is.
async fn passed_on(
    stage: &Stage,
    sender: Option<&str>,
    to: &str,
    notify: Option<&str>,
    is_known: bool,
) -> u64 {
    let sender = sender.map(|sender| EmailAddress::parse(sender).expect("an address"));
    let queueing = Queueing { origin: Origin::Forwarded, is_sender_known: is_known, ..Queueing::default() };
    stage.accept(Acceptance { sender, queueing, ..Stage::acceptance(&stage.message, &[to], notify) }).await
}

/// How often the trace says that the sender was told, and why a failure says that nobody was.
async fn told(stage: &Stage, id: u64) -> (usize, Vec<String>) {
    let passages = stage.passages(id).await;
    let told = passages.iter().filter(|passage| passage.stage == Step::Reported).count();
    let failed = passages.iter().filter(|passage| passage.stage == Step::Bounced);
    let words = failed.flat_map(|passage| passage.reasons.clone());
    (told, words.filter(|word| word.starts_with("untold_")).collect())
}

async fn stage() -> (Stage, Arc<crate::farm::FakeHost>) {
    let mut stage = Stage::new().await;
    let refuses = vec![("gone@", "550 5.1.1 nobody"), ("later@", "451 4.2.1 later")];
    let offers = vec!["PIPELINING"];
    stage.host(&["b.example"], Manners { refuses, offers, ..modern() }).await;
    let sender = stage.host(&["sender.example"], modern()).await;
    stage.origins = Arc::new(Rewriting);
    stage.run();
    (stage, sender)
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_wrote_hears_of_what_failed_behind_an_alias_though_its_sender_is_rewritten() {
    let (stage, sender) = stage().await;
    let gone = passed_on(&stage, Some(REWRITTEN), "gone@b.example", None, true).await;
    assert_eq!(states(&stage.tried(gone, 1).await), [RecipientState::Bounced]);
    stage.until("the report arrives", || sender.taken().len() == 1).await;
    let report = sender.taken().remove(0);
    assert_eq!(report.rcpt, ["RCPT TO:<a@sender.example> NOTIFY=NEVER"]);
    assert!(report.mail.starts_with("MAIL FROM:<>"), "{report:?}");
    for part in ["To: <a@sender.example>\r\n", "Action: failed", "Final-Recipient: rfc822; gone@b.example"] {
        assert!(report.message.contains(part), "{part:?} is not in\n{}", report.message);
    }
    assert!(!report.message.contains("SRS0"), "{}", report.message);
    assert_eq!(told(&stage, gone).await, (1, vec![]));
    // It is told of its success where it asks and the other side does not tell, and of the end of its time.
    let fine = passed_on(&stage, Some(REWRITTEN), "ok@b.example", Some("SUCCESS"), true).await;
    stage.tried(fine, 1).await;
    stage.until("success is told", || sender.taken().len() == 2).await;
    let late = passed_on(&stage, Some(REWRITTEN), "later@b.example", None, true).await;
    assert_eq!(states(&stage.tried(late, 1).await), [RecipientState::Scheduled]);
    stage.waiting(1).await;
    stage.pass(5 * 24 * HOUR_MILLIS);
    stage.expire().await;
    assert_eq!(states(&stage.tried(late, 2).await), [RecipientState::Bounced]);
    stage.until("the end is told", || sender.taken().len() == 3).await;
    let messages: Vec<String> = sender.taken().into_iter().map(|taken| taken.message).collect();
    assert!(
        messages[1].contains("Action: relayed") && messages[2].contains("later@b.example"),
        "{messages:?}"
    );
    assert!(messages.iter().all(|message| message.contains("To: <a@sender.example>\r\n")));
    stage.waiting(0).await;
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nobody_can_be_told_of_a_failure_the_trace_says_why_and_not_that_somebody_was() {
    let (stage, sender) = stage().await;
    for (from, is_known, why) in [
        (Some(REWRITTEN), false, "untold_not_proven"),
        (Some("a@sender.example"), false, "untold_not_proven"),
        (Some("SRS0=old=sender.example@us.example"), true, "untold_unreachable"),
        (Some("x@us.example"), true, "untold_unreachable"),
        (None, true, "untold_no_sender"),
    ] {
        let id = passed_on(&stage, from, "gone@b.example", None, is_known).await;
        assert_eq!(states(&stage.tried(id, 1).await), [RecipientState::Bounced], "{from:?}");
        assert_eq!(told(&stage, id).await, (0, vec![why.to_owned()]), "{from:?}");
    }
    // Who does not want to hear of it is no riddle.
    let id = passed_on(&stage, Some(REWRITTEN), "gone@b.example", Some("NEVER"), false).await;
    assert_eq!(states(&stage.tried(id, 1).await), [RecipientState::Bounced]);
    assert_eq!(told(&stage, id).await, (0, vec![]));
    let fine = passed_on(&stage, Some(REWRITTEN), "ok@b.example", Some("SUCCESS"), false).await;
    assert_eq!(states(&stage.tried(fine, 1).await), [RecipientState::Delivered]);
    assert_eq!(told(&stage, fine).await, (0, vec![]));
    stage.waiting(0).await;
    assert_eq!(sender.taken(), vec![]);
    stage.end().await;
}
