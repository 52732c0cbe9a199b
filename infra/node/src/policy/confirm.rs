//! Senders who ask for it are told that their mail is in a mailbox here.

use std::sync::Arc;

use directory::Directory;
use kernel::DomainName;
use outbound::DeliveredMessage;
use smtp::{Confirm, Confirmed};
use store::{Acceptance, QueuedRecipient};

/// Writes reports of success as the reports of mail that leaves are written.
pub struct Confirmations {
    /// Knows which senders are here.
    pub directory: Arc<Directory>,
    /// The name that the server gives itself.
    pub hostname: DomainName,
}

impl Confirm for Confirmations {
    fn report(
        &self,
        message: &Confirmed<'_>,
        recipients: Vec<(QueuedRecipient, smtp::Success)>,
    ) -> Option<Acceptance> {
        let message = DeliveredMessage {
            tenant: message.tenant,
            message: message.message,
            sender: Some(message.sender),
            envelope_id: message.envelope_id,
            tls: message.tls,
            at: message.at,
            octets: message.octets,
        };
        let recipients = recipients.into_iter().map(|(to, success)| {
            let success = match success {
                smtp::Success::Delivered => outbound::Success::Delivered,
                smtp::Success::Expanded => outbound::Success::Expanded,
            };
            (to, success)
        });
        outbound::delivered(&message, recipients.collect(), (&self.directory, self.hostname.as_str()))
    }
}
