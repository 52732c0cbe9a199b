//! Ending a session.

use authority::{Guarded, Need, OnBox, Permission, Resource};
use kernel::{AccountId, Changes, Decider, Key, Reads, SessionId, TenantId, Timestamp, UseCase};

use crate::HostingRefusal;
use crate::session::{EndReason, Session, SessionCommand};

/// Ends a session: signed out, revoked, or its token was shown twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndSession {
    /// Whose.
    pub account: AccountId,
    /// Which session.
    pub session: SessionId,
    /// Why.
    pub reason: EndReason,
}

impl UseCase for EndSession {
    const NAME: &'static str = "end_session";
    type Reads = Key<Session>;
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.account.tenant()
    }

    fn reads(&self) -> Self::Reads {
        Key(self.session)
    }

    fn decide(
        &self,
        session: &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        let events = Session::decide(session, SessionCommand::End(self.reason), &(), now)?;
        Ok(Changes::none().emit::<Session>(self.session, events))
    }
}

impl Guarded for EndSession {
    fn on_box(&self, _: &<Self::Reads as Reads>::States) -> OnBox {
        OnBox::Nothing
    }

    fn need(&self, session: &<Self::Reads as Reads>::States) -> Need {
        let resource = match session.owner() {
            Some(owner) => super::owner_resource(self.account, owner),
            None => Resource::account(self.account),
        };
        Need { permission: Permission::CredentialWrite, resource }
    }
}
