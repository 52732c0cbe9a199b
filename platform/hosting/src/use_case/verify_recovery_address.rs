//! Confirming the address for a mailbox's forgotten password.

use authority::{Guarded, Need, OnBox, Permission};
use kernel::{AccountId, Changes, Decider, Key, MailboxId, NoticeId, Reads, TenantId, Timestamp, UseCase};

use crate::HostingRefusal;
use crate::mailbox::{Mailbox, MailboxCommand};
use crate::notice::{NoticeCommand, NoticeDay, NoticeKind, NoticePerson, stream_of};

/// Confirms the address that the owner of a mailbox gave last: somebody followed the link that was sent there, which the
/// caller has checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyRecoveryAddress {
    /// Whose.
    pub account: AccountId,
    /// Which mailbox.
    pub mailbox: MailboxId,
    /// The notice with the link.
    pub notice: NoticeId,
    /// The day (UTC) that it was sent on, from 1970.
    pub day: i64,
}

impl UseCase for VerifyRecoveryAddress {
    const NAME: &'static str = "verify_recovery_address";
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
        if notice.kind != NoticeKind::RecoveryVerification {
            return Err(HostingRefusal::LinkNotGood);
        }
        let email = notice.address.plain().cloned().ok_or(HostingRefusal::LinkNotGood)?;
        let verify = MailboxCommand::VerifyRecoveryAddress(email);
        let verified = Mailbox::decide(mailbox, verify, &self.mailbox, now)?;
        let used = NoticeDay::decide(day, NoticeCommand::UseLink(self.notice), &(), now)?;
        Ok(Changes::none()
            .emit::<Mailbox>(self.mailbox, verified)
            .emit::<NoticeDay>(stream_of(NoticePerson::Mailbox(self.mailbox), self.day), used))
    }
}

impl Guarded for VerifyRecoveryAddress {
    fn on_box(&self, _: &<Self::Reads as Reads>::States) -> OnBox {
        OnBox::Nothing
    }

    fn need(&self, (mailbox, _): &<Self::Reads as Reads>::States) -> Need {
        let resource = super::mailbox_resource(self.account, self.mailbox, mailbox);
        Need { permission: Permission::CredentialWrite, resource }
    }
}
