//! MOVE (RFC 6851, RFC 9051 section 6.4.8).

use store::{ExpungeScope, MessageSet};

use super::copy::{copy_uid, target};
use crate::answer::{Done, Failure, Outcome};
use crate::grammar::Copying;
use crate::session::Session;

pub(crate) async fn run(session: &mut Session<'_>, arguments: Copying) -> Outcome {
    let (place, target) = target(session, &arguments.to).await?;
    let selected = session.selected()?;
    if selected.is_read_only {
        return Err(Failure::coded("NOPERM", "The folder is open for reading only"));
    }
    let positions = selected.positions(&arguments.set, arguments.addressing)?;
    let uids = selected.uids(&positions);
    if uids.is_empty() {
        return Ok(Done::new("Nothing to move"));
    }
    let (owner, folder, store) = (selected.owner, selected.folder, &session.server.store);
    let moved = if place.owner == owner {
        store.move_messages(owner, folder, MessageSet::Uids(uids), target.id).await?
    } else {
        let scope = ExpungeScope::Regardless(MessageSet::Uids(uids));
        if store.retained(owner, folder, scope).await? > 0 {
            return Err(Failure::coded("CANNOT", "This mailbox keeps these messages for a time"));
        }
        // First there, then gone: between the two a crash leaves it in both.
        let copied = super::across::copy(session, &selected.rows(&positions), &place, &target).await?;
        let gone = copied.iter().map(|copied| copied.from).collect();
        store.expunge(owner, folder, ExpungeScope::Regardless(MessageSet::Uids(gone))).await?;
        copied
    };
    // COPYUID comes before the messages are told gone (RFC 6851 section 4.3).
    if let Some(code) = copy_uid(&moved) {
        session.wire.write(format!("* OK [{code}] Moved\r\n").as_bytes()).await?;
    }
    session.refresh().await?;
    Ok(Done::new("Moved"))
}
