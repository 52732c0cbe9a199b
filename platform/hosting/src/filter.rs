//! A filter: a Sieve script of a mailbox, or of a domain for all of its mailboxes. It is compiled before it is kept, so
//! that what stands here always runs.
//!
//! For a message run, in this order: those before of the domain, those before of the mailbox, the mailbox's own, those
//! after of the mailbox, those after of the domain; of each place the one that is active.

use authority::{AdministratorRight, Permission};
use kernel::{Category, FilterId, Kind};
use serde::{Deserialize, Serialize};

use crate::HostingRefusal;
use crate::book::{Entry, Home, Others, Refusals, Words};
use crate::domain::Domain;
use crate::limit::{DESCRIPTION_CHARACTER_COUNT_MAX, DISPLAY_NAME_CHARACTER_COUNT_MAX, FILTER_COUNT_MAX};
use crate::mailbox::{Mailbox, SelfService};
use crate::refusal::{Limit, ValueRefusal};
use crate::settings::{check_octets, settings};

/// When a filter runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FilterStage {
    /// Before the owner's own; an administrator's.
    Before,
    /// The owner's own.
    Own,
    /// After it; an administrator's.
    After,
}

settings! {
    /// What a filter is.
    Filter, patched by FilterPatch {
        /// When it runs.
        stage: FilterStage = FilterStage::Own;
        /// What it is called; no two of one owner are called the same.
        name: String = String::new();
        /// What it is for.
        description: String = String::new();
        /// In Sieve (RFC 5228).
        script: String = String::new();
        /// Whether it runs; one of each stage does at most.
        is_active: bool = false;
    }
}

/// The scripts of one mailbox.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MailboxFilter(pub Filter);

/// The scripts of one domain, for all of its mailboxes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DomainFilter(pub Filter);

impl Default for DomainFilter {
    fn default() -> Self {
        Self(Filter { stage: FilterStage::Before, ..Filter::default() })
    }
}

const REFUSALS: Refusals = Refusals {
    not_found: HostingRefusal::FilterNotFound,
    exists: HostingRefusal::FilterExists,
    limit: HostingRefusal::FilterLimit,
};

/// What both kinds have in common.
fn settled<'a>(
    mut filter: Filter,
    others: impl Iterator<Item = &'a Filter>,
) -> Result<Filter, HostingRefusal> {
    filter.name = crate::text::word(&filter.name, DISPLAY_NAME_CHARACTER_COUNT_MAX)?;
    filter.description = filter.description.trim().to_owned();
    let count = filter.description.chars().count();
    if count > DESCRIPTION_CHARACTER_COUNT_MAX {
        let limit = Limit::count(DESCRIPTION_CHARACTER_COUNT_MAX, count);
        return Err(HostingRefusal::from(ValueRefusal::DescriptionTooLong(limit)).of("description"));
    }
    let octets = filter.script.len();
    if octets > sieve::limit::SCRIPT_OCTETS_MAX {
        let limit = Limit::count(sieve::limit::SCRIPT_OCTETS_MAX, octets);
        return Err(HostingRefusal::FilterTooLong(limit));
    }
    sieve::compile(&filter.script).map_err(|_| HostingRefusal::FilterDoesNotCompile)?;
    check_octets(&filter)?;
    let mut others = others;
    match others.any(|other| other.name == filter.name) {
        true => Err(HostingRefusal::FilterNameTaken),
        false => Ok(filter),
    }
}

/// Another of the same stage that was active is so no more.
fn displaced(filter: &Filter, other: &Filter) -> Option<Filter> {
    let is_ousted = filter.is_active && other.is_active && filter.stage == other.stage;
    is_ousted.then(|| Filter { is_active: false, ..other.clone() })
}

macro_rules! filter {
    ($name:ident of $owner:ty, $category:literal, $edit:literal, $self_service:expr) => {
        impl Entry for $name {
            type Id = FilterId;
            type Patch = FilterPatch;
            type Owner = $owner;

            const WORDS: Words = Words {
                category: Category($category),
                added: Kind { name: concat!($category, ".added"), schema: 1 },
                changed: Kind { name: concat!($category, ".changed"), schema: 1 },
                removed: Kind { name: concat!($category, ".removed"), schema: 1 },
                edit: $edit,
            };
            const REFUSALS: Refusals = REFUSALS;
            const COUNT_MAX: usize = FILTER_COUNT_MAX;
            /// As for passwords, since a filter can send mail elsewhere: never delegable.
            const PERMISSION: Permission = Permission::CredentialWrite;
            const RIGHT: Option<AdministratorRight> = Some(AdministratorRight::Filters);
            const SELF_SERVICE: Option<SelfService> = $self_service;

            fn with(&self, patch: FilterPatch) -> Self {
                Self(self.0.patched(patch))
            }

            fn differing_in(&self, other: &Self) -> Vec<&'static str> {
                self.0.differing(&other.0)
            }

            fn settled(self, _: &Home, others: &Others<'_, Self>) -> Result<Self, HostingRefusal> {
                // Only who has an owner has filters of its own.
                if self.0.stage == FilterStage::Own && Self::SELF_SERVICE.is_none() {
                    return Err(HostingRefusal::FilterStage);
                }
                settled(self.0, others.values().map(|other| &other.0)).map(Self)
            }

            fn displaced(&self, other: &Self) -> Option<Self> {
                displaced(&self.0, &other.0).map(Self)
            }

            fn is_owners(&self) -> bool {
                self.0.stage == FilterStage::Own
            }
        }
    };
}

filter!(MailboxFilter of Mailbox, "mailbox_filter", "edit_mailbox_filters", Some(SelfService::Filters));
filter!(DomainFilter of Domain, "domain_filter", "edit_domain_filters", None);
