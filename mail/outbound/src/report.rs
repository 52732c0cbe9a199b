//! Reports to the sender: not delivered, delayed, handed on, delivered (RFC 3461, 3464, 6522), in French and English.

mod delivered;
mod words;

pub use delivered::{DeliveredMessage, delivered};
pub(crate) use words::meaning;

use bytes::Bytes;
use directory::{Directory, Resolution};
use kernel::{DomainName, EmailAddress, TenantId, Timestamp};
use message::split_header;
use store::{
    Acceptance, Deposit, Destination, Flags, Lane, LeasedMessage, LeasedRecipient, Origin, Owner,
    QueuedRecipient, Queueing, RemoteReply, TlsWish,
};
use uuid::Uuid;

use crate::classify::EXPIRED;
use crate::limits::{REPORT_HEADER_OCTETS_MAX, REPORT_MESSAGE_OCTETS_MAX};

/// What is told of a recipient (RFC 3464 section 2.3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Action {
    /// Given up.
    Failed,
    /// Not yet; tried again.
    Delayed,
    /// Handed to a host that does not report.
    Relayed,
    /// On its way to several in its place, of which nothing more is told.
    Expanded,
    /// In a mailbox here.
    Delivered,
}

impl Action {
    /// All, the worst first.
    const ALL: [Self; 5] = [Self::Failed, Self::Delayed, Self::Relayed, Self::Expanded, Self::Delivered];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Delayed => "delayed",
            Self::Relayed => "relayed",
            Self::Expanded => "expanded",
            Self::Delivered => "delivered",
        }
    }
}

/// One recipient of a report.
#[derive(Debug, Clone)]
pub(crate) struct Told<'a> {
    /// The recipient.
    pub(crate) recipient: &'a LeasedRecipient,
    /// What became of it.
    pub(crate) action: Action,
    /// What was said last.
    pub(crate) reply: &'a RemoteReply,
    /// Until when it is tried, where it is.
    pub(crate) until: Option<Timestamp>,
    /// What hosts that were asked before said.
    pub(crate) before: Vec<&'a RemoteReply>,
    /// For how many days it was tried, where it was given up for that.
    pub(crate) expired_after: Option<u32>,
}

impl Told<'_> {
    /// How the recipient is named: as its sender did. Where an alias leads is not theirs to know (RFC 3464 section 4.2).
    fn name(&self) -> &EmailAddress {
        self.recipient.given.as_ref().unwrap_or(&self.recipient.address)
    }

    /// The host that said it, where its name does not tell where an alias leads.
    fn host(&self) -> Option<&str> {
        self.recipient.given.is_none().then_some(self.reply.host.as_deref()).flatten()
    }

    /// What hosts that were asked before said, where their names do not tell where an alias leads, and somebody was asked.
    fn before(&self) -> impl Iterator<Item = (&str, &RemoteReply)> {
        let is_told =
            self.recipient.given.is_none() && matches!(self.action, Action::Failed | Action::Delayed);
        let before = self.before.iter().filter(move |_| is_told);
        before.filter_map(|reply| Some((reply.host.as_deref()?, *reply)))
    }

    /// What was said, unless it tells where an alias leads.
    fn text(&self) -> &str {
        let EmailAddress { local, domain } = &self.recipient.address;
        let text = self.reply.text.to_lowercase();
        let tells = text.contains(&local.as_str().to_lowercase()) || text.contains(domain.as_str());
        if self.recipient.given.is_some() && tells { "" } else { &self.reply.text }
    }
}

