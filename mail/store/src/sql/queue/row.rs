//! Rows into values, and values into columns.

use database::{DatabaseError, Row};
use kernel::{Id as _, TenantId};
use uuid::Uuid;

use crate::{Lane, Line, Orderer, Origin, RecipientState, RemoteReply, TlsWish};

pub(crate) const SCHEDULED: i64 = 0;
pub(crate) const LEASED: i64 = 1;
pub(crate) const HELD: i64 = 2;
pub(crate) const SUSPENDED: i64 = 3;
pub(crate) const DELIVERED: i64 = 4;
pub(crate) const BOUNCED: i64 = 5;
pub(crate) const REMOVED: i64 = 6;

/// In the column `wish` of what is held: nobody's order lets it leave, not even as a report to its sender.
pub(crate) const KEEP: i64 = 3;
/// Why that is so, as the trace tells it.
pub(crate) const SANDBOX: &str = "a sandbox account: its mail is kept and leaves nowhere";
/// In the column `wish`: somebody wants it given up at the next lease; 0: nothing. What is held, or is to be when its lease
/// ends, has [`holder_key`] there. Before holders were kept it had 0 where it was held and 2 where it was to be: that belongs
/// to nobody, and everybody reaches it.
pub(crate) const WISH_BOUNCE: i64 = 1;
/// Whether what is leased is to be held when its lease ends.
pub(crate) const IS_TO_BE_HELD: &str = "wish IN (2, 4, 5, 6)";

/// In the column `wish` of what is held, or is to be when its lease ends: who holds it.
pub(crate) const fn holder_key(holder: Orderer) -> i64 {
    match holder {
        Orderer::Operator => 4,
        Orderer::Watch => 5,
        Orderer::Owner => 6,
    }
}

pub(crate) const fn state_key(state: RecipientState) -> i64 {
    match state {
        RecipientState::Scheduled => SCHEDULED,
        RecipientState::Leased => LEASED,
        RecipientState::Held => HELD,
        RecipientState::Suspended => SUSPENDED,
        RecipientState::Delivered => DELIVERED,
        RecipientState::Bounced => BOUNCED,
        RecipientState::Removed => REMOVED,
    }
}

pub(crate) const fn state(key: i64) -> RecipientState {
    match key {
        LEASED => RecipientState::Leased,
        HELD => RecipientState::Held,
        SUSPENDED => RecipientState::Suspended,
        DELIVERED => RecipientState::Delivered,
        BOUNCED => RecipientState::Bounced,
        REMOVED => RecipientState::Removed,
        _ => RecipientState::Scheduled,
    }
}

pub(crate) const fn lane_key(lane: Lane) -> i64 {
    match lane {
        Lane::Interactive => 0,
        Lane::Transactional => 1,
        Lane::Bulk => 2,
        Lane::Report => 3,
    }
}

pub(crate) const fn lane(key: i64) -> Lane {
    match key {
        1 => Lane::Transactional,
        2 => Lane::Bulk,
        3 => Lane::Report,
        _ => Lane::Interactive,
    }
}

pub(crate) const fn origin_key(origin: Origin) -> i64 {
    match origin {
        Origin::Submitted => 0,
        Origin::Forwarded => 1,
        Origin::Report => 2,
    }
}

pub(crate) const fn origin(key: i64) -> Origin {
    match key {
        1 => Origin::Forwarded,
        2 => Origin::Report,
        _ => Origin::Submitted,
    }
}

pub(crate) const fn tls_key(wish: TlsWish) -> i64 {
    match wish {
        TlsWish::Usual => 0,
        TlsWish::Relaxed => 1,
        TlsWish::Encrypted => 2,
        TlsWish::Required => 3,
    }
}

/// What nobody knows is taken for the strictest.
pub(crate) const fn tls(key: i64) -> TlsWish {
    match key {
        0 => TlsWish::Usual,
        1 => TlsWish::Relaxed,
        2 => TlsWish::Encrypted,
        _ => TlsWish::Required,
    }
}

pub(crate) fn line_key(line: Line) -> String {
    format!("{}{}", line.tenant.uuid().simple(), lane_key(line.lane))
}

/// The line of a key; none for what is no key.
pub(crate) fn line(key: &str) -> Option<Line> {
    let (tenant, digit) = key.split_at_checked(32)?;
    let tenant = TenantId::new(Uuid::try_parse(tenant).ok()?);
    Some(Line { tenant, lane: lane(digit.parse().ok()?) })
}

/// A reply from four columns beginning at `from`: code, enhanced code, text, host.
pub(crate) fn reply(row: &Row, from: usize) -> Result<RemoteReply, DatabaseError> {
    Ok(RemoteReply {
        code: u16::try_from(row.int(from)?).unwrap_or_default(),
        enhanced: row.text(from + 1)?.to_owned(),
        text: row.text(from + 2)?.to_owned(),
        host: row.opt_text(from + 3)?.map(str::to_owned),
    })
}

pub(crate) fn ordinal(number: i64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

pub(crate) fn queue_key(queue_id: u64) -> i64 {
    i64::try_from(queue_id).unwrap_or(i64::MAX)
}
