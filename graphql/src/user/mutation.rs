//! Changing users and API tokens.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use async_graphql::{Context, InputObject, MaybeUndefined, Object, Result};
use authority::{Permission, Permissions, Resource};
use hosting::LoginName;
use hosting::account::{Account, AccountState};
use hosting::domain::Domain;
use hosting::limit::ADMINISTERED_DOMAIN_COUNT_MAX;
use hosting::service::Service;
use hosting::use_case::{
    AtRevision, ChangeToken, ChangeUser, DisableUser, EnableUser, Governance, IssueToken, RegisterUser,
    RemoveUser, RevokeToken, SetUserPassword,
};
use hosting::user::{TokenPatch, UserRole};
use ipnet::IpNet;
use kernel::{AccountId, Key, ServiceId, TokenId, UserId};

use super::object::{AdministratorRight, ApiToken, RoleKind, User};
use super::query::{PROJECTION, read, read_token};
use crate::access::now;
use crate::access::password::hashed;
use crate::access::secret::{Opens, Secret};
use crate::error::Fault;
use crate::limit::API_TOKEN_DAYS_MAX;
use crate::payload::{Answer, Faults, UserError, command, payload, run, secret_payload};
use crate::plan::bought::{named_plans, run_in_plan, services};
use crate::request::Asked;
use crate::scalar::{AccountKey, DomainKey, Place, TokenKey, Uid, UserKey};

payload! {
    /// What a change of a user came to.
    UserPayload { user: User, by (AccountId, UserId), PROJECTION, read }
}

payload! {
    /// What a change of an API token came to.
    ApiTokenPayload { api_token: ApiToken, by (AccountId, TokenId), PROJECTION, read_token }
}

/// What the removal of a user came to.
#[derive(Debug, Clone)]
pub struct UserRemovePayload(Answer<UserId>);

/// What the removal of a user came to.
#[Object]
impl UserRemovePayload {
    /// The id that names nobody any more; none where the mutation was refused.
    async fn user_id(&self) -> Option<UserKey> {
        match &self.0 {
            Answer::Done { key, .. } => Some(UserKey(*key)),
            Answer::Refused(_) => None,
        }
    }

    /// Why the mutation was refused; empty where it was done.
    async fn user_errors(&self) -> &[UserError] {
        self.0.errors()
    }

    /// Where the change stands: give it as `atLeast` to a query that must show it.
    async fn position(&self) -> Option<Place> {
        self.0.cursor().map(Place)
    }
}

secret_payload! {
    /// What the issue of an API token came to.
    ApiTokenIssuePayload {
        api_token: ApiToken, by (AccountId, TokenId), PROJECTION, read_token;
        /// What programs send as `Authorization: Bearer ...`. Shown this once: a repeat of the same `commandId` gives none.
        secret
    }
}

/// A user to be.
#[derive(Debug, InputObject)]
pub struct UserRegisterInput {
    /// Of which account; the caller's own where absent.
    pub account_id: Option<AccountKey>,
    /// What they sign in with: 3 to 128 of `a-z 0-9 . _ @ + -`, unique on the platform.
    pub login: String,
    /// What they are called.
    pub name: Option<String>,
    /// 10 to 512 octets; without one nobody signs in until one is set.
    pub password: Option<String>,
    /// Whether they must choose another password before anything else, since somebody else knows this one.
    #[graphql(default)]
    pub must_change_password: bool,
    /// What they may do.
    pub role: RoleKind,
    /// The domains that a domain administrator looks after.
    #[graphql(default)]
    pub domain_ids: Vec<DomainKey>,
}

/// An API token to be.
#[derive(Debug, InputObject)]
pub struct ApiTokenIssueInput {
    /// Of which account; the caller's own where absent.
    pub account_id: Option<AccountKey>,
    /// Whose rights it carries.
    pub user_id: UserKey,
    /// What it is for.
    pub name: String,
    /// The scopes that narrow the user's rights, for example `mailbox:read`.
    pub permissions: Vec<String>,
    /// After so many days it opens nothing; at most 3650; absent: until revoked.
    pub expires_in_days: Option<u32>,
    /// From where it opens anything, for example `192.0.2.0/24` or `2001:db8::1/128`; empty: from everywhere. The address
    /// is that of the connection: behind a proxy it is the proxy's.
    #[graphql(default)]
    pub networks: Vec<String>,
}

