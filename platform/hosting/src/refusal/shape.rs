//! What a row of the catalogue is, and the macro that makes the enum of the rows.

use kernel::ByteSize;

/// A language in which the platform speaks to people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Language {
    /// English.
    En,
    /// French.
    Fr,
}

impl Language {
    /// Its tag (RFC 5646).
    pub const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Fr => "fr",
        }
    }

    /// The language of a tag.
    pub fn tagged(tag: &str) -> Option<Self> {
        [Self::En, Self::Fr].into_iter().find(|language| language.tag() == tag)
    }
}

/// How much is allowed and how much would be, or is, used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// The most that is allowed.
    pub allowed: u64,
    /// What is in use or was asked for.
    pub used: u64,
}

impl Limit {
    /// A limit on counts.
    pub fn count(allowed: usize, used: usize) -> Self {
        Self { allowed: allowed as u64, used: used as u64 }
    }

    /// A limit on octets.
    pub const fn bytes(allowed: ByteSize, used: ByteSize) -> Self {
        Self { allowed: allowed.octets(), used: used.octets() }
    }
}

/// One row of the catalogue.
pub(super) struct Row {
    pub(super) code: &'static str,
    pub(super) en: &'static str,
    pub(super) fr: &'static str,
}

macro_rules! refusals {
    (
        $(#[$enum_doc:meta])* $enum:ident
        also { $($(#[$adoc:meta])* $also:ident($other:ident);)* }
        plain { $($(#[$doc:meta])* $name:ident = $code:literal, $field:expr, $en:literal, $fr:literal;)* }
        limited { $($(#[$ldoc:meta])* $lname:ident = $lcode:literal, $lfield:expr, $limit:literal, $len:literal, $lfr:literal;)* }
    ) => {
        $(#[$enum_doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $enum {
            $($(#[$doc])* $name,)*
            $($(#[$ldoc])* $lname(Limit),)*
            $($(#[$adoc])* $also($other),)*
        }

        impl $enum {
            /// All codes of this chapter, in the order of the catalogue.
            pub const CODES: &'static [&'static str] = &[$($code,)* $($lcode,)*];
            pub(in crate::refusal) const ROWS: &'static [Row] = &[
                $(Row { code: $code, en: $en, fr: $fr },)*
                $(Row { code: $lcode, en: $len, fr: $lfr },)*
            ];
        }

        impl kernel::Refusal for $enum {
            fn code(&self) -> &'static str {
                match self {
                    $(Self::$name => $code,)*
                    $(Self::$lname(_) => $lcode,)*
                    $(Self::$also(chapter) => chapter.code(),)*
                }
            }

            fn field(&self) -> Option<&'static str> {
                match self {
                    $(Self::$name => $field,)*
                    $(Self::$lname(_) => $lfield,)*
                    $(Self::$also(chapter) => chapter.field(),)*
                }
            }

            fn limits(&self) -> Vec<LimitFact> {
                match self {
                    $(Self::$name => Vec::new(),)*
                    $(Self::$lname(limit) => {
                        vec![LimitFact { name: $limit, allowed: limit.allowed, used: Some(limit.used) }]
                    })*
                    $(Self::$also(chapter) => chapter.limits(),)*
                }
            }
        }

        impl std::fmt::Display for $enum {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                use kernel::Refusal as _;
                f.write_str(&crate::refusal::text(self.code(), Language::En, &self.limits()))
            }
        }

        impl std::error::Error for $enum {}

        $(impl From<$other> for $enum {
            fn from(chapter: $other) -> Self {
                Self::$also(chapter)
            }
        })*
    };
}
