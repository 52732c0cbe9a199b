//! Reports of failure that come later: another host took a message of ours and then could not deliver it.
//!
//! They come as mail for whoever wrote the message, and are put into that mailbox as any other. Beside that they are read here,
//! behind the conversation: what they say stands in the trace of the message, and nothing is sent any more to an address that
//! does not exist. A report counts where the trace knows that this message went from that address to that recipient a few days
//! ago; whoever else got the message could write such a report as well, so that the list needs a proof of who reports.

use std::sync::Arc;

use journal::{Clock as _, SystemClock};
use kernel::{EmailAddress, TenantId, Timestamp};
use report::delivery::RecipientStatus;
use smtp::{Bounces, HeardBounce};
use store::{
    Direction, Passage, PassageFilter, Queue as _, RemoteReply, SqlStore, Stage, StoreError, SuppressionCause,
};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Reports that wait to be read; more are left out, and stand in their mailbox alone.
const BACKLOG_COUNT_MAX: usize = 100;
/// How long after a message was taken elsewhere a report about it counts: hosts try for five days, some for longer.
const COUNTS_MILLIS: i64 = 10 * store::DAY_MILLIS;
/// Steps of the message that are looked at.
const STEP_COUNT_MAX: usize = 1000;
/// Characters of what the other side said that are kept.
const TEXT_CHARACTER_COUNT_MAX: usize = 500;

/// A report that waits.
struct Letter {
    tenant: TenantId,
    to: EmailAddress,
    message: Vec<u8>,
    /// Domains that stand behind it; none where it is believed as it is.
    proven: Option<Vec<String>>,
}

/// Where sessions leave reports.
pub struct HearBounces(mpsc::Sender<Letter>);

/// Reads them.
pub struct ReadBounces {
    letters: mpsc::Receiver<Letter>,
    store: Arc<SqlStore>,
}

impl HearBounces {
    /// Where reports are left, and what reads them.
    pub fn new(store: Arc<SqlStore>) -> (Self, ReadBounces) {
        let (sender, letters) = mpsc::channel(BACKLOG_COUNT_MAX);
        (Self(sender), ReadBounces { letters, store })
    }
}

impl Bounces for HearBounces {
    fn came(&self, bounce: &HeardBounce<'_>) {
        if bounce.message.len() > report::limit::DELIVERY_OCTETS_MAX || !looks_like_one(bounce.message) {
            return;
        }
        let letter = Letter {
            tenant: bounce.tenant,
            to: bounce.to.clone(),
            message: bounce.message.to_vec(),
            proven: proven(bounce),
        };
        if self.0.try_send(letter).is_err() {
            tracing::warn!("a report of failure was not read: too many wait");
        }
    }
}

impl ReadBounces {
    /// Reads until `stop`.
    pub async fn run(mut self, stop: CancellationToken) {
        loop {
            let letter = tokio::select! {
                () = stop.cancelled() => return,
                letter = self.letters.recv() => letter,
            };
            let Some(letter) = letter else { return };
            if let Err(error) = self.read(letter).await {
                tracing::warn!(%error, "a report of failure was not kept");
            }
        }
    }

