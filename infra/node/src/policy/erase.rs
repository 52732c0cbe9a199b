//! The data of erased persons: their keys are destroyed, rows and messages follow.

use std::sync::Arc;

use async_trait::async_trait;
use database::Database;
use engine::{Effect, EffectError, Engine, Follower, ProjectionError};
use hosting::HostingEvent;
use hosting::account::AccountEvent;
use hosting::mailbox::Mailbox;
use hosting::notice::{NoticeDay, NoticeEvent, NoticePerson, day_of, stream_of};
use hosting::user::User;
use journal::keyring::Keyring;
use journal::{Clock as _, SystemClock};
use kernel::{Decider as _, Id as _, Recorded, StreamId, TenantId, Timestamp, UserId};
use store::{LETTER_COUNT_MAX, Owner, Queue as _, SqlStore, Store as _};

/// Days whose notices to one person are looked through: those of twenty years.
const NOTICE_DAY_COUNT_MAX: i64 = 7300;

/// Uses the keys of erased persons no more, on every node, as soon as it is heard of.
pub struct ForgetPersons(pub Arc<Keyring>);

impl Follower for ForgetPersons {
    type Event = HostingEvent;

    const NAME: &'static str = "forget_persons";

    fn apply(&self, page: &[Recorded<HostingEvent>]) -> Result<(), ProjectionError> {
        for recorded in page {
            if let HostingEvent::Account(AccountEvent::PersonErased { subject, .. }) = &recorded.event {
                self.0.forget(recorded.cursor.tenant, *subject);
            }
        }
        Ok(())
    }
}

/// Destroys the keys of erased persons for good, gives their mailboxes to the next purge, takes what they wrote and got out of
/// the message trace, and what the platform wrote them out of queue and trace, and derives the tables anew that showed their data.
pub struct ErasePersons {
    /// Where the keys are.
    pub keyring: Arc<Keyring>,
    /// Where the tables are derived.
    pub engine: Arc<Engine>,
    /// Where messages are.
    pub store: Arc<SqlStore>,
    /// Where sign-ins are.
    pub door: door::DoorBook,
    /// What all of these but messages and letters stand in.
    pub database: Database,
}

#[async_trait]
impl Effect for ErasePersons {
    type Event = HostingEvent;

    const NAME: &'static str = "erase_persons";

    async fn perform(&self, recorded: &Recorded<HostingEvent>) -> Result<(), EffectError> {
        let HostingEvent::Account(AccountEvent::PersonErased { subject, mailbox }) = &recorded.event else {
            return Ok(());
        };
        let tenant = recorded.cursor.tenant;
        let failed = |reason: String| EffectError { at: recorded.cursor, reason };
        let now = SystemClock.now();
        self.keyring.destroy(tenant, *subject, now).await.map_err(|error| failed(error.to_string()))?;
        self.door.forget(tenant, subject.uuid()).await.map_err(|error| failed(error.to_string()))?;
        // What holds the most, and hangs on nothing else, goes first.
        if let Some(mailbox) = *mailbox {
            let retired = self.store.retire(Owner { tenant, mailbox }, now).await;
            retired.map_err(|error| failed(error.to_string()))?;
            let forgotten = self.store.forget(tenant, mailbox).await;
            forgotten.map_err(|error| failed(error.to_string()))?;
        }
        let person =
            mailbox.map_or_else(|| NoticePerson::User(UserId::new(subject.uuid())), NoticePerson::Mailbox);
        let letters = self.letters(tenant, person, now).await.map_err(failed)?;
        for letters in letters.chunks(LETTER_COUNT_MAX) {
            let forgotten = self.store.forget_letters(TenantId::PLATFORM, letters).await;
            forgotten.map_err(|error| failed(error.to_string()))?;
        }
        for name in graphql::PROJECTIONS {
            let rederived = self.engine.rederive(name, tenant).await;
            rederived
                .map_err(|error| failed(error.to_string()))?
                .map_err(|error| failed(format!("{name}: {error}")))?;
        }
        if !self.database.forget_deleted().await.map_err(|error| failed(error.to_string()))? {
            // The database's own checkpoints write over it in time.
            tracing::info!(%subject, "what was erased stands in the log of the database for a while, which readers hold");
        }
        Ok(())
    }
}

impl ErasePersons {
    /// By which numbers the letters of the platform to somebody are known, from the day on which there was such a person. Which
    /// notices there were is told by events without the person's key.
    async fn letters(
        &self,
        tenant: TenantId,
        person: NoticePerson,
        now: Timestamp,
    ) -> Result<Vec<String>, String> {
        let category = match person {
            NoticePerson::User(_) | NoticePerson::Delegate(_) => User::CATEGORY,
            NoticePerson::Mailbox(_) => Mailbox::CATEGORY,
        };
        let births = self.engine.births_of(tenant, category, &[person.uuid()]).await;
        let births = births.map_err(|error| error.to_string())?;
        let today = day_of(now);
        let born = births.first().map_or(today, |born| day_of(born.recorded_at));
        let days = born.max(today - NOTICE_DAY_COUNT_MAX)..=today;
        let stream = |day| (tenant, StreamId::new(NoticeDay::CATEGORY, stream_of(person, day)));
        let stored = self.engine.histories(&days.map(stream).collect::<Vec<_>>()).await;
        let stored = stored.map_err(|error| error.to_string())?.into_iter().flatten().collect();
        let decoded = self.engine.decode::<HostingEvent>(stored).await.map_err(|error| error.to_string())?;
        let notices = decoded.iter().filter_map(|recorded| match &recorded.event {
            HostingEvent::Notice(NoticeEvent::Requested(notice)) => Some(notice.notice),
            _ => None,
        });
        Ok(notices.map(super::post::number).collect())
    }
}
