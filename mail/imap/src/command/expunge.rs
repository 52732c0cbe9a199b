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
    let scope = ExpungeScope::Deleted(set);
    let expunged = session.server.store.expunge(selected.owner, selected.folder, scope).await?;
    session.refresh().await?;
    let code = match session.enabled.condstore {
        true => Some(format!("HIGHESTMODSEQ {}", session.selected()?.view.snapshot().highest_modseq().0)),
        false => None,
    };
    let text = match expunged.retained_count {
        0 => "Removed".into(),
        count => format!("Removed, except {count} that this mailbox keeps for a time").into(),
    };
    Ok(Done { code, text, ..Done::new("") })
}
