//! A tag and a command.

use bytes::Bytes;

use super::{Malformed, NameForm, Parsed, Parser, TAG_OCTETS_MAX, is_astring_octet};
use crate::table::Body;

/// One command of a client.
#[derive(Debug)]
pub(crate) struct Command {
    /// What its answer begins with.
    pub(crate) tag: String,
    /// What is wanted.
    pub(crate) body: Body,
}

/// Why some bytes are no command, with the tag where one could be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unreadable {
    /// The tag.
    pub(crate) tag: Option<String>,
    /// What is wrong.
    pub(crate) why: Malformed,
}

/// Reads a whole command, its last line end cut off.
///
/// # Errors
/// [`Unreadable`]: answered with BAD.
pub(crate) fn parse(octets: &Bytes, names: NameForm) -> Result<Command, Unreadable> {
    let mut parser = Parser::new(octets, names);
    let tag = match tag(&mut parser) {
        Ok(tag) => tag,
        Err(why) => return Err(Unreadable { tag: None, why }),
    };
    match body(&mut parser) {
        Ok(body) => Ok(Command { tag, body }),
        Err(why) => Err(Unreadable { tag: Some(tag), why }),
    }
}

fn tag(parser: &mut Parser<'_>) -> Parsed<String> {
    let tag = parser.run(|octet| is_astring_octet(octet) && octet != b'+');
    match std::str::from_utf8(tag) {
        Ok(text) if (1..=TAG_OCTETS_MAX).contains(&text.len()) && parser.peek() == Some(b' ') => {
            let text = text.to_owned();
            parser.space()?;
            Ok(text)
        }
        Ok(_) | Err(_) => parser.fault("a tag of at most 128 octets and a command"),
    }
}

fn body(parser: &mut Parser<'_>) -> Parsed<Body> {
    let at = parser.at;
    let mut name = parser.word("a command")?;
    if name == "UID" {
        parser.space()?;
        name = format!("UID {}", parser.word("a command after UID")?);
    }
    let body =
        Body::parse(&name, parser).unwrap_or(Err(Malformed { at, expected: "a command that is known" }))?;
    parser.end()?;
    Ok(body)
}
