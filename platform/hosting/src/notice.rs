//! A notice: a message of the platform to a person, about their login or what others did to it.
//!
//! The notices to one person on one day (UTC) are one stream, so that nobody can be flooded and no stream grows for
//! ever. A notice with a link names itself in it; the secret of the link is derived from a key of the platform and is
//! kept nowhere.

mod command;
mod decide;
mod event;
mod kind;
mod state;
mod wire;

pub use command::{NewNotice, NoticeCommand};
pub use decide::NoticeDay;
pub use event::{Notice, NoticeEvent, NoticePerson};
pub use kind::NoticeKind;
pub use state::NoticeDayState;

use kernel::{NoticeDayId, Timestamp};
use uuid::Uuid;

/// Seconds of a day.
const DAY_SECS: i64 = 86_400;

/// The day (UTC) of a moment, counted from 1970.
pub const fn day_of(at: Timestamp) -> i64 {
    at.secs().div_euclid(DAY_SECS)
}

/// The stream of a person's notices of a day.
pub fn stream_of(person: NoticePerson, day: i64) -> NoticeDayId {
    NoticeDayId::new(Uuid::new_v5(&person.uuid(), format!("notices of day {day}").as_bytes()))
}
