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

/// A token of the owner with these scopes, once it is known.
async fn token_of(stage: &Stage, owner: (&str, &str), scopes: &str, confined: &str) -> String {
    let (bearer, user) = owner;
    let issue = format!(
        "mutation {{ apiTokenIssue(input: {{ userId: \"{user}\", name: \"t\", permissions: [{scopes}] {confined} }}) \
         {{ secret userErrors {{ code }} }} }}"
    );
    let issued = stage.done(bearer, &issue).await;
    let secret = issued["apiTokenIssue"]["secret"].as_str().expect("a secret").to_owned();
    for _ in 0..200 {
        if code(&stage.ask(&secret, "{ viewer { accountId } }").await) != "UNAUTHENTICATED" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    secret
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_gives_nobody_more_than_it_has() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "custom")).await;
    let owner = (customer.owner.as_str(), customer.user.as_str());
    let user = &customer.user;
    let writes = token_of(&stage, owner, "\"account:write\"", "").await;
    let confined = "networks: [\"127.0.0.0/8\"], expiresInDays: 5";
    let credentials = token_of(&stage, owner, "\"credential:write\", \"mailbox:read\"", confined).await;
    let issue = |scopes: &str, rest: &str| {
        format!(
            "mutation {{ apiTokenIssue(input: {{ userId: \"{user}\", name: \"more\", permissions: [{scopes}] {rest} }}) \
             {{ apiToken {{ id }} userErrors {{ code }} }} }}"
        )
    };
    let password = crate::stage::PASSWORD;
    let tries = [
        (
            &writes,
            format!(
                "mutation {{ userRegister(input: {{ login: \"intruder\", password: \"{password}\", role: OWNER }}) \
                 {{ userErrors {{ code }} }} }}"
            ),
            Some("account:read"),
        ),
        (
            &credentials,
            format!(
                "mutation {{ userPasswordSet(userId: \"{user}\", password: \"{password} again\") {{ userErrors {{ code }} }} }}"
            ),
            Some("account:read"),
        ),
        (&credentials, issue("\"credential:write\", \"mailbox:write\"", confined), Some("mailbox:write")),
        (&credentials, issue("\"credential:write\"", "expiresInDays: 5"), None),
        (&credentials, issue("\"credential:write\"", "networks: [\"127.0.0.0/8\"]"), None),
        (&credentials, issue("\"credential:write\"", "networks: [\"0.0.0.0/0\"], expiresInDays: 5"), None),
    ];
    for (token, attempt, lacks) in tries {
        let answer = stage.ask(token, &attempt).await;
        assert_eq!(code(&answer), "FORBIDDEN", "{attempt}\n{answer:#}");
        let extensions = &answer["errors"][0]["extensions"];
        assert_eq!(extensions["permission"].as_str(), lacks, "{attempt}\n{answer:#}");
        let text = answer["errors"][0]["message"].as_str().expect("a text");
        let expected = if lacks.is_some() { "nobody gives rights" } else { "a token gives no token" };
        assert!(text.starts_with(expected), "{text}");
    }
    // What is within its own reach it gives.
    let lower = issue("\"mailbox:read\"", "networks: [\"127.0.0.1\"], expiresInDays: 4");
    let issued = stage.done(&credentials, &lower).await;
    assert_eq!(issued["apiTokenIssue"]["userErrors"], serde_json::json!([]));
    // An owner who is signed in gives all of it.
    stage.done(owner.0, &issue("\"account:write\"", "")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_done_is_done_also_where_it_may_not_be_seen() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "custom")).await;
    let alice = stage.mailbox(&customer, "alice").await;
    let owner = (customer.owner.as_str(), customer.user.as_str());
    let writes = token_of(&stage, owner, "\"mailbox:write\"", "").await;
    let disable = format!(
        "mutation {{ mailboxDisable(mailboxId: \"{alice}\") {{ mailbox {{ id }} userErrors {{ code }} position }} }}"
    );
    let done = stage.done(&writes, &disable).await["mailboxDisable"].clone();
    assert_eq!(done["mailbox"], Value::Null);
    assert!(done["position"].is_string(), "{done:#}");
    let seen = stage.done(&customer.owner, &disable).await["mailboxDisable"].clone();
    assert_eq!(seen["mailbox"]["id"], serde_json::json!(alice));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_would_take_the_node_down_is_refused_before_it_is_parsed() {
    let stage = Stage::open().await;
    let asked = async |query: String| {
        let body = serde_json::to_vec(&serde_json::json!({ "query": query })).expect("JSON");
        let (answer, _) = stage.api.answer(knock(Language::English, ""), &body).await.expect("answered");
        let answer: Value = serde_json::from_slice(&answer).expect("JSON");
        let message = answer["errors"][0]["message"].as_str().unwrap_or_default().to_owned();
        (code(&answer).to_owned(), message)
    };
    for count in [400, 1_500, 2_000, 30_000] {
        let (open, close) = ("[".repeat(count), "]".repeat(count));
        for query in [format!("{{a(b:{open}1{close})}}"), "{a:".repeat(count), "{a".repeat(count)] {
            let (code, message) = asked(query).await;
            assert_eq!(code, "BAD_INPUT", "{message}");
            assert!(message.contains("64 levels"), "{message}");
        }
    }
    let mut query = "{viewer{...f0}}".to_owned();
    for level in 0..20 {
        let inner = format!("...f{} ", level + 1).repeat(4);
        query.push_str(&format!(" fragment f{level} on Viewer{{{inner}}}"));
    }
    query.push_str(" fragment f20 on Viewer{__typename}");
    let (code, message) = asked(query.clone()).await;
    assert_eq!(code, "BAD_INPUT", "{message}");
    assert!(message.contains("10 000"), "{message}");
    // Over a websocket as well.
    let mut stream = stage.api.execute_stream(
        Request::new(query),
        Some(std::sync::Arc::new({
            let mut data = async_graphql::Data::default();
            data.insert(knock(Language::French, ""));
            data
        })),
    );
    let answer = futures_util::StreamExt::next(&mut stream).await.expect("an answer");
    assert!(answer.errors[0].message.contains("10 000"), "{:?}", answer.errors);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_a_tokens_own() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "solo")).await;
    let secret = issued(&stage, (&customer.owner, &customer.user), "").await;
    let secret = secret["secret"].as_str().expect("a secret").to_owned();
    for _ in 0..50 {
        if stage.ask(&secret, "{ account { name } }").await["data"]["account"]["name"] == "acme" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let by_name = |field: &str, rest: &str| {
        [format!("{{ {field}{rest} }}"), format!("{{ {field}(userId: \"{}\"){rest} }}", customer.user)]
    };
    let mut queries = vec!["{ profile { language } }".to_owned()];
    queries.extend(by_name("personExport", ""));
    queries.extend(by_name("signIns", " { lastAt }"));
    queries.extend(by_name("secondFactors", " { isDemanded }"));
    queries.extend(by_name("notices", " { nodes { id } }"));
    for query in queries {
        let by_token = stage.ask(&secret, &query).await;
        assert!(matches!(code(&by_token), "FORBIDDEN" | "NOT_FOUND"), "{query}: {by_token:#}");
        let by_session = stage.ask(&customer.owner, &query).await;
        assert!(code(&by_session).is_empty(), "{query}: {by_session:#}");
    }
    let sessions = stage.ask(&customer.owner, "{ sessions { nodes { id } } }").await;
    let session = sessions["data"]["sessions"]["nodes"][0]["id"].as_str().expect("a session").to_owned();
    let end = format!("mutation {{ sessionEnd(sessionId: \"{session}\") {{ userErrors {{ code }} }} }}");
    assert_eq!(code(&stage.ask(&secret, &end).await), "FORBIDDEN");
    stage.done(&customer.owner, &end).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_person_leaves_subscriptions_to_the_others() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let acme = stage.customer(&operator, ("acme", "solo")).await;
    let other = stage.customer(&operator, ("other", "solo")).await;
    let subscribe = async |token: &str| {
        let mut data = async_graphql::Data::default();
        data.insert(knock(Language::English, token));
        let request = Request::new("subscription { events { id } }");
        let mut stream = stage.api.execute_stream(request, Some(std::sync::Arc::new(data)));
        // Nothing happens, so that only a refusal is heard of.
        let first = futures_util::StreamExt::next(&mut stream);
        let heard = tokio::time::timeout(std::time::Duration::from_millis(50), first).await.ok().flatten();
        let error = heard.and_then(|answer| answer.errors.first().map(|error| error.message.clone()));
        (stream, error)
    };
    let mut open = Vec::new();
    for _ in 0..graphql::limit::SUBSCRIPTION_OF_ONE_COUNT_MAX {
        let (stream, error) = subscribe(&acme.owner).await;
        assert_eq!(error, None);
        open.push(stream);
    }
    let (_, error) = subscribe(&acme.owner).await;
    assert!(error.is_some_and(|error| error.contains("at most 50")));
    assert_eq!(subscribe(&other.owner).await.1, None);
    open.pop();
    assert_eq!(subscribe(&acme.owner).await.1, None, "whoever closes one may open another");
}
