//! MYRIGHTS, GETACL, LISTRIGHTS, SETACL, DELETEACL (RFC 4314): who may do what in a mailbox. All folders of a mailbox
//! have the same rights. They are given on the pages of the administration, since to give them is to let somebody read:
//! here they are told.

use crate::answer::{Done, Failure, Outcome};
use crate::grammar::{self, encode_name};
use crate::print::folder_name;
use crate::session::Session;

/// What belongs together with what comes first (RFC 4314 section 3.7).
const RIGHTS: &str = "l r s w i t e k x a";

pub(crate) async fn my_rights(session: &mut Session<'_>, grammar::Naming(name): grammar::Naming) -> Outcome {
    let name = name.folder()?;
    let place = session.place(&name)?;
    session.server.store.folder(place.owner, &place.folder).await?;
    let mut out = b"* MYRIGHTS ".to_vec();
    folder_name(&mut out, &encode_name(name.as_str(), session.names()));
    out.extend_from_slice(format!(" {}\r\n", place.rights.letters()).as_bytes());
    session.wire.write(&out).await?;
    Ok(Done::new("That is all"))
}

pub(crate) async fn get_acl(session: &mut Session<'_>, grammar::Naming(name): grammar::Naming) -> Outcome {
    let name = name.folder()?;
    let place = session.place(&name)?;
    session.server.store.folder(place.owner, &place.folder).await?;
    if !place.rights.is_own {
        return Err(Failure::coded("NOPERM", "Only the mailbox itself sees who works in it"));
    }
    let own = session.user()?.address.to_string();
    let mut entries = vec![(own, place.rights.letters())];
    for (address, rights) in session.members(place.owner) {
        entries.push((address, rights));
    }
    let mut out = b"* ACL ".to_vec();
    folder_name(&mut out, &encode_name(name.as_str(), session.names()));
    for (address, rights) in entries {
        out.push(b' ');
        folder_name(&mut out, &address);
        out.extend_from_slice(format!(" {rights}").as_bytes());
    }
    out.extend_from_slice(b"\r\n");
    session.wire.write(&out).await?;
    Ok(Done::new("That is all"))
}

pub(crate) async fn list_rights(session: &mut Session<'_>, arguments: grammar::Identified) -> Outcome {
    let name = arguments.name.folder()?;
    if !session.place(&name)?.rights.is_own {
        return Err(Failure::coded("NOPERM", "Only the mailbox itself sees who works in it"));
    }
    let mut out = b"* LISTRIGHTS ".to_vec();
    folder_name(&mut out, &encode_name(name.as_str(), session.names()));
    out.push(b' ');
    folder_name(&mut out, &arguments.identifier);
    out.extend_from_slice(format!(" \"\" {RIGHTS}\r\n").as_bytes());
    session.wire.write(&out).await?;
    Ok(Done::new("That is all"))
}

pub(crate) async fn set_acl(_: &mut Session<'_>, _: grammar::AclChange) -> Outcome {
    Err(given_elsewhere())
}

pub(crate) async fn delete_acl(_: &mut Session<'_>, _: grammar::Identified) -> Outcome {
    Err(given_elsewhere())
}

const fn given_elsewhere() -> Failure {
    Failure::coded("NOPERM", "The administrator of the domain decides who works in a mailbox")
}
