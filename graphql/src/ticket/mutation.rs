//! Asking the support, and answering.

use async_graphql::{Context, InputObject, Object, Result};
use authority::{Permission, Resource};
use hosting::refusal::TicketRefusal;
use hosting::ticket::{Side, TicketCommand, Way};
use hosting::use_case::{AnswerTicket, AtRevision, MergeTickets, OpenTicket};
use kernel::{AccountId, TicketId, UserId};

use super::file::user_of;
use super::object::{Ticket, TicketKind, TicketPriority};
use super::query::{PROJECTION, read};
use crate::error::Fault;
use crate::payload::{command, payload, refused_by, run};
use crate::request::Asked;
use crate::scalar::{AccountKey, ServiceKey, TicketKey, Uid, UserKey};

payload! {
    /// What a change of a ticket came to.
    TicketPayload { ticket: Ticket, by (AccountId, TicketId), PROJECTION, read }
}

/// A ticket to be.
#[derive(Debug, InputObject)]
pub struct TicketOpenInput {
    /// Whose; the caller's own account where absent.
    pub account_id: Option<AccountKey>,
    /// Which service it is about.
    pub service_id: Option<ServiceKey>,
    /// What it is about.
    pub kind: TicketKind,
    /// In a line, up to 200 characters.
    pub subject: String,
    /// Up to 10 000 characters.
    pub text: String,
}

/// Changes of tickets.
#[derive(Debug, Default)]
pub struct TicketMutation;

#[Object]
impl TicketMutation {
    /// Asks the platform's support, also where a service is suspended or over.
    async fn ticket_open(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What it is to be.")] input: TicketOpenInput,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<TicketPayload> {
        let account = ctx.account(input.account_id)?;
        let command = command(ctx, command_id);
        let ticket = TicketId::derived(command, 0);
        let open = OpenTicket {
            account,
            ticket,
            author: author(ctx)?,
            service: input.service_id.map(|service| service.0),
            kind: input.kind.into(),
            subject: input.subject,
            text: input.text,
        };
        run(ctx, command, &open, (account, ticket)).await.map(TicketPayload)
    }

