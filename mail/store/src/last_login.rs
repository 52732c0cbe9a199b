//! When mailboxes were last opened: a fact of operation, not of business, so a table and no event.

use database::{Database, DatabaseError, Statement};
use kernel::{AppPasswordId, Id as _, MailboxId, TenantId, Timestamp};
use uuid::Uuid;

/// Rows that are written in one transaction.
const BATCH_COUNT: usize = 500;
/// Most rows of one mailbox that are told.
const ROW_COUNT_MAX: usize = 200;

/// The last use of one way into a mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastLogin {
    /// Whose.
    pub tenant: TenantId,
    /// Which mailbox.
    pub mailbox: MailboxId,
    /// By which protocol: a stable word of the caller's.
    pub protocol: &'static str,
    /// By which app password; none: by the password of the mailbox.
    pub app_password: Option<AppPasswordId>,
    /// When.
    pub at: Timestamp,
}

/// The table of last logins.
#[derive(Clone)]
pub struct LastLogins(Database);

impl LastLogins {
    /// Over a database, with the table made where it is not there.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn open(database: Database) -> Result<Self, DatabaseError> {
        let create = "CREATE TABLE IF NOT EXISTS last_login (tenant UUID NOT NULL, mailbox_id UUID NOT NULL, \
             protocol TEXT NOT NULL, app_password_id UUID NOT NULL, at BIGINT NOT NULL, \
             PRIMARY KEY (tenant, mailbox_id, protocol, app_password_id))";
        database.write(vec![Statement::new(create)]).await?;
        Ok(Self(database))
    }

    /// Keeps uses; of several of one way the last.
    ///
    /// # Errors
    /// [`DatabaseError`]: some of them may be kept.
    pub async fn keep(&self, logins: &[LastLogin]) -> Result<(), DatabaseError> {
        for batch in logins.chunks(BATCH_COUNT) {
            self.0.write(batch.iter().map(upsert).collect()).await?;
        }
        Ok(())
    }

    /// The last use of each way into a mailbox, the latest first: protocol, app password, when.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn of_mailbox(
        &self,
        tenant: TenantId,
        mailbox: MailboxId,
    ) -> Result<Vec<(String, Option<AppPasswordId>, Timestamp)>, DatabaseError> {
        let select = "SELECT protocol, app_password_id, at FROM last_login WHERE tenant = $1 AND mailbox_id = $2 \
             ORDER BY at DESC, protocol";
        let select = Statement::new(format!("{select} LIMIT {ROW_COUNT_MAX}"))
            .bind(tenant.uuid())
            .bind(mailbox.uuid());
        let rows = self.0.query(select).await?;
        let read = rows.iter().map(|row| {
            let id = row.uuid(1)?;
            let app_password = (!id.is_nil()).then(|| AppPasswordId::new(id));
            Ok((row.text(0)?.to_owned(), app_password, Timestamp::from_millis(row.int(2)?)))
        });
        read.collect()
    }
}

fn upsert(login: &LastLogin) -> Statement {
    Statement::new(
        "INSERT INTO last_login (tenant, mailbox_id, protocol, app_password_id, at) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (tenant, mailbox_id, protocol, app_password_id) DO UPDATE SET at = excluded.at \
         WHERE last_login.at < excluded.at",
    )
    .bind(login.tenant.uuid())
    .bind(login.mailbox.uuid())
    .bind(login.protocol)
    // The nil UUID stands for the password of the mailbox: a key has no nothing in it.
    .bind(login.app_password.map_or(Uuid::nil(), |id| id.uuid()))
    .bind(login.at.millis())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_last_use_of_each_way_is_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let database = Database::open_sqlite(&folder.path().join("x.db")).expect("a database");
        let logins = LastLogins::open(database).await.expect("a table");
        let (tenant, mailbox) = (TenantId::PLATFORM, MailboxId::new(Uuid::from_u128(1)));
        let one = |protocol, app_password, secs| LastLogin {
            tenant,
            mailbox,
            protocol,
            app_password,
            at: Timestamp::from_secs(secs),
        };
        let app = AppPasswordId::new(Uuid::from_u128(2));
        logins.keep(&[one("imap", None, 10), one("imap", Some(app), 20)]).await.expect("kept");
        logins.keep(&[one("imap", None, 30), one("imap", Some(app), 15)]).await.expect("kept");
        let told = logins.of_mailbox(tenant, mailbox).await.expect("rows");
        let imap = || "imap".to_owned();
        assert_eq!(
            told,
            [(imap(), None, Timestamp::from_secs(30)), (imap(), Some(app), Timestamp::from_secs(20)),]
        );
    }
}
