//! Questions and answers of the directory.

use std::net::IpAddr;
use std::sync::Arc;

use hosting::mailbox::DetailHandling;
use kernel::{AppPasswordId, ByteSize, DomainId, EmailAddress, MailboxId, Quota, ServiceId, TenantId};

/// What a service may do now; the only commercial fact that mail servers know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Entitlement {
    /// Everything.
    Active,
    /// No sending.
    Restricted,
    /// No login; mail is still received.
    Suspended,
    /// Nothing: mail is refused.
    Ended,
    /// Nothing, and nothing is left: its addresses do not exist.
    Purged,
}

impl Entitlement {
    /// Whether nothing comes in any more.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Ended | Self::Purged)
    }

    /// Whether people get at their mail.
    pub const fn gives_access(self) -> bool {
        matches!(self, Self::Active | Self::Restricted)
    }
}

/// A protocol that a mailbox can be reached by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// IMAP.
    Imap,
    /// Message submission.
    Submission,
    /// The panel and the API.
    Web,
}

impl Protocol {
    /// Its place in a set.
    const fn bit(self) -> u8 {
        match self {
            Self::Imap => 1,
            Self::Submission => 2,
            Self::Web => 4,
        }
    }
}

/// The protocols by which a mailbox can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Protocols(u8);

impl Protocols {
    /// Every one.
    pub const ALL: Self = Self(u8::MAX);
    /// Not one.
    pub const NONE: Self = Self(0);

    /// The same with or without `protocol`.
    #[must_use]
    pub const fn with(self, protocol: Protocol, is_allowed: bool) -> Self {
        if is_allowed { Self(self.0 | protocol.bit()) } else { Self(self.0 & !protocol.bit()) }
    }

    /// Whether `protocol` is among them.
    pub const fn has(self, protocol: Protocol) -> bool {
        self.0 & protocol.bit() != 0
    }
}

/// A mailbox that mail goes into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End {
    /// Whose.
    pub tenant: TenantId,
    /// Which.
    pub mailbox: MailboxId,
    /// How much it may hold.
    pub quota: Quota,
    /// Whether it takes mail over TLS only.
    pub requires_tls: bool,
    /// What happens with a detail of its address.
    pub detail: DetailHandling,
}

/// Where mail for an address ends.
#[derive(Default, Debug, Clone, PartialEq, Eq)]
pub struct Destinations {
    /// Mailboxes here, each once.
    pub mailboxes: Vec<End>,
    /// The detail of the address (`detail` of `name+detail`), where it is why a mailbox was found.
    pub detail: Option<String>,
    /// Whether the mail is taken and given to nobody.
    pub is_consumed: bool,
    /// Addresses elsewhere that an alias leads to, with the tenant that answers for them.
    pub forwards: Vec<(TenantId, EmailAddress)>,
    /// Mailboxes of others that the alias of a sandbox leads to: they get nothing.
    pub withheld: Vec<(TenantId, MailboxId)>,
    /// Whose alias it is that leads there; none where it is a mailbox's own address.
    pub alias: Option<(TenantId, ServiceId)>,
}

impl Destinations {
    /// Whether nobody gets the mail and nobody throws it away either.
    pub const fn is_empty(&self) -> bool {
        self.mailboxes.is_empty() && self.forwards.is_empty() && !self.is_consumed
    }
}

/// Where mail for an address goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolution {
    /// Here.
    Deliver(Destinations),
    /// The domain is ours and the address does not exist (550 5.1.1).
    Unknown,
    /// The mailbox takes no mail now (550 5.2.1).
    Disabled,
    /// The service that the address is of has ended: it was there, and takes no mail any more (550 5.1.6, RFC 3463 section 3.2).
    Ended,
    /// It is of a room, a group or a thing, which takes no mail (550 5.2.1).
    Resource,
    /// The domain is not ours.
    NotLocal,
    /// Only mailboxes of the same account may write there (550 5.7.1).
    Internal,
    /// Aliases lead in a circle or to more than 1000 places (550 5.4.6).
    Loop,
}

