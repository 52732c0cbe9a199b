//! Registering a user.

use authority::{Gift, Guarded, Need, Permission, Resource};
use kernel::{
    AccountId, Changes, Claim, Decider, DomainId, Key, Reads, ServiceId, TenantId, Timestamp, UseCase, UserId,
};

use crate::account::{Account, AccountCommand};
use crate::domain::Domain;
use crate::limit::ADMINISTERED_DOMAIN_COUNT_MAX;
use crate::service::Service;
use crate::user::{NewUser, User, UserCommand, UserRole};
use crate::{HostingRefusal, LoginName, PasswordHash};

/// Makes a person exist who can sign in to the panel. One append: the user, its place in the account, the claim on the login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisterUser {
    /// Whose.
    pub account: AccountId,
    /// Its id.
    pub user: UserId,
    /// What it signs in with; unique on the platform.
    pub login: LoginName,
    /// What it is called, up to 128 characters.
    pub name: Option<String>,
    /// None: it cannot sign in until one is set.
    pub password: Option<PasswordHash>,
    /// What it may. Operators are of the platform's own account, `AccountId::PLATFORM`, all others of a customer's.
    pub role: UserRole,
    /// Whether it must choose another password before anything else, since somebody else knows this one.
    pub must_change_password: bool,
    /// The services of the domains that it is to administer: they are read here to hold administrators to their plans.
    pub services: Vec<ServiceId>,
}

impl UseCase for RegisterUser {
    const NAME: &'static str = "register_user";
    type Reads = (Key<Account>, Key<User>, Vec<Key<Domain>>, Vec<Key<Service>>);
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.account.tenant()
    }

    fn reads(&self) -> Self::Reads {
        let domains = self.domains().iter().take(ADMINISTERED_DOMAIN_COUNT_MAX).copied().map(Key).collect();
        (Key(self.account), Key(self.user), domains, super::administered(&self.services))
    }

    fn decide(
        &self,
        (account, user, domains, services): &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        let new = NewUser {
            account: self.account,
            user: self.user,
            login: self.login.clone(),
            name: self.name.clone(),
            password: self.password.clone(),
            role: self.role.clone(),
            must_change_password: self.must_change_password,
        };
        let registered = User::decide(user, UserCommand::Register(new), &self.user, now)?;
        if registered.is_empty() {
            return Ok(Changes::none());
        }
        let seats = super::seats(self.user, domains, (&self.services, services), now)?;
        // The platform's own account has no stream: its operators are not counted.
        let counted = if self.account == AccountId::PLATFORM {
            vec![]
        } else {
            Account::decide(account, AccountCommand::AddUser(self.user), &(), now)?
        };
        Ok(seats
            .emit::<Account>(self.account, counted)
            .emit::<User>(self.user, registered)
            .take::<User>(self.user, Claim::login(self.login.as_str())))
    }
}

impl Guarded for RegisterUser {
    fn need(&self, _: &<Self::Reads as Reads>::States) -> Need {
        let permission = match self.role {
            UserRole::Operator => Permission::PlatformWrite,
            UserRole::Owner | UserRole::DomainAdministrator(_) => Permission::AccountWrite,
        };
        Need { permission, resource: Resource::account(self.account) }
    }

    fn gives(&self, _: &<Self::Reads as Reads>::States) -> Option<Gift> {
        Some(super::sign_in(self.account, self.user, &self.role))
    }
}

impl RegisterUser {
    fn domains(&self) -> &[DomainId] {
        match &self.role {
            UserRole::Operator | UserRole::Owner => &[],
            UserRole::DomainAdministrator(domains) => domains,
        }
    }
}
