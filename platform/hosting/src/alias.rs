//! An alias: an address that delivers to other addresses, or the catch-all of a domain.

mod command;
mod decide;
mod event;
mod settings;
mod state;
mod wire;

pub use command::{AliasCommand, AliasCreation};
pub use decide::Alias;
pub use event::{AliasEvent, Temporary};
pub use settings::{AliasSettings, AliasSettingsPatch, Disposition};
pub use state::{AliasRecord, AliasState};
