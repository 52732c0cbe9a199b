//! Zones as text: master files (RFC 1035 section 5).

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::{Name, Record, Zone};

/// Longest text that is read, in octets.
const FILE_OCTETS_MAX: usize = 16 << 20;
/// Octets of one string of a TXT record (RFC 1035 section 3.3).
const STRING_OCTETS_MAX: usize = 255;

/// Why a text is no master file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {expected}")]
pub struct MasterFileFault {
    /// Counted from 1.
    pub line: usize,
    /// What was expected there.
    pub expected: &'static str,
}

/// One word of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Word {
    octets: Vec<u8>,
    is_quoted: bool,
}

/// One entry: its words, and whether it begins with a blank, that is, goes on with the owner before.
#[derive(Debug, Default)]
struct Entry {
    line: usize,
    words: Vec<Word>,
    has_owner: bool,
}

impl Zone {
    /// Reads a master file: `$ORIGIN`, `$TTL`, the types of [`Kind`](crate::Kind), and SOA, which is passed over. `$INCLUDE`,
    /// other types and other classes than IN are refused.
    ///
    /// # Errors
    /// The first fault, with its line.
    pub fn parse(text: &str) -> Result<Self, MasterFileFault> {
        if text.len() > FILE_OCTETS_MAX {
            return Err(MasterFileFault { line: 1, expected: "16 MiB at most" });
        }
        let mut zone = Self::new();
        let (mut origin, mut owner) = (None, None);
        for entry in entries(text)? {
            let refused = |expected| MasterFileFault { line: entry.line, expected };
            let mut words = entry.words.as_slice();
            if entry.has_owner {
                let Some((first, rest)) = words.split_first() else { continue };
                words = rest;
                match (first.octets.to_ascii_uppercase().as_slice(), first.is_quoted) {
                    (b"$ORIGIN", false) => {
                        let [place] = words else { return Err(refused("one name after $ORIGIN")) };
                        origin = absolute(place, origin.as_ref()).map_err(refused)?;
                        continue;
                    }
                    (b"$TTL", false) => {
                        is_ttl(words.first()).then_some(()).ok_or_else(|| refused("a time after $TTL"))?;
                        continue;
                    }
                    ([b'$', ..], false) => return Err(refused("no directive but $ORIGIN and $TTL")),
                    _ => owner = absolute(first, origin.as_ref()).map_err(refused)?,
                }
            }
            let owner = owner.clone().ok_or_else(|| refused("a name before the record"))?;
            if let Some(record) = record(words, origin.as_ref()).map_err(refused)? {
                zone.add(owner, record);
            }
        }
        Ok(zone)
    }
}

/// A time such as `3600` or `1h30m`.
fn is_ttl(word: Option<&Word>) -> bool {
    word.is_some_and(|word| {
        word.octets.first().is_some_and(u8::is_ascii_digit)
            && word.octets.iter().all(|octet| b"0123456789smhdwSMHDW".contains(octet))
    })
}

/// The record after owner, time and class; none for what is passed over.
fn record(mut words: &[Word], origin: Option<&Name>) -> Result<Option<Record>, &'static str> {
    while let Some((first, rest)) = words.split_first() {
        let is_class = first.octets.eq_ignore_ascii_case(b"IN");
        if !is_class && !is_ttl(Some(first)) {
            break;
        }
        words = rest;
    }
    let (kind, data) = words.split_first().ok_or("a type")?;
    let name = |word: &Word| absolute(word, origin)?.ok_or("a name that is not the root");
    Ok(Some(match (kind.octets.to_ascii_uppercase().as_slice(), data) {
        (b"SOA", _) => return Ok(None),
        (b"A", [address]) => Record::A(number::<Ipv4Addr>(address, "an IPv4 address")?),
        (b"AAAA", [address]) => Record::Aaaa(number::<Ipv6Addr>(address, "an IPv6 address")?),
        (b"CNAME", [target]) => Record::Cname(name(target)?),
        (b"NS", [host]) => Record::Ns(name(host)?),
        (b"PTR", [host]) => Record::Ptr(name(host)?),
        (b"MX", [preference, exchange]) => Record::Mx {
            preference: number(preference, "a preference of 0 to 65535")?,
            exchange: absolute(exchange, origin)?,
        },
        (b"SRV", [priority, weight, port, target]) => Record::Srv {
            priority: number(priority, "a priority of 0 to 65535")?,
            weight: number(weight, "a weight of 0 to 65535")?,
            port: number(port, "a port")?,
            target: absolute(target, origin)?,
        },
        (b"TLSA", [usage, selector, matching, association @ ..]) => Record::Tlsa {
            usage: number(usage, "a usage of 0 to 255")?,
            selector: number(selector, "a selector of 0 to 255")?,
            matching: number(matching, "a matching type of 0 to 255")?,
            association: hex(association)?,
        },
        (b"TXT", strings) if !strings.is_empty() => {
            if strings.iter().any(|string| string.octets.len() > STRING_OCTETS_MAX) {
                return Err("strings of 255 octets at most");
            }
            Record::Txt(strings.iter().flat_map(|string| string.octets.iter().copied()).collect())
        }
        (b"A" | b"AAAA" | b"CNAME" | b"NS" | b"PTR" | b"MX" | b"SRV" | b"TLSA" | b"TXT", _) => {
            return Err("the data that this type has");
        }
        _ => return Err("a type among A, AAAA, CNAME, MX, NS, PTR, SOA, SRV, TLSA and TXT, in class IN"),
    }))
}

