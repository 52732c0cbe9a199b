//! The operator publishes further versions of plans, and plans of their own.

use serde_json::{Value, json};

use crate::stage::{Stage, code};

fn publish(slug: &str, name: &str, (mailboxes, storage): (u32, u64)) -> String {
    format!(
        "mutation {{ planPublish(slug: \"{slug}\", terms: {{ name: \"{name}\", frenchName: \"Boîte {name}\", monthlyCents: 300, \
         annualCents: 3000, limits: {{ domainMode: OWN, domains: 2, aliasDomains: 1, mailboxes: {mailboxes}, aliases: 9, \
         storageBytes: {storage}, mailboxQuotaDefaultBytes: 1073741824, mailboxQuotaMaxBytes: 2147483648, \
         serviceSendsPerDay: 500, recipientsPerMessage: 50, messageBytes: 26214400, syncJobs: 3, temporaryAliases: 5, \
         domainAdministrators: 2, delegates: 2, features: [CATCH_ALL, WEBHOOKS] }} }}) \
         {{ plan {{ id version name frenchName monthlyCents limits {{ mailboxes features }} }} userErrors {{ code field }} }} }}"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_further_version_is_the_newest_and_services_keep_theirs() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "solo")).await;
    let query = publish("solo", "SoloPlus", (7, 21_474_836_480));
    let published = stage.done(&operator, &query).await["planPublish"]["plan"].clone();
    assert_eq!((&published["version"], &published["frenchName"]), (&json!(2), &json!("Boîte SoloPlus")));
    assert_eq!(published["limits"], json!({ "mailboxes": 7, "features": ["CATCH_ALL", "WEBHOOKS"] }));
    let plan = format!("{{ plan(planId: {}) {{ version name }} }}", published["id"]);
    let newest = stage.done(&customer.owner, &plan).await["plan"].clone();
    assert_eq!(newest, json!({ "version": 2, "name": "SoloPlus" }));
    let service = format!("{{ service(serviceId: \"{}\") {{ planVersion }} }}", customer.service);
    assert_eq!(stage.done(&customer.owner, &service).await["service"]["planVersion"], 1);
    let again = stage
        .done(&operator, "mutation { planPublish(slug: \"solo\") { plan { version } userErrors { code } } }")
        .await;
    assert_eq!(again["planPublish"]["plan"]["version"], 1, "the built-in one is there as before");
    let own = publish("house", "HouseBox", (3, 10_737_418_240));
    assert_eq!(stage.done(&operator, &own).await["planPublish"]["plan"]["version"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn terms_that_cannot_be_sold_are_refused_and_customers_publish_nothing() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "solo")).await;
    let refusal = |answer: &Value| answer["data"]["planPublish"]["userErrors"][0].clone();
    let small = stage.ask(&operator, &publish("solo", "Solo", (7, 1024))).await;
    assert_eq!(refusal(&small)["code"], "PLAN_LIMITS_INCONSISTENT", "{small:#}");
    let unnamed = stage.ask(&operator, &publish("Solo Box", "Solo", (7, 10_737_418_240))).await;
    assert_eq!(refusal(&unnamed)["field"], "slug", "{unnamed:#}");
    let theirs = stage.ask(&customer.owner, &publish("solo", "Solo", (7, 10_737_418_240))).await;
    assert_eq!(code(&theirs), "NOT_FOUND", "they learn nothing of what operators do");
}
