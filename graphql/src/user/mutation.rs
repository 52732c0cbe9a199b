//! Changing users and API tokens.

use std::net::IpAddr;
use std::time::Duration;

use async_graphql::{Context, InputObject, Object, Result};
use authority::{Permission, Permissions, Resource};
use hosting::LoginName;
use hosting::use_case::{
    DisableUser, EnableUser, IssueToken, RegisterUser, RemoveUser, RevokeToken, SetUserPassword,
};
use hosting::user::UserRole;
use ipnet::IpNet;
use kernel::{AccountId, TokenId, UserId};

use super::object::{ApiToken, RoleKind, User};
use super::query::{PROJECTION, read, read_token};
use crate::access::now;
use crate::access::password::hashed;
use crate::access::secret::{Opens, Secret};
use crate::limit::API_TOKEN_DAYS_MAX;
use crate::payload::{Answer, Faults, UserError, command, payload, run, secret_payload};
use crate::plan::bought::run_in_plan;
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

/// Changes of users and API tokens.
#[derive(Debug, Default)]
pub struct UserMutation;

#[Object]
impl UserMutation {
    /// Registers a user of an account.
    async fn user_register(
        &self,
        ctx: &Context<'_>,
        input: UserRegisterInput,
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
        let role = match input.role {
            RoleKind::Operator => UserRole::Operator,
            RoleKind::Owner => UserRole::Owner,
            RoleKind::DomainAdministrator => {
                UserRole::DomainAdministrator(input.domain_ids.into_iter().map(|domain| domain.0).collect())
            }
        };
        let command = command(command_id);
        let user = UserId::derived(command, 0);
        let register = RegisterUser {
            account,
            user,
            login,
            name: input.name,
            password,
            role,
            must_change_password: input.must_change_password,
        };
        run(ctx, command, &register, (account, user)).await.map(UserPayload)
    }

    /// Sets a user's password. Their sessions end. With `mustChange` they choose another one before anything else.
    #[allow(clippy::too_many_arguments, reason = "the arguments of a GraphQL field")]
    async fn user_password_set(
        &self,
        ctx: &Context<'_>,
        account_id: Option<AccountKey>,
        user_id: UserKey,
        #[graphql(desc = "10 to 512 octets.")] password: String,
        #[graphql(desc = "Whether another password must be chosen at the next sign-in.")] must_change: Option<
            bool,
        >,
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
        let must_change = must_change.unwrap_or_default();
        let set = SetUserPassword { account, user, password, must_change };
        run(ctx, command(command_id), &set, (account, user)).await.map(UserPayload)
    }

    /// Lets a user sign in no more; sessions and tokens are void meanwhile.
    async fn user_disable(
        &self,
        ctx: &Context<'_>,
        account_id: Option<AccountKey>,
        user_id: UserKey,
        command_id: Option<Uid>,
    ) -> Result<UserPayload> {
        let (account, user) = (ctx.account(account_id)?, user_id.0);
        run(ctx, command(command_id), &DisableUser { account, user }, (account, user)).await.map(UserPayload)
    }

    /// Lets a disabled user sign in again.
    async fn user_enable(
        &self,
        ctx: &Context<'_>,
        account_id: Option<AccountKey>,
        user_id: UserKey,
        command_id: Option<Uid>,
    ) -> Result<UserPayload> {
        let (account, user) = (ctx.account(account_id)?, user_id.0);
        run(ctx, command(command_id), &EnableUser { account, user }, (account, user)).await.map(UserPayload)
    }

    /// Removes a user for good, with sessions and tokens; the login is free.
    async fn user_remove(
        &self,
        ctx: &Context<'_>,
        account_id: Option<AccountKey>,
        user_id: UserKey,
        command_id: Option<Uid>,
    ) -> Result<UserRemovePayload> {
        let (account, user) = (ctx.account(account_id)?, user_id.0);
        run(ctx, command(command_id), &RemoveUser { account, user }, user).await.map(UserRemovePayload)
    }

    /// Issues an API token that carries a user's rights, narrowed to some scopes. Its secret is shown once.
    async fn api_token_issue(
        &self,
        ctx: &Context<'_>,
        input: ApiTokenIssueInput,
        command_id: Option<Uid>,
    ) -> Result<ApiTokenIssuePayload> {
        let account = ctx.account(input.account_id)?;
        let command = command(command_id);
        let token = TokenId::derived(command, 0);
        let secret = Secret::random(Opens::Token(token)).map_err(|error| ctx.failed("chance", &error))?;
        let mut faults = Faults::new(ctx)?;
        let permissions = scopes(&mut faults, &input.permissions);
        let networks: Vec<Option<IpNet>> = input
            .networks
            .iter()
            .enumerate()
            .map(|(index, text)| {
                let parsed = text.parse().or_else(|_| text.parse().map(|address: IpAddr| address.into()));
                if parsed.is_err() {
                    faults.add(
                        format!("networks.{index}"),
                        "expected a network such as `192.0.2.0/24`",
                        "un réseau tel que `192.0.2.0/24` attendu",
                    );
                }
                parsed.ok()
            })
            .collect();
        let days = input.expires_in_days;
        if days.is_some_and(|days| !(1..=API_TOKEN_DAYS_MAX).contains(&days)) {
            faults.add("expiresInDays", "expected 1 to 3650 days", "de 1 à 3650 jours attendus");
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
            networks: networks.into_iter().flatten().collect(),
            expires_at: days.map(|days| now().plus(Duration::from_secs(u64::from(days) * 24 * 3600))),
        };
        let answer = run_in_plan(ctx, command, (account, issue), (account, token)).await?;
        Ok(ApiTokenIssuePayload { answer, secret })
    }

    /// Revokes an API token: it opens nothing any more.
    async fn api_token_revoke(
        &self,
        ctx: &Context<'_>,
        account_id: Option<AccountKey>,
        user_id: UserKey,
        api_token_id: TokenKey,
        command_id: Option<Uid>,
    ) -> Result<ApiTokenPayload> {
        let (account, token) = (ctx.account(account_id)?, api_token_id.0);
        let revoke = RevokeToken { account, user: user_id.0, token };
        run(ctx, command(command_id), &revoke, (account, token)).await.map(ApiTokenPayload)
    }
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
