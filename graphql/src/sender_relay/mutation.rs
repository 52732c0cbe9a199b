//! Changing the relay through which mail of a domain leaves.

use async_graphql::{Context, InputObject, Object, Result};
use hosting::secret::Secret;
use hosting::sender_relay as model;
use kernel::{AccountId, SenderRelayId};

use super::object::SenderRelay;
use super::query::read;
use crate::entry::payload::{Edit, removal};
use crate::entry::read::PROJECTION;
use crate::payload::{command, payload};
use crate::request::Asked;
use crate::scalar::{AccountKey, DomainKey, SenderRelayKey, Uid};

payload! {
    /// What a change of a domain's relay came to.
    SenderRelayPayload { sender_relay: SenderRelay, by (AccountId, SenderRelayId), PROJECTION, read }
}

removal! {
    /// What the removal of a domain's relay came to.
    SenderRelayRemovePayload { sender_relay_id: SenderRelayKey of SenderRelayId }
}

/// A relay to be, or what of one to change: what is absent is as by default, or stays as it is.
#[derive(Debug, InputObject)]
pub struct SenderRelayInput {
    /// The host: a public name, which its certificate has to prove. Needed for a new one.
    pub host: Option<String>,
    /// Its port: 1 to 65 535. Default: 587. TLS is there from the beginning at 465, and begun by STARTTLS at all others.
    pub port: Option<u32>,
    /// Who signs in there: at most 255 octets. Needed for a new one.
    pub login: Option<String>,
    /// With what: at most 255 octets. Needed for a new one, and again where host, port or login change: it is only ever
    /// sent where it was given for. Kept encrypted, never shown.
    #[graphql(secret)]
    pub password: Option<String>,
    /// Whether mail leaves through it. Default: true.
    pub is_active: Option<bool>,
}

impl From<SenderRelayInput> for model::SenderRelayPatch {
    fn from(input: SenderRelayInput) -> Self {
        Self {
            host: input.host,
            port: input.port,
            login: input.login,
            password: input.password.map(Secret::new),
            is_active: input.is_active,
        }
    }
}

/// Changes of the relays of domains.
#[derive(Debug, Default)]
pub struct SenderRelayMutation;

#[Object]
impl SenderRelayMutation {
    /// Has mail of a domain's senders leave through a host elsewhere, from the next message on. Whoever has that host reads
    /// the mail, so this takes what setting passwords takes. A domain has one. `userErrors`, among others:
    /// `SENDER_RELAY_HOST`, `SENDER_RELAY_PORT`, `SENDER_RELAY_LOGIN`, `SENDER_RELAY_PASSWORD`, `SENDER_RELAY_LIMIT`.
    async fn sender_relay_add(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which domain.")] domain_id: DomainKey,
        #[graphql(desc = "The host, and how to sign in there.")] relay: SenderRelayInput,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<SenderRelayPayload> {
        let (account, command) = (ctx.account(account_id)?, command(ctx, command_id));
        let edit = Edit::<model::SenderRelay> { account, owner: domain_id.0, command };
        edit.add(ctx, SenderRelayId::derived(command, 0), relay.into()).await.map(SenderRelayPayload)
    }

    /// Changes the relay of a domain. `userErrors`, among others: `SENDER_RELAY_PASSWORD` where the password has to be
    /// given again, `SETTINGS_CHANGED_MEANWHILE` where `revision` is given and somebody was faster.
    #[allow(clippy::too_many_arguments, reason = "the arguments of a GraphQL field")]
    async fn sender_relay_change(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which domain.")] domain_id: DomainKey,
        #[graphql(desc = "Which relay.")] sender_relay_id: SenderRelayKey,
        #[graphql(desc = "What is to be otherwise; what is left out stays.")] change: SenderRelayInput,
        #[graphql(
            desc = "The revision that was read before, 0 or more. Where somebody else has changed the thing since, nothing is changed and `SETTINGS_CHANGED_MEANWHILE` names the one that is there; absent, whatever is there is changed."
        )]
        revision: Option<u32>,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<SenderRelayPayload> {
        let edit = Edit::<model::SenderRelay> {
            account: ctx.account(account_id)?,
            owner: domain_id.0,
            command: command(ctx, command_id),
        };
        edit.change(ctx, (sender_relay_id.0, change.into()), revision).await.map(SenderRelayPayload)
    }

    /// Takes the relay of a domain away: its mail leaves as that of other domains does.
    async fn sender_relay_remove(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which domain.")] domain_id: DomainKey,
        #[graphql(desc = "Which relay.")] sender_relay_id: SenderRelayKey,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<SenderRelayRemovePayload> {
        let account = ctx.account(account_id)?;
        let edit =
            Edit::<model::SenderRelay> { account, owner: domain_id.0, command: command(ctx, command_id) };
        edit.remove(ctx, sender_relay_id.0).await.map(SenderRelayRemovePayload)
    }
}
