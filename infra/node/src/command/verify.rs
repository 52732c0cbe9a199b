//! `hosterra verify` and `hosterra rebuild`.

use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use kernel::{Cursor, Version};
use store::Store as _;

use crate::config::Config;
use crate::platform::Platform;

/// Tenants in one page.
const PAGE_TENANT_COUNT: usize = 1000;
/// How long a projection may take to know what happened before.
const CATCH_UP_WAIT: Duration = Duration::from_secs(60);

/// Checks journal, projections, directory and store against each other; prints what was checked and every fault.
///
/// # Errors
/// The machine failed.
pub async fn verify(config: &Config) -> anyhow::Result<ExitCode> {
    let platform = Platform::open(config).await?;
    let mut lines = Vec::new();
    let mut faults = Vec::new();
    let audit = journal::audit(platform.journal.as_ref(), &platform.database).await?;
    for (name, count) in [
        ("tenants", audit.tenant_count),
        ("events, gapless and in order", audit.event_count),
        ("streams", audit.stream_count),
        ("claims", audit.claim_count),
    ] {
        lines.push(format!("journal: {count} {name}"));
    }
    faults.extend(audit.faults.into_iter().map(|fault| format!("journal: {fault}")));
    // No fault, and better known before people are refused.
    for (tenant, stream, version) in
        journal::long_streams(&platform.database, Version(engine::OWN_EVENT_COUNT_MAX)).await?
    {
        lines.push(format!(
            "journal: {} ({}) of {} holds {} events; at {} it is full for people",
            stream.id,
            stream.category.0.replace('_', " "),
            tenant.account(),
            version.0,
            engine::PEOPLE_EVENT_COUNT_MAX
        ));
    }
    for status in platform.engine.status().await? {
        lines.push(format!("{}: {} events behind", status.name, status.lag_event_count));
        for halt in &status.halted {
            faults.push(format!("{} is halted for {}: {}", status.name, halt.at.tenant, halt.reason));
        }
    }
    let (tenants, comparison) = compare(&platform).await?;
    lines.push(format!(
        "projections: {} rows of {tenants} tenants derived anew from the events and compared",
        comparison.row_count
    ));
    faults.extend(comparison.differing.into_iter().map(|(table, tenant)| {
        format!("{table} of {tenant} was not what the events say; it is derived anew")
    }));
    lines.push("ids: whether those of streams and of API tokens are of one account each".to_owned());
    faults.extend(super::doubles::doubles(&platform.engine, &platform.database).await?);
    let verification = platform.store.verify().await?;
    for (name, count) in verification.checked {
        lines.push(format!("store: {count} {name}"));
    }
    faults.extend(verification.faults.into_iter().map(|fault| format!("store: {fault}")));
    let (checked, orphans) = orphans(&platform).await?;
    lines.push(format!("mailboxes of the store that the directory knows: {checked}"));
    faults.extend(orphans);
    crate::policy::pools::count_all(&platform.store, &platform.directory).await?;
    faults.extend(crate::policy::pools::faults(&platform.store, &platform.directory).await?);
    platform.engine.shutdown().await;
    let mut out = std::io::stdout().lock();
    for line in lines {
        writeln!(out, "checked  {line}")?;
    }
    for fault in &faults {
        writeln!(out, "FAULT    {fault}")?;
    }
    writeln!(out, "{}", if faults.is_empty() { "everything agrees" } else { "something is wrong" })?;
    Ok(if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Compares the tables of the API with the events; tenants in which something happens meanwhile are left out.
async fn compare(platform: &Platform) -> anyhow::Result<(usize, graphql::Comparison)> {
    let heads = heads(platform).await?;
    for head in &heads {
        for projection in graphql::PROJECTIONS {
            platform.engine.wait_for(projection, *head, CATCH_UP_WAIT).await;
        }
    }
    let tenants: Vec<_> = heads.iter().map(|head| head.tenant).collect();
    let mut comparison = graphql::compare(&platform.engine, &tenants).await?;
    let still = self::heads(platform).await?;
    comparison.differing.retain(|(_, tenant)| {
        heads.iter().find(|head| head.tenant == *tenant) == still.iter().find(|head| head.tenant == *tenant)
    });
    Ok((tenants.len(), comparison))
}

/// Where every tenant stands.
async fn heads(platform: &Platform) -> anyhow::Result<Vec<Cursor>> {
    let mut heads: Vec<Cursor> = Vec::new();
    loop {
        let page = platform.journal.heads(heads.last().map(|head| head.tenant), PAGE_TENANT_COUNT).await?;
        let is_last = page.len() < PAGE_TENANT_COUNT;
        heads.extend(page);
        if is_last {
            return Ok(heads);
        }
    }
}

/// Mailboxes with contents that no event tells of.
async fn orphans(platform: &Platform) -> anyhow::Result<(usize, Vec<String>)> {
    let (mut after, mut known, mut faults) = (None, 0, Vec::new());
    loop {
        let page = platform.store.mailboxes(after, 1000).await?;
        let Some((last, _)) = page.last() else { return Ok((known, faults)) };
        after = Some(*last);
        for (owner, _) in page {
            match platform.directory.quota(owner.tenant, owner.mailbox) {
                Some(_) => known += 1,
                None => faults.push(format!("store: {} is a mailbox that no event made", owner.mailbox)),
            }
        }
    }
}

/// Derives projections anew.
///
/// # Errors
/// An unknown name; the machine failed.
pub async fn rebuild(config: &Config, projection: Option<&str>) -> anyhow::Result<ExitCode> {
    let platform = Platform::open(config).await?;
    let names: Vec<&str> = graphql::PROJECTIONS
        .into_iter()
        .filter(|name| projection.is_none_or(|wanted| wanted == *name))
        .collect();
    anyhow::ensure!(!names.is_empty(), "expected one of {}", graphql::PROJECTIONS.join(", "));
    let mut is_whole = true;
    for name in names {
        let rebuilt = platform.engine.rebuild(name).await?;
        is_whole &= rebuilt.failed_tenant_count == 0;
        writeln!(
            std::io::stdout(),
            "{name}: {} events of {} tenants, {} tenants failed",
            rebuilt.event_count,
            rebuilt.tenant_count,
            rebuilt.failed_tenant_count
        )?;
    }
    platform.engine.shutdown().await;
    Ok(if is_whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
