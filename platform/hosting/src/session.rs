//! A session: one signed-in device of a user or mailbox.

mod command;
mod decide;
mod event;
mod state;
mod wire;

pub use command::{Rotation, SessionCommand};
pub use decide::Session;
pub use event::{EndReason, Entrance, SessionEvent, SessionOwner};
pub use state::{SessionRecord, SessionState};
