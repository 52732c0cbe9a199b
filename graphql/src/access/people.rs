//! Users, API tokens and sessions as they are now, in memory: every request is judged by it, so that a revocation is
//! obeyed as soon as its event arrives.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use authority::{AdministratorRights, Ceiling, Grant, Permissions, Principal, Scope, Withheld};
use directory::Demand;
use engine::{Follower, ProjectionError};
use hosting::HostingEvent;
use hosting::PasswordHash;
use hosting::account::AccountEvent;
use hosting::delegation::{DelegationEvent, Terms};
use hosting::domain::DomainEvent;
use hosting::factor::FactorEvent;
use hosting::limit::ACCOUNT_DEPTH_MAX;
use hosting::mailbox::MailboxEvent;
use hosting::reseller::Brand;
use hosting::session::{SessionEvent, SessionOwner};
use hosting::user::{UserEvent, UserRole};
use ipnet::IpNet;
use kernel::{
    AccountId, Actor, Cursor, DelegationId, DomainId, Id, MailboxId, Position, Recorded, SessionId, TenantId,
    Timestamp, TokenId, UserId, Via,
};
use parking_lot::RwLock;
use tokio::sync::Notify;

use super::brands::Brands;
use super::delegated::{Delegated, Opening};
use super::familiar::Familiar;
use super::jwt::Claims;
use super::limited::LimitedBoxes;
use super::secret::Secret;

/// Sessions that are kept before expired ones are swept out.
const SESSION_SWEEP_COUNT_MIN: usize = 10_000;

/// A principal that has proved who it is, and through what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Who acts, with what they may at this moment.
    pub principal: Principal,
    /// The account that is meant where a request names none.
    pub home: AccountId,
    /// The session that the credential belongs to; none for an API token.
    pub session: Option<SessionId>,
    /// Whether a second factor was proved.
    pub has_second_factor: bool,
    /// What has to be done before anything else.
    pub demand: Option<Demand>,
}

impl Standing {
    /// Whether it is this user.
    pub fn is_user(&self, user: UserId) -> bool {
        self.principal.actor == Actor::User(user)
    }

    /// Whether it came through this session.
    pub fn is_session(&self, session: SessionId) -> bool {
        self.session == Some(session)
    }
}

/// A user as sign-ins need it.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) user: UserId,
    pub(crate) account: AccountId,
    pub(crate) role: UserRole,
    withheld: AdministratorRights,
    pub(crate) password: Option<PasswordHash>,
    login: Option<String>,
    is_disabled: bool,
    must_change_password: bool,
    factor_count: u16,
    /// Where notices go.
    email: Option<String>,
    /// The address that is not confirmed, and whether it must be before anything else.
    email_pending: Option<(String, bool)>,
}

#[derive(Debug, Clone)]
struct Token {
    user: UserId,
    permissions: Permissions,
    secret_hash: [u8; 32],
    expires_at: Option<Timestamp>,
    networks: Vec<IpNet>,
}

/// A demo whose logins everybody knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visited {
    /// Its account, and the one that takes its place next.
    pub accounts: [AccountId; 2],
    /// When that happens; none where it is not known yet.
    pub resets_at: Option<Timestamp>,
}

/// A session that is not over.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Open {
    pub(crate) account: AccountId,
    pub(crate) owner: SessionOwner,
    pub(crate) expires_at: Timestamp,
    has_second_factor: bool,
}

#[derive(Debug, Default)]
struct Register {
    users: HashMap<UserId, Person>,
    /// Who signs in with what. Accounts are read side by side: where a login has passed to another, both may have it until
    /// everything is read; the last to take it counts.
    logins: HashMap<String, Vec<UserId>>,
    /// Whose notices go to an address.
    emails: HashMap<String, BTreeSet<UserId>>,
    familiar: Familiar,
    tokens: HashMap<TokenId, Token>,
    brands: Brands,
    limited: LimitedBoxes,
    sessions: HashMap<SessionId, Open>,
    by_owner: HashMap<(AccountId, SessionOwner), HashSet<SessionId>>,
    closed: HashSet<AccountId>,
    /// The account above each that stands below another.
    parents: HashMap<AccountId, AccountId>,
    /// All accounts below one, however far.
    below: HashMap<AccountId, Arc<BTreeSet<AccountId>>>,
    /// Accounts whose users need a second factor.
    demanding: HashSet<AccountId>,
    /// The demo that everybody may try.
    visited: Option<Visited>,
    delegations: HashMap<DelegationId, Delegated>,
    /// Those that are open to a user of an account.
    by_delegate: HashMap<(AccountId, UserId), HashSet<DelegationId>>,
    positions: HashMap<TenantId, Position>,
    sweep_at: usize,
}

