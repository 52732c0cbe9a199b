//! Answers to notices about tickets come back by mail, and become messages of the ticket.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use authority::Principal;
use engine::{Engine, Outcome};
use graphql::{GivenFile, TicketFiles};
use hosting::HostingRefusal;
use hosting::refusal::TicketRefusal;
use hosting::ticket::{Side, Ticket, TicketCommand, Way};
use hosting::use_case::AnswerTicket;
use journal::{Clock as _, SystemClock};
use kernel::{
    AccountId, CommandId, CorrelationId, DomainName, EmailAddress, Id as _, Key, TenantId, TicketId,
};
use notice::{Links, NoReply, Reply, read_reply};
use parking_lot::Mutex;
use reporting::TakeReports;
use smtp::{Intake, ReportInbox, ReportIntake, ReportLetter};
use tokio::sync::Semaphore;
use uuid::Uuid;

/// Answers by mail to one ticket in an hour; more are dropped, since two machines may talk.
const ANSWERS_PER_HOUR_MAX: u32 = 20;
/// Tickets whose answers are counted at a time; where there are more, all begin anew.
const COUNTED_TICKET_COUNT_MAX: usize = 10_000;
/// Answers that are read at a time.
const READ_COUNT_MAX: usize = 2;
/// Longest time to read one.
const READ_WAIT: Duration = Duration::from_secs(20);

/// Answers of the hour that runs.
#[derive(Debug, Default)]
struct Hour {
    number: i64,
    counts: HashMap<TicketId, u32>,
}

/// Takes answers to notices about tickets in.
pub struct AnswerTickets {
    files: TicketFiles,
    links: Links,
    /// The domain of the notices' sender.
    domain: DomainName,
    gate: Arc<Semaphore>,
    hour: Mutex<Hour>,
}

impl AnswerTickets {
    /// At addresses in `domain` that `links` has made.
    pub fn new(files: TicketFiles, links: Links, domain: DomainName) -> Self {
        let gate = Arc::new(Semaphore::new(READ_COUNT_MAX));
        Self { files, links, domain, gate, hour: Mutex::default() }
    }

    /// The ticket in which another goes on; itself where it was not merged.
    async fn standing(&self, account: AccountId, ticket: TicketId) -> TicketId {
        let loaded = self.files.engine.load(account.tenant(), &Key::<Ticket>(ticket)).await;
        let into = loaded.ok().and_then(|state| state.record().and_then(|record| record.merged_into));
        into.unwrap_or(ticket)
    }

    fn ticket(&self, to: &EmailAddress) -> Option<TicketId> {
        (to.domain == self.domain).then(|| self.links.ticket_of(to.local.as_str())).flatten()
    }

    fn is_too_many(&self, ticket: TicketId) -> bool {
        let number = SystemClock.now().secs().div_euclid(3600);
        let mut hour = self.hour.lock();
        if hour.number != number || hour.counts.len() >= COUNTED_TICKET_COUNT_MAX {
            *hour = Hour { number, counts: HashMap::new() };
        }
        let count = hour.counts.entry(ticket).or_default();
        *count = count.saturating_add(1);
        *count > ANSWERS_PER_HOUR_MAX
    }

    async fn take(&self, letter: ReportLetter<'_>, ticket: TicketId) -> Intake {
        // Whoever sends without a sender is a machine (RFC 3834 section 2).
        if letter.mail_from.is_none() {
            return Intake::Dropped("ticket_automatic");
        }
        if self.is_too_many(ticket) {
            return Intake::Dropped("ticket_too_many");
        }
        let reply = match self.read(letter.message).await {
            Ok(reply) => reply,
            Err(NoReply::Automatic) => return Intake::Dropped("ticket_automatic"),
            Err(NoReply::Empty) => return Intake::Dropped("ticket_empty"),
            Err(NoReply::Malformed) => return Intake::Refused("this answer is too large or cannot be read"),
        };
        let account = match self.files.account_of(ticket).await {
            Ok(Some(account)) => account,
            Ok(None) => return Intake::Refused("there is no such ticket"),
            Err(error) => {
                tracing::warn!(%error, "the ticket of an answer by mail");
                return Intake::Later;
            }
        };
        self.keep((account, ticket), reply, letter.message).await
    }

    /// Reads on a thread of its own: what is packed may be large.
    async fn read(&self, message: &[u8]) -> Result<Reply, NoReply> {
        let Ok(_permit) = Arc::clone(&self.gate).acquire_owned().await else {
            return Err(NoReply::Malformed);
        };
        let message = message.to_vec();
        let reading = tokio::task::spawn_blocking(move || read_reply(&message));
        match tokio::time::timeout(READ_WAIT, reading).await {
            Ok(Ok(reply)) => reply,
            Ok(Err(_)) | Err(_) => Err(NoReply::Malformed),
        }
    }

