//! Giving a mailbox the address for a forgotten password.

use authority::{Guarded, Need, OnBox, Permission};
use kernel::{
    AccountId, Changes, Decider, EmailAddress, Key, MailboxId, NoticeId, Reads, Sealed, SubjectId, TenantId,
    Timestamp, UseCase,
};

use crate::mailbox::{Mailbox, MailboxCommand};
use crate::notice::{NewNotice, NoticeCommand, NoticeDay, NoticeKind, NoticePerson, day_of, stream_of};
use crate::{HostingRefusal, Language};

/// Gives an address at which the owner of a mailbox renews a forgotten password. A link to it confirms it; until then
/// nothing is renewed by mail. The mailbox itself is told. The caller has checked the password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GiveRecoveryAddress {
    /// Whose.
    pub account: AccountId,
    /// Which mailbox.
    pub mailbox: MailboxId,
    /// From the confirmation on.
    pub email: EmailAddress,
    /// The notice to that address, and that to the mailbox.
    pub notices: [NoticeId; 2],
    /// When it was asked for: gives the day of the notices.
    pub at: Timestamp,
    /// The platform's own language: a mailbox has chosen none.
    pub language: Language,
}

impl UseCase for GiveRecoveryAddress {
    const NAME: &'static str = "give_recovery_address";
    type Reads = (Key<Mailbox>, Key<NoticeDay>);
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.account.tenant()
    }

    fn reads(&self) -> Self::Reads {
        (Key(self.mailbox), Key(stream_of(NoticePerson::Mailbox(self.mailbox), day_of(self.at))))
    }

    fn decide(
        &self,
        (mailbox, day): &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        let give = MailboxCommand::GiveRecoveryAddress(self.email.clone());
        let given = Mailbox::decide(mailbox, give, &self.mailbox, now)?;
        let record = mailbox.record().ok_or(HostingRefusal::MailboxNotFound)?;
        let own = record.address().ok_or(HostingRefusal::MailboxNotFound)?;
        let language = record.language.unwrap_or(self.language);
        let request = |notice, kind, address: &EmailAddress| {
            let subject = SubjectId::of_mailbox(self.mailbox);
            let new = NewNotice {
                notice,
                person: NoticePerson::Mailbox(self.mailbox),
                kind,
                address: Sealed::new(subject, address.clone()),
                login: Some(Sealed::new(subject, own.to_string())),
                detail: None,
                ticket: None,
                language,
            };
            NoticeDay::decide(day, NoticeCommand::Request(Box::new(new)), &(), now)
        };
        let [first, second] = self.notices;
        let mut notices = request(first, NoticeKind::RecoveryVerification, &self.email)?;
        // A link that is asked for once more is nothing new.
        if !given.is_empty() {
            notices.extend(request(second, NoticeKind::RecoveryChanging, &own)?);
        }
        let person = NoticePerson::Mailbox(self.mailbox);
        Ok(Changes::none()
            .emit::<Mailbox>(self.mailbox, given)
            .emit::<NoticeDay>(stream_of(person, day_of(self.at)), notices))
    }
}

impl Guarded for GiveRecoveryAddress {
    fn on_box(&self, _: &<Self::Reads as Reads>::States) -> OnBox {
        OnBox::Nothing
    }

    fn is_kept_from_visitors(&self) -> bool {
        true
    }

    fn need(&self, (mailbox, _): &<Self::Reads as Reads>::States) -> Need {
        let resource = super::mailbox_resource(self.account, self.mailbox, mailbox);
        Need { permission: Permission::CredentialWrite, resource }
    }
}
