//! Webhooks by the API: the secret is shown once, what is told is what the API tells.

use graphql::Language;
use serde_json::{Value, json};

use crate::stage::{PASSWORD, Stage, code};

fn register(url: &str, kinds: &str) -> String {
    format!(
        "mutation {{ webhookRegister(input: {{ url: \"{url}\", kinds: {kinds}, description: \"Shop\" }}, \
         commandId: \"0192f0aa-0000-7000-8000-000000000042\") {{ webhook {{ id url kinds status pause }} secret \
         userErrors {{ code field }} }} }}"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_shown_once_and_never_in_the_history() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "custom")).await;
    let query = register("https://shop.example/hook", "[\"mailbox.*\", \"domain.verified\"]");
    let first = stage.done(&customer.owner, &query).await;
    let secret = first["webhookRegister"]["secret"].as_str().expect("a secret").to_owned();
    assert!(secret.starts_with("whsec_") && secret.len() > 64, "{secret}");
    let webhook = &first["webhookRegister"]["webhook"];
    assert_eq!(webhook["kinds"], json!(["domain.verified", "mailbox.*"]));
    assert_eq!(webhook["status"], "ACTIVE");
    let again = stage.done(&customer.owner, &query).await;
    assert_eq!(
        (&again["webhookRegister"]["secret"], &again["webhookRegister"]["webhook"]),
        (&Value::Null, webhook)
    );
    let id = webhook["id"].as_str().expect("an id");
    let rotated = stage
        .done(&customer.owner, &format!(
            "mutation {{ webhookSecretRotate(webhookId: \"{id}\", previousHours: 1) {{ secret webhook {{ previousSecretUntil }} userErrors {{ code }} }} }}"
        ))
        .await;
    let rotated = &rotated["webhookSecretRotate"];
    assert!(rotated["secret"].as_str().is_some_and(|other| other != secret));
    assert!(rotated["webhook"]["previousSecretUntil"].is_string());
    let history = stage
        .done(
            &customer.owner,
            &format!("{{ history(id: \"{id}\") {{ nodes {{ kind changes {{ field from to }} }} }} }}"),
        )
        .await;
    assert!(!history.to_string().contains("whsec_"), "{history:#}");
    assert_eq!(history["history"]["nodes"][0]["kind"], "webhook.secret_rotated");
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_say_why_and_strangers_learn_nothing() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "custom")).await;
    for (url, kinds, expected) in [
        ("http://shop.example/", "[\"*\"]", "WEBHOOK_URL_NOT_HTTPS"),
        ("http://127.0.0.1:9/", "[\"*\"]", "WEBHOOK_URL_NOT_HTTPS"),
        ("https://10.0.0.1/", "[\"*\"]", "WEBHOOK_URL_PRIVATE"),
        ("shop", "[\"*\"]", "WEBHOOK_URL"),
        ("https://shop.example/", "[]", "WEBHOOK_KINDS_EMPTY"),
        ("https://shop.example/", "[\"Mailbox\"]", "WEBHOOK_KIND"),
    ] {
        let answer = stage.ask(&customer.owner, &register(url, kinds)).await;
        let refused = &answer["data"]["webhookRegister"];
        assert_eq!(refused["userErrors"][0]["code"], expected, "{answer:#}");
        assert_eq!((&refused["webhook"], &refused["secret"]), (&Value::Null, &Value::Null));
    }
    for (kind, expected) in [
        ("mailbox.create", "WEBHOOK_KIND_UNKNOWN"),
        ("mail.*", "WEBHOOK_KIND_UNKNOWN"),
        ("a b", "WEBHOOK_KIND"),
    ] {
        let query = register("https://shop.example/", &format!("[\"mailbox.*\", \"{kind}\"]"));
        let query = query.replace("code field", "code field message");
        let mut said = Vec::new();
        for language in [Language::English, Language::French] {
            let answer = stage.ask_in(language, &customer.owner, &query, json!({})).await;
            let refused = &answer["data"]["webhookRegister"]["userErrors"][0];
            assert_eq!(
                (&refused["code"], &refused["field"]),
                (&json!(expected), &json!("kinds")),
                "{answer:#}"
            );
            said.push(refused["message"].as_str().expect("words").to_owned());
        }
        assert!(said.iter().all(|words| words.starts_with(&format!("`{kind}`: "))) && said[0] != said[1]);
    }
    stage.mailbox(&customer, "alice").await;
    let alice = stage.sign_in("alice@acme.example", PASSWORD).await;
    let answer = stage.ask(&alice, &register("https://shop.example/", "[\"*\"]")).await;
    assert_eq!(code(&answer), "NOT_FOUND");
    assert_eq!(code(&stage.ask("", "{ webhooks { nodes { id } } }").await), "UNAUTHENTICATED");
}

#[tokio::test(flavor = "multi_thread")]
async fn deliveries_are_paged_newest_first() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "custom")).await;
    stage.done(&customer.owner, &register("https://shop.example/hook", "[\"*\"]")).await;
    let page = |after: &str| {
        format!(
            "{{ webhooks {{ nodes {{ deliveries(first: 2{after}) {{ nodes {{ number outcome status fault attempts }} \
             pageInfo {{ hasNextPage endCursor }} }} }} }} }}"
        )
    };
    let first = stage.done(&customer.owner, &page("")).await["webhooks"]["nodes"][0]["deliveries"].clone();
    assert_eq!((&first["nodes"][0]["number"], &first["nodes"][1]["number"]), (&json!(3), &json!(2)));
    assert_eq!(
        (&first["nodes"][0]["outcome"], &first["nodes"][0]["fault"]),
        (&json!("RETRYING"), &json!("STATUS"))
    );
    let cursor = first["pageInfo"]["endCursor"].as_str().expect("a cursor");
    let rest = stage.done(&customer.owner, &page(&format!(", after: \"{cursor}\""))).await;
    let rest = &rest["webhooks"]["nodes"][0]["deliveries"];
    assert_eq!(
        (rest["nodes"].as_array().map(Vec::len), &rest["pageInfo"]["hasNextPage"]),
        (Some(1), &json!(false))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_is_told_what_the_api_tells() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "custom")).await;
    let mailbox = stage.mailbox(&customer, "alice").await;
    let fields = "id kind subjectId at actor actorId onBehalfOf via command apiTokenId correlationId \
                  causedBy changes { field from to } position";
    let listed = stage
        .done(&customer.owner, &format!("{{ history(id: \"{mailbox}\") {{ nodes {{ {fields} }} }} }}"))
        .await;
    let mut expected = listed["history"]["nodes"][0].clone();
    let account: kernel::AccountId = customer.account.parse().expect("an id");
    let mailbox: kernel::MailboxId = mailbox.parse().expect("an id");
    let stream = kernel::StreamId::new(kernel::Category("mailbox"), mailbox);
    let stored = stage.engine.history(account.tenant(), stream).await.expect("a history");
    let told = graphql::told(&stage.engine, &stored[0]).await.expect("words");
    let told: Value = serde_json::from_slice(&told).expect("JSON");
    expected["accountId"] = json!(customer.account);
    assert_eq!(told, expected);
}
