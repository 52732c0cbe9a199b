//! The HTTP server: the API, health, metrics and a front page.
//!
//! Knows no model and no database: what the API means stands in `graphql`. Credentials come in `Authorization`; cookies
//! are translated to it for pages of our own alone, so that another site's page can do nothing in a visitor's name.

mod api;
mod app;
mod arrival;
mod audit;
mod client;
#[cfg(test)]
mod crowd;
mod document;
mod explorer;
mod guard;
mod health;
mod landing;
mod limit;
mod metric;
mod page;
mod serve;
mod session;
mod setup;
mod share;
mod socket;
mod ticket;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

pub use client::Proxies;
pub use health::{Readiness, Ready};
pub use landing::{Landing, Server};
pub use metric::metrics_router;
pub use page::export::{NoRoom, TakeAlong};
pub use serve::{Handshake, Plain, ServeError, Serving, serve};
pub use session::origin::Site;
pub use setup::{Dav, Domains, Offer, OwnSts, Seal, SealError, Service, Setup, Socket, StsMode, StsPolicy};

/// Whether the bytes travel under TLS: decides on `Strict-Transport-Security` (RFC 6797).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// In the clear, on loopback or behind a proxy that ends TLS.
    Plain,
    /// Under TLS.
    Tls,
}

/// A login that everybody may try, as the sign-in page shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoLogin {
    /// Whose it is, in English and in French.
    pub role: (&'static str, &'static str),
    /// What is typed in.
    pub login: String,
    /// No secret.
    pub password: &'static str,
}

/// The demo, as the sign-in page shows it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Demo {
    /// Its logins; none where there is no demo.
    pub logins: Vec<DemoLogin>,
    /// After how many minutes it begins anew, with everybody signed out; none where it stays as visitors leave it.
    pub reset_minutes: Option<u16>,
}

/// What browsers are in the middle of: renewals and half-done sign-ins of this node.
#[derive(Clone, Default)]
pub struct Sessions {
    renewals: Arc<session::renewal::Renewals>,
    pending: Arc<session::pending::Pendings>,
}

/// What the router serves.
#[derive(Clone)]
pub struct Options {
    /// Answers `/graphql`.
    pub api: graphql::Api,
    /// What the front page tells.
    pub landing: Landing,
    /// How long what was deleted can be brought back: pages say so before something is.
    pub retention_days: u16,
    /// Answers `/health/ready`.
    pub ready: Arc<dyn Ready>,
    /// Shown at `/metrics` to loopback peers; none where metrics have a listener of their own.
    pub metrics: Option<prometheus::Registry>,
    /// Where its pages are at home.
    pub site: Site,
    /// What everybody may try.
    pub demo: Demo,
    /// How mail clients are set up.
    pub setup: Setup,
    /// Reads mailboxes for those who take them along.
    pub mail: Arc<dyn TakeAlong>,
    /// See [`Sessions`]; one for all listeners of a node.
    pub sessions: Sessions,
    /// The operator's own proxies.
    pub proxies: Proxies,
    /// See [`Transport`].
    pub transport: Transport,
    /// Ends open websockets and downloads when the server drains.
    pub drain: tokio_util::sync::CancellationToken,
}

/// Everything that the HTTP listener answers. The explorer at `/graphiql` exists in development only.
pub fn router(options: Options) -> Router {
    let mut router = Router::new()
        .route("/", get(landing::page))
        .route("/icon.svg", get(page::icon))
        .route("/brand/style.css", get(page::dress::style))
        .route("/brand/{name}", get(page::dress::logo))
        .route("/assets/{name}", get(app::asset::file))
        .route("/login", get(page::login::page).post(page::login::submit))
        .route("/login/code", get(page::login::code_page).post(page::login::code_submit))
        .route("/login/passkey", post(page::passkey::answer))
        .route("/login/passkey/question", post(page::passkey::question))
        .route("/login/code/passkey", post(page::passkey::code_answer))
        .route("/login/code/question", post(page::passkey::code_question))
        .route("/logout", post(page::login::leave))
        .route("/language", post(page::login::language))
        .route("/password", get(page::password::page).post(page::password::submit))
        .route("/verify", get(page::verify::page).post(page::verify::submit))
        .route("/reset", get(page::reset::page).post(page::reset::submit))
        .route("/audit/export", post(audit::export))
        .route("/mailbox/export", get(page::export::page).post(page::export::download))
        .route("/held", get(page::held::page).post(page::held::submit))
        .route("/invitation", get(page::invitation::page).post(page::invitation::submit))
        .route("/signup", get(page::sign_up::page).post(page::sign_up::submit))
        .route("/setup", get(setup::page::page))
        .route("/setup/apple", post(setup::apple::profile))
        .route("/graphql", post(api::answer).get(socket::open))
        .route("/graphql/schema.graphql", get(api::schema))
        .route("/documents/{sha256}", get(document::published))
        .route("/contracts/{account}/{service}/{sha256}", get(document::accepted))
        .route("/tickets/{account}/{ticket}/files/{number}", get(ticket::give))
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready));
    for (path, _) in app::shell::ENTRIES {
        router = router
            .route(&format!("/{path}"), get(app::shell::page))
            .route(&format!("/{path}/{{*rest}}"), get(app::shell::page));
    }
    if options.api.mode() == graphql::Mode::Development {
        router = router
            .route("/graphiql", get(explorer::page))
            .route("/graphiql/explorer.js", get(explorer::script))
            .route("/graphiql/explorer.css", get(explorer::style));
    }
    if options.metrics.is_some() {
        router = router.route("/metrics", get(metric::on_loopback));
    }
    // Files are larger than what else is asked; they are bounded where they are read.
    let files = Router::new().route("/tickets/{account}/{ticket}/files", post(ticket::take));
    let room = guard::Room::default();
    let router = guard::small(router.fallback(page::missing), &room).merge(guard::admitted(files, &room));
    let transport = options.transport;
    let proxies = axum::middleware::from_fn_with_state(options.proxies.clone(), client::seen);
    // Before everything else: a host of a customer's domain sees no page of ours.
    let door = axum::middleware::from_fn_with_state(options.clone(), setup::door::stand);
    let dress = axum::middleware::from_fn_with_state(options.clone(), page::dress::put_on);
    guard::guarded(router.layer(dress).layer(door).with_state(options), transport).layer(proxies)
}