    async fn keep(&self, at: (AccountId, TicketId), reply: Reply, message: &[u8]) -> Intake {
        let (account, ticket) = at;
        // The same message again is the same command: it is said once, whatever the network does.
        let name = reply.message_id.as_ref().map_or(message, |id| id.as_bytes());
        let command = |part: u32| {
            let whole = Uuid::new_v5(&ticket.uuid(), name);
            CommandId::new(Uuid::new_v5(&whole, &part.to_be_bytes()))
        };
        // Where it was merged meanwhile, it goes on in the other.
        let ticket = self.standing(account, ticket).await;
        let principal = Principal::platform("tickets_by_mail");
        let correlation = CorrelationId::new(Uuid::now_v7());
        let text = said(&reply);
        let say = TicketCommand::Say { side: Side::Customer, text, is_internal: false, way: Way::Mail };
        // Who has written it is not proven: it is nobody's but the account's.
        let say = AnswerTicket { account, ticket, author: None, command: say };
        match self.files.engine.run(&principal, command(0), correlation, &say).await {
            Ok(Outcome::Done { .. }) => {}
            Ok(Outcome::Refused(HostingRefusal::Ticket(TicketRefusal::Closed))) => {
                return Intake::Refused(
                    "this ticket was resolved more than 30 days ago; open a new one in the dashboard",
                );
            }
            Ok(Outcome::Refused(_) | Outcome::Denied(_)) => {
                return Intake::Refused(
                    "this ticket takes no more messages; open a new one in the dashboard",
                );
            }
            Err(error) => {
                tracing::warn!(%error, "an answer by mail was not kept");
                return Intake::Later;
            }
        }
        for (number, (name, octets)) in (1_u32..).zip(reply.files) {
            let file = GivenFile { name, octets, is_internal: false };
            let given = (&principal, command(number).into(), correlation);
            match self.files.attach(given, (account, ticket), (Side::Customer, file)).await {
                Ok(Outcome::Done { .. }) => {}
                // The model bounds them all together; what was written is there.
                Ok(Outcome::Refused(refusal)) => tracing::info!(%refusal, "a file by mail was left out"),
                Ok(Outcome::Denied(_)) => {}
                Err(_) => return Intake::Later,
            }
        }
        Intake::Kept("ticket_answered")
    }
}

/// The words of an answer: from whom it says to be, what is written, and what was left out.
fn said(reply: &Reply) -> String {
    let written = if reply.text.is_empty() { "\u{1f4ce}" } else { &reply.text };
    let from = reply.from.as_ref().map_or_else(String::new, |from| format!("{from}:\n"));
    let left_out = match reply.left_out_count {
        0 => String::new(),
        count => format!("\n\n[{count} \u{1f4ce} > 5 MiB / > 5]"),
    };
    // What came by mail is shortened where it must be, and never refused for a line of ours.
    let room = hosting::limit::TICKET_TEXT_CHARACTER_COUNT_MAX - 300;
    let written: String = written.chars().take(room).collect();
    format!("{from}{written}{left_out}")
}

/// Everything that comes to addresses of the platform's own: answers about tickets, and reports.
pub struct Intakes {
    /// Answers; none where the operator takes none.
    pub tickets: Option<AnswerTickets>,
    /// Reports.
    pub reports: TakeReports,
}

#[async_trait]
impl ReportIntake for Intakes {
    fn inbox(&self, to: &EmailAddress) -> Option<ReportInbox> {
        if self.tickets.as_ref().is_some_and(|tickets| tickets.ticket(to).is_some()) {
            return Some(ReportInbox { tenant: TenantId::PLATFORM, domain: None });
        }
        self.reports.inbox(to)
    }

    async fn take(&self, letter: ReportLetter<'_>) -> Intake {
        let found = self.tickets.as_ref().and_then(|tickets| Some((tickets, tickets.ticket(letter.to)?)));
        match found {
            Some((tickets, ticket)) => tickets.take(letter, ticket).await,
            None => self.reports.take(letter).await,
        }
    }
}

/// What the desk stands on.
pub fn files(engine: &Arc<Engine>, blobs: &database::Blobs) -> TicketFiles {
    TicketFiles { engine: Arc::clone(engine), blobs: blobs.clone() }
}

#[cfg(test)]
mod tests {
    use database::Blobs;
    use hosting::ticket::TicketKind;
    use hosting::use_case::{MergeTickets, OpenAccount, OpenTicket};

    use super::*;
    use crate::stage::{Stage, must};

    #[tokio::test(flavor = "multi_thread")]
    async fn an_answer_about_a_merged_ticket_lays_its_files_where_its_words_go() {
        let Stage { engine, database, .. } = &Stage::open().await;
        let blobs = Blobs::open(database.clone()).await.expect("a table");
        let account = AccountId::new(Uuid::from_u128(1));
        let [old, new] = [2, 3].map(|number| TicketId::new(Uuid::from_u128(number)));
        must(engine, &OpenAccount { account, name: "Customer".to_owned() }).await;
        for ticket in [old, new] {
            let (subject, text) = ("It does not work".to_owned(), "At all.".to_owned());
            let kind = TicketKind::Technical;
            must(engine, &OpenTicket { account, ticket, author: None, service: None, kind, subject, text })
                .await;
        }
        must(engine, &MergeTickets { account, ticket: old, into: new }).await;
        let links = Links::new([1; 32], "https://panel.example".to_owned());
        let domain = DomainName::parse("x.example").expect("a name");
        let tickets = AnswerTickets::new(files(engine, &blobs), links, domain);
        let reply = Reply {
            text: "As the picture shows".to_owned(),
            files: vec![("picture.png".to_owned(), b"\x89PNG\r\n\x1a\n".to_vec())],
            from: None,
            message_id: Some("<1@x.example>".to_owned()),
            left_out_count: 0,
        };
        assert_eq!(tickets.keep((account, old), reply, b"").await, Intake::Kept("ticket_answered"));
        let of = async |ticket| {
            let state = engine.load(account.tenant(), &Key::<Ticket>(ticket)).await.expect("a state");
            state.record().expect("a ticket").files.len()
        };
        assert_eq!((of(old).await, of(new).await), (0, 1));
        engine.shutdown().await;
    }
}
