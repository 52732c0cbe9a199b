//! A message is taken: stored once, put into each mailbox, queued for the rest, in one transaction.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use database::{DatabaseError, Statement, Transaction, Work};
use kernel::{ByteSize, Id as _, Quota, Timestamp};
use uuid::Uuid;

use super::folder::{Delta, Place, touch};
use super::mailbox::{Locked, add_usage, lock_or_provision, own_folder};
use super::pool::{check_pool, hold, join};
use super::queue::{
    KEEP, LeaseClock, SANDBOX, holder_key, insert_passage, lane_key, line_key, origin_key, state_key, tls_key,
};
use super::row::{keywords, special_use_key};
use super::{MAILBOX_MESSAGE_COUNT_MAX, SqlStore};
use crate::handover::Handing;
use crate::trace::{Direction, Passage, Stage};
use crate::{
    Acceptance, Accepted, Copied, Deposit, Destination, FolderRefusal, Line, Modseq, Offer, Orderer, Owner,
    QueuedRecipient, RecipientState, RemoteReply, StoreError, StoreRefusal, Uid,
};

/// Messages longer than this are hashed and parsed on a thread of their own.
const INLINE_OCTETS_MAX: usize = 128 * 1024;

/// A Message-ID that is longer than this cannot be looked for in the trace.
const MESSAGE_ID_OCTETS_MAX: usize = 500;

/// A message with everything that is derived from it.
struct Derived {
    octets: Bytes,
    hash: [u8; 32],
    summary: Vec<u8>,
    message_id: Option<String>,
}

fn derive(octets: Bytes) -> Derived {
    let hash = *blake3::hash(&octets).as_bytes();
    let summary = message::summarize(&octets);
    let message_id = summary.envelope.message_id.clone().filter(|id| id.len() <= MESSAGE_ID_OCTETS_MAX);
    Derived { octets, hash, summary: summary.encode(), message_id }
}

/// A message that is taken; its octets are hashed and parsed.
pub(crate) struct Accept {
    derived: Arc<Derived>,
    acceptance: Acceptance,
    now: Timestamp,
    /// The lease under which it is queued, where somebody wants to have it at once.
    offer: Option<Offer>,
}

/// Several that are taken together, or not at all.
struct Together(Vec<Accept>);

/// The mailboxes that changed, with their changes.
type Rings = Vec<(Owner, Modseq)>;

/// What became of one message.
pub(crate) struct Taken {
    accepted: Accepted,
    /// Whether it was queued under the lease that was offered.
    is_leased: bool,
}

#[async_trait]
impl Work for Accept {
    type Output = (Taken, Rings);
    type Error = StoreError;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Self::Output, StoreError> {
        let (taken, rings) = take(transaction, std::slice::from_ref(self)).await?;
        let taken = taken.into_iter().next().ok_or(DatabaseError::Unexpected)?;
        Ok((taken, rings))
    }
}

#[async_trait]
impl Work for Together {
    type Output = (Vec<Taken>, Rings);
    type Error = StoreError;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Self::Output, StoreError> {
        take(transaction, &self.0).await
    }
}

/// Takes all: blobs, then mailboxes, then what is queued.
async fn take(
    transaction: &mut Transaction<'_>,
    accepts: &[Accept],
) -> Result<(Vec<Taken>, Rings), StoreError> {
    // Always in the same order, so that two who take never wait for each other.
    let mut by_hash: Vec<usize> = (0..accepts.len()).collect();
    by_hash.sort_by_key(|index| accepts[*index].derived.hash);
    let mut blobs = vec![0; accepts.len()];
    for index in by_hash {
        blobs[index] = accepts[index].blob(transaction).await?;
    }
    let mut deposits: Vec<(usize, usize, &Deposit)> = Vec::new();
    for (index, accept) in accepts.iter().enumerate() {
        deposits.extend(accept.acceptance.deposits.iter().enumerate().map(|(at, one)| (index, at, one)));
    }
    deposits.sort_by_key(|(.., deposit)| deposit.owner);
    hold(transaction, &deposits.iter().map(|(.., deposit)| *deposit).collect::<Vec<_>>()).await?;
    let nothing = |accept: &Accept| Taken {
        accepted: Accepted {
            deposits: vec![Err(StoreRefusal::NoMailbox); accept.acceptance.deposits.len()],
            queue_id: None,
        },
        is_leased: false,
    };
    let mut taken: Vec<Taken> = accepts.iter().map(nothing).collect();
    let mut rings = Vec::new();
    for (index, at, deposit) in deposits {
        let outcome = accepts[index].deposit(transaction, blobs[index], deposit).await;
        taken[index].accepted.deposits[at] = match outcome {
            Ok(copied) => {
                rings.push((deposit.owner, copied.modseq));
                Ok(copied)
            }
            Err(StoreError::Refused(refusal)) => Err(refusal),
            Err(error) => return Err(error),
        };
    }
    for (index, accept) in accepts.iter().enumerate().filter(|(_, accept)| accept.has_queued()) {
        let lease = accept.lease(transaction).await?;
        taken[index].accepted.queue_id = Some(accept.queue(transaction, blobs[index], lease).await?);
        taken[index].is_leased = lease.is_some();
    }
    Ok((taken, rings))
}

