//! Octets by their SHA-256: never changed, never deleted.

use sha2::{Digest as _, Sha256};

use crate::{Database, DatabaseError, Statement};

const STEPS: &[&str] =
    &["CREATE TABLE blob (sha256 BYTEA PRIMARY KEY, octets BYTEA NOT NULL, kept_at BIGINT NOT NULL);"];

/// A place for documents and pictures: small, few, and kept for ever. Messages have a store of their own.
#[derive(Debug, Clone)]
pub struct Blobs(Database);

impl Blobs {
    /// Over a database, with the table made where it is not there.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn open(database: Database) -> Result<Self, DatabaseError> {
        database.migrate("blobs", STEPS).await?;
        Ok(Self(database))
    }

    /// Keeps octets; durable when it returns. Their SHA-256, by which they are found. The caller bounds their count.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn keep(&self, octets: Vec<u8>, at_ms: i64) -> Result<[u8; 32], DatabaseError> {
        let hash: [u8; 32] = Sha256::digest(&octets).into();
        let insert =
            "INSERT INTO blob (sha256, octets, kept_at) VALUES ($1, $2, $3) ON CONFLICT (sha256) DO NOTHING";
        let insert = Statement::new(insert).bind(hash.as_slice()).bind(octets).bind(at_ms);
        self.0.write(vec![insert]).await?;
        Ok(hash)
    }

    /// The octets of a hash. Checked: what a disk has changed is an error and not an answer.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn get(&self, hash: &[u8; 32]) -> Result<Option<Vec<u8>>, DatabaseError> {
        let select = Statement::new("SELECT octets FROM blob WHERE sha256 = $1").bind(hash.as_slice());
        let rows = self.0.query(select).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let octets = row.bytes(0)?.to_vec();
        let found: [u8; 32] = Sha256::digest(&octets).into();
        if found == *hash {
            Ok(Some(octets))
        } else {
            Err(DatabaseError::Column { column: 0, expected: "the octets of their hash" })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn octets_are_kept_once_and_found_by_their_hash() {
        let folder = tempfile::tempdir().expect("a folder");
        let database = Database::open_sqlite(&folder.path().join("x.db")).expect("a database");
        let blobs = Blobs::open(database.clone()).await.expect("a table");
        let hash = blobs.keep(b"abc".to_vec(), 1).await.expect("kept");
        assert_eq!(hash[..4], [0xba, 0x78, 0x16, 0xbf], "SHA-256 of `abc` (FIPS 180-2, appendix B.1)");
        assert_eq!(blobs.keep(b"abc".to_vec(), 2).await.expect("kept"), hash);
        assert_eq!(blobs.get(&hash).await.expect("read"), Some(b"abc".to_vec()));
        assert_eq!(blobs.get(&[0; 32]).await.expect("read"), None);
        database
            .write(vec![Statement::new("UPDATE blob SET octets = $1").bind(vec![1_u8])])
            .await
            .expect("changed");
        assert!(blobs.get(&hash).await.is_err(), "what a disk has changed is no answer");
    }
}
