//! `may(principal, need)`: the one place where the platform says who may do what.
//!
//! Pure: principals carry their grants, needs carry what they touch. Whoever loads a principal (from a session, a
//! token, a command line) answers for its grants being current.

mod gift;
mod limited;
mod right;

use std::collections::BTreeSet;
use std::sync::Arc;

pub use right::{AdministratorRight, AdministratorRights, Withheld};

use kernel::{AccountId, Actor, DomainId, MailboxId, Reads, ServiceId, UseCase, Via};

pub use limited::{Limited, LimitedServices, OnBox};

pub use gift::{Ceiling, Gift, GiftBy, may_give};

/// One thing that a grant can allow: a closed list. The names are stable; API tokens carry them as scopes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Permission {
    /// See an account, its users and services.
    AccountRead,
    /// Change an account and its users.
    AccountWrite,
    /// Open accounts, publish plans, run platform-wide operations: the operator's.
    PlatformWrite,
    /// See services and their limits.
    ServiceRead,
    /// Order, activate and change services.
    ServiceWrite,
    /// See domains.
    DomainRead,
    /// Add, verify, change and remove domains.
    DomainWrite,
    /// See mailboxes and aliases, never what is in them.
    MailboxRead,
    /// Create, change and remove mailboxes and aliases.
    MailboxWrite,
    /// Set a mailbox's or user's password.
    CredentialWrite,
    /// See the events of the audit trail.
    EventRead,
    /// Change one's own mailbox's settings, as far as its administrators leave them to its owner.
    MailboxSelfWrite,
    /// Let others into an account, never further than one's own permissions reach.
    DelegationWrite,
    /// Give a service its entitlement or take it: of one's customers, never of oneself.
    ServiceEntitle,
    /// Ask the platform's support, and read what it answers.
    TicketWrite,
    /// See the ways of messages: from whom to whom, when, and what became of them; never what is in them.
    TraceRead,
    /// Order about one's own mail that waits to leave, and one's list of addresses that nothing is sent to.
    QueueWrite,
}

impl Permission {
    /// All of them, in the order of their bits.
    pub const ALL: [Self; 17] = [
        Self::AccountRead,
        Self::AccountWrite,
        Self::PlatformWrite,
        Self::ServiceRead,
        Self::ServiceWrite,
        Self::DomainRead,
        Self::DomainWrite,
        Self::MailboxRead,
        Self::MailboxWrite,
        Self::CredentialWrite,
        Self::EventRead,
        Self::MailboxSelfWrite,
        Self::DelegationWrite,
        Self::ServiceEntitle,
        Self::TicketWrite,
        Self::TraceRead,
        Self::QueueWrite,
    ];

    /// The stable name, as in the scopes of an API token.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AccountRead => "account:read",
            Self::AccountWrite => "account:write",
            Self::PlatformWrite => "platform:write",
            Self::ServiceRead => "service:read",
            Self::ServiceWrite => "service:write",
            Self::DomainRead => "domain:read",
            Self::DomainWrite => "domain:write",
            Self::MailboxRead => "mailbox:read",
            Self::MailboxWrite => "mailbox:write",
            Self::CredentialWrite => "credential:write",
            Self::EventRead => "event:read",
            Self::MailboxSelfWrite => "mailbox:self",
            Self::DelegationWrite => "delegation:write",
            Self::ServiceEntitle => "service:entitle",
            Self::TicketWrite => "ticket:write",
            Self::TraceRead => "trace:read",
            Self::QueueWrite => "queue:write",
        }
    }

    /// Whether it lets something be changed.
    pub fn is_change(self) -> bool {
        !self.name().ends_with(":read")
    }

    /// The permission of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|permission| permission.name() == name)
    }
}

/// A set of permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Permissions(u64);

impl Permissions {
    /// None at all.
    pub const NONE: Self = Self(0);

    /// What the operator may: everything.
    pub fn everything() -> Self {
        Permission::ALL.into_iter().collect()
    }

    /// What the owner of an account may in it: everything but the platform's own.
    pub fn account_owner() -> Self {
        let not_own = [Permission::PlatformWrite, Permission::ServiceEntitle];
        Permission::ALL.into_iter().filter(|permission| !not_own.contains(permission)).collect()
    }

    /// What the owner of a reseller's account may in the accounts below it: all that their owners may, and the
    /// entitlement of their services.
    pub fn reseller() -> Self {
        let not_below = [Permission::PlatformWrite];
        Permission::ALL.into_iter().filter(|permission| !not_below.contains(permission)).collect()
    }

