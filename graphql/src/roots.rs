//! How many fields stand at the root of a request: each is something that is asked for, whatever it costs to answer.

use async_graphql::Request;
use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, OperationType, Selection, SelectionSet,
};

use crate::limit::ROOT_FIELD_COUNT_MAX;

/// What stands at the root of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Roots {
    /// Fields; those above [`ROOT_FIELD_COUNT_MAX`] are counted as one more.
    pub field_count: usize,
    /// Whether they change something.
    pub is_change: bool,
}

impl Roots {
    /// What `request` asks for; of several operations the one with most, whichever is named.
    pub(crate) fn of(request: &mut Request) -> Self {
        let none = Self { field_count: 1, is_change: false };
        // What cannot be parsed is answered as such, and is one operation.
        let Ok(document) = request.parsed_query() else { return none };
        let count = |operation: &async_graphql::parser::types::OperationDefinition| {
            let mut left = ROOT_FIELD_COUNT_MAX + 1;
            take(document, &operation.selection_set.node, &mut left);
            Self {
                field_count: ROOT_FIELD_COUNT_MAX + 1 - left,
                is_change: operation.ty == OperationType::Mutation,
            }
        };
        let counted: Vec<Self> = match &document.operations {
            DocumentOperations::Single(operation) => vec![count(&operation.node)],
            DocumentOperations::Multiple(operations) => {
                operations.values().map(|operation| count(&operation.node)).collect()
            }
        };
        counted.into_iter().fold(none, |most, one| Self {
            field_count: most.field_count.max(one.field_count),
            is_change: most.is_change || one.is_change,
        })
    }

    /// Whether it is more than is answered at once.
    pub(crate) const fn are_too_many(self) -> bool {
        self.field_count > ROOT_FIELD_COUNT_MAX
    }

    /// What it takes of the caller's allowance.
    pub(crate) fn operations(self) -> u32 {
        if self.is_change { u32::try_from(self.field_count).unwrap_or(u32::MAX) } else { 1 }
    }
}

/// Counts fields until none are left to count. A fragment counts as well, so that those that name themselves come to an end.
fn take(document: &ExecutableDocument, set: &SelectionSet, left: &mut usize) {
    for selection in &set.items {
        if *left == 0 {
            return;
        }
        match &selection.node {
            Selection::Field(_) => *left -= 1,
            Selection::InlineFragment(inline) => {
                *left -= 1;
                take(document, &inline.node.selection_set.node, left);
            }
            Selection::FragmentSpread(spread) => {
                *left -= 1;
                if let Some(fragment) = document.fragments.get(&spread.node.fragment_name.node) {
                    take(document, &fragment.node.selection_set.node, left);
                }
            }
        }
    }
}
