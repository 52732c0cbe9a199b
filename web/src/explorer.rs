//! A small page to try the API with, in development. Written by hand: it loads nothing from elsewhere and works offline.

use axum::http::header;
use axum::response::{Html, IntoResponse, Response};

/// As strict as elsewhere, but for our own script and its calls to our own API.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The page.
pub(crate) async fn page() -> Response {
    let policy = [(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY)];
    (policy, Html(include_str!("explorer/explorer.html"))).into_response()
}

/// Its script.
pub(crate) async fn script() -> Response {
    ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], include_str!("explorer/explorer.js"))
        .into_response()
}

/// Its style.
pub(crate) async fn style() -> Response {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("explorer/explorer.css"))
        .into_response()
}
