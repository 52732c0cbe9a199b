//! STATUS (RFC 9051 section 6.3.11).

use std::io::Write as _;

use store::Folder;

use crate::answer::{Done, Outcome};
use crate::grammar::{self, StatusItem, encode_name};
use crate::print::folder_name;
use crate::session::Session;

pub(crate) async fn run(session: &mut Session<'_>, arguments: grammar::Status) -> Outcome {
    session.enabled.condstore |= arguments.items.contains(&StatusItem::HighestModseq);
    let name = arguments.name.folder()?;
    let place = session.place(&name)?;
    let mut folder = session.server.store.folder(place.owner, &place.folder).await?;
    folder.name = name;
    let mut out = Vec::new();
    status(session, &mut out, &folder, &arguments.items);
    session.wire.write(&out).await?;
    Ok(Done::new("That is all"))
}

/// A STATUS response; LIST gives it as well (RFC 5819).
pub(crate) fn status(session: &Session<'_>, out: &mut Vec<u8>, folder: &Folder, items: &[StatusItem]) {
    out.extend_from_slice(b"* STATUS ");
    folder_name(out, &encode_name(folder.name.as_str(), session.names()));
    out.extend_from_slice(b" (");
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push(b' ');
        }
        // Writing to memory does not fail.
        let _ = match item {
            StatusItem::Messages => write!(out, "MESSAGES {}", folder.message_count),
            StatusItem::Recent => write!(out, "RECENT 0"),
            StatusItem::UidNext => write!(out, "UIDNEXT {}", folder.uid_next.0),
            StatusItem::UidValidity => write!(out, "UIDVALIDITY {}", folder.uid_validity),
            StatusItem::Unseen => write!(out, "UNSEEN {}", folder.unseen_count),
            StatusItem::Deleted => write!(out, "DELETED {}", folder.deleted_count),
            StatusItem::Size => write!(out, "SIZE {}", folder.size.octets()),
            StatusItem::HighestModseq => write!(out, "HIGHESTMODSEQ {}", folder.highest_modseq.0.max(1)),
            StatusItem::MailboxId => write!(out, "MAILBOXID (F{})", folder.id.0),
            StatusItem::AppendLimit => {
                write!(out, "APPENDLIMIT {}", session.server.settings.message_size_max.octets())
            }

            StatusItem::DeletedStorage => write!(out, "DELETED-STORAGE {}", deleted_storage(folder)),
        };
    }
    out.extend_from_slice(b")\r\n");
}

/// An estimate by the mean size of the folder's messages (RFC 9208 section 4.1.4 allows one).
fn deleted_storage(folder: &Folder) -> u64 {
    let mean = folder.size.octets().checked_div(u64::from(folder.message_count)).unwrap_or_default();
    mean.saturating_mul(u64::from(folder.deleted_count))
}