/// What of a user to change; what is absent stays as it is.
#[derive(Debug, InputObject)]
pub struct UserChangeInput {
    /// What they are called; `null`: nothing but the login.
    pub name: MaybeUndefined<String>,
    /// What they may do.
    pub role: Option<RoleKind>,
    /// With `role: DOMAIN_ADMINISTRATOR`: the domains that they look after, all of them.
    #[graphql(default)]
    pub domain_ids: Vec<DomainKey>,
    /// What is kept from them while they administer domains, all of it; empty: nothing any more.
    pub withheld: Option<Vec<AdministratorRight>>,
}

/// What of an API token to change; what is absent stays as it is.
#[derive(Debug, InputObject)]
pub struct ApiTokenChangeInput {
    /// What it is for.
    pub name: Option<String>,
    /// The scopes that narrow the user's rights, all of them.
    pub permissions: Option<Vec<String>>,
    /// After so many days from now it opens nothing; at most 3650; `null`: until revoked.
    pub expires_in_days: MaybeUndefined<u32>,
    /// From where it opens anything, all of them; empty: from everywhere.
    pub networks: Option<Vec<String>>,
}

/// Changes of users and API tokens.
#[derive(Debug, Default)]
pub struct UserMutation;

#[Object]
impl UserMutation {
    /// Registers a user of an account.
    async fn user_register(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What it is to be.")] input: UserRegisterInput,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<UserPayload> {
        let account = ctx.account(input.account_id)?;
        ctx.allow(Permission::AccountWrite, Resource::account(account))?;
        let mut faults = Faults::new(ctx)?;
        let login = faults.take("login", LoginName::parse(&input.login));
        let password = match input.password {
            Some(password) => faults.password("password", password, &[&input.login]).map(Some),
            None => Some(None),
        };
        let (Some(login), Some(password)) = (login, password) else {
            return Ok(UserPayload(faults.refused()));
        };
        let password = match password {
            Some(password) => Some(hashed(ctx, password).await?),
            None => None,
        };
        let role = role_of(input.role, input.domain_ids);
        let services = services_of(ctx, account, &role).await?;
        let command = command(ctx, command_id);
        let user = UserId::derived(command, 0);
        let register = RegisterUser {
            account,
            user,
            login,
            name: input.name,
            password,
            role,
            must_change_password: input.must_change_password,
            services: services.clone(),
        };
        let answer = run(ctx, command, &register, (account, user)).await?;
        named_plans(ctx, (account, &services), answer).await.map(UserPayload)
    }

