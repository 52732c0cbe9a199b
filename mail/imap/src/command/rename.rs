//! RENAME (RFC 9051 section 6.3.6).

use crate::answer::{Done, Outcome};
use crate::grammar;
use crate::session::Session;

pub(crate) async fn run(session: &mut Session<'_>, arguments: grammar::Renaming) -> Outcome {
    let (from, to) = (arguments.from.folder()?, arguments.to.without_trailing_delimiter().folder()?);
    session.server.store.rename_folder(session.owner()?, &from, &to).await?;
    if let Some(selected) =
        session.selected.as_mut().filter(|selected| selected.name == from && !from.is_inbox())
    {
        selected.name = to;
    }
    Ok(Done::new("The folder is renamed"))
}
