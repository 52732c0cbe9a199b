//! Command lines (RFC 5321 section 4.1).

use kernel::EmailAddress;

use crate::tls_wish::Keyword;

/// MAIL's parameters.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct MailParameters {
    pub(crate) size: Option<u64>,
    pub(crate) is_utf8: bool,
    /// DSN RET and ENVID (RFC 3461).
    pub(crate) ret: Option<String>,
    pub(crate) envelope_id: Option<String>,
    /// REQUIRETLS (RFC 8689).
    pub(crate) require_tls: Keyword,
}

/// RCPT's parameters (RFC 3461).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct RcptParameters {
    pub(crate) notify: Option<String>,
    pub(crate) original: Option<String>,
}

/// A path of RCPT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Recipient {
    Address(EmailAddress),
    /// `<Postmaster>` without a domain (RFC 5321 section 4.5.1).
    Postmaster,
}

/// A command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Command {
    Helo(String),
    Ehlo(String),
    /// The same in LMTP (RFC 2033 section 4.1).
    Lhlo(String),
    StartTls,
    Auth {
        mechanism: String,
        initial: Option<String>,
    },
    /// No address: the null reverse-path.
    Mail {
        from: Option<EmailAddress>,
        parameters: MailParameters,
    },
    Rcpt {
        to: Recipient,
        parameters: RcptParameters,
    },
    Data,
    Bdat {
        size: u64,
        is_last: bool,
    },
    Rset,
    Noop,
    Quit,
    Vrfy,
    Help,
}

/// Why a line is no command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// No such command.
    Unknown,
    /// A known one that is not implemented.
    NotImplemented,
    /// The arguments of a known one; what was expected.
    Arguments(&'static str),
    /// An address is malformed; what is wrong.
    Sender(kernel::AddressFault),
    /// The same of a recipient.
    Recipient(kernel::AddressFault),
    /// A parameter that is not known.
    Parameter,
}

/// Reads a line without its end.
pub(crate) fn parse(line: &[u8]) -> Result<Command, Fault> {
    let Ok(line) = std::str::from_utf8(line) else {
        return Err(Fault::Arguments("text in UTF-8"));
    };
    if line.contains('\0') {
        return Err(Fault::Arguments("a line without NUL"));
    }
    let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
    let rest = rest.trim();
    match verb.to_ascii_uppercase().as_str() {
        "HELO" => host(rest).map(Command::Helo),
        "EHLO" => host(rest).map(Command::Ehlo),
        "LHLO" => host(rest).map(Command::Lhlo),
        "STARTTLS" => nothing(rest, Command::StartTls),
        "AUTH" => auth(rest),
        "MAIL" => mail(rest),
        "RCPT" => rcpt(rest),
        "DATA" => nothing(rest, Command::Data),
        "BDAT" => bdat(rest),
        "RSET" => nothing(rest, Command::Rset),
        "NOOP" => Ok(Command::Noop),
        "QUIT" => nothing(rest, Command::Quit),
        "VRFY" => Ok(Command::Vrfy),
        "HELP" => Ok(Command::Help),
        "EXPN" | "TURN" | "SEND" | "SOML" | "SAML" | "ETRN" | "ATRN" => Err(Fault::NotImplemented),
        _ => Err(Fault::Unknown),
    }
}

fn nothing(rest: &str, command: Command) -> Result<Command, Fault> {
    if rest.is_empty() { Ok(command) } else { Err(Fault::Arguments("no argument")) }
}

fn host(rest: &str) -> Result<String, Fault> {
    let is_host =
        !rest.is_empty() && rest.len() <= 255 && rest.chars().all(|c| !c.is_whitespace() && !c.is_control());
    if is_host { Ok(rest.to_owned()) } else { Err(Fault::Arguments("a host name or address literal")) }
}

fn auth(rest: &str) -> Result<Command, Fault> {
    let mut words = rest.split(' ');
    let mechanism = words.next().unwrap_or_default().to_ascii_uppercase();
    let initial = words.next().map(str::to_owned);
    if mechanism.is_empty() || words.next().is_some() {
        return Err(Fault::Arguments("a mechanism and perhaps an initial response"));
    }
    Ok(Command::Auth { mechanism, initial })
}