    /// Changes the name of a user, or what they are in the account: their sessions and tokens go on with the rights that they have
    /// then. Nobody changes their own role. `userErrors`, among others: `ROLE_NEEDS_DOMAIN`,
    /// `DOMAIN_ADMINISTRATORS_ABOVE_PLAN`, `LAST_OWNER`, `SETTINGS_CHANGED_MEANWHILE`.
    #[allow(clippy::too_many_arguments, reason = "the arguments of a GraphQL field")]
    async fn user_change(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which user.")] user_id: UserKey,
        #[graphql(desc = "What is to be otherwise; what is left out stays.")] change: UserChangeInput,
        #[graphql(
            desc = "The revision that was read before, 0 or more. Where somebody else has changed the thing since, nothing is changed and `SETTINGS_CHANGED_MEANWHILE` names the one that is there; absent, whatever is there is changed."
        )]
        revision: Option<u32>,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<UserPayload> {
        let (account, user) = (ctx.account(account_id)?, user_id.0);
        ctx.allow(Permission::AccountWrite, Resource::account(account))?;
        let role = change.role.map(|kind| role_of(kind, change.domain_ids));
        if (role.is_some() || change.withheld.is_some()) && ctx.standing()?.is_user(user) {
            return Err(ctx.fault(Fault::Forbidden));
        }
        let mut services = Vec::new();
        if let Some(role) = &role {
            services = services_of(ctx, account, role).await?;
            services.extend(counting(ctx, (account, user)).await?);
            services.sort_unstable();
            services.dedup();
        }
        let name = match change.name {
            MaybeUndefined::Undefined => None,
            MaybeUndefined::Null => Some(None),
            MaybeUndefined::Value(name) => Some(Some(name)),
        };
        let withheld = change.withheld.map(|rights| rights.into_iter().map(Into::into).collect());
        let governance = match role {
            Some(_) => governance(ctx, (account, user)).await?,
            None => Governance::Owner(None),
        };
        let read = services.clone();
        let change = ChangeUser { account, user, name, role, withheld, services: read, governance };
        let change = AtRevision { change, revision };
        let answer = run(ctx, command(ctx, command_id), &change, (account, user)).await?;
        named_plans(ctx, (account, &services), answer).await.map(UserPayload)
    }

    /// Sets a user's password. Their sessions end. With `mustChange` they choose another one before anything else.
    #[allow(clippy::too_many_arguments, reason = "the arguments of a GraphQL field")]
    async fn user_password_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which user.")] user_id: UserKey,
        #[graphql(desc = "10 to 512 octets.")] password: String,
        #[graphql(desc = "Whether another password must be chosen at the next sign-in.")] must_change: Option<
            bool,
        >,
        #[graphql(
            desc = "Whether API tokens are revoked as well; absent: they stay. Whoever knew the old password may have made some."
        )]
        revokes_others: Option<bool>,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<UserPayload> {
        let (account, user) = (ctx.account(account_id)?, user_id.0);
        ctx.allow(Permission::CredentialWrite, Resource::account(account))?;
        let mut faults = Faults::new(ctx)?;
        let login = ctx.platform()?.people.login(user).unwrap_or_default();
        let Some(password) = faults.password("password", password, &[&login]) else {
            return Ok(UserPayload(faults.refused()));
        };
        let password = hashed(ctx, password).await?;
        let (must_change, revokes_others) =
            (must_change.unwrap_or_default(), revokes_others.unwrap_or_default());
        let set = SetUserPassword { account, user, password, must_change, revokes_others };
        run(ctx, command(ctx, command_id), &set, (account, user)).await.map(UserPayload)
    }

    /// Lets a user sign in no more; sessions and tokens are void meanwhile. `userErrors`, among others: `LAST_OWNER`.
    async fn user_disable(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which user.")] user_id: UserKey,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<UserPayload> {
        let (account, user) = (ctx.account(account_id)?, user_id.0);
        let governance = governance(ctx, (account, user)).await?;
        let disable = DisableUser { account, user, governance };
        run(ctx, command(ctx, command_id), &disable, (account, user)).await.map(UserPayload)
    }

    /// Lets a disabled user sign in again.
    async fn user_enable(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which user.")] user_id: UserKey,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<UserPayload> {
        let (account, user) = (ctx.account(account_id)?, user_id.0);
        run(ctx, command(ctx, command_id), &EnableUser { account, user }, (account, user))
            .await
            .map(UserPayload)
    }

    /// Removes a user for good, with sessions and tokens; the login is free. `userErrors`, among others: `LAST_OWNER` where nobody
    /// else owns the account; those above an account may leave it without.
    async fn user_remove(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which user.")] user_id: UserKey,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<UserRemovePayload> {
        let (account, user) = (ctx.account(account_id)?, user_id.0);
        // Whoever may not remove the user learns nothing of the services.
        ctx.allow(Permission::AccountWrite, Resource::account(account))?;
        let services = counting(ctx, (account, user)).await?;
        let governance = governance(ctx, (account, user)).await?;
        let remove = RemoveUser { account, user, services, governance };
        run(ctx, command(ctx, command_id), &remove, user).await.map(UserRemovePayload)
    }

    /// Issues an API token that carries a user's rights, narrowed to some scopes. Its secret is shown once.
    async fn api_token_issue(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What it is to be.")] input: ApiTokenIssueInput,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<ApiTokenIssuePayload> {
        let account = ctx.account(input.account_id)?;
        let command = command(ctx, command_id);
        let token = TokenId::derived(command, 0);
        let secret = Secret::random(Opens::Token(token)).map_err(|error| ctx.failed("chance", &error))?;
        let mut faults = Faults::new(ctx)?;
        let permissions = scopes(&mut faults, &input.permissions);
        let networks = networks(&mut faults, &input.networks);
        let days = input.expires_in_days;
        if let Some(days) = days.filter(|days| !(1..=API_TOKEN_DAYS_MAX).contains(days)) {
            faults.days("expiresInDays", API_TOKEN_DAYS_MAX, days);
        }
        let Some(permissions) = permissions.filter(|_| faults.is_empty()) else {
            return Ok(ApiTokenIssuePayload { answer: faults.refused(), secret });
        };
        let issue = IssueToken {
            account,
            user: input.user_id.0,
            token,
            name: input.name,
            permissions,
            secret_hash: secret.hash(),
            networks,
            expires_at: days.map(|days| now().plus(Duration::from_secs(u64::from(days) * 24 * 3600))),
        };
        let answer = run_in_plan(ctx, command, (account, issue), (account, token)).await?;
        Ok(ApiTokenIssuePayload { answer, secret })
    }

    /// Changes an API token: what it is called, what it opens, for how long and from where, by whoever may issue one. Its secret
    /// stays. `userErrors`, among others: `TOKEN_ALLOWS_NOTHING`, `API_WRITE_NOT_IN_PLAN`, `SETTINGS_CHANGED_MEANWHILE`.
    #[allow(clippy::too_many_arguments, reason = "the arguments of a GraphQL field")]
    async fn api_token_change(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which user.")] user_id: UserKey,
        #[graphql(desc = "Which API token.")] api_token_id: TokenKey,
        #[graphql(desc = "What is to be otherwise; what is left out stays.")] change: ApiTokenChangeInput,
        #[graphql(
            desc = "The revision that was read before, 0 or more. Where somebody else has changed the thing since, nothing is changed and `SETTINGS_CHANGED_MEANWHILE` names the one that is there; absent, whatever is there is changed."
        )]
        revision: Option<u32>,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<ApiTokenPayload> {
        let (account, token) = (ctx.account(account_id)?, api_token_id.0);
        let mut faults = Faults::new(ctx)?;
        let permissions = match &change.permissions {
            Some(names) => scopes(&mut faults, names),
            None => None,
        };
        let networks = change.networks.map(|texts| networks(&mut faults, &texts));
        let expires_at = expiry(&mut faults, &change.expires_in_days);
        if !faults.is_empty() {
            return Ok(ApiTokenPayload(faults.refused()));
        }
        let patch = TokenPatch { name: change.name, permissions, expires_at, networks };
        let change = ChangeToken { account, user: user_id.0, token, patch };
        let change = AtRevision { change, revision };
        let answer = run_in_plan(ctx, command(ctx, command_id), (account, change), (account, token)).await?;
        Ok(ApiTokenPayload(answer))
    }

    /// Revokes an API token: it opens nothing any more.
    async fn api_token_revoke(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which user.")] user_id: UserKey,
        #[graphql(desc = "Which API token.")] api_token_id: TokenKey,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<ApiTokenPayload> {
        let (account, token) = (ctx.account(account_id)?, api_token_id.0);
        let revoke = RevokeToken { account, user: user_id.0, token };
        run(ctx, command(ctx, command_id), &revoke, (account, token)).await.map(ApiTokenPayload)
    }
}

