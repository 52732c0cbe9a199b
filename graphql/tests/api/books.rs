//! Books through the API: what a domain and an account set up, who may, and what is told of it.

use serde_json::json;

use crate::stage::{PASSWORD, Stage};

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_has_mail_copied_and_sees_who_did() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "pro")).await;
    let domain = &customer.domain;
    let add = |from: &str, to: &str| {
        format!(
            "mutation {{ addressMapAdd(input: {{domainId: \"{domain}\", kind: RECIPIENT_COPY, from: \"{from}\", to: \
             \"{to}\"}}) {{ addressMap {{ id from to isActive revision }} userErrors {{ code field message }} }} }}"
        )
    };
    let added = stage.done(&customer.owner, &add("@acme.example", "archive@acme.example")).await;
    let map = &added["addressMapAdd"]["addressMap"];
    let id = map["id"].as_str().expect("an id");
    assert_eq!(map["from"], json!("@acme.example"));
    let refused = stage.ask(&customer.owner, &add("alice", "ALICE@acme.example")).await;
    let error = &refused["data"]["addressMapAdd"]["userErrors"][0];
    assert_eq!((&error["code"], &error["field"]), (&json!("ADDRESS_MAP_LOOP"), &json!("to")));
    let change = |change: &str| {
        format!(
            "mutation {{ addressMapChange(domainId: \"{domain}\", addressMapId: \"{id}\", {change}) {{ addressMap {{ \
             isActive revision }} userErrors {{ code limits {{ name allowed used }} }} }} }}"
        )
    };
    let changed = stage.done(&customer.owner, &change("change: {isActive: false}, revision: 0")).await;
    assert_eq!(changed["addressMapChange"]["addressMap"], json!({"isActive": false, "revision": 1}));
    let refused = stage.ask(&customer.owner, &change("change: {isActive: true}, revision: 0")).await;
    let error = &refused["data"]["addressMapChange"]["userErrors"][0];
    assert_eq!(error["code"], json!("SETTINGS_CHANGED_MEANWHILE"), "{refused:#}");
    let told = stage
        .done(
            &customer.owner,
            &format!("{{ history(id: \"{domain}\", first: 2) {{ nodes {{ kind actor changes {{ field from to }} }} }} }}"),
        )
        .await;
    let newest = &told["history"]["nodes"][0];
    assert_eq!((&newest["kind"], &newest["actor"]), (&json!("address_map.changed"), &json!("USER")));
    let field = json!({"field": "settings.is_active", "from": "true", "to": "false"});
    assert_eq!(newest["changes"], json!([field]), "{told:#}");
    // A mailbox neither sees nor changes what its domain does.
    stage.mailbox(&customer, "alice").await;
    let alice = stage.sign_in("alice@acme.example", PASSWORD).await;
    let answer = stage.ask(&alice, "{ addressMaps { nodes { id } } }").await;
    assert_eq!(answer["data"]["addressMaps"]["nodes"], json!([]), "{answer:#}");
    let answer = stage.ask(&alice, &change("change: {isActive: true}")).await;
    assert!(answer["errors"][0]["extensions"]["code"].is_string(), "{answer:#}");
    let remove = format!(
        "mutation {{ addressMapRemove(domainId: \"{domain}\", addressMapId: \"{id}\") {{ addressMapId position \
         userErrors {{ code }} }} }}"
    );
    let removed = stage.done(&customer.owner, &remove).await;
    let place = &removed["addressMapRemove"]["position"];
    let left = stage
        .done(&customer.owner, &format!("{{ addressMaps(atLeast: {place}) {{ nodes {{ id }} }} }}"))
        .await;
    assert_eq!(left["addressMaps"]["nodes"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_decides_on_tls_for_itself_and_the_operator_for_all() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "solo")).await;
    let add = |account: &str| {
        format!(
            "mutation {{ tlsPolicyAdd({account}policy: {{destination: \"Partner.example\", level: SECURE, matchNames: \
             [\".partner.example\"]}}) {{ tlsPolicy {{ destination level matchNames versionMin }} userErrors {{ code }} \
             }} }}"
        )
    };
    let added = stage.done(&customer.owner, &add("")).await;
    let policy = &added["tlsPolicyAdd"]["tlsPolicy"];
    assert_eq!(
        (&policy["destination"], &policy["versionMin"]),
        (&json!("partner.example"), &json!("TLS_12"))
    );
    let platform = format!("accountId: \"{}\", ", kernel::AccountId::PLATFORM);
    let answer = stage.ask(&customer.owner, &add(&platform)).await;
    assert!(answer["errors"][0]["extensions"]["code"].is_string(), "{answer:#}");
    stage.done(&operator, &add(&platform)).await;
    let listed = stage
        .done(&operator, &format!("{{ tlsPolicies({platform}first: 5) {{ nodes {{ level }} }} }}"))
        .await;
    assert_eq!(listed["tlsPolicies"]["nodes"], json!([{"level": "SECURE"}]));
}
