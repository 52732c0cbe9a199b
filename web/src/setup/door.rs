//! Stands before all pages: answers what programs ask, and keeps hosts of customers' domains to what they are there for.

use std::time::{SystemTime, UNIX_EPOCH};

use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::autodiscover::{self, Refused};
use super::place::Place;
use super::{Setup, autoconfig};
use crate::Options;

/// Longest request of autodiscover, in octets.
const BODY_OCTETS_MAX: usize = 64 * 1024;
/// Most parameters of a query that are looked at.
const PARAMETER_COUNT_MAX: usize = 16;
/// How long clients and proxies may keep an answer: a change of ports must arrive within the day.
const KEPT: &str = "public, max-age=3600";
const XML: &str = "text/xml; charset=utf-8";

/// Answers here, or lets the request on to the pages.
pub(crate) async fn stand(State(options): State<Options>, request: Request, next: Next) -> Response {
    let setup = &options.setup;
    let Some(host) = host(request.headers(), request.uri()) else {
        return (StatusCode::BAD_REQUEST, "one host, please\n").into_response();
    };
    let asked = (host.as_str(), request.uri().path());
    let place = Place::find(asked, &*setup.domains, &setup.offer.hosts());
    let method = request.method().clone();
    match (place, method) {
        (Place::Elsewhere, _) => next.run(request).await,
        (Place::Autoconfig(domain), Method::GET | Method::HEAD) => {
            let of_address = || domain_of(&parameter(request.uri(), "emailaddress")?);
            let domain = domain.or_else(of_address);
            match domain.filter(|domain| setup.domains.serves(domain)) {
                Some(domain) => told(XML, autoconfig::document(&setup.offer, &domain)),
                None => nothing(),
            }
        }
        (Place::AutodiscoverXml, Method::POST) => by_xml(setup, request).await,
        (Place::AutodiscoverJson(address), Method::GET | Method::HEAD) => {
            by_json(setup, request.uri(), address)
        }
        (Place::Sts(domain), Method::GET | Method::HEAD) => match setup.domains.sts(&domain) {
            Some(own) => told("text/plain; charset=utf-8", setup.offer.sts.text(&own)),
            None => nothing(),
        },
        (Place::Dav, _) => dav(setup),
        (Place::Nothing, _) => nothing(),
        (Place::Autoconfig(_) | Place::AutodiscoverXml | Place::AutodiscoverJson(_) | Place::Sts(_), _) => {
            StatusCode::METHOD_NOT_ALLOWED.into_response()
        }
    }
}

/// Leads to where calendars and contacts are, with the method of the request, whichever it was: clients ask by PROPFIND
/// (RFC 6764 section 6).
fn dav(setup: &Setup) -> Response {
    let Some(dav) = &setup.offer.dav else { return nothing() };
    let kept = HeaderValue::from_static(KEPT);
    let fields = [(header::CACHE_CONTROL, kept)];
    match HeaderValue::try_from(dav.url()) {
        Ok(place) => (StatusCode::TEMPORARY_REDIRECT, fields, [(header::LOCATION, place)]).into_response(),
        Err(_) => nothing(),
    }
}

async fn by_xml(setup: &Setup, request: Request) -> Response {
    let Ok(body) = to_bytes(request.into_body(), BODY_OCTETS_MAX).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let answer = match autodiscover::Request::parse(&body) {
        Some(asked) if !setup.domains.serves(&asked.domain) => return nothing(),
        Some(asked) if asked.is_outlook => autodiscover::document(&setup.offer, &asked),
        Some(_) => autodiscover::fault(Refused::Unavailable, &clock()),
        None => autodiscover::fault(Refused::Invalid, &clock()),
    };
    // It holds the address that was sent: nobody keeps it.
    ([(header::CONTENT_TYPE, XML)], answer).into_response()
}

