//! Rows behind `documents` and `contracts`.

use database::Statement;
use engine::{Projection, ProjectionError};
use hosting::HostingEvent;
use hosting::contract::{AcceptedDocument, ContractEvent, Method};
use hosting::document::{DocumentEvent, DocumentKind, MediaType, NewVersion};
use kernel::{Actor, Id as _, Recorded, TenantId};

use super::object::hex;
use crate::projection::{Place, clear, drop_tables, number};

/// One row per published version, and one per acceptance of a version for a service.
#[derive(Debug, Clone, Copy)]
pub struct DocumentList;

impl Projection for DocumentList {
    type Event = HostingEvent;

    const NAME: &'static str = super::query::PROJECTION;
    const REVISION: u16 = 4;

    fn tables(&self) -> Vec<Statement> {
        [
            "CREATE TABLE IF NOT EXISTS document_list_v4 (tenant UUID NOT NULL, document_id UUID NOT NULL, \
             version BIGINT NOT NULL, kind TEXT NOT NULL, language TEXT NOT NULL, title TEXT NOT NULL, \
             sha256 TEXT NOT NULL, octets BIGINT NOT NULL, media_type TEXT NOT NULL, effective_from BIGINT NOT NULL, \
             published_at BIGINT NOT NULL, is_withdrawn BOOLEAN NOT NULL, born BIGINT NOT NULL, \
             PRIMARY KEY (tenant, document_id, version))",
            "CREATE INDEX IF NOT EXISTS document_list_v4_sha256 ON document_list_v4 (tenant, sha256)",
            "CREATE TABLE IF NOT EXISTS contract_list_v4 (tenant UUID NOT NULL, service_id UUID NOT NULL, \
             document_id UUID NOT NULL, version BIGINT NOT NULL, kind TEXT NOT NULL, language TEXT NOT NULL, \
             title TEXT NOT NULL, sha256 TEXT NOT NULL, octets BIGINT NOT NULL, media_type TEXT NOT NULL, \
             accepted_at BIGINT NOT NULL, user_id UUID, method TEXT NOT NULL, shown_sha256 TEXT, born BIGINT NOT NULL, \
             PRIMARY KEY (tenant, service_id, document_id, version, born))",
        ]
        .map(Statement::new)
        .into()
    }

    fn drop_tables(&self, revision: u16) -> Vec<Statement> {
        drop_tables(&["document_list", "contract_list"], revision)
    }

    fn clear(&self, tenant: TenantId) -> Vec<Statement> {
        let mut all = clear("DELETE FROM document_list_v4 WHERE tenant = $1", tenant);
        all.extend(clear("DELETE FROM contract_list_v4 WHERE tenant = $1", tenant));
        all
    }

    fn apply(&self, page: &[Recorded<HostingEvent>]) -> Result<Vec<Statement>, ProjectionError> {
        Ok(page.iter().flat_map(statements).collect())
    }
}

fn statements(recorded: &Recorded<HostingEvent>) -> Vec<Statement> {
    let place = Place::of(recorded);
    match &recorded.event {
        HostingEvent::Document(DocumentEvent::VersionPublished(terms)) => vec![published(place, terms)],
        HostingEvent::Document(DocumentEvent::VersionWithdrawn { version }) => vec![
            place
                .statement(
                    "UPDATE document_list_v4 SET is_withdrawn = TRUE \
                     WHERE tenant = $1 AND document_id = $2 AND version = $3",
                )
                .bind(*version),
        ],
        HostingEvent::Contract(ContractEvent::Accepted { documents, method, shown_hash, .. }) => {
            let user = match recorded.metadata.actor {
                Actor::User(user) => Some(user.uuid()),
                Actor::Mailbox(_) | Actor::Operator | Actor::Platform(_) => None,
            };
            let how = (user, method_name(*method), shown_hash.as_ref().map(|hash| hex(hash)));
            documents.iter().map(|document| accepted(place, document, &how)).collect()
        }
        _ => Vec::new(),
    }
}

fn published(place: Place, terms: &NewVersion) -> Statement {
    let insert = "INSERT INTO document_list_v4 (tenant, document_id, version, kind, language, title, sha256, octets, \
         media_type, effective_from, published_at, is_withdrawn, born) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, FALSE, $12)";
    place
        .statement(insert)
        .bind(terms.version)
        .bind(terms.kind.name())
        .bind(language_name(terms.language))
        .bind(terms.title.clone())
        .bind(hex(&terms.hash))
        .bind(number(terms.octets))
        .bind(media_name(terms.media_type))
        .bind(terms.effective_from.millis())
        .bind(place.at)
        .bind(place.born)
}

type How = (Option<uuid::Uuid>, &'static str, Option<String>);

fn accepted(place: Place, document: &AcceptedDocument, (user, method, shown): &How) -> Statement {
    let insert = "INSERT INTO contract_list_v4 (tenant, service_id, document_id, version, kind, language, title, sha256, \
         octets, media_type, accepted_at, user_id, method, shown_sha256, born) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";
    place
        .statement(insert)
        .bind(document.document.uuid())
        .bind(document.version)
        .bind(document.kind.name())
        .bind(language_name(document.language))
        .bind(document.title.clone())
        .bind(hex(&document.hash))
        .bind(number(document.octets))
        .bind(media_name(document.media_type))
        .bind(place.at)
        .bind(*user)
        .bind(*method)
        .bind(shown.clone())
        .bind(place.born)
}

const fn language_name(language: hosting::Language) -> &'static str {
    match language {
        hosting::Language::En => "en",
        hosting::Language::Fr => "fr",
    }
}

const fn media_name(media: MediaType) -> &'static str {
    media.extension()
}

const fn method_name(method: Method) -> &'static str {
    match method {
        Method::Page => "page",
        Method::Program => "program",
        Method::Paper => "paper",
    }
}

/// The kind of that name.
pub(crate) fn kind(name: &str) -> Option<DocumentKind> {
    DocumentKind::ALL.into_iter().find(|kind| kind.name() == name)
}

/// The form of that name.
pub(crate) fn media(name: &str) -> Option<MediaType> {
    [MediaType::Pdf, MediaType::Text, MediaType::Html].into_iter().find(|media| media_name(*media) == name)
}
