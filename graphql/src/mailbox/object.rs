//! A mailbox as the API shows it.

use async_graphql::dataloader::DataLoader;
use async_graphql::{ComplexObject, Context, Enum, Result, SimpleObject};
use authority::{Permission, Resource};
use hosting::mailbox::{MailboxState, SelfService};
use kernel::Actor;

use super::usage::{Pools, Sends, Usages};
use super::visit::MailboxVisit;
use crate::domain::storage::StoragePool;
use crate::loader::States;
use crate::platform::{SendPeriod, SendScope};
use crate::request::Asked;
use crate::scalar::{AccountKey, DomainKey, MailboxKey, Moment, Octets, ServiceKey, Whole};
use crate::settings::MailboxSettings;

/// Whether a mailbox takes part in mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum MailboxStatus {
    /// It takes mail and lets its owner in.
    Active,
    /// It takes no mail and lets nobody in; what it holds stays.
    Disabled,
    /// It is gone; what it held is destroyed at `purgeAfter`.
    Deleted,
}

/// An address with credentials, storage and a quota.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct Mailbox {
    /// Its name for the API.
    pub id: MailboxKey,
    /// The account that it belongs to.
    pub account_id: AccountKey,
    /// The service that it takes a slot of.
    pub service_id: ServiceKey,
    /// The domain of its address.
    pub domain_id: DomainKey,
    /// Its address; none once its owner's data are erased.
    pub address: Option<String>,
    /// The name that people see; none where none was given, or once it is erased.
    pub display_name: Option<String>,
    /// How much it may hold.
    pub quota_bytes: Octets,
    /// See [`MailboxStatus`].
    pub status: MailboxStatus,
    /// Whether a password was ever set: without one nobody signs in.
    pub has_password: bool,
    /// Whether its owner proves something else besides the password; programs need app passwords then.
    pub has_second_factor: bool,
    /// The highest of 80, 95 and 100 percent of the quota that it has crossed and not come back under.
    pub threshold_percent: Option<i32>,
    /// When it was created.
    pub created_at: Moment,
    /// When the contents of a deleted mailbox are destroyed.
    pub purge_after: Option<Moment>,
    /// How often its quota or its name were changed: give it with a change that must not undo another's.
    pub revision: i32,
    #[graphql(skip)]
    pub(crate) settings: MailboxSettings,
}

impl Mailbox {
    /// What the authority is asked about.
    pub(crate) const fn resource(&self) -> Resource {
        Resource::account(self.account_id.0)
            .in_service(self.service_id.0)
            .in_domain(self.domain_id.0)
            .in_mailbox(self.id.0)
    }

    /// What its events come to; the caller has asked the authority.
    async fn state(&self, ctx: &Context<'_>) -> Result<MailboxState> {
        let key = (self.account_id.0.tenant(), self.id.0);
        let state = ctx.data::<DataLoader<States>>()?.load_one(key).await;
        Ok(state.map_err(|error| ctx.failed("the state of a mailbox", &*error))?.unwrap_or_default())
    }
}

/// What a mailbox holds now.
#[derive(Debug, Clone, Copy, SimpleObject)]
pub struct MailboxUsage {
    /// The exact sum of the sizes of its messages.
    pub bytes: Octets,
    /// How many messages it holds.
    pub messages: Whole,
}

/// How much of a limit on recipients is used.
#[derive(Debug, Clone, Copy, SimpleObject)]
pub struct SendAllowance {
    /// Counted for whom.
    pub scope: SendScope,
    /// Over which time.
    pub period: SendPeriod,
    /// Recipients in that time: of plan and settings the less.
    pub recipients_max: Whole,
    /// Recipients that count now, for example 40; they come back evenly over that time.
    pub used: Whole,
}

/// The lists of a domain, as the owners of its mailboxes see them.
#[derive(Debug, Clone, SimpleObject)]
pub struct DomainSenders {
    /// Senders whose mail is never junk: addresses, `*@domain`, `*@*.domain`.
    pub allowed: Vec<String>,
    /// Senders whose mail is rejected.
    pub denied: Vec<String>,
}

/// That what a mailbox sends to other hosts is held.
#[derive(Debug, Clone, SimpleObject)]
pub struct SendingHold {
    /// What was seen.
    pub reason: HoldReason,
    /// Since when.
    pub since: Moment,
}

/// Why what a mailbox sends is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "hosting::mailbox::HoldReason")]
pub enum HoldReason {
    /// It wrote to many people within an hour to whom it never wrote before.
    NewRecipients,
    /// The same, to fewer of them, from a network that it never sent from.
    NewNetwork,
    /// Many of those it wrote to within an hour do not exist.
    Bounces,
    /// It wrote to far more recipients on one day than it ever does, also to those whom it knows.
    Volume,
}

/// How a forgotten password of a mailbox is renewed by its owner alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum PasswordRecovery {
    /// No recovery address is set: its administrators set the password.
    None,
    /// A recovery address is set and not confirmed: nothing is renewed by it.
    Unconfirmed,
    /// A link is sent to the recovery address where a password is asked for on the sign-in page.
    Confirmed,
    /// A recovery address is set, and `selfService` does not leave it to the owner: nothing is renewed by it.
    Forbidden,
}