fn role_of(kind: RoleKind, domains: Vec<DomainKey>) -> UserRole {
    match kind {
        RoleKind::Operator => UserRole::Operator,
        RoleKind::Owner => UserRole::Owner,
        RoleKind::DomainAdministrator => {
            UserRole::DomainAdministrator(domains.into_iter().map(|domain| domain.0).collect())
        }
    }
}

/// The networks of these texts; a fault for each that is none.
fn networks(faults: &mut Faults, texts: &[String]) -> Vec<IpNet> {
    let mut found = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        match text.parse().or_else(|_| text.parse().map(|address: IpAddr| address.into())) {
            Ok(network) => found.push(network),
            Err(_) => faults.add(
                format!("networks.{index}"),
                "expected a network such as `192.0.2.0/24`",
                "un réseau tel que `192.0.2.0/24` attendu",
            ),
        }
    }
    found
}

/// When something ends that is to end in so many days; none within: never; none: as it is.
pub(crate) fn expiry(faults: &mut Faults, days: &MaybeUndefined<u32>) -> Option<Option<kernel::Timestamp>> {
    match days {
        MaybeUndefined::Undefined => None,
        MaybeUndefined::Null => Some(None),
        MaybeUndefined::Value(days) if (1..=API_TOKEN_DAYS_MAX).contains(days) => {
            Some(Some(now().plus(Duration::from_secs(u64::from(*days) * 24 * 3600))))
        }
        MaybeUndefined::Value(days) => {
            faults.days("expiresInDays", API_TOKEN_DAYS_MAX, *days);
            None
        }
    }
}

