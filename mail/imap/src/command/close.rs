//! CLOSE and UNSELECT (RFC 9051 sections 6.4.1 and 6.4.2).

use store::{ExpungeScope, MessageSet};

use crate::answer::{Done, Outcome};
use crate::session::Session;

pub(crate) async fn close(session: &mut Session<'_>, (): ()) -> Outcome {
    let selected = session.selected()?;
    if !selected.is_read_only {
        let scope = ExpungeScope::Deleted(MessageSet::All);
        session.server.store.expunge(selected.owner, selected.folder, scope).await?;
    }
    session.selected = None;
    Ok(Done::new("The folder is closed"))
}

pub(crate) async fn unselect(session: &mut Session<'_>, (): ()) -> Outcome {
    session.selected = None;
    Ok(Done::new("The folder is closed"))
}