    /// What a domain's administrator may in that domain.
    pub fn domain_administrator() -> Self {
        [
            Permission::DomainRead,
            Permission::MailboxRead,
            Permission::MailboxWrite,
            Permission::CredentialWrite,
            Permission::EventRead,
            Permission::TraceRead,
            Permission::QueueWrite,
        ]
        .into_iter()
        .collect()
    }

    /// What can be delegated at all. Not credentials, by which mail could be read, nor users, by whom credentials
    /// could be had: mail is never reached by delegation, nor who writes to whom. Not delegation itself: a delegate could prolong their own.
    pub fn delegable() -> Self {
        [
            Permission::AccountRead,
            Permission::ServiceRead,
            Permission::ServiceWrite,
            Permission::DomainRead,
            Permission::DomainWrite,
            Permission::MailboxRead,
            Permission::MailboxWrite,
            Permission::EventRead,
            Permission::TicketWrite,
        ]
        .into_iter()
        .collect()
    }

    /// What a mailbox may about itself.
    pub fn mailbox_owner() -> Self {
        [
            Permission::MailboxRead,
            Permission::CredentialWrite,
            Permission::MailboxSelfWrite,
            Permission::TraceRead,
        ]
        .into_iter()
        .collect()
    }

    /// Whether `permission` is among them.
    pub const fn has(self, permission: Permission) -> bool {
        self.0 & (1 << permission as u8) != 0
    }

    /// Those in both.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// All of them, in order.
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.into_iter().filter(move |permission| self.has(*permission))
    }
}

impl FromIterator<Permission> for Permissions {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> Self {
        Self(permissions.into_iter().fold(0, |bits, permission| bits | 1 << permission as u8))
    }
}

/// What a grant reaches.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Every account of the platform.
    Platform,
    /// Everything of one account.
    Account(AccountId),
    /// Everything of the accounts below a reseller's.
    Below(Arc<BTreeSet<AccountId>>),
    /// Some services of one account, with their domains and mailboxes.
    Services(AccountId, Vec<ServiceId>),
    /// Some domains of one account, with their mailboxes.
    Domains(AccountId, Vec<DomainId>),
    /// One mailbox of one account: its own settings.
    Mailbox(AccountId, MailboxId),
}

/// Permissions within a scope.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Grant {
    /// Where.
    pub scope: Scope,
    /// What.
    pub permissions: Permissions,
}

/// Whoever acts, with what they may do at this moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// Who acts.
    pub actor: Actor,
    /// The account they act for, where it is not their own.
    pub on_behalf_of: Option<AccountId>,
    /// Through what.
    pub via: Via,
    /// What they may do, and where.
    pub grants: Vec<Grant>,
    /// Of whoever came by a token: how far it reaches, and all that is given by it.
    pub ceiling: Option<Ceiling>,
    /// Whether they came by a login that everybody knows: then they are kept from what would outlast their visit.
    pub is_visitor: bool,
    /// What its account's owner keeps from it, where it administers domains.
    pub withheld: Option<Withheld>,
    /// The services that are limited, of the accounts in which it has grants of their people.
    pub limited: Arc<LimitedServices>,
}

impl Principal {
    /// The operator at the machine itself, who may do everything.
    pub fn operator() -> Self {
        Self::unlimited(Actor::Operator, Via::CommandLine)
    }

    /// The platform's own policy or server, by name.
    pub fn platform(name: &'static str) -> Self {
        Self::unlimited(Actor::Platform(name), Via::Platform)
    }

    /// Whoever has signed in, with what they were granted and nothing that narrows it.
    pub fn signed_in(actor: Actor, grants: Vec<Grant>) -> Self {
        Self::free(actor, Via::Session, grants)
    }

    fn unlimited(actor: Actor, via: Via) -> Self {
        let grant = Grant { scope: Scope::Platform, permissions: Permissions::everything() };
        Self::free(actor, via, vec![grant])
    }

    fn free(actor: Actor, via: Via, grants: Vec<Grant>) -> Self {
        Self {
            actor,
            on_behalf_of: None,
            via,
            grants,
            ceiling: None,
            is_visitor: false,
            withheld: None,
            limited: Arc::default(),
        }
    }

    /// Whether the owner of `account` keeps `right` from it there.
    pub fn is_kept_from(&self, account: AccountId, right: AdministratorRight) -> bool {
        self.withheld.is_some_and(|withheld| withheld.account == account && withheld.rights.has(right))
    }

    /// The same principal with no more than `permissions`, as an API token's scopes demand.
    #[must_use]
    pub fn narrowed_to(mut self, permissions: Permissions) -> Self {
        for grant in &mut self.grants {
            grant.permissions = grant.permissions.intersection(permissions);
        }
        self
    }
}

