//! The bytes of documents, for the HTTP server.

use authority::{Need, Permission, Resource};
use hosting::document::MediaType;
use kernel::{AccountId, ServiceId};

use super::object::unhex;
use super::projection::media;
use super::query::{accepted_by_hash, published_by_hash};
use crate::api::{Api, Knock};

/// Which document is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// One that is or was published: for whoever is signed in.
    Published,
    /// One that was accepted for a service: for whoever may see the service.
    Accepted(AccountId, ServiceId),
}

/// The bytes of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bytes {
    /// As they were when the document was published.
    pub octets: Vec<u8>,
    /// Of which form.
    pub media_type: MediaType,
}

/// Why there are no bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoBytes {
    /// Nobody is signed in.
    #[error("sign in first")]
    Unauthenticated,
    /// There is no such document, or the caller may not know of it.
    #[error("there is no such document")]
    NotFound,
    /// The machine failed; the log says why.
    #[error("the machine failed")]
    Failed,
}

impl Api {
    /// The bytes whose SHA-256 is `sha256`, 64 hexadecimal digits, if whoever knocks may have them.
    ///
    /// # Errors
    /// [`NoBytes`].
    pub async fn document(&self, knock: &Knock, wanted: &Wanted, sha256: &str) -> Result<Bytes, NoBytes> {
        let caller = self.caller(knock);
        let standing = caller.standing.filter(|standing| standing.demand.is_none());
        let standing = standing.ok_or(NoBytes::Unauthenticated)?;
        let hash = unhex(sha256).ok_or(NoBytes::NotFound)?;
        let sha256 = sha256.to_ascii_lowercase();
        let select = match wanted {
            Wanted::Published => published_by_hash(&sha256),
            Wanted::Accepted(account, service) => {
                let resource = Resource::account(*account).in_service(*service);
                let need = Need { permission: Permission::ServiceRead, resource };
                authority::may(&standing.principal, &need).map_err(|_| NoBytes::NotFound)?;
                accepted_by_hash((*account, *service), &sha256)
            }
        };
        let failed = |error: database::DatabaseError| {
            tracing::error!(correlation = %knock.correlation, %error, "reading a document");
            NoBytes::Failed
        };
        let platform = self.platform();
        let rows = platform.engine.query(select).await.map_err(failed)?;
        let row = rows.first().ok_or(NoBytes::NotFound)?;
        let media_type = media(row.text(0).map_err(failed)?).ok_or(NoBytes::Failed)?;
        let octets = platform.blobs.get(&hash).await.map_err(failed)?.ok_or(NoBytes::Failed)?;
        Ok(Bytes { octets, media_type })
    }
}
