//! SELECT and EXAMINE (RFC 9051 sections 6.3.2 and 6.3.3, RFC 7162 section 3.2.5).

use std::fmt::Write as _;
use std::sync::Arc;

use store::{Folder, Modseq, Snapshot, SystemFlag, Uid};

use crate::answer::{Done, Failure, Outcome};
use crate::grammar::{self, Resync, covers, encode_name};
use crate::print::{FlagForm, flags_response, folder_name, uid_set};
use crate::selected::{Selected, hand_on, keywords};
use crate::session::Session;

pub(crate) async fn select(session: &mut Session<'_>, arguments: grammar::Select) -> Outcome {
    open(session, arguments, false).await
}

pub(crate) async fn examine(session: &mut Session<'_>, arguments: grammar::Select) -> Outcome {
    open(session, arguments, true).await
}

async fn open(session: &mut Session<'_>, arguments: grammar::Select, is_read_only: bool) -> Outcome {
    if session.selected.take().is_some() {
        session.wire.write(b"* OK [CLOSED] The folder before is closed\r\n").await?;
    }
    if arguments.resync.is_some() && !session.enabled.qresync {
        return Err(Failure::Bad("ENABLE QRESYNC first"));
    }
    session.enabled.condstore |= arguments.wants_condstore;
    let name = arguments.name.folder()?;
    let place = session.place(&name)?;
    let is_read_only = is_read_only || !place.rights.writes;
    let mut folder = session.server.store.folder(place.owner, &place.folder).await?;
    let view = session.server.views.open(place.owner, &folder).await?;
    folder.name = name;
    let known = view.latest().await?;
    describe(session, &folder, &known, is_read_only).await?;
    session.selected = Some(Selected {
        owner: place.owner,
        folder: folder.id,
        name: folder.name.clone(),
        view,
        known,
        is_read_only,
        saved: Vec::new(),
    });
    if let Some(resync) = arguments.resync.filter(|resync| resync.uid_validity == folder.uid_validity) {
        resynchronise(session, &folder, &resync).await?;
    }
    let code = if is_read_only { "READ-ONLY" } else { "READ-WRITE" };
    Ok(Done::coded(code.to_owned(), "The folder is open"))
}

async fn describe(
    session: &mut Session<'_>,
    folder: &Folder,
    known: &Snapshot,
    is_read_only: bool,
) -> Result<(), Failure> {
    let mut flags: Vec<String> = SystemFlag::ALL.into_iter().map(|flag| flag.name().to_owned()).collect();
    flags.extend(keywords(known));
    let flags = flags.join(" ");
    let mut text = format!("* FLAGS ({flags})\r\n* {} EXISTS\r\n", known.len());
    // Writing to memory does not fail.
    if !session.enabled.rev2 {
        text.push_str("* 0 RECENT\r\n");
        let first_unseen = (0..known.len())
            .find(|position| known.row(*position).is_some_and(|row| !row.flags.has(SystemFlag::Seen)));
        if let Some(position) = first_unseen {
            let _ = write!(text, "* OK [UNSEEN {}] The first unseen message\r\n", position + 1);
        }
    }
    let permanent = if is_read_only { String::new() } else { format!("{flags} \\*") };
    let _ = write!(text, "* OK [PERMANENTFLAGS ({permanent})] Flags that stay\r\n");
    let _ = write!(text, "* OK [UIDVALIDITY {}] UIDs are valid\r\n", folder.uid_validity);
    let uid_next = folder.uid_next.0.max(known.last_uid().map_or(1, |uid| uid.0.saturating_add(1)));
    let _ = write!(text, "* OK [UIDNEXT {uid_next}] The next UID\r\n");
    let _ = write!(text, "* OK [HIGHESTMODSEQ {}] The newest change\r\n", known.highest_modseq().0.max(1));
    let _ = write!(text, "* OK [MAILBOXID (F{})] The folder's id\r\n", folder.id.0);
    let mut out = text.into_bytes();
    if session.enabled.rev2 {
        out.extend_from_slice(b"* LIST () \"/\" ");
        folder_name(&mut out, &encode_name(folder.name.as_str(), session.names()));
        out.extend_from_slice(b"\r\n");
    }
    session.wire.write(&out).await?;
    Ok(())
}

/// What happened since the client was here (RFC 7162 section 3.2.5.2).
async fn resynchronise(session: &mut Session<'_>, folder: &Folder, resync: &Resync) -> Result<(), Failure> {
    let owner = session.selected()?.owner;
    let change = session.server.store.changes(owner, folder.id, Modseq(resync.modseq)).await?;
    let shown = Arc::clone(&session.selected()?.known);
    let last = shown.last_uid().map_or(0, |uid| uid.0.saturating_sub(1)).max(folder.uid_next.0);
    let known = resync.known.as_ref().map(|set| set.resolved(last));
    let is_known = |uid: Uid| known.as_ref().is_none_or(|ranges| covers(ranges, uid.0));
    let vanished: Vec<Uid> = change.vanished.into_iter().filter(|uid| is_known(*uid)).collect();
    let mut out = Vec::new();
    if !vanished.is_empty() {
        out.extend_from_slice(b"* VANISHED (EARLIER) ");
        uid_set(&mut out, &vanished);
        out.extend_from_slice(b"\r\n");
    }
    let form = FlagForm { with_uid: true, with_modseq: true };
    for row in change.changed.iter().filter(|row| is_known(row.uid)) {
        if let Some(position) = shown.position(row.uid) {
            flags_response(&mut out, position, row, form);
        }
        hand_on(&mut session.wire, &mut out).await?;
    }
    session.wire.write(&out).await?;
    Ok(())
}