fn bdat(rest: &str) -> Result<Command, Fault> {
    let (size, last) = rest.split_once(' ').unwrap_or((rest, ""));
    let is_last = last.trim().eq_ignore_ascii_case("LAST");
    let size_is_plain = size.bytes().all(|octet| octet.is_ascii_digit());
    match size.parse() {
        Ok(size) if size_is_plain && (is_last || last.is_empty()) => Ok(Command::Bdat { size, is_last }),
        Ok(_) | Err(_) => Err(Fault::Arguments("a count of octets and perhaps LAST")),
    }
}

/// `<path>` and the parameters behind it. Clients also send a space before the path, and paths without brackets.
fn path<'a>(rest: &'a str, word: &str) -> Result<(&'a str, &'a str), Fault> {
    let after =
        rest.get(..word.len()).filter(|start| start.eq_ignore_ascii_case(word)).map(|_| &rest[word.len()..]);
    let path = after.ok_or(Fault::Arguments("FROM:<address> or TO:<address>"))?.trim_start();
    if let Some(inside) = path.strip_prefix('<') {
        let mut is_quoted = false;
        let mut is_escaped = false;
        for (at, character) in inside.char_indices() {
            match character {
                _ if is_escaped => is_escaped = false,
                '\\' if is_quoted => is_escaped = true,
                '"' => is_quoted = !is_quoted,
                '>' if !is_quoted => return Ok((without_route(&inside[..at]), inside[at + 1..].trim())),
                _ => {}
            }
        }
        return Err(Fault::Arguments("a closing `>`"));
    }
    let (path, parameters) = path.split_once(' ').unwrap_or((path, ""));
    if path.is_empty() {
        Err(Fault::Arguments("an address in `<` and `>`"))
    } else {
        Ok((path, parameters.trim()))
    }
}

/// A source route is read and not followed (RFC 5321 appendix C).
fn without_route(path: &str) -> &str {
    match path.strip_prefix('@').and_then(|route| route.split_once(':')) {
        Some((_, address)) => address,
        None => path,
    }
}

fn parameters(text: &str) -> impl Iterator<Item = (String, Option<&str>)> {
    text.split_ascii_whitespace().map(|word| match word.split_once('=') {
        Some((name, value)) => (name.to_ascii_uppercase(), Some(value)),
        None => (word.to_ascii_uppercase(), None),
    })
}

fn mail(rest: &str) -> Result<Command, Fault> {
    let (path, rest) = path(rest, "FROM:")?;
    let from = if path.is_empty() { None } else { Some(EmailAddress::parse(path).map_err(Fault::Sender)?) };
    let mut parsed = MailParameters::default();
    for (name, value) in parameters(rest) {
        match (name.as_str(), value) {
            ("SIZE", Some(value)) => {
                parsed.size = Some(value.parse().map_err(|_| Fault::Arguments("SIZE as a number"))?);
            }
            // Either is taken as it comes (RFC 6152). BINARYMIME is not offered: octets that are no lines pass neither DATA on
            // their way out, nor IMAP (RFC 3030 section 3, RFC 9051 section 4.3).
            ("BODY", Some(value)) if ["7BIT", "8BITMIME"].contains(&value.to_ascii_uppercase().as_str()) => {}
            ("BODY", _) => return Err(Fault::Arguments("BODY as 7BIT or 8BITMIME")),
            ("SMTPUTF8", None) => parsed.is_utf8 = true,
            ("REQUIRETLS", None) => parsed.require_tls = Keyword::Given,
            // Neither may stand there twice (RFC 3461 sections 4.3 and 4.4).
            ("RET", _) if parsed.ret.is_some() => return Err(Fault::Arguments("RET once")),
            ("RET", Some(value)) if ["FULL", "HDRS"].contains(&value.to_ascii_uppercase().as_str()) => {
                parsed.ret = Some(value.to_ascii_uppercase());
            }
            ("RET", _) => return Err(Fault::Arguments("RET as FULL or HDRS")),
            ("ENVID", _) if parsed.envelope_id.is_some() => return Err(Fault::Arguments("ENVID once")),
            ("ENVID", Some(value)) if value.len() <= 100 && is_xtext(value) => {
                parsed.envelope_id = Some(value.to_owned());
            }
            ("ENVID", _) => return Err(Fault::Arguments("ENVID as 1 to 100 octets of xtext")),
            // Who submitted it elsewhere is of no meaning to us (RFC 4954 section 5).
            ("AUTH", Some(_)) => {}
            _ => return Err(Fault::Parameter),
        }
    }
    Ok(Command::Mail { from, parameters: parsed })
}

