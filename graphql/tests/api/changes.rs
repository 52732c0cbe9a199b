//! What was made once is changed by the API: users, API tokens, app passwords, the name of an account.

use serde_json::{Value, json};

use crate::stage::{Customer, PASSWORD, Stage, code};

async fn scene() -> (Stage, Customer) {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "custom")).await;
    (stage, customer)
}

/// The code of the refusal of a mutation, or null.
async fn refusal(stage: &Stage, token: &str, (field, query): (&str, String)) -> Value {
    stage.ask(token, &query).await["data"][field]["userErrors"][0]["code"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_becomes_a_domains_administrator_and_is_judged_so_at_once() {
    let (stage, customer) = scene().await;
    let register = format!(
        "mutation {{ userRegister(input: {{ login: \"helper\", password: \"{PASSWORD}\", role: OWNER }}) {{ user {{ id revision }} userErrors {{ code }} }} }}"
    );
    let registered = stage.done(&customer.owner, &register).await["userRegister"]["user"].clone();
    let helper = stage.sign_in("helper", PASSWORD).await;
    let change = |revision: u32| {
        let query = format!(
            "mutation {{ userChange(userId: {}, revision: {revision}, change: {{ name: \"Helper\", role: DOMAIN_ADMINISTRATOR, \
             domainIds: [\"{}\"] }}) {{ user {{ name role domainIds revision }} userErrors {{ code }} }} }}",
            registered["id"], customer.domain
        );
        ("userChange", query)
    };
    assert_eq!(code(&stage.ask(&helper, &change(0).1).await), "FORBIDDEN", "nobody changes their own role");
    let changed = stage.done(&customer.owner, &change(0).1).await["userChange"]["user"].clone();
    assert_eq!(changed["role"], "DOMAIN_ADMINISTRATOR");
    assert_eq!((&changed["name"], &changed["domainIds"]), (&json!("Helper"), &json!([customer.domain])));
    assert_eq!(refusal(&stage, &customer.owner, change(0)).await, "SETTINGS_CHANGED_MEANWHILE");
    let mut seen = Value::Null;
    for _ in 0..100 {
        seen = stage.ask(&helper, "{ users { nodes { id } } }").await;
        if !code(&seen).is_empty() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(code(&seen), "NOT_FOUND", "{seen:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_confined_to_another_network_and_opens_less() {
    let (stage, customer) = scene().await;
    let issue = format!(
        "mutation {{ apiTokenIssue(input: {{ userId: \"{}\", name: \"t\", permissions: [\"mailbox:read\", \"domain:read\"] }}) {{ secret apiToken {{ id revision }} userErrors {{ code }} }} }}",
        customer.user
    );
    let issued = stage.done(&customer.owner, &issue).await["apiTokenIssue"].clone();
    let secret = issued["secret"].as_str().expect("a secret").to_owned();
    stage.done(&secret, "{ domains { nodes { id } } }").await;
    let change = |change: &str, revision: u32| {
        let query = format!(
            "mutation {{ apiTokenChange(userId: \"{}\", apiTokenId: {}, revision: {revision}, change: {{ {change} }}) \
             {{ apiToken {{ name permissions networks expiresAt revision }} position userErrors {{ code }} }} }}",
            customer.user, issued["apiToken"]["id"]
        );
        ("apiTokenChange", query)
    };
    let changed =
        stage.done(&customer.owner, &change("name: \"other\", permissions: [\"mailbox:read\"]", 0).1).await;
    let shown = &changed["apiTokenChange"]["apiToken"];
    assert_eq!((&shown["name"], &shown["permissions"]), (&json!("other"), &json!(["mailbox:read"])));
    assert_eq!(shown["revision"], 1);
    let stale = change("name: \"third\"", 0);
    assert_eq!(refusal(&stage, &customer.owner, stale).await, "SETTINGS_CHANGED_MEANWHILE");
    let mut answer = Value::Null;
    for _ in 0..100 {
        answer = stage.ask(&secret, "{ domains { nodes { id } } }").await;
        if code(&answer) == "FORBIDDEN" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(code(&answer), "FORBIDDEN", "{answer:#}");
    stage.done(&customer.owner, &change("networks: [\"192.0.2.0/24\"], expiresInDays: 3", 1).1).await;
    for _ in 0..100 {
        answer = stage.ask(&secret, "{ mailboxes { nodes { id } } }").await;
        if code(&answer) == "UNAUTHENTICATED" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(code(&answer), "UNAUTHENTICATED", "it comes from another network");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_password_and_an_account_are_called_otherwise() {
    let (stage, customer) = scene().await;
    let alice = stage.mailbox(&customer, "alice").await;
    let add = format!(
        "mutation {{ appPasswordAdd(mailboxId: \"{alice}\", name: \"phone\", protocols: [IMAP]) {{ appPassword {{ id revision }} userErrors {{ code }} }} }}"
    );
    let added = stage.done(&customer.owner, &add).await["appPasswordAdd"]["appPassword"].clone();
    let change = format!(
        "mutation {{ appPasswordChange(mailboxId: \"{alice}\", appPasswordId: {}, revision: 0, change: {{ name: \"tablet\", \
         protocols: [SUBMISSION] }}) {{ appPassword {{ name protocols revision }} userErrors {{ code }} }} }}",
        added["id"]
    );
    let changed = stage.done(&customer.owner, &change).await["appPasswordChange"]["appPassword"].clone();
    assert_eq!(changed, json!({ "name": "tablet", "protocols": ["SUBMISSION"], "revision": 1 }));
    let rename = "mutation { accountRename(name: \"Globex\", revision: 0) { account { name revision } userErrors { code } } }";
    let renamed = stage.done(&customer.owner, rename).await["accountRename"]["account"].clone();
    assert_eq!(renamed, json!({ "name": "Globex", "revision": 1 }));
    let again = stage.ask(&customer.owner, &rename.replace("Globex", "Acme")).await;
    assert_eq!(again["data"]["accountRename"]["userErrors"][0]["code"], "SETTINGS_CHANGED_MEANWHILE");
}
