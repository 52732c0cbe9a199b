//! RENAME (RFC 9051 section 6.3.6).

use crate::answer::{Done, Failure, Outcome};
use crate::grammar;
use crate::session::Session;

pub(crate) async fn run(session: &mut Session<'_>, arguments: grammar::Renaming) -> Outcome {
    let (from, to) = (arguments.from.folder()?, arguments.to.without_trailing_delimiter().folder()?);
    let (source, target) = (session.place(&from)?.managed()?, session.place(&to)?.managed()?);
    if source.owner != target.owner {
        return Err(Failure::coded("CANNOT", "A folder stays in its mailbox"));
    }
    session.server.store.rename_folder(source.owner, &source.folder, &target.folder).await?;
    let is_inbox = source.folder.is_inbox();
    if let Some(selected) = session.selected.as_mut().filter(|selected| selected.name == from && !is_inbox) {
        selected.name = to;
    }
    Ok(Done::new("The folder is renamed"))
}
