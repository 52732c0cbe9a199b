//! The door: bytes and a credential in, JSON out.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_graphql::dataloader::DataLoader;
use async_graphql::{BatchRequest, BatchResponse, Data, Executor, Request, Response, Schema, ServerError};
use futures_util::stream::{BoxStream, StreamExt};
use kernel::{CorrelationId, Via};
use tokio::sync::Semaphore;

use crate::access;
use crate::access::allowance::{Allowance, Allowances, Counted};
use crate::domain::report::{ReportPages, Sources};
use crate::domain::standing::Standings;
use crate::domain::storage::Contents;
use crate::error::Fault;
use crate::event::{Room, SubscriptionRoot};
use crate::history::actor::Acts;
use crate::invalid::{Place, Sent};
use crate::language::Language;
use crate::limit::{
    BATCH_COUNT_MAX, COMPLEXITY_MAX, DEPTH_DEVELOPMENT_MAX, DEPTH_MAX, DIRECTIVE_COUNT_MAX, PARSE_DEPTH_MAX,
    SOCKET_OPERATION_COUNT_MAX, SOCKET_OPERATION_SECS_MAX,
};
use crate::loader::{BATCH_COUNT_MAX as LOADED_COUNT_MAX, Histories, Looks, States, Tables};
use crate::mailbox::usage::{Pools, Sends, Usages};
use crate::platform::{Mode, Platform};
use crate::request::{Caller, Renewed, boxed};
use crate::root::{MutationRoot, QueryRoot};
use crate::roots::{Excess, Roots};
use crate::webhook::object::Told;

/// The schema of the API.
pub type ApiSchema = Schema<QueryRoot, MutationRoot, SubscriptionRoot>;

/// Whoever is at the door, unproved.
#[derive(Debug, Clone)]
pub struct Knock {
    /// The `Authorization` header: `Bearer` and an access token or an API token.
    pub authorization: Option<String>,
    /// Of answers.
    pub language: Language,
    /// From where.
    pub peer: IpAddr,
    /// The `User-Agent` header.
    pub agent: Option<String>,
    /// Names the request.
    pub correlation: CorrelationId,
}

/// A request that is none.
#[derive(Debug, thiserror::Error)]
pub enum BadRequest {
    /// Not JSON of a GraphQL request.
    #[error("expected a GraphQL request in JSON")]
    Json,
    /// Too many operations, or none.
    #[error("a batch holds 1 to {BATCH_COUNT_MAX} operations")]
    Batch,
    /// The caller has asked for more than it may in a window.
    #[error("too many operations; the next {} are answered in {} seconds", .0.limit, .0.reset_secs)]
    TooMany(Allowance),
}

impl BadRequest {
    /// The same for people.
    pub fn said(&self, language: Language) -> String {
        match (language, self) {
            (Language::English, _) => self.to_string(),
            (Language::French, Self::Json) => "une requête GraphQL en JSON est attendue".to_owned(),
            (Language::French, Self::Batch) => format!("un lot contient de 1 à {BATCH_COUNT_MAX} opérations"),
            (Language::French, Self::TooMany(allowance)) => {
                let Allowance { limit, reset_secs, .. } = allowance;
                format!(
                    "trop d'opérations ; les {limit} prochaines seront servies dans {reset_secs} secondes"
                )
            }
        }
    }
}

/// How long after the first question the others of a page are waited for, which come while its fields are walked through: a build that
/// is not optimised takes ten times as long for that.
const GATHERING: Duration = Duration::from_millis(if cfg!(debug_assertions) { 10 } else { 1 });

fn together<L>(loader: L) -> DataLoader<L> {
    DataLoader::new(loader, tokio::spawn).max_batch_size(LOADED_COUNT_MAX).delay(GATHERING)
}

/// A new name for a request.
pub fn new_correlation() -> CorrelationId {
    CorrelationId::new(uuid::Uuid::now_v7())
}

/// The API, ready to answer. A cheap handle.
#[derive(Clone)]
pub struct Api {
    schema: ApiSchema,
    platform: Platform,
    allowances: Arc<Allowances>,
    /// Room for what websockets ask beside subscriptions.
    socket_operations: Arc<Semaphore>,
}

impl Api {
    /// The API over `platform`.
    pub fn new(platform: Platform) -> Self {
        // Introspection is for everyone: the schema is public, it stands in the repository.
        let depth = match platform.mode {
            Mode::Development => DEPTH_DEVELOPMENT_MAX,
            Mode::Production => DEPTH_MAX,
        };
        let schema =
            bounded(Schema::build(QueryRoot::default(), MutationRoot::default(), SubscriptionRoot), depth)
                .data(platform.clone())
                .data(Room::default())
                .data(together(Usages(Arc::clone(&platform.usage))))
                .data(together(Sends(Arc::clone(&platform.sends))))
                .data(together(Pools(Arc::clone(&platform.usage))))
                .data(together(Contents::new(&platform)))
                .data(together(Standings(platform.standings.clone())))
                .data(together(Sources::new(&platform)))
                .data(together(ReportPages(platform.reports.clone())))
                .data(together(Told(Arc::clone(&platform.deliveries))))
                .data(together(States(Arc::clone(&platform.engine))))
                .data(together(Histories(Arc::clone(&platform.engine))))
                .data(together(Tables(Arc::clone(&platform.engine))))
                .data(together(Looks(platform.door.clone())))
                .data(together(Acts(Arc::clone(&platform.engine))))
                .finish();
        let socket_operations = Arc::new(Semaphore::new(SOCKET_OPERATION_COUNT_MAX));
        Self { schema, platform, allowances: Arc::default(), socket_operations }
    }

