//! Runs use cases over streams in memory the way the engine does: fold, need, decide, claims, append.

use std::collections::{BTreeMap, HashMap};

use authority::{Denied, Guarded, Principal, may_run};
use hosting::HostingRefusal;
use kernel::{Claim, Decider, Event, History, Id, RawEvent, Reads, Refusal, StreamId, TenantId, Timestamp};

use super::{AllErased, Plainly};

/// The answer no, of the model or of the authority.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum No {
    Refused(HostingRefusal),
    Denied(Denied),
}

/// Refusals compare by themselves.
impl From<HostingRefusal> for No {
    fn from(refusal: HostingRefusal) -> Self {
        Self::Refused(refusal)
    }
}

pub(crate) struct World {
    streams: HashMap<(TenantId, StreamId), Vec<RawEvent>>,
    claims: BTreeMap<Claim, (TenantId, StreamId)>,
    pub(crate) now: Timestamp,
    pub(crate) principal: Principal,
}

impl World {
    pub(crate) fn new() -> Self {
        Self {
            streams: HashMap::new(),
            claims: BTreeMap::new(),
            now: Timestamp::from_secs(1_790_000_000),
            principal: Principal::operator(),
        }
    }

    /// Runs as the world's principal; the count of events appended.
    pub(crate) fn run<U: Guarded<Refusal = HostingRefusal>>(&mut self, intention: &U) -> Result<usize, No> {
        let tenant = intention.tenant();
        let states = self.states(intention);
        may_run(&self.principal, intention, &states).map_err(No::Denied)?;
        let changes = intention.decide(&states, self.now).map_err(No::Refused)?;
        // Given back first: a name may pass from one stream to another in one append.
        let mut claims = self.claims.clone();
        for (claim, stream) in changes.claims_released {
            assert_eq!(claims.remove(&claim), Some((tenant, stream)), "a released claim was owned");
        }
        for (claim, stream) in &changes.claims_taken {
            if claims.get(claim).is_some_and(|owner| *owner != (tenant, *stream)) {
                return Err(No::Refused(claim.kind.into()));
            }
        }
        self.claims = claims;
        for (claim, stream) in changes.claims_taken {
            self.claims.insert(claim, (tenant, stream));
        }
        let mut event_count = 0;
        for write in changes.writes {
            assert!(!write.events.is_empty());
            for event in write.events {
                let kind = event.kind();
                let payload = event.encode(&mut Plainly).expect("nobody is erased");
                assert!(payload.len() <= 64 * 1024, "{} is too large: {}", kind.name, payload.len());
                let raw = RawEvent { kind: kind.name.into(), schema: kind.schema, payload };
                self.streams.entry((tenant, write.stream)).or_default().push(raw);
                event_count += 1;
            }
        }
        assert!(event_count <= 256, "{event_count} events in one append");
        Ok(event_count)
    }

    /// Whether a name belongs to anything.
    pub(crate) fn is_claimed(&self, claim: &Claim) -> bool {
        self.claims.contains_key(claim)
    }

    /// Runs and expects that it is allowed.
    pub(crate) fn must<U: Guarded<Refusal = HostingRefusal>>(&mut self, intention: &U) -> usize {
        self.run(intention).unwrap_or_else(|no| panic!("{}: {no:?}", U::NAME))
    }

    /// The code of the refusal that is expected.
    pub(crate) fn refused<U: Guarded<Refusal = HostingRefusal>>(&mut self, intention: &U) -> &'static str {
        match self.run(intention) {
            Err(No::Refused(refusal)) => refusal.code(),
            other => panic!("{}: expected a refusal, got {other:?}", U::NAME),
        }
    }

    pub(crate) fn need<U: Guarded>(&self, intention: &U) -> authority::Need {
        intention.need(&self.states(intention))
    }

    fn states<U: Guarded>(&self, intention: &U) -> <U::Reads as Reads>::States {
        let reads = intention.reads();
        let mut streams = Vec::new();
        reads.streams(&mut streams);
        let histories: Vec<History> = streams
            .into_iter()
            .map(|(tenant, stream)| {
                let tenant = tenant.unwrap_or_else(|| intention.tenant());
                let events = self.streams.get(&(tenant, stream)).cloned().unwrap_or_default();
                History::whole(events)
            })
            .collect();
        reads.fold(&mut histories.iter(), &Plainly).expect("our own events are readable")
    }

    pub(crate) fn state<D: Decider>(&self, tenant: TenantId, id: D::Id) -> D::State {
        self.fold::<D>(tenant, id, &Plainly)
    }

    /// What happened to it, oldest first.
    pub(crate) fn history<D: Decider>(&self, tenant: TenantId, id: D::Id) -> Vec<D::Event> {
        let stream = StreamId { category: D::CATEGORY, id: id.uuid() };
        let raws = self.streams.get(&(tenant, stream)).map(Vec::as_slice).unwrap_or_default();
        raws.iter().map(|raw| D::Event::decode(raw, &Plainly).expect("our own events are readable")).collect()
    }

    pub(crate) fn state_after_erasure<D: Decider>(&self, tenant: TenantId, id: D::Id) -> D::State {
        self.fold::<D>(tenant, id, &AllErased)
    }

    fn fold<D: Decider>(&self, tenant: TenantId, id: D::Id, open: &dyn kernel::Open) -> D::State {
        let stream = StreamId { category: D::CATEGORY, id: id.uuid() };
        let raws = self.streams.get(&(tenant, stream)).map(Vec::as_slice).unwrap_or_default();
        raws.iter().fold(D::State::default(), |state, raw| {
            D::evolve(state, &D::Event::decode(raw, open).expect("our own events are readable"))
        })
    }
}
