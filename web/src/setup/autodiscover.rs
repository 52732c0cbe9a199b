//! Microsoft's autodiscover: the older form in XML (MS-OXDSCLI) and the newer in JSON.
//!
//! Only IMAP and submission are told. There is no ActiveSync here, and whoever asks for it is told so.

use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::{Value, json};

use super::xml::Document;
use super::{Offer, Service, Socket};

/// Longest request that is read, in octets.
const REQUEST_OCTETS_MAX: usize = 16 * 1024;
/// Most pieces of a request: elements, texts, comments.
const EVENT_COUNT_MAX: usize = 256;
/// The form of answers for mail programs.
const OUTLOOK: &str = "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a";
/// The form of the frame around answers and of errors.
const FRAME: &str = "http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006";

/// What a program asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Request {
    /// The domain of the address, in lower case.
    pub(super) domain: String,
    /// The whole address, given back as the login.
    pub(super) address: String,
    /// Whether it asks for what mail programs read, not for ActiveSync.
    pub(super) is_outlook: bool,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// The request is none (code 600).
    Invalid,
    /// Nothing of this kind is served for this domain (code 601).
    Unavailable,
}

impl Request {
    /// Reads the body of a request; none where it is no such request. Document types are refused, so no entity of
    /// a sender's own is ever expanded.
    pub(super) fn parse(body: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(body.get(..REQUEST_OCTETS_MAX.min(body.len()))?).ok()?;
        if body.len() > REQUEST_OCTETS_MAX {
            return None;
        }
        let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
        let (mut element, mut address, mut schema) = (Vec::new(), String::new(), String::new());
        for _ in 0..EVENT_COUNT_MAX {
            let piece = match reader.read_event().ok()? {
                Event::Start(start) => {
                    element = start.local_name().as_ref().to_vec();
                    continue;
                }
                Event::End(_) => {
                    element.clear();
                    continue;
                }
                Event::Text(text) => text.decode().ok()?.into_owned(),
                Event::GeneralRef(name) => match name.as_ref() {
                    b"amp" => "&".to_owned(),
                    _ => return None,
                },
                Event::Eof => return Self::of(address.trim(), schema.trim()),
                Event::DocType(_) => return None,
                _ => continue,
            };
            match element.to_ascii_lowercase().as_slice() {
                b"emailaddress" => address.push_str(&piece),
                b"acceptableresponseschema" => schema.push_str(&piece),
                _ => {}
            }
        }
        None
    }

    fn of(address: &str, schema: &str) -> Option<Self> {
        let (local, domain) = address.rsplit_once('@')?;
        if local.is_empty() || domain.is_empty() || address.len() > 320 {
            return None;
        }
        let is_outlook = schema.is_empty() || schema.to_ascii_lowercase().contains("outlook/responseschema");
        Some(Self { domain: domain.to_ascii_lowercase(), address: address.to_owned(), is_outlook })
    }
}

/// The answer in XML.
pub(super) fn document(offer: &Offer, request: &Request) -> String {
    let mut document = Document::new()
        .open("Autodiscover", &[("xmlns", FRAME)])
        .open("Response", &[("xmlns", OUTLOOK)])
        .open("User", &[])
        .leaf("DisplayName", &request.address)
        .close()
        .open("Account", &[])
        .leaf("AccountType", "email")
        .leaf("Action", "settings");
    for service in [Service::Imap, Service::Submission] {
        let Some((socket, port)) = offer.best(service) else { continue };
        document = protocol(document, (service, socket, port), (&offer.host, &request.address));
    }
    document.finish()
}

fn protocol(
    document: Document,
    (service, socket, port): (Service, Socket, u16),
    (host, address): (&str, &str),
) -> Document {
    let (kind, encryption) = match (service, socket) {
        (Service::Imap, Socket::Tls) => ("IMAP", "SSL"),
        (Service::Imap, Socket::StartTls) => ("IMAP", "TLS"),
        (Service::Submission, Socket::Tls) => ("SMTP", "SSL"),
        (Service::Submission, Socket::StartTls) => ("SMTP", "TLS"),
    };
    document
        .open("Protocol", &[])
        .leaf("Type", kind)
        .leaf("Server", host)
        .leaf("Port", &port.to_string())
        .leaf("DomainRequired", "off")
        .leaf("LoginName", address)
        .leaf("SPA", "off")
        .leaf("SSL", "on")
        .leaf("Encryption", encryption)
        .leaf("AuthRequired", "on")
        .close()
}

