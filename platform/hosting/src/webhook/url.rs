//! Where a webhook leads, and what its deliveries are signed with.

use std::fmt;
use std::net::IpAddr;

use crate::HostingRefusal;
use crate::limit::{WEBHOOK_SECRET_OCTETS_MIN, WEBHOOK_URL_OCTETS_MAX};
use crate::refusal::Limit;
use crate::remote::public_host;

/// Whether an endpoint on this machine may be told in the clear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reach {
    /// Only `https`.
    Public,
    /// Also `http` to loopback: an engineer tries it out.
    AndLoopback,
}

/// An address such as `https://shop.example/hooks/mail`: ASCII, no user, no password, no fragment.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookUrl(String);

impl WebhookUrl {
    /// Reads and checks an address.
    ///
    /// # Errors
    /// `WEBHOOK_URL_TOO_LONG` beyond 2048 octets, `WEBHOOK_URL_NOT_HTTPS`, `WEBHOOK_URL_PRIVATE` for what leads into a private
    /// network, `WEBHOOK_URL` for anything else that is not a plain address.
    pub fn parse(text: &str, reach: Reach) -> Result<Self, HostingRefusal> {
        let text = text.trim();
        if text.len() > WEBHOOK_URL_OCTETS_MAX {
            let limit = Limit::count(WEBHOOK_URL_OCTETS_MAX, text.len());
            return Err(HostingRefusal::WebhookUrlTooLong(limit));
        }
        let is_plain =
            text.bytes().all(|octet| octet.is_ascii_graphic() && !b"\"<>\\^`{|}#".contains(&octet));
        let (scheme, rest) = text.split_once("://").ok_or(HostingRefusal::WebhookUrl)?;
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (host, port) = host_and_port(&rest[..end]).ok_or(HostingRefusal::WebhookUrl)?;
        if !is_plain || !is_host(host) || port.is_some_and(|port| !matches!(port.parse::<u16>(), Ok(1..))) {
            return Err(HostingRefusal::WebhookUrl);
        }
        match (scheme, reach) {
            ("https" | "http", Reach::AndLoopback) if is_loopback(host) => Ok(Self(text.to_owned())),
            // Deliveries there would fail for ever.
            ("https", Reach::Public | Reach::AndLoopback) if public_host(host).is_none() => {
                Err(HostingRefusal::WebhookUrlPrivate)
            }
            ("https", Reach::Public | Reach::AndLoopback) => Ok(Self(text.to_owned())),
            _ => Err(HostingRefusal::WebhookUrlNotHttps),
        }
    }

    /// One that was checked when it was written.
    pub(super) fn stored(text: String) -> Self {
        Self(text)
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An address may hold a token.
impl fmt::Debug for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookUrl")
    }
}

fn host_and_port(authority: &str) -> Option<(&str, Option<&str>)> {
    if authority.contains('@') {
        return None;
    }
    match authority.strip_prefix('[') {
        Some(rest) => {
            let (host, after) = rest.split_once(']')?;
            match after {
                "" => Some((host, None)),
                _ => Some((host, Some(after.strip_prefix(':')?))),
            }
        }
        None => match authority.split_once(':') {
            Some((host, port)) => Some((host, Some(port))),
            None => Some((authority, None)),
        },
    }
}

/// A DNS name or an IP address; never a number or a shorthand that some resolvers take for an address.
fn is_host(host: &str) -> bool {
    if host.parse::<IpAddr>().is_ok() || host == "localhost" {
        return true;
    }
    let last = host.rsplit('.').next().unwrap_or_default();
    kernel::DomainName::parse(host).is_ok() && last.bytes().any(|octet| octet.is_ascii_alphabetic())
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// What deliveries are signed with: `whsec_` and at least 32 characters of chance. Its `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookSecret(String);

impl WebhookSecret {
    /// Of this text; none where it is too short to be a secret or not plain.
    pub fn new(text: String) -> Option<Self> {
        let is_plain = text.bytes().all(|octet| octet.is_ascii_graphic());
        (is_plain && text.len() >= WEBHOOK_SECRET_OCTETS_MIN).then_some(Self(text))
    }

    /// The text whose octets are the key of the signature.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_a_plain_https_address() {
        let read = |text: &str, reach| WebhookUrl::parse(text, reach).map(|url| url.as_str().to_owned());
        for good in [
            "https://shop.example",
            "https://shop.example:8443/a?b=c&d=%20",
            "https://xn--bcher-kva.example/",
            "https://[2a00:1450:4007:80c::200e]:444/x",
            "https://9.9.9.9/",
        ] {
            assert_eq!(read(good, Reach::Public), Ok(good.to_owned()));
        }
        for (wrong, why) in [
            ("shop.example/hook", HostingRefusal::WebhookUrl),
            ("http://shop.example/", HostingRefusal::WebhookUrlNotHttps),
            ("ftp://shop.example/", HostingRefusal::WebhookUrlNotHttps),
            ("http://127.0.0.1:9/", HostingRefusal::WebhookUrlNotHttps),
            ("https://user:word@shop.example/", HostingRefusal::WebhookUrl),
            ("https://shop.example@evil.example/", HostingRefusal::WebhookUrl),
            ("https://shop.example/#part", HostingRefusal::WebhookUrl),
            ("https://shop.example/a b", HostingRefusal::WebhookUrl),
            ("https://shop.example:0/", HostingRefusal::WebhookUrl),
            ("https://shop.example:99999/", HostingRefusal::WebhookUrl),
            ("https://2130706433/", HostingRefusal::WebhookUrl),
            ("https://0x7f.1/", HostingRefusal::WebhookUrl),
            ("https:///x", HostingRefusal::WebhookUrl),
            ("https://10.0.0.1/", HostingRefusal::WebhookUrlPrivate),
            ("https://169.254.169.254/latest", HostingRefusal::WebhookUrlPrivate),
            ("https://192.0.2.1/", HostingRefusal::WebhookUrlPrivate),
            ("https://127.0.0.1/", HostingRefusal::WebhookUrlPrivate),
            ("https://[::1]:444/x", HostingRefusal::WebhookUrlPrivate),
            ("https://[::ffff:10.0.0.1]/", HostingRefusal::WebhookUrlPrivate),
            ("https://[fd00::1]/", HostingRefusal::WebhookUrlPrivate),
            ("https://localhost/", HostingRefusal::WebhookUrlPrivate),
            ("https://shop.internal/", HostingRefusal::WebhookUrlPrivate),
            ("https://shop.example\\@evil.example/", HostingRefusal::WebhookUrl),
        ] {
            assert_eq!(read(wrong, Reach::Public), Err(why), "{wrong}");
        }
        assert!(read("http://127.0.0.1:9/x", Reach::AndLoopback).is_ok());
        assert!(read("https://localhost:9/x", Reach::AndLoopback).is_ok());
        assert!(read("http://10.0.0.1/x", Reach::AndLoopback).is_err());
        assert_eq!(read("https://10.0.0.1/x", Reach::AndLoopback), Err(HostingRefusal::WebhookUrlPrivate));
        let long = format!("https://shop.example/{}", "x".repeat(2048));
        assert!(matches!(read(&long, Reach::Public), Err(HostingRefusal::WebhookUrlTooLong(_))));
    }
}
