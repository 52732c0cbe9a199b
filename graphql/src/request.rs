//! What a resolver knows about its request: who asks, in which language, from where.

use std::net::IpAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_graphql::{Context, Error, Result};
use authority::{Need, Permission, Principal, Resource};
use database::{Row, Statement};
use directory::Demand;
use engine::Freshness;
use kernel::{AccountId, Actor, CorrelationId, Cursor};

use crate::access::{Standing, authenticate};
use crate::api::Knock;
use crate::error::Fault;
use crate::language::Language;
use crate::limit::READ_YOUR_WRITES_MS_MAX;
use crate::loader::Unread;
use crate::platform::Platform;
use crate::scalar::{AccountKey, Place};

/// Whoever sent a request, as data of that request. Made by [`crate::Api::caller`].
#[derive(Debug, Clone)]
pub struct Caller {
    /// Who acts and what they may; none without a valid credential.
    pub standing: Option<Standing>,
    /// Of answers.
    pub language: Language,
    /// Names the request in the log and in events.
    pub correlation: CorrelationId,
    /// From where.
    pub peer: IpAddr,
    /// With what program, as it says itself.
    pub agent: Option<String>,
    /// What the same credential opened later, where the request itself has changed that.
    pub(crate) renewed: Renewed,
}

/// What a credential opens, judged anew on the way of one request: each judgement stays where it is, since others may have
/// borrowed it, and the last one holds.
#[derive(Debug, Clone, Default)]
pub(crate) struct Renewed(Arc<OnceLock<(Option<Standing>, Renewed)>>);

impl Renewed {
    /// The last judgement; none where there was no further one.
    fn last(&self) -> Option<&Option<Standing>> {
        let (mut found, mut at) = (None, self);
        while let Some((standing, next)) = at.0.get() {
            (found, at) = (Some(standing), next);
        }
        found
    }

    fn push(&self, standing: Option<Standing>) {
        let (mut at, mut further) = (self, (standing, Self::default()));
        while let Err(back) = at.0.set(further) {
            further = back;
            let Some((_, next)) = at.0.get() else { return };
            at = next;
        }
    }
}

/// What resolvers ask of their context.
pub(crate) trait Asked {
    /// See [`Platform`].
    fn platform(&self) -> Result<&Platform>;
    /// See [`Caller`].
    fn caller(&self) -> Result<&Caller>;
    /// The error for `fault`, in the caller's language.
    fn fault(&self, fault: Fault) -> Error;

    /// The error for a failure of the machine, which is logged here and nowhere else.
    fn failed(&self, what: &'static str, error: &(dyn std::error::Error + 'static)) -> Error {
        let correlation =
            self.caller().map_or(CorrelationId::new(uuid::Uuid::nil()), |caller| caller.correlation);
        tracing::error!(correlation = %correlation, what, error = chain(error), "a request failed");
        self.fault(Fault::Internal(correlation))
    }

    /// The error where rows were not read.
    fn unread(&self, unread: &Unread) -> Error {
        match unread {
            Unread::Stale => self.fault(Fault::Stale),
            Unread::Failed(error) => self.failed("reading a projection", error),
        }
    }

    /// Whoever is signed in and has nothing to do first.
    fn standing(&self) -> Result<&Standing> {
        let standing = self.bare_standing()?;
        match standing.demand {
            None => Ok(standing),
            Some(Demand::PasswordChange) => Err(self.fault(Fault::PasswordChangeRequired)),
            Some(Demand::SecondFactor) => Err(self.fault(Fault::SecondFactorRequired)),
            Some(Demand::EmailVerification) => Err(self.fault(Fault::EmailVerificationRequired)),
            Some(Demand::ExportOnly) => Err(self.fault(Fault::ExportOnly)),
        }
    }

    /// Whoever is signed in, also where something has to be done first: for doing that.
    fn bare_standing(&self) -> Result<&Standing> {
        let caller = self.caller()?;
        let standing = caller.renewed.last().unwrap_or(&caller.standing);
        standing.as_ref().ok_or_else(|| self.fault(Fault::Unauthenticated))
    }

    /// The principal, if signed in.
    fn principal(&self) -> Result<&Principal> {
        Ok(&self.standing()?.principal)
    }

    /// Whether the caller is the owner of a mailbox, who may do some things about it alone.
    fn by_owner(&self) -> Result<bool> {
        Ok(matches!(self.principal()?.actor, Actor::Mailbox(_)))
    }

    /// Passes where not everybody knows the login: for the first of several steps towards what visitors are kept from.
    fn no_visitor(&self) -> Result<()> {
        if self.bare_standing()?.principal.is_visitor { Err(self.fault(Fault::Visiting)) } else { Ok(()) }
    }

    /// The account that is meant: the one named, or else the principal's own.
    fn account(&self, named: Option<AccountKey>) -> Result<AccountId> {
        Ok(named.map_or(self.standing()?.home, |account| account.0))
    }

    /// Passes where the principal has the permission on the resource.
    fn allow(&self, permission: Permission, resource: Resource) -> Result<()> {
        let need = Need { permission, resource };
        authority::may(self.principal()?, &need).map_err(|denied| self.fault(denied.into()))
    }

    /// Whether the principal has the permission on the resource.
    fn may(&self, permission: Permission, resource: Resource) -> Result<bool> {
        Ok(authority::may(self.principal()?, &Need { permission, resource }).is_ok())
    }
}

