//! SUBSCRIBE and UNSUBSCRIBE (RFC 9051 sections 6.3.7 and 6.3.8).

use crate::answer::{Done, Outcome};
use crate::grammar;
use crate::session::Session;

pub(crate) async fn subscribe(session: &mut Session<'_>, grammar::Naming(name): grammar::Naming) -> Outcome {
    session.server.store.subscribe(session.owner()?, &name.folder()?, true).await?;
    Ok(Done::new("Subscribed"))
}

pub(crate) async fn unsubscribe(
    session: &mut Session<'_>,
    grammar::Naming(name): grammar::Naming,
) -> Outcome {
    session.server.store.subscribe(session.owner()?, &name.folder()?, false).await?;
    Ok(Done::new("Unsubscribed"))
}
