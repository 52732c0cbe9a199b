//! `hosterra dkim-zone`: the operator's zone that customers' CNAME records lead to, to be included in its DNS.

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

use journal::{Clock as _, SystemClock};

use crate::config::Config;
use crate::platform::Platform;
use crate::policy::key_zone::KeyRecords;

/// Prints a master file (RFC 1035 section 5) with the records of all keys that have to be shown: what `[dkim] zone_file` is
/// kept as.
///
/// # Errors
/// There is no such zone, or the machine failed.
pub async fn print(config: &Config) -> anyhow::Result<ExitCode> {
    let apex = config
        .dkim
        .apex()
        .ok_or_else(|| anyhow::anyhow!("[dkim] zone is not set: customers publish their keys themselves"))?;
    let platform = Platform::open(config).await?;
    let (engine, directory) = (Arc::clone(&platform.engine), Arc::clone(&platform.directory));
    let mut records = KeyRecords::new(engine, directory, apex.zone.clone());
    let now = SystemClock.now();
    records.look(now).await?;
    platform.engine.shutdown().await;
    let serial = u32::try_from(now.millis() / 1000).unwrap_or_default();
    std::io::stdout().lock().write_all(records.file(&apex, serial).as_bytes())?;
    Ok(ExitCode::SUCCESS)
}
