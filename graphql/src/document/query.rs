//! Reading documents and contracts.

use async_graphql::{Context, Object, Result};
use authority::{Permission, Resource};
use database::{DatabaseError, Row};
use kernel::{AccountId, DocumentId, Id, ServiceId, Timestamp, UserId};

use super::object::{AcceptanceMethod, AcceptedDocument, Document, DocumentKind, DocumentStatus};
use super::projection::{kind, media};
use crate::page::Query;
use crate::request::{Asked, at_least, rows};
use crate::scalar::{AccountKey, DocumentKey, Place, ServiceKey, UserKey, Whole};

/// The name of the projection that these queries read.
pub(crate) const PROJECTION: &str = "document_list";

/// Most versions that one answer shows: twelve series with their histories.
const DOCUMENT_COUNT_MAX: i64 = 500;

const SELECT: &str = "SELECT document_id, version, kind, language, title, sha256, octets, media_type, effective_from, \
     published_at, is_withdrawn FROM document_list_v4 WHERE tenant = ";

const ACCEPTED: &str = "SELECT tenant, service_id, document_id, version, kind, language, title, sha256, octets, \
     media_type, accepted_at, user_id, method, shown_sha256 FROM contract_list_v4 WHERE tenant = ";

/// Queries about documents and contracts.
#[derive(Debug, Default)]
pub struct DocumentQuery;

#[Object]
impl DocumentQuery {
    /// The published documents, newest versions first: those in force, and with `isPast` all that ever were. For whoever
    /// is signed in.
    #[graphql(complexity = "100 * child_complexity + 1")]
    async fn documents(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Of this kind alone.")] kind: Option<DocumentKind>,
        #[graphql(desc = "Whether versions that are no longer in force are shown too.")] is_past: Option<
            bool,
        >,
    ) -> Result<Vec<Document>> {
        ctx.standing()?;
        let mut query = Query::new("").bind(SELECT, AccountId::PLATFORM.uuid());
        if let Some(kind) = kind {
            query = query.bind(" AND kind = ", hosting::document::DocumentKind::from(kind).name());
        }
        let query = query.with(" ORDER BY kind, language, version DESC").bind(" LIMIT ", DOCUMENT_COUNT_MAX);
        let found = rows(ctx, PROJECTION, query.finish()).await?;
        let now = ctx.platform()?.engine.now();
        let documents = standing(&found, now).map_err(|error| ctx.failed("a row of documents", &error))?;
        let is_past = is_past.unwrap_or_default();
        let shown = documents.into_iter().filter(|document| {
            is_past || matches!(document.status, DocumentStatus::Current | DocumentStatus::Upcoming)
        });
        Ok(shown.collect())
    }

    /// The exact documents that were accepted for a service, oldest first. A version is there twice where it was on paper first and
    /// the account's own people accepted it afterwards.
    #[graphql(complexity = "50 * child_complexity + 1")]
    async fn contracts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which service.")] service_id: ServiceKey,
        #[graphql(
            name = "atLeast",
            desc = "A `position` that a change answered: what is shown is no older. Waited for up to 2 seconds, then `STALE`."
        )]
        place: Option<Place>,
    ) -> Result<Vec<AcceptedDocument>> {
        let account = ctx.account(account_id)?;
        at_least(ctx, PROJECTION, account, place).await?;
        read_contract(ctx, &(account, service_id.0)).await
    }
}

/// What was accepted for a service, if the caller may see it.
pub(crate) async fn read_contract(
    ctx: &Context<'_>,
    &(account, service): &(AccountId, ServiceId),
) -> Result<Vec<AcceptedDocument>> {
    ctx.allow(Permission::ServiceRead, Resource::account(account).in_service(service))?;
    let query = Query::new("")
        .bind(ACCEPTED, account.uuid())
        .bind(" AND service_id = ", service.uuid())
        .with(" ORDER BY born, document_id")
        .bind(" LIMIT ", DOCUMENT_COUNT_MAX);
    let found = rows(ctx, PROJECTION, query.finish()).await?;
    let read: std::result::Result<Vec<_>, DatabaseError> = found.iter().map(accepted).collect();
    read.map_err(|error| ctx.failed("a row of contracts", &error))
}

