//! Steps of messages as the API shows them.

use async_graphql::{ComplexObject, Context, Enum, InputObject, Result, SimpleObject};
use kernel::{AccountId, Actor};
use store::{Direction, Passage, Stage};

use super::reason;
use super::words::{self, Told};
use crate::history::actor::{ActorStanding, Who, whoever};
use crate::language::Language;
use crate::queue::object::ServerReply;
use crate::scalar::{DomainKey, MailboxKey, Moment};

/// Which way a message goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Direction")]
pub enum MailDirection {
    /// To another host, or from one of your mailboxes to another.
    Out,
    /// From another host, or from another mailbox here.
    In,
}

/// A step on the way of a message. Its way begins with `RECEIVED` for whoever it is for, with `SUBMITTED` for whoever sent
/// it, and with `QUEUED` where the platform itself wrote it; what was `REFUSED` went no way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Stage")]
pub enum MailStage {
    /// It was taken: from outside, or from another mailbox here.
    Received,
    /// One of your mailboxes handed it in, for all its recipients.
    Submitted,
    /// It was refused, or asked to come again, while it was offered.
    Refused,
    /// It was put into a mailbox here: `folder`.
    Stored,
    /// It waits to leave.
    Queued,
    /// The other side has taken it.
    Delivered,
    /// It did not go; it is tried again at `nextAt`.
    Deferred,
    /// It was given up.
    Bounced,
    /// It is held until somebody releases it.
    Held,
    /// Somebody released it.
    Released,
    /// Somebody wants it tried at once.
    Hastened,
    /// Somebody wants it given up; that happens when it is its turn.
    Condemned,
    /// Somebody removed it; nobody was told.
    Removed,
    /// Nothing is sent to its site now.
    Suspended,
    /// Its sender was told of the failure or delay.
    Reported,
    /// Its recipient called it unwanted: nothing is sent there any more.
    Complained,
}

/// Why something happened to a message.
#[derive(Debug, Clone, SimpleObject)]
pub struct MailReason {
    /// For programs, for example `spf_fail`. Never renamed.
    pub code: String,
    /// For people, in the language of the request.
    pub text: String,
}

/// Of what kind a failure for ever is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum BounceClass {
    /// The address does not exist.
    NoSuchAddress,
    /// The domain does not exist or takes no mail.
    NoSuchDomain,
    /// The mailbox is full.
    MailboxFull,
    /// The other server wanted less mail at once, to the end.
    TooFast,
    /// The other server's rules do not allow it.
    Policy,
    /// The message is too long.
    TooLong,
    /// No connection, no answer.
    Unreachable,
    /// The encryption that is asked for cannot be had.
    Tls,
    /// A relay does not take the login that is set for it.
    Login,
    /// The message goes in circles.
    Loop,
    /// It was tried for as long as mail is tried.
    Expired,
    /// Anything else.
    Other,
}

impl BounceClass {
    /// Of the words of a step; none where it is no failure for ever.
    fn of(reasons: &[String]) -> Option<Self> {
        reasons.iter().find_map(|word| match word.as_str() {
            "bounce_no_such_address" | "suppressed_no_such_address" => Some(Self::NoSuchAddress),
            "bounce_no_such_domain" => Some(Self::NoSuchDomain),
            "bounce_mailbox_full" => Some(Self::MailboxFull),
            "bounce_too_fast" => Some(Self::TooFast),
            "bounce_policy" => Some(Self::Policy),
            "bounce_too_long" => Some(Self::TooLong),
            "bounce_unreachable" => Some(Self::Unreachable),
            "bounce_tls" => Some(Self::Tls),
            "bounce_login" => Some(Self::Login),
            "bounce_loop" => Some(Self::Loop),
            "bounce_expired" => Some(Self::Expired),
            "bounce_other" => Some(Self::Other),
            _ => None,
        })
    }
}

