//! The message itself: DKIM, ARC, DMARC, and what is written about it.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join;
use kernel::TenantId;
use resolver::{Dns, Name};
use sign::ChainState;
use store::Seen;
use verify::arc::{self, ArcResult};
use verify::dkim::{self, Dkim, DkimResult, Message};
use verify::dmarc::{self, Dmarc, DmarcResult, Identifiers, Policy};
use verify::iprev::Iprev;
use verify::results::MethodResult;
use verify::spf::{Spf, SpfResult};
use verify::{AuthorFault, author_domains, write_results};

use super::patient::Patient;
use super::{Action, Inbound, Offered, Placement, Stage, Verdict, is_within};
use crate::deliver::Envelope;
use crate::reply::Reply;
use crate::report::Proven;
use crate::session::Session;

/// Longest wait for the keys of all signatures; they are asked for at once.
const DKIM_WAIT: Duration = Duration::from_secs(15);
/// Longest wait for the keys of a chain, whose seals are looked at one after the other.
const ARC_WAIT: Duration = Duration::from_secs(30);
/// Longest wait for what the authors' domains want, and for who belongs to them.
const DMARC_WAIT: Duration = Duration::from_secs(30);

const TWO_AUTHORS: Reply = Reply::new(550, "5.6.0", "The message has more than one From field");
const NO_AUTHOR: Reply = Reply::new(550, "5.6.0", "The message has no From field");
const DOUBTFUL_AUTHOR: Reply = Reply::new(550, "5.6.0", "The From field cannot be read without doubt");
const COME_AGAIN: Reply =
    Reply::new(451, "4.7.0", "DNS does not tell who sent this; try again in a few minutes");
const REFUSED_BY_STAGE: Reply = Reply::new(550, "5.7.1", "The message is refused by the content filter");
const DEFERRED_BY_STAGE: Reply =
    Reply::new(451, "4.7.1", "The message cannot be judged now, try again later");

/// What came of a message.
#[derive(Debug)]
pub(crate) struct Judged {
    pub(crate) verdict: Verdict,
    /// What is told in place of taking it.
    pub(crate) refusal: Option<Reply>,
    /// The field with the results; empty where nothing was checked.
    pub(crate) results: String,
    /// What is proven about it.
    pub(crate) proven: Proven,
    /// What was found of the chain that the message came with; none where that is not known.
    pub(crate) chain: Option<ChainState>,
}

impl Judged {
    /// Of a message against which nothing was found.
    fn fine() -> Self {
        let verdict = Verdict::new(Stage::Data, Action::Accept);
        Self { verdict, refusal: None, results: String::new(), proven: Proven::default(), chain: None }
    }
}

/// What the checks found.
pub(super) struct Found {
    pub(super) dkim: Vec<Dkim>,
    arc: arc::Arc,
    pub(super) dmarc: Dmarc,
    author_fault: Option<AuthorFault>,
}

