//! Trace fields (RFC 5321 section 4.4) and what a submission may lack (RFC 6409 section 8).

use jiff::{Timestamp, tz::TimeZone};
use kernel::EmailAddress;
use message::{fields, split_header};

/// How a message came in, for its Received field.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Arrival<'a> {
    /// The name that the client gave itself.
    pub(crate) helo: &'a str,
    /// The peer's address; none for submissions: where our users sit is nobody's business.
    pub(crate) peer: Option<std::net::IpAddr>,
    /// Our name.
    pub(crate) hostname: &'a str,
    /// The word for the protocol, such as `ESMTPS` (RFC 3848).
    pub(crate) with: &'static str,
    /// A number for the log.
    pub(crate) id: &'a str,
    /// The only recipient; none where there are several (RFC 5321 section 7.2).
    pub(crate) recipient: Option<&'a EmailAddress>,
}

/// A date as header fields write it, in UTC.
pub(crate) fn date(now: kernel::Timestamp) -> String {
    let moment = Timestamp::from_millisecond(now.millis()).unwrap_or_default().to_zoned(TimeZone::UTC);
    jiff::fmt::rfc2822::to_string(&moment).unwrap_or_default()
}

/// The Received field with its line end.
pub(crate) fn received(arrival: &Arrival<'_>, now: kernel::Timestamp) -> String {
    let from = match arrival.peer {
        Some(peer) => format!("from {} ([{}])\r\n\t", helo(arrival.helo), literal(peer)),
        None => String::new(),
    };
    let recipient = arrival.recipient.map(|address| format!("\r\n\tfor <{address}>")).unwrap_or_default();
    format!(
        "Received: {from}by {} with {} id {}{recipient};\r\n\t{}\r\n",
        arrival.hostname,
        arrival.with,
        arrival.id,
        date(now)
    )
}

/// What a client calls itself, with nothing in it that could end the field or begin a comment.
fn helo(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || ".-_:[]".contains(c) { c } else { '_' }).collect()
}

fn literal(peer: std::net::IpAddr) -> String {
    match peer {
        std::net::IpAddr::V4(address) => address.to_string(),
        std::net::IpAddr::V6(address) => format!("IPv6:{address}"),
    }
}

/// Fields that no message keeps: Return-Path is ours to write at the end of the way (RFC 5321 section 4.4).
pub(crate) const DROPPED: [&str; 1] = ["Return-Path"];
/// The same for submissions: who gets it in secret is not told to the others (RFC 5322 section 3.6.3).
pub(crate) const DROPPED_OF_SUBMISSIONS: [&str; 3] = ["Return-Path", "Bcc", "Resent-Bcc"];

/// The message without the fields of these names; none where it has none of them.
pub(crate) fn without(message: &[u8], names: &[&str]) -> Option<Vec<u8>> {
    let (header_end, _) = split_header(message);
    let header = &message[..header_end];
    let mut kept: Option<Vec<u8>> = None;
    let mut from = 0;
    for field in fields(header).filter(|field| names.iter().any(|name| field.is(name))) {
        let place = kept.get_or_insert_with(|| Vec::with_capacity(message.len()));
        place.extend_from_slice(&message[from..field.start]);
        from = field.end;
    }
    let mut kept = kept?;
    kept.extend_from_slice(&message[from..]);
    Some(kept)
}

/// Fields that a submission must have and has not.
pub(crate) fn missing_fields(message: &[u8], hostname: &str, now: kernel::Timestamp) -> String {
    let (header_end, _) = split_header(message);
    let has = |name| fields(&message[..header_end]).any(|field| field.is(name));
    let mut missing = String::new();
    if !has("Date") {
        missing.push_str(&format!("Date: {}\r\n", date(now)));
    }
    if !has("Message-ID") {
        missing.push_str(&format!("Message-ID: <{}@{hostname}>\r\n", uuid::Uuid::new_v4().simple()));
    }
    missing
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_received_field_tells_what_is_known_and_cannot_be_broken_out_of() {
        let arrival = Arrival {
            helo: "evil)\r\nX: y",
            peer: Some("192.0.2.1".parse().expect("an address")),
            hostname: "mx.example",
            with: "ESMTPS",
            id: "q1",
            recipient: None,
        };
        let field = received(&arrival, kernel::Timestamp::from_secs(0));
        assert_eq!(
            field,
            "Received: from evil___X:_y ([192.0.2.1])\r\n\tby mx.example with ESMTPS id q1;\r\n\tThu, 1 Jan 1970 00:00:00 +0000\r\n"
        );
    }

    #[test]
    fn what_is_not_to_be_told_is_taken_out() {
        let message = b"A: 1\r\nReturn-Path: <x>\r\n folded\r\nBcc: s@x.example,\r\n\tt@x.example\r\nB: 2\r\n\r\nBcc: body\r\n";
        assert_eq!(
            without(message, &DROPPED).as_deref(),
            Some(&b"A: 1\r\nBcc: s@x.example,\r\n\tt@x.example\r\nB: 2\r\n\r\nBcc: body\r\n"[..])
        );
        assert_eq!(
            without(message, &DROPPED_OF_SUBMISSIONS).as_deref(),
            Some(&b"A: 1\r\nB: 2\r\n\r\nBcc: body\r\n"[..])
        );
        let resent = b"RESENT-BCC: s@x.example\r\nbcc :\r\nA: 1\r\n\r\nx";
        assert_eq!(without(resent, &DROPPED_OF_SUBMISSIONS).as_deref(), Some(&b"A: 1\r\n\r\nx"[..]));
        assert_eq!(without(b"A: 1\r\n\r\nx", &DROPPED_OF_SUBMISSIONS), None);
    }
}
