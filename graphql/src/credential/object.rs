//! Second factors and app passwords as the API shows them.

use std::collections::BTreeSet;

use async_graphql::{Enum, SimpleObject};
use hosting::mailbox as model;

use super::yubikey::Yubikey;
use crate::passkey::object::Passkey;
use crate::scalar::{AppPasswordKey, FactorKey, Moment};
use door::SignInRow;

/// What somebody proves besides the password.
#[derive(Debug, Clone, SimpleObject)]
pub struct SecondFactors {
    /// Whether a password alone is not enough.
    pub is_demanded: bool,
    /// Authenticator apps.
    pub authenticators: Vec<Authenticator>,
    /// Passkeys and security keys.
    pub passkeys: Vec<Passkey>,
    /// YubiKeys that type.
    pub yubikeys: Vec<Yubikey>,
    /// Whether YubiKeys that type can be added: the operator has named a validation server.
    pub takes_yubikeys: bool,
    /// Recovery codes that are still good.
    pub recovery_codes_left: i32,
}

/// An authenticator app.
#[derive(Debug, Clone, SimpleObject)]
pub struct Authenticator {
    /// The name for the API.
    pub id: FactorKey,
    /// What its owner calls it; none once erased.
    pub name: Option<String>,
}

/// A way into a mailbox for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum MailProtocol {
    /// IMAP.
    Imap,
    /// POP3; not in force until its server is there.
    Pop3,
    /// Message submission by SMTP.
    Submission,
    /// ManageSieve; not in force until its server is there.
    Sieve,
    /// CalDAV and CardDAV; not in force until their server is there.
    Dav,
}

/// The model's words for protocols.
pub(crate) fn protocols(given: &[MailProtocol]) -> BTreeSet<model::MailProtocol> {
    let one = |protocol: &MailProtocol| match protocol {
        MailProtocol::Imap => model::MailProtocol::Imap,
        MailProtocol::Pop3 => model::MailProtocol::Pop3,
        MailProtocol::Submission => model::MailProtocol::Submission,
        MailProtocol::Sieve => model::MailProtocol::Sieve,
        MailProtocol::Dav => model::MailProtocol::Dav,
    };
    given.iter().map(one).collect()
}

/// The API's words for them.
pub(crate) fn shown(protocols: &BTreeSet<model::MailProtocol>) -> Vec<MailProtocol> {
    let one = |protocol: &model::MailProtocol| match protocol {
        model::MailProtocol::Imap => MailProtocol::Imap,
        model::MailProtocol::Pop3 => MailProtocol::Pop3,
        model::MailProtocol::Submission => MailProtocol::Submission,
        model::MailProtocol::Sieve => MailProtocol::Sieve,
        model::MailProtocol::Dav => MailProtocol::Dav,
    };
    protocols.iter().map(one).collect()
}

/// A password for one program. Its secret was shown once and is not kept.
#[derive(Debug, Clone, SimpleObject)]
pub struct AppPassword {
    /// The name for the API.
    pub id: AppPasswordKey,
    /// What its owner calls it; none once erased.
    pub name: Option<String>,
    /// What it opens.
    pub protocols: Vec<MailProtocol>,
    /// It opens nothing from then on.
    pub expires_at: Option<Moment>,
    /// When it was last used, to a quarter of an hour; none where it never was.
    pub last_used_at: Option<Moment>,
    /// How often it was changed: give it with a change that must not undo another's.
    pub revision: i32,
}

/// When a mailbox was last opened by a protocol, to a quarter of an hour.
#[derive(Debug, Clone, SimpleObject)]
pub struct LastLogin {
    /// `imap`, `submission` or `web`.
    pub protocol: String,
    /// The app password, where it was one.
    pub app_password_id: Option<AppPasswordKey>,
    /// When.
    pub at: Moment,
}

/// What a sign-in came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "door::SignInOutcome")]
pub enum SignInOutcome {
    /// Somebody is in.
    Success,
    /// The password was wrong.
    WrongPassword,
    /// The password was right, and the code or passkey after it was wrong.
    WrongSecondFactor,
    /// A passkey of this login was shown and was not good.
    WrongPasskey,
    /// The password was right and opens nothing by this protocol: the service or the protocol is off, an app password is
    /// wanted or is over, or a second factor is still to be added.
    NotOpen,
    /// Too many tries: the password was not looked at.
    Throttled,
}

/// A way to sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "door::SignInProtocol")]
pub enum SignInProtocol {
    /// The pages and the API, by password.
    Web,
    /// The pages, by a passkey alone.
    Passkey,
    /// IMAP.
    Imap,
    /// Message submission by SMTP.
    Submission,
    /// The pages: all messages were downloaded.
    Export,
}

/// Sign-ins of one kind on one day, failures as well.
#[derive(Debug, Clone, SimpleObject)]
pub struct SignIn {
    /// By which way.
    pub protocol: SignInProtocol,
    /// With what result.
    pub outcome: SignInOutcome,
    /// From where: the network and not the address, for example `192.0.2.0/24`.
    pub network: String,
    /// With what program, as it says itself; none where it says nothing.
    pub device: Option<String>,
    /// How many on that day.
    pub count: i32,
    /// The first of the day.
    pub first_at: Moment,
    /// The last of the day.
    pub last_at: Moment,
}

impl From<SignInRow> for SignIn {
    fn from(row: SignInRow) -> Self {
        Self {
            protocol: row.note.protocol.into(),
            outcome: row.note.outcome.into(),
            network: row.note.network,
            device: Some(row.note.device).filter(|device| !device.is_empty()),
            count: i32::try_from(row.count).unwrap_or(i32::MAX),
            first_at: Moment(row.first_at),
            last_at: Moment(row.last_at),
        }
    }
}

/// What an authenticator app is set up with.
#[derive(Debug, Clone, SimpleObject)]
pub struct TotpSetup {
    /// In base32, to be typed, and to be given to `totpConfirm`.
    pub secret: String,
    /// To be shown as a QR code.
    pub url: String,
}
