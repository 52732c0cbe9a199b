//! An account as the API shows it.

use async_graphql::dataloader::DataLoader;
use async_graphql::{ComplexObject, Context, Enum, Result, SimpleObject};
use hosting::account::AccountState;

use crate::loader::States;
use crate::request::Asked;
use crate::scalar::{AccountKey, Moment};

/// Whether an account is a customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum AccountStatus {
    /// It may order services.
    Open,
    /// It is a customer no more.
    Closed,
}

/// Who is asked to pay for the services of a reseller's customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "hosting::account::BillingMode")]
pub enum BillingMode {
    /// The customer.
    Direct,
    /// The reseller, who alone orders and changes plans then.
    Reseller,
}

/// A customer: the party that contracts and pays.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct Account {
    /// Its name for the API.
    pub id: AccountKey,
    /// What it is called; none once erased.
    pub name: Option<String>,
    /// See [`AccountStatus`].
    pub status: AccountStatus,
    /// When it was opened.
    pub opened_at: Moment,
    /// When it was closed.
    pub closed_at: Option<Moment>,
    /// The reseller's account that it stands below; none: the platform's own customer.
    pub parent_id: Option<AccountKey>,
    /// How many accounts may stand directly below it; 0: it is no reseller.
    pub sub_account_count_max: u32,
    /// Whether it is for trying things out, for ever: its mail leaves nowhere, and nothing is billed.
    pub is_sandbox: bool,
    /// Who is asked to pay; none where it stands below no reseller.
    pub billing_mode: Option<BillingMode>,
    /// How often its name was changed: give it with a change that must not undo another's.
    pub revision: i32,
    /// Whether its users need a second factor: whoever has none can add one and nothing else. A delegation opens the account
    /// only to whoever signed in with one. Resellers above are held to what their own account demands; of owners of mailboxes a
    /// domain or the mailbox demands it.
    pub requires_second_factor: bool,
}

#[ComplexObject]
impl Account {
    /// What the account is called that it stands below: the reseller of whom it buys. None where there is none, and once
    /// erased. All else of that account is told to those alone who may see it.
    async fn parent_name(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let Some(AccountKey(parent)) = self.parent_id else { return Ok(None) };
        let state = ctx.data::<DataLoader<States>>()?.load_one((parent.tenant(), parent)).await;
        let state = state.map_err(|error| ctx.failed("the account above", &*error))?;
        Ok(match state {
            Some(AccountState::Open(record) | AccountState::Closed(record)) => record.name.plain().cloned(),
            Some(AccountState::Absent) | None => None,
        })
    }
}
