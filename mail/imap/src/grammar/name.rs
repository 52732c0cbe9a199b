//! Folder names on the wire: modified UTF-7 in IMAP4rev1 (RFC 3501 section 5.1.3), UTF-8 once the client has enabled
//! IMAP4rev2 or UTF8=ACCEPT (RFC 9051 section 5.1, RFC 6855 section 3).

use base64::Engine as _;
use base64::alphabet::Alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use store::{FolderName, FolderRefusal};
use unicode_normalization::UnicodeNormalization as _;

use super::{Malformed, Parsed, Parser};

/// How names are written in this session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NameForm {
    /// Modified UTF-7.
    Utf7,
    /// UTF-8.
    Utf8,
}

/// A name as the client means it, not yet judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FolderText(pub(crate) String);

impl FolderText {
    /// The name of a folder, if it may be one.
    ///
    /// # Errors
    /// [`FolderRefusal::NameInvalid`].
    pub(crate) fn folder(&self) -> Result<FolderName, FolderRefusal> {
        FolderName::parse(&self.0)
    }

    /// The same without the delimiter that says "folders will be made below" (RFC 9051 section 6.3.4).
    pub(crate) fn without_trailing_delimiter(&self) -> Self {
        Self(self.0.strip_suffix(FolderName::SEPARATOR).unwrap_or(&self.0).to_owned())
    }
}

impl Parser<'_> {
    /// A `mailbox`.
    pub(crate) fn folder_text(&mut self) -> Parsed<FolderText> {
        let at = self.at;
        let octets = self.astring()?;
        self.decoded(&octets, at).map(FolderText)
    }

    /// A `list-mailbox`: a name with `%` and `*`.
    pub(crate) fn pattern(&mut self) -> Parsed<String> {
        let at = self.at;
        let octets = match self.peek() {
            Some(b'"' | b'{') => self.string()?.to_vec(),
            Some(_) | None => {
                let pattern = self.run(|octet| {
                    super::is_astring_octet(octet) || matches!(octet, b'%' | b'*') || octet >= 0x80
                });
                if pattern.is_empty() {
                    return self.fault("a name or pattern");
                }
                pattern.to_vec()
            }
        };
        self.decoded(&octets, at)
    }

    fn decoded(&self, octets: &[u8], at: usize) -> Parsed<String> {
        let text = std::str::from_utf8(octets)
            .map_err(|_| Malformed { at, expected: "a name in UTF-8 or modified UTF-7" })?;
        let decoded = match self.names() {
            NameForm::Utf8 => text.to_owned(),
            // What is no modified UTF-7 is taken as it stands: clients send bare `&` and 8-bit names.
            NameForm::Utf7 => decode_utf7(text).unwrap_or_else(|| text.to_owned()),
        };
        Ok(if decoded.is_ascii() { decoded } else { decoded.nfc().collect() })
    }
}

/// A name as it is written to the client, not yet quoted.
pub(crate) fn encode_name(name: &str, form: NameForm) -> String {
    match form {
        NameForm::Utf8 => name.to_owned(),
        NameForm::Utf7 => encode_utf7(name),
    }
}

/// Base64 with `,` for `/`, without padding.
fn base64_of_utf7() -> Option<GeneralPurpose> {
    let alphabet = Alphabet::new("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,").ok()?;
    let config = GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone);
    Some(GeneralPurpose::new(&alphabet, config))
}

fn decode_utf7(text: &str) -> Option<String> {
    if !text.contains('&') {
        return Some(text.to_owned());
    }
    if !text.is_ascii() {
        return None;
    }
    let engine = base64_of_utf7()?;
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((plain, encoded)) = rest.split_once('&') {
        decoded.push_str(plain);
        let (shifted, after) = encoded.split_once('-')?;
        rest = after;
        if shifted.is_empty() {
            decoded.push('&');
            continue;
        }
        let octets = engine.decode(shifted).ok()?;
        if octets.len() % 2 != 0 {
            return None;
        }
        let units = octets.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
        for character in char::decode_utf16(units) {
            decoded.push(character.ok()?);
        }
    }
    decoded.push_str(rest);
    Some(decoded)
}

fn encode_utf7(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    let mut units: Vec<u8> = Vec::new();
    let flush = |units: &mut Vec<u8>, encoded: &mut String| {
        if let Some(engine) = (!units.is_empty()).then(base64_of_utf7).flatten() {
            encoded.push('&');
            engine.encode_string(&units, encoded);
            encoded.push('-');
            units.clear();
        }
    };
    for character in text.chars() {
        if matches!(character, ' '..='~') {
            flush(&mut units, &mut encoded);
            encoded.push(character);
            if character == '&' {
                encoded.push('-');
            }
        } else {
            let mut buffer = [0_u16; 2];
            units.extend(character.encode_utf16(&mut buffer).iter().flat_map(|unit| unit.to_be_bytes()));
        }
    }
    flush(&mut units, &mut encoded);
    encoded
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn modified_utf7_is_read_and_written_as_the_standard_shows() {
        for (wire, name) in [
            ("INBOX", "INBOX"),
            ("~peter/mail/&U,BTFw-/&ZeVnLIqe-", "~peter/mail/台北/日本語"),
            ("A&-B", "A&B"),
            ("Entw&APw-rfe", "Entwürfe"),
            ("&2D3eAA-", "😀"),
        ] {
            assert_eq!(decode_utf7(wire).as_deref(), Some(name));
            assert_eq!(encode_utf7(name), wire);
        }
        for broken in ["&", "&!-", "&AA-", "a&b", "&2D0-"] {
            assert_eq!(decode_utf7(broken), None, "{broken}");
        }
    }

    proptest! {
        #[test]
        fn every_name_comes_back(name in "\\PC{0,40}") {
            prop_assert_eq!(decode_utf7(&encode_utf7(&name)), Some(name));
        }
    }
}
