//! Every operation of the schema as a call that the schema takes, written from the schema itself, and what an answer says.

use std::collections::HashMap;

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{FieldDefinition, InputValueDefinition, TypeKind, TypeSystemDefinition};
use serde_json::Value;

use crate::things::Things;

/// What cannot be told from its type: the field of a root with its argument, or an input type with its field, and what is
/// given there; nothing: it is left out. An entry that is not needed fails (`granted.rs`).
pub(crate) const GIVEN: &[(&str, &str)] = &[
    // Services or domains, not both.
    ("DelegationTermsInput.serviceIds", ""),
    ("WebhookInput.kinds", "[\"*\"]"),
    ("mailboxRename.localPart", "\"moved\""),
    ("DomainAddInput.name", "\"new.example\""),
    ("BulkDomainInput.name", "\"next.example\""),
    ("BrandInput.accent", "\"#336699\""),
    ("BrandHostInput.name", "\"panel.new.example\""),
    ("dkimRetire.selector", "\"s1\""),
    ("ApiTokenIssueInput.permissions", "[\"mailbox:read\"]"),
    ("aliasExpiryChange.expiresAt", "\"2030-01-01T00:00:00Z\""),
    // `PASSWORD`, which everybody on the stage has.
    ("secondFactorRemove.currentPassword", "\"correct horse battery\""),
];
/// Arguments of which one is given: each is a call of its own.
const EITHER: [&str; 3] = ["userId", "mailboxId", "delegationId"];
/// The operations of which they are.
const OF_EITHER: [&str; 6] =
    ["secondFactors", "signIns", "personExport", "notices", "secondFactorsReset", "personErase"];

/// Things whose history is told: each is a call of its own.
const WITH_HISTORY: [&str; 20] = [
    "AccountID",
    "UserID",
    "SessionID",
    "TokenID",
    "DelegationID",
    "WebhookID",
    "ServiceID",
    "DomainID",
    "MailboxID",
    "AliasID",
    "TicketID",
    "AppPasswordID",
    "FilterID",
    "SyncJobID",
    "PushID",
    "ShareID",
    "AddressMapID",
    "ResourceID",
    "SenderRelayID",
    "TlsPolicyID",
];

/// Codes of whoever may not, or may not know.
const REFUSALS: [&str; 4] = ["UNAUTHENTICATED", "FORBIDDEN", "NOT_FOUND", "WITHHELD"];

/// What the model says of things that are not there for whoever asks: customers, transfers and domains of others, queued mail.
const NOTHING_THERE: [&str; 5] = [
    "SUB_ACCOUNT_NOT_ADMITTED",
    "TRANSFER_NOT_OFFERED",
    "QUEUE_NOTHING_REACHED",
    "BRAND_HOST_DOMAIN",
    "NOT_A_RESELLER",
];

/// A value that a call is told.
struct Told {
    name: String,
    kind: String,
    is_needed: bool,
}

impl Told {
    fn of(value: &InputValueDefinition) -> Self {
        let is_needed = !value.ty.node.nullable && value.default_value.is_none();
        Self { name: value.name.node.to_string(), kind: value.ty.node.to_string(), is_needed }
    }
}

/// One operation of a root; of a mutation that does one of several things, one of them.
pub(crate) struct Operation {
    pub(crate) root: &'static str,
    pub(crate) name: String,
    /// Of several things, the one that is done.
    one_of: Option<String>,
    arguments: Vec<Told>,
    returns: String,
}

/// What the schema says, as far as it is needed to call it.
pub(crate) struct Schema {
    pub(crate) operations: Vec<Operation>,
    objects: HashMap<String, Vec<FieldDefinition>>,
    inputs: HashMap<String, Vec<Told>>,
    /// Those of which one field is given.
    one_ofs: Vec<String>,
    /// The first value of each enum.
    enums: HashMap<String, String>,
    /// What is given by hand.
    given: HashMap<&'static str, &'static str>,
}

fn bare(kind: &str) -> &str {
    kind.trim_matches(['!', '[', ']'])
}

