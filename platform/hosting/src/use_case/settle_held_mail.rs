//! Releasing or purging held mail by a link that was mailed.

use authority::{AdministratorRight, Guarded, Need, Permission};
use kernel::{
    AccountId, Changes, Decider, Key, MailboxId, NoticeId, Reads, TenantId, Timestamp, UseCase, UserId,
};

use crate::HostingRefusal;
use crate::mailbox::{HeldMail, Mailbox, MailboxCommand};
use crate::notice::{NoticeCommand, NoticeDay, NoticeKind, NoticePerson, stream_of};

/// Lets a mailbox send again, and what was held leave or be destroyed: somebody followed the link that told them of it,
/// which the caller has checked. The link is used up with it. What its user may do is judged as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettleHeldMail {
    /// Whose.
    pub account: AccountId,
    /// Which user was told.
    pub user: UserId,
    /// The notice with the link.
    pub notice: NoticeId,
    /// The day (UTC) that it was sent on, from 1970.
    pub day: i64,
    /// The mailbox that the notice names.
    pub mailbox: MailboxId,
    /// What becomes of what was held.
    pub outcome: HeldMail,
}

impl UseCase for SettleHeldMail {
    const NAME: &'static str = "settle_held_mail";
    type Reads = (Key<Mailbox>, Key<NoticeDay>);
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.account.tenant()
    }

    fn reads(&self) -> Self::Reads {
        (Key(self.mailbox), Key(stream_of(NoticePerson::User(self.user), self.day)))
    }

    fn decide(
        &self,
        (mailbox, day): &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        let notice = day.link(self.notice, now).ok_or(HostingRefusal::LinkNotGood)?;
        let address = mailbox.record().and_then(|record| record.address()).map(|address| address.to_string());
        let named = notice.detail.as_ref().and_then(|detail| detail.plain());
        if notice.kind != NoticeKind::HeldMail || address.is_none() || address.as_ref() != named {
            return Err(HostingRefusal::LinkNotGood);
        }
        let settle = MailboxCommand::ReleaseSending(self.outcome);
        let settled = Mailbox::decide(mailbox, settle, &self.mailbox, now)?;
        let used = NoticeDay::decide(day, NoticeCommand::UseLink(self.notice), &(), now)?;
        Ok(Changes::none()
            .emit::<Mailbox>(self.mailbox, settled)
            .emit::<NoticeDay>(stream_of(NoticePerson::User(self.user), self.day), used))
    }
}

impl Guarded for SettleHeldMail {
    fn need(&self, (mailbox, _): &<Self::Reads as Reads>::States) -> Need {
        Need {
            permission: Permission::MailboxWrite,
            resource: super::mailbox_resource(self.account, self.mailbox, mailbox),
        }
    }

    fn rights(&self, _: &<Self::Reads as Reads>::States) -> Vec<AdministratorRight> {
        vec![AdministratorRight::HeldMail]
    }
}
