//! The rules of a ticket.

use kernel::{AccountId, Category, Decider, Sealed, SubjectId, TicketId, Timestamp};

use super::{
    NewFile, NewTicket, Side, TicketCommand, TicketEvent, TicketFile, TicketPriority, TicketRecord,
    TicketStage, TicketState,
};
use crate::HostingRefusal;
use crate::limit::{
    TICKET_FILE_COUNT_MAX, TICKET_FILE_NAME_CHARACTER_COUNT_MAX, TICKET_FILE_OCTETS_MAX,
    TICKET_FILES_OCTETS_MAX, TICKET_MERGE_COUNT_MAX, TICKET_MESSAGE_COUNT_MAX, TICKET_REOPEN_DAYS,
    TICKET_STARS_MAX, TICKET_SUBJECT_CHARACTER_COUNT_MAX, TICKET_TEXT_CHARACTER_COUNT_MAX,
};
use crate::refusal::{Limit, TicketRefusal};

/// The noun; its history is the stream `ticket/{TicketId}`.
pub struct Ticket;

impl Decider for Ticket {
    const CATEGORY: Category = Category("ticket");
    type Id = TicketId;
    type State = TicketState;
    type Event = TicketEvent;
    type Command = TicketCommand;
    /// Whose words are written, where it is a person of the account; none: they are the account's.
    type Facts = Option<SubjectId>;
    type Refusal = HostingRefusal;

    fn evolve(state: TicketState, event: &TicketEvent) -> TicketState {
        match (state, event) {
            (_, TicketEvent::Opened { account, service, kind, subject, .. }) => {
                TicketState::Present(Box::new(TicketRecord {
                    account: *account,
                    service: *service,
                    kind: *kind,
                    subject: subject.clone(),
                    stage: TicketStage::AwaitingStaff,
                    revision: 0,
                    desk_revision: 0,
                    message_count: 1,
                    files: Vec::new(),
                    assignee: None,
                    priority: TicketPriority::default(),
                    merged_into: None,
                    taken_in: Vec::new(),
                    rating: None,
                }))
            }
            (TicketState::Present(mut record), event) => {
                let counted = match event.is_of_the_desk() {
                    true => &mut record.desk_revision,
                    false => &mut record.revision,
                };
                *counted = counted.saturating_add(1);
                match event {
                    TicketEvent::Said { side, is_internal, .. } => {
                        record.message_count = record.message_count.saturating_add(1);
                        record.stage = turn(record.stage, (*side, *is_internal));
                    }
                    TicketEvent::Attached(file) => {
                        record.stage = turn(record.stage, (file.side, file.is_internal));
                        record.files.push(file.clone());
                    }
                    TicketEvent::Assigned { to } => record.assignee = *to,
                    TicketEvent::PrioritySet { priority } => record.priority = *priority,
                    TicketEvent::Resolved { at } => record.stage = TicketStage::Resolved(*at),
                    TicketEvent::Reopened => record.stage = TicketStage::AwaitingStaff,
                    TicketEvent::Merged { into, at } => {
                        record.merged_into = Some(*into);
                        if !matches!(record.stage, TicketStage::Resolved(_)) {
                            record.stage = TicketStage::Resolved(*at);
                        }
                    }
                    TicketEvent::TookIn { from } => record.taken_in.push(*from),
                    TicketEvent::Rated { stars, words } => record.rating = Some((*stars, words.clone())),
                    TicketEvent::Opened { .. } => {}
                }
                TicketState::Present(record)
            }
            (TicketState::Absent, _) => TicketState::Absent,
        }
    }

