//! What can happen to an alias.

use kernel::{
    AccountId, DomainId, DomainName, EmailAddress, LocalPart, MailboxId, Sealed, ServiceId, Timestamp,
};

use super::AliasSettings;

/// A temporary alias: it takes no slot of the plan, belongs to a mailbox, and ends by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Temporary {
    /// Whose owner made it, or for whom it was made.
    pub mailbox: MailboxId,
    /// From then on its address is unknown.
    pub expires_at: Timestamp,
}

/// What happened to one alias. Stream `alias/{AliasId}`; created once, deleted at most once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AliasEvent {
    /// Mail for its address goes to its targets from now on.
    Created {
        /// Whose it is.
        account: AccountId,
        /// Its service.
        service: ServiceId,
        /// Its domain, own or shared.
        domain: DomainId,
        /// The name of the domain, so that a reader knows the address without another stream.
        domain_name: DomainName,
        /// Before the `@`; none: every otherwise unknown address of the domain.
        local: Option<Sealed<LocalPart>>,
        /// Where its mail goes; not empty, each once.
        targets: Sealed<Vec<EmailAddress>>,
        /// For whom and until when; none: it is permanent.
        temporary: Option<Temporary>,
    },
    /// It ends at another time.
    ExpiryChanged {
        /// None: it is permanent from now on.
        expires_at: Option<Timestamp>,
    },
    /// It leads elsewhere.
    TargetsChanged {
        /// Where its mail goes from now on.
        targets: Sealed<Vec<EmailAddress>>,
    },
    /// Some of its settings are otherwise.
    SettingsChanged {
        /// All of them from now on.
        settings: Sealed<Box<AliasSettings>>,
        /// The names of those that changed.
        changed: Vec<String>,
    },
    /// Its address is free.
    Deleted,
}
