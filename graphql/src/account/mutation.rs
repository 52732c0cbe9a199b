//! Changing accounts.

use async_graphql::{Context, InputObject, Object, Result};
use hosting::use_case::{
    AdmitSubAccount, AtRevision, CloseAccount, OpenAccount, OpenSandbox, OpenSubAccount, RenameAccount,
    RequireSecondFactor, SetBillingMode, SetReseller,
};
use kernel::{AccountId, CommandId, Id as _};

use super::object::{Account, BillingMode};
use super::query::{PROJECTION, read, read_below};
use crate::payload::{Answer, command, payload, run, run_as};
use crate::request::Asked;
use crate::scalar::{AccountKey, Uid};

payload! {
    /// What a change of an account came to.
    AccountPayload { account: Account, by AccountId, PROJECTION, read }
}

payload! {
    /// What the opening of a reseller's customer came to.
    SubAccountPayload { account: Account, by (AccountId, AccountId), PROJECTION, read_below }
}

/// An account to be.
#[derive(Debug, InputObject)]
pub struct AccountOpenInput {
    /// What it is called.
    pub name: String,
    /// Whether it is for trying things out, for ever: its mail leaves nowhere, and nothing is billed.
    pub is_sandbox: Option<bool>,
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
        #[graphql(desc = "What it is to be.")] input: AccountOpenInput,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<AccountPayload> {
        let command = command(ctx, command_id);
        let account = AccountId::derived(command, 0);
        let name = input.name;
        let answer = match input.is_sandbox.unwrap_or_default() {
            true => run(ctx, command, &OpenSandbox { account, name }, account).await,
            false => run(ctx, command, &OpenAccount { account, name }, account).await,
        };
        answer.map(AccountPayload)
    }

    /// Lets an account have accounts of its own customers below it, so many directly; 0: no more are added. An operator
    /// says so of the platform's customers, a reseller of their own.
    async fn account_reseller_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which account.")] account_id: AccountKey,
        #[graphql(desc = "How many accounts may stand below it; 0: it is no reseller.")]
        sub_account_count_max: u32,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<AccountPayload> {
        let account = account_id.0;
        let set = SetReseller { account, sub_account_count_max };
        run(ctx, command(ctx, command_id), &set, account).await.map(AccountPayload)
    }

    /// Opens the account of a reseller's customer. The reseller's owners may do everything in it, its own users see
    /// nothing of the reseller or of others. `isSandbox`: for trying things out, for ever; its mail leaves nowhere, and
    /// nothing is billed. Where the reseller has a limited pool, the customer has nothing of it before `poolAllocate`.
    /// `userErrors`: `SUB_ACCOUNT_LIMIT_REACHED`.
    pub(crate) async fn sub_account_open(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "What it is called, for people.")] name: String,
        #[graphql(desc = "Whether it is for trying things out, for ever.")] is_sandbox: Option<bool>,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<SubAccountPayload> {
        let parent = ctx.account(account_id)?;
        let id = command(ctx, command_id);
        let account = AccountId::derived(id, 0);
        let admit = AdmitSubAccount { parent, account, name, is_sandbox: is_sandbox.unwrap_or_default() };
        let admitted = run(ctx, id, &admit, (parent, account)).await?;
        if matches!(admitted, Answer::Refused(_)) {
            return Ok(SubAccountPayload(admitted));
        }
        // Where this is interrupted, the platform's own policy opens what was admitted.
        let open = CommandId::new(uuid::Uuid::new_v5(&id.uuid(), b"open"));
        let acting = ctx.principal()?.clone();
        let opened =
            run_as(ctx, &acting, open, &OpenSubAccount { parent, account }, (parent, account)).await?;
        Ok(SubAccountPayload(opened))
    }

    /// Lets a reseller's customer, or the reseller, be asked to pay for the customer's services. Where it is the reseller,
    /// the customer's own users order nothing and change no plan. Those above the account say so.
    async fn account_billing_mode_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which account.")] account_id: AccountKey,
        #[graphql(desc = "Who pays.")] mode: BillingMode,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<AccountPayload> {
        let account = account_id.0;
        let set = SetBillingMode { account, mode: mode.into() };
        run(ctx, command(ctx, command_id), &set, account).await.map(AccountPayload)
    }

    /// Demands a second factor of the account's users, or demands it no more: whoever has none is asked to add one before
    /// anything else. A delegation opens the account only to whoever signed in with one, and to no API token. Resellers above
    /// are held to what their own account demands. Of owners of mailboxes `domainSettingsChange` demands it.
    async fn account_second_factor_require(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Whether its users need a second factor.")] is_required: bool,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<AccountPayload> {
        let account = ctx.account(account_id)?;
        let require = RequireSecondFactor { account, is_required };
        run(ctx, command(ctx, command_id), &require, account).await.map(AccountPayload)
    }

    /// Calls an account otherwise. `userErrors`, among others: `NAME_EMPTY`, `NAME_TOO_LONG`, `SETTINGS_CHANGED_MEANWHILE`.
    async fn account_rename(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "What it is called from now on, 1 to 200 characters.")] name: String,
        #[graphql(
            desc = "The revision that was read before, 0 or more. Where somebody else has changed the thing since, nothing is changed and `SETTINGS_CHANGED_MEANWHILE` names the one that is there; absent, whatever is there is changed."
        )]
        revision: Option<u32>,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<AccountPayload> {
        let account = ctx.account(account_id)?;
        let rename = AtRevision { change: RenameAccount { account, name }, revision };
        run(ctx, command(ctx, command_id), &rename, account).await.map(AccountPayload)
    }

    /// Closes an account whose services have all ended. Its users sign in no more.
    async fn account_close(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<AccountPayload> {
        let account = ctx.account(account_id)?;
        run(ctx, command(ctx, command_id), &CloseAccount { account }, account).await.map(AccountPayload)
    }
}
