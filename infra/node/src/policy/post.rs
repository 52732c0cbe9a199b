//! Notices are posted: into mailboxes here, or into the queue.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use directory::Directory;
use engine::{Effect, EffectError, Engine};
use graphql::People;
use hosting::HostingEvent;
use hosting::account::{Account, AccountState};
use hosting::notice::{Notice, NoticeEvent, NoticeKind};
use hosting::ticket::{Side, Ticket, TicketEvent};
use kernel::{Decider as _, EmailAddress, Key, NoticeId, Recorded, StreamId, TenantId, TicketId};
use notice::{Answered, Letter, Links, Postmark};
use reporting::ends;
use store::{Acceptance, Lane, Origin, Queue as _, Queueing, SqlStore, Store as _};

/// Posts what `notice.requested` asks for. A crash may post a notice twice, under one Message-ID.
pub struct PostNotices {
    /// Takes the mail.
    pub store: Arc<SqlStore>,
    /// Knows who is here.
    pub directory: Arc<Directory>,
    /// Knows who serves whom under which name.
    pub people: Arc<People>,
    /// Knows what the support has answered.
    pub engine: Arc<Engine>,
    /// Makes the links.
    pub links: Links,
    /// From whom the notices are.
    pub from: EmailAddress,
    /// Whether answers about tickets are taken by mail.
    pub takes_answers: bool,
}

#[async_trait]
impl Effect for PostNotices {
    type Event = HostingEvent;

    const NAME: &'static str = "post_notices";

    async fn perform(&self, recorded: &Recorded<HostingEvent>) -> Result<(), EffectError> {
        let HostingEvent::Notice(NoticeEvent::Requested(notice)) = &recorded.event else { return Ok(()) };
        // A reseller's customer is written to in the reseller's name.
        let account = recorded.cursor.tenant.account();
        let brand = self.people.brand_of(account);
        let sender = brand.as_ref().map_or(notice::HOUSE, |brand| brand.name.as_str());
        let Some(mut letter) = notice::compose((account, notice), &self.links, sender) else { return Ok(()) };
        if let Some(ticket) = notice.ticket {
            let answered = self.answered(recorded, (notice, ticket)).await;
            let answered = answered.map_err(|reason| EffectError { at: recorded.cursor, reason })?;
            letter = answered.put_into(letter);
        }
        let Some(mut acceptance) = self.acceptance(notice, (&letter, sender)) else {
            tracing::info!(notice.id = %notice.notice, kind = notice.kind.name(), "its address takes no mail");
            return Ok(());
        };
        // Whoever tries things out may name anybody: nobody elsewhere hears of it, nor anybody else here.
        if self.directory.is_sandbox(recorded.cursor.tenant) {
            acceptance.queueing.is_sandbox = true;
            acceptance.deposits.retain(|deposit| deposit.owner.tenant == recorded.cursor.tenant);
        }
        let accepted = self.store.accept(acceptance).await;
        let accepted =
            accepted.map_err(|error| EffectError { at: recorded.cursor, reason: error.to_string() })?;
        // Whoever was erased while their letter was being posted has none: those of before are taken back by `ErasePersons`.
        if self.is_erased(recorded, notice).await? {
            let forgotten = self.store.forget_letters(TenantId::PLATFORM, &[number(notice.notice)]).await;
            forgotten.map_err(|error| EffectError { at: recorded.cursor, reason: error.to_string() })?;
        }
        for refused in accepted.deposits.iter().filter_map(|deposit| deposit.as_ref().err()) {
            tracing::info!(notice.id = %notice.notice, kind = notice.kind.name(), %refused, "not posted");
        }
        Ok(())
    }
}

/// By which number the letter of a notice is known in the queue and the trace.
pub fn number(notice: NoticeId) -> String {
    notice.to_string()
}

impl PostNotices {
    /// Whether the person that a notice is to is erased by now.
    async fn is_erased(
        &self,
        recorded: &Recorded<HostingEvent>,
        notice: &Notice,
    ) -> Result<bool, EffectError> {
        let tenant = recorded.cursor.tenant;
        let account = self.engine.load(tenant, &Key::<Account>(tenant.account())).await;
        let account =
            account.map_err(|error| EffectError { at: recorded.cursor, reason: error.to_string() })?;
        Ok(match account {
            AccountState::Open(record) | AccountState::Closed(record) => {
                record.erased.contains(&notice.address.subject)
            }
            AccountState::Absent => false,
        })
    }

    /// What the support has answered in a ticket when the notice was asked for, and where to answer.
    async fn answered(
        &self,
        recorded: &Recorded<HostingEvent>,
        (notice, ticket): (&Notice, TicketId),
    ) -> Result<Answered, String> {
        let stream = StreamId::new(Ticket::CATEGORY, ticket);
        let stored = self.engine.history(recorded.cursor.tenant, stream).await;
        let stored = stored.map_err(|error| error.to_string())?;
        let decoded = self.engine.decode::<HostingEvent>(stored).await.map_err(|error| error.to_string())?;
        let said = decoded.iter().rev().filter(|said| said.recorded_at <= notice.at);
        let answer = said.filter_map(|said| match &said.event {
            HostingEvent::Ticket(TicketEvent::Said {
                side: Side::Staff, is_internal: false, text, ..
            }) => text.plain().cloned(),
            _ => None,
        });
        let text = if notice.kind == NoticeKind::TicketAnswered { answer.take(1).next() } else { None };
        let local = self.takes_answers.then(|| self.links.ticket_local_part(ticket));
        let reply_to =
            local.and_then(|local| EmailAddress::parse(&format!("{local}@{}", self.from.domain)).ok());
        Ok(Answered { text, reply_to })
    }

    /// Where the letter goes; none where its address takes no mail.
    fn acceptance(&self, notice: &Notice, (letter, sender): (&Letter, &str)) -> Option<Acceptance> {
        let (deposits, queued) = ends(&self.directory, &self.from, &letter.to)?;
        let (sender, from) = (sender.to_owned(), self.from.clone());
        let postmark = Postmark { sender, from, notice: notice.notice, at: notice.at };
        Some(Acceptance {
            message: Bytes::from(letter.mail(&postmark)),
            deposits,
            queued,
            sender: None,
            // No customer's daily allowance is used up by the platform's own words.
            tenant: TenantId::PLATFORM,
            dsn: (None, None),
            queueing: Queueing {
                lane: Lane::default(),
                origin: Origin::Report,
                message: number(notice.notice),
                ..Queueing::default()
            },
        })
    }
}