fn number<T: std::str::FromStr>(word: &Word, expected: &'static str) -> Result<T, &'static str> {
    std::str::from_utf8(&word.octets).ok().and_then(|text| text.parse().ok()).ok_or(expected)
}

fn hex(words: &[Word]) -> Result<Vec<u8>, &'static str> {
    const EXPECTED: &str = "hexadecimal digits, two for an octet";
    let digits: Vec<u8> = words.iter().flat_map(|word| word.octets.iter().copied()).collect();
    if digits.is_empty() || !digits.len().is_multiple_of(2) {
        return Err(EXPECTED);
    }
    let octet =
        |pair: &[u8]| std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok());
    digits.chunks(2).map(|pair| octet(pair).ok_or(EXPECTED)).collect()
}

/// The whole name of a word; none for the root.
fn absolute(word: &Word, origin: Option<&Name>) -> Result<Option<Name>, &'static str> {
    const EXPECTED: &str = "a name";
    let text = std::str::from_utf8(&word.octets).map_err(|_| EXPECTED)?;
    match (text, origin) {
        (".", _) => Ok(None),
        ("@", origin) => Ok(origin.cloned()),
        (text, _) if text.ends_with('.') => Name::parse(text).map(Some).map_err(|_| EXPECTED),
        (text, None) => Name::parse(text).map(Some).map_err(|_| EXPECTED),
        (text, Some(origin)) => Name::parse(&format!("{text}.{origin}")).map(Some).map_err(|_| EXPECTED),
    }
}

/// Cuts the text into entries: parentheses join lines, `;` begins a comment, `\` takes a character or octet as it is.
fn entries(text: &str) -> Result<Vec<Entry>, MasterFileFault> {
    let mut entries = Vec::new();
    let (mut entry, mut depth, mut line) = (Entry { line: 1, ..Entry::default() }, 0_usize, 1_usize);
    let mut rest = text.as_bytes();
    let mut is_line_start = true;
    while let Some((&octet, after)) = rest.split_first() {
        let refused = |expected| MasterFileFault { line, expected };
        match octet {
            b'\n' => {
                line += 1;
                rest = after;
                is_line_start = depth == 0;
                if depth == 0 && !entry.words.is_empty() {
                    entries.push(std::mem::take(&mut entry));
                }
                continue;
            }
            b' ' | b'\t' | b'\r' => rest = after,
            b';' => {
                rest = &rest[rest.iter().position(|octet| *octet == b'\n').unwrap_or(rest.len())..];
                continue;
            }
            b'(' => (depth, rest) = (depth + 1, after),
            b')' => {
                depth = depth.checked_sub(1).ok_or_else(|| refused("a ( before this )"))?;
                rest = after;
            }
            _ => {
                if entry.words.is_empty() {
                    (entry.line, entry.has_owner) = (line, is_line_start);
                }
                let (word, after) = word(rest).map_err(refused)?;
                entry.words.push(word);
                rest = after;
            }
        }
        is_line_start = false;
    }
    if depth > 0 {
        return Err(MasterFileFault { line, expected: "a ) for every (" });
    }
    entries.extend(Some(entry).filter(|entry| !entry.words.is_empty()));
    Ok(entries)
}

/// The word at the beginning of `text`, and what is behind it.
fn word(text: &[u8]) -> Result<(Word, &[u8]), &'static str> {
    let is_quoted = text.first() == Some(&b'"');
    let mut rest = if is_quoted { &text[1..] } else { text };
    let mut octets = Vec::new();
    loop {
        match (rest.split_first(), is_quoted) {
            (Some((b'"', after)), true) => return Ok((Word { octets, is_quoted }, after)),
            (None | Some((b'\n', _)), true) => return Err("a \" at the end of the string"),
            (None | Some((b' ' | b'\t' | b'\r' | b'\n' | b';' | b'(' | b')' | b'"', _)), false) => {
                return Ok((Word { octets, is_quoted }, rest));
            }
            (Some((b'\\', after)), _) => {
                let (octet, after) = escaped(after)?;
                octets.push(octet);
                rest = after;
            }
            (Some((octet, after)), _) => {
                octets.push(*octet);
                rest = after;
            }
        }
    }
}

