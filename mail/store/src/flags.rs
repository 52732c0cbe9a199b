//! Flags of a message.

/// Most keywords on one message.
pub const KEYWORD_COUNT_MAX: usize = 64;
/// Longest keyword in octets.
pub const KEYWORD_OCTETS_MAX: usize = 64;

/// A flag that IMAP defines (RFC 9051 section 2.3.2). `\Recent` is a matter of sessions and not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum SystemFlag {
    /// `\Seen`
    Seen = 1,
    /// `\Answered`
    Answered = 2,
    /// `\Flagged`
    Flagged = 4,
    /// `\Deleted`
    Deleted = 8,
    /// `\Draft`
    Draft = 16,
}

impl SystemFlag {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Seen, Self::Answered, Self::Flagged, Self::Deleted, Self::Draft];

    /// As written in IMAP, with the backslash.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Seen => "\\Seen",
            Self::Answered => "\\Answered",
            Self::Flagged => "\\Flagged",
            Self::Deleted => "\\Deleted",
            Self::Draft => "\\Draft",
        }
    }
}

/// The flags of one message: system flags as bits, keywords sorted, without regard to case, first spelling kept.
#[derive(Debug, Clone, PartialEq, Eq, Default, Hash)]
pub struct Flags {
    /// Or of [`SystemFlag`]s.
    pub system: u8,
    /// Sorted by lower case; none twice.
    pub keywords: Vec<Box<str>>,
}

impl Flags {
    /// No flag.
    pub const NONE: Self = Self { system: 0, keywords: Vec::new() };

    /// Whether `flag` is set.
    pub const fn has(&self, flag: SystemFlag) -> bool {
        self.system & flag as u8 != 0
    }

    /// The same with `flag` set.
    #[must_use]
    pub const fn with(mut self, flag: SystemFlag) -> Self {
        self.system |= flag as u8;
        self
    }

    /// Sets a keyword; beyond [`KEYWORD_COUNT_MAX`] it is not set.
    pub fn insert_keyword(&mut self, keyword: &str) {
        let lower = keyword.to_ascii_lowercase();
        let place =
            self.keywords.binary_search_by(|other| other.to_ascii_lowercase().as_str().cmp(lower.as_str()));
        if let Err(index) = place
            && self.keywords.len() < KEYWORD_COUNT_MAX
        {
            self.keywords.insert(index, keyword.into());
        }
    }

    /// Whether a keyword is set, without regard to case.
    pub fn has_keyword(&self, keyword: &str) -> bool {
        self.keywords.iter().any(|other| other.eq_ignore_ascii_case(keyword))
    }

    /// What remains after `change`.
    #[must_use]
    pub fn changed(&self, change: &FlagChange) -> Self {
        match change {
            FlagChange::Replace(flags) => flags.clone(),
            FlagChange::Add(flags) => {
                let mut sum = self.clone();
                sum.system |= flags.system;
                for keyword in &flags.keywords {
                    sum.insert_keyword(keyword);
                }
                sum
            }
            FlagChange::Remove(flags) => Self {
                system: self.system & !flags.system,
                keywords: self
                    .keywords
                    .iter()
                    .filter(|keyword| !flags.has_keyword(keyword))
                    .cloned()
                    .collect(),
            },
        }
    }
}

/// STORE's three forms (RFC 9051 section 6.4.6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FlagChange {
    /// `FLAGS`
    Replace(Flags),
    /// `+FLAGS`
    Add(Flags),
    /// `-FLAGS`
    Remove(Flags),
}
