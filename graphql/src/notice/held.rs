//! Looking at held mail, and settling it, by the link that told an administrator of it.
//!
//! A link proves that somebody reads the administrator's mail, and no more: what it opens is one mailbox, once; whether its
//! user may do it is judged as it is at that moment; who has a second factor signs in with it first.

use async_graphql::{Context, Enum, Object, Result, SimpleObject};
use authority::{Need, Permission, Permissions, Principal, may};
use hosting::mailbox::HeldMail as Outcome;
use hosting::notice::{NoticeDay, NoticeKind, NoticePerson, stream_of};
use hosting::use_case::SettleHeldMail;
use kernel::{Actor, Key, MailboxId};
use store::{Selection, StateSelection};

use super::link::{Found, found};
use super::mutation::{not_good, slowed};
use crate::access::now;
use crate::error::Fault;
use crate::mailbox::object::SendingHold;
use crate::mailbox::record::{of_record, record};
use crate::payload::{Answer, UserError, command, run_as};
use crate::request::Asked;
use crate::scalar::{Moment, Place, Whole};

/// Recipients of held mail that are shown.
const SHOWN_COUNT_MAX: usize = 50;

/// A recipient of held mail.
#[derive(Debug, Clone, SimpleObject)]
pub struct HeldRecipient {
    /// Where it is to go.
    pub address: String,
    /// Since when it waits.
    pub queued_at: Moment,
}

/// What a mailbox sends and is held.
#[derive(Debug, Clone, SimpleObject)]
pub struct HeldMail {
    /// The address of the mailbox.
    pub address: String,
    /// Why, and since when; none where nothing is held any more.
    pub hold: Option<SendingHold>,
    /// Recipients of what is held, oldest first, at most 50.
    pub recipients: Vec<HeldRecipient>,
    /// How many recipients of what is held there are, those that are not shown among them.
    pub recipient_count: Whole,
    /// How many messages are held.
    pub message_count: Whole,
}

/// What becomes of held mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum HeldMailOutcome {
    /// It leaves, and the mailbox sends again.
    Release,
    /// What was sent since it looked like somebody else's is destroyed and its recipients never see it; what waited before that
    /// leaves, and the mailbox sends again.
    Purge,
}

/// What settling held mail came to.
#[derive(Debug, Clone)]
pub struct HeldMailPayload(Answer<()>);

/// What settling held mail came to.
#[Object]
impl HeldMailPayload {
    /// Why the mutation was refused; empty where it was done.
    async fn user_errors(&self) -> &[UserError] {
        self.0.errors()
    }

    /// Where the change stands: give it as `atLeast` to a query that must show it.
    async fn position(&self) -> Option<Place> {
        self.0.cursor().map(Place)
    }
}

/// Looking at held mail by a link.
#[derive(Debug, Default)]
pub struct HeldMailQuery;

#[Object]
impl HeldMailQuery {
    /// What the link of a notice about held mail leads to; looking changes nothing. The error `NOT_FOUND`: the link is none,
    /// was used, is over, or its user may not look after the mailbox any more. `UNAUTHENTICATED`: its user has a second
    /// factor, or has something to do first, and signs in. Needs no sign-in otherwise.
    #[graphql(complexity = 60)]
    async fn held_mail(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The secret of the link that was mailed.")] token: String,
    ) -> Result<HeldMail> {
        let hidden = || ctx.fault(Fault::NotFound);
        let (link, mailbox) = linked(ctx, &token).await?.ok_or_else(hidden)?;
        let principal = acting(ctx, &link)?;
        let known = record(ctx, link.account, mailbox).await?.ok_or_else(hidden)?;
        let resource = of_record(link.account, mailbox, Some(&known));
        for permission in [Permission::MailboxWrite, Permission::TraceRead] {
            may(&principal, &Need { permission, resource }).map_err(|_| hidden())?;
        }
        let selection = Selection {
            tenant: Some(link.account.tenant()),
            mailbox: Some(mailbox),
            state: StateSelection::Only(store::RecipientState::Held),
            ..Selection::default()
        };
        let entries = ctx.platform()?.queue.entries(&selection, None, SHOWN_COUNT_MAX).await;
        let entries = entries.map_err(|error| ctx.failed("the queue", &error))?;
        // A few may have come or gone since the first were read.
        let counts = ctx.platform()?.queue.held_counts(&[mailbox]).await;
        let counts = counts.map_err(|error| ctx.failed("the queue", &error))?;
        let count = counts.get(&(link.account.tenant(), mailbox)).copied().unwrap_or_default();
        let hold = known.sending_hold;
        Ok(HeldMail {
            recipient_count: Whole(count.recipients.max(entries.len() as u64)),
            message_count: Whole(count.messages),
            address: known.address().map(|address| address.to_string()).unwrap_or_default(),
            hold: hold.map(|(reason, since)| SendingHold { reason: reason.into(), since: Moment(since) }),
            recipients: entries
                .into_iter()
                .map(|entry| HeldRecipient {
                    address: entry.address.to_string(),
                    queued_at: entry.queued_at.into(),
                })
                .collect(),
        })
    }
}

