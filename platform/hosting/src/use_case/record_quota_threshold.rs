//! Recording that usage crossed a fraction of the quota.

use authority::{Guarded, Need, Permission};
use kernel::{AccountId, Changes, Decider, Key, MailboxId, Reads, TenantId, Timestamp, UseCase};

use crate::HostingRefusal;
use crate::mailbox::{Crossing, Mailbox, MailboxCommand, Threshold};

/// Notes what the message store saw; noting it again changes nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordQuotaThreshold {
    /// Whose.
    pub account: AccountId,
    /// Which mailbox.
    pub mailbox: MailboxId,
    /// Which fraction.
    pub threshold: Threshold,
    /// Which way.
    pub crossing: Crossing,
}

impl UseCase for RecordQuotaThreshold {
    const NAME: &'static str = "record_quota_threshold";
    type Reads = Key<Mailbox>;
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.account.tenant()
    }

    fn reads(&self) -> Self::Reads {
        Key(self.mailbox)
    }

    fn decide(
        &self,
        mailbox: &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        let events = Mailbox::decide(
            mailbox,
            MailboxCommand::RecordThreshold { threshold: self.threshold, crossing: self.crossing },
            &self.mailbox,
            now,
        )?;
        Ok(Changes::none().emit::<Mailbox>(self.mailbox, events))
    }
}

impl Guarded for RecordQuotaThreshold {
    fn need(&self, mailbox: &<Self::Reads as Reads>::States) -> Need {
        Need {
            permission: Permission::MailboxWrite,
            resource: super::mailbox_resource(self.account, self.mailbox, mailbox),
        }
    }
}
