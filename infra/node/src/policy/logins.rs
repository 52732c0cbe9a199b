//! When mailboxes were last opened: from the directory, which sees it, to the store, which keeps it, to the API.

use async_trait::async_trait;
use database::DatabaseError;
use directory::{Credential, Directory, Protocol, TryOutcome};
use door::{DoorBook, SignInNote, SignInOutcome, SignInProtocol};
use graphql::{LastUse, LoginSource, PortError};
use hosting::session::SessionOwner;
use journal::{Clock as _, SystemClock};
use kernel::{MailboxId, TenantId};
use store::{LastLogin, LastLogins};

/// The table of last logins, as directory and API speak of it.
#[derive(Clone)]
pub struct Logins(pub LastLogins);

impl Logins {
    /// Writes what the directory has seen since the last time. What is lost with the process is a quarter of an hour.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn write(&self, directory: &Directory) -> Result<(), DatabaseError> {
        let uses = directory.take_uses().into_iter().map(|one| LastLogin {
            tenant: one.tenant,
            mailbox: one.mailbox,
            protocol: name(one.protocol),
            app_password: one.app_password,
            at: one.at,
        });
        self.0.keep(&uses.collect::<Vec<_>>()).await
    }
}

/// Writes who has come and who has tried since the last time, for their owners to see.
///
/// # Errors
/// [`DatabaseError`].
pub async fn write_tries(door: &DoorBook, directory: &Directory) -> Result<(), DatabaseError> {
    for tries in directory.take_tries() {
        let protocol = match tries.protocol {
            Protocol::Imap => SignInProtocol::Imap,
            Protocol::Submission => SignInProtocol::Submission,
            Protocol::Web => SignInProtocol::Web,
        };
        let outcome = match tries.outcome {
            TryOutcome::Success => SignInOutcome::Success,
            TryOutcome::Wrong => SignInOutcome::WrongPassword,
            TryOutcome::NotOpen => SignInOutcome::NotOpen,
            TryOutcome::Throttled => SignInOutcome::Throttled,
        };
        let whose = (tries.tenant, SessionOwner::Mailbox(tries.mailbox));
        door.note(SignInNote::new(whose, (protocol, outcome), (tries.network, None)), tries.count, tries.at);
    }
    door.write(SystemClock.now()).await
}

const fn name(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Imap => "imap",
        Protocol::Submission => "submission",
        Protocol::Web => "web",
    }
}

fn protocol(name: &str) -> Option<Protocol> {
    [Protocol::Imap, Protocol::Submission, Protocol::Web].into_iter().find(|known| self::name(*known) == name)
}

#[async_trait]
impl LoginSource for Logins {
    async fn last_uses(&self, tenant: TenantId, mailbox: MailboxId) -> Result<Vec<LastUse>, PortError> {
        let kept = self.0.of_mailbox(tenant, mailbox).await;
        let kept = kept.map_err(|source| PortError { what: "last logins", source: source.into() })?;
        let uses = kept.into_iter().filter_map(|(name, app_password, at)| {
            let credential = app_password.map_or_else(|| Credential::Password("".into()), Credential::App);
            Some(LastUse { protocol: protocol(&name)?, credential, at })
        });
        Ok(uses.collect())
    }
}
