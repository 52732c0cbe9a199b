//! GETQUOTA, GETQUOTAROOT, SETQUOTA (RFC 9208).
//!
//! A mailbox has a root of its own, and a second one where the mailboxes of its domain share: `@example.org`.

use kernel::{StoragePool, TenantId};
use store::{FolderName, Usage};

use crate::answer::{Done, Failure, Outcome};
use crate::grammar::{self, encode_name};
use crate::place::Place;
use crate::print::folder_name;
use crate::session::Session;

pub(crate) async fn get_quota(session: &mut Session<'_>, root: String) -> Outcome {
    let place = match root.as_str() {
        "" => session.place(&FolderName::inbox())?,
        root => {
            if let Some(domain) = root.strip_prefix('@') {
                let (tenant, pool) = shared_pool(session, domain)?;
                return pool_quota(session, (tenant, pool), root).await.map(|()| Done::new("That is all"));
            }
            let inbox = FolderName::parse(&format!("{root}{}INBOX", FolderName::SEPARATOR))?;
            let place = session.place(&inbox)?;
            if place.rights.is_own {
                return Err(Failure::coded("NONEXISTENT", "The quota root of your mailbox is \"\""));
            }
            place
        }
    };
    quota(session, &place, &root).await?;
    Ok(Done::new("That is all"))
}

pub(crate) async fn get_quota_root(
    session: &mut Session<'_>,
    grammar::Naming(name): grammar::Naming,
) -> Outcome {
    let name = name.folder()?;
    let place = session.place(&name)?;
    // That of a shared mailbox is named as the place where it stands.
    let below = place.folder.as_str().len() + 1;
    let root = match place.rights.is_own {
        true => String::new(),
        false => name.as_str()[..name.as_str().len().saturating_sub(below)].to_owned(),
    };
    let pool = place.quota.pool.map(|pool| (pool, format!("@{}", place.domain)));
    let mut out = b"* QUOTAROOT ".to_vec();
    folder_name(&mut out, &encode_name(name.as_str(), session.names()));
    for root in [Some(&root), pool.as_ref().map(|(_, root)| root)].into_iter().flatten() {
        out.push(b' ');
        folder_name(&mut out, &encode_name(root, session.names()));
    }
    out.extend_from_slice(b"\r\n");
    session.wire.write(&out).await?;
    quota(session, &place, &root).await?;
    if let Some((pool, root)) = pool {
        pool_quota(session, (place.owner.tenant, pool), &root).await?;
    }
    Ok(Done::new("That is all"))
}

pub(crate) async fn set_quota(_: &mut Session<'_>, _: grammar::QuotaLimits) -> Outcome {
    Err(Failure::coded("NOPERM", "The administrator of the domain sets quotas"))
}

/// What the mailboxes of `domain` share, if the login's own or one that it works in is among them.
fn shared_pool(session: &Session<'_>, domain: &str) -> Result<(TenantId, StoragePool), Failure> {
    let login = session.user()?;
    let own = (login.quota, login.address.domain.clone());
    let shared = session.shared()?.into_iter().map(|shared| (shared.quota, shared.address.domain));
    let found = std::iter::once(own)
        .chain(shared)
        .filter(|(_, name)| name.as_str().eq_ignore_ascii_case(domain))
        .find_map(|(quota, _)| quota.pool);
    let pool = found.ok_or(Failure::coded("NONEXISTENT", "You share no storage of that name"))?;
    Ok((login.tenant, pool))
}

/// A mailbox's own quota.
async fn quota(session: &mut Session<'_>, place: &Place, root: &str) -> Result<(), Failure> {
    let usage = session.server.store.usage(place.owner).await?;
    tell(session, root, usage, place.quota.own.octets()).await
}

/// What the mailboxes of a domain hold together, and may.
async fn pool_quota(
    session: &mut Session<'_>,
    (tenant, pool): (TenantId, StoragePool),
    root: &str,
) -> Result<(), Failure> {
    let usage = session.server.store.pool_usage(tenant, pool.domain).await?;
    tell(session, root, usage, pool.size.octets()).await
}

/// A quota in units of 1024 octets, usage rounded up.
async fn tell(session: &mut Session<'_>, root: &str, usage: Usage, octets_max: u64) -> Result<(), Failure> {
    let mut out = b"* QUOTA ".to_vec();
    folder_name(&mut out, &encode_name(root, session.names()));
    let (used, limit) = (usage.size.octets().div_ceil(1024), octets_max / 1024);
    out.extend_from_slice(format!(" (STORAGE {used} {limit})\r\n").as_bytes());
    session.wire.write(&out).await?;
    Ok(())
}
