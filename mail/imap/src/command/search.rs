//! SEARCH (RFC 9051 section 6.4.4).
//!
//! Each key answers yes, no, or "not from the row alone". Only for messages that are not decided by their rows the
//! summary is read, and only for fields that no summary holds the header.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::io::Write as _;
use std::sync::Arc;

use message::{AddressItem, Summary, decode_words};
use store::{MessageId, MessageRow, Snapshot, TextField, Uid};

use crate::answer::{Done, Failure, Outcome};
use crate::grammar::{
    Addressing, Charset, DateField, DateRelation, Day, Key, Returns, Search, TextPlace, covers,
};
use crate::limits::{ROW_COUNT_PER_TURN, SAVED_UID_COUNT_MAX, SUMMARY_BATCH_COUNT};
use crate::print::number_set;
use crate::selected::Selected;
use crate::session::Session;

/// Answers that hold for the whole folder, found before the messages are gone through: of each key where it lies in the
/// query, since what it looks like may be long.
struct Context {
    texts: HashMap<usize, Arc<HashSet<Uid>>>,
    /// Ranges of positions.
    sets: HashMap<usize, Vec<(u32, u32)>>,
    /// What is looked for, in lower case.
    needles: HashMap<usize, String>,
    now_secs: i64,
}

fn place_of(key: &Key) -> usize {
    std::ptr::from_ref(key).addr()
}

/// What is known of one message.
struct Candidate<'a> {
    position: u32,
    row: &'a MessageRow,
    summary: Option<&'a Summary>,
    header: Option<&'a [u8]>,
}

pub(crate) async fn run(session: &mut Session<'_>, arguments: Search) -> Outcome {
    if arguments.charset == Charset::Unknown {
        return Err(Failure::coded("BADCHARSET (UTF-8)", "Text is in UTF-8"));
    }
    let query = Key::And(arguments.keys.clone());
    let uses_modseq = mentions_modseq(&query);
    session.enabled.condstore |= uses_modseq;
    let context = prepare(session, &query).await?;
    let known = Arc::clone(&session.selected()?.known);
    let found = find(session, &known, &query, &context).await?;
    let modseq =
        found.iter().filter_map(|at| known.row(*at)).map(|row| row.modseq.0).max().filter(|_| uses_modseq);
    let returns = arguments.returns.or(session.enabled.rev2.then_some(Returns::ALL));
    let mut out = Vec::new();
    match returns {
        Some(returns) => {
            let results = numbers(&found, &known, arguments.addressing);
            extended(&mut out, &session.tag, (&results, arguments.addressing), returns, modseq);
            if returns.has(Returns::SAVE) {
                save(session, &found, returns)?;
            }
        }
        None => {
            out.extend_from_slice(b"* SEARCH");
            for number in numbers(&found, &known, arguments.addressing) {
                // Writing to memory does not fail.
                let _ = write!(out, " {number}");
            }
            if let Some(modseq) = modseq {
                let _ = write!(out, " (MODSEQ {modseq})");
            }
            out.extend_from_slice(b"\r\n");
        }
    }
    session.wire.write(&out).await?;
    Ok(Done::new("That is all"))
}

fn numbers(found: &[u32], known: &Snapshot, addressing: Addressing) -> Vec<u32> {
    match addressing {
        Addressing::Sequence => found.iter().map(|at| at + 1).collect(),
        Addressing::Uid => found.iter().filter_map(|at| known.row(*at)).map(|row| row.uid.0).collect(),
    }
}

/// ESEARCH (RFC 4731 section 3.1).
fn extended(
    out: &mut Vec<u8>,
    tag: &str,
    (results, addressing): (&[u32], Addressing),
    returns: Returns,
    modseq: Option<u64>,
) {
    let asks_something =
        [Returns::MIN, Returns::MAX, Returns::COUNT, Returns::ALL].iter().any(|it| returns.has(*it));
    if !asks_something {
        // SAVE alone is not answered (RFC 5182 section 2.1).
        return;
    }
    // Writing to memory does not fail.
    let _ = write!(out, "* ESEARCH (TAG \"{}\")", tag.replace('\\', "\\\\").replace('"', "\\\""));
    if addressing == Addressing::Uid {
        out.extend_from_slice(b" UID");
    }
    if let (Some(min), Some(max)) = (results.first(), results.last()) {
        if returns.has(Returns::MIN) {
            let _ = write!(out, " MIN {min}");
        }
        if returns.has(Returns::MAX) {
            let _ = write!(out, " MAX {max}");
        }
    }
    if returns.has(Returns::COUNT) {
        let _ = write!(out, " COUNT {}", results.len());
    }
    if returns.has(Returns::ALL) && !results.is_empty() {
        out.extend_from_slice(b" ALL ");
        number_set(out, results.iter().copied());
    }
    if let Some(modseq) = modseq {
        let _ = write!(out, " MODSEQ {modseq}");
    }
    out.extend_from_slice(b"\r\n");
}

