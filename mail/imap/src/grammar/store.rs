//! Arguments of STORE, COPY, MOVE and UID EXPUNGE (RFC 9051 sections 6.4.6 to 6.4.9, RFC 7162 section 3.1.3).

use store::FlagChange;

use super::{Addressing, FolderText, Parsed, Parser, Set};

/// Whether a change is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Loudness {
    /// With the new flags.
    Loud,
    /// `.SILENT`.
    Silent,
}

/// STORE.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Storing {
    /// Which.
    pub(crate) set: Set,
    /// What the set's numbers mean.
    pub(crate) addressing: Addressing,
    /// UNCHANGEDSINCE.
    pub(crate) unchanged_since: Option<u64>,
    /// What.
    pub(crate) change: FlagChange,
    /// Whether it is answered.
    pub(crate) loudness: Loudness,
}

/// COPY and MOVE.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Copying {
    /// Which.
    pub(crate) set: Set,
    /// What the set's numbers mean.
    pub(crate) addressing: Addressing,
    /// Where to.
    pub(crate) to: FolderText,
}

/// STORE.
pub(crate) fn store(parser: &mut Parser<'_>) -> Parsed<Storing> {
    storing(parser, Addressing::Sequence)
}

/// UID STORE.
pub(crate) fn uid_store(parser: &mut Parser<'_>) -> Parsed<Storing> {
    storing(parser, Addressing::Uid)
}

fn storing(parser: &mut Parser<'_>, addressing: Addressing) -> Parsed<Storing> {
    parser.space()?;
    let set = parser.set()?;
    parser.space()?;
    let mut unchanged_since = None;
    if parser.peek() == Some(b'(') {
        parser.list(1, |parser| {
            if !parser.takes_word("UNCHANGEDSINCE") {
                return parser.fault("UNCHANGEDSINCE");
            }
            parser.space()?;
            unchanged_since = Some(parser.number64()?);
            Ok(())
        })?;
        parser.space()?;
    }
    let word = parser.word("FLAGS, +FLAGS or -FLAGS")?;
    let (form, loudness) = match word.strip_suffix(".SILENT") {
        Some(form) => (form, Loudness::Silent),
        None => (word.as_str(), Loudness::Loud),
    };
    let build = match form {
        "FLAGS" => FlagChange::Replace,
        "+FLAGS" => FlagChange::Add,
        "-FLAGS" => FlagChange::Remove,
        _ => return parser.fault("FLAGS, +FLAGS or -FLAGS"),
    };
    parser.space()?;
    Ok(Storing { set, addressing, unchanged_since, change: build(parser.store_flags()?), loudness })
}

/// COPY and MOVE.
pub(crate) fn copying(parser: &mut Parser<'_>) -> Parsed<Copying> {
    copying_of(parser, Addressing::Sequence)
}

/// UID COPY and UID MOVE.
pub(crate) fn uid_copying(parser: &mut Parser<'_>) -> Parsed<Copying> {
    copying_of(parser, Addressing::Uid)
}

fn copying_of(parser: &mut Parser<'_>, addressing: Addressing) -> Parsed<Copying> {
    parser.space()?;
    let set = parser.set()?;
    parser.space()?;
    Ok(Copying { set, addressing, to: parser.folder_text()? })
}

/// UID EXPUNGE.
pub(crate) fn uid_expunge(parser: &mut Parser<'_>) -> Parsed<Set> {
    parser.space()?;
    parser.set()
}