impl Session<'_> {
    /// Looks at a whole message.
    pub(crate) async fn judge_content(&self, envelope: &Envelope, message: &[u8]) -> Judged {
        let Some(inbound) = self.inbound() else { return Judged::fine() };
        let now_secs = u64::try_from((self.server.now)().millis() / 1000).unwrap_or_default();
        let found = find(&inbound.dns, (message, now_secs), self.facts.spf.as_ref()).await;
        let (results, chain) = (self.results(&found), chain_of(&found.arc));
        let mut judged = Judged { results, proven: found.proven(), chain, ..Judged::fine() };
        self.judge_author(inbound, (envelope, &found), &mut judged);
        if found.dmarc.result == DmarcResult::Temperror && judged.refusal.is_none() {
            self.defer_once(envelope, message, &mut judged).await;
        }
        self.count_dmarc(inbound, (&found, &Identifiers::of(self.facts.spf.as_ref(), &found.dkim)), &judged)
            .await;
        self.tell(&judged.verdict);
        if judged.refusal.is_none() {
            self.ask_stages(inbound, envelope, message, &mut judged).await;
        }
        judged
    }

    /// What the author's domain wants done, and why it is not done where it is not.
    fn judge_author(&self, inbound: &Inbound, (envelope, found): (&Envelope, &Found), judged: &mut Judged) {
        let verdict = &mut judged.verdict;
        match found.author_fault {
            Some(AuthorFault::Doubled | AuthorFault::TooMany) => {
                verdict.add(Action::Refuse, "several_authors");
                judged.refusal = Some(TWO_AUTHORS);
                return;
            }
            Some(AuthorFault::Unreadable) => {
                verdict.add(Action::Refuse, "doubtful_author");
                judged.refusal = Some(DOUBTFUL_AUTHOR);
                return;
            }
            // As of several: no message is without (RFC 5322 section 3.6), and whom a reader sees in its place nobody proves.
            Some(AuthorFault::Absent) => {
                verdict.add(Action::Refuse, "author_absent");
                judged.refusal = Some(NO_AUTHOR);
                return;
            }
            Some(AuthorFault::Missing) => verdict.add(Action::Mark, "no_author"),
            None => {}
        }
        if found.dmarc.result != DmarcResult::Fail {
            return;
        }
        if let Some(exception) = self.exception(inbound, found) {
            verdict.add(Action::Mark, "dmarc_fail");
            verdict.add(Action::Mark, exception);
            return;
        }
        match found.dmarc.policy {
            Policy::Reject => {
                verdict.add(Action::Refuse, "dmarc_reject");
                let author = found.dmarc.author.as_ref().map(Name::to_string).unwrap_or_default();
                let reply = format!(
                    "{author} wants mail refused that neither its SPF nor its DKIM stands behind (DMARC)"
                );
                judged.refusal = Some(Reply::told(550, "5.7.1", reply));
            }
            // Put aside by us or not, elsewhere it would be mail that comes from where that domain's own mail comes from.
            Policy::Quarantine if !envelope.onward().is_empty() && self.is_hosted(&found.dmarc) => {
                verdict.add(Action::Refuse, "dmarc_not_passed_on");
                let author = found.dmarc.author.as_ref().map(Name::to_string).unwrap_or_default();
                let reply = format!(
                    "{author} is hosted here and wants mail put aside that neither its SPF nor its DKIM stands \
                     behind (DMARC); to other hosts it is not passed on"
                );
                judged.refusal = Some(Reply::told(550, "5.7.1", reply));
            }
            Policy::Quarantine => verdict.add(Action::Junk, "dmarc_quarantine"),
            Policy::None => verdict.add(Action::Mark, "dmarc_fail"),
        }
    }

    /// Whether the author's domain, or the one above it that speaks for it, is served here.
    fn is_hosted(&self, dmarc: &Dmarc) -> bool {
        let names = [dmarc.author.as_ref(), dmarc.policy_domain.as_ref()];
        names.into_iter().flatten().any(|name| self.server.directory.domain_named(name.as_str()).is_some())
    }

    /// Why a failure of DMARC is not acted upon here.
    fn exception(&self, inbound: &Inbound, found: &Found) -> Option<&'static str> {
        let settings = &inbound.settings;
        let is_exempt =
            |author: &Name| settings.dmarc_exempt_domains.iter().any(|domain| author.is_within(domain));
        if !settings.honours_dmarc {
            return Some("dmarc_not_honoured");
        }
        if found.arc.vouched_by(&settings.trusted_sealers).is_some() {
            return Some("arc_trusted");
        }
        if is_within(&settings.trusted_forwarders, self.peer) {
            return Some("forwarder_trusted");
        }
        found.dmarc.author.as_ref().filter(|author| is_exempt(author)).map(|_| "author_exempt")
    }

    /// Without DNS a message is deferred once; when it comes again it is taken with a mark.
    async fn defer_once(&self, envelope: &Envelope, message: &[u8], judged: &mut Judged) {
        judged.verdict.add(Action::Mark, "dns_unsure");
        let mut key = vec!["dns".to_owned(), super::network::network(self.peer).to_string()];
        key.push(envelope.sender().map(ToString::to_string).unwrap_or_default());
        key.push(message_id(message));
        let tenant = envelope.places().first().map_or(TenantId::PLATFORM, |place| place.owner.tenant);
        if matches!(self.seen(tenant, &key, Duration::ZERO).await, Some(Seen::First)) {
            judged.verdict.add(Action::Defer, "come_again");
            judged.refusal = Some(COME_AGAIN);
        }
    }

    /// Asks the stages that others brought, until one refuses.
    async fn ask_stages(&self, inbound: &Inbound, envelope: &Envelope, message: &[u8], judged: &mut Judged) {
        for stage in &inbound.content_stages {
            let results = judged.results.clone();
            let verdict = stage.judge(&self.offered(envelope, message, &results)).await;
            self.tell(&verdict);
            judged.refusal = match verdict.action {
                Action::Refuse => Some(REFUSED_BY_STAGE),
                Action::Defer => Some(DEFERRED_BY_STAGE),
                Action::Accept | Action::Mark | Action::Junk => None,
            };
            judged.verdict.action = judged.verdict.action.max(verdict.action);
            judged.verdict.reasons.extend(verdict.reasons);
            if judged.refusal.is_some() {
                return;
            }
        }
    }

    /// Where a mailbox keeps a message, if anybody says.
    pub(crate) async fn place(
        &self,
        owner: store::Owner,
        offered: &Offered<'_>,
        verdict: &Verdict,
    ) -> Placement {
        match self.inbound().and_then(|inbound| inbound.placement_stage.as_ref()) {
            Some(stage) => stage.place(owner, offered, verdict).await,
            None => Placement::Unchanged,
        }
    }

    pub(crate) fn offered<'o>(
        &'o self,
        envelope: &'o Envelope,
        message: &'o [u8],
        results: &'o str,
    ) -> Offered<'o> {
        Offered {
            message,
            sender: envelope.sender(),
            recipients: envelope.recipients(),
            peer: self.peer,
            helo: self.helo.as_ref().map_or("", |(name, _)| name.as_str()),
            results,
        }
    }

    /// The field with everything that was found (RFC 8601).
    fn results(&self, found: &Found) -> String {
        let mut results = Vec::new();
        if let Some(iprev) = &self.facts.iprev {
            results.push(iprev_result(iprev, self.peer));
        }
        if let Some(spf) = &self.facts.spf {
            results.push(spf_result(spf, self.transaction_helo()));
        }
        results.extend(found.dkim.iter().map(dkim_result));
        if found.dkim.is_empty() {
            results.push(MethodResult::new("dkim", "none"));
        }
        results.push(dmarc_result(&found.dmarc));
        if found.arc.result != ArcResult::None {
            results.push(MethodResult::new("arc", found.arc.result.word()).reason(&found.arc.reason));
        }
        write_results(self.server.settings.hostname.as_str(), &results)
    }

    fn transaction_helo(&self) -> &str {
        self.helo.as_ref().map_or("", |(name, _)| name.as_str())
    }
}