/// What an operation touches: as precise as is known, so that narrow grants can match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Resource {
    /// The account that owns it; none for the platform itself.
    pub account: Option<AccountId>,
    /// The service it belongs to.
    pub service: Option<ServiceId>,
    /// The domain it belongs to.
    pub domain: Option<DomainId>,
    /// The mailbox it is.
    pub mailbox: Option<MailboxId>,
}

impl Resource {
    /// The platform itself.
    pub const PLATFORM: Self = Self { account: None, service: None, domain: None, mailbox: None };

    /// An account as a whole.
    pub const fn account(account: AccountId) -> Self {
        Self { account: Some(account), service: None, domain: None, mailbox: None }
    }

    /// The same, within a service.
    #[must_use]
    pub const fn in_service(mut self, service: ServiceId) -> Self {
        self.service = Some(service);
        self
    }

    /// The same, within a domain.
    #[must_use]
    pub const fn in_domain(mut self, domain: DomainId) -> Self {
        self.domain = Some(domain);
        self
    }

    /// The same, this mailbox.
    #[must_use]
    pub const fn in_mailbox(mut self, mailbox: MailboxId) -> Self {
        self.mailbox = Some(mailbox);
        self
    }
}

/// A permission on a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Need {
    /// What is to be done.
    pub permission: Permission,
    /// To what.
    pub resource: Resource,
}

/// A use case that says what it needs: the only kind that the engine runs.
pub trait Guarded: UseCase {
    /// Whether those are kept from it who came by a login that everybody knows: it would lock out the next one, or have the
    /// platform write to people or call hosts elsewhere.
    fn is_kept_from_visitors(&self) -> bool {
        false
    }

    /// What it does to the Box in which it does it: whether a Box that is restricted, suspended or over lets its people do it.
    fn on_box(&self, _: &<Self::Reads as Reads>::States) -> OnBox {
        OnBox::Changes
    }

    /// The permission that the intention needs. The states are given because a mailbox's domain, for example, stands
    /// in its history and not in the request.
    fn need(&self, states: &<Self::Reads as Reads>::States) -> Need;

    /// All that the intention needs, where that is more than one permission: whoever passes something on must have it.
    fn needs(&self, states: &<Self::Reads as Reads>::States) -> Vec<Need> {
        vec![self.need(states)]
    }

    /// What of it an account's owner may withhold from the administrators of its domains.
    fn rights(&self, _: &<Self::Reads as Reads>::States) -> Vec<AdministratorRight> {
        Vec::new()
    }

    /// The rights that somebody has thereby who did not have them, or not by this: whoever gives them must hold them.
    fn gives(&self, _: &<Self::Reads as Reads>::States) -> Option<Gift> {
        None
    }
}

/// The answer no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// The principal may not even know that the thing exists.
    #[error("not found")]
    Hidden,
    /// The principal sees the thing and lacks this permission.
    #[error("permission `{}` is missing", .0.name())]
    Lacks(Permission),
    /// The owner of the account keeps this from the principal, who administers domains of it.
    #[error("`{}` is withheld", .0.name())]
    Withheld(AdministratorRight),
    /// The principal would give away a permission that it does not hold there itself.
    #[error("permission `{}` is not held and cannot be given", .0.name())]
    NotHeld(Permission),
    /// A token would give one that opens longer, or from other networks, than itself.
    #[error("a token gives none that opens longer or from elsewhere than itself")]
    Outreaches,
    /// The history of the thing is nearly full: what is left of it is for those who look after it.
    #[error("the history is nearly full; the rest is for administrators")]
    HistoryNearlyFull,
    /// The history of the thing is full: what is left of it is for the platform and its operators, who can still end the thing.
    #[error("the history is full")]
    HistoryFull,
    /// The Box is in a state that does not let its people do this.
    #[error("the service is limited")]
    Limited(Limited),
    /// The id of the intention was given before, with another content.
    #[error("the command's id was given before for something else")]
    CommandReused,
    /// Everybody knows the login by which the principal came, and this would outlast the visit.
    #[error("visitors of the demo are kept from this")]
    Visiting,
}

/// Whether `principal` may do what `need` says.
///
/// # Errors
/// [`Denied::Hidden`] where no grant reaches the resource at all, [`Denied::Lacks`] where one reaches it without the
/// permission.
pub fn may(principal: &Principal, need: &Need) -> Result<(), Denied> {
    let mut reached = false;
    for grant in &principal.grants {
        if reaches(&grant.scope, &need.resource) {
            if grant.permissions.has(need.permission) {
                return Ok(());
            }
            reached |= grant.permissions != Permissions::NONE;
        }
    }
    Err(if reached { Denied::Lacks(need.permission) } else { Denied::Hidden })
}

