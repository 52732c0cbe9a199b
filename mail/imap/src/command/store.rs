//! STORE (RFC 9051 section 6.4.6, RFC 7162 section 3.1.3).

use store::{MessageSet, Modseq};

use crate::answer::{Done, Failure, Outcome};
use crate::grammar::{Addressing, Loudness, Storing};
use crate::print::{flags_response, number_set, uid_set};
use crate::selected::hand_on;
use crate::session::Session;

pub(crate) async fn run(session: &mut Session<'_>, arguments: Storing) -> Outcome {
    session.enabled.condstore |= arguments.unchanged_since.is_some();
    let selected = session.selected()?;
    if selected.is_read_only {
        return Err(Failure::coded("NOPERM", "The folder is open for reading only"));
    }
    let positions = selected.positions(&arguments.set, arguments.addressing)?;
    let uids = selected.uids(&positions);
    if uids.is_empty() {
        return Ok(Done::new("Nothing to change"));
    }
    let since = arguments.unchanged_since.map(Modseq);
    let (owner, folder) = (selected.owner, selected.folder);
    let set = MessageSet::Uids(uids.clone());
    let outcome = session.server.store.change_flags(owner, folder, set, arguments.change, since).await?;
    let mut form = session.flag_form();
    form.with_uid |= arguments.addressing == Addressing::Uid;
    let is_conditional = arguments.unchanged_since.is_some();
    let Some(selected) = &mut session.selected else { return Ok(Done::new("Changed")) };
    let mut out = Vec::new();
    for row in &outcome.rows {
        // A silent client that uses MODSEQs is told them all the same (RFC 7162 section 3.1.3).
        if arguments.loudness == Loudness::Silent && !(is_conditional || form.with_modseq) {
            continue;
        }
        if let Some(position) = selected.known.position(row.uid) {
            flags_response(&mut out, position, row, form);
        }
        hand_on(&mut session.wire, &mut out).await?;
    }
    selected.told(&outcome.rows);
    let modified: Vec<u32> =
        outcome.modified.iter().filter_map(|uid| selected.known.position(*uid)).map(|at| at + 1).collect();
    session.wire.write(&out).await?;
    if outcome.modified.is_empty() {
        return Ok(Done::new("Changed"));
    }
    let mut code = b"MODIFIED ".to_vec();
    match arguments.addressing {
        Addressing::Uid => uid_set(&mut code, &outcome.modified),
        Addressing::Sequence => number_set(&mut code, modified),
    }
    Ok(Done::coded(String::from_utf8_lossy(&code).into_owned(), "Changed but for these"))
}
