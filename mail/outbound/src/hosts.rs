//! In which order the hosts of a destination are called (RFC 5321 section 5.1): by preference, those of one mixed anew for each
//! connection, those that were ill a moment ago behind all others. And how far mail goes from one to the next.

use std::collections::BTreeMap;

use kernel::Timestamp;
use store::{LeasedRecipient, RecipientKey, RemoteReply};

use crate::backoff::Chance;
use crate::destination::Destination;
use crate::limits::{ATTEMPT_HOST_COUNT_MAX, ILL_MILLIS, SAID_CHARACTER_COUNT_MAX, SAID_HOST_COUNT_MAX};
use crate::site::Host;
use crate::tls::{TlsDemand, TlsVerdict};

/// Hosts that broke off, and when: others are asked first for a while. No more than the destination has.
#[derive(Debug, Default)]
pub(crate) struct Ill(BTreeMap<String, Timestamp>);

impl Ill {
    /// A host could not be called, or broke off after it had greeted.
    pub(crate) fn failed(&mut self, host: &str, destination: &Destination, now: Timestamp) {
        self.0.retain(|known, _| destination.hosts.iter().any(|(host, _)| host.name.as_str() == known));
        self.0.insert(host.to_owned(), now);
    }

    /// A host has answered to all that it was asked.
    pub(crate) fn answered(&mut self, host: &str) {
        self.0.remove(host);
    }

    fn has(&self, host: &str, now: Timestamp) -> bool {
        // A clock that was set back makes nobody ill for longer.
        self.0.get(host).is_some_and(|since| now.millis().abs_diff(since.millis()) < ILL_MILLIS)
    }
}

/// The word of the trace for hosts that were passed over; behind a colon are their names, with commas between.
pub(crate) const PASSED_OVER: &str = "passed_over";

/// Hosts to which recipients were offered in one attempt, and that did not take them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Passed {
    hosts: Vec<String>,
    /// Those that could not be called, before another answered.
    unreached: Vec<String>,
    /// What they said, to each recipient; or to nobody, where they could not be called.
    said: Vec<(Option<RecipientKey>, RemoteReply)>,
    /// Whether one of them said so, and did not break off: the destination is there.
    pub(crate) is_answered: bool,
}

impl Passed {
    /// The same with one more, that said the last that `recipients` have heard.
    pub(crate) fn and(mut self, host: &str, recipients: &[LeasedRecipient], is_answered: bool) -> Self {
        self.hosts.push(host.to_owned());
        self.said.extend(recipients.iter().map(|to| (Some(to.key), shortened(&to.last))));
        Self { is_answered: self.is_answered || is_answered, ..self }
    }

    /// The same, for the reports and the trace, with those before `host`, or with all, that could not be called: why stands
    /// in `faults`.
    pub(crate) fn reaching(
        mut self,
        host: Option<&str>,
        hosts: &[&(Host, TlsVerdict)],
        faults: &[RemoteReply],
    ) -> Self {
        let names = hosts.iter().map(|(host, _)| host.name.as_str());
        for name in names.take_while(|name| Some(*name) != host) {
            if !self.unreached.iter().any(|known| known == name) {
                self.unreached.push(name.to_owned());
                let fault = faults.iter().rfind(|fault| fault.host.as_deref() == Some(name));
                self.said.extend(fault.map(|fault| (None, shortened(fault))));
            }
        }
        self
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.hosts.is_empty()
    }

    /// What the last of them said to a recipient before it heard `last`: of each host once.
    pub(crate) fn said(&self, to: RecipientKey, last: &RemoteReply) -> Vec<&RemoteReply> {
        let is_its = |(known, reply): &&(Option<RecipientKey>, RemoteReply)| {
            known.is_none_or(|known| known == to) && reply.host != last.host
        };
        let said: Vec<&RemoteReply> = self.said.iter().filter(is_its).map(|(_, reply)| reply).collect();
        said[said.len().saturating_sub(SAID_HOST_COUNT_MAX)..].to_vec()
    }

