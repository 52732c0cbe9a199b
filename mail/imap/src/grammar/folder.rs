//! Arguments of commands about folders (RFC 9051 section 6.3, RFC 6154, RFC 9208).

use store::SpecialUse;

use super::{FolderText, LIST_ELEMENT_COUNT_MAX, Malformed, Parsed, Parser};

/// CREATE.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Create {
    /// Its name.
    pub(crate) name: FolderText,
    /// What for; a use that we do not know is refused with USEATTR.
    pub(crate) special_use: Option<Result<SpecialUse, UnknownUse>>,
}

/// A use of another server's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct UnknownUse;

/// A command about one folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Naming(pub(crate) FolderText);

/// RENAME.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Renaming {
    /// The old name.
    pub(crate) from: FolderText,
    /// The new one.
    pub(crate) to: FolderText,
}

/// One value of STATUS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StatusItem {
    Messages,
    Recent,
    UidNext,
    UidValidity,
    Unseen,
    Deleted,
    Size,
    HighestModseq,
    MailboxId,
    AppendLimit,
    DeletedStorage,
}

impl StatusItem {
    const ALL: [(&'static str, Self); 11] = [
        ("MESSAGES", Self::Messages),
        ("RECENT", Self::Recent),
        ("UIDNEXT", Self::UidNext),
        ("UIDVALIDITY", Self::UidValidity),
        ("UNSEEN", Self::Unseen),
        ("DELETED", Self::Deleted),
        ("SIZE", Self::Size),
        ("HIGHESTMODSEQ", Self::HighestModseq),
        ("MAILBOXID", Self::MailboxId),
        ("APPENDLIMIT", Self::AppendLimit),
        ("DELETED-STORAGE", Self::DeletedStorage),
    ];
}

/// STATUS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Status {
    /// Of which folder.
    pub(crate) name: FolderText,
    /// What.
    pub(crate) items: Vec<StatusItem>,
}

/// SETQUOTA, which is refused: only its form is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct QuotaLimits;

/// LISTRIGHTS and DELETEACL: a folder, and somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identified {
    /// Of which folder.
    pub(crate) name: FolderText,
    /// Who.
    pub(crate) identifier: String,
}

/// SETACL, which is refused: only its form is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AclChange;

/// CREATE.
pub(crate) fn create(parser: &mut Parser<'_>) -> Parsed<Create> {
    parser.space()?;
    let mut create = Create { name: parser.folder_text()?, special_use: None };
    if parser.takes(b' ') {
        parser.list(1, |parser| {
            if !parser.takes_word("USE") {
                return parser.fault("USE");
            }
            parser.space()?;
            let uses = parser.list(LIST_ELEMENT_COUNT_MAX, Parser::use_attribute)?;
            create.special_use = match uses.as_slice() {
                [] => None,
                [one] => Some(*one),
                // A folder of ours has one use.
                [_, _, ..] => Some(Err(UnknownUse)),
            };
            Ok(())
        })?;
    }
    Ok(create)
}

/// DELETE, SUBSCRIBE, UNSUBSCRIBE, GETQUOTAROOT.
pub(crate) fn naming(parser: &mut Parser<'_>) -> Parsed<Naming> {
    parser.space()?;
    parser.folder_text().map(Naming)
}

/// RENAME.
pub(crate) fn renaming(parser: &mut Parser<'_>) -> Parsed<Renaming> {
    parser.space()?;
    let from = parser.folder_text()?;
    parser.space()?;
    Ok(Renaming { from, to: parser.folder_text()? })
}

/// STATUS.
pub(crate) fn status(parser: &mut Parser<'_>) -> Parsed<Status> {
    parser.space()?;
    let name = parser.folder_text()?;
    parser.space()?;
    Ok(Status { name, items: parser.status_items()? })
}

/// GETQUOTA: the name of a quota root.
pub(crate) fn get_quota(parser: &mut Parser<'_>) -> Parsed<String> {
    parser.space()?;
    parser.text()
}

/// SETQUOTA.
pub(crate) fn set_quota(parser: &mut Parser<'_>) -> Parsed<QuotaLimits> {
    parser.space()?;
    parser.text()?;
    parser.space()?;
    parser.list(LIST_ELEMENT_COUNT_MAX, |parser| parser.atom("a resource or a number").map(|_| ()))?;
    Ok(QuotaLimits)
}

/// LISTRIGHTS and DELETEACL (RFC 4314 sections 3.2 and 3.4).
pub(crate) fn identified(parser: &mut Parser<'_>) -> Parsed<Identified> {
    parser.space()?;
    let name = parser.folder_text()?;
    parser.space()?;
    Ok(Identified { name, identifier: parser.text()? })
}

/// SETACL (RFC 4314 section 3.1).
pub(crate) fn acl_change(parser: &mut Parser<'_>) -> Parsed<AclChange> {
    identified(parser)?;
    parser.space()?;
    parser.text()?;
    Ok(AclChange)
}

/// The attribute of a use (RFC 6154 section 2).
pub(crate) const fn special_use_name(special_use: SpecialUse) -> &'static str {
    match special_use {
        SpecialUse::Archive => "\\Archive",
        SpecialUse::Drafts => "\\Drafts",
        SpecialUse::Junk => "\\Junk",
        SpecialUse::Sent => "\\Sent",
        SpecialUse::Trash => "\\Trash",
    }
}

const SPECIAL_USES: [SpecialUse; 5] =
    [SpecialUse::Archive, SpecialUse::Drafts, SpecialUse::Junk, SpecialUse::Sent, SpecialUse::Trash];

impl Parser<'_> {
    fn use_attribute(&mut self) -> Parsed<Result<SpecialUse, UnknownUse>> {
        self.expect(b'\\', "a use such as `\\Sent`")?;
        let name = self.atom("a use such as `\\Sent`")?;
        let known =
            SPECIAL_USES.into_iter().find(|known| special_use_name(*known)[1..].eq_ignore_ascii_case(name));
        Ok(known.ok_or(UnknownUse))
    }

    pub(super) fn status_items(&mut self) -> Parsed<Vec<StatusItem>> {
        let items = self.list(LIST_ELEMENT_COUNT_MAX, |parser| {
            let at = parser.at;
            let word = parser.word("a status item")?;
            let known = StatusItem::ALL.into_iter().find(|(name, _)| *name == word);
            known.map(|(_, item)| item).ok_or(Malformed { at, expected: "a status item" })
        })?;
        if items.is_empty() { self.fault("at least one status item") } else { Ok(items) }
    }
}
