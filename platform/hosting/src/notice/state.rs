//! What a day's past makes of a person's notices.

use std::collections::BTreeMap;

use kernel::{NoticeId, Timestamp};

use super::{Notice, NoticeKind};

/// The notices to one person on one day.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NoticeDayState {
    /// By id.
    pub notices: BTreeMap<NoticeId, Notice>,
}

impl NoticeDayState {
    /// The notice whose link is good at `now`.
    pub fn link(&self, notice: NoticeId, now: Timestamp) -> Option<&Notice> {
        self.notices.get(&notice).filter(|known| known.link_until.is_some_and(|until| now < until))
    }

    /// How many of a kind there are, and when the last was asked for.
    pub(crate) fn of_kind(&self, kind: NoticeKind) -> (usize, Option<Timestamp>) {
        let of_kind = || self.notices.values().filter(|notice| notice.kind == kind);
        (of_kind().count(), of_kind().map(|notice| notice.at).max())
    }
}
