//! Going on with a webhook.

use authority::{Guarded, Need, Permission, Resource};
use kernel::{AccountId, Changes, Decider, Key, Reads, TenantId, Timestamp, UseCase, WebhookId};

use crate::HostingRefusal;
use crate::account::{Account, AccountCommand};
use crate::webhook::{Webhook, WebhookCommand, WebhookState};

/// Changes a webhook, its secret, whether it is told anything, or removes it; asks for a test or a replay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeWebhook {
    /// Whose.
    pub account: AccountId,
    /// Which.
    pub webhook: WebhookId,
    /// What is intended; not its registration.
    pub command: WebhookCommand,
}

impl UseCase for ChangeWebhook {
    const NAME: &'static str = "change_webhook";
    type Reads = (Key<Account>, Key<Webhook>);
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.account.tenant()
    }

    fn reads(&self) -> Self::Reads {
        (Key(self.account), Key(self.webhook))
    }

    fn decide(
        &self,
        (account, webhook): &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        if matches!(self.command, WebhookCommand::Register(_)) {
            return Err(HostingRefusal::WebhookExists);
        }
        let changed = Webhook::decide(webhook, self.command.clone(), &(), now)?;
        let after = changed.iter().fold(webhook.clone(), Webhook::evolve);
        let counted = match after {
            WebhookState::Removed => {
                Account::decide(account, AccountCommand::RemoveWebhook(self.webhook), &(), now)?
            }
            WebhookState::Absent | WebhookState::Present(_) => vec![],
        };
        Ok(Changes::none().emit::<Account>(self.account, counted).emit::<Webhook>(self.webhook, changed))
    }
}

impl Guarded for ChangeWebhook {
    fn is_kept_from_visitors(&self) -> bool {
        true
    }

    fn need(&self, _: &<Self::Reads as Reads>::States) -> Need {
        Need { permission: Permission::AccountWrite, resource: Resource::account(self.account) }
    }

    /// Whoever lets events be told elsewhere must be allowed to read them.
    fn needs(&self, states: &<Self::Reads as Reads>::States) -> Vec<Need> {
        let read = Need { permission: Permission::EventRead, resource: Resource::account(self.account) };
        vec![self.need(states), read]
    }
}
