//! A mailbox: an address with credentials, storage and quota.

mod command;
mod decide;
mod event;
mod settings;
mod state;
mod wire;

pub use command::{AppPasswordPatch, MailboxCommand, MailboxCreation, NewAppPassword};
pub use decide::Mailbox;
pub use event::{Crossing, HeldMail, HoldReason, MailProtocol, MailboxEvent, Threshold};
pub use settings::{
    DetailHandling, MailboxSettings, MailboxSettingsPatch, QuarantineCategory, QuarantineNotice, SelfService,
    is_sender,
};
pub use state::{AppPasswordRecord, MailboxRecord, MailboxState};
