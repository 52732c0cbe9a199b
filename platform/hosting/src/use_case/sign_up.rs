//! Becoming a customer by oneself.

use authority::{Guarded, Need, Permission, Resource};
use kernel::{
    AccountId, Changes, Claim, Decider, EmailAddress, Key, NoticeId, Reads, Sealed, SubjectId, TenantId,
    Timestamp, UseCase, UserId,
};

use crate::account::{Account, AccountCommand};
use crate::notice::{NewNotice, NoticeCommand, NoticeDay, NoticeKind, NoticePerson, day_of, stream_of};
use crate::user::{NewUser, User, UserCommand, UserRole};
use crate::{HostingRefusal, Language, LoginName, PasswordHash};

/// Opens an account with its owner, whose address is not confirmed yet: a link is sent there, and until it is followed
/// the owner may do nothing else. One append. The caller acts as the platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignUp {
    /// The account to be.
    pub account: AccountId,
    /// What it is called, 1 to 200 characters.
    pub account_name: String,
    /// The owner to be.
    pub user: UserId,
    /// The address as the owner signs in with it.
    pub login: LoginName,
    /// The address.
    pub email: EmailAddress,
    /// What the owner is called.
    pub name: Option<String>,
    /// How the owner is recognised.
    pub password: PasswordHash,
    /// In which language the owner is written to.
    pub language: Language,
    /// The notice with the link.
    pub notice: NoticeId,
    /// When it was asked for: gives the day of the notice.
    pub at: Timestamp,
}

impl UseCase for SignUp {
    const NAME: &'static str = "sign_up";
    type Reads = (Key<Account>, Key<User>, Key<NoticeDay>);
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.account.tenant()
    }

    fn reads(&self) -> Self::Reads {
        let day = stream_of(NoticePerson::User(self.user), day_of(self.at));
        (Key(self.account), Key(self.user), Key(day))
    }

    fn decide(
        &self,
        (account, user, day): &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        let name = self.account_name.clone();
        let open = AccountCommand::Open { account: self.account, name, parent: None, is_sandbox: false };
        let opened = Account::decide(account, open, &(), now)?;
        let account = opened.iter().fold(account.clone(), Account::evolve);
        let counted = Account::decide(&account, AccountCommand::AddUser(self.user), &(), now)?;
        let (registered, notice) = (UserCommand::Register(self.owner()), Box::new(self.link()));
        let mut events = User::decide(user, registered, &self.user, now)?;
        let given = UserCommand::GiveEmail { email: self.email.clone(), is_demanded: true };
        for further in [given, UserCommand::SetLanguage(self.language)] {
            let user = events.iter().fold(user.clone(), User::evolve);
            events.extend(User::decide(&user, further, &self.user, now)?);
        }
        let requested = NoticeDay::decide(day, NoticeCommand::Request(notice), &(), now)?;
        Ok(Changes::none()
            .emit::<Account>(self.account, opened)
            .emit::<Account>(self.account, counted)
            .emit::<User>(self.user, events)
            .take::<User>(self.user, Claim::login(self.login.as_str()))
            .emit::<NoticeDay>(stream_of(NoticePerson::User(self.user), day_of(self.at)), requested))
    }
}

impl SignUp {
    fn owner(&self) -> NewUser {
        NewUser {
            account: self.account,
            user: self.user,
            login: self.login.clone(),
            name: self.name.clone(),
            password: Some(self.password.clone()),
            role: UserRole::Owner,
            must_change_password: false,
        }
    }

    fn link(&self) -> NewNotice {
        let subject = SubjectId::of_user(self.user);
        NewNotice {
            notice: self.notice,
            person: NoticePerson::User(self.user),
            kind: NoticeKind::EmailVerification,
            address: Sealed::new(subject, self.email.clone()),
            login: Some(Sealed::new(subject, self.login.to_string())),
            detail: None,
            ticket: None,
            language: self.language,
        }
    }
}

impl Guarded for SignUp {
    fn need(&self, _: &<Self::Reads as Reads>::States) -> Need {
        Need { permission: Permission::PlatformWrite, resource: Resource::account(self.account) }
    }
}
