//! Sending a notice again.

use authority::{Guarded, Need, Permission, Resource};
use kernel::{AccountId, Changes, Decider, Key, NoticeId, Reads, TenantId, Timestamp, UseCase};

use crate::HostingRefusal;
use crate::notice::{NoticeCommand, NoticeDay, NoticePerson, stream_of};

/// Sends a notice again that was sent on that day; its link is the same and as long good as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepeatNotice {
    /// Whose account.
    pub account: AccountId,
    /// To whom it was.
    pub person: NoticePerson,
    /// On which day (UTC), from 1970.
    pub day: i64,
    /// Which.
    pub notice: NoticeId,
    /// The id of the copy.
    pub copy: NoticeId,
}

impl UseCase for RepeatNotice {
    const NAME: &'static str = "repeat_notice";
    type Reads = Key<NoticeDay>;
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.account.tenant()
    }

    fn reads(&self) -> Self::Reads {
        Key(stream_of(self.person, self.day))
    }

    fn decide(
        &self,
        day: &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        let repeat = NoticeCommand::Repeat { notice: self.notice, copy: self.copy };
        let repeated = NoticeDay::decide(day, repeat, &(), now)?;
        Ok(Changes::none().emit::<NoticeDay>(stream_of(self.person, self.day), repeated))
    }
}

impl Guarded for RepeatNotice {
    fn is_kept_from_visitors(&self) -> bool {
        true
    }

    fn need(&self, _: &<Self::Reads as Reads>::States) -> Need {
        let resource = match self.person {
            NoticePerson::User(_) | NoticePerson::Delegate(_) => Resource::account(self.account),
            NoticePerson::Mailbox(mailbox) => Resource::account(self.account).in_mailbox(mailbox),
        };
        Need { permission: Permission::CredentialWrite, resource }
    }
}
