//! Registering webhooks, and going on with them.

use std::time::Duration;

use async_graphql::{Context, InputObject, Object, Result};
use hosting::HostingRefusal;
use hosting::limit::{WEBHOOK_KIND_COUNT_MAX, WEBHOOK_KIND_OCTETS_MAX};
use hosting::use_case::{AtRevision, ChangeWebhook, RegisterWebhook};
use hosting::webhook::{Kinds, Pause, Reach, Resumption, WebhookCommand, WebhookSecret, WebhookTerms};
use kernel::{AccountId, WebhookId};

use super::object::Webhook;
use super::query::{PROJECTION, read};
use crate::access::secret::{Opens, Secret};
use crate::error::Fault;
use crate::limit::{WEBHOOK_SECRET_HOURS_DEFAULT, WEBHOOK_SECRET_HOURS_MAX};
use crate::payload::{Answer, Faults, command, payload, refusal, run, secret_payload};
use crate::plan::bought::run_in_plan;
use crate::platform::Mode;
use crate::request::Asked;
use crate::scalar::{AccountKey, Place, Uid, WebhookKey};

payload! {
    /// What a change of a webhook came to.
    WebhookPayload { webhook: Webhook, by (AccountId, WebhookId), PROJECTION, read }
}

secret_payload! {
    /// What registering a webhook, or giving it another secret, came to.
    WebhookSecretPayload {
        webhook: Webhook, by (AccountId, WebhookId), PROJECTION, read;
        /// What deliveries are signed with, `whsec_...`: shown this once. The whole text is the key of the HMAC.
        secret
    }
}

/// Where a webhook leads and what it is told.
#[derive(Debug, InputObject)]
pub struct WebhookInput {
    /// Whose; the caller's own account where absent.
    pub account_id: Option<AccountKey>,
    /// Where it leads, for example `https://shop.example/hook`: under TLS, on the public Internet, up to 2048 octets.
    pub url: String,
    /// What it is told: 1 to 50 kinds of events such as `mailbox.created`, `mailbox.*` or `*`.
    pub kinds: Vec<String>,
    /// What it is for, up to 128 characters.
    pub description: Option<String>,
}

/// Changes of webhooks. They need `account:write` and `event:read` on the whole account.
#[derive(Debug, Default)]
pub struct WebhookMutation;

#[Object]
impl WebhookMutation {
    /// Lets an endpoint elsewhere be told what happens in an account from here on; 20 of one account at most.
    async fn webhook_register(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What it is to be.")] input: WebhookInput,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<WebhookSecretPayload> {
        let account = ctx.account(input.account_id)?;
        let command = command(ctx, command_id);
        let webhook = WebhookId::derived(command, 0);
        let secret = Secret::random(Opens::Webhook(webhook)).map_err(|error| ctx.failed("chance", &error))?;
        let terms = match terms(ctx, input)? {
            Ok(terms) => terms,
            Err(answer) => return Ok(WebhookSecretPayload { answer, secret }),
        };
        let register = RegisterWebhook { account, webhook, terms, secret: signing(ctx, &secret)? };
        let answer = run_in_plan(ctx, command, (account, register), (account, webhook)).await?;
        Ok(WebhookSecretPayload { answer, secret })
    }

