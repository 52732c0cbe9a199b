//! Addresses that an account's mail is not sent to.

use async_graphql::connection::{Connection, CursorType, Edge};
use async_graphql::{Context, Enum, Object, Result, SimpleObject};
use authority::{Permission, Resource};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hosting::mail_order::MailOrderKind;
use kernel::{AccountId, EmailAddress};
use store::{RemoteReply, StoreError};

use crate::error::Fault;
use crate::limit::TEXT_OCTETS_MAX;
use crate::page::{Page, cost};
use crate::payload::{Faults, UserError};
use crate::queue::mutation::{given, named};
use crate::queue::object::ServerReply;
use crate::request::Asked;
use crate::scalar::{AccountKey, Moment};

/// The code where an address is not on the list.
const NOT_FOUND: &str = "SUPPRESSION_NOT_FOUND";

/// The code where people have put as many addresses on the list as fit.
const LIMIT_REACHED: &str = "SUPPRESSION_LIMIT_REACHED";

/// Why nothing is sent to an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "store::SuppressionCause")]
pub enum SuppressionCause {
    /// It does not exist, said its server, at once or in a report later.
    NoSuchAddress,
    /// Its owner called mail unwanted.
    Complaint,
    /// Somebody put it there.
    Ordered,
}

/// An address that an account's mail is not sent to: it does not exist, complained, or somebody put it here.
#[derive(Debug, Clone, SimpleObject)]
pub struct Suppression {
    /// The address, in lower case.
    pub id: String,
    /// Whose mail it is.
    pub account_id: AccountKey,
    /// Why.
    pub cause: SuppressionCause,
    /// What the other server said, or why somebody put it here.
    pub reply: Option<ServerReply>,
    /// Since when.
    pub since: Moment,
    /// Until when: 90 days where the address did not exist; none: until somebody takes it off.
    pub expires_at: Option<Moment>,
}

impl Suppression {
    fn of(account: AccountId, one: store::Suppression) -> Self {
        Self {
            id: one.address,
            account_id: AccountKey(account),
            cause: one.cause.into(),
            reply: ServerReply::of(&one.reply),
            since: one.since.into(),
            expires_at: one.expires_at.map(Into::into),
        }
    }
}

/// What a change of the list came to. It holds from the next attempt on.
#[derive(Debug, Clone, SimpleObject)]
pub struct SuppressionOutcome {
    /// The address, in lower case.
    pub address: Option<String>,
    /// Why nothing was changed: `MALFORMED`, `MAIL_ORDER_TEXT`, `SUPPRESSION_NOT_FOUND`, `SUPPRESSION_LIMIT_REACHED`.
    pub user_errors: Vec<UserError>,
}

/// Where an address stands in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressCursor(String);

/// Text that is no cursor of this list.
#[derive(Debug, thiserror::Error)]
#[error("expected a cursor that a page gave")]
pub struct AddressCursorFault;

impl CursorType for AddressCursor {
    type Error = AddressCursorFault;

    fn decode_cursor(text: &str) -> Result<Self, AddressCursorFault> {
        let octets = URL_SAFE_NO_PAD.decode(text).map_err(|_| AddressCursorFault)?;
        String::from_utf8(octets).map(Self).map_err(|_| AddressCursorFault)
    }

    fn encode_cursor(&self) -> String {
        URL_SAFE_NO_PAD.encode(&self.0)
    }
}

/// Where an address of an account stands among those of all: the account is behind the last blank.
fn cursor_of_all(text: &str) -> std::result::Result<(String, AccountId), AddressCursorFault> {
    let AddressCursor(text) = AddressCursor::decode_cursor(text)?;
    let (address, account) = text.rsplit_once(' ').ok_or(AddressCursorFault)?;
    Ok((address.to_owned(), account.parse().map_err(|_| AddressCursorFault)?))
}

/// Queries about suppressed addresses.
#[derive(Debug, Default)]
pub struct SuppressionQuery;

