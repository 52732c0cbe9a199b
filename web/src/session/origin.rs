//! Where the pages are at home, and whether a request comes from there.

use axum::http::{HeaderMap, header};

use crate::api::text;
use crate::page::dress;

/// Where the pages are at home.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Site {
    /// For example `https://panel.example.com`. None: pages that need a session are for loopback alone, in the clear.
    pub origin: Option<String>,
}

/// The origin under which a request came, and how its cookies are named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Home {
    /// Scheme, host and port, as browsers write it in `Origin`.
    pub(crate) origin: String,
    /// Whether browsers reach it under TLS.
    pub(crate) is_secure: bool,
}

impl Site {
    /// The origin of `headers`; none where a password must not be asked for: in the clear, beyond loopback.
    pub(crate) fn home(&self, headers: &HeaderMap) -> Option<Home> {
        // Under a reseller's host its customers are at home, with cookies of that host alone.
        if let (Some(origin), Some(worn)) = (&self.origin, dress::worn()) {
            let is_secure = origin.starts_with("https://");
            let scheme = if is_secure { "https" } else { "http" };
            return Some(Home { origin: format!("{scheme}://{}", worn.host), is_secure });
        }
        match &self.origin {
            Some(origin) => Some(Home { origin: origin.clone(), is_secure: origin.starts_with("https://") }),
            None => {
                let host = text(headers, header::HOST).filter(|host| is_loopback(host))?;
                Some(Home { origin: format!("http://{host}"), is_secure: false })
            }
        }
    }
}

impl Home {
    /// Whether a request that changes something was made by a page of ours: by `Origin`, or where the browser sends
    /// none, by `Sec-Fetch-Site` (Fetch Metadata). A request with neither is none of ours.
    pub(crate) fn sent(&self, headers: &HeaderMap) -> bool {
        match text(headers, header::ORIGIN) {
            Some(origin) => origin == self.origin,
            None => headers.get("sec-fetch-site").is_some_and(|site| site == "same-origin"),
        }
    }
}

/// Whether the name in a `Host` header leads to this machine for every browser.
fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name.eq_ignore_ascii_case("localhost")
        || name.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback())
}

/// `next` where it is a path of ours, else `otherwise`: a link must not lead elsewhere after a sign-in.
pub(crate) fn within<'a>(next: Option<&'a str>, otherwise: &'a str) -> &'a str {
    next.filter(|path| {
        path.starts_with('/')
            && !path[1..].starts_with(['/', '\\'])
            && path.bytes().all(|octet| octet.is_ascii_graphic() && octet != b'\\')
            && path.len() <= PATH_OCTETS_MAX
    })
    .unwrap_or(otherwise)
}

/// Longest path that a sign-in leads to, in octets.
const PATH_OCTETS_MAX: usize = 1_024;

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.parse().expect("a name"), value.parse().expect("a value")))
            .collect()
    }

    #[test]
    fn a_sign_in_leads_to_paths_of_ours_alone() {
        for (next, leads_to) in [
            (Some("/dashboard/services?x=1"), "/dashboard/services?x=1"),
            (Some("//elsewhere.example"), "/"),
            (Some("/\\elsewhere.example"), "/"),
            (Some("/a\\b"), "/"),
            (Some("https://elsewhere.example"), "/"),
            (Some("javascript:alert(1)"), "/"),
            (Some("/a\r\nset-cookie: x=1"), "/"),
            (Some("/\t/elsewhere.example"), "/"),
            (Some(""), "/"),
            (None, "/"),
        ] {
            assert_eq!(within(next, "/"), leads_to, "{next:?}");
        }
    }

    #[test]
    fn without_an_origin_of_its_own_a_password_is_asked_for_on_loopback_alone() {
        let site = Site::default();
        for (host, is_home) in [
            ("localhost:8080", true),
            ("127.0.0.1:8080", true),
            ("[::1]:8080", true),
            ("127.0.0.1.elsewhere.example", false),
            ("panel.example.com", false),
            ("192.0.2.1:8080", false),
        ] {
            assert_eq!(site.home(&headers(&[("host", host)])).is_some(), is_home, "{host}");
        }
        assert!(site.home(&headers(&[])).is_none());
    }

    #[test]
    fn another_site_changes_nothing() {
        let home = Home { origin: "https://panel.example.com".to_owned(), is_secure: true };
        for (sent, is_ours) in [
            (headers(&[("origin", "https://panel.example.com")]), true),
            (headers(&[("sec-fetch-site", "same-origin")]), true),
            (headers(&[("origin", "https://elsewhere.example"), ("sec-fetch-site", "same-origin")]), false),
            (headers(&[("origin", "null")]), false),
            (headers(&[("sec-fetch-site", "same-site")]), false),
            (headers(&[("sec-fetch-site", "none")]), false),
            (headers(&[]), false),
        ] {
            assert_eq!(home.sent(&sent), is_ours, "{sent:?}");
        }
    }
}
