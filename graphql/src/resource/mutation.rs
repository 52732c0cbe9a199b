//! Changing resources.

use async_graphql::{Context, InputObject, Object, Result};
use hosting::resource as model;
use kernel::{AccountId, ResourceId};

use super::object::{Resource, ResourceBooking, ResourceKind};
use super::query::read;
use crate::entry::payload::{Edit, removal};
use crate::entry::read::PROJECTION;
use crate::payload::{command, payload};
use crate::request::Asked;
use crate::scalar::{AccountKey, DomainKey, ResourceKey, Uid};

payload! {
    /// What a change of a resource came to.
    ResourcePayload { resource: Resource, by (AccountId, ResourceId), PROJECTION, read }
}

removal! {
    /// What the removal of a resource came to.
    ResourceRemovePayload { resource_id: ResourceKey of ResourceId }
}

/// A resource to be.
#[derive(Debug, InputObject)]
pub struct ResourceAddInput {
    /// Whose; the caller's own account where absent.
    pub account_id: Option<AccountKey>,
    /// An own domain.
    pub domain_id: DomainKey,
    /// What people call it: 1 to 128 characters.
    pub name: String,
    /// The part of its address before the `@`, for example `room-1`.
    pub local_part: String,
    /// What it is. Default: `LOCATION`.
    pub kind: Option<ResourceKind>,
    /// What becomes of an invitation while it is booked already. Default: `LIMITED`.
    pub booking: Option<ResourceBooking>,
    /// Bookings at one time, where they are limited: 1 to 100. Default: 1.
    pub bookings_max: Option<u32>,
    /// Whether it can be invited. Default: true.
    pub is_active: Option<bool>,
    /// For administrators: at most 160 characters.
    pub comment: Option<String>,
}

/// What of a resource to change; what is absent stays as it is.
#[derive(Debug, InputObject)]
pub struct ResourceChangeInput {
    /// What people call it.
    pub name: Option<String>,
    /// The part of its address before the `@`.
    pub local_part: Option<String>,
    /// What it is.
    pub kind: Option<ResourceKind>,
    /// What becomes of an invitation while it is booked already.
    pub booking: Option<ResourceBooking>,
    /// Bookings at one time, where they are limited: 1 to 100.
    pub bookings_max: Option<u32>,
    /// Whether it can be invited.
    pub is_active: Option<bool>,
    /// For administrators: at most 160 characters.
    pub comment: Option<String>,
}

/// Changes of resources.
#[derive(Debug, Default)]
pub struct ResourceMutation;

#[Object]
impl ResourceMutation {
    /// Adds a room, a group or a thing that can be invited to meetings. `userErrors`, among others: `ADDRESS_TAKEN`,
    /// `RESOURCE_LOCAL_PART`, `RESOURCE_BOOKINGS`, `RESOURCE_LIMIT`.
    async fn resource_add(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What it is to be.")] input: ResourceAddInput,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<ResourcePayload> {
        let (account, command) = (ctx.account(input.account_id)?, command(ctx, command_id));
        let patch = model::ResourcePatch {
            name: Some(input.name),
            local_part: Some(input.local_part),
            kind: input.kind.map(Into::into),
            booking: input.booking.map(Into::into),
            bookings_max: input.bookings_max,
            is_active: input.is_active,
            comment: input.comment,
        };
        let edit = Edit::<model::Resource> { account, owner: input.domain_id.0, command };
        edit.add(ctx, ResourceId::derived(command, 0), patch).await.map(ResourcePayload)
    }

    /// Changes a resource. `userErrors`, among others: `SETTINGS_CHANGED_MEANWHILE` where `revision` is given and
    /// somebody was faster.
    #[allow(clippy::too_many_arguments, reason = "the arguments of a GraphQL field")]
    async fn resource_change(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which domain.")] domain_id: DomainKey,
        #[graphql(desc = "Which resource.")] resource_id: ResourceKey,
        #[graphql(desc = "What is to be otherwise; what is left out stays.")] change: ResourceChangeInput,
        #[graphql(
            desc = "The revision that was read before, 0 or more. Where somebody else has changed the thing since, nothing is changed and `SETTINGS_CHANGED_MEANWHILE` names the one that is there; absent, whatever is there is changed."
        )]
        revision: Option<u32>,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<ResourcePayload> {
        let edit = Edit::<model::Resource> {
            account: ctx.account(account_id)?,
            owner: domain_id.0,
            command: command(ctx, command_id),
        };
        let patch = model::ResourcePatch {
            name: change.name,
            local_part: change.local_part,
            kind: change.kind.map(Into::into),
            booking: change.booking.map(Into::into),
            bookings_max: change.bookings_max,
            is_active: change.is_active,
            comment: change.comment,
        };
        edit.change(ctx, (resource_id.0, patch), revision).await.map(ResourcePayload)
    }

    /// Takes a resource away.
    async fn resource_remove(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which domain.")] domain_id: DomainKey,
        #[graphql(desc = "Which resource.")] resource_id: ResourceKey,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<ResourceRemovePayload> {
        let account = ctx.account(account_id)?;
        let edit = Edit::<model::Resource> { account, owner: domain_id.0, command: command(ctx, command_id) };
        edit.remove(ctx, resource_id.0).await.map(ResourceRemovePayload)
    }
}
