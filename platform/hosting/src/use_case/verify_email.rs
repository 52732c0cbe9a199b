//! Confirming an address.

use authority::{Guarded, Need, Permission, Resource};
use kernel::{AccountId, Changes, Decider, Key, NoticeId, Reads, TenantId, Timestamp, UseCase, UserId};

use crate::HostingRefusal;
use crate::notice::{NoticeCommand, NoticeDay, NoticeKind, NoticePerson, stream_of};
use crate::user::{User, UserCommand};

/// Confirms the address that a user gave last: somebody followed the link that was sent there, which the caller has
/// checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyEmail {
    /// Whose.
    pub account: AccountId,
    /// Which user.
    pub user: UserId,
    /// The notice with the link.
    pub notice: NoticeId,
    /// The day (UTC) that it was sent on, from 1970.
    pub day: i64,
}

impl UseCase for VerifyEmail {
    const NAME: &'static str = "verify_email";
    type Reads = (Key<User>, Key<NoticeDay>);
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.account.tenant()
    }

    fn reads(&self) -> Self::Reads {
        (Key(self.user), Key(stream_of(NoticePerson::User(self.user), self.day)))
    }

    fn decide(
        &self,
        (user, day): &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        let notice = day.link(self.notice, now).ok_or(HostingRefusal::LinkNotGood)?;
        if !matches!(notice.kind, NoticeKind::EmailVerification | NoticeKind::EmailChange) {
            return Err(HostingRefusal::LinkNotGood);
        }
        let email = notice.address.plain().cloned().ok_or(HostingRefusal::LinkNotGood)?;
        let verified = User::decide(user, UserCommand::VerifyEmail(email), &self.user, now)?;
        let used = NoticeDay::decide(day, NoticeCommand::UseLink(self.notice), &(), now)?;
        Ok(Changes::none()
            .emit::<User>(self.user, verified)
            .emit::<NoticeDay>(stream_of(NoticePerson::User(self.user), self.day), used))
    }
}

impl Guarded for VerifyEmail {
    fn need(&self, _: &<Self::Reads as Reads>::States) -> Need {
        Need { permission: Permission::CredentialWrite, resource: Resource::account(self.account) }
    }
}
