//! Changing who works in a mailbox.

use async_graphql::{Context, Object, Result};
use hosting::book::BookCommand;
use hosting::share as model;
use hosting::use_case::EditShares;
use kernel::{AccountId, ShareId};

use super::object::{Share, ShareRole};
use super::query::read;
use crate::entry::payload::removal;
use crate::entry::read::PROJECTION;
use crate::payload::{command, payload, run};
use crate::request::Asked;
use crate::scalar::{AccountKey, MailboxKey, ShareKey, Uid};

payload! {
    /// What a change of a member came to.
    SharePayload { share: Share, by (AccountId, ShareId), PROJECTION, read }
}

removal! {
    /// What the removal of a member came to.
    ShareRemovePayload { share_id: ShareKey of ShareId }
}

/// Changes of shared mailboxes.
#[derive(Debug, Default)]
pub struct ShareMutation;

#[Object]
impl ShareMutation {
    /// Lets another mailbox of the account work in this one. Whoever does that lets it read the mail, so this takes what
    /// setting passwords takes. `userErrors`, among others: `SHARE_MEMBER`, `SHARE_TAKEN`, `SHARE_ALLOWS_NOTHING`,
    /// `SHARE_LIMIT`.
    #[allow(clippy::too_many_arguments, reason = "the arguments of a GraphQL field")]
    async fn share_add(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which mailbox.")] mailbox_id: MailboxKey,
        #[graphql(desc = "The mailbox that becomes a member.")] member_id: MailboxKey,
        #[graphql(desc = "What it may do: at least one.")] roles: Vec<ShareRole>,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<SharePayload> {
        let (account, command) = (ctx.account(account_id)?, command(ctx, command_id));
        let share = ShareId::derived(command, 0);
        let roles = roles.into_iter().map(Into::into).collect();
        let patch = model::SharePatch { member: Some(member_id.0.to_string()), roles: Some(roles) };
        let add = BookCommand::Add { entry: share, patch: Box::new(patch) };
        let edit = EditShares { account, mailbox: mailbox_id.0, command: add };
        run(ctx, command, &edit, (account, share)).await.map(SharePayload)
    }

    /// Changes what a member may do. `userErrors`, among others: `SETTINGS_CHANGED_MEANWHILE` where `revision` is given
    /// and somebody was faster.
    #[allow(clippy::too_many_arguments, reason = "the arguments of a GraphQL field")]
    async fn share_change(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which mailbox.")] mailbox_id: MailboxKey,
        #[graphql(desc = "Which share.")] share_id: ShareKey,
        #[graphql(desc = "All that it may do from now on: at least one.")] roles: Vec<ShareRole>,
        #[graphql(
            desc = "The revision that was read before, 0 or more. Where somebody else has changed the thing since, nothing is changed and `SETTINGS_CHANGED_MEANWHILE` names the one that is there; absent, whatever is there is changed."
        )]
        revision: Option<u32>,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<SharePayload> {
        let account = ctx.account(account_id)?;
        let roles = roles.into_iter().map(Into::into).collect();
        let patch = model::SharePatch { member: None, roles: Some(roles) };
        let change = BookCommand::Change { entry: share_id.0, patch: Box::new(patch), revision };
        let edit = EditShares { account, mailbox: mailbox_id.0, command: change };
        run(ctx, command(ctx, command_id), &edit, (account, share_id.0)).await.map(SharePayload)
    }

    /// Lets a member in no more.
    async fn share_remove(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which mailbox.")] mailbox_id: MailboxKey,
        #[graphql(desc = "Which share.")] share_id: ShareKey,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<ShareRemovePayload> {
        let account = ctx.account(account_id)?;
        let remove = BookCommand::Remove { entry: share_id.0 };
        let edit = EditShares { account, mailbox: mailbox_id.0, command: remove };
        run(ctx, command(ctx, command_id), &edit, share_id.0).await.map(ShareRemovePayload)
    }
}
