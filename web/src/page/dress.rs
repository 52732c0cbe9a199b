//! What pages wear under a reseller's host: its name, colours, logo and language, from the `Host` of the request.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use graphql::Dress;

use crate::Options;
use crate::api::text;

/// A picture never runs as a page of ours.
const SANDBOX: &str = "default-src 'none'; sandbox";

tokio::task_local! {
    /// What the page that is being made wears: every page is made within one request.
    static WORN: Option<Arc<Worn>>;
}

/// A dress, and the host that it was found by.
#[derive(Debug)]
pub(crate) struct Worn {
    pub(crate) dress: Dress,
    /// As it stands in the request, with its port.
    pub(crate) host: String,
}

/// What the page that is being made wears; none: the platform's own.
pub(crate) fn worn() -> Option<Arc<Worn>> {
    WORN.try_with(Clone::clone).ok().flatten()
}

/// Finds the dress of a request. The front page tells of the platform: under a reseller's host one signs in.
pub(crate) async fn put_on(State(options): State<Options>, request: Request, next: Next) -> Response {
    let host = text(request.headers(), header::HOST).unwrap_or_default().to_owned();
    let dress = options.api.dress(host.split(':').next().unwrap_or_default());
    if dress.is_some() && request.uri().path() == "/" {
        return Redirect::to("/login").into_response();
    }
    let worn = dress.map(|dress| Arc::new(Worn { dress, host }));
    WORN.scope(worn, next.run(request)).await
}

/// `GET /brand/style.css`: the colours of the host's reseller. They were read as colours and are written as such.
pub(crate) async fn style() -> Response {
    let Some(worn) = worn() else { return StatusCode::NOT_FOUND.into_response() };
    let Dress { accent, on_accent, .. } = &worn.dress;
    let style = format!(
        ":root:root {{ --accent: {accent}; --accent-strong: {accent}; --on-accent: {on_accent}; }}\n\
         .masthead img {{ max-height: 2.75rem; max-width: 12rem; width: auto; height: auto; }}\n"
    );
    let kept = [(header::CACHE_CONTROL, "public, max-age=300"), (header::VARY, "host")];
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], kept, style).into_response()
}

/// `GET /brand/{sha256}.png`: a logo, while it is some reseller's.
pub(crate) async fn logo(
    State(options): State<Options>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Response {
    let Some(octets) = options.api.logo(&name).await else { return StatusCode::NOT_FOUND.into_response() };
    let tag = format!("\"{name}\"");
    let fixed = [
        (header::ETAG, tag.clone()),
        (header::CONTENT_SECURITY_POLICY, SANDBOX.to_owned()),
        (header::CONTENT_TYPE, "image/png".to_owned()),
        (header::CONTENT_DISPOSITION, "inline; filename=\"logo.png\"".to_owned()),
        // The bytes of a hash never change.
        (header::CACHE_CONTROL, "public, max-age=86400, immutable".to_owned()),
    ];
    if text(&headers, header::IF_NONE_MATCH).is_some_and(|known| known.contains(&tag)) {
        return (StatusCode::NOT_MODIFIED, fixed).into_response();
    }
    (fixed, octets).into_response()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderMap;
    use graphql::Language;
    use maud::html;

    use super::*;
    use crate::Site;
    use crate::page::Paper;

    fn worn(name: &str) -> Option<Arc<Worn>> {
        let dress = Dress {
            name: name.to_owned(),
            accent: "#2f5d50".to_owned(),
            on_accent: "#ffffff".to_owned(),
            logo: Some(("/brand/aa.png".to_owned(), 640, 200)),
            language: Some(Language::French),
        };
        Some(Arc::new(Worn { dress, host: "panel.acme.example".to_owned() }))
    }

    fn page() -> String {
        Paper { language: Language::English, path: "/login" }.page("Sign in", &html! {}).into_string()
    }

    #[test]
    fn pages_under_a_resellers_host_wear_its_face_and_no_trace_of_the_house() {
        let page = WORN.sync_scope(worn("Acme <Mail>"), page);
        for part in ["Acme &lt;Mail&gt;", "/brand/style.css", "src=\"/brand/aa.png\"", "width=\"640\""] {
            assert!(page.contains(part), "{part} is not in {page}");
        }
        assert!(!page.contains("Hosterra") && !page.contains("<Mail>"), "{page}");
        let own = WORN.sync_scope(None, self::page);
        assert!(own.contains("Hosterra") && !own.contains("/brand/"), "{own}");
    }

    #[test]
    fn under_a_resellers_host_cookies_and_forms_are_that_hosts() {
        let site = Site { origin: Some("https://panel.example".to_owned()) };
        let headers = HeaderMap::new();
        let home = WORN.sync_scope(worn("Acme"), || site.home(&headers)).expect("a home");
        assert_eq!((home.origin.as_str(), home.is_secure), ("https://panel.acme.example", true));
        let own = WORN.sync_scope(None, || site.home(&headers)).expect("a home");
        assert_eq!(own.origin, "https://panel.example");
        // Without an origin of the platform's own there is no TLS that a reseller's host could have.
        assert_eq!(WORN.sync_scope(worn("Acme"), || Site::default().home(&headers)), None);
    }
}
