//! The real queue, as a node sees it that may be killed at every durable step.

use std::collections::HashMap;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use kernel::{EmailAddress, MailboxId, TenantId, Timestamp};
use parking_lot::Mutex;
use store::{
    Depth, DuePage, LeaseRequest, LeaseToken, Leased, LeasedMessage, LeasedRecipient, Line, Offer, Order,
    Orderer, Passage, PassageFilter, Queue, QueueEntry, QueuedHead, RecipientKey, RemoteReply, Selection,
    Settling, SqlStore, StoreError, Suppression, SuppressionCause, Suspension, Taker,
};
use uuid::Uuid;

use super::truth::{Fate, Life, Truth};

struct Unpark(std::thread::Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Waits on this thread: for the run no time passes, and nothing else happens meanwhile.
pub(super) fn at_once<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(tokio::task::unconstrained(future));
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(value) => return value,
            Poll::Pending => std::thread::park(),
        }
    }
}

/// The queue of one life of a node.
pub(super) struct Mortal {
    pub store: Arc<SqlStore>,
    pub life: Arc<Life>,
    pub truth: Arc<Truth>,
}

impl Mortal {
    /// Nobody hears anything from a dead node, and it hears nothing.
    async fn alive(&self) {
        if self.life.is_dead() {
            std::future::pending::<()>().await;
        }
    }

    /// A step that is durable when it is done: the node may be killed before or after it, the disk may be full, or the
    /// answer be lost with the connection to the database.
    async fn durable<T>(
        &self,
        work: impl Future<Output = Result<T, StoreError>>,
        note: impl FnOnce(&Result<T, StoreError>),
    ) -> Result<T, StoreError> {
        self.alive().await;
        if self.truth.is_disk_full() {
            return Err(StoreError::Full);
        }
        let fate = self.life.step();
        if fate == Fate::DiesBefore {
            self.life.die();
            self.alive().await;
        }
        let done = at_once(work);
        note(&done);
        if fate == Fate::DiesAfter {
            self.life.die();
            self.alive().await;
        }
        if !self.truth.is_calm() && self.truth.one_in(40) {
            self.truth.note("an answer of the database is lost".to_owned());
            return Err(StoreError::Failed("the connection was lost".into()));
        }
        done
    }
}

/// Whoever delivers in one life, as the transactions see it that queue mail there: it may die, or its connection be cut, between
/// the commit and the word of it.
struct MortalTaker {
    taker: Arc<dyn Taker>,
    life: Arc<Life>,
    truth: Arc<Truth>,
    /// Until the message is taken or withdrawn.
    offers: Mutex<Vec<Offer>>,
}

impl Taker for MortalTaker {
    fn offer(&self, message: &LeasedMessage, recipients: &[LeasedRecipient]) -> Option<Offer> {
        if self.life.is_dead() {
            return None;
        }
        let offer = self.taker.offer(message, recipients)?;
        self.offers.lock().push(offer.clone());
        Some(offer)
    }

    fn take(&self, leased: Leased) {
        let mut offers = self.offers.lock();
        let at = offers.iter().position(|offer| offer.token == leased.token).expect("it was offered");
        let offer = offers.swap_remove(at);
        drop(offers);
        self.truth.note(format!("node {} has {} at once", self.life.number, leased.messages[0].0.queue_id));
        self.truth.leased((offer.owner, offer.lasts), &leased);
        let token = leased.token;
        match if self.truth.is_calm() { 2 } else { self.truth.below(12) } {
            0 => self.life.die(),
            1 => self.taker.withdraw(token),
            _ => self.taker.take(leased),
        }
    }

    fn withdraw(&self, token: LeaseToken) {
        self.offers.lock().retain(|offer| offer.token != token);
        if !self.life.is_dead() {
            self.taker.withdraw(token);
        }
    }
}

#[async_trait]
impl Queue for Mortal {
    async fn lines(&self, after: Option<Line>, limit: usize) -> Result<Vec<Line>, StoreError> {
        self.alive().await;
        at_once(self.store.lines(after, limit))
    }

    async fn due(
        &self,
        line: Line,
        after: Option<&str>,
        now: Timestamp,
        limit: usize,
    ) -> Result<DuePage, StoreError> {
        self.alive().await;
        at_once(self.store.due(line, after, now, limit))
    }

    async fn lease(&self, request: LeaseRequest) -> Result<Leased, StoreError> {
        let asked = (request.owner, request.lasts);
        let note = |leased: &Result<Leased, StoreError>| {
            leased.iter().for_each(|leased| self.truth.leased(asked, leased));
        };
        self.durable(self.store.lease(request), note).await
    }

