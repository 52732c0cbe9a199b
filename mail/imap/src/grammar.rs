//! The client's bytes, read by hand.
//!
//! A command arrives here whole, its literals inside and its last line end cut off. Total: any bytes give a command or
//! [`Malformed`] with the place and what was expected there. Nothing is looked up: names are only names.

mod append;
mod command;
mod date;
mod fetch;
mod flag;
mod folder;
mod list;
mod login;
mod name;
mod search;
mod select;
mod set;
mod store;

use bytes::Bytes;

pub(crate) use append::{Append, append};
pub(crate) use command::{Unreadable, parse};
pub(crate) use date::{Day, print_date_time};
pub(crate) use fetch::{Fetch, Form, Item, MarksSeen, Section, SectionText, fetch, uid_fetch};
pub(crate) use flag::print_flags;
pub(crate) use folder::{
    AclChange, Create, Identified, Naming, QuotaLimits, Renaming, Status, StatusItem, acl_change, create,
    get_quota, identified, naming, renaming, set_quota, special_use_name, status,
};
pub(crate) use list::{List, list, lsub};
pub(crate) use login::{Authenticate, Enable, Login, authenticate, enable, id, login};
pub(crate) use name::{FolderText, NameForm, encode_name};
pub(crate) use search::{
    Charset, DateField, DateRelation, Key, Returns, Search, TextPlace, search, uid_search,
};
pub(crate) use select::{Resync, Select, select};
pub(crate) use set::{Addressing, Set, covers};
pub(crate) use store::{Copying, Loudness, Storing, copying, store, uid_copying, uid_expunge, uid_store};

/// Deepest nesting of parentheses, NOT and OR in SEARCH.
pub(crate) const SEARCH_NESTING_MAX: usize = 32;
/// Most keys in one SEARCH.
pub(crate) const SEARCH_KEY_COUNT_MAX: usize = 1000;
/// Most elements of one sequence set.
pub(crate) const SET_ELEMENT_COUNT_MAX: usize = 10_000;
/// Most elements of any other list.
pub(crate) const LIST_ELEMENT_COUNT_MAX: usize = 256;
/// Octets of the patterns of one LIST, each with its reference: every folder is compared with all.
pub(crate) const PATTERN_OCTETS_MAX: usize = 2048;
/// Longest tag in octets.
pub(crate) const TAG_OCTETS_MAX: usize = 128;

/// The bytes are no command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected} at octet {at}")]
pub(crate) struct Malformed {
    /// Offset of the first fault.
    pub(crate) at: usize,
    /// What would have been right.
    pub(crate) expected: &'static str,
}

/// What a rule of the grammar answers.
pub(crate) type Parsed<T> = Result<T, Malformed>;

/// A place in a command.
#[derive(Debug, Clone)]
pub(crate) struct Parser<'a> {
    octets: &'a Bytes,
    at: usize,
    names: NameForm,
}

/// `ATOM-CHAR` of RFC 9051 section 9, and `]` only where `ASTRING-CHAR` is asked.
pub(crate) const fn is_atom_octet(octet: u8) -> bool {
    !matches!(octet, b'(' | b')' | b'{' | b' ' | b'%' | b'*' | b'"' | b'\\' | b']')
        && octet > 0x1f
        && octet < 0x7f
}

const fn is_astring_octet(octet: u8) -> bool {
    is_atom_octet(octet) || octet == b']'
}

impl<'a> Parser<'a> {
    pub(crate) const fn new(octets: &'a Bytes, names: NameForm) -> Self {
        Self { octets, at: 0, names }
    }

    pub(crate) const fn names(&self) -> NameForm {
        self.names
    }

    pub(crate) const fn fault<T>(&self, expected: &'static str) -> Parsed<T> {
        Err(Malformed { at: self.at, expected })
    }

    pub(crate) fn peek(&self) -> Option<u8> {
        self.octets.get(self.at).copied()
    }

    /// Takes `octet` if it is next.
    pub(crate) fn takes(&mut self, octet: u8) -> bool {
        let is_next = self.peek() == Some(octet);
        self.at += usize::from(is_next);
        is_next
    }

    pub(crate) fn expect(&mut self, octet: u8, expected: &'static str) -> Parsed<()> {
        if self.takes(octet) { Ok(()) } else { self.fault(expected) }
    }

    pub(crate) fn space(&mut self) -> Parsed<()> {
        self.expect(b' ', "a space")
    }

    pub(crate) fn end(&self) -> Parsed<()> {
        if self.at == self.octets.len() { Ok(()) } else { self.fault("the end of the line") }
    }

    pub(crate) fn at_end(&self) -> bool {
        self.at >= self.octets.len()
    }