fn rcpt(rest: &str) -> Result<Command, Fault> {
    let (path, rest) = path(rest, "TO:")?;
    let to = if path.eq_ignore_ascii_case("postmaster") {
        Recipient::Postmaster
    } else {
        Recipient::Address(EmailAddress::parse(path).map_err(Fault::Recipient)?)
    };
    let mut parsed = RcptParameters::default();
    for (name, value) in parameters(rest) {
        match (name.as_str(), value) {
            // Neither may stand there twice (RFC 3461 sections 4.1 and 4.2).
            ("NOTIFY", _) if parsed.notify.is_some() => return Err(Fault::Arguments("NOTIFY once")),
            ("NOTIFY", Some(value)) if is_notify(value) => parsed.notify = Some(value.to_ascii_uppercase()),
            ("NOTIFY", _) => {
                return Err(Fault::Arguments("NOTIFY as NEVER, or as some of SUCCESS, FAILURE and DELAY"));
            }
            ("ORCPT", _) if parsed.original.is_some() => return Err(Fault::Arguments("ORCPT once")),
            ("ORCPT", Some(value)) if value.len() <= 500 && is_original(value) => {
                parsed.original = Some(value.to_owned());
            }
            ("ORCPT", _) => {
                return Err(Fault::Arguments("ORCPT as a type, a semicolon and an address in xtext"));
            }
            _ => return Err(Fault::Parameter),
        }
    }
    Ok(Command::Rcpt { to, parameters: parsed })
}

/// Whether it goes on as it came without breaking what it stands in (RFC 3461 section 4: xtext).
fn is_xtext(value: &str) -> bool {
    let mut octets = value.bytes();
    let is_hex = |octet: Option<u8>| octet.is_some_and(|octet| matches!(octet, b'0'..=b'9' | b'A'..=b'F'));
    while let Some(octet) = octets.next() {
        match octet {
            b'+' if is_hex(octets.next()) && is_hex(octets.next()) => {}
            b'+' | b'=' => return false,
            b'!'..=b'~' => {}
            _ => return false,
        }
    }
    !value.is_empty()
}

/// A type of address and an address (RFC 3461 section 4.2); that of the type `utf-8` may stand as it is (RFC 6533 section 3).
fn is_original(value: &str) -> bool {
    let Some((kind, address)) = value.split_once(';') else { return false };
    let is_atom =
        !kind.is_empty() && kind.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'-');
    let plain: String = match kind.eq_ignore_ascii_case("utf-8") {
        true => address.chars().filter(char::is_ascii).collect(),
        false => address.to_owned(),
    };
    is_atom && !address.is_empty() && (plain.is_empty() || is_xtext(&plain))
}

