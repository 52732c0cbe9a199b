//! Ordering about mail that waits to leave.

use async_graphql::{Context, Object, Result, SimpleObject};
use authority::{Permission, Resource};
use hosting::mail_order::{MailOrderAbout, MailOrderKind, NewMailOrder};
use hosting::use_case::GiveMailOrder;
use kernel::{AccountId, Actor, MailOrderId};
use store::{ORDER_RECIPIENT_COUNT_MAX, Order, Orderer, Selection, Suspension};

use super::object::{QueueFilter, SuspendedSite};
use super::order_told;
use super::query::{plain, selected};
use crate::limit::TEXT_OCTETS_MAX;
use crate::payload::{Faults, UserError, command, run};
use crate::request::Asked;
use crate::scalar::{AccountKey, Whole};

/// The code where an order reached nobody.
const NOTHING_REACHED: &str = "QUEUE_NOTHING_REACHED";
/// The code where an order does not say whom it is about.
const SELECTION_EMPTY: &str = "QUEUE_SELECTION_EMPTY";

/// What an order came to. For each recipient it is told by the message trace.
#[derive(Debug, Clone, SimpleObject)]
pub struct QueueOutcome {
    /// How many recipients it reached: 1000 at most.
    pub reached: Whole,
    /// Whether there may be more: give the same order again.
    pub has_more: bool,
    /// Why it reached nobody: `QUEUE_NOTHING_REACHED`, `QUEUE_SELECTION_EMPTY`, `MAIL_ORDER_TEXT`, `MAIL_ORDER_PARTS`.
    pub user_errors: Vec<UserError>,
}

/// What an order about a site came to.
#[derive(Debug, Clone, SimpleObject)]
pub struct SiteOutcome {
    /// The site, where it is suspended now.
    pub site: Option<SuspendedSite>,
    /// How many recipients are tried again at once.
    pub resumed: Whole,
    /// Why nothing was done: `MALFORMED`, `MAIL_ORDER_SITE`, `MAIL_ORDER_TEXT`.
    pub user_errors: Vec<UserError>,
}

/// Orders about the queue. That one is given is an event of the account, with who gave it and why (of the platform, where it is
/// about everybody's mail); what it came to for each recipient is told by the message trace.
#[derive(Debug, Default)]
pub struct QueueMutation;