/// Whether `principal` may run `use_case`, which has read `states`.
///
/// # Errors
/// As [`may`]; [`Denied::Withheld`] where it is kept from this administrator; as [`may_give`]; [`Denied::Limited`] where the state
/// of the Box forbids it to its people; [`Denied::Visiting`] where only visitors are kept from it.
pub fn may_run<U: Guarded>(
    principal: &Principal,
    use_case: &U,
    states: &<U::Reads as Reads>::States,
) -> Result<(), Denied> {
    let needs = use_case.needs(states);
    needs.iter().try_for_each(|need| may(principal, need))?;
    if let Some(withheld) = principal.withheld
        && needs.iter().any(|need| need.resource.account == Some(withheld.account))
        && let Some(right) = use_case.rights(states).into_iter().find(|right| withheld.rights.has(*right))
    {
        return Err(Denied::Withheld(right));
    }
    use_case.gives(states).iter().try_for_each(|gift| may_give(principal, gift))?;
    if let Some(limited) = limit_of(principal, &needs, use_case.on_box(states)) {
        return Err(Denied::Limited(limited));
    }
    if principal.is_visitor && use_case.is_kept_from_visitors() { Err(Denied::Visiting) } else { Ok(()) }
}

/// The state of a service that is touched, where it forbids this and `principal` is not of those who set it.
fn limit_of(principal: &Principal, needs: &[Need], what: OnBox) -> Option<Limited> {
    let touched = needs.iter().map(|need| need.resource);
    touched
        .filter_map(|resource| Some((resource, *principal.limited.get(&resource.service?)?)))
        .filter(|(resource, _)| {
            may(principal, &Need { permission: Permission::ServiceEntitle, resource: *resource }).is_err()
        })
        .find_map(|(_, limited)| (!limited.lets(what)).then_some(limited))
}

