//! Pools: what the mailboxes of a domain hold together, counted in the transaction that changes it.
//!
//! A pool is locked after the mailboxes that count in it, always: see [`hold`].

use std::collections::BTreeSet;

use async_trait::async_trait;
use database::{DatabaseError, Statement, Transaction, Work};
use kernel::{ByteSize, DomainId, Id as _, MailboxId, StoragePool, TenantId};

use super::SqlStore;
use super::mailbox::{Locked, lock_or_provision};
use crate::port::USAGE_COUNT_MAX;
use crate::{Deposit, Owner, StoreError, StoreRefusal, Usage};

/// Pools in one question.
const POOL_BATCH_COUNT: usize = 500;

/// Lets a locked mailbox count in the pool of its domain, with all that it holds; it may do so already. A mailbox stays in
/// its domain, so that there is no other pool that it could count in.
pub(crate) async fn join(
    transaction: &mut Transaction<'_>,
    owner: Owner,
    mailbox: Locked,
    domain: DomainId,
) -> Result<Locked, DatabaseError> {
    if mailbox.pool.is_some() {
        return Ok(mailbox);
    }
    let select = Statement::new("SELECT size, message_count, purge_after FROM mailbox WHERE id = $1");
    let row = transaction.first(select.bind(mailbox.id)).await?.ok_or(DatabaseError::Unexpected)?;
    // What is retired counts when it is restored.
    let (octets, messages) = match row.opt_int(2)? {
        None => (row.int(0)?, row.int(1)?),
        Some(_) => (0, 0),
    };
    let count = Statement::new(
        "INSERT INTO pool (tenant, domain, size, message_count) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (tenant, domain) DO UPDATE SET size = pool.size + $3, \
         message_count = pool.message_count + $4 RETURNING id",
    );
    let count = count.bind(owner.tenant.uuid()).bind(domain.uuid()).bind(octets).bind(messages);
    let pool = transaction.first(count).await?.ok_or(DatabaseError::Unexpected)?.int(0)?;
    let update = Statement::new("UPDATE mailbox SET pool = $2 WHERE id = $1");
    transaction.execute(update.bind(mailbox.id).bind(pool)).await?;
    Ok(Locked { pool: Some(pool), ..mailbox })
}

/// Adds to what the mailboxes of a pool hold together; negative numbers take away.
pub(crate) async fn add_to_pool(
    transaction: &mut Transaction<'_>,
    pool: Option<i64>,
    octets: i64,
    messages: i64,
) -> Result<(), DatabaseError> {
    let Some(pool) = pool else { return Ok(()) };
    let update =
        Statement::new("UPDATE pool SET size = size + $2, message_count = message_count + $3 WHERE id = $1");
    transaction.execute(update.bind(pool).bind(octets).bind(messages)).await.map(drop)
}

/// That `more` octets fit into the pool of a locked mailbox, which is held until the transaction ends: nobody else uses the
/// same room meanwhile.
pub(crate) async fn check_pool(
    transaction: &mut Transaction<'_>,
    mailbox: &Locked,
    more: i64,
    limit: Option<StoragePool>,
) -> Result<(), StoreError> {
    let (Some(limit), Some(pool)) = (limit, mailbox.pool) else { return Ok(()) };
    if limit.size.octets() == u64::MAX {
        return Ok(());
    }
    let hold = Statement::new("UPDATE pool SET size = size WHERE id = $1 RETURNING size");
    let held = transaction.first(hold.bind(pool)).await?.ok_or(DatabaseError::Unexpected)?;
    let used = ByteSize::new(held.int(0)?.unsigned_abs());
    let fits = used.octets().saturating_add(more.unsigned_abs()) <= limit.size.octets();
    if fits { Ok(()) } else { Err(StoreRefusal::OverPool { used, size: limit.size }.into()) }
}

