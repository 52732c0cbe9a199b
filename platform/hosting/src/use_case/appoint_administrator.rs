//! Appointing the administrator of a Box.

use authority::{Guarded, Need, Permission, Resource};
use kernel::{
    AccountId, Changes, Claim, Decider, DomainId, EmailAddress, Key, NoticeId, Sealed, ServiceId, SubjectId,
    TenantId, Timestamp, UseCase, UserId,
};

use crate::account::{Account, AccountCommand};
use crate::domain::{Domain, DomainState};
use crate::limit::NOTICE_LATE_DAY_COUNT_MAX;
use crate::notice::{NewNotice, NoticeCommand, NoticeDay, NoticeKind, NoticePerson, day_of, stream_of};
use crate::service::{Service, ServiceCommand, ServiceState};
use crate::user::{NewUser, User, UserCommand, UserRole, UserState};
use crate::{HostingRefusal, Language, LoginName};

/// What the login of an administrator begins with; the domain follows.
const LOGIN_PREFIX: &str = "mailadmin_";

/// Makes the login `mailadmin_<domain>` of a Box's first domain, once that is verified, and tells the customer how to choose
/// its password. One append: the user, its place in the account, the claim on the login, the notice. The caller acts as the
/// platform.
///
/// Nothing happens where the domain is not the first of the Box, mirrors another, or the plan sells no more administrators. It has
/// no password until its link is followed: there is no initial one that could be read in a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppointAdministrator {
    /// Whose account.
    pub account: AccountId,
    /// The Box.
    pub service: ServiceId,
    /// Its domain.
    pub domain: DomainId,
    /// The user to be.
    pub user: UserId,
    /// Whose address its messages go to: an owner of the account. None: nobody is told, and the owner sets its password.
    pub owner: Option<UserId>,
    /// The notice's id.
    pub notice: NoticeId,
    /// The day (UTC) that it is counted for, from 1970.
    pub day: i64,
    /// For an owner who has chosen none.
    pub language: Language,
}

type States = (
    crate::account::AccountState,
    ServiceState,
    DomainState,
    UserState,
    Option<UserState>,
    crate::notice::NoticeDayState,
);

impl UseCase for AppointAdministrator {
    const NAME: &'static str = "appoint_administrator";
    type Reads = (Key<Account>, Key<Service>, Key<Domain>, Key<User>, Option<Key<User>>, Key<NoticeDay>);
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.account.tenant()
    }

    fn reads(&self) -> Self::Reads {
        let day = Key(stream_of(NoticePerson::User(self.user), self.day));
        (Key(self.account), Key(self.service), Key(self.domain), Key(self.user), self.owner.map(Key), day)
    }

    fn decide(&self, states: &States, now: Timestamp) -> Result<Changes, HostingRefusal> {
        let (account, service, domain, user, owner, day) = states;
        let Some(login) = self.login(service, domain)? else { return Ok(Changes::none()) };
        let new = NewUser {
            account: self.account,
            user: self.user,
            login: login.clone(),
            name: None,
            password: None,
            role: UserRole::DomainAdministrator(vec![self.domain]),
            must_change_password: true,
        };
        let mut events = User::decide(user, UserCommand::Register(new), &self.user, now)?;
        if events.is_empty() {
            return Ok(Changes::none());
        }
        let counted = Account::decide(account, AccountCommand::AddUser(self.user), &(), now)?;
        let changes = Changes::none()
            .emit::<Account>(self.account, counted)
            .take::<User>(self.user, Claim::login(login.as_str()));
        let seat = Service::decide(service, ServiceCommand::AddAdministrator(self.user), &(), now)?;
        let changes = changes.emit::<Service>(self.service, seat);
        let Some((email, language)) = owner.as_ref().and_then(|owner| self.told(owner)) else {
            return Ok(changes.emit::<User>(self.user, events));
        };
        events.extend(self.reached_at(&events, &email, now)?);
        let requested = self.notice((&login, domain), (email, language), (day, now))?;
        Ok(changes
            .emit::<User>(self.user, events)
            .emit::<NoticeDay>(stream_of(NoticePerson::User(self.user), self.day), requested))
    }
}

impl AppointAdministrator {
    /// The login; none where nobody is to be appointed.
    fn login(
        &self,
        service: &ServiceState,
        domain: &DomainState,
    ) -> Result<Option<LoginName>, HostingRefusal> {
        let service = service.record().ok_or(HostingRefusal::ServiceNotFound)?;
        let record = domain.record().ok_or(HostingRefusal::DomainNotFound)?;
        let own = service.own_domains.iter().filter(|domain| !service.mirrors.contains_key(*domain));
        let is_first = own.eq([&self.domain]);
        let is_sold = service.administrators.len() < service.limits.domain_administrator_count_max as usize;
        if record.service != self.service
            || record.mirrors.is_some()
            || !is_first
            || !is_sold
            || !matches!(domain, DomainState::Verified(_))
        {
            return Ok(None);
        }
        // A name too long for a login has no administrator of its own; the owner registers one.
        Ok(LoginName::parse(&format!("{LOGIN_PREFIX}{}", record.name)).ok())
    }

    /// Where an owner of the account is written to, and in which language.
    fn told(&self, owner: &UserState) -> Option<(EmailAddress, Language)> {
        let record = owner.record().filter(|record| record.account == self.account)?;
        let email = record.email.as_ref().filter(|_| record.role == UserRole::Owner)?.plain()?;
        Some((email.clone(), record.language.unwrap_or(self.language)))
    }

    /// The owner has confirmed the address: messages to the new login go there.
    fn reached_at(
        &self,
        registered: &[crate::user::UserEvent],
        email: &EmailAddress,
        now: Timestamp,
    ) -> Result<Vec<crate::user::UserEvent>, HostingRefusal> {
        let given = UserCommand::GiveEmail { email: email.clone(), is_demanded: false };
        let state = registered.iter().fold(UserState::Absent, User::evolve);
        let mut events = User::decide(&state, given, &self.user, now)?;
        let state = events.iter().fold(state, User::evolve);
        events.extend(User::decide(&state, UserCommand::VerifyEmail(email.clone()), &self.user, now)?);
        Ok(events)
    }

    fn notice(
        &self,
        (login, domain): (&LoginName, &DomainState),
        (email, language): (EmailAddress, Language),
        (day, now): (&crate::notice::NoticeDayState, Timestamp),
    ) -> Result<Vec<crate::notice::NoticeEvent>, HostingRefusal> {
        // When this is switched on, all of the past comes by; nobody wants to read of it now.
        if day_of(now) > self.day.saturating_add(NOTICE_LATE_DAY_COUNT_MAX) {
            return Ok(Vec::new());
        }
        let subject = SubjectId::of_user(self.user);
        let name = domain.record().map(|record| Sealed::new(subject, record.name.to_string()));
        let new = NewNotice {
            notice: self.notice,
            person: NoticePerson::User(self.user),
            kind: NoticeKind::InitialAccess,
            address: Sealed::new(subject, email),
            login: Some(Sealed::new(subject, login.to_string())),
            detail: name,
            ticket: None,
            language,
        };
        NoticeDay::decide(day, NoticeCommand::Request(Box::new(new)), &(), now)
    }
}

impl Guarded for AppointAdministrator {
    fn need(&self, _: &States) -> Need {
        Need { permission: Permission::PlatformWrite, resource: Resource::account(self.account) }
    }
}
