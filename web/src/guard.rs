//! What every request passes: limits, a correlation id, and headers that keep browsers strict.

use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, Extension, Request};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::{Router, http};
use tokio::sync::Semaphore;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::timeout::TimeoutLayer;

use crate::Transport;
use crate::limit::{REQUEST_COUNT_MAX, REQUEST_TIME_MAX};
use crate::socket::Sockets;

/// The name of one request, in its events, its log lines and its answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Correlation(pub(crate) graphql::CorrelationId);

/// The header that tells the client its request's name.
const CORRELATION_HEADER: HeaderName = HeaderName::from_static("x-correlation-id");

/// Nothing but our own style sheet and forms; no script, no frame around us.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; \
     form-action 'self'; frame-ancestors 'none'";

/// Bounds what is sent to `router`.
pub(crate) fn small<S: Clone + Send + Sync + 'static>(router: Router<S>) -> Router<S> {
    router.layer(RequestBodyLimitLayer::new(graphql::limit::REQUEST_OCTETS_MAX))
}

/// Puts the guard around `router`.
pub(crate) fn guarded(router: Router, transport: Transport) -> Router {
    let room = Arc::new(Semaphore::new(REQUEST_COUNT_MAX));
    router
        .layer(Extension(Sockets::default()))
        .layer(DefaultBodyLimit::disable())
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, REQUEST_TIME_MAX))
        .layer(from_fn(move |request, next| admit(room.clone(), request, next)))
        .layer(from_fn(move |request, next| named(transport, request, next)))
}

/// Answers 503 instead of making requests wait without end.
async fn admit(room: Arc<Semaphore>, request: Request, next: Next) -> Response {
    match room.try_acquire() {
        Ok(_permit) => next.run(request).await,
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "1")], "busy\n").into_response(),
    }
}

/// Names the request, logs it without what it asks, and sets the headers.
async fn named(transport: Transport, mut request: Request, next: Next) -> Response {
    let correlation = graphql::new_correlation();
    request.extensions_mut().insert(Correlation(correlation));
    let method = request.method().clone();
    let route = request.extensions().get::<axum::extract::MatchedPath>().map(|path| path.as_str().to_owned());
    let started = std::time::Instant::now();
    let mut response = next.run(request).await;
    tracing::debug!(
        correlation = %correlation,
        %method,
        route = route.as_deref().unwrap_or("none"),
        status = response.status().as_u16(),
        duration_ms = started.elapsed().as_millis(),
        "http request"
    );
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::try_from(correlation.to_string()) {
        headers.insert(CORRELATION_HEADER, value);
    }
    strict(headers, transport);
    response
}

fn strict(headers: &mut http::HeaderMap, transport: Transport) {
    let fixed = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        // Told to ourselves alone; without it browsers hide where our own forms come from (`Origin: null`).
        (header::REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // A page may bring its own policy (the explorer does); an answer of the API must never be kept.
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static(CONTENT_SECURITY_POLICY));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    if transport == Transport::Tls {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
}