impl Accept {
    /// Hashes and parses; long messages on a thread of their own.
    pub(crate) async fn derive(acceptance: Acceptance, now: Timestamp) -> Result<Self, StoreError> {
        let octets = acceptance.message.clone();
        let derived = if octets.len() <= INLINE_OCTETS_MAX {
            derive(octets)
        } else {
            tokio::task::spawn_blocking(move || derive(octets))
                .await
                .map_err(|error| StoreError::Failed(Box::new(error)))?
        };
        Ok(Self::of(Arc::new(derived), acceptance, now))
    }

    fn of(derived: Arc<Derived>, mut acceptance: Acceptance, now: Timestamp) -> Self {
        if acceptance.queueing.message.is_empty() {
            acceptance.queueing.message = Uuid::now_v7().simple().to_string();
        }
        Self { derived, acceptance, now, offer: None }
    }

    /// Whether both are about the very same octets.
    fn is_of(&self, message: &Bytes) -> bool {
        let own = &self.derived.octets;
        (own.as_ptr(), own.len()) == (message.as_ptr(), message.len())
    }

    /// Whether there are recipients elsewhere.
    pub(crate) fn has_queued(&self) -> bool {
        !self.acceptance.queued.is_empty()
    }

    /// The blob of the message: the one that is there, or a new one.
    async fn blob(&self, transaction: &mut Transaction<'_>) -> Result<i64, StoreError> {
        let found = Statement::new("UPDATE blob SET used_at = $2 WHERE hash = $1 RETURNING id");
        let found = found.bind(&self.derived.hash[..]).bind(self.now.millis());
        if let Some(row) = transaction.first(found).await? {
            return Ok(row.int(0)?);
        }
        let insert = Statement::new(
            "INSERT INTO blob (hash, size, used_at, summary, octets) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (hash) DO UPDATE SET used_at = $3 RETURNING id",
        );
        let size = i64::try_from(self.derived.octets.len()).unwrap_or(i64::MAX);
        let insert = insert.bind(&self.derived.hash[..]).bind(size).bind(self.now.millis());
        let insert = insert.bind(self.derived.summary.as_slice()).bind(self.derived.octets.as_ref());
        let row = transaction.first(insert).await?;
        Ok(row.ok_or(DatabaseError::Unexpected)?.int(0)?)
    }

    async fn deposit(
        &self,
        transaction: &mut Transaction<'_>,
        blob: i64,
        deposit: &Deposit,
    ) -> Result<Copied, StoreError> {
        let mut mailbox = lock_or_provision(transaction, deposit.owner).await?;
        if let Some(pool) = deposit.quota.pool {
            mailbox = join(transaction, deposit.owner, mailbox, pool.domain).await?;
        }
        let size = self.derived.octets.len() + deposit.prefix.len();
        // Counted as IMAP counts: 32 bits.
        let size = i64::from(u32::try_from(size).map_err(|_| StoreRefusal::Limit("4 GiB per message"))?);
        check_quota(transaction, &mailbox, (size, 1), deposit.quota).await?;
        let mut place = destination(transaction, &mailbox, &deposit.destination).await?;
        let insert = Statement::new(
            "INSERT INTO message (mailbox, blob, prefix, size, internal_date) VALUES ($1, $2, $3, $4, $5) \
             RETURNING id",
        );
        let date = deposit.internal_date.unwrap_or(self.now);
        let insert = insert.bind(mailbox.id).bind(blob).bind(deposit.prefix.as_ref()).bind(size);
        let message = transaction.first(insert.bind(date.millis())).await?;
        let message = message.ok_or(DatabaseError::Unexpected)?.int(0)?;
        let system = i64::from(deposit.flags.system);
        let entry = NewEntry { message, system, keywords: keywords(&deposit.flags) };
        let uid = put(transaction, &mailbox, &mut place, entry, self.now).await?;
        touch(transaction, &place, mailbox.modseq, Delta::of(system, size)).await?;
        add_usage(transaction, &mailbox, size, 1).await?;
        Ok(Copied {
            from: uid,
            folder: place.folder(),
            uid_validity: place.uid_validity(),
            uid,
            modseq: mailbox.modseq(),
        })
    }

