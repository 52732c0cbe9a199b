//! Hostile bytes against every parser that we write: a fixed number of mutated inputs, the same on every run.
//!
//! `HOSTERRA_FUZZ_COUNT` asks for more (inputs per parser), `HOSTERRA_FUZZ_SEED` for others.

use std::panic::{AssertUnwindSafe, catch_unwind};

use message::{Part, PartBody};

/// Inputs per parser where nothing else is asked for.
const INPUT_COUNT: u64 = 30_000;
/// Longest input in octets.
const INPUT_OCTETS_MAX: usize = 4096;

/// A small generator (xorshift64*): the inputs must be the same everywhere.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() >> 33).expect("31 bits") % bound.max(1)
    }
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// One input made out of a seed by a few mutations.
fn mutated(chance: &mut Chance, seeds: &[&[u8]], words: &[&[u8]]) -> Vec<u8> {
    let mut input = seeds[chance.below(seeds.len())].to_vec();
    for _ in 0..=chance.below(6) {
        let at = chance.below(input.len() + 1);
        match chance.below(7) {
            0 if !input.is_empty() => {
                let at = at.min(input.len() - 1);
                input[at] ^= 1 << chance.below(8);
            }
            1 if !input.is_empty() => {
                let at = at.min(input.len() - 1);
                input[at] = u8::try_from(chance.below(256)).expect("an octet");
            }
            2 => input.truncate(at),
            3 => {
                let word = words[chance.below(words.len())];
                input.splice(at..at, word.iter().copied());
            }
            4 => {
                let end = at + chance.below(input.len() - at + 1);
                let piece = input[at..end].to_vec();
                for _ in 0..chance.below(4) {
                    input.splice(at..at, piece.iter().copied());
                }
            }
            5 => {
                let other = seeds[chance.below(seeds.len())];
                let from = chance.below(other.len() + 1);
                input.truncate(at);
                input.extend_from_slice(&other[from..]);
            }
            _ => {
                let end = at + chance.below(input.len() - at + 1);
                input.drain(at..end);
            }
        }
        input.truncate(INPUT_OCTETS_MAX);
    }
    input
}

/// Gives `parse` all inputs; a panic fails the test with the input that led to it.
fn attack(name: &str, seeds: &[&[u8]], words: &[&[u8]], parse: impl Fn(&[u8])) {
    let mut chance = Chance(setting("HOSTERRA_FUZZ_SEED", 0x9e37_79b9_7f4a_7c15) | 1);
    for _ in 0..setting("HOSTERRA_FUZZ_COUNT", INPUT_COUNT) {
        let input = mutated(&mut chance, seeds, words);
        let survived = catch_unwind(AssertUnwindSafe(|| parse(&input)));
        assert!(survived.is_ok(), "{name} panics at {:?}", String::from_utf8_lossy(&input));
    }
}

const MESSAGES: &[&[u8]] = &[
    b"From: A <a@x>\r\nTo: \"B, C\" <b@y>, g: d@e;\r\nSubject: =?utf-8?q?caf=C3=A9?=\r\nDate: Wed, 17 Jul 1996 02:23:25 -0700\r\n\
Content-Type: multipart/mixed; boundary=\"b 1\"\r\n\r\n--b 1\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\
Content-Transfer-Encoding: quoted-printable\r\n\r\nCaf=E9 =\r\nx\r\n--b 1\r\nContent-Type: message/rfc822\r\n\r\n\
Subject: inner\r\n\r\nbody\r\n--b 1\r\nContent-Type: application/x; name*0*=utf-8''%e2; name*1=b\r\n\
Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment\r\n\r\nAAAA\r\n--b 1--\r\n",
    b"Content-Type: text/html; charset=gb18030\r\n\r\n<p>x &amp; <b>y</b><script>z</script>",
    b"Content-Type: multipart/digest; boundary=x\r\n\r\n--x\r\n\r\nA: b\r\n\r\nc\r\n--x--",
];
const MESSAGE_WORDS: &[&[u8]] = &[
    b"\r\n",
    b"\r\n\r\n",
    b"--b 1",
    b"--",
    b"=?utf-8?B?",
    b"?=",
    b"=",
    b"\"",
    b"(",
    b")",
    b"<",
    b">",
    b";",
    b":",
    b"\x00",
    b"\xff",
    b"Content-Type: multipart/mixed; boundary=",
    b"Content-Type: message/rfc822\r\n\r\n",
    b"charset=utf-16",
    b"&",
];

