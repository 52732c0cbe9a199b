//! `hosterra check`: one question to the checks of incoming mail, as JSON on the standard input, and the answer as JSON.
//!
//! DNS is a zone file or an explicit resolver: never the one of the configuration, so that what is asked is what is told.

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use base64::Engine as _;
use clap::{Args, ValueEnum};
use resolver::{Dns, DnsError, Kind, Name, Security, Servers, Validation, Zone};
use serde::Deserialize;
use serde_json::{Value, json};
use verify::dkim::{Dkim, Message};
use verify::dmarc::Identifiers;
use verify::spf::{Question, Spf};

/// Longest question that is read.
const INPUT_OCTETS_MAX: u64 = 64 << 20;

/// What to check and whom to ask.
#[derive(Debug, Args)]
pub struct Check {
    /// Which check.
    method: Method,
    /// A master file (RFC 1035 section 5) that is all of DNS.
    #[arg(long, conflicts_with = "resolver")]
    zone: Option<PathBuf>,
    /// A resolver to ask, such as 127.0.0.1:53.
    #[arg(long)]
    resolver: Option<SocketAddr>,
}

/// The checks.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Method {
    /// RFC 7208.
    Spf,
    /// RFC 6376.
    Dkim,
    /// RFC 9989, with SPF and DKIM.
    Dmarc,
    /// RFC 8617.
    Arc,
}

/// What is asked.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Input {
    /// A master file, where none is named on the command line.
    zone: Option<String>,
    /// Questions that fail.
    #[serde(default)]
    failing: Vec<Failing>,
    /// The host that brings the message.
    ip: Option<IpAddr>,
    #[serde(default)]
    helo: String,
    /// MAIL FROM without brackets; empty for the null sender.
    #[serde(default)]
    mail_from: String,
    #[serde(default = "unknown")]
    receiver: String,
    /// Seconds since 1970.
    #[serde(default)]
    now: u64,
    /// A message with CRLF line ends.
    message: Option<String>,
    /// The same for octets that are no text.
    message_base64: Option<String>,
    /// Sealers whose word counts.
    #[serde(default)]
    trusted_sealers: Vec<String>,
}

/// A question that fails.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Failing {
    name: String,
    kind: String,
    error: Failure,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Failure {
    Timeout,
    Failed,
    Bogus,
    NoName,
    NoRecords,
}

fn unknown() -> String {
    "unknown".to_owned()
}

/// Reads the question, asks, and prints the answer.
///
/// # Errors
/// What is wrong with the question.
#[expect(clippy::print_stdout, reason = "the answer is the output")]
pub async fn check(check: Check) -> anyhow::Result<ExitCode> {
    let mut text = String::new();
    std::io::stdin().take(INPUT_OCTETS_MAX).read_to_string(&mut text).context("the standard input")?;
    let input: Input = serde_json::from_str(&text).context("the standard input is not the expected JSON")?;
    let dns = dns(&check, &input)?;
    let answer = match check.method {
        Method::Spf => spf_answer(&spf(&*dns, &input).await?),
        Method::Dkim => {
            let octets = message(&input)?;
            let signatures = verify::dkim::verify(&*dns, &Message::new(&octets), input.now).await;
            json!({ "signatures": signatures.iter().map(dkim_answer).collect::<Vec<_>>() })
        }
        Method::Dmarc => dmarc(&*dns, &input).await?,
        Method::Arc => arc(&*dns, &input).await?,
    };
    println!("{answer}");
    std::io::stdout().flush()?;
    Ok(ExitCode::SUCCESS)
}

fn dns(check: &Check, input: &Input) -> anyhow::Result<Box<dyn Dns>> {
    if let Some(resolver) = check.resolver {
        return Ok(Box::new(Servers::new(vec![resolver], Validation::Off)));
    }
    let text = match (&check.zone, &input.zone) {
        (Some(path), _) => std::fs::read_to_string(path).with_context(|| path.display().to_string())?,
        (None, Some(text)) => text.clone(),
        (None, None) => {
            bail!("who answers for DNS? Name --zone FILE or --resolver ADDRESS, or give `zone` in the JSON")
        }
    };
    let mut zone = Zone::parse(&text).context("the zone")?;
    for failing in &input.failing {
        let name = Name::parse(&failing.name).with_context(|| failing.name.clone())?;
        let kind = kind(&failing.kind).with_context(|| format!("there is no kind {}", failing.kind))?;
        zone.fail(name, kind, failing.error.into());
    }
    Ok(Box::new(zone))
}