/// The follower `people`.
#[derive(Debug, Default)]
pub struct People {
    register: RwLock<Register>,
    moved: Notify,
}

impl People {
    /// The user that signs in with `login`, if it may sign in at all now.
    pub(crate) fn person(&self, login: &str) -> Option<Person> {
        let register = self.register.read();
        let user = register.logins.get(&login.to_lowercase())?.last()?;
        register.active(*user).cloned()
    }

    /// The users that may sign in now whose login or confirmed address it is, in the order of their ids.
    pub(crate) fn reached_by(&self, login: &str) -> Vec<Person> {
        let (register, login) = (self.register.read(), login.trim().to_lowercase());
        let by_login = register.logins.get(&login).and_then(|users| users.last()).into_iter();
        let by_email = register.emails.get(&login).into_iter().flatten();
        let users: BTreeSet<UserId> = by_login.chain(by_email).copied().collect();
        users.into_iter().filter_map(|user| register.active(user).cloned()).collect()
    }

    /// Whether somebody comes from a device and network that were not seen together before, while others were.
    pub(crate) fn is_unfamiliar(&self, owner: (AccountId, SessionOwner), device: &str) -> bool {
        self.register.read().familiar.is_unfamiliar(owner, device)
    }

    /// What a user signs in with.
    pub(crate) fn login(&self, user: UserId) -> Option<String> {
        self.register.read().users.get(&user)?.login.clone()
    }

    /// The account that a user is of, disabled ones included; none where it is removed.
    pub(crate) fn home(&self, user: UserId) -> Option<AccountId> {
        self.register.read().users.get(&user).map(|person| person.account)
    }

    /// Whether an account is a reseller's that `account` stands below, however far.
    pub(crate) fn is_above(&self, reseller: AccountId, account: AccountId) -> bool {
        self.register.read().below.get(&reseller).is_some_and(|below| below.contains(&account))
    }

    /// Whether it is an owner of its account and may sign in.
    pub(crate) fn is_owner(&self, user: UserId) -> bool {
        self.register.read().active(user).is_some_and(|person| person.role == UserRole::Owner)
    }

    /// The account that a delegation opens, while it is not over.
    pub(crate) fn delegation(&self, id: DelegationId) -> Option<Delegated> {
        self.register.read().delegations.get(&id).cloned()
    }

    /// The delegations that others have given to a user, with whether each opens now to whoever has proved a second factor or
    /// has not.
    pub(crate) fn delegated_to(
        &self,
        user: UserId,
        at: (Timestamp, bool),
    ) -> Vec<(DelegationId, Delegated, Opening)> {
        let register = self.register.read();
        let home = register.users.get(&user).map(|person| (person.account, user));
        let known = home.and_then(|delegate| register.by_delegate.get(&delegate)).into_iter().flatten();
        known
            .filter_map(|id| {
                let delegation = register.delegations.get(id)?;
                let needs_second_factor = register.needs_second_factor(delegation);
                let opening = Opening { is_open: register.is_open(delegation, at), needs_second_factor };
                Some((*id, delegation.clone(), opening))
            })
            .collect()
    }

    /// A user that may sign in now.
    pub(crate) fn user(&self, user: UserId) -> Option<Person> {
        self.register.read().active(user).cloned()
    }

    /// A session that is not over at `now`.
    pub(crate) fn session(&self, session: SessionId, now: Timestamp) -> Option<Open> {
        let register = self.register.read();
        register.sessions.get(&session).copied().filter(|open| open.expires_at > now)
    }

    /// Whoever holds an access token with these claims, if the session and its owner are still good.
    pub(crate) fn by_session(&self, claims: &Claims, now: Timestamp) -> Option<Standing> {
        let open = self.session(claims.session, now)?;
        let standing = self.of_owner(&open, claims.session, now)?;
        (claims.holder.owner() == open.owner && claims.account == open.account).then_some(standing)
    }