/// Every place that a summary names lies in the message, in order.
fn is_inside(part: &Part, length: usize) -> bool {
    let is_ordered = part.header_start <= part.body_start && part.body_start <= part.body_end;
    is_ordered
        && part.body_end as usize <= length
        && match &part.body {
            PartBody::Multipart(parts) => {
                !parts.is_empty() && parts.iter().all(|part| is_inside(part, length))
            }
            PartBody::Message(inner) => is_inside(&inner.1, length),
            PartBody::Text | PartBody::Other => true,
        }
}

#[test]
fn any_octets_give_a_summary_with_places_inside_them() {
    attack("message", MESSAGES, MESSAGE_WORDS, |input| {
        let summary = message::summarize(input);
        assert!(is_inside(&summary.structure, input.len()));
        assert!(summary.preview.chars().count() <= message::PREVIEW_CHARACTER_COUNT_MAX);
        message::search_text(input, &summary);
        message::decode_words(&String::from_utf8_lossy(input));
        message::base_subject(&String::from_utf8_lossy(input));
        assert_eq!(message::Summary::decode(&summary.encode()).as_ref(), Ok(&summary));
        drop(message::Summary::decode(input));
    });
}

#[test]
fn any_octets_are_an_smtp_command_or_none() {
    let seeds: &[&[u8]] = &[
        b"MAIL FROM:<a@b.example> SIZE=12 BODY=8BITMIME SMTPUTF8 RET=FULL ENVID=x",
        b"RCPT TO:<@r.example:\"a b\"@c.example> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;q",
        b"AUTH PLAIN AGEAYg==",
        b"BDAT 12 LAST",
        b"EHLO [IPv6:::1]",
    ];
    attack(
        "SMTP command",
        seeds,
        &[b"<", b">", b"\"", b"\\", b"@", b" ", b"=", b"\x00", b"\xff", b","],
        |input| {
            smtp::fuzz::command(input);
        },
    );
}

#[test]
fn any_octets_are_content_of_data_however_they_are_cut() {
    let seeds: &[&[u8]] = &[b"a\r\n.\r\n", b"..a\r\n\r\n.b\r\n.\r\nQUIT\r\n", b"\r\n.\r\n"];
    attack("DATA", seeds, &[b"\r", b"\n", b".", b"\r\n.\r\n", b"\n.\n", b"\x00"], |input| {
        for cut in [0, 1, input.len() / 2, input.len()] {
            smtp::fuzz::data(input, cut);
        }
    });
}

#[test]
fn any_octets_are_an_imap_command_or_none() {
    let seeds: &[&[u8]] = &[
        b"a UID FETCH 1:*,$ (FLAGS BODY.PEEK[1.2.HEADER.FIELDS (A B)]<0.5> BINARY[1] PREVIEW (LAZY)) (CHANGEDSINCE 5 VANISHED)",
        b"a SEARCH RETURN (MIN ALL SAVE) CHARSET UTF-8 OR NOT (FROM \"x\" SENTSINCE 1-Feb-1994) {3}\r\nTO \xc3\xa9",
        b"a APPEND INBOX (\\Seen work) \"17-Jul-1996 02:44:25 -0700\" {3+}\r\nabc",
        b"a LIST (SUBSCRIBED RECURSIVEMATCH) \"\" (\"%\" \"a/*\") RETURN (STATUS (MESSAGES SIZE))",
        b"a SELECT \"&AOk-\" (QRESYNC (1 2 1:5 (1,2 3,4)))",
        b"a STORE 1:5 (UNCHANGEDSINCE 9) +FLAGS.SILENT (\\Deleted $Junk)",
        b"a LOGIN \"a\\\"b\" {2}\r\nxy",
        b"a AUTHENTICATE PLAIN AGEAYg==",
    ];
    let words: &[&[u8]] = &[
        b"(",
        b")",
        b"{99999999999999999999}",
        b"{1}\r\n",
        b"\"",
        b"\\",
        b"*",
        b":",
        b",",
        b"NIL",
        b" ",
        b"\xff",
        b"&-",
        b"[",
        b"]",
    ];
    attack("IMAP command", seeds, words, imap::fuzz::command);
}

