//! Values with parameters: `Content-Type`, `Content-Disposition` (RFC 2045 section 5.1, RFC 2183, RFC 2231).

/// Most parameters of one field.
const PARAMETER_COUNT_MAX: usize = 32;
/// Longest value of one parameter in octets; more is cut.
const VALUE_OCTETS_MAX: usize = 8 * 1024;

/// A token and its parameters.
pub(crate) type Valued = (String, Vec<(String, String)>);

/// Reads `token; name=value; ...`, already on one line: token and names in lower case. Continuations (`name*0`,
/// `name*1*`) are joined; where a piece is percent-encoded the name keeps its `*`.
pub(crate) fn valued(text: &str) -> Valued {
    let pieces = split(text);
    let mut pieces = pieces.into_iter();
    let token = pieces.next().unwrap_or_default();
    let token = token.split_ascii_whitespace().next().unwrap_or_default().to_ascii_lowercase();
    let mut plain: Vec<(String, String)> = Vec::new();
    let mut continued: Vec<(String, u16, bool, String)> = Vec::new();
    for piece in pieces {
        if plain.len() + continued.len() >= PARAMETER_COUNT_MAX {
            break;
        }
        let Some((name, value)) = piece.split_once('=') else { continue };
        let name = name.trim().to_ascii_lowercase();
        let value = unquoted(value.trim());
        if name.is_empty() || !name.bytes().all(|octet| octet.is_ascii_graphic() && octet != b'"') {
            continue;
        }
        match continuation(&name) {
            Some((base, ordinal, is_encoded)) => {
                continued.push((base.to_owned(), ordinal, is_encoded, value))
            }
            None => plain.push((name, value)),
        }
    }
    continued.sort_by(|left, right| (&left.0, left.1).cmp(&(&right.0, right.1)));
    for run in continued.chunk_by(|left, right| left.0 == right.0) {
        let is_encoded = run.iter().any(|piece| piece.2);
        let name = format!("{}{}", run[0].0, if is_encoded { "*" } else { "" });
        let mut value: String = run.iter().map(|piece| piece.3.as_str()).collect();
        truncate(&mut value);
        plain.push((name, value));
    }
    (token, plain)
}

/// `name*3*` is piece 3 of `name`, encoded. `name*` alone is one whole encoded value and keeps its name.
fn continuation(name: &str) -> Option<(&str, u16, bool)> {
    let (name, is_encoded) = match name.strip_suffix('*') {
        Some(rest) => (rest, true),
        None => (name, false),
    };
    let (base, ordinal) = name.rsplit_once('*')?;
    Some((base, ordinal.parse().ok()?, is_encoded))
}

/// At `;` outside of quotation marks and comments.
fn split(text: &str) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let (mut is_quoted, mut is_escaped, mut depth) = (false, false, 0_usize);
    for character in text.chars() {
        if pieces.len() > 2 * PARAMETER_COUNT_MAX {
            break;
        }
        let Some(piece) = pieces.last_mut() else { break };
        if is_escaped {
            is_escaped = false;
            if depth == 0 {
                piece.push(character);
            }
            continue;
        }
        match character {
            '\\' if is_quoted || depth > 0 => {
                is_escaped = true;
                if depth == 0 {
                    piece.push(character);
                }
            }
            '"' if depth == 0 => {
                is_quoted = !is_quoted;
                piece.push(character);
            }
            '(' if !is_quoted => depth += 1,
            ')' if !is_quoted && depth > 0 => depth -= 1,
            ';' if !is_quoted && depth == 0 => pieces.push(String::new()),
            character if depth == 0 => piece.push(character),
            _ => {}
        }
    }
    pieces
}

fn unquoted(value: &str) -> String {
    let mut text = match value.strip_prefix('"') {
        None => value.to_owned(),
        Some(quoted) => {
            let mut text = String::with_capacity(quoted.len());
            let mut characters = quoted.chars();
            while let Some(character) = characters.next() {
                match character {
                    '"' => break,
                    '\\' => text.extend(characters.next()),
                    character => text.push(character),
                }
            }
            text
        }
    };
    truncate(&mut text);
    text
}

fn truncate(text: &mut String) {
    if text.len() > VALUE_OCTETS_MAX {
        text.truncate(text.floor_char_boundary(VALUE_OCTETS_MAX));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_read_in_all_their_spellings() {
        let (token, parameters) = valued(
            "Text/Plain (a; comment); Charset=\"ut\\f-8\" ; name*1=b; name*0=\"a \"; \
             title*0*=us-ascii'en'x%20; title*1=y; file*=utf-8''%e2; broken; =x",
        );
        assert_eq!(token, "text/plain");
        let expected =
            [("charset", "utf-8"), ("file*", "utf-8''%e2"), ("name", "a b"), ("title*", "us-ascii'en'x%20y")];
        assert_eq!(parameters.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect::<Vec<_>>(), expected);
    }
}
