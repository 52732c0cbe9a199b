//! A sender relay: the host through which mail of one domain leaves, whatever its recipients, with the login there.
//!
//! There is always a login: a host that takes mail from this platform's addresses alone would take it from every customer.

use std::net::IpAddr;

use authority::{AdministratorRight, Permission};
use kernel::{Category, Kind, SenderRelayId};

use crate::HostingRefusal;
use crate::book::{Entry, Home, Others, Refusals, Words};
use crate::domain::Domain;
use crate::limit::{SENDER_RELAY_COUNT_MAX, SENDER_RELAY_TEXT_OCTETS_MAX};
use crate::refusal::{Limit, RelayRefusal};
use crate::remote::public_host;
use crate::secret::Secret;
use crate::settings::settings;

settings! {
    /// Through which host mail of a domain leaves.
    SenderRelay, patched by SenderRelayPatch {
        /// The host: a public name, which its certificate has to prove.
        host: String = String::new();
        /// Its port: 1 to 65 535. TLS is there from the beginning at 465, and begun by STARTTLS at all others.
        port: u32 = 587;
        /// Who signs in there.
        login: String = String::new();
        /// With what.
        password: Secret = Secret::hidden();
        /// Whether mail leaves through it.
        is_active: bool = true;
    }
}

impl Entry for SenderRelay {
    type Id = SenderRelayId;
    type Patch = SenderRelayPatch;
    type Owner = Domain;

    const WORDS: Words = Words {
        category: Category("sender_relay"),
        added: Kind { name: "sender_relay.added", schema: 1 },
        changed: Kind { name: "sender_relay.changed", schema: 1 },
        removed: Kind { name: "sender_relay.removed", schema: 1 },
        edit: "edit_sender_relay",
    };
    const REFUSALS: Refusals = Refusals {
        not_found: HostingRefusal::Relay(RelayRefusal::NotFound),
        exists: HostingRefusal::Relay(RelayRefusal::Exists),
        limit: |limit| HostingRefusal::Relay(RelayRefusal::Taken(limit)),
    };
    const COUNT_MAX: usize = SENDER_RELAY_COUNT_MAX;
    /// As for passwords, since whoever has the host reads all mail that leaves: never delegable.
    const PERMISSION: Permission = Permission::CredentialWrite;
    const RIGHT: Option<AdministratorRight> = Some(AdministratorRight::Relays);
    const CALLS_ELSEWHERE: bool = true;

    fn with(&self, patch: SenderRelayPatch) -> Self {
        let (is_given, known) = (patch.password.is_some(), self);
        let mut relay = self.patched(patch);
        // A password is only ever sent where it was given for: elsewhere it has to be given again.
        let place = |relay: &Self| (relay.host.to_lowercase(), relay.port, relay.login.clone());
        if !is_given && place(&relay) != place(known) {
            relay.password = Secret::hidden();
        }
        relay
    }

    fn differing_in(&self, other: &Self) -> Vec<&'static str> {
        self.differing(other)
    }

    fn settled(mut self, _: &Home, _: &Others<'_, Self>) -> Result<Self, HostingRefusal> {
        // An address is proven by no certificate that anybody gets.
        let named = public_host(&self.host).filter(|host| host.parse::<IpAddr>().is_err());
        self.host = named.ok_or(RelayRefusal::Host)?;
        if !(1..=65_535).contains(&self.port) {
            return Err(RelayRefusal::Port(Limit { allowed: 65_535, used: self.port.into() }).into());
        }
        self.login = self.login.trim().to_owned();
        let is_long = |text: &str| text.len() > SENDER_RELAY_TEXT_OCTETS_MAX;
        if self.login.is_empty() || is_long(&self.login) || self.login.chars().any(char::is_control) {
            return Err(RelayRefusal::Login.into());
        }
        let password = self.password.reveal();
        if password.is_empty() || is_long(password) || password.contains(['\0', '\r', '\n']) {
            return Err(RelayRefusal::Password.into());
        }
        Ok(self)
    }

    fn shown(&self) -> Self {
        Self { password: Secret::hidden(), ..self.clone() }
    }
}
