//! Changing filters.

use async_graphql::{Context, InputObject, Object, Result};
use hosting::book::Entry;
use hosting::filter as model;
use kernel::{AccountId, FilterId};

use super::object::{Filter, FilterStage, ScriptFault};
use super::query::{fault, read, read_of_domain};
use crate::entry::payload::{Edit, removal};
use crate::entry::read::PROJECTION;
use crate::mailbox::record::named;
use crate::payload::{Answer, UserError, command, if_seen};
use crate::request::{Asked, settled};
use crate::scalar::{AccountKey, DomainKey, FilterKey, MailboxKey, Place, Uid};

/// Whose filter it is.
#[derive(Debug, Clone, Copy)]
enum Of {
    Mailbox,
    Domain,
}

/// What a change of a filter came to.
#[derive(Debug, Clone)]
pub struct FilterPayload {
    answer: Answer<(AccountId, FilterId)>,
    fault: Option<ScriptFault>,
    of: Of,
}

/// What a change of a filter came to.
#[Object]
impl FilterPayload {
    /// The filter as it is now; none where the mutation was refused.
    async fn filter(&self, ctx: &Context<'_>) -> Result<Option<Filter>> {
        let Answer::Done { key, cursor, .. } = &self.answer else { return Ok(None) };
        settled(ctx, PROJECTION, *cursor).await?;
        match self.of {
            Of::Mailbox => if_seen(read(ctx, key).await),
            Of::Domain => if_seen(read_of_domain(ctx, key).await),
        }
    }

    /// What is wrong with the script, where that is why: `FILTER_DOES_NOT_COMPILE`.
    async fn script_fault(&self) -> Option<&ScriptFault> {
        self.fault.as_ref()
    }

    /// Why the mutation was refused; empty where it was done.
    async fn user_errors(&self) -> &[UserError] {
        self.answer.errors()
    }

    /// Where the change stands: give it as `atLeast` to a query that must show it.
    async fn position(&self) -> Option<Place> {
        self.answer.cursor().map(Place)
    }
}

removal! {
    /// What the removal of a filter came to.
    FilterRemovePayload { filter_id: FilterKey of FilterId }
}

/// A filter to be, or what of one to change: what is absent is as by default, or stays as it is.
#[derive(Debug, InputObject)]
pub struct FilterInput {
    /// When it runs. Default: `OWN` for a mailbox, `BEFORE` for a domain, which has no `OWN`. The owner of a mailbox
    /// changes `OWN` alone.
    pub stage: Option<FilterStage>,
    /// What it is called: 1 to 128 characters, no two of one owner the same. Needed for a new one.
    pub name: Option<String>,
    /// What it is for: at most 255 characters.
    pub description: Option<String>,
    /// In Sieve (RFC 5228): at most 32 768 octets.
    pub script: Option<String>,
    /// Whether it runs. Default: false. Of each stage one does at most: another that does is switched off.
    pub is_active: Option<bool>,
}

impl From<FilterInput> for model::FilterPatch {
    fn from(input: FilterInput) -> Self {
        Self {
            stage: input.stage.map(Into::into),
            name: input.name,
            description: input.description,
            script: input.script,
            is_active: input.is_active,
        }
    }
}

/// Changes of filters.
#[derive(Debug, Default)]
pub struct FilterMutation;

#[Object]
impl FilterMutation {
    /// Gives a mailbox (the caller's own where none is named) one more Sieve script. It is compiled: where that fails,
    /// `scriptFault` says what is wrong, in which line and column. `userErrors`, among others:
    /// `FILTER_DOES_NOT_COMPILE`, `FILTER_NAME_TAKEN`, `FILTER_LIMIT`, `SETTING_NOT_SELF_SERVICE`.
    async fn filter_add(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which mailbox; the caller's own where absent.")] mailbox_id: Option<MailboxKey>,
        #[graphql(desc = "The script and its name.")] filter: FilterInput,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<FilterPayload> {
        let (account, owner) = named(ctx, account_id, mailbox_id)?;
        let command = command(ctx, command_id);
        let edit = Edit::<model::MailboxFilter> { account, owner, command };
        add(ctx, edit, Of::Mailbox, filter).await
    }

