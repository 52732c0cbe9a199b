//! The cookies (RFC 6265): two with the API's tokens, one for a sign-in that is half done, one for the language.

use axum::http::{HeaderMap, HeaderValue, header};

use super::origin::Home;

/// What a cookie is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Jar {
    /// The access token.
    Access,
    /// The refresh token.
    Refresh,
    /// Names a sign-in that waits for its second factor.
    Pending,
    /// The language of pages: no secret, kept for a year.
    Language,
}

/// How long a browser keeps a cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keep {
    /// Until the browser is closed.
    Session,
    /// So many seconds.
    Seconds(u64),
    /// Not at all: it is taken away.
    Gone,
}

/// Longest `Cookie` header that is looked at, in octets.
const HEADER_OCTETS_MAX: usize = 16 * 1024;

impl Jar {
    /// The name: with `__Host-` under TLS, so that no other host and no plain connection can set it.
    fn name(self, home: &Home) -> String {
        let name = match self {
            Self::Access => "hosterra-access",
            Self::Refresh => "hosterra-refresh",
            Self::Pending => "hosterra-pending",
            Self::Language => "hosterra-language",
        };
        if home.is_secure { format!("__Host-{name}") } else { name.to_owned() }
    }
}

/// The cookie of `headers`, where it is there once and well formed.
pub(crate) fn read(headers: &HeaderMap, home: &Home, jar: Jar) -> Option<String> {
    let name = jar.name(home);
    let mut found = None;
    for header in headers.get_all(header::COOKIE) {
        let line = header.to_str().ok().filter(|line| line.len() <= HEADER_OCTETS_MAX)?;
        for pair in line.split(';') {
            let Some((key, value)) = pair.split_once('=') else { continue };
            if key.trim() != name || value.is_empty() || !value.trim().bytes().all(is_token) {
                continue;
            }
            // Of two of one name, one was put there by somebody else: neither counts.
            if found.replace(value.trim().to_owned()).is_some() {
                return None;
            }
        }
    }
    found
}

/// What tells the browser to keep, or to forget, a cookie.
pub(crate) fn set(home: &Home, jar: Jar, value: &str, keep: Keep) -> Option<HeaderValue> {
    let age = match keep {
        Keep::Session => String::new(),
        Keep::Seconds(seconds) => format!("; Max-Age={seconds}"),
        Keep::Gone => "; Max-Age=0".to_owned(),
    };
    let secure = if home.is_secure { "; Secure" } else { "" };
    let line = format!("{}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{age}", jar.name(home));
    let mut line = HeaderValue::try_from(line).ok()?;
    line.set_sensitive(true);
    Some(line)
}

/// What our own values are made of.
fn is_token(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_' | b'.' | b'~')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn home(is_secure: bool) -> Home {
        Home { origin: "http://localhost".to_owned(), is_secure }
    }

    fn headers(line: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_static(line))])
    }

    #[test]
    fn under_tls_the_name_keeps_other_hosts_out() {
        let line = set(&home(true), Jar::Refresh, "x", Keep::Session).expect("a header");
        assert_eq!(line, "__Host-hosterra-refresh=x; Path=/; HttpOnly; SameSite=Lax; Secure");
        assert_eq!(read(&headers("hosterra-refresh=x"), &home(true), Jar::Refresh), None);
        assert_eq!(
            read(&headers("a=b; __Host-hosterra-refresh=x"), &home(true), Jar::Refresh).as_deref(),
            Some("x")
        );
    }

    #[test]
    fn a_cookie_that_comes_twice_counts_for_nothing() {
        assert_eq!(read(&headers("hosterra-access=a; hosterra-access=b"), &home(false), Jar::Access), None);
        assert_eq!(read(&headers("hosterra-access=a b"), &home(false), Jar::Access), None);
    }
}
