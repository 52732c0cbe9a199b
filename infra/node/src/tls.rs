//! Which TLS other hosts must show: the judge, and what destinations have said, kept over a restart.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use caller::{Caller, Reach};
use journal::{Clock as _, SystemClock};
use kernel::Timestamp;
use resolver::{Dns, Name};
use rustls::RootCertStore;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use store::{StsPolicies, StsPolicy};
use tokio_util::sync::CancellationToken;
use trust::{Addresses, Cached, Https, Policy, Shop, Trust};

use crate::config::{Config, Mode};
use crate::platform::Platform;

/// The port of policies (RFC 8461 section 3.3).
const POLICY_PORT: u16 = 443;
/// How often what was fetched is kept.
const KEEP_PAUSE: Duration = Duration::from_secs(10);
/// After which what was kept is over, whatever it says (RFC 8461 section 3.2).
const KEPT_SECS_MAX: i64 = 31_557_600;

/// The judge, which knows what was fetched in earlier lives.
///
/// # Errors
/// The authorities of the configuration cannot be read, or the database does not answer.
pub async fn judge(platform: &Platform, config: &Config, dns: Arc<dyn Dns>) -> anyhow::Result<Arc<Trust>> {
    let own = match &config.outbound.authorities {
        Some(path) => CertificateDer::pem_file_iter(path)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|error| anyhow::anyhow!("{}: {error}", path.display()))?,
        None => Vec::new(),
    };
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    for root in &own {
        roots.add(root.clone()).context("an authority of the configuration")?;
    }
    let reach = Reach::new(config.outgoing.networks.clone());
    let reach = match config.mode {
        Mode::Development => reach.with_loopback(),
        Mode::Production => reach,
    };
    let caller =
        Caller::new(reach, Arc::new(Addresses(Arc::clone(&dns))), own).context("fetching policies")?;
    let shop = Shop::new(roots).context("TLS towards other hosts")?;
    let trust = Trust::new(dns, Arc::new(Https::new(caller, POLICY_PORT)), shop);
    let kept = platform.sts_policies.all().await?;
    trust.cache().restore(kept.into_iter().filter_map(cached), SystemClock.now());
    Ok(Arc::new(trust))
}

/// A policy as it was kept; none where it cannot be read any more.
fn cached(kept: StsPolicy) -> Option<Cached> {
    Some(Cached {
        domain: Name::parse(&kept.domain).ok()?,
        id: kept.id,
        policy: Arc::new(Policy::parse(&kept.text).ok()?),
        fetched_at: kept.fetched_at,
    })
}

fn kept(cached: &Cached) -> StsPolicy {
    StsPolicy {
        domain: cached.domain.to_string(),
        id: cached.id.clone(),
        text: cached.policy.lines().join("\n"),
        fetched_at: cached.fetched_at,
    }
}

/// Keeps what is fetched: nobody makes us forget it by withholding it after a restart (RFC 8461 section 5.1).
pub async fn keep(trust: Arc<Trust>, policies: StsPolicies, stop: CancellationToken) {
    let mut since = Timestamp::from_millis(i64::MIN);
    let mut goes_on = true;
    while goes_on {
        tokio::select! {
            () = stop.cancelled() => goes_on = false,
            () = tokio::time::sleep(KEEP_PAUSE) => {}
        }
        let fetched = trust.cache().fetched_since(since);
        let last = fetched.iter().map(|cached| cached.fetched_at).max();
        let fresh: Vec<StsPolicy> = fetched.iter().map(kept).collect();
        let over = Timestamp::from_millis(SystemClock.now().millis() - KEPT_SECS_MAX * 1000);
        let written = async {
            policies.keep(&fresh).await?;
            policies.forget(over).await
        };
        match written.await {
            // What was fetched in the last moment is written once more: another may have come in it.
            Ok(()) => since = last.unwrap_or(since),
            Err(error) => tracing::warn!(%error, "MTA-STS policies were not kept"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_what_was_fetched() {
        let policy = Policy::parse("version: STSv1\nmode: enforce\nmx: *.b.example\nmax_age: 100\n");
        let fetched = Cached {
            domain: Name::parse("b.example").expect("a name"),
            id: "1".to_owned(),
            policy: Arc::new(policy.expect("a policy")),
            fetched_at: Timestamp::from_secs(5),
        };
        assert_eq!(cached(kept(&fetched)), Some(fetched));
    }
}
