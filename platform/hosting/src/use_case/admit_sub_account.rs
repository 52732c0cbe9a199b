//! Letting an account stand below a reseller's.

use authority::{Guarded, Need, Permission, Resource};
use kernel::{AccountId, Changes, Decider, Key, Reads, TenantId, Timestamp, UseCase};

use crate::HostingRefusal;
use crate::account::{Account, AccountCommand};
use crate::reseller::{Reseller, ResellerCommand, Resources};

/// Takes the place of an account below a reseller's. The account itself is opened in its own tenant because of it: see
/// [`super::OpenSubAccount`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdmitSubAccount {
    /// The reseller's account.
    pub parent: AccountId,
    /// The id of the new one.
    pub account: AccountId,
    /// What it is called, 1 to 200 characters.
    pub name: String,
    /// Whether it is for trying things out.
    pub is_sandbox: bool,
}

impl UseCase for AdmitSubAccount {
    const NAME: &'static str = "admit_sub_account";
    type Reads = (Key<Account>, Key<Reseller>);
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.parent.tenant()
    }

    fn reads(&self) -> Self::Reads {
        (Key(self.parent), Key(self.parent))
    }

    fn decide(
        &self,
        (parent, reseller): &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        let admit = AccountCommand::AdmitSubAccount {
            account: self.account,
            name: self.name.clone(),
            is_sandbox: self.is_sandbox,
        };
        let admitted = Account::decide(parent, admit, &(), now)?;
        let mut changes = Changes::none();
        if !admitted.is_empty() && reseller.pool.is_some() {
            // Whoever has a limited pool gives nothing of it by the way.
            let nothing = ResellerCommand::Allocate { account: self.account, resources: Resources::NONE };
            let allocated = Reseller::decide(reseller, nothing, &(), now)?;
            changes = changes.emit::<Reseller>(self.parent, allocated);
        }
        Ok(changes.emit::<Account>(self.parent, admitted))
    }
}

impl Guarded for AdmitSubAccount {
    fn need(&self, _: &<Self::Reads as Reads>::States) -> Need {
        Need { permission: Permission::AccountWrite, resource: Resource::account(self.parent) }
    }
}