    /// The owner of a session, with what it may now.
    pub(crate) fn of_owner(&self, open: &Open, session: SessionId, now: Timestamp) -> Option<Standing> {
        let register = self.register.read();
        let (principal, demand) = match open.owner {
            SessionOwner::User(user) => {
                let person = register.active(user).filter(|person| person.account == open.account)?;
                let principal = register.principal(person, Via::Session, (now, open.has_second_factor));
                (principal, register.demand(person))
            }
            SessionOwner::Mailbox(mailbox) if !register.closed.contains(&open.account) => {
                let principal = Principal {
                    actor: Actor::Mailbox(mailbox),
                    on_behalf_of: None,
                    via: Via::Session,
                    grants: vec![Grant {
                        scope: Scope::Mailbox(open.account, mailbox),
                        permissions: Permissions::mailbox_owner(),
                    }],
                    ceiling: None,
                    is_visitor: register.is_visited(open.account),
                    withheld: None,
                    limited: register.limited.of([open.account]),
                };
                // What a mailbox has to do first is the directory's to say.
                (principal, None)
            }
            SessionOwner::Mailbox(_) => return None,
        };
        let has_second_factor = open.has_second_factor;
        Some(Standing { principal, home: open.account, session: Some(session), has_second_factor, demand })
    }

    /// Whoever holds an API token, narrowed to its scopes.
    pub(crate) fn by_token(
        &self,
        id: TokenId,
        secret: &Secret,
        (now, peer): (Timestamp, IpAddr),
    ) -> Option<Standing> {
        let register = self.register.read();
        let token = register.tokens.get(&id)?;
        let peer = peer.to_canonical();
        let is_good = secret.matches(&token.secret_hash)
            && token.expires_at.is_none_or(|end| end > now)
            && (token.networks.is_empty() || token.networks.iter().any(|network| network.contains(&peer)));
        let person = register.active(token.user).filter(|_| is_good)?;
        // A token proves no second factor: what demands one is not reached by it.
        let principal = register.principal(person, Via::Token(id), (now, false));
        let ceiling = Ceiling {
            permissions: token.permissions,
            networks: token.networks.clone(),
            expires_at: token.expires_at,
        };
        let principal = Principal { ceiling: Some(ceiling), ..principal.narrowed_to(token.permissions) };
        let home = person.account;
        Some(Standing { principal, home, session: None, has_second_factor: false, demand: None })
    }

    /// Whoever followed a link that was mailed, with no more than `permissions`. None where more is asked of them than to read
    /// their mail: a link proves no second factor.
    pub(crate) fn by_link(
        &self,
        user: UserId,
        permissions: Permissions,
        now: Timestamp,
    ) -> Option<Principal> {
        let register = self.register.read();
        let person = register.active(user)?;
        let is_enough = person.factor_count == 0 && register.demand(person).is_none();
        let principal = || register.principal(person, Via::Session, (now, false));
        is_enough.then(|| principal().narrowed_to(permissions))
    }

    /// The confirmed address of a user.
    pub fn email_of(&self, user: UserId) -> Option<String> {
        self.register.read().active(user)?.email.clone()
    }

    /// Waits until requests are judged by everything up to `cursor`; whether that was so before `patience` ended.
    pub(crate) async fn heard(&self, cursor: Cursor, patience: Duration) -> bool {
        let wait = async {
            loop {
                let moved = self.moved.notified();
                tokio::pin!(moved);
                moved.as_mut().enable();
                if self.register.read().positions.get(&cursor.tenant) >= Some(&cursor.position) {
                    return;
                }
                moved.await;
            }
        };
        tokio::time::timeout(patience, wait).await.is_ok()
    }

    /// Whose account everybody may try from now on: those who come by its logins are kept from what would outlast their visit.
    pub fn let_visit(&self, visited: Visited) {
        self.register.write().visited = Some(visited);
    }

    /// When the demo of this account begins anew; none where it is no demo.
    pub(crate) fn resets_at(&self, account: AccountId) -> Option<Timestamp> {
        let register = self.register.read();
        register.visited.as_ref().filter(|visited| visited.accounts.contains(&account))?.resets_at
    }

    /// Whether a user is registered, disabled ones included.
    pub fn knows(&self, user: UserId) -> bool {
        self.register.read().users.contains_key(&user)
    }

