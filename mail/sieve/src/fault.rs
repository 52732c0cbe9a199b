//! What is wrong with a script, and where.

use std::fmt;

use crate::limit::{
    COMMAND_COUNT_MAX, NESTING_DEPTH_MAX, NUMBER_MAX, REDIRECT_COUNT_MAX, REGEX_COUNT_MAX, REGEX_OCTETS_MAX,
    SCRIPT_OCTETS_MAX, STRING_LIST_COUNT_MAX, TEST_COUNT_MAX,
};

/// A place in a script, as an editor counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// From 1.
    pub line: u32,
    /// In characters, from 1.
    pub column: u32,
}

/// What is wrong, and where it was noticed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {}, column {}: {kind}", at.line, at.column)]
pub struct Fault {
    /// Where.
    pub at: Place,
    /// What.
    pub kind: FaultKind,
}

/// What can be wrong with a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultKind {
    /// More than [`SCRIPT_OCTETS_MAX`].
    ScriptTooLong,
    /// More than [`NESTING_DEPTH_MAX`].
    TooDeep,
    /// More than [`COMMAND_COUNT_MAX`].
    TooManyCommands,
    /// More than [`TEST_COUNT_MAX`].
    TooManyTests,
    /// More than [`STRING_LIST_COUNT_MAX`].
    TooManyStrings,
    /// More than [`REDIRECT_COUNT_MAX`].
    TooManyRedirects,
    /// Above [`NUMBER_MAX`], or not followed by a space or K, M, G.
    Number,
    /// A character that begins no word.
    Character(char),
    /// A comment, string or text goes on to the end of the script.
    Unended(&'static str),
    /// Another word was expected.
    Expected {
        /// What.
        wanted: &'static str,
        /// What stands there.
        found: String,
    },
    /// No command has this name.
    UnknownCommand(String),
    /// No test has this name.
    UnknownTest(String),
    /// The command or test has no such tag.
    UnknownTag {
        /// Which command or test.
        of: String,
        /// Which tag.
        tag: String,
    },
    /// Nothing is known by this name in `require`.
    UnknownCapability(String),
    /// A word is used whose extension is not required.
    NotRequired {
        /// The word.
        word: String,
        /// The extension.
        capability: &'static str,
    },
    /// `require` stands behind another command.
    RequireLate,
    /// `elsif` or `else` without `if` before it.
    Branch(String),
    /// Two tags contradict each other, or one stands twice.
    TagsContradict(String),
    /// A tag stands behind an argument that is not its own.
    TagLate(String),
    /// An argument is missing or of another type.
    Argument {
        /// Of which word.
        of: String,
        /// What was expected.
        wanted: &'static str,
    },
    /// There is one argument too many.
    ArgumentMany(String),
    /// Tests are missing, or there are some where there are none.
    Tests(String),
    /// A block is missing, or there is one where there is none.
    Block(String),
    /// A text is not what it has to be.
    Value {
        /// What was expected.
        wanted: &'static str,
        /// What stands there.
        found: String,
    },
    /// A regular expression is longer than [`REGEX_OCTETS_MAX`] or too large once compiled.
    RegexLarge,
    /// More than [`REGEX_COUNT_MAX`] regular expressions.
    RegexMany,
    /// A regular expression cannot be read.
    Regex(String),
    /// A header that is never taken away or added.
    HeaderProtected(String),
}

impl FaultKind {
    /// The sentence in English.
    pub fn english(&self) -> String {
        match self {
            Self::ScriptTooLong => format!("a script has at most {SCRIPT_OCTETS_MAX} octets"),
            Self::TooDeep => format!("blocks and tests are nested at most {NESTING_DEPTH_MAX} deep"),
            Self::TooManyCommands => format!("a script has at most {COMMAND_COUNT_MAX} commands"),
            Self::TooManyTests => format!("a script has at most {TEST_COUNT_MAX} tests"),
            Self::TooManyStrings => format!("a list has at most {STRING_LIST_COUNT_MAX} strings"),
            Self::TooManyRedirects => format!("a script has at most {REDIRECT_COUNT_MAX} redirects"),
            Self::Number => format!("a number is at most {NUMBER_MAX}, with K, M or G behind it or nothing"),
            Self::Character(found) => format!("the character {found:?} begins nothing here"),
            Self::Unended(what) => format!("{what} is not ended"),
            Self::Expected { wanted, found } => format!("{wanted} is expected, not {found}"),
            Self::UnknownCommand(name) => format!("there is no command `{name}`"),
            Self::UnknownTest(name) => format!("there is no test `{name}`"),
            Self::UnknownTag { of, tag } => format!("`{of}` has no tag `:{tag}`"),
            Self::UnknownCapability(name) => format!("the extension \"{name}\" is not known here"),
            Self::NotRequired { word, capability } => {
                format!("`{word}` needs `require \"{capability}\";` at the beginning")
            }
            Self::RequireLate => "`require` comes before every other command".to_owned(),
            Self::Branch(word) => format!("`{word}` stands behind the block of an `if` or `elsif`"),
            Self::TagsContradict(tag) => format!("`:{tag}` contradicts or repeats a tag before it"),
            Self::TagLate(tag) => format!("`:{tag}` comes before the other arguments"),
            Self::Argument { of, wanted } => format!("`{of}` needs {wanted} here"),
            Self::ArgumentMany(of) => format!("`{of}` takes no further argument"),
            Self::Tests(of) => format!("`{of}` has too few or too many tests"),
            Self::Block(of) => format!("`{of}` ends in a block or in `;`, as its definition says"),
            Self::Value { wanted, found } => format!("\"{found}\" is not {wanted}"),
            Self::RegexLarge => {
                format!("a regular expression has at most {REGEX_OCTETS_MAX} octets and repeats little")
            }
            Self::RegexMany => format!("a script has at most {REGEX_COUNT_MAX} regular expressions"),
            Self::Regex(why) => format!("this regular expression cannot be read: {why}"),
            Self::HeaderProtected(name) => format!("the header `{name}` is never added or taken away"),
        }
    }

