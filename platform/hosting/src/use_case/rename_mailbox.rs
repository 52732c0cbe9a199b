//! Renaming a mailbox.

use authority::{Guarded, Need, Permission};
use kernel::{
    AccountId, AliasId, Changes, Claim, Decider, EmailAddress, Key, LocalPart, MailboxId, Reads, ServiceId,
    TenantId, Timestamp, UseCase,
};

use crate::HostingRefusal;
use crate::alias::{Alias, AliasCommand, AliasCreation, AliasRecord};
use crate::domain::DomainRef;
use crate::limit::RENAME_FOLLOWER_COUNT_MAX;
use crate::mailbox::{Mailbox, MailboxCommand};
use crate::plan::DomainMode;
use crate::refusal::{BoxRefusal, Limit};
use crate::service::{Service, ServiceCommand};

/// Lets a mailbox live at another address of its domain, with everything it holds. One append: the mailbox, the claim on
/// the new address, either the old address freed or, with a slot of the plan, an alias there that leads to the new one, and
/// the aliases that lead to the mailbox: whoever has the old address next gets nothing of theirs.
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
}

impl UseCase for RenameMailbox {
    const NAME: &'static str = "rename_mailbox";
    type Reads = (Key<Service>, Key<Mailbox>, Option<Key<Alias>>, Vec<Key<Alias>>);
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.account.tenant()
    }

    fn reads(&self) -> Self::Reads {
        let followers = self.followers.iter().take(RENAME_FOLLOWER_COUNT_MAX).copied().map(Key);
        (Key(self.service), Key(self.mailbox), self.alias.map(Key), followers.collect())
    }

    fn decide(
        &self,
        (service, mailbox, alias, followers): &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        let record = mailbox
            .record()
            .filter(|record| record.service == self.service)
            .ok_or(HostingRefusal::MailboxNotFound)?;
        let domain = match super::check_present(service)?.limits.domain_mode {
            DomainMode::Own => DomainRef::Own(record.domain),
            DomainMode::Shared => DomainRef::Shared(record.domain),
        };
        super::check_local_part(domain, &self.local)?;
        let old = record.address().ok_or(HostingRefusal::MailboxErased)?;
        let new = EmailAddress::new(self.local.clone(), record.domain_name.clone());
        let renamed =
            Mailbox::decide(mailbox, MailboxCommand::Rename(self.local.clone()), &self.mailbox, now)?;
        let mut changes = Changes::none().emit::<Mailbox>(self.mailbox, renamed);
        // Another writing of the same address is no other address: there is nothing to keep and nothing to free.
        if Claim::address(&old) == Claim::address(&new) {
            return Ok(changes);
        }
        changes = changes
            .release::<Mailbox>(self.mailbox, Claim::address(&old))
            .take::<Mailbox>(self.mailbox, Claim::address(&new));
        if !record.temporary_aliases.keys().all(|alias| self.followers.contains(alias)) {
            return Err(HostingRefusal::MailboxChangedMeanwhile);
        }
        for (id, state) in self.followers()?.zip(followers) {
            let targets = state.record().and_then(|alias| following(alias, &old, &new));
            if let Some(targets) = targets {
                let lead = AliasCommand::ChangeTargets(targets);
                changes = changes.emit::<Alias>(id, Alias::decide(state, lead, &id, now)?);
            }
        }
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
        });
        let take = ServiceCommand::TakeAlias { domain: record.domain };
        Ok(changes
            .emit::<Service>(self.service, Service::decide(service, take, &(), now)?)
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
    fn followers(&self) -> Result<impl Iterator<Item = AliasId>, HostingRefusal> {
        let count = self.followers.len();
        if count > RENAME_FOLLOWER_COUNT_MAX {
            let limit = Limit::count(RENAME_FOLLOWER_COUNT_MAX, count);
            return Err(BoxRefusal::RenameFollowers(limit).into());
        }
        Ok(self.followers.iter().copied())
    }
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