    /// How whoever serves an account presents itself: its own brand, or that of the nearest account above that has one.
    pub fn brand_of(&self, account: AccountId) -> Option<Arc<Brand>> {
        let register = self.register.read();
        let mut next = Some(account);
        for _ in 0..=ACCOUNT_DEPTH_MAX {
            let account = next?;
            if let Some(brand) = register.brands.of(account) {
                return Some(brand);
            }
            next = register.parents.get(&account).copied();
        }
        None
    }

    /// How the reseller presents itself whose customers sign in at this host.
    pub fn brand_at(&self, host: &str) -> Option<Arc<Brand>> {
        self.register.read().brands.at(host)
    }

    /// Whether some reseller's logo has this SHA-256 now.
    pub fn is_logo(&self, sha256: &[u8; 32]) -> bool {
        self.register.read().brands.has_logo(sha256)
    }

    /// Who looks after a domain and can be written to: its administrators, or else the owners of the account; at most
    /// `limit`, by id.
    pub fn administrators(&self, account: AccountId, domain: DomainId, limit: usize) -> Vec<UserId> {
        let own = self.people_of(account, limit, |person| {
            // A Box's first administrator has no address unless the customer gives one: then the owners are told.
            let is_reached = person.email.is_some();
            let role = &person.role;
            is_reached && matches!(role, UserRole::DomainAdministrator(domains) if domains.contains(&domain))
        });
        if own.is_empty() { self.owners(account, limit) } else { own }
    }

    /// The owners of an account; at most `limit`, by id.
    pub fn owners(&self, account: AccountId, limit: usize) -> Vec<UserId> {
        self.people_of(account, limit, |person| person.role == UserRole::Owner)
    }

    fn people_of(&self, account: AccountId, limit: usize, fits: impl Fn(&Person) -> bool) -> Vec<UserId> {
        let register = self.register.read();
        let people = register.users.values();
        let fitting =
            people.filter(|person| person.account == account && !person.is_disabled && fits(person));
        let mut users: Vec<UserId> = fitting.map(|person| person.user).collect();
        users.sort_unstable();
        users.truncate(limit);
        users
    }

    /// How many users, tokens and sessions are known, for metrics.
    pub fn counts(&self) -> (usize, usize, usize) {
        let register = self.register.read();
        (register.users.len(), register.tokens.len(), register.sessions.len())
    }
}

impl Register {
    /// The account in which a user, a session or a delegation stands that is known.
    fn home_of(&self, event: &HostingEvent, id: uuid::Uuid) -> Option<AccountId> {
        match event {
            HostingEvent::User(_) => self.users.get(&UserId::new(id)).map(|known| known.account),
            HostingEvent::Session(_) => self.sessions.get(&SessionId::new(id)).map(|known| known.account),
            HostingEvent::Delegation(_) => {
                self.delegations.get(&DelegationId::new(id)).map(|known| known.account)
            }
            _ => None,
        }
    }

    /// The principal of a user, through `via`: what the role gives, and what others have delegated.
    fn principal(&self, person: &Person, via: Via, at: (Timestamp, bool)) -> Principal {
        let mut grants = person.role.grants(person.account);
        if let (UserRole::Owner, Some(below)) = (&person.role, self.below.get(&person.account)) {
            grants
                .push(Grant { scope: Scope::Below(Arc::clone(below)), permissions: Permissions::reseller() });
        }
        let mut accounts = vec![person.account];
        let delegated = self.by_delegate.get(&(person.account, person.user)).into_iter().flatten();
        for delegation in delegated.filter_map(|id| self.delegations.get(id)) {
            if self.is_open(delegation, at) {
                let scope = delegation.terms.scope.of(delegation.account);
                grants.push(Grant { scope, permissions: delegation.terms.permissions });
                accounts.push(delegation.account);
            }
        }
        let is_visitor = self.is_visited(person.account);
        let is_kept = person.withheld != AdministratorRights::NONE
            && matches!(person.role, UserRole::DomainAdministrator(_));
        let withheld = is_kept.then_some(Withheld { account: person.account, rights: person.withheld });
        Principal {
            actor: Actor::User(person.user),
            on_behalf_of: None,
            via,
            grants,
            ceiling: None,
            is_visitor,
            withheld,
            limited: self.limited.of(accounts),
        }
    }

