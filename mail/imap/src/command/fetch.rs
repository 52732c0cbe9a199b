//! FETCH (RFC 9051 section 6.4.5).

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::Write as _;
use std::sync::Arc;

use bytes::Bytes;
use message::Summary;
use store::{FlagChange, Flags, MessageId, MessageRow, MessageSet, Modseq, Owner, SystemFlag, Uid};

use crate::answer::{Done, Failure, Outcome};
use crate::envelope::envelope;
use crate::grammar::{Fetch, Form, Item, MarksSeen, SectionText, covers, print_date_time, print_flags};
use crate::limits::{
    INLINE_OCTETS_MAX, PIECE_OCTETS, READ_AHEAD_COUNT, READ_AHEAD_OCTETS, SUMMARY_BATCH_COUNT,
};
use crate::print::{string, uid_set};
use crate::section::{part, pick_fields, range};
use crate::selected::hand_on;
use crate::session::Session;
use crate::structure::{Detail, structure};

/// What one message needs that is not in its row.
struct Source {
    owner: Owner,
    row: MessageRow,
    summary: Option<Arc<Summary>>,
    /// The whole message, where it was read ahead.
    whole: Option<Bytes>,
}

pub(crate) async fn run(session: &mut Session<'_>, arguments: Fetch) -> Outcome {
    if arguments.wants_vanished && (!session.enabled.qresync || arguments.changed_since.is_none()) {
        return Err(Failure::Bad("VANISHED needs QRESYNC and CHANGEDSINCE"));
    }
    session.enabled.condstore |= arguments.changed_since.is_some() || arguments.items.contains(&Item::Modseq);
    let selected = session.selected()?;
    let mut positions = selected.positions(&arguments.set, arguments.addressing)?;
    if arguments.wants_vanished {
        tell_vanished(session, &arguments).await?;
    }
    let selected = session.selected()?;
    if let Some(since) = arguments.changed_since {
        positions.retain(|at| selected.known.row(*at).is_some_and(|row| row.modseq > Modseq(since)));
    }
    let seen = mark_seen(session, &arguments, &positions).await?;
    let owner = session.selected()?.owner;
    let needs_summary = arguments.items.iter().any(needs_summary);
    let reads_whole = arguments.items.iter().any(reads_whole);
    for batch in positions.chunks(SUMMARY_BATCH_COUNT) {
        tokio::task::yield_now().await;
        let known = Arc::clone(&session.selected()?.known);
        let rows: Vec<(u32, MessageRow)> =
            batch.iter().filter_map(|at| known.row(*at).map(|row| (*at, row.clone()))).collect();
        let mut summaries: HashMap<MessageId, Arc<Summary>> = HashMap::new();
        if needs_summary {
            let ids: Vec<MessageId> = rows.iter().map(|(_, row)| row.message).collect();
            summaries.extend(session.server.store.summaries(owner, &ids).await?);
        }
        let mut ahead: HashMap<MessageId, Bytes> = HashMap::new();
        for index in 0..rows.len() {
            let (position, row) = rows[index].clone();
            let summary = summaries.get(&row.message).cloned();
            if needs_summary && summary.is_none() {
                // It is gone since the client last knew: that is told with the next command.
                continue;
            }
            // What is read ahead is little, and nobody has to ask for it.
            let octets = needed_octets(&arguments.items, &row, summary.as_deref());
            let _held =
                if octets > READ_AHEAD_OCTETS { Some(session.hold_for_reading(octets)?) } else { None };
            if reads_whole && !ahead.contains_key(&row.message) {
                let messages = together(&rows[index..]);
                ahead = session.server.store.bodies(owner, &messages).await?.into_iter().collect();
            }
            let shows_flags = seen.binary_search(&row.uid).is_ok() && !arguments.items.contains(&Item::Flags);
            let whole = ahead.remove(&row.message);
            let source = Source { owner, row, summary, whole };
            one(session, &arguments, position, &source, shows_flags).await?;
        }
    }
    Ok(Done::new("That is all"))
}

fn needs_summary(item: &Item) -> bool {
    match item {
        Item::Envelope
        | Item::Body
        | Item::BodyStructure
        | Item::Preview
        | Item::ThreadId
        | Item::Section { .. }
        | Item::Binary { .. }
        | Item::BinarySize { .. } => true,
        Item::Uid
        | Item::Flags
        | Item::InternalDate
        | Item::Size
        | Item::Modseq
        | Item::EmailId
        | Item::SaveDate => false,
    }
}

