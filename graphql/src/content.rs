//! What a mutation says, as a mark that is kept with what came of it: the same `commandId` with another content is refused.

use async_graphql::{Context, Name, Result, Value};
use kernel::{CommandId, ContentMark, Id as _};

/// What is no content: the id itself, what was read before, which may be newer when it is sent again, and secrets, of which
/// nothing is kept but their own hashes. Codes and answers are other ones each time.
const NO_CONTENT: [&str; 13] = [
    "commandId",
    "revision",
    "password",
    "newPassword",
    "currentPassword",
    "secret",
    "token",
    "refreshToken",
    "key",
    "code",
    "answer",
    "passkey",
    "invitation",
];

/// The argument by which an intention is named.
const COMMAND_ID: &str = "commandId";
/// The argument of a bulk whose rows are intentions of their own, and the field by which one is named.
const ROWS: (&str, &str) = ("rows", "key");

tokio::task_local! {
    /// The `key` of the row of a bulk that is being done.
    static ROW: String;
}

/// Does something as the row `key` of a bulk: its content is that of the row.
pub(crate) async fn as_row<F: Future>(key: String, work: F) -> F::Output {
    ROW.scope(key, work).await
}

/// The mark of what the mutation says; none where the caller names no intention, since nobody can send it again then.
///
/// The command's id goes into it, which is kept nowhere: without it, nobody can find out by trying what was said, neither of
/// those that are erased since.
///
/// # Errors
/// An argument is not to be read.
pub(crate) fn mark(ctx: &Context<'_>, command: CommandId) -> Result<Option<ContentMark>> {
    let arguments = ctx.field().arguments()?;
    let is_named = arguments.iter().any(|(name, value)| name == COMMAND_ID && *value != Value::Null);
    if !is_named {
        return Ok(None);
    }
    let row = ROW.try_with(|key| row(&arguments, key).cloned()).ok().flatten();
    let mut hasher = blake3::Hasher::new_derive_key("hosterra content of a command");
    hasher.update(command.uuid().as_bytes());
    match row {
        Some(row) => feed(&mut hasher, &row),
        None => fields(&mut hasher, arguments.iter().map(|(name, value)| (name, value))),
    }
    let mut bits = [0; 8];
    hasher.finalize_xof().fill(&mut bits);
    Ok(Some(ContentMark::new(u64::from_be_bytes(bits))))
}

/// The row of a bulk that is called `key`.
fn row<'a>(arguments: &'a [(Name, Value)], key: &str) -> Option<&'a Value> {
    let (_, rows) = arguments.iter().find(|(name, _)| name == ROWS.0)?;
    let is_it = |row: &&Value| match row {
        Value::Object(fields) => matches!(fields.get(ROWS.1), Some(Value::String(known)) if known == key),
        _ => false,
    };
    match rows {
        Value::List(rows) => rows.iter().find(is_it),
        // A list of one may be written without brackets.
        row => Some(row).filter(is_it),
    }
}

/// Whatever order the fields are written in.
fn fields<'a>(hasher: &mut blake3::Hasher, fields: impl Iterator<Item = (&'a Name, &'a Value)>) {
    let mut said: Vec<_> = fields.filter(|(name, _)| !NO_CONTENT.contains(&name.as_str())).collect();
    said.sort_unstable_by_key(|(name, _)| name.as_str());
    begin(hasher, b'o', said.len());
    for (name, value) in said {
        text(hasher, name);
        feed(hasher, value);
    }
}

/// Each value begins with what it is and how long, so that no two are written alike.
fn feed(hasher: &mut blake3::Hasher, value: &Value) {
    match value {
        Value::Null => begin(hasher, b'n', 0),
        Value::Boolean(is_so) => begin(hasher, b'b', usize::from(*is_so)),
        Value::Number(number) => {
            begin(hasher, b'd', 0);
            text(hasher, &number.to_string());
        }
        // A name of an enum comes as a text in variables.
        Value::String(said) => text(hasher, said),
        Value::Enum(name) => text(hasher, name),
        Value::Binary(octets) => {
            begin(hasher, b'x', octets.len());
            hasher.update(octets);
        }
        Value::List(list) => {
            begin(hasher, b'l', list.len());
            list.iter().for_each(|value| feed(hasher, value));
        }
        Value::Object(object) => fields(hasher, object.iter()),
    }
}

fn text(hasher: &mut blake3::Hasher, said: &str) {
    begin(hasher, b's', said.len());
    hasher.update(said.as_bytes());
}

fn begin(hasher: &mut blake3::Hasher, what: u8, length: usize) {
    hasher.update(&[what]);
    hasher.update(&(length as u64).to_be_bytes());
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_schema;
    use async_graphql::parser::types::{InputValueDefinition, TypeKind, TypeSystemDefinition};
    use async_graphql::value;

    use super::*;

    fn hash(value: &Value) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new();
        feed(&mut hasher, value);
        hasher.finalize()
    }

    #[test]
    fn what_is_said_alike_is_the_same_and_all_else_is_not() {
        let same = [
            (value!({ "a": 1, "b": ["x"] }), value!({ "b": ["x"], "a": 1 })),
            (value!({ "a": 1, "password": "one" }), value!({ "a": 1, "password": "two", "revision": 7 })),
            (Value::Enum(Name::new("OWNER")), value!("OWNER")),
        ];
        for (one, other) in &same {
            assert_eq!(hash(one), hash(other), "{one} {other}");
        }
        let all = [
            value!(null),
            value!(false),
            value!(true),
            value!(1),
            value!(2),
            value!("1"),
            value!(""),
            value!([]),
            value!([[]]),
            value!(["ab", "c"]),
            value!(["a", "bc"]),
            value!({}),
            value!({ "a": null }),
            value!({ "a": "b" }),
            value!({ "b": "a" }),
            value!({ "a": { "b": "c" } }),
            value!({ "a": "b", "c": [] }),
        ];
        for (number, one) in all.iter().enumerate() {
            assert!(all[..number].iter().all(|other| hash(one) != hash(other)), "{one}");
        }
    }

    #[test]
    fn no_secret_of_the_schema_is_content() {
        let suspect = ["password", "secret", "token", "code", "key", "answer", "invitation"];
        let is_secret = |value: &InputValueDefinition| {
            let name = value.name.node.to_lowercase();
            let kind = value.ty.node.to_string();
            // Ids name things, and flags are told.
            let is_plain = kind.contains("ID") || kind.contains("Boolean");
            !is_plain && suspect.iter().any(|word| name.contains(word))
        };
        let mut found = Vec::new();
        for definition in parse_schema(crate::sdl()).expect("a schema").definitions {
            let TypeSystemDefinition::Type(definition) = definition else { continue };
            match definition.node.kind {
                TypeKind::InputObject(input) => {
                    found.extend(input.fields.into_iter().map(|field| field.node).filter(&is_secret));
                }
                TypeKind::Object(object) if definition.node.name.node == "Mutation" => {
                    let arguments = object.fields.into_iter().flat_map(|field| field.node.arguments);
                    found.extend(arguments.map(|argument| argument.node).filter(&is_secret));
                }
                _ => {}
            }
        }
        assert!(found.len() > 10, "{found:?}");
        for value in found {
            assert!(NO_CONTENT.contains(&value.name.node.as_str()), "{} is hashed", value.name.node);
        }
    }
}
