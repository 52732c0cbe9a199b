//! What people ordered: the operator or an account for a destination, a sender for a message.

use resolver::Name;

/// How far mail to a destination must be protected, where somebody said so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// TLS is not even tried.
    None,
    /// TLS where it is offered; certificates are not looked at.
    May,
    /// TLS or nothing; certificates are not looked at.
    Encrypt,
    /// DANE where its records exist, otherwise as `May`.
    Dane,
    /// DANE or nothing.
    DaneOnly,
    /// A certificate of these fingerprints or nothing.
    Fingerprint,
    /// A trusted certificate of the host's name, or of those given, or nothing.
    Verify,
    /// A trusted certificate of the destination's name, or of those given, or nothing.
    Secure,
}

/// A name that a certificate may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NameRule {
    /// This one.
    Exact(Name),
    /// Any below this one.
    Below(Name),
    /// The destination's.
    Destination,
    /// Any below the destination's.
    BelowDestination,
    /// The host's.
    Host,
}

impl NameRule {
    /// Reads `name`, `.name`, `nexthop`, `dot-nexthop` or `hostname`; none where it is neither.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "nexthop" => Some(Self::Destination),
            "dot-nexthop" => Some(Self::BelowDestination),
            "hostname" => Some(Self::Host),
            _ => match text.strip_prefix('.') {
                Some(parent) => Name::parse(parent).ok().map(Self::Below),
                None => Name::parse(text).ok().map(Self::Exact),
            },
        }
    }
}

/// An order for one destination: goes before everything that the destination says itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// How far.
    pub level: Level,
    /// Names for `Verify` and `Secure`; none: what the level says.
    pub names: Vec<NameRule>,
    /// SHA-256 of certificates, or of their keys, for `Fingerprint`.
    pub fingerprints: Vec<[u8; 32]>,
    /// Whether TLS 1.2 is too old.
    pub only_tls13: bool,
}

impl Order {
    /// One of a level alone.
    pub const fn of(level: Level) -> Self {
        Self { level, names: Vec::new(), fingerprints: Vec::new(), only_tls13: false }
    }
}

/// What the message or its sender asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Wish {
    /// Nothing of its own.
    #[default]
    Usual,
    /// The sender's mailbox sends encrypted or not at all.
    Encrypted,
    /// The sender demands that every host on the way is authenticated and keeps demanding it (RFC 8689 section 2).
    RequireTls,
    /// The sender asks that it is delivered even where the destination's policy fails (RFC 8689 section 3). Orders hold
    /// all the same.
    Relaxed,
}