    /// The sentence in French.
    pub fn french(&self) -> String {
        match self {
            Self::ScriptTooLong => format!("un script a au plus {SCRIPT_OCTETS_MAX} octets"),
            Self::TooDeep => format!("blocs et tests s'imbriquent sur {NESTING_DEPTH_MAX} niveaux au plus"),
            Self::TooManyCommands => format!("un script a au plus {COMMAND_COUNT_MAX} commandes"),
            Self::TooManyTests => format!("un script a au plus {TEST_COUNT_MAX} tests"),
            Self::TooManyStrings => format!("une liste a au plus {STRING_LIST_COUNT_MAX} chaînes"),
            Self::TooManyRedirects => format!("un script a au plus {REDIRECT_COUNT_MAX} redirections"),
            Self::Number => format!("un nombre vaut au plus {NUMBER_MAX}, suivi de K, M, G ou de rien"),
            Self::Character(found) => format!("le caractère {found:?} ne commence rien ici"),
            Self::Unended(what) => format!("{} n'est pas terminé", french(what)),
            Self::Expected { wanted, found } => format!("{} est attendu, pas {found}", french(wanted)),
            Self::UnknownCommand(name) => format!("il n'y a pas de commande `{name}`"),
            Self::UnknownTest(name) => format!("il n'y a pas de test `{name}`"),
            Self::UnknownTag { of, tag } => format!("`{of}` n'a pas d'option `:{tag}`"),
            Self::UnknownCapability(name) => format!("l'extension \"{name}\" n'est pas connue ici"),
            Self::NotRequired { word, capability } => {
                format!("`{word}` demande `require \"{capability}\";` au début")
            }
            Self::RequireLate => "`require` vient avant toute autre commande".to_owned(),
            Self::Branch(word) => format!("`{word}` suit le bloc d'un `if` ou d'un `elsif`"),
            Self::TagsContradict(tag) => format!("`:{tag}` contredit ou répète une option précédente"),
            Self::TagLate(tag) => format!("`:{tag}` vient avant les autres arguments"),
            Self::Argument { of, wanted } => format!("`{of}` demande ici {}", french(wanted)),
            Self::ArgumentMany(of) => format!("`{of}` n'accepte pas d'autre argument"),
            Self::Tests(of) => format!("`{of}` a trop ou trop peu de tests"),
            Self::Block(of) => format!("`{of}` se termine par un bloc ou par `;`, selon sa définition"),
            Self::Value { wanted, found } => format!("\"{found}\" n'est pas {}", french(wanted)),
            Self::RegexLarge => {
                format!("une expression régulière a au plus {REGEX_OCTETS_MAX} octets et répète peu")
            }
            Self::RegexMany => format!("un script a au plus {REGEX_COUNT_MAX} expressions régulières"),
            Self::Regex(why) => format!("cette expression régulière est illisible : {why}"),
            Self::HeaderProtected(name) => format!("l'en-tête `{name}` n'est jamais ajouté ni retiré"),
        }
    }
}

/// What is expected, in French.
fn french(english: &'static str) -> &'static str {
    match english {
        "a comment" => "un commentaire",
        "a string" => "une chaîne",
        "a text" => "un texte",
        "a number" => "un nombre",
        "a string or a list of strings" => "une chaîne ou une liste de chaînes",
        "a command" => "une commande",
        "a test" => "un test",
        "`;` or a block" => "`;` ou un bloc",
        "`,` or `]`" => "`,` ou `]`",
        "`,` or `)`" => "`,` ou `)`",
        "an address" => "une adresse",
        "the name of a header" => "le nom d'un en-tête",
        "the name of a variable" => "le nom d'une variable",
        "a flag" => "un drapeau",
        "a part of a date" => "une partie de date",
        "a part of the envelope" => "une partie de l'enveloppe",
        "a time zone such as +0100" => "un fuseau comme +0100",
        "a comparator" => "un comparateur",
        "one of gt, ge, lt, le, eq, ne" => "l'un de gt, ge, lt, le, eq, ne",
        "an importance of 1, 2 or 3" => "une importance de 1, 2 ou 3",
        "a number from 1" => "un nombre à partir de 1",
        "a number of days from 1 to 365" => "un nombre de jours de 1 à 365",
        "the name of a folder" => "le nom d'un dossier",
        "a special use such as \\Junk" => "un usage spécial comme \\Junk",
        "the name of a script" => "le nom d'un script",
        "a notification method such as mailto:a@example.org" => {
            "une méthode de notification comme mailto:a@example.org"
        }
        "a percentage from 0 to 100" => "un pourcentage de 0 à 100",
        other => other,
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.english())
    }
}
