//! Telling a sender what became of a message that was taken here: who asked for it, that it is in a mailbox, or goes to several
//! in place of a recipient (RFC 3461 sections 4.1 and 5.2.7.3, `NOTIFY=SUCCESS`); and that one of those several did not get it.

use directory::Directory;
use kernel::{EmailAddress, TenantId, Timestamp};
use store::{
    Acceptance, Fate, Lane, LeasedMessage, LeasedRecipient, Origin, QueuedRecipient, RecipientKey,
    RemoteReply, TlsWish,
};

use super::{Action, Addressee, Told, acceptance, is_wanted};

/// A message that was taken here.
#[derive(Debug, Clone, Copy)]
pub struct DeliveredMessage<'a> {
    /// Who answers for the report.
    pub tenant: TenantId,
    /// The number under which it was taken.
    pub message: &'a str,
    /// MAIL FROM; none for the null reverse-path, which is told nothing.
    pub sender: Option<&'a EmailAddress>,
    /// DSN ENVID as given.
    pub envelope_id: Option<&'a str>,
    /// How it is protected by TLS on its way, and the report with it.
    pub tls: TlsWish,
    /// When it came.
    pub at: Timestamp,
    /// Its octets, of which the header is given back.
    pub octets: &'a [u8],
}

/// The report for those recipients of whom the sender wants to hear, as it is given to the store; none where there are none, or
/// where the sender cannot be reached. They are named as they were given: where an alias leads is nobody's business.
pub fn delivered(
    message: &DeliveredMessage<'_>,
    recipients: Vec<(QueuedRecipient, Fate)>,
    (directory, hostname): (&Directory, &str),
) -> Option<Acceptance> {
    let leased = LeasedMessage {
        queue_id: 0,
        tenant: message.tenant,
        message: message.message.to_owned(),
        sender: message.sender.cloned(),
        size: u32::try_from(message.octets.len()).unwrap_or(u32::MAX),
        ret: None,
        envelope_id: message.envelope_id.map(str::to_owned),
        queued_at: message.at,
        lane: Lane::Interactive,
        origin: Origin::Submitted,
        mailbox: None,
        is_sender_known: true,
        tls: message.tls,
    };
    let fine = RemoteReply { enhanced: "2.1.5".to_owned(), ..RemoteReply::default() };
    let recipients: Vec<(LeasedRecipient, Action, RemoteReply)> = recipients
        .into_iter()
        .map(|(to, fate)| {
            let (action, reply) = match fate {
                Fate::Delivered => (Action::Delivered, fine.clone()),
                Fate::Expanded => (Action::Expanded, fine.clone()),
                Fate::Missed(reply) => (Action::Failed, reply),
            };
            (LeasedRecipient::new(RecipientKey { queue_id: 0, ordinal: 0 }, to), action, reply)
        })
        .filter(|(to, action, _)| is_wanted(&leased, to, *action))
        .collect();
    let told: Vec<Told<'_>> = recipients
        .iter()
        .map(|(recipient, action, reply)| Told {
            recipient,
            action: *action,
            reply,
            until: None,
            before: Vec::new(),
            expired_after: None,
        })
        .collect();
    if told.is_empty() {
        return None;
    }
    let addressee = Addressee::of(message.sender?.clone(), message.tenant, (directory, &[]))?;
    Some(acceptance(&leased, (addressee, &told), message.octets, (hostname, message.at)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to(notify: Option<&str>) -> QueuedRecipient {
        QueuedRecipient {
            notify: notify.map(str::to_owned),
            original: Some("rfc822;info@x.example".to_owned()),
            ..QueuedRecipient::new(EmailAddress::parse("info@x.example").expect("an address"))
        }
    }

    #[test]
    fn who_asks_is_told_that_a_message_is_in_its_mailbox_and_nobody_else() {
        let (directory, sender) = (Directory::new(), EmailAddress::parse("a@b.example").expect("an address"));
        let message = DeliveredMessage {
            tenant: TenantId::PLATFORM,
            message: "m1",
            sender: Some(&sender),
            envelope_id: Some("q+2B1"),
            tls: TlsWish::Usual,
            at: Timestamp::from_secs(60),
            octets: b"Subject: hello\r\n\r\nthe body\r\n",
        };
        let hosts = (&directory, "mx.us.example");
        for silent in [None, Some("NEVER"), Some("FAILURE,DELAY")] {
            assert!(delivered(&message, vec![(to(silent), Fate::Delivered)], hosts).is_none(), "{silent:?}");
        }
        let null = DeliveredMessage { sender: None, ..message };
        assert!(delivered(&null, vec![(to(Some("SUCCESS")), Fate::Expanded)], hosts).is_none());
        let asked = vec![(to(Some("success,FAILURE")), Fate::Delivered), (to(Some("NEVER")), Fate::Expanded)];
        let report = delivered(&message, asked, hosts).expect("a report");
        assert_eq!(report.sender, None);
        let queued: Vec<_> = report.queued.iter().map(|to| (&to.address, to.notify.as_deref())).collect();
        assert_eq!(queued, [(&sender, Some("NEVER"))]);
        let text = String::from_utf8(report.message.to_vec()).expect("text");
        for part in [
            "Original-Envelope-Id: q+1\r\n",
            "Original-Recipient: rfc822;info@x.example\r\n\
             Final-Recipient: rfc822; info@x.example\r\nAction: delivered\r\nStatus: 2.1.5\r\n",
            "Subject: Mail delivered / Message remis\r\n",
            "Content-Type: text/rfc822-headers\r\n\r\nSubject: hello\r\n",
        ] {
            assert!(text.contains(part), "{part:?} is not in\n{text}");
        }
        assert_eq!(text.matches("Final-Recipient").count(), 1);
        assert!(!text.contains("the body") && !text.contains("Diagnostic-Code"));
        let expanded = delivered(&message, vec![(to(Some("SUCCESS")), Fate::Expanded)], hosts);
        let text = expanded.map(|report| String::from_utf8(report.message.to_vec()).expect("text"));
        let text = text.expect("a report");
        for part in [
            "Final-Recipient: rfc822; info@x.example\r\nAction: expanded\r\nStatus: 2.1.5\r\n",
            "Subject: Mail passed on / Message transmis\r\n",
        ] {
            assert!(text.contains(part), "{part:?} is not in\n{text}");
        }
        assert!(!text.contains("Diagnostic-Code"));
    }
}
