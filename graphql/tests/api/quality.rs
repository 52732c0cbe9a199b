//! What keeps the schema pleasant: everything is described, and a page costs the same however long it is.

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{TypeKind, TypeSystemDefinition};

use crate::stage::{Customer, Stage};

/// Arguments that mean the same wherever they stand; the description of `Query` says what.
const CONVENTIONS: [&str; 5] = ["accountId", "first", "after", "atLeast", "commandId"];

/// Whether a type says by itself what a value of it is: it is ours, and described.
fn tells_itself(kind: &str, described: &[String]) -> bool {
    described.iter().any(|name| name == kind.trim_matches(['!', '[', ']']))
}

#[test]
fn every_type_field_argument_and_value_is_described() {
    let document = parse_schema(graphql::sdl()).expect("a schema");
    let types: Vec<_> = document
        .definitions
        .into_iter()
        .filter_map(|definition| match definition {
            TypeSystemDefinition::Type(definition) => Some(definition.node),
            TypeSystemDefinition::Schema(_) | TypeSystemDefinition::Directive(_) => None,
        })
        .collect();
    let described: Vec<String> =
        types.iter().filter(|one| one.description.is_some()).map(|one| one.name.node.to_string()).collect();
    let mut bare = Vec::new();
    for one in &types {
        let name = one.name.node.as_str();
        // Connections and their like are described by the specification of connections.
        let is_standard = name.ends_with("Connection") || name.ends_with("Edge") || name == "PageInfo";
        if one.description.is_none() && !is_standard {
            bare.push(name.to_owned());
        }
        match &one.kind {
            TypeKind::Object(object) => {
                for field in &object.fields {
                    let field = &field.node;
                    let path = format!("{name}.{}", field.name.node);
                    if field.description.is_none() {
                        bare.push(path.clone());
                    }
                    for argument in &field.arguments {
                        let argument = &argument.node;
                        let word = argument.name.node.as_str();
                        let is_known = argument.description.is_some()
                            || CONVENTIONS.contains(&word)
                            || tells_itself(&argument.ty.node.to_string(), &described);
                        if !is_known {
                            bare.push(format!("{path}({word})"));
                        }
                    }
                }
            }
            TypeKind::InputObject(input) => {
                let fields = input.fields.iter().map(|field| &field.node);
                let fields = fields.filter(|field| field.description.is_none());
                bare.extend(fields.map(|field| format!("{name}.{}", field.name.node)));
            }
            TypeKind::Enum(values) => {
                let values = values.values.iter().map(|value| &value.node);
                let values = values.filter(|value| value.description.is_none());
                bare.extend(values.map(|value| format!("{name}.{}", value.value.node)));
            }
            TypeKind::Scalar | TypeKind::Interface(_) | TypeKind::Union(_) => {}
        }
    }
    assert!(types.len() > 100, "the schema was not read: {} types", types.len());
    assert!(bare.is_empty(), "without a description: {bare:#?}");
}

/// Lists with what of their nodes is read somewhere else than in their row.
const LISTS: [(&str, &str); 9] = [
    ("mailboxes", "id address usage { bytes messages } sends { used } settings { revision }"),
    ("aliases", "id address targets"),
    ("domains", "id name settings { revision }"),
    ("services", "id entitlement limits { mailboxes } used { mailboxes }"),
    ("users", "id login"),
    ("sessions", "id"),
    ("queue", "id address lastReply { text }"),
    ("messageTrace", "id text reasons { code } reply { text }"),
    ("suppressions", "id since"),
];

/// How many things of each kind there are for the long page.
const LONG_COUNT: usize = 12;

/// How often a page is asked for.
const TRY_COUNT: usize = 6;

async fn filled(stage: &Stage, operator: &str) -> Customer {
    let customer = stage.customer(operator, ("acme", "pro")).await;
    let mut mailbox = String::new();
    for number in 0..LONG_COUNT {
        mailbox = stage.mailbox(&customer, &format!("m{number}")).await;
        let alias = format!(
            "mutation {{ aliasCreate(input: {{ serviceId: \"{}\", domainId: \"{}\", localPart: \"a{number}\", \
             targets: [\"m0@acme.example\"] }}) {{ userErrors {{ code }} }} }}",
            customer.service, customer.domain
        );
        stage.done(&customer.owner, &alias).await;
        let suppress =
            format!("mutation {{ suppressionAdd(address: \"x{number}@else.example\") {{ address }} }}");
        stage.done(&customer.owner, &suppress).await;
    }
    for number in 0..LONG_COUNT {
        crate::trace::queue(stage, &customer, &mailbox, &format!("friend{number}@else.example")).await;
    }
    customer
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_asks_the_database_as_often_whether_it_is_short_or_long() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = filled(&stage, &operator).await;
    let count = |stage: &Stage| {
        let asked = stage.world.usage_question_count.load(std::sync::atomic::Ordering::Relaxed);
        stage.control.question_count() + stage.mail.question_count() + asked
    };
    let mut long_count = 0;
    for (list, fields) in LISTS {
        let mut costs = Vec::new();
        let mut lengths = Vec::new();
        for first in [1, LONG_COUNT] {
            let query = format!("{{ {list}(first: {first}) {{ nodes {{ {fields} }} }} }}");
            // Projections ask meanwhile, now and then: the least is what the page itself asks. The first may fill a memory.
            let (mut least, mut length) = (u64::MAX, 0);
            for _ in 0..TRY_COUNT {
                let before = count(&stage);
                let shown = stage.done(&customer.owner, &query).await;
                least = least.min(count(&stage) - before);
                length = shown[list]["nodes"].as_array().expect("nodes").len();
            }
            costs.push(least);
            lengths.push(length);
        }
        assert_eq!(costs[0], costs[1], "{list}: a page of {} costs {costs:?} questions", lengths[1]);
        long_count += usize::from(lengths[1] == LONG_COUNT);
    }
    assert!(long_count >= 5, "hardly any list was long: {long_count}");
}
