//! Where in a request a number stands that the schema refuses, and from where to where it may go.
//!
//! The library names the argument of some such numbers and the range of others, and never both. What is missing is looked up in
//! the request as it was sent, by the schema, whose descriptions say of each number how large it may be.

use std::collections::HashMap;
use std::sync::LazyLock;

use async_graphql::parser::types::{
    BaseType, DocumentOperations, ExecutableDocument, FieldDefinition, InputValueDefinition, OperationType,
    Selection, SelectionSet, Type, TypeKind, TypeSystemDefinition,
};
use async_graphql::parser::{parse_query, parse_schema};
use async_graphql::{Pos, Positioned, Request, ServerError, Value, Variables};

use crate::language::Language;
use crate::scalar::EXACT_MAX;

/// The types of the schema by their names.
static TYPES: LazyLock<HashMap<String, TypeKind>> = LazyLock::new(|| {
    let definitions = parse_schema(crate::wiring::sdl()).map(|schema| schema.definitions).unwrap_or_default();
    let types = definitions.into_iter().filter_map(|definition| match definition {
        TypeSystemDefinition::Type(known) => Some((known.node.name.node.to_string(), known.node.kind)),
        TypeSystemDefinition::Schema(_) | TypeSystemDefinition::Directive(_) => None,
    });
    types.collect()
});

/// What was asked, kept until it is answered.
#[derive(Debug)]
pub(crate) struct Sent {
    query: String,
    variables: Variables,
}

/// A number in a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// The path of its argument, for example `input.port`.
    pub path: String,
    range: Range,
}

/// From where to where a number may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Range {
    /// None where only the most is told.
    from: Option<u64>,
    to: u64,
}

/// What the library says of a number.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Fault {
    /// It is an `Int` outside of this.
    Outside(i64, i64),
    /// It is a `Long` or `Bytes` that JSON does not keep exact.
    Inexact,
    /// It stands there and is not of its type.
    At(String),
}

impl Fault {
    fn of(message: &str) -> Option<Self> {
        if let Some((_, range)) = message.split_once("Only integers from ") {
            let (from, rest) = range.split_once(" to ")?;
            let to = rest.split_once(' ')?.0;
            return Some(Self::Outside(from.parse().ok()?, to.parse().ok()?));
        }
        // What is below zero, where nothing is.
        if message.starts_with("Failed to parse \"Int\": Invalid number") {
            return Some(Self::Outside(0, u32::MAX.into()));
        }
        if message.contains("expected a whole number") {
            return Some(Self::Inexact);
        }
        let path = argument(message)?;
        let (_, kind) = message.split_once("expected type \"")?;
        let kind = kind.split_once('"')?.0.trim_end_matches('!');
        ["Int", "Long", "Bytes"].contains(&kind).then(|| Self::At(path.to_owned()))
    }

    /// Whether this is what is said of that value of such a type.
    fn is_of(&self, path: &str, kind: &str, value: &Value) -> bool {
        match (self, value) {
            (Self::At(at), _) => at == path,
            (Self::Outside(from, to), Value::Number(number)) if kind == "Int" => {
                !number.as_i64().is_some_and(|number| (*from..=*to).contains(&number))
            }
            (Self::Inexact, Value::Number(number)) if ["Long", "Bytes"].contains(&kind) => {
                number.as_u64().is_none_or(|number| number > EXACT_MAX)
            }
            (Self::Outside(..) | Self::Inexact, _) => false,
        }
    }
}

/// The path of the argument that the library names.
pub(super) fn argument(message: &str) -> Option<&str> {
    let (path, _) = message.strip_prefix("Invalid value for argument \"")?.split_once('"')?;
    Some(path)
}

impl Sent {
    /// Keeps what is needed of `request`.
    pub(crate) fn of(request: &Request) -> Self {
        Self { query: request.query.clone(), variables: request.variables.clone() }
    }

    /// For each of `errors` the number that it is about; none where it is about none.
    pub(crate) async fn places(self, errors: &[ServerError]) -> Vec<Option<Place>> {
        let faults =
            errors.iter().map(|error| Fault::of(&error.message).zip(error.locations.first().copied()));
        let faults: Vec<_> = faults.collect();
        if faults.iter().all(Option::is_none) {
            return Vec::new();
        }
        // The first time, the schema is read.
        let found = tokio::task::spawn_blocking(move || {
            let document = parse_query(&self.query).ok();
            let place = |(fault, pos): (Fault, Pos)| self.place(document.as_ref()?, &fault, pos);
            faults.into_iter().map(|fault| fault.and_then(place)).collect()
        });
        found.await.unwrap_or_default()
    }