/// One version, for the payload of its publication.
pub(crate) async fn read(ctx: &Context<'_>, &(id, version): &(DocumentId, u32)) -> Result<Document> {
    ctx.standing()?;
    let query = Query::new("")
        .bind(SELECT, AccountId::PLATFORM.uuid())
        .bind(" AND document_id = ", id.uuid())
        .with(" ORDER BY kind, language, version DESC")
        .bind(" LIMIT ", DOCUMENT_COUNT_MAX);
    let found = rows(ctx, PROJECTION, query.finish()).await?;
    let now = ctx.platform()?.engine.now();
    let documents = standing(&found, now).map_err(|error| ctx.failed("a row of documents", &error))?;
    let mut named = documents.into_iter().filter(|document| document.version == version);
    named.next().ok_or_else(|| ctx.fault(crate::error::Fault::NotFound))
}

/// The versions of rows that are ordered by series, newest first, with what each is worth at `now`.
fn standing(found: &[Row], now: Timestamp) -> std::result::Result<Vec<Document>, DatabaseError> {
    let mut documents: Vec<Document> = Vec::with_capacity(found.len());
    for row in found {
        let mut document = document(row)?;
        let has_current =
            documents.iter().any(|known| known.id == document.id && known.status == DocumentStatus::Current);
        document.status = if row.bool(10)? {
            DocumentStatus::Withdrawn
        } else if document.effective_from.0 > now {
            DocumentStatus::Upcoming
        } else if has_current {
            DocumentStatus::Superseded
        } else {
            DocumentStatus::Current
        };
        documents.push(document);
    }
    Ok(documents)
}

fn missing(column: usize) -> DatabaseError {
    DatabaseError::Column { column, expected: "a name of ours" }
}

fn language(name: &str) -> hosting::Language {
    if name == "fr" { hosting::Language::Fr } else { hosting::Language::En }
}

fn whole(number: i64) -> Whole {
    Whole(u64::try_from(number).unwrap_or_default())
}

fn document(row: &Row) -> std::result::Result<Document, DatabaseError> {
    Ok(Document {
        id: DocumentKey(DocumentId::new(row.uuid(0)?)),
        version: u32::try_from(row.int(1)?).unwrap_or_default(),
        kind: kind(row.text(2)?).ok_or_else(|| missing(2))?.into(),
        language: language(row.text(3)?).into(),
        title: row.text(4)?.to_owned(),
        sha256: row.text(5)?.to_owned(),
        size_bytes: whole(row.int(6)?),
        media_type: media(row.text(7)?).ok_or_else(|| missing(7))?.into(),
        effective_from: Timestamp::from_millis(row.int(8)?).into(),
        published_at: Timestamp::from_millis(row.int(9)?).into(),
        status: DocumentStatus::Current,
    })
}

fn accepted(row: &Row) -> std::result::Result<AcceptedDocument, DatabaseError> {
    Ok(AcceptedDocument {
        account_id: AccountKey(AccountId::new(row.uuid(0)?)),
        service_id: ServiceKey(ServiceId::new(row.uuid(1)?)),
        id: DocumentKey(DocumentId::new(row.uuid(2)?)),
        version: u32::try_from(row.int(3)?).unwrap_or_default(),
        kind: kind(row.text(4)?).ok_or_else(|| missing(4))?.into(),
        language: language(row.text(5)?).into(),
        title: row.text(6)?.to_owned(),
        sha256: row.text(7)?.to_owned(),
        size_bytes: whole(row.int(8)?),
        media_type: media(row.text(9)?).ok_or_else(|| missing(9))?.into(),
        accepted_at: Timestamp::from_millis(row.int(10)?).into(),
        user_id: row.opt_uuid(11)?.map(|user| UserKey(UserId::new(user))),
        method: match row.text(12)? {
            "page" => AcceptanceMethod::Page,
            "program" => AcceptanceMethod::Program,
            _ => AcceptanceMethod::Paper,
        },
        shown_sha256: row.opt_text(13)?.map(str::to_owned),
    })
}

/// The form of a document that is in force or was, by its hash; none where no version ever had it.
pub(crate) fn published_by_hash(sha256: &str) -> database::Statement {
    Query::new("")
        .bind("SELECT media_type, title FROM document_list_v4 WHERE tenant = ", AccountId::PLATFORM.uuid())
        .bind(" AND sha256 = ", sha256)
        .with(" LIMIT 1")
        .finish()
}

/// The form of a document that was accepted for a service, by its hash.
pub(crate) fn accepted_by_hash(
    (account, service): (AccountId, ServiceId),
    sha256: &str,
) -> database::Statement {
    Query::new("")
        .bind("SELECT media_type, title FROM contract_list_v4 WHERE tenant = ", account.uuid())
        .bind(" AND service_id = ", service.uuid())
        .bind(" AND sha256 = ", sha256)
        .with(" LIMIT 1")
        .finish()
}