    /// Changes a filter of a mailbox: its script, its name, whether it runs.
    #[allow(clippy::too_many_arguments, reason = "the arguments of a GraphQL field")]
    async fn filter_change(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which mailbox; the caller's own where absent.")] mailbox_id: Option<MailboxKey>,
        #[graphql(desc = "Which filter.")] filter_id: FilterKey,
        #[graphql(desc = "What is to be otherwise; what is left out stays.")] change: FilterInput,
        #[graphql(
            desc = "The revision that was read before, 0 or more. Where somebody else has changed the thing since, nothing is changed and `SETTINGS_CHANGED_MEANWHILE` names the one that is there; absent, whatever is there is changed."
        )]
        revision: Option<u32>,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<FilterPayload> {
        let (account, owner) = named(ctx, account_id, mailbox_id)?;
        let edit = Edit::<model::MailboxFilter> { account, owner, command: command(ctx, command_id) };
        alter(ctx, edit, Of::Mailbox, (filter_id.0, change, revision)).await
    }

    /// Takes a filter of a mailbox away.
    async fn filter_remove(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which mailbox; the caller's own where absent.")] mailbox_id: Option<MailboxKey>,
        #[graphql(desc = "Which filter.")] filter_id: FilterKey,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<FilterRemovePayload> {
        let (account, owner) = named(ctx, account_id, mailbox_id)?;
        let edit = Edit::<model::MailboxFilter> { account, owner, command: command(ctx, command_id) };
        edit.remove(ctx, filter_id.0).await.map(FilterRemovePayload)
    }

    /// Gives all mailboxes of a domain one more Sieve script, as `filterAdd` does for one.
    async fn domain_filter_add(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which domain.")] domain_id: DomainKey,
        #[graphql(desc = "The script and its name.")] filter: FilterInput,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<FilterPayload> {
        let (account, owner) = (ctx.account(account_id)?, domain_id.0);
        let edit = Edit::<model::DomainFilter> { account, owner, command: command(ctx, command_id) };
        add(ctx, edit, Of::Domain, filter).await
    }

    /// Changes a filter of a domain.
    #[allow(clippy::too_many_arguments, reason = "the arguments of a GraphQL field")]
    async fn domain_filter_change(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which domain.")] domain_id: DomainKey,
        #[graphql(desc = "Which filter.")] filter_id: FilterKey,
        #[graphql(desc = "What is to be otherwise; what is left out stays.")] change: FilterInput,
        #[graphql(
            desc = "The revision that was read before, 0 or more. Where somebody else has changed the thing since, nothing is changed and `SETTINGS_CHANGED_MEANWHILE` names the one that is there; absent, whatever is there is changed."
        )]
        revision: Option<u32>,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<FilterPayload> {
        let (account, owner) = (ctx.account(account_id)?, domain_id.0);
        let edit = Edit::<model::DomainFilter> { account, owner, command: command(ctx, command_id) };
        alter(ctx, edit, Of::Domain, (filter_id.0, change, revision)).await
    }

    /// Takes a filter of a domain away.
    async fn domain_filter_remove(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which domain.")] domain_id: DomainKey,
        #[graphql(desc = "Which filter.")] filter_id: FilterKey,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<FilterRemovePayload> {
        let (account, owner) = (ctx.account(account_id)?, domain_id.0);
        let edit = Edit::<model::DomainFilter> { account, owner, command: command(ctx, command_id) };
        edit.remove(ctx, filter_id.0).await.map(FilterRemovePayload)
    }
}

/// Adds a filter; what is wrong with its script is told beside the refusal.
async fn add<E>(ctx: &Context<'_>, edit: Edit<E>, of: Of, filter: FilterInput) -> Result<FilterPayload>
where
    E: Entry<Id = FilterId, Patch = model::FilterPatch>,
{
    let script = filter.script.clone();
    let entry = FilterId::derived(edit.command, 0);
    let answer = edit.add(ctx, entry, filter.into()).await?;
    told(ctx, answer, script.as_deref(), of)
}

/// Changes a filter; see [`add`].
async fn alter<E>(
    ctx: &Context<'_>,
    edit: Edit<E>,
    of: Of,
    (entry, change, revision): (FilterId, FilterInput, Option<u32>),
) -> Result<FilterPayload>
where
    E: Entry<Id = FilterId, Patch = model::FilterPatch>,
{
    let script = change.script.clone();
    let answer = edit.change(ctx, (entry, change.into()), revision).await?;
    told(ctx, answer, script.as_deref(), of)
}

fn told(
    ctx: &Context<'_>,
    answer: Answer<(AccountId, FilterId)>,
    script: Option<&str>,
    of: Of,
) -> Result<FilterPayload> {
    let is_wrong = answer.errors().iter().any(|error| error.code == "FILTER_DOES_NOT_COMPILE");
    let language = ctx.caller()?.language;
    let fault = script.filter(|_| is_wrong).and_then(|script| fault(script, language));
    Ok(FilterPayload { answer, fault, of })
}