/// Settling held mail by a link.
#[derive(Debug, Default)]
pub struct HeldMailMutation;

#[Object]
impl HeldMailMutation {
    /// Releases or destroys what a mailbox sent and is held, by the token of the link that told of it; the link is used up.
    /// `userErrors`: `LINK_NOT_GOOD`. The error `FORBIDDEN`: its user may not do that any more. `UNAUTHENTICATED`: its user
    /// has a second factor, or has something to do first, and signs in. Needs no sign-in otherwise.
    async fn held_mail_settle(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The secret of the link that was mailed.")] token: String,
        #[graphql(desc = "What becomes of all that is held.")] outcome: HeldMailOutcome,
    ) -> Result<HeldMailPayload> {
        let Some((link, mailbox)) = linked(ctx, &token).await? else {
            return Ok(HeldMailPayload(not_good(ctx)?));
        };
        let principal = acting(ctx, &link)?;
        let settle = SettleHeldMail {
            account: link.account,
            user: link.named.user,
            notice: link.named.notice,
            day: link.day,
            mailbox,
            outcome: match outcome {
                HeldMailOutcome::Release => Outcome::Released,
                HeldMailOutcome::Purge => Outcome::Purged,
            },
        };
        let answer = run_as(ctx, &principal, command(ctx, None), &settle, ()).await?;
        Ok(HeldMailPayload(answer))
    }
}

/// A link about held mail that is still good, and the mailbox that it is about.
async fn linked(ctx: &Context<'_>, token: &str) -> Result<Option<(Found, MailboxId)>> {
    let platform = ctx.platform()?;
    let Some(link) = found(ctx, token).await? else {
        // Whoever guesses is slowed down; whoever has a link is not.
        slowed(ctx, "link")?;
        return Ok(None);
    };
    let stream = Key::<NoticeDay>(stream_of(NoticePerson::User(link.named.user), link.day));
    let day = platform.engine.load(link.account.tenant(), &stream).await;
    let day = day.map_err(|error| ctx.failed("reading notices", &error))?;
    let notice = day.link(link.named.notice, now()).filter(|notice| notice.kind == NoticeKind::HeldMail);
    let address = notice.and_then(|notice| notice.detail.as_ref()?.plain());
    let known = address.and_then(|address| platform.directory.mailbox_of(address));
    let own = known.filter(|(tenant, _)| *tenant == link.account.tenant());
    Ok(own.map(|(_, mailbox)| (link, mailbox)))
}

/// Whoever acts by a link: the session of its user, or whoever reads that user's mail.
fn acting(ctx: &Context<'_>, link: &Found) -> Result<Principal> {
    let user = Actor::User(link.named.user);
    let standing = ctx.caller()?.standing.as_ref();
    let signed_in = standing.filter(|standing| standing.principal.actor == user && standing.demand.is_none());
    if let Some(standing) = signed_in {
        return Ok(standing.principal.clone());
    }
    let permissions: Permissions =
        [Permission::MailboxRead, Permission::MailboxWrite, Permission::TraceRead].into_iter().collect();
    let by_link = ctx.platform()?.people.by_link(link.named.user, permissions, now());
    by_link.ok_or_else(|| ctx.fault(Fault::Unauthenticated))
}
