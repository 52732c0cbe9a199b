//! What a notice is about.

use std::time::Duration;

/// Seconds of an hour.
const HOUR_SECS: u64 = 3600;

/// What a notice is about: a closed list, each with its words in both languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoticeKind {
    /// The address of a new login is to be confirmed.
    EmailVerification,
    /// Another address is to be confirmed, at that address.
    EmailChange,
    /// Another address was given, told at the one that counts so far.
    EmailChanging,
    /// The address for a mailbox's forgotten password is to be confirmed, at that address.
    RecoveryVerification,
    /// An address was given for a mailbox's forgotten password, told in the mailbox itself.
    RecoveryChanging,
    /// Somebody signs up with an address that has a login already.
    LoginExists,
    /// Another password may be chosen.
    PasswordReset,
    /// A domain has an administrator, who is to choose a password.
    InitialAccess,
    /// The password was changed.
    PasswordChanged,
    /// A second factor or passkey was added; the detail is its name.
    FactorAdded,
    /// A second factor or passkey was removed.
    FactorRemoved,
    /// There are new recovery codes.
    RecoveryCodesRenewed,
    /// A recovery code was used up.
    RecoveryCodeUsed,
    /// An app password was added; the detail is its name.
    AppPasswordAdded,
    /// An app password was revoked.
    AppPasswordRevoked,
    /// Somebody signed in from a device or network that was not seen before; the detail is which.
    NewLogin,
    /// Somebody is invited into an account.
    Invitation,
    /// An invitation or a delegation was revoked.
    DelegationRevoked,
    /// Somebody has accepted an invitation into the account; the detail is whom it was sent to.
    DelegationAccepted,
    /// Somebody has accepted an invitation into the account who has not confirmed the address that it was sent to; the detail
    /// is what they sign in with, then whom it was sent to.
    DelegationAcceptedElsewhere,
    /// Somebody has declined an invitation into the account; the detail is whom it was sent to.
    DelegationDeclined,
    /// Somebody has given their access to the account back; the detail is whom the invitation was sent to, and what they sign
    /// in with before it where that was somebody else.
    DelegationLeft,
    /// The support has answered a ticket; the detail is its subject.
    TicketAnswered,
    /// The support has resolved a ticket; the detail is its subject.
    TicketResolved,
    /// What a mailbox sends is held: somebody else may be sending in its name; the detail is its id: its
    /// address is its owner's, and whoever else is told keeps the notice.
    SendingHeld,
    /// Four fifths of the recipients of a day, an hour or a minute are used; the detail says whose, how many and in which time.
    SendLimitNear,
    /// The recipients of a day, an hour or a minute are used up; the detail says whose, how many and in which time.
    SendLimitReached,
    /// Four fifths of what the aliases of a service may pass on for others in a day are used; the detail says which service, how
    /// many recipients and in which time.
    ForwardLimitNear,
    /// What the aliases of a service may pass on for others in a day is used up; the detail as of [`Self::ForwardLimitNear`].
    ForwardLimitReached,
    /// A mailbox is nearly or wholly full; the detail is its address and how full it is.
    StorageNear,
    /// What the mailboxes of a domain share is nearly or wholly used; the detail is the domain and how full that is.
    PoolNear,
    /// A webhook is told nothing any more, since it takes nothing; the detail is its host.
    WebhookPaused,
    /// What a mailbox sends is held, and whoever looks after it may release or purge it by the link; the detail is its
    /// address.
    HeldMail,
    /// Nothing in DNS leads the mail of a domain here any more; the detail is the domain.
    MailExchangeLost,
    /// Nothing in DNS shows the keys any more by which the mail of a domain is signed; the detail is the domain.
    SigningKeyLost,
}