/// Whether the sender wants to know of `action` (RFC 3461 section 4.1).
pub(crate) fn is_wanted(message: &LeasedMessage, recipient: &LeasedRecipient, action: Action) -> bool {
    // Whoever sent it knows another server, which does not wait.
    if message.origin == Origin::Forwarded && action == Action::Delayed {
        return false;
    }
    let asked = |word: &str| {
        recipient
            .notify
            .as_deref()
            .map(|notify| notify.split(',').any(|given| given.trim().eq_ignore_ascii_case(word)))
    };
    match action {
        Action::Failed => asked("FAILURE").unwrap_or(true),
        Action::Delayed => asked("DELAY").unwrap_or(true),
        Action::Relayed | Action::Expanded | Action::Delivered => asked("SUCCESS").unwrap_or(false),
    }
}

/// Where reports to a sender go.
#[derive(Debug)]
pub(crate) struct Addressee {
    address: EmailAddress,
    deposits: Vec<Deposit>,
    queued: Vec<QueuedRecipient>,
}

impl Addressee {
    /// Of a report about mail of `tenant`. None where the address leads nowhere: what goes to one of `own_names` would come back.
    pub(crate) fn of(
        address: EmailAddress,
        tenant: TenantId,
        (directory, own_names): (&Directory, &[DomainName]),
    ) -> Option<Self> {
        let (mut deposits, mut queued) = (Vec::new(), Vec::new());
        let mut queue = |address: EmailAddress| {
            queued
                .push(QueuedRecipient { notify: Some("NEVER".to_owned()), ..QueuedRecipient::new(address) });
        };
        match directory.resolve(&address, Some(tenant)) {
            Resolution::Deliver(ends) => {
                for end in ends.mailboxes {
                    deposits.push(Deposit {
                        owner: Owner { tenant: end.tenant, mailbox: end.mailbox },
                        destination: Destination::Inbox,
                        flags: Flags::NONE,
                        internal_date: None,
                        // A full mailbox is no reason to keep from its owner that mail was lost.
                        quota: end.quota.lifted(),
                        prefix: Bytes::from_static(b"Return-Path: <>\r\n"),
                    });
                }
                ends.forwards.into_iter().for_each(|(_, address)| queue(address));
            }
            Resolution::NotLocal if own_names.contains(&address.domain) => return None,
            Resolution::NotLocal => queue(address.clone()),
            Resolution::Unknown
            | Resolution::Disabled
            | Resolution::Ended
            | Resolution::Resource
            | Resolution::Internal
            | Resolution::Loop => {
                return None;
            }
        }
        let is_somewhere = !deposits.is_empty() || !queued.is_empty();
        is_somewhere.then_some(Self { address, deposits, queued })
    }
}