/// Octets of a message that are held until its client has read them.
fn needed_octets(items: &[Item], row: &MessageRow, summary: Option<&Summary>) -> u64 {
    let Some(summary) = summary else { return 0 };
    let of_part = |path: &[u32]| part(summary, path).map_or(0, |part| part.body_end - part.body_start);
    let of_item = |item: &Item| match item {
        Item::Section { section, partial, .. } => {
            let length = range(summary, row.size, section).map_or(0, |range| range.end - range.start);
            let picks =
                matches!(section.text, SectionText::HeaderFields(_) | SectionText::HeaderFieldsNot(_));
            u64::from(partial.filter(|_| !picks).map_or(length, |(_, count)| count.min(length)))
        }
        Item::Binary { path, .. } | Item::BinarySize { path } if path.is_empty() => u64::from(row.size),
        Item::Binary { path, .. } | Item::BinarySize { path } => u64::from(of_part(path)),
        _ => 0,
    };
    items.iter().map(of_item).max().unwrap_or_default()
}

/// Whether an item is the message with all its octets.
fn reads_whole(item: &Item) -> bool {
    matches!(
        item,
        Item::Section { section, partial: None, .. }
            if section.path.is_empty() && section.text == SectionText::Whole
    )
}

/// The first messages that are read at once; at least one.
fn together(rows: &[(u32, MessageRow)]) -> Vec<MessageId> {
    let mut octets = 0;
    rows.iter()
        .take(READ_AHEAD_COUNT)
        .take_while(|(_, row)| {
            let is_first = octets == 0;
            octets += u64::from(row.size);
            is_first || octets <= READ_AHEAD_OCTETS
        })
        .map(|(_, row)| row.message)
        .collect()
}

/// Which messages of the asked ones are gone since (RFC 7162 section 3.2.6).
async fn tell_vanished(session: &mut Session<'_>, arguments: &Fetch) -> Result<(), Failure> {
    let selected = session.selected()?;
    let since = Modseq(arguments.changed_since.unwrap_or_default());
    let change = session.server.store.changes(selected.owner, selected.folder, since).await?;
    let last = selected.known.last_uid().map_or(0, |uid| uid.0);
    let wanted = arguments.set.resolved(last);
    let gone: Vec<Uid> = change
        .vanished
        .into_iter()
        .filter(|uid| covers(&wanted, uid.0))
        .filter(|uid| selected.known.find(*uid).is_none())
        .collect();
    if !gone.is_empty() {
        let mut out = b"* VANISHED (EARLIER) ".to_vec();
        uid_set(&mut out, &gone);
        out.extend_from_slice(b"\r\n");
        session.wire.write(&out).await?;
    }
    Ok(())
}

/// Sets `\Seen` where a body is read without PEEK; the UIDs that were not so before, ascending.
async fn mark_seen(
    session: &mut Session<'_>,
    arguments: &Fetch,
    positions: &[u32],
) -> Result<Vec<Uid>, Failure> {
    let marks = arguments.items.iter().any(|item| {
        matches!(item, Item::Section { seen: MarksSeen::Yes, .. } | Item::Binary { seen: MarksSeen::Yes, .. })
    });
    let selected = session.selected()?;
    if !marks || selected.is_read_only {
        return Ok(Vec::new());
    }
    let unseen: Vec<Uid> = positions
        .iter()
        .filter_map(|at| selected.known.row(*at))
        .filter(|row| !row.flags.has(SystemFlag::Seen))
        .map(|row| row.uid)
        .collect();
    if unseen.is_empty() {
        return Ok(unseen);
    }
    let (owner, folder) = (selected.owner, selected.folder);
    let change = FlagChange::Add(Flags::NONE.with(SystemFlag::Seen));
    let set = MessageSet::Uids(unseen.clone());
    let outcome = session.server.store.change_flags(owner, folder, set, change, None).await?;
    if let Some(selected) = &mut session.selected {
        selected.told(&outcome.rows);
    }
    Ok(unseen)
}

/// The response for one message.
async fn one(
    session: &mut Session<'_>,
    arguments: &Fetch,
    position: u32,
    source: &Source,
    shows_flags: bool,
) -> Result<(), Failure> {
    let mut out = Vec::new();
    // Writing to memory does not fail.
    let _ = write!(out, "* {} FETCH (", position + 1);
    let mut is_first = true;
    let flags = shows_flags.then_some(Item::Flags);
    for item in arguments.items.iter().chain(flags.as_ref()) {
        if !std::mem::take(&mut is_first) {
            out.push(b' ');
        }
        value(session, &mut out, item, source).await?;
        hand_on(&mut session.wire, &mut out).await?;
    }
    let has_modseq = arguments.items.contains(&Item::Modseq);
    if shows_flags && session.enabled.condstore && !has_modseq {
        let _ = write!(out, " MODSEQ ({})", source.row.modseq.0);
    }
    if session.enabled.qresync && !arguments.items.contains(&Item::Uid) {
        let _ = write!(out, " UID {}", source.row.uid.0);
    }
    out.extend_from_slice(b")\r\n");
    session.wire.write(&out).await?;
    Ok(())
}

