//! Whose messages somebody may take along: for the HTTP server, which reads nothing by itself.

use directory::{Demand, Entitlement};
use door::{SignInNote, SignInOutcome, SignInProtocol};
use hosting::session::SessionOwner;
use kernel::{AccountId, Actor, EmailAddress, MailboxId, SessionId, TenantId, Timestamp, Via};

use super::jwt::{Claims, Holder};
use super::{Standing, now};
use crate::api::{Api, Knock};

/// The owner of a mailbox, who may take all its messages along.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taker {
    /// Whose.
    pub tenant: TenantId,
    /// Which.
    pub mailbox: MailboxId,
    /// Its address.
    pub address: EmailAddress,
    /// Why nothing else is open to it.
    pub closed: Option<Closed>,
    account: AccountId,
    session: SessionId,
}

/// Why a mailbox is closed to its owner but for this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Closed {
    /// Its service is suspended, since it was not paid.
    Suspended,
    /// Its service has ended; its messages are destroyed from that day on (UTC, `2026-12-31`).
    Ended(Option<String>),
}

/// Why there is nothing to take along.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoTaker {
    /// Nobody is signed in.
    #[error("sign in first")]
    Unauthenticated,
    /// Who is signed in is no mailbox, or not by a session of its own.
    #[error("messages are taken along by the mailbox itself, signed in with its own address")]
    NotOwn,
    /// Something has to be done first.
    #[error("something has to be done first: the dashboard says what")]
    Demanded,
}

impl Api {
    /// Whose messages whoever knocks may take along: those of the mailbox that is signed in, by a session of its own. No
    /// delegation, no administrator and no API token leads here, since none reaches what mail says.
    ///
    /// # Errors
    /// [`NoTaker`].
    pub fn taker(&self, knock: &Knock) -> Result<Taker, NoTaker> {
        self.taker_of(self.caller(knock).standing.ok_or(NoTaker::Unauthenticated)?)
    }

    /// Whether it may go on: the session is not over, and the mailbox is open to it as it was. An access token may have ended
    /// meanwhile, which ends no session.
    pub fn is_still(&self, taker: &Taker) -> bool {
        let claims =
            Claims { holder: Holder::Mailbox(taker.mailbox), account: taker.account, session: taker.session };
        let standing = self.platform().people.by_session(&claims, now());
        let standing = standing.and_then(|standing| super::admitted(self.platform(), standing));
        standing.is_some_and(|standing| self.taker_of(standing).is_ok())
    }

    /// Lets the owner see among the sign-ins that the messages were taken along, and from where.
    pub fn note_taken(&self, taker: &Taker, knock: &Knock) {
        let whose = (taker.tenant, SessionOwner::Mailbox(taker.mailbox));
        let how = (SignInProtocol::Export, SignInOutcome::Success);
        let note = SignInNote::new(whose, how, (knock.peer, knock.agent.as_deref()));
        self.platform().door.note(note, 1, now());
    }

    fn taker_of(&self, standing: Standing) -> Result<Taker, NoTaker> {
        let principal = &standing.principal;
        let is_own = principal.on_behalf_of.is_none() && principal.via == Via::Session;
        let (Actor::Mailbox(mailbox), Some(session), true) = (principal.actor, standing.session, is_own)
        else {
            return Err(NoTaker::NotOwn);
        };
        let tenant = standing.home.tenant();
        let known = self.platform().directory.standing_of(tenant, mailbox);
        let (address, entitlement, until) = known.ok_or(NoTaker::NotOwn)?;
        let closed = match standing.demand {
            None => None,
            Some(Demand::ExportOnly) if entitlement == Entitlement::Ended => {
                Some(Closed::Ended(until.and_then(day)))
            }
            Some(Demand::ExportOnly) => Some(Closed::Suspended),
            Some(Demand::PasswordChange | Demand::SecondFactor | Demand::EmailVerification) => {
                return Err(NoTaker::Demanded);
            }
        };
        Ok(Taker { tenant, mailbox, address, closed, account: standing.home, session })
    }
}

fn day(moment: Timestamp) -> Option<String> {
    let at = jiff::Timestamp::from_millisecond(moment.millis()).ok()?;
    Some(at.strftime("%Y-%m-%d").to_string())
}
