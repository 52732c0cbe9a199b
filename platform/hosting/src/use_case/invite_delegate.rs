//! Inviting somebody into an account.

use authority::{Guarded, Need, Permission, Resource};
use kernel::{
    AccountId, Changes, Decider, DelegationId, EmailAddress, Key, Reads, TenantId, Timestamp, UseCase,
};

use super::Delegated;
use crate::HostingRefusal;
use crate::account::{Account, AccountCommand};
use crate::delegation::{Delegation, DelegationCommand, Invitation, Terms};

/// Invites somebody by e-mail address to do some things in the account, never more than the inviter may there. Whoever
/// shows the secret within the time answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InviteDelegate {
    /// Whose account.
    pub account: AccountId,
    /// Its id.
    pub delegation: DelegationId,
    /// Who is invited.
    pub email: EmailAddress,
    /// What it allows.
    pub terms: Terms,
    /// BLAKE3 of the secret.
    pub secret_hash: [u8; 32],
    /// Until when it can be answered.
    pub answer_until: Timestamp,
}

impl UseCase for InviteDelegate {
    const NAME: &'static str = "invite_delegate";
    type Reads = (Key<Account>, Key<Delegation>, Delegated);
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.account.tenant()
    }

    fn reads(&self) -> Self::Reads {
        (Key(self.account), Key(self.delegation), super::delegated(&self.terms.scope))
    }

    fn decide(
        &self,
        (account, delegation, things): &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        super::check_delegated(things)?;
        let invite = DelegationCommand::Invite(Box::new(Invitation {
            delegation: self.delegation,
            account: self.account,
            email: self.email.clone(),
            terms: self.terms.clone(),
            secret_hash: self.secret_hash,
            answer_until: self.answer_until,
        }));
        let invited = Delegation::decide(delegation, invite, &(), now)?;
        let counted = Account::decide(account, AccountCommand::AddDelegation(self.delegation), &(), now)?;
        Ok(Changes::none()
            .emit::<Account>(self.account, counted)
            .emit::<Delegation>(self.delegation, invited))
    }
}

impl Guarded for InviteDelegate {
    fn need(&self, _: &<Self::Reads as Reads>::States) -> Need {
        Need { permission: Permission::DelegationWrite, resource: Resource::account(self.account) }
    }

    fn needs(&self, states: &<Self::Reads as Reads>::States) -> Vec<Need> {
        super::delegated_needs(self.account, &self.terms, &states.2)
    }
}