    /// The lease that was offered, unless an operator or the tenant wants something else of where the message goes.
    async fn lease(&self, transaction: &mut Transaction<'_>) -> Result<Option<&Offer>, StoreError> {
        let Some(offer) = &self.offer else { return Ok(None) };
        let recipients = &self.acceptance.queued;
        let places = |from: usize, count: usize| (from..from + count).map(|place| format!("${place}"));
        let addresses: Vec<String> =
            places(3, recipients.len()).map(|place| format!("lower({place})")).collect();
        let sites: Vec<String> = places(3 + recipients.len(), offer.sites.len()).collect();
        let select = Statement::new(format!(
            "SELECT 1 FROM suppression WHERE tenant = $1 AND address IN ({}) \
             AND (expires_at IS NULL OR expires_at > $2) UNION ALL SELECT 1 FROM suspension WHERE site IN ({}) LIMIT 1",
            addresses.join(", "),
            sites.join(", ")
        ));
        let select = select.bind(self.acceptance.tenant.uuid()).bind(self.now.millis());
        let select = recipients.iter().fold(select, |select, to| select.bind(to.address.to_string()));
        let select = offer.sites.iter().fold(select, |select, site| select.bind(site.as_str()));
        Ok(if transaction.first(select).await?.is_none() { Some(offer) } else { None })
    }

    /// Queues the message for its recipients elsewhere: all are due at once, or leased.
    async fn queue(
        &self,
        transaction: &mut Transaction<'_>,
        blob: i64,
        lease: Option<&Offer>,
    ) -> Result<u64, StoreError> {
        let acceptance = &self.acceptance;
        let queueing = &acceptance.queueing;
        let insert = Statement::new(
            "INSERT INTO queue (tenant, sender, blob, size, ret, envelope_id, queued_at, message, lane, origin, \
             mailbox, open_count, tls, home, is_sender_known) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) RETURNING id",
        );
        let size = i64::try_from(self.derived.octets.len()).unwrap_or(i64::MAX);
        let insert = insert
            .bind(acceptance.tenant.uuid())
            .bind(acceptance.sender.as_ref().map(ToString::to_string))
            .bind(blob)
            .bind(size)
            .bind(acceptance.dsn.0.clone())
            .bind(acceptance.dsn.1.clone())
            .bind(self.now.millis())
            .bind(queueing.message.as_str())
            .bind(lane_key(queueing.lane))
            .bind(origin_key(queueing.origin))
            .bind(queueing.mailbox.map(|mailbox| mailbox.uuid()))
            .bind(i64::try_from(acceptance.queued.len()).unwrap_or(i64::MAX))
            .bind(tls_key(queueing.tls))
            .bind(queueing.home.map(|home| home.uuid()))
            .bind(i64::from(queueing.is_sender_known));
        let id = transaction.first(insert).await?.ok_or(DatabaseError::Unexpected)?.int(0)?;
        for passage in &queueing.beginning {
            transaction.execute(insert_passage(passage)).await?;
        }
        let line = line_key(Line { tenant: acceptance.tenant, lane: queueing.lane });
        let state = match lease {
            _ if queueing.is_held || queueing.is_sandbox => RecipientState::Held,
            Some(_) => RecipientState::Leased,
            None => RecipientState::Scheduled,
        };
        let clock = LeaseClock::of(transaction, self.now);
        let (due, due_at) = match lease {
            Some(lease) => clock.end(8, lease.lasts),
            None => ("$8".to_owned(), self.now.millis()),
        };
        for (ordinal, recipient) in (0_i64..).zip(&acceptance.queued) {
            let insert = Statement::new(format!(
                "INSERT INTO queue_recipient (queue, ordinal, address, notify, original, line, domain, due_at, state, wish, last_text, \
                 lease_owner, lease_token, given) VALUES ($1, $2, $3, $4, $5, $6, $7, {due}, $9, $10, $11, $12, $13, $14)"
            ));
            let insert = insert
                .bind(id)
                .bind(ordinal)
                .bind(recipient.address.to_string())
                .bind(recipient.notify.clone())
                .bind(recipient.original.clone())
                .bind(line.as_str())
                .bind(recipient.address.domain.as_str())
                .bind(due_at)
                .bind(state_key(state))
                .bind(match (queueing.is_sandbox, queueing.is_held) {
                    (true, _) => KEEP,
                    (false, true) => holder_key(Orderer::Watch),
                    (false, false) => 0,
                })
                .bind(if queueing.is_sandbox { SANDBOX } else { "" })
                .bind(lease.map(|lease| lease.owner))
                .bind(lease.map(|lease| lease.token.0))
                .bind(recipient.given.as_ref().map(ToString::to_string));
            transaction.execute(insert).await?;
            transaction.execute(insert_passage(&self.passage(recipient))).await?;
        }
        Ok(id.unsigned_abs())
    }