impl Found {
    fn proven(&self) -> Proven {
        let passed = self.dkim.iter().filter(|dkim| dkim.result == DkimResult::Pass && !dkim.is_testing);
        Proven {
            is_checked: true,
            author: self.dmarc.author.as_ref().map(Name::to_string),
            passes_dmarc: self.dmarc.result == DmarcResult::Pass,
            signers: passed.filter_map(|dkim| dkim.domain.as_ref()).map(Name::to_string).collect(),
        }
    }
}

/// Asks about a message, of which `spf` is known already. Each check has a time of its own: who keeps one waiting, by keys
/// whose DNS is silent, takes no time from another, least of all from what the author's domain wants.
async fn find(dns: &Arc<dyn Dns>, (message, now_secs): (&[u8], u64), spf: Option<&Spf>) -> Found {
    let (authors, author_fault) = match author_domains(message) {
        Ok(authors) => (authors, None),
        Err(fault) => (Vec::new(), Some(fault)),
    };
    let parsed = Message::new(message);
    let (dkim_dns, arc_dns) = (Patient::new(dns, DKIM_WAIT), Patient::new(dns, ARC_WAIT));
    let (dkim, arc) = join(dkim::verify(&dkim_dns, &parsed, now_secs), arc::verify(&arc_dns, &parsed)).await;
    let identifiers = Identifiers::of(spf, &dkim);
    let dmarc = dmarc::evaluate(&Patient::new(dns, DMARC_WAIT), &authors, &identifiers).await;
    Found { dkim, arc, dmarc, author_fault }
}

/// What a seal says of the chain before it; none where DNS did not let us see.
fn chain_of(arc: &arc::Arc) -> Option<ChainState> {
    match arc.result {
        ArcResult::None => Some(ChainState::None),
        ArcResult::Pass => Some(ChainState::Pass),
        ArcResult::Fail => Some(ChainState::Fail),
        ArcResult::Temperror => None,
    }
}

fn iprev_result(iprev: &Iprev, peer: std::net::IpAddr) -> MethodResult {
    MethodResult::new("iprev", iprev.word()).property("policy.iprev", peer)
}