    /// Whether anybody may open an account.
    pub const fn is_sign_up_open(&self) -> bool {
        self.platform.notices.is_sign_up_open
    }

    /// See [`Mode`].
    pub fn mode(&self) -> Mode {
        self.platform.mode
    }

    /// The schema in GraphQL's own language.
    pub fn sdl(&self) -> String {
        self.schema.sdl()
    }

    /// Answers one operation or a batch, both as JSON, and tells what is left to the caller.
    ///
    /// # Errors
    /// [`BadRequest`] where `body` is no request at all or too much is asked for; everything else is told inside the
    /// JSON.
    pub async fn answer(&self, knock: Knock, body: &[u8]) -> Result<(Vec<u8>, Allowance), BadRequest> {
        // Told apart by hand: a list would also be read as the fields of one request, in their order.
        let batch = if body.trim_ascii_start().starts_with(b"[") {
            serde_json::from_slice(body).map(BatchRequest::Batch)
        } else {
            serde_json::from_slice(body).map(BatchRequest::Single)
        };
        let mut batch = batch.map_err(|_| BadRequest::Json)?;
        let operations = match &mut batch {
            BatchRequest::Single(request) => Roots::of(request).operations(),
            BatchRequest::Batch(requests) if requests.len() > BATCH_COUNT_MAX => {
                u32::try_from(requests.len()).unwrap_or(u32::MAX)
            }
            BatchRequest::Batch(requests) => {
                requests.iter_mut().map(|request| Roots::of(request).operations()).sum()
            }
        };
        let allowance = self.allowances.take(self.counted(&knock), operations, Instant::now());
        if !allowance.is_granted {
            return Err(BadRequest::TooMany(allowance));
        }
        let response = match batch {
            BatchRequest::Single(request) => BatchResponse::Single(self.one(&knock, request).await),
            BatchRequest::Batch(requests) if (1..=BATCH_COUNT_MAX).contains(&requests.len()) => {
                // One after the other: a batch may read what its own mutation wrote.
                let mut responses = Vec::with_capacity(requests.len());
                for request in requests {
                    responses.push(self.one(&knock, request).await);
                }
                BatchResponse::Batch(responses)
            }
            BatchRequest::Batch(_) => return Err(BadRequest::Batch),
        };
        let json = serde_json::to_vec(&response).map_err(|_| BadRequest::Json)?;
        Ok((json, allowance))
    }

    /// Counts an operation of a connection that stays open; the answer where it is one too many.
    fn refused(&self, knock: &Knock, roots: Roots) -> Option<Response> {
        let allowance = self.allowances.take(self.counted(knock), roots.operations(), Instant::now());
        if allowance.is_granted {
            return None;
        }
        Some(refusal(knock, Fault::Throttled { retry_after_secs: allowance.reset_secs }))
    }

    /// Under what a request is counted: its credential where that is good, else its peer.
    fn counted(&self, knock: &Knock) -> Counted {
        let header = knock.authorization.as_deref();
        let standing = header.and_then(|header| access::authenticate(&self.platform, header, knock.peer));
        match standing
            .map(|standing| (standing.session.map(|_| standing.principal.actor), standing.principal.via))
        {
            // However many sessions they have open.
            Some((Some(person), _)) => Counted::Person(person),
            Some((None, Via::Token(token))) => Counted::Token(token),
            Some((None, Via::Session | Via::CommandLine | Via::Platform)) | None => Counted::peer(knock.peer),
        }
    }

    /// What resolvers ask.
    pub(crate) const fn platform(&self) -> &Platform {
        &self.platform
    }

    /// Answers one operation. Boxed, so that whoever calls it from another crate calls what was compiled here, and does not
    /// compile all resolvers once more (decision 271).
    #[boxed]
    pub async fn one(&self, knock: &Knock, mut request: Request) -> Response {
        if let Some(excess) = Roots::of(&mut request).excess {
            return too_much(knock, excess);
        }
        let sent = Sent::of(&request);
        let request = request.data(self.caller(knock)).data(knock.clone());
        let answer = self.schema.execute(request).await;
        let places = sent.places(&answer.errors).await;
        coded(answer, &places, knock.language)
    }

