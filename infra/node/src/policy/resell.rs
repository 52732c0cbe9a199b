//! What happens between the accounts of resellers and their customers: admitted ones are opened, what was handed on
//! arrives, and its giver learns so. Also where the request that began it was interrupted.

use engine::{Policy, Reaction};
use hosting::HostingEvent;
use hosting::account::AccountEvent;
use hosting::reseller::{ResellerEvent, Resources};
use hosting::use_case::{
    CloseTransfer, MoveAccount, OpenSubAccount, ReceiveAllocation, ReceiveTransfer, ReleaseSubAccount,
    SettleAllocation, TransferEnd, WithdrawTransfer,
};
use kernel::{AccountId, Recorded};

/// Carries what one account decides about another into the other's tenant, in the order of its events.
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
            HostingEvent::Account(event) => handed_over(recorded.cursor.tenant.account(), event),
            HostingEvent::Reseller(event) => carried(recorded.cursor.tenant.account(), event),
            _ => vec![],
        }
    }
}

/// What an event of the customer `account` means for those whom it leaves and comes to.
fn handed_over(account: AccountId, event: &AccountEvent) -> Vec<Box<dyn Reaction>> {
    let close =
        |to: AccountId, transfer, end| CloseTransfer { account: to, customer: account, transfer, end };
    match event {
        AccountEvent::TransferOffered { transfer, to, resources } => {
            let (to, transfer, resources) = (*to, *transfer, *resources);
            vec![Box::new(ReceiveTransfer { to, account, transfer, resources })]
        }
        AccountEvent::TransferWithdrawn { transfer, to } => {
            vec![Box::new(close(*to, *transfer, TransferEnd::Withdrawn))]
        }
        AccountEvent::Moved { transfer, from, parent } => vec![
            Box::new(ReleaseSubAccount { account: *from, customer: account }),
            Box::new(close(parent.account, *transfer, TransferEnd::Moved)),
        ],
        AccountEvent::MovedToPlatform { transfer, from } => vec![
            Box::new(ReleaseSubAccount { account: *from, customer: account }),
            Box::new(close(AccountId::PLATFORM, *transfer, TransferEnd::Moved)),
        ],
        _ => vec![],
    }
}

/// What an event of `account` among resellers means for the one above or below.
fn carried(account: AccountId, event: &ResellerEvent) -> Vec<Box<dyn Reaction>> {
    let counted = |customers: &[AccountId]| {
        let receive = customers.iter().map(|customer| ReceiveAllocation {
            giver: account,
            account: *customer,
            serial: 1,
            resources: Resources::NONE,
        });
        receive.map(|receive| Box::new(receive) as Box<dyn Reaction>).collect::<Vec<_>>()
    };
    match event {
        ResellerEvent::PoolSet { customers, .. } => counted(customers),
        ResellerEvent::Allocated { account: customer, serial, resources } => {
            vec![Box::new(ReceiveAllocation {
                giver: account,
                account: *customer,
                serial: *serial,
                resources: *resources,
            })]
        }
        ResellerEvent::Received { giver, serial, resources, customers } => {
            let mut all = counted(customers);
            all.push(Box::new(SettleAllocation {
                giver: *giver,
                account,
                serial: *serial,
                resources: *resources,
            }));
            all
        }
        ResellerEvent::TransferAccepted { transfer, account: customer } => {
            vec![Box::new(MoveAccount { account: *customer, to: account, transfer: *transfer })]
        }
        ResellerEvent::TransferDeclined { transfer, account: customer } => {
            vec![Box::new(WithdrawTransfer { account: *customer, transfer: Some(*transfer) })]
        }
        ResellerEvent::Settled { .. }
        | ResellerEvent::TransferReceived { .. }
        | ResellerEvent::TransferClosed { .. }
        | ResellerEvent::Dropped { .. }
        | ResellerEvent::Branded(_)
        | ResellerEvent::Unbranded
        | ResellerEvent::Freed { .. }
        | ResellerEvent::Drawn { .. }
        | ResellerEvent::Returned { .. } => vec![],
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use engine::Engine;
    use hosting::reseller::{Reseller, ResellerState};
    use hosting::use_case::{AdmitSubAccount, AllocatePool, OpenAccount, SetPool, SetReseller};
    use kernel::{ByteSize, Key};
    use uuid::Uuid;

    use super::*;
    use crate::stage::{Stage, must};

    fn account(number: u128) -> AccountId {
        AccountId::new(Uuid::from_u128(number))
    }

    /// Waits until the policy has done what is looked for.
    async fn until(engine: &Engine, id: AccountId, is_so: impl Fn(&ResellerState) -> bool) {
        for _ in 0..1000 {
            let state = engine.load(id.tenant(), &Key::<Reseller>(id)).await.expect("a state");
            if is_so(&state) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("what was handed on did not arrive");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_handed_on_arrives_two_levels_down_and_its_givers_learn_what_is_kept() {
        let stage = Stage::open().await;
        let engine = &*stage.engine;
        engine.policy(OpenAdmitted).expect("a policy");
        let much = Resources { services: 9, domains: 9, mailboxes: 90, storage: ByteSize::gib(900) };
        must(engine, &OpenAccount { account: account(1), name: "Reseller".to_owned() }).await;
        must(engine, &SetReseller { account: account(1), sub_account_count_max: 9 }).await;
        must(engine, &SetPool { account: account(1), pool: Some(much) }).await;
        let admit = |parent, number| AdmitSubAccount {
            parent: account(parent),
            account: account(number),
            name: "Below".to_owned(),
            is_sandbox: false,
        };
        let allocate = |giver, customer, resources| AllocatePool {
            account: account(giver),
            customer: account(customer),
            resources,
        };
        must(engine, &admit(1, 2)).await;
        until(engine, account(2), |state| state.pool == Some(Resources::NONE)).await;
        // A request may have opened it as well: both tenants know the person then.
        must(engine, &OpenSubAccount { parent: account(1), account: account(2) }).await;
        must(engine, &allocate(1, 2, much)).await;
        until(engine, account(2), |state| state.pool == Some(much)).await;
        must(engine, &SetReseller { account: account(2), sub_account_count_max: 9 }).await;
        must(engine, &admit(2, 3)).await;
        let some = Resources { services: 4, ..Resources::NONE };
        must(engine, &allocate(2, 3, some)).await;
        until(engine, account(3), |state| state.pool == Some(some)).await;
        // What the middle one has handed on stays with it, whatever is taken back from it.
        must(engine, &allocate(1, 2, Resources::NONE)).await;
        until(engine, account(1), |state| state.used() == some).await;
        engine.shutdown().await;
    }
}