#[Object]
impl SuppressionQuery {
    /// The addresses that an account's mail is not sent to, by the alphabet. For whoever may see the whole account's mail
    /// on its way: the list is of all its domains.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn suppressions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "How many: 1 to 100, 25 where absent.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor of the same list; absent: from its beginning.")] after: Option<
            String,
        >,
    ) -> Result<Connection<AddressCursor, Suppression>> {
        let account = ctx.account(account_id)?;
        ctx.allow(Permission::TraceRead, Resource::account(account))?;
        let wanted = Page::parse(first, None).map_err(|fault| ctx.fault(fault))?.count();
        let after = after.as_deref().map(AddressCursor::decode_cursor).transpose().map_err(|_| {
            ctx.fault(Fault::BadInput(
                "`after` is no cursor of this list",
                "`after` n'est pas un curseur de cette liste",
            ))
        })?;
        let start = after.as_ref().map(|after| after.0.as_str());
        let found = ctx.platform()?.queue.suppressions(account.tenant(), start, wanted + 1).await;
        let found = found.map_err(|error| ctx.failed("suppressed addresses", &error))?;
        let mut connection = Connection::new(after.is_some(), found.len() > wanted);
        let edges = found.into_iter().take(wanted);
        connection.edges.extend(
            edges.map(|one| Edge::new(AddressCursor(one.address.clone()), Suppression::of(account, one))),
        );
        Ok(connection)
    }

    /// The addresses that the mail of any account is not sent to, by the alphabet: for the operator.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn platform_suppressions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "One whole address, whatever its case: the accounts whose mail is not sent there.")]
        address: Option<String>,
        #[graphql(desc = "How many: 1 to 100, 25 where absent.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor of the same list; absent: from its beginning.")] after: Option<
            String,
        >,
    ) -> Result<Connection<AddressCursor, Suppression>> {
        ctx.allow(Permission::PlatformWrite, Resource::PLATFORM)?;
        let wanted = Page::parse(first, None).map_err(|fault| ctx.fault(fault))?.count();
        let after = after.as_deref().map(cursor_of_all).transpose().map_err(|_| {
            ctx.fault(Fault::BadInput(
                "`after` is no cursor of this list",
                "`after` n'est pas un curseur de cette liste",
            ))
        })?;
        let address = address.map(|address| address.trim().to_lowercase());
        let start = after.as_ref().map(|(address, account)| (address.as_str(), account.tenant()));
        let found = ctx.platform()?.queue.all_suppressions(address.as_deref(), start, wanted + 1).await;
        let found = found.map_err(|error| ctx.failed("suppressed addresses of all accounts", &error))?;
        let mut connection = Connection::new(after.is_some(), found.len() > wanted);
        connection.edges.extend(found.into_iter().take(wanted).map(|(tenant, one)| {
            let account = tenant.account();
            Edge::new(AddressCursor(format!("{} {account}", one.address)), Suppression::of(account, one))
        }));
        Ok(connection)
    }
}

/// Changes of suppressed addresses.
#[derive(Debug, Default)]
pub struct SuppressionMutation;

#[Object]
impl SuppressionMutation {
    /// Sends nothing to an address any more: what is queued for it is given up with a report at its next attempt. At most
    /// 100 000 addresses of an account are put on the list so.
    async fn suppression_add(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "A whole address, whatever its case.")] address: String,
        #[graphql(desc = "Why, at most 512 octets; shown in the list.")] reason: Option<String>,
    ) -> Result<SuppressionOutcome> {
        let account = ctx.account(account_id)?;
        ctx.allow(Permission::QueueWrite, Resource::account(account))?;
        let mut faults = Faults::new(ctx)?;
        let reason = reason.unwrap_or_default();
        if reason.len() > TEXT_OCTETS_MAX {
            faults.add("reason", "a reason has at most 512 octets", "une raison a au plus 512 octets");
        }
        let parsed = faults.take("address", EmailAddress::parse(address.trim()));
        let Some(address) = parsed.filter(|_| faults.is_empty()) else {
            return Ok(SuppressionOutcome { address: None, user_errors: faults.into_errors() });
        };
        let target = address.to_string().to_lowercase();
        let told = given(ctx, MailOrderKind::Suppress, (account, &target), &reason).await?;
        if !told.is_empty() {
            return Ok(SuppressionOutcome { address: None, user_errors: told });
        }
        // Beside what is said, where programs find it and people are told a name.
        let host = Some(named(ctx.principal()?.actor));
        let reply = RemoteReply { text: reason, host, ..RemoteReply::default() };
        let why = (store::SuppressionCause::Ordered, reply);
        let added = ctx.platform()?.queue.suppress(account.tenant(), &address, why).await;
        if let Err(StoreError::Refused(_)) = &added {
            faults.coded(
                LIMIT_REACHED,
                "address",
                "100 000 addresses are on the list already; take some off",
                "100 000 adresses sont déjà dans la liste ; retirez-en",
            );
            return Ok(SuppressionOutcome { address: None, user_errors: faults.into_errors() });
        }
        added.map_err(|error| ctx.failed("suppressing an address", &error))?;
        Ok(SuppressionOutcome { address: Some(target), user_errors: Vec::new() })
    }

    /// Sends to an address again.
    async fn suppression_remove(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "A whole address, whatever its case.")] address: String,
        #[graphql(desc = "Why, for the audit: at most 512 octets.")] reason: Option<String>,
    ) -> Result<SuppressionOutcome> {
        let account = ctx.account(account_id)?;
        ctx.allow(Permission::QueueWrite, Resource::account(account))?;
        let address = address.trim().to_lowercase();
        let why = reason.unwrap_or_default();
        let told = given(ctx, MailOrderKind::Unsuppress, (account, &address), &why).await?;
        if !told.is_empty() {
            return Ok(SuppressionOutcome { address: None, user_errors: told });
        }
        let removed = ctx.platform()?.queue.unsuppress(account.tenant(), &address).await;
        let mut faults = Faults::new(ctx)?;
        if !removed.map_err(|error| ctx.failed("taking an address off the list", &error))? {
            faults.coded(
                NOT_FOUND,
                "address",
                "this address is not on the list",
                "cette adresse n'est pas dans la liste",
            );
        }
        Ok(SuppressionOutcome { address: Some(address), user_errors: faults.into_errors() })
    }
}