    /// Says something more in a ticket. An operator speaks for the support, and with `isInternal` to it alone.
    #[allow(clippy::too_many_arguments, reason = "the arguments of a GraphQL field")]
    async fn ticket_reply(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which ticket.")] ticket_id: TicketKey,
        #[graphql(desc = "What is said.")] text: String,
        #[graphql(desc = "Whether the support alone sees it.")] is_internal: Option<bool>,
        #[graphql(
            desc = "The revision that was read before, 0 or more; with `isInternal` the `deskRevision`. Where somebody else has changed the thing since, nothing is changed and `SETTINGS_CHANGED_MEANWHILE` names the one that is there; absent, whatever is there is changed."
        )]
        revision: Option<u32>,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<TicketPayload> {
        let account = ctx.account(account_id)?;
        let is_staff = ctx.may(Permission::PlatformWrite, Resource::account(account))?;
        let side = if is_staff { Side::Staff } else { Side::Customer };
        let say =
            TicketCommand::Say { side, text, is_internal: is_internal.unwrap_or_default(), way: Way::Panel };
        answer(ctx, (account, ticket_id.0), say, (command_id, revision)).await
    }

    /// Gives a ticket to one of the support, or to nobody where `assigneeId` is absent. An operator's. `userErrors`:
    /// `TICKET_ASSIGNEE` where it is none of the support.
    #[allow(clippy::too_many_arguments, reason = "the arguments of a GraphQL field")]
    async fn ticket_assign(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which ticket.")] ticket_id: TicketKey,
        #[graphql(desc = "Who takes it; absent: nobody.")] assignee_id: Option<UserKey>,
        #[graphql(
            desc = "The `deskRevision` that was read before, 0 or more. Where somebody else has changed the thing since, nothing is changed and `SETTINGS_CHANGED_MEANWHILE` names the one that is there; absent, whatever is there is changed."
        )]
        revision: Option<u32>,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<TicketPayload> {
        let account = ctx.account(account_id)?;
        ctx.allow(Permission::PlatformWrite, Resource::account(account))?;
        let people = &ctx.platform()?.people;
        let is_one_of_us =
            |user| people.user(user).is_some_and(|person| person.account == AccountId::PLATFORM);
        if assignee_id.is_some_and(|UserKey(user)| !is_one_of_us(user)) {
            let language = ctx.caller()?.language;
            return Ok(TicketPayload(refused_by(&TicketRefusal::AssigneeUnknown, language)));
        }
        let assign = TicketCommand::Assign(assignee_id.map(|user| user.0));
        answer(ctx, (account, ticket_id.0), assign, (command_id, revision)).await
    }

    /// Says how much a ticket hurries. An operator's.
    #[allow(clippy::too_many_arguments, reason = "the arguments of a GraphQL field")]
    async fn ticket_priority_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which ticket.")] ticket_id: TicketKey,
        #[graphql(desc = "How much.")] priority: TicketPriority,
        #[graphql(
            desc = "The `deskRevision` that was read before, 0 or more. Where somebody else has changed the thing since, nothing is changed and `SETTINGS_CHANGED_MEANWHILE` names the one that is there; absent, whatever is there is changed."
        )]
        revision: Option<u32>,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<TicketPayload> {
        let set = TicketCommand::SetPriority(priority.into());
        answer(ctx, (ctx.account(account_id)?, ticket_id.0), set, (command_id, revision)).await
    }

    /// Says that a ticket is answered.
    async fn ticket_resolve(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which ticket.")] ticket_id: TicketKey,
        #[graphql(
            desc = "The revision that was read before, 0 or more. Where somebody else has changed the thing since, nothing is changed and `SETTINGS_CHANGED_MEANWHILE` names the one that is there; absent, whatever is there is changed."
        )]
        revision: Option<u32>,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<TicketPayload> {
        answer(ctx, (ctx.account(account_id)?, ticket_id.0), TicketCommand::Resolve, (command_id, revision))
            .await
    }

    /// Lets a ticket go on in another one of the same account: what was said in it is read there as well, and nothing more is
    /// said in it. An operator's. `userErrors`: `TICKET_MERGED`, `TICKET_MERGE_ITSELF`, `TICKET_MERGE_LIMIT`. The answer
    /// shows the ticket that goes on.
    #[allow(clippy::too_many_arguments, reason = "the arguments of a GraphQL field")]
    async fn ticket_merge(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "The ticket that ends.")] ticket_id: TicketKey,
        #[graphql(desc = "The ticket in which it goes on.")] into_ticket_id: TicketKey,
        #[graphql(
            desc = "The revision that was read before, 0 or more. Where somebody else has changed the thing since, nothing is changed and `SETTINGS_CHANGED_MEANWHILE` names the one that is there; absent, whatever is there is changed."
        )]
        revision: Option<u32>,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<TicketPayload> {
        let account = ctx.account(account_id)?;
        let merge = MergeTickets { account, ticket: ticket_id.0, into: into_ticket_id.0 };
        run(
            ctx,
            command(ctx, command_id),
            &AtRevision { change: merge, revision },
            (account, into_ticket_id.0),
        )
        .await
        .map(TicketPayload)
    }

    /// Says how a ticket was once it is resolved, within 30 days; what was said before is replaced. The customer's.
    /// `userErrors`: `TICKET_NOT_RESOLVED`, `TICKET_STARS`, `TICKET_CLOSED`.
    #[allow(clippy::too_many_arguments, reason = "the arguments of a GraphQL field")]
    async fn ticket_rate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which ticket.")] ticket_id: TicketKey,
        #[graphql(desc = "From 1, the worst, to 5.")] stars: u8,
        #[graphql(desc = "In words, up to 10 000 characters.")] words: Option<String>,
        #[graphql(
            desc = "The revision that was read before, 0 or more. Where somebody else has changed the thing since, nothing is changed and `SETTINGS_CHANGED_MEANWHILE` names the one that is there; absent, whatever is there is changed."
        )]
        revision: Option<u32>,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<TicketPayload> {
        let account = ctx.account(account_id)?;
        if ctx.may(Permission::PlatformWrite, Resource::account(account))? {
            // Nobody praises themselves.
            return Err(ctx.fault(Fault::Forbidden));
        }
        let rate = TicketCommand::Rate { stars, words: words.unwrap_or_default() };
        answer(ctx, (account, ticket_id.0), rate, (command_id, revision)).await
    }

    /// Says that a ticket is not answered after all, within 30 days.
    async fn ticket_reopen(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which ticket.")] ticket_id: TicketKey,
        #[graphql(
            desc = "The revision that was read before, 0 or more. Where somebody else has changed the thing since, nothing is changed and `SETTINGS_CHANGED_MEANWHILE` names the one that is there; absent, whatever is there is changed."
        )]
        revision: Option<u32>,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<TicketPayload> {
        answer(ctx, (ctx.account(account_id)?, ticket_id.0), TicketCommand::Reopen, (command_id, revision))
            .await
    }
}

/// Whoever speaks, where it is a user.
fn author(ctx: &Context<'_>) -> Result<Option<UserId>> {
    Ok(user_of(ctx.principal()?))
}

async fn answer(
    ctx: &Context<'_>,
    (account, ticket): (AccountId, TicketId),
    wish: TicketCommand,
    (command_id, revision): (Option<Uid>, Option<u32>),
) -> Result<TicketPayload> {
    let answer = AnswerTicket { account, ticket, author: author(ctx)?, command: wish };
    let answer = AtRevision { change: answer, revision };
    run(ctx, command(ctx, command_id), &answer, (account, ticket)).await.map(TicketPayload)
}
