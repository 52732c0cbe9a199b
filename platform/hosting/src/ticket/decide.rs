//! The rules of a ticket.

use kernel::{AccountId, Category, Decider, Sealed, SubjectId, TicketId, Timestamp};

use super::{NewTicket, Side, TicketCommand, TicketEvent, TicketRecord, TicketStage, TicketState};
use crate::HostingRefusal;
use crate::limit::{
    TICKET_MESSAGE_COUNT_MAX, TICKET_REOPEN_DAYS, TICKET_SUBJECT_CHARACTER_COUNT_MAX,
    TICKET_TEXT_CHARACTER_COUNT_MAX,
};
use crate::refusal::Limit;

/// The noun; its history is the stream `ticket/{TicketId}`.
pub struct Ticket;

impl Decider for Ticket {
    const CATEGORY: Category = Category("ticket");
    type Id = TicketId;
    type State = TicketState;
    type Event = TicketEvent;
    type Command = TicketCommand;
    type Facts = ();
    type Refusal = HostingRefusal;

    fn evolve(state: TicketState, event: &TicketEvent) -> TicketState {
        match (state, event) {
            (_, TicketEvent::Opened { account, service, kind, subject, .. }) => {
                TicketState::Present(TicketRecord {
                    account: *account,
                    service: *service,
                    kind: *kind,
                    subject: subject.clone(),
                    stage: TicketStage::AwaitingStaff,
                    message_count: 1,
                })
            }
            (TicketState::Present(mut record), event) => {
                match event {
                    TicketEvent::Said { side, is_internal, .. } => {
                        record.message_count = record.message_count.saturating_add(1);
                        record.stage = match side {
                            _ if *is_internal => record.stage,
                            Side::Customer => TicketStage::AwaitingStaff,
                            Side::Staff => TicketStage::AwaitingCustomer,
                        };
                    }
                    TicketEvent::Resolved { at } => record.stage = TicketStage::Resolved(*at),
                    TicketEvent::Reopened => record.stage = TicketStage::AwaitingStaff,
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
        (): &(),
        now: Timestamp,
    ) -> Result<Vec<TicketEvent>, HostingRefusal> {
        use TicketCommand as C;
        let record = match (state, command) {
            (TicketState::Absent, C::Open(new)) => return open(&new),
            (TicketState::Absent, C::Say { .. } | C::Resolve | C::Reopen) => {
                return Err(HostingRefusal::TicketNotFound);
            }
            (TicketState::Present(record), command) => (record, command),
        };
        match record {
            (_, C::Open(_)) => Err(HostingRefusal::TicketExists),
            (record, C::Say { side, text, is_internal }) => {
                if record.message_count >= TICKET_MESSAGE_COUNT_MAX {
                    let limit =
                        Limit { allowed: TICKET_MESSAGE_COUNT_MAX.into(), used: record.message_count.into() };
                    return Err(HostingRefusal::TicketMessageLimit(limit));
                }
                if is_late(record, now) {
                    return Err(HostingRefusal::TicketClosed);
                }
                let text = Sealed::new(SubjectId::of_account(record.account), text_of(&text)?);
                Ok(vec![TicketEvent::Said { side, text, is_internal }])
            }
            (record, C::Resolve) => Ok(match record.stage {
                TicketStage::Resolved(_) => vec![],
                TicketStage::AwaitingStaff | TicketStage::AwaitingCustomer => {
                    vec![TicketEvent::Resolved { at: now }]
                }
            }),
            (record, C::Reopen) => match record.stage {
                TicketStage::AwaitingStaff | TicketStage::AwaitingCustomer => Ok(vec![]),
                TicketStage::Resolved(_) if is_late(record, now) => Err(HostingRefusal::TicketClosed),
                TicketStage::Resolved(_) => Ok(vec![TicketEvent::Reopened]),
            },
        }
    }
}

/// Whether it was answered too long ago to go on.
fn is_late(record: &TicketRecord, now: Timestamp) -> bool {
    match record.stage {
        TicketStage::Resolved(at) => (now.secs() - at.secs()) / 86_400 >= TICKET_REOPEN_DAYS,
        TicketStage::AwaitingStaff | TicketStage::AwaitingCustomer => false,
    }
}

fn open(new: &NewTicket) -> Result<Vec<TicketEvent>, HostingRefusal> {
    if new.account == AccountId::PLATFORM {
        return Err(HostingRefusal::AccountIsPlatform);
    }
    let subject = SubjectId::of_account(new.account);
    let line = crate::text::name(&new.subject, TICKET_SUBJECT_CHARACTER_COUNT_MAX)?;
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
        return Err(HostingRefusal::TicketTextEmpty);
    }
    if count > TICKET_TEXT_CHARACTER_COUNT_MAX {
        let limit = Limit::count(TICKET_TEXT_CHARACTER_COUNT_MAX, count);
        return Err(HostingRefusal::TicketTextTooLong(limit));
    }
    Ok(text.chars().filter(|character| matches!(character, '\n' | '\t') || !character.is_control()).collect())
}
