//! Where the name of a folder leads: into the own mailbox, or into one that others work in as well (RFC 2342).
//!
//! A mailbox that is shared with the login stands below `Shared/`, by its address: `Shared/team@example.org/INBOX`. What
//! may be done there is asked of the directory each time, so that what is taken away is away at once.

use std::collections::BTreeSet;

use directory::{Login, ShareRole, SharedMailbox};
use kernel::{DomainName, Quota};
use store::{FolderName, Owner};

use crate::answer::Failure;
use crate::session::Session;

/// Above all shared mailboxes.
pub(crate) const SHARED: &str = "Shared";

/// What a login may do in a mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rights {
    /// Change flags, put messages in, delete them.
    pub(crate) writes: bool,
    /// Make, rename and delete folders.
    pub(crate) manages: bool,
    /// It is the login's own.
    pub(crate) is_own: bool,
}

impl Rights {
    const OWN: Self = Self { writes: true, manages: true, is_own: true };

    /// What roles give; none where they do not even let it be read.
    fn of(roles: &BTreeSet<ShareRole>) -> Option<Self> {
        let has = |role| roles.contains(&role);
        has(ShareRole::Read).then(|| Self {
            writes: has(ShareRole::Write),
            manages: has(ShareRole::Manage),
            is_own: false,
        })
    }

    /// In letters (RFC 4314 section 2.1).
    pub(crate) fn letters(self) -> String {
        let mut letters = "lr".to_owned();
        if self.writes {
            letters.push_str("swite");
        }
        if self.manages {
            letters.push_str("kx");
        }
        if self.is_own {
            letters.push('a');
        }
        letters
    }
}

/// Where a name leads.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) owner: Owner,
    /// The folder's name in that mailbox.
    pub(crate) folder: FolderName,
    pub(crate) quota: Quota,
    /// The domain of the mailbox's address, by which what it shares is named.
    pub(crate) domain: DomainName,
    pub(crate) rights: Rights,
}

impl Place {
    /// That messages may be changed here.
    pub(crate) fn written(self) -> Result<Self, Failure> {
        if self.rights.writes { Ok(self) } else { Err(no_right()) }
    }

    /// That folders may be changed here.
    pub(crate) fn managed(self) -> Result<Self, Failure> {
        if self.rights.manages { Ok(self) } else { Err(no_right()) }
    }
}

fn no_right() -> Failure {
    Failure::coded("NOPERM", "Your share of this mailbox does not let you")
}

/// The name under which a shared mailbox stands.
pub(crate) fn root(shared: &SharedMailbox) -> String {
    format!("{SHARED}{}{}", FolderName::SEPARATOR, shared.address)
}

impl Session<'_> {
    /// The mailboxes whose folders the login may see.
    pub(crate) fn shared(&self) -> Result<Vec<SharedMailbox>, Failure> {
        let login = self.user()?;
        let mut shared = self.server.directory.shared_with(login.tenant, login.mailbox);
        shared.retain(|shared| shared.roles.contains(&ShareRole::Read));
        Ok(shared)
    }

    /// Where `name` leads. What is not shared with the login does not exist for it.
    pub(crate) fn place(&self, name: &FolderName) -> Result<Place, Failure> {
        let login = self.user()?;
        let own = || Place {
            owner: Owner { tenant: login.tenant, mailbox: login.mailbox },
            folder: name.clone(),
            quota: login.quota,
            domain: login.address.domain.clone(),
            rights: Rights::OWN,
        };
        let Some((address, below)) = address_in(name.as_str()) else { return Ok(own()) };
        let shared =
            self.shared()?.into_iter().find(|it| it.address.to_string().eq_ignore_ascii_case(address));
        let Some(shared) = shared else { return Ok(own()) };
        let rights = Rights::of(&shared.roles).ok_or_else(no_right)?;
        if below.is_empty() {
            return Err(Failure::coded("CANNOT", "This is where a shared mailbox stands, not a folder"));
        }
        let owner = Owner { tenant: login.tenant, mailbox: shared.mailbox };
        let (quota, domain) = (shared.quota, shared.address.domain);
        Ok(Place { owner, folder: FolderName::parse(below)?, quota, domain, rights })
    }

    /// Who works in a mailbox beside its owner, by address, and what they may do.
    pub(crate) fn members(&self, owner: Owner) -> Vec<(String, String)> {
        let members = self.server.directory.members_of(owner.tenant, owner.mailbox);
        let shown = members.into_iter().filter_map(|(address, roles)| {
            Rights::of(&roles).map(|rights| (address.to_string(), rights.letters()))
        });
        shown.collect()
    }

    /// What may be done in the folder that is open, as it is now; none where nothing may any more.
    pub(crate) fn rights_now(&self, login: &Login, owner: Owner) -> Option<Rights> {
        if owner.mailbox == login.mailbox {
            return Some(Rights::OWN);
        }
        let share = self.server.directory.share_of(login.tenant, login.mailbox, owner.mailbox)?;
        Rights::of(&share.roles)
    }
}

/// The second level of a name below `Shared/`, and what follows it.
fn address_in(name: &str) -> Option<(&str, &str)> {
    let below = name.strip_prefix(SHARED)?.strip_prefix(FolderName::SEPARATOR)?;
    Some(below.split_once(FolderName::SEPARATOR).unwrap_or((below, "")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shared_mailbox_stands_by_its_address_below_one_name() {
        for (name, expected) in [
            ("Shared/team@x.example/INBOX", Some(("team@x.example", "INBOX"))),
            ("Shared/team@x.example/a/b", Some(("team@x.example", "a/b"))),
            ("Shared/team@x.example", Some(("team@x.example", ""))),
            ("Shared", None),
            ("Sharedness/x", None),
            ("INBOX", None),
        ] {
            assert_eq!(address_in(name), expected, "{name}");
        }
    }

    #[test]
    fn rights_are_what_the_roles_say_in_letters() {
        use ShareRole::{Manage, Read, SendAs, Write};
        let letters = |roles: &[ShareRole]| {
            Rights::of(&roles.iter().copied().collect()).map(Rights::letters).unwrap_or_default()
        };
        assert_eq!(letters(&[Read]), "lr");
        assert_eq!(letters(&[Read, Write]), "lrswite");
        assert_eq!(letters(&[Read, Write, Manage]), "lrswitekx");
        assert_eq!(letters(&[SendAs]), "", "who only sends sees nothing");
        assert_eq!(Rights::OWN.letters(), "lrswitekxa");
    }
}
