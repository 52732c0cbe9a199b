//! The rules of notices.

use kernel::{Category, Decider, NoticeDayId, NoticeId, Timestamp};

use super::{NewNotice, Notice, NoticeCommand, NoticeDayState, NoticeEvent};
use crate::HostingRefusal;
use crate::limit::{NOTICE_COUNT_MAX, NOTICE_LINK_COUNT_MAX, NOTICE_LINK_PAUSE_SECS};
use crate::refusal::Limit;

/// The noun; its history is the stream `notice/{NoticeDayId}`.
pub struct NoticeDay;

impl Decider for NoticeDay {
    const CATEGORY: Category = Category("notice");
    type Id = NoticeDayId;
    type State = NoticeDayState;
    type Event = NoticeEvent;
    type Command = NoticeCommand;
    type Facts = ();
    type Refusal = HostingRefusal;

    fn evolve(mut state: NoticeDayState, event: &NoticeEvent) -> NoticeDayState {
        match event {
            NoticeEvent::Requested(notice) => {
                state.notices.insert(notice.notice, (**notice).clone());
            }
            NoticeEvent::LinkUsed { notice } => {
                let used = state.notices.get(notice).map(|known| (known.kind, known.link_of));
                let same = state.notices.values_mut().filter(|known| {
                    used.is_some_and(|(kind, link)| {
                        known.kind == kind && (!kind.is_about_one_thing() || known.link_of == link)
                    })
                });
                same.for_each(|known| known.link_until = None);
            }
        }
        state
    }

    fn decide(
        state: &NoticeDayState,
        command: NoticeCommand,
        (): &(),
        now: Timestamp,
    ) -> Result<Vec<NoticeEvent>, HostingRefusal> {
        match command {
            NoticeCommand::Request(new) if state.notices.contains_key(&new.notice) => Ok(vec![]),
            NoticeCommand::Request(new) => request(state, *new, now),
            NoticeCommand::Repeat { copy, .. } if state.notices.contains_key(&copy) => Ok(vec![]),
            NoticeCommand::Repeat { notice, copy } => repeat(state, notice, copy, now),
            NoticeCommand::UseLink(notice) => {
                state.link(notice, now).ok_or(HostingRefusal::LinkNotGood)?;
                Ok(vec![NoticeEvent::LinkUsed { notice }])
            }
        }
    }
}

fn request(
    state: &NoticeDayState,
    new: NewNotice,
    now: Timestamp,
) -> Result<Vec<NoticeEvent>, HostingRefusal> {
    check_room(state, new.kind, now)?;
    Ok(vec![NoticeEvent::Requested(Box::new(Notice {
        notice: new.notice,
        person: new.person,
        kind: new.kind,
        address: new.address,
        login: new.login,
        detail: new.detail,
        ticket: new.ticket,
        language: new.language,
        at: now,
        link_until: new.kind.link_life().map(|life| now.plus(life)),
        link_of: new.notice,
    }))])
}

fn repeat(
    state: &NoticeDayState,
    notice: NoticeId,
    copy: NoticeId,
    now: Timestamp,
) -> Result<Vec<NoticeEvent>, HostingRefusal> {
    let known = state.notices.get(&notice).ok_or(HostingRefusal::NoticeNotFound)?;
    check_room(state, known.kind, now)?;
    if known.kind.link_life().is_some() && state.link(notice, now).is_none() {
        return Err(HostingRefusal::LinkNotGood);
    }
    Ok(vec![NoticeEvent::Requested(Box::new(Notice { notice: copy, at: now, ..known.clone() }))])
}

/// Nobody is flooded: so many a day, and those with links not more often than once a minute.
fn check_room(state: &NoticeDayState, kind: super::NoticeKind, now: Timestamp) -> Result<(), HostingRefusal> {
    let all = state.notices.len();
    if all >= NOTICE_COUNT_MAX {
        return Err(HostingRefusal::NoticeLimitReached(Limit::count(NOTICE_COUNT_MAX, all)));
    }
    if kind.link_life().is_none() || kind.is_about_one_thing() {
        return Ok(());
    }
    let (count, last) = state.of_kind(kind);
    if count >= NOTICE_LINK_COUNT_MAX {
        return Err(HostingRefusal::NoticeLimitReached(Limit::count(NOTICE_LINK_COUNT_MAX, count)));
    }
    let pause = std::time::Duration::from_secs(NOTICE_LINK_PAUSE_SECS);
    if last.is_some_and(|last| now < last.plus(pause)) {
        return Err(HostingRefusal::NoticeTooSoon);
    }
    Ok(())
}
