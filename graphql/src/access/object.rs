//! Who is signed in, as the API shows it.

use async_graphql::{Enum, SimpleObject};

use crate::scalar::{AccountKey, MailboxKey, Moment, SessionKey, TokenKey, UserKey};
use crate::user::object::AdministratorRight;

/// What a sign-in or a refresh gives. Both secrets are shown once.
#[derive(Debug, Clone, SimpleObject)]
pub struct Credentials {
    /// The session.
    pub session_id: SessionKey,
    /// Sent as `Authorization: Bearer ...` with each request; good for ten minutes, or until the session ends.
    pub access_token: String,
    /// When the access token ends.
    pub access_token_expires_at: Moment,
    /// Given once to `sessionRefresh` for new credentials; showing it twice ends the session.
    pub refresh_token: String,
    /// When the session ends unless it is refreshed before.
    pub refresh_token_expires_at: Moment,
}

/// Opens a session elsewhere, once.
#[derive(Debug, Clone, SimpleObject)]
pub struct SsoTicket {
    /// Given to `ssoSignIn`.
    pub ticket: String,
    /// It opens nothing from then on.
    pub expires_at: Moment,
}

/// Whoever asks.
#[derive(Debug, Clone, SimpleObject)]
pub struct Viewer {
    /// The account that is meant where a field's `accountId` is absent.
    pub account_id: AccountKey,
    /// The user, where it is one.
    pub user_id: Option<UserKey>,
    /// The mailbox, where it is one.
    pub mailbox_id: Option<MailboxKey>,
    /// The session, where it came through one.
    pub session_id: Option<SessionKey>,
    /// The API token, where it came through one.
    pub api_token_id: Option<TokenKey>,
    /// What it may do now, and where.
    pub grants: Vec<ViewerGrant>,
    /// What the owner of the account keeps from it, of what administrators of domains do.
    pub withheld: Vec<AdministratorRight>,
    /// What has to be done before anything else; everything else is refused meanwhile.
    pub demand: Option<ViewerDemand>,
    /// When the demo begins anew, where it is one that everybody may try: what visitors have changed is gone then, and they
    /// are signed out.
    pub demo_resets_at: Option<Moment>,
}

/// What has to be done before anything else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum ViewerDemand {
    /// Choose another password: `passwordChange`.
    PasswordChange,
    /// Add a second factor: `totpBegin`, then `totpConfirm`; or `passkeyBegin`, then `passkeyAdd`.
    SecondFactor,
    /// Follow the link that was sent to the address, or `emailVerificationResend`.
    EmailVerification,
    /// Nothing: the service of the mailbox is suspended or has ended, and lets its owner do no more than download the
    /// messages on the page `/mailbox/export`, and sign out.
    ExportOnly,
}

impl From<directory::Demand> for ViewerDemand {
    fn from(demand: directory::Demand) -> Self {
        match demand {
            directory::Demand::PasswordChange => Self::PasswordChange,
            directory::Demand::SecondFactor => Self::SecondFactor,
            directory::Demand::EmailVerification => Self::EmailVerification,
            directory::Demand::ExportOnly => Self::ExportOnly,
        }
    }
}

/// Permissions within a scope.
#[derive(Debug, Clone, SimpleObject)]
pub struct ViewerGrant {
    /// `PLATFORM`, `ACCOUNTS_BELOW` for a reseller, or the ids that it is confined to.
    pub scope: Vec<String>,
    /// For example `mailbox:read`.
    pub permissions: Vec<String>,
}
