//! Whether what a login sends looks like its owner's.

use std::net::IpAddr;

use async_trait::async_trait;
use directory::{Login, Sending};
use kernel::{EmailAddress, TenantId};

use crate::deliver::{Envelope, SANDBOX};
use crate::reply::Reply;
use crate::server::Role;
use crate::session::Session;

/// Mail into mailboxes is not held: whoever let it go on would have to know that it is still wanted there.
pub(crate) const HELD: Reply = Reply::new(
    550,
    "5.7.1",
    "What this mailbox sends is held, as it looks like somebody else's: mailboxes of other accounts here get none of it \
     until your administrator releases it",
);

/// What becomes of a submission for other hosts and for mailboxes of other accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement {
    /// It leaves.
    Pass,
    /// For other hosts it is taken and held until somebody has looked at it, for what this word of the trace says; for other
    /// accounts it is refused.
    Hold(&'static str),
}

/// Knows how mailboxes usually send. A port: it remembers, and tells people.
#[async_trait]
pub trait Watch: Send + Sync + 'static {
    /// Judges a message for `recipients` on other hosts and in other accounts. It passes where that cannot be judged.
    async fn judge(&self, login: &Login, recipients: &[EmailAddress], peer: IpAddr) -> Judgement;
}

impl Session<'_> {
    /// Whether what the mailbox that speaks sends is held already.
    pub(crate) fn is_held(&self) -> bool {
        let directory = &self.server.directory;
        self.login
            .as_ref()
            .is_some_and(|login| directory.sending(login.tenant, login.mailbox) == Sending::Held)
    }

    /// The only account whose mailboxes whoever speaks may write to, and what is said of all others here.
    pub(crate) fn confined(&self) -> Option<(TenantId, Reply)> {
        let tenant = self.asker()?;
        // Whoever tries things out writes to nobody else, here as little as elsewhere.
        if self.server.directory.is_sandbox(tenant) {
            return Some((tenant, SANDBOX));
        }
        self.is_held().then_some((tenant, HELD))
    }

    /// The recipients of a submission that are mailboxes of other accounts.
    pub(crate) fn neighbours(&self, envelope: &Envelope) -> Vec<EmailAddress> {
        let Some(asker) = self.asker() else { return Vec::new() };
        let others = envelope.places().iter().filter(|place| place.owner.tenant != asker);
        others.map(|place| place.recipient.clone()).collect()
    }

    /// For what a submission for these `recipients` is to be held, if it is.
    pub(crate) async fn suspicion(&self, recipients: &[EmailAddress]) -> Option<&'static str> {
        let (watch, login) = self.server.watch.as_ref().zip(self.login.as_ref())?;
        if self.server.role != Role::Submission || recipients.is_empty() {
            return None;
        }
        match watch.judge(login, recipients, self.peer).await {
            Judgement::Pass => None,
            Judgement::Hold(held_for) => Some(held_for),
        }
    }
}
