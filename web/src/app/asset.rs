//! `GET /assets/{name}`: files named by what they hold, kept by browsers for a year.

use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::api::text;

/// One file of the app, with its compressed forms where these are smaller.
#[derive(Debug)]
pub(crate) struct Asset {
    /// Its name below `/assets`, with a hash of its content.
    pub(crate) name: &'static str,
    plain: &'static [u8],
    brotli: Option<&'static [u8]>,
    gzip: Option<&'static [u8]>,
}

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// The style of server-made pages: the app's tokens and the pages' own rules.
const STYLE: &str = concat!(include_str!("../../app/src/lib/tokens.css"), include_str!("../page/page.css"));
/// The script of server-made pages: they work without it.
const SCRIPT: &str = include_str!("../page/passkey.js");
/// A name stands for one content for ever.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// Why there is no app, where there is none.
pub(crate) const fn missing() -> Option<&'static str> {
    MISSING
}

/// The path of the style of server-made pages.
pub(crate) const fn style_path() -> &'static str {
    STYLE_PATH
}

/// The path of the script of server-made pages.
pub(crate) const fn script_path() -> &'static str {
    SCRIPT_PATH
}

/// The files that `entry` loads in `role`: `script`, `style`, `preload`, or `language-fr` and its like.
pub(crate) fn loads(entry: &str, role: &str) -> impl Iterator<Item = &'static str> {
    LOADS.iter().filter(move |row| row.0 == entry && row.1 == role).map(|row| row.2)
}

/// The file, in the smallest form that the client takes.
pub(crate) async fn file(Path(name): Path<String>, headers: HeaderMap) -> Response {
    for (path, kind, text) in [
        (STYLE_PATH, "text/css; charset=utf-8", STYLE),
        (SCRIPT_PATH, "text/javascript; charset=utf-8", SCRIPT),
    ] {
        if path.strip_prefix("/assets/") == Some(name.as_str()) {
            return ([(header::CONTENT_TYPE, kind)], [(header::CACHE_CONTROL, FOR_EVER)], text)
                .into_response();
        }
    }
    let Ok(at) = ASSETS.binary_search_by(|asset| asset.name.cmp(&name)) else {
        return (StatusCode::NOT_FOUND, "not found\n").into_response();
    };
    let asset = &ASSETS[at];
    let accepted = text(&headers, header::ACCEPT_ENCODING).unwrap_or_default();
    let (bytes, encoding) = packed(asset, accepted);
    let mut response = ([(header::CONTENT_TYPE, content_type(asset.name))], bytes).into_response();
    let fields = response.headers_mut();
    fields.insert(header::CACHE_CONTROL, FOR_EVER);
    fields.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Some(encoding) = encoding {
        fields.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}

fn packed(asset: &Asset, accepted: &str) -> (&'static [u8], Option<&'static str>) {
    if let Some(bytes) = asset.brotli.filter(|_| accepts(accepted, "br")) {
        return (bytes, Some("br"));
    }
    if let Some(bytes) = asset.gzip.filter(|_| accepts(accepted, "gzip")) {
        return (bytes, Some("gzip"));
    }
    (asset.plain, None)
}

/// Whether `Accept-Encoding` names `coding` and does not refuse it (RFC 9110 section 12.5.3).
fn accepts(accepted: &str, coding: &str) -> bool {
    accepted.split(',').any(|part| {
        let mut words = part.split(';').map(str::trim);
        let is_named = words.next().is_some_and(|name| name.eq_ignore_ascii_case(coding));
        let is_refused = words.any(|word| matches!(word, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"));
        is_named && !is_refused
    })
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "woff2" => "font/woff2",
        "png" => "image/png",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coding_is_used_only_where_the_client_takes_it() {
        for (header, coding, is_accepted) in [
            ("gzip, deflate, br", "br", true),
            ("gzip", "br", false),
            ("br;q=0, gzip", "br", false),
            ("BR;q=0.5", "br", true),
            ("", "gzip", false),
        ] {
            assert_eq!(accepts(header, coding), is_accepted, "{header}");
        }
    }

    #[test]
    fn names_are_in_order_so_that_a_file_is_found() {
        assert!(ASSETS.is_sorted_by(|one, other| one.name < other.name));
        let of_entries =
            LOADS.iter().all(|row| ASSETS.binary_search_by(|asset| asset.name.cmp(row.2)).is_ok());
        assert!(of_entries, "an entry loads what is not there");
    }
}