#[test]
fn any_text_is_an_address_or_none() {
    let seeds: &[&[u8]] =
        &[b"a.b+c@x.example", b"\"a\\\" b\"@xn--caf-dma.example", "\u{e9}@b\u{fc}cher.example".as_bytes()];
    attack("address", seeds, &[b"@", b"..", b"\"", b"\\", b"+", b"xn--", b"-", b"."], |input| {
        let text = String::from_utf8_lossy(input);
        if let Ok(address) = kernel::EmailAddress::parse(&text) {
            // What is taken is written so that it is taken again, as the same.
            assert_eq!(kernel::EmailAddress::parse(&address.to_string()), Ok(address));
        }
        drop(store::FolderName::parse(&text));
    });
}

#[test]
fn any_octets_are_a_report_or_none() {
    let seeds: &[&[u8]] = &[
        b"<?xml version=\"1.0\"?><feedback xmlns=\"urn:ietf:params:xml:ns:dmarc-2.0\"><report_metadata><org_name>a &amp; b\
</org_name><report_id>1</report_id><date_range><begin>1</begin><end>2</end></date_range></report_metadata>\
<policy_published><domain>c.example</domain><p>none</p></policy_published><record><row><source_ip>::1</source_ip>\
<count>1</count></row></record></feedback>",
        b"{\"organization-name\":\"o\",\"date-range\":{\"start-datetime\":\"2026-04-01T00:00:00Z\",\"end-datetime\":\
\"2026-04-01T23:59:59Z\"},\"report-id\":\"i\",\"policies\":[]}",
        b"Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\nContent-Type: message/feedback-report\r\n\r\n\
Feedback-Type: abuse\r\n\r\n--b--\r\n",
        b"Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n\
Reporting-MTA: dns; x\r\n\r\nFinal-Recipient: rfc822; a@b.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n",
        b"PK\x03\x04\x14\0\0\0\x08\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0a\x03\0",
    ];
    let words: &[&[u8]] = &[
        b"<",
        b">",
        b"&",
        b"]]>",
        b"<![CDATA[",
        b"<!DOCTYPE",
        b"\"",
        b"{",
        b"[",
        b"\x1f\x8b\x08",
        b"PK\x03\x04",
    ];
    attack("report", seeds, words, |input| {
        drop(report::find(input));
        drop(report::find_delivery(input));
        drop(report::delivery::read(input, input));
        drop(report::tls::read(input));
        drop(report::unpack(input));
        if let Ok(read) = report::aggregate::read(input) {
            // What is taken is written so that it is taken again.
            assert!(report::aggregate::read(&report::aggregate::write(&read)).is_ok());
        }
    });
}

#[test]
fn any_octets_are_a_record_of_a_sender_or_none() {
    let seeds: &[&[u8]] = &[
        b"v=spf1 +a:%{d2r-}.x.example/24//64 mx/0 ptr include:a.example ip4:1.2.3.0/24 ip6:::/0 exists:%{ir}.%{v} exp=e.example redirect=r.example ~all",
        b"v=DKIM1; k=ed25519; t=y:s; h=sha256; s=*; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
        b"v=DKIM1; p=MCgwDQYJKoZIhvcNAQEBBQADFwAwFAINAJKlNQhTfXKrXKyXsQIDAQAB",
        b"v=DMARC1; p=reject; sp=none; np=quarantine; psd=n; t=y; adkim=s; rua=mailto:a@b.example!10m",
    ];
    let words: &[&[u8]] =
        &[b"%{", b"}", b"%", b";", b"=", b":", b"/", b"//", b" ", b"p=", b"v=", b"MII", b"\xff"];
    attack("sender's record", seeds, words, verify::fuzz::record);
}

