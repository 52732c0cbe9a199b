//! The key over all keys: where it is kept, and how it is replaced.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use journal::keyring::{MasterKey, rotate};
use journal::{SqlJournal, SystemClock};

use crate::config::Config;
use crate::storage;

/// Holds the key instead of the file, as 64 hexadecimal digits.
const VARIABLE: &str = "HOSTERRA_MASTER_KEY";
/// Holds the next key while the master key is replaced, where it does not stand in a file.
const NEXT_VARIABLE: &str = "HOSTERRA_NEXT_MASTER_KEY";

fn file(config: &Config) -> PathBuf {
    config.data.join("master.key")
}

fn next_file(config: &Config) -> PathBuf {
    config.data.join("master.key.next")
}

/// The key under which all other keys are wrapped: of the environment, else of the file, made at the first start. Whoever
/// loses it loses the personal data.
///
/// # Errors
/// It cannot be read, or its replacement was interrupted.
pub fn key(config: &Config) -> anyhow::Result<MasterKey> {
    let next = next_file(config);
    anyhow::ensure!(
        !next.exists(),
        "replacing the master key was interrupted ({} exists): run `hosterra rotate-master-key` again",
        next.display()
    );
    match std::env::var(VARIABLE) {
        Ok(text) => parsed(&text, VARIABLE),
        Err(_) => read_or_make(&file(config)),
    }
}

/// Wraps all keys by a new master key. No node may run meanwhile.
///
/// # Errors
/// What stands in the way; repeating it goes on where it was interrupted.
#[expect(clippy::print_stdout, reason = "a command line tells its user what it did")]
pub async fn replace(config: &Config) -> anyhow::Result<ExitCode> {
    // Of nodes on other machines nothing is known here: the operator answers for them.
    let _folder = storage::lock(config)?;
    let (database, _) = storage::databases(config).await?;
    // The tables may have to be brought to what this release reads.
    drop(SqlJournal::open(database.clone(), std::sync::Arc::new(SystemClock)).await?);
    if let Ok(old) = std::env::var(VARIABLE) {
        let next = std::env::var(NEXT_VARIABLE)
            .with_context(|| format!("the key stands in {VARIABLE}: give the next one in {NEXT_VARIABLE}"))?;
        let (old, next) = (parsed(&old, VARIABLE)?, parsed(&next, NEXT_VARIABLE)?);
        let count = rotate(&database, &old, &next).await?;
        println!(
            "{count} keys are wrapped by the new master key; put it into {VARIABLE} before the next start"
        );
        return Ok(ExitCode::SUCCESS);
    }
    let (current, next) = (file(config), next_file(config));
    let old = read(&current)?.with_context(|| format!("{} is not there", current.display()))?;
    // On disk before the first key is wrapped by it.
    let new = read_or_make(&next)?;
    let count = rotate(&database, &old, &new).await?;
    let before = config.data.join("master.key.before");
    fs::copy(&current, &before).with_context(|| format!("writing {}", before.display()))?;
    fs::rename(&next, &current).with_context(|| format!("replacing {}", current.display()))?;
    println!("{count} keys are wrapped by the new master key in {}", current.display());
    println!(
        "backups of before need the old one: {}; keep it elsewhere and delete it here",
        before.display()
    );
    Ok(ExitCode::SUCCESS)
}

fn parsed(text: &str, place: &str) -> anyhow::Result<MasterKey> {
    MasterKey::from_hex(text.trim()).with_context(|| format!("{place}: expected 64 hexadecimal digits"))
}

fn read(path: &Path) -> anyhow::Result<Option<MasterKey>> {
    match fs::read_to_string(path) {
        Ok(text) => parsed(&text, &path.display().to_string()).map(Some),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("reading {}", path.display())),
    }
}

fn read_or_make(path: &Path) -> anyhow::Result<MasterKey> {
    use std::os::unix::fs::OpenOptionsExt as _;
    if let Some(known) = read(path)? {
        return Ok(known);
    }
    let key = MasterKey::generate()?;
    let write = || -> std::io::Result<()> {
        // Only where there is none: two nodes that start at once must not overwrite each other's.
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        file.write_all(key.to_hex().as_bytes())?;
        file.sync_all()
    };
    write().with_context(|| format!("writing {}", path.display()))?;
    Ok(key)
}