    fn decide(
        state: &TicketState,
        command: TicketCommand,
        author: &Option<SubjectId>,
        now: Timestamp,
    ) -> Result<Vec<TicketEvent>, HostingRefusal> {
        use TicketCommand as C;
        let record = match (state, command) {
            (TicketState::Absent, C::Open(new)) => return open(&new, *author),
            (TicketState::Absent, _) => return Err(TicketRefusal::NotFound.into()),
            (TicketState::Present(record), command) => (record.as_ref(), command),
        };
        let subject = author.unwrap_or_else(|| SubjectId::of_account(record.0.account));
        match record {
            (_, C::Open(_)) => Err(TicketRefusal::Exists.into()),
            // It goes on elsewhere: there it is written, and there it is rated.
            (
                TicketRecord { merged_into: Some(_), .. },
                C::Attach(_) | C::Say { .. } | C::Reopen | C::Rate { .. } | C::TakeIn(_),
            ) => Err(TicketRefusal::Merged.into()),
            (TicketRecord { merged_into: Some(known), .. }, C::MergeInto(into)) => {
                if *known == into {
                    Ok(vec![])
                } else {
                    Err(TicketRefusal::Merged.into())
                }
            }
            (_, C::MergeInto(into)) => Ok(vec![TicketEvent::Merged { into, at: now }]),
            (record, C::TakeIn(from)) if record.taken_in.contains(&from) => Ok(vec![]),
            (record, C::TakeIn(from)) => {
                if is_late(record, now) {
                    return Err(TicketRefusal::Closed.into());
                }
                if record.taken_in.len() >= TICKET_MERGE_COUNT_MAX {
                    let limit = Limit::count(TICKET_MERGE_COUNT_MAX, record.taken_in.len());
                    return Err(TicketRefusal::MergeLimit(limit).into());
                }
                Ok(vec![TicketEvent::TookIn { from }])
            }
            (record, C::Rate { stars, words }) => rate((record, subject), (stars, &words), now),
            (record, C::ResolveIdle) => Ok(match record.stage {
                TicketStage::AwaitingCustomer => vec![TicketEvent::Resolved { at: now }],
                TicketStage::AwaitingStaff | TicketStage::Resolved(_) => vec![],
            }),
            (record, C::Attach(new)) => attach((record, subject), new, now),
            (record, C::Assign(to)) if record.assignee == to => Ok(vec![]),
            (_, C::Assign(to)) => Ok(vec![TicketEvent::Assigned { to }]),
            (record, C::SetPriority(priority)) if record.priority == priority => Ok(vec![]),
            (_, C::SetPriority(priority)) => Ok(vec![TicketEvent::PrioritySet { priority }]),
            (record, C::Say { side, text, is_internal, way }) => {
                if record.message_count >= TICKET_MESSAGE_COUNT_MAX {
                    let limit =
                        Limit { allowed: TICKET_MESSAGE_COUNT_MAX.into(), used: record.message_count.into() };
                    return Err(TicketRefusal::MessageLimit(limit).into());
                }
                if is_late(record, now) {
                    return Err(TicketRefusal::Closed.into());
                }
                let text = Sealed::new(subject, text_of(&text)?);
                Ok(vec![TicketEvent::Said { side, text, is_internal, way }])
            }
            (record, C::Resolve) => Ok(match record.stage {
                TicketStage::Resolved(_) => vec![],
                TicketStage::AwaitingStaff | TicketStage::AwaitingCustomer => {
                    vec![TicketEvent::Resolved { at: now }]
                }
            }),
            (record, C::Reopen) => match record.stage {
                TicketStage::AwaitingStaff | TicketStage::AwaitingCustomer => Ok(vec![]),
                TicketStage::Resolved(_) if is_late(record, now) => Err(TicketRefusal::Closed.into()),
                TicketStage::Resolved(_) => Ok(vec![TicketEvent::Reopened]),
            },
        }
    }
}

/// Customers say how it was once it is answered.
fn rate(
    (record, subject): (&TicketRecord, SubjectId),
    (stars, words): (u8, &str),
    now: Timestamp,
) -> Result<Vec<TicketEvent>, HostingRefusal> {
    match record.stage {
        TicketStage::AwaitingStaff | TicketStage::AwaitingCustomer => {
            return Err(TicketRefusal::NotResolved.into());
        }
        TicketStage::Resolved(_) if is_late(record, now) => return Err(TicketRefusal::Closed.into()),
        TicketStage::Resolved(_) => {}
    }
    if !(1..=TICKET_STARS_MAX).contains(&stars) {
        let limit = Limit { allowed: TICKET_STARS_MAX.into(), used: stars.into() };
        return Err(TicketRefusal::Stars(limit).into());
    }
    let words = match words.trim().is_empty() {
        true => None,
        false => Some(Sealed::new(subject, text_of(words)?)),
    };
    let is_same = record.rating.as_ref() == Some(&(stars, words.clone()));
    Ok(if is_same { vec![] } else { vec![TicketEvent::Rated { stars, words }] })
}

