//! Whether the process lives, and whether it can work.

use std::future::Future;
use std::pin::Pin;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::Options;

/// What stands in the way of work; empty is good.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Readiness {
    /// Names of parts that do not work now, for example `journal`; no details, the log has them.
    pub missing: Vec<&'static str>,
}

/// Knows whether the node can work.
pub trait Ready: Send + Sync {
    /// Asks the parts, within a second.
    fn check(&self) -> Pin<Box<dyn Future<Output = Readiness> + Send + '_>>;
}

/// 200 while the process answers at all.
pub(crate) async fn live() -> &'static str {
    "live\n"
}

/// 200 where the node can work, else 503 with the parts that cannot.
pub(crate) async fn ready(State(options): State<Options>) -> Response {
    let readiness = options.ready.check().await;
    let status = if readiness.missing.is_empty() && !options.drain.is_cancelled() {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let body = serde_json::json!({
        "ready": status == StatusCode::OK,
        "draining": options.drain.is_cancelled(),
        "missing": readiness.missing,
    });
    (status, Json(body)).into_response()
}
