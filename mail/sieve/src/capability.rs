//! The extensions that a script may require.

macro_rules! capabilities {
    ($($(#[$doc:meta])* $variant:ident = $name:literal;)*) => {
        /// An extension, by its name in `require`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Capability {
            $($(#[$doc])* $variant,)*
        }

        impl Capability {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Its name in `require`.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

capabilities! {
    /// Delivery into a folder (RFC 5228 section 4.1).
    FileInto = "fileinto";
    /// The envelope test (RFC 5228 section 5.4).
    Envelope = "envelope";
    /// `${hex:}` and `${unicode:}` in strings (RFC 5228 section 2.4.2.4).
    EncodedCharacter = "encoded-character";
    /// Variables (RFC 5229).
    Variables = "variables";
    /// IMAP flags (RFC 5232).
    Imap4Flags = "imap4flags";
    /// Answers while away (RFC 5230).
    Vacation = "vacation";
    /// The same in seconds (RFC 6131).
    VacationSeconds = "vacation-seconds";
    /// `:count` and `:value` (RFC 5231).
    Relational = "relational";
    /// `:user` and `:detail` (RFC 5233).
    Subaddress = "subaddress";
    /// The body test (RFC 5173).
    Body = "body";
    /// `:copy` (RFC 3894).
    Copy = "copy";
    /// `:regex` (draft-ietf-sieve-regex).
    Regex = "regex";
    /// Dates (RFC 5260 section 4).
    Date = "date";
    /// `:index` and `:last` (RFC 5260 section 6).
    Index = "index";
    /// Refusing with a message (RFC 5429 section 2.2).
    Reject = "reject";
    /// Refusing while the message is given (RFC 5429 section 2.1).
    Ereject = "ereject";
    /// Other scripts (RFC 6609).
    Include = "include";
    /// Folders (RFC 5490 section 3).
    Mailbox = "mailbox";
    /// Folders by their use (RFC 8579).
    SpecialUse = "special-use";
    /// Adding and taking away headers (RFC 5293).
    EditHeader = "editheader";
    /// Notifications (RFC 5435).
    Enotify = "enotify";
    /// Mail that came before (RFC 7352).
    Duplicate = "duplicate";
    /// Where the script runs (RFC 5183).
    Environment = "environment";
    /// What is there (RFC 5463).
    Ihave = "ihave";
    /// The verdict of the spam filter (RFC 5235 section 2).
    SpamTest = "spamtest";
    /// The same in percent (RFC 5235 section 2).
    SpamTestPlus = "spamtestplus";
    /// The verdict of the virus scanner (RFC 5235 section 3).
    VirusTest = "virustest";
    /// Lists kept elsewhere (RFC 6134).
    ExtLists = "extlists";
    /// Octet by octet (RFC 4790 section 9.3): always there.
    ComparatorOctet = "comparator-i;octet";
    /// Without regard to case (RFC 4790 section 9.2): always there.
    ComparatorCasemap = "comparator-i;ascii-casemap";
    /// As numbers (RFC 4790 section 9.1).
    ComparatorNumeric = "comparator-i;ascii-numeric";
}

impl Capability {
    /// The extension of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|capability| capability.name() == name)
    }

    /// The extensions that are there where this one is required.
    pub const fn implied(self) -> &'static [Self] {
        match self {
            // RFC 6131 section 2; RFC 5235 section 2.1.
            Self::VacationSeconds => &[Self::Vacation],
            Self::SpamTestPlus => &[Self::SpamTest],
            _ => &[],
        }
    }
}
