//! Subscriptions: what happens is told to those who may know, until they may no more.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::{Data, Executor, Request};
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use graphql::Language;
use serde_json::{Value, json};

use crate::stage::{Stage, knock};

fn listen(stage: &Stage, token: &str, query: &str) -> BoxStream<'static, async_graphql::Response> {
    let mut data = Data::default();
    data.insert(knock(Language::English, token));
    stage.api.execute_stream(Request::new(query), Some(Arc::new(data)))
}

async fn next(stream: &mut BoxStream<'static, async_graphql::Response>) -> Value {
    let response = tokio::time::timeout(Duration::from_secs(20), stream.next()).await.expect("in time");
    serde_json::to_value(response.expect("an answer")).expect("JSON")
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_told_in_order_from_a_position_on_without_what_is_in_them() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "solo")).await;
    let mut stream = listen(
        &stage,
        &customer.owner,
        "subscription { events { kind subjectId actor actorId onBehalfOf via apiTokenId position } }",
    );
    // The first poll begins to listen: what happens from then on is told.
    let first = tokio::spawn(async move {
        let value = next(&mut stream).await;
        (value, stream)
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    let alice = stage.mailbox(&customer, "alice").await;
    let (first, mut stream) = first.await.expect("a listener");
    let second = next(&mut stream).await;
    let mut kinds = [first["data"]["events"].clone(), second["data"]["events"].clone()];
    kinds.sort_by_key(|event| event["kind"].to_string());
    assert_eq!(kinds[0]["kind"], "mailbox.created");
    assert_eq!(kinds[0]["subjectId"], json!(alice));
    assert_eq!(kinds[0]["actorId"], json!(customer.user));
    assert_eq!((&kinds[0]["via"], &kinds[0]["apiTokenId"]), (&json!("SESSION"), &json!(null)));
    assert!(!first.to_string().contains("alice"));
    // From a position on: the second again, after the first.
    let after = &first["data"]["events"]["position"];
    let mut again = listen(
        &stage,
        &customer.owner,
        &format!(
            "subscription {{ events(after: {after}) {{ kind subjectId actor actorId onBehalfOf via apiTokenId position }} }}"
        ),
    );
    assert_eq!(next(&mut again).await, second);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_ends_with_its_credential() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "solo")).await;
    let mut stream = listen(&stage, &customer.owner, "subscription { events { kind } }");
    let ended = tokio::spawn(async move {
        loop {
            let told = next(&mut stream).await;
            if told["errors"].is_array() {
                return told;
            }
        }
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    stage.done(&customer.owner, "mutation { signOut { userErrors { code } } }").await;
    let told = ended.await.expect("a listener");
    assert_eq!(told["errors"][0]["extensions"]["code"], "UNAUTHENTICATED", "{told:#}");
}