    /// Whether everybody knows the logins of an account.
    fn is_visited(&self, account: AccountId) -> bool {
        self.visited.as_ref().is_some_and(|visited| visited.accounts.contains(&account))
    }

    /// Makes `account`, and all that is known below it, known to everyone above it. Tenants are read side by side: a lower
    /// account may be heard of before the one above it.
    fn stand_below(&mut self, account: AccountId) {
        let mut lower: BTreeSet<AccountId> =
            self.below.get(&account).map(|accounts| (**accounts).clone()).unwrap_or_default();
        lower.insert(account);
        let mut above = self.parents.get(&account).copied();
        // The tree is four accounts high; the bound is against what must never be.
        for _ in 0..ACCOUNT_DEPTH_MAX {
            let Some(parent) = above else { return };
            Arc::make_mut(self.below.entry(parent).or_default()).extend(lower.iter().copied());
            above = self.parents.get(&parent).copied();
        }
    }

    /// Makes `account`, which has none below it, unknown to everyone above it.
    fn leave(&mut self, account: AccountId) {
        let mut above = self.parents.remove(&account);
        for _ in 0..ACCOUNT_DEPTH_MAX {
            let Some(parent) = above else { return };
            if let Some(below) = self.below.get_mut(&parent) {
                Arc::make_mut(below).remove(&account);
            }
            above = self.parents.get(&parent).copied();
        }
    }

    fn is_open(&self, delegation: &Delegated, (now, has_second_factor): (Timestamp, bool)) -> bool {
        delegation.terms.expires_at.is_none_or(|end| now < end)
            && (has_second_factor || !self.needs_second_factor(delegation))
            && !self.closed.contains(&delegation.account)
    }

    /// Whether a delegation opens only to whoever has proved a second factor: its terms say so, or the account demands one of
    /// everybody.
    fn needs_second_factor(&self, delegation: &Delegated) -> bool {
        delegation.terms.requires_second_factor || self.demanding.contains(&delegation.account)
    }

    fn delegation(&mut self, id: DelegationId, event: &DelegationEvent) {
        match event {
            DelegationEvent::Invited {
                account,
                permissions,
                scope,
                expires_at,
                requires_second_factor,
                ..
            } => {
                let terms = Terms {
                    permissions: *permissions,
                    scope: scope.clone(),
                    expires_at: *expires_at,
                    requires_second_factor: *requires_second_factor,
                };
                self.delegations.insert(id, Delegated { account: *account, terms, user: None });
            }
            DelegationEvent::Accepted { user, home, .. } => {
                if let Some(delegation) = self.delegations.get_mut(&id) {
                    delegation.user = Some((*home, *user));
                    self.by_delegate.entry((*home, *user)).or_default().insert(id);
                }
            }
            DelegationEvent::TermsChanged { permissions, scope, expires_at, requires_second_factor } => {
                if let Some(delegation) = self.delegations.get_mut(&id) {
                    delegation.terms = Terms {
                        permissions: *permissions,
                        scope: scope.clone(),
                        expires_at: *expires_at,
                        requires_second_factor: *requires_second_factor,
                    };
                }
            }
            DelegationEvent::Declined | DelegationEvent::Revoked | DelegationEvent::Left => {
                let Some(user) = self.delegations.remove(&id).and_then(|known| known.user) else { return };
                if let Some(delegations) = self.by_delegate.get_mut(&user) {
                    delegations.remove(&id);
                    if delegations.is_empty() {
                        self.by_delegate.remove(&user);
                    }
                }
            }
        }
    }

    fn demand(&self, person: &Person) -> Option<Demand> {
        if person.email_pending.as_ref().is_some_and(|(_, is_demanded)| *is_demanded) {
            return Some(Demand::EmailVerification);
        }
        if person.must_change_password {
            return Some(Demand::PasswordChange);
        }
        let needs_factor = self.demanding.contains(&person.account) && person.factor_count == 0;
        needs_factor.then_some(Demand::SecondFactor)
    }

    fn active(&self, user: UserId) -> Option<&Person> {
        self.users.get(&user).filter(|person| !person.is_disabled && !self.closed.contains(&person.account))
    }

