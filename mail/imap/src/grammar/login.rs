//! Arguments of LOGIN, AUTHENTICATE, ENABLE and ID (RFC 9051 section 6.2, RFC 5161, RFC 2971).

use base64::Engine as _;
use secrecy::SecretString;

use super::{LIST_ELEMENT_COUNT_MAX, Parsed, Parser};

/// LOGIN.
#[derive(Debug, Clone)]
pub(crate) struct Login {
    /// Who.
    pub(crate) name: String,
    /// The proof.
    pub(crate) password: SecretString,
}

/// AUTHENTICATE.
#[derive(Debug, Clone)]
pub(crate) struct Authenticate {
    /// In capitals.
    pub(crate) mechanism: String,
    /// The initial response, decoded (RFC 4959).
    pub(crate) initial: Option<Vec<u8>>,
}

/// ENABLE: names in capitals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Enable(pub(crate) Vec<String>);

/// LOGIN.
pub(crate) fn login(parser: &mut Parser<'_>) -> Parsed<Login> {
    parser.space()?;
    let name = parser.text()?;
    parser.space()?;
    Ok(Login { name, password: parser.text()?.into() })
}

/// AUTHENTICATE.
pub(crate) fn authenticate(parser: &mut Parser<'_>) -> Parsed<Authenticate> {
    parser.space()?;
    let mechanism = parser.word("a mechanism")?;
    let mut initial = None;
    if parser.takes(b' ') {
        // `=` stands for an empty response.
        let text = parser.run(|octet| octet.is_ascii_graphic());
        let decoded = if text == b"=" {
            Some(Vec::new())
        } else {
            base64::engine::general_purpose::STANDARD.decode(text).ok()
        };
        match decoded {
            Some(octets) => initial = Some(octets),
            None => return parser.fault("base64"),
        }
    }
    Ok(Authenticate { mechanism, initial })
}

/// ENABLE.
pub(crate) fn enable(parser: &mut Parser<'_>) -> Parsed<Enable> {
    let mut names = Vec::new();
    while parser.takes(b' ') {
        if names.len() == LIST_ELEMENT_COUNT_MAX {
            return parser.fault("fewer capabilities");
        }
        names.push(parser.word("a capability")?);
    }
    if names.is_empty() { parser.fault("a capability") } else { Ok(Enable(names)) }
}

/// ID: read and forgotten.
pub(crate) fn id(parser: &mut Parser<'_>) -> Parsed<()> {
    parser.space()?;
    if parser.takes_word("NIL") {
        return Ok(());
    }
    parser.list(LIST_ELEMENT_COUNT_MAX, |parser| {
        if parser.takes_word("NIL") { Ok(()) } else { parser.string().map(|_| ()) }
    })?;
    Ok(())
}
