//! How much a request asks for, before anything of it is parsed, checked or answered for: what the schema's own limits look at
//! only after they have walked through all of it.

use async_graphql::Request;
use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, OperationDefinition, OperationType, Selection, SelectionSet,
};

use crate::error::Fault;
use crate::limit::{NESTING_MAX, ROOT_FIELD_COUNT_MAX, SELECTION_COUNT_MAX};

/// Why a request is not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Excess {
    /// More than [`ROOT_FIELD_COUNT_MAX`] fields at its root.
    Roots,
    /// Brackets within brackets, or fields within fields and fragments, beyond [`NESTING_MAX`].
    Nesting,
    /// More than [`SELECTION_COUNT_MAX`] fields and fragments, each as often as it would be looked at.
    Selections,
}

impl Excess {
    /// What the caller is told.
    pub(crate) const fn fault(self) -> Fault {
        match self {
            Self::Roots => Fault::BadInput(
                "an operation has at most 100 fields at its root; send the others in another, or use `bulk`",
                "une opération a au plus 100 champs à sa racine ; envoyez les autres dans une autre, ou utilisez `bulk`",
            ),
            Self::Nesting => Fault::BadInput(
                "an operation nests at most 64 levels of fields, lists and objects",
                "une opération imbrique au plus 64 niveaux de champs, de listes et d'objets",
            ),
            Self::Selections => Fault::BadInput(
                "an operation selects at most 10 000 fields and fragments, each counted wherever it is used",
                "une opération sélectionne au plus 10 000 champs et fragments, chacun compté partout où il sert",
            ),
        }
    }
}

/// What stands at the root of a request, and whether the whole is too much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Roots {
    /// Fields; those above [`ROOT_FIELD_COUNT_MAX`] are counted as one more.
    pub field_count: usize,
    /// Whether they change something.
    pub is_change: bool,
    /// Whether the operation that is meant goes on by itself.
    pub is_subscription: bool,
    /// Why it is not answered, if it is too much.
    pub excess: Option<Excess>,
}

impl Roots {
    /// What `request` asks for; of several operations the one with most, whichever is named.
    pub(crate) fn of(request: &mut Request) -> Self {
        let none = Self { field_count: 1, is_change: false, is_subscription: false, excess: None };
        // The parser calls itself for each bracket, on a stack that is not endless.
        if nesting(&request.query) > NESTING_MAX {
            return Self { excess: Some(Excess::Nesting), ..none };
        }
        // What cannot be parsed is answered as such, and is one operation.
        let named = request.operation_name.clone();
        let Ok(document) = request.parsed_query() else { return none };
        let meant = match (&document.operations, named) {
            (DocumentOperations::Single(operation), _) => Some(&operation.node),
            (DocumentOperations::Multiple(operations), Some(name)) => {
                operations.get(name.as_str()).map(|operation| &operation.node)
            }
            (DocumentOperations::Multiple(_), None) => None,
        };
        let is_subscription = meant.is_some_and(|meant| meant.ty == OperationType::Subscription);
        let operations: Vec<&OperationDefinition> = match &document.operations {
            DocumentOperations::Single(operation) => vec![&operation.node],
            DocumentOperations::Multiple(operations) => {
                operations.values().map(|operation| &operation.node).collect()
            }
        };
        let mut left = SELECTION_COUNT_MAX;
        let mut most = Self { is_subscription, ..none };
        for operation in operations {
            let set = &operation.selection_set.node;
            let mut roots_left = ROOT_FIELD_COUNT_MAX + 1;
            roots(document, set, &mut roots_left);
            most.field_count = most.field_count.max(ROOT_FIELD_COUNT_MAX + 1 - roots_left);
            most.is_change |= operation.ty == OperationType::Mutation;
            most.excess = most.excess.or(walk(document, set, 0, &mut left).err());
        }
        if most.field_count > ROOT_FIELD_COUNT_MAX {
            most.excess = Some(Excess::Roots);
        }
        most
    }

    /// What it takes of the caller's allowance.
    pub(crate) fn operations(self) -> u32 {
        if self.is_change { u32::try_from(self.field_count).unwrap_or(u32::MAX) } else { 1 }
    }
}

/// Counts fields until none are left to count. A fragment counts as well, so that those that name themselves come to an end.
fn roots(document: &ExecutableDocument, set: &SelectionSet, left: &mut usize) {
    for selection in &set.items {
        if *left == 0 {
            return;
        }
        *left -= 1;
        match &selection.node {
            Selection::Field(_) => {}
            Selection::InlineFragment(inline) => roots(document, &inline.node.selection_set.node, left),
            Selection::FragmentSpread(spread) => {
                if let Some(fragment) = document.fragments.get(&spread.node.fragment_name.node) {
                    roots(document, &fragment.node.selection_set.node, left);
                }
            }
        }
    }
}

