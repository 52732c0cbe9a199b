//! Mailboxes: made, locked, counted, hidden.

use std::sync::LazyLock;

use async_trait::async_trait;
use database::{DatabaseError, Row, Statement, Transaction, Work};
use kernel::{ByteSize, Id as _, MailboxId, TenantId, Timestamp};

use super::SqlStore;
use super::folder::{Place, insert_folder};
use super::pool::add_to_pool;
use crate::port::USAGE_COUNT_MAX;
use crate::{FolderName, FolderRefusal, Modseq, Owner, SpecialUse, StoreError, StoreRefusal, Usage};

/// What every mailbox begins with.
const FIRST_FOLDERS: [(&str, Option<SpecialUse>); 6] = [
    ("INBOX", None),
    ("Drafts", Some(SpecialUse::Drafts)),
    ("Sent", Some(SpecialUse::Sent)),
    ("Junk", Some(SpecialUse::Junk)),
    ("Trash", Some(SpecialUse::Trash)),
    ("Archive", Some(SpecialUse::Archive)),
];

/// Watched mailboxes that are asked for in one statement.
const WATCHED_BATCH_COUNT: usize = 64;

static SELECT_WATCHED: LazyLock<String> = LazyLock::new(|| {
    let pairs: Vec<String> = (0..WATCHED_BATCH_COUNT)
        .map(|index| format!("(tenant = ${} AND mailbox = ${})", 2 * index + 1, 2 * index + 2))
        .collect();
    format!("SELECT tenant, mailbox, modseq FROM mailbox WHERE {}", pairs.join(" OR "))
});

/// A mailbox whose row this transaction holds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Locked {
    /// Its number in this database.
    pub(crate) id: i64,
    /// The number of the change that is being made.
    pub(crate) modseq: i64,
    /// What it holds before the change, in octets.
    pub(crate) size: i64,
    /// And in messages.
    pub(crate) message_count: i64,
    /// The number of the pool that it counts in.
    pub(crate) pool: Option<i64>,
}

impl Locked {
    /// Of a row of `id, modseq, size, pool, message_count`.
    pub(crate) fn read(row: &Row) -> Result<Self, DatabaseError> {
        Ok(Self {
            id: row.int(0)?,
            modseq: row.int(1)?,
            size: row.int(2)?,
            message_count: row.int(4)?,
            pool: row.opt_int(3)?,
        })
    }

    pub(crate) const fn modseq(&self) -> Modseq {
        Modseq(self.modseq.unsigned_abs())
    }
}

/// Takes the next MODSEQ of a mailbox, which locks it until the transaction ends.
pub(crate) async fn lock(transaction: &mut Transaction<'_>, owner: Owner) -> Result<Locked, StoreError> {
    let update = Statement::new(
        "UPDATE mailbox SET modseq = modseq + 1 WHERE tenant = $1 AND mailbox = $2 AND purge_after IS NULL \
         RETURNING id, modseq, size, pool, message_count",
    );
    let row = transaction.first(update.bind(owner.tenant.uuid()).bind(owner.mailbox.uuid())).await?;
    Ok(Locked::read(&row.ok_or(StoreRefusal::NoMailbox)?)?)
}

/// The same, making the mailbox where it never was. One that was retired stays so.
pub(crate) async fn lock_or_provision(
    transaction: &mut Transaction<'_>,
    owner: Owner,
) -> Result<Locked, StoreError> {
    match lock(transaction, owner).await {
        Err(StoreError::Refused(StoreRefusal::NoMailbox)) => {}
        outcome => return outcome,
    }
    let insert = Statement::new(
        "INSERT INTO mailbox (tenant, mailbox, modseq) VALUES ($1, $2, 1) ON CONFLICT DO NOTHING RETURNING id",
    );
    let made = transaction.first(insert.bind(owner.tenant.uuid()).bind(owner.mailbox.uuid())).await?;
    let Some(made) = made else {
        // Somebody made it meanwhile, or it is retired.
        return lock(transaction, owner).await;
    };
    let locked = Locked { id: made.int(0)?, modseq: 1, size: 0, message_count: 0, pool: None };
    insert_first_folders(transaction, &locked).await?;
    Ok(locked)
}

/// Adds to what a mailbox and its pool hold; negative numbers take away.
pub(crate) async fn add_usage(
    transaction: &mut Transaction<'_>,
    mailbox: &Locked,
    octets: i64,
    messages: i64,
) -> Result<(), DatabaseError> {
    let update = Statement::new(
        "UPDATE mailbox SET size = size + $2, message_count = message_count + $3 WHERE id = $1",
    );
    transaction.execute(update.bind(mailbox.id).bind(octets).bind(messages)).await?;
    add_to_pool(transaction, mailbox.pool, octets, messages).await
}

