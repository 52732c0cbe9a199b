//! COPY and MOVE from one mailbox into another: what the store does within one mailbox is done message by message, and
//! undone where it cannot be done whole (RFC 9051 section 6.4.7).

use bytes::Bytes;
use store::{
    Acceptance, Copied, Deposit, Destination, ExpungeScope, Folder, MessageRow, MessageSet, Queueing,
    StoreError,
};

use crate::answer::Failure;
use crate::place::Place;
use crate::session::Session;

/// Most messages that go into another mailbox at once.
pub(crate) const ACROSS_COUNT_MAX: usize = 1000;

/// Copies `rows` of the open folder to `folder` of another mailbox.
pub(crate) async fn copy(
    session: &Session<'_>,
    rows: &[MessageRow],
    place: &Place,
    folder: &Folder,
) -> Result<Vec<Copied>, Failure> {
    if rows.len() > ACROSS_COUNT_MAX {
        return Err(Failure::coded("LIMIT", "At most 1000 messages at once go into another mailbox"));
    }
    let mut copied = Vec::with_capacity(rows.len());
    for row in rows {
        match one(session, row, place, folder).await {
            Ok(Some(done)) => copied.push(done),
            // Somebody removed it meanwhile.
            Ok(None) => {}
            Err(failure) => {
                let uids = copied.iter().map(|copied: &Copied| copied.uid).collect();
                let scope = ExpungeScope::Regardless(MessageSet::Uids(uids));
                session.server.store.expunge(place.owner, folder.id, scope).await?;
                return Err(failure);
            }
        }
    }
    Ok(copied)
}

async fn one(
    session: &Session<'_>,
    row: &MessageRow,
    place: &Place,
    folder: &Folder,
) -> Result<Option<Copied>, Failure> {
    let (store, from) = (&session.server.store, session.selected()?.owner);
    let Some(message) = store.body(from, row.message, 0..row.size).await? else { return Ok(None) };
    let acceptance = Acceptance {
        message,
        deposits: vec![Deposit {
            owner: place.owner,
            destination: Destination::Folder(folder.id),
            flags: row.flags.clone(),
            internal_date: Some(row.internal_date),
            quota: place.quota,
            prefix: Bytes::new(),
        }],
        queued: Vec::new(),
        sender: None,
        tenant: place.owner.tenant,
        dsn: (None, None),
        queueing: Queueing::default(),
    };
    match store.accept(acceptance).await?.deposits.into_iter().next() {
        Some(Ok(copied)) => Ok(Some(Copied { from: row.uid, ..copied })),
        Some(Err(refusal)) => Err(StoreError::Refused(refusal).into()),
        None => Err(Failure::no("A message was not stored")),
    }
}
