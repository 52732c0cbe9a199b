//! Questions and answers of the directory.

use std::net::IpAddr;

use kernel::{ByteSize, EmailAddress, MailboxId, TenantId};

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

/// A mailbox that mail goes into.
#[derive(Default, Debug, Clone, PartialEq, Eq)]
pub struct Destinations {
    /// Mailboxes here, each once, with tenant and quota.
    pub mailboxes: Vec<(TenantId, MailboxId, ByteSize)>,
    /// Addresses elsewhere that an alias leads to, with the tenant that answers for them.
    pub forwards: Vec<(TenantId, EmailAddress)>,
}

/// Where mail for an address goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolution {
    /// Here.
    Deliver(Destinations),
    /// The domain is ours and the address does not exist (550 5.1.1).
    Unknown,
    /// The mailbox or service takes no mail now (550 5.2.1).
    Disabled,
    /// The domain is not ours.
    NotLocal,
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

/// A mailbox that has proved who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// Whose.
    pub tenant: TenantId,
    /// Which.
    pub mailbox: MailboxId,
    /// Its address.
    pub address: EmailAddress,
    /// Its quota.
    pub quota: ByteSize,
    /// What its service may do.
    pub entitlement: Entitlement,
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
            Self::Busy => "busy",
        }
    }
}
