//! `POST /graphql`: one operation or a batch, as JSON.

use std::net::SocketAddr;

use axum::body::Bytes;
use axum::extract::{ConnectInfo, Extension, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Response};

use crate::Options;
use crate::guard::Correlation;
use crate::session::door::{Credential, Visitor, credential};

/// Answers with the API's JSON. The status is 200 even where operations fail: their errors say why.
pub(crate) async fn answer(
    State(options): State<Options>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Extension(Correlation(correlation)): Extension<Correlation>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    // Demanding JSON keeps forms of other sites out: they cannot send it without asking first (Fetch, CORS preflight).
    if !is_json(&headers) {
        return (StatusCode::UNSUPPORTED_MEDIA_TYPE, "expected Content-Type: application/json\n")
            .into_response();
    }
    let wanted = text(&headers, header::ACCEPT_LANGUAGE).unwrap_or_default();
    let mut knock = graphql::Knock {
        authorization: text(&headers, header::AUTHORIZATION).map(str::to_owned),
        language: graphql::Language::accepted(wanted),
        peer: peer.ip(),
        agent: text(&headers, header::USER_AGENT).map(str::to_owned),
        correlation,
    };
    let mut cookies = AppendHeaders(Vec::new());
    if knock.authorization.is_none() && headers.contains_key(BY_COOKIE) {
        match by_cookie(&options, &headers, &knock).await {
            Ok(credential) => {
                knock.authorization = credential.authorization;
                cookies.0 = credential.cookies.into_iter().map(|line| (header::SET_COOKIE, line)).collect();
            }
            Err(refused) => return refused,
        }
    }
    let language = knock.language;
    match options.api.answer(knock, &body).await {
        Ok((json, allowance)) => {
            (allowed(allowance), cookies, [(header::CONTENT_TYPE, "application/json")], json).into_response()
        }
        Err(graphql::BadRequest::TooMany(allowance)) => {
            let retry = [(header::RETRY_AFTER, allowance.reset_secs.to_string())];
            let text = format!("{}\n", graphql::BadRequest::TooMany(allowance).said(language));
            (StatusCode::TOO_MANY_REQUESTS, allowed(allowance), retry, text).into_response()
        }
        Err(fault) => (StatusCode::BAD_REQUEST, format!("{}\n", fault.said(language))).into_response(),
    }
}

/// The lines that renew a visitor's cookies.
pub(crate) type Cookies = AppendHeaders<Vec<(header::HeaderName, HeaderValue)>>;

/// Who knocks at a door that is not the API's own, by token or by the cookies of a page of ours.
pub(crate) async fn knocking(
    options: &Options,
    (peer, Correlation(correlation), headers): (SocketAddr, Correlation, &HeaderMap),
) -> Result<(graphql::Knock, Cookies), Response> {
    let mut knock = graphql::Knock {
        authorization: text(headers, header::AUTHORIZATION).map(str::to_owned),
        language: graphql::Language::accepted(text(headers, header::ACCEPT_LANGUAGE).unwrap_or_default()),
        peer: peer.ip(),
        agent: text(headers, header::USER_AGENT).map(str::to_owned),
        correlation,
    };
    let mut cookies = AppendHeaders(Vec::new());
    if knock.authorization.is_none() && headers.contains_key(BY_COOKIE) {
        let credential = by_cookie(options, headers, &knock).await?;
        knock.authorization = credential.authorization;
        cookies.0 = credential.cookies.into_iter().map(|line| (header::SET_COOKIE, line)).collect();
    }
    Ok((knock, cookies))
}

/// The header by which a page of ours asks that its cookies count. Other sites' pages cannot send it without asking first.
pub(crate) const BY_COOKIE: &str = "x-hosterra-session";

/// The credential of the cookies, for pages of ours alone.
pub(crate) async fn by_cookie(
    options: &Options,
    headers: &HeaderMap,
    knock: &graphql::Knock,
) -> Result<Credential, Response> {
    let refused = |reason: &'static str| (StatusCode::FORBIDDEN, reason).into_response();
    let home = options
        .site
        .home(headers)
        .ok_or_else(|| refused("cookies count under the site's own name alone\n"))?;
    if !home.sent(headers) {
        return Err(refused("cookies count for requests of the site's own pages alone\n"));
    }
    let visitor = Visitor {
        peer: knock.peer,
        agent: knock.agent.clone(),
        language: knock.language,
        correlation: knock.correlation,
    };
    Ok(credential(options, headers, (&home, &visitor)).await)
}

/// What is left to the caller, as headers: operations in a window, those left, seconds until the next window.
fn allowed(allowance: graphql::Allowance) -> [(&'static str, String); 3] {
    [
        ("ratelimit-limit", allowance.limit.to_string()),
        ("ratelimit-remaining", allowance.remaining.to_string()),
        ("ratelimit-reset", allowance.reset_secs.to_string()),
    ]
}

/// The schema, for code generators. It is public: the same text stands in the repository.
pub(crate) async fn schema(State(options): State<Options>) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], options.api.sdl()).into_response()
}

/// A header's value where it is plain text.
pub(crate) fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn is_json(headers: &HeaderMap) -> bool {
    text(headers, header::CONTENT_TYPE)
        .and_then(|value| value.split(';').next())
        .is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}
