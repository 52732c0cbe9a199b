//! LIST's and LSUB's arguments (RFC 9051 section 6.3.9, RFC 5258, RFC 5819, RFC 6154).

use super::{LIST_ELEMENT_COUNT_MAX, PATTERN_OCTETS_MAX, Parsed, Parser, StatusItem};

/// Which folders LIST looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct ListSelection {
    /// SUBSCRIBED.
    pub(crate) is_subscribed: bool,
    /// SPECIAL-USE.
    pub(crate) is_special_use: bool,
    /// RECURSIVEMATCH.
    pub(crate) is_recursive: bool,
}

/// What LIST tells of each.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct ListReturn {
    /// SUBSCRIBED.
    pub(crate) subscribed: bool,
    /// STATUS (...).
    pub(crate) status: Vec<StatusItem>,
}

/// LIST.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct List {
    /// Put before each pattern.
    pub(crate) reference: String,
    /// Any of these.
    pub(crate) patterns: Vec<String>,
    /// Which.
    pub(crate) selection: ListSelection,
    /// What; CHILDREN and SPECIAL-USE are always told.
    pub(crate) returns: ListReturn,
}

/// LIST.
pub(crate) fn list(parser: &mut Parser<'_>) -> Parsed<List> {
    parser.space()?;
    let mut selection = ListSelection::default();
    if parser.peek() == Some(b'(') {
        selection = parser.list_selection()?;
        parser.space()?;
    }
    let reference = parser.folder_text()?.0;
    parser.space()?;
    let patterns = if parser.peek() == Some(b'(') {
        parser.list(LIST_ELEMENT_COUNT_MAX, Parser::pattern)?
    } else {
        vec![parser.pattern()?]
    };
    parser.check_patterns(&reference, &patterns)?;
    let mut returns = ListReturn::default();
    if parser.takes(b' ') {
        if !parser.takes_word("RETURN") {
            return parser.fault("RETURN");
        }
        parser.space()?;
        parser.list(LIST_ELEMENT_COUNT_MAX, |parser| parser.list_return(&mut returns))?;
    }
    Ok(List { reference, patterns, selection, returns })
}

/// LSUB (RFC 3501 section 6.3.9).
pub(crate) fn lsub(parser: &mut Parser<'_>) -> Parsed<List> {
    parser.space()?;
    let reference = parser.folder_text()?.0;
    parser.space()?;
    let patterns = vec![parser.pattern()?];
    parser.check_patterns(&reference, &patterns)?;
    let selection = ListSelection { is_subscribed: true, ..ListSelection::default() };
    Ok(List { reference, patterns, selection, returns: ListReturn::default() })
}

impl Parser<'_> {
    fn check_patterns(&self, reference: &str, patterns: &[String]) -> Parsed<()> {
        let octets: usize = patterns.iter().map(|pattern| reference.len() + pattern.len()).sum();
        if octets > PATTERN_OCTETS_MAX {
            self.fault("at most 2048 octets of patterns before here")
        } else {
            Ok(())
        }
    }

    fn list_selection(&mut self) -> Parsed<ListSelection> {
        let mut selection = ListSelection::default();
        self.list(LIST_ELEMENT_COUNT_MAX, |parser| {
            match parser.word("SUBSCRIBED, REMOTE, RECURSIVEMATCH or SPECIAL-USE")?.as_str() {
                "SUBSCRIBED" => selection.is_subscribed = true,
                "SPECIAL-USE" => selection.is_special_use = true,
                "RECURSIVEMATCH" => selection.is_recursive = true,
                // There are no remote folders here to be added.
                "REMOTE" => {}
                _ => return parser.fault("SUBSCRIBED, REMOTE, RECURSIVEMATCH or SPECIAL-USE"),
            }
            Ok(())
        })?;
        // RFC 5258 section 3.1: RECURSIVEMATCH alone has no meaning.
        if selection.is_recursive && !selection.is_subscribed && !selection.is_special_use {
            return self.fault("RECURSIVEMATCH together with SUBSCRIBED or SPECIAL-USE");
        }
        Ok(selection)
    }

    fn list_return(&mut self, returns: &mut ListReturn) -> Parsed<()> {
        match self.word("SUBSCRIBED, CHILDREN, SPECIAL-USE or STATUS")?.as_str() {
            "SUBSCRIBED" => returns.subscribed = true,
            "CHILDREN" | "SPECIAL-USE" => {}
            "STATUS" => {
                self.space()?;
                returns.status = self.status_items()?;
            }
            _ => return self.fault("SUBSCRIBED, CHILDREN, SPECIAL-USE or STATUS"),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::grammar::{NameForm, parse};

    #[test]
    fn patterns_of_a_list_have_a_length_together() {
        let half = "%".repeat(PATTERN_OCTETS_MAX / 2);
        for (command, is_taken) in [
            (format!("a LIST \"\" ({half} {half})"), true),
            (format!("a LIST \"\" ({half} {half}%)"), false),
            (format!("a LIST x ({half} {half})"), false),
            (format!("a LSUB \"\" {half}{half}"), true),
            (format!("a LSUB x {half}{half}"), false),
        ] {
            let parsed = parse(&Bytes::from(command.clone()), NameForm::Utf8);
            assert_eq!(parsed.is_ok(), is_taken, "{command:.20}");
        }
    }
}
