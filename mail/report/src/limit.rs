//! Limits of what others may make us read. Reports come from anybody.

/// Most octets of an attachment as it came, packed or not: 10 MiB (RFC 8460 section 5.3 and RFC 9990 section 3.3 leave the
/// bound to the receiver; large senders keep below it).
pub const PACKED_OCTETS_MAX: usize = 10 * 1024 * 1024;
/// Most octets of a report once unpacked: 32 MiB.
pub const UNPACKED_OCTETS_MAX: usize = 32 * 1024 * 1024;
/// Parts of a message that are looked at for a report.
pub const PART_COUNT_MAX: usize = 50;
/// Rows of an aggregate report, and policies with their failures of a TLS report, that are kept.
pub const ROW_COUNT_MAX: usize = 50_000;
/// Results of authentication of one row, and reasons of one row.
pub const ROW_ITEM_COUNT_MAX: usize = 100;
/// Elements within one another.
pub const DEPTH_MAX: usize = 16;
/// Octets of one text; what is longer is cut.
pub const TEXT_OCTETS_MAX: usize = 1000;
/// Recipients of a delivery status that are looked at.
pub const STATUS_COUNT_MAX: usize = 100;
/// Octets of a message that is looked at for a delivery status; longer ones are none, or return too much: 1 MiB.
pub const DELIVERY_OCTETS_MAX: usize = 1024 * 1024;
/// Fields of the machine-readable part of feedback, and of one recipient of a delivery status.
pub const FIELD_COUNT_MAX: usize = 200;
