//! Reading profiles and notices.

use async_graphql::connection::Connection;
use async_graphql::{Context, Object, Result};
use authority::{Permission, Resource};
use database::{DatabaseError, Row};
use hosting::mailbox::Mailbox;
use hosting::notice::NoticePerson;
use hosting::session::SessionOwner;
use hosting::user::{User, UserRecord};
use kernel::{AccountId, DelegationId, Key, MailboxId, NoticeId, Sealed, Timestamp, UserId};

use super::object::{ELSEWHERE, Notice, Profile};
use crate::credential::query::{is_own, own, owner, resource};
use crate::error::Fault;
use crate::page::{Page, PageKey, Query, cost};
use crate::request::{Asked, at_least, rows};
use crate::scalar::{AccountKey, DelegationKey, MailboxKey, Moment, NoticeKey, Place, UserKey};

/// The name of the projection that these queries read.
pub(crate) const PROJECTION: &str = "notice_list";

const SELECT: &str = "SELECT notice_id, person_kind, person_id, kind, address, at, link_until, day, born, tenant \
     FROM notice_list_v3 WHERE ";

/// Queries about profiles and notices.
#[derive(Debug, Default)]
pub struct NoticeQuery;

#[Object]
impl NoticeQuery {
    /// The caller's own address, language and time zone, also while the address is not confirmed. A mailbox is its own
    /// address.
    async fn profile(&self, ctx: &Context<'_>) -> Result<Option<Profile>> {
        let (account, who) = own(ctx)?;
        let user = match who {
            SessionOwner::User(user) => user,
            SessionOwner::Mailbox(mailbox) => return mailbox_profile(ctx, account, mailbox).await.map(Some),
        };
        let record = user_record(ctx, account, user).await?.ok_or_else(|| ctx.fault(Fault::NotFound))?;
        let text = |address: &Option<Sealed<kernel::EmailAddress>>| {
            address.as_ref().and_then(Sealed::plain).map(ToString::to_string)
        };
        Ok(Some(Profile {
            login: record.login.plain().map(ToString::to_string),
            email: text(&record.email),
            email_pending: text(&record.email_pending),
            language: record.language.unwrap_or(ctx.platform()?.notices.language).into(),
            chosen_language: record.language.map(Into::into),
            time_zone: record.time_zone,
        }))
    }

    /// What the platform has written to a user, to a mailbox's owner or to whom a delegation invites, oldest first; to the
    /// caller where nobody is named. Of others for whoever may set their credentials, or may let others in.
    #[graphql(complexity = "cost(first, child_complexity)")]
    #[allow(clippy::too_many_arguments, reason = "the arguments of a GraphQL field")]
    async fn notices(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Of this user; with neither user nor mailbox the caller.")] user_id: Option<UserKey>,
        #[graphql(desc = "Of the owner of this mailbox.")] mailbox_id: Option<MailboxKey>,
        #[graphql(desc = "About this invitation alone.")] delegation_id: Option<DelegationKey>,
        #[graphql(desc = "How many: 1 to 100, 25 where absent.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor of the same list; absent: from its beginning.")] after: Option<
            String,
        >,
        #[graphql(
            name = "atLeast",
            desc = "A `position` that a change answered: what is shown is no older. Waited for up to 2 seconds, then `STALE`."
        )]
        place: Option<Place>,
    ) -> Result<Connection<PageKey, Notice>> {
        ctx.standing()?;
        let page = Page::parse(first, after.as_deref()).map_err(|fault| ctx.fault(fault))?;
        let (account, person) = match delegation_id {
            Some(delegation) => {
                let account = ctx.account(account_id)?;
                ctx.allow(Permission::DelegationWrite, Resource::account(account))?;
                (account, NoticePerson::Delegate(delegation.0))
            }
            None => of_owner(ctx, account_id, (user_id, mailbox_id)).await?,
        };
        at_least(ctx, PROJECTION, account, place).await?;
        let query = Query::new(SELECT).bind("tenant = ", kernel::Id::uuid(account));
        let query = query.bind(" AND person_id = ", person.uuid());
        let found = rows(ctx, PROJECTION, page.finish(query, "born", "notice_id")).await?;
        page.connection(found, notice).map_err(|error| ctx.failed("a row of notices", &error))
    }

    /// What the platform has written to people of all accounts, newest first: for the operator. With `kind` or `address` those
    /// alone.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn platform_notices(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What it is about, for example `password_changed`.")] kind: Option<String>,
        #[graphql(
            desc = "Where it went: a whole address. Recovery addresses of mailboxes are not looked for."
        )]
        address: Option<String>,
        #[graphql(desc = "How many: 1 to 100, 25 where absent.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor of the same list; absent: from its beginning.")] after: Option<
            String,
        >,
    ) -> Result<Connection<PageKey, Notice>> {
        ctx.allow(Permission::PlatformWrite, Resource::PLATFORM)?;
        let page = Page::parse(first, after.as_deref()).map_err(|fault| ctx.fault(fault))?;
        let mut query = Query::new(SELECT).with("TRUE");
        if let Some(kind) = kind {
            query = query.bind(" AND kind = ", kind);
        }
        if let Some(address) = address {
            query = query.bind(" AND address = ", address.trim().to_owned());
            for kind in ELSEWHERE {
                query = query.bind(" AND NOT (person_kind = 'mailbox' AND kind = ", kind).with(")");
            }
        }
        let found = rows(ctx, PROJECTION, page.finish(query, "-at", "notice_id")).await?;
        let newest = |row: &Row| {
            let (key, notice) = notice(row)?;
            Ok::<_, DatabaseError>((PageKey { born: -row.int(5)?, ..key }, notice))
        };
        page.connection(found, newest).map_err(|error| ctx.failed("a row of notices", &error))
    }
}

