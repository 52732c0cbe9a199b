//! What not every plan has is refused where it is set up, by the name of the feature and of the plan; what is there stays.

use serde_json::{Value, json};

use crate::stage::{Stage, code};

const HOOK: &str = "mutation { webhookRegister(input: { url: \"https://a.example/hook\", kinds: [\"*\"] }) { webhook { id } \
                    userErrors { code field message } } }";

fn first(answer: &Value, payload: &str) -> Value {
    answer["data"][payload]["userErrors"][0].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_plan_refuses_by_name_and_a_larger_one_lets() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let small = stage.customer(&operator, ("acme", "solo")).await;
    let large = stage.customer(&operator, ("globex", "custom")).await;
    let map = |kind: &str, domain: &str| {
        format!(
            "mutation {{ addressMapAdd(input: {{ domainId: \"{domain}\", kind: {kind}, from: \"a\", to: \"b@x.example\" }}) \
             {{ userErrors {{ code field message }} }} }}"
        )
    };
    let tls = "mutation { tlsPolicyAdd(policy: { destination: \"x.example\", level: ENCRYPT }) { userErrors { code message } } }";
    for (mutation, payload, expected) in [
        (HOOK.to_owned(), "webhookRegister", "WEBHOOKS_NOT_IN_PLAN"),
        (map("SENDER_COPY", &small.domain), "addressMapAdd", "BCC_MAPS_NOT_IN_PLAN"),
        (tls.to_owned(), "tlsPolicyAdd", "TLS_POLICIES_NOT_IN_PLAN"),
    ] {
        let refused = first(&stage.ask(&small.owner, &mutation).await, payload);
        assert_eq!(refused["code"], expected, "{refused:#}");
        assert!(
            refused["message"].as_str().is_some_and(|text| text.ends_with("Your plan: SoloBox.")),
            "{refused:#}"
        );
    }
    // What every plan has.
    let rewritten = stage.ask(&small.owner, &map("RECIPIENT", &small.domain)).await;
    assert_eq!(rewritten["data"]["addressMapAdd"]["userErrors"], json!([]), "{rewritten:#}");
    for (mutation, payload) in [
        (HOOK.to_owned(), "webhookRegister"),
        (map("SENDER_COPY", &large.domain), "addressMapAdd"),
        (tls.to_owned(), "tlsPolicyAdd"),
    ] {
        let done = stage.ask(&large.owner, &mutation).await;
        assert_eq!(done["data"][payload]["userErrors"], json!([]), "{done:#}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_set_up_under_a_larger_plan_stays_and_no_more_comes() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "custom")).await;
    let registered = stage.done(&customer.owner, HOOK).await;
    let webhook = registered["webhookRegister"]["webhook"]["id"].as_str().expect("an id").to_owned();
    // The smaller plan is published with the first customer that takes it.
    stage.customer(&operator, ("globex", "solo")).await;
    let smaller = format!(
        "mutation {{ servicePlanChange(accountId: \"{}\", serviceId: \"{}\", planId: \"{}\", planVersion: 1) {{ userErrors {{ \
         code }} }} }}",
        customer.account,
        customer.service,
        hosting::plan::plan_id("solo")
    );
    stage.done(&customer.owner, &smaller).await;
    let refused = first(&stage.ask(&customer.owner, HOOK).await, "webhookRegister");
    assert_eq!(refused["code"], "WEBHOOKS_NOT_IN_PLAN");
    let change = format!(
        "mutation {{ webhookChange(webhookId: \"{webhook}\", input: {{ url: \"https://a.example/2\", kinds: [\"*\"] }}) {{ webhook {{ \
         status }} userErrors {{ code }} }} }}"
    );
    let changed = stage.done(&customer.owner, &change).await;
    assert_eq!(changed["webhookChange"]["webhook"]["status"], "ACTIVE");
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_read_under_every_plan_and_change_under_those_that_have_it() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "solo")).await;
    let viewer = stage.done(&customer.owner, "{ viewer { userId } }").await;
    let user = viewer["viewer"]["userId"].as_str().expect("an id").to_owned();
    let issue = |permission: &str| {
        format!(
            "mutation {{ apiTokenIssue(input: {{ userId: \"{user}\", name: \"x\", permissions: [\"{permission}\"] }}) {{ userErrors {{ \
             code field message }} }} }}"
        )
    };
    let refused = first(&stage.ask(&customer.owner, &issue("mailbox:write")).await, "apiTokenIssue");
    assert_eq!(
        (&refused["code"], &refused["field"]),
        (&json!("API_WRITE_NOT_IN_PLAN"), &json!("permissions"))
    );
    let read = stage.ask(&customer.owner, &issue("mailbox:read")).await;
    assert_eq!(read["data"]["apiTokenIssue"]["userErrors"], json!([]), "{read:#}");
    // Who resells has what is sold, whatever it uses itself.
    let reseller = format!(
        "mutation {{ accountResellerSet(accountId: \"{}\", subAccountCountMax: 5) {{ userErrors {{ code }} }} }}",
        customer.account
    );
    stage.done(&operator, &reseller).await;
    let write = stage.ask(&customer.owner, &issue("mailbox:write")).await;
    assert_eq!(write["data"]["apiTokenIssue"]["userErrors"], json!([]), "{write:#}");
    assert_eq!(code(&write), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_told_what_its_plans_have_together() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    for (name, plan, expected) in [
        ("acme", "solo", json!([])),
        ("globex", "pro", json!(["CATCH_ALL", "BCC_MAPS", "TRANSPORT_TLS_MAP", "AUDIT_EXPORT", "API_WRITE"])),
    ] {
        let customer = stage.customer(&operator, (name, plan)).await;
        let told = stage.done(&customer.owner, "{ accountFeatures }").await;
        assert_eq!(told["accountFeatures"], expected);
    }
}
