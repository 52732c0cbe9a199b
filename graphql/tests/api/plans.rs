//! The operator publishes further versions of plans, and plans of their own.

use serde_json::{Value, json};

use crate::stage::{Stage, code};

fn publish(slug: &str, name: &str, (mailboxes, storage): (u32, u64)) -> String {
    format!(
        "mutation {{ planPublish(slug: \"{slug}\", terms: {{ name: \"{name}\", frenchName: \"Boîte {name}\", monthlyCents: 300, \
         annualCents: 3000, limits: {{ domainMode: OWN, domains: 2, aliasDomains: 1, mailboxes: {mailboxes}, aliases: 9, \
         storageBytes: {storage}, mailboxQuotaDefaultBytes: 1073741824, mailboxQuotaMaxBytes: 2147483648, \
         serviceSendsPerDay: 500, domainSendsPerHour: 90, mailboxSendsPerMinute: 9, recipientsPerMessage: 50, \
         messageBytes: 26214400, syncJobs: 3, temporaryAliases: 5, \
         domainAdministrators: 2, delegates: 2, features: [CATCH_ALL, WEBHOOKS] }} }}) \
         {{ plan {{ id version name frenchName monthlyCents limits {{ mailboxes serviceSendsPerHour domainSendsPerHour mailboxSendsPerMinute features }} }} \
         userErrors {{ code field }} }} }}"
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
    assert_eq!(
        published["limits"],
        json!({
            "mailboxes": 7, "serviceSendsPerHour": null, "domainSendsPerHour": 90, "mailboxSendsPerMinute": 9,
            "features": ["CATCH_ALL", "WEBHOOKS"]
        })
    );
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

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_is_named_by_its_id_and_a_version_that_was_looked_at_is_not_passed_over() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let terms = "terms: { name: \"House\", monthlyCents: 300, annualCents: 3000, limits: { domainMode: OWN, domains: 2, \
                 aliasDomains: 1, mailboxes: 4, aliases: 9, storageBytes: 10737418240, mailboxQuotaDefaultBytes: 1073741824, \
                 mailboxQuotaMaxBytes: 2147483648, recipientsPerMessage: 50, messageBytes: 26214400, syncJobs: 3, \
                 temporaryAliases: 5, domainAdministrators: 2, delegates: 2, features: [] }, addOns: ADD_ONS }";
    let add_on = |step: u64| format!("{{ step: {step}, max: 1000, monthlyCents: 12 }}");
    let add_ons = format!(
        "{{ domains: {0}, mailboxes: {0}, aliases: {0}, storage: {1}, sends: {0} }}",
        add_on(1),
        add_on(1_073_741_824)
    );
    let publish = |which: &str, version: u32, cents: u32| {
        let terms = terms
            .replace("ADD_ONS", &add_ons)
            .replace("monthlyCents: 300", &format!("monthlyCents: {cents}"));
        format!(
            "mutation {{ planPublish({which}, version: {version}, {terms}) {{ plan {{ id version addOns {{ storage {{ step \
             max monthlyCents }} }} }} userErrors {{ code }} }} }}"
        )
    };
    let refusal = |answer: &Value| answer["data"]["planPublish"]["userErrors"][0]["code"].clone();
    let first =
        stage.done(&operator, &publish("slug: \"house\"", 0, 300)).await["planPublish"]["plan"].clone();
    assert_eq!(first["version"], 1);
    assert_eq!(first["addOns"]["storage"], json!({ "step": 1_073_741_824, "max": 1000, "monthlyCents": 12 }));
    let by_id = format!("planId: {}", first["id"]);
    let second = stage.done(&operator, &publish(&by_id, 1, 400)).await["planPublish"]["plan"].clone();
    assert_eq!(second["version"], 2);
    // The former price is for whoever has it, and for operators.
    let customer = stage.customer(&operator, ("acme", "solo")).await;
    let order = |version: u32| {
        format!(
            "mutation {{ serviceOrder(input: {{ accountId: \"{}\", {by_id}, planVersion: {version} }}) {{ service {{ \
             planVersion }} userErrors {{ code field }} }} }}",
            customer.account
        )
    };
    let former = stage.ask(&customer.owner, &order(1)).await["data"]["serviceOrder"]["userErrors"].clone();
    assert_eq!(former, json!([{ "code": "PLAN_VERSION_SUPERSEDED", "field": "planVersion" }]));
    for (who, version) in [(&customer.owner, 2), (&operator, 1)] {
        let ordered = stage.done(who, &order(version)).await["serviceOrder"]["service"].clone();
        assert_eq!(ordered["planVersion"], version);
    }
    for version in [1, 2] {
        let plan = format!("{{ plan({by_id}, version: {version}) {{ isNewest }} }}");
        assert_eq!(stage.done(&customer.owner, &plan).await["plan"]["isNewest"], json!(version == 2));
    }
    // Sent once more it is as it was; another operator who looked at version 1 is told.
    let again = stage.done(&operator, &publish(&by_id, 1, 400)).await["planPublish"]["plan"].clone();
    assert_eq!(again["version"], 2);
    assert_eq!(refusal(&stage.ask(&operator, &publish(&by_id, 1, 500)).await), "PLAN_VERSION_DIFFERS");
    assert_eq!(refusal(&stage.ask(&operator, &publish(&by_id, 7, 500)).await), "PLAN_VERSION_DIFFERS");
    assert_eq!(
        refusal(&stage.ask(&operator, &publish("slug: \"house\"", 0, 500)).await),
        "PLAN_VERSION_DIFFERS"
    );
    let nobody = publish("planId: \"plan_00000000000000000000000000000001\"", 0, 300);
    assert_eq!(code(&stage.ask(&operator, &nobody).await), "NOT_FOUND");
    let unnamed = stage.ask(&operator, &publish("slug: null", 0, 300)).await;
    assert_eq!(code(&unnamed), "BAD_INPUT", "{unnamed:#}");
}
