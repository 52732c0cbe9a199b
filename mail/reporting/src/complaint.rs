//! Whether a complaint counts: who complains must have got the message, and whoever tells us must have to do with them. Pure: what
//! is known of the message is an argument.
//!
//! Whoever got a message knows its Message-ID, and could write a complaint in the name of another who got it as well. So
//! somebody has to stand behind it: the domain of who complains, the host that took the message for them, or a mailbox
//! provider that the operator knows.

use kernel::{DomainName, EmailAddress};
use report::Feedback;
use smtp::Proven;
use store::{Passage, Stage};

use crate::bounces::{is_within, stands_behind};

/// Who is told to be the reporter where nothing says it.
const NOBODY: &str = "-";
/// Why a complaint does not count.
pub(crate) const NOT_PROVEN: &str = "complaint_not_proven";

/// A complaint about a message of ours.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Complaint<'a> {
    /// The step that it is noted beside.
    pub(crate) step: &'a Passage,
    /// Who complains; none where the report does not say, and several got the message.
    pub(crate) complainer: Option<EmailAddress>,
    /// The domain that stands behind it; where none does, the one that says it.
    pub(crate) reporter: String,
    /// Whether it counts.
    pub(crate) is_proven: bool,
}

/// What a report says of the message whose `steps` these are; none where it has said it before. `mail_from` is who sent the
/// report, `feedback_loops` are domains that may complain for whomever they like.
pub(crate) fn judge<'a>(
    feedback: &Feedback,
    steps: &'a [Passage],
    (proven, mail_from): (&Proven, Option<&EmailAddress>),
    feedback_loops: &[DomainName],
) -> Option<Complaint<'a>> {
    let complainer = complainer(feedback, steps);
    let behind = behind((proven, mail_from), (complainer.as_ref(), steps), feedback_loops);
    let is_proven = behind.is_some();
    let said_by = || mail_from.map(|from| from.domain.as_str().to_owned()).or_else(|| proven.author.clone());
    let reporter = behind.or_else(said_by).unwrap_or_else(|| NOBODY.to_owned());
    let is_for = |step: &&Passage| is_recipient(step, complainer.as_ref());
    let step = steps.iter().filter(|step| step.stage != Stage::Complained).find(is_for).or(steps.first())?;
    let complaint = Complaint { step, complainer, reporter, is_proven };
    let is_told = steps.iter().any(|step| is_same(step, &complaint));
    (!is_told).then_some(complaint)
}

/// Whether a step of the trace is this complaint.
fn is_same(step: &Passage, complaint: &Complaint<'_>) -> bool {
    let reporter = step.reply.as_ref().map_or("", |reply| reply.text.as_str());
    let is_proven = !step.reasons.iter().any(|reason| reason == NOT_PROVEN);
    step.stage == Stage::Complained
        && is_proven == complaint.is_proven
        && reporter == complaint.reporter
        && match &complaint.complainer {
            Some(complainer) => is_recipient(step, Some(complainer)),
            None => step.recipient.is_none(),
        }
}

fn is_recipient(step: &Passage, complainer: Option<&EmailAddress>) -> bool {
    let recipient = step.recipient.as_deref().unwrap_or_default();
    complainer.is_some_and(|complainer| complainer.to_string().eq_ignore_ascii_case(recipient))
}

/// The domain that stands behind a complaint, if one does.
fn behind(
    (proven, mail_from): (&Proven, Option<&EmailAddress>),
    (complainer, steps): (Option<&EmailAddress>, &[Passage]),
    feedback_loops: &[DomainName],
) -> Option<String> {
    if !proven.is_checked {
        // Our own network is believed.
        let own = mail_from.map(|from| from.domain.as_str().to_owned()).or_else(|| proven.author.clone());
        return Some(own.unwrap_or_else(|| NOBODY.to_owned()));
    }
    // Who got the message and writes by themselves complains for nobody else, also not for a neighbour at the same provider.
    if let Some(from) = mail_from
        && steps.iter().any(|step| is_recipient(step, Some(from)))
        && complainer.is_none_or(|complainer| !complainer.to_string().eq_ignore_ascii_case(&from.to_string()))
    {
        return None;
    }
    let author = proven.author.as_ref().filter(|_| proven.passes_dmarc);
    let names = proven.signers.iter().chain(author);
    let names: Vec<String> = names.map(|name| name.trim_end_matches('.').to_ascii_lowercase()).collect();
    let is_known = |name: &&String| feedback_loops.iter().any(|known| is_within(name, known.as_str()));
    if let Some(known) = names.iter().find(is_known) {
        return Some(known.clone());
    }
    let has_got = |step: &&Passage| {
        step.stage == Stage::Delivered && (complainer.is_none() || is_recipient(step, complainer))
    };
    let got = steps.iter().filter(has_got).find_map(|step| {
        let recipient = EmailAddress::parse(step.recipient.as_deref()?).ok()?;
        names.iter().find(|name| stands_behind(std::slice::from_ref(*name), &recipient, step))
    });
    got.cloned()
}

/// Who complains: who is named and got the message, or the only one who did.
fn complainer(feedback: &Feedback, steps: &[Passage]) -> Option<EmailAddress> {
    let mut recipients: Vec<&str> = steps.iter().filter_map(|step| step.recipient.as_deref()).collect();
    recipients.sort_unstable();
    recipients.dedup();
    let is_named = |recipient: &str| {
        feedback.original_recipients.iter().any(|named| named.eq_ignore_ascii_case(recipient))
    };
    let found = match recipients.as_slice() {
        [one] => Some(*one),
        several => several.iter().copied().find(|recipient| is_named(recipient)),
    };
    found.and_then(|found| EmailAddress::parse(found).ok())
}