#[Object]
impl QueueMutation {
    /// Makes recipients wait until they are released. What is being delivered at this moment waits if that fails.
    async fn queue_hold(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(
            desc = "Which mail; all that is named holds at once, and what is not named does not matter."
        )]
        which: QueueFilter,
        #[graphql(desc = "Why, for the audit: at most 512 octets.")] reason: Option<String>,
    ) -> Result<QueueOutcome> {
        order(ctx, account_id, (which, reason), Order::Hold).await
    }

    /// Lets held recipients go on at once. What the operator of the platform holds stays: only the operator releases it.
    async fn queue_release(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(
            desc = "Which mail; all that is named holds at once, and what is not named does not matter."
        )]
        which: QueueFilter,
        #[graphql(desc = "Why, for the audit: at most 512 octets.")] reason: Option<String>,
    ) -> Result<QueueOutcome> {
        order(ctx, account_id, (which, reason), Order::Release).await
    }

    /// Tries recipients at once that wait for their next attempt.
    async fn queue_retry(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(
            desc = "Which mail; all that is named holds at once, and what is not named does not matter."
        )]
        which: QueueFilter,
        #[graphql(desc = "Why, for the audit: at most 512 octets.")] reason: Option<String>,
    ) -> Result<QueueOutcome> {
        order(ctx, account_id, (which, reason), Order::Retry).await
    }

    /// Gives recipients up, and tells the sender so with a report. There is no way back. What the operator of the platform
    /// holds stays.
    async fn queue_bounce(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(
            desc = "Which mail; all that is named holds at once, and what is not named does not matter."
        )]
        which: QueueFilter,
        #[graphql(desc = "Why, for the audit: at most 512 octets.")] reason: Option<String>,
    ) -> Result<QueueOutcome> {
        order(ctx, account_id, (which, reason), Order::Bounce).await
    }

    /// One order about all accounts' mail: for the operator. `REMOVE` tells nobody.
    async fn platform_queue_order(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do with it.")] order: QueueOrder,
        #[graphql(
            desc = "Which mail; all that is named holds at once, and what is not named does not matter."
        )]
        which: QueueFilter,
        #[graphql(desc = "Why, for the audit: at most 512 octets.")] reason: Option<String>,
    ) -> Result<QueueOutcome> {
        ctx.allow(Permission::PlatformWrite, Resource::PLATFORM)?;
        if let Some(refused) = empty(ctx, &which)? {
            return Ok(refused);
        }
        let selection = plain(ctx, &which)?;
        carried_out(ctx, &selection, (order.into(), reason)).await
    }

    /// Sends nothing to a site until it is resumed: a domain, or mail exchangers as `queue` shows them. For the operator.
    async fn site_suspend(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The site: a domain, or its mail exchangers in their order.")] site: String,
        #[graphql(desc = "Why, for people: at most 512 octets.")] reason: String,
    ) -> Result<SiteOutcome> {
        ctx.allow(Permission::PlatformWrite, Resource::PLATFORM)?;
        let mut faults = Faults::new(ctx)?;
        let site = site.trim().to_lowercase();
        if site.is_empty() || site.len() > TEXT_OCTETS_MAX {
            faults.add("site", "a site has 1 to 512 octets", "un site a de 1 à 512 octets");
        }
        if reason.len() > TEXT_OCTETS_MAX {
            faults.add("reason", "a reason has at most 512 octets", "une raison a au plus 512 octets");
        }
        if !faults.is_empty() {
            return Ok(SiteOutcome { site: None, resumed: Whole(0), user_errors: faults.into_errors() });
        }
        let told = given(ctx, MailOrderKind::SuspendSite, (AccountId::PLATFORM, &site), &reason).await?;
        if !told.is_empty() {
            return Ok(SiteOutcome { site: None, resumed: Whole(0), user_errors: told });
        }
        let suspension = Suspension { site, reason, since: ctx.platform()?.engine.now() };
        let queue = &ctx.platform()?.queue;
        queue.suspend(suspension.clone()).await.map_err(|error| ctx.failed("suspending a site", &error))?;
        tracing::info!(actor = %named(ctx.principal()?.actor), "a site is suspended");
        let Suspension { site, reason, since } = suspension;
        let site = Some(SuspendedSite { id: site, reason, since: since.into() });
        Ok(SiteOutcome { site, resumed: Whole(0), user_errors: Vec::new() })
    }

    /// Sends to a suspended site again. For the operator.
    async fn site_resume(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The site: a domain, or its mail exchangers in their order.")] site: String,
        #[graphql(desc = "Why, for the audit: at most 512 octets.")] reason: Option<String>,
    ) -> Result<SiteOutcome> {
        ctx.allow(Permission::PlatformWrite, Resource::PLATFORM)?;
        let site = site.trim().to_lowercase();
        let why = reason.unwrap_or_default();
        let told = given(ctx, MailOrderKind::ResumeSite, (AccountId::PLATFORM, &site), &why).await?;
        if !told.is_empty() {
            return Ok(SiteOutcome { site: None, resumed: Whole(0), user_errors: told });
        }
        let resumed = ctx.platform()?.queue.resume(&site).await;
        let resumed = resumed.map_err(|error| ctx.failed("resuming a site", &error))?;
        tracing::info!(actor = %named(ctx.principal()?.actor), resumed, "a site is resumed");
        Ok(SiteOutcome { site: None, resumed: Whole(resumed), user_errors: Vec::new() })
    }
}

/// What the operator wants of recipients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, async_graphql::Enum)]
pub enum QueueOrder {
    /// Wait until they are released.
    Hold,
    /// Go on: held ones are due now.
    Release,
    /// Be due now.
    Retry,
    /// Be given up, with a report to the sender.
    Bounce,
    /// Be removed; nobody is told.
    Remove,
}

impl From<QueueOrder> for Order {
    fn from(order: QueueOrder) -> Self {
        match order {
            QueueOrder::Hold => Self::Hold,
            QueueOrder::Release => Self::Release,
            QueueOrder::Retry => Self::Retry,
            QueueOrder::Bounce => Self::Bounce,
            QueueOrder::Remove => Self::Remove,
        }
    }
}

