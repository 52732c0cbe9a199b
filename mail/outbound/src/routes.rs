//! Where mail goes that does not go to the MX of its domain.

use std::sync::Arc;

use directory::{Directory, RelayProtocol};
use kernel::{DomainName, EmailAddress, TenantId};

use crate::client::{Credentials, Protocol};

/// How mail reaches the host that takes it from us, by who has set that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Through {
    /// Nobody: the hosts that its domain names in DNS.
    #[default]
    Exchangers,
    /// The recipient's domain, which is served here.
    HostOfRecipient,
    /// The sender's domain.
    RelayOfSender,
    /// The operator.
    RelayOfPlatform,
}

impl Through {
    /// What the message trace says about it. Never renamed.
    pub const fn reason(self) -> Option<&'static str> {
        match self {
            Self::Exchangers => None,
            Self::HostOfRecipient => Some("host_of_recipient"),
            Self::RelayOfSender => Some("relay_of_sender"),
            Self::RelayOfPlatform => Some("relay_of_platform"),
        }
    }
}

/// A host that takes mail in place of the domain's own.
#[derive(Debug, Clone)]
pub struct Relay {
    /// Who has set it.
    pub through: Through,
    /// Its name; its MX records are not asked for.
    pub host: DomainName,
    /// Its port.
    pub port: u16,
    /// What it speaks.
    pub protocol: Protocol,
    /// The login there: given only to a host that proves its name.
    pub credentials: Option<Credentials>,
}

/// Who knows of relays.
pub trait Routes: Send + Sync + 'static {
    /// The host that takes mail for a domain in place of its MX, for example the one that we are the backup of.
    fn host_of(&self, _domain: &DomainName) -> Option<Relay> {
        None
    }

    /// The host through which a sender's mail leaves, whatever the recipient; reports have no sender. What the sender's
    /// domain has set goes before what the operator has.
    fn relay_of(&self, _tenant: TenantId, _sender: Option<&EmailAddress>) -> Option<Relay> {
        None
    }
}

/// Everything goes to the MX of its domain.
#[derive(Debug, Clone, Copy, Default)]
pub struct Direct;

impl Routes for Direct {}

/// A relay with the senders whose mail leaves through it.
#[derive(Debug, Clone)]
pub struct OwnRelay {
    /// Domains of senders; none: everybody's, and reports.
    pub domains: Vec<DomainName>,
    /// The relay.
    pub relay: Relay,
}

/// What domains have set for mail to them and from them, and what the operator has set for mail from here.
#[derive(Debug)]
pub struct Routed {
    directory: Arc<Directory>,
    relays: Vec<OwnRelay>,
}

impl Routed {
    /// By the directory, and by `relays`, of which the first that fits counts.
    pub const fn new(directory: Arc<Directory>, relays: Vec<OwnRelay>) -> Self {
        Self { directory, relays }
    }
}

impl Routes for Routed {
    fn host_of(&self, domain: &DomainName) -> Option<Relay> {
        let onward = self.directory.onward(domain)?;
        let protocol = match onward.protocol {
            RelayProtocol::Smtp => Protocol::Smtp,
            RelayProtocol::Lmtp => Protocol::Lmtp,
        };
        let through = Through::HostOfRecipient;
        Some(Relay { through, host: onward.host, port: onward.port, protocol, credentials: None })
    }

    fn relay_of(&self, tenant: TenantId, sender: Option<&EmailAddress>) -> Option<Relay> {
        if let Some(set) = sender.and_then(|sender| self.directory.sender_relay(tenant, &sender.domain)) {
            let credentials = Credentials { login: set.login.clone(), password: set.password.clone() };
            return Some(Relay {
                through: Through::RelayOfSender,
                host: set.host.clone(),
                port: set.port,
                protocol: Protocol::Smtp,
                credentials: Some(credentials),
            });
        }
        let fits = |own: &&OwnRelay| {
            own.domains.is_empty() || sender.is_some_and(|sender| own.domains.contains(&sender.domain))
        };
        self.relays.iter().find(fits).map(|own| own.relay.clone())
    }
}
