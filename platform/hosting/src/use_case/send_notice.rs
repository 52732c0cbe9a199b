//! Sending a notice.

use authority::{Guarded, Need, Permission, Resource};
use kernel::{
    AccountId, Changes, Decider, EmailAddress, Key, NoticeId, Reads, Sealed, SubjectId, TenantId, TicketId,
    Timestamp, UseCase,
};

use crate::delegation::{Delegation, DelegationState};
use crate::limit::NOTICE_LATE_DAY_COUNT_MAX;
use crate::mailbox::{Mailbox, MailboxState};
use crate::notice::{NewNotice, NoticeCommand, NoticeDay, NoticeKind, NoticePerson, day_of, stream_of};
use crate::user::{User, UserState};
use crate::{HostingRefusal, Language};

/// Tells a person something by mail; the caller acts as the platform. Who has no address is refused; what is older than
/// yesterday is not told any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendNotice {
    /// Whose account.
    pub account: AccountId,
    /// The notice's id.
    pub notice: NoticeId,
    /// To whom.
    pub person: NoticePerson,
    /// What it is about.
    pub kind: NoticeKind,
    /// A name or a device, where the kind has one.
    pub detail: Option<String>,
    /// The ticket that it is about, which an answer by mail goes to.
    pub ticket: Option<TicketId>,
    /// The day (UTC) that it is counted for, from 1970.
    pub day: i64,
    /// The platform's own language, for whoever has chosen none.
    pub language: Language,
}

/// Where a notice goes, what the person signs in with, and in which language.
type Destination = (Sealed<EmailAddress>, Option<Sealed<String>>, Language);

impl UseCase for SendNotice {
    const NAME: &'static str = "send_notice";
    type Reads = (Key<NoticeDay>, Option<Key<User>>, Option<Key<Mailbox>>, Option<Key<Delegation>>);
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.account.tenant()
    }

    fn reads(&self) -> Self::Reads {
        let day = Key(stream_of(self.person, self.day));
        match self.person {
            NoticePerson::User(user) => (day, Some(Key(user)), None, None),
            NoticePerson::Mailbox(mailbox) => (day, None, Some(Key(mailbox)), None),
            NoticePerson::Delegate(delegation) => (day, None, None, Some(Key(delegation))),
        }
    }

    fn decide(
        &self,
        (day, user, mailbox, delegation): &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        // When notices are switched on, all of the past comes by; nobody wants to read of it now.
        if day_of(now) > self.day.saturating_add(NOTICE_LATE_DAY_COUNT_MAX) {
            return Ok(Changes::none());
        }
        let known = match (user, mailbox, delegation) {
            (Some(user), _, _) => self.of_user(user),
            (_, Some(mailbox), _) => self.of_mailbox(mailbox),
            (_, _, Some(delegation)) => self.of_delegate(delegation),
            (None, None, None) => None,
        };
        let (address, login, language) = known.ok_or(HostingRefusal::NoticeNeedsAddress)?;
        let detail = self.detail.clone().map(|detail| Sealed::new(address.subject, detail));
        let new = NewNotice {
            notice: self.notice,
            person: self.person,
            kind: self.kind,
            address,
            login,
            detail,
            ticket: self.ticket,
            language,
        };
        let requested = NoticeDay::decide(day, NoticeCommand::Request(Box::new(new)), &(), now)?;
        Ok(Changes::none().emit::<NoticeDay>(stream_of(self.person, self.day), requested))
    }
}

impl SendNotice {
    fn of_user(&self, user: &UserState) -> Option<Destination> {
        let record = user.record()?;
        let address = match self.kind {
            NoticeKind::EmailVerification | NoticeKind::EmailChange => record.email_pending.clone(),
            // Whoever follows a link to an address that is not confirmed yet confirms it thereby.
            NoticeKind::PasswordReset => record.email.clone().or_else(|| record.email_pending.clone()),
            _ => record.email.clone(),
        };
        let address = address.filter(|address| address.plain().is_some())?;
        let login = record.login.plain().map(|login| Sealed::new(record.login.subject, login.to_string()));
        Some((address, login, record.language.unwrap_or(self.language)))
    }

    fn of_mailbox(&self, mailbox: &MailboxState) -> Option<Destination> {
        let record = mailbox.record()?;
        let address = record.address()?;
        let NoticePerson::Mailbox(id) = self.person else { return None };
        let subject = SubjectId::of_mailbox(id);
        let login = Sealed::new(subject, address.to_string());
        let address = match self.kind {
            // Whoever has forgotten the password does not get at the mailbox itself.
            NoticeKind::PasswordReset => record.recovery()?.clone(),
            _ => address,
        };
        Some((Sealed::new(subject, address), Some(login), record.language.unwrap_or(self.language)))
    }

    fn of_delegate(&self, delegation: &DelegationState) -> Option<Destination> {
        let email = delegation.record()?.email.clone();
        email.plain()?;
        Some((email, None, self.language))
    }
}

impl Guarded for SendNotice {
    fn need(&self, _: &<Self::Reads as Reads>::States) -> Need {
        Need { permission: Permission::PlatformWrite, resource: Resource::account(self.account) }
    }
}
