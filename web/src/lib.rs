//! The HTTP server: the API, health, metrics and a front page.
//!
//! Knows no model and no database: what the API means stands in `graphql`. Has no cookies; credentials come in
//! `Authorization` alone, so that another site's page can do nothing in a visitor's name.

mod api;
mod explorer;
mod guard;
mod health;
mod landing;
mod limit;
mod metric;
mod serve;
mod socket;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

pub use health::{Readiness, Ready};
pub use landing::{Landing, Server};
pub use metric::metrics_router;
pub use serve::{Handshake, Plain, ServeError, Serving, serve};

/// Whether the bytes travel under TLS: decides on `Strict-Transport-Security` (RFC 6797).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// In the clear, on loopback or behind a proxy that ends TLS.
    Plain,
    /// Under TLS.
    Tls,
}

/// What the router serves.
#[derive(Clone)]
pub struct Options {
    /// Answers `/graphql`.
    pub api: graphql::Api,
    /// What the front page tells.
    pub landing: Landing,
    /// Answers `/health/ready`.
    pub ready: Arc<dyn Ready>,
    /// Shown at `/metrics` to loopback peers; none where metrics have a listener of their own.
    pub metrics: Option<prometheus::Registry>,
    /// See [`Transport`].
    pub transport: Transport,
    /// Ends open websockets when the server drains.
    pub drain: tokio_util::sync::CancellationToken,
}

/// Everything that the HTTP listener answers. The explorer at `/graphiql` exists in development only.
pub fn router(options: Options) -> Router {
    let mut router = Router::new()
        .route("/", get(landing::page))
        .route("/site.css", get(landing::style))
        .route("/graphql", post(api::answer).get(socket::open))
        .route("/graphql/schema.graphql", get(api::schema))
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready));
    if options.api.mode() == graphql::Mode::Development {
        router = router
            .route("/graphiql", get(explorer::page))
            .route("/graphiql/explorer.js", get(explorer::script))
            .route("/graphiql/explorer.css", get(explorer::style));
    }
    if options.metrics.is_some() {
        router = router.route("/metrics", get(metric::on_loopback));
    }
    let transport = options.transport;
    guard::guarded(router.fallback(landing::missing).with_state(options), transport)
}
