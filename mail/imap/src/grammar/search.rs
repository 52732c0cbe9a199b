//! SEARCH's arguments (RFC 9051 section 6.4.4, RFC 4731, RFC 5032, RFC 7162, RFC 8474, RFC 8514).

use store::{SystemFlag, TextField};

use super::{Addressing, Day, Parsed, Parser, SEARCH_KEY_COUNT_MAX, SEARCH_NESTING_MAX, Set};

/// What is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Search {
    /// What the answer's numbers are.
    pub(crate) addressing: Addressing,
    /// RETURN (...); none asks for the answer of RFC 3501.
    pub(crate) returns: Option<Returns>,
    /// CHARSET.
    pub(crate) charset: Charset,
    /// All of these must hold. Empty where the charset is not ours: the rest was not read.
    pub(crate) keys: Vec<Key>,
}

/// The charset of the strings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Charset {
    /// UTF-8 or its subset US-ASCII.
    Known,
    /// Another.
    Unknown,
}

/// RETURN options.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Returns(u8);

impl Returns {
    pub(crate) const MIN: Self = Self(1);
    pub(crate) const MAX: Self = Self(2);
    pub(crate) const COUNT: Self = Self(4);
    pub(crate) const ALL: Self = Self(8);
    pub(crate) const SAVE: Self = Self(16);

    pub(crate) const fn has(self, option: Self) -> bool {
        self.0 & option.0 != 0
    }

    pub(crate) const fn with(self, option: Self) -> Self {
        Self(self.0 | option.0)
    }
}

/// Names of RETURN options.
pub(crate) const MIN_MAX_COUNT_ALL_SAVE: [(&str, Returns); 5] = [
    ("MIN", Returns::MIN),
    ("MAX", Returns::MAX),
    ("COUNT", Returns::COUNT),
    ("ALL", Returns::ALL),
    ("SAVE", Returns::SAVE),
];

/// Which date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DateField {
    /// INTERNALDATE.
    Arrived,
    /// The `Date` field.
    Sent,
    /// When it came into the folder.
    Saved,
}

/// How it compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DateRelation {
    Before,
    On,
    Since,
}

/// Where a text is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TextPlace {
    From,
    To,
    Cc,
    Bcc,
    Subject,
    /// Any field, by name.
    Header(String),
}

/// One condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Key {
    All,
    /// Never holds: `RECENT` and `NEW`, because no session of ours is the first to be told.
    Never,
    And(Vec<Key>),
    Or(Box<Key>, Box<Key>),
    Not(Box<Key>),
    Sequence(Set),
    Uid(Set),
    Flag(SystemFlag),
    Keyword(String),
    Larger(u64),
    Smaller(u64),
    Date(DateField, DateRelation, Day),
    /// At least so many seconds old.
    Older(u32),
    /// At most so many seconds old.
    Younger(u32),
    Contains(TextPlace, String),
    Text(TextField, String),
    Modseq(u64),
    EmailId(String),
    ThreadId(String),
    /// SAVEDATESUPPORTED.
    SaveDateSupported,
}

/// SEARCH.
pub(crate) fn search(parser: &mut Parser<'_>) -> Parsed<Search> {
    arguments(parser, Addressing::Sequence)
}

/// UID SEARCH.
pub(crate) fn uid_search(parser: &mut Parser<'_>) -> Parsed<Search> {
    arguments(parser, Addressing::Uid)
}

fn arguments(parser: &mut Parser<'_>, addressing: Addressing) -> Parsed<Search> {
    parser.space()?;
    let mut returns = None;
    if parser.takes_word("RETURN") {
        parser.space()?;
        returns = Some(parser.search_returns()?);
        parser.space()?;
    }
    let mut charset = Charset::Known;
    if parser.takes_word("CHARSET") {
        parser.space()?;
        let name = parser.text()?;
        if !name.eq_ignore_ascii_case("UTF-8") && !name.eq_ignore_ascii_case("US-ASCII") {
            charset = Charset::Unknown;
            parser.at = parser.octets.len();
            return Ok(Search { addressing, returns, charset, keys: Vec::new() });
        }
        parser.space()?;
    }
    let mut budget = SEARCH_KEY_COUNT_MAX;
    let mut keys = vec![parser.search_key(0, &mut budget)?];
    while parser.takes(b' ') {
        keys.push(parser.search_key(0, &mut budget)?);
    }
    Ok(Search { addressing, returns, charset, keys })
}

