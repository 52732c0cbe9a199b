//! GETQUOTA, GETQUOTAROOT, SETQUOTA (RFC 9208).

use store::FolderName;

use crate::answer::{Done, Failure, Outcome};
use crate::grammar::{self, encode_name};
use crate::place::Place;
use crate::print::folder_name;
use crate::session::Session;

pub(crate) async fn get_quota(session: &mut Session<'_>, root: String) -> Outcome {
    let place = match root.as_str() {
        "" => session.place(&FolderName::inbox())?,
        root => {
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
    let mut out = b"* QUOTAROOT ".to_vec();
    folder_name(&mut out, &encode_name(name.as_str(), session.names()));
    out.push(b' ');
    folder_name(&mut out, &encode_name(&root, session.names()));
    out.extend_from_slice(b"\r\n");
    session.wire.write(&out).await?;
    quota(session, &place, &root).await?;
    Ok(Done::new("That is all"))
}

pub(crate) async fn set_quota(_: &mut Session<'_>, _: grammar::QuotaLimits) -> Outcome {
    Err(Failure::coded("NOPERM", "The administrator of the domain sets quotas"))
}

/// A mailbox's quota in units of 1024 octets, usage rounded up.
async fn quota(session: &mut Session<'_>, place: &Place, root: &str) -> Result<(), Failure> {
    let usage = session.server.store.usage(place.owner).await?;
    let mut out = b"* QUOTA ".to_vec();
    folder_name(&mut out, &encode_name(root, session.names()));
    let (used, limit) = (usage.size.octets().div_ceil(1024), place.quota.octets() / 1024);
    out.extend_from_slice(format!(" (STORAGE {used} {limit})\r\n").as_bytes());
    session.wire.write(&out).await?;
    Ok(())
}
