//! What a kind of entry says about itself.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::str::FromStr;

use authority::{AdministratorRight, Permission, Resource};
use kernel::{
    AccountId, Category, Claim, Decider, DomainId, DomainName, Id, IdFault, Kind, MailboxId, ServiceId,
    SubjectId,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::HostingRefusal;
use crate::account::{Account, AccountState};
use crate::domain::{Domain, DomainState};
use crate::mailbox::{Mailbox, MailboxState, SelfService};
use crate::plan::Feature;
use crate::refusal::Limit;

/// The other entries of a book, by id.
pub type Others<'a, E> = BTreeMap<<E as Entry>::Id, &'a E>;

/// The stable names of a kind of entry.
#[derive(Debug, Clone, Copy)]
pub struct Words {
    /// Of the streams.
    pub category: Category,
    /// Of the event that there is one more.
    pub added: Kind,
    /// Of the event that one is otherwise.
    pub changed: Kind,
    /// Of the event that one is gone.
    pub removed: Kind,
    /// Of the use case, in logs and metrics.
    pub edit: &'static str,
}

/// The refusals that every kind of entry has, in its own words.
#[derive(Debug, Clone, Copy)]
pub struct Refusals {
    /// There is no such entry.
    pub not_found: HostingRefusal,
    /// Another has this id.
    pub exists: HostingRefusal,
    /// The book is full.
    pub limit: fn(Limit) -> HostingRefusal,
}

/// What one entry of a book holds.
pub trait Entry:
    Serialize + DeserializeOwned + Default + Clone + PartialEq + Eq + Debug + Send + Sync + 'static
{
    /// Names one.
    type Id: Id + FromStr<Err = IdFault>;
    /// Some of it with new values.
    type Patch: Default + Clone + PartialEq + Eq + Debug + Send + Sync;
    /// Who keeps the book.
    type Owner: Hosted;

    /// Its stable names.
    const WORDS: Words;
    /// How it is refused.
    const REFUSALS: Refusals;
    /// Most of them in one book.
    const COUNT_MAX: usize;
    /// What it takes to change it.
    const PERMISSION: Permission;
    /// What it is among the rights that are withheld from administrators of domains; none: it is not among them.
    const RIGHT: Option<AdministratorRight> = None;
    /// Whether the platform calls hosts of others because of it.
    const CALLS_ELSEWHERE: bool = false;
    /// Whether the service of the mailbox counts them.
    const IS_COUNTED: bool = false;
    /// By which leave the owner of a mailbox changes it alone; none: never.
    const SELF_SERVICE: Option<SelfService> = None;

    /// The same with what `patch` changes.
    #[must_use]
    fn with(&self, patch: Self::Patch) -> Self;

    /// Whether one may take something that not every plan has.
    const MAY_TAKE_FEATURE: bool = false;

    /// What of a plan it takes; none: every plan has it.
    fn feature(&self) -> Option<Feature> {
        None
    }

    /// The names of the fields in which `other` differs.
    fn differing_in(&self, other: &Self) -> Vec<&'static str>;

    /// The form in which it is kept, beside `others` in the book.
    ///
    /// # Errors
    /// Why it cannot stand.
    fn settled(self, home: &Home, others: &Others<'_, Self>) -> Result<Self, HostingRefusal>;

    /// What becomes of another entry because of this one; none: nothing.
    fn displaced(&self, _other: &Self) -> Option<Self> {
        None
    }

    /// The name that nothing else on the platform can have while the entry is there; none: it has none.
    fn claim(&self, _home: &Home) -> Option<Claim> {
        None
    }

    /// Whether the owner of a mailbox may have it and change it alone, where [`Entry::SELF_SERVICE`] lets it.
    fn is_owners(&self) -> bool {
        true
    }

    /// The same without secrets: what tables and people get.
    #[must_use]
    fn shown(&self) -> Self {
        self.clone()
    }
}

/// Where a book belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    /// Whose.
    pub account: AccountId,
    /// Of which service; none: of the account as a whole.
    pub service: Option<ServiceId>,
    /// Of which domain.
    pub domain: Option<DomainId>,
    /// The name of the domain.
    pub domain_name: Option<DomainName>,
    /// Of which mailbox.
    pub mailbox: Option<MailboxId>,
    /// For whom the entries are sealed.
    pub subject: SubjectId,
}

/// A noun that keeps books.
pub trait Hosted: Decider {
    /// Where its books belong.
    ///
    /// # Errors
    /// It is not there, or not any more.
    fn home(account: AccountId, id: Self::Id, state: &Self::State) -> Result<Home, HostingRefusal>;

    /// It, as it is touched.
    fn resource(account: AccountId, id: Self::Id, state: &Self::State) -> Resource;

    /// What it takes to change a book that needs `permission`.
    fn permission(_account: AccountId, permission: Permission) -> Permission {
        permission
    }

    /// Whether whoever owns it may do this alone.
    fn lets_owner(_state: &Self::State, _flag: SelfService) -> bool {
        false
    }
}

impl Hosted for Account {
    fn home(account: AccountId, _: AccountId, state: &AccountState) -> Result<Home, HostingRefusal> {
        match state {
            AccountState::Open(_) => {}
            // The platform's own account is there without having been opened.
            AccountState::Absent if account == AccountId::PLATFORM => {}
            AccountState::Absent => return Err(HostingRefusal::AccountNotFound),
            AccountState::Closed(_) => return Err(HostingRefusal::AccountClosed),
        }
        let subject = SubjectId::of_account(account);
        Ok(Home { account, service: None, domain: None, domain_name: None, mailbox: None, subject })
    }

    fn resource(account: AccountId, _: AccountId, _: &AccountState) -> Resource {
        if account == AccountId::PLATFORM { Resource::PLATFORM } else { Resource::account(account) }
    }

    fn permission(account: AccountId, permission: Permission) -> Permission {
        if account == AccountId::PLATFORM { Permission::PlatformWrite } else { permission }
    }
}

impl Hosted for Domain {
    fn home(account: AccountId, id: DomainId, state: &DomainState) -> Result<Home, HostingRefusal> {
        let record = state.record().ok_or(HostingRefusal::DomainNotFound)?;
        Ok(Home {
            account,
            service: Some(record.service),
            domain: Some(id),
            domain_name: Some(record.name.clone()),
            mailbox: None,
            subject: SubjectId::of_account(account),
        })
    }

    fn resource(account: AccountId, id: DomainId, state: &DomainState) -> Resource {
        crate::use_case::domain_resource(account, id, state)
    }
}

impl Hosted for Mailbox {
    fn home(account: AccountId, id: MailboxId, state: &MailboxState) -> Result<Home, HostingRefusal> {
        let record = state.record().ok_or(HostingRefusal::MailboxNotFound)?;
        Ok(Home {
            account,
            service: Some(record.service),
            domain: Some(record.domain),
            domain_name: Some(record.domain_name.clone()),
            mailbox: Some(id),
            subject: SubjectId::of_mailbox(id),
        })
    }

    fn resource(account: AccountId, id: MailboxId, state: &MailboxState) -> Resource {
        crate::use_case::mailbox_resource(account, id, state)
    }

    fn lets_owner(state: &MailboxState, flag: SelfService) -> bool {
        state.record().is_some_and(|record| record.settings.self_service.contains(&flag))
    }
}