/// Holds the mailboxes of several deposits and then their pools, each in one order, so that two acceptances never wait for
/// each other. Where there is no pool the order of the deposits does that by itself.
pub(crate) async fn hold(transaction: &mut Transaction<'_>, deposits: &[&Deposit]) -> Result<(), StoreError> {
    let pools: BTreeSet<(TenantId, DomainId)> = deposits
        .iter()
        .filter_map(|deposit| deposit.quota.pool.map(|pool| (deposit.owner.tenant, pool.domain)))
        .collect();
    if deposits.len() < 2 || pools.is_empty() {
        return Ok(());
    }
    let owners: BTreeSet<Owner> = deposits.iter().map(|deposit| deposit.owner).collect();
    for owner in owners {
        let hold = Statement::new("UPDATE mailbox SET size = size WHERE tenant = $1 AND mailbox = $2");
        let held = transaction.execute(hold.bind(owner.tenant.uuid()).bind(owner.mailbox.uuid())).await?;
        if held == 0 {
            lock_or_provision(transaction, owner).await?;
        }
    }
    for (tenant, domain) in pools {
        let hold = Statement::new("UPDATE pool SET size = size WHERE tenant = $1 AND domain = $2");
        transaction.execute(hold.bind(tenant.uuid()).bind(domain.uuid())).await?;
    }
    Ok(())
}

/// Mailboxes begin to share.
struct Pool {
    tenant: TenantId,
    domain: DomainId,
    mailboxes: BTreeSet<MailboxId>,
}

#[async_trait]
impl Work for Pool {
    type Output = ();
    type Error = StoreError;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<(), StoreError> {
        let mut held = Vec::with_capacity(self.mailboxes.len());
        for mailbox in &self.mailboxes {
            let hold = Statement::new(
                "UPDATE mailbox SET size = size WHERE tenant = $1 AND mailbox = $2 \
                 RETURNING id, modseq, size, pool, message_count",
            );
            // One that never was begins to share with its first message.
            let row = transaction.first(hold.bind(self.tenant.uuid()).bind(mailbox.uuid())).await?;
            if let Some(row) = row {
                held.push((Owner { tenant: self.tenant, mailbox: *mailbox }, Locked::read(&row)?));
            }
        }
        for (owner, mailbox) in held {
            join(transaction, owner, mailbox, self.domain).await?;
        }
        Ok(())
    }
}

/// Mailboxes share no more.
struct Unpool {
    tenant: TenantId,
    domain: DomainId,
}

#[async_trait]
impl Work for Unpool {
    type Output = ();
    type Error = StoreError;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<(), StoreError> {
        let leave = Statement::new(
            "UPDATE mailbox SET pool = NULL WHERE pool = (SELECT id FROM pool WHERE tenant = $1 AND domain = $2)",
        );
        transaction.execute(leave.bind(self.tenant.uuid()).bind(self.domain.uuid())).await?;
        let drop_pool = Statement::new(
            "DELETE FROM pool WHERE tenant = $1 AND domain = $2 \
             AND NOT EXISTS (SELECT 1 FROM mailbox b WHERE b.pool = pool.id)",
        );
        transaction.execute(drop_pool.bind(self.tenant.uuid()).bind(self.domain.uuid())).await?;
        Ok(())
    }
}

impl SqlStore {
    pub(crate) async fn pool_mailboxes(
        &self,
        (tenant, domain): (TenantId, DomainId),
        mailboxes: &[MailboxId],
    ) -> Result<(), StoreError> {
        for batch in mailboxes.chunks(USAGE_COUNT_MAX) {
            let mailboxes = batch.iter().copied().collect();
            self.of(tenant).transact(Pool { tenant, domain, mailboxes }).await?;
        }
        Ok(())
    }

    pub(crate) async fn unpool_mailboxes(
        &self,
        (tenant, domain): (TenantId, DomainId),
    ) -> Result<(), StoreError> {
        self.of(tenant).transact(Unpool { tenant, domain }).await
    }

    pub(crate) async fn usages_of_pools(
        &self,
        tenant: TenantId,
        domains: &[DomainId],
    ) -> Result<Vec<(DomainId, Usage)>, StoreError> {
        let mut usages = Vec::with_capacity(domains.len());
        for batch in domains.chunks(POOL_BATCH_COUNT) {
            let names: Vec<String> = (2..=batch.len() + 1).map(|number| format!("${number}")).collect();
            let select = format!(
                "SELECT domain, size, message_count FROM pool WHERE tenant = $1 AND domain IN ({})",
                names.join(", ")
            );
            let select = Statement::new(select).bind(tenant.uuid());
            let select = batch.iter().fold(select, |select, domain| select.bind(domain.uuid()));
            for row in self.database.query(select).await? {
                let size = ByteSize::new(row.int(1)?.unsigned_abs());
                let usage = Usage { size, message_count: row.int(2)?.unsigned_abs() };
                usages.push((DomainId::new(row.uuid(0)?), usage));
            }
        }
        Ok(usages)
    }
}
