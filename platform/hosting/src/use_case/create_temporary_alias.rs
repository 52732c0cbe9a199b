//! Creating a temporary alias.

use authority::{AdministratorRight, Guarded, Need, OnBox, Permission};
use kernel::{
    AccountId, AliasId, Changes, Claim, Decider, EmailAddress, Key, LocalPart, MailboxId, Reads, ServiceId,
    TenantId, Timestamp, UseCase,
};

use super::HomeReads;
use crate::HostingRefusal;
use crate::alias::{Alias, AliasCommand, AliasCreation, AliasSettingsPatch, Temporary};
use crate::domain::DomainRef;
use crate::mailbox::{Mailbox, MailboxCommand};
use crate::refusal::ValueRefusal;
use crate::service::{self, Service};

/// Makes an address lead to a mailbox until a moment. One append: the alias, its place in the mailbox, the claim on its
/// address. It takes no slot of the plan's aliases; the plan says how many a mailbox has at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateTemporaryAlias {
    /// Whose.
    pub account: AccountId,
    /// The service of the mailbox.
    pub service: ServiceId,
    /// Where it lives: a domain of the service.
    pub domain: DomainRef,
    /// Where it leads.
    pub mailbox: MailboxId,
    /// Its id.
    pub alias: AliasId,
    /// Before the `@`.
    pub local: LocalPart,
    /// From then on it is unknown; at most ten years away.
    pub expires_at: Timestamp,
    /// Whether the owner of the mailbox asks.
    pub by_owner: bool,
    /// Whether the mailbox may send as it. Who may not let others send in the name of addresses makes it without.
    pub lets_targets_send: bool,
    /// What it is for: at most 160 characters.
    pub description: String,
}

impl UseCase for CreateTemporaryAlias {
    const NAME: &'static str = "create_temporary_alias";
    type Reads = (Key<Service>, HomeReads, Key<Mailbox>, Key<Alias>);
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.account.tenant()
    }

    fn reads(&self) -> Self::Reads {
        (Key(self.service), super::home_reads(self.domain), Key(self.mailbox), Key(self.alias))
    }

    fn decide(
        &self,
        (service, home, mailbox, alias): &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        let domain_name = super::home((self.service, service), (self.domain, home))?;
        super::check_local_part(self.domain, &self.local, self.by_owner)?;
        let record = super::check_self_service(mailbox, self.service, self.by_owner)?;
        // A service may hold the domains of several parties: an owner makes addresses in the own one.
        if self.by_owner && self.domain.id() != record.domain {
            return Err(HostingRefusal::from(ValueRefusal::SettingNotSelfService).of("domainId"));
        }
        // Nor where the addresses of people at another host are: nobody here knows which.
        if self.by_owner && super::is_passed_on(home) {
            return Err(HostingRefusal::from(ValueRefusal::SettingNotSelfService).of("domainId"));
        }
        let target = record.address().ok_or(HostingRefusal::MailboxErased)?;
        let plan = super::check_present(service)?;
        let claim = Claim::address(&EmailAddress::new(self.local.clone(), domain_name.clone()));
        let create = AliasCommand::Create(AliasCreation {
            account: self.account,
            service: self.service,
            domain: self.domain.id(),
            domain_name,
            alias: self.alias,
            local: Some(self.local.clone()),
            targets: vec![target],
            temporary: Some(Temporary { mailbox: self.mailbox, expires_at: self.expires_at }),
            settings: Box::new(AliasSettingsPatch {
                lets_targets_send: Some(self.lets_targets_send),
                description: Some(self.description.clone()),
                ..AliasSettingsPatch::default()
            }),
        });
        let created =
            Alias::decide(alias, create, &self.alias, now).map_err(|refusal| refusal.of("description"))?;
        if created.is_empty() {
            return Ok(Changes::none());
        }
        service::may_add(plan)?;
        let set = MailboxCommand::SetTemporaryAlias {
            alias: self.alias,
            expires_at: self.expires_at,
            count_max: plan.limits.temporary_alias_count_max,
        };
        Ok(Changes::none()
            .emit::<Mailbox>(self.mailbox, Mailbox::decide(mailbox, set, &self.mailbox, now)?)
            .emit::<Alias>(self.alias, created)
            .take::<Alias>(self.alias, claim))
    }
}

impl Guarded for CreateTemporaryAlias {
    fn on_box(&self, _: &<Self::Reads as Reads>::States) -> OnBox {
        OnBox::Adds
    }

    fn need(&self, (_, _, mailbox, _): &<Self::Reads as Reads>::States) -> Need {
        super::self_service_need((self.account, self.mailbox), mailbox, self.by_owner)
    }

    fn needs(&self, states: &<Self::Reads as Reads>::States) -> Vec<Need> {
        let mut needs = vec![self.need(states)];
        let (service, home, ..) = states;
        if !self.by_owner {
            // Whoever administers one domain makes no addresses in another.
            let resource = super::home_resource(self.account, (self.service, service), (self.domain, home));
            needs.push(Need { permission: Permission::MailboxWrite, resource });
            if super::is_detailed(&self.local) || super::is_passed_on(home) {
                needs.push(super::leading(resource));
            }
        }
        needs
    }

    fn rights(&self, _: &<Self::Reads as Reads>::States) -> Vec<AdministratorRight> {
        if self.lets_targets_send { vec![AdministratorRight::SendAs] } else { vec![] }
    }
}
