//! check_host() (RFC 7208 section 4).

use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;

use resolver::{Answer, Dns, DnsError, Kind, Name, Record as DnsRecord};

use super::expand::{Template, Values};
use super::record::{Directive, Mechanism, Prefixes, Record};
use super::{HOST_COUNT_MAX, LOOKUP_COUNT_MAX, Question, Spf, SpfResult, VOID_LOOKUP_COUNT_MAX};
use crate::iprev;

/// Longest explanation that is passed on, in characters.
const EXPLANATION_CHARS_MAX: usize = 400;

/// Why an evaluation ends at once.
#[derive(Debug)]
enum Stop {
    Temporary(String),
    Permanent(String),
}

/// What a record leads to.
struct Outcome {
    result: SpfResult,
    reason: String,
    /// What explains a fail, with the domain in whose record it stands.
    explanation: Option<(Template, String)>,
}

/// One evaluation with what it has used up.
struct Evaluation<'a> {
    dns: &'a dyn Dns,
    question: &'a Question<'a>,
    lookup_count: usize,
    void_count: usize,
    /// The proven name of the address, once it was asked for.
    proven_names: Option<Vec<Name>>,
}

/// Whether the host may send in the name of the domain.
pub async fn check(dns: &dyn Dns, question: &Question<'_>) -> Spf {
    let question = &Question { address: question.address.to_canonical(), ..question.clone() };
    let question = &Question {
        local_part: if question.local_part.is_empty() { "postmaster" } else { question.local_part },
        ..question.clone()
    };
    let Some(domain) = asked_domain(question.domain) else {
        let reason = "the domain is none that can be asked".to_owned();
        return Spf { result: SpfResult::None, explanation: None, reason, domain: None };
    };
    let mut evaluation = Evaluation { dns, question, lookup_count: 0, void_count: 0, proven_names: None };
    let outcome = match evaluation.check_host(domain.as_str()).await {
        Ok(outcome) => outcome,
        Err(Stop::Temporary(reason)) => Outcome { result: SpfResult::Temperror, reason, explanation: None },
        Err(Stop::Permanent(reason)) => Outcome { result: SpfResult::Permerror, reason, explanation: None },
    };
    let explanation = match &outcome.explanation {
        Some((template, place)) if outcome.result == SpfResult::Fail => {
            evaluation.explain(template, place).await
        }
        _ => None,
    };
    Spf { result: outcome.result, explanation, reason: outcome.reason, domain: Some(domain) }
}

/// A name with two labels at least (RFC 7208 section 4.3).
fn asked_domain(text: &str) -> Option<Name> {
    crate::domain(text).filter(|name| name.labels().nth(1).is_some())
}

