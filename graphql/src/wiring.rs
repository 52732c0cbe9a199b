//! How the API speaks to its neighbours: the places where their words become ours.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::Schema;
use database::Statement;
use engine::{Engine, EngineError, Projection as _, Subscription};
use kernel::{Id as _, Refusal, TenantId};

use crate::access::People;
use crate::account::projection::AccountList;
use crate::alias::projection::AliasList;
use crate::delegation::projection::DelegationList;
use crate::document::projection::DocumentList;
use crate::domain::projection::DomainList;
use crate::entry::projection::EntryList;
use crate::event::SubscriptionRoot;
use crate::history::part_projection::PartList;
use crate::language::Language;
use crate::mailbox::projection::MailboxList;
use crate::notice::projection::NoticeList;
use crate::plan::projection::PlanList;
use crate::root::{MutationRoot, QueryRoot};
use crate::service::projection::ServiceList;
use crate::ticket::projection::TicketList;
use crate::user::projection::UserList;
use crate::webhook::projection::WebhookList;

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
    engine.project(DelegationList).await?;
    engine.project(TicketList).await?;
    engine.project(NoticeList).await?;
    engine.project(EntryList).await?;
    engine.project(WebhookList).await?;
    engine.project(DocumentList).await?;
    engine.project(PartList).await?;
    engine.follow(Arc::clone(people))
}

/// The names of all projections of this crate, for [`Engine::rebuild`].
pub const PROJECTIONS: [&str; 14] = [
    AccountList::NAME,
    UserList::NAME,
    PlanList::NAME,
    ServiceList::NAME,
    DomainList::NAME,
    MailboxList::NAME,
    AliasList::NAME,
    DelegationList::NAME,
    TicketList::NAME,
    NoticeList::NAME,
    EntryList::NAME,
    WebhookList::NAME,
    DocumentList::NAME,
    PartList::NAME,
];

/// The tables behind the projections; every one has a column `tenant`.
const TABLES: [(&str, &str); 18] = [
    (AccountList::NAME, "account_list_v5"),
    (UserList::NAME, "user_list_v5"),
    (UserList::NAME, "token_list_v5"),
    (UserList::NAME, "session_list_v5"),
    (PlanList::NAME, "plan_list_v5"),
    (ServiceList::NAME, "service_list_v6"),
    (ServiceList::NAME, "service_domain_v6"),
    (DomainList::NAME, "domain_list_v3"),
    (MailboxList::NAME, "mailbox_list_v5"),
    (AliasList::NAME, "alias_list_v4"),
    (DelegationList::NAME, "delegation_list_v5"),
    (TicketList::NAME, "ticket_list_v6"),
    (NoticeList::NAME, "notice_list_v3"),
    (EntryList::NAME, "entry_list_v3"),
    (WebhookList::NAME, "webhook_list_v4"),
    (DocumentList::NAME, "document_list_v4"),
    (DocumentList::NAME, "contract_list_v4"),
    (PartList::NAME, "part_list_v1"),
];

/// The revision of a projection's tables that this release reads: all of one projection have the same.
pub(crate) fn newest_revision(projection: &str) -> u16 {
    let mut named = TABLES.iter().filter(|(name, _)| *name == projection);
    let revision = named.next().and_then(|(_, table)| table.rsplit_once("_v")?.1.parse().ok());
    revision.unwrap_or(1)
}

/// Rows of one tenant in one table: how many, and a sum that does not depend on their order.
type Digests = HashMap<(&'static str, TenantId), (u64, u64)>;

/// What comparing the tables with the events found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Comparison {
    /// Rows that were compared.
    pub row_count: u64,
    /// Tables whose rows were not what the events say. They are now: comparing derives them anew.
    pub differing: Vec<(&'static str, TenantId)>,
}

/// Derives all rows of `tenants` anew and compares them with those that were there. Tenants in which something happens
/// meanwhile are to be left out by the caller.
///
/// # Errors
/// [`EngineError`].
pub async fn compare(engine: &Engine, tenants: &[TenantId]) -> Result<Comparison, EngineError> {
    let before = digests(engine, tenants).await?;
    for name in PROJECTIONS {
        engine.rebuild(name).await?;
    }
    let after = digests(engine, tenants).await?;
    let mut differing: Vec<_> =
        after.iter().filter(|(key, digest)| before.get(*key) != Some(*digest)).map(|(key, _)| *key).collect();
    differing.sort_unstable();
    Ok(Comparison { row_count: after.values().map(|(count, _)| count).sum(), differing })
}

async fn digests(engine: &Engine, tenants: &[TenantId]) -> Result<Digests, EngineError> {
    let mut digests = Digests::new();
    for (_, table) in TABLES {
        for tenant in tenants {
            let select =
                Statement::new(format!("SELECT * FROM {table} WHERE tenant = $1")).bind(tenant.uuid());
            let rows = engine.query(select).await?;
            let sum = rows.iter().fold(0_u64, |sum, row| {
                let hash = blake3::hash(format!("{row:?}").as_bytes());
                let (first, _) = hash.as_bytes().split_at(8);
                sum.wrapping_add(first.iter().fold(0, |number, octet| number << 8 | u64::from(*octet)))
            });
            digests.insert((table, *tenant), (rows.len() as u64, sum));
        }
    }
    Ok(digests)
}

/// The schema in GraphQL's own language, as `graphql/schema.graphql` holds it.
pub fn sdl() -> String {
    Schema::build(QueryRoot::default(), MutationRoot::default(), SubscriptionRoot).finish().sdl()
}
