//! Whose history is asked for, and whether the caller may see it.

use async_graphql::{Context, Result};
use authority::{Permission, Resource};
use hosting::account::Account;
use hosting::address_map::AddressMap;
use hosting::alias::{Alias, AliasState};
use hosting::book::{Entry as _, EntryEvent};
use hosting::delegation::Delegation;
use hosting::document::Document;
use hosting::domain::{Domain, DomainState};
use hosting::filter::{DomainFilter, MailboxFilter};
use hosting::mailbox::{Mailbox, MailboxState};
use hosting::plan::Plan;
use hosting::push::Push;
use hosting::resource::Resource as Invited;
use hosting::sender_relay::SenderRelay;
use hosting::service::Service;
use hosting::session::{Session, SessionState};
use hosting::share::Share;
use hosting::sync_job::SyncJob;
use hosting::ticket::Ticket;
use hosting::tls_policy::{DomainTlsPolicy, TlsPolicy};
use hosting::user::User;
use hosting::webhook::Webhook;
use kernel::{
    AccountId, AddressMapId, AliasId, AppPasswordId, Category, Decider, DelegationId, DocumentId, DomainId,
    FilterId, Id, Key, MailboxId, PlanId, PushId, ResourceId, SenderRelayId, ServiceId, SessionId, ShareId,
    StreamId, SyncJobId, TicketId, TlsPolicyId, TokenId, UserId, WebhookId,
};
use uuid::Uuid;

use crate::error::Fault;
use crate::request::Asked;