/// `$`: everything, or only what MIN and MAX name (RFC 5182 section 2.4).
fn save(session: &mut Session<'_>, found: &[u32], returns: Returns) -> Result<(), Failure> {
    let Some(selected) = &mut session.selected else { return Ok(()) };
    if found.len() > SAVED_UID_COUNT_MAX {
        selected.saved.clear();
        return Err(Failure::coded("NOTSAVED", "That is more than can be saved"));
    }
    let is_some = returns.has(Returns::MIN) || returns.has(Returns::MAX);
    let is_all = returns.has(Returns::ALL) || returns.has(Returns::COUNT) || !is_some;
    let mut positions = found.to_vec();
    if !is_all {
        let (min, max) = (found.first().copied(), found.last().copied());
        positions = [min.filter(|_| returns.has(Returns::MIN)), max.filter(|_| returns.has(Returns::MAX))]
            .into_iter()
            .flatten()
            .collect();
        positions.dedup();
    }
    selected.saved = selected.uids(&positions);
    Ok(())
}

fn mentions_modseq(key: &Key) -> bool {
    match key {
        Key::Modseq(_) => true,
        Key::And(keys) => keys.iter().any(mentions_modseq),
        Key::Or(left, right) => mentions_modseq(left) || mentions_modseq(right),
        Key::Not(inner) => mentions_modseq(inner),
        _ => false,
    }
}

/// Every leaf of a key.
fn leaves<'a>(key: &'a Key, into: &mut Vec<&'a Key>) {
    match key {
        Key::And(keys) => keys.iter().for_each(|key| leaves(key, into)),
        Key::Or(left, right) => {
            leaves(left, into);
            leaves(right, into);
        }
        Key::Not(inner) => leaves(inner, into),
        leaf => into.push(leaf),
    }
}

async fn prepare(session: &Session<'_>, query: &Key) -> Result<Context, Failure> {
    let selected: &Selected = session.selected()?;
    let owner = session.selected()?.owner;
    let mut context = Context {
        texts: HashMap::new(),
        sets: HashMap::new(),
        needles: HashMap::new(),
        now_secs: (session.server.now)().secs(),
    };
    let mut found = Vec::new();
    leaves(query, &mut found);
    // The same text is looked for once.
    let mut known: HashMap<(TextField, &str), Arc<HashSet<Uid>>> = HashMap::new();
    for leaf in found {
        match leaf {
            Key::Text(field, needle) => {
                let uids = match known.entry((*field, needle)) {
                    Entry::Occupied(place) => Arc::clone(place.get()),
                    Entry::Vacant(place) => {
                        let store = &session.server.store;
                        let uids = store.search_text(owner, selected.folder, *field, needle).await?;
                        Arc::clone(place.insert(Arc::new(uids.into_iter().collect())))
                    }
                };
                context.texts.insert(place_of(leaf), uids);
            }
            Key::Contains(_, needle) => {
                context.needles.insert(place_of(leaf), needle.to_lowercase());
            }
            Key::Sequence(set) => {
                context.sets.insert(place_of(leaf), selected.ranges(set, Addressing::Sequence)?);
            }
            Key::Uid(set) => {
                context.sets.insert(place_of(leaf), selected.ranges(set, Addressing::Uid)?);
            }
            _ => {}
        }
    }
    Ok(context)
}