    fn account(&mut self, account: AccountId, event: &AccountEvent) {
        match event {
            AccountEvent::Opened { parent, .. } => {
                self.closed.remove(&account);
                if let Some(parent) = parent {
                    self.parents.insert(account, parent.account);
                    self.stand_below(account);
                }
            }
            AccountEvent::Moved { parent, .. } => {
                self.leave(account);
                self.parents.insert(account, parent.account);
                self.stand_below(account);
            }
            AccountEvent::MovedToPlatform { .. } => self.leave(account),
            // A reseller is one before its first customer.
            AccountEvent::ResellerSet { sub_account_count_max: 1.. } => {
                self.below.entry(account).or_default();
            }
            AccountEvent::Closed => {
                self.closed.insert(account);
            }
            AccountEvent::SecondFactorRequired { is_required: true } => {
                self.demanding.insert(account);
            }
            AccountEvent::SecondFactorRequired { is_required: false } => {
                self.demanding.remove(&account);
            }
            AccountEvent::UserAdded { .. }
            | AccountEvent::Renamed { .. }
            | AccountEvent::ResellerSet { .. }
            | AccountEvent::BillingModeSet { .. }
            | AccountEvent::TransferOffered { .. }
            | AccountEvent::TransferWithdrawn { .. }
            | AccountEvent::SubAccountReleased { .. }
            | AccountEvent::TicketCounted { .. }
            | AccountEvent::TicketUncounted { .. }
            | AccountEvent::WebhookAdded { .. }
            | AccountEvent::WebhookRemoved { .. }
            | AccountEvent::SubAccountAdmitted { .. }
            | AccountEvent::PersonErased { .. }
            | AccountEvent::UserRemoved { .. }
            | AccountEvent::DelegationAdded { .. }
            | AccountEvent::DelegationEnded { .. }
            | AccountEvent::ServiceAdded { .. }
            | AccountEvent::ServiceEnded { .. } => {}
        }
    }

    fn user(&mut self, user: UserId, event: &UserEvent) {
        match event {
            UserEvent::Registered { account, login, password, role, must_change_password, .. } => {
                let login = login.plain().map(|login| login.as_str().to_owned());
                if let Some(login) = &login {
                    let users = self.logins.entry(login.clone()).or_default();
                    users.retain(|known| *known != user);
                    users.push(user);
                }
                let password = password.as_ref().and_then(|password| password.plain().cloned());
                let role = role.clone();
                let person = Person {
                    user,
                    account: *account,
                    role,
                    withheld: AdministratorRights::NONE,
                    password,
                    login,
                    is_disabled: false,
                    must_change_password: *must_change_password,
                    factor_count: 0,
                    email: None,
                    email_pending: None,
                };
                self.users.insert(user, person);
            }
            UserEvent::EmailGiven { email, is_demanded } => {
                if let Some(person) = self.users.get_mut(&user) {
                    person.email_pending = email.plain().map(|email| (email.to_string(), *is_demanded));
                }
            }
            UserEvent::EmailVerified { email } => self.verified(user, email.plain().map(ToString::to_string)),
            UserEvent::LanguageSet { .. } | UserEvent::TimeZoneSet { .. } => {}
            UserEvent::Factor(event) => {
                let Some(person) = self.users.get_mut(&user) else { return };
                match event {
                    FactorEvent::TotpAdded { .. }
                    | FactorEvent::PasskeyAdded { .. }
                    | FactorEvent::YubikeyAdded { .. } => {
                        person.factor_count = person.factor_count.saturating_add(1);
                    }
                    FactorEvent::FactorRemoved { .. } => {
                        person.factor_count = person.factor_count.saturating_sub(1);
                    }
                    FactorEvent::FactorRenamed { .. }
                    | FactorEvent::RecoveryCodesSet { .. }
                    | FactorEvent::RecoveryCodeUsed { .. } => {}
                }
            }
            UserEvent::PasswordSet { password, must_change } => {
                if let Some(person) = self.users.get_mut(&user) {
                    person.password = password.plain().cloned();
                    person.must_change_password = *must_change;
                }
                self.end_sessions_of(user);
            }
            UserEvent::Disabled => {
                if let Some(person) = self.users.get_mut(&user) {
                    person.is_disabled = true;
                }
            }
            UserEvent::Enabled => {
                if let Some(person) = self.users.get_mut(&user) {
                    person.is_disabled = false;
                }
            }
            UserEvent::Removed => self.forget(user),
            UserEvent::TokenIssued { token, permissions, secret_hash, expires_at, networks, .. } => {
                let (permissions, secret_hash, expires_at) = (*permissions, *secret_hash, *expires_at);
                let networks = networks.clone();
                let issued = Token { user, permissions, secret_hash, expires_at, networks };
                if self.tokens.get(token).is_some_and(|known| known.user != user) {
                    tracing::error!(%token, "an id of a token is of two users; the second is not let in");
                } else {
                    self.tokens.insert(*token, issued);
                }
            }
            UserEvent::TokenChanged { token, permissions, expires_at, networks, .. } => {
                let known = self.tokens.get_mut(token).filter(|known| known.user == user);
                if let Some(known) = known {
                    (known.permissions, known.expires_at) = (*permissions, *expires_at);
                    known.networks.clone_from(networks);
                }
            }
            UserEvent::Renamed { .. } => {}
            UserEvent::RoleSet { role } => {
                if let Some(person) = self.users.get_mut(&user) {
                    person.role = role.clone();
                }
            }
            UserEvent::RightsWithheld { rights } => {
                if let Some(person) = self.users.get_mut(&user) {
                    person.withheld = *rights;
                }
            }
            UserEvent::TokenRevoked { token } => {
                if self.tokens.get(token).is_some_and(|known| known.user == user) {
                    self.tokens.remove(token);
                }
            }
        }
    }