impl<'a> Evaluation<'a> {
    /// Boxed: records name records.
    fn check_host<'s>(
        &'s mut self,
        domain: &'s str,
    ) -> Pin<Box<dyn Future<Output = Result<Outcome, Stop>> + Send + 's>> {
        Box::pin(async move {
            let plain =
                |result, reason: &str| Outcome { result, reason: reason.to_owned(), explanation: None };
            let Some(name) = asked_domain(domain) else {
                return Ok(plain(SpfResult::None, "the domain is none that can be asked"));
            };
            let Some(record) = self.record(&name).await? else {
                return Ok(plain(SpfResult::None, "the domain has no record"));
            };
            for directive in &record.directives {
                if self.matches(directive, domain).await? {
                    let explanation = record.explanation.map(|template| (template, domain.to_owned()));
                    return Ok(Outcome {
                        result: directive.result,
                        reason: directive.text.clone(),
                        explanation,
                    });
                }
            }
            let Some(redirect) = &record.redirect else {
                return Ok(plain(SpfResult::Neutral, "no term of the record matches"));
            };
            self.count_lookup()?;
            let target = self.expand(redirect, domain).await;
            let outcome = self.check_host(&target).await?;
            match outcome.result {
                SpfResult::None => {
                    Err(Stop::Permanent(format!("redirect leads to no record: {}", outcome.reason)))
                }
                _ => Ok(outcome),
            }
        })
    }

    /// The one record of a name.
    async fn record(&mut self, name: &Name) -> Result<Option<Record>, Stop> {
        let texts = match self.dns.ask(name, Kind::Txt).await {
            Ok(answer) => answer.records,
            Err(error) if error.is_absence() => return Ok(None),
            Err(error) => return Err(Stop::Temporary(format!("{name}: {error}"))),
        };
        let mut records = texts.iter().filter_map(|record| match record {
            DnsRecord::Txt(octets) if Record::is_record(octets) => Some(octets),
            _ => None,
        });
        let (first, second) = (records.next(), records.next());
        if second.is_some() {
            return Err(Stop::Permanent(format!("{name} has more than one record")));
        }
        let parsed = first.map(|octets| Record::parse(octets)).transpose();
        parsed.map_err(|fault| Stop::Permanent(format!("the record of {name}: {fault}")))
    }

    fn count_lookup(&mut self) -> Result<(), Stop> {
        self.lookup_count += 1;
        if self.lookup_count > LOOKUP_COUNT_MAX {
            return Err(Stop::Permanent("the records ask for more than 10 look-ups".to_owned()));
        }
        Ok(())
    }

    /// Asks for a term. Nothing there is an answer, counted (RFC 7208 section 4.6.4).
    async fn ask(&mut self, name: &Name, kind: Kind) -> Result<Vec<DnsRecord>, Stop> {
        match self.dns.ask(name, kind).await {
            Ok(Answer { records, .. }) => Ok(records),
            Err(error) if error.is_absence() => {
                self.void_count += 1;
                if self.void_count > VOID_LOOKUP_COUNT_MAX {
                    return Err(Stop::Permanent("more than 2 look-ups find nothing".to_owned()));
                }
                Ok(Vec::new())
            }
            Err(error) => Err(Stop::Temporary(format!("{name}: {error}"))),
        }
    }

    async fn matches(&mut self, directive: &Directive, domain: &str) -> Result<bool, Stop> {
        match &directive.mechanism {
            Mechanism::All => Ok(true),
            Mechanism::Network(network) => Ok(network.contains(&self.question.address)),
            Mechanism::Include(template) => self.includes(template, domain).await,
            Mechanism::A(template, prefixes) => {
                self.count_lookup()?;
                let Some(name) = self.target(template.as_ref(), domain).await else { return Ok(false) };
                self.has_address(&name, *prefixes).await
            }
            Mechanism::Mx(template, prefixes) => self.is_exchange(template.as_ref(), *prefixes, domain).await,
            Mechanism::Ptr(template) => {
                self.count_lookup()?;
                let Some(name) = self.target(template.as_ref(), domain).await else { return Ok(false) };
                Ok(self.proven_names().await.iter().any(|proven| proven.is_within(&name)))
            }
            Mechanism::Exists(template) => {
                self.count_lookup()?;
                let Some(name) = self.target(Some(template), domain).await else { return Ok(false) };
                Ok(!self.ask(&name, Kind::A).await?.is_empty())
            }
        }
    }

    async fn includes(&mut self, template: &Template, domain: &str) -> Result<bool, Stop> {
        self.count_lookup()?;
        let target = self.expand(template, domain).await;
        let outcome = self.check_host(&target).await?;
        match outcome.result {
            SpfResult::Pass => Ok(true),
            SpfResult::Fail | SpfResult::Softfail | SpfResult::Neutral => Ok(false),
            SpfResult::Temperror => Err(Stop::Temporary(outcome.reason)),
            SpfResult::None | SpfResult::Permerror => {
                Err(Stop::Permanent(format!("include leads to no record: {}", outcome.reason)))
            }
        }
    }

    async fn is_exchange(
        &mut self,
        template: Option<&Template>,
        prefixes: Prefixes,
        domain: &str,
    ) -> Result<bool, Stop> {
        self.count_lookup()?;
        let Some(name) = self.target(template, domain).await else { return Ok(false) };
        let exchanges = self.ask(&name, Kind::Mx).await?;
        if exchanges.len() > HOST_COUNT_MAX {
            return Err(Stop::Permanent(format!("{name} has more than 10 mail exchanges")));
        }
        for exchange in exchanges {
            let DnsRecord::Mx { exchange: Some(host), .. } = exchange else { continue };
            if self.has_address(&host, prefixes).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn has_address(&mut self, name: &Name, prefixes: Prefixes) -> Result<bool, Stop> {
        let asked = self.question.address;
        let kind = if asked.is_ipv4() { Kind::A } else { Kind::Aaaa };
        let records = self.ask(name, kind).await?;
        Ok(records.iter().any(|record| match record {
            DnsRecord::A(address) => prefixes.match_addresses(IpAddr::V4(*address), asked),
            DnsRecord::Aaaa(address) => prefixes.match_addresses(IpAddr::V6(*address), asked),
            _ => false,
        }))
    }

    /// The name that a term asks; none where its macros make none: then it matches nothing.
    async fn target(&mut self, template: Option<&Template>, domain: &str) -> Option<Name> {
        match template {
            Some(template) => crate::domain(&self.expand(template, domain).await),
            None => crate::domain(domain),
        }
    }

    async fn expand(&mut self, template: &Template, domain: &str) -> String {
        let proven =
            if template.needs_proven_name() { self.proven_name(domain).await } else { String::new() };
        template.expand_domain(&self.values(domain, &proven))
    }

    fn values<'v>(&'v self, domain: &'v str, proven: &'v str) -> Values<'v> {
        Values { question: self.question, sender_domain: self.question.domain, domain, proven }
    }

    /// The names of the address that lead back to it (RFC 7208 section 5.5). Failures of DNS leave names out.
    async fn proven_names(&mut self) -> Vec<Name> {
        if let Some(names) = &self.proven_names {
            return names.clone();
        }
        let mut proven = Vec::new();
        for name in iprev::names(self.dns, self.question.address).await.unwrap_or_default() {
            if iprev::has_address(self.dns, &name, self.question.address).await.unwrap_or(false) {
                proven.push(name);
            }
        }
        self.proven_names = Some(proven.clone());
        proven
    }

    /// What `%{p}` stands for (RFC 7208 section 7.3).
    async fn proven_name(&mut self, domain: &str) -> String {
        let names = self.proven_names().await;
        let domain = crate::domain(domain);
        let is_within = |name: &&Name| domain.as_ref().is_some_and(|domain| name.is_within(domain));
        let exact = names.iter().find(|name| Some(*name) == domain.as_ref());
        let best = exact.or_else(|| names.iter().find(is_within)).or(names.first());
        best.map_or_else(|| "unknown".to_owned(), ToString::to_string)
    }

    /// What a domain says to those who fail; none where anything is wrong with it (RFC 7208 section 6.2).
    async fn explain(&mut self, template: &Template, domain: &str) -> Option<String> {
        let name = crate::domain(&self.expand(template, domain).await)?;
        let answer: Result<Answer, DnsError> = self.dns.ask(&name, Kind::Txt).await;
        let records = answer.ok()?.records;
        let [DnsRecord::Txt(octets)] = records.as_slice() else { return None };
        let text = Template::explanation(octets).ok()?;
        let proven = if text.needs_proven_name() { self.proven_name(domain).await } else { String::new() };
        let text = text.expand(&self.values(domain, &proven));
        let is_printable = text.chars().all(|character| character == ' ' || character.is_ascii_graphic());
        is_printable.then(|| text.chars().take(EXPLANATION_CHARS_MAX).collect())
    }
}
