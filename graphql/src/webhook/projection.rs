//! Rows behind `webhooks`.

use database::Statement;
use engine::{Projection, ProjectionError};
use hosting::HostingEvent;
use hosting::webhook::{Kinds, Pause, WebhookEvent};
use kernel::{Recorded, TenantId};

use crate::projection::{Place, clear, drop_tables};

/// One row per webhook that is not removed. Holds no secret.
#[derive(Debug, Clone, Copy)]
pub struct WebhookList;

impl Projection for WebhookList {
    type Event = HostingEvent;

    const NAME: &'static str = super::query::PROJECTION;
    const REVISION: u16 = 4;

    fn tables(&self) -> Vec<Statement> {
        [
            "CREATE TABLE IF NOT EXISTS webhook_list_v4 (tenant UUID NOT NULL, webhook_id UUID NOT NULL, url TEXT, \
             kinds TEXT NOT NULL, description TEXT, pause TEXT, previous_until BIGINT, registered_at BIGINT NOT NULL, \
             changed_at BIGINT NOT NULL, born BIGINT NOT NULL, \
             revision BIGINT NOT NULL DEFAULT 0, PRIMARY KEY (tenant, webhook_id))",
            "CREATE INDEX IF NOT EXISTS webhook_list_v4_born ON webhook_list_v4 (tenant, born, webhook_id)",
        ]
        .map(Statement::new)
        .into()
    }

    fn drop_tables(&self, revision: u16) -> Vec<Statement> {
        drop_tables(&["webhook_list"], revision)
    }

    fn clear(&self, tenant: TenantId) -> Vec<Statement> {
        clear("DELETE FROM webhook_list_v4 WHERE tenant = $1", tenant)
    }

    fn apply(&self, page: &[Recorded<HostingEvent>]) -> Result<Vec<Statement>, ProjectionError> {
        Ok(page.iter().filter_map(statement).collect())
    }
}

fn statement(recorded: &Recorded<HostingEvent>) -> Option<Statement> {
    let HostingEvent::Webhook(event) = &recorded.event else { return None };
    let place = Place::of(recorded);
    let pause = |cause: Option<&'static str>| {
        place
            .statement(
                "UPDATE webhook_list_v4 SET pause = $3, changed_at = $4 WHERE tenant = $1 AND webhook_id = $2",
            )
            .bind(cause)
            .bind(place.at)
    };
    Some(match event {
        WebhookEvent::Registered { url, kinds, description, .. } => place
            .statement(
                "INSERT INTO webhook_list_v4 (tenant, webhook_id, url, kinds, description, registered_at, changed_at, \
                 born) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            )
            .bind(url.plain().map(|url| url.as_str().to_owned()))
            .bind(names(kinds))
            .bind(description.as_ref().and_then(|text| text.plain().cloned()))
            .bind(place.at)
            .bind(place.at)
            .bind(place.born),
        WebhookEvent::Changed { url, kinds, description } => place
            .statement(
                "UPDATE webhook_list_v4 SET url = $3, kinds = $4, description = $5, changed_at = $6, \
                 revision = revision + 1 \
                 WHERE tenant = $1 AND webhook_id = $2",
            )
            .bind(url.plain().map(|url| url.as_str().to_owned()))
            .bind(names(kinds))
            .bind(description.as_ref().and_then(|text| text.plain().cloned()))
            .bind(place.at),
        WebhookEvent::SecretRotated { previous_until, .. } => place
            .statement(
                "UPDATE webhook_list_v4 SET previous_until = $3, changed_at = $4 \
                 WHERE tenant = $1 AND webhook_id = $2",
            )
            .bind(previous_until.millis())
            .bind(place.at),
        WebhookEvent::Paused { cause } => pause(Some(pause_name(*cause))),
        WebhookEvent::Resumed { .. } => pause(None),
        WebhookEvent::TestRequested | WebhookEvent::ReplayRequested { .. } => return None,
        WebhookEvent::Removed => {
            place.statement("DELETE FROM webhook_list_v4 WHERE tenant = $1 AND webhook_id = $2")
        }
    })
}

fn names(kinds: &Kinds) -> String {
    kinds.names().collect::<Vec<_>>().join(" ")
}

const fn pause_name(cause: Pause) -> &'static str {
    match cause {
        Pause::Wanted => "wanted",
        Pause::Failing => "failing",
        Pause::Gone => "gone",
    }
}
