//! Renaming a mailbox.

use authority::{Guarded, Need, Permission};
use kernel::{
    AccountId, AddressMapId, AliasId, Changes, Claim, Decider, DomainId, EmailAddress, Id as _, Key,
    LocalPart, MailboxId, Reads, ServiceId, TenantId, Timestamp, UseCase,
};
use uuid::Uuid;

use crate::HostingRefusal;
use crate::address_map::{AddressMap, AddressMapKind, AddressMapPatch};
use crate::alias::{Alias, AliasCommand, AliasCreation, AliasRecord};
use crate::book::{Book, BookCommand, BookState, EntryRecord};
use crate::domain::{Domain, DomainRef, DomainState};
use crate::limit::RENAME_FOLLOWER_COUNT_MAX;
use crate::mailbox::{Mailbox, MailboxCommand, MailboxSettingsPatch, MailboxState};
use crate::refusal::{BoxRefusal, Limit};
use crate::service::{Service, ServiceCommand};

/// Lets a mailbox live at another address of its domain, with everything it holds. One append: the mailbox, the claim on
/// the new address, either the old address freed or, with a slot of the plan, an alias there that leads to the new one, and
/// the aliases, permissions to send and address maps that name the mailbox: whoever has the old address next gets nothing of
/// theirs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenameMailbox {
    /// Whose.
    pub account: AccountId,
    /// Its service.
    pub service: ServiceId,
    /// Which mailbox.
    pub mailbox: MailboxId,
    /// Before the `@` from now on.
    pub local: LocalPart,
    /// The id of the alias that keeps the old address; none: it is free.
    pub alias: Option<AliasId>,
    /// All its temporary aliases and the others of the account that lead to the old address, as the asker knows them: they
    /// are read here and lead to the new one. Up to [`RENAME_FOLLOWER_COUNT_MAX`].
    pub followers: Vec<AliasId>,
    /// The mailboxes of the account that may send as the old address, as the asker knows them: they may send as the new one
    /// from then on. Counted with the followers.
    pub senders: Vec<MailboxId>,
    /// The domains of the account whose address maps name the old address, as the asker knows them: the maps name the new one
    /// from then on, those of what it receives the old one as well while it is kept. Counted with the followers.
    pub mapped: Vec<DomainId>,
}

/// The mailboxes and the domains with their maps that follow.
type Following = (Vec<Key<Mailbox>>, Vec<(Key<Domain>, Key<Book<AddressMap>>)>);

impl UseCase for RenameMailbox {
    const NAME: &'static str = "rename_mailbox";
    type Reads = (Key<Service>, Key<Mailbox>, Option<Key<Alias>>, Vec<Key<Alias>>, Following);
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.account.tenant()
    }

    fn reads(&self) -> Self::Reads {
        let followers = self.followers.iter().take(RENAME_FOLLOWER_COUNT_MAX).copied().map(Key);
        let senders = self.senders.iter().take(RENAME_FOLLOWER_COUNT_MAX).copied().map(Key);
        let mapped = self.mapped.iter().take(RENAME_FOLLOWER_COUNT_MAX);
        let following = (senders.collect(), mapped.map(|domain| (Key(*domain), Key(*domain))).collect());
        (Key(self.service), Key(self.mailbox), self.alias.map(Key), followers.collect(), following)
    }

    fn decide(
        &self,
        (service, mailbox, alias, followers, naming): &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        let record = mailbox
            .record()
            .filter(|record| record.service == self.service)
            .ok_or(HostingRefusal::MailboxNotFound)?;
        // Where it lives, whatever kind of domain the plan has by now.
        let domain = match super::check_present(service)?.own_domains.contains(&record.domain) {
            true => DomainRef::Own(record.domain),
            false => DomainRef::Shared(record.domain),
        };
        let old = record.address().ok_or(HostingRefusal::MailboxErased)?;
        let new = EmailAddress::new(self.local.clone(), record.domain_name.clone());
        let renamed =
            Mailbox::decide(mailbox, MailboxCommand::Rename(self.local.clone()), &self.mailbox, now)?;
        let mut changes = Changes::none().emit::<Mailbox>(self.mailbox, renamed);
        // Another writing of the same address is no other address: there is nothing to keep and nothing to free.
        if Claim::address(&old) == Claim::address(&new) {
            return Ok(changes);
        }
        super::check_local_part(domain, &self.local, false)?;
        changes = changes.release::<Mailbox>(self.mailbox, Claim::address(&old));
        if !record.temporary_aliases.keys().all(|alias| self.followers.contains(alias)) {
            return Err(HostingRefusal::MailboxChangedMeanwhile);
        }
        let mut counted = service.clone();
        for (id, state) in self.followers()?.zip(followers) {
            // It kept this very address for the mailbox, which has it itself again.
            if let Some(kept) = state.record().filter(|kept| keeps(kept, &new, &old)) {
                let deleted = Alias::decide(state, AliasCommand::Delete, &id, now)?;
                let give_back = ServiceCommand::ReturnAlias { domain: kept.domain, alias: id };
                let returned = Service::decide(&counted, give_back, &(), now)?;
                counted = returned.iter().fold(counted, Service::evolve);
                changes = changes
                    .emit::<Alias>(id, deleted)
                    .release::<Alias>(id, Claim::address(&new))
                    .emit::<Service>(self.service, returned);
                continue;
            }
            let targets = state.record().and_then(|alias| following(alias, &old, &new));
            if let Some(targets) = targets {
                let lead = AliasCommand::ChangeTargets(targets);
                changes = changes.emit::<Alias>(id, Alias::decide(state, lead, &id, now)?);
            }
        }
        changes = changes.take::<Mailbox>(self.mailbox, Claim::address(&new));
        changes = self.let_send(changes, &naming.0, (&old, &new), now)?;
        changes = self.map(changes, &naming.1, (&old, &new), now)?;
        let (Some(id), Some(alias)) = (self.alias, alias) else { return Ok(changes) };
        let create = AliasCommand::Create(AliasCreation {
            account: self.account,
            service: self.service,
            domain: record.domain,
            domain_name: record.domain_name.clone(),
            alias: id,
            local: Some(old.local.clone()),
            targets: vec![new],
            temporary: None,
            // What it was called stays its own.
            settings: Box::default(),
        });
        let uncounted = super::uncounted_alias(id, Some(&old.local));
        let take = ServiceCommand::TakeAlias { domain: record.domain, uncounted };
        Ok(changes
            .emit::<Service>(self.service, Service::decide(&counted, take, &(), now)?)
            .emit::<Alias>(id, Alias::decide(alias, create, &id, now)?)
            .take::<Alias>(id, Claim::address(&old)))
    }
}

