//! FETCH's arguments (RFC 9051 section 6.4.5, RFC 3516, RFC 7162, RFC 8474, RFC 8514, RFC 8970).

use super::{Addressing, LIST_ELEMENT_COUNT_MAX, Parsed, Parser, Set};

/// Deepest part path, as deep as a message is read.
const PART_DEPTH_MAX: usize = 50;

/// What is asked of which messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fetch {
    /// Which.
    pub(crate) set: Set,
    /// What the set's numbers mean.
    pub(crate) addressing: Addressing,
    /// What.
    pub(crate) items: Vec<Item>,
    /// CHANGEDSINCE.
    pub(crate) changed_since: Option<u64>,
    /// VANISHED.
    pub(crate) wants_vanished: bool,
}

/// Whether reading a body sets `\Seen`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MarksSeen {
    /// It does.
    Yes,
    /// `.PEEK`: it does not.
    No,
}

/// How the answer names a section.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// `BODY[...]`
    Body,
    /// `RFC822`, `RFC822.HEADER`, `RFC822.TEXT`
    Rfc822,
}

/// One value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Item {
    Uid,
    Flags,
    InternalDate,
    Size,
    Envelope,
    /// `BODY` without a section.
    Body,
    BodyStructure,
    Modseq,
    EmailId,
    ThreadId,
    SaveDate,
    Preview,
    Section {
        section: Section,
        seen: MarksSeen,
        partial: Option<(u32, u32)>,
        form: Form,
    },
    Binary {
        path: Vec<u32>,
        seen: MarksSeen,
        partial: Option<(u32, u32)>,
    },
    BinarySize {
        path: Vec<u32>,
    },
}

/// A piece of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Section {
    /// The part; empty for the whole message.
    pub(crate) path: Vec<u32>,
    /// What of it.
    pub(crate) text: SectionText,
}

/// What of a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SectionText {
    Whole,
    Header,
    HeaderFields(Vec<String>),
    HeaderFieldsNot(Vec<String>),
    Text,
    Mime,
}

/// FETCH.
pub(crate) fn fetch(parser: &mut Parser<'_>) -> Parsed<Fetch> {
    arguments(parser, Addressing::Sequence)
}

/// UID FETCH: the UID is answered even where it was not asked (RFC 9051 section 6.4.9).
pub(crate) fn uid_fetch(parser: &mut Parser<'_>) -> Parsed<Fetch> {
    let mut fetch = arguments(parser, Addressing::Uid)?;
    if !fetch.items.contains(&Item::Uid) {
        fetch.items.insert(0, Item::Uid);
    }
    Ok(fetch)
}

fn arguments(parser: &mut Parser<'_>, addressing: Addressing) -> Parsed<Fetch> {
    parser.space()?;
    let set = parser.set()?;
    parser.space()?;
    let mut items = Vec::new();
    if parser.peek() == Some(b'(') {
        parser.list(LIST_ELEMENT_COUNT_MAX, |parser| parser.fetch_item(&mut items))?;
        if items.is_empty() {
            return parser.fault("at least one item");
        }
    } else {
        parser.fetch_item(&mut items)?;
    }
    let mut fetch = Fetch { set, addressing, items, changed_since: None, wants_vanished: false };
    if !parser.at_end() {
        parser.space()?;
        parser.list(2, |parser| {
            if parser.takes_word("VANISHED") {
                fetch.wants_vanished = true;
                return Ok(());
            }
            if !parser.takes_word("CHANGEDSINCE") {
                return parser.fault("CHANGEDSINCE or VANISHED");
            }
            parser.space()?;
            fetch.changed_since = Some(parser.number64()?);
            Ok(())
        })?;
    }
    // RFC 7162 section 3.1.4.1: CHANGEDSINCE asks for MODSEQ as well.
    if fetch.changed_since.is_some() && !fetch.items.contains(&Item::Modseq) {
        fetch.items.push(Item::Modseq);
    }
    Ok(fetch)
}

