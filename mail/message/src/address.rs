//! Address lists (RFC 5322 section 3.4, with the obsolete forms of section 4.4), read leniently: what cannot be an
//! address is kept as a name without a domain, so that a reader sees what was there.

use crate::{Address, AddressItem};

/// Most elements of one list.
const ITEM_COUNT_MAX: usize = 1000;
/// Deepest nesting of comments.
const COMMENT_DEPTH_MAX: usize = 16;

#[derive(Default)]
struct Reader {
    items: Vec<AddressItem>,
    /// Words before `<`, as a display name: quoting removed, single spaces between.
    phrase: String,
    /// The same characters as an address: no spaces outside of quotation marks, quoting removed.
    bare: String,
    comment: String,
    angle: Option<String>,
    is_in_group: bool,
}

/// Reads the value of an address field, already on one line.
pub(crate) fn address_list(text: &str) -> Vec<AddressItem> {
    let mut reader = Reader::default();
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        if reader.items.len() >= ITEM_COUNT_MAX {
            break;
        }
        match character {
            '"' => {
                let quoted = quoted(&mut characters);
                reader.word(&quoted);
                reader.bare.push_str(&quoted);
            }
            '(' => {
                let comment = comment(&mut characters);
                reader.comment = comment;
                reader.space();
            }
            '<' => reader.angle = Some(angle(&mut characters)),
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
                reader.phrase.push(character);
                reader.bare.push(character);
            }
        }
    }
    reader.flush();
    if reader.is_in_group {
        reader.items.push(AddressItem::GroupEnd);
    }
    reader.items
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
    }

    fn flush(&mut self) {
        let name_of = |text: &str| Some(text.trim().to_owned()).filter(|name| !name.is_empty());
        let comment = name_of(&self.comment);
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
fn quoted(characters: &mut Characters<'_>) -> String {
    let mut text = String::new();
    while let Some(character) = characters.next() {
        match character {
            '"' => break,
            '\\' => text.extend(characters.next()),
            character => text.push(character),
        }
    }
    text
}

fn comment(characters: &mut Characters<'_>) -> String {
    let mut text = String::new();
    let mut depth = 1_usize;
    while let Some(character) = characters.next() {
        match character {
            '(' if depth < COMMENT_DEPTH_MAX => depth += 1,
            ')' => {
                depth -= 1;
                if depth == 0 {
                    break;
                }
            }
            '\\' => text.extend(characters.next()),
            character => text.push(character),
        }
    }
    text
}

/// After `<`, up to `>`; a route before the address is left out (RFC 5322 section 4.4).
fn angle(characters: &mut Characters<'_>) -> String {
    let mut text = String::new();
    while let Some(character) = characters.next() {
        match character {
            '>' => break,
            '"' => text.push_str(&quoted(characters)),
            '(' => drop(comment(characters)),
            ':' if text.starts_with('@') => text.clear(),
            character if character.is_whitespace() => {}
            character => text.push(character),
        }
    }
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
}
