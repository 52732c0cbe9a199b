//! What a webhook is told about an event: the words of [`HistoryEntry`], as the owner of the account reads them.

use async_graphql::ScalarType;
use async_graphql::resolver_utils::EnumType;
use engine::{DecodeError, Engine};
use hosting::HostingEvent;
use journal::StoredEvent;
use kernel::TenantId;
use serde_json::{Value, json};

use crate::history::change::Change;
use crate::history::object::{Channel, HistoryEntry};
use crate::history::query::changes;
use crate::scalar::AccountKey;

/// The body of a delivery: JSON with the same fields and words as `events` of the API. Personal data is in it as far as
/// the API shows it to the account; secrets and the support's own notes are not.
///
/// # Errors
/// [`DecodeError`] where the event cannot be read now.
pub async fn told(engine: &Engine, stored: &StoredEvent) -> Result<Vec<u8>, DecodeError> {
    let decoded = engine.decode::<HostingEvent>(vec![stored.clone()]).await?;
    let changes = changes(std::slice::from_ref(stored), decoded, false).pop().unwrap_or_default();
    let entry = HistoryEntry::new(stored, changes);
    Ok(body(stored.cursor.tenant, &entry).to_string().into_bytes())
}

fn body(tenant: TenantId, entry: &HistoryEntry) -> Value {
    json!({
        "id": entry.id.0.to_string(),
        "kind": entry.kind,
        "accountId": tenant.account().to_string(),
        "subjectId": entry.subject_id,
        "at": scalar(&entry.at),
        "actor": scalar_of_enum(entry.actor),
        "actorId": entry.actor_id,
        "onBehalfOf": entry.on_behalf_of.map(|AccountKey(account)| account.to_string()),
        "via": scalar_of_enum::<Channel>(entry.via),
        "command": entry.command,
        "apiTokenId": entry.api_token_id,
        "correlationId": scalar(&entry.correlation_id),
        "causedBy": entry.caused_by.map(|event| event.0.to_string()),
        "changes": entry.changes.iter().map(change).collect::<Vec<_>>(),
        "position": scalar(&entry.position),
    })
}

fn change(change: &Change) -> Value {
    json!({ "field": change.field, "from": change.from, "to": change.to })
}

fn scalar(value: &impl ScalarType) -> Value {
    value.to_value().into_json().unwrap_or_default()
}

fn scalar_of_enum<E: EnumType>(value: E) -> Value {
    json!(E::items().iter().find(|item| item.value == value).map(|item| item.name))
}