impl Asked for Context<'_> {
    fn platform(&self) -> Result<&Platform> {
        self.data::<Platform>()
    }

    fn caller(&self) -> Result<&Caller> {
        self.data::<Caller>()
    }

    fn fault(&self, fault: Fault) -> Error {
        fault.into_error(self.caller().map(|caller| caller.language).unwrap_or_default())
    }
}

/// Judges the credential of the request anew: what it does from here on it may where it just opened something for itself.
pub(crate) fn renew(ctx: &Context<'_>) -> Result<()> {
    let knock = ctx.data::<Knock>()?;
    let header = knock.authorization.as_deref();
    let standing = header.and_then(|header| authenticate(ctx.platform().ok()?, header, knock.peer));
    ctx.caller()?.renewed.push(standing);
    Ok(())
}

/// What many resolvers wait for is put in a box: that it may move between threads is then proved once, and not once more for each
/// of those who wait for it, which took the compiler minutes.
pub(crate) use async_recursion::async_recursion as boxed;

/// Runs a query on the tables of `projection`.
#[boxed]
pub(crate) async fn rows(
    ctx: &Context<'_>,
    projection: &'static str,
    statement: Statement,
) -> Result<Vec<Row>> {
    let found = crate::loader::rows(&ctx.platform()?.engine, projection, statement).await;
    found.map_err(|unread| ctx.unread(&unread))
}

/// Waits until `projection` shows at least `place`, for [`READ_YOUR_WRITES_MS_MAX`]; then the answer is `STALE`.
///
/// A place of another account than `account` is refused: it would say nothing about what is asked.
#[boxed]
pub(crate) async fn at_least(
    ctx: &Context<'_>,
    projection: &'static str,
    account: AccountId,
    place: Option<Place>,
) -> Result<()> {
    let Some(Place(cursor)) = place else { return Ok(()) };
    if cursor.tenant != account.tenant() {
        return Err(ctx.fault(Fault::BadInput(
            "`atLeast` is a position of another account",
            "`atLeast` est une position d'un autre compte",
        )));
    }
    settled(ctx, projection, cursor).await
}

/// Waits until `projection` shows `cursor`, or answers `STALE`.
#[boxed]
pub(crate) async fn settled(ctx: &Context<'_>, projection: &'static str, cursor: Cursor) -> Result<()> {
    let patience = Duration::from_millis(READ_YOUR_WRITES_MS_MAX);
    match ctx.platform()?.engine.wait_for(projection, cursor, patience).await {
        Freshness::Reached => Ok(()),
        Freshness::Stale => Err(ctx.fault(Fault::Stale)),
    }
}

/// An error with its sources, in one line.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        source = inner.source();
    }
    text
}