impl Guarded for RenameMailbox {
    fn need(&self, (_, mailbox, ..): &<Self::Reads as Reads>::States) -> Need {
        Need {
            permission: Permission::MailboxWrite,
            resource: super::mailbox_resource(self.account, self.mailbox, mailbox),
        }
    }

    fn needs(&self, states: &<Self::Reads as Reads>::States) -> Vec<Need> {
        let own = self.need(states);
        // The old address is anybody's then; a new one with a detail takes what another mailbox got by it.
        let is_free = self.alias.is_none();
        if is_free || super::is_detailed(&self.local) {
            vec![own, super::leading(own.resource)]
        } else {
            vec![own]
        }
    }
}

impl RenameMailbox {
    /// Whoever may send as the old address may send as the new one instead.
    fn let_send(
        &self,
        mut changes: Changes,
        senders: &[MailboxState],
        (old, new): (&EmailAddress, &EmailAddress),
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        for (id, state) in self.senders.iter().zip(senders) {
            let Some(record) = state.record() else { continue };
            let is_old = |sender: &String| {
                EmailAddress::parse(sender).is_ok_and(|sender| sender.canonical() == old.canonical())
            };
            let known = &record.settings.send_as;
            if record.account != self.account || !known.iter().any(is_old) {
                continue;
            }
            let after =
                known.iter().map(|sender| if is_old(sender) { new.to_string() } else { sender.clone() });
            let patch =
                MailboxSettingsPatch { send_as: Some(after.collect()), ..MailboxSettingsPatch::default() };
            let patch = Box::new(patch);
            let change = MailboxCommand::ChangeSettings { patch, revision: None, by_owner: false };
            changes = changes.emit::<Mailbox>(*id, Mailbox::decide(state, change, id, now)?);
        }
        Ok(changes)
    }

    /// Address maps name the new address where they named the old one. While mail for that one is still taken, what the domain
    /// does with it goes on as well.
    fn map(
        &self,
        mut changes: Changes,
        domains: &[(DomainState, BookState<AddressMap>)],
        (old, new): (&EmailAddress, &EmailAddress),
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        let (old, new) = (old.canonical(), new.canonical());
        for (id, (domain, maps)) in self.mapped.iter().zip(domains) {
            // Of a domain that is gone meanwhile nothing is mapped any more.
            let Ok(home) = Book::<AddressMap>::home(self.account, *id, domain) else { continue };
            let (mut book, mut events) = (maps.clone(), Vec::new());
            for entry in maps.entries.keys() {
                for command in self.mapping(&book, *entry, (&old, &new)) {
                    let decided =
                        Book::<AddressMap>::decide(&book, command, &home, now).map_err(Self::of_new)?;
                    book = decided.iter().fold(book, Book::<AddressMap>::evolve);
                    events.extend(decided);
                }
            }
            changes = changes.emit::<Book<AddressMap>>(*id, events);
        }
        Ok(changes)
    }

