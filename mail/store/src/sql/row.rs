//! Rows into values.

use database::{DatabaseError, Row};
use kernel::Timestamp;

use crate::{Flags, FolderId, MessageId, MessageRow, Modseq, SpecialUse, Uid};

/// The columns that [`message_row`] reads, of `entry e` and `message m`.
pub(crate) const MESSAGE_COLUMNS: &str =
    "e.uid, e.message, e.flags, e.keywords, e.modseq, m.size, m.internal_date, e.saved_at";

pub(crate) fn message_row(row: &Row) -> Result<MessageRow, DatabaseError> {
    Ok(MessageRow {
        uid: uid(row.int(0)?),
        message: MessageId(row.int(1)?.unsigned_abs()),
        flags: flags(row.int(2)?, row.opt_text(3)?),
        modseq: Modseq(row.int(4)?.unsigned_abs()),
        size: u32::try_from(row.int(5)?).unwrap_or(u32::MAX),
        internal_date: Timestamp::from_millis(row.int(6)?),
        saved_at: Timestamp::from_millis(row.int(7)?),
    })
}

pub(crate) fn uid(number: i64) -> Uid {
    Uid(u32::try_from(number).unwrap_or(u32::MAX))
}

pub(crate) fn flags(system: i64, keywords: Option<&str>) -> Flags {
    let system = u8::try_from(system & 0x1f).unwrap_or_default();
    // Stored in their order, one space between.
    let keywords = keywords.map(|text| text.split(' ').map(Box::from).collect()).unwrap_or_default();
    Flags { system, keywords }
}

/// The stored form of keywords.
pub(crate) fn keywords(flags: &Flags) -> Option<String> {
    (!flags.keywords.is_empty()).then(|| flags.keywords.join(" "))
}

pub(crate) fn folder_key(folder: FolderId) -> i64 {
    i64::try_from(folder.0).unwrap_or(i64::MAX)
}

pub(crate) fn message_key(message: MessageId) -> i64 {
    i64::try_from(message.0).unwrap_or(i64::MAX)
}

pub(crate) fn modseq_key(modseq: Modseq) -> i64 {
    i64::try_from(modseq.0).unwrap_or(i64::MAX)
}

pub(crate) const fn special_use_key(special_use: SpecialUse) -> i64 {
    match special_use {
        SpecialUse::Archive => 1,
        SpecialUse::Drafts => 2,
        SpecialUse::Junk => 3,
        SpecialUse::Sent => 4,
        SpecialUse::Trash => 5,
    }
}

pub(crate) const fn special_use(key: i64) -> Option<SpecialUse> {
    match key {
        1 => Some(SpecialUse::Archive),
        2 => Some(SpecialUse::Drafts),
        3 => Some(SpecialUse::Junk),
        4 => Some(SpecialUse::Sent),
        5 => Some(SpecialUse::Trash),
        _ => None,
    }
}