/// The report as it is given to the store.
pub(crate) fn acceptance(
    message: &LeasedMessage,
    (addressee, told): (Addressee, &[Told<'_>]),
    original: &[u8],
    (hostname, now): (&str, Timestamp),
) -> Acceptance {
    let text = compose(message, (&addressee.address, told), original, (hostname, now));
    Acceptance {
        message: Bytes::from(text),
        deposits: addressee.deposits,
        queued: addressee.queued,
        sender: None,
        tenant: message.tenant,
        dsn: (None, None),
        queueing: Queueing {
            lane: Lane::Report,
            origin: Origin::Report,
            // It tells of its message and is protected as that was (RFC 8689 section 5).
            tls: if message.tls == TlsWish::Required { TlsWish::Required } else { TlsWish::Usual },
            ..Queueing::default()
        },
    }
}

/// The text of the report.
pub(crate) fn compose(
    message: &LeasedMessage,
    (sender, told): (&EmailAddress, &[Told<'_>]),
    original: &[u8],
    (hostname, now): (&str, Timestamp),
) -> Vec<u8> {
    let boundary = format!("report-{}", Uuid::now_v7().simple());
    let worst = Action::ALL
        .into_iter()
        .find(|action| told.iter().any(|one| one.action == *action))
        .unwrap_or(Action::Failed);
    let mut text = format!(
        "From: Mail Delivery System <MAILER-DAEMON@{hostname}>\r\nTo: <{sender}>\r\nSubject: {}\r\n\
         Date: {}\r\nMessage-ID: <{}@{hostname}>\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary=\"{boundary}\"\r\n\r\n",
        words::subject(worst),
        date(now),
        Uuid::now_v7().simple(),
    );
    text.push_str(&format!(
        "--{boundary}\r\nContent-Type: text/plain; charset=utf-8\r\n\
         Content-Transfer-Encoding: quoted-printable\r\n\r\n{}\r\n",
        quoted_printable(&words::explanation(message, told, hostname))
    ));
    let is_ascii = told.iter().all(|one| one.name().local.as_str().is_ascii());
    let kind = if is_ascii { "message/delivery-status" } else { "message/global-delivery-status" };
    text.push_str(&format!(
        "--{boundary}\r\nContent-Type: {kind}\r\n\r\n{}",
        status(message, told, hostname, now)
    ));
    let returns_all = message.ret.as_deref().is_some_and(|ret| ret.eq_ignore_ascii_case("FULL"))
        && worst == Action::Failed
        && message.tls != TlsWish::Required
        && original.len() <= REPORT_MESSAGE_OCTETS_MAX;
    let (header_end, _) = split_header(original);
    let (kind, returned) = match returns_all {
        true => ("message/rfc822", original),
        false => ("text/rfc822-headers", &original[..header_end.min(REPORT_HEADER_OCTETS_MAX)]),
    };
    let mut octets = text.into_bytes();
    octets.extend_from_slice(format!("\r\n--{boundary}\r\nContent-Type: {kind}\r\n\r\n").as_bytes());
    octets.extend_from_slice(returned);
    octets.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    octets
}

/// The part for machines (RFC 3464 section 2).
fn status(message: &LeasedMessage, told: &[Told<'_>], hostname: &str, now: Timestamp) -> String {
    let mut text = String::new();
    if let Some(id) = &message.envelope_id {
        text.push_str(&format!("Original-Envelope-Id: {}\r\n", xtext_decoded(id)));
    }
    text.push_str(&format!(
        "Reporting-MTA: dns; {hostname}\r\nArrival-Date: {}\r\n",
        date(message.queued_at)
    ));
    for one in told {
        let kind = if one.name().local.as_str().is_ascii() { "rfc822" } else { "utf-8" };
        text.push_str("\r\n");
        if let Some((kind, address)) =
            one.recipient.original.as_deref().and_then(|orcpt| orcpt.split_once(';'))
        {
            text.push_str(&format!("Original-Recipient: {kind};{}\r\n", xtext_decoded(address)));
        }
        text.push_str(&format!("Final-Recipient: {kind}; {}\r\n", one.name()));
        text.push_str(&format!("Action: {}\r\n", one.action.as_str()));
        text.push_str(&format!("Status: {}\r\n", status_code(one)));
        if let Some(host) = one.host() {
            text.push_str(&format!("Remote-MTA: dns; {host}\r\n"));
        }
        let diagnosis = match one.reply.code {
            0 => format!("x-hosterra; {}", one.text()),
            code => format!("smtp; {code} {} {}", one.reply.enhanced, one.text()),
        };
        // Nobody was asked.
        if !matches!(one.action, Action::Expanded | Action::Delivered) {
            text.push_str(&format!("Diagnostic-Code: {}\r\n", folded(&diagnosis)));
            text.push_str(&format!("Last-Attempt-Date: {}\r\n", date(now)));
        }
        if let Some(until) = one.until {
            text.push_str(&format!("Will-Retry-Until: {}\r\n", date(until)));
        }
    }
    text
}

/// The enhanced code in the class of the action. What was said last for now, of what was tried for long, is no status for ever.
fn status_code(one: &Told<'_>) -> String {
    if one.expired_after.is_some() {
        return EXPIRED.to_owned();
    }
    let detail = one.reply.enhanced.split_once('.').map_or("0.0", |(_, detail)| detail);
    match one.action {
        Action::Failed => format!("5.{detail}"),
        Action::Delayed => format!("4.{detail}"),
        Action::Relayed | Action::Expanded | Action::Delivered => format!("2.{detail}"),
    }
}

/// Words of a field in lines of at most 76 characters where blanks allow it.
fn folded(text: &str) -> String {
    let (mut folded, mut length) = (String::new(), 17);
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        if !folded.is_empty() {
            let is_long = length + word.len() > 76;
            folded.push_str(if is_long { "\r\n\t" } else { " " });
            length = if is_long { 8 } else { length + 1 };
        }
        folded.push_str(word);
        length += word.len();
    }
    folded
}

/// Takes xtext apart (RFC 3461 section 4); printable characters only.
fn xtext_decoded(text: &str) -> String {
    let octets = text.as_bytes();
    let (mut decoded, mut at) = (Vec::new(), 0);
    while at < octets.len() {
        let hex = text.get(at + 1..at + 3).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match (octets[at], hex) {
            (b'+', Some(octet)) => {
                decoded.push(octet);
                at += 3;
            }
            (octet, _) => {
                decoded.push(octet);
                at += 1;
            }
        }
    }
    crate::reply::clean(&String::from_utf8_lossy(&decoded))
}

pub(crate) fn date(at: Timestamp) -> String {
    let moment = jiff::Timestamp::from_millisecond(at.millis()).unwrap_or_default();
    jiff::fmt::rfc2822::to_string(&moment.to_zoned(jiff::tz::TimeZone::UTC)).unwrap_or_default()
}

/// RFC 2045 section 6.7.
fn quoted_printable(text: &str) -> String {
    let mut encoded = String::new();
    for line in text.split('\n') {
        let mut length = 0;
        let octets = line.as_bytes();
        for (index, octet) in octets.iter().enumerate() {
            let is_last_blank = *octet == b' ' && index + 1 == octets.len();
            let piece = match octet {
                b' '..=b'~' if *octet != b'=' && !is_last_blank => char::from(*octet).to_string(),
                _ => format!("={octet:02X}"),
            };
            if length + piece.len() > 75 {
                encoded.push_str("=\r\n");
                length = 0;
            }
            length += piece.len();
            encoded.push_str(&piece);
        }
        encoded.push_str("\r\n");
    }
    encoded
}

#[cfg(test)]
pub(crate) use tests::leased as leased_for_tests;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::untold::untold;
    use kernel::TenantId;
    use store::RecipientKey;

    pub(crate) fn leased() -> (LeasedMessage, LeasedRecipient) {
        let message = LeasedMessage {
            queue_id: 1,
            tenant: TenantId::PLATFORM,
            message: "m1".to_owned(),
            sender: EmailAddress::parse("a@x.example").ok(),
            size: 10,
            ret: None,
            envelope_id: Some("a+2Bb".to_owned()),
            queued_at: Timestamp::from_secs(0),
            lane: Lane::Interactive,
            origin: Origin::Submitted,
            mailbox: None,
            is_sender_known: false,
            tls: TlsWish::Usual,
        };
        let recipient = LeasedRecipient {
            key: RecipientKey { queue_id: 1, ordinal: 0 },
            address: EmailAddress::parse("gone@b.example").expect("an address"),
            notify: None,
            original: Some("rfc822;Gone+40b.example".to_owned()),
            given: None,
            attempt_count: 1,
            is_delay_told: false,
            instead: None,
            last: RemoteReply::default(),
        };
        (message, recipient)
    }

    #[test]
    fn senders_are_told_what_they_asked_for_and_never_by_the_null_sender() {
        let (message, recipient) = leased();
        let notify = |text: &str| LeasedRecipient { notify: Some(text.to_owned()), ..recipient.clone() };
        for (recipient, wanted) in [
            (recipient.clone(), [true, true, false]),
            (notify("NEVER"), [false, false, false]),
            (notify("SUCCESS,delay"), [false, true, true]),
            (notify("FAILURE"), [true, false, false]),
        ] {
            let actions = [Action::Failed, Action::Delayed, Action::Relayed];
            assert_eq!(actions.map(|action| is_wanted(&message, &recipient, action)), wanted);
        }
        assert_eq!(untold(&message), None);
        let null = LeasedMessage { sender: None, ..message.clone() };
        assert_eq!(untold(&null), Some("untold_no_sender"));
        let forwarded = LeasedMessage { origin: Origin::Forwarded, ..message.clone() };
        assert!(is_wanted(&forwarded, &recipient, Action::Failed));
        assert!(!is_wanted(&forwarded, &recipient, Action::Delayed));
        assert_eq!(untold(&forwarded), Some("untold_not_proven"));
        assert_eq!(untold(&LeasedMessage { is_sender_known: true, ..forwarded }), None);
    }

    /// Of a recipient with whom it failed for good.
    fn failed<'a>(recipient: &'a LeasedRecipient, reply: &'a RemoteReply) -> Told<'a> {
        Told {
            recipient,
            action: Action::Failed,
            reply,
            until: None,
            before: Vec::new(),
            expired_after: None,
        }
    }

    #[test]
    fn a_report_is_what_machines_and_people_read() {
        let (message, recipient) = leased();
        let reply = RemoteReply {
            code: 550,
            enhanced: "5.1.1".to_owned(),
            text: "User unknown".to_owned(),
            host: Some("mx.b.example".to_owned()),
        };
        let told = [failed(&recipient, &reply)];
        let original = b"Subject: secret plan\r\nFrom: a@x.example\r\n\r\nthe body\r\n";
        let sender = message.sender.clone().expect("a sender");
        let report =
            compose(&message, (&sender, &told), original, ("mx.us.example", Timestamp::from_secs(60)));
        let report = String::from_utf8(report).expect("text");
        for part in [
            "Auto-Submitted: auto-replied\r\n",
            "report-type=delivery-status",
            "Original-Envelope-Id: a+b\r\n",
            "Original-Recipient: rfc822;Gone@b.example\r\n",
            "Final-Recipient: rfc822; gone@b.example\r\nAction: failed\r\nStatus: 5.1.1\r\n",
            "Remote-MTA: dns; mx.b.example\r\n",
            "Diagnostic-Code: smtp; 550 5.1.1 User unknown\r\n",
            "Content-Type: text/rfc822-headers\r\n\r\nSubject: secret plan\r\n",
            "n'existe pas",
            "does not exist",
        ] {
            assert!(report.contains(part), "{part:?} is not in\n{report}");
        }
        assert!(!report.contains("the body"));
        assert!(report.split("\r\n").all(|line| line.len() <= 998 && !line.contains('\n')));
        let full = LeasedMessage { ret: Some("FULL".to_owned()), ..message };
        let report = compose(&full, (&sender, &told), original, ("mx.us.example", Timestamp::from_secs(60)));
        assert!(String::from_utf8_lossy(&report).contains("message/rfc822\r\n\r\nSubject: secret plan"));
        // It is read again by whoever reads mail.
        let summary = message::summarize(&report);
        assert_eq!(summary.envelope.subject.as_deref(), Some("Undelivered mail / Message non remis"));
    }

    #[test]
    fn what_was_tried_for_long_is_no_refusal_for_ever() {
        let (message, recipient) = leased();
        let reply = RemoteReply {
            code: 450,
            enhanced: "4.7.1".to_owned(),
            text: "Greylisted".to_owned(),
            host: Some("mx.b.example".to_owned()),
        };
        let told = [Told { expired_after: Some(5), ..failed(&recipient, &reply) }];
        let status = status(&message, &told, "mx.us.example", Timestamp::from_secs(60));
        assert!(status.contains("Action: failed\r\nStatus: 5.4.7\r\n"), "{status}");
        assert!(status.contains("Diagnostic-Code: smtp; 450 4.7.1 Greylisted\r\n"), "{status}");
        let explained = words::explanation(&message, &told, "mx.us.example");
        let (english, french) = explained.split_once("----------").expect("two languages");
        assert!(
            english.contains("tried for 5 days") && english.contains("mx.b.example: Greylisted"),
            "{english}"
        );
        assert!(
            french.contains("pendant 5 jours") && french.contains("mx.b.example: Greylisted"),
            "{french}"
        );
        let told = [Told { expired_after: Some(1), ..failed(&recipient, &reply) }];
        let explained = words::explanation(&message, &told, "mx.us.example");
        assert!(explained.contains("for 1 day ") && explained.contains("pendant 1 jour "), "{explained}");
    }

    #[test]
    fn what_is_on_the_suppression_list_is_told_by_its_cause_in_both_languages() {
        use store::{Instead, SuppressionCause};
        let (message, recipient) = leased();
        for (cause, english, french) in [
            (SuppressionCause::NoSuchAddress, "came back as undeliverable", "est revenu"),
            (SuppressionCause::Complaint, "called earlier mail unwanted", "comme indésirable"),
            (
                SuppressionCause::Ordered,
                "Your administrator wants nothing",
                "Votre administrateur ne veut rien",
            ),
        ] {
            let recipient =
                LeasedRecipient { instead: Some(Instead::Suppressed(cause)), ..recipient.clone() };
            let reply = RemoteReply {
                enhanced: "5.7.1".to_owned(),
                text: "the address is on the suppression list: words".to_owned(),
                ..RemoteReply::default()
            };
            let told = [failed(&recipient, &reply)];
            let explained = words::explanation(&message, &told, "mx.us.example");
            let (en, fr) = explained.split_once("----------").expect("two languages");
            assert!(en.contains(english) && en.contains("suppression list: words"), "{en}");
            assert!(fr.contains(french) && !fr.contains("the address"), "{fr}");
            let denied = ["does not exist", "n'existe pas"].iter().any(|words| explained.contains(words));
            assert!(!denied && !explained.contains("by its rules"), "{explained}");
        }
    }

    #[test]
    fn whoever_wrote_to_an_alias_reads_its_name_and_not_where_it_leads() {
        let (message, recipient) = leased();
        let alias = EmailAddress::parse("info@x.example").expect("an address");
        let behind = LeasedRecipient { given: Some(alias), original: None, ..recipient };
        let said = |text: &str| {
            let reply = RemoteReply {
                code: 550,
                enhanced: "5.1.1".to_owned(),
                text: text.to_owned(),
                host: Some("mx.b.example".to_owned()),
            };
            let before = RemoteReply { host: Some("mx0.b.example".to_owned()), ..reply.clone() };
            let told = [Told { before: vec![&before], ..failed(&behind, &reply) }];
            let sender = message.sender.clone().expect("a sender");
            let now = Timestamp::from_secs(60);
            String::from_utf8(compose(
                &message,
                (&sender, &told),
                b"Subject: hi\r\n\r\n",
                ("mx.us.example", now),
            ))
            .expect("text")
        };
        for text in ["<GONE@b.example>: no such user", "no mailbox of Gone", "relaying to b.example denied"] {
            let report = said(text);
            assert!(report.contains("Final-Recipient: rfc822; info@x.example\r\n"), "{report}");
            assert!(report.contains("Diagnostic-Code: smtp; 550 5.1.1\r\n"), "{report}");
            assert!(!report.to_lowercase().contains("gone") && !report.contains("b.example"), "{report}");
        }
        let report = said("your message looks like spam");
        assert!(
            report.contains("Diagnostic-Code: smtp; 550 5.1.1 your message looks like spam\r\n"),
            "{report}"
        );
        assert!(!report.contains("b.example"), "{report}");
    }
}
