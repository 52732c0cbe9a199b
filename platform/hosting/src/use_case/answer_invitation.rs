//! Answering an invitation.

use authority::{Guarded, Need, Permission, Resource};
use kernel::{
    AccountId, Changes, Decider, DelegationId, Foreign, Key, Reads, TenantId, Timestamp, UseCase, UserId,
};

use crate::HostingRefusal;
use crate::account::{Account, AccountCommand};
use crate::delegation::{Answer, Delegation, DelegationCommand};
use crate::user::User;

/// Accepts or declines an invitation. Whoever answers has shown its secret to the caller, who then acts for them with a
/// grant of `delegation:write` on the account for this one intention.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerInvitation {
    /// Whose account.
    pub account: AccountId,
    /// Which.
    pub delegation: DelegationId,
    /// BLAKE3 of what was shown.
    pub secret_hash: [u8; 32],
    /// Who answers.
    pub user: UserId,
    /// Of which account.
    pub home: AccountId,
    /// What.
    pub answer: Answer,
}

impl UseCase for AnswerInvitation {
    const NAME: &'static str = "answer_invitation";
    /// Whoever answers as they are in that moment: nothing stands on their address staying what it is.
    type Reads = (Key<Account>, Key<Delegation>, Foreign<User>);
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.account.tenant()
    }

    fn reads(&self) -> Self::Reads {
        (Key(self.account), Key(self.delegation), Foreign(self.home.tenant(), self.user))
    }

    fn decide(
        &self,
        (account, delegation, user): &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        let answer = DelegationCommand::Answer {
            secret_hash: self.secret_hash,
            user: self.user,
            home: self.home,
            confirmed: user.record().and_then(|user| user.email.as_ref()?.plain().cloned()),
            answer: self.answer,
        };
        let answered = Delegation::decide(delegation, answer, &(), now)?;
        let counted = match self.answer {
            Answer::Accept => vec![],
            Answer::Decline => {
                Account::decide(account, AccountCommand::EndDelegation(self.delegation), &(), now)?
            }
        };
        Ok(Changes::none()
            .emit::<Delegation>(self.delegation, answered)
            .emit::<Account>(self.account, counted))
    }
}

impl Guarded for AnswerInvitation {
    fn is_kept_from_visitors(&self) -> bool {
        true
    }

    fn need(&self, _: &<Self::Reads as Reads>::States) -> Need {
        Need { permission: Permission::DelegationWrite, resource: Resource::account(self.account) }
    }
}
