//! A resource as the API shows it.

use async_graphql::{Enum, SimpleObject};
use hosting::resource as model;
use kernel::DomainId;

use crate::entry::read::EntryRow;
use crate::scalar::{AccountKey, DomainKey, Moment, ResourceKey};

/// What can be invited to a meeting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "model::ResourceKind")]
pub enum ResourceKind {
    /// A room or another place.
    Location,
    /// Several people as one.
    Group,
    /// A thing.
    Thing,
}

/// What becomes of an invitation while the resource is booked already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "model::Booking")]
pub enum ResourceBooking {
    /// It is accepted, and the resource always looks free.
    AlwaysFree,
    /// It is accepted, and the resource looks busy.
    Unlimited,
    /// It is declined from `bookingsMax` bookings at one time on.
    Limited,
}

/// A room, a group or a thing that can be invited to a meeting under an address of its own. Nothing else can get the
/// address; mail for it is refused, and invitations are answered once there is a calendar server.
#[derive(Debug, Clone, SimpleObject)]
pub struct Resource {
    /// Its name for the API.
    pub id: ResourceKey,
    /// The account that it belongs to.
    pub account_id: AccountKey,
    /// The domain of its address.
    pub domain_id: DomainKey,
    /// What people call it.
    pub name: String,
    /// The part of its address before the `@`.
    pub local_part: String,
    /// What it is.
    pub kind: ResourceKind,
    /// What becomes of an invitation while it is booked already.
    pub booking: ResourceBooking,
    /// Bookings at one time, where they are limited.
    pub bookings_max: u32,
    /// Whether it can be invited.
    pub is_active: bool,
    /// For administrators.
    pub comment: String,
    /// Whether invitations are answered: not until there is a calendar server.
    pub is_in_force: bool,
    /// How often it was changed: give it with a change that must not undo another's.
    pub revision: i32,
    /// Since when it is there.
    pub created_at: Moment,
    /// When it was last changed.
    pub changed_at: Moment,
}

impl From<EntryRow<model::Resource>> for Resource {
    fn from(row: EntryRow<model::Resource>) -> Self {
        Self {
            id: ResourceKey(row.id),
            account_id: AccountKey(row.account),
            domain_id: DomainKey(row.domain.unwrap_or(DomainId::new(uuid::Uuid::nil()))),
            name: row.content.name,
            local_part: row.content.local_part,
            kind: row.content.kind.into(),
            booking: row.content.booking.into(),
            bookings_max: row.content.bookings_max,
            is_active: row.content.is_active,
            comment: row.content.comment,
            is_in_force: false,
            revision: row.revision,
            created_at: row.created_at,
            changed_at: row.changed_at,
        }
    }
}
