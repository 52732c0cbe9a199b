//! Every word of the language: one row each, with what it needs and takes. The checker and the interpreter know no names.

use crate::Capability;
use crate::Capability as C;

/// What an argument has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A number from 0.
    Number,
    /// A number from 1.
    Ordinal,
    /// Days from 1 to 365.
    Days,
    /// One string.
    Text(Role),
    /// Strings, or one.
    Texts(Role),
}

/// What a string is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Any,
    /// What is compared: a pattern with `:matches`, an expression with `:regex`.
    Key,
    Header,
    /// A header that may be added or taken away.
    OwnHeader,
    Address,
    /// An address, with or without a name before it.
    NamedAddress,
    Flags,
    Folder,
    SpecialUse,
    Variable,
    DatePart,
    EnvelopePart,
    Zone,
    Comparator,
    Relation,
    Importance,
    Method,
    ScriptName,
    Capability,
}

/// How many tests a word stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tests {
    None,
    One,
    Many,
}

/// A row of the table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    /// One of these has to be required; empty: nothing.
    pub(crate) needs: &'static [Capability],
    pub(crate) tags: &'static [&'static [TagRow]],
    /// Before the others; may be left out.
    pub(crate) first: Option<Kind>,
    pub(crate) arguments: &'static [Kind],
    /// Behind the others; may be left out.
    pub(crate) last: Option<Kind>,
    pub(crate) tests: Tests,
    pub(crate) has_block: bool,
    /// One tag of this group is needed.
    pub(crate) demands: Option<Tag>,
}

const PLAIN: Row = Row {
    needs: &[],
    tags: &[],
    first: None,
    arguments: &[],
    last: None,
    tests: Tests::None,
    has_block: false,
    demands: None,
};

/// A tag in the table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TagRow {
    pub(crate) name: &'static str,
    pub(crate) tag: Tag,
    /// Of those with the same one, one stands at most.
    pub(crate) group: Tag,
    pub(crate) argument: Option<Kind>,
    pub(crate) needs: Option<Capability>,
}

const fn tag(name: &'static str, tag: Tag, group: Tag) -> TagRow {
    TagRow { name, tag, group, argument: None, needs: None }
}

impl TagRow {
    const fn with(mut self, argument: Kind) -> Self {
        self.argument = Some(argument);
        self
    }

    const fn needs(mut self, capability: Capability) -> Self {
        self.needs = Some(capability);
        self
    }
}

/// A tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "named after the tags of the standards")]
pub enum Tag {
    Addresses,
    All,
    Comparator,
    Contains,
    Content,
    Copy,
    Count,
    Create,
    Days,
    Detail,
    Domain,
    Flags,
    From,
    Global,
    Handle,
    Header,
    Importance,
    Index,
    Is,
    Last,
    Length,
    List,
    LocalPart,
    Lower,
    LowerFirst,
    Matches,
    Message,
    Mime,
    Once,
    Optional,
    Options,
    OriginalZone,
    Over,
    Percent,
    Personal,
    QuoteRegex,
    QuoteWildcard,
    Raw,
    Regex,
    Seconds,
    SpecialUse,
    Subject,
    Text,
    Under,
    UniqueId,
    Upper,
    UpperFirst,
    User,
    Value,
    Zone,
}

const MATCH: &[TagRow] = &[
    tag("is", Tag::Is, Tag::Is),
    tag("contains", Tag::Contains, Tag::Is),
    tag("matches", Tag::Matches, Tag::Is),
    tag("regex", Tag::Regex, Tag::Is).needs(C::Regex),
    tag("value", Tag::Value, Tag::Is).with(Kind::Text(Role::Relation)).needs(C::Relational),
    tag("count", Tag::Count, Tag::Is).with(Kind::Text(Role::Relation)).needs(C::Relational),
    tag("list", Tag::List, Tag::Is).needs(C::ExtLists),
];
const COMPARATOR: &[TagRow] =
    &[tag("comparator", Tag::Comparator, Tag::Comparator).with(Kind::Text(Role::Comparator))];
