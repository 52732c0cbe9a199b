//! Choosing another password for a mailbox without the old one.

use authority::{Guarded, Need, OnBox, Permission};
use kernel::{AccountId, Changes, Decider, Key, MailboxId, NoticeId, Reads, TenantId, Timestamp, UseCase};

use crate::mailbox::{Mailbox, MailboxCommand};
use crate::notice::{NoticeCommand, NoticeDay, NoticeKind, NoticePerson, stream_of};
use crate::{HostingRefusal, PasswordHash};

/// Replaces the password of a mailbox whose owner followed the link that was sent to the recovery address, which the caller
/// has checked. A link to an address that is none any more, or whose use was forbidden meanwhile, opens nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResetMailboxPassword {
    /// Whose.
    pub account: AccountId,
    /// Which mailbox.
    pub mailbox: MailboxId,
    /// The notice with the link.
    pub notice: NoticeId,
    /// The day (UTC) that it was sent on, from 1970.
    pub day: i64,
    /// From now on.
    pub password: PasswordHash,
    /// Whether its app passwords are revoked as well.
    pub revokes_others: bool,
}

impl UseCase for ResetMailboxPassword {
    const NAME: &'static str = "reset_mailbox_password";
    type Reads = (Key<Mailbox>, Key<NoticeDay>);
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.account.tenant()
    }

    fn reads(&self) -> Self::Reads {
        (Key(self.mailbox), Key(stream_of(NoticePerson::Mailbox(self.mailbox), self.day)))
    }

    fn decide(
        &self,
        (mailbox, day): &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        let notice = day.link(self.notice, now).ok_or(HostingRefusal::LinkNotGood)?;
        let recovery = mailbox.record().and_then(|record| record.recovery());
        if notice.kind != NoticeKind::PasswordReset
            || recovery.is_none()
            || notice.address.plain() != recovery
        {
            return Err(HostingRefusal::LinkNotGood);
        }
        let set = MailboxCommand::SetPassword {
            password: self.password.clone(),
            by_owner: true,
            revokes_others: self.revokes_others,
        };
        let set = Mailbox::decide(mailbox, set, &self.mailbox, now)?;
        let used = NoticeDay::decide(day, NoticeCommand::UseLink(self.notice), &(), now)?;
        Ok(Changes::none()
            .emit::<Mailbox>(self.mailbox, set)
            .emit::<NoticeDay>(stream_of(NoticePerson::Mailbox(self.mailbox), self.day), used))
    }
}

impl Guarded for ResetMailboxPassword {
    fn on_box(&self, _: &<Self::Reads as Reads>::States) -> OnBox {
        OnBox::Nothing
    }

    fn need(&self, (mailbox, _): &<Self::Reads as Reads>::States) -> Need {
        let resource = super::mailbox_resource(self.account, self.mailbox, mailbox);
        Need { permission: Permission::CredentialWrite, resource }
    }
}
