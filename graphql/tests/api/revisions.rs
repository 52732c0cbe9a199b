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

#[tokio::test(flavor = "multi_thread")]
async fn names_states_and_ends_are_not_changed_over_another_s_change() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "custom")).await;
    let (owner, service, domain) = (&customer.owner, &customer.service, &customer.domain);
    let mailbox = stage.mailbox(&customer, "alice").await;
    let change = |mutation: &str, arguments: &str, revision: u32| {
        format!("mutation {{ {mutation}({arguments}, revision: {revision}) {{ position {ERRORS} }} }}")
    };
    // As of two who read the same: what the first did raised the count, and the second is told.
    let stale = async |token: &str, mutation: &str, arguments: &str, (read, there): (u32, u32)| {
        let answer = stage.ask(token, &change(mutation, arguments, read)).await;
        let error = &answer["data"][mutation]["userErrors"][0];
        assert_eq!(error["code"], "SETTINGS_CHANGED_MEANWHILE", "{mutation}: {answer:#}");
        assert_eq!(
            error["limits"],
            json!([{ "name": "revision", "allowed": there, "used": read }]),
            "{mutation}"
        );
    };
    let done = async |token: &str, mutation: &str, arguments: &str, revision: u32| {
        stage.done(token, &change(mutation, arguments, revision)).await[mutation]["position"].clone()
    };
    let at = format!("mailboxId: \"{mailbox}\"");
    done(owner, "mailboxRename", &format!("{at}, localPart: \"alicia\""), 0).await;
    stale(owner, "mailboxRename", &format!("{at}, localPart: \"ally\""), (0, 1)).await;
    stale(owner, "mailboxDisable", &at, (0, 1)).await;
    done(owner, "mailboxDisable", &at, 1).await;
    stale(owner, "mailboxEnable", &at, (1, 2)).await;
    done(owner, "mailboxEnable", &at, 2).await;
    stale(owner, "mailboxDelete", &at, (2, 3)).await;
    done(owner, "mailboxDelete", &at, 3).await;
    stale(owner, "mailboxRestore", &at, (3, 4)).await;
    let place = done(owner, "mailboxRestore", &at, 4).await;
    let seen =
        format!("{{ mailbox(mailboxId: \"{mailbox}\", atLeast: {place}) {{ revision address status }} }}");
    assert_eq!(
        stage.done(owner, &seen).await["mailbox"],
        json!({ "revision": 5, "address": "alicia@acme.example", "status": "ACTIVE" }),
        "the table counts as the model does"
    );

    let alias = format!(
        "mutation {{ aliasCreate(input: {{ serviceId: \"{service}\", domainId: \"{domain}\", localPart: \"sales\", targets: \
         [\"alicia@acme.example\"] }}) {{ alias {{ id }} userErrors {{ code }} }} }}"
    );
    let alias = stage.done(owner, &alias).await["aliasCreate"]["alias"]["id"].clone();
    let at = format!("aliasId: {alias}");
    done(owner, "aliasTargetsChange", &format!("{at}, targets: [\"carol@x.example\"]"), 0).await;
    stale(owner, "aliasDelete", &at, (0, 1)).await;
    done(owner, "aliasDelete", &at, 1).await;

    let added = format!(
        "mutation {{ domainAdd(input: {{ serviceId: \"{service}\", name: \"second.example\" }}) {{ domain {{ id }} userErrors {{ code }} }} }}"
    );
    let second = stage.done(owner, &added).await["domainAdd"]["domain"]["id"].clone();
    let at = format!("domainId: {second}");
    done(owner, "domainSettingsChange", &format!("{at}, settings: {{ description: \"one\" }}"), 0).await;
    stale(owner, "domainRemove", &at, (0, 1)).await;
    done(owner, "domainRemove", &at, 1).await;
    stale(owner, "domainRestore", &at, (0, 1)).await;
    done(owner, "domainRestore", &at, 1).await;

    let at = format!("accountId: \"{}\", serviceId: \"{service}\"", customer.account);
    let read = format!("{{ service({at}) {{ revision }} }}");
    let there = stage.done(&operator, &read).await["service"]["revision"].as_u64().expect("a number");
    let there = u32::try_from(there).expect("small");
    assert!(there > 0, "it was activated");
    done(&operator, "serviceRestrict", &at, there).await;
    stale(&operator, "serviceSuspend", &format!("{at}, reason: ABUSE"), (there, there + 1)).await;
    done(&operator, "serviceSuspend", &format!("{at}, reason: ABUSE"), there + 1).await;
    stale(&operator, "serviceResume", &at, (there + 1, there + 2)).await;
    done(&operator, "serviceResume", &at, there + 2).await;
    let plan = format!("{at}, planId: \"{}\", planVersion: 1", hosting::plan::plan_id("custom"));
    stale(&operator, "servicePlanChange", &plan, (there, there + 3)).await;
    stale(owner, "serviceEnd", &at, (there, there + 3)).await;
    let place = done(&operator, "serviceRestrict", &at, there + 3).await;
    let seen = format!("{{ service({at}, atLeast: {place}) {{ revision }} }}");
    assert_eq!(
        stage.done(&operator, &seen).await["service"]["revision"],
        there + 4,
        "the table counts as well"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_answers_over_an_answer_and_a_customer_s_count_tells_nothing_of_the_desk() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "pro")).await;
    let open = "mutation { ticketOpen(input: { kind: TECHNICAL, subject: \"x\", text: \"y\" }) { ticket { id revision } userErrors { code } } }";
    let ticket = stage.done(&customer.owner, open).await["ticketOpen"]["ticket"].clone();
    assert_eq!(ticket["revision"], 0);
    let at = format!("accountId: \"{}\", ticketId: {}", customer.account, ticket["id"]);
    let change = |mutation: &str, rest: &str, revision: u32| {
        format!("mutation {{ {mutation}({at}{rest}, revision: {revision}) {{ position {ERRORS} }} }}")
    };
    let say = ", text: \"an answer\"";
    stage.done(&customer.owner, &change("ticketReply", say, 0)).await;
    let refused = async |token: &str, mutation: &str, rest: &str, revision: u32| {
        let answer = stage.ask(token, &change(mutation, rest, revision)).await;
        let code = &answer["data"][mutation]["userErrors"][0]["code"];
        assert_eq!(code, "SETTINGS_CHANGED_MEANWHILE", "{mutation}: {answer:#}");
    };
    refused(&operator, "ticketReply", say, 0).await;
    stage.done(&operator, &change("ticketReply", say, 1)).await;
    refused(&customer.owner, "ticketResolve", "", 1).await;
    // Among the support there is another count.
    stage.done(&operator, &change("ticketPrioritySet", ", priority: HIGH", 0)).await;
    refused(&operator, "ticketPrioritySet", ", priority: LOW", 0).await;
    let note = ", text: \"between us\", isInternal: true";
    refused(&operator, "ticketReply", note, 0).await;
    let place =
        stage.done(&operator, &change("ticketReply", note, 1)).await["ticketReply"]["position"].clone();
    let seen = format!("{{ ticket({at}, atLeast: {place}) {{ revision deskRevision }} }}");
    assert_eq!(stage.done(&operator, &seen).await["ticket"], json!({ "revision": 2, "deskRevision": 2 }));
    assert_eq!(
        stage.done(&customer.owner, &seen).await["ticket"],
        json!({ "revision": 2, "deskRevision": null })
    );
    stage.done(&customer.owner, &change("ticketResolve", "", 2)).await;
    refused(&customer.owner, "ticketReopen", "", 2).await;
    refused(&customer.owner, "ticketRate", ", stars: 5", 2).await;
    stage.done(&customer.owner, &change("ticketRate", ", stars: 5", 3)).await;
}
