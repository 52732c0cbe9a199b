//! Reading who asks.

use async_graphql::{Context, Object, Result};
use authority::Scope;
use kernel::{Actor, Via};

use super::object::{Viewer, ViewerGrant};
use crate::request::Asked;
use crate::scalar::Moment;

/// Queries about the caller.
#[derive(Debug, Default)]
pub struct AccessQuery;

#[Object]
impl AccessQuery {
    /// Whoever asks, with what they may do now.
    async fn viewer(&self, ctx: &Context<'_>) -> Result<Option<Viewer>> {
        let standing = ctx.bare_standing()?;
        let (user, mailbox) = match standing.principal.actor {
            Actor::User(user) => (Some(user.into()), None),
            Actor::Mailbox(mailbox) => (None, Some(mailbox.into())),
            Actor::Operator | Actor::Platform(_) => (None, None),
        };
        let token = match standing.principal.via {
            Via::Token(token) => Some(token.into()),
            Via::Session | Via::CommandLine | Via::Platform => None,
        };
        let grants = standing.principal.grants.iter().map(|grant| ViewerGrant {
            scope: names(&grant.scope),
            permissions: grant.permissions.iter().map(|permission| permission.name().to_owned()).collect(),
        });
        Ok(Some(Viewer {
            account_id: standing.home.into(),
            user_id: user,
            mailbox_id: mailbox,
            session_id: standing.session.map(Into::into),
            api_token_id: token,
            grants: grants.collect(),
            withheld: standing
                .principal
                .withheld
                .iter()
                .flat_map(|kept| kept.rights.iter())
                .map(Into::into)
                .collect(),
            demand: standing.demand.map(Into::into),
            demo_resets_at: ctx.platform()?.people.resets_at(standing.home).map(Moment),
        }))
    }
}

fn names(scope: &Scope) -> Vec<String> {
    match scope {
        Scope::Platform => vec!["PLATFORM".to_owned()],
        Scope::Account(account) => vec![account.to_string()],
        // Many, perhaps: `accounts` lists them.
        Scope::Below(_) => vec!["ACCOUNTS_BELOW".to_owned()],
        Scope::Services(_, services) => services.iter().map(ToString::to_string).collect(),
        Scope::Domains(_, domains) => domains.iter().map(ToString::to_string).collect(),
        Scope::Mailbox(_, mailbox) => vec![mailbox.to_string()],
    }
}
