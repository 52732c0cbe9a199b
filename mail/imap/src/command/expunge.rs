//! EXPUNGE and UID EXPUNGE (RFC 9051 sections 6.4.3 and 6.4.9).

use store::{ExpungeScope, MessageSet};

use crate::answer::{Done, Failure, Outcome};
use crate::grammar::{Addressing, Set};
use crate::session::Session;

pub(crate) async fn expunge(session: &mut Session<'_>, (): ()) -> Outcome {
    remove(session, MessageSet::All).await
}

pub(crate) async fn uid_expunge(session: &mut Session<'_>, set: Set) -> Outcome {
    let selected = session.selected()?;
    let positions = selected.positions(&set, Addressing::Uid)?;
    let uids = selected.uids(&positions);
    remove(session, MessageSet::Uids(uids)).await
}

async fn remove(session: &mut Session<'_>, set: MessageSet) -> Outcome {
    let selected = session.selected()?;
    if selected.is_read_only {
        return Err(Failure::coded("NOPERM", "The folder is open for reading only"));
    }
    session.server.store.expunge(selected.owner, selected.folder, ExpungeScope::Deleted(set)).await?;
    session.refresh().await?;
    if !session.enabled.condstore {
        return Ok(Done::new("Removed"));
    }
    let modseq = session.selected()?.view.snapshot().highest_modseq();
    Ok(Done::coded(format!("HIGHESTMODSEQ {}", modseq.0), "Removed"))
}