/// One step of one message, for one recipient where it is about one.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct MailStep {
    /// The step's number: rises with time.
    pub id: String,
    /// The number under which the message's sender was told that it is taken: the same for all its steps.
    pub message: String,
    /// The message's own Message-ID, with its angle brackets; with the first step of its way alone.
    pub message_id: Option<String>,
    /// Which way it goes.
    pub direction: MailDirection,
    /// The step.
    pub stage: MailStage,
    #[graphql(skip)]
    told: Told,
    /// When.
    pub at: Moment,
    /// The sender of the envelope; none for the null sender of reports.
    pub sender: Option<String>,
    /// The recipient, where the step is about one.
    pub recipient: Option<String>,
    /// Your mailbox: that sent it (`OUT`), or that it was for (`IN`).
    pub mailbox_id: Option<MailboxKey>,
    /// Your domain that it is of.
    pub domain_id: Option<DomainKey>,
    /// The folder that it was put into.
    pub folder: Option<String>,
    /// What was said: by the other server to us, or by us to it; none where somebody ordered it.
    pub reply: Option<ServerReply>,
    /// From which addresses of the platform it left, or was to leave: a pool, and the address where it was used, for
    /// example `shared 198.51.100.7`; none where there are no pools.
    pub source: Option<String>,
    /// Of what kind the failure is, where it was given up (`BOUNCED`) or came back later.
    pub bounce_class: Option<BounceClass>,
    /// Why, as the stages that looked at it found.
    pub reasons: Vec<MailReason>,
    /// When it is tried next.
    pub next_at: Option<Moment>,
    /// In which account, and who ordered it.
    #[graphql(skip)]
    by: Option<(AccountId, Actor)>,
}

#[ComplexObject]
impl MailStep {
    /// Whoever ordered it, where somebody did: what they sign in with, or the address of the mailbox, as far as the caller may
    /// know it; see `HistoryEntry.actorName`.
    async fn actor_name(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        Ok(self.by(ctx).await?.and_then(|who| who.name))
    }

    /// What whoever ordered it is to the account; none where nobody is named.
    async fn actor_standing(&self, ctx: &Context<'_>) -> Result<Option<ActorStanding>> {
        Ok(self.by(ctx).await?.map(|who| who.standing))
    }

    /// What happened, in a sentence in the language of the request.
    async fn text(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            default = true,
            desc = "Whether it tells, in UTC, when the next attempt is; without for whoever shows `nextAt`."
        )]
        with_next: bool,
    ) -> Result<String> {
        let by = self.by(ctx).await?;
        Ok(if with_next { self.told.whole(by.as_ref()) } else { self.told.timeless(by.as_ref()) })
    }
}

impl MailStep {
    /// Whoever ordered it, as the caller may know them.
    async fn by(&self, ctx: &Context<'_>) -> Result<Option<Who>> {
        match self.by {
            Some((account, actor)) => whoever(ctx, account, actor).await.map(Some),
            None => Ok(None),
        }
    }

    pub(super) fn of(number: u64, passage: Passage, language: Language) -> Self {
        let told = words::told(&passage, language);
        let by = words::orderer(&passage);
        let reply = passage.reply.as_ref().filter(|_| by.is_none());
        let reply = reply.and_then(ServerReply::of);
        let bounce_class = BounceClass::of(&passage.reasons);
        let reasons = passage.reasons.into_iter().map(|reason| {
            let (code, text) = reason::told(reason, language);
            MailReason { code, text }
        });
        Self {
            id: number.to_string(),
            message: passage.message,
            message_id: passage.message_id,
            direction: passage.direction.into(),
            stage: passage.stage.into(),
            told,
            at: passage.at.into(),
            sender: passage.sender,
            recipient: passage.recipient,
            mailbox_id: passage.mailbox.map(MailboxKey),
            domain_id: passage.domain.map(DomainKey),
            folder: passage.folder,
            reply,
            source: passage.source,
            bounce_class,
            reasons: reasons.collect(),
            next_at: passage.next_at.map(Into::into),
            by: by.map(|actor| (passage.tenant.account(), actor)),
        }
    }
}

/// Which steps are meant. Everything that is given must be so.
#[derive(Debug, Clone, Default, InputObject)]
pub struct MessageTraceFilter {
    /// Of this mailbox.
    pub mailbox_id: Option<MailboxKey>,
    /// Of this domain.
    pub domain_id: Option<DomainKey>,
    /// With this sender of the envelope: a whole address, whatever its case.
    pub sender: Option<String>,
    /// For this recipient: a whole address, whatever its case. The step with which the message was `SUBMITTED` is among them.
    pub recipient: Option<String>,
    /// Of this message: the number under which its sender was told that it is taken.
    pub message: Option<String>,
    /// Of messages with this Message-ID, with or without its angle brackets.
    pub message_id: Option<String>,
    /// Going this way.
    pub direction: Option<MailDirection>,
    /// These steps alone.
    pub stage: Option<MailStage>,
    /// Not before this moment, for example 2030-01-31T08:00:00Z.
    pub since: Option<Moment>,
    /// Before this moment, for example 2030-01-31T09:00:00Z.
    pub until: Option<Moment>,
}
