//! A share: what one mailbox may do with another of its account. A mailbox with shares is a shared mailbox, and those
//! who have them are its members.

use std::collections::BTreeSet;

use authority::Permission;
use kernel::{Category, Kind, MailboxId, ShareId};
use serde::{Deserialize, Serialize};

use crate::HostingRefusal;
use crate::book::{Entry, Home, Others, Refusals, Words};
use crate::limit::SHARE_COUNT_MAX;
use crate::mailbox::Mailbox;
use crate::refusal::BoxRefusal;
use crate::settings::settings;

/// Something that a member may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShareRole {
    /// See its folders and read its messages.
    Read,
    /// Change flags, put messages in, delete them.
    Write,
    /// Make, rename and delete folders.
    Manage,
    /// Send mail as it.
    SendAs,
    /// Send mail for it, which says who sent it.
    SendOnBehalf,
}

impl ShareRole {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Read, Self::Write, Self::Manage, Self::SendAs, Self::SendOnBehalf];

    /// Whether whoever has it sends in the name of the mailbox.
    pub const fn sends(self) -> bool {
        match self {
            Self::SendAs | Self::SendOnBehalf => true,
            Self::Read | Self::Write | Self::Manage => false,
        }
    }
}

settings! {
    /// One member of a shared mailbox.
    Share, patched by SharePatch {
        /// The mailbox that is the member, by its id as the API writes it.
        member: String = String::new();
        /// What it may do; whoever writes or manages reads as well.
        roles: BTreeSet<ShareRole> = BTreeSet::new();
    }
}

impl Share {
    /// The mailbox that is the member.
    pub fn member(&self) -> Option<MailboxId> {
        self.member.parse().ok()
    }
}

impl Entry for Share {
    type Id = ShareId;
    type Patch = SharePatch;
    type Owner = Mailbox;

    const WORDS: Words = Words {
        category: Category("share"),
        added: Kind { name: "share.added", schema: 1 },
        changed: Kind { name: "share.changed", schema: 1 },
        removed: Kind { name: "share.removed", schema: 1 },
        edit: "edit_shares",
    };
    const REFUSALS: Refusals = Refusals {
        not_found: HostingRefusal::Box(BoxRefusal::ShareNotFound),
        exists: HostingRefusal::Box(BoxRefusal::ShareExists),
        limit: |limit| HostingRefusal::Box(BoxRefusal::ShareLimit(limit)),
    };
    const COUNT_MAX: usize = SHARE_COUNT_MAX;
    /// As for passwords, since whoever opens a mailbox to somebody lets them read it: never delegable.
    const PERMISSION: Permission = Permission::CredentialWrite;

    fn with(&self, patch: SharePatch) -> Self {
        self.patched(patch)
    }

    fn differing_in(&self, other: &Self) -> Vec<&'static str> {
        self.differing(other)
    }

    fn settled(mut self, home: &Home, others: &Others<'_, Self>) -> Result<Self, HostingRefusal> {
        let member = self.member().filter(|member| Some(*member) != home.mailbox);
        self.member = member.ok_or(HostingRefusal::Box(BoxRefusal::ShareMember))?.to_string();
        if self.roles.is_empty() {
            return Err(HostingRefusal::Box(BoxRefusal::ShareAllowsNothing));
        }
        if self.roles.contains(&ShareRole::Write) || self.roles.contains(&ShareRole::Manage) {
            self.roles.insert(ShareRole::Read);
        }
        match others.values().any(|other| other.member == self.member) {
            true => Err(HostingRefusal::Box(BoxRefusal::ShareTaken)),
            false => Ok(self),
        }
    }
}