impl Parser<'_> {
    fn fetch_item(&mut self, items: &mut Vec<Item>) -> Parsed<()> {
        let at = self.at;
        let word = self.word("a fetch item")?;
        let item = match word.as_str() {
            "ALL" => {
                return Self::put(items, vec![Item::Flags, Item::InternalDate, Item::Size, Item::Envelope]);
            }
            "FAST" => return Self::put(items, vec![Item::Flags, Item::InternalDate, Item::Size]),
            "FULL" => {
                let full = vec![Item::Flags, Item::InternalDate, Item::Size, Item::Envelope, Item::Body];
                return Self::put(items, full);
            }
            "UID" => Item::Uid,
            "FLAGS" => Item::Flags,
            "INTERNALDATE" => Item::InternalDate,
            "RFC822.SIZE" => Item::Size,
            "ENVELOPE" => Item::Envelope,
            "BODYSTRUCTURE" => Item::BodyStructure,
            "MODSEQ" => Item::Modseq,
            "EMAILID" => Item::EmailId,
            "THREADID" => Item::ThreadId,
            "SAVEDATE" => Item::SaveDate,
            "PREVIEW" => {
                // PREVIEW (LAZY): ours is always at hand (RFC 8970 section 3.1).
                if self.octets.get(self.at..self.at + 2) == Some(b" (") {
                    self.space()?;
                    self.list(
                        1,
                        |parser| {
                            if parser.takes_word("LAZY") { Ok(()) } else { parser.fault("LAZY") }
                        },
                    )?;
                }
                Item::Preview
            }
            "BODY" if self.peek() != Some(b'[') => Item::Body,
            "BODY" => self.section_item(MarksSeen::Yes)?,
            "BODY.PEEK" => self.section_item(MarksSeen::No)?,
            "BINARY" => self.binary_item(MarksSeen::Yes)?,
            "BINARY.PEEK" => self.binary_item(MarksSeen::No)?,
            "BINARY.SIZE" => Item::BinarySize { path: self.binary_path()? },
            "RFC822" => Self::rfc822(SectionText::Whole, MarksSeen::Yes),
            "RFC822.HEADER" => Self::rfc822(SectionText::Header, MarksSeen::No),
            "RFC822.TEXT" => Self::rfc822(SectionText::Text, MarksSeen::Yes),
            _ => {
                self.at = at;
                return self.fault("a fetch item");
            }
        };
        Self::put(items, vec![item])
    }

    /// Adds what is not yet asked for: a value is answered once.
    fn put(items: &mut Vec<Item>, more: Vec<Item>) -> Parsed<()> {
        for item in more {
            if !items.contains(&item) {
                items.push(item);
            }
        }
        Ok(())
    }

    const fn rfc822(text: SectionText, seen: MarksSeen) -> Item {
        Item::Section { section: Section { path: Vec::new(), text }, seen, partial: None, form: Form::Rfc822 }
    }

    fn section_item(&mut self, seen: MarksSeen) -> Parsed<Item> {
        self.expect(b'[', "`[`")?;
        let section = self.section()?;
        self.expect(b']', "`]`")?;
        Ok(Item::Section { section, seen, partial: self.partial()?, form: Form::Body })
    }

    fn section(&mut self) -> Parsed<Section> {
        let path = self.part_path()?;
        if self.peek() == Some(b']') {
            return Ok(Section { path, text: SectionText::Whole });
        }
        let text = match self.word("a section such as HEADER or TEXT")?.as_str() {
            "HEADER" => SectionText::Header,
            "TEXT" => SectionText::Text,
            "MIME" if !path.is_empty() => SectionText::Mime,
            "HEADER.FIELDS" => SectionText::HeaderFields(self.field_names()?),
            "HEADER.FIELDS.NOT" => SectionText::HeaderFieldsNot(self.field_names()?),
            _ => return self.fault("HEADER, HEADER.FIELDS, HEADER.FIELDS.NOT, TEXT or a part's MIME"),
        };
        Ok(Section { path, text })
    }

    /// `1.2.` or `1.2` before `]`; empty where no digit stands.
    fn part_path(&mut self) -> Parsed<Vec<u32>> {
        let mut path = Vec::new();
        while self.peek().is_some_and(|octet| octet.is_ascii_digit()) {
            if path.len() == PART_DEPTH_MAX {
                return self.fault("a shorter part number");
            }
            path.push(self.nz_number()?);
            if !self.takes(b'.') {
                if self.peek() != Some(b']') {
                    return self.fault("`.` or `]`");
                }
                return Ok(path);
            }
            if self.peek() == Some(b']') {
                return self.fault("a part number or a section");
            }
        }
        Ok(path)
    }

    fn field_names(&mut self) -> Parsed<Vec<String>> {
        self.space()?;
        let names = self.list(LIST_ELEMENT_COUNT_MAX, |parser| {
            let name = parser.text()?;
            // It is printed back in the answer's label, and no field can have such a name.
            if name.bytes().all(|octet| matches!(octet, b'!'..=b'~'))
                && !name.contains(':')
                && !name.is_empty()
            {
                Ok(name)
            } else {
                parser.fault("the name of a header field")
            }
        })?;
        if names.is_empty() { self.fault("at least one field name") } else { Ok(names) }
    }

    fn binary_path(&mut self) -> Parsed<Vec<u32>> {
        self.expect(b'[', "`[`")?;
        let path = self.part_path()?;
        self.expect(b']', "`]`")?;
        Ok(path)
    }

    fn binary_item(&mut self, seen: MarksSeen) -> Parsed<Item> {
        let path = self.binary_path()?;
        Ok(Item::Binary { path, seen, partial: self.partial()? })
    }

    /// `<start.count>`.
    fn partial(&mut self) -> Parsed<Option<(u32, u32)>> {
        if !self.takes(b'<') {
            return Ok(None);
        }
        let start = self.number()?;
        self.expect(b'.', "`.`")?;
        let count = self.nz_number()?;
        self.expect(b'>', "`>`")?;
        Ok(Some((start, count)))
    }
}
