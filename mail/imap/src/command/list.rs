//! LIST and LSUB (RFC 9051 section 6.3.9, RFC 5258, RFC 5819, RFC 6154; RFC 3501 section 6.3.9).

use std::collections::{BTreeMap, HashSet};

use store::{Folder, FolderName, Owner};

use super::status::status;
use crate::answer::{Done, Failure, Outcome};
use crate::grammar::{self, encode_name, special_use_name};
use crate::place::{SHARED, root};
use crate::print::folder_name;
use crate::selected::hand_on;
use crate::session::Session;

/// Names that are compared with patterns before others on the same thread have their turn.
const NAME_COUNT_PER_TURN: usize = 16;

/// A name that may be listed.
#[derive(Default)]
struct Known {
    folder: Option<Folder>,
    is_subscribed: bool,
    /// No folder: shared mailboxes stand below it.
    is_place: bool,
}

impl Known {
    /// Whether it is listed without having been subscribed to.
    const fn exists(&self) -> bool {
        self.folder.is_some() || self.is_place
    }
}

pub(crate) async fn list(session: &mut Session<'_>, arguments: grammar::List) -> Outcome {
    if arguments.patterns.iter().all(String::is_empty) {
        // The delimiter is asked for.
        session.wire.write(b"* LIST (\\Noselect) \"/\" \"\"\r\n").await?;
        return Ok(Done::new("That is all"));
    }
    let known = names(session).await?;
    let matching = matching(&known, &arguments).await;
    let mut out = Vec::new();
    for (name, entry) in &known {
        if arguments.selection.is_subscribed && !entry.is_subscribed && !arguments.selection.is_recursive {
            continue;
        }
        if !entry.exists() && !arguments.selection.is_subscribed {
            continue;
        }
        if !matching.contains(name.as_str()) {
            continue;
        }
        let is_selected = is_chosen(entry, &arguments);
        // RECURSIVEMATCH: told for the sake of chosen folders below that no pattern matches.
        let child_info = arguments.selection.is_recursive
            && below(&known, name).any(|(below, its_entry)| {
                is_chosen(its_entry, &arguments) && !matching.contains(below.as_str())
            });
        if !is_selected && !child_info {
            continue;
        }
        out.extend_from_slice(b"* LIST (");
        out.extend_from_slice(attributes(&known, name, entry, &arguments).join(" ").as_bytes());
        out.extend_from_slice(b") \"/\" ");
        folder_name(&mut out, &encode_name(name, session.names()));
        if child_info {
            let what = if arguments.selection.is_subscribed { "SUBSCRIBED" } else { "SPECIAL-USE" };
            out.extend_from_slice(format!(" (\"CHILDINFO\" (\"{what}\"))").as_bytes());
        }
        out.extend_from_slice(b"\r\n");
        if let Some(folder) = entry.folder.as_ref().filter(|_| !arguments.returns.status.is_empty()) {
            status(session, &mut out, folder, &arguments.returns.status);
        }
        hand_on(&mut session.wire, &mut out).await?;
    }
    session.wire.write(&out).await?;
    Ok(Done::new("That is all"))
}

pub(crate) async fn lsub(session: &mut Session<'_>, arguments: grammar::List) -> Outcome {
    if arguments.patterns.iter().all(String::is_empty) {
        session.wire.write(b"* LSUB (\\Noselect) \"/\" \"\"\r\n").await?;
        return Ok(Done::new("That is all"));
    }
    let known = names(session).await?;
    let matching = matching(&known, &arguments).await;
    let mut out = Vec::new();
    for (name, entry) in &known {
        let is_matched = matching.contains(name.as_str());
        // `%` shows the parents of subscribed folders (RFC 3501 section 6.3.9).
        let is_parent = !entry.is_subscribed
            && arguments.patterns.iter().any(|pattern| pattern.ends_with('%'))
            && below(&known, name).any(|(_, below)| below.is_subscribed);
        if !is_matched || !(entry.is_subscribed || is_parent) {
            continue;
        }
        out.extend_from_slice(if is_parent { b"* LSUB (\\Noselect) \"/\" " } else { b"* LSUB () \"/\" " });
        folder_name(&mut out, &encode_name(name, session.names()));
        out.extend_from_slice(b"\r\n");
        hand_on(&mut session.wire, &mut out).await?;
    }
    session.wire.write(&out).await?;
    Ok(Done::new("That is all"))
}

