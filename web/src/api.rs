//! `POST /graphql`: one operation or a batch, as JSON.

use std::net::SocketAddr;

use axum::body::Bytes;
use axum::extract::{ConnectInfo, Extension, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::Options;
use crate::guard::Correlation;

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
    let knock = graphql::Knock {
        authorization: text(&headers, header::AUTHORIZATION).map(str::to_owned),
        language: graphql::Language::accepted(text(&headers, header::ACCEPT_LANGUAGE).unwrap_or_default()),
        peer: peer.ip(),
        agent: text(&headers, header::USER_AGENT).map(str::to_owned),
        correlation,
    };
    match options.api.answer(knock, &body).await {
        Ok((json, allowance)) => {
            (allowed(allowance), [(header::CONTENT_TYPE, "application/json")], json).into_response()
        }
        Err(graphql::BadRequest::TooMany(allowance)) => {
            let retry = [(header::RETRY_AFTER, allowance.reset_secs.to_string())];
            let text = format!("{}\n", graphql::BadRequest::TooMany(allowance));
            (StatusCode::TOO_MANY_REQUESTS, allowed(allowance), retry, text).into_response()
        }
        Err(fault) => (StatusCode::BAD_REQUEST, format!("{fault}\n")).into_response(),
    }
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