    async fn renew(
        &self,
        owner: Uuid,
        tokens: &[LeaseToken],
        lasts: Duration,
    ) -> Result<Vec<u64>, StoreError> {
        let note = |_: &Result<Vec<u64>, StoreError>| self.truth.renewed(owner, tokens, lasts);
        self.durable(self.store.renew(owner, tokens, lasts), note).await
    }

    async fn end_leases(&self) -> Result<u64, StoreError> {
        self.durable(self.store.end_leases(), |_| self.truth.leases_ended()).await
    }

    async fn settle(&self, settling: Settling) -> Result<usize, StoreError> {
        let told = settling.clone();
        let note = |written: &Result<usize, StoreError>| {
            written.iter().for_each(|written| self.truth.settled(&self.life, &told, *written));
        };
        self.durable(self.store.settle(settling), note).await
    }

    async fn content(&self, queue_id: u64) -> Result<Option<Bytes>, StoreError> {
        self.alive().await;
        at_once(self.store.content(queue_id))
    }

    async fn heads(&self, queue_ids: &[u64]) -> Result<Vec<QueuedHead>, StoreError> {
        self.alive().await;
        at_once(self.store.heads(queue_ids))
    }

    async fn entries(
        &self,
        selection: &Selection,
        after: Option<RecipientKey>,
        limit: usize,
    ) -> Result<Vec<QueueEntry>, StoreError> {
        self.alive().await;
        at_once(self.store.entries(selection, after, limit))
    }

    async fn held_counts(
        &self,
        mailboxes: &[MailboxId],
    ) -> Result<HashMap<(TenantId, MailboxId), store::HeldCount>, StoreError> {
        self.alive().await;
        at_once(self.store.held_counts(mailboxes))
    }

    async fn order_by(
        &self,
        selection: &Selection,
        order: Order,
        by: (Orderer, &str),
    ) -> Result<u64, StoreError> {
        at_once(self.store.order_by(selection, order, by))
    }

    async fn suspend(&self, suspension: Suspension) -> Result<(), StoreError> {
        at_once(self.store.suspend(suspension))
    }

    async fn resume(&self, site: &str) -> Result<u64, StoreError> {
        at_once(self.store.resume(site))
    }

    async fn rouse(&self, now: Timestamp) -> Result<u64, StoreError> {
        self.alive().await;
        at_once(self.store.rouse(now))
    }

    async fn suspensions(&self) -> Result<Vec<Suspension>, StoreError> {
        self.alive().await;
        at_once(self.store.suspensions())
    }

    async fn suppressions(
        &self,
        tenant: TenantId,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Suppression>, StoreError> {
        at_once(self.store.suppressions(tenant, after, limit))
    }

    async fn all_suppressions(
        &self,
        address: Option<&str>,
        after: Option<(&str, TenantId)>,
        limit: usize,
    ) -> Result<Vec<(TenantId, Suppression)>, StoreError> {
        at_once(self.store.all_suppressions(address, after, limit))
    }

    async fn suppress(
        &self,
        tenant: TenantId,
        address: &EmailAddress,
        why: (SuppressionCause, RemoteReply),
    ) -> Result<bool, StoreError> {
        at_once(self.store.suppress(tenant, address, why))
    }

    async fn unsuppress(&self, tenant: TenantId, address: &str) -> Result<bool, StoreError> {
        at_once(self.store.unsuppress(tenant, address))
    }

    async fn depth(&self) -> Result<Depth, StoreError> {
        self.alive().await;
        at_once(self.store.depth())
    }

    async fn record(&self, passages: Vec<Passage>) -> Result<(), StoreError> {
        at_once(self.store.record(passages))
    }

    async fn passages(
        &self,
        tenant: TenantId,
        of: &PassageFilter,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<(u64, Passage)>, StoreError> {
        at_once(self.store.passages(tenant, of, before, limit))
    }

    async fn forget(&self, tenant: TenantId, mailbox: MailboxId) -> Result<(), StoreError> {
        at_once(self.store.forget(tenant, mailbox))
    }

    async fn forget_letters(&self, tenant: TenantId, numbers: &[String]) -> Result<(), StoreError> {
        at_once(self.store.forget_letters(tenant, numbers))
    }

    fn hand_to(&self, taker: Arc<dyn Taker>) {
        let (life, truth) = (Arc::clone(&self.life), Arc::clone(&self.truth));
        let mortal = MortalTaker { taker, life, truth, offers: Mutex::default() };
        *self.life.taker.lock() = Some(Arc::new(mortal));
    }

    async fn rung(&self) {
        self.alive().await;
        self.store.rung().await;
    }
}