/// The services of the domains that a role is about.
async fn services_of(ctx: &Context<'_>, account: AccountId, role: &UserRole) -> Result<Vec<ServiceId>> {
    let UserRole::DomainAdministrator(domains) = role else { return Ok(Vec::new()) };
    let mut found = BTreeSet::new();
    for domain in domains.iter().take(ADMINISTERED_DOMAIN_COUNT_MAX) {
        let state = ctx.platform()?.engine.load(account.tenant(), &Key::<Domain>(*domain)).await;
        let state = state.map_err(|error| ctx.failed("the state of a domain", &error))?;
        found.extend(state.record().map(|record| record.service));
    }
    Ok(found.into_iter().collect())
}

/// The services that count a user among the administrators of their domains.
async fn counting(ctx: &Context<'_>, (account, user): (AccountId, UserId)) -> Result<Vec<ServiceId>> {
    let mut found = Vec::new();
    for service in services(ctx, account).await? {
        let state = ctx.platform()?.engine.load(account.tenant(), &Key::<Service>(service)).await;
        let state = state.map_err(|error| ctx.failed("the state of a service", &error))?;
        if state.record().is_some_and(|record| record.administrators.contains(&user)) {
            found.push(service);
        }
    }
    Ok(found)
}

/// Who governs the account once `user` does so no more; to complete a use case that asks the authority itself.
async fn governance(ctx: &Context<'_>, (account, user): (AccountId, UserId)) -> Result<Governance> {
    if ctx.may(Permission::ServiceEntitle, Resource::account(account))? {
        return Ok(Governance::FromAbove);
    }
    let platform = ctx.platform()?;
    let state = platform.engine.load(account.tenant(), &Key::<Account>(account)).await;
    let users = match state.map_err(|error| ctx.failed("the state of an account", &error))? {
        AccountState::Open(record) | AccountState::Closed(record) => record.users,
        AccountState::Absent => BTreeSet::new(),
    };
    let beside = users.into_iter().find(|beside| *beside != user && platform.people.is_owner(*beside));
    Ok(Governance::Owner(beside))
}

/// The permissions of these names; a fault for each name that is none.
pub(crate) fn scopes(faults: &mut Faults, names: &[String]) -> Option<Permissions> {
    let mut permissions = Vec::new();
    for (index, name) in names.iter().enumerate().take(Permission::ALL.len() + 1) {
        match Permission::named(name) {
            Some(permission) => permissions.push(permission),
            None => faults.add(
                format!("permissions.{index}"),
                "expected a scope such as `mailbox:read`",
                "une portée telle que `mailbox:read` attendue",
            ),
        }
    }
    faults.is_empty().then(|| permissions.into_iter().collect())
}
