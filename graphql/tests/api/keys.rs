//! API tokens confined to networks, and how much a caller may ask for.

use async_graphql::{Executor as _, Request};
use graphql::{BadRequest, Language};
use serde_json::Value;

use crate::stage::{Stage, code, knock};

async fn issued(stage: &Stage, owner: (&str, &str), networks: &str) -> Value {
    let (token, user) = owner;
    let query = format!(
        "mutation {{ apiTokenIssue(input: {{ userId: \"{user}\", name: \"t\", permissions: [\"account:read\"], \
         networks: [{networks}] }}) {{ secret apiToken {{ networks }} userErrors {{ code field }} }} }}"
    );
    stage.ask(token, &query).await["data"]["apiTokenIssue"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_opens_from_its_networks_alone() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "solo")).await;
    let owner = (customer.owner.as_str(), customer.user.as_str());
    let wrong = issued(&stage, owner, "\"not a network\"").await;
    assert_eq!(wrong["userErrors"][0]["field"], "networks.0", "{wrong:#}");
    let near = issued(&stage, owner, "\"127.0.0.0/8\", \"2001:db8::1\"").await;
    assert_eq!(near["apiToken"]["networks"], serde_json::json!(["127.0.0.0/8", "2001:db8::1/128"]));
    let far = issued(&stage, owner, "\"192.0.2.0/24\"").await;
    let ask = async |secret: &Value| {
        // The follower hears of a token a moment after its event.
        let secret = secret.as_str().expect("a secret").to_owned();
        let mut answer = Value::Null;
        for _ in 0..50 {
            answer = stage.ask(&secret, "{ account { name } }").await;
            if answer["data"]["account"]["name"] == "acme" {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        answer
    };
    assert_eq!(ask(&near["secret"]).await["data"]["account"]["name"], "acme");
    assert_eq!(code(&ask(&far["secret"]).await), "UNAUTHENTICATED");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_left_is_told_and_too_much_is_refused() {
    let stage = Stage::open().await;
    let body = br#"{"query":"{ __typename }"}"#;
    let mut stranger = knock(Language::English, "");
    stranger.peer = "198.51.100.9".parse().expect("an address");
    for left in (0..graphql::limit::OPERATIONS_OF_PEER_MAX).rev() {
        let (_, allowance) = stage.api.answer(stranger.clone(), body).await.expect("answered");
        assert_eq!(allowance.remaining, left);
    }
    match stage.api.answer(stranger.clone(), body).await {
        Err(BadRequest::TooMany(allowance)) => assert!(allowance.reset_secs <= 60),
        other => panic!("{other:?}"),
    }
    stranger.peer = "198.51.100.10".parse().expect("an address");
    assert!(stage.api.answer(stranger, body).await.is_ok(), "others have theirs");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_stays_open_is_counted_as_well() {
    let stage = Stage::open().await;
    let mut stranger = knock(Language::English, "");
    stranger.peer = "198.51.100.11".parse().expect("an address");
    for _ in 0..graphql::limit::OPERATIONS_OF_PEER_MAX {
        let answer = stage.api.execute(Request::new("{ __typename }").data(stranger.clone())).await;
        assert!(answer.errors.is_empty(), "{:?}", answer.errors);
    }
    let answer = stage.api.execute(Request::new("{ __typename }").data(stranger)).await;
    assert_eq!(serde_json::to_value(&answer).expect("JSON")["errors"][0]["extensions"]["code"], "THROTTLED");
}
