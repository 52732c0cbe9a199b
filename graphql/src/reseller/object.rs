//! Pools, brands and customers on offer as the API shows them.

use async_graphql::{Enum, InputObject, SimpleObject};
use hosting::reseller as model;

use crate::scalar::{AccountKey, DomainKey, Octets};

/// An amount of what resellers hand on: of what services may have, whether they use it or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, SimpleObject)]
pub struct Resources {
    /// Services that have not ended.
    pub services: u32,
    /// Own domains of those services.
    pub domains: u32,
    /// Mailboxes of those services.
    pub mailboxes: u32,
    /// Storage of those services.
    pub storage_bytes: Octets,
}

impl From<model::Resources> for Resources {
    fn from(resources: model::Resources) -> Self {
        Self {
            services: resources.services,
            domains: resources.domains,
            mailboxes: resources.mailboxes,
            storage_bytes: resources.storage.into(),
        }
    }
}

/// An amount to hand on; each is 0 where nothing of it is.
#[derive(Debug, Clone, Copy, InputObject)]
pub struct ResourcesInput {
    /// Services that have not ended: 0 or more.
    pub services: u32,
    /// Own domains of those services: 0 or more.
    pub domains: u32,
    /// Mailboxes of those services: 0 or more.
    pub mailboxes: u32,
    /// Storage of those services, in octets.
    pub storage_bytes: Octets,
}

impl From<ResourcesInput> for model::Resources {
    fn from(input: ResourcesInput) -> Self {
        Self {
            services: input.services,
            domains: input.domains,
            mailboxes: input.mailboxes,
            storage: input.storage_bytes.0,
        }
    }
}

/// What an account may hand on and, where it stands below a reseller, order itself.
#[derive(Debug, Clone, SimpleObject)]
pub struct Pool {
    /// The account.
    pub id: AccountKey,
    /// How often that was changed: give it with a change that must not undo another's.
    pub revision: i32,
    /// How much in all; none: without limit.
    pub total: Option<Resources>,
    /// How much of it is given to accounts below and taken by own services. A cut counts once its holder has made room.
    pub used: Resources,
    /// How much is left; none: without limit.
    pub free: Option<Resources>,
}

/// What one customer of a reseller has of the pool.
#[derive(Debug, Clone, SimpleObject)]
pub struct PoolShare {
    /// The customer's account.
    pub id: AccountKey,
    /// How often something was allocated: give it with an allocation that must not undo another's.
    pub revision: i32,
    /// What was allocated last.
    pub allocated: Resources,
    /// What counts: more than that while the customer has not made room yet, or uses more.
    pub counted: Resources,
}

/// How far the offer of a customer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "model::IncomingState")]
pub enum TransferState {
    /// It waits for an answer.
    Offered,
    /// It is accepted; the customer is on the way.
    Accepted,
}

/// A customer that another reseller offers. Nothing else of the customer is seen before it has moved.
#[derive(Debug, Clone, SimpleObject)]
pub struct Transfer {
    /// The customer's account.
    pub id: AccountKey,
    /// What it is called; none once erased.
    pub name: Option<String>,
    /// Whether it is for trying things out.
    pub is_sandbox: bool,
    /// What its services take: so much of the own pool is given to it on accepting.
    pub resources: Resources,
    /// See [`TransferState`].
    pub state: TransferState,
}

/// How a reseller presents itself to its customers.
#[derive(Debug, Clone, SimpleObject)]
pub struct Brand {
    /// What it is called on pages and in messages.
    pub name: String,
    /// The colour of heads and buttons, for example `#2f5d50`.
    pub accent: String,
    /// The colour of what is written on them.
    pub on_accent: String,
    /// Where its logo is had, below the origin of the pages; none: it has none.
    pub logo_path: Option<String>,
    /// Where its customers sign in.
    pub hosts: Vec<BrandHost>,
    /// The language of its pages as RFC 5646 writes it; none: what browsers ask for.
    pub language: Option<String>,
}

/// A host under which customers sign in.
#[derive(Debug, Clone, SimpleObject)]
pub struct BrandHost {
    /// Its name, for example `panel.example.com`.
    pub name: String,
    /// The verified domain that it lies in.
    pub domain_id: DomainKey,
}

impl From<&model::Brand> for Brand {
    fn from(brand: &model::Brand) -> Self {
        let host = |host: &model::BrandHost| BrandHost {
            name: host.name.to_string(),
            domain_id: DomainKey(host.domain),
        };
        Self {
            name: brand.name.clone(),
            accent: brand.accent.to_string(),
            on_accent: brand.on_accent.to_string(),
            logo_path: brand.logo.map(|logo| super::dress::logo_path(&logo.sha256)),
            hosts: brand.hosts.iter().map(host).collect(),
            language: brand.language.map(|language| language.tag().to_owned()),
        }
    }
}

/// How a reseller shall present itself: all of it is as said here then.
#[derive(Debug, InputObject)]
pub struct BrandInput {
    /// What it is called, 1 to 64 characters.
    pub name: String,
    /// The colour of heads and buttons: `#` and six hexadecimal digits.
    pub accent: String,
    /// The colour of what is written on them: a contrast of 4.5 at least (WCAG 2.2); white where absent.
    pub on_accent: Option<String>,
    /// A PNG picture in base64, at most 64 KiB and 1024 by 1024 pixels; absent: the one of now is kept.
    pub logo_base64: Option<String>,
    /// Whether to have no logo any more.
    #[graphql(default)]
    pub has_no_logo: bool,
    /// Where its customers sign in, at most 5.
    #[graphql(default)]
    pub hosts: Vec<BrandHostInput>,
    /// The language of its pages, `en` or `fr`; absent: what browsers ask for.
    pub language: Option<String>,
}

/// A host under which customers shall sign in. Its DNS leads here, and whoever ends TLS has a certificate for it.
#[derive(Debug, InputObject)]
pub struct BrandHostInput {
    /// Its name, for example `panel.example.com`.
    pub name: String,
    /// The verified domain of the account that it lies in.
    pub domain_id: DomainKey,
}
