//! One-time tickets: whoever is signed in here opens a session over there, within a minute, without the password.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hosting::session::SessionOwner;
use kernel::{AccountId, SessionId};
use parking_lot::Mutex;

/// How long a ticket is good.
pub(crate) const HANDOVER_LIFE: Duration = Duration::from_secs(60);
/// Tickets that wait at most; beyond, nobody gets one until some are used or over.
const TICKET_COUNT_MAX: usize = 10_000;
/// Octets of chance in a ticket.
const SECRET_OCTETS: usize = 32;

/// Whose session a ticket opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Handover {
    pub(crate) account: AccountId,
    pub(crate) owner: SessionOwner,
    /// The session that it was made in: with that one's end it is void.
    pub(crate) session: SessionId,
    /// What was proved here is proved there.
    pub(crate) has_second_factor: bool,
}

/// The tickets of this node, by hash; they are used up in memory, where they were made.
#[derive(Debug, Default)]
pub(crate) struct Handovers(Mutex<HashMap<[u8; 32], (Handover, Instant)>>);

impl Handovers {
    /// A ticket for `handover`; none where the machine gives no chance or too many wait.
    pub(crate) fn issue(&self, handover: Handover, now: Instant) -> Option<String> {
        let mut octets = [0; SECRET_OCTETS];
        getrandom::fill(&mut octets).ok()?;
        let mut waiting = self.0.lock();
        if waiting.len() >= TICKET_COUNT_MAX {
            waiting.retain(|_, (_, until)| now < *until);
            if waiting.len() >= TICKET_COUNT_MAX {
                return None;
            }
        }
        waiting.insert(*blake3::hash(&octets).as_bytes(), (handover, now + HANDOVER_LIFE));
        Some(format!("hso_{}", URL_SAFE_NO_PAD.encode(octets)))
    }

    /// Uses a ticket up; none where it is none, was used, or is over.
    pub(crate) fn redeem(&self, ticket: &str, now: Instant) -> Option<Handover> {
        let octets = URL_SAFE_NO_PAD.decode(ticket.strip_prefix("hso_")?).ok()?;
        // Looked for by hash: the time it takes says nothing of the tickets that wait.
        let (handover, until) = self.0.lock().remove(blake3::hash(&octets).as_bytes())?;
        (now < until).then_some(handover)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::UserId;
    use uuid::Uuid;

    #[test]
    fn a_ticket_is_good_once_and_for_a_minute() {
        let (handovers, start) = (Handovers::default(), Instant::now());
        let handover = Handover {
            account: AccountId::new(Uuid::nil()),
            owner: SessionOwner::User(UserId::new(Uuid::nil())),
            session: SessionId::new(Uuid::nil()),
            has_second_factor: true,
        };
        let ticket = handovers.issue(handover, start).expect("chance");
        assert_eq!(handovers.redeem(&ticket, start), Some(handover));
        assert_eq!(handovers.redeem(&ticket, start), None, "used");
        let late = handovers.issue(handover, start).expect("chance");
        assert_eq!(handovers.redeem(&late, start + HANDOVER_LIFE), None);
        assert_eq!(handovers.redeem("hso_nonsense", start), None);
    }

    #[test]
    fn memory_is_bounded_however_many_are_asked_for() {
        let (handovers, start) = (Handovers::default(), Instant::now());
        let handover = Handover {
            account: AccountId::new(Uuid::nil()),
            owner: SessionOwner::User(UserId::new(Uuid::nil())),
            session: SessionId::new(Uuid::nil()),
            has_second_factor: false,
        };
        for _ in 0..TICKET_COUNT_MAX {
            handovers.issue(handover, start).expect("room");
        }
        assert!(handovers.issue(handover, start).is_none());
        assert!(handovers.issue(handover, start + HANDOVER_LIFE).is_some());
    }
}
