//! How the API speaks to its neighbours: the places where their words become ours.

use std::sync::Arc;

use async_graphql::Schema;
use engine::{Engine, EngineError, Projection as _, Subscription};
use kernel::Refusal;

use crate::access::People;
use crate::account::projection::AccountList;
use crate::alias::projection::AliasList;
use crate::domain::projection::DomainList;
use crate::event::SubscriptionRoot;
use crate::language::Language;
use crate::mailbox::projection::MailboxList;
use crate::plan::projection::PlanList;
use crate::root::{MutationRoot, QueryRoot};
use crate::service::projection::ServiceList;
use crate::user::projection::UserList;

/// The sentence of a refusal in `language`.
pub(crate) fn text(refusal: &impl Refusal, language: Language) -> String {
    let language = match language {
        Language::English => hosting::Language::En,
        Language::French => hosting::Language::Fr,
    };
    hosting::refusal::text(refusal.code(), language, &refusal.limits())
}

/// Registers everything of this crate that listens to events: the projections behind the queries, and `people`, by
/// which every request is judged. The API is ready when what is returned has caught up.
///
/// # Errors
/// [`EngineError`] where tables cannot be made.
pub async fn register(engine: &Engine, people: &Arc<People>) -> Result<Subscription, EngineError> {
    engine.project(AccountList).await?;
    engine.project(UserList).await?;
    engine.project(PlanList).await?;
    engine.project(ServiceList).await?;
    engine.project(DomainList).await?;
    engine.project(MailboxList).await?;
    engine.project(AliasList).await?;
    engine.follow(Arc::clone(people))
}

/// The names of all projections of this crate, for [`Engine::rebuild`].
pub const PROJECTIONS: [&str; 7] = [
    AccountList::NAME,
    UserList::NAME,
    PlanList::NAME,
    ServiceList::NAME,
    DomainList::NAME,
    MailboxList::NAME,
    AliasList::NAME,
];

/// The schema in GraphQL's own language, as `graphql/schema.graphql` holds it.
pub fn sdl() -> String {
    Schema::build(QueryRoot::default(), MutationRoot::default(), SubscriptionRoot).finish().sdl()
}