const ADDRESS_PART: &[TagRow] = &[
    tag("all", Tag::All, Tag::All),
    tag("localpart", Tag::LocalPart, Tag::All),
    tag("domain", Tag::Domain, Tag::All),
    tag("user", Tag::User, Tag::All).needs(C::Subaddress),
    tag("detail", Tag::Detail, Tag::All).needs(C::Subaddress),
];
const INDEX: &[TagRow] = &[
    tag("index", Tag::Index, Tag::Index).with(Kind::Ordinal).needs(C::Index),
    tag("last", Tag::Last, Tag::Last).needs(C::Index),
];
const SIZE: &[TagRow] = &[tag("over", Tag::Over, Tag::Over), tag("under", Tag::Under, Tag::Over)];
const COPY: &[TagRow] = &[tag("copy", Tag::Copy, Tag::Copy).needs(C::Copy)];
const FLAGS: &[TagRow] =
    &[tag("flags", Tag::Flags, Tag::Flags).with(Kind::Texts(Role::Flags)).needs(C::Imap4Flags)];
const FOLDER: &[TagRow] = &[
    tag("create", Tag::Create, Tag::Create).needs(C::Mailbox),
    tag("specialuse", Tag::SpecialUse, Tag::SpecialUse)
        .with(Kind::Text(Role::SpecialUse))
        .needs(C::SpecialUse),
];
const LIST: &[TagRow] = &[tag("list", Tag::List, Tag::List).needs(C::ExtLists)];
const VACATION: &[TagRow] = &[
    tag("days", Tag::Days, Tag::Days).with(Kind::Days),
    tag("seconds", Tag::Seconds, Tag::Days).with(Kind::Number).needs(C::VacationSeconds),
    tag("subject", Tag::Subject, Tag::Subject).with(Kind::Text(Role::Any)),
    tag("from", Tag::From, Tag::From).with(Kind::Text(Role::NamedAddress)),
    tag("addresses", Tag::Addresses, Tag::Addresses).with(Kind::Texts(Role::Address)),
    tag("mime", Tag::Mime, Tag::Mime),
    tag("handle", Tag::Handle, Tag::Handle).with(Kind::Text(Role::Any)),
];
const MODIFIERS: &[TagRow] = &[
    tag("lower", Tag::Lower, Tag::Lower),
    tag("upper", Tag::Upper, Tag::Lower),
    tag("lowerfirst", Tag::LowerFirst, Tag::LowerFirst),
    tag("upperfirst", Tag::UpperFirst, Tag::LowerFirst),
    tag("quotewildcard", Tag::QuoteWildcard, Tag::QuoteWildcard),
    tag("quoteregex", Tag::QuoteRegex, Tag::QuoteRegex).needs(C::Regex),
    tag("length", Tag::Length, Tag::Length),
];
const INCLUDE: &[TagRow] = &[
    tag("personal", Tag::Personal, Tag::Personal),
    tag("global", Tag::Global, Tag::Personal),
    tag("once", Tag::Once, Tag::Once),
    tag("optional", Tag::Optional, Tag::Optional),
];
const BODY: &[TagRow] = &[
    tag("raw", Tag::Raw, Tag::Raw),
    tag("content", Tag::Content, Tag::Raw).with(Kind::Texts(Role::Any)),
    tag("text", Tag::Text, Tag::Raw),
];
const ZONES: &[TagRow] = &[
    tag("zone", Tag::Zone, Tag::Zone).with(Kind::Text(Role::Zone)),
    tag("originalzone", Tag::OriginalZone, Tag::Zone),
];
const ZONE: &[TagRow] = &[tag("zone", Tag::Zone, Tag::Zone).with(Kind::Text(Role::Zone))];
const NOTIFY: &[TagRow] = &[
    tag("from", Tag::From, Tag::From).with(Kind::Text(Role::NamedAddress)),
    tag("importance", Tag::Importance, Tag::Importance).with(Kind::Text(Role::Importance)),
    tag("options", Tag::Options, Tag::Options).with(Kind::Texts(Role::Any)),
    tag("message", Tag::Message, Tag::Message).with(Kind::Text(Role::Any)),
];
const DUPLICATE: &[TagRow] = &[
    tag("handle", Tag::Handle, Tag::Handle).with(Kind::Text(Role::Any)),
    tag("header", Tag::Header, Tag::Header).with(Kind::Text(Role::Header)),
    tag("uniqueid", Tag::UniqueId, Tag::Header).with(Kind::Text(Role::Any)),
    tag("seconds", Tag::Seconds, Tag::Seconds).with(Kind::Number),
    tag("last", Tag::Last, Tag::Last),
];
const PERCENT: &[TagRow] = &[tag("percent", Tag::Percent, Tag::Percent).needs(C::SpamTestPlus)];
const AT_END: &[TagRow] = &[tag("last", Tag::Last, Tag::Last)];
/// RFC 5293 section 5: `:index` and `:last` belong to the extension itself.
const WHICH: &[TagRow] =
    &[tag("index", Tag::Index, Tag::Index).with(Kind::Ordinal), tag("last", Tag::Last, Tag::Last)];

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$word_doc:meta])* $variant:ident = $word:literal, $row:expr;)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$word_doc])* $variant,)*
        }

        impl $name {
            /// All of them, with their names.
            pub const ALL: &'static [(&'static str, Self)] = &[$(($word, Self::$variant)),*];

            /// Its row in the table.
            pub(crate) const fn row(self) -> Row {
                match self {
                    $(Self::$variant => $row,)*
                }
            }

            /// The word of that name, in lower case.
            pub(crate) fn named(name: &str) -> Option<Self> {
                Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, word)| *word)
            }
        }
    };
}

