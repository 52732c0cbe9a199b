//! Which events are told to the person that they concern.

use engine::{Policy, Reaction};
use hosting::delegation::DelegationEvent;
use hosting::factor::FactorEvent;
use hosting::mailbox::MailboxEvent;
use hosting::notice::{NoticeKind, NoticePerson, day_of};
use hosting::session::{SessionEvent, SessionOwner};
use hosting::ticket::{Side, TicketEvent};
use hosting::use_case::SendNotice;
use hosting::user::UserEvent;
use hosting::webhook::{Pause, WebhookEvent};
use hosting::{HostingEvent, Language};
use kernel::{CommandId, DelegationId, MailboxId, NoticeId, Recorded, Sealed, TicketId, UserId, WebhookId};

use crate::owners::{About, TellOwners};

/// The policy `tell_people`.
#[derive(Debug, Clone, Copy)]
pub struct TellPeople {
    /// For whoever has chosen no language.
    pub language: Language,
}

impl Policy for TellPeople {
    type Event = HostingEvent;

    const NAME: &'static str = "tell_people";

    fn react(&self, recorded: &Recorded<HostingEvent>) -> Vec<Box<dyn Reaction>> {
        if let Some((about, kind)) = of_owners(recorded) {
            return vec![Box::new(TellOwners {
                account: recorded.cursor.tenant.account(),
                about,
                kind,
                actor: recorded.metadata.actor,
                day: day_of(recorded.recorded_at),
                language: self.language,
            })];
        }
        let Some((person, kind, detail)) = told(recorded) else { return vec![] };
        let command = CommandId::reaction(recorded.id, Self::NAME, 0);
        vec![Box::new(SendNotice {
            account: recorded.cursor.tenant.account(),
            notice: NoticeId::derived(command, 0),
            person,
            kind,
            detail,
            ticket: None,
            day: day_of(recorded.recorded_at),
            language: self.language,
        })]
    }
}

/// What the owners of an account are told, whoever they are.
fn of_owners(recorded: &Recorded<HostingEvent>) -> Option<(About, NoticeKind)> {
    let id = recorded.stream.id;
    match &recorded.event {
        HostingEvent::Delegation(event) => {
            let kind = match event {
                DelegationEvent::Accepted { is_invited: Some(false), .. } => {
                    NoticeKind::DelegationAcceptedElsewhere
                }
                DelegationEvent::Accepted { .. } => NoticeKind::DelegationAccepted,
                DelegationEvent::Declined => NoticeKind::DelegationDeclined,
                DelegationEvent::Left => NoticeKind::DelegationLeft,
                DelegationEvent::Invited { .. }
                | DelegationEvent::Revoked
                | DelegationEvent::TermsChanged { .. } => return None,
            };
            Some((About::Delegation(DelegationId::new(id)), kind))
        }
        HostingEvent::Ticket(TicketEvent::Said { side: Side::Staff, is_internal: false, .. }) => {
            Some((About::Ticket(TicketId::new(id)), NoticeKind::TicketAnswered))
        }
        HostingEvent::Webhook(WebhookEvent::Paused { cause: Pause::Failing | Pause::Gone }) => {
            Some((About::Webhook(WebhookId::new(id)), NoticeKind::WebhookPaused))
        }
        HostingEvent::Ticket(TicketEvent::Resolved { .. }) => {
            Some((About::Ticket(TicketId::new(id)), NoticeKind::TicketResolved))
        }
        _ => None,
    }
}

type Told = (NoticePerson, NoticeKind, Option<String>);

/// Whom an event concerns, and what it is to them.
fn told(recorded: &Recorded<HostingEvent>) -> Option<Told> {
    let id = recorded.stream.id;
    match &recorded.event {
        HostingEvent::User(event) => {
            let (kind, detail) = of_user(event)?;
            Some((NoticePerson::User(UserId::new(id)), kind, detail))
        }
        HostingEvent::Mailbox(MailboxEvent::SendingHeld { .. }) => {
            Some((NoticePerson::Mailbox(MailboxId::new(id)), NoticeKind::SendingHeld, None))
        }
        HostingEvent::Mailbox(event) => {
            let (kind, detail) = of_mailbox(event)?;
            Some((NoticePerson::Mailbox(MailboxId::new(id)), kind, detail))
        }
        HostingEvent::Session(SessionEvent::Started { owner, entrance, .. }) if entrance.is_unfamiliar => {
            let person = match owner {
                SessionOwner::User(user) => NoticePerson::User(*user),
                SessionOwner::Mailbox(mailbox) => NoticePerson::Mailbox(*mailbox),
            };
            Some((person, NoticeKind::NewLogin, entrance.device.as_ref().and_then(plain)))
        }
        HostingEvent::Delegation(event) => {
            let kind = of_delegation(event)?;
            Some((NoticePerson::Delegate(DelegationId::new(id)), kind, None))
        }
        _ => None,
    }
}

fn plain(text: &Sealed<String>) -> Option<String> {
    text.plain().cloned()
}

fn of_user(event: &UserEvent) -> Option<(NoticeKind, Option<String>)> {
    match event {
        UserEvent::PasswordSet { .. } => Some((NoticeKind::PasswordChanged, None)),
        UserEvent::Factor(event) => of_factor(event),
        _ => None,
    }
}

fn of_mailbox(event: &MailboxEvent) -> Option<(NoticeKind, Option<String>)> {
    match event {
        MailboxEvent::PasswordSet { .. } => Some((NoticeKind::PasswordChanged, None)),
        MailboxEvent::Factor(event) => of_factor(event),
        MailboxEvent::AppPasswordAdded { name, .. } => Some((NoticeKind::AppPasswordAdded, plain(name))),
        MailboxEvent::AppPasswordRevoked { .. } => Some((NoticeKind::AppPasswordRevoked, None)),
        _ => None,
    }
}

fn of_factor(event: &FactorEvent) -> Option<(NoticeKind, Option<String>)> {
    match event {
        FactorEvent::TotpAdded { name, .. }
        | FactorEvent::PasskeyAdded { name, .. }
        | FactorEvent::YubikeyAdded { name, .. } => Some((NoticeKind::FactorAdded, plain(name))),
        FactorEvent::FactorRemoved { .. } => Some((NoticeKind::FactorRemoved, None)),
        FactorEvent::RecoveryCodesSet { .. } => Some((NoticeKind::RecoveryCodesRenewed, None)),
        FactorEvent::RecoveryCodeUsed { .. } => Some((NoticeKind::RecoveryCodeUsed, None)),
        FactorEvent::FactorRenamed { .. } => None,
    }
}

const fn of_delegation(event: &DelegationEvent) -> Option<NoticeKind> {
    match event {
        DelegationEvent::Invited { .. } => Some(NoticeKind::Invitation),
        DelegationEvent::Revoked => Some(NoticeKind::DelegationRevoked),
        DelegationEvent::Accepted { .. }
        | DelegationEvent::Declined
        | DelegationEvent::TermsChanged { .. }
        | DelegationEvent::Left => None,
    }
}