/// A folder of a locked mailbox, by its id.
pub(crate) async fn own_folder(
    transaction: &mut Transaction<'_>,
    mailbox: &Locked,
    folder: crate::FolderId,
) -> Result<Place, StoreError> {
    let select = Statement::new(
        "SELECT id, uid_next FROM folder WHERE id = $1 AND mailbox = $2 AND deleted_at IS NULL",
    );
    let row = transaction.first(select.bind(super::row::folder_key(folder)).bind(mailbox.id)).await?;
    let row = row.ok_or(FolderRefusal::Missing)?;
    Ok(Place { id: row.int(0)?, uid_next: row.int(1)? })
}

/// Makes the folders that every mailbox has.
async fn insert_first_folders(transaction: &mut Transaction<'_>, locked: &Locked) -> Result<(), StoreError> {
    for (name, special_use) in FIRST_FOLDERS {
        let name = FolderName::parse(name)?;
        insert_folder(transaction, locked, &name, special_use).await?;
    }
    Ok(())
}

struct Restore(Owner);

#[async_trait]
impl Work for Restore {
    type Output = Option<Modseq>;
    type Error = StoreError;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Option<Modseq>, StoreError> {
        let update = Statement::new(
            "UPDATE mailbox SET purge_after = NULL, modseq = modseq + 1 WHERE tenant = $1 AND mailbox = $2 \
             AND purge_after IS NOT NULL RETURNING id, modseq, size, pool, message_count",
        );
        let update = update.bind(self.0.tenant.uuid()).bind(self.0.mailbox.uuid());
        let Some(row) = transaction.first(update).await? else { return Ok(None) };
        let locked = Locked::read(&row)?;
        add_to_pool(transaction, locked.pool, locked.size, locked.message_count).await?;
        // One that was retired before its first message has no folders yet.
        let count = Statement::new("SELECT COUNT(*) FROM folder WHERE mailbox = $1 AND deleted_at IS NULL");
        let count = transaction.first(count.bind(locked.id)).await?.map_or(Ok(0), |row| row.int(0))?;
        if count == 0 {
            insert_first_folders(transaction, &locked).await?;
        }
        Ok(Some(locked.modseq()))
    }
}

struct Retire {
    owner: Owner,
    purge_after: Timestamp,
}

#[async_trait]
impl Work for Retire {
    type Output = Option<Modseq>;
    type Error = StoreError;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Option<Modseq>, StoreError> {
        let (tenant, mailbox) = (self.owner.tenant.uuid(), self.owner.mailbox.uuid());
        let update = Statement::new(
            "UPDATE mailbox SET purge_after = $3, modseq = modseq + 1 WHERE tenant = $1 AND mailbox = $2 \
             AND purge_after IS NULL RETURNING modseq, size, message_count, pool",
        );
        let update = update.bind(tenant).bind(mailbox).bind(self.purge_after.millis());
        if let Some(row) = transaction.first(update).await? {
            add_to_pool(transaction, row.opt_int(3)?, -row.int(1)?, -row.int(2)?).await?;
            return Ok(Some(Modseq(row.int(0)?.unsigned_abs())));
        }
        // Retired again; or it never was, and mail for it that is on its way must not make it.
        let insert = Statement::new(
            "INSERT INTO mailbox (tenant, mailbox, modseq, purge_after) VALUES ($1, $2, 1, $3) \
             ON CONFLICT (tenant, mailbox) DO UPDATE SET purge_after = $3, modseq = mailbox.modseq + 1 \
             RETURNING modseq",
        );
        let insert = insert.bind(tenant).bind(mailbox).bind(self.purge_after.millis());
        let row = transaction.first(insert).await?;
        Ok(row.map(|row| row.int(0)).transpose()?.map(|modseq| Modseq(modseq.unsigned_abs())))
    }
}

struct Provision(Owner);

#[async_trait]
impl Work for Provision {
    type Output = ();
    type Error = StoreError;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<(), StoreError> {
        lock_or_provision(transaction, self.0).await.map(drop)
    }
}

impl SqlStore {
    pub(crate) async fn provision_mailbox(&self, owner: Owner) -> Result<(), StoreError> {
        match self.mailbox_key(owner).await {
            Err(StoreError::Refused(StoreRefusal::NoMailbox)) => {
                self.of(owner.tenant).transact(Provision(owner)).await
            }
            outcome => outcome.map(drop),
        }
    }

    /// The number of a mailbox that is not retired.
    pub(crate) async fn mailbox_key(&self, owner: Owner) -> Result<i64, StoreError> {
        let select = Statement::new(
            "SELECT id FROM mailbox WHERE tenant = $1 AND mailbox = $2 AND purge_after IS NULL",
        );
        let rows = self.database.query(select.bind(owner.tenant.uuid()).bind(owner.mailbox.uuid())).await?;
        let row = rows.first().ok_or(StoreRefusal::NoMailbox)?;
        Ok(row.int(0)?)
    }

