//! GETQUOTA, GETQUOTAROOT, SETQUOTA (RFC 9208).

use crate::answer::{Done, Failure, Outcome};
use crate::grammar::{self, encode_name};
use crate::print::folder_name;
use crate::session::Session;

pub(crate) async fn get_quota(session: &mut Session<'_>, root: String) -> Outcome {
    if !root.is_empty() {
        return Err(Failure::coded("NONEXISTENT", "The only quota root is \"\""));
    }
    quota(session).await?;
    Ok(Done::new("That is all"))
}

pub(crate) async fn get_quota_root(
    session: &mut Session<'_>,
    grammar::Naming(name): grammar::Naming,
) -> Outcome {
    let name = name.folder()?;
    let mut out = b"* QUOTAROOT ".to_vec();
    folder_name(&mut out, &encode_name(name.as_str(), session.names()));
    out.extend_from_slice(b" \"\"\r\n");
    session.wire.write(&out).await?;
    quota(session).await?;
    Ok(Done::new("That is all"))
}

pub(crate) async fn set_quota(_: &mut Session<'_>, _: grammar::QuotaLimits) -> Outcome {
    Err(Failure::coded("NOPERM", "The administrator of the domain sets quotas"))
}

/// The mailbox's quota in units of 1024 octets, usage rounded up.
async fn quota(session: &mut Session<'_>) -> Result<(), Failure> {
    let usage = session.server.store.usage(session.owner()?).await?;
    let limit = session.user()?.quota;
    let line = format!(
        "* QUOTA \"\" (STORAGE {} {})\r\n",
        usage.size.octets().div_ceil(1024),
        limit.octets() / 1024
    );
    session.wire.write(line.as_bytes()).await?;
    Ok(())
}