async fn value(
    session: &mut Session<'_>,
    out: &mut Vec<u8>,
    item: &Item,
    source: &Source,
) -> Result<(), Failure> {
    let row = &source.row;
    // Writing to memory does not fail.
    let _ = match item {
        Item::Uid => write!(out, "UID {}", row.uid.0),
        Item::Flags => {
            out.extend_from_slice(b"FLAGS (");
            print_flags(&row.flags, out);
            write!(out, ")")
        }
        Item::InternalDate => {
            out.extend_from_slice(b"INTERNALDATE \"");
            print_date_time(row.internal_date, out);
            write!(out, "\"")
        }
        Item::SaveDate => {
            out.extend_from_slice(b"SAVEDATE \"");
            print_date_time(row.saved_at, out);
            write!(out, "\"")
        }
        Item::Size => write!(out, "RFC822.SIZE {}", row.size),
        Item::Modseq => write!(out, "MODSEQ ({})", row.modseq.0),
        Item::EmailId => write!(out, "EMAILID (M{})", row.message.0),
        // Threads are not kept: NIL says so (RFC 8474 section 5.2).
        Item::ThreadId => write!(out, "THREADID NIL"),
        Item::Envelope
        | Item::Body
        | Item::BodyStructure
        | Item::Preview
        | Item::Section { .. }
        | Item::Binary { .. }
        | Item::BinarySize { .. } => {
            if let Some(summary) = &source.summary {
                derived(session, out, item, source, summary).await?;
            }
            Ok(())
        }
    };
    Ok(())
}

async fn derived(
    session: &mut Session<'_>,
    out: &mut Vec<u8>,
    item: &Item,
    source: &Source,
    summary: &Summary,
) -> Result<(), Failure> {
    match item {
        Item::Envelope => {
            out.extend_from_slice(b"ENVELOPE ");
            envelope(out, &summary.envelope);
        }
        Item::Body => {
            out.extend_from_slice(b"BODY ");
            structure(out, &summary.structure, Detail::Basic);
        }
        Item::BodyStructure => {
            out.extend_from_slice(b"BODYSTRUCTURE ");
            structure(out, &summary.structure, Detail::Extended);
        }
        Item::Preview => {
            out.extend_from_slice(b"PREVIEW ");
            string(out, &summary.preview);
        }
        Item::Section { section, partial, form, .. } => {
            label(out, item, *form);
            let octets = match range(summary, source.row.size, section) {
                None => None,
                Some(range) => match &section.text {
                    SectionText::HeaderFields(_) | SectionText::HeaderFieldsNot(_) => {
                        let (header, text) = (read(session, source, range).await?, section.text.clone());
                        let picked = apart(header.len(), move || pick_fields(&header, &text)).await?;
                        Some(cut(Bytes::from(picked), *partial))
                    }
                    SectionText::Whole | SectionText::Header | SectionText::Text | SectionText::Mime => {
                        let range = match partial {
                            Some((start, count)) => {
                                let from = range.start.saturating_add(*start).min(range.end);
                                from..from.saturating_add(*count).min(range.end)
                            }
                            None => range,
                        };
                        Some(read(session, source, range).await?)
                    }
                },
            };
            match octets {
                Some(octets) => literal(session, out, &octets).await?,
                None => out.extend_from_slice(b"NIL"),
            }
        }
        Item::Binary { path, partial, .. } => {
            label(out, item, Form::Body);
            match decoded(session, source, summary, path).await? {
                Some(octets) => {
                    let octets = cut(octets, *partial);
                    // NUL stands in a literal8 only (RFC 3516 section 4.2).
                    if octets.contains(&0) {
                        out.push(b'~');
                    }
                    literal(session, out, &octets).await?;
                }
                None => out.extend_from_slice(b"NIL"),
            }
        }
        Item::BinarySize { path } => {
            label(out, item, Form::Body);
            let octets = decoded(session, source, summary, path).await?;
            // Writing to memory does not fail.
            let _ = write!(out, "{}", octets.map_or(0, |octets| octets.len()));
        }
        Item::Uid
        | Item::Flags
        | Item::InternalDate
        | Item::Size
        | Item::Modseq
        | Item::EmailId
        | Item::ThreadId
        | Item::SaveDate => {}
    }
    Ok(())
}

/// A literal, in pieces: what is long is not held once more for each buffer on its way.
async fn literal(session: &mut Session<'_>, out: &mut Vec<u8>, octets: &[u8]) -> Result<(), Failure> {
    // Writing to memory does not fail.
    let _ = write!(out, "{{{}}}\r\n", octets.len());
    for piece in octets.chunks(PIECE_OCTETS) {
        out.extend_from_slice(piece);
        hand_on(&mut session.wire, out).await?;
    }
    Ok(())
}

