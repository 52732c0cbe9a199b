//! What is done in the background: preparing searches, destroying what is past its retention, hearing other nodes.

use std::sync::Arc;
use std::time::Duration;

use authority::Principal;
use directory::Directory;
use door::DoorBook;
use engine::{Case, Engine, Outcome};
use hosting::HostingRefusal;
use hosting::limit::TICKET_WAIT_DAYS;
use hosting::mailbox::Mailbox;
use hosting::service::Service;
use hosting::ticket::TicketCommand;
use hosting::use_case::{AnswerTicket, DeleteAlias, DeleteMailbox, PurgeService, RemoveDomain};
use journal::{Clock as _, SystemClock};
use kernel::{CommandId, CorrelationId, Key, Refusal as _, ServiceId, TenantId, Timestamp};
use store::{Retries, SqlStore, Store as _};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::policy::logins::{Logins, write_tries};

/// Messages that are prepared for search at a time.
const INDEX_BATCH_COUNT: usize = 64;
/// The pause where nothing waits to be prepared.
const INDEX_PAUSE: Duration = Duration::from_secs(2);
/// The pause between two purges.
const PURGE_PAUSE: Duration = Duration::from_secs(3600);
/// Services that are noted as destroyed after one purge; the rest follows with the next.
const PURGED_COUNT_MAX: usize = 1000;
/// How often last logins are written.
const LOGINS_PAUSE: Duration = Duration::from_secs(20);
/// How often tickets that wait in vain are looked for.
const IDLE_TICKETS_PAUSE: Duration = Duration::from_secs(3600);
/// Tickets that are resolved at one look; the rest follows with the next.
const IDLE_TICKET_COUNT_MAX: usize = 1000;
/// How often other nodes are heard.
const HEAR_PAUSE: Duration = Duration::from_millis(500);

/// Waits; whether work goes on.
async fn paused(pause: Duration, stop: &CancellationToken) -> bool {
    tokio::select! {
        () = stop.cancelled() => false,
        () = tokio::time::sleep(pause) => true,
    }
}

/// Resolves tickets in which the customer has said nothing for 7 days after the support.
pub async fn idle_tickets(engine: Arc<Engine>, stop: CancellationToken) {
    let wait = Duration::from_secs(TICKET_WAIT_DAYS.unsigned_abs() * 24 * 3600);
    loop {
        let before = i64::try_from(wait.as_millis()).unwrap_or(i64::MAX);
        let moment = Timestamp::from_millis(engine.now().millis().saturating_sub(before));
        match graphql::idle_tickets(&engine, moment, IDLE_TICKET_COUNT_MAX).await {
            Ok(found) => {
                for (account, ticket) in found {
                    let resolve =
                        AnswerTicket { account, ticket, author: None, command: TicketCommand::ResolveIdle };
                    let (command, correlation) =
                        (CommandId::new(Uuid::now_v7()), CorrelationId::new(Uuid::now_v7()));
                    let principal = Principal::platform("idle_tickets");
                    if let Err(error) = engine.run(&principal, command, correlation, &resolve).await {
                        tracing::warn!(%error, "a ticket that waits in vain was not resolved");
                    }
                }
            }
            Err(error) => tracing::warn!(%error, "tickets that wait in vain are not known"),
        }
        if !paused(IDLE_TICKETS_PAUSE, &stop).await {
            return;
        }
    }
}

/// Prepares new messages for search.
pub async fn index(store: Arc<SqlStore>, stop: CancellationToken) {
    loop {
        let pause = match store.index_text(INDEX_BATCH_COUNT).await {
            Ok(0) => INDEX_PAUSE,
            Ok(_) => Duration::ZERO,
            Err(error) => {
                tracing::warn!(%error, "messages were not prepared for search");
                INDEX_PAUSE
            }
        };
        if !paused(pause, &stop).await {
            return;
        }
    }
}