/// All names: folders, and subscribed names without one.
async fn names(session: &Session<'_>) -> Result<BTreeMap<String, Known>, Failure> {
    let owner = session.owner()?;
    let mut known: BTreeMap<String, Known> = BTreeMap::new();
    for folder in session.server.store.folders(owner).await? {
        let entry = known.entry(folder.name.to_string()).or_default();
        entry.is_subscribed = folder.is_subscribed;
        entry.folder = Some(folder);
    }
    shared_names(session, &mut known).await?;
    for name in session.server.store.subscriptions(owner).await? {
        known.entry(name.to_string()).or_default().is_subscribed = true;
    }
    Ok(known)
}

/// The folders of mailboxes that others work in as well, under the names that they have here. What the login is
/// subscribed to there stands with its own.
async fn shared_names(session: &Session<'_>, known: &mut BTreeMap<String, Known>) -> Result<(), Failure> {
    let tenant = session.user()?.tenant;
    for shared in session.shared()? {
        let root = root(&shared);
        for place in [SHARED, &root] {
            known.entry(place.to_owned()).or_default().is_place = true;
        }
        for mut folder in session.server.store.folders(Owner { tenant, mailbox: shared.mailbox }).await? {
            // A name that is too long for here is not shown.
            let Ok(name) = FolderName::parse(&format!("{root}{}{}", FolderName::SEPARATOR, folder.name))
            else {
                continue;
            };
            // Its Drafts and Sent are not those of the login.
            (folder.name, folder.special_use, folder.is_subscribed) = (name.clone(), None, false);
            known.entry(name.to_string()).or_default().folder = Some(folder);
        }
    }
    Ok(())
}

fn is_chosen(entry: &Known, arguments: &grammar::List) -> bool {
    let selection = arguments.selection;
    let has_use = entry.folder.as_ref().is_some_and(|folder| folder.special_use.is_some());
    (!selection.is_subscribed || entry.is_subscribed) && (!selection.is_special_use || has_use)
}

/// What lies below a name: in the order of names it comes right behind, but for names such as `a b` between `a` and `a/c`.
fn below<'a>(
    known: &'a BTreeMap<String, Known>,
    name: &str,
) -> impl Iterator<Item = (&'a String, &'a Known)> {
    let start = format!("{name}{}", FolderName::SEPARATOR);
    known.range(start.clone()..).take_while(move |(below, _)| below.starts_with(&start))
}

/// The names that a pattern matches.
async fn matching<'a>(known: &'a BTreeMap<String, Known>, arguments: &grammar::List) -> HashSet<&'a str> {
    let patterns: Vec<Pattern> =
        arguments.patterns.iter().map(|pattern| Pattern::new(&arguments.reference, pattern)).collect();
    let mut matching = HashSet::new();
    for (index, name) in known.keys().enumerate() {
        if index % NAME_COUNT_PER_TURN == 0 {
            tokio::task::yield_now().await;
        }
        if patterns.iter().any(|pattern| pattern.matches(name)) {
            matching.insert(name.as_str());
        }
    }
    matching
}

fn attributes(
    known: &BTreeMap<String, Known>,
    name: &str,
    entry: &Known,
    arguments: &grammar::List,
) -> Vec<&'static str> {
    let mut attributes = Vec::new();
    match entry.folder {
        None if entry.is_place => attributes.push("\\Noselect"),
        None => attributes.push("\\NonExistent"),
        Some(_) => {}
    }
    let has_children = below(known, name).any(|(_, below)| below.exists());
    attributes.push(if has_children { "\\HasChildren" } else { "\\HasNoChildren" });
    if entry.is_subscribed && (arguments.selection.is_subscribed || arguments.returns.subscribed) {
        attributes.push("\\Subscribed");
    }
    if let Some(special_use) = entry.folder.as_ref().and_then(|folder| folder.special_use) {
        attributes.push(special_use_name(special_use));
    }
    attributes
}

