//! CREATE (RFC 9051 section 6.3.4, RFC 6154 section 3).

use crate::answer::{Done, Failure, Outcome};
use crate::grammar;
use crate::session::Session;

pub(crate) async fn run(session: &mut Session<'_>, arguments: grammar::Create) -> Outcome {
    let name = arguments.name.without_trailing_delimiter().folder()?;
    let special_use = match arguments.special_use {
        Some(Err(_)) => return Err(Failure::coded("USEATTR", "This use is not known here")),
        Some(Ok(special_use)) => Some(special_use),
        None => None,
    };
    let place = session.place(&name)?.managed()?;
    let id = session.server.store.create_folder(place.owner, &place.folder, special_use).await?;
    Ok(Done::coded(format!("MAILBOXID (F{})", id.0), "The folder is made"))
}