impl Parser<'_> {
    fn search_returns(&mut self) -> Parsed<Returns> {
        let mut returns = Returns::default();
        self.list(MIN_MAX_COUNT_ALL_SAVE.len(), |parser| {
            match MIN_MAX_COUNT_ALL_SAVE.into_iter().find(|(name, _)| parser.takes_word(name)) {
                Some((_, option)) => {
                    returns = returns.with(option);
                    Ok(())
                }
                None => parser.fault("MIN, MAX, COUNT, ALL or SAVE"),
            }
        })?;
        // RFC 4731 section 3.1: an empty list means ALL.
        Ok(if returns == Returns::default() { Returns::ALL } else { returns })
    }

    fn search_key(&mut self, depth: usize, budget: &mut usize) -> Parsed<Key> {
        if depth > SEARCH_NESTING_MAX {
            return self.fault("keys nested less deep");
        }
        match budget.checked_sub(1) {
            Some(rest) => *budget = rest,
            None => return self.fault("fewer keys"),
        }
        match self.peek() {
            Some(b'(') => {
                let keys = self.list(SEARCH_KEY_COUNT_MAX, |parser| parser.search_key(depth + 1, budget))?;
                if keys.is_empty() { self.fault("a search key") } else { Ok(Key::And(keys)) }
            }
            Some(b'0'..=b'9' | b'*' | b'$') => Ok(Key::Sequence(self.set()?)),
            Some(_) | None => {
                let at = self.at;
                let word = self.word("a search key")?;
                if let Some(key) = plain_key(&word) {
                    return Ok(key);
                }
                match word.as_str() {
                    "NOT" => {
                        self.space()?;
                        Ok(Key::Not(Box::new(self.search_key(depth + 1, budget)?)))
                    }
                    "OR" => {
                        self.space()?;
                        let left = self.search_key(depth + 1, budget)?;
                        self.space()?;
                        let right = self.search_key(depth + 1, budget)?;
                        Ok(Key::Or(Box::new(left), Box::new(right)))
                    }
                    word => {
                        if let Some((field, relation)) = date_key(word) {
                            self.space()?;
                            return Ok(Key::Date(field, relation, self.date()?));
                        }
                        self.key_with_argument(word, at)
                    }
                }
            }
        }
    }

    fn key_with_argument(&mut self, word: &str, at: usize) -> Parsed<Key> {
        if !KEYS_WITH_ARGUMENT.contains(&word) {
            self.at = at;
            return self.fault("a search key");
        }
        self.space()?;
        Ok(match word {
            "UID" => Key::Uid(self.set()?),
            "KEYWORD" => Key::Keyword(self.keyword()?),
            "UNKEYWORD" => Key::Not(Box::new(Key::Keyword(self.keyword()?))),
            "LARGER" => Key::Larger(self.number64()?),
            "SMALLER" => Key::Smaller(self.number64()?),
            "OLDER" => Key::Older(self.nz_number()?),
            "YOUNGER" => Key::Younger(self.nz_number()?),
            "FROM" => Key::Contains(TextPlace::From, self.text()?),
            "TO" => Key::Contains(TextPlace::To, self.text()?),
            "CC" => Key::Contains(TextPlace::Cc, self.text()?),
            "BCC" => Key::Contains(TextPlace::Bcc, self.text()?),
            "SUBJECT" => Key::Contains(TextPlace::Subject, self.text()?),
            "BODY" => Key::Text(TextField::Body, self.text()?),
            "TEXT" => Key::Text(TextField::Text, self.text()?),
            "EMAILID" => Key::EmailId(self.text()?),
            "THREADID" => Key::ThreadId(self.text()?),
            "MODSEQ" => {
                // The entry name and type are of no meaning to us (RFC 7162 section 3.1.5).
                if self.peek() == Some(b'"') {
                    self.string()?;
                    self.space()?;
                    self.word("`all`, `shared` or `priv`")?;
                    self.space()?;
                }
                Key::Modseq(self.number64()?)
            }
            _ => {
                let name = self.text()?;
                self.space()?;
                Key::Contains(TextPlace::Header(name), self.text()?)
            }
        })
    }
}

const KEYS_WITH_ARGUMENT: [&str; 18] = [
    "UID",
    "KEYWORD",
    "UNKEYWORD",
    "LARGER",
    "SMALLER",
    "OLDER",
    "YOUNGER",
    "FROM",
    "TO",
    "CC",
    "BCC",
    "SUBJECT",
    "BODY",
    "TEXT",
    "EMAILID",
    "THREADID",
    "MODSEQ",
    "HEADER",
];

fn plain_key(word: &str) -> Option<Key> {
    let not = |key| Some(Key::Not(Box::new(key)));
    match word {
        "ALL" | "OLD" => Some(Key::All),
        "RECENT" | "NEW" => Some(Key::Never),
        "SAVEDATESUPPORTED" => Some(Key::SaveDateSupported),
        "SEEN" => Some(Key::Flag(SystemFlag::Seen)),
        "ANSWERED" => Some(Key::Flag(SystemFlag::Answered)),
        "FLAGGED" => Some(Key::Flag(SystemFlag::Flagged)),
        "DELETED" => Some(Key::Flag(SystemFlag::Deleted)),
        "DRAFT" => Some(Key::Flag(SystemFlag::Draft)),
        "UNSEEN" => not(Key::Flag(SystemFlag::Seen)),
        "UNANSWERED" => not(Key::Flag(SystemFlag::Answered)),
        "UNFLAGGED" => not(Key::Flag(SystemFlag::Flagged)),
        "UNDELETED" => not(Key::Flag(SystemFlag::Deleted)),
        "UNDRAFT" => not(Key::Flag(SystemFlag::Draft)),
        _ => None,
    }
}

fn date_key(word: &str) -> Option<(DateField, DateRelation)> {
    let (field, relation) = match word {
        "BEFORE" | "ON" | "SINCE" => (DateField::Arrived, word),
        _ => match (word.strip_prefix("SENT"), word.strip_prefix("SAVED")) {
            (Some(relation), _) => (DateField::Sent, relation),
            (None, Some(relation)) => (DateField::Saved, relation),
            (None, None) => return None,
        },
    };
    match relation {
        "BEFORE" => Some((field, DateRelation::Before)),
        "ON" => Some((field, DateRelation::On)),
        "SINCE" => Some((field, DateRelation::Since)),
        _ => None,
    }
}