    /// What the trace of a recipient is told of them; nothing where there are none.
    pub(crate) fn reasons(&self, to: RecipientKey, last: &RemoteReply) -> Vec<String> {
        let names: Vec<&str> = self.unreached.iter().chain(&self.hosts).map(String::as_str).collect();
        let named = (!names.is_empty()).then(|| format!("{PASSED_OVER}:{}", names.join(",")));
        named.into_iter().chain(self.said(to, last).into_iter().filter_map(RemoteReply::as_reason)).collect()
    }

    fn has(&self, host: &Host) -> bool {
        self.hosts.iter().any(|passed| passed == host.name.as_str())
    }
}

/// As much of it as is told beside what was said last.
fn shortened(reply: &RemoteReply) -> RemoteReply {
    let text = reply.text.chars().take(SAID_CHARACTER_COUNT_MAX).collect();
    RemoteReply { text, ..reply.clone() }
}

impl Destination {
    /// The hosts for one connection, the first first, without those that were passed.
    pub(crate) fn in_order<'a>(
        &'a self,
        passed: &Passed,
        ill: &Ill,
        (now, chance): (Timestamp, &Chance),
    ) -> Vec<&'a (Host, TlsVerdict)> {
        let mut hosts: Vec<_> = self.hosts.iter().filter(|(host, _)| !passed.has(host)).collect();
        hosts.sort_by_cached_key(|(host, _)| {
            (ill.has(host.name.as_str(), now), host.preference, chance.number())
        });
        hosts
    }

    /// Whether what `host` does not take can be offered to another one in the same attempt.
    pub(crate) fn has_further(&self, passed: &Passed, host: &str) -> bool {
        let may = |(other, verdict): &(Host, TlsVerdict)| {
            let is_other = other.name.as_str() != host && !passed.has(other);
            is_other && !matches!(verdict.demand, TlsDemand::Excluded(_)) && self.is_callable(other)
        };
        passed.hosts.len() + 1 < ATTEMPT_HOST_COUNT_MAX && self.hosts.iter().any(may)
    }

    fn is_callable(&self, host: &Host) -> bool {
        host.addresses.iter().any(|address| self.source.towards((*address, self.port).into()).is_some())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::net::Ipv4Addr;
    use std::sync::Arc;

    use kernel::DomainName;
    use resolver::{Name, Security};
    use store::TlsWish;
    use trust::Basis;

    use super::*;
    use crate::client::Protocol;
    use crate::routes::Through;
    use crate::source::Source;

    const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

    /// Two of one preference before a third.
    fn destination() -> Destination {
        let host = |(number, preference): (u8, u16)| {
            let host = Host {
                name: Name::parse(&format!("mx{number}.example")).expect("a name"),
                addresses: vec![Ipv4Addr::new(198, 51, 99, number).into()],
                security: Security::Insecure,
                preference,
            };
            (host, TlsVerdict { demand: TlsDemand::May, basis: Basis::Nothing })
        };
        let hello = DomainName::parse("us.example").expect("a name");
        Destination {
            key: "k".to_owned(),
            site: "mx1.example mx2.example mx3.example".to_owned(),
            through: Through::Exchangers,
            source: Arc::new(Source::free(hello, None)),
            hosts: [(1, 10), (2, 10), (3, 20)].map(host).to_vec(),
            policy: "p".to_owned(),
            wish: TlsWish::Usual,
            port: 25,
            protocol: Protocol::Smtp,
            credentials: None,
        }
    }

    fn names(hosts: &[&(Host, TlsVerdict)]) -> Vec<String> {
        hosts.iter().map(|(host, _)| host.name.to_string()).collect()
    }

    #[test]
    fn hosts_of_one_preference_are_mixed_and_never_put_behind_a_worse_one() {
        let (destination, chance) = (destination(), Chance::seeded(1));
        let order = || names(&destination.in_order(&Passed::default(), &Ill::default(), (NOW, &chance)));
        let orders: BTreeSet<Vec<String>> = (0..50).map(|_| order()).collect();
        assert_eq!(orders.len(), 2, "{orders:?}");
        assert!(orders.iter().all(|order| order[2] == "mx3.example"), "{orders:?}");
    }

    #[test]
    fn who_was_ill_comes_last_for_a_while_and_who_was_passed_not_at_all() {
        let (destination, chance, mut ill) = (destination(), Chance::seeded(1), Ill::default());
        ill.failed("mx1.example", &destination, NOW);
        ill.failed("mx2.example", &destination, NOW);
        ill.answered("mx2.example");
        let at = |millis: i64| {
            let now = Timestamp::from_millis(NOW.millis() + millis);
            names(&destination.in_order(&Passed::default(), &ill, (now, &chance)))
        };
        for _ in 0..20 {
            assert_eq!(at(0), ["mx2.example", "mx3.example", "mx1.example"]);
            assert_eq!(at(i64::try_from(ILL_MILLIS).expect("small"))[2], "mx3.example");
        }
        let passed = Passed::default().and("mx2.example", &[], false);
        let left = destination.in_order(&passed, &ill, (NOW, &chance));
        assert_eq!(names(&left), ["mx3.example", "mx1.example"]);
        assert!(destination.has_further(&passed, "mx3.example"));
        let passed = passed.and("mx3.example", &[], true);
        assert!(passed.is_answered && !destination.has_further(&passed, "mx1.example"));
    }

    #[test]
    fn the_trace_is_told_of_hosts_that_were_passed_over() {
        let destination = destination();
        let hosts: Vec<_> = destination.hosts.iter().collect();
        let (message, one) = crate::report::leased_for_tests();
        let key = |ordinal| RecipientKey { queue_id: message.queue_id, ordinal };
        let heard = |ordinal, host: &str, text: &str| LeasedRecipient {
            key: key(ordinal),
            last: RemoteReply {
                code: 451,
                enhanced: "4.3.0".to_owned(),
                text: text.to_owned(),
                host: Some(host.to_owned()),
            },
            ..one.clone()
        };
        let nothing = RemoteReply::default();
        assert!(
            Passed::default().reaching(Some("mx1.example"), &hosts, &[]).reasons(key(0), &nothing).is_empty()
        );
        let fault = |host: &str| RemoteReply {
            code: 0,
            enhanced: "4.4.1".to_owned(),
            text: "no connection".to_owned(),
            host: Some(host.to_owned()),
        };
        let (later, full) = (heard(0, "mx2.example", "later"), heard(1, "mx2.example", &"x".repeat(1000)));
        let passed = Passed::default().reaching(Some("mx2.example"), &hosts, &[fault("mx1.example")]);
        let passed = passed.and("mx2.example", &[later.clone(), full], true);
        let told = passed.reasons(key(0), &fault("mx3.example"));
        assert_eq!(
            told,
            [
                "passed_over:mx1.example,mx2.example",
                "host_said:mx1.example/0/4.4.1/no%20connection",
                "host_said:mx2.example/451/4.3.0/later",
            ]
        );
        // Each recipient its own, and no more of it than is read.
        let told = passed.reasons(key(1), &nothing);
        let begun = "host_said:mx2.example/451/4.3.0/";
        assert_eq!(told[2], format!("{begun}{}", "x".repeat(SAID_CHARACTER_COUNT_MAX)));
        assert_eq!(told.len(), 3);
        // What is told as the last word is not told twice.
        assert_eq!(passed.reasons(key(0), &later.last).len(), 2);
        let many: Vec<RemoteReply> = (1..=3).map(|number| fault(&format!("mx{number}.example"))).collect();
        let mut passed = passed.reaching(None, &hosts, &many);
        for number in 0..SAID_HOST_COUNT_MAX {
            let host = format!("further{number}.example");
            passed = passed.and(&host, &[heard(0, &host, "no")], true);
        }
        let said = passed.said(key(0), &nothing);
        assert_eq!(said.len(), SAID_HOST_COUNT_MAX);
        assert!(said.iter().all(|reply| reply.text == "no"), "the last of them: {said:?}");
    }
}
