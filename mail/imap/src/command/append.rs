//! APPEND (RFC 9051 section 6.3.12).

use bytes::Bytes;
use message::{HEADER_OCTETS_MAX, split_header};
use store::{Acceptance, Deposit, Destination, FolderRefusal, StoreError, StoreRefusal};

use crate::answer::{Done, Failure, Outcome};
use crate::grammar;
use crate::session::Session;

pub(crate) async fn run(session: &mut Session<'_>, arguments: grammar::Append) -> Outcome {
    let place = session.place(&arguments.to.folder()?)?.written()?;
    let (owner, store) = (place.owner, &session.server.store);
    let folder = match store.folder(owner, &place.folder).await {
        Ok(folder) => folder,
        Err(StoreError::Refused(StoreRefusal::Folder(FolderRefusal::Missing))) => {
            return Err(Failure::coded("TRYCREATE", "There is no such folder"));
        }
        Err(error) => return Err(error.into()),
    };
    let mut messages = arguments.messages.into_iter();
    let (Some(message), None) = (messages.next(), messages.next()) else {
        return Err(Failure::Bad("One message at a time"));
    };
    if message.octets.is_empty() {
        // RFC 9051 section 6.3.12: an empty literal gives the APPEND up.
        return Err(Failure::no("An empty message is not stored"));
    }
    if !has_short_header(&message.octets) {
        session.counters.message_refused("refused");
        return Err(Failure::coded("TOOBIG", "The header of the message is longer than 512 KiB"));
    }
    let acceptance = Acceptance {
        message: message.octets,
        deposits: vec![Deposit {
            owner,
            destination: Destination::Folder(folder.id),
            flags: message.flags,
            internal_date: message.internal_date,
            quota: place.quota,
            prefix: Bytes::new(),
        }],
        queued: Vec::new(),
        sender: None,
        tenant: owner.tenant,
        dsn: (None, None),
        queueing: store::Queueing::default(),
    };
    let size = acceptance.message.len();
    let accepted = store.accept(acceptance).await?;
    match accepted.deposits.into_iter().next() {
        Some(Ok(copied)) => {
            session.counters.message_taken(size);
            let code = format!("APPENDUID {} {}", copied.uid_validity, copied.uid.0);
            Ok(Done::coded(code, "The message is stored"))
        }
        Some(Err(refusal)) => {
            session.counters.message_refused("refused");
            Err(StoreError::Refused(refusal).into())
        }
        None => Err(Failure::no("The message was not stored")),
    }
}

/// Whether the header is as short as that of mail that arrives must be.
fn has_short_header(message: &[u8]) -> bool {
    // What is behind need not be looked at: a message without an empty line is all header.
    let beginning = &message[..message.len().min(HEADER_OCTETS_MAX + 2)];
    split_header(beginning).0 <= HEADER_OCTETS_MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_beyond_the_limit_is_not_stored() {
        let line = "X: y\r\n";
        let at_limit = line.repeat(HEADER_OCTETS_MAX / line.len());
        let body = "x".repeat(HEADER_OCTETS_MAX);
        for (message, is_short) in [
            (format!("{at_limit}\r\n{body}"), true),
            (format!("{at_limit}{line}\r\n{body}"), false),
            (body.clone(), true),
            (format!("{body}x"), false),
            (String::new(), true),
        ] {
            assert_eq!(has_short_header(message.as_bytes()), is_short, "{}", message.len());
        }
    }
}