words! {
    /// What a command does.
    Verb {
        /// Does its block where its test is met (RFC 5228 section 3.1).
        If = "if", Row { tests: Tests::One, has_block: true, ..PLAIN };
        /// The same where those before were not.
        ElsIf = "elsif", Row { tests: Tests::One, has_block: true, ..PLAIN };
        /// What is done where none was.
        Else = "else", Row { has_block: true, ..PLAIN };
        /// Ends the script (RFC 5228 section 3.3).
        Stop = "stop", PLAIN;
        /// Into INBOX (RFC 5228 section 4.3).
        Keep = "keep", Row { tags: &[FLAGS], ..PLAIN };
        /// Into nothing (RFC 5228 section 4.4).
        Discard = "discard", PLAIN;
        /// Into a folder (RFC 5228 section 4.1).
        FileInto = "fileinto", Row {
            needs: &[C::FileInto],
            tags: &[COPY, FLAGS, FOLDER],
            arguments: &[Kind::Text(Role::Folder)],
            ..PLAIN
        };
        /// To another address (RFC 5228 section 4.2).
        Redirect = "redirect", Row { tags: &[COPY, LIST], arguments: &[Kind::Text(Role::Address)], ..PLAIN };
        /// Back to the sender, with a reason (RFC 5429 section 2.2).
        Reject = "reject", Row { needs: &[C::Reject], arguments: &[Kind::Text(Role::Any)], ..PLAIN };
        /// Refused while it is given (RFC 5429 section 2.1).
        Ereject = "ereject", Row { needs: &[C::Ereject], arguments: &[Kind::Text(Role::Any)], ..PLAIN };
        /// Gives a variable a value (RFC 5229 section 4).
        Set = "set", Row {
            needs: &[C::Variables],
            tags: &[MODIFIERS],
            arguments: &[Kind::Text(Role::Variable), Kind::Text(Role::Any)],
            ..PLAIN
        };
        /// Sets flags (RFC 5232 section 3.1).
        SetFlag = "setflag", Row {
            needs: &[C::Imap4Flags],
            first: Some(Kind::Text(Role::Variable)),
            arguments: &[Kind::Texts(Role::Flags)],
            ..PLAIN
        };
        /// Adds flags (RFC 5232 section 3.2).
        AddFlag = "addflag", Row {
            needs: &[C::Imap4Flags],
            first: Some(Kind::Text(Role::Variable)),
            arguments: &[Kind::Texts(Role::Flags)],
            ..PLAIN
        };
        /// Takes flags away (RFC 5232 section 3.3).
        RemoveFlag = "removeflag", Row {
            needs: &[C::Imap4Flags],
            first: Some(Kind::Text(Role::Variable)),
            arguments: &[Kind::Texts(Role::Flags)],
            ..PLAIN
        };
        /// Answers while away (RFC 5230 section 4).
        Vacation = "vacation", Row {
            needs: &[C::Vacation],
            tags: &[VACATION],
            arguments: &[Kind::Text(Role::Any)],
            ..PLAIN
        };
        /// Runs another script (RFC 6609 section 3.2).
        Include = "include", Row {
            needs: &[C::Include],
            tags: &[INCLUDE],
            arguments: &[Kind::Text(Role::ScriptName)],
            ..PLAIN
        };
        /// Goes back to the script that included this one (RFC 6609 section 3.3).
        Return = "return", Row { needs: &[C::Include], ..PLAIN };
        /// Shares variables with other scripts (RFC 6609 section 3.4).
        Global = "global", Row { needs: &[C::Include], arguments: &[Kind::Texts(Role::Variable)], ..PLAIN };
        /// Adds a header (RFC 5293 section 4).
        AddHeader = "addheader", Row {
            needs: &[C::EditHeader],
            tags: &[AT_END],
            arguments: &[Kind::Text(Role::OwnHeader), Kind::Text(Role::Any)],
            ..PLAIN
        };
        /// Takes headers away (RFC 5293 section 5).
        DeleteHeader = "deleteheader", Row {
            needs: &[C::EditHeader],
            tags: &[WHICH, COMPARATOR, MATCH],
            arguments: &[Kind::Text(Role::OwnHeader)],
            last: Some(Kind::Texts(Role::Key)),
            ..PLAIN
        };
        /// Tells somebody (RFC 5435 section 3).
        Notify = "notify", Row {
            needs: &[C::Enotify],
            tags: &[NOTIFY],
            arguments: &[Kind::Text(Role::Method)],
            ..PLAIN
        };
        /// Fails on purpose (RFC 5463 section 5).
        Error = "error", Row { needs: &[C::Ihave], arguments: &[Kind::Text(Role::Any)], ..PLAIN };
    }
}