#[cfg(test)]
mod tests {
    use kernel::{TenantId, Timestamp};
    use store::{Direction, RemoteReply};

    use super::*;

    fn step(stage: Stage, recipient: &str, host: &str) -> Passage {
        Passage {
            tenant: TenantId::PLATFORM,
            mailbox: None,
            domain: None,
            message: "m1".to_owned(),
            direction: Direction::Out,
            at: Timestamp::from_secs(1),
            stage,
            sender: Some("a@x.example".to_owned()),
            recipient: Some(recipient.to_owned()),
            reply: Some(RemoteReply { code: 250, host: Some(host.to_owned()), ..RemoteReply::default() }),
            next_at: None,
            folder: None,
            source: None,
            reasons: Vec::new(),
            message_id: None,
        }
    }

    /// A message to two recipients, of whom one is at a provider whose hosts have another name.
    fn steps() -> Vec<Passage> {
        vec![
            step(Stage::Queued, "ann@far.example", ""),
            step(Stage::Delivered, "ann@far.example", "mx.far.example"),
            step(Stage::Delivered, "ben@small.example", "mx1.host.example"),
        ]
    }

    fn named(recipient: Option<&str>) -> Feedback {
        Feedback {
            kind: "abuse".to_owned(),
            original_recipients: recipient.map(str::to_owned).into_iter().collect(),
            ..Feedback::default()
        }
    }

    fn signed(signers: &[&str]) -> Proven {
        let signers = signers.iter().map(|signer| (*signer).to_owned()).collect();
        Proven { is_checked: true, signers, ..Proven::default() }
    }

    fn address(text: &str) -> EmailAddress {
        EmailAddress::parse(text).expect("an address")
    }

    #[test]
    fn a_complaint_counts_where_somebody_stands_behind_it_who_may_complain() {
        let loops = [DomainName::parse("loop.example").expect("a name")];
        let (ann, ben) = (Some("ann@far.example"), Some("ben@small.example"));
        for (complainer, signers, mail_from, reporter) in [
            (ann, &["far.example"][..], "abuse@far.example", Some("far.example")),
            (ann, &["mail.far.example"], "abuse@far.example", Some("mail.far.example")),
            // The provider of the host that took it.
            (ben, &["host.example"], "abuse@host.example", Some("host.example")),
            // A feedback loop that the operator knows, and what lies below it.
            (ann, &["arf.loop.example"], "feedback@loop.example", Some("arf.loop.example")),
            (None, &["loop.example"], "feedback@loop.example", Some("loop.example")),
            // Who got it complains for themselves, and not for another.
            (ann, &["far.example"], "ann@far.example", Some("far.example")),
            (ann, &["small.example"], "ben@small.example", None),
            (ann, &["small.example"], "abuse@small.example", None),
            (ben, &["small.example"], "ann@far.example", None),
            (None, &["far.example"], "ann@far.example", None),
            // Somebody there who does not say for whom.
            (None, &["small.example"], "abuse@small.example", Some("small.example")),
            (ann, &["evil.example"], "abuse@evil.example", None),
            (ann, &["example"], "abuse@evil.example", None),
            (ann, &["notfar.example"], "abuse@evil.example", None),
            (ann, &["notloop.example"], "abuse@evil.example", None),
            (ann, &[], "abuse@far.example", None),
        ] {
            let (steps, from) = (steps(), address(mail_from));
            let judged = judge(&named(complainer), &steps, (&signed(signers), Some(&from)), &loops);
            let judged = judged.expect("a complaint");
            assert_eq!(judged.complainer, complainer.map(address), "{complainer:?} {signers:?}");
            assert_eq!(judged.is_proven, reporter.is_some(), "{complainer:?} {signers:?} {mail_from}");
            assert_eq!(judged.reporter, reporter.unwrap_or(from.domain.as_str()));
        }
    }

    #[test]
    fn an_author_stands_behind_it_where_dmarc_says_so_and_our_own_network_always() {
        let steps = steps();
        let author =
            |passes_dmarc| Proven { author: Some("far.example".to_owned()), passes_dmarc, ..signed(&[]) };
        for (proven, is_proven) in [(author(true), true), (author(false), false), (Proven::default(), true)] {
            let judged = judge(&named(Some("ann@far.example")), &steps, (&proven, None), &[]);
            assert_eq!(judged.expect("a complaint").is_proven, is_proven, "{proven:?}");
        }
    }

    #[test]
    fn the_same_complaint_is_told_once_with_a_recipient_or_without() {
        let (known, far) = (steps(), signed(&["far.example"]));
        for (complainer, proven, other) in [
            (Some("ann@far.example"), &far, None),
            (None, &far, Some("ben@small.example")),
            (Some("ann@far.example"), &signed(&["evil.example"]), None),
        ] {
            let first = judge(&named(complainer), &known, (proven, None), &[]).expect("a complaint");
            let told = Passage {
                stage: Stage::Complained,
                recipient: complainer.map(str::to_owned),
                reply: Some(RemoteReply { text: first.reporter.clone(), ..RemoteReply::default() }),
                reasons: if first.is_proven { Vec::new() } else { vec![NOT_PROVEN.to_owned()] },
                ..first.step.clone()
            };
            let steps: Vec<Passage> = [told].into_iter().chain(known.clone()).collect();
            assert_eq!(judge(&named(complainer), &steps, (proven, None), &[]), None, "{complainer:?}");
            let another = judge(&named(other), &steps, (&far, None), &[]);
            assert_eq!(another.is_some(), complainer != other, "another recipient is another complaint");
            // What nobody stood behind is in the way of nothing that somebody stands behind.
            let mine = judge(&named(complainer), &steps, (&far, None), &[]);
            assert_eq!(mine.is_some(), !first.is_proven);
        }
    }
}