/// Positions of the messages that a query holds for, ascending.
async fn find(
    session: &Session<'_>,
    known: &Snapshot,
    query: &Key,
    context: &Context,
) -> Result<Vec<u32>, Failure> {
    let mut found = Vec::new();
    let mut undecided = Vec::new();
    for (position, row) in (0..).zip(known.rows(0, known.len())) {
        if position % ROW_COUNT_PER_TURN == 0 {
            tokio::task::yield_now().await;
        }
        let candidate = Candidate { position, row, summary: None, header: None };
        match holds(query, &candidate, context) {
            Some(true) => found.push(position),
            Some(false) => {}
            None => undecided.push(position),
        }
    }
    let owner = session.selected()?.owner;
    for batch in undecided.chunks(SUMMARY_BATCH_COUNT) {
        let rows: Vec<(u32, &MessageRow)> =
            batch.iter().filter_map(|at| known.row(*at).map(|row| (*at, row))).collect();
        let ids: Vec<MessageId> = rows.iter().map(|(_, row)| row.message).collect();
        let summaries: HashMap<MessageId, Arc<Summary>> =
            session.server.store.summaries(owner, &ids).await?.into_iter().collect();
        for (position, row) in rows {
            // Headers may be long, and keys many.
            tokio::task::yield_now().await;
            let Some(summary) = summaries.get(&row.message) else { continue };
            let mut candidate = Candidate { position, row, summary: Some(summary), header: None };
            let mut outcome = holds(query, &candidate, context);
            if outcome.is_none() {
                let range = 0..summary.structure.body_start;
                let header = session.server.store.body(owner, row.message, range).await?.unwrap_or_default();
                candidate.header = Some(&header);
                outcome = holds(query, &candidate, context);
            }
            if outcome == Some(true) {
                found.push(position);
            }
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// Whether a key holds; none where that cannot be told from what is known.
fn holds(key: &Key, candidate: &Candidate<'_>, context: &Context) -> Option<bool> {
    match key {
        Key::And(keys) => {
            let mut is_certain = true;
            for key in keys {
                match holds(key, candidate, context) {
                    Some(false) => return Some(false),
                    Some(true) => {}
                    None => is_certain = false,
                }
            }
            is_certain.then_some(true)
        }
        Key::Or(left, right) => match (holds(left, candidate, context), holds(right, candidate, context)) {
            (Some(true), _) | (_, Some(true)) => Some(true),
            (Some(false), Some(false)) => Some(false),
            _ => None,
        },
        Key::Not(inner) => holds(inner, candidate, context).map(|is| !is),
        leaf => leaf_holds(leaf, candidate, context),
    }
}

fn leaf_holds(key: &Key, candidate: &Candidate<'_>, context: &Context) -> Option<bool> {
    let row = candidate.row;
    match key {
        Key::All | Key::SaveDateSupported => Some(true),
        Key::Never => Some(false),
        Key::Sequence(_) | Key::Uid(_) => {
            let set = context.sets.get(&place_of(key));
            Some(set.is_some_and(|set| covers(set, candidate.position)))
        }
        Key::Flag(flag) => Some(row.flags.has(*flag)),
        Key::Keyword(keyword) => Some(row.flags.has_keyword(keyword)),
        Key::Larger(size) => Some(u64::from(row.size) > *size),
        Key::Smaller(size) => Some(u64::from(row.size) < *size),
        Key::Modseq(modseq) => Some(row.modseq.0 >= *modseq),
        Key::EmailId(id) => Some(id.strip_prefix('M') == Some(row.message.0.to_string().as_str())),
        Key::ThreadId(_) => Some(false),
        Key::Older(secs) => Some(context.now_secs - row.internal_date.secs() >= i64::from(*secs)),
        Key::Younger(secs) => Some(context.now_secs - row.internal_date.secs() <= i64::from(*secs)),
        Key::Date(DateField::Arrived, relation, day) => {
            Some(compares(Day::of(row.internal_date), *relation, *day))
        }
        Key::Date(DateField::Saved, relation, day) => Some(compares(Day::of(row.saved_at), *relation, *day)),
        Key::Date(DateField::Sent, relation, day) => {
            let sent = candidate.summary?.sent_day.and_then(|(year, month, day)| Day::new(year, month, day));
            Some(sent.is_some_and(|sent| compares(sent, *relation, *day)))
        }
        Key::Text(..) => {
            let uids = context.texts.get(&place_of(key));
            Some(uids.is_some_and(|uids| uids.contains(&row.uid)))
        }
        Key::Contains(place, _) => contains(place, context.needles.get(&place_of(key))?, candidate),
        // Their parts are asked, never they themselves.
        Key::And(_) | Key::Or(..) | Key::Not(_) => None,
    }
}

fn compares(day: Day, relation: DateRelation, with: Day) -> bool {
    match relation {
        DateRelation::Before => day < with,
        DateRelation::On => day == with,
        DateRelation::Since => day >= with,
    }
}

fn contains(place: &TextPlace, needle: &str, candidate: &Candidate<'_>) -> Option<bool> {
    let envelope = &candidate.summary?.envelope;
    let in_addresses = |items: &[AddressItem]| {
        Some(items.iter().any(|item| match item {
            AddressItem::Address(address) => {
                let name = address.name.as_deref().map(decode_words).unwrap_or_default();
                format!("{name} <{}@{}>", address.local, address.domain).to_lowercase().contains(needle)
            }
            AddressItem::GroupStart(name) => decode_words(name).to_lowercase().contains(needle),
            AddressItem::GroupEnd => false,
        }))
    };
    match place {
        TextPlace::From => in_addresses(&envelope.from),
        TextPlace::To => in_addresses(&envelope.to),
        TextPlace::Cc => in_addresses(&envelope.cc),
        TextPlace::Bcc => in_addresses(&envelope.bcc),
        TextPlace::Subject => {
            let subject = envelope.subject.as_deref();
            Some(subject.is_some_and(|subject| decode_words(subject).to_lowercase().contains(needle)))
        }
        TextPlace::Header(name) => {
            let header = candidate.header?;
            let (end, _) = message::split_header(header);
            Some(message::fields(&header[..end]).any(|field| {
                field.is(name)
                    && (needle.is_empty() || decode_words(&field.text()).to_lowercase().contains(needle))
            }))
        }
    }
}
