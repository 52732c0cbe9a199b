//! Changing push destinations.

use async_graphql::{Context, InputObject, Object, Result};
use hosting::push as model;
use hosting::secret::Secret;
use kernel::{AccountId, PushId};

use super::object::{PushDestination, PushKind, PushPriority};
use super::query::read;
use crate::entry::payload::{Edit, pattern, removal};
use crate::entry::read::PROJECTION;
use crate::mailbox::record::named;
use crate::payload::{Faults, command, payload};
use crate::scalar::{AccountKey, MailboxKey, PushKey, Uid};

payload! {
    /// What a change of a push destination came to.
    PushPayload { push_destination: PushDestination, by (AccountId, PushId), PROJECTION, read }
}

removal! {
    /// What the removal of a push destination came to.
    PushRemovePayload { push_id: PushKey of PushId }
}

/// A push destination to be, or what of one to change: what is absent is as by default, or stays as it is.
#[derive(Debug, InputObject)]
pub struct PushInput {
    /// Through what. Default: `WEBHOOK`.
    pub kind: Option<PushKind>,
    /// What it is called: 1 to 128 characters, no two of one mailbox the same. Needed for a new one.
    pub name: Option<String>,
    /// Where, for ntfy (with the topic) and webhooks: `https` and a public host, at most 500 octets.
    pub url: Option<String>,
    /// Pushover: of the application, 30 letters and digits. ntfy: of the topic, where it needs one. Webhook: what it is
    /// signed with, at least 16 octets. Needed again where `kind` or `url` change. Kept encrypted, never shown.
    #[graphql(secret)]
    pub token: Option<String>,
    /// Pushover: of the user, 30 letters and digits. Kept encrypted, never shown.
    #[graphql(secret)]
    pub key: Option<String>,
    /// What stands above: at most 250 characters, with `{SUBJECT}`, `{SENDER}`, `{SENDER_NAME}`, `{SENDER_ADDRESS}`,
    /// `{TO_NAME}`, `{TO_ADDRESS}`, `{MSG_ID}` put in. Default: the subject.
    pub title: Option<String>,
    /// What stands below: as above. Default: the sender.
    pub text: Option<String>,
    /// Only mail of these senders is told: addresses and patterns such as `*@example.org`, at most 500. Default: of all.
    pub senders: Option<Vec<String>>,
    /// Only mail of senders that this regular expression fits: at most 1000 octets. Default: of all.
    pub senders_pattern: Option<String>,
    /// How urgent. Default: `NORMAL`.
    pub priority: Option<PushPriority>,
    /// One of the 23 sounds of Pushover. Default: `pushover`.
    pub sound: Option<String>,
    /// Whether news is told. Default: true.
    pub is_active: Option<bool>,
}

impl From<PushInput> for model::PushPatch {
    fn from(input: PushInput) -> Self {
        Self {
            kind: input.kind.map(Into::into),
            name: input.name,
            url: input.url,
            token: input.token.map(Secret::new),
            key: input.key.map(Secret::new),
            title: input.title,
            text: input.text,
            senders: input.senders.map(|senders| senders.into_iter().collect()),
            senders_pattern: input.senders_pattern,
            priority: input.priority.map(Into::into),
            sound: input.sound,
            is_active: input.is_active,
        }
    }
}

/// Changes of push destinations.
#[derive(Debug, Default)]
pub struct PushMutation;

#[Object]
impl PushMutation {
    /// Has news of a mailbox (the caller's own where none is named) told as it comes. `userErrors`, among others:
    /// `PUSH_URL`, `PUSH_TOKEN`, `PUSH_SOUND`, `PUSH_LIMIT`; `MALFORMED` says why `sendersPattern` cannot be read.
    async fn push_add(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which mailbox; the caller's own where absent.")] mailbox_id: Option<MailboxKey>,
        #[graphql(desc = "Where to tell, and what.")] push: PushInput,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<PushPayload> {
        let (account, owner) = named(ctx, account_id, mailbox_id)?;
        let mut faults = Faults::new(ctx)?;
        pattern(&mut faults, "sendersPattern", push.senders_pattern.as_deref());
        if !faults.is_empty() {
            return Ok(PushPayload(faults.refused()));
        }
        let command = command(ctx, command_id);
        let edit = Edit::<model::Push> { account, owner, command };
        edit.add(ctx, PushId::derived(command, 0), push.into()).await.map(PushPayload)
    }

    /// Changes a push destination.
    #[allow(clippy::too_many_arguments, reason = "the arguments of a GraphQL field")]
    async fn push_change(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which mailbox; the caller's own where absent.")] mailbox_id: Option<MailboxKey>,
        #[graphql(desc = "Which destination.")] push_id: PushKey,
        #[graphql(desc = "What is to be otherwise; what is left out stays.")] change: PushInput,
        #[graphql(
            desc = "The revision that was read before, 0 or more. Where somebody else has changed the thing since, nothing is changed and `SETTINGS_CHANGED_MEANWHILE` names the one that is there; absent, whatever is there is changed."
        )]
        revision: Option<u32>,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<PushPayload> {
        let (account, owner) = named(ctx, account_id, mailbox_id)?;
        let mut faults = Faults::new(ctx)?;
        pattern(&mut faults, "sendersPattern", change.senders_pattern.as_deref());
        if !faults.is_empty() {
            return Ok(PushPayload(faults.refused()));
        }
        let edit = Edit::<model::Push> { account, owner, command: command(ctx, command_id) };
        edit.change(ctx, (push_id.0, change.into()), revision).await.map(PushPayload)
    }

    /// Takes a push destination away.
    async fn push_remove(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which mailbox; the caller's own where absent.")] mailbox_id: Option<MailboxKey>,
        #[graphql(desc = "Which destination.")] push_id: PushKey,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<PushRemovePayload> {
        let (account, owner) = named(ctx, account_id, mailbox_id)?;
        let edit = Edit::<model::Push> { account, owner, command: command(ctx, command_id) };
        edit.remove(ctx, push_id.0).await.map(PushRemovePayload)
    }
}
