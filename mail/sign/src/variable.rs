//! What a footer says of who wrote: `{= from_name =}` and the like, filled in for each message.

use std::borrow::Cow;

/// Characters of one value that are written; the rest is left out.
const VALUE_CHARACTER_COUNT_MAX: usize = 255;

/// Whoever wrote a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Author<'a> {
    /// What they signed in with.
    pub login: &'a str,
    /// Their name as the message gives it; empty where it gives none.
    pub name: &'a str,
    /// The address that the message is from.
    pub address: &'a str,
}

impl Author<'_> {
    /// What a variable stands for; none where there is no such variable.
    fn value(&self, variable: &str) -> Option<&str> {
        let (user, domain) = self.address.rsplit_once('@').unwrap_or((self.address, ""));
        match variable {
            "auth_user" => Some(self.login),
            "from_user" => Some(user),
            "from_name" => Some(self.name),
            "from_addr" => Some(self.address),
            "from_domain" => Some(domain),
            _ => None,
        }
    }
}

/// What a value is written into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Into {
    Text,
    /// Anywhere in HTML, within the quotes of an attribute as well.
    Html,
}

/// The template with the values of its variables; what names none stays as it stands.
pub(crate) fn filled<'a>(template: &'a str, author: &Author<'_>, into: Into) -> Cow<'a, str> {
    let mut whole = String::new();
    let mut rest = template;
    while let Some((before, inside)) = rest.split_once("{=") {
        whole.push_str(before);
        match inside.split_once("=}").and_then(|(name, after)| Some((author.value(name.trim())?, after))) {
            Some((value, after)) => {
                write(value, into, &mut whole);
                rest = after;
            }
            None => {
                whole.push_str("{=");
                rest = inside;
            }
        }
    }
    if whole.is_empty() {
        return Cow::Borrowed(rest);
    }
    whole.push_str(rest);
    Cow::Owned(whole)
}

/// Authors choose their names: nothing of a value is markup, and none begins a line of its own.
fn write(value: &str, into: Into, whole: &mut String) {
    for character in value.chars().take(VALUE_CHARACTER_COUNT_MAX) {
        match (into, character) {
            (_, character) if character.is_control() || matches!(character, '\u{2028}' | '\u{2029}') => {
                whole.push(' ');
            }
            (Into::Html, '&') => whole.push_str("&amp;"),
            (Into::Html, '<') => whole.push_str("&lt;"),
            (Into::Html, '>') => whole.push_str("&gt;"),
            (Into::Html, '"') => whole.push_str("&quot;"),
            (Into::Html, '\'') => whole.push_str("&#39;"),
            (_, character) => whole.push(character),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AUTHOR: Author<'_> =
        Author { login: "ann@x.example", name: "Ann <b>&\"Co'", address: "sales@y.example" };

    #[test]
    fn variables_are_filled_in_and_what_is_none_stays() {
        for (template, text) in [
            ("", ""),
            ("no variable", "no variable"),
            ("{= auth_user =}, {=from_user=}", "ann@x.example, sales"),
            ("{= from_addr =} of {=  from_domain =}", "sales@y.example of y.example"),
            ("{= from_name =}", "Ann <b>&\"Co'"),
            ("{= unknown =} {= from_user", "{= unknown =} {= from_user"),
            ("{={= from_user =}=}", "{=sales=}"),
            ("a {= FROM_USER =}", "a {= FROM_USER =}"),
        ] {
            assert_eq!(filled(template, &AUTHOR, Into::Text), text, "{template}");
        }
        let html = filled("<a title=\"{= from_name =}\">", &AUTHOR, Into::Html);
        assert_eq!(html, "<a title=\"Ann &lt;b&gt;&amp;&quot;Co&#39;\">");
    }

    #[test]
    fn a_value_is_one_line_that_ends_and_is_not_filled_in_itself() {
        let name = format!("{{= auth_user =}}\r\n{}", "x".repeat(1000));
        let author = Author { name: &name, ..AUTHOR };
        let whole = filled("{= from_name =}", &author, Into::Text);
        assert_eq!(whole.chars().count(), VALUE_CHARACTER_COUNT_MAX);
        assert!(whole.starts_with("{= auth_user =}  xx"), "{whole}");
    }
}
