//! Room on the disks.

use std::path::PathBuf;

use serde::{Deserialize, Deserializer, de::Error as _};

/// Most of a disk that can be kept free, in MiB.
const RESERVE_MIB_MAX: u64 = 1_048_576;

/// When no more mail is taken in, because the disk is nearly full.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StorageConfig {
    /// What stays free for everything but new mail, in MiB, 0 to 1 048 576: with less, mail is put off (452 4.3.1) before it
    /// is sent. 0: until the disk is full.
    #[serde(deserialize_with = "reserve_mib")]
    pub reserve_mib: u64,
    /// Folders whose disks are watched beside that of `data`: PostgreSQL's, where it is on this machine.
    pub watch: Vec<PathBuf>,
}

impl Default for StorageConfig {
    fn default() -> Self {
        Self { reserve_mib: 512, watch: Vec::new() }
    }
}

fn reserve_mib<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    match u64::deserialize(deserializer)? {
        mib @ 0..=RESERVE_MIB_MAX => Ok(mib),
        _ => Err(D::Error::custom("expected 0 to 1048576 MiB")),
    }
}
