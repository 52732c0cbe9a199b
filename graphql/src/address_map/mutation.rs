//! Changing address maps.

use async_graphql::{Context, InputObject, Object, Result};
use hosting::address_map as model;
use kernel::{AccountId, AddressMapId};

use super::object::{AddressMap, AddressMapKind};
use super::query::read;
use crate::entry::payload::{Edit, removal};
use crate::entry::read::PROJECTION;
use crate::payload::{command, payload};
use crate::request::Asked;
use crate::scalar::{AccountKey, AddressMapKey, DomainKey, Uid};

payload! {
    /// What a change of an address map came to.
    AddressMapPayload { address_map: AddressMap, by (AccountId, AddressMapId), PROJECTION, read }
}

removal! {
    /// What the removal of an address map came to.
    AddressMapRemovePayload { address_map_id: AddressMapKey of AddressMapId }
}

/// An address map to be.
#[derive(Debug, InputObject)]
pub struct AddressMapAddInput {
    /// Whose; the caller's own account where absent.
    pub account_id: Option<AccountKey>,
    /// An own domain.
    pub domain_id: DomainKey,
    /// What it does.
    pub kind: AddressMapKind,
    /// A local part (`alice`), an address of the domain, or `@domain` for all of its addresses.
    pub from: String,
    /// One address anywhere; `@domain` only where all addresses of the domain are rewritten.
    pub to: String,
    /// Whether it is applied. Default: true.
    pub is_active: Option<bool>,
    /// For administrators: at most 160 characters.
    pub comment: Option<String>,
}

/// What of an address map to change; what is absent stays as it is.
#[derive(Debug, InputObject)]
pub struct AddressMapChangeInput {
    /// What it does.
    pub kind: Option<AddressMapKind>,
    /// As for a new one.
    pub from: Option<String>,
    /// As for a new one.
    pub to: Option<String>,
    /// Whether it is applied.
    pub is_active: Option<bool>,
    /// For administrators: at most 160 characters.
    pub comment: Option<String>,
}

/// Changes of address maps.
#[derive(Debug, Default)]
pub struct AddressMapMutation;

#[Object]
impl AddressMapMutation {
    /// Has mail of a domain copied to one more address, or its recipients rewritten. Whoever copies mail reads it, so
    /// this takes what setting passwords takes. `userErrors`, among others: `ADDRESS_MAP_SOURCE`,
    /// `ADDRESS_MAP_TARGET`, `ADDRESS_MAP_TAKEN`, `ADDRESS_MAP_LOOP`, `ADDRESS_MAP_LIMIT`.
    async fn address_map_add(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What it is to be.")] input: AddressMapAddInput,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<AddressMapPayload> {
        let (account, command) = (ctx.account(input.account_id)?, command(ctx, command_id));
        let patch = model::AddressMapPatch {
            kind: Some(input.kind.into()),
            from: Some(input.from),
            to: Some(input.to),
            is_active: input.is_active,
            comment: input.comment,
        };
        let edit = Edit::<model::AddressMap> { account, owner: input.domain_id.0, command };
        edit.add(ctx, AddressMapId::derived(command, 0), patch).await.map(AddressMapPayload)
    }

    /// Changes an address map. `userErrors`, among others: `SETTINGS_CHANGED_MEANWHILE` where `revision` is given and
    /// somebody was faster.
    #[allow(clippy::too_many_arguments, reason = "the arguments of a GraphQL field")]
    async fn address_map_change(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which domain.")] domain_id: DomainKey,
        #[graphql(desc = "Which address map.")] address_map_id: AddressMapKey,
        #[graphql(desc = "What is to be otherwise; what is left out stays.")] change: AddressMapChangeInput,
        #[graphql(
            desc = "The revision that was read before, 0 or more. Where somebody else has changed the thing since, nothing is changed and `SETTINGS_CHANGED_MEANWHILE` names the one that is there; absent, whatever is there is changed."
        )]
        revision: Option<u32>,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<AddressMapPayload> {
        let edit = Edit::<model::AddressMap> {
            account: ctx.account(account_id)?,
            owner: domain_id.0,
            command: command(ctx, command_id),
        };
        let patch = model::AddressMapPatch {
            kind: change.kind.map(Into::into),
            from: change.from,
            to: change.to,
            is_active: change.is_active,
            comment: change.comment,
        };
        edit.change(ctx, (address_map_id.0, patch), revision).await.map(AddressMapPayload)
    }

    /// Takes an address map away.
    async fn address_map_remove(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which domain.")] domain_id: DomainKey,
        #[graphql(desc = "Which address map.")] address_map_id: AddressMapKey,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<AddressMapRemovePayload> {
        let account = ctx.account(account_id)?;
        let edit =
            Edit::<model::AddressMap> { account, owner: domain_id.0, command: command(ctx, command_id) };
        edit.remove(ctx, address_map_id.0).await.map(AddressMapRemovePayload)
    }
}
