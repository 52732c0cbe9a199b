//! A webhook: an endpoint elsewhere that is told what happens in an account.

mod command;
mod decide;
mod event;
mod kinds;
mod state;
mod url;
mod wire;

pub use command::{NewWebhook, WebhookCommand, WebhookTerms};
pub use decide::Webhook;
pub use event::{Pause, Resumption, WebhookEvent};
pub use kinds::{Kinds, is_told, known};
pub use state::{PreviousSecret, WebhookRecord, WebhookState, WebhookStatus};
pub use url::{Reach, WebhookSecret, WebhookUrl};