/// Reads the schema.
pub(crate) fn schema() -> Schema {
    let mut schema = Schema {
        operations: Vec::new(),
        objects: HashMap::new(),
        inputs: HashMap::new(),
        one_ofs: Vec::new(),
        enums: HashMap::new(),
        given: GIVEN.iter().copied().collect(),
    };
    for definition in parse_schema(graphql::sdl()).expect("a schema").definitions {
        let TypeSystemDefinition::Type(definition) = definition else { continue };
        let name = definition.node.name.node.to_string();
        match definition.node.kind {
            TypeKind::Object(object) => {
                let fields = object.fields.into_iter().map(|field| field.node).collect();
                schema.objects.insert(name, fields);
            }
            TypeKind::InputObject(input) => {
                if definition
                    .node
                    .directives
                    .iter()
                    .any(|directive| directive.node.name.node.as_str() == "oneOf")
                {
                    schema.one_ofs.push(name.clone());
                }
                schema.inputs.insert(name, input.fields.iter().map(|field| Told::of(&field.node)).collect());
            }
            TypeKind::Enum(of) => {
                let first = of.values.first().expect("a value").node.value.node.to_string();
                schema.enums.insert(name, first);
            }
            TypeKind::Scalar | TypeKind::Interface(_) | TypeKind::Union(_) => {}
        }
    }
    for (object, root) in [("Query", "query"), ("Mutation", "mutation"), ("Subscription", "subscription")] {
        for field in schema.objects[object].clone() {
            let arguments =
                || field.arguments.iter().map(|argument| Told::of(&argument.node)).collect::<Vec<_>>();
            let operation = |one_of| Operation {
                root,
                name: field.name.node.to_string(),
                one_of,
                arguments: arguments(),
                returns: field.ty.node.to_string(),
            };
            let ways = if field.name.node == "history" {
                WITH_HISTORY.map(str::to_owned).to_vec()
            } else if OF_EITHER.contains(&field.name.node.as_str()) {
                let either = arguments().into_iter().map(|argument| argument.name);
                either.filter(|name| EITHER.contains(&name.as_str())).collect()
            } else {
                schema.ways(&arguments())
            };
            match ways {
                ways if ways.is_empty() => schema.operations.push(operation(None)),
                ways => schema.operations.extend(ways.into_iter().map(|way| operation(Some(way)))),
            }
        }
    }
    schema
}

impl Schema {
    /// The same without what is given by hand at `path`.
    pub(crate) fn without(mut self, path: &str) -> Self {
        self.given.remove(path);
        self
    }

    /// The things of which these arguments name one.
    fn ways(&self, arguments: &[Told]) -> Vec<String> {
        let mut ways = Vec::new();
        for told in arguments {
            let Some(fields) = self.inputs.get(bare(&told.kind)) else { continue };
            if self.one_ofs.iter().any(|one_of| one_of == bare(&told.kind)) {
                ways.extend(fields.iter().map(|field| field.name.clone()));
            } else {
                ways.extend(self.ways(fields));
            }
        }
        ways
    }

    /// A literal of a type, with the ids of `things`; none for an optional value that names nothing.
    fn literal(&self, (place, told): (&str, &Told), way: Option<&str>, things: &Things) -> Option<String> {
        let path = format!("{place}.{}", told.name);
        if let Some(given) = self.given.get(path.as_str()) {
            return (!given.is_empty()).then(|| (*given).to_owned());
        }
        if let Some(id) = things.ids.get(path.as_str()) {
            return Some(format!("\"{id}\""));
        }
        let bare = bare(&told.kind);
        let listed = |one: String| if told.kind.starts_with('[') { format!("[{one}]") } else { one };
        // A history is of a thing of any type.
        let id =
            if path == "history.id" { way.and_then(|way| things.ids.get(way)) } else { things.ids.get(bare) };
        if let Some(id) = id {
            return Some(listed(format!("\"{id}\"")));
        }
        if let Some(fields) = self.inputs.get(bare) {
            let is_one = self.one_ofs.iter().any(|one_of| one_of == bare);
            let fields = fields.iter().filter(|field| !is_one || way == Some(field.name.as_str()));
            let fields: Vec<String> = fields
                .filter_map(|field| {
                    let field = Told { is_needed: field.is_needed || is_one, ..Told::like(field) };
                    Some(format!("{}: {}", field.name, self.literal((bare, &field), way, things)?))
                })
                .collect();
            let is_told = told.is_needed || !fields.is_empty();
            return is_told.then(|| listed(format!("{{ {} }}", fields.join(", "))));
        }
        if !told.is_needed {
            return None;
        }
        Some(listed(match bare {
            "String" => "\"a-word@new.example\"".to_owned(),
            "Int" | "Long" => "1".to_owned(),
            "Bytes" => "1048576".to_owned(),
            "Boolean" => "true".to_owned(),
            "DateTime" => "\"2030-01-01T00:00:00Z\"".to_owned(),
            other => {
                self.enums.get(other).unwrap_or_else(|| panic!("no literal for {other}: add one")).clone()
            }
        }))
    }

