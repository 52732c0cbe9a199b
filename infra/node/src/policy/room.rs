//! Looks at the disks, so that mail is put off before they are full.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use listener::DiskRoom;
use prometheus::{IntGauge, Registry};
use store::SqlStore;
use tokio_util::sync::CancellationToken;

use crate::config::Config;

/// How often the disks are looked at: a node that takes 100 MiB a second is far from the end of the reserve by then.
const LOOK_PAUSE: Duration = Duration::from_secs(3);
/// The share of the reserve that must be free beyond it before mail is taken in again, so that this does not flicker.
const MARGIN_SHARE: u64 = 16;
/// The share of the reserve that must be free outside the database, whatever is free inside it.
const OUTSIDE_SHARE: u64 = 2;

/// Octets that are free.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Free {
    /// On the disk.
    outside: u64,
    /// Inside the database, which reuses what was deleted and never shrinks.
    inside: u64,
}

/// Watches the disks of one node.
pub struct RoomWatch {
    store: Arc<SqlStore>,
    data: PathBuf,
    others: Vec<PathBuf>,
    reserve: u64,
    room: DiskRoom,
    is_short: bool,
    free_gauge: IntGauge,
    left_gauge: IntGauge,
}

impl RoomWatch {
    /// One that tells `room`. It has looked once.
    ///
    /// # Errors
    /// A folder is not there, or the names of the gauges are taken.
    pub async fn start(
        config: &Config,
        store: Arc<SqlStore>,
        room: DiskRoom,
        registry: &Registry,
    ) -> anyhow::Result<Self> {
        let gauge = |name: &str, help: &str| -> anyhow::Result<IntGauge> {
            let gauge = IntGauge::new(name, help)?;
            registry.register(Box::new(gauge.clone()))?;
            Ok(gauge)
        };
        let mut watch = Self {
            store,
            data: config.data.clone(),
            others: config.storage.watch.clone(),
            reserve: config.storage.reserve_mib * 1024 * 1024,
            room,
            is_short: false,
            free_gauge: gauge("hosterra_disk_free_octets", "What is free on the disk with the least room")?,
            left_gauge: gauge(
                "hosterra_disk_left_octets",
                "Mail that is taken in yet before the reserve of the disk",
            )?,
        };
        watch.look().await.context("[storage]")?;
        Ok(watch)
    }

    /// Looks until `stop`.
    pub async fn run(mut self, stop: CancellationToken) {
        if self.reserve == 0 {
            return;
        }
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(LOOK_PAUSE) => {}
            }
            // What was found last stays true where nobody can look.
            if let Err(error) = self.look().await {
                tracing::warn!(%error, "the room on the disks is not known");
            }
        }
    }

    async fn look(&mut self) -> anyhow::Result<()> {
        let inside = self.store.reusable_octets().await?;
        let mut left = u64::MAX;
        let mut least = u64::MAX;
        for (folder, inside) in
            std::iter::once((&self.data, inside)).chain(self.others.iter().map(|folder| (folder, 0)))
        {
            let outside = free_octets(folder.clone()).await?;
            least = least.min(outside);
            left = left.min(judge(Free { outside, inside }, self.reserve, self.is_short));
        }
        let is_short = left == 0 && self.reserve > 0;
        if is_short != self.is_short {
            let reserve = self.reserve;
            if is_short {
                tracing::error!(
                    free_octets = least,
                    reserve_octets = reserve,
                    "the disk is nearly full: mail is put off"
                );
            } else {
                tracing::info!(
                    free_octets = least,
                    reserve_octets = reserve,
                    "there is room again: mail is taken"
                );
            }
        }
        self.is_short = is_short;
        self.room.leave(if self.reserve == 0 { u64::MAX } else { left });
        self.free_gauge.set(i64::try_from(least).unwrap_or(i64::MAX));
        self.left_gauge.set(i64::try_from(left).unwrap_or(i64::MAX));
        Ok(())
    }
}

/// Octets of mail that are taken in yet.
fn judge(free: Free, reserve: u64, was_short: bool) -> u64 {
    let wanted = if was_short { reserve.saturating_add(reserve / MARGIN_SHARE) } else { reserve };
    let all = free.outside.saturating_add(free.inside);
    if all < wanted || free.outside < reserve / OUTSIDE_SHARE { 0 } else { all - reserve }
}

/// What the disk of a folder has for others than the administrator of the machine. A disk over the network may be silent for
/// long, which holds up nobody but the watch.
async fn free_octets(folder: PathBuf) -> anyhow::Result<u64> {
    let asked = tokio::task::spawn_blocking(move || {
        let found =
            rustix::fs::statvfs(&folder).with_context(|| format!("looking at {}", folder.display()))?;
        Ok(found.f_bavail.saturating_mul(found.f_frsize))
    });
    asked.await?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mail_is_taken_down_to_the_reserve_and_again_somewhat_above_it() {
        let reserve = 1600;
        let judge = |outside, inside, was_short| judge(Free { outside, inside }, reserve, was_short);
        assert_eq!(judge(5000, 0, false), 3400);
        assert_eq!(judge(1600, 0, false), 0);
        assert_eq!(judge(1599, 0, false), 0);
        assert_eq!(judge(1699, 0, true), 0);
        assert_eq!(judge(1700, 0, true), 100);
        // What was deleted is used again, though the file does not shrink ...
        assert_eq!(judge(1500, 4000, true), 3900);
        // ... and everything else needs room as well.
        assert_eq!(judge(799, 1_000_000, false), 0);
        assert_eq!(judge(u64::MAX, u64::MAX, false), u64::MAX - reserve);
    }

    #[tokio::test]
    async fn a_disk_is_looked_at_and_a_folder_that_is_gone_is_said() {
        assert!(free_octets(std::env::temp_dir()).await.expect("a disk") > 0);
        let gone = free_octets(PathBuf::from("/nowhere/at/all")).await.expect_err("no folder");
        assert!(format!("{gone:#}").contains("/nowhere/at/all"), "{gone:#}");
    }
}
