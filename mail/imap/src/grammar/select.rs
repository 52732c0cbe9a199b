//! SELECT's and EXAMINE's arguments (RFC 9051 section 6.3.2, RFC 7162 sections 3.1.8 and 3.2.5).

use super::{FolderText, Parsed, Parser, Set};

/// SELECT and EXAMINE.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Select {
    /// Which.
    pub(crate) name: FolderText,
    /// CONDSTORE.
    pub(crate) wants_condstore: bool,
    /// QRESYNC (...).
    pub(crate) resync: Option<Resync>,
}

/// What a client remembers of a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Resync {
    /// UIDVALIDITY.
    pub(crate) uid_validity: u32,
    /// The newest change it knows.
    pub(crate) modseq: u64,
    /// The UIDs it knows; all where absent.
    pub(crate) known: Option<Set>,
}

/// SELECT and EXAMINE.
pub(crate) fn select(parser: &mut Parser<'_>) -> Parsed<Select> {
    parser.space()?;
    let mut select = Select { name: parser.folder_text()?, wants_condstore: false, resync: None };
    if parser.takes(b' ') {
        parser.list(2, |parser| {
            if parser.takes_word("CONDSTORE") {
                select.wants_condstore = true;
                return Ok(());
            }
            if !parser.takes_word("QRESYNC") {
                return parser.fault("CONDSTORE or QRESYNC");
            }
            parser.space()?;
            select.resync = Some(parser.resync()?);
            Ok(())
        })?;
    }
    Ok(select)
}

impl Parser<'_> {
    fn resync(&mut self) -> Parsed<Resync> {
        self.expect(b'(', "`(`")?;
        let uid_validity = self.number()?;
        self.space()?;
        let mut resync = Resync { uid_validity, modseq: self.number64()?, known: None };
        let mut has_match_data = false;
        if self.takes(b' ') {
            if self.peek() == Some(b'(') {
                has_match_data = true;
            } else {
                resync.known = Some(self.set()?);
                has_match_data = self.takes(b' ');
            }
        }
        if has_match_data {
            // Pairs of numbers and UIDs that help a server without change log; ours needs none.
            self.expect(b'(', "`(`")?;
            self.set()?;
            self.space()?;
            self.set()?;
            self.expect(b')', "`)`")?;
        }
        self.expect(b')', "`)`")?;
        Ok(resync)
    }
}
