//! The revision that was read before goes with a change; where somebody else was faster, nothing is changed.

use serde_json::{Value, json};

use crate::stage::Stage;

/// The mutation that writes these words over what is at this revision.
type Change<'a> = &'a dyn Fn(&str, u32) -> String;

/// Makes a change twice as two administrators do who read the same revision.
async fn twice(stage: &Stage, token: &str, (mutation, payload): (Change<'_>, &str), words: [&str; 2]) {
    let first = stage.ask(token, &mutation(words[0], 0)).await;
    assert_eq!(first["data"][payload]["userErrors"], json!([]), "{payload}: {first:#}");
    let second = stage.ask(token, &mutation(words[1], 0)).await["data"][payload].clone();
    assert_eq!(second["userErrors"][0]["code"], "SETTINGS_CHANGED_MEANWHILE", "{payload}: {second:#}");
    assert_eq!(
        second["userErrors"][0]["limits"],
        json!([{ "name": "revision", "allowed": 1, "used": 0 }]),
        "{payload}"
    );
    let again = stage.ask(token, &mutation(words[1], 1)).await;
    assert_eq!(again["data"][payload]["userErrors"], json!([]), "{payload}: {again:#}");
}

const ERRORS: &str = "userErrors { code field limits { name allowed used } }";

#[tokio::test(flavor = "multi_thread")]
async fn of_two_administrators_the_later_is_told_and_nothing_is_undone() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "custom")).await;
    let owner = &customer.owner;
    let mailbox = stage.mailbox(&customer, "alice").await;
    let quota = |octets: &str, revision: u32| {
        format!(
            "mutation {{ mailboxQuotaChange(mailboxId: \"{mailbox}\", quotaBytes: {octets}, revision: {revision}) {{ {ERRORS} }} }}"
        )
    };
    twice(&stage, owner, (&quota, "mailboxQuotaChange"), ["1000000", "2000000"]).await;
    let name = |name: &str, revision: u32| {
        let revision = revision + 2;
        format!(
            "mutation {{ mailboxDisplayNameChange(mailboxId: \"{mailbox}\", displayName: \"{name}\", revision: {revision}) {{ position {ERRORS} }} }}"
        )
    };
    let named = stage.ask(owner, &name("Alicia", 0)).await["data"]["mailboxDisplayNameChange"].clone();
    assert_eq!(named["userErrors"], json!([]), "quota and name have one revision: {named:#}");
    let place = &named["position"];
    let seen = format!(
        "{{ mailbox(mailboxId: \"{mailbox}\", atLeast: {place}) {{ revision quotaBytes settings {{ revision }} }} }}"
    );
    let seen = stage.done(owner, &seen).await["mailbox"].clone();
    assert_eq!(seen, json!({ "revision": 3, "quotaBytes": 2_000_000, "settings": { "revision": 0 } }));

    let alias = format!(
        "mutation {{ aliasCreate(input: {{ serviceId: \"{}\", domainId: \"{}\", localPart: \"sales\", targets: \
         [\"alice@acme.example\"] }}) {{ alias {{ id revision }} userErrors {{ code }} }} }}",
        customer.service, customer.domain
    );
    let alias = stage.done(owner, &alias).await["aliasCreate"]["alias"].clone();
    assert_eq!(alias["revision"], 0);
    let id = alias["id"].as_str().expect("an id").to_owned();
    let targets = |to: &str, revision: u32| {
        format!(
            "mutation {{ aliasTargetsChange(aliasId: \"{id}\", targets: [\"{to}\"], revision: {revision}) {{ {ERRORS} }} }}"
        )
    };
    twice(&stage, owner, (&targets, "aliasTargetsChange"), ["bob@x.example", "carol@x.example"]).await;

    let hook = |url: &str| format!("input: {{ url: \"{url}\", kinds: [\"*\"] }}");
    let register = format!(
        "mutation {{ webhookRegister({}) {{ webhook {{ id revision }} userErrors {{ code }} }} }}",
        hook("https://a.example/1")
    );
    let registered = stage.done(owner, &register).await["webhookRegister"]["webhook"].clone();
    let id = registered["id"].as_str().expect("an id").to_owned();
    let change = |url: &str, revision: u32| {
        format!(
            "mutation {{ webhookChange(webhookId: \"{id}\", {}, revision: {revision}) {{ {ERRORS} }} }}",
            hook(url)
        )
    };
    twice(&stage, owner, (&change, "webhookChange"), ["https://a.example/2", "https://a.example/3"]).await;

    let invite = "mutation { delegationInvite(email: \"anna@x.example\", terms: { permissions: [\"account:read\"] }) { \
                  delegation { id revision } userErrors { code } } }";
    let invited = stage.done(owner, invite).await["delegationInvite"]["delegation"].clone();
    let id = invited["id"].as_str().expect("an id").to_owned();
    let terms = |permission: &str, revision: u32| {
        format!(
            "mutation {{ delegationChange(delegationId: \"{id}\", terms: {{ permissions: [\"{permission}\"] }}, revision: {revision}) {{ {ERRORS} }} }}"
        )
    };
    twice(&stage, owner, (&terms, "delegationChange"), ["mailbox:read", "domain:read"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pools_and_brands_are_not_changed_over_another_s_change() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "custom")).await;
    let account = &customer.account;
    let pool = |services: &str, revision: u32| {
        format!(
            "mutation {{ poolSet(accountId: \"{account}\", resources: {{ services: {services}, domains: 10, mailboxes: 10, \
             storageBytes: 1000 }}, revision: {revision}) {{ pool {{ revision }} {ERRORS} }} }}"
        )
    };
    twice(&stage, &operator, (&pool, "poolSet"), ["1", "2"]).await;
    let reseller = format!(
        "mutation {{ accountResellerSet(accountId: \"{account}\", subAccountCountMax: 5) {{ userErrors {{ code }} }} }}"
    );
    let made = stage.ask(&operator, &reseller).await;
    assert_eq!(made["errors"], Value::Null, "{made:#}");
    let brand = |name: &str, revision: u32| {
        format!(
            "mutation {{ brandSet(accountId: \"{account}\", brand: {{ name: \"{name}\", accent: \"#2f5d50\" }}, revision: {revision}) {{ {ERRORS} }} }}"
        )
    };
    twice(&stage, &customer.owner, (&brand, "brandSet"), ["One", "Two"]).await;
    let seen = stage.done(&customer.owner, "{ brandRevision }").await;
    assert_eq!(seen["brandRevision"], 2);
}
