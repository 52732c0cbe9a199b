//! The schema in the repository is the schema of the code.

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{InputValueDefinition, TypeKind, TypeSystemDefinition};

use crate::stage::Stage;

/// With `HOSTERRA_WRITE_SCHEMA=1` the file is written instead of compared.
#[test]
fn the_schema_in_the_repository_is_the_one_of_the_code() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schema.graphql");
    let printed = graphql::sdl();
    if std::env::var_os("HOSTERRA_WRITE_SCHEMA").is_some() {
        std::fs::write(path, &printed).expect("the file is writable");
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        committed == printed,
        "graphql/schema.graphql is not what the code says; write it with \
         HOSTERRA_WRITE_SCHEMA=1 cargo test -p graphql --test api schema"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn operations_that_nest_or_ask_too_much_are_refused() {
    let stage = Stage::open().await;
    let type_of = |depth: usize| format!("{}name{}", "ofType { ".repeat(depth), " }".repeat(depth));
    let deep = format!("{{ __schema {{ types {{ fields {{ type {{ {} }} }} }} }} }}", type_of(9));
    let answer = stage.ask("", &deep).await;
    assert!(answer["errors"][0]["message"].as_str().unwrap_or_default().contains("too deep"), "{answer:#}");
    let list = "mailboxes(first: 100) { nodes { id address displayName quotaBytes status } edges { node { id address \
                displayName usage { bytes messages } } } }";
    let wide: String = (0..5).map(|number| format!("a{number}: {list} ")).collect();
    let answer = stage.ask("", &format!("{{ {wide} }}")).await;
    assert!(
        answer["errors"][0]["message"].as_str().unwrap_or_default().contains("too complex"),
        "{answer:#}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_of_another_type_is_refused_with_the_path_of_the_argument() {
    let stage = Stage::open().await;
    let answer = stage
        .ask("", "mutation { domainAdd(input: { serviceId: \"mbox_00000000000000000000000000000000\", name: \"x.example\" }) { position } }")
        .await;
    let message = answer["errors"][0]["message"].as_str().unwrap_or_default();
    assert!(message.contains("input.serviceId") && message.contains("ServiceID"), "{answer:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_schema_refuses_has_a_code_and_is_said_in_the_callers_language() {
    let stage = Stage::open().await;
    let inner = format!("{}name{}", "ofType { ".repeat(9), " }".repeat(9));
    let deep = format!("{{ __schema {{ types {{ fields {{ type {{ {inner} }} }} }} }} }}");
    for (query, french) in [
        ("{ nothing }", "un champ n'existe pas"),
        ("{", "sa syntaxe est fausse"),
        ("query Q($id: MailboxID!) { mailbox(mailboxId: $id) { id } }", "une variable n'est pas définie"),
        ("query Q($id: Nothing) { mailbox(mailboxId: $id) { id } }", "un type n'existe pas"),
        ("{ mailbox(mailboxId: 7) { id } }", "la valeur d'un argument n'est pas du type attendu"),
        ("{ mailbox { id } }", "un argument ou un champ obligatoire manque"),
        ("{ mailboxes(nothing: 7) { nodes { id } } }", "un argument n'existe pas"),
        ("{ mailboxes { nodes } }", "un champ demande une sélection de sous-champs"),
        ("{ mailboxes { nodes { id { id } } } }", "un champ sans sous-champs est suivi d'une sélection"),
        ("{ ...F }", "un fragment n'existe pas"),
        (
            "mutation { ticketOpen(input: { kind: NOTHING, subject: \"x\", text: \"x\" }) { position } }",
            "une valeur n'est pas l'une de celles qui sont permises",
        ),
        (
            "mutation { ticketOpen(input: { kind: LEGAL, subject: \"x\", text: \"x\", nothing: 1 }) { position } }",
            "un argument contient un champ qui n'existe pas",
        ),
        (deep.as_str(), "elle est trop imbriquée"),
    ] {
        for (language, lead) in [
            (graphql::Language::English, "the request is not valid: ".to_owned()),
            (graphql::Language::French, format!("la requête n'est pas valide : {french} (en anglais : « ")),
        ] {
            let body = serde_json::to_vec(&serde_json::json!({ "query": query })).expect("JSON");
            let (answer, _) =
                stage.api.answer(crate::stage::knock(language, ""), &body).await.expect("an answer");
            let answer: serde_json::Value = serde_json::from_slice(&answer).expect("JSON");
            let error = &answer["errors"][0];
            assert_eq!(error["extensions"]["code"], "INVALID_REQUEST", "{answer:#}");
            assert!(
                error["message"].as_str().is_some_and(|text| text.starts_with(&lead)),
                "{query}: {answer:#}"
            );
        }
    }
}

/// A value that comes in a variable is looked at otherwise than one that stands in the request.
#[tokio::test(flavor = "multi_thread")]
async fn a_variable_of_another_kind_is_refused_in_french() {
    let stage = Stage::open().await;
    for (kind, value, french) in [
        ("MailboxID!", serde_json::json!("mbox_1"), "la valeur d'un argument n'est pas du type attendu"),
        ("MailboxID!", serde_json::json!(7), "la valeur d'un argument n'est pas du type attendu"),
    ] {
        let query = format!("query Q($id: {kind}) {{ mailbox(mailboxId: $id) {{ id }} }}");
        let body = serde_json::json!({ "query": query, "variables": { "id": value } });
        let body = serde_json::to_vec(&body).expect("JSON");
        let knock = crate::stage::knock(graphql::Language::French, "");
        let (answer, _) = stage.api.answer(knock, &body).await.expect("an answer");
        let answer: serde_json::Value = serde_json::from_slice(&answer).expect("JSON");
        let message = answer["errors"][0]["message"].as_str().unwrap_or_default();
        assert!(message.starts_with(&format!("la requête n'est pas valide : {french}")), "{answer:#}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_has_a_limit_and_nonsense_is_no_request() {
    let stage = Stage::open().await;
    let knock = || crate::stage::knock(graphql::Language::English, "");
    let batch = |count: usize| {
        serde_json::to_vec(&vec![serde_json::json!({ "query": "{ __typename }" }); count]).expect("JSON")
    };
    assert!(stage.api.answer(knock(), &batch(10)).await.is_ok());
    assert!(stage.api.answer(knock(), &batch(11)).await.is_err());
    assert!(stage.api.answer(knock(), b"[]").await.is_err());
    assert!(stage.api.answer(knock(), b"{").await.is_err());
    assert!(stage.api.answer(knock(), "[".repeat(100_000).as_bytes()).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operation_has_a_limit_of_fields_at_its_root_and_each_change_is_counted() {
    let stage = Stage::open().await;
    let knock = || crate::stage::knock(graphql::Language::English, "");
    let fields = |count: usize, field: &str| {
        (0..count).map(|number| format!("f{number}: {field}")).collect::<Vec<_>>().join(" ")
    };
    let change = "signOut { userErrors { code } }";
    let body = |query: &str| serde_json::to_vec(&serde_json::json!({ "query": query })).expect("JSON");
    let left = async |query: &str| {
        let (_, allowance) = stage.api.answer(knock(), &body(query)).await.expect("an answer");
        allowance.remaining
    };
    let before = left("{ __typename }").await;
    assert_eq!(before - left("{ __typename }").await, 1);
    let before = left(&format!("{{ {} }}", fields(30, "__typename"))).await;
    assert_eq!(before - left(&format!("mutation {{ {} }}", fields(7, change))).await, 7);
    let in_fragment = format!("mutation {{ ...F }} fragment F on Mutation {{ {} }}", fields(6, change));
    let before = left("{ __typename }").await;
    assert_eq!(before - left(&in_fragment).await, 7);
    for query in [
        format!("{{ {} }}", fields(101, "__typename")),
        "mutation { ...F } fragment F on Mutation { ...F }".to_owned(),
    ] {
        // Another caller: nobody who has proved nothing may ask so often.
        let caller = graphql::Knock { peer: "127.0.0.9".parse().expect("an address"), ..knock() };
        let (answer, _) = stage.api.answer(caller, &body(&query)).await.expect("an answer");
        let answer: serde_json::Value = serde_json::from_slice(&answer).expect("JSON");
        assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_INPUT", "{answer:#}");
    }
}

/// Whether a text says how much a number may be, or of what it is.
fn tells_a_number(kind: &str, text: &str) -> bool {
    let has_digit = text.contains(|character: char| character.is_ascii_digit());
    if kind == "Bytes" { text.contains("octets") || has_digit } else { has_digit }
}

#[test]
fn every_value_that_a_caller_gives_is_described_numbers_with_their_range_and_moments_with_their_form() {
    let document = parse_schema(graphql::sdl()).expect("a schema");
    let mut given: Vec<(String, InputValueDefinition)> = Vec::new();
    for definition in document.definitions {
        let TypeSystemDefinition::Type(definition) = definition else { continue };
        let place = definition.node.name.node.to_string();
        match definition.node.kind {
            TypeKind::Object(object) => {
                for field in object.fields {
                    let path = format!("{place}.{}", field.node.name.node);
                    given.extend(field.node.arguments.into_iter().map(|value| (path.clone(), value.node)));
                }
            }
            TypeKind::InputObject(input) => {
                given.extend(input.fields.into_iter().map(|value| (place.clone(), value.node)));
            }
            TypeKind::Scalar | TypeKind::Enum(_) | TypeKind::Interface(_) | TypeKind::Union(_) => {}
        }
    }
    assert!(given.len() > 900, "the schema was not read: {}", given.len());
    let mut poor = Vec::new();
    for (place, value) in given {
        let kind = value.ty.node.to_string();
        let text = value.description.map(|text| text.node).unwrap_or_default();
        let is_told = match kind.trim_matches(['!', '[', ']']) {
            number @ ("Int" | "Long" | "Bytes" | "Float") => tells_a_number(number, &text),
            // An example shows the form, with its zone.
            "DateTime" => text.contains("T0") || text.contains("T2"),
            _ => !text.is_empty(),
        };
        if !is_told {
            poor.push(format!("{place}.{}: {kind} {text:?}", value.name.node));
        }
    }
    assert!(poor.is_empty(), "{}:\n{}", poor.len(), poor.join("\n"));
}