/// Does what takes its time with many octets; with more than a few on a thread of its own.
async fn apart<T: Send + 'static>(
    length: usize,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Failure> {
    if length <= INLINE_OCTETS_MAX {
        return Ok(work());
    }
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|_| Failure::coded("SERVERBUG", "The message could not be taken apart"))
}

async fn read(session: &Session<'_>, source: &Source, range: std::ops::Range<u32>) -> Result<Bytes, Failure> {
    if let Some(whole) = &source.whole {
        return Ok(cut(whole.clone(), Some((range.start, range.end - range.start))));
    }
    // All of it is asked for as such: the store need not count.
    let range = if range == (0..source.row.size) { 0..u32::MAX } else { range };
    let octets = session.server.store.body(source.owner, source.row.message, range).await?;
    // Gone in this very moment: empty, and told gone with the next command.
    Ok(octets.unwrap_or_default())
}

fn cut(octets: Bytes, partial: Option<(u32, u32)>) -> Bytes {
    let Some((start, count)) = partial else { return octets };
    let start = usize::try_from(start).unwrap_or(usize::MAX).min(octets.len());
    let end = start.saturating_add(usize::try_from(count).unwrap_or(usize::MAX)).min(octets.len());
    octets.slice(start..end)
}

/// A part with its transfer encoding taken off; none where there is no such part.
async fn decoded(
    session: &Session<'_>,
    source: &Source,
    summary: &Summary,
    path: &[u32],
) -> Result<Option<Bytes>, Failure> {
    let size = source.row.size;
    if path.is_empty() {
        return read(session, source, 0..size).await.map(Some);
    }
    let Some(part) = part(summary, path) else { return Ok(None) };
    let octets = read(session, source, part.body_start..part.body_end).await?;
    let length = octets.len();
    let encoding = part.encoding.clone();
    let decode = move || {
        message::decode_transfer(&octets, &encoding).map(|decoded| match decoded {
            Cow::Borrowed(_) => octets.clone(),
            Cow::Owned(decoded) => Bytes::from(decoded),
        })
    };
    match apart(length, decode).await? {
        Some(decoded) => Ok(Some(decoded)),
        None => Err(Failure::coded("UNKNOWN-CTE", "The part's transfer encoding is not known")),
    }
}

/// How the answer names what was asked, with a space behind.
fn label(out: &mut Vec<u8>, item: &Item, form: Form) {
    let path = |out: &mut Vec<u8>, path: &[u32]| {
        let text: Vec<String> = path.iter().map(u32::to_string).collect();
        out.extend_from_slice(text.join(".").as_bytes());
    };
    let mut origin = None;
    match item {
        Item::Section { section, .. } if form == Form::Rfc822 => {
            out.extend_from_slice(match section.text {
                SectionText::Header => b"RFC822.HEADER",
                SectionText::Text => b"RFC822.TEXT",
                SectionText::Whole
                | SectionText::HeaderFields(_)
                | SectionText::HeaderFieldsNot(_)
                | SectionText::Mime => b"RFC822",
            });
        }
        Item::Section { section, partial, .. } => {
            out.extend_from_slice(b"BODY[");
            path(out, &section.path);
            let (word, names): (&str, &[String]) = match &section.text {
                SectionText::Whole => ("", &[]),
                SectionText::Header => ("HEADER", &[]),
                SectionText::Text => ("TEXT", &[]),
                SectionText::Mime => ("MIME", &[]),
                SectionText::HeaderFields(names) => ("HEADER.FIELDS", names),
                SectionText::HeaderFieldsNot(names) => ("HEADER.FIELDS.NOT", names),
            };
            if !word.is_empty() && !section.path.is_empty() {
                out.push(b'.');
            }
            out.extend_from_slice(word.as_bytes());
            if !names.is_empty() {
                out.extend_from_slice(b" (");
                for (index, name) in names.iter().enumerate() {
                    if index > 0 {
                        out.push(b' ');
                    }
                    string_or_atom(out, name);
                }
                out.push(b')');
            }
            out.push(b']');
            origin = partial.map(|(start, _)| start);
        }
        Item::Binary { path: numbers, partial, .. } => {
            out.extend_from_slice(b"BINARY[");
            path(out, numbers);
            out.push(b']');
            origin = partial.map(|(start, _)| start);
        }
        Item::BinarySize { path: numbers } => {
            out.extend_from_slice(b"BINARY.SIZE[");
            path(out, numbers);
            out.push(b']');
        }
        _ => {}
    }
    if let Some(origin) = origin {
        // Writing to memory does not fail.
        let _ = write!(out, "<{origin}>");
    }
    out.push(b' ');
}

/// Names of fields as atoms, as clients expect to see them again.
fn string_or_atom(out: &mut Vec<u8>, name: &str) {
    if name.bytes().all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_')) {
        out.extend_from_slice(name.as_bytes());
    } else {
        string(out, name);
    }
}
