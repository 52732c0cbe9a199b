//! The bytes of documents: `/documents/{sha256}` and `/contracts/{account}/{service}/{sha256}`.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, Extension, Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use graphql::{NoBytes, Wanted};

use crate::Options;
use crate::api::{knocking, text};
use crate::guard::Correlation;

/// A document never runs as a page of ours: no script, no form, no origin.
const SANDBOX: &str = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

/// One that is or was published.
pub(crate) async fn published(
    State(options): State<Options>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Extension(correlation): Extension<Correlation>,
    Path(sha256): Path<String>,
    headers: HeaderMap,
) -> Response {
    answer(&options, (peer, correlation, &headers), &Wanted::Published, &sha256).await
}

/// One that was accepted for a service.
pub(crate) async fn accepted(
    State(options): State<Options>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Extension(correlation): Extension<Correlation>,
    Path((account, service, sha256)): Path<(String, String, String)>,
    headers: HeaderMap,
) -> Response {
    let (Ok(account), Ok(service)) = (account.parse(), service.parse()) else {
        return refused(NoBytes::NotFound);
    };
    answer(&options, (peer, correlation, &headers), &Wanted::Accepted(account, service), &sha256).await
}

async fn answer(
    options: &Options,
    (peer, correlation, headers): (SocketAddr, Correlation, &HeaderMap),
    wanted: &Wanted,
    sha256: &str,
) -> Response {
    let (knock, cookies) = match knocking(options, (peer, correlation, headers)).await {
        Ok(knocking) => knocking,
        Err(refused) => return refused,
    };
    let bytes = match options.api.document(&knock, wanted, sha256).await {
        Ok(bytes) => bytes,
        Err(no) => return refused(no),
    };
    let tag = format!("\"{}\"", sha256.to_ascii_lowercase());
    let name = format!("attachment; filename=\"{}.{}\"", &sha256[..16], bytes.media_type.extension());
    let fixed = [
        (header::ETAG, tag.clone()),
        (header::CONTENT_SECURITY_POLICY, SANDBOX.to_owned()),
        // Private: an answer to a credential. The bytes of a hash never change.
        (header::CACHE_CONTROL, "private, max-age=31536000, immutable".to_owned()),
    ];
    if text(headers, header::IF_NONE_MATCH).is_some_and(|known| known.contains(&tag)) {
        return (StatusCode::NOT_MODIFIED, fixed, cookies).into_response();
    }
    let described =
        [(header::CONTENT_TYPE, bytes.media_type.name().to_owned()), (header::CONTENT_DISPOSITION, name)];
    (fixed, described, cookies, bytes.octets).into_response()
}

fn refused(no: NoBytes) -> Response {
    let status = match no {
        NoBytes::Unauthenticated => StatusCode::UNAUTHORIZED,
        NoBytes::NotFound => StatusCode::NOT_FOUND,
        NoBytes::Failed => StatusCode::INTERNAL_SERVER_ERROR,
    };
    (status, format!("{no}\n")).into_response()
}
