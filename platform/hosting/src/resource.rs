//! A resource: a room, a group or a thing of a domain that can be invited to a meeting under an address of its own.
//!
//! Its address belongs to it alone: nothing else can get it. No mail is delivered there; invitations are answered once
//! there is a calendar server.

use authority::Permission;
use kernel::{Category, Claim, EmailAddress, Kind, LocalPart, ResourceId};
use serde::{Deserialize, Serialize};

use crate::HostingRefusal;
use crate::book::{Entry, Home, Others, Refusals, Words};
use crate::domain::Domain;
use crate::limit::{
    COMMENT_CHARACTER_COUNT_MAX, DISPLAY_NAME_CHARACTER_COUNT_MAX, RESOURCE_BOOKING_COUNT_MAX,
    RESOURCE_COUNT_MAX,
};
use crate::refusal::{BoxRefusal, Limit, ValueRefusal};
use crate::settings::settings;

/// What can be invited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResourceKind {
    /// A room or another place.
    Location,
    /// Several people as one.
    Group,
    /// A thing.
    Thing,
}

/// What becomes of an invitation while it is booked already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Booking {
    /// It is accepted, and the resource always looks free.
    AlwaysFree,
    /// It is accepted, and the resource looks busy.
    Unlimited,
    /// It is declined from so many bookings at one time on as the resource has.
    Limited,
}

settings! {
    /// One resource.
    Resource, patched by ResourcePatch {
        /// What people call it.
        name: String = String::new();
        /// Its local part in the domain, in canonical form.
        local_part: String = String::new();
        /// What it is.
        kind: ResourceKind = ResourceKind::Location;
        /// What becomes of an invitation while it is booked.
        booking: Booking = Booking::Limited;
        /// Bookings at one time, where they are limited: 1 to 100.
        bookings_max: u32 = 1;
        /// Whether it can be invited.
        is_active: bool = true;
        /// For administrators.
        comment: String = String::new();
    }
}

impl Entry for Resource {
    type Id = ResourceId;
    type Patch = ResourcePatch;
    type Owner = Domain;

    const WORDS: Words = Words {
        category: Category("resource"),
        added: Kind { name: "resource.added", schema: 1 },
        changed: Kind { name: "resource.changed", schema: 1 },
        removed: Kind { name: "resource.removed", schema: 1 },
        edit: "edit_resources",
    };
    const REFUSALS: Refusals = Refusals {
        not_found: HostingRefusal::Box(BoxRefusal::ResourceNotFound),
        exists: HostingRefusal::Box(BoxRefusal::ResourceExists),
        limit: |limit| HostingRefusal::Box(BoxRefusal::ResourceLimit(limit)),
    };
    const COUNT_MAX: usize = RESOURCE_COUNT_MAX;
    const PERMISSION: Permission = Permission::MailboxWrite;

    fn with(&self, patch: ResourcePatch) -> Self {
        self.patched(patch)
    }

    fn differing_in(&self, other: &Self) -> Vec<&'static str> {
        self.differing(other)
    }

    fn settled(mut self, _: &Home, others: &Others<'_, Self>) -> Result<Self, HostingRefusal> {
        self.name = crate::text::word(&self.name, DISPLAY_NAME_CHARACTER_COUNT_MAX)?;
        let local = LocalPart::parse(self.local_part.trim());
        let local = local.map_err(|_| HostingRefusal::Box(BoxRefusal::ResourceLocalPart))?;
        self.local_part = local.canonical();
        self.comment = self.comment.trim().to_owned();
        let count = self.comment.chars().count();
        if count > COMMENT_CHARACTER_COUNT_MAX {
            let limit = Limit::count(COMMENT_CHARACTER_COUNT_MAX, count);
            return Err(HostingRefusal::from(ValueRefusal::CommentTooLong(limit)).of("comment"));
        }
        if !(1..=RESOURCE_BOOKING_COUNT_MAX).contains(&self.bookings_max) {
            let (allowed, used) = (RESOURCE_BOOKING_COUNT_MAX.into(), self.bookings_max.into());
            return Err(HostingRefusal::Box(BoxRefusal::ResourceBookings(Limit { allowed, used })));
        }
        match others.values().any(|other| other.local_part == self.local_part) {
            true => Err(HostingRefusal::AddressTaken),
            false => Ok(self),
        }
    }

    fn claim(&self, home: &Home) -> Option<Claim> {
        let (local, domain) = (LocalPart::parse(&self.local_part).ok()?, home.domain_name.clone()?);
        Some(Claim::address(&EmailAddress::new(local, domain)))
    }
}
