//! Exchanging a refresh token.

use authority::{Guarded, Need, OnBox, Permission};
use kernel::{AccountId, Changes, Decider, Reads, SessionId, TenantId, Timestamp, UseCase};

use super::{EndSession, SignedIn};
use crate::HostingRefusal;
use crate::session::{EndReason, Rotation, Session, SessionCommand, SessionOwner};

/// Exchanges the refresh token of a session for a new one; each is good once.
///
/// Where the refusal is `REFRESH_TOKEN_REUSED`, a token was probably stolen: the caller then runs
/// [`RotateSession::end_after_reuse`], which ends the session for both holders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RotateSession {
    /// Whose.
    pub account: AccountId,
    /// Whose session it is.
    pub owner: SessionOwner,
    /// Which session.
    pub session: SessionId,
    /// BLAKE3 of the token that was shown.
    pub old_hash: [u8; 32],
    /// BLAKE3 of the token to give.
    pub new_hash: [u8; 32],
    /// When the session ends unless it is used before.
    pub expires_at: Timestamp,
}

impl UseCase for RotateSession {
    const NAME: &'static str = "rotate_session";
    type Reads = SignedIn;
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.account.tenant()
    }

    fn reads(&self) -> Self::Reads {
        super::signed_in(self.account, self.session, self.owner)
    }

    fn decide(
        &self,
        (session, signing_in): &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        if session.owner().is_some_and(|owner| owner != self.owner) {
            return Err(HostingRefusal::SessionNotFound);
        }
        let rotation =
            Rotation { old_hash: self.old_hash, new_hash: self.new_hash, expires_at: self.expires_at };
        let rotated = Session::decide(session, SessionCommand::Rotate(rotation), &(), now)?;
        super::check_signed_in(self.account, signing_in)?;
        Ok(Changes::none().emit::<Session>(self.session, rotated))
    }
}

impl Guarded for RotateSession {
    fn on_box(&self, _: &<Self::Reads as Reads>::States) -> OnBox {
        OnBox::Nothing
    }

    fn need(&self, _: &<Self::Reads as Reads>::States) -> Need {
        Need {
            permission: Permission::CredentialWrite,
            resource: super::owner_resource(self.account, self.owner),
        }
    }
}

impl RotateSession {
    /// What must follow the refusal `REFRESH_TOKEN_REUSED`.
    pub const fn end_after_reuse(&self) -> EndSession {
        EndSession { account: self.account, session: self.session, reason: EndReason::TokenReused }
    }
}