    fn passage(&self, recipient: &QueuedRecipient) -> Passage {
        let acceptance = &self.acceptance;
        let queueing = &acceptance.queueing;
        Passage {
            tenant: acceptance.tenant,
            mailbox: acceptance.queueing.mailbox,
            message: acceptance.queueing.message.clone(),
            direction: Direction::Out,
            at: self.now,
            stage: if queueing.is_held || queueing.is_sandbox { Stage::Held } else { Stage::Queued },
            sender: acceptance.sender.as_ref().map(ToString::to_string),
            recipient: Some(recipient.address.to_string()),
            reply: queueing
                .is_sandbox
                .then(|| RemoteReply { text: SANDBOX.to_owned(), ..RemoteReply::default() }),
            next_at: None,
            domain: acceptance.queueing.home,
            folder: None,
            source: None,
            reasons: match (queueing.is_sandbox, queueing.is_held) {
                (false, true) => {
                    let words = [Orderer::Watch.holds(), queueing.held_for];
                    words.into_iter().filter(|word| !word.is_empty()).map(str::to_owned).collect()
                }
                (true, _) | (false, false) => Vec::new(),
            },
            message_id: self.derived.message_id.clone().filter(|_| queueing.beginning.is_empty()),
        }
    }
}

/// A message's place in a folder, before it has a UID.
pub(crate) struct NewEntry {
    pub(crate) message: i64,
    pub(crate) system: i64,
    pub(crate) keywords: Option<String>,
}

