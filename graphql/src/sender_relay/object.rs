//! The relay through which mail of a domain leaves, as the API shows it.

use async_graphql::SimpleObject;
use hosting::sender_relay as model;
use kernel::DomainId;

use crate::entry::read::EntryRow;
use crate::scalar::{AccountKey, DomainKey, Moment, SenderRelayKey};

/// The host through which mail of a domain's senders leaves, whatever its recipients. It goes before relays that the
/// operator has set. The login is given only under TLS with a certificate of the host's name; where the host cannot prove
/// it, or does not take the login, mail waits and `messageTrace` says why. Reports of this platform, which have no sender,
/// leave without it. The password is encrypted where it is kept, and never shown.
#[derive(Debug, Clone, SimpleObject)]
pub struct SenderRelay {
    /// Its name for the API.
    pub id: SenderRelayKey,
    /// The account that it belongs to.
    pub account_id: AccountKey,
    /// The domain whose mail leaves through it.
    pub domain_id: DomainKey,
    /// The host.
    pub host: String,
    /// Its port.
    pub port: i32,
    /// Who signs in there.
    pub login: String,
    /// Whether mail leaves through it.
    pub is_active: bool,
    /// How often it was changed: give it with a change that must not undo another's.
    pub revision: i32,
    /// Since when it is there.
    pub created_at: Moment,
    /// When it was last changed.
    pub changed_at: Moment,
}

impl From<EntryRow<model::SenderRelay>> for SenderRelay {
    fn from(row: EntryRow<model::SenderRelay>) -> Self {
        Self {
            id: SenderRelayKey(row.id),
            account_id: AccountKey(row.account),
            domain_id: DomainKey(row.domain.unwrap_or(DomainId::new(uuid::Uuid::nil()))),
            host: row.content.host,
            port: i32::try_from(row.content.port).unwrap_or(i32::MAX),
            login: row.content.login,
            is_active: row.content.is_active,
            revision: row.revision,
            created_at: row.created_at,
            changed_at: row.changed_at,
        }
    }
}
