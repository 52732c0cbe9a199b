//! Messages, folders, changes, blobs, usage, text search, and the queue of mail that leaves.
//!
//! Two ports ([`Store`], [`Queue`]), implemented once on the database's port ([`SqlStore`]): SQLite and PostgreSQL pass one contract
//! suite.
//! What it promises: acknowledged is durable, by group commit; parsed once; one blob, once; UID and MODSEQ taken
//! inside the inserting transaction; usage exact; one view per folder shared by all its sessions.

mod bell;
mod correspondents;
mod days;
mod dmarc_observation;
mod flags;
mod handover;
mod last_login;
mod port;
mod queue;
mod reports;
mod retries;
mod sends;
mod signature;
mod sql;
mod sts_policy;
mod tls_result;
mod trace;
mod turns;
mod view;

pub use correspondents::{Correspondents, Counted, Habits, HeldOf, LastHeld, Noted};
pub use days::{DAY_MILLIS, Days, day_of};
pub use dmarc_observation::{Checked, DmarcObservation, DmarcObservations, TOLD_SIGNATURE_COUNT_MAX};
pub use flags::{FlagChange, Flags, KEYWORD_COUNT_MAX, KEYWORD_OCTETS_MAX, SystemFlag};
pub use handover::{Offer, Taker};
pub use last_login::{LastLogin, LastLogins};
pub use port::{
    Acceptance, Accepted, BlobHash, Change, Copied, Deposit, Destination, ExpungeScope, Expunged,
    FlagOutcome, Folder, FolderChange, FolderId, FolderName, FolderRefusal, MessageId, MessageRow,
    MessageSet, Modseq, Owner, PurgeReport, Queued, QueuedRecipient, SpecialUse, Store, StoreError,
    StoreRefusal, TextField, USAGE_COUNT_MAX, Uid, Usage, Verification,
};
pub use queue::{
    CLOSED_DAY_COUNT, DUE_AHEAD_MAX, DelayNotice, Depth, Due, DuePage, Fate, HeldCount, Instead,
    LEASE_RECIPIENT_COUNT_MAX, LETTER_COUNT_MAX, Lane, LeaseRequest, LeaseToken, Leased, LeasedMessage,
    LeasedRecipient, Line, NO_SUCH_ADDRESS_DAY_COUNT, ORDER_RECIPIENT_COUNT_MAX, Order, Orderer, Origin,
    Outcome, PassageFilter, QUEUE_PAGE_COUNT_MAX, Queue, QueueEntry, QueuedHead, Queueing, RecipientKey,
    RecipientState, RemoteReply, SUPPRESSION_COUNT_MAX, Selection, Settlement, Settling, Sight,
    StateSelection, Suppress, Suppression, SuppressionCause, Suspension, TlsWish,
};
pub use reports::{
    DOMAIN_REPORT_COUNT_MAX, DmarcReport, DmarcSource, REPORT_DAY_COUNT, REPORT_ROW_COUNT_MAX, ReportHead,
    ReportKey, ReportOwner, ReportPages, Reports, SUMMARY_DOMAIN_COUNT_MAX, SUMMARY_SOURCE_COUNT_MAX,
    SourceSummary, TlsFailure, TlsReport,
};
pub use retries::{REMEMBERED, RETRY_WITHIN, Retries, Seen};
pub use sends::{SendLimit, SendPeriod, SendScope, Sending, Sends};
pub use sql::{KeptFolder, KeptMessage, Now, Retention, SqlStore};
pub use sts_policy::{StsPolicies, StsPolicy};
pub use tls_result::{TlsResult, TlsResults};
pub use trace::{Direction, Passage, Stage};
pub use turns::{Turn, Turns};
pub use view::{CHUNK_ROW_COUNT_MAX, Difference, FolderView, Snapshot, Views};
