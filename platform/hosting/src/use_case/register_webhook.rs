//! Registering a webhook.

use authority::{Guarded, Need, Permission, Resource};
use kernel::{AccountId, Changes, Decider, Key, Reads, TenantId, Timestamp, UseCase, WebhookId};

use crate::HostingRefusal;
use crate::account::{Account, AccountCommand};
use crate::webhook::{NewWebhook, Webhook, WebhookCommand, WebhookSecret, WebhookTerms};

/// Lets an endpoint elsewhere be told what happens in an account from here on; at most 20 of one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisterWebhook {
    /// Whose.
    pub account: AccountId,
    /// Its id.
    pub webhook: WebhookId,
    /// Where it leads and what it is told.
    pub terms: WebhookTerms,
    /// What its deliveries are signed with.
    pub secret: WebhookSecret,
}

impl UseCase for RegisterWebhook {
    const NAME: &'static str = "register_webhook";
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
        let register = WebhookCommand::Register(NewWebhook {
            account: self.account,
            webhook: self.webhook,
            terms: self.terms.clone(),
            secret: self.secret.clone(),
        });
        let registered = Webhook::decide(webhook, register, &(), now)?;
        let counted = Account::decide(account, AccountCommand::AddWebhook(self.webhook), &(), now)?;
        Ok(Changes::none().emit::<Account>(self.account, counted).emit::<Webhook>(self.webhook, registered))
    }
}

impl Guarded for RegisterWebhook {
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
