//! Writing XML (XML 1.0, fifth edition): elements are opened and closed here, texts are escaped here, and nowhere else.

/// A document that is being written.
#[derive(Debug)]
pub(crate) struct Document {
    text: String,
    open: Vec<&'static str>,
}

impl Document {
    /// An empty document in UTF-8.
    pub(crate) fn new() -> Self {
        Self { text: "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned(), open: Vec::new() }
    }

    /// Adds a document type, a constant of the format.
    #[must_use]
    pub(crate) fn doctype(mut self, doctype: &'static str) -> Self {
        self.text.push_str(doctype);
        self.text.push('\n');
        self
    }

    /// Begins an element.
    #[must_use]
    pub(crate) fn open(mut self, name: &'static str, attributes: &[(&'static str, &str)]) -> Self {
        self.begin(name, attributes);
        self.text.push_str(">\n");
        self.open.push(name);
        self
    }

    /// Ends the element that was begun last.
    #[must_use]
    pub(crate) fn close(mut self) -> Self {
        if let Some(name) = self.open.pop() {
            self.indent();
            self.text.push_str(&format!("</{name}>\n"));
        }
        self
    }

    /// An element with a text.
    #[must_use]
    pub(crate) fn leaf(self, name: &'static str, text: &str) -> Self {
        self.leaf_with(name, &[], text)
    }

    /// An element with attributes and a text.
    #[must_use]
    pub(crate) fn leaf_with(
        mut self,
        name: &'static str,
        attributes: &[(&'static str, &str)],
        text: &str,
    ) -> Self {
        self.begin(name, attributes);
        self.text.push_str(&format!(">{}</{name}>\n", escaped(text)));
        self
    }

    /// An element without content.
    #[must_use]
    pub(crate) fn empty(mut self, name: &'static str) -> Self {
        self.begin(name, &[]);
        self.text.push_str("/>\n");
        self
    }

    /// The whole text; what is open is ended.
    pub(crate) fn finish(mut self) -> String {
        while !self.open.is_empty() {
            self = self.close();
        }
        self.text
    }

    fn begin(&mut self, name: &str, attributes: &[(&'static str, &str)]) {
        self.indent();
        self.text.push_str(&format!("<{name}"));
        for (attribute, value) in attributes {
            self.text.push_str(&format!(" {attribute}=\"{}\"", escaped(value)));
        }
    }

    fn indent(&mut self) {
        self.text.extend(std::iter::repeat_n("  ", self.open.len()));
    }
}

/// The text as content or value of an attribute. Characters that no document may hold (section 2.2) are left out.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\t' | '\n' | '\r' => out.push_str(&format!("&#{};", u32::from(character))),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {}
            _ => out.push(character),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_ends_an_element_or_an_attribute() {
        for (text, written) in [
            ("plain", "plain"),
            ("<b>&\"'", "&lt;b&gt;&amp;&quot;&#39;"),
            ("]]>", "]]&gt;"),
            ("a\u{0}b\u{1b}\u{ffff}", "ab"),
            ("a\r\nb", "a&#13;&#10;b"),
            ("été", "été"),
        ] {
            assert_eq!(escaped(text), written);
            let document = Document::new().leaf_with("a", &[("b", text)], text).finish();
            assert_eq!(
                document,
                format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a b=\"{written}\">{written}</a>\n")
            );
        }
    }

    #[test]
    fn what_is_open_is_ended() {
        let document = Document::new().open("a", &[]).open("b", &[]).empty("c").finish();
        assert!(document.ends_with("<a>\n  <b>\n    <c/>\n  </b>\n</a>\n"), "{document}");
    }
}