fn by_json(setup: &Setup, uri: &Uri, address: Option<String>) -> Response {
    let address = address.or_else(|| parameter(uri, "email"));
    // Without an address the answer is the same for everybody; with one, its domain must be ours.
    if let Some(address) = address
        && domain_of(&address).is_none_or(|domain| !setup.domains.serves(&domain))
    {
        return nothing();
    }
    match autodiscover::json(&setup.offer, parameter(uri, "protocol").as_deref()) {
        Ok(answer) => told("application/json", answer.to_string()),
        Err(fault) => {
            let kind = [(header::CONTENT_TYPE, "application/json")];
            (StatusCode::BAD_REQUEST, kind, fault.to_string()).into_response()
        }
    }
}

fn told(kind: &'static str, text: String) -> Response {
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, KEPT)], text).into_response()
}

fn nothing() -> Response {
    (StatusCode::NOT_FOUND, "not found\n").into_response()
}

/// The host that was asked, without its port, in lower case; none where it is named twice or in two ways. Empty where
/// none is named.
fn host(headers: &HeaderMap, uri: &Uri) -> Option<String> {
    let mut named = headers.get_all(header::HOST).iter();
    let first = named.next();
    if named.next().is_some() {
        return None;
    }
    let by_header = first.map(|host| host.to_str().map(name)).transpose().ok()?;
    let by_uri = uri.authority().map(|authority| name(authority.as_str()));
    match (by_header, by_uri) {
        (Some(header), Some(uri)) if header != uri => None,
        (Some(host), _) | (None, Some(host)) => Some(host),
        (None, None) => Some(String::new()),
    }
}

fn name(host: &str) -> String {
    let end = if host.starts_with('[') { host.find(']').map(|at| at + 1) } else { host.find(':') };
    host[..end.unwrap_or(host.len())].to_ascii_lowercase()
}

/// A parameter of the query, whose name is written in any case.
fn parameter(uri: &Uri, name: &str) -> Option<String> {
    let pairs = form_urlencoded::parse(uri.query()?.as_bytes()).take(PARAMETER_COUNT_MAX);
    let mut found = pairs.filter(|(key, _)| key.eq_ignore_ascii_case(name));
    found.next().map(|(_, value)| value.into_owned())
}

fn domain_of(address: &str) -> Option<String> {
    address.rsplit_once('@').map(|(_, domain)| domain.to_ascii_lowercase())
}

/// The time of day in UTC, `hh:mm:ss`.
fn clock() -> String {
    let secs = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() % 86_400);
    format!("{:02}:{:02}:{:02}", secs / 3_600, secs / 60 % 60, secs % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_names_one_host() {
        let uri = |text: &str| text.parse::<Uri>().expect("a URI");
        let headers = |hosts: &[&str]| {
            hosts.iter().map(|host| (header::HOST, host.parse().expect("a value"))).collect::<HeaderMap>()
        };
        for (hosts, at, found) in [
            (&["Mail.Example:8080"][..], "/", Some("mail.example")),
            (&["[::1]:80"], "/", Some("[::1]")),
            (&[], "http://mail.example:1/x", Some("mail.example")),
            (&["mail.example"], "http://mail.example/x", Some("mail.example")),
            (&["other.example"], "http://mail.example/x", None),
            (&["a.example", "b.example"], "/", None),
            (&[], "/", Some("")),
        ] {
            assert_eq!(host(&headers(hosts), &uri(at)).as_deref(), found, "{hosts:?} {at}");
        }
    }

    #[test]
    fn parameters_are_found_in_any_case_and_decoded() {
        let uri: Uri = "/x?EmailAddress=ann%40customer.example&a=b".parse().expect("a URI");
        assert_eq!(parameter(&uri, "emailaddress").as_deref(), Some("ann@customer.example"));
        assert_eq!(parameter(&uri, "protocol"), None);
        assert_eq!(domain_of("a@b@Customer.Example").as_deref(), Some("customer.example"));
    }
}
