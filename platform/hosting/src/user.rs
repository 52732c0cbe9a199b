//! A user: a person with a login to the panel.

mod command;
mod decide;
mod event;
mod role;
mod state;
mod wire;

pub use command::{NewToken, NewUser, TokenPatch, UserCommand};
pub use decide::User;
pub use event::UserEvent;
pub use role::{Access, UserRole};
pub use state::{TokenRecord, UserRecord, UserState};
