//! A domain: a DNS name that an account proves to own, or a shared one of the platform.

mod command;
mod decide;
mod dkim;
mod event;
mod relay_host;
mod settings;
mod state;
mod wire;

pub use command::{DomainCommand, Proof};
pub use decide::Domain;
pub use dkim::{
    DkimAlgorithm, DkimKey, DkimPrivateKey, DkimSelector, DkimStage, FreshDkimKey, SeenDkimRecord, record,
};
pub use event::{DomainEvent, VerifiedBy};
pub use relay_host::{RelayHost, RelayProtocol};
pub use settings::{
    DomainRelay, DomainSettings, DomainSettingsPatch, MtaSts, QuotaMode, is_footless_domain,
    is_footless_mailbox, is_sts_host,
};
pub use state::{Challenge, DomainRecord, DomainRef, DomainState};
