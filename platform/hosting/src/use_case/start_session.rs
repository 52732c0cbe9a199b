//! Starting a session.

use authority::{Guarded, Need, OnBox, Permission};
use kernel::{AccountId, Changes, Decider, Reads, Sealed, SessionId, TenantId, Timestamp, UseCase};

use super::SignedIn;
use crate::HostingRefusal;
use crate::limit::DEVICE_CHARACTER_COUNT_MAX;
use crate::session::{Entrance, Session, SessionCommand, SessionOwner};

/// Begins the session of somebody whose password was verified; the caller acts as the platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartSession {
    /// Whose.
    pub account: AccountId,
    /// Who signed in.
    pub owner: SessionOwner,
    /// Its id.
    pub session: SessionId,
    /// BLAKE3 of the refresh token.
    pub refresh_hash: [u8; 32],
    /// When it ends unless it is used before.
    pub expires_at: Timestamp,
    /// Whether a second factor was proved.
    pub has_second_factor: bool,
    /// From what device and network, for its owner to recognise; what is too long is cut.
    pub device: Option<String>,
    /// Whether that device was not seen in that network before, while others were.
    pub is_unfamiliar: bool,
}

impl UseCase for StartSession {
    const NAME: &'static str = "start_session";
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
        super::check_signed_in(self.account, signing_in)?;
        let start = SessionCommand::Start {
            owner: self.owner,
            refresh_hash: self.refresh_hash,
            expires_at: self.expires_at,
            entrance: Entrance {
                has_second_factor: self.has_second_factor,
                is_unfamiliar: self.is_unfamiliar,
                device: self.device.as_ref().map(|device| {
                    let line = device.chars().filter(|character| !character.is_control());
                    Sealed::new(self.owner.subject(), line.take(DEVICE_CHARACTER_COUNT_MAX).collect())
                }),
            },
        };
        Ok(Changes::none().emit::<Session>(self.session, Session::decide(session, start, &(), now)?))
    }
}

impl Guarded for StartSession {
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
