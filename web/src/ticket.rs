//! The files of tickets: `/tickets/{account}/{ticket}/files` takes one, `/tickets/{account}/{ticket}/files/{number}` gives one.

use std::net::SocketAddr;
use std::sync::LazyLock;

use axum::Json;
use axum::body::Body;
use axum::extract::{ConnectInfo, Extension, Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use graphql::{GivenFile, NoBytes, NotTaken};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;
use tokio::sync::Semaphore;

use crate::Options;
use crate::api::{knocking, text};
use crate::arrival::{NoBody, whole};
use crate::guard::Correlation;
use crate::limit::{FILE_COUNT_MAX, FILE_OCTETS_MAX};

/// A file never runs as a page of ours: no script, no form, no origin.
const SANDBOX: &str = "default-src 'none'; sandbox";
/// What is encoded in the name of a download.
const NOT_IN_NAME: AsciiSet = NON_ALPHANUMERIC.remove(b'.').remove(b'-').remove(b'_');
/// Room for the files that are read at a time.
static ROOM: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(FILE_COUNT_MAX));

/// What is said of a file.
#[derive(Debug, serde::Deserialize)]
pub(crate) struct Said {
    name: String,
    #[serde(default)]
    internal: bool,
}

/// Lays a file beside what is said in a ticket; it is read from the network for whoever may do that alone.
pub(crate) async fn take(
    State(options): State<Options>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Extension(correlation): Extension<Correlation>,
    (Path((account, ticket)), Query(said)): (Path<(String, String)>, Query<Said>),
    headers: HeaderMap,
    body: Body,
) -> Response {
    // Demanding this type keeps forms of other sites out: they cannot send it without asking first.
    if text(&headers, header::CONTENT_TYPE) != Some("application/octet-stream") {
        let expected = "expected Content-Type: application/octet-stream\n";
        return (StatusCode::UNSUPPORTED_MEDIA_TYPE, expected).into_response();
    }
    let (Ok(account), Ok(ticket)) = (account.parse(), ticket.parse()) else {
        return refused(NoBytes::NotFound);
    };
    let (knock, cookies) = match knocking(&options, (peer, correlation, &headers)).await {
        Ok(knocking) => knocking,
        Err(refused) => return refused,
    };
    if let Err(no) = options.api.ticket_is_open_to(&knock, (account, ticket)).await {
        return refused(no);
    }
    let Ok(_room) = ROOM.try_acquire() else {
        return (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "1")], "busy\n").into_response();
    };
    let octets = match whole(body, FILE_OCTETS_MAX).await {
        Ok(octets) => octets,
        Err(NoBody::TooLarge) => {
            return (StatusCode::PAYLOAD_TOO_LARGE, "a file of a ticket has at most 5 MiB\n").into_response();
        }
        Err(none) => return none.into_response(),
    };
    let file = GivenFile { name: said.name, octets: octets.to_vec(), is_internal: said.internal };
    match options.api.ticket_file_give(&knock, (account, ticket), file).await {
        Ok(()) => (StatusCode::NO_CONTENT, cookies).into_response(),
        Err(NotTaken::No(no)) => refused(no),
        Err(NotTaken::Forbidden) => (StatusCode::FORBIDDEN, "you may not do this\n").into_response(),
        Err(NotTaken::Refused(why)) => {
            let told = json!({ "code": why.code, "field": why.field, "message": why.message });
            (StatusCode::UNPROCESSABLE_ENTITY, cookies, Json(told)).into_response()
        }
    }
}

/// Gives a file, always as a download of unknown form.
pub(crate) async fn give(
    State(options): State<Options>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Extension(correlation): Extension<Correlation>,
    Path((account, ticket, number)): Path<(String, String, usize)>,
    headers: HeaderMap,
) -> Response {
    let (Ok(account), Ok(ticket)) = (account.parse(), ticket.parse()) else {
        return refused(NoBytes::NotFound);
    };
    let (knock, cookies) = match knocking(&options, (peer, correlation, &headers)).await {
        Ok(knocking) => knocking,
        Err(refused) => return refused,
    };
    let file = match options.api.ticket_file(&knock, (account, ticket), number).await {
        Ok(file) => file,
        Err(no) => return refused(no),
    };
    let described = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::CONTENT_DISPOSITION, disposition(&file.name)),
        (header::CONTENT_SECURITY_POLICY, SANDBOX.to_owned()),
        (header::CACHE_CONTROL, "private, no-store".to_owned()),
    ];
    (described, cookies, file.octets).into_response()
}

/// A download under a name of any characters (RFC 6266 section 4.3, RFC 8187 section 3.2).
fn disposition(name: &str) -> String {
    let name = utf8_percent_encode(name, &NOT_IN_NAME);
    format!("attachment; filename=\"file\"; filename*=UTF-8''{name}")
}

fn refused(no: NoBytes) -> Response {
    let status = match no {
        NoBytes::Unauthenticated => StatusCode::UNAUTHORIZED,
        NoBytes::NotFound => StatusCode::NOT_FOUND,
        NoBytes::Failed => StatusCode::INTERNAL_SERVER_ERROR,
    };
    (status, format!("{no}\n")).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_any_characters_is_one_header_and_a_download() {
        for (name, expected) in [
            ("error.png", "attachment; filename=\"file\"; filename*=UTF-8''error.png"),
            ("é\"; x=\r\n", "attachment; filename=\"file\"; filename*=UTF-8''%C3%A9%22%3B%20x%3D%0D%0A"),
        ] {
            assert_eq!(disposition(name), expected);
        }
    }
}
