//! The rules of a session.

use std::collections::HashSet;

use kernel::{Category, Decider, SessionId, Timestamp};

use super::{Rotation, SessionCommand, SessionEvent, SessionRecord, SessionState};
use crate::HostingRefusal;
use crate::limit::SESSION_ROTATION_COUNT_MAX;

/// The noun; its history is the stream `session/{SessionId}`.
pub struct Session;

impl Decider for Session {
    const CATEGORY: Category = Category("session");
    type Id = SessionId;
    type State = SessionState;
    type Event = SessionEvent;
    type Command = SessionCommand;
    type Facts = ();
    type Refusal = HostingRefusal;

    fn evolve(state: SessionState, event: &SessionEvent) -> SessionState {
        match (state, event) {
            (_, SessionEvent::Started { owner, refresh_hash, expires_at, .. }) => {
                SessionState::Running(SessionRecord {
                    owner: *owner,
                    refresh_hash: *refresh_hash,
                    used_hashes: HashSet::new(),
                    expires_at: *expires_at,
                })
            }
            (SessionState::Running(mut record), SessionEvent::Rotated { refresh_hash, expires_at }) => {
                record.used_hashes.insert(record.refresh_hash);
                record.refresh_hash = *refresh_hash;
                record.expires_at = *expires_at;
                SessionState::Running(record)
            }
            (SessionState::Running(record), SessionEvent::Ended { reason }) => {
                SessionState::Ended { owner: record.owner, reason: *reason }
            }
            (
                state @ (SessionState::Absent | SessionState::Ended { .. }),
                SessionEvent::Rotated { .. } | SessionEvent::Ended { .. },
            ) => state,
        }
    }

    fn decide(
        state: &SessionState,
        command: SessionCommand,
        (): &(),
        now: Timestamp,
    ) -> Result<Vec<SessionEvent>, HostingRefusal> {
        use SessionCommand as C;
        use SessionState as S;
        match (state, command) {
            (S::Absent, C::Start { expires_at, .. }) if expires_at <= now => Err(HostingRefusal::ExpiryPast),
            (S::Absent, C::Start { owner, refresh_hash, expires_at, entrance }) => {
                Ok(vec![SessionEvent::Started { owner, refresh_hash, expires_at, entrance }])
            }
            (S::Absent, C::Rotate(_) | C::End(_)) => Err(HostingRefusal::SessionNotFound),
            (S::Running(record), C::Start { owner, refresh_hash, .. }) => {
                let is_same = record.owner == owner && record.refresh_hash == refresh_hash;
                if is_same { Ok(vec![]) } else { Err(HostingRefusal::SessionExists) }
            }
            (S::Running(record), C::Rotate(rotation)) => rotate(record, rotation, now),
            (S::Running(_), C::End(reason)) => Ok(vec![SessionEvent::Ended { reason }]),
            (S::Ended { .. }, C::Start { .. }) => Err(HostingRefusal::SessionExists),
            (S::Ended { .. }, C::Rotate(_)) => Err(HostingRefusal::SessionEnded),
            (S::Ended { .. }, C::End(_)) => Ok(vec![]),
        }
    }
}

/// A token is good once. Reuse is told apart from a wrong guess: only the former means that a token was stolen.
fn rotate(
    record: &SessionRecord,
    rotation: Rotation,
    now: Timestamp,
) -> Result<Vec<SessionEvent>, HostingRefusal> {
    let Rotation { old_hash, new_hash, expires_at } = rotation;
    if record.used_hashes.contains(&old_hash) {
        return Err(HostingRefusal::RefreshTokenReused);
    }
    if record.refresh_hash != old_hash || old_hash == new_hash || record.used_hashes.contains(&new_hash) {
        return Err(HostingRefusal::RefreshTokenUnknown);
    }
    if record.expires_at <= now || record.used_hashes.len() >= SESSION_ROTATION_COUNT_MAX {
        return Err(HostingRefusal::SessionExpired);
    }
    if expires_at <= now {
        return Err(HostingRefusal::ExpiryPast);
    }
    Ok(vec![SessionEvent::Rotated { refresh_hash: new_hash, expires_at }])
}