    pub(crate) async fn mailbox_usage(&self, owner: Owner) -> Result<Usage, StoreError> {
        let select = Statement::new(
            "SELECT size, message_count FROM mailbox WHERE tenant = $1 AND mailbox = $2 AND purge_after IS NULL",
        );
        let rows = self.database.query(select.bind(owner.tenant.uuid()).bind(owner.mailbox.uuid())).await?;
        rows.first().map_or(Ok(Usage::default()), |row| {
            Ok(Usage {
                size: ByteSize::new(row.int(0)?.unsigned_abs()),
                message_count: row.int(1)?.unsigned_abs(),
            })
        })
    }

    pub(crate) async fn mailbox_usages(
        &self,
        tenant: TenantId,
        mailboxes: &[MailboxId],
    ) -> Result<Vec<(MailboxId, Usage)>, StoreError> {
        let mailboxes = &mailboxes[..mailboxes.len().min(USAGE_COUNT_MAX)];
        if mailboxes.is_empty() {
            return Ok(Vec::new());
        }
        let names: Vec<String> = (0..mailboxes.len()).map(|index| format!("${}", index + 2)).collect();
        let select = format!(
            "SELECT mailbox, size, message_count FROM mailbox WHERE tenant = $1 AND purge_after IS NULL \
             AND mailbox IN ({})",
            names.join(", ")
        );
        let select = mailboxes
            .iter()
            .fold(Statement::new(select).bind(tenant.uuid()), |select, mailbox| select.bind(mailbox.uuid()));
        let rows = self.database.query(select).await?;
        let read = rows.iter().map(|row| {
            let usage = Usage {
                size: ByteSize::new(row.int(1)?.unsigned_abs()),
                message_count: row.int(2)?.unsigned_abs(),
            };
            Ok((MailboxId::new(row.uuid(0)?), usage))
        });
        read.collect()
    }

    pub(crate) async fn retire_mailbox(
        &self,
        owner: Owner,
        purge_after: Timestamp,
    ) -> Result<(), StoreError> {
        if let Some(modseq) = self.of(owner.tenant).transact(Retire { owner, purge_after }).await? {
            self.bells.ring(owner, modseq);
        }
        Ok(())
    }

    pub(crate) async fn restore_mailbox(&self, owner: Owner) -> Result<(), StoreError> {
        if let Some(modseq) = self.of(owner.tenant).transact(Restore(owner)).await? {
            self.bells.ring(owner, modseq);
        }
        Ok(())
    }

    /// Tells watchers on this node what other nodes did: asks for the newest change of every watched mailbox. Needed
    /// once a second where several nodes share a database; idle mailboxes cost one row each.
    ///
    /// # Errors
    /// [`StoreError`]: to be tried again.
    pub async fn hear_other_nodes(&self) -> Result<(), StoreError> {
        let mut watched = self.bells.watched();
        watched.sort_unstable_by_key(|owner| (owner.tenant.uuid(), owner.mailbox.uuid()));
        for batch in watched.chunks(WATCHED_BATCH_COUNT) {
            let mut select = Statement::new(SELECT_WATCHED.as_str());
            // A short batch repeats its last pair, so that one prepared statement serves all.
            for index in 0..WATCHED_BATCH_COUNT {
                let Some(owner) = batch.get(index).or(batch.last()) else { break };
                select = select.bind(owner.tenant.uuid()).bind(owner.mailbox.uuid());
            }
            for row in self.database.query(select).await? {
                let owner =
                    Owner { tenant: TenantId::new(row.uuid(0)?), mailbox: MailboxId::new(row.uuid(1)?) };
                self.bells.ring_watched(owner, Modseq(row.int(2)?.unsigned_abs()));
            }
        }
        Ok(())
    }

    pub(crate) async fn mailbox_page(
        &self,
        after: Option<Owner>,
        limit: usize,
    ) -> Result<Vec<(Owner, Usage)>, StoreError> {
        let (tenant, mailbox) = after.map_or((uuid::Uuid::nil(), uuid::Uuid::nil()), |owner| {
            (owner.tenant.uuid(), owner.mailbox.uuid())
        });
        let select = Statement::new(
            "SELECT tenant, mailbox, size, message_count FROM mailbox \
             WHERE (tenant > $1 OR (tenant = $1 AND mailbox > $2)) AND purge_after IS NULL \
             ORDER BY tenant, mailbox LIMIT $3",
        );
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = self.database.query(select.bind(tenant).bind(mailbox).bind(limit)).await?;
        rows.iter()
            .map(|row| {
                let owner =
                    Owner { tenant: TenantId::new(row.uuid(0)?), mailbox: MailboxId::new(row.uuid(1)?) };
                let usage = Usage {
                    size: ByteSize::new(row.int(2)?.unsigned_abs()),
                    message_count: row.int(3)?.unsigned_abs(),
                };
                Ok((owner, usage))
            })
            .collect()
    }
}