async fn of_owner(
    ctx: &Context<'_>,
    account: Option<AccountKey>,
    (user, mailbox): (Option<UserKey>, Option<MailboxKey>),
) -> Result<(AccountId, NoticePerson)> {
    let (account, who) = owner(ctx, account, user, mailbox)?;
    if !is_own(ctx, (account, who))? {
        let target = resource(ctx, account, who).await?;
        ctx.allow(Permission::CredentialWrite, target)?;
        crate::mailbox::visit::note_owner(ctx, (account, who))?;
    }
    Ok((account, person_of(who)))
}

/// Whom a notice to a login is to.
pub(crate) const fn person_of(who: SessionOwner) -> NoticePerson {
    match who {
        SessionOwner::User(user) => NoticePerson::User(user),
        SessionOwner::Mailbox(mailbox) => NoticePerson::Mailbox(mailbox),
    }
}

async fn mailbox_profile(ctx: &Context<'_>, account: AccountId, mailbox: MailboxId) -> Result<Profile> {
    let state = ctx.platform()?.engine.load(account.tenant(), &Key::<Mailbox>(mailbox)).await;
    let state = state.map_err(|error| ctx.failed("reading a mailbox", &error))?;
    let record = state.record().ok_or_else(|| ctx.fault(Fault::NotFound))?;
    let address = record.address().map(|address| address.to_string());
    Ok(Profile {
        login: address.clone(),
        email: address,
        email_pending: None,
        language: record.language.unwrap_or(ctx.platform()?.notices.language).into(),
        chosen_language: record.language.map(Into::into),
        time_zone: record.time_zone.clone(),
    })
}

/// A user as it is at this moment.
pub(crate) async fn user_record(
    ctx: &Context<'_>,
    account: AccountId,
    user: UserId,
) -> Result<Option<UserRecord>> {
    let state = ctx.platform()?.engine.load(account.tenant(), &Key::<User>(user)).await;
    let state = state.map_err(|error| ctx.failed("reading a user", &error))?;
    Ok(state.record().cloned())
}

/// All notices to somebody, oldest first.
pub(crate) async fn of_person(
    ctx: &Context<'_>,
    account: AccountId,
    person: NoticePerson,
) -> Result<Vec<Notice>> {
    let query = Query::new(SELECT).bind("tenant = ", kernel::Id::uuid(account));
    let query = query.bind(" AND person_id = ", person.uuid()).with(" ORDER BY born LIMIT 10000");
    let found = rows(ctx, PROJECTION, query.finish()).await?;
    let notices: std::result::Result<Vec<_>, _> =
        found.iter().map(|row| notice(row).map(|(_, notice)| notice)).collect();
    notices.map_err(|error| ctx.failed("a row of notices", &error))
}

/// One notice of an account.
pub(crate) async fn read(ctx: &Context<'_>, account: AccountId, id: NoticeId) -> Result<Option<Notice>> {
    let query = Query::new(SELECT)
        .bind("tenant = ", kernel::Id::uuid(account))
        .bind(" AND notice_id = ", kernel::Id::uuid(id));
    let found = rows(ctx, PROJECTION, query.finish()).await?;
    let read = found.first().map(notice).transpose();
    Ok(read.map_err(|error| ctx.failed("a row of notices", &error))?.map(|(_, notice)| notice))
}

fn notice(row: &Row) -> Result<(PageKey, Notice), DatabaseError> {
    let (id, person_kind, person) = (row.uuid(0)?, row.text(1)?, row.uuid(2)?);
    let found = Notice {
        id: NoticeKey(NoticeId::new(id)),
        kind: row.text(3)?.to_owned(),
        address: row.opt_text(4)?.map(str::to_owned),
        user_id: (person_kind == "user").then(|| UserKey(UserId::new(person))),
        mailbox_id: (person_kind == "mailbox").then(|| MailboxKey(MailboxId::new(person))),
        delegation_id: (person_kind == "delegate").then(|| DelegationKey(DelegationId::new(person))),
        at: Timestamp::from_millis(row.int(5)?).into(),
        link_until: row.opt_int(6)?.map(|until| Moment(Timestamp::from_millis(until))),
        day: row.int(7)?,
        account_id: AccountKey(AccountId::new(row.uuid(9)?)),
    };
    Ok((PageKey { born: row.int(8)?, id }, found))
}