fn kind(text: &str) -> Option<Kind> {
    Some(match text.to_ascii_uppercase().as_str() {
        "A" => Kind::A,
        "AAAA" => Kind::Aaaa,
        "CNAME" => Kind::Cname,
        "MX" => Kind::Mx,
        "NS" => Kind::Ns,
        "PTR" => Kind::Ptr,
        "SRV" => Kind::Srv,
        "TLSA" => Kind::Tlsa,
        "TXT" => Kind::Txt,
        _ => return None,
    })
}

impl From<Failure> for DnsError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Timeout => Self::Timeout,
            Failure::Failed => Self::Failed,
            Failure::Bogus => Self::Bogus,
            Failure::NoName => Self::NoName(Security::Insecure),
            Failure::NoRecords => Self::NoRecords(Security::Insecure),
        }
    }
}

fn message(input: &Input) -> anyhow::Result<Vec<u8>> {
    match (&input.message, &input.message_base64) {
        (Some(text), None) => Ok(text.clone().into_bytes()),
        (None, Some(text)) => base64::engine::general_purpose::STANDARD.decode(text).context("messageBase64"),
        _ => bail!("give `message` or `messageBase64`"),
    }
}

/// SPF for MAIL FROM, or for the name given with EHLO where MAIL FROM is empty (RFC 7208 section 2.4).
async fn spf(dns: &dyn Dns, input: &Input) -> anyhow::Result<Spf> {
    let (local_part, domain) = match input.mail_from.rsplit_once('@') {
        Some((local_part, domain)) => (local_part, domain),
        None if input.mail_from.is_empty() => ("", input.helo.as_str()),
        None => ("", input.mail_from.as_str()),
    };
    let question = Question {
        address: input.ip.context("give `ip`")?,
        domain,
        local_part,
        helo: &input.helo,
        receiver: &input.receiver,
        now_secs: i64::try_from(input.now).unwrap_or(i64::MAX),
    };
    Ok(verify::spf::check(dns, &question).await)
}

fn spf_answer(spf: &Spf) -> Value {
    json!({
        "result": spf.result.word(),
        "reason": spf.reason,
        "explanation": spf.explanation,
        "domain": spf.domain.as_ref().map(ToString::to_string),
    })
}

fn dkim_answer(dkim: &Dkim) -> Value {
    json!({
        "result": dkim.result.word(),
        "reason": dkim.reason,
        "domain": dkim.domain.as_ref().map(ToString::to_string),
        "selector": dkim.selector.as_ref().map(ToString::to_string),
        "algorithm": dkim.algorithm,
        "keyBits": dkim.key_bits,
        "isTesting": dkim.is_testing,
    })
}

async fn dmarc(dns: &dyn Dns, input: &Input) -> anyhow::Result<Value> {
    let octets = message(input)?;
    let signatures = verify::dkim::verify(dns, &Message::new(&octets), input.now).await;
    let spf = match input.ip {
        Some(_) => Some(spf(dns, input).await?),
        None => None,
    };
    let identifiers = Identifiers::of(spf.as_ref(), &signatures);
    let authors = match verify::author_domains(&octets) {
        Ok(authors) => authors,
        Err(fault) => return Ok(json!({ "result": "permerror", "reason": fault.to_string() })),
    };
    let dmarc = verify::dmarc::evaluate(dns, &authors, &identifiers).await;
    Ok(json!({
        "result": dmarc.result.word(),
        "reason": dmarc.reason,
        "author": dmarc.author.as_ref().map(ToString::to_string),
        "policyDomain": dmarc.policy_domain.as_ref().map(ToString::to_string),
        "organization": dmarc.organization.as_ref().map(ToString::to_string),
        "policy": dmarc.policy.word(),
        "isTesting": dmarc.is_testing,
        "spf": spf.as_ref().map(spf_answer),
        "signatures": signatures.iter().map(dkim_answer).collect::<Vec<_>>(),
    }))
}

async fn arc(dns: &dyn Dns, input: &Input) -> anyhow::Result<Value> {
    let octets = message(input)?;
    let arc = verify::arc::verify(dns, &Message::new(&octets)).await;
    let trusted: Vec<Name> = input.trusted_sealers.iter().filter_map(|text| verify::domain(text)).collect();
    Ok(json!({
        "result": arc.result.word(),
        "reason": arc.reason,
        "sealers": arc.seals.iter().map(|seal| seal.domain.to_string()).collect::<Vec<_>>(),
        "vouchedBy": arc.vouched_by(&trusted).map(ToString::to_string),
    }))
}
