//! Address lists (RFC 5322 section 3.4, with the obsolete forms of section 4.4), read leniently: what cannot be an
//! address is kept as a name without a domain, so that a reader sees what was there.

use crate::field::{FIELD_OCTETS_MAX, unfold};
use crate::{Address, AddressItem};

/// Most elements of one list.
const ITEM_COUNT_MAX: usize = 1000;
/// Deepest nesting of comments.
const COMMENT_DEPTH_MAX: usize = 16;

/// Why nobody may be let in, or judged, by an address field: readers could see other addresses in it than we do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the addresses cannot be read without doubt")]
pub struct DoubtfulAddresses;

/// The addresses of a field's value, where all who read it see the same.
///
/// # Errors
/// [`DoubtfulAddresses`] for what is too long to be read to its end, does not close what it opens, or has more in one element
/// than one address.
pub fn sure_addresses(value: &[u8]) -> Result<Vec<Address>, DoubtfulAddresses> {
    if value.len() > FIELD_OCTETS_MAX {
        return Err(DoubtfulAddresses);
    }
    let (items, is_sure) = read(&unfold(value));
    let addresses = items.into_iter().filter_map(|item| match item {
        AddressItem::Address(address) => Some(address),
        AddressItem::GroupStart(_) | AddressItem::GroupEnd => None,
    });
    if is_sure { Ok(addresses.collect()) } else { Err(DoubtfulAddresses) }
}

#[derive(Default)]
struct Reader {
    items: Vec<AddressItem>,
    /// Words before `<`, as a display name: quoting removed, single spaces between.
    phrase: String,
    /// The same characters as an address: no spaces outside of quotation marks, quoting removed.
    bare: String,
    comment: String,
    angle: Option<String>,
    /// Of `bare`, outside of quotation marks.
    at_count: u32,
    is_in_group: bool,
    /// Whether another reader may see something else.
    is_doubtful: bool,
}

/// Reads the value of an address field, already on one line.
pub(crate) fn address_list(text: &str) -> Vec<AddressItem> {
    read(text).0
}

/// The elements, and whether they are all that any reader can see.
fn read(text: &str) -> (Vec<AddressItem>, bool) {
    let mut reader = Reader::default();
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        if reader.items.len() >= ITEM_COUNT_MAX {
            reader.is_doubtful = true;
            break;
        }
        // Behind `>` stands nothing but comments.
        let is_behind = reader.angle.is_some();
        reader.is_doubtful |=
            is_behind && !matches!(character, '(' | ',' | ';') && !character.is_whitespace();
        match character {
            '"' => {
                let quoted = quoted(&mut characters, &mut reader.is_doubtful);
                reader.word(&quoted);
                reader.bare.push_str(&quoted);
            }
            '(' => {
                let comment = comment(&mut characters, &mut reader.is_doubtful);
                reader.comment = comment;
                reader.space();
            }
            '<' => reader.angle = Some(angle(&mut characters, &mut reader.is_doubtful)),
            ',' => reader.flush(),
            ':' if !reader.is_in_group && reader.angle.is_none() && !reader.bare.contains('@') => {
                let name = std::mem::take(&mut reader.phrase).trim().to_owned();
                reader.clear();
                reader.items.push(AddressItem::GroupStart(name));
                reader.is_in_group = true;
            }
            ';' => {
                reader.flush();
                if std::mem::take(&mut reader.is_in_group) {
                    reader.items.push(AddressItem::GroupEnd);
                }
            }
            character if character.is_whitespace() => reader.space(),
            character => {
                reader.at_count += u32::from(character == '@');
                reader.phrase.push(character);
                reader.bare.push(character);
            }
        }
    }
    reader.flush();
    if reader.is_in_group {
        reader.items.push(AddressItem::GroupEnd);
    }
    (reader.items, !reader.is_doubtful)
}

impl Reader {
    fn word(&mut self, word: &str) {
        self.phrase.push_str(word);
    }

    fn space(&mut self) {
        if !self.phrase.is_empty() && !self.phrase.ends_with(' ') {
            self.phrase.push(' ');
        }
    }

    fn clear(&mut self) {
        self.phrase.clear();
        self.bare.clear();
        self.comment.clear();
        self.angle = None;
        self.at_count = 0;
    }

    fn flush(&mut self) {
        let name_of = |text: &str| Some(text.trim().to_owned()).filter(|name| !name.is_empty());
        let comment = name_of(&self.comment);
        // Two addresses with a space between: readers take one or the other.
        self.is_doubtful |= self.angle.is_none() && self.at_count > 1;
        let item = match &self.angle {
            Some(angle) => Some(address(name_of(&self.phrase).or(comment), angle)),
            None if self.bare.contains('@') => Some(address(comment, &self.bare)),
            None => {
                name_of(&self.phrase).map(|local| Address { name: comment, local, domain: String::new() })
            }
        };
        if let Some(address) = item.filter(|address| !(address.local.is_empty() && address.domain.is_empty()))
        {
            self.items.push(AddressItem::Address(address));
        }
        self.clear();
    }
}

fn address(name: Option<String>, spec: &str) -> Address {
    match spec.rsplit_once('@') {
        Some((local, domain)) => Address { name, local: local.to_owned(), domain: domain.to_owned() },
        None => Address { name, local: spec.to_owned(), domain: String::new() },
    }
}