/// Goes through everything that is selected as the schema's rules do, who open a fragment anew wherever it is used: a few of them
/// in one another are billions of fields.
fn walk(
    document: &ExecutableDocument,
    set: &SelectionSet,
    depth: usize,
    left: &mut usize,
) -> Result<(), Excess> {
    if depth > NESTING_MAX {
        return Err(Excess::Nesting);
    }
    for selection in &set.items {
        *left = left.checked_sub(1).ok_or(Excess::Selections)?;
        let inner = match &selection.node {
            Selection::Field(field) => Some(&field.node.selection_set.node),
            Selection::InlineFragment(inline) => Some(&inline.node.selection_set.node),
            Selection::FragmentSpread(spread) => document
                .fragments
                .get(&spread.node.fragment_name.node)
                .map(|fragment| &fragment.node.selection_set.node),
        };
        if let Some(inner) = inner {
            walk(document, inner, depth + 1, left)?;
        }
    }
    Ok(())
}

/// How deep the brackets of a document stand within each other; what stands in strings and comments does not count
/// (GraphQL, October 2021, sections 2.1.4 and 2.9.4).
fn nesting(query: &str) -> usize {
    let octets = query.as_bytes();
    let (mut depth, mut deepest, mut at) = (0_usize, 0, 0);
    while let Some(octet) = octets.get(at) {
        at += 1;
        match octet {
            b'{' | b'[' | b'(' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' | b')' => depth = depth.saturating_sub(1),
            b'#' => at += octets[at..].iter().take_while(|octet| !matches!(octet, b'\n' | b'\r')).count(),
            b'"' => at = after_string(octets, at),
            _ => {}
        }
    }
    deepest
}

/// Where a string ends whose first quote stands before `at`.
fn after_string(octets: &[u8], mut at: usize) -> usize {
    if octets[at..].starts_with(b"\"\"") {
        at += 2;
        loop {
            let rest = octets.get(at..).unwrap_or_default();
            if rest.starts_with(b"\"\"\"") {
                return at + 3;
            }
            if rest.is_empty() {
                return octets.len();
            }
            at += if rest.starts_with(b"\\\"\"\"") { 4 } else { 1 };
        }
    }
    loop {
        match octets.get(at) {
            // A string that is not closed on its line is none: what follows counts again, and the parser refuses it.
            None | Some(b'"' | b'\n' | b'\r') => return (at + 1).min(octets.len()),
            Some(b'\\') => at += 2,
            Some(_) => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excess(query: &str) -> Option<Excess> {
        Roots::of(&mut Request::new(query)).excess
    }

    #[test]
    fn brackets_that_stand_too_deep_are_refused_before_the_parser_sees_them() {
        for count in [100, 400, 1500, 2000, 100_000] {
            let (open, close) = ("[".repeat(count), "]".repeat(count));
            assert_eq!(excess(&format!("{{a(b:{open}1{close})}}")), Some(Excess::Nesting), "{count}");
            assert_eq!(excess(&"{a:".repeat(count)), Some(Excess::Nesting), "{count}");
            let default = format!("query($a:{open}Int{close}={open}{close}){{a}}");
            assert_eq!(excess(&default), Some(Excess::Nesting), "{count}");
        }
        let (open, close) = ("[".repeat(40), "]".repeat(40));
        assert_eq!(excess(&format!("{{a(b:{open}1{close})}}")), None);
    }

    #[test]
    fn brackets_in_strings_and_comments_are_text() {
        let brackets = "{[(".repeat(100);
        assert_eq!(nesting(&format!("{{a(b:\"{brackets}\")}}")), 2);
        assert_eq!(nesting(&format!("{{a(b:\"\\\"{brackets}\")}}")), 2);
        assert_eq!(nesting(&format!("{{a(b:\"\"\"\n\"{brackets}\\\"\"\"\n\"\"\")}}")), 2);
        assert_eq!(nesting(&format!("# {brackets}\n{{a}}")), 1);
        // Nothing that only looks like text hides brackets.
        assert_eq!(nesting(&format!("{{a(b:\"\n{brackets}")), 302);
        assert_eq!(nesting(&format!("{{a(b:\"\"{brackets}")), 302);
        assert_eq!(nesting(&format!("{{a(b:\"\"\"\"\"\"{brackets}")), 302);
        assert_eq!(nesting("\"\\"), 0);
        assert_eq!(nesting("\"\"\"\\"), 0);
    }

    #[test]
    fn fragments_within_fragments_are_counted_as_they_are_opened() {
        let mut query = "{viewer{...f0}}".to_owned();
        for level in 0..20 {
            let inner = format!("...f{} ", level + 1).repeat(4);
            query.push_str(&format!(" fragment f{level} on Viewer{{{inner}}}"));
        }
        query.push_str(" fragment f20 on Viewer{id}");
        assert_eq!(excess(&query), Some(Excess::Selections));
        assert_eq!(excess("{a{...f}} fragment f on A{...f}"), Some(Excess::Nesting));
        assert_eq!(excess("{...f} fragment f on Query{...f}"), Some(Excess::Roots));
        let fields = |count: usize| (0..count).map(|number| format!("f{number} ")).collect::<String>();
        assert_eq!(excess(&format!("{{a{{{}}}}}", fields(9_999))), None);
        assert_eq!(excess(&format!("{{a{{{}}}}}", fields(10_000))), Some(Excess::Selections));
        // Of several operations all are looked at, whichever is named.
        assert_eq!(excess(&format!("query a{{a}} query b{{{}}}", fields(101))), Some(Excess::Roots));
    }
}