/// `NEVER`, or some of the others (RFC 3461 section 4.1).
fn is_notify(value: &str) -> bool {
    value.eq_ignore_ascii_case("NEVER")
        || value
            .split(',')
            .all(|word| ["SUCCESS", "FAILURE", "DELAY"].iter().any(|known| word.eq_ignore_ascii_case(known)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> EmailAddress {
        EmailAddress::parse(text).expect("an address")
    }

    #[test]
    fn commands_are_read_in_their_usual_and_sloppy_spellings() {
        for line in ["MAIL FROM:<a@b.example>", "mail from: <a@b.example>", "Mail From:a@b.example"] {
            assert!(
                matches!(parse(line.as_bytes()), Ok(Command::Mail { from: Some(from), .. }) if from == address("a@b.example")),
                "{line}"
            );
        }
        assert_eq!(
            parse(b"MAIL FROM:<> SIZE=12 BODY=8bitmime SMTPUTF8 RET=hdrs ENVID=q requiretls"),
            Ok(Command::Mail {
                from: None,
                parameters: MailParameters {
                    size: Some(12),
                    is_utf8: true,
                    ret: Some("HDRS".to_owned()),
                    envelope_id: Some("q".to_owned()),
                    require_tls: Keyword::Given,
                },
            })
        );
        assert!(matches!(
            parse(b"RCPT TO:<@r.example,@s.example:x@y.example> NOTIFY=success,delay ORCPT=rfc822;q"),
            Ok(Command::Rcpt { to: Recipient::Address(to), .. }) if to == address("x@y.example")
        ));
        assert!(matches!(
            parse(b"RCPT TO:<Postmaster>"),
            Ok(Command::Rcpt { to: Recipient::Postmaster, .. })
        ));
        assert!(matches!(
            parse(b"RCPT TO:<\"a > b\"@y.example>"),
            Ok(Command::Rcpt { to: Recipient::Address(to), .. }) if to.local.as_str() == "a > b"
        ));
        assert_eq!(parse(b"BDAT 0 LAST"), Ok(Command::Bdat { size: 0, is_last: true }));
    }

    #[test]
    fn what_is_no_command_is_told_apart() {
        assert_eq!(parse(b"GET / HTTP/1.1"), Err(Fault::Unknown));
        assert_eq!(parse(b"EXPN list"), Err(Fault::NotImplemented));
        assert_eq!(parse(b"MAIL FROM:<a@b.example> FOO=1"), Err(Fault::Parameter));
        assert_eq!(parse(b"MAIL FROM:<a@b.example> REQUIRETLS=yes"), Err(Fault::Parameter));
        for line in [
            "RCPT TO:<a@b.example> NOTIFY=never,success",
            "RCPT TO:<a@b.example> NOTIFY",
            "RCPT TO:<a@b.example> NOTIFY=DELAY NOTIFY=NEVER",
            "RCPT TO:<a@b.example> ORCPT=rfc822;a@b.example ORCPT=rfc822;a@b.example",
            "MAIL FROM:<a@b.example> RET=ALL",
            "MAIL FROM:<a@b.example> RET=FULL RET=FULL",
            "MAIL FROM:<a@b.example> ENVID=a ENVID=b",
        ] {
            assert!(matches!(parse(line.as_bytes()), Err(Fault::Arguments(_))), "{line}");
        }
        assert!(matches!(parse(b"MAIL FROM:<nonsense>"), Err(Fault::Sender(_))));
        assert!(matches!(parse(b"MAIL FROM:<a@b.example"), Err(Fault::Arguments(_))));
        for size in ["-1", "+5", "", "5x"] {
            assert!(matches!(parse(format!("BDAT {size}").as_bytes()), Err(Fault::Arguments(_))), "{size}");
        }
        for (parameter, is_good) in [
            ("ENVID=QQ314159", true),
            ("ENVID=a+2Bb+3D", true),
            ("ENVID=+zz", false),
            ("ENVID=a+2b", false),
            ("ENVID==", false),
            ("ENVID=\u{e9}", false),
            ("ENVID=", false),
        ] {
            let line = format!("MAIL FROM:<a@b.example> {parameter}");
            assert_eq!(parse(line.as_bytes()).is_ok(), is_good, "{line}");
        }
        for (parameter, is_good) in [
            ("ORCPT=rfc822;a+2Bb@c.example", true),
            ("ORCPT=utf-8;\u{e9}@c.example", true),
            ("ORCPT=utf-8;\\x{E9}@c.example", true),
            ("ORCPT=rfc822;\u{e9}@c.example", false),
            ("ORCPT=rfc822;a+b@c.example", false),
            ("ORCPT=rfc822;", false),
            ("ORCPT=;a@c.example", false),
            ("ORCPT=a@c.example", false),
        ] {
            let line = format!("RCPT TO:<a@b.example> {parameter}");
            assert_eq!(parse(line.as_bytes()).is_ok(), is_good, "{line}");
        }
        assert!(matches!(parse(b"\xff\xfe"), Err(Fault::Arguments(_))));
        assert!(matches!(parse(b"EHLO"), Err(Fault::Arguments(_))));
    }
}
