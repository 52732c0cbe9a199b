//! A journal in memory: for tests, and the shortest statement of what a journal is.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use kernel::{
    Category, CommandId, Cursor, EventId, Position, RawEvent, StreamId, SubjectId, TenantId, Version,
};
use parking_lot::Mutex;
use tokio::sync::broadcast;
use uuid::Uuid;

use crate::clock::Clock;
use crate::plan::Plan;
use crate::{
    Append, AppendError, Appended, ClaimKey, ClaimOwner, DOORBELL_RING_COUNT_MAX, FoundCommand, Journal,
    JournalError, Lagging, PAGE_EVENT_COUNT_MAX, STREAM_PAGE_EVENT_COUNT_MAX, StoredEvent, SubscriptionName,
    Tail,
};

/// See the module.
pub struct Memory {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    doorbell: broadcast::Sender<Cursor>,
}

#[derive(Default)]
struct State {
    events: BTreeMap<TenantId, Vec<StoredEvent>>,
    claims: BTreeMap<ClaimKey, ClaimOwner>,
    keys: BTreeMap<(TenantId, SubjectId), Vec<u8>>,
}

impl State {
    fn version(&self, tenant: TenantId, stream: StreamId) -> Version {
        let events = self.events.get(&tenant).into_iter().flatten();
        events.rev().find(|event| event.stream == stream).map_or(Version::NONE, |event| event.version)
    }

    fn position_of(&self, tenant: TenantId, id: EventId) -> Option<(Position, StreamId, Version)> {
        let mut events = self.events.get(&tenant).into_iter().flatten();
        events.find(|event| event.id == id).map(|event| (event.cursor.position, event.stream, event.version))
    }
}

impl Memory {
    /// An empty journal.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, state: Mutex::default(), doorbell: broadcast::Sender::new(DOORBELL_RING_COUNT_MAX) }
    }
}

