//! Rows behind `notices`.

use database::Statement;
use engine::{Projection, ProjectionError};
use hosting::HostingEvent;
use hosting::notice::{Notice, NoticeEvent, NoticePerson, day_of, stream_of};
use kernel::{Id as _, NoticeDayId, Recorded, TenantId};

use crate::projection::{Place, clear, drop_tables};

/// Days after the first one on which a notice may be sent again: those with links live for a week.
pub(crate) const REPEAT_DAY_COUNT_MAX: i64 = 8;

/// One row per notice.
#[derive(Debug, Clone, Copy)]
pub struct NoticeList;

impl Projection for NoticeList {
    type Event = HostingEvent;

    const NAME: &'static str = super::query::PROJECTION;
    const REVISION: u16 = 3;

    fn tables(&self) -> Vec<Statement> {
        [
            "CREATE TABLE IF NOT EXISTS notice_list_v3 (tenant UUID NOT NULL, notice_id UUID NOT NULL, \
             person_kind TEXT NOT NULL, person_id UUID NOT NULL, kind TEXT NOT NULL, address TEXT, at BIGINT NOT NULL, \
             link_until BIGINT, day BIGINT NOT NULL, born BIGINT NOT NULL, PRIMARY KEY (tenant, notice_id))",
            "CREATE INDEX IF NOT EXISTS notice_list_v3_born ON notice_list_v3 (tenant, person_id, born, notice_id)",
            "CREATE INDEX IF NOT EXISTS notice_list_v3_newest ON notice_list_v3 ((-at), notice_id)",
            "CREATE INDEX IF NOT EXISTS notice_list_v3_address ON notice_list_v3 (address)",
        ]
        .map(Statement::new)
        .into()
    }

    fn drop_tables(&self, revision: u16) -> Vec<Statement> {
        drop_tables(&["notice_list"], revision)
    }

    fn clear(&self, tenant: TenantId) -> Vec<Statement> {
        clear("DELETE FROM notice_list_v3 WHERE tenant = $1", tenant)
    }

    fn apply(&self, page: &[Recorded<HostingEvent>]) -> Result<Vec<Statement>, ProjectionError> {
        Ok(page.iter().filter_map(statement).collect())
    }
}

fn statement(recorded: &Recorded<HostingEvent>) -> Option<Statement> {
    let HostingEvent::Notice(event) = &recorded.event else { return None };
    let place = Place::of(recorded);
    match event {
        NoticeEvent::Requested(notice) => {
            let insert = "INSERT INTO notice_list_v3 (tenant, notice_id, person_kind, person_id, kind, address, at, \
                          link_until, day, born) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
            let day = day(notice, NoticeDayId::new(recorded.stream.id));
            Some(
                Statement::new(insert)
                    .bind(place.tenant)
                    .bind(notice.notice.uuid())
                    .bind(person_kind(notice.person))
                    .bind(notice.person.uuid())
                    .bind(notice.kind.name())
                    .bind(notice.address.plain().map(ToString::to_string))
                    .bind(notice.at.millis())
                    .bind(notice.link_until.map(kernel::Timestamp::millis))
                    .bind(day)
                    .bind(place.born),
            )
        }
        NoticeEvent::LinkUsed { notice } => Some(
            Statement::new(
                "UPDATE notice_list_v3 SET link_until = NULL WHERE tenant = $1 AND notice_id = $2",
            )
            .bind(place.tenant)
            .bind(notice.uuid()),
        ),
    }
}

/// The day whose stream it stands in: its own, or that of the notice which it repeats.
fn day(notice: &Notice, stream: NoticeDayId) -> i64 {
    let own = day_of(notice.at);
    let found = (0..=REPEAT_DAY_COUNT_MAX).map(|back| own - back);
    found.into_iter().find(|day| stream_of(notice.person, *day) == stream).unwrap_or(own)
}

const fn person_kind(person: NoticePerson) -> &'static str {
    match person {
        NoticePerson::User(_) => "user",
        NoticePerson::Mailbox(_) => "mailbox",
        NoticePerson::Delegate(_) => "delegate",
    }
}