    async fn read(&self, letter: Letter) -> Result<(), StoreError> {
        let Letter { tenant, to, message, proven } = letter;
        let read = tokio::task::spawn_blocking(move || report::find_delivery(&message)).await;
        let Ok(Ok(status)) = read else { return Ok(()) };
        let Some(message_id) = status.message_id else { return Ok(()) };
        let now = SystemClock.now();
        let of = PassageFilter {
            message_id: Some(message_id),
            sender: Some(to.to_string()),
            direction: Some(Direction::Out),
            since: Some(Timestamp::from_millis(now.millis().saturating_sub(COUNTS_MILLIS))),
            ..PassageFilter::default()
        };
        let steps = self.store.passages(tenant, &of, None, STEP_COUNT_MAX).await?;
        let steps: Vec<Passage> = steps.into_iter().map(|(_, step)| step).collect();
        let reporter = status.reporter.as_deref();
        let (mut passages, mut gone) = (Vec::new(), Vec::new());
        for one in status.recipients.iter().filter(|one| one.action == "failed") {
            let Some(step) = taken(one, &steps) else { continue };
            let Some(recipient) = step.recipient.as_deref().and_then(|text| EmailAddress::parse(text).ok())
            else {
                continue;
            };
            let reply = reply(one, reporter);
            let is_proven = proven.as_ref().is_none_or(|names| stands_behind(names, &recipient, step));
            let is_gone = outbound::is_hard_bounce(&reply);
            let mut reasons = vec!["bounced_later".to_owned(), outbound::classify(&reply).word().to_owned()];
            if is_gone && !is_proven {
                reasons.push("bounce_not_proven".to_owned());
            }
            if is_gone && is_proven {
                gone.push((recipient, reply.clone()));
            }
            passages.push(Passage {
                at: now,
                stage: Stage::Bounced,
                reply: Some(reply),
                next_at: None,
                source: None,
                message_id: None,
                reasons,
                ..step.clone()
            });
        }
        if !passages.is_empty() {
            self.store.record(passages).await?;
        }
        for (recipient, reply) in gone {
            self.store.suppress(tenant, &recipient, (SuppressionCause::NoSuchAddress, reply)).await?;
        }
        Ok(())
    }
}

/// Whether the header says that the message is a report.
fn looks_like_one(message: &[u8]) -> bool {
    let (header_end, _) = message::split_header(message);
    let mut kinds = message::fields(&message[..header_end]).filter(|field| field.is("Content-Type"));
    kinds.next().is_some_and(|field| field.text().to_ascii_lowercase().contains("multipart/report"))
}

/// The domains that stand behind a report: of its author, of its signatures, of the host that brought it.
fn proven(bounce: &HeardBounce<'_>) -> Option<Vec<String>> {
    if !bounce.proven.is_checked {
        return None;
    }
    let author = bounce.proven.author.as_ref().filter(|_| bounce.proven.passes_dmarc);
    let names = bounce.proven.signers.iter().chain(author).map(String::as_str).chain(bounce.peer);
    Some(names.map(|name| name.trim_end_matches('.').to_ascii_lowercase()).collect())
}

/// The step by which the other side took the message for a recipient, unless it is told already that it came back.
fn taken<'a>(status: &RecipientStatus, steps: &'a [Passage]) -> Option<&'a Passage> {
    let named = [&status.original, &status.recipient];
    let is_named = |step: &Passage| {
        let recipient = step.recipient.as_deref().unwrap_or_default();
        named.iter().any(|name| name.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(recipient)))
    };
    let is_back = steps.iter().any(|step| step.stage == Stage::Bounced && is_named(step));
    let is_elsewhere = |step: &Passage| step.reply.as_ref().is_some_and(|reply| reply.host.is_some());
    let mut found =
        steps.iter().filter(|step| step.stage == Stage::Delivered && is_named(step) && is_elsewhere(step));
    found.next().filter(|_| !is_back)
}

/// Whether one of these domains has to do with the recipient, or with the host that took the message for it.
pub(crate) fn stands_behind(names: &[String], recipient: &EmailAddress, step: &Passage) -> bool {
    let host = step.reply.as_ref().and_then(|reply| reply.host.as_deref()).unwrap_or_default();
    let host = host.to_ascii_lowercase();
    // A top-level domain stands behind nobody.
    names.iter().filter(|name| name.contains('.')).any(|name| {
        [recipient.domain.as_str(), &host].iter().any(|own| is_within(own, name) || is_within(name, own))
    })
}