/// Puts a message into a folder under its next UID; the caller moves the counters.
pub(crate) async fn put(
    transaction: &mut Transaction<'_>,
    mailbox: &Locked,
    place: &mut Place,
    entry: NewEntry,
    now: Timestamp,
) -> Result<Uid, StoreError> {
    let uid = u32::try_from(place.uid_next)
        .ok()
        .filter(|uid| *uid < u32::MAX)
        .ok_or(StoreRefusal::UidsExhausted)?;
    place.uid_next += 1;
    let insert = Statement::new(
        "INSERT INTO entry (folder, uid, message, flags, keywords, modseq, saved_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    );
    let insert = insert.bind(place.id).bind(uid).bind(entry.message).bind(entry.system).bind(entry.keywords);
    transaction.execute(insert.bind(mailbox.modseq).bind(now.millis())).await?;
    Ok(Uid(uid))
}

/// That `more` octets and `messages` fit, into the mailbox and into the pool that it counts in.
pub(crate) async fn check_quota(
    transaction: &mut Transaction<'_>,
    mailbox: &Locked,
    (more, messages): (i64, i64),
    quota: Quota,
) -> Result<(), StoreError> {
    if mailbox.message_count.saturating_add(messages).unsigned_abs() > MAILBOX_MESSAGE_COUNT_MAX {
        return Err(StoreRefusal::TooManyMessages { allowed: MAILBOX_MESSAGE_COUNT_MAX }.into());
    }
    let used = ByteSize::new(mailbox.size.unsigned_abs());
    let fits = used
        .checked_add(ByteSize::new(more.unsigned_abs()))
        .is_some_and(|total| total.octets() <= quota.own.octets());
    if !fits {
        return Err(StoreRefusal::OverQuota { used, quota: quota.own }.into());
    }
    check_pool(transaction, mailbox, more, quota.pool).await
}

async fn destination(
    transaction: &mut Transaction<'_>,
    mailbox: &Locked,
    destination: &Destination,
) -> Result<Place, StoreError> {
    let special_use = match destination {
        Destination::Folder(folder) => return own_folder(transaction, mailbox, *folder).await,
        Destination::Inbox => None,
        Destination::Special(special_use) => Some(*special_use),
    };
    let select = Statement::new(
        "SELECT id, uid_next FROM folder WHERE mailbox = $1 AND deleted_at IS NULL \
         AND (name = 'INBOX' OR special_use = $2) ORDER BY CASE WHEN name = 'INBOX' THEN 1 ELSE 0 END LIMIT 1",
    );
    let row = transaction.first(select.bind(mailbox.id).bind(special_use.map_or(0, special_use_key))).await?;
    let row = row.ok_or(FolderRefusal::Missing)?;
    Ok(Place { id: row.int(0)?, uid_next: row.int(1)? })
}

impl SqlStore {
    /// One message needs no list: it is what happens all day.
    pub(crate) async fn accept_message(&self, acceptance: Acceptance) -> Result<Accepted, StoreError> {
        let mut work = Accept::derive(acceptance, self.now()).await?;
        let handing = self.hand(&mut work);
        let has_queued = work.has_queued();
        let (taken, rings) = self.of(work.acceptance.tenant).transact(work).await?;
        self.ring_all(rings);
        let is_handed = handed(&taken, handing);
        if has_queued && !is_handed {
            self.queue_bell.notify_one();
        }
        Ok(taken.accepted)
    }

    pub(crate) async fn accept_messages(
        &self,
        acceptances: Vec<Acceptance>,
    ) -> Result<Vec<Accepted>, StoreError> {
        let now = self.now();
        let mut accepts: Vec<Accept> = Vec::with_capacity(acceptances.len());
        for acceptance in acceptances {
            // Hashed and parsed once, however many answer for it.
            let same = accepts.iter().find(|known| known.is_of(&acceptance.message));
            accepts.push(match same.map(|known| Arc::clone(&known.derived)) {
                Some(derived) => Accept::of(derived, acceptance, now),
                None => Accept::derive(acceptance, now).await?,
            });
        }
        let handings: Vec<_> = accepts.iter_mut().map(|accept| self.hand(accept)).collect();
        let queued: Vec<bool> = accepts.iter().map(Accept::has_queued).collect();
        let Some(tenant) = accepts.first().map(|accept| accept.acceptance.tenant) else {
            return Ok(Vec::new());
        };
        let (taken, rings) = self.of(tenant).transact(Together(accepts)).await?;
        self.ring_all(rings);
        let mut is_left = false;
        for ((taken, handing), has_queued) in taken.iter().zip(handings).zip(queued) {
            is_left |= !handed(taken, handing) && has_queued;
        }
        if is_left {
            self.queue_bell.notify_one();
        }
        Ok(taken.into_iter().map(|taken| taken.accepted).collect())
    }

    /// Offers a message to whoever delivers on this node.
    fn hand(&self, accept: &mut Accept) -> Option<Handing> {
        let handing = self.handover.of(&accept.acceptance, accept.now);
        accept.offer = handing.as_ref().map(|handing| handing.offer.clone());
        handing
    }

    fn ring_all(&self, rings: Rings) {
        for (owner, modseq) in rings {
            self.bells.ring(owner, modseq);
        }
    }
}

/// Hands a message over that is durable now; whether it was queued for that.
fn handed(taken: &Taken, handing: Option<Handing>) -> bool {
    match (handing, taken.accepted.queue_id) {
        (Some(handing), Some(queue_id)) if taken.is_leased => {
            handing.took(queue_id);
            true
        }
        _ => false,
    }
}
