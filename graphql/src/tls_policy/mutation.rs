//! Changing TLS policies.

use async_graphql::{Context, InputObject, Object, Result};
use hosting::tls_policy as model;
use kernel::{AccountId, TlsPolicyId};

use super::object::{TlsLevel, TlsPolicy, TlsVersion};
use super::query::{read, read_of_domain};
use crate::entry::payload::{Edit, removal};
use crate::entry::read::PROJECTION;
use crate::payload::{command, payload};
use crate::request::Asked;
use crate::scalar::{AccountKey, DomainKey, TlsPolicyKey, Uid};

payload! {
    /// What a change of a TLS policy came to.
    TlsPolicyPayload { tls_policy: TlsPolicy, by (AccountId, TlsPolicyId), PROJECTION, read }
}

payload! {
    /// What a change of a TLS policy of a domain came to.
    DomainTlsPolicyPayload { tls_policy: TlsPolicy, by (AccountId, TlsPolicyId), PROJECTION, read_of_domain }
}

removal! {
    /// What the removal of a TLS policy came to.
    TlsPolicyRemovePayload { tls_policy_id: TlsPolicyKey of TlsPolicyId }
}

/// A TLS policy to be, or what of one to change: what is absent is as by default, or stays as it is.
#[derive(Debug, InputObject)]
pub struct TlsPolicyInput {
    /// A domain (`example.org`), `.example.org` for all below it, or `mx.example.org:25`. Needed for a new one.
    pub destination: Option<String>,
    /// How far. Default: `DANE`.
    pub level: Option<TlsLevel>,
    /// For `VERIFY` and `SECURE`: host names, `.example.org`, `nexthop`, `dot-nexthop`, `hostname`; at most 20.
    pub match_names: Option<Vec<String>>,
    /// For `FINGERPRINT`: SHA-256 of certificates or of their public keys, colons allowed; at most 20.
    pub fingerprints: Option<Vec<String>>,
    /// The oldest TLS that is taken. Default: `TLS_12`.
    pub version_min: Option<TlsVersion>,
    /// Whether it holds. Default: true.
    pub is_active: Option<bool>,
    /// For administrators: at most 160 characters.
    pub comment: Option<String>,
}

impl From<TlsPolicyInput> for model::TlsPolicyPatch {
    fn from(input: TlsPolicyInput) -> Self {
        Self {
            destination: input.destination,
            level: input.level.map(Into::into),
            match_names: input.match_names,
            fingerprints: input.fingerprints,
            version_min: input.version_min.map(Into::into),
            is_active: input.is_active,
            comment: input.comment,
        }
    }
}

/// Changes of TLS policies.
#[derive(Debug, Default)]
pub struct TlsPolicyMutation;

#[Object]
impl TlsPolicyMutation {
    /// Decides how mail of an account to one destination is encrypted; with the platform's own account, for everybody,
    /// which is the operator's alone. `userErrors`, among others: `TLS_POLICY_DESTINATION`, `TLS_POLICY_TAKEN`,
    /// `TLS_POLICY_NAMES`, `TLS_POLICY_FINGERPRINTS`, `TLS_POLICY_LIMIT`.
    async fn tls_policy_add(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "For which destination, and what is demanded there.")] policy: TlsPolicyInput,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<TlsPolicyPayload> {
        let (account, command) = (ctx.account(account_id)?, command(ctx, command_id));
        let edit = Edit::<model::TlsPolicy> { account, owner: account, command };
        edit.add(ctx, TlsPolicyId::derived(command, 0), policy.into()).await.map(TlsPolicyPayload)
    }

    /// Changes a TLS policy. `userErrors`, among others: `SETTINGS_CHANGED_MEANWHILE` where `revision` is given and
    /// somebody was faster.
    #[allow(clippy::too_many_arguments, reason = "the arguments of a GraphQL field")]
    async fn tls_policy_change(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which TLS policy.")] tls_policy_id: TlsPolicyKey,
        #[graphql(desc = "What is to be otherwise; what is left out stays.")] change: TlsPolicyInput,
        #[graphql(
            desc = "The revision that was read before, 0 or more. Where somebody else has changed the thing since, nothing is changed and `SETTINGS_CHANGED_MEANWHILE` names the one that is there; absent, whatever is there is changed."
        )]
        revision: Option<u32>,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<TlsPolicyPayload> {
        let account = ctx.account(account_id)?;
        let edit = Edit::<model::TlsPolicy> { account, owner: account, command: command(ctx, command_id) };
        edit.change(ctx, (tls_policy_id.0, change.into()), revision).await.map(TlsPolicyPayload)
    }

    /// Takes a TLS policy away: what the destination itself says holds again.
    async fn tls_policy_remove(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which TLS policy.")] tls_policy_id: TlsPolicyKey,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<TlsPolicyRemovePayload> {
        let account = ctx.account(account_id)?;
        let edit = Edit::<model::TlsPolicy> { account, owner: account, command: command(ctx, command_id) };
        edit.remove(ctx, tls_policy_id.0).await.map(TlsPolicyRemovePayload)
    }

    /// Decides how mail of the senders of one domain to one destination is encrypted. Where the account or the platform has
    /// said something about the destination as well, the strictest level holds. `userErrors` as for `tlsPolicyAdd`.
    async fn domain_tls_policy_add(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which domain.")] domain_id: DomainKey,
        #[graphql(desc = "For which destination, and what is demanded there.")] policy: TlsPolicyInput,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<DomainTlsPolicyPayload> {
        let (account, command) = (ctx.account(account_id)?, command(ctx, command_id));
        let edit = Edit::<model::DomainTlsPolicy> { account, owner: domain_id.0, command };
        edit.add(ctx, TlsPolicyId::derived(command, 0), policy.into()).await.map(DomainTlsPolicyPayload)
    }

    /// Changes a TLS policy of a domain. `userErrors`, among others: `SETTINGS_CHANGED_MEANWHILE` where `revision` is given
    /// and somebody was faster.
    #[allow(clippy::too_many_arguments, reason = "the arguments of a GraphQL field")]
    async fn domain_tls_policy_change(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which domain.")] domain_id: DomainKey,
        #[graphql(desc = "Which TLS policy.")] tls_policy_id: TlsPolicyKey,
        #[graphql(desc = "What is to be otherwise; what is left out stays.")] change: TlsPolicyInput,
        #[graphql(
            desc = "The revision that was read before, 0 or more. Where somebody else has changed the thing since, nothing is changed and `SETTINGS_CHANGED_MEANWHILE` names the one that is there; absent, whatever is there is changed."
        )]
        revision: Option<u32>,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<DomainTlsPolicyPayload> {
        let (account, owner) = (ctx.account(account_id)?, domain_id.0);
        let edit = Edit::<model::DomainTlsPolicy> { account, owner, command: command(ctx, command_id) };
        edit.change(ctx, (tls_policy_id.0, change.into()), revision).await.map(DomainTlsPolicyPayload)
    }

    /// Takes a TLS policy of a domain away: what the account, the platform or the destination itself says holds again.
    async fn domain_tls_policy_remove(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which domain.")] domain_id: DomainKey,
        #[graphql(desc = "Which TLS policy.")] tls_policy_id: TlsPolicyKey,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<TlsPolicyRemovePayload> {
        let (account, owner) = (ctx.account(account_id)?, domain_id.0);
        let edit = Edit::<model::DomainTlsPolicy> { account, owner, command: command(ctx, command_id) };
        edit.remove(ctx, tls_policy_id.0).await.map(TlsPolicyRemovePayload)
    }
}