fn spf_result(spf: &Spf, helo: &str) -> MethodResult {
    let result = MethodResult::new("spf", spf.result.word()).reason(match spf.result {
        SpfResult::Temperror | SpfResult::Permerror => &spf.reason,
        _ => "",
    });
    let result = match &spf.domain {
        Some(domain) => result.property("smtp.mailfrom", domain),
        None => result,
    };
    result.property("smtp.helo", helo)
}

fn dkim_result(dkim: &Dkim) -> MethodResult {
    let mut result = MethodResult::new("dkim", dkim.result.word()).reason(&dkim.reason);
    if let Some(domain) = &dkim.domain {
        result = result.property("header.d", domain);
    }
    if let Some(selector) = &dkim.selector {
        result = result.property("header.s", selector);
    }
    if let Some(algorithm) = dkim.algorithm {
        result = result.property("header.a", algorithm).property("header.b", &dkim.short);
    }
    result
}

fn dmarc_result(dmarc: &Dmarc) -> MethodResult {
    let reason = if dmarc.result == DmarcResult::Pass { "" } else { &dmarc.reason };
    let mut result = MethodResult::new("dmarc", dmarc.result.word()).reason(reason);
    if let Some(author) = &dmarc.author {
        result = result.property("header.from", author);
    }
    if let Some(domain) = &dmarc.policy_domain {
        result = result.property("policy.dmarc", dmarc.policy.word()).property("policy.domain", domain);
    }
    result
}

/// What tells a message from others when it comes again.
fn message_id(message: &[u8]) -> String {
    let (header_end, _) = message::split_header(message);
    let mut found = message::fields(&message[..header_end]).filter(|field| field.is("Message-ID"));
    found.next().map(|field| field.text()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use async_trait::async_trait;
    use resolver::{Answer, DnsError, Kind, Zone};

    use super::*;

    /// Never answers for what lies below `silent.example`.
    struct Silent(Zone);

    #[async_trait]
    impl Dns for Silent {
        async fn ask(&self, name: &Name, kind: Kind) -> Result<Answer, DnsError> {
            if name.as_str().ends_with("silent.example") {
                std::future::pending::<()>().await;
            }
            self.0.ask(name, kind).await
        }
    }

    fn dns() -> Arc<dyn Dns> {
        let zone = Zone::parse("_dmarc.bank.example. TXT \"v=DMARC1; p=reject\"\n").expect("a zone");
        Arc::new(Silent(zone))
    }

    /// A message with ten signatures and a chain whose keys nobody gives.
    fn stalling(from: &str) -> Vec<u8> {
        let mut text = format!("{from}\r\n");
        for number in 0..10 {
            text.push_str(&format!(
                "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=d{number}.silent.example; s=s; h=from; \
                 bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=AAAA\r\n"
            ));
        }
        text.push_str(
            "ARC-Authentication-Results: i=1; silent.example; dmarc=pass\r\n\
             ARC-Message-Signature: i=1; a=rsa-sha256; c=relaxed/relaxed; d=silent.example; s=s; h=from; \
             bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=AAAA\r\n\
             ARC-Seal: i=1; a=rsa-sha256; cv=none; d=silent.example; s=s; b=AAAA\r\n\r\n",
        );
        text.into_bytes()
    }

    #[tokio::test(start_paused = true)]
    async fn keys_that_never_come_hide_neither_the_author_nor_what_its_domain_wants() {
        let (begun, began) = (tokio::time::Instant::now(), Instant::now());
        let found = find(&dns(), (&stalling("From: a@bank.example"), 0), None).await;
        assert!(begun.elapsed() <= ARC_WAIT + Duration::from_secs(1), "{:?}", begun.elapsed());
        assert!(began.elapsed() < ARC_WAIT, "time was not paused");
        assert_eq!(found.dkim.len(), 10);
        assert!(found.dkim.iter().all(|dkim| dkim.result == DkimResult::Temperror));
        assert_eq!(found.arc.result, ArcResult::Temperror);
        assert_eq!((found.dmarc.result, found.dmarc.policy), (DmarcResult::Fail, Policy::Reject));
        let found =
            find(&dns(), (&stalling("From: a@bank.example\r\nFrom: b@silent.example"), 0), None).await;
        assert_eq!(found.author_fault, Some(AuthorFault::Doubled));
        // A second author whose domain is silent does not keep the first from being asked about.
        let found = find(&dns(), (&stalling("From: a@x.silent.example, b@bank.example"), 0), None).await;
        assert_eq!((found.dmarc.result, found.dmarc.policy), (DmarcResult::Fail, Policy::Reject));
    }
}