#[test]
fn any_octets_are_a_zone_or_none() {
    let seeds: &[&[u8]] = &[b"$ORIGIN a.example\n$TTL 1h\n@ IN SOA a b ( 1 ; c\n 2 )\n  MX 0 .\nb 5m TXT \"a\\200\" b\n_s SRV 0 1 2 c\n"];
    attack("zone", seeds, &[b"(", b")", b"\"", b"\\", b";", b"\n", b" ", b"TLSA 3 1 1 ", b"@"], |input| {
        drop(resolver::Zone::parse(&String::from_utf8_lossy(input)));
    });
}

#[test]
fn any_octets_are_a_message_with_signatures_or_none() {
    let seeds: &[&[u8]] = &[
        b"Authentication-Results: (a \"b) mx.example; spf=pass\r\nDKIM-Signature: v=1; a=rsa-sha256; c=relaxed/simple; d=a.example; s=b;\r\n \
h=from:to; i=@c.a.example; l=3; t=1; x=2; bh=AA==; b=AA==\r\nFrom: \"x\" <a@b.example>, c@\xc3\xa9.example\r\n\r\nbody \r\n\r\n",
        b"ARC-Seal: i=1; a=rsa-sha256; cv=none; d=a.example; s=b; b=AA==\r\nARC-Message-Signature: i=1; a=rsa-sha256; d=a.example; \
s=b; h=from; bh=AA==; b=AA==\r\nARC-Authentication-Results: i=1; a.example; dmarc=pass\r\nFrom: a@b.example\r\n\r\n",
    ];
    let words: &[&[u8]] =
        &[b"\r\n", b"i=1", b"i=2;", b"b=", b";", b"(", b")", b"\"", b"\\", b":", b"From: a@b\r\n", b"\xff"];
    attack("signed message", seeds, words, verify::fuzz::message);
}

#[test]
fn sieve_scripts_are_compiled_or_refused_within_the_script() {
    let seeds: &[&[u8]] = &[
        b"require [\"fileinto\", \"variables\", \"imap4flags\", \"regex\"];\r\nif allof (header :matches \"subject\" \"*x*\",\r\n\
not size :over 100K) { set :lower \"a\" \"${1}\"; fileinto :flags \"\\\\Seen\" \"INBOX/${a}\"; stop; }\r\nelse { keep; }",
        b"require \"vacation\"; /* away */ vacation :days 7 :addresses [\"a@x.example\"] text:\r\nGone.\r\n..\r\n.\r\n;",
        b"require [\"encoded-character\", \"ihave\"]; if ihave \"vnd.x\" { y :z 1; } # \r\nredirect \"a${hex:40}b.example\";",
    ];
    let words: &[&[u8]] = &[
        b"\"",
        b"\\",
        b"[",
        b"]",
        b"(",
        b")",
        b"{",
        b"}",
        b";",
        b",",
        b":",
        b"text:\n",
        b"\n.\n",
        b"/*",
        b"*/",
        b"#",
        b"${",
        b"${hex:ff}",
        b"${unicode:d800}",
        b":regex",
        b"((a{99}){99}){99}",
        b"not ",
        b"anyof (",
        b"99999999999999999999G",
        b"\xef\xbb\xbf",
        b"\0",
        b"require ",
        b":comparator \"i;octet\" ",
    ];
    attack("sieve", seeds, words, |input| {
        let script = String::from_utf8_lossy(input);
        if let Err(fault) = sieve::compile(&script) {
            let line_count = script.split('\n').count();
            assert!((1..=line_count).contains(&(fault.at.line as usize)), "{fault}");
            assert!(fault.at.column >= 1 && !fault.kind.french().is_empty());
        }
    });
}