/// The answer where there is none, in XML. `clock` is the time of day, `hh:mm:ss`.
pub(super) fn fault(refused: Refused, clock: &str) -> String {
    let (code, message) = match refused {
        Refused::Invalid => ("600", "Invalid Request"),
        Refused::Unavailable => ("601", "Requested schema version not supported"),
    };
    Document::new()
        .open("Autodiscover", &[("xmlns", FRAME)])
        .open("Response", &[])
        .open("Error", &[("Time", clock), ("Id", "1")])
        .leaf("ErrorCode", code)
        .leaf("Message", message)
        .empty("DebugData")
        .finish()
}

/// The answer in JSON to a wish for `protocol`; none where it is refused, with what is told then.
pub(super) fn json(offer: &Offer, protocol: Option<&str>) -> Result<Value, Value> {
    match protocol {
        Some(wish) if wish.eq_ignore_ascii_case("AutodiscoverV1") => Ok(json!({
            "Protocol": "AutodiscoverV1",
            "Url": format!("{}/autodiscover/autodiscover.xml", offer.origin),
        })),
        Some(_) => Err(json!({
            "ErrorCode": "InvalidProtocol",
            "ErrorMessage": "The given protocol value is invalid. Supported values: AutodiscoverV1",
        })),
        None => Err(json!({
            "ErrorCode": "MandatoryParameterMissing",
            "ErrorMessage": "A valid value must be provided for the query parameter 'Protocol'",
        })),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::setup::offer::example;

    fn asked(address: &str, schema: &str) -> String {
        format!(
            "<?xml version=\"1.0\"?><Autodiscover xmlns=\"http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006\">\
             <Request><EMailAddress>{address}</EMailAddress><AcceptableResponseSchema>{schema}</AcceptableResponseSchema>\
             </Request></Autodiscover>"
        )
    }

    #[test]
    fn requests_are_read_or_refused() {
        let outlook = Request {
            domain: "customer.example".to_owned(),
            address: "Ann&Bob@Customer.example".to_owned(),
            is_outlook: true,
        };
        assert_eq!(Request::parse(asked("Ann&amp;Bob@Customer.example", OUTLOOK).as_bytes()), Some(outlook));
        let mobile = "http://schemas.microsoft.com/exchange/autodiscover/mobilesync/responseschema/2006";
        assert!(
            Request::parse(asked("a@b.example", mobile).as_bytes()).is_some_and(|asked| !asked.is_outlook)
        );
        for bad in [
            "",
            "<a>",
            "{}",
            &asked("nobody", OUTLOOK),
            &asked("", OUTLOOK),
            &asked("@b.example", OUTLOOK),
            &format!("<!DOCTYPE a [<!ENTITY e \"x@y.example\">]>{}", asked("&e;", OUTLOOK)),
            &asked("a&e;@b.example", OUTLOOK),
            &asked(&format!("{}@b.example", "a".repeat(20_000)), OUTLOOK),
            &"<a>".repeat(5_000),
        ] {
            assert_eq!(Request::parse(bad.as_bytes()), None, "{}", &bad[..bad.len().min(80)]);
        }
        assert_eq!(Request::parse(b"\xff\xfe"), None);
    }

    #[test]
    fn the_answer_is_this_one_and_differs_by_the_given_address_alone() {
        let request = Request::of("ann@customer.example", OUTLOOK).expect("a request");
        let answer = document(&example(), &request);
        assert!(answer.contains(
            "      <Protocol>\n        <Type>IMAP</Type>\n        <Server>mail.example.com</Server>\n        <Port>993</Port>\n"
        ));
        assert!(answer.contains(
            "<Type>SMTP</Type>\n        <Server>mail.example.com</Server>\n        <Port>465</Port>\n"
        ));
        let other = Request::of("nobody@customer.example", OUTLOOK).expect("a request");
        assert_eq!(document(&example(), &other), answer.replace("ann@", "nobody@"));
        let evil = Request::of("<x>@customer.example", "").expect("a request");
        assert!(!document(&example(), &evil).contains("<x>"));
        assert!(
            fault(Refused::Unavailable, "01:02:03")
                .contains("<Error Time=\"01:02:03\" Id=\"1\">\n      <ErrorCode>601</ErrorCode>")
        );
    }

    #[test]
    fn json_leads_to_the_xml() {
        let url = json!("https://panel.example.com/autodiscover/autodiscover.xml");
        assert_eq!(json(&example(), Some("autodiscoverv1")).map(|answer| answer["Url"].clone()), Ok(url));
        assert!(json(&example(), Some("ActiveSync")).is_err_and(|no| no["ErrorCode"] == "InvalidProtocol"));
        assert!(json(&example(), None).is_err_and(|no| no["ErrorCode"] == "MandatoryParameterMissing"));
    }
}
