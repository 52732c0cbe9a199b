//! Profiles and notices, as the API shows them.

use async_graphql::{ComplexObject, Context, Enum, Result, SimpleObject};
use kernel::Actor;

use crate::request::Asked;
use crate::scalar::{AccountKey, DelegationKey, MailboxKey, Moment, NoticeKey, UserKey};

/// In which language somebody is written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum PersonLanguage {
    /// English.
    English,
    /// French.
    French,
}

impl From<hosting::Language> for PersonLanguage {
    fn from(language: hosting::Language) -> Self {
        match language {
            hosting::Language::En => Self::English,
            hosting::Language::Fr => Self::French,
        }
    }
}

impl From<PersonLanguage> for hosting::Language {
    fn from(language: PersonLanguage) -> Self {
        match language {
            PersonLanguage::English => Self::En,
            PersonLanguage::French => Self::Fr,
        }
    }
}

/// The caller's own address and language.
#[derive(Debug, Clone, SimpleObject)]
pub struct Profile {
    /// What the caller signs in with; none once erased.
    pub login: Option<String>,
    /// Where notices go; it was confirmed.
    pub email: Option<String>,
    /// The address that was given last and is not confirmed yet.
    pub email_pending: Option<String>,
    /// In which language the caller is written to.
    pub language: PersonLanguage,
    /// The language that the caller has chosen; none: the platform's own is used, and pages follow the browser.
    pub chosen_language: Option<PersonLanguage>,
    /// Where times are shown as they are, for example `Europe/Paris`; none: wherever the reader is.
    pub time_zone: Option<String>,
}

/// A message of the platform to a person.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct Notice {
    /// The name for the API.
    pub id: NoticeKey,
    /// Whose person it is to.
    pub account_id: AccountKey,
    /// What it is about, for example `password_changed`; never renamed.
    pub kind: String,
    #[graphql(skip)]
    pub(crate) address: Option<String>,
    /// The user whom it is to.
    pub user_id: Option<UserKey>,
    /// The mailbox whose owner it is to.
    pub mailbox_id: Option<MailboxKey>,
    /// The delegation whose invited person it is to.
    pub delegation_id: Option<DelegationKey>,
    /// When it was asked for; it is posted within seconds.
    pub at: Moment,
    /// Until when its link is good; none where it has none.
    pub link_until: Option<Moment>,
    /// The day (UTC) that it is counted for, from 1970.
    #[graphql(skip)]
    pub(crate) day: i64,
}

/// Notices to a mailbox that go elsewhere: to its recovery address.
pub(crate) const ELSEWHERE: [&str; 2] = ["recovery_verification", "password_reset"];

#[ComplexObject]
impl Notice {
    /// Where it went; none once erased. A mailbox's recovery address is shown to that mailbox alone.
    async fn address(&self, ctx: &Context<'_>) -> Result<Option<&str>> {
        let actor = ctx.principal()?.actor;
        let is_shown = match self.mailbox_id {
            Some(mailbox) if ELSEWHERE.contains(&self.kind.as_str()) => actor == Actor::Mailbox(mailbox.0),
            Some(_) | None => true,
        };
        Ok(self.address.as_deref().filter(|_| is_shown))
    }
}