    fn place(&self, document: &ExecutableDocument, fault: &Fault, pos: Pos) -> Option<Place> {
        sets(document).find_map(|(of, set)| place(of, set, (pos, &self.variables), fault))
    }
}

/// What is selected at the roots of operations and in fragments, with the type of which it is.
fn sets(document: &ExecutableDocument) -> impl Iterator<Item = (&str, &SelectionSet)> {
    let operations: Vec<_> = match &document.operations {
        DocumentOperations::Single(operation) => vec![&operation.node],
        DocumentOperations::Multiple(operations) => {
            operations.values().map(|operation| &operation.node).collect()
        }
    };
    let roots = operations.into_iter().map(|operation| {
        let root = match operation.ty {
            OperationType::Query => "Query",
            OperationType::Mutation => "Mutation",
            OperationType::Subscription => "Subscription",
        };
        (root, &operation.selection_set.node)
    });
    let fragments = document.fragments.values();
    roots.chain(fragments.map(|fragment| {
        (fragment.node.type_condition.node.on.node.as_str(), &fragment.node.selection_set.node)
    }))
}

/// The number that `fault` is about in what is selected of a type: in the argument at `pos`, or in any of the field there.
fn place(of: &str, set: &SelectionSet, (pos, variables): (Pos, &Variables), fault: &Fault) -> Option<Place> {
    set.items.iter().find_map(|selection| match &selection.node {
        Selection::Field(field) => {
            let definition = fields(of).iter().find(|known| known.node.name.node == field.node.name.node)?;
            let is_meant = |at: Pos| at == pos || field.pos == pos;
            let arguments = field.node.arguments.iter();
            let mut arguments = arguments.filter(|(name, value)| is_meant(name.pos) || is_meant(value.pos));
            let own = arguments.find_map(|(name, value)| {
                let mut known = definition.node.arguments.iter();
                let known = known.find(|known| known.node.name.node == name.node)?;
                let value = value.node.clone();
                let value = value.into_const_with(|name| variables.get(&name).cloned().ok_or(())).ok()?;
                found(&known.node, &value, name.node.to_string(), fault)
            });
            let below = || {
                let of = named(&definition.node.ty.node);
                place(of, &field.node.selection_set.node, (pos, variables), fault)
            };
            own.or_else(below)
        }
        Selection::InlineFragment(fragment) => {
            let condition = fragment.node.type_condition.as_ref();
            let of = condition.map_or(of, |condition| condition.node.on.node.as_str());
            place(of, &fragment.node.selection_set.node, (pos, variables), fault)
        }
        Selection::FragmentSpread(_) => None,
    })
}

fn fields(of: &str) -> &'static [Positioned<FieldDefinition>] {
    match TYPES.get(of) {
        Some(TypeKind::Object(object)) => &object.fields,
        Some(TypeKind::Interface(interface)) => &interface.fields,
        Some(TypeKind::Scalar | TypeKind::Union(_) | TypeKind::Enum(_) | TypeKind::InputObject(_)) | None => {
            &[]
        }
    }
}

/// The type that a list, or a list of lists, is of in the end.
fn named(of: &Type) -> &str {
    match &of.base {
        BaseType::Named(name) => name,
        BaseType::List(item) => named(item),
    }
}

/// The first number within `value` that `fault` is about.
fn found(definition: &InputValueDefinition, value: &Value, path: String, fault: &Fault) -> Option<Place> {
    let kind = named(&definition.ty.node);
    match (value, TYPES.get(kind)) {
        (Value::List(values), _) => values
            .iter()
            .enumerate()
            .find_map(|(index, value)| found(definition, value, format!("{path}.{index}"), fault)),
        (Value::Object(values), Some(TypeKind::InputObject(input))) => {
            input.fields.iter().find_map(|field| {
                let name = &field.node.name.node;
                found(&field.node, values.get(name)?, format!("{path}.{name}"), fault)
            })
        }
        _ if fault.is_of(&path, kind, value) => {
            let description = definition.description.as_ref().map_or("", |description| &description.node);
            Some(Place { path, range: Range::of(kind, description) })
        }
        _ => None,
    }
}