impl NoticeKind {
    /// All of them.
    pub const ALL: [Self; 35] = [
        Self::EmailVerification,
        Self::EmailChange,
        Self::EmailChanging,
        Self::RecoveryVerification,
        Self::RecoveryChanging,
        Self::LoginExists,
        Self::PasswordReset,
        Self::InitialAccess,
        Self::PasswordChanged,
        Self::FactorAdded,
        Self::FactorRemoved,
        Self::RecoveryCodesRenewed,
        Self::RecoveryCodeUsed,
        Self::AppPasswordAdded,
        Self::AppPasswordRevoked,
        Self::NewLogin,
        Self::Invitation,
        Self::DelegationRevoked,
        Self::DelegationAccepted,
        Self::DelegationAcceptedElsewhere,
        Self::DelegationDeclined,
        Self::DelegationLeft,
        Self::TicketAnswered,
        Self::TicketResolved,
        Self::SendingHeld,
        Self::SendLimitNear,
        Self::SendLimitReached,
        Self::ForwardLimitNear,
        Self::ForwardLimitReached,
        Self::StorageNear,
        Self::PoolNear,
        Self::WebhookPaused,
        Self::HeldMail,
        Self::MailExchangeLost,
        Self::SigningKeyLost,
    ];

    /// The stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::EmailVerification => "email_verification",
            Self::EmailChange => "email_change",
            Self::EmailChanging => "email_changing",
            Self::RecoveryVerification => "recovery_verification",
            Self::RecoveryChanging => "recovery_changing",
            Self::LoginExists => "login_exists",
            Self::PasswordReset => "password_reset",
            Self::InitialAccess => "initial_access",
            Self::PasswordChanged => "password_changed",
            Self::FactorAdded => "factor_added",
            Self::FactorRemoved => "factor_removed",
            Self::RecoveryCodesRenewed => "recovery_codes_renewed",
            Self::RecoveryCodeUsed => "recovery_code_used",
            Self::AppPasswordAdded => "app_password_added",
            Self::AppPasswordRevoked => "app_password_revoked",
            Self::NewLogin => "new_login",
            Self::Invitation => "invitation",
            Self::DelegationRevoked => "delegation_revoked",
            Self::DelegationAccepted => "delegation_accepted",
            Self::DelegationAcceptedElsewhere => "delegation_accepted_elsewhere",
            Self::DelegationDeclined => "delegation_declined",
            Self::DelegationLeft => "delegation_left",
            Self::TicketAnswered => "ticket_answered",
            Self::TicketResolved => "ticket_resolved",
            Self::SendingHeld => "sending_held",
            Self::SendLimitNear => "send_limit_near",
            Self::SendLimitReached => "send_limit_reached",
            Self::ForwardLimitNear => "forward_limit_near",
            Self::ForwardLimitReached => "forward_limit_reached",
            Self::StorageNear => "storage_near",
            Self::PoolNear => "pool_near",
            Self::WebhookPaused => "webhook_paused",
            Self::HeldMail => "held_mail",
            Self::MailExchangeLost => "mail_exchange_lost",
            Self::SigningKeyLost => "signing_key_lost",
        }
    }

    /// The kind of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// How long its link is good; none where it has no link.
    pub const fn link_life(self) -> Option<Duration> {
        match self {
            Self::EmailVerification | Self::EmailChange | Self::RecoveryVerification => {
                Some(Duration::from_secs(24 * HOUR_SECS))
            }
            Self::PasswordReset => Some(Duration::from_secs(HOUR_SECS / 2)),
            Self::HeldMail => Some(Duration::from_secs(3 * 24 * HOUR_SECS)),
            Self::InitialAccess | Self::Invitation => Some(Duration::from_secs(7 * 24 * HOUR_SECS)),
            Self::EmailChanging
            | Self::RecoveryChanging
            | Self::LoginExists
            | Self::PasswordChanged
            | Self::FactorAdded
            | Self::FactorRemoved
            | Self::RecoveryCodesRenewed
            | Self::RecoveryCodeUsed
            | Self::AppPasswordAdded
            | Self::AppPasswordRevoked
            | Self::NewLogin
            | Self::DelegationRevoked
            | Self::DelegationAccepted
            | Self::DelegationAcceptedElsewhere
            | Self::DelegationDeclined
            | Self::DelegationLeft
            | Self::TicketAnswered
            | Self::TicketResolved
            | Self::SendingHeld
            | Self::SendLimitNear
            | Self::SendLimitReached
            | Self::ForwardLimitNear
            | Self::ForwardLimitReached
            | Self::StorageNear
            | Self::PoolNear
            | Self::WebhookPaused
            | Self::MailExchangeLost
            | Self::SigningKeyLost => None,
        }
    }

    /// Whether each of its links is about a thing of its own: they come as often as things happen, and using one leaves the
    /// others good.
    pub const fn is_about_one_thing(self) -> bool {
        matches!(self, Self::HeldMail)
    }
}
