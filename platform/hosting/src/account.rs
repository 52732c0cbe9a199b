//! An account: the party that contracts and pays; owner of its streams.

mod command;
mod decide;
mod event;
mod state;
mod wire;

pub use command::AccountCommand;
pub use decide::Account;
pub use event::{AccountEvent, BillingMode, Parent};
pub use state::{AccountRecord, AccountState, SubAccount};
