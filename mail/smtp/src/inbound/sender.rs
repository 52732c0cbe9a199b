//! In whose name mail is sent: SPF, and whether the domain is there at all.

use std::time::Duration;

use futures_util::future::join;
use kernel::EmailAddress;
use resolver::{Dns, Kind, Name, Record};
use verify::spf::{self, Question, Spf, SpfResult};

use super::{Action, Stage, Verdict};
use crate::reply::Reply;
use crate::session::Session;

/// Longest wait for SPF (RFC 7208 section 4.6.4 asks for 20 seconds at least).
const SPF_WAIT: Duration = Duration::from_secs(20);

const NO_DOMAIN: Reply = Reply::new(550, "5.1.8", "The sender's domain does not exist");
const NULL_MX: Reply = Reply::new(550, "5.7.27", "The sender's domain says that it has no mail (null MX)");

/// Whether mail could be sent back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    Reachable,
    NoDomain,
    NullMx,
    NoHosts,
    Unknown,
}

impl Session<'_> {
    /// Looks at MAIL FROM.
    pub(crate) async fn judge_sender(&mut self, from: Option<&EmailAddress>) -> Result<(), Reply> {
        let Some(inbound) = self.inbound() else { return Ok(()) };
        let helo = self.helo.as_ref().map_or_else(String::new, |(name, _)| name.clone());
        let (local_part, domain) = match from {
            Some(from) => (from.local.as_str(), from.domain.as_str()),
            None => ("", helo.as_str()),
        };
        let question = Question {
            address: self.peer,
            domain,
            local_part,
            helo: &helo,
            receiver: self.server.settings.hostname.as_str(),
            now_secs: (self.server.now)().millis() / 1000,
        };
        let dns = &*inbound.dns;
        let reach = async {
            match from {
                Some(from) => reach(dns, from.domain.as_str()).await,
                None => Reach::Reachable,
            }
        };
        let asked = join(tokio::time::timeout(SPF_WAIT, spf::check(dns, &question)), reach);
        let (spf, reach) = asked.await;
        let spf = spf.unwrap_or_else(|_| Spf {
            result: SpfResult::Temperror,
            explanation: None,
            reason: "DNS took too long".to_owned(),
            domain: verify::domain(domain),
        });
        let mut verdict = Verdict::new(Stage::Mail, Action::Accept);
        self.facts.sender_oddities.clear();
        self.facts.sender_doubts.clear();
        if let Some(oddity) = oddity(spf.result) {
            self.facts.sender_oddities.push(oddity);
            verdict.add(Action::Mark, oddity);
        }
        self.facts.spf = Some(spf);
        let refusal = match reach {
            Reach::Reachable => None,
            Reach::Unknown => {
                self.facts.sender_doubts.push("sender_unknown_for_dns");
                verdict.add(Action::Mark, "sender_unknown_for_dns");
                None
            }
            Reach::NoHosts => {
                self.facts.sender_oddities.push("sender_without_hosts");
                verdict.add(Action::Mark, "sender_without_hosts");
                None
            }
            Reach::NoDomain => {
                verdict.add(Action::Refuse, "sender_domain_absent");
                Some(NO_DOMAIN)
            }
            Reach::NullMx => {
                verdict.add(Action::Refuse, "sender_null_mx");
                Some(NULL_MX)
            }
        };
        self.tell(&verdict);
        refusal.map_or(Ok(()), Err)
    }
}

/// What is odd about a result: whether the message is refused for it is for DMARC to say.
const fn oddity(result: SpfResult) -> Option<&'static str> {
    match result {
        SpfResult::Pass | SpfResult::Neutral => None,
        SpfResult::None => Some("spf_none"),
        SpfResult::Fail => Some("spf_fail"),
        SpfResult::Softfail => Some("spf_softfail"),
        SpfResult::Permerror => Some("spf_permerror"),
        SpfResult::Temperror => Some("spf_temperror"),
    }
}

async fn reach(dns: &dyn Dns, domain: &str) -> Reach {
    let Some(name) = verify::domain(domain) else { return Reach::NoHosts };
    match dns.ask(&name, Kind::Mx).await {
        Ok(answer) => match answer.records.as_slice() {
            [Record::Mx { exchange: None, .. }] => Reach::NullMx,
            _ => Reach::Reachable,
        },
        Err(resolver::DnsError::NoName(_)) => Reach::NoDomain,
        Err(error) if error.is_absence() => has_address(dns, &name).await,
        Err(_) => Reach::Unknown,
    }
}

/// Without an MX the host of that name takes the mail (RFC 5321 section 5.1).
async fn has_address(dns: &dyn Dns, name: &Name) -> Reach {
    for kind in [Kind::A, Kind::Aaaa] {
        match dns.ask(name, kind).await {
            Ok(_) => return Reach::Reachable,
            Err(error) if error.is_absence() => {}
            Err(_) => return Reach::Unknown,
        }
    }
    Reach::NoHosts
}