fn reaches(scope: &Scope, resource: &Resource) -> bool {
    match scope {
        Scope::Platform => true,
        Scope::Account(account) => resource.account == Some(*account),
        Scope::Below(accounts) => resource.account.is_some_and(|account| accounts.contains(&account)),
        Scope::Services(account, services) => {
            resource.account == Some(*account)
                && resource.service.is_some_and(|service| services.contains(&service))
        }
        Scope::Domains(account, domains) => {
            resource.account == Some(*account)
                && resource.domain.is_some_and(|domain| domains.contains(&domain))
        }
        Scope::Mailbox(account, mailbox) => {
            resource.account == Some(*account) && resource.mailbox == Some(*mailbox)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(number: u128) -> AccountId {
        AccountId::new(uuid::Uuid::from_u128(number))
    }

    fn domain(number: u128) -> DomainId {
        DomainId::new(uuid::Uuid::from_u128(number))
    }

    fn principal(scope: Scope, permissions: Permissions) -> Principal {
        Principal::signed_in(Actor::Platform("test"), vec![Grant { scope, permissions }])
    }

    #[test]
    fn another_account_is_hidden_not_forbidden() {
        let owner = principal(Scope::Account(account(1)), Permissions::account_owner());
        let need = |number| Need {
            permission: Permission::DomainRead,
            resource: Resource::account(account(number)),
        };
        assert_eq!(may(&owner, &need(1)), Ok(()));
        assert_eq!(may(&owner, &need(2)), Err(Denied::Hidden));
    }

    #[test]
    fn a_domain_administrator_reaches_that_domain_only() {
        let administrator =
            principal(Scope::Domains(account(1), vec![domain(1)]), Permissions::domain_administrator());
        let need = |number, permission| Need {
            permission,
            resource: Resource::account(account(1)).in_domain(domain(number)),
        };
        assert_eq!(may(&administrator, &need(1, Permission::MailboxWrite)), Ok(()));
        assert_eq!(may(&administrator, &need(2, Permission::MailboxWrite)), Err(Denied::Hidden));
        assert_eq!(
            may(&administrator, &need(1, Permission::DomainWrite)),
            Err(Denied::Lacks(Permission::DomainWrite))
        );
    }

    #[test]
    fn a_token_never_widens_what_its_owner_may() {
        let token = principal(Scope::Account(account(1)), Permissions::domain_administrator())
            .narrowed_to(Permissions::everything());
        let need = Need { permission: Permission::PlatformWrite, resource: Resource::account(account(1)) };
        assert_eq!(may(&token, &need), Err(Denied::Lacks(Permission::PlatformWrite)));
    }

    /// Something that may be withheld.
    struct Withholdable;

    impl UseCase for Withholdable {
        const NAME: &'static str = "withholdable";
        type Reads = ();
        type Refusal = Never;

        fn tenant(&self) -> kernel::TenantId {
            account(1).tenant()
        }

        fn reads(&self) {}

        fn decide(&self, (): &(), _: kernel::Timestamp) -> Result<kernel::Changes, Self::Refusal> {
            Ok(kernel::Changes::none())
        }
    }

    impl Guarded for Withholdable {
        fn need(&self, (): &()) -> Need {
            let resource = Resource::account(account(1)).in_domain(domain(1));
            Need { permission: Permission::CredentialWrite, resource }
        }

        fn rights(&self, (): &()) -> Vec<AdministratorRight> {
            vec![AdministratorRight::Filters]
        }
    }

    #[test]
    fn what_is_withheld_is_kept_from_that_administrator_in_that_account_alone() {
        let scope = Scope::Domains(account(1), vec![domain(1)]);
        let administrator = principal(scope, Permissions::domain_administrator());
        let from = |account: AccountId, right| Principal {
            withheld: Some(Withheld { account, rights: [right].into_iter().collect() }),
            ..administrator.clone()
        };
        assert_eq!(may_run(&administrator, &Withholdable, &()), Ok(()));
        let kept = from(account(1), AdministratorRight::Filters);
        let denied = Err(Denied::Withheld(AdministratorRight::Filters));
        assert_eq!(may_run(&kept, &Withholdable, &()), denied);
        let other = from(account(1), AdministratorRight::SyncJobs);
        assert_eq!(may_run(&other, &Withholdable, &()), Ok(()));
        let elsewhere = from(account(2), AdministratorRight::Filters);
        assert_eq!(may_run(&elsewhere, &Withholdable, &()), Ok(()));
        let stranger = Principal { grants: vec![], ..kept };
        assert_eq!(may_run(&stranger, &Withholdable, &()), Err(Denied::Hidden), "what is hidden stays so");
        for right in AdministratorRight::ALL {
            assert_eq!(AdministratorRight::named(right.name()), Some(right));
        }
    }

    #[test]
    fn every_permission_is_found_by_its_name() {
        for permission in Permission::ALL {
            assert_eq!(Permission::named(permission.name()), Some(permission));
        }
    }

    /// The no of a model that never says it.
    #[derive(Debug)]
    struct Never;

    impl std::fmt::Display for Never {
        fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            Ok(())
        }
    }

    impl kernel::Refusal for Never {
        fn code(&self) -> &'static str {
            "NEVER"
        }
    }

    impl From<kernel::ClaimKind> for Never {
        fn from(_: kernel::ClaimKind) -> Self {
            Self
        }
    }

    /// Something that outlasts a visit.
    struct Lasting;
    /// Something that does not.
    struct Passing;

    macro_rules! intention {
        ($name:ident, $kept:literal) => {
            impl UseCase for $name {
                const NAME: &'static str = stringify!($name);
                type Reads = ();
                type Refusal = Never;

                fn tenant(&self) -> kernel::TenantId {
                    account(1).tenant()
                }

                fn reads(&self) {}

                fn decide(&self, (): &(), _: kernel::Timestamp) -> Result<kernel::Changes, Self::Refusal> {
                    Ok(kernel::Changes::none())
                }
            }

            impl Guarded for $name {
                fn is_kept_from_visitors(&self) -> bool {
                    $kept
                }

                fn need(&self, (): &()) -> Need {
                    Need { permission: Permission::AccountWrite, resource: Resource::account(account(1)) }
                }
            }
        };
    }
    intention!(Lasting, true);
    intention!(Passing, false);

    #[test]
    fn visitors_are_kept_from_what_outlasts_their_visit_and_from_nothing_else() {
        let owner = principal(Scope::Account(account(1)), Permissions::account_owner());
        let visitor = Principal { is_visitor: true, ..owner.clone() };
        assert_eq!(may_run(&owner, &Lasting, &()), Ok(()));
        assert_eq!(may_run(&visitor, &Passing, &()), Ok(()));
        assert_eq!(may_run(&visitor, &Lasting, &()), Err(Denied::Visiting));
        let stranger = Principal {
            is_visitor: true,
            ..principal(Scope::Account(account(2)), Permissions::account_owner())
        };
        assert_eq!(may_run(&stranger, &Lasting, &()), Err(Denied::Hidden), "what is hidden stays so");
    }
}