    /// An address counts from now on, and the one before does not.
    fn verified(&mut self, user: UserId, email: Option<String>) {
        let Some(person) = self.users.get_mut(&user) else { return };
        person.email_pending = None;
        let before = std::mem::replace(&mut person.email, email.clone());
        self.unreach(before, user);
        if let Some(email) = email {
            self.emails.entry(email.to_lowercase()).or_default().insert(user);
        }
    }

    fn unreach(&mut self, email: Option<String>, user: UserId) {
        let Some(email) = email.map(|email| email.to_lowercase()) else { return };
        if let Some(users) = self.emails.get_mut(&email) {
            users.remove(&user);
            if users.is_empty() {
                self.emails.remove(&email);
            }
        }
    }

    fn forget(&mut self, user: UserId) {
        self.end_sessions_of(user);
        let email = self.users.get(&user).and_then(|person| person.email.clone());
        self.unreach(email, user);
        if let Some(person) = self.users.get(&user) {
            self.familiar.forget((person.account, SessionOwner::User(user)));
        }
        if let Some(login) = self.users.remove(&user).and_then(|person| person.login)
            && let Some(users) = self.logins.get_mut(&login)
        {
            users.retain(|known| *known != user);
            if users.is_empty() {
                self.logins.remove(&login);
            }
        }
        self.tokens.retain(|_, token| token.user != user);
    }

    fn session(&mut self, account: AccountId, session: SessionId, event: &SessionEvent, at: Timestamp) {
        match event {
            SessionEvent::Started { owner, expires_at, entrance, .. } => {
                self.sweep(at);
                if let Some(device) = entrance.device.as_ref().and_then(kernel::Sealed::plain) {
                    self.familiar.see((account, *owner), device);
                }
                let open = Open {
                    account,
                    owner: *owner,
                    expires_at: *expires_at,
                    has_second_factor: entrance.has_second_factor,
                };
                self.sessions.insert(session, open);
                self.by_owner.entry((account, *owner)).or_default().insert(session);
            }
            SessionEvent::Rotated { expires_at, .. } => {
                if let Some(open) = self.sessions.get_mut(&session) {
                    open.expires_at = *expires_at;
                }
            }
            SessionEvent::Ended { .. } => self.end(session),
        }
    }