/// Destroys what is past its retention, and then notes which services are destroyed by that.
pub async fn purge(
    store: Arc<SqlStore>,
    (engine, directory): (Arc<Engine>, Arc<Directory>),
    stop: CancellationToken,
) {
    loop {
        let pause = match store.purge(SystemClock.now()).await {
            Ok(report) if report.is_unfinished => Duration::from_millis(50),
            Ok(report) => {
                tracing::debug!(?report, "purged");
                note_purged(&engine, &directory).await;
                if let Err(error) = store.forget_deleted().await {
                    tracing::warn!(%error, "what was purged may stand in the log of the database until it is written over");
                }
                PURGE_PAUSE
            }
            Err(error) => {
                tracing::warn!(%error, "nothing was purged");
                PURGE_PAUSE
            }
        };
        if !paused(pause, &stop).await {
            return;
        }
    }
}

/// Services whose retention is over exist no more: their names are freed, and then that is noted. What fails is tried again
/// after the next purge, since a service is asked for until it is noted.
async fn note_purged(engine: &Engine, directory: &Directory) {
    for (tenant, service) in directory.ended_before(SystemClock.now(), PURGED_COUNT_MAX) {
        free_names(engine, directory, (tenant, service)).await;
        let purge = PurgeService { account: tenant.account(), service };
        purging(engine, &purge).await;
    }
}

/// Frees the addresses and domains of a service, so that others can have them.
async fn free_names(engine: &Engine, directory: &Directory, (tenant, service): (TenantId, ServiceId)) {
    let (account, purge_after) = (tenant.account(), SystemClock.now());
    for mailbox in directory.mailboxes_of(tenant, service) {
        let Ok(state) = engine.load(tenant, &Key::<Mailbox>(mailbox)).await else { continue };
        let Some(record) = state.record() else { continue };
        let temporary_aliases = record.temporary_aliases.keys().copied().collect();
        purging(engine, &DeleteMailbox { account, service, mailbox, purge_after, temporary_aliases }).await;
    }
    for alias in directory.aliases_of(tenant, service) {
        purging(engine, &DeleteAlias { account, service, alias }).await;
    }
    let Ok(state) = engine.load(tenant, &Key::<Service>(service)).await else { return };
    let Some(record) = state.record() else { return };
    // Those that mirror another hold it.
    let mirrors = record.mirrors.keys();
    let others = record.own_domains.iter().filter(|domain| !record.mirrors.contains_key(domain));
    for domain in mirrors.chain(others) {
        purging(engine, &RemoveDomain { account, service, domain: *domain, purge_after }).await;
    }
}

/// Runs a step of a purge; a failure is told, and what was not done is done with the next purge.
async fn purging(engine: &Engine, step: &dyn Case<HostingRefusal>) {
    let (command, correlation) = (CommandId::new(Uuid::now_v7()), CorrelationId::new(Uuid::now_v7()));
    match engine.run(&Principal::platform("purge"), command, correlation, step).await {
        Ok(Outcome::Refused(refusal)) => {
            tracing::warn!(step = step.name(), code = refusal.code(), "a step of a purge was refused");
        }
        Ok(_) => {}
        Err(error) => tracing::warn!(%error, step = step.name(), "a step of a purge was not done"),
    }
}

/// Forgets who was asked to come again long ago.
pub async fn retries(retries: Retries, stop: CancellationToken) {
    while paused(PURGE_PAUSE, &stop).await {
        if let Err(error) = retries.purge(SystemClock.now()).await {
            tracing::warn!(%error, "nothing was forgotten");
        }
    }
}

/// Keeps when mailboxes were last opened.
pub async fn logins((logins, door): (Logins, DoorBook), directory: Arc<Directory>, stop: CancellationToken) {
    let mut goes_on = true;
    while goes_on {
        goes_on = paused(LOGINS_PAUSE, &stop).await;
        if let Err(error) = logins.write(&directory).await {
            tracing::warn!(%error, "last logins were not kept");
        }
        if let Err(error) = write_tries(&door, &directory).await {
            tracing::warn!(%error, "sign-ins were not kept");
        }
    }
}

/// Tells sessions of this node what other nodes did.
pub async fn hear(store: Arc<SqlStore>, stop: CancellationToken) {
    while paused(HEAR_PAUSE, &stop).await {
        if let Err(error) = store.hear_other_nodes().await {
            tracing::warn!(%error, "other nodes were not heard");
        }
    }
}