    /// Lets a webhook lead elsewhere, or be told something else: all of it is as `input` says then.
    async fn webhook_change(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which webhook.")] webhook_id: WebhookKey,
        #[graphql(desc = "All of it anew, as it is to be.")] input: WebhookInput,
        #[graphql(
            desc = "The revision that was read before, 0 or more. Where somebody else has changed the thing since, nothing is changed and `SETTINGS_CHANGED_MEANWHILE` names the one that is there; absent, whatever is there is changed."
        )]
        revision: Option<u32>,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<WebhookPayload> {
        let account = ctx.account(input.account_id)?;
        match terms(ctx, input)? {
            Ok(terms) => {
                let (webhook, wish) = (webhook_id.0, WebhookCommand::Change(terms));
                let change = ChangeWebhook { account, webhook, command: wish };
                let change = AtRevision { change, revision };
                run(ctx, command(ctx, command_id), &change, (account, webhook)).await.map(WebhookPayload)
            }
            Err(answer) => Ok(WebhookPayload(answer)),
        }
    }

    /// Gives a webhook another secret. The one before signs as well for `previousHours` (0 to 168; 24 where absent): until
    /// then each delivery carries two signatures, so that receivers change over without a gap.
    async fn webhook_secret_rotate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which webhook.")] webhook_id: WebhookKey,
        #[graphql(desc = "For how many hours the secret so far is good as well: 0 to 168, 24 where absent.")]
        previous_hours: Option<u32>,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<WebhookSecretPayload> {
        let (account, webhook) = (ctx.account(account_id)?, webhook_id.0);
        let hours = previous_hours.unwrap_or(WEBHOOK_SECRET_HOURS_DEFAULT);
        if hours > WEBHOOK_SECRET_HOURS_MAX {
            return Err(
                ctx.fault(Fault::BadInput("`previousHours` is 0 to 168", "`previousHours` va de 0 à 168"))
            );
        }
        let secret = Secret::random(Opens::Webhook(webhook)).map_err(|error| ctx.failed("chance", &error))?;
        let previous_until = ctx.platform()?.engine.now().plus(Duration::from_secs(u64::from(hours) * 3600));
        let rotate = WebhookCommand::RotateSecret { secret: signing(ctx, &secret)?, previous_until };
        let rotate = ChangeWebhook { account, webhook, command: rotate };
        let answer = run(ctx, command(ctx, command_id), &rotate, (account, webhook)).await?;
        Ok(WebhookSecretPayload { answer, secret })
    }

    /// Tells a webhook nothing for now.
    async fn webhook_pause(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which webhook.")] webhook_id: WebhookKey,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<WebhookPayload> {
        let key = (ctx.account(account_id)?, webhook_id.0);
        change(ctx, key, WebhookCommand::Pause(Pause::Wanted), command_id).await
    }

    /// Tells a paused webhook again: from where it stopped, or with `isFromNow` without what happened meanwhile.
    async fn webhook_resume(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which webhook.")] webhook_id: WebhookKey,
        #[graphql(desc = "Whether what happened meanwhile is left out.")] is_from_now: Option<bool>,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<WebhookPayload> {
        let key = (ctx.account(account_id)?, webhook_id.0);
        let from = if is_from_now.unwrap_or_default() { Resumption::Now } else { Resumption::WhereItStopped };
        change(ctx, key, WebhookCommand::Resume(from), command_id).await
    }

    /// Tells a webhook an event of the kind `webhook.test_requested`, whatever kinds it wants, after what it is told now.
    async fn webhook_test(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which webhook.")] webhook_id: WebhookKey,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<WebhookPayload> {
        let key = (ctx.account(account_id)?, webhook_id.0);
        change(ctx, key, WebhookCommand::Test, command_id).await
    }

    /// Tells a webhook again the events of its kinds from the position `from` to the position `to` (`from` alone where
    /// absent), both included, with `Hosterra-Replay: true` and under their own ids. At most 10 000 positions at once.
    #[allow(clippy::too_many_arguments, reason = "the arguments of a GraphQL field")]
    async fn webhook_replay(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which webhook.")] webhook_id: WebhookKey,
        #[graphql(desc = "The position behind which to begin.")] from: Place,
        #[graphql(desc = "The position at which to end; absent: the newest.")] to: Option<Place>,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<WebhookPayload> {
        let account = ctx.account(account_id)?;
        let to = to.unwrap_or(from);
        if [from, to].iter().any(|place| place.0.tenant != account.tenant()) {
            return Err(ctx.fault(Fault::BadInput(
                "`from` and `to` are positions of the same account",
                "`from` et `to` sont des positions du même compte",
            )));
        }
        let replay = WebhookCommand::Replay { from: from.0.position, to: to.0.position };
        change(ctx, (account, webhook_id.0), replay, command_id).await
    }

    /// Removes a webhook with its log: it is told nothing any more.
    async fn webhook_remove(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which webhook.")] webhook_id: WebhookKey,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<WebhookPayload> {
        let key = (ctx.account(account_id)?, webhook_id.0);
        change(ctx, key, WebhookCommand::Remove, command_id).await
    }
}

/// Where it is to lead and what it is to be told; otherwise why not, each kind of events that is none by its name.
fn terms<K>(ctx: &Context<'_>, input: WebhookInput) -> Result<std::result::Result<WebhookTerms, Answer<K>>> {
    let mut faults = Faults::new(ctx)?;
    for name in input.kinds.iter().take(WEBHOOK_KIND_COUNT_MAX) {
        let no = match Kinds::parse([name]) {
            Ok(kind) if kind.unknown().is_some() => HostingRefusal::WebhookKindUnknown,
            Ok(_) => continue,
            Err(no) => no,
        };
        let shown: String = name.chars().take(WEBHOOK_KIND_OCTETS_MAX).collect();
        faults.refused_by(&no, &shown);
    }
    if !faults.is_empty() {
        ctx.standing()?;
        return Ok(Err(faults.refused()));
    }
    let mode = ctx.platform().map_or(Mode::Production, |platform| platform.mode);
    let reach = match mode {
        Mode::Development => Reach::AndLoopback,
        Mode::Production => Reach::Public,
    };
    let kinds = match Kinds::parse(&input.kinds) {
        Ok(kinds) => kinds,
        Err(no) => return Ok(Err(refusal(ctx, &no)?)),
    };
    Ok(Ok(WebhookTerms { url: input.url, reach, kinds, description: input.description }))
}

fn signing(ctx: &Context<'_>, secret: &Secret) -> Result<WebhookSecret> {
    WebhookSecret::new(secret.reveal()).ok_or_else(|| ctx.fault(Fault::Busy))
}

async fn change(
    ctx: &Context<'_>,
    (account, webhook): (AccountId, WebhookId),
    wish: WebhookCommand,
    command_id: Option<Uid>,
) -> Result<WebhookPayload> {
    let change = ChangeWebhook { account, webhook, command: wish };
    let answer: Answer<_> = run(ctx, command(ctx, command_id), &change, (account, webhook)).await?;
    Ok(WebhookPayload(answer))
}
