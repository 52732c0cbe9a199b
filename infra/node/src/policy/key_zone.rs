//! The operator's zone that customers' CNAME records lead to, kept as a file for a DNS server (RFC 1035 section 5).

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use directory::Directory;
use dnscheck::Data;
use engine::Engine;
use graphql::DkimSource as _;
use hosting::domain::{DkimKey, DkimSelector, DkimStage, Domain};
use journal::{Clock as _, SystemClock};
use kernel::{DomainId, DomainName, Key, TenantId, Timestamp};
use resolver::Name;
use tokio_util::sync::CancellationToken;

use super::dkim::Keys;

/// How often all domains are looked at.
const LOOK: Duration = Duration::from_secs(5);
/// The pause after something did not go well.
const FAILURE_PAUSE: Duration = Duration::from_secs(60);
/// Domains in one page of a look.
const PAGE_COUNT: usize = 1000;
/// Domains whose keys fit into the zone; where there are more, it stays as it is: one that lacks keys would withdraw them.
const DOMAIN_COUNT_MAX: usize = 100_000;

/// The records of one domain's keys.
struct Shown {
    /// Which keys, and when they were made.
    keys: Vec<(DkimSelector, Timestamp)>,
    /// As lines of a master file.
    lines: String,
}

/// The records of the keys of all domains.
pub struct KeyRecords {
    engine: Arc<Engine>,
    directory: Arc<Directory>,
    keys: Keys,
    shown: BTreeMap<(TenantId, DomainId), Shown>,
}

/// What stands before the records.
#[derive(Debug, Clone)]
pub struct Apex {
    /// The zone.
    pub zone: DomainName,
    /// The servers that answer for it, the primary first; none where the file is included in a zone that names them.
    pub name_servers: Vec<DomainName>,
}

impl KeyRecords {
    /// None yet.
    pub fn new(engine: Arc<Engine>, directory: Arc<Directory>, zone: DomainName) -> Self {
        Self { engine, directory, keys: Keys { zone: Some(zone) }, shown: BTreeMap::new() }
    }

    /// Looks at all domains; whether anything is to be shown that was not, or not any more. Only domains that differ from
    /// the last look are read.
    ///
    /// # Errors
    /// There are too many, or the machine failed: what is shown is not whole then.
    pub async fn look(&mut self, now: Timestamp) -> anyhow::Result<bool> {
        let mut before = std::mem::take(&mut self.shown);
        let (mut is_changed, mut after) = (false, None);
        loop {
            let page = self.directory.signing_domains(after, PAGE_COUNT);
            let Some(last) = page.last() else { break };
            after = Some((last.tenant, last.domain));
            for domain in &page {
                let keys: Vec<_> = domain
                    .keys
                    .iter()
                    .filter(|key| stands(key.stage, now))
                    .map(|key| (key.selector.clone(), key.made_at))
                    .collect();
                let place = (domain.tenant, domain.domain);
                if let Some(shown) = before.remove(&place).filter(|shown| shown.keys == keys) {
                    self.shown.insert(place, shown);
                    continue;
                }
                let state = self.engine.load(domain.tenant, &Key::<Domain>(domain.domain)).await?;
                let records = shown(&self.keys, domain.domain, state.dkim(), now)?;
                let lines = dnscheck::record_lines(records.iter().map(|(name, data)| (name, data)));
                self.shown.insert(place, Shown { keys, lines });
                is_changed = true;
            }
            anyhow::ensure!(
                self.shown.len() <= DOMAIN_COUNT_MAX,
                "there are more than {DOMAIN_COUNT_MAX} domains for the zone of signing keys"
            );
        }
        Ok(is_changed || !before.is_empty())
    }

    /// The file. Its first line ends with the serial, which also counts where there is no SOA.
    pub fn file(&self, apex: &Apex, serial: u32) -> String {
        let Apex { zone, name_servers } = apex;
        let mut file = format!(
            "; Keys that sign mail, written by Hosterra. Serial {serial}\n$ORIGIN {zone}.\n$TTL 3600\n"
        );
        if let Some(primary) = name_servers.first() {
            // Two weeks without the primary, five minutes of remembering that a key is not there.
            file.push_str(&format!(
                "{zone}.\tIN\tSOA\t{primary}. hostmaster.{zone}. {serial} 3600 600 1209600 300\n"
            ));
        }
        for server in name_servers {
            file.push_str(&format!("{zone}.\tIN\tNS\t{server}.\n"));
        }
        self.shown.values().for_each(|shown| file.push_str(&shown.lines));
        file
    }
}

const fn stands(stage: DkimStage, now: Timestamp) -> bool {
    match stage {
        DkimStage::Made | DkimStage::Published { .. } | DkimStage::Active => true,
        DkimStage::Retired { withdraw_after } => now.millis() < withdraw_after.millis(),
    }
}

/// The records of a domain's keys: those of a retired one until nothing that it signed is under way any more.
fn shown(keys: &Keys, domain: DomainId, of: &[DkimKey], now: Timestamp) -> anyhow::Result<Vec<(Name, Data)>> {
    let mut records = Vec::new();
    for key in of.iter().filter(|key| stands(key.stage, now)) {
        if let Some(name) = keys.delegated(domain, &key.selector) {
            records.push((Name::parse(&name)?, Data::Txt(key.record())));
        }
    }
    Ok(records)
}

/// Keeps the file, so that a DNS server beside the node has what is to be shown.
pub struct KeyZone {
    /// What is in it.
    pub records: KeyRecords,
    /// What stands before.
    pub apex: Apex,
    /// Where it is.
    pub path: PathBuf,
}