/// `\DDD` is an octet, `\X` is X.
fn escaped(text: &[u8]) -> Result<(u8, &[u8]), &'static str> {
    const EXPECTED: &str = "three digits of at most 255, or one character, after \\";
    match text {
        [a, b, c, rest @ ..] if [a, b, c].iter().all(|digit| digit.is_ascii_digit()) => {
            let value = [a, b, c].iter().fold(0_u32, |value, digit| value * 10 + u32::from(**digit - b'0'));
            Ok((u8::try_from(value).map_err(|_| EXPECTED)?, rest))
        }
        [octet, rest @ ..] if !octet.is_ascii_digit() && *octet != b'\n' => Ok((*octet, rest)),
        _ => Err(EXPECTED),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Dns as _, Kind};

    const FILE: &str = "\
$ORIGIN example.org.
$TTL 1h
@       IN SOA ns hostmaster (
            1 7200 3600 ; times
            86400 300 )
        IN NS  ns
        3600 IN MX 10 mx
        MX 20 mx.elsewhere.example.
ns      A      192.0.2.1
mx      300 IN AAAA 2001:db8::1
null.example.net. IN MX 0 .
        TXT \"v=spf1 \" \"-all\"   ; two strings
s._domainkey TXT ( \"p=AA\"
                   \"BB\" )
odd     TXT \"\\200\\\"\\;\"
_25._tcp.mx TLSA 3 1 1 ( 0a0B
                         ff )
_imap._tcp SRV 0 1 143 mx
$ORIGIN sub
www     CNAME @
";

    #[tokio::test]
    async fn a_master_file_is_a_zone() {
        let zone = Zone::parse(FILE).expect("a master file");
        let name = |text: &str| Name::parse(text).expect("a name");
        let ask = async |text: &str, kind| zone.ask(&name(text), kind).await.map(|answer| answer.records);
        let exchange = |preference, text: &str| Record::Mx { preference, exchange: Some(name(text)) };
        for (asked, kind, records) in [
            ("example.org", Kind::Ns, vec![Record::Ns(name("ns.example.org"))]),
            (
                "example.org",
                Kind::Mx,
                vec![exchange(10, "mx.example.org"), exchange(20, "mx.elsewhere.example")],
            ),
            ("ns.example.org", Kind::A, vec![Record::A([192, 0, 2, 1].into())]),
            ("null.example.net", Kind::Mx, vec![Record::Mx { preference: 0, exchange: None }]),
            ("null.example.net", Kind::Txt, vec![Record::Txt(b"v=spf1 -all".to_vec())]),
            ("s._domainkey.example.org", Kind::Txt, vec![Record::Txt(b"p=AABB".to_vec())]),
            ("odd.example.org", Kind::Txt, vec![Record::Txt(b"\xc8\";".to_vec())]),
            (
                "_25._tcp.mx.example.org",
                Kind::Tlsa,
                vec![Record::Tlsa {
                    usage: 3,
                    selector: 1,
                    matching: 1,
                    association: vec![0x0a, 0x0b, 0xff],
                }],
            ),
            (
                "_imap._tcp.example.org",
                Kind::Srv,
                vec![Record::Srv { priority: 0, weight: 1, port: 143, target: Some(name("mx.example.org")) }],
            ),
            ("www.sub.example.org", Kind::Cname, vec![Record::Cname(name("sub.example.org"))]),
        ] {
            assert_eq!(ask(asked, kind).await, Ok(records), "{asked} {kind:?}");
        }
    }

    #[test]
    fn what_is_no_master_file_is_refused_with_its_line() {
        for (text, line, expected) in [
            ("a.example. A 1.2.3\n", 1, "an IPv4 address"),
            ("\n\na.example. TXT \"x\n", 3, "a \" at the end of the string"),
            ("a.example. TXT ( x\n", 2, "a ) for every ("),
            ("  A 192.0.2.1\n", 1, "a name before the record"),
            ("$INCLUDE /etc/passwd\n", 1, "no directive but $ORIGIN and $TTL"),
            (
                "a.example. IN CAA 0 issue x\n",
                1,
                "a type among A, AAAA, CNAME, MX, NS, PTR, SOA, SRV, TLSA and TXT, in class IN",
            ),
            ("a.example. IN TXT \\999\n", 1, "three digits of at most 255, or one character, after \\"),
            ("a.example. MX ten mx\n", 1, "a preference of 0 to 65535"),
        ] {
            assert_eq!(Zone::parse(text).err(), Some(MasterFileFault { line, expected }), "{text:?}");
        }
    }
}