/// A pattern behind its reference: `*` is anything, `%` anything within a level.
struct Pattern(Vec<char>);

impl Pattern {
    fn new(reference: &str, pattern: &str) -> Self {
        let full = format!("{reference}{pattern}");
        // `inbox` in any case is INBOX (RFC 9051 section 5.1).
        let is_inbox = full.len() >= 5 && full.is_char_boundary(5) && full[..5].eq_ignore_ascii_case("inbox");
        let full = if is_inbox { format!("INBOX{}", &full[5..]) } else { full };
        let mut pieces: Vec<char> = Vec::with_capacity(full.len());
        for piece in full.chars() {
            match (pieces.last_mut(), piece) {
                // Wildcards side by side are as good as the widest of them.
                (Some('*'), '*' | '%') | (Some('%'), '%') => {}
                (Some(last @ '%'), '*') => *last = '*',
                _ => pieces.push(piece),
            }
        }
        Self(pieces)
    }

    fn matches(&self, name: &str) -> bool {
        let name: Vec<char> = name.chars().collect();
        // reached[n]: whether the pattern so far can end at character n of the name. Each character that is no wildcard moves
        // the first of them on, so that a pattern is followed no further than twice the length of the name.
        let mut reached = vec![false; name.len() + 1];
        reached[0] = true;
        for piece in &self.0 {
            let mut next = vec![false; name.len() + 1];
            let mut is_any = false;
            match piece {
                '*' | '%' => {
                    let mut is_open = false;
                    for at in 0..=name.len() {
                        is_open |= reached[at];
                        next[at] = is_open;
                        is_any |= is_open;
                        if *piece == '%' && name.get(at) == Some(&FolderName::SEPARATOR) {
                            is_open = false;
                        }
                    }
                }
                character => {
                    for at in 0..name.len() {
                        next[at + 1] = reached[at] && name[at] == *character;
                        is_any |= next[at + 1];
                    }
                }
            }
            if !is_any {
                return false;
            }
            reached = next;
        }
        reached[name.len()]
    }
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn patterns_match_as_the_standard_says() {
        for (reference, pattern, name, is_match) in [
            ("", "*", "a/b/c", true),
            ("", "%", "a", true),
            ("", "%", "a/b", false),
            ("", "a/%", "a/b", true),
            ("", "a/%", "a/b/c", false),
            ("", "%/c", "a/c", true),
            ("", "*c", "a/b/c", true),
            ("a/", "%", "a/b", true),
            ("", "inbox", "INBOX", true),
            ("", "InBox/%", "INBOX/x", true),
            ("", "Inb%", "INBOX", false),
            ("", "", "a", false),
            ("", "%%", "a", true),
            ("", "%%", "a/b", false),
            ("", "%*%", "a/b", true),
            ("a*", "%/c", "a/b/c", true),
            ("", "%a%*b", "xa/y/b", true),
        ] {
            assert_eq!(
                Pattern::new(reference, pattern).matches(name),
                is_match,
                "{reference} {pattern} {name}"
            );
        }
    }

    #[test]
    fn a_long_pattern_is_followed_no_further_than_a_name_is_long() {
        let name = "a".repeat(200);
        for (pattern, is_match) in [("%".repeat(1_000_000), true), ("%a".repeat(1_000_000), false)] {
            let begun = std::time::Instant::now();
            let pattern = Pattern::new("", &pattern);
            (0..100).for_each(|_| assert_eq!(pattern.matches(&name), is_match));
            // Followed to its end for each name it takes minutes.
            assert!(begun.elapsed().as_secs() < 30, "took {:?}", begun.elapsed());
        }
    }
}
