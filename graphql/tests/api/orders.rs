//! What people order about mail stands in the audit: who, for whom, why; and no address outside of what is sealed.

use serde_json::{Value, json};

use crate::refusal::administrator;
use crate::stage::{Customer, Stage};

/// The orders that stand in the events of an account, as whoever has `token` reads them.
async fn told(stage: &Stage, token: &str, account: &str) -> Vec<Value> {
    let query = format!(
        "{{ events(accountId: \"{account}\", first: 500) {{ nodes {{ kind actor actorId onBehalfOf via changes {{ field to }} }} }} }}"
    );
    let events = stage.done(token, &query).await;
    let nodes = events["events"]["nodes"].as_array().expect("nodes").clone();
    nodes
        .into_iter()
        .filter(|node| node["kind"].as_str().expect("a kind").starts_with("mail_order."))
        .collect()
}

fn changed<'a>(order: &'a Value, field: &str) -> &'a Value {
    let changes = order["changes"].as_array().expect("changes");
    changes.iter().find(|change| change["field"] == field).map_or(&Value::Null, |change| &change["to"])
}

async fn stored(stage: &Stage) -> String {
    let rows =
        stage.control.query(database::Statement::new("SELECT payload FROM event")).await.expect("rows");
    let text = |row: &database::Row| row.text(0).expect("a payload").to_owned();
    rows.iter().map(text).collect::<Vec<_>>().join("\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_order_about_mail_stands_in_the_audit_of_whose_mail_it_is() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "pro")).await;
    let alice = stage.mailbox(&customer, "alice").await;
    let keeper = administrator(&stage, &customer, "keeper").await;
    let number = crate::trace::queue(&stage, &customer, &alice, "friend@else.example").await;
    let which = format!("which: {{ number: {number} }}");
    let errors = "userErrors { code field message }";

    // Nobody fits: nothing is ordered.
    let nobody =
        "mutation { queueHold(which: { destination: \"nowhere.example\" }) { userErrors { code } } }";
    let nobody = stage.ask(&customer.owner, nobody).await;
    assert_eq!(nobody["data"]["queueHold"]["userErrors"][0]["code"], "QUEUE_NOTHING_REACHED");
    assert_eq!(told(&stage, &customer.owner, &customer.account).await, [Value::Null; 0]);

    let hold = format!(
        "mutation {{ queueHold({which}, reason: \"alice@acme.example asked\") {{ reached {errors} }} }}"
    );
    stage.done(&customer.owner, &hold).await;
    let release = format!(
        "mutation {{ queueRelease(accountId: \"{}\", which: {{ state: HELD }}) {{ reached {errors} }} }}",
        customer.account
    );
    stage.done(&keeper, &release).await;
    // It is due already: the order is given all the same.
    stage.ask(&customer.owner, &format!("mutation {{ queueRetry({which}) {{ reached {errors} }} }}")).await;
    let add = "mutation { suppressionAdd(address: \"Gone@Else.example\", reason: \"they asked\") { userErrors { code } } }";
    stage.done(&customer.owner, add).await;
    let remove = "mutation { suppressionRemove(address: \"gone@else.example\", reason: \"a mistake\") { userErrors { code } } }";
    stage.done(&customer.owner, remove).await;
    let long =
        format!("mutation {{ queueHold({which}, reason: \"{}\") {{ reached {errors} }} }}", "x".repeat(513));
    let long = stage.ask(&customer.owner, &long).await;
    assert_eq!(long["data"]["queueHold"]["userErrors"][0]["code"], "MAIL_ORDER_TEXT", "{long:#}");
    // The operator gives one message up: the account whose mail it is reads that, and on whose behalf.
    let bounce = format!(
        "mutation {{ platformQueueOrder(order: BOUNCE, {which}, reason: \"spam\") {{ reached {errors} }} }}"
    );
    stage.done(&operator, &bounce).await;

    let orders = told(&stage, &customer.owner, &customer.account).await;
    let kinds: Vec<&str> = orders.iter().map(|order| order["kind"].as_str().expect("a kind")).collect();
    assert_eq!(
        kinds,
        [
            "mail_order.hold",
            "mail_order.release",
            "mail_order.retry",
            "mail_order.suppress",
            "mail_order.unsuppress",
            "mail_order.bounce"
        ]
    );
    assert_eq!(orders[0]["actorId"], json!(customer.user));
    assert_eq!(changed(&orders[0], "about.reason"), "alice@acme.example asked");
    assert_eq!(changed(&orders[0], "message"), &json!(number.to_string()));
    assert_eq!(
        changed(&orders[1], "scope.domains"),
        &json!(customer.domain),
        "of the administrator's domains"
    );
    assert_eq!(changed(&orders[1], "state"), "held");
    assert_eq!(changed(&orders[3], "about.target"), "gone@else.example");
    assert_eq!(
        (&orders[5]["onBehalfOf"], changed(&orders[5], "about.reason")),
        (&json!(customer.account), &json!("spam"))
    );
    let stored = stored(&stage).await;
    assert!(!stored.contains("gone@else.example") && !stored.contains("alice@acme.example asked"));
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_about_everybody_s_mail_stand_in_the_platform_s_audit() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer: Customer = stage.customer(&operator, ("acme", "pro")).await;
    for order in [
        "siteSuspend(site: \"MX.Else.example\", reason: \"they asked\") { userErrors { code } }",
        "siteResume(site: \"mx.else.example\", reason: \"over\") { userErrors { code } }",
    ] {
        stage.done(&operator, &format!("mutation {{ {order} }}")).await;
    }
    let platform = kernel::AccountId::PLATFORM.to_string();
    let orders = told(&stage, &operator, &platform).await;
    assert_eq!(orders.len(), 2, "{orders:#?}");
    assert_eq!(
        (&orders[0]["kind"], changed(&orders[0], "about.target")),
        (&json!("mail_order.suspend_site"), &json!("mx.else.example"))
    );
    assert_eq!(
        (&orders[1]["kind"], changed(&orders[1], "about.reason")),
        (&json!("mail_order.resume_site"), &json!("over"))
    );
    assert_eq!(told(&stage, &customer.owner, &customer.account).await, [Value::Null; 0]);
}
