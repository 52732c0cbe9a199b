//! The host that takes mail of a domain in place of this platform.

use std::net::Ipv4Addr;

use kernel::DomainName;

/// Which protocol it speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RelayProtocol {
    /// RFC 5321.
    Smtp,
    /// RFC 2033: a store that is not a mail host.
    Lmtp,
}

/// A host with its port.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RelayHost {
    /// Its name.
    pub host: DomainName,
    /// Its port: 25, or 24 for LMTP, where none is given.
    pub port: u16,
    /// What it speaks.
    pub protocol: RelayProtocol,
}

impl RelayHost {
    /// Reads `host`, `host:port`, `lmtp://host` or `lmtp://host:port`; none where it is neither.
    pub fn parse(text: &str) -> Option<Self> {
        let (text, protocol, usual) = match text.strip_prefix("lmtp://") {
            Some(rest) => (rest, RelayProtocol::Lmtp, 24),
            None => (text, RelayProtocol::Smtp, 25),
        };
        let (name, port) = match text.rsplit_once(':') {
            Some((name, port)) => (name, port.parse::<u16>().ok().filter(|port| *port > 0)?),
            None => (text, usual),
        };
        // An address would be looked up as a name, which nobody has.
        let host = DomainName::parse(name).ok().filter(|_| name.parse::<Ipv4Addr>().is_err())?;
        Some(Self { host, port, protocol })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_read_with_its_port_and_protocol_or_not_at_all() {
        for (text, port, protocol) in [
            ("mx.example.org", 25, RelayProtocol::Smtp),
            ("mx.example.org:2525", 2525, RelayProtocol::Smtp),
            ("lmtp://store.example.org", 24, RelayProtocol::Lmtp),
            ("lmtp://store.example.org:2003", 2003, RelayProtocol::Lmtp),
        ] {
            let read = RelayHost::parse(text).expect(text);
            assert_eq!((read.port, read.protocol), (port, protocol), "{text}");
        }
        for text in [
            "",
            "192.0.2.1",
            "lmtp://192.0.2.1:24",
            "mx.example.org:0",
            "mx.example.org:70000",
            "mx.example.org:x",
            "http://x.example",
            "a b",
        ] {
            assert_eq!(RelayHost::parse(text), None, "{text}");
        }
    }
}
