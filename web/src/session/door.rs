//! From cookies to the API's credential, and back.

use std::net::IpAddr;

use axum::http::{HeaderMap, HeaderValue, header};
use futures_util::FutureExt as _;
use serde_json::{Value, json};

use super::cookie::{self, Jar, Keep};
use super::origin::Home;
use super::renewal::Renewed;
use crate::Options;
use crate::api::text;

/// The browser forgets an access token so long before its end, in seconds: no request travels with one that ends on
/// the way.
const EARLY_SECS: u64 = 60;
/// How long a refresh token is kept by a browser that is to stay signed in, in seconds: as long as the API takes it.
const KEPT_SECS: u64 = graphql::limit::REFRESH_TOKEN_SECS;

/// The API's tokens of one session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tokens {
    pub(crate) access: String,
    pub(crate) refresh: String,
}

/// A request's credential, with the cookies that the answer must set.
#[derive(Debug, Clone, Default)]
pub(crate) struct Credential {
    /// For `Authorization`; none where nobody is signed in.
    pub(crate) authorization: Option<String>,
    /// `Set-Cookie` of the answer.
    pub(crate) cookies: Vec<HeaderValue>,
}

/// Who asks, as the API wants to know it.
#[derive(Debug, Clone)]
pub(crate) struct Visitor {
    pub(crate) peer: IpAddr,
    pub(crate) agent: Option<String>,
    pub(crate) language: graphql::Language,
    pub(crate) correlation: graphql::CorrelationId,
}

impl Visitor {
    /// From a request. The language is the one chosen on these pages, or else the browser's.
    pub(crate) fn of(
        headers: &HeaderMap,
        home: Option<&Home>,
        (peer, correlation): (IpAddr, graphql::CorrelationId),
    ) -> Self {
        let chosen = home.and_then(|home| cookie::read(headers, home, Jar::Language));
        let wanted = text(headers, header::ACCEPT_LANGUAGE).unwrap_or_default();
        let language = graphql::Language::accepted(chosen.as_deref().unwrap_or(wanted));
        let agent = text(headers, header::USER_AGENT).map(str::to_owned);
        Self { peer, agent, language, correlation }
    }

    /// The same with a credential, as the API judges it.
    pub(crate) fn knock(&self, authorization: Option<String>) -> graphql::Knock {
        graphql::Knock {
            authorization,
            language: self.language,
            peer: self.peer,
            agent: self.agent.clone(),
            correlation: self.correlation,
        }
    }

    /// Asks the API, as anybody could from outside. None where the machine failed or too much was asked.
    pub(crate) async fn ask(
        &self,
        options: &Options,
        authorization: Option<String>,
        (query, variables): (&str, Value),
    ) -> Option<Value> {
        let knock = self.knock(authorization);
        let body = serde_json::to_vec(&json!({ "query": query, "variables": variables })).ok()?;
        let (answer, _) = options.api.answer(knock, &body).await.ok()?;
        serde_json::from_slice(&answer).ok()
    }
}

/// The credential that the cookies of `headers` stand for; renewed where the access token is over.
pub(crate) async fn credential(
    options: &Options,
    headers: &HeaderMap,
    (home, visitor): (&Home, &Visitor),
) -> Credential {
    if let Some(access) = cookie::read(headers, home, Jar::Access) {
        return Credential { authorization: Some(bearer(&access)), cookies: Vec::new() };
    }
    let Some(refresh) = cookie::read(headers, home, Jar::Refresh) else { return Credential::default() };
    let exchange = exchange(options.clone(), visitor.clone(), refresh.clone()).boxed();
    match options.sessions.renewals.of(&refresh, exchange).await {
        Renewed::Tokens(tokens) => {
            let keep = kept(headers, home);
            Credential { authorization: Some(bearer(&tokens.access)), cookies: cookies(home, &tokens, keep) }
        }
        Renewed::Over => Credential { authorization: None, cookies: forgotten(home) },
        Renewed::Failed => Credential::default(),
    }
}

/// The cookies of a session that has begun or was renewed.
pub(crate) fn cookies(home: &Home, tokens: &Tokens, is_kept: bool) -> Vec<HeaderValue> {
    let access = Keep::Seconds(graphql::limit::ACCESS_TOKEN_SECS - EARLY_SECS);
    let refresh = if is_kept { Keep::Seconds(KEPT_SECS) } else { Keep::Session };
    let kept = format!("{}{}", if is_kept { KEPT_MARK } else { "" }, tokens.refresh);
    [(Jar::Access, tokens.access.as_str(), access), (Jar::Refresh, kept.as_str(), refresh)]
        .into_iter()
        .filter_map(|(jar, value, keep)| cookie::set(home, jar, value, keep))
        .collect()
}

/// Takes the cookies of a session away.
pub(crate) fn forgotten(home: &Home) -> Vec<HeaderValue> {
    [Jar::Access, Jar::Refresh, Jar::Pending]
        .into_iter()
        .filter_map(|jar| cookie::set(home, jar, "", Keep::Gone))
        .collect()
}

/// The tokens in a payload of the API's `signIn` and its like.
pub(crate) fn tokens(session: &Value) -> Option<Tokens> {
    let text = |name: &str| session[name].as_str().map(str::to_owned);
    Some(Tokens { access: text("accessToken")?, refresh: text("refreshToken")? })
}

/// Stands before the refresh token of a browser that is to stay signed in: its renewals are kept as well.
const KEPT_MARK: &str = "~";

fn kept(headers: &HeaderMap, home: &Home) -> bool {
    cookie::read(headers, home, Jar::Refresh).is_some_and(|value| value.starts_with(KEPT_MARK))
}

fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

async fn exchange(options: Options, visitor: Visitor, refresh: String) -> Renewed {
    let refresh = refresh.strip_prefix(KEPT_MARK).unwrap_or(&refresh);
    let query = "mutation($refreshToken: String!) { sessionRefresh(refreshToken: $refreshToken) \
                 { session { accessToken refreshToken } } }";
    let answer = visitor.ask(&options, None, (query, json!({ "refreshToken": refresh }))).await;
    let Some(answer) = answer else { return Renewed::Failed };
    match tokens(&answer["data"]["sessionRefresh"]["session"]) {
        Some(tokens) => Renewed::Tokens(tokens),
        // Said in so many words: no such session, or its token was shown before. Anything else may pass.
        None if answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED" => Renewed::Over,
        None if answer["errors"].is_null() => Renewed::Over,
        None => Renewed::Failed,
    }
}
