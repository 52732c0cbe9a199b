//! Where the platform's own letters go.

use bytes::Bytes;
use directory::{Directory, Resolution};
use kernel::EmailAddress;
use store::{Deposit, Destination, Flags, Owner, QueuedRecipient};

/// Where mail of the platform itself goes: into mailboxes here, or into the queue; none where `to` takes no mail.
pub fn ends(
    directory: &Directory,
    from: &EmailAddress,
    to: &EmailAddress,
) -> Option<(Vec<Deposit>, Vec<QueuedRecipient>)> {
    let elsewhere = QueuedRecipient::new;
    match directory.resolve(to, None) {
        Resolution::NotLocal => Some((Vec::new(), vec![elsewhere(to.clone())])),
        // A sandbox leads it to others alone, who get nothing.
        Resolution::Deliver(ends) if ends.is_empty() => None,
        Resolution::Deliver(ends) => {
            let deposits = ends.mailboxes.iter().map(|end| Deposit {
                owner: Owner { tenant: end.tenant, mailbox: end.mailbox },
                destination: Destination::Inbox,
                flags: Flags::default(),
                internal_date: None,
                quota: end.quota,
                prefix: Bytes::from(format!("Return-Path: <{from}>\r\nDelivered-To: {to}\r\n")),
            });
            let forwards = ends.forwards.iter().map(|(_, address)| elsewhere(address.clone()));
            Some((deposits.collect(), forwards.collect()))
        }
        Resolution::Unknown
        | Resolution::Disabled
        | Resolution::Ended
        | Resolution::Resource
        | Resolution::Internal
        | Resolution::Loop => None,
    }
}
