//! What every request passes: limits, a correlation id, and headers that keep browsers strict.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::body::{Body, HttpBody as _};
use axum::extract::{ConnectInfo, DefaultBodyLimit, Extension, Request};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::{Router, http};
use tokio::sync::Semaphore;
use tower_http::timeout::TimeoutLayer;

use crate::Transport;
use crate::arrival::{NoBody, whole};
use crate::limit::{
    HEALTH_COUNT_MAX, HEALTH_OF_NETWORK_MAX, REQUEST_COUNT_MAX, REQUEST_TIME_MAX, UNDER_WAY_COUNT_MAX,
    UNDER_WAY_OF_NETWORK_MAX,
};
use crate::share::{NoPlace, Places};
use crate::socket::Sockets;

/// The name of one request, in its events, its log lines and its answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Correlation(pub(crate) graphql::CorrelationId);

/// The header that tells the client its request's name.
const CORRELATION_HEADER: HeaderName = HeaderName::from_static("x-correlation-id");

/// Nothing but our own style sheet and forms; no script, no frame around us.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; \
     form-action 'self'; frame-ancestors 'none'";

/// Where requests about the health of the node are at home.
const HEALTH: &str = "/health/";

/// Room for what is answered at once.
#[derive(Debug, Clone)]
pub(crate) struct Room(Arc<Semaphore>);

impl Default for Room {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(REQUEST_COUNT_MAX)))
    }
}

/// Gives `router` what is whole and small, and no more at once than there is room for.
pub(crate) fn small<S: Clone + Send + Sync + 'static>(router: Router<S>, room: &Room) -> Router<S> {
    // The body first: who has not said what is asked takes no room of those who have.
    admitted(router, room).layer(from_fn(arrived))
}

/// Gives `router` no more at once than there is room for; bodies are its own affair.
pub(crate) fn admitted<S: Clone + Send + Sync + 'static>(router: Router<S>, Room(room): &Room) -> Router<S> {
    let room = Arc::clone(room);
    router.layer(from_fn(move |request, next| admit(Arc::clone(&room), request, next)))
}

/// Puts the guard around `router`.
pub(crate) fn guarded(router: Router, transport: Transport) -> Router {
    let under_way = Places::new(UNDER_WAY_COUNT_MAX, UNDER_WAY_OF_NETWORK_MAX);
    let health = Places::new(HEALTH_COUNT_MAX, HEALTH_OF_NETWORK_MAX);
    router
        .layer(Extension(Sockets::default()))
        .layer(DefaultBodyLimit::disable())
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, REQUEST_TIME_MAX))
        .layer(from_fn(move |request: Request, next| {
            let places = if is_about_health(&request) { health.clone() } else { under_way.clone() };
            share(places, request, next)
        }))
        .layer(from_fn(move |request, next| named(transport, request, next)))
}

fn is_about_health(request: &Request) -> bool {
    request.uri().path().starts_with(HEALTH)
}

/// Answers 429 where the network of the peer has its share under way.
async fn share(places: Places, request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
    // Without a connection there is nobody to count: a test that calls the router by itself.
    match places.take(peer.unwrap_or(Ipv4Addr::UNSPECIFIED.into())) {
        Ok(_place) => next.run(request).await,
        Err(none) => none.into_response(),
    }
}

/// Waits for the whole body, within its bounds.
async fn arrived(request: Request, next: Next) -> Response {
    let octets_max = graphql::limit::REQUEST_OCTETS_MAX;
    let (parts, body) = request.into_parts();
    if body.is_end_stream() {
        return next.run(Request::from_parts(parts, body)).await;
    }
    if body.size_hint().lower() > octets_max as u64 {
        return NoBody::TooLarge.into_response();
    }
    match whole(body, octets_max).await {
        Ok(octets) => next.run(Request::from_parts(parts, Body::from(octets))).await,
        Err(none) => none.into_response(),
    }
}

/// Answers 503 instead of making requests wait without end.
async fn admit(room: Arc<Semaphore>, request: Request, next: Next) -> Response {
    if is_about_health(&request) {
        return next.run(request).await;
    }
    match room.try_acquire() {
        Ok(_permit) => next.run(request).await,
        Err(_) => NoPlace::Busy.into_response(),
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
