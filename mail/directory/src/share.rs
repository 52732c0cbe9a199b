//! Shared mailboxes: what one mailbox may do with another of its account.

use std::collections::BTreeSet;

use hashbrown::{HashMap, HashSet};
use hosting::book::BookEvent;
use hosting::share::{Share, ShareRole};
use kernel::{EmailAddress, MailboxId, Quota, ShareId, TenantId};

use crate::follow::canonical;
use crate::index::{Index, MailboxEntry, Place};
use crate::{Directory, Entitlement, Login};

/// Most shared mailboxes that one member is shown.
pub const SHARED_COUNT_MAX: usize = 1000;

/// A mailbox in which another works beside its owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedMailbox {
    /// Which.
    pub mailbox: MailboxId,
    /// Its address.
    pub address: EmailAddress,
    /// How much it may hold.
    pub quota: Quota,
    /// What the other may do.
    pub roles: BTreeSet<ShareRole>,
}

/// In whose name a mailbox may send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SenderRight {
    /// Not in this one.
    None,
    /// In this one, if the message says who sent it.
    OnBehalf,
    /// In this one as in its own.
    Own,
}

/// Who works in a mailbox, and what they may do there.
type Member = (MailboxId, BTreeSet<ShareRole>);

/// Who works in which mailbox.
#[derive(Debug, Default)]
pub(crate) struct Shares {
    /// The members of a shared mailbox.
    members: HashMap<(TenantId, MailboxId), HashMap<ShareId, Member>>,
    /// Where a member works.
    places: HashMap<(TenantId, MailboxId), HashSet<MailboxId>>,
}

impl Shares {
    pub(crate) fn take(&mut self, shared: (TenantId, MailboxId), event: &BookEvent<Share>) {
        match event {
            BookEvent::Added { entry, content, .. } | BookEvent::Changed { entry, content, .. } => {
                let content = content.plain();
                let member = content.and_then(|share| share.member());
                self.drop(shared, *entry);
                // Erased: nothing is left of it.
                if let (Some(share), Some(member)) = (content, member) {
                    self.members.entry(shared).or_default().insert(*entry, (member, share.roles.clone()));
                    self.places.entry((shared.0, member)).or_default().insert(shared.1);
                }
            }
            BookEvent::Removed { entry } => self.drop(shared, *entry),
        }
    }

    fn drop(&mut self, shared: (TenantId, MailboxId), entry: ShareId) {
        let Some(members) = self.members.get_mut(&shared) else { return };
        let Some((member, _)) = members.remove(&entry) else { return };
        if members.is_empty() {
            self.members.remove(&shared);
        }
        let key = (shared.0, member);
        if let Some(places) = self.places.get_mut(&key) {
            places.remove(&shared.1);
            if places.is_empty() {
                self.places.remove(&key);
            }
        }
    }

    fn roles(&self, tenant: TenantId, member: MailboxId, shared: MailboxId) -> Option<&BTreeSet<ShareRole>> {
        let members = self.members.get(&(tenant, shared))?;
        members.values().find(|(other, _)| *other == member).map(|(_, roles)| roles)
    }
}

impl Index {
    /// A mailbox in which `member` works, as long as it is open: nobody works in one that is switched off or whose
    /// service gives no access.
    fn shared(&self, tenant: TenantId, member: MailboxId, shared: MailboxId) -> Option<SharedMailbox> {
        let roles = self.shares.roles(tenant, member, shared)?;
        let entry: &MailboxEntry = self.mailboxes.get(&(tenant, shared))?;
        let is_open = entry.is_enabled
            && self.is_served(entry)
            && self.entitlement(tenant, entry.service).gives_access();
        is_open.then(|| SharedMailbox {
            mailbox: shared,
            address: entry.address.clone(),
            quota: self.quota(entry),
            roles: roles.clone(),
        })
    }

    /// Whether mail may be sent in the name of a mailbox as far as its own service goes.
    fn may_be_sent_as(&self, tenant: TenantId, mailbox: MailboxId) -> bool {
        let service = self.mailboxes.get(&(tenant, mailbox)).map(|entry| entry.service);
        service.is_some_and(|service| self.entitlement(tenant, service) == Entitlement::Active)
    }

    /// What a share of the mailbox that `sender` is the address of lets `login` do with it.
    fn shared_sender(&self, login: &Login, sender: &EmailAddress) -> SenderRight {
        let Some(Place::Mailbox(tenant, shared)) = self.places.get(&canonical(sender)) else {
            return SenderRight::None;
        };
        let is_possible = *tenant == login.tenant && self.may_be_sent_as(*tenant, *shared);
        let found = is_possible.then(|| self.shared(*tenant, login.mailbox, *shared)).flatten();
        match found {
            Some(found) if found.roles.contains(&ShareRole::SendAs) => SenderRight::Own,
            Some(found) if found.roles.contains(&ShareRole::SendOnBehalf) => SenderRight::OnBehalf,
            Some(_) | None => SenderRight::None,
        }
    }
}

impl Directory {
    /// The mailboxes in which `member` works beside others, by address; at most [`SHARED_COUNT_MAX`].
    pub fn shared_with(&self, tenant: TenantId, member: MailboxId) -> Vec<SharedMailbox> {
        let index = self.index.read();
        let Some(places) = index.shares.places.get(&(tenant, member)) else { return Vec::new() };
        let found = places.iter().filter_map(|shared| index.shared(tenant, member, *shared));
        let mut found: Vec<SharedMailbox> = found.collect();
        found.sort_by_cached_key(|shared| shared.address.canonical());
        found.truncate(SHARED_COUNT_MAX);
        found
    }

    /// What `member` may do in one mailbox now; none where it does not work there.
    pub fn share_of(&self, tenant: TenantId, member: MailboxId, shared: MailboxId) -> Option<SharedMailbox> {
        self.index.read().shared(tenant, member, shared)
    }

    /// Who works in a mailbox beside its owner, by address.
    pub fn members_of(
        &self,
        tenant: TenantId,
        shared: MailboxId,
    ) -> Vec<(EmailAddress, BTreeSet<ShareRole>)> {
        let index = self.index.read();
        let Some(members) = index.shares.members.get(&(tenant, shared)) else { return Vec::new() };
        let found = members.values().filter_map(|(member, roles)| {
            Some((index.mailboxes.get(&(tenant, *member))?.address.clone(), roles.clone()))
        });
        let mut found: Vec<_> = found.collect();
        found.sort_by_cached_key(|(address, _)| address.canonical());
        found
    }

    /// In whose name a mailbox may send: see [`Directory::may_send_as`]; and for whom it may, if the message says so.
    pub fn sender_right(&self, login: &Login, sender: &EmailAddress) -> SenderRight {
        if self.may_send_as(login, sender) {
            return SenderRight::Own;
        }
        let index = self.index.read();
        let reflected = index.reflected(sender);
        index.shared_sender(login, reflected.as_ref())
    }

    /// The address of a mailbox; none where it does not exist.
    pub fn address_of(&self, tenant: TenantId, mailbox: MailboxId) -> Option<EmailAddress> {
        self.index.read().mailboxes.get(&(tenant, mailbox)).map(|entry| entry.address.clone())
    }
}