    /// The operation with every argument that names something; without `left_out`. None where it cannot be left out.
    pub(crate) fn call(&self, operation: &Operation, things: &Things, left_out: &str) -> Option<String> {
        let mut arguments = Vec::new();
        for told in &operation.arguments {
            // A position names its account.
            let is_left_out = told.name == left_out || !left_out.is_empty() && bare(&told.kind) == "Position";
            if is_left_out {
                if told.is_needed {
                    return None;
                }
                continue;
            }
            let way = operation.one_of.as_deref();
            let is_either =
                OF_EITHER.contains(&operation.name.as_str()) && EITHER.contains(&told.name.as_str());
            if is_either && way != Some(told.name.as_str()) {
                continue;
            }
            if let Some(literal) = self.literal((&operation.name, told), way, things) {
                arguments.push(format!("{}: {literal}", told.name));
            }
        }
        let arguments =
            if arguments.is_empty() { String::new() } else { format!("({})", arguments.join(", ")) };
        let shown = self.selection(&operation.returns);
        Some(format!("{} {{ {}{arguments} {shown} }}", operation.root, operation.name))
    }

    /// The least that says what an answer came to.
    fn selection(&self, kind: &str) -> String {
        let Some(fields) = self.objects.get(bare(kind)) else { return String::new() };
        for of_interest in ["userErrors", "rows", "nodes"] {
            if let Some(field) = fields.iter().find(|field| field.name.node.as_str() == of_interest) {
                let shown = match of_interest {
                    "userErrors" => "{ code }".to_owned(),
                    _ => self.selection(&field.ty.node.to_string()),
                };
                return format!("{{ {of_interest} {shown} }}");
            }
        }
        let is_plain = |field: &&FieldDefinition| {
            field.arguments.is_empty() && !self.objects.contains_key(bare(&field.ty.node.to_string()))
        };
        let first = fields.iter().find(is_plain).expect("a field that is no object");
        format!("{{ {} }}", first.name.node)
    }

    pub(crate) fn names_something(&self, operation: &Operation, things: &Things) -> bool {
        self.call(operation, things, "").is_some_and(|call| things.ids.values().any(|id| call.contains(id)))
    }
}

impl Told {
    fn like(other: &Self) -> Self {
        Self { name: other.name.clone(), kind: other.kind.clone(), is_needed: other.is_needed }
    }
}

/// What an answer says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Whoever asks may not, or may not know of the thing.
    Refused,
    /// Nothing was found: a refusal where others find something by the same words.
    Empty,
    /// It was shown or done.
    Granted,
    /// The model said no to a change, so whoever asked might have made it.
    Declined(Vec<String>),
    /// Nothing is said about who may: the request was not valid, or the machine failed.
    Invalid(String),
}

impl Verdict {
    /// Whether whoever is foreign to the things of a call came to nothing by it. A change that finds nothing says so.
    pub(crate) fn is_kept(&self, operation: &Operation) -> bool {
        match self {
            Self::Refused => true,
            Self::Empty => operation.root != "mutation",
            Self::Declined(codes) => codes.iter().all(|code| NOTHING_THERE.contains(&code.as_str())),
            Self::Granted | Self::Invalid(_) => false,
        }
    }
}

/// Reads an answer to `operation`.
pub(crate) fn verdict(answer: &Value, operation: &Operation) -> Verdict {
    let code = |error: &Value| error["extensions"]["code"].as_str().unwrap_or("NONE").to_owned();
    if let Some(errors) = answer["errors"].as_array().filter(|errors| !errors.is_empty()) {
        let is_refusal = |error: &Value| REFUSALS.contains(&code(error).as_str());
        return if errors.iter().all(is_refusal) {
            Verdict::Refused
        } else {
            Verdict::Invalid(errors.iter().map(code).collect::<Vec<_>>().join(" "))
        };
    }
    let field = &answer["data"][&operation.name];
    if operation.root == "mutation" {
        let rows = field["rows"].as_array().cloned().unwrap_or_else(|| vec![field.clone()]);
        let errors = rows.iter().flat_map(|row| row["userErrors"].as_array().cloned().unwrap_or_default());
        let codes: Vec<String> =
            errors.map(|error| error["code"].as_str().unwrap_or_default().to_owned()).collect();
        if codes.is_empty() {
            return Verdict::Granted;
        }
        // A bulk says it row by row, and the model knows nothing of what is in another account.
        let is_refusal = |code: &String| REFUSALS.contains(&code.as_str()) || code.ends_with("_NOT_FOUND");
        return if codes.iter().all(is_refusal) { Verdict::Refused } else { Verdict::Declined(codes) };
    }
    let is_empty = |value: &Value| value.as_array().is_some_and(Vec::is_empty);
    if field.is_null() || is_empty(field) || is_empty(&field["nodes"]) {
        return Verdict::Empty;
    }
    Verdict::Granted
}
