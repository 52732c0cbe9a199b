//! Accounts that resellers have admitted are opened, also where the request that admitted them was interrupted.

use engine::{Policy, Reaction};
use hosting::HostingEvent;
use hosting::account::AccountEvent;
use hosting::use_case::OpenSubAccount;
use kernel::Recorded;

/// Opens the account of a reseller's customer in its own tenant.
pub struct OpenAdmitted;

impl Policy for OpenAdmitted {
    type Event = HostingEvent;

    const NAME: &'static str = "open_admitted";

    fn react(&self, recorded: &Recorded<HostingEvent>) -> Vec<Box<dyn Reaction>> {
        match &recorded.event {
            HostingEvent::Account(AccountEvent::SubAccountAdmitted { account, .. }) => {
                let parent = recorded.cursor.tenant.account();
                vec![Box::new(OpenSubAccount { parent, account: *account })]
            }
            _ => vec![],
        }
    }
}