impl Range {
    /// That of a number of type `kind`, as narrow as its description says.
    fn of(kind: &str, description: &str) -> Self {
        let most = if kind == "Int" { u32::MAX.into() } else { EXACT_MAX };
        Self::described(description, most).unwrap_or(Self { from: Some(0), to: most })
    }

    /// The first of "1 to 100", "up to 100", "at most 100" and "1 or more" in it.
    fn described(description: &str, most: u64) -> Option<Self> {
        let words = words(description);
        let number = |index: usize| words.get(index).and_then(Word::number);
        let is =
            |index: usize, text: &str| matches!(words.get(index), Some(Word::Text(word)) if *word == text);
        (0..words.len()).find_map(|at| match number(at) {
            Some(from) if is(at + 1, "to") => Some(Self { from: Some(from), to: number(at + 2)? }),
            Some(from) if is(at + 1, "or") && is(at + 2, "more") => Some(Self { from: Some(from), to: most }),
            None if is(at, "up") && is(at + 1, "to") => Some(Self { from: None, to: number(at + 2)? }),
            None if is(at, "at") && is(at + 1, "most") => Some(Self { from: None, to: number(at + 2)? }),
            Some(_) | None => None,
        })
    }
}

/// A word of a description; the digits of a number may stand in groups of three.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word<'a> {
    Number(u64),
    Text(&'a str),
}

impl Word<'_> {
    fn number(&self) -> Option<u64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(_) => None,
        }
    }
}

fn words(description: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut is_open = false;
    for text in description.split_whitespace() {
        let word = text.trim_end_matches(['.', ',', ';', ':']);
        let number = word.parse::<u64>().ok();
        match (number, words.last_mut()) {
            (Some(group), Some(Word::Number(so_far))) if is_open && word.len() == 3 => {
                *so_far = so_far.saturating_mul(1000).saturating_add(group);
            }
            (Some(number), _) => words.push(Word::Number(number)),
            (None, _) => words.push(Word::Text(word)),
        }
        is_open = word.len() == text.len();
    }
    words
}

impl Place {
    /// The number and its range in words.
    pub(super) fn said(&self, language: Language) -> String {
        let Self { path, range: Range { from, to } } = self;
        match (language, from) {
            (Language::English, Some(from)) => format!("\"{path}\" is a whole number from {from} to {to}"),
            (Language::English, None) => format!("\"{path}\" is a whole number up to {to}"),
            (Language::French, Some(from)) => format!("« {path} » est un nombre entier de {from} à {to}"),
            (Language::French, None) => format!("« {path} » est un nombre entier d'au plus {to}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_range_of_a_number_is_the_one_of_its_description_or_of_its_type() {
        for (description, from, to) in [
            ("How many: 1 to 100, 25 where absent.", Some(1), 100),
            ("Its port: 1 to 65 535. Default: 143.", Some(1), 65_535),
            ("In octets: up to 125 000 000. Default: 0, as fast as it goes.", None, 125_000_000),
            ("It opens nothing after so many days; at most 3650; absent: until revoked.", None, 3650),
            ("In seconds: 86 400 to 31 557 600; none: a week.", Some(86_400), 31_557_600),
            ("Which version, 1 or more.", Some(1), 4_294_967_295),
            ("Recipients a day, 0 or more: at most what the plan says.", Some(0), 4_294_967_295),
            ("The largest quota, at most the plan's.", Some(0), 4_294_967_295),
            ("Mailboxes, for example 50.", Some(0), 4_294_967_295),
        ] {
            assert_eq!(Range::of("Int", description), Range { from, to }, "{description}");
        }
        assert_eq!(Range::of("Bytes", "Storage in octets."), Range { from: Some(0), to: EXACT_MAX });
    }

    #[test]
    fn what_is_said_of_numbers_is_told_from_the_rest() {
        let at = |path: &str| Some(Fault::At(path.to_owned()));
        for (message, fault) in [
            (
                "Failed to parse \"Int\": Only integers from 0 to 255 are accepted. (occurred while parsing \"X\")",
                Some(Fault::Outside(0, 255)),
            ),
            ("Failed to parse \"Int\": Invalid number", Some(Fault::Outside(0, 4_294_967_295))),
            ("Invalid value for argument \"rows.0.x\", expected type \"Bytes\"", at("rows.0.x")),
            ("Invalid value for argument \"id\", expected type \"MailboxID\"", None),
            ("Unknown argument \"first\"", None),
        ] {
            assert_eq!(Fault::of(message), fault, "{message}");
        }
    }
}
