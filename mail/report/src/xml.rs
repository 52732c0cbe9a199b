//! Characters and elements of XML.

/// Whether XML may hold it (XML 1.0 section 2.2); of the control characters only layout.
pub(crate) fn is_allowed(character: char) -> bool {
    match character {
        '\t' | '\n' | '\r' => true,
        character => !character.is_control() && !matches!(character, '\u{fffe}' | '\u{ffff}'),
    }
}

/// One element with text in it, on a line of its own. What XML cannot hold at all (control characters) is left out.
pub(crate) fn element(xml: &mut String, name: &str, text: &str) {
    xml.push('<');
    xml.push_str(name);
    xml.push('>');
    for character in text.chars() {
        match character {
            '&' => xml.push_str("&amp;"),
            '<' => xml.push_str("&lt;"),
            '>' => xml.push_str("&gt;"),
            '\t' | '\n' | '\r' => xml.push(' '),
            character if is_allowed(character) => xml.push(character),
            _ => {}
        }
    }
    xml.push_str("</");
    xml.push_str(name);
    xml.push_str(">\n");
}
