//! Prometheus metrics, for those who may see them.

use std::net::SocketAddr;

use axum::Router;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use prometheus::{Encoder, Registry, TextEncoder};

use crate::Options;

/// Headers by which a proxy tells that the peer on loopback is not the one who asks.
const FORWARDED: [&str; 3] = ["forwarded", "x-forwarded-for", "x-real-ip"];

/// `/metrics` and nothing else, for a listener of its own.
pub fn metrics_router(registry: Registry) -> Router {
    Router::new().route("/metrics", get(async move || encoded(&registry)))
}

/// The metrics, for peers on loopback that nobody forwards to; for others there is no such page.
pub(crate) async fn on_loopback(
    State(options): State<Options>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> Response {
    let is_direct = FORWARDED.iter().all(|name| !headers.contains_key(*name));
    match &options.metrics {
        Some(registry) if peer.ip().to_canonical().is_loopback() && is_direct => encoded(registry),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

fn encoded(registry: &Registry) -> Response {
    let encoder = TextEncoder::new();
    let mut text = Vec::new();
    match encoder.encode(&registry.gather(), &mut text) {
        Ok(()) => {
            ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
        }
        Err(error) => {
            tracing::error!(error = %error, "encoding metrics");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
