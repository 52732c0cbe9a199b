//! `hosterra dkim-zone`: the operator's zone that customers' CNAME records lead to, to be included in its DNS.

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::Context as _;
use dnscheck::Data;
use graphql::DkimSource as _;
use hosting::domain::{DkimKey, DkimStage, Domain};
use journal::{Clock as _, SystemClock};
use kernel::{DomainId, Key, Timestamp};
use resolver::Name;

use crate::config::Config;
use crate::platform::Platform;
use crate::policy::dkim::Keys;

/// Domains in one page.
const PAGE_COUNT: usize = 1000;

/// Prints a master file (RFC 1035 section 5) with the records of all keys that have to be shown, for `$INCLUDE` in the zone
/// that `[dkim] zone` names or is below.
///
/// # Errors
/// There is no such zone, or the machine failed.
pub async fn print(config: &Config) -> anyhow::Result<ExitCode> {
    let zone = config.dkim.zone.clone();
    let origin = zone.clone().context("[dkim] zone is not set: customers publish their keys themselves")?;
    let (keys, now) = (Keys { zone }, SystemClock.now());
    let platform = Platform::open(config).await?;
    let (mut records, mut after) = (Vec::new(), None);
    loop {
        let page = platform.directory.signing_domains(after, PAGE_COUNT);
        let Some(last) = page.last() else { break };
        after = Some((last.tenant, last.domain));
        for domain in &page {
            let state = platform.engine.load(domain.tenant, &Key::<Domain>(domain.domain)).await?;
            records.extend(shown(&keys, domain.domain, state.dkim(), now)?);
        }
    }
    platform.engine.shutdown().await;
    let origin = Name::parse(origin.as_str())?;
    let file = dnscheck::records_file(&origin, records.iter().map(|(name, data)| (name, data)));
    std::io::stdout().lock().write_all(file.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

/// The records of a domain's keys: those of a retired one until nothing that it signed is under way any more.
fn shown(keys: &Keys, domain: DomainId, of: &[DkimKey], now: Timestamp) -> anyhow::Result<Vec<(Name, Data)>> {
    let stands = |key: &&DkimKey| match key.stage {
        DkimStage::Made | DkimStage::Published { .. } | DkimStage::Active => true,
        DkimStage::Retired { withdraw_after } => now < withdraw_after,
    };
    let mut records = Vec::new();
    for key in of.iter().filter(stands) {
        if let Some(name) = keys.delegated(domain, &key.selector) {
            records.push((Name::parse(&name)?, Data::Txt(key.record())));
        }
    }
    Ok(records)
}

#[cfg(test)]
mod tests {
    use hosting::domain::{DkimAlgorithm, DkimPrivateKey, DkimSelector};
    use kernel::{DomainName, Sealed, SubjectId};
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
        let origin = Name::parse("dkim.us.example").expect("a name");
        let file = dnscheck::records_file(&origin, records.iter().map(|(name, data)| (name, data)));
        let read = Zone::parse(&file).expect("a master file");
        for (key, is_there) in of.iter().zip([true, true, true, false]) {
            let name = keys.delegated(domain, &key.selector).expect("a zone");
            let found = read.ask(&Name::parse(&name).expect("a name"), Kind::Txt).await;
            let found = found.map(|answer| answer.records).unwrap_or_default();
            let expected = vec![Record::Txt(key.record().into_bytes())];
            assert_eq!(found, if is_there { expected } else { Vec::new() }, "{name}\n{file}");
        }
        assert!(file.starts_with("$ORIGIN dkim.us.example.\n"), "{file}");
    }
}
