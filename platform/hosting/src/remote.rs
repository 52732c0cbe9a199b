//! Names of hosts elsewhere, as people give them. Nothing is looked up here: what a name leads to is checked once more by
//! whoever connects, since that changes.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use kernel::DomainName;

/// Names that are never public (RFC 6761, RFC 6762, RFC 8375, RFC 9476).
const PRIVATE_SUFFIXES: [&str; 8] =
    ["localhost", "local", "internal", "home.arpa", "lan", "test", "invalid", "alt"];

/// A public host as it is kept: a name of at least two labels in ASCII and lower case, or a public address. None for what
/// leads into a private network or nowhere: `localhost`, `10.0.0.1`, `[::1]`, `127.1`, `0x7f000001`.
pub fn public_host(text: &str) -> Option<String> {
    let text = text.trim();
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    if let Ok(address) = bare.parse::<IpAddr>() {
        return is_public(address).then(|| address.to_string());
    }
    let name = DomainName::parse(text).ok()?;
    let name = name.as_str();
    let last = name.rsplit('.').next()?;
    // A last label that is a number makes an address of the name, in one of its older forms.
    let is_number = last.starts_with("0x") || last.bytes().all(|octet| octet.is_ascii_digit());
    let is_private = PRIVATE_SUFFIXES
        .iter()
        .any(|suffix| name == *suffix || name.strip_suffix(suffix).is_some_and(|rest| rest.ends_with('.')));
    (name.contains('.') && !is_number && !is_private).then(|| name.to_owned())
}

/// Whether an address belongs to the public network.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(mapped) => is_public_v4(mapped),
            None => is_public_v6(address),
        },
    }
}

/// Everything but what RFC 6890 and its successors set apart.
fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !(a == 0
        || address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || address.is_broadcast()
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && (18..20).contains(&b))
        || a >= 224)
}

/// Global unicast alone (2000::/3), without documentation and without forms that hold an IPv4 address.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    let is_documentation = first == 0x2001 && second == 0x0db8 || first == 0x3fff;
    let holds_v4 = first == 0x2002 || first == 0x2001 && second == 0;
    (0x2000..0x4000).contains(&first) && !is_documentation && !holds_v4
}

/// A URL that news may be sent to: `https`, a public host, no credentials, no fragment; at most `octets_max`.
pub fn public_url(text: &str, octets_max: usize) -> Option<String> {
    let text = text.trim();
    let rest = text.get(..8).filter(|scheme| scheme.eq_ignore_ascii_case("https://"))?;
    let rest = &text[rest.len()..];
    let is_plain = text.len() <= octets_max && text.bytes().all(|octet| (33..=126).contains(&octet));
    if !is_plain || text.contains(['#', '\\', '"', '<', '>']) {
        return None;
    }
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    if authority.contains('@') {
        return None;
    }
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => {
            (host, Some(port.parse::<u16>().ok().filter(|port| *port > 0)?))
        }
        Some(_) | None => (authority, None),
    };
    let host = public_host(host)?;
    let host = if host.contains(':') { format!("[{host}]") } else { host };
    let port = port.map(|port| format!(":{port}")).unwrap_or_default();
    Some(format!("https://{host}{port}{path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_places_are_no_hosts_in_whatever_form() {
        for text in [
            "localhost",
            "LOCALHOST.",
            "a.localhost",
            "printer.local",
            "db.internal",
            "10.0.0.1",
            "127.0.0.1",
            "127.1",
            "0x7f000001",
            "2130706433",
            "a.0x7f",
            "192.168.1.1",
            "172.16.0.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "[::1]",
            "::1",
            "::ffff:10.0.0.1",
            "fe80::1",
            "fd00::1",
            "2001:db8::1",
            "2002:0a00:0001::",
            "64:ff9b::a00:1",
            "",
            "a b",
            "imap",
        ] {
            assert_eq!(public_host(text), None, "{text}");
        }
        for (text, kept) in [
            ("IMAP.Example.org.", "imap.example.org"),
            ("b\u{fc}cher.example", "xn--bcher-kva.example"),
            ("8.8.8.8", "8.8.8.8"),
            ("[2606:4700::1111]", "2606:4700::1111"),
        ] {
            assert_eq!(public_host(text).as_deref(), Some(kept));
        }
    }

    #[test]
    fn news_is_sent_over_https_to_public_hosts_alone() {
        for text in [
            "http://a.example/",
            "https://localhost/",
            "https://10.0.0.1/x",
            "https://[::1]/",
            "https://u:p@a.example/",
            "https://a.example@10.0.0.1/",
            "https://a.example#x",
            "https://a.example:0/",
            "https://a.example:99999/",
            "https://",
            "ftp://a.example",
            "https://a.example/\nx",
            "https://a.example\\@b.example/",
        ] {
            assert_eq!(public_url(text, 500), None, "{text}");
        }
        assert_eq!(
            public_url(" HTTPS://Hooks.Example.org:8443/a?b=c ", 500).as_deref(),
            Some("https://hooks.example.org:8443/a?b=c")
        );
        assert_eq!(public_url(&format!("https://a.example/{}", "x".repeat(500)), 500), None);
    }
}
