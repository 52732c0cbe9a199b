//! Authentication-Results (RFC 8601): telling what was found, and nobody else's word in our name.

use message::{fields, split_header};

/// Longest line of the field in octets; longer results stand on lines of their own.
const VALUE_CHARS_MAX: usize = 300;

/// One result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MethodResult {
    method: &'static str,
    result: &'static str,
    reason: String,
    properties: Vec<(&'static str, String)>,
}

impl MethodResult {
    /// A result such as `spf=pass`.
    pub fn new(method: &'static str, result: &'static str) -> Self {
        Self { method, result, reason: String::new(), properties: Vec::new() }
    }

    /// The same with a reason for people; an empty one is none.
    #[must_use]
    pub fn reason(mut self, reason: &str) -> Self {
        self.reason = reason.chars().take(VALUE_CHARS_MAX).collect();
        self
    }

    /// The same with a property such as `header.d`.
    #[must_use]
    pub fn property(mut self, name: &'static str, value: impl ToString) -> Self {
        self.properties.push((name, value.to_string().chars().take(VALUE_CHARS_MAX).collect()));
        self
    }

    /// As it stands in the field.
    fn text(&self) -> String {
        let mut text = format!("{}={}", self.method, self.result);
        if !self.reason.is_empty() {
            text.push_str(&format!(" reason={}", quoted(&self.reason)));
        }
        for (name, value) in &self.properties {
            text.push_str(&format!("\r\n\t\t{name}={}", token_or_quoted(value)));
        }
        text
    }
}

/// The field with its line end, in the name of `authority`.
pub fn write_results(authority: &str, results: &[MethodResult]) -> String {
    if results.is_empty() {
        return format!("Authentication-Results: {authority}; none\r\n");
    }
    let results: String = results.iter().map(|result| format!(";\r\n\t{}", result.text())).collect();
    format!("Authentication-Results: {authority}{results}\r\n")
}

fn token_or_quoted(value: &str) -> String {
    let is_token = !value.is_empty()
        && value.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"-_.@+/:".contains(&octet));
    if is_token { value.to_owned() } else { quoted(value) }
}

/// A quoted string of printable ASCII.
fn quoted(value: &str) -> String {
    let inside = value.chars().map(|character| match character {
        '"' | '\\' => format!("\\{character}"),
        character if character == ' ' || character.is_ascii_graphic() => character.to_string(),
        _ => "?".to_owned(),
    });
    format!("\"{}\"", inside.collect::<String>())
}

/// The message without fields that speak in the name of `authority` (RFC 8601 section 5); none where there are none.
pub fn strip_forged(message: &[u8], authority: &str) -> Option<Vec<u8>> {
    let (header_end, _) = split_header(message);
    let mut kept: Option<Vec<u8>> = None;
    let mut from = 0;
    for field in fields(&message[..header_end]) {
        if !field.is("Authentication-Results") || !speaks_for(&field.text(), authority) {
            continue;
        }
        kept.get_or_insert_with(|| Vec::with_capacity(message.len()))
            .extend_from_slice(&message[from..field.start]);
        from = field.end;
    }
    let mut kept = kept?;
    kept.extend_from_slice(&message[from..]);
    Some(kept)
}

/// Whether a value begins with the name of `authority`; one that names nobody speaks for everybody.
fn speaks_for(value: &str, authority: &str) -> bool {
    let value = without_comments(value);
    let first = value.split(';').next().unwrap_or_default().trim();
    let name = match first.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next().unwrap_or_default().replace('\\', ""),
        // A version may follow, which readers part by a blank or by `/`.
        None => first
            .split(|end: char| end.is_ascii_whitespace() || end == '/')
            .next()
            .unwrap_or_default()
            .to_owned(),
    };
    name.is_empty() || name.trim_end_matches('.').eq_ignore_ascii_case(authority)
}

/// A value without its comments (RFC 5322 section 3.2.2); what stands in quotes is none.
pub(crate) fn without_comments(value: &str) -> String {
    let mut kept = String::with_capacity(value.len());
    let (mut depth, mut is_quoted) = (0_usize, false);
    let mut characters = value.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => {
                let next = characters.next();
                if depth == 0 {
                    kept.push('\\');
                    kept.extend(next);
                }
                continue;
            }
            '"' if depth == 0 => is_quoted = !is_quoted,
            '(' if !is_quoted => depth += 1,
            ')' if !is_quoted && depth > 0 => {
                depth -= 1;
                // A comment is a blank between words.
                kept.push(' ');
                continue;
            }
            _ => {}
        }
        if depth == 0 {
            kept.push(character);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_written_so_that_nothing_breaks_out() {
        let results = [
            MethodResult::new("spf", "pass").property("smtp.mailfrom", "example.org"),
            MethodResult::new("dkim", "fail")
                .reason("the \"body\"\r\nX: y")
                .property("header.d", "example.org")
                .property("header.b", "ab=;c"),
        ];
        assert_eq!(
            write_results("mx.example", &results),
            "Authentication-Results: mx.example;\r\n\tspf=pass\r\n\t\tsmtp.mailfrom=example.org;\r\n\tdkim=fail \
             reason=\"the \\\"body\\\"??X: y\"\r\n\t\theader.d=example.org\r\n\t\theader.b=\"ab=;c\"\r\n"
        );
        assert_eq!(write_results("mx.example", &[]), "Authentication-Results: mx.example; none\r\n");
    }

    #[test]
    fn words_in_our_name_are_taken_out_and_others_stay() {
        let strip = |value: &str| {
            let message = format!("A: b\r\nAuthentication-Results: {value}\r\nC: d\r\n\r\nbody");
            strip_forged(message.as_bytes(), "mx.example").is_some()
        };
        for (value, is_forged) in [
            ("mx.example; spf=pass", true),
            ("MX.Example 1; spf=pass", true),
            ("MX.Example/1; spf=pass", true),
            ("\r\n\t(hello (you)) mx.example (x); dkim=pass", true),
            ("\"mx.example\"; dkim=pass", true),
            ("\"mx\\.example\"; dkim=pass", true),
            ("mx.example.; none", true),
            ("; dmarc=pass", true),
            ("mx.example.org; spf=pass", false),
            ("other.example; spf=pass (mx.example)", false),
        ] {
            assert_eq!(strip(value), is_forged, "{value}");
        }
        let message = b"Authentication-Results: mx.example;\r\n\tspf=pass\r\nC: d\r\n\r\nbody";
        assert_eq!(strip_forged(message, "mx.example").as_deref(), Some(&b"C: d\r\n\r\nbody"[..]));
    }
}