words! {
    /// What a test asks.
    Trial {
        /// Parts of addresses in headers (RFC 5228 section 5.1).
        Address = "address", Row {
            tags: &[COMPARATOR, ADDRESS_PART, MATCH, INDEX],
            arguments: &[Kind::Texts(Role::Header), Kind::Texts(Role::Key)],
            ..PLAIN
        };
        /// All of its tests (RFC 5228 section 5.2).
        AllOf = "allof", Row { tests: Tests::Many, ..PLAIN };
        /// One of its tests (RFC 5228 section 5.3).
        AnyOf = "anyof", Row { tests: Tests::Many, ..PLAIN };
        /// Parts of the envelope (RFC 5228 section 5.4).
        Envelope = "envelope", Row {
            needs: &[C::Envelope],
            tags: &[COMPARATOR, ADDRESS_PART, MATCH],
            arguments: &[Kind::Texts(Role::EnvelopePart), Kind::Texts(Role::Key)],
            ..PLAIN
        };
        /// All of these headers (RFC 5228 section 5.5).
        Exists = "exists", Row { arguments: &[Kind::Texts(Role::Header)], ..PLAIN };
        /// No (RFC 5228 section 5.6).
        False = "false", PLAIN;
        /// Yes (RFC 5228 section 5.10).
        True = "true", PLAIN;
        /// Headers (RFC 5228 section 5.7).
        Header = "header", Row {
            tags: &[COMPARATOR, MATCH, INDEX],
            arguments: &[Kind::Texts(Role::Header), Kind::Texts(Role::Key)],
            ..PLAIN
        };
        /// Not its test (RFC 5228 section 5.8).
        Not = "not", Row { tests: Tests::One, ..PLAIN };
        /// The size of the message (RFC 5228 section 5.9).
        Size = "size", Row { tags: &[SIZE], arguments: &[Kind::Number], demands: Some(Tag::Over), ..PLAIN };
        /// Strings with variables (RFC 5229 section 5).
        String = "string", Row {
            needs: &[C::Variables],
            tags: &[COMPARATOR, MATCH],
            arguments: &[Kind::Texts(Role::Any), Kind::Texts(Role::Key)],
            ..PLAIN
        };
        /// Flags (RFC 5232 section 4).
        HasFlag = "hasflag", Row {
            needs: &[C::Imap4Flags],
            tags: &[COMPARATOR, MATCH],
            first: Some(Kind::Texts(Role::Variable)),
            arguments: &[Kind::Texts(Role::Key)],
            ..PLAIN
        };
        /// The body (RFC 5173 section 4).
        Body = "body", Row {
            needs: &[C::Body],
            tags: &[COMPARATOR, MATCH, BODY],
            arguments: &[Kind::Texts(Role::Key)],
            ..PLAIN
        };
        /// Dates in headers (RFC 5260 section 4.1).
        Date = "date", Row {
            needs: &[C::Date],
            tags: &[ZONES, COMPARATOR, MATCH, INDEX],
            arguments: &[Kind::Text(Role::Header), Kind::Text(Role::DatePart), Kind::Texts(Role::Key)],
            ..PLAIN
        };
        /// The date of today (RFC 5260 section 4.3).
        CurrentDate = "currentdate", Row {
            needs: &[C::Date],
            tags: &[ZONE, COMPARATOR, MATCH],
            arguments: &[Kind::Text(Role::DatePart), Kind::Texts(Role::Key)],
            ..PLAIN
        };
        /// Folders (RFC 5490 section 3.1).
        MailboxExists = "mailboxexists", Row {
            needs: &[C::Mailbox],
            arguments: &[Kind::Texts(Role::Folder)],
            ..PLAIN
        };
        /// Folders of a use (RFC 8579 section 3).
        SpecialUseExists = "specialuse_exists", Row {
            needs: &[C::SpecialUse],
            first: Some(Kind::Text(Role::Folder)),
            arguments: &[Kind::Texts(Role::SpecialUse)],
            ..PLAIN
        };
        /// Where the script runs (RFC 5183 section 4).
        Environment = "environment", Row {
            needs: &[C::Environment],
            tags: &[COMPARATOR, MATCH],
            arguments: &[Kind::Text(Role::Any), Kind::Texts(Role::Key)],
            ..PLAIN
        };
        /// Whether extensions are there (RFC 5463 section 4).
        Ihave = "ihave", Row { needs: &[C::Ihave], arguments: &[Kind::Texts(Role::Capability)], ..PLAIN };
        /// Whether the same message came before (RFC 7352 section 3).
        Duplicate = "duplicate", Row { needs: &[C::Duplicate], tags: &[DUPLICATE], ..PLAIN };
        /// The verdict of the spam filter (RFC 5235 section 2).
        SpamTest = "spamtest", Row {
            needs: &[C::SpamTest],
            tags: &[PERCENT, COMPARATOR, MATCH],
            arguments: &[Kind::Text(Role::Key)],
            ..PLAIN
        };
        /// The verdict of the virus scanner (RFC 5235 section 3).
        VirusTest = "virustest", Row {
            needs: &[C::VirusTest],
            tags: &[COMPARATOR, MATCH],
            arguments: &[Kind::Text(Role::Key)],
            ..PLAIN
        };
        /// Whether ways to notify are known (RFC 5435 section 4).
        ValidNotifyMethod = "valid_notify_method", Row {
            needs: &[C::Enotify],
            arguments: &[Kind::Texts(Role::Any)],
            ..PLAIN
        };
        /// What a way to notify can do (RFC 5435 section 5).
        NotifyMethodCapability = "notify_method_capability", Row {
            needs: &[C::Enotify],
            tags: &[COMPARATOR, MATCH],
            arguments: &[Kind::Text(Role::Any), Kind::Text(Role::Any), Kind::Texts(Role::Key)],
            ..PLAIN
        };
        /// Whether lists kept elsewhere are known (RFC 6134 section 2.7).
        ValidExtList = "valid_ext_list", Row {
            needs: &[C::ExtLists],
            arguments: &[Kind::Texts(Role::Any)],
            ..PLAIN
        };
    }
}
