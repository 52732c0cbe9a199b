//! A mailbox: an address with credentials, storage and quota.

mod command;
mod decide;
mod event;
mod state;
mod wire;

pub use command::{MailboxCommand, MailboxCreation};
pub use decide::Mailbox;
pub use event::{Crossing, MailboxEvent, Threshold};
pub use state::{MailboxRecord, MailboxState};
