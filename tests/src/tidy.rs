//! The rules of the house that a program can check.
//!
//! [`EDGES`] is the whole list of allowed dependencies between rooms: a new edge is a reviewed line.

/// Every room with the rooms that it may name, in the direction of the architecture: pure, journal, engine, edges, wiring.
pub const EDGES: &[(&str, &[&str])] = &[
    // pure
    ("kernel", &[]),
    ("authority", &["kernel"]),
    ("sieve", &[]),
    ("hosting", &["kernel", "authority", "sieve"]),
    ("message", &[]),
    ("sign", &["kernel", "message"]),
    ("report", &["kernel"]),
    ("passkey", &[]),
    // memory and movement
    ("database", &[]),
    ("journal", &["kernel", "database"]),
    ("engine", &["kernel", "authority", "database", "journal"]),
    ("caller", &[]),
    ("webhook", &["kernel", "authority", "hosting", "engine", "journal", "database", "caller"]),
    ("notice", &["kernel", "hosting", "engine", "authority"]),
    // edges
    ("listener", &[]),
    ("resolver", &[]),
    ("verify", &["message", "resolver"]),
    ("dnscheck", &["resolver"]),
    ("store", &["kernel", "database", "message"]),
    ("directory", &["kernel", "hosting", "engine", "journal"]),
    ("smtp", &["kernel", "directory", "listener", "message", "resolver", "store", "verify"]),
    ("smtp", &["kernel", "directory", "listener", "message", "store"]),
    ("outbound", &["kernel", "directory", "message", "resolver", "store"]),
    ("imap", &["kernel", "directory", "listener", "message", "store"]),
    (
        "graphql",
        &[
            "kernel",
            "notice",
            "authority",
            "hosting",
            "engine",
            "journal",
            "database",
            "directory",
            "dnscheck",
            "resolver",
            "sieve",
        ],
    ),
    ("web", &["graphql", "engine"]),
    // wiring: names everything, nothing names it
    (
        "node",
        &[
            "kernel",
            "notice",
            "database",
            "journal",
            "engine",
            "hosting",
            "authority",
            "message",
            "directory",
            "store",
            "smtp",
            "imap",
            "listener",
            "outbound",
            "resolver",
            "verify",
            "dnscheck",
            "graphql",
            "web",
            "caller",
            "webhook",
        ],
    ),
    ("xtask", &[]),
];
