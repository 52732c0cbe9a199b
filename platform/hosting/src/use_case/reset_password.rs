//! Choosing another password without the old one.

use authority::{Guarded, Need, Permission, Resource};
use kernel::{AccountId, Changes, Decider, Key, NoticeId, Reads, TenantId, Timestamp, UseCase, UserId};

use crate::notice::{NoticeCommand, NoticeDay, NoticeKind, NoticePerson, stream_of};
use crate::user::{User, UserCommand};
use crate::{HostingRefusal, PasswordHash};

/// Replaces the password of a user who followed the link that was sent to their address, which the caller has checked.
/// An address that was not confirmed before is confirmed by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResetPassword {
    /// Whose.
    pub account: AccountId,
    /// Which user.
    pub user: UserId,
    /// The notice with the link.
    pub notice: NoticeId,
    /// The day (UTC) that it was sent on, from 1970.
    pub day: i64,
    /// From now on.
    pub password: PasswordHash,
    /// Whether the user's API tokens are revoked as well.
    pub revokes_others: bool,
}

impl UseCase for ResetPassword {
    const NAME: &'static str = "reset_password";
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
        if !matches!(notice.kind, NoticeKind::PasswordReset | NoticeKind::InitialAccess) {
            return Err(HostingRefusal::LinkNotGood);
        }
        let record = user.record().ok_or(HostingRefusal::UserNotFound)?;
        let pending = record.email_pending.as_ref().and_then(kernel::Sealed::plain);
        let verified = match notice.address.plain() {
            Some(email) if pending == Some(email) => {
                User::decide(user, UserCommand::VerifyEmail(email.clone()), &self.user, now)?
            }
            Some(_) | None => vec![],
        };
        let set = UserCommand::SetPassword {
            password: self.password.clone(),
            must_change: false,
            revokes_others: self.revokes_others,
        };
        let set = User::decide(user, set, &self.user, now)?;
        let used = NoticeDay::decide(day, NoticeCommand::UseLink(self.notice), &(), now)?;
        Ok(Changes::none()
            .emit::<User>(self.user, verified)
            .emit::<User>(self.user, set)
            .emit::<NoticeDay>(stream_of(NoticePerson::User(self.user), self.day), used))
    }
}

impl Guarded for ResetPassword {
    fn need(&self, _: &<Self::Reads as Reads>::States) -> Need {
        Need { permission: Permission::CredentialWrite, resource: Resource::account(self.account) }
    }
}
