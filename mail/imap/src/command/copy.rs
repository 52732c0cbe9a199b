//! COPY (RFC 9051 section 6.4.7).

use store::{Copied, Folder, FolderRefusal, MessageSet, StoreError, StoreRefusal};

use crate::answer::{Done, Failure, Outcome};
use crate::grammar::{Copying, FolderText};
use crate::place::Place;
use crate::print::uid_set;
use crate::session::Session;

pub(crate) async fn run(session: &mut Session<'_>, arguments: Copying) -> Outcome {
    let (place, target) = target(session, &arguments.to).await?;
    let selected = session.selected()?;
    let positions = selected.positions(&arguments.set, arguments.addressing)?;
    let uids = selected.uids(&positions);
    if uids.is_empty() {
        return Ok(Done::new("Nothing to copy"));
    }
    let (owner, set) = (selected.owner, MessageSet::Uids(uids));
    let copied = if place.owner == owner {
        session.server.store.copy(owner, selected.folder, set, target.id, place.quota).await?
    } else {
        super::across::copy(session, &selected.rows(&positions), &place, &target).await?
    };
    Ok(copy_uid(&copied).map_or(Done::new("Nothing to copy"), |code| Done::coded(code, "Copied")))
}

/// Where to; a folder that is not there may be made (RFC 9051 section 6.4.7).
pub(crate) async fn target(session: &Session<'_>, name: &FolderText) -> Result<(Place, Folder), Failure> {
    let place = session.place(&name.folder()?)?.written()?;
    match session.server.store.folder(place.owner, &place.folder).await {
        Err(StoreError::Refused(StoreRefusal::Folder(FolderRefusal::Missing))) => {
            Err(Failure::coded("TRYCREATE", "There is no such folder"))
        }
        outcome => Ok((place, outcome?)),
    }
}

/// COPYUID (RFC 4315 section 3); none where nothing was copied.
pub(crate) fn copy_uid(copied: &[Copied]) -> Option<String> {
    let first = copied.first()?;
    let mut code = format!("COPYUID {} ", first.uid_validity).into_bytes();
    let (from, to): (Vec<_>, Vec<_>) = copied.iter().map(|copied| (copied.from, copied.uid)).unzip();
    uid_set(&mut code, &from);
    code.push(b' ');
    uid_set(&mut code, &to);
    Some(String::from_utf8_lossy(&code).into_owned())
}
