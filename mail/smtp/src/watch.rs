//! Whether what a login sends looks like its owner's.

use std::net::IpAddr;

use async_trait::async_trait;
use directory::Login;
use kernel::EmailAddress;

use crate::server::Role;
use crate::session::Session;

/// What becomes of a submission for other hosts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement {
    /// It leaves.
    Pass,
    /// It is taken and held until somebody has looked at it.
    Hold,
}

/// Knows how mailboxes usually send. A port: it remembers, and tells people.
#[async_trait]
pub trait Watch: Send + Sync + 'static {
    /// Judges a message for `recipients` on other hosts. It passes where that cannot be judged.
    async fn judge(&self, login: &Login, recipients: &[EmailAddress], peer: IpAddr) -> Judgement;
}

impl Session<'_> {
    /// Whether a submission for `recipients` on other hosts is to be held.
    pub(crate) async fn is_suspicious(&self, recipients: &[EmailAddress]) -> bool {
        let (Some(watch), Some(login)) = (&self.server.watch, &self.login) else { return false };
        self.server.role == Role::Submission
            && !recipients.is_empty()
            && watch.judge(login, recipients, self.peer).await == Judgement::Hold
    }
}