/// Whether a domain is another, or lies below it.
pub(crate) fn is_within(name: &str, other: &str) -> bool {
    name.strip_suffix(other).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// What the other side said, in the form of a reply.
fn reply(status: &RecipientStatus, reporter: Option<&str>) -> RemoteReply {
    let mut parts = status.status.split('.');
    let is_code = parts.clone().count() == 3
        && parts
            .all(|part| (1..=3).contains(&part.len()) && part.bytes().all(|octet| octet.is_ascii_digit()));
    let enhanced = if is_code { status.status.clone() } else { "5.0.0".to_owned() };
    // The status is what the report is for; the reply is told where there was one.
    let code = match (status.code, enhanced.starts_with('5')) {
        (0, true) => 550,
        (0, false) => 450,
        (code, _) => code,
    };
    RemoteReply { code, enhanced, text: clean(&status.diagnosis), host: reporter.map(clean) }
}

/// Printable, on one line, not too long.
fn clean(text: &str) -> String {
    let shown = text.chars().map(|character| if character.is_control() { ' ' } else { character });
    shown.take(TEXT_CHARACTER_COUNT_MAX).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use kernel::MailboxId;
    use smtp::Proven;
    use store::{Acceptance, Outcome, QueuedRecipient, Queueing, Settlement, Settling, Store as _, Suppress};
    use uuid::Uuid;

    use super::*;

    const TENANT: TenantId = TenantId::PLATFORM;

    fn address(text: &str) -> EmailAddress {
        EmailAddress::parse(text).expect("an address")
    }

    fn now() -> Timestamp {
        SystemClock.now()
    }

    /// A store in which `a@x.example` wrote `<1@x.example>` to two recipients elsewhere, who have it.
    async fn sent() -> (Arc<SqlStore>, tempfile::TempDir) {
        let folder = tempfile::tempdir().expect("a folder");
        let database = database::Database::open_sqlite(&folder.path().join("mail.db")).expect("a file");
        let store =
            SqlStore::open(database, Arc::new(now), store::Retention::days(30)).await.expect("a store");
        let queued = ["gone@far.example", "other@far.example"].map(|to| QueuedRecipient::new(address(to)));
        let acceptance = Acceptance {
            message: "Message-ID: <1@x.example>\r\nFrom: a@x.example\r\n\r\nhello\r\n".into(),
            deposits: Vec::new(),
            queued: queued.into(),
            sender: Some(address("a@x.example")),
            tenant: TENANT,
            dsn: (None, None),
            queueing: Queueing {
                mailbox: Some(MailboxId::new(Uuid::from_u128(9))),
                message: "m1".to_owned(),
                ..Queueing::default()
            },
        };
        store.accept(acceptance).await.expect("accepted");
        let line = store.lines(None, 1).await.expect("lines")[0];
        let request = store::LeaseRequest {
            owner: Uuid::from_u128(1),
            now: now(),
            lasts: Duration::from_secs(100),
            line,
            domains: vec![(kernel::DomainName::parse("far.example").expect("a name"), 9)],
        };
        let leased = store.lease(request).await.expect("leased");
        let settlements = leased.messages[0].1.iter().map(|recipient| Settlement {
            key: recipient.key,
            outcome: Outcome::Delivered,
            reply: RemoteReply {
                code: 250,
                host: Some("mx.host.example".to_owned()),
                ..RemoteReply::default()
            },
            site: None,
            source: None,
            reasons: Vec::new(),
            suppress: Suppress::No,
        });
        let settling = Settling {
            tenant: leased.messages[0].0.tenant,
            token: leased.token,
            settlements: settlements.collect(),
            report: None,
        };
        assert_eq!(store.settle(settling).await.expect("settled"), 2);
        (Arc::new(store), folder)
    }

    fn bounce(message_id: &str, recipient: &str, status: &str) -> String {
        format!(
            "From: MAILER-DAEMON@far.example\r\nContent-Type: multipart/report; report-type=delivery-status; \
             boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.far.example\r\n\r\n\
             Final-Recipient: rfc822; {recipient}\r\nAction: failed\r\nStatus: {status}\r\n\
             Diagnostic-Code: smtp; no\r\n\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\n\
             Message-ID: {message_id}\r\n\r\n--b--\r\n"
        )
    }

    /// Reads one report, and tells what it came to: the reasons of the step, and the suppressed addresses.
    async fn told(to: &str, text: &str, signers: Option<&[&str]>) -> (Vec<String>, Vec<String>) {
        let (store, _folder) = sent().await;
        let (hear, read) = HearBounces::new(Arc::clone(&store));
        let proven = Proven {
            is_checked: signers.is_some(),
            signers: signers.unwrap_or_default().iter().map(|name| (*name).to_owned()).collect(),
            ..Proven::default()
        };
        let to = address(to);
        // Twice: the same report again changes nothing.
        for _ in 0..2 {
            let bounce = HeardBounce {
                tenant: TENANT,
                to: &to,
                message: text.as_bytes(),
                proven: &proven,
                peer: None,
            };
            hear.came(&bounce);
        }
        drop(hear);
        read.run(CancellationToken::new()).await;
        let of = PassageFilter { stage: Some(Stage::Bounced), ..PassageFilter::default() };
        let steps = store.passages(TENANT, &of, None, 10).await.expect("steps");
        assert!(steps.len() <= 1);
        let suppressed = store.suppressions(TENANT, None, 10).await.expect("a list");
        let reasons = steps.into_iter().flat_map(|(_, step)| {
            assert_eq!((step.message.as_str(), step.recipient.as_deref()), ("m1", Some("gone@far.example")));
            step.reasons
        });
        (reasons.collect(), suppressed.into_iter().map(|one| one.address).collect())
    }

    #[tokio::test]
    async fn what_comes_back_later_stands_in_the_trace_and_the_address_on_the_list() {
        let (mine, gone) = ("<1@x.example>", "Gone@far.example");
        let listed = vec!["gone@far.example".to_owned()];
        for (status, signers, reasons, suppressed) in [
            ("5.1.1", None, vec!["bounced_later", "bounce_no_such_address"], listed.clone()),
            (
                "5.1.1",
                Some(&["far.example"][..]),
                vec!["bounced_later", "bounce_no_such_address"],
                listed.clone(),
            ),
            ("5.1.1", Some(&["host.example"][..]), vec!["bounced_later", "bounce_no_such_address"], listed),
            (
                "5.1.1",
                Some(&["evil.example", "example"][..]),
                vec!["bounced_later", "bounce_no_such_address", "bounce_not_proven"],
                Vec::new(),
            ),
            ("5.2.2", None, vec!["bounced_later", "bounce_mailbox_full"], Vec::new()),
            ("4.1.1", None, vec!["bounced_later", "bounce_no_such_address"], Vec::new()),
            ("5.7.1", None, vec!["bounced_later", "bounce_policy"], Vec::new()),
            ("nonsense", None, vec!["bounced_later", "bounce_other"], Vec::new()),
        ] {
            let found = told("a@x.example", &bounce(mine, gone, status), signers).await;
            let reasons: Vec<String> = reasons.into_iter().map(str::to_owned).collect();
            assert_eq!(found, (reasons, suppressed), "{status} {signers:?}");
        }
    }

    #[tokio::test]
    async fn what_nobody_here_sent_changes_nothing() {
        let mine = bounce("<1@x.example>", "gone@far.example", "5.1.1");
        let nothing = (Vec::new(), Vec::new());
        for (to, text) in [
            ("b@x.example", mine.clone()),
            ("a@x.example", bounce("<2@x.example>", "gone@far.example", "5.1.1")),
            ("a@x.example", bounce("<1@x.example>", "third@far.example", "5.1.1")),
            ("a@x.example", mine.replace("Action: failed", "Action: delayed")),
            ("a@x.example", mine.replace("multipart/report", "multipart/mixed")),
            ("a@x.example", mine.replace("Message-ID", "X-Message-ID")),
        ] {
            assert_eq!(told(to, &text, None).await, nothing, "{to} {text}");
        }
    }
}