/// Whose turn it is after one side has given something; a note among the support is nobody's.
const fn turn(stage: TicketStage, given: (Side, bool)) -> TicketStage {
    match given {
        (_, true) => stage,
        (Side::Customer, false) => TicketStage::AwaitingStaff,
        (Side::Staff, false) => TicketStage::AwaitingCustomer,
    }
}

fn attach(
    (record, subject): (&TicketRecord, SubjectId),
    new: NewFile,
    now: Timestamp,
) -> Result<Vec<TicketEvent>, HostingRefusal> {
    if is_late(record, now) {
        return Err(TicketRefusal::Closed.into());
    }
    // The same octets sealed again have another hash: this is a repetition.
    if record.files.iter().any(|known| known.hash == new.hash) {
        return Ok(vec![]);
    }
    let limit = |allowed, used| Limit { allowed, used };
    if record.files.len() >= TICKET_FILE_COUNT_MAX {
        return Err(TicketRefusal::FileLimit(Limit::count(TICKET_FILE_COUNT_MAX, record.files.len())).into());
    }
    if new.octets == 0 {
        return Err(TicketRefusal::FileEmpty.into());
    }
    if new.octets > TICKET_FILE_OCTETS_MAX {
        return Err(TicketRefusal::FileTooLarge(limit(TICKET_FILE_OCTETS_MAX, new.octets)).into());
    }
    let all = record.files.iter().fold(new.octets, |sum, file| sum.saturating_add(file.octets));
    if all > TICKET_FILES_OCTETS_MAX {
        return Err(TicketRefusal::FilesTooLarge(limit(TICKET_FILES_OCTETS_MAX, all)).into());
    }
    // Some programs name the folders as well: they are nobody's business, and lead elsewhere.
    let name = new.name.rsplit(['/', '\\']).next().unwrap_or_default();
    let name = crate::text::word(name, TICKET_FILE_NAME_CHARACTER_COUNT_MAX)?;
    Ok(vec![TicketEvent::Attached(TicketFile {
        side: new.side,
        is_internal: new.is_internal,
        name: Sealed::new(subject, name),
        octets: new.octets,
        hash: new.hash,
        key: Sealed::new(subject, new.key),
    })])
}

/// Whether it was answered too long ago to go on.
fn is_late(record: &TicketRecord, now: Timestamp) -> bool {
    match record.stage {
        TicketStage::Resolved(at) => (now.secs() - at.secs()) / 86_400 >= TICKET_REOPEN_DAYS,
        TicketStage::AwaitingStaff | TicketStage::AwaitingCustomer => false,
    }
}

fn open(new: &NewTicket, author: Option<SubjectId>) -> Result<Vec<TicketEvent>, HostingRefusal> {
    if new.account == AccountId::PLATFORM {
        return Err(HostingRefusal::AccountIsPlatform);
    }
    let subject = author.unwrap_or_else(|| SubjectId::of_account(new.account));
    if new.subject.trim().is_empty() {
        return Err(TicketRefusal::SubjectEmpty.into());
    }
    let line = crate::text::word(&new.subject, TICKET_SUBJECT_CHARACTER_COUNT_MAX)
        .map_err(|refusal| refusal.of("subject"))?;
    Ok(vec![TicketEvent::Opened {
        account: new.account,
        service: new.service,
        kind: new.kind,
        subject: Sealed::new(subject, line),
        text: Sealed::new(subject, text_of(&new.text)?),
    }])
}

/// A text as it is kept: trimmed, with its lines.
fn text_of(text: &str) -> Result<String, HostingRefusal> {
    let text = text.trim();
    let count = text.chars().count();
    if count == 0 {
        return Err(TicketRefusal::TextEmpty.into());
    }
    if count > TICKET_TEXT_CHARACTER_COUNT_MAX {
        let limit = Limit::count(TICKET_TEXT_CHARACTER_COUNT_MAX, count);
        return Err(TicketRefusal::TextTooLong(limit).into());
    }
    Ok(text.chars().filter(|character| matches!(character, '\n' | '\t') || !character.is_control()).collect())
}