#[async_trait]
impl Journal for Memory {
    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        let plan = Plan::new(&append)?;
        let tenant = append.tenant;
        let mut state = self.state.lock();
        let found: Vec<_> = plan.events.iter().map(|event| state.position_of(tenant, event.id)).collect();
        let is_same =
            |(found, planned): (&Option<(Position, StreamId, Version)>, &crate::plan::PlannedEvent)| {
                found.is_some_and(|(_, stream, version)| {
                    stream == planned.stream && version == planned.version
                })
            };
        if found.iter().zip(&plan.events).all(is_same) {
            let position = found.last().copied().flatten().map_or(Position::START, |(position, ..)| position);
            return Ok(Appended::Already(Cursor { tenant, position }));
        }
        if let Some(index) = found.iter().position(Option::is_some) {
            return Err(AppendError::DifferentCommand(plan.events[index].id));
        }
        for check in &plan.expected {
            let found = state.version(tenant, check.stream);
            if found != check.expected {
                return Err(AppendError::Conflict { stream: check.stream, found });
            }
        }
        if let Some(key) = append.keys.iter().find(|key| state.keys.contains_key(&(tenant, key.subject))) {
            return Err(AppendError::KeyExists(key.subject));
        }
        let mut claims = state.claims.clone();
        for (claim, stream) in plan.claims_released {
            if claims.get(&claim) != Some(&ClaimOwner { tenant, stream }) {
                return Err(AppendError::ClaimNotOwned(claim));
            }
            claims.remove(&claim);
        }
        for (claim, stream) in plan.claims_taken {
            let owner = *claims.entry(claim).or_insert(ClaimOwner { tenant, stream });
            if owner != (ClaimOwner { tenant, stream }) {
                return Err(AppendError::ClaimTaken { claim, owner });
            }
        }
        state.claims = claims;
        for key in append.keys {
            state.keys.insert((tenant, key.subject), key.wrapped);
        }
        let now = self.clock.now();
        let events = state.events.entry(tenant).or_default();
        let recorded_at = events.last().map_or(now, |last| last.recorded_at.max(now));
        for planned in plan.events {
            let position = Position(events.len() as u64 + 1);
            events.push(StoredEvent {
                cursor: Cursor { tenant, position },
                stream: planned.stream,
                version: planned.version,
                id: planned.id,
                recorded_at,
                metadata: append.metadata,
                raw: RawEvent {
                    kind: planned.event.kind.name.into(),
                    schema: planned.event.kind.schema,
                    payload: planned.event.payload,
                },
            });
        }
        let cursor = Cursor { tenant, position: Position(events.len() as u64) };
        drop(state);
        drop(self.doorbell.send(cursor));
        Ok(Appended::New(cursor))
    }

    async fn find_command(
        &self,
        tenant: TenantId,
        command: CommandId,
    ) -> Result<Option<FoundCommand>, JournalError> {
        let state = self.state.lock();
        let mut last = None;
        for ordinal in 0.. {
            match state.position_of(tenant, EventId::of(command, ordinal)) {
                Some((position, ..)) => last = Some(position),
                None => break,
            }
        }
        let events = state.events.get(&tenant).into_iter().flatten();
        let first = events.into_iter().find(|event| event.id == EventId::of(command, 0));
        Ok(last.zip(first).map(|(position, first)| FoundCommand {
            cursor: Cursor { tenant, position },
            content: first.metadata.content,
        }))
    }

    async fn read_streams(&self, streams: &[Tail]) -> Result<Vec<Vec<StoredEvent>>, JournalError> {
        let state = self.state.lock();
        let read = |tail: &Tail| {
            let events = state.events.get(&tail.tenant).into_iter().flatten();
            let following = events.filter(|event| event.stream == tail.stream && event.version > tail.after);
            following.take(STREAM_PAGE_EVENT_COUNT_MAX).cloned().collect()
        };
        Ok(streams.iter().map(read).collect())
    }

    async fn read_back(
        &self,
        (tenant, stream): (TenantId, StreamId),
        before: Position,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, JournalError> {
        let state = self.state.lock();
        let events = state.events.get(&tenant).into_iter().flatten().rev();
        let before = events.filter(|event| event.stream == stream && event.cursor.position < before);
        let mut found: Vec<StoredEvent> = before.take(limit.min(PAGE_EVENT_COUNT_MAX)).cloned().collect();
        found.reverse();
        Ok(found)
    }

    async fn read_back_of(
        &self,
        (tenant, stream): (TenantId, StreamId),
        (field, part): (&'static str, &str),
        before: Position,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, JournalError> {
        let names = |event: &StoredEvent| {
            let payload = serde_json::from_slice::<serde_json::Value>(&event.raw.payload);
            payload.is_ok_and(|payload| payload.get(field).and_then(|named| named.as_str()) == Some(part))
        };
        let state = self.state.lock();
        let events = state.events.get(&tenant).into_iter().flatten().rev();
        let before = events.filter(|event| event.stream == stream && event.cursor.position < before);
        let before = before.filter(|event| names(event));
        let mut found: Vec<StoredEvent> = before.take(limit.min(PAGE_EVENT_COUNT_MAX)).cloned().collect();
        found.reverse();
        Ok(found)
    }

    async fn read_events(&self, tenant: TenantId, ids: &[EventId]) -> Result<Vec<StoredEvent>, JournalError> {
        let state = self.state.lock();
        let events = state.events.get(&tenant).into_iter().flatten();
        let wanted = events.filter(|event| ids.contains(&event.id));
        Ok(wanted.take(PAGE_EVENT_COUNT_MAX).cloned().collect())
    }

    async fn read_births(
        &self,
        tenant: TenantId,
        category: Category,
        ids: &[Uuid],
    ) -> Result<Vec<StoredEvent>, JournalError> {
        let state = self.state.lock();
        let events = state.events.get(&tenant).into_iter().flatten();
        let is_wanted = |stream: StreamId| stream.category == category && ids.contains(&stream.id);
        let born = events.filter(|event| event.version == Version(1) && is_wanted(event.stream));
        Ok(born.take(PAGE_EVENT_COUNT_MAX).cloned().collect())
    }

    async fn read_tenant(&self, after: Cursor, limit: usize) -> Result<Vec<StoredEvent>, JournalError> {
        let state = self.state.lock();
        let events = state.events.get(&after.tenant).into_iter().flatten();
        let skipped = usize::try_from(after.position.0).unwrap_or(usize::MAX);
        Ok(events.skip(skipped).take(limit.min(PAGE_EVENT_COUNT_MAX)).cloned().collect())
    }

    async fn head(&self, tenant: TenantId) -> Result<Position, JournalError> {
        Ok(Position(self.state.lock().events.get(&tenant).map_or(0, |events| events.len() as u64)))
    }

    async fn heads(&self, after: Option<TenantId>, limit: usize) -> Result<Vec<Cursor>, JournalError> {
        let state = self.state.lock();
        let later = state.events.iter().filter(|(tenant, _)| after.is_none_or(|after| **tenant > after));
        let head = |(tenant, events): (&TenantId, &Vec<StoredEvent>)| Cursor {
            tenant: *tenant,
            position: Position(events.len() as u64),
        };
        Ok(later.take(limit).map(head).collect())
    }

    async fn lagging(
        &self,
        _: SubscriptionName,
        after: Option<TenantId>,
        limit: usize,
    ) -> Result<Vec<Lagging>, JournalError> {
        // Checkpoints are rows of a database; whoever uses this journal reads them and skips what is not behind.
        let heads = self.heads(after, limit).await?;
        let behind = |head: Cursor| Lagging {
            checkpoint: Cursor { tenant: head.tenant, position: Position::START },
            head: head.position,
            halted_by: None,
        };
        Ok(heads.into_iter().map(behind).collect())
    }

    async fn claim_owner(&self, claim: ClaimKey) -> Result<Option<ClaimOwner>, JournalError> {
        Ok(self.state.lock().claims.get(&claim).copied())
    }

    fn doorbell(&self) -> broadcast::Receiver<Cursor> {
        self.doorbell.subscribe()
    }
}