/// Someone gives a name and a password.
#[derive(Debug, Clone, Copy)]
pub struct LoginAttempt<'a> {
    /// An address of a mailbox.
    pub login: &'a str,
    /// The password.
    pub password: &'a secrecy::SecretString,
    /// From where.
    pub peer: IpAddr,
    /// For what.
    pub protocol: Protocol,
}

/// What somebody came in by. When it is replaced or taken back, they are out.
#[derive(Clone, PartialEq, Eq)]
pub enum Credential {
    /// The password of the mailbox, by its hash.
    Password(Arc<str>),
    /// One for one program.
    App(AppPasswordId),
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Password(_) => f.write_str("Password"),
            Self::App(id) => f.debug_tuple("App").field(id).finish(),
        }
    }
}

/// What the owner of a mailbox has to do before anything else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Demand {
    /// Choose another password.
    PasswordChange,
    /// Add a second factor.
    SecondFactor,
    /// Confirm the address that was signed up with; never asked of a mailbox.
    EmailVerification,
    /// Nothing: its service lets nobody in now, but to take the messages along (business rules, 3.3: suspended for not
    /// paying, or ended and not yet destroyed).
    ExportOnly,
}

/// A mailbox that has proved who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// Whose.
    pub tenant: TenantId,
    /// Which.
    pub mailbox: MailboxId,
    /// Its address.
    pub address: EmailAddress,
    /// How much it may hold.
    pub quota: Quota,
    /// What its service may do.
    pub entitlement: Entitlement,
    /// By which protocols it is reached.
    pub protocols: Protocols,
    /// By what.
    pub credential: Credential,
}

/// What a mailbox may send. A limit that is absent does not exist at that level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SendLimits {
    /// Recipients a day of its whole service.
    pub service: (ServiceId, Option<u32>),
    /// Recipients a day of its domain.
    pub domain: (DomainId, Option<u32>),
    /// Recipients a day of its own.
    pub mailbox: (MailboxId, Option<u32>),
    /// Recipients of its whole service in shorter times.
    pub service_short: ShortSends,
    /// Recipients of its domain in shorter times.
    pub domain_short: ShortSends,
    /// Recipients of its own in shorter times.
    pub mailbox_short: ShortSends,
    /// Recipients of one message.
    pub recipients_per_message_max: u32,
    /// The largest message.
    pub message_size_max: ByteSize,
}

/// Recipients in less than a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ShortSends {
    /// In an hour.
    pub per_hour_max: Option<u32>,
    /// In a minute.
    pub per_minute_max: Option<u32>,
}

/// Why a login is refused. Whether an address exists is not told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuthRefusal {
    /// Name or password is wrong.
    #[error("the login or the password is wrong")]
    Wrong,
    /// Too many wrong passwords for this login or from this peer.
    #[error("too many failed logins; try again in {retry_after_secs} seconds")]
    Throttled {
        /// When to try again.
        retry_after_secs: u32,
    },
    /// The password is right and the service gives no access now.
    #[error("the service is suspended")]
    Suspended,
    /// The password is right and the mailbox is not reached by this protocol.
    #[error("this protocol is switched off for the mailbox or the app password")]
    ProtocolOff,
    /// The password is right, but with a second factor programs need an app password.
    #[error("this mailbox has a second factor: use an app password, made on the account page")]
    AppPasswordNeeded,
    /// The password is right, but the mailbox must have a second factor first.
    #[error("this mailbox needs a second factor: sign in on the account page and add one")]
    SecondFactorMissing,
    /// The app password is right and has expired.
    #[error("this app password has expired: make a new one on the account page")]
    AppPasswordExpired,
    /// The machine is busy with other logins.
    #[error("the server is busy; try again soon")]
    Busy,
}

impl AuthRefusal {
    /// Its word in metrics.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Wrong => "wrong",
            Self::Throttled { .. } => "throttled",
            Self::Suspended => "suspended",
            Self::ProtocolOff => "protocol_off",
            Self::AppPasswordNeeded => "app_password_needed",
            Self::SecondFactorMissing => "second_factor_missing",
            Self::AppPasswordExpired => "app_password_expired",
            Self::Busy => "busy",
        }
    }
}