impl KeyZone {
    /// Looks again and again, and writes what has changed, until `stop`.
    pub async fn run(mut self, stop: CancellationToken) {
        let (mut is_due, mut pause) = (true, LOOK);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
            let now = SystemClock.now();
            let kept = match self.records.look(now).await {
                Ok(is_changed) if is_changed || is_due => self.keep(now).await,
                Ok(_) => Ok(None),
                Err(error) => Err(error),
            };
            pause = LOOK;
            match kept {
                Ok(serial) => {
                    is_due = false;
                    if let Some(serial) = serial {
                        tracing::info!(serial, "the zone of signing keys is written");
                    }
                }
                Err(error) => {
                    // What was seen before it failed is written with the next look.
                    (is_due, pause) = (true, FAILURE_PAUSE);
                    tracing::error!("the zone of signing keys stays as it is: {error:#}");
                }
            }
        }
    }

    /// Writes the file, unless the same is there; its serial.
    async fn keep(&self, now: Timestamp) -> anyhow::Result<Option<u32>> {
        let path = self.path.clone();
        let read = tokio::task::spawn_blocking(move || fs::read_to_string(path)).await?;
        let before = read.unwrap_or_default();
        let serial_before = serial_of(&before);
        if serial_before.is_some_and(|serial| self.records.file(&self.apex, serial) == before) {
            return Ok(None);
        }
        let serial = next_serial(serial_before, now);
        let (path, file) = (self.path.clone(), self.records.file(&self.apex, serial));
        let writing = tokio::task::spawn_blocking(move || replace(&path, &file));
        writing.await?.with_context(|| format!("writing {}", self.path.display()))?;
        Ok(Some(serial))
    }
}

/// The serial of a file that was written here.
fn serial_of(file: &str) -> Option<u32> {
    file.lines().next()?.rsplit_once("Serial ")?.1.parse().ok()
}

/// The seconds of the clock, as many zones count; one more than before where the clock is behind (RFC 1982 section 3.1).
fn next_serial(before: Option<u32>, now: Timestamp) -> u32 {
    let clock = u32::try_from(now.millis() / 1000).unwrap_or_default();
    before.map_or(clock, |before| clock.max(before.wrapping_add(1)))
}

/// Puts a file in the place of another: whoever reads it has the one or the other, also after a crash.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(".new");
    let fresh = folder.join(name);
    let mut file = File::create(&fresh)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&fresh, path)?;
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use hosting::domain::{DkimAlgorithm, DkimPrivateKey};
    use kernel::{Sealed, SubjectId};
    use resolver::{Dns as _, Kind, Record, Zone};
    use uuid::Uuid;

    use super::*;

    fn key(selector: &str, algorithm: DkimAlgorithm, stage: DkimStage) -> DkimKey {
        let selector = DkimSelector::parse(selector).expect("a selector");
        // One is longer than a string of a record may be.
        let public = "A".repeat(if algorithm == DkimAlgorithm::Rsa { 392 } else { 44 });
        let private = Sealed::new(SubjectId::new(Uuid::from_u128(1)), DkimPrivateKey::new(Vec::new().into()));
        DkimKey { selector, algorithm, public, private, stage }
    }

    #[tokio::test]
    async fn the_zone_has_what_customers_records_lead_to_and_is_read_as_a_zone() {
        let zone = DomainName::parse("dkim.us.example").expect("a name");
        let keys = Keys { zone: Some(zone) };
        let domain = DomainId::new(Uuid::from_u128(7));
        let now = Timestamp::from_secs(1000);
        let retired = |secs| DkimStage::Retired { withdraw_after: Timestamp::from_secs(secs) };
        let of = [
            key("h1", DkimAlgorithm::Rsa, DkimStage::Active),
            key("h2", DkimAlgorithm::Ed25519, DkimStage::Made),
            key("h3", DkimAlgorithm::Ed25519, retired(2000)),
            key("h4", DkimAlgorithm::Ed25519, retired(999)),
        ];
        let records = shown(&keys, domain, &of, now).expect("names");
        let file = dnscheck::record_lines(records.iter().map(|(name, data)| (name, data)));
        let read = Zone::parse(&file).expect("a master file");
        for (key, is_there) in of.iter().zip([true, true, true, false]) {
            let name = keys.delegated(domain, &key.selector).expect("a zone");
            let found = read.ask(&Name::parse(&name).expect("a name"), Kind::Txt).await;
            let found = found.map(|answer| answer.records).unwrap_or_default();
            let expected = vec![Record::Txt(key.record().into_bytes())];
            assert_eq!(found, if is_there { expected } else { Vec::new() }, "{name}\n{file}");
        }
    }

    #[test]
    fn serials_only_grow() {
        let now = Timestamp::from_secs(1_800_000_000);
        assert_eq!(next_serial(None, now), 1_800_000_000);
        assert_eq!(next_serial(Some(1_700_000_000), now), 1_800_000_000);
        assert_eq!(next_serial(Some(1_800_000_000), now), 1_800_000_001);
        assert_eq!(next_serial(Some(1_900_000_000), now), 1_900_000_001);
        let first = "; Keys that sign mail, written by Hosterra. Serial 17\n$ORIGIN x.\n";
        assert_eq!(serial_of(first), Some(17));
        assert_eq!(serial_of("; of somebody else\n"), None);
    }

    #[test]
    fn a_file_is_replaced_as_a_whole() {
        let folder = std::env::temp_dir().join(format!("hosterra-key-zone-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        let path = folder.join("keys.zone");
        for text in ["one", "two, longer"] {
            replace(&path, text).expect("written");
            assert_eq!(fs::read_to_string(&path).expect("a file"), text);
        }
        assert_eq!(fs::read_dir(&folder).expect("a folder").count(), 1, "nothing else is left there");
        assert!(replace(&folder.join("nowhere/keys.zone"), "three").is_err());
        fs::remove_dir_all(&folder).expect("gone");
    }
}