async fn order(
    ctx: &Context<'_>,
    account: Option<AccountKey>,
    (which, reason): (QueueFilter, Option<String>),
    order: Order,
) -> Result<QueueOutcome> {
    let account = ctx.account(account)?;
    let selection = selected(ctx, account, &which, Permission::QueueWrite).await?;
    if let Some(refused) = empty(ctx, &which)? {
        return Ok(refused);
    }
    carried_out(ctx, &selection, (order, reason)).await
}

/// The refusal where nothing is named: an order about everything is given on purpose, by a state.
fn empty(ctx: &Context<'_>, which: &QueueFilter) -> Result<Option<QueueOutcome>> {
    let says_nothing = which.number.is_none()
        && which.mailbox_id.is_none()
        && which.domain_id.is_none()
        && which.destination.is_none()
        && which.state.is_none();
    if !says_nothing {
        return Ok(None);
    }
    let mut faults = Faults::new(ctx)?;
    faults.coded(
        SELECTION_EMPTY,
        "which",
        "say which recipients: a message, a mailbox, a domain, a destination or a state",
        "précisez les destinataires : un message, une boîte, un domaine, une destination ou un état",
    );
    Ok(Some(QueueOutcome { reached: Whole(0), has_more: false, user_errors: faults.into_errors() }))
}

/// Tells the audit of an order and carries it out. Where nobody would be reached nothing is told.
async fn carried_out(
    ctx: &Context<'_>,
    selection: &Selection,
    (order, reason): (Order, Option<String>),
) -> Result<QueueOutcome> {
    let queue = &ctx.platform()?.queue;
    let mut faults = Faults::new(ctx)?;
    let found = queue.entries(selection, None, 1).await.map_err(|error| ctx.failed("the queue", &error))?;
    let mut reached = 0;
    if let Some(first) = found.first() {
        let told = order_told(selection, first, (order, reason.unwrap_or_default()));
        let refused = note(ctx, told).await?;
        if !refused.is_empty() {
            return Ok(QueueOutcome { reached: Whole(0), has_more: false, user_errors: refused });
        }
        let by = named(ctx.principal()?.actor);
        let is_operator = ctx.allow(Permission::PlatformWrite, Resource::PLATFORM).is_ok();
        let orderer = if is_operator { Orderer::Operator } else { Orderer::Owner };
        let done = queue.order_by(selection, order, (orderer, &by)).await;
        reached = done.map_err(|error| ctx.failed("ordering the queue about", &error))?;
    }
    if reached == 0 {
        faults.coded(
            NOTHING_REACHED,
            "which",
            "no recipient in the queue fits, or it is in a state in which this does nothing, or held by the operator",
            "aucun destinataire en file ne correspond, ou son état rend l'ordre sans effet, ou l'opérateur le retient",
        );
    }
    let has_more = reached >= ORDER_RECIPIENT_COUNT_MAX as u64;
    Ok(QueueOutcome { reached: Whole(reached), has_more, user_errors: faults.into_errors() })
}

/// Tells the audit that a site is ordered about, or an address of the account's list; why it cannot be, if so.
pub(crate) async fn given(
    ctx: &Context<'_>,
    order: MailOrderKind,
    (account, target): (AccountId, &str),
    reason: &str,
) -> Result<Vec<UserError>> {
    let about = MailOrderAbout { target: target.to_owned(), reason: reason.to_owned() };
    note(ctx, NewMailOrder::of(order, account, about)).await
}

async fn note(ctx: &Context<'_>, order: NewMailOrder) -> Result<Vec<UserError>> {
    let command = command(ctx, None);
    let id = MailOrderId::derived(command, 0);
    let answer = run(ctx, command, &GiveMailOrder { id, order }, ()).await?;
    Ok(answer.errors().to_vec())
}

/// Whoever acts, for the message trace: an id, never an address.
pub(crate) fn named(actor: Actor) -> String {
    match actor {
        Actor::User(user) => user.to_string(),
        Actor::Mailbox(mailbox) => mailbox.to_string(),
        Actor::Operator => "operator".to_owned(),
        Actor::Platform(name) => name.to_owned(),
    }
}
