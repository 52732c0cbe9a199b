//! Fetching a policy over HTTPS.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use caller::{Answer, Bytes, Call, CallError, Caller, Lookup, Method};
use resolver::{Dns, Kind, Name, Record};

/// Longest policy in octets (RFC 8461 section 3.3 advises 64 KiB).
pub const POLICY_OCTETS_MAX: usize = 64 * 1024;
/// Longest time for all of it, in seconds (RFC 8461 section 3.3 advises a minute).
pub const SECONDS_MAX: u64 = 30;

/// Why there is no policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchFault {
    /// It has no address that may be reached.
    #[error("the policy host has no usable address")]
    Address,
    /// Nobody answers there.
    #[error("the policy host cannot be reached")]
    Connect,
    /// Its certificate is not valid for its name, or TLS failed.
    #[error("the certificate of the policy host does not hold")]
    Tls,
    /// The answer is no HTTP, or broke off.
    #[error("the policy host answered no HTTP")]
    Http,
    /// The answer is another than 200; redirects are not followed (RFC 8461 section 3.3).
    #[error("the policy host answered {0}")]
    Status(u16),
    /// It is no plain text.
    #[error("the policy is no plain text")]
    Kind,
    /// It is longer than [`POLICY_OCTETS_MAX`], or no UTF-8.
    #[error("the policy is too long or no text")]
    Body,
    /// It took longer than [`SECONDS_MAX`].
    #[error("the policy host is too slow")]
    Slow,
}

/// Fetches policies.
#[async_trait]
pub trait Fetch: Send + Sync + 'static {
    /// What is served for `domain`.
    ///
    /// # Errors
    /// [`FetchFault`].
    async fn policy(&self, domain: &Name) -> Result<String, FetchFault>;
}

/// Addresses of hosts by the resolver of mail.
pub struct Addresses(pub Arc<dyn Dns>);

#[async_trait]
impl Lookup for Addresses {
    async fn addresses(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        let name = Name::parse(host).map_err(|_| io::ErrorKind::InvalidInput)?;
        let mut found = Vec::new();
        for kind in [Kind::A, Kind::Aaaa] {
            let Ok(answer) = self.0.ask(&name, kind).await else { continue };
            found.extend(answer.records.iter().filter_map(|record| match record {
                Record::A(address) => Some(IpAddr::V4(*address)),
                Record::Aaaa(address) => Some(IpAddr::V6(*address)),
                _ => None,
            }));
        }
        Ok(found)
    }
}

/// HTTPS to `mta-sts.` of the domain, with a certificate that is valid for that name.
#[derive(Debug)]
pub struct Https {
    caller: Caller,
    port: u16,
}

impl Https {
    /// One that calls by `caller`; `port` is 443.
    pub const fn new(caller: Caller, port: u16) -> Self {
        Self { caller, port }
    }
}

#[async_trait]
impl Fetch for Https {
    async fn policy(&self, domain: &Name) -> Result<String, FetchFault> {
        let place = match self.port {
            443 => String::new(),
            port => format!(":{port}"),
        };
        let call = Call {
            method: Method::GET,
            url: format!("https://mta-sts.{domain}{place}/.well-known/mta-sts.txt"),
            headers: Vec::new(),
            body: Bytes::new(),
            answer_octets_max: POLICY_OCTETS_MAX,
            deadline: Duration::from_secs(SECONDS_MAX),
        };
        read(self.caller.call(call).await.map_err(|error| fault(&error))?)
    }
}

fn fault(error: &CallError) -> FetchFault {
    match error {
        CallError::Url | CallError::Lookup(_) | CallError::Forbidden | CallError::Clear => {
            FetchFault::Address
        }
        CallError::Connect(_) => FetchFault::Connect,
        CallError::Tls(_) => FetchFault::Tls,
        CallError::Http(_) | CallError::Header(_) => FetchFault::Http,
        CallError::Late => FetchFault::Slow,
    }
}

fn read(answer: Answer) -> Result<String, FetchFault> {
    if answer.status != 200 {
        return Err(FetchFault::Status(answer.status));
    }
    let kind = answer.content_type.unwrap_or_default();
    if !kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("text/plain") {
        return Err(FetchFault::Kind);
    }
    if !answer.is_whole {
        return Err(FetchFault::Body);
    }
    String::from_utf8(answer.body.to_vec()).map_err(|_| FetchFault::Body)
}