    /// Everything that `is_wanted`, perhaps nothing.
    pub(crate) fn run(&mut self, is_wanted: impl Fn(u8) -> bool) -> &'a [u8] {
        let rest = self.octets.get(self.at..).unwrap_or_default();
        let length = rest.iter().position(|octet| !is_wanted(*octet)).unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    pub(crate) fn atom(&mut self, expected: &'static str) -> Parsed<&'a str> {
        let start = self.at;
        let atom = self.run(is_atom_octet);
        match std::str::from_utf8(atom) {
            Ok(text) if !text.is_empty() => Ok(text),
            Ok(_) | Err(_) => Err(Malformed { at: start, expected }),
        }
    }

    /// An atom in capitals, also with `.`-separated words and digits; stops before `[` so that `BODY[` is `BODY`.
    pub(crate) fn word(&mut self, expected: &'static str) -> Parsed<String> {
        let start = self.at;
        let word = self.run(|octet| is_atom_octet(octet) && !matches!(octet, b'[' | b'<'));
        match std::str::from_utf8(word) {
            Ok(text) if !text.is_empty() => Ok(text.to_ascii_uppercase()),
            Ok(_) | Err(_) => Err(Malformed { at: start, expected }),
        }
    }

    /// Takes `word` in any case if it is next and ends there.
    pub(crate) fn takes_word(&mut self, word: &str) -> bool {
        let rest = self.octets.get(self.at..).unwrap_or_default();
        let is_next = rest.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word.as_bytes()))
            && !rest.get(word.len()).is_some_and(|octet| is_atom_octet(*octet));
        if is_next {
            self.at += word.len();
        }
        is_next
    }

    /// A number of 32 bits.
    pub(crate) fn number(&mut self) -> Parsed<u32> {
        let start = self.at;
        let wide = self.number64()?;
        u32::try_from(wide).map_err(|_| Malformed { at: start, expected: "a number of at most 32 bits" })
    }

    /// A number of 63 bits (RFC 9051 `number64`).
    pub(crate) fn number64(&mut self) -> Parsed<u64> {
        let start = self.at;
        let digits = self.run(|octet| octet.is_ascii_digit());
        let text = std::str::from_utf8(digits).unwrap_or_default();
        match text.parse::<u64>() {
            Ok(number) if number <= i64::MAX as u64 => Ok(number),
            Ok(_) | Err(_) => Err(Malformed { at: start, expected: "a number" }),
        }
    }

    /// A number from 1.
    pub(crate) fn nz_number(&mut self) -> Parsed<u32> {
        let start = self.at;
        match self.number()? {
            0 => Err(Malformed { at: start, expected: "a number above 0" }),
            number => Ok(number),
        }
    }

    /// `quoted`; octets above 127 are taken, their meaning is the caller's matter.
    fn quoted(&mut self) -> Parsed<Bytes> {
        self.expect(b'"', "a quoted string")?;
        let start = self.at;
        let plain = self.run(|octet| !matches!(octet, b'"' | b'\\' | b'\r' | b'\n' | 0));
        if self.takes(b'"') {
            return Ok(self.octets.slice(start..start + plain.len()));
        }
        let mut text = plain.to_vec();
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(text.into());
                }
                Some(b'\\') => {
                    self.at += 1;
                    match self.peek() {
                        Some(octet @ (b'"' | b'\\')) => text.push(octet),
                        Some(_) | None => return self.fault("`\\\\` or `\\\"`"),
                    }
                    self.at += 1;
                }
                Some(b'\r' | b'\n' | 0) | None => return self.fault("a closing quotation mark"),
                Some(octet) => {
                    text.push(octet);
                    self.at += 1;
                }
            }
        }
    }

    /// `literal`, `literal8` or a non-synchronising one: the octets follow its line (RFC 7888 section 3).
    pub(crate) fn literal(&mut self) -> Parsed<Bytes> {
        self.takes(b'~');
        self.expect(b'{', "a literal")?;
        let length = self.number64()?;
        let _ = self.takes(b'+') || self.takes(b'-');
        self.expect(b'}', "`}`")?;
        self.takes(b'\r');
        self.expect(b'\n', "a line end after the literal's length")?;
        let start = self.at;
        let end = usize::try_from(length).ok().and_then(|length| start.checked_add(length));
        match end.filter(|end| *end <= self.octets.len()) {
            Some(end) => {
                self.at = end;
                Ok(self.octets.slice(start..end))
            }
            None => self.fault("as many octets as the literal announced"),
        }
    }

    pub(crate) fn string(&mut self) -> Parsed<Bytes> {
        match self.peek() {
            Some(b'"') => self.quoted(),
            Some(b'{' | b'~') => self.literal(),
            Some(_) | None => self.fault("a string"),
        }
    }

    pub(crate) fn astring(&mut self) -> Parsed<Bytes> {
        match self.peek() {
            Some(b'"' | b'{') => self.string(),
            Some(_) | None => {
                let start = self.at;
                // Many clients send 8-bit names as atoms: they are taken where they are UTF-8.
                let atom = self.run(|octet| is_astring_octet(octet) || octet >= 0x80);
                if atom.is_empty() {
                    self.fault("an atom or a string")
                } else {
                    Ok(self.octets.slice(start..self.at))
                }
            }
        }
    }

    /// An `astring` in UTF-8.
    pub(crate) fn text(&mut self) -> Parsed<String> {
        let start = self.at;
        let octets = self.astring()?;
        match std::str::from_utf8(&octets) {
            Ok(text) if !text.contains('\0') => Ok(text.to_owned()),
            Ok(_) | Err(_) => Err(Malformed { at: start, expected: "text in UTF-8" }),
        }
    }

    /// `(a b c)`, at most `max` elements, perhaps none.
    pub(crate) fn list<T>(
        &mut self,
        max: usize,
        mut element: impl FnMut(&mut Self) -> Parsed<T>,
    ) -> Parsed<Vec<T>> {
        self.expect(b'(', "a list in parentheses")?;
        let mut elements = Vec::new();
        while !self.takes(b')') {
            if !elements.is_empty() {
                self.space()?;
            }
            if elements.len() == max {
                return self.fault("a shorter list");
            }
            elements.push(element(self)?);
        }
        Ok(elements)
    }
}

/// A command without arguments.
pub(crate) const fn nothing(_: &mut Parser<'_>) -> Parsed<()> {
    Ok(())
}
