//! DELETE (RFC 9051 section 6.3.5).

use crate::answer::{Done, Outcome};
use crate::grammar;
use crate::session::Session;

pub(crate) async fn run(session: &mut Session<'_>, grammar::Naming(name): grammar::Naming) -> Outcome {
    let name = name.folder()?;
    let place = session.place(&name)?.managed()?;
    session.server.store.delete_folder(place.owner, &place.folder).await?;
    if session.selected.as_ref().is_some_and(|selected| selected.name == name) {
        session.selected = None;
    }
    Ok(Done::new("The folder is deleted"))
}