    /// The same for an operation of a connection that stays open, where nothing else bounds how many are answered at once, and
    /// for how long.
    async fn briefly(&self, knock: &Knock, request: Request) -> Response {
        let Ok(_place) = self.socket_operations.try_acquire() else { return refusal(knock, Fault::Busy) };
        let longest = Duration::from_secs(SOCKET_OPERATION_SECS_MAX);
        let answer = tokio::time::timeout(longest, self.one(knock, request)).await;
        answer.unwrap_or_else(|_| refusal(knock, Fault::Busy))
    }

    /// Who knocks, judged now: credentials are looked up at each operation, so that a revocation is obeyed at once.
    pub fn caller(&self, knock: &Knock) -> Caller {
        let header = knock.authorization.as_deref();
        Caller {
            standing: header.and_then(|header| access::authenticate(&self.platform, header, knock.peer)),
            language: knock.language,
            correlation: knock.correlation,
            peer: knock.peer,
            agent: knock.agent.clone(),
            renewed: Renewed::default(),
        }
    }
}

/// The code of what the schema refuses: syntax, unknown fields, missing variables, values of another kind, too much at once.
/// Never renamed.
const INVALID_REQUEST: &str = "INVALID_REQUEST";

/// Sets the limits of a schema.
pub(crate) fn bounded(
    builder: async_graphql::SchemaBuilder<QueryRoot, MutationRoot, SubscriptionRoot>,
    depth: usize,
) -> async_graphql::SchemaBuilder<QueryRoot, MutationRoot, SubscriptionRoot> {
    builder
        .limit_depth(depth)
        .limit_complexity(COMPLEXITY_MAX)
        .limit_recursive_depth(PARSE_DEPTH_MAX)
        .limit_directives(DIRECTIVE_COUNT_MAX)
}

/// Operations over a websocket: the [`Knock`] comes from the connection's beginning and is judged at each operation.
impl Executor for Api {
    async fn execute(&self, mut request: Request) -> Response {
        match request
            .data
            .get(&std::any::TypeId::of::<Knock>())
            .and_then(|knock| knock.downcast_ref::<Knock>())
        {
            Some(knock) => {
                let knock = knock.clone();
                match self.refused(&knock, Roots::of(&mut request)) {
                    None => self.briefly(&knock, request).await,
                    Some(refused) => refused,
                }
            }
            None => unproved(),
        }
    }

    fn execute_stream(
        &self,
        mut request: Request,
        session: Option<Arc<Data>>,
    ) -> BoxStream<'static, Response> {
        let knock = session.as_deref().and_then(|data| {
            data.get(&std::any::TypeId::of::<Knock>()).and_then(|knock| knock.downcast_ref::<Knock>())
        });
        match knock {
            // Each operation of a connection is named for itself.
            Some(knock) => {
                let knock = Knock { correlation: new_correlation(), ..knock.clone() };
                let roots = Roots::of(&mut request);
                let refused = self.refused(&knock, roots);
                let refused = refused.or_else(|| roots.excess.map(|excess| too_much(&knock, excess)));
                if let Some(refused) = refused {
                    return futures_util::stream::once(async { refused }).boxed();
                }
                if !roots.is_subscription {
                    let api = self.clone();
                    return futures_util::stream::once(async move { api.briefly(&knock, request).await })
                        .boxed();
                }
                let language = knock.language;
                let answers = self.schema.execute_stream(request.data(self.caller(&knock)).data(knock));
                // No subscription takes a number.
                answers.map(move |answer| coded(answer, &[], language)).boxed()
            }
            None => futures_util::stream::once(async { unproved() }).boxed(),
        }
    }
}

/// What the schema itself found wrong with a request, before anything was done: with a code, and said in the caller's language
/// with the schema's own words behind. `places` are the numbers that errors are about, in the order of the errors.
fn coded(mut response: Response, places: &[Option<Place>], language: Language) -> Response {
    for (index, error) in response.errors.iter_mut().enumerate() {
        if error.extensions.as_ref().is_some_and(|extensions| extensions.get("code").is_some()) {
            continue;
        }
        let place = places.get(index).and_then(Option::as_ref);
        let extensions = error.extensions.get_or_insert_default();
        extensions.set("code", INVALID_REQUEST);
        if let Some(field) = crate::invalid::field(&error.message, place) {
            extensions.set("field", field);
        }
        error.message = crate::invalid::said(&error.message, place, language);
    }
    response
}

/// What is answered where a request is too much to be looked at.
fn too_much(knock: &Knock, excess: Excess) -> Response {
    refusal(knock, excess.fault())
}

/// The answer to an operation that is refused as a whole.
fn refusal(knock: &Knock, fault: Fault) -> Response {
    let error = fault.into_error(knock.language);
    Response::from_errors(vec![error.into_server_error(async_graphql::Pos::default())])
}

/// What is answered where the connection did not begin as it should: a fault of the server around us.
fn unproved() -> Response {
    Response::from_errors(vec![ServerError::new("the connection was not begun", None)])
}