type Characters<'a> = std::iter::Peekable<std::str::Chars<'a>>;

/// After the opening quotation mark, up to the closing one, quoting removed.
fn quoted(characters: &mut Characters<'_>, is_doubtful: &mut bool) -> String {
    let mut text = String::new();
    while let Some(character) = characters.next() {
        match character {
            '"' => return text,
            '\\' => text.extend(characters.next()),
            character => text.push(character),
        }
    }
    *is_doubtful = true;
    text
}

fn comment(characters: &mut Characters<'_>, is_doubtful: &mut bool) -> String {
    let mut text = String::new();
    let mut depth = 1_usize;
    while let Some(character) = characters.next() {
        match character {
            '(' if depth < COMMENT_DEPTH_MAX => depth += 1,
            ')' => {
                depth -= 1;
                if depth == 0 {
                    return text;
                }
            }
            '\\' => text.extend(characters.next()),
            character => {
                *is_doubtful |= character == '(';
                text.push(character);
            }
        }
    }
    *is_doubtful = true;
    text
}

/// After `<`, up to `>`; a route before the address is left out (RFC 5322 section 4.4).
fn angle(characters: &mut Characters<'_>, is_doubtful: &mut bool) -> String {
    let mut text = String::new();
    let mut at_count = 0_u32;
    while let Some(character) = characters.next() {
        match character {
            '>' => {
                *is_doubtful |= at_count > 1;
                return text;
            }
            '"' => text.push_str(&quoted(characters, is_doubtful)),
            '(' => drop(comment(characters, is_doubtful)),
            ':' if text.starts_with('@') => {
                *is_doubtful = true;
                text.clear();
            }
            character if character.is_whitespace() => {}
            character => {
                at_count += u32::from(character == '@');
                *is_doubtful |= matches!(character, '<' | ',' | ';');
                text.push(character);
            }
        }
    }
    *is_doubtful = true;
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(name: Option<&str>, local: &str, domain: &str) -> AddressItem {
        AddressItem::Address(Address {
            name: name.map(str::to_owned),
            local: local.to_owned(),
            domain: domain.to_owned(),
        })
    }

    #[test]
    fn usual_and_obsolete_forms_are_read() {
        for (text, expected) in [
            ("a@b.c", vec![one(None, "a", "b.c")]),
            ("Al B <a@b.c>, d@e", vec![one(Some("Al B"), "a", "b.c"), one(None, "d", "e")]),
            ("\"Q, \\\"R\\\"\" <a@b>", vec![one(Some("Q, \"R\""), "a", "b")]),
            ("a@b (Al (x) B)", vec![one(Some("Al x B"), "a", "b")]),
            ("<@r1,@r2:a@b>", vec![one(None, "a", "b")]),
            ("\"a b\"@c", vec![one(None, "a b", "c")]),
            (
                "undisclosed-recipients:;",
                vec![AddressItem::GroupStart("undisclosed-recipients".to_owned()), AddressItem::GroupEnd],
            ),
            (
                "G: a@b, c@d; e@f",
                vec![
                    AddressItem::GroupStart("G".to_owned()),
                    one(None, "a", "b"),
                    one(None, "c", "d"),
                    AddressItem::GroupEnd,
                    one(None, "e", "f"),
                ],
            ),
            ("nonsense", vec![one(None, "nonsense", "")]),
            (" , ,", vec![]),
        ] {
            assert_eq!(address_list(text), expected, "{text}");
        }
    }

    #[test]
    fn what_readers_may_see_otherwise_is_no_ground_to_let_anybody_in() {
        let sure = |text: &str| {
            let addresses = sure_addresses(text.as_bytes()).ok()?;
            Some(
                addresses
                    .iter()
                    .map(|one| format!("{}@{}", one.local, one.domain))
                    .collect::<Vec<_>>()
                    .join(" "),
            )
        };
        for (text, found) in [
            ("a@b.c", "a@b.c"),
            (" \"B, A\" <a@b.c> (at home (sometimes)), d@e", "a@b.c d@e"),
            ("shop@b.c <a@b.c>", "a@b.c"),
            ("Doe, John <a@b.c>", "Doe@ a@b.c"),
            ("G: a@b, c@d;", "a@b c@d"),
            ("\"x@y\"@b.c", "x@y@b.c"),
            ("", ""),
        ] {
            assert_eq!(sure(text).as_deref(), Some(found), "{text}");
        }
        let deep = format!("{}x{} a@b.c", "(".repeat(17), ")".repeat(17));
        let long = format!("a@b.c, ({}) v@w.x", "x".repeat(FIELD_OCTETS_MAX));
        let many = "a@b.c,".repeat(1001);
        for text in [
            deep.as_str(),
            long.as_str(),
            many.as_str(),
            "a@b.c <d@e.f> g@h.i",
            "A <a@b.c> <d@e.f>",
            "a@b.c d@e.f",
            "a@b.c@e.f",
            "<a@b.c@e.f>",
            "<@r:a@b.c>",
            "<a@b.c",
            "<a@b.c, <d@e.f>",
            "\"a@b.c",
            "a@b.c (d@e.f",
        ] {
            assert_eq!(sure(text), None, "{text:.40}");
        }
    }
}