/// What tells the history of a thing.
#[derive(Debug, Clone)]
pub(super) struct Told {
    /// Where its events stand.
    pub(super) stream: StreamId,
    /// Where it is a part of the stream's thing, the field by which events name it, and its name there.
    pub(super) part: Option<(&'static str, String)>,
}

/// What tells the history of a thing that the caller may see.
pub(super) async fn told(ctx: &Context<'_>, account: AccountId, id: &str) -> Result<Told> {
    ctx.standing()?;
    if let Some(named) = part_named(id) {
        return part(ctx, account, named).await;
    }
    Ok(Told { stream: seen(ctx, account, id).await?, part: None })
}

/// The stream of a thing that the caller may see.
async fn seen(ctx: &Context<'_>, account: AccountId, id: &str) -> Result<StreamId> {
    let whole = Resource::account(account);
    let engine = &ctx.platform()?.engine;
    let tenant = account.tenant();
    let failed = |error| ctx.failed("the state of a thing", &error);
    let hidden = || ctx.fault(Fault::NotFound);
    if let Ok(mailbox) = id.parse::<MailboxId>() {
        ctx.allow(Permission::MailboxRead, of_mailbox(ctx, account, mailbox).await?)?;
        crate::mailbox::visit::note(ctx, (account, mailbox))?;
        return Ok(StreamId::new(Mailbox::CATEGORY, mailbox));
    }
    if let Ok(alias) = id.parse::<AliasId>() {
        let record = match engine.load(tenant, &Key::<Alias>(alias)).await.map_err(failed)? {
            AliasState::Live(record) | AliasState::Deleted(record) => record,
            AliasState::Absent => return Err(hidden()),
        };
        ctx.allow(Permission::MailboxRead, whole.in_service(record.service).in_domain(record.domain))?;
        return Ok(StreamId::new(Alias::CATEGORY, alias));
    }
    if let Ok(domain) = id.parse::<DomainId>() {
        ctx.allow(Permission::DomainRead, of_domain(ctx, account, domain).await?)?;
        return Ok(StreamId::new(Domain::CATEGORY, domain));
    }
    if let Ok(delegation) = id.parse::<DelegationId>() {
        ctx.allow(Permission::DelegationWrite, whole)?;
        return Ok(StreamId::new(Delegation::CATEGORY, delegation));
    }
    if let Ok(webhook) = id.parse::<WebhookId>() {
        ctx.allow(Permission::AccountRead, whole)?;
        return Ok(StreamId::new(Webhook::CATEGORY, webhook));
    }
    if let Ok(service) = id.parse::<ServiceId>() {
        ctx.allow(Permission::ServiceRead, whole.in_service(service))?;
        return Ok(StreamId::new(Service::CATEGORY, service));
    }
    if let Ok(user) = id.parse::<UserId>() {
        if !ctx.standing()?.is_user(user) {
            ctx.allow(Permission::AccountRead, whole)?;
        }
        return Ok(StreamId::new(User::CATEGORY, user));
    }
    if let Ok(ticket) = id.parse::<TicketId>() {
        crate::ticket::query::read(ctx, &(account, ticket)).await?;
        return Ok(StreamId::new(Ticket::CATEGORY, ticket));
    }
    if let Ok(session) = id.parse::<SessionId>() {
        let owner = match engine.load(tenant, &Key::<Session>(session)).await.map_err(failed)? {
            SessionState::Running(record) => record.owner,
            SessionState::Ended { owner, .. } => owner,
            SessionState::Absent => return Err(hidden()),
        };
        if !crate::credential::query::is_own(ctx, (account, owner))? {
            ctx.allow(Permission::AccountRead, whole)?;
        }
        return Ok(StreamId::new(Session::CATEGORY, session));
    }
    // What the platform offers everybody is made by its operators: who did so is theirs to know.
    if account == AccountId::PLATFORM && ctx.may(Permission::PlatformWrite, Resource::PLATFORM)? {
        if let Ok(plan) = id.parse::<PlanId>() {
            return Ok(StreamId::new(Plan::CATEGORY, plan));
        }
        if let Ok(document) = id.parse::<DocumentId>() {
            return Ok(StreamId::new(Document::CATEGORY, document));
        }
    } else if id.parse::<PlanId>().is_ok() || id.parse::<DocumentId>().is_ok() {
        return Err(hidden());
    }
    if let Ok(named) = id.parse::<AccountId>() {
        if named != account {
            return Err(hidden());
        }
        ctx.allow(Permission::AccountRead, whole)?;
        return Ok(StreamId::new(Account::CATEGORY, named));
    }
    Err(ctx.fault(Fault::BadInput(
        "`id` is the id of an account, user, session, API token, delegation, webhook, service, domain, mailbox, alias or \
         ticket, or of an entry that one of them keeps, as a filter or an app password",
        "`id` est l'identifiant d'un compte, utilisateur, session, clé d'API, délégation, webhook, service, domaine, boîte, \
         alias ou ticket, ou d'une entrée que l'un d'eux conserve, comme un filtre ou un mot de passe d'application",
    )))
}

/// A mailbox, deleted or not, as the authority is asked about it.
async fn of_mailbox(ctx: &Context<'_>, account: AccountId, mailbox: MailboxId) -> Result<Resource> {
    let state = ctx.platform()?.engine.load(account.tenant(), &Key::<Mailbox>(mailbox)).await;
    let record = match state.map_err(|error| ctx.failed("the state of a mailbox", &error))? {
        MailboxState::Live(record) | MailboxState::Deleted(record) => record,
        MailboxState::Absent => return Err(ctx.fault(Fault::NotFound)),
    };
    Ok(Resource::account(account).in_service(record.service).in_domain(record.domain).in_mailbox(mailbox))
}

/// A domain of the account, removed or not, as the authority is asked about it.
async fn of_domain(ctx: &Context<'_>, account: AccountId, domain: DomainId) -> Result<Resource> {
    let state = ctx.platform()?.engine.load(account.tenant(), &Key::<Domain>(domain)).await;
    let record = match state.map_err(|error| ctx.failed("the state of a domain", &error))? {
        DomainState::Pending(record) | DomainState::Verified(record) | DomainState::Removed(record) => record,
        DomainState::Absent | DomainState::Shared { .. } => return Err(ctx.fault(Fault::NotFound)),
    };
    Ok(Resource::account(account).in_service(record.service).in_domain(domain))
}

/// A thing that has no stream of its own.
#[derive(Debug)]
struct Part {
    /// Which.
    id: Uuid,
    /// The same as events write it.
    name: String,
    /// The categories of the streams that tell of it.
    categories: &'static [Category],
    /// The field by which events name it.
    field: &'static str,
}

/// The part that `id` names; none where it names a thing that has a stream.
fn part_named(id: &str) -> Option<Part> {
    macro_rules! kinds {
        ($($id:ty: $field:literal in $($category:expr),+;)*) => {$(
            if let Ok(part) = id.parse::<$id>() {
                let (id, name) = (part.uuid(), part.to_string());
                return Some(Part { id, name, categories: &[$($category),+], field: $field });
            }
        )*};
    }
    kinds! {
        TokenId: "token" in User::CATEGORY;
        AppPasswordId: "app_password" in Mailbox::CATEGORY;
        FilterId: "entry" in MailboxFilter::WORDS.category, DomainFilter::WORDS.category;
        SyncJobId: "entry" in SyncJob::WORDS.category;
        PushId: "entry" in Push::WORDS.category;
        ShareId: "entry" in Share::WORDS.category;
        AddressMapId: "entry" in AddressMap::WORDS.category;
        ResourceId: "entry" in Invited::WORDS.category;
        SenderRelayId: "entry" in SenderRelay::WORDS.category;
        TlsPolicyId: "entry" in TlsPolicy::WORDS.category, DomainTlsPolicy::WORDS.category;
    }
    None
}

/// What tells the history of a part, for whoever may see it: as the part itself is seen while it is there.
async fn part(ctx: &Context<'_>, account: AccountId, named: Part) -> Result<Told> {
    let hidden = || ctx.fault(Fault::NotFound);
    let found = super::part_projection::keeper(ctx, account, named.id).await?;
    let (category, keeper) = found.ok_or_else(hidden)?;
    let category = named.categories.iter().find(|known| known.0 == category).ok_or_else(hidden)?;
    let of = EntryEvent::keeper(*category).unwrap_or(*category);
    if of == Mailbox::CATEGORY {
        let mailbox = MailboxId::new(keeper);
        ctx.allow(Permission::MailboxRead, of_mailbox(ctx, account, mailbox).await?)?;
        crate::mailbox::visit::note(ctx, (account, mailbox))?;
    } else if of == Domain::CATEGORY {
        ctx.allow(Permission::MailboxRead, of_domain(ctx, account, DomainId::new(keeper)).await?)?;
    } else {
        ctx.allow(Permission::AccountRead, Resource::account(account))?;
    }
    let stream = StreamId { category: *category, id: keeper };
    Ok(Told { stream, part: Some((named.field, named.name)) })
}