    fn mailbox(&mut self, (account, mailbox): (AccountId, MailboxId), event: &MailboxEvent) {
        let owner = (account, SessionOwner::Mailbox(mailbox));
        match event {
            MailboxEvent::PasswordSet { .. } | MailboxEvent::Disabled | MailboxEvent::Deleted { .. } => {
                self.end_sessions(owner);
            }
            MailboxEvent::SettingsChanged { settings, .. } => {
                if settings.plain().is_none_or(|settings| !settings.web) {
                    self.end_sessions(owner);
                }
            }
            MailboxEvent::Created { .. }
            | MailboxEvent::QuotaChanged { .. }
            | MailboxEvent::DisplayNameChanged { .. }
            | MailboxEvent::Factor(_)
            | MailboxEvent::AppPasswordAdded { .. }
            | MailboxEvent::AppPasswordChanged { .. }
            | MailboxEvent::AppPasswordRevoked { .. }
            | MailboxEvent::TemporaryAliasSet { .. }
            | MailboxEvent::TemporaryAliasDropped { .. }
            | MailboxEvent::Renamed { .. }
            | MailboxEvent::RecoveryAddressVerified { .. }
            | MailboxEvent::LanguageSet { .. }
            | MailboxEvent::TimeZoneSet { .. }
            | MailboxEvent::Restored
            | MailboxEvent::Enabled
            | MailboxEvent::SendingHeld { .. }
            | MailboxEvent::SendingReleased { .. }
            | MailboxEvent::ComplainedAbout { .. }
            | MailboxEvent::RetentionChanged { .. }
            | MailboxEvent::QuotaThresholdCrossed { .. } => {}
        }
    }

    fn end(&mut self, session: SessionId) {
        let Some(open) = self.sessions.remove(&session) else { return };
        let owner = (open.account, open.owner);
        if let Some(sessions) = self.by_owner.get_mut(&owner) {
            sessions.remove(&session);
            if sessions.is_empty() {
                self.by_owner.remove(&owner);
            }
        }
    }

    fn end_sessions_of(&mut self, user: UserId) {
        if let Some(person) = self.users.get(&user) {
            self.end_sessions((person.account, SessionOwner::User(user)));
        }
    }

    fn end_sessions(&mut self, owner: (AccountId, SessionOwner)) {
        for session in self.by_owner.remove(&owner).unwrap_or_default() {
            self.sessions.remove(&session);
        }
    }

    /// Forgets sessions that expired, each time their number has doubled: cheap on average.
    fn sweep(&mut self, now: Timestamp) {
        if self.sessions.len() < self.sweep_at.max(SESSION_SWEEP_COUNT_MIN) {
            return;
        }
        let expired: Vec<SessionId> =
            self.sessions.iter().filter(|(_, open)| open.expires_at <= now).map(|(id, _)| *id).collect();
        for session in expired {
            self.end(session);
        }
        self.sweep_at = self.sessions.len() * 2;
    }
}

impl Follower for People {
    type Event = HostingEvent;

    const NAME: &'static str = "people";

    fn apply(&self, page: &[Recorded<HostingEvent>]) -> Result<(), ProjectionError> {
        let mut register = self.register.write();
        for recorded in page {
            let (account, id) = (recorded.cursor.tenant.account(), recorded.stream.id);
            if let Some(other) = register.home_of(&recorded.event, id).filter(|home| *home != account) {
                // Ids are derived so that it cannot be (decision 226). Were it so all the same, nobody is let in by another's.
                tracing::error!(stream = %id, %account, %other, "an id is of two accounts; the second is not heard");
                register.positions.insert(recorded.cursor.tenant, recorded.cursor.position);
                continue;
            }
            match &recorded.event {
                HostingEvent::Account(event) => register.account(account, event),
                HostingEvent::User(event) => register.user(Id::from_uuid(id), event),
                HostingEvent::Session(event) => {
                    register.session(account, Id::from_uuid(id), event, recorded.recorded_at);
                }
                HostingEvent::Delegation(event) => register.delegation(Id::from_uuid(id), event),
                HostingEvent::Mailbox(event) => register.mailbox((account, Id::from_uuid(id)), event),
                HostingEvent::Reseller(event) => register.brands.reseller(account, event),
                HostingEvent::Domain(DomainEvent::Removed { .. }) => {
                    register.brands.without((account, Id::from_uuid(id)));
                }
                HostingEvent::Service(event) => {
                    register.limited.service((account, Id::from_uuid(id)), event);
                }
                HostingEvent::Plan(_)
                | HostingEvent::Domain(_)
                | HostingEvent::Alias(_)
                | HostingEvent::Notice(_)
                | HostingEvent::Ticket(_)
                | HostingEvent::Entry(_)
                | HostingEvent::Document(_)
                | HostingEvent::Contract(_)
                | HostingEvent::MailOrder(_)
                | HostingEvent::Webhook(_) => {}
            }
            register.positions.insert(recorded.cursor.tenant, recorded.cursor.position);
        }
        drop(register);
        self.moved.notify_waiters();
        Ok(())
    }
}