    /// What becomes of one map. Where the mailbox lived at the new address before, that one has its map still, which is used again.
    fn mapping(
        &self,
        book: &BookState<AddressMap>,
        entry: AddressMapId,
        (old, new): (&str, &str),
    ) -> Vec<BookCommand<AddressMap>> {
        let Some(rule) = book.entries.get(&entry).and_then(EntryRecord::plain) else { return vec![] };
        let (is_from, is_to) = (rule.from == old, rule.to == old);
        let to = if is_to { new.to_owned() } else { rule.to.clone() };
        let lead = AddressMapPatch { to: is_to.then(|| to.clone()), ..AddressMapPatch::default() };
        let change = |entry, patch| BookCommand::Change { entry, patch: Box::new(patch), revision: None };
        // One of before that names a `*` does nothing, and no change of it is taken.
        if !(is_from || is_to) || [&rule.from, &rule.to].into_iter().any(|address| address.contains('*')) {
            return vec![];
        }
        if !is_from {
            return vec![change(entry, lead)];
        }
        let is_kept = self.alias.is_some() && rule.kind != AddressMapKind::SenderCopy;
        let is_twin = |other: &AddressMap| other.kind == rule.kind && other.from == new;
        let twin = book.entries.iter().find(|(_, other)| other.plain().is_some_and(is_twin));
        let mut commands = match twin {
            Some((twin, _)) => {
                let patch = AddressMapPatch {
                    to: Some(to),
                    is_active: Some(rule.is_active),
                    ..AddressMapPatch::default()
                };
                let rest = (!is_kept).then_some(BookCommand::Remove { entry });
                rest.into_iter().chain([change(*twin, patch)]).collect()
            }
            None if is_kept => {
                let patch = AddressMapPatch {
                    kind: Some(rule.kind),
                    from: Some(new.to_owned()),
                    to: Some(to),
                    is_active: Some(rule.is_active),
                    comment: Some(rule.comment.clone()),
                };
                let mut twin = Uuid::new_v5(&entry.uuid(), new.as_bytes());
                while book.entries.contains_key(&AddressMapId::from_uuid(twin)) {
                    twin = Uuid::new_v5(&twin, new.as_bytes());
                }
                let entry = AddressMapId::from_uuid(twin);
                vec![BookCommand::Add { entry, patch: Box::new(patch) }]
            }
            None => {
                let patch = AddressMapPatch { from: Some(new.to_owned()), ..lead.clone() };
                return vec![change(entry, patch)];
            }
        };
        if is_kept && is_to {
            commands.push(change(entry, lead));
        }
        commands
    }

    /// A new address that a map leads to, so that what comes for the mailbox would go round, is in use already.
    fn of_new(refusal: HostingRefusal) -> HostingRefusal {
        match refusal {
            HostingRefusal::AddressMapLoop | HostingRefusal::AddressMapTaken => HostingRefusal::AddressTaken,
            other => other,
        }
    }

    fn followers(&self) -> Result<impl Iterator<Item = AliasId>, HostingRefusal> {
        let count = self.followers.len() + self.senders.len() + self.mapped.len();
        if count > RENAME_FOLLOWER_COUNT_MAX {
            let limit = Limit::count(RENAME_FOLLOWER_COUNT_MAX, count);
            return Err(BoxRefusal::RenameFollowers(limit).into());
        }
        Ok(self.followers.iter().copied())
    }
}

/// Whether an alias at `address` leads to what is at `target` alone, without an end of its own.
fn keeps(alias: &AliasRecord, address: &EmailAddress, target: &EmailAddress) -> bool {
    alias.temporary.is_none()
        && alias.claim() == Some(Claim::address(address))
        && alias.targets.plain().is_some_and(
            |targets| matches!(targets.as_slice(), [only] if only.canonical() == target.canonical()),
        )
}

/// Where an alias leads when what is at `old` has moved to `new`, details kept; none where it does not lead there.
fn following(alias: &AliasRecord, old: &EmailAddress, new: &EmailAddress) -> Option<Vec<EmailAddress>> {
    let is_old = |address: &EmailAddress| address.canonical() == old.canonical();
    let moved = |target: &EmailAddress| {
        if is_old(target) {
            return Some(new.clone());
        }
        let (base, detail) = target.local.split_detail()?;
        if !is_old(&EmailAddress::new(base, target.domain.clone())) {
            return None;
        }
        let local = LocalPart::parse(&format!("{}+{detail}", new.local)).ok()?;
        Some(EmailAddress::new(local, new.domain.clone()))
    };
    let targets = alias.targets.plain()?;
    let after: Vec<EmailAddress> =
        targets.iter().map(|target| moved(target).unwrap_or_else(|| target.clone())).collect();
    (after != *targets).then_some(after)
}
