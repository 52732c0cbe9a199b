//! Giving another address.

use authority::{Guarded, Need, Permission, Resource};
use kernel::{
    AccountId, Changes, Decider, EmailAddress, Key, NoticeId, Reads, Sealed, SubjectId, TenantId, Timestamp,
    UseCase, UserId,
};

use crate::notice::{
    NewNotice, NoticeCommand, NoticeDay, NoticeEvent, NoticeKind, NoticePerson, day_of, stream_of,
};
use crate::user::{User, UserCommand, UserRecord};
use crate::{HostingRefusal, Language};

/// Gives an address to which a user's notices are to go. A link to it confirms it; until then the old one counts, where
/// the change is told as well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeEmail {
    /// Whose.
    pub account: AccountId,
    /// Which user.
    pub user: UserId,
    /// From the confirmation on.
    pub email: EmailAddress,
    /// The notice to the new address, and that to the old one.
    pub notices: [NoticeId; 2],
    /// When it was asked for: gives the day of the notices.
    pub at: Timestamp,
    /// The platform's own language, for whoever has chosen none.
    pub language: Language,
}

impl UseCase for ChangeEmail {
    const NAME: &'static str = "change_email";
    type Reads = (Key<User>, Key<NoticeDay>);
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.account.tenant()
    }

    fn reads(&self) -> Self::Reads {
        (Key(self.user), Key(stream_of(NoticePerson::User(self.user), day_of(self.at))))
    }

    fn decide(
        &self,
        (user, day): &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        let record = user.record().ok_or(HostingRefusal::UserNotFound)?;
        let given = User::decide(
            user,
            UserCommand::GiveEmail { email: self.email.clone(), is_demanded: false },
            &self.user,
            now,
        )?;
        let address = Sealed::new(SubjectId::of_user(self.user), self.email.clone());
        let kind =
            if record.email.is_some() { NoticeKind::EmailChange } else { NoticeKind::EmailVerification };
        let [first, second] = self.notices;
        let request = |id, kind, address| {
            NoticeDay::decide(day, NoticeCommand::Request(self.notice((id, kind), address, record)), &(), now)
        };
        let mut notices: Vec<NoticeEvent> = request(first, kind, address)?;
        if let Some(old) = record.email.clone().filter(|old| old.plain().is_some()) {
            notices.extend(request(second, NoticeKind::EmailChanging, old)?);
        }
        Ok(Changes::none()
            .emit::<User>(self.user, given)
            .emit::<NoticeDay>(stream_of(NoticePerson::User(self.user), day_of(self.at)), notices))
    }
}

impl ChangeEmail {
    fn notice(
        &self,
        (notice, kind): (NoticeId, NoticeKind),
        address: Sealed<EmailAddress>,
        record: &UserRecord,
    ) -> Box<NewNotice> {
        let login = record.login.plain().map(|login| Sealed::new(record.login.subject, login.to_string()));
        let language = record.language.unwrap_or(self.language);
        let person = NoticePerson::User(self.user);
        Box::new(NewNotice { notice, person, kind, address, login, detail: None, ticket: None, language })
    }
}

impl Guarded for ChangeEmail {
    fn is_kept_from_visitors(&self) -> bool {
        true
    }

    fn need(&self, _: &<Self::Reads as Reads>::States) -> Need {
        Need { permission: Permission::CredentialWrite, resource: Resource::account(self.account) }
    }
}