#[ComplexObject]
impl Mailbox {
    /// What is set for it. The recovery address is shown to its owner alone; others see in `passwordRecovery` whether there is
    /// one.
    async fn settings(&self, ctx: &Context<'_>) -> Result<MailboxSettings> {
        let is_own = ctx.principal()?.actor == Actor::Mailbox(self.id.0);
        let mut settings = self.settings.clone();
        settings.recovery_address = settings.recovery_address.filter(|_| is_own);
        Ok(settings)
    }

    /// Whether its owner renews a forgotten password alone. Asked of its events.
    #[graphql(complexity = 20)]
    async fn password_recovery(&self, ctx: &Context<'_>) -> Result<PasswordRecovery> {
        ctx.allow(Permission::MailboxRead, self.resource())?;
        let state = self.state(ctx).await?;
        let record = state.record();
        let given = record.filter(|record| record.settings.recovery_address.is_some());
        Ok(match given {
            None => PasswordRecovery::None,
            Some(record) if record.recovery().is_some() => PasswordRecovery::Confirmed,
            Some(record) if !record.settings.self_service.contains(&SelfService::RecoveryAddress) => {
                PasswordRecovery::Forbidden
            }
            Some(_) => PasswordRecovery::Unconfirmed,
        })
    }

    /// To how many recipients it may send, itself and together with its domain and its service; a level without a limit is
    /// left out. Beyond, submission is refused with 450 4.7.1 and when to try again.
    #[graphql(complexity = 5)]
    async fn sends(&self, ctx: &Context<'_>) -> Result<Vec<SendAllowance>> {
        ctx.allow(Permission::MailboxRead, self.resource())?;
        let sends = ctx.data::<DataLoader<Sends>>()?;
        let uses = sends.load_one((self.account_id.0.tenant(), self.id.0)).await;
        let uses = uses.map_err(|error| ctx.failed("the sent recipients of a mailbox", &*error))?;
        let shown = uses.unwrap_or_default().into_iter().map(|used| SendAllowance {
            scope: used.scope,
            period: used.period,
            recipients_max: Whole(used.recipient_count_max.into()),
            used: Whole(used.used.into()),
        });
        Ok(shown.collect())
    }

    /// Why what it sends to other hosts is held now: somebody else may be sending in its name. None: it leaves.
    #[graphql(complexity = 20)]
    async fn sending_hold(&self, ctx: &Context<'_>) -> Result<Option<SendingHold>> {
        ctx.allow(Permission::MailboxRead, self.resource())?;
        let state = self.state(ctx).await?;
        let hold = state.record().and_then(|record| record.sending_hold);
        Ok(hold.map(|(reason, since)| SendingHold { reason: reason.into(), since: Moment(since) }))
    }

    /// Senders that its domain's administrators allow and deny: they win over the lists of the mailbox.
    #[graphql(complexity = 5)]
    async fn domain_senders(&self, ctx: &Context<'_>) -> Result<DomainSenders> {
        ctx.allow(Permission::MailboxRead, self.resource())?;
        let place = (self.account_id.0, self.domain_id.0);
        let settings = crate::domain::query::settings_around(ctx, place).await?;
        Ok(DomainSenders { allowed: settings.allowed_senders, denied: settings.denied_senders })
    }

    /// What it shares with the other mailboxes of its domain, in use and allowed; none where each has only its own quota.
    #[graphql(complexity = 5)]
    async fn pool(&self, ctx: &Context<'_>) -> Result<Option<StoragePool>> {
        ctx.allow(Permission::MailboxRead, self.resource())?;
        let (tenant, domain) = (self.account_id.0.tenant(), self.domain_id.0);
        let Some(size) = ctx.platform()?.directory.pool(tenant, domain) else { return Ok(None) };
        let usage = ctx.data::<DataLoader<Pools>>()?.load_one((tenant, domain)).await;
        let usage = usage.map_err(|error| ctx.failed("the usage of a pool", &*error))?.unwrap_or_default();
        Ok(Some(StoragePool { bytes: usage.size.into(), bytes_max: size.into() }))
    }

    /// Who was in its settings without being its owner, and what they changed; the latest 100, looks for 90 days. For its
    /// owner, and for whoever may read the account's events.
    #[graphql(complexity = 50)]
    async fn visits(&self, ctx: &Context<'_>) -> Result<Vec<MailboxVisit>> {
        if ctx.principal()?.actor != Actor::Mailbox(self.id.0) {
            ctx.allow(Permission::EventRead, Resource::account(self.account_id.0))?;
        }
        super::visit::visits(ctx, (self.account_id.0, self.id.0)).await
    }

    /// What it holds now, asked from the message store.
    #[graphql(complexity = 5)]
    async fn usage(&self, ctx: &Context<'_>) -> Result<MailboxUsage> {
        ctx.allow(Permission::MailboxRead, self.resource())?;
        let usages = ctx.data::<DataLoader<Usages>>()?;
        let usage = usages.load_one((self.account_id.0.tenant(), self.id.0)).await;
        let usage = usage.map_err(|error| ctx.failed("the usage of a mailbox", &*error))?.unwrap_or_default();
        Ok(MailboxUsage { bytes: usage.size.into(), messages: Whole(usage.message_count) })
    }
}
