//! Senders are told what became of their mail here: that it arrived where they ask for it, and whom it missed.

use std::sync::Arc;

use directory::Directory;
use kernel::DomainName;
use outbound::DeliveredMessage;
use smtp::{Confirm, Confirmed};
use store::{Acceptance, Fate, QueuedRecipient};

/// Writes reports as the reports of mail that leaves are written.
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
        recipients: Vec<(QueuedRecipient, Fate)>,
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
        outbound::delivered(&message, recipients, (&self.directory, self.hostname.as_str()))
    }
}
