//! Changing accounts.

use async_graphql::{Context, InputObject, Object, Result};
use hosting::use_case::{CloseAccount, OpenAccount, RequireSecondFactor};
use kernel::AccountId;

use super::object::Account;
use super::query::{PROJECTION, read};
use crate::payload::{command, payload, run};
use crate::request::Asked;
use crate::scalar::{AccountKey, Uid};

payload! {
    /// What a change of an account came to.
    AccountPayload { account: Account, by AccountId, PROJECTION, read }
}

/// An account to be.
#[derive(Debug, InputObject)]
pub struct AccountOpenInput {
    /// What it is called.
    pub name: String,
}

/// Changes of accounts.
#[derive(Debug, Default)]
pub struct AccountMutation;

#[Object]
impl AccountMutation {
    /// Opens an account. The operator's alone.
    async fn account_open(
        &self,
        ctx: &Context<'_>,
        input: AccountOpenInput,
        command_id: Option<Uid>,
    ) -> Result<AccountPayload> {
        let command = command(command_id);
        let account = AccountId::derived(command, 0);
        run(ctx, command, &OpenAccount { account, name: input.name }, account).await.map(AccountPayload)
    }

    /// Demands a second factor of everybody who signs in to the account, or demands it no more. Whoever has none is
    /// asked to add one before anything else.
    async fn account_second_factor_require(
        &self,
        ctx: &Context<'_>,
        account_id: Option<AccountKey>,
        is_required: bool,
        command_id: Option<Uid>,
    ) -> Result<AccountPayload> {
        let account = ctx.account(account_id)?;
        let require = RequireSecondFactor { account, is_required };
        run(ctx, command(command_id), &require, account).await.map(AccountPayload)
    }

    /// Closes an account whose services have all ended. Its users sign in no more.
    async fn account_close(
        &self,
        ctx: &Context<'_>,
        account_id: Option<AccountKey>,
        command_id: Option<Uid>,
    ) -> Result<AccountPayload> {
        let account = ctx.account(account_id)?;
        run(ctx, command(command_id), &CloseAccount { account }, account).await.map(AccountPayload)
    }
}
