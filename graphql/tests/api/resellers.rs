//! A reseller with customers, and what each of them sees.

use serde_json::{Value, json};

use crate::stage::{PASSWORD, Stage, code};

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

async fn opened(stage: &Stage, token: &str, name: &str) -> String {
    let query = format!(
        "mutation {{ subAccountOpen(name: \"{name}\") {{ account {{ id parentId name }} userErrors {{ code }} }} }}"
    );
    text(&stage.done(token, &query).await["subAccountOpen"]["account"]["id"])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reseller_serves_customers_who_see_neither_it_nor_one_another() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let reseller = stage.customer(&operator, ("acme", "custom")).await;
    let refused = stage
        .ask(
            &reseller.owner,
            "mutation { subAccountOpen(name: \"x\") { userErrors { code limits { allowed } } } }",
        )
        .await;
    assert_eq!(refused["data"]["subAccountOpen"]["userErrors"][0]["code"], "SUB_ACCOUNT_LIMIT_REACHED");
    let set = |account: &str| {
        format!(
            "mutation {{ accountResellerSet(accountId: \"{account}\", subAccountCountMax: 5) {{ account {{ subAccountCountMax }} userErrors {{ code }} }} }}"
        )
    };
    assert_eq!(code(&stage.ask(&reseller.owner, &set(&reseller.account)).await), "FORBIDDEN");
    stage.done(&operator, &set(&reseller.account)).await;
    let (first, second) =
        (opened(&stage, &reseller.owner, "One").await, opened(&stage, &reseller.owner, "Two").await);
    let listed = stage
        .done(
            &reseller.owner,
            &format!("{{ accounts(parentId: \"{}\") {{ nodes {{ name }} }} }}", reseller.account),
        )
        .await;
    assert_eq!(listed["accounts"]["nodes"], json!([{ "name": "One" }, { "name": "Two" }]));
    let mut owners = Vec::new();
    for (account, login) in [(&first, "one"), (&second, "two")] {
        let register = format!(
            "mutation {{ userRegister(input: {{ accountId: \"{account}\", login: \"{login}_owner\", password: \"{PASSWORD}\", role: OWNER }}) \
             {{ userErrors {{ code }} }} }}"
        );
        stage.done(&reseller.owner, &register).await;
        owners.push(stage.sign_in(&format!("{login}_owner"), PASSWORD).await);
    }
    let read = |account: &str| format!("{{ account(accountId: \"{account}\") {{ name }} }}");
    assert_eq!(stage.done(&owners[0], &read(&first)).await["account"]["name"], "One");
    for hidden in [&second, &reseller.account] {
        assert_eq!(code(&stage.ask(&owners[0], &read(hidden)).await), "NOT_FOUND");
    }
    let seen = stage.done(&owners[0], "{ accounts { nodes { name } } }").await;
    assert_eq!(seen["accounts"]["nodes"], json!([{ "name": "One" }]));
    // What the reseller does there is told there, as done on the customer's behalf.
    let order = format!(
        "mutation {{ serviceOrder(input: {{ accountId: \"{first}\", planId: \"{}\", planVersion: 1 }}) \
         {{ service {{ id }} userErrors {{ code }} }} }}",
        hosting::plan::plan_id("custom")
    );
    let service = text(&stage.done(&reseller.owner, &order).await["serviceOrder"]["service"]["id"]);
    let at = format!("accountId: \"{first}\", serviceId: \"{service}\"");
    for step in ["serviceActivate", "serviceRestrict", "serviceResume"] {
        stage
            .done(&reseller.owner, &format!("mutation {{ {step}({at}) {{ userErrors {{ code }} }} }}"))
            .await;
    }
    let own = format!("mutation {{ serviceResume({at}) {{ userErrors {{ code }} }} }}");
    assert_eq!(code(&stage.ask(&owners[0], &own).await), "FORBIDDEN");
    let told = stage
        .done(
            &owners[0],
            &format!("{{ history(id: \"{service}\", first: 1) {{ nodes {{ kind actorId onBehalfOf }} }} }}"),
        )
        .await;
    let entry = &told["history"]["nodes"][0];
    assert_eq!((&entry["actorId"], &entry["onBehalfOf"]), (&json!(reseller.user), &json!(first)));
}

const RESOURCES: &str = "services: 1, domains: 5, mailboxes: 30, storageBytes: 549755813888";

async fn made_reseller(stage: &Stage, operator: &str, account: &str) {
    let set = format!(
        "mutation {{ accountResellerSet(accountId: \"{account}\", subAccountCountMax: 5) {{ userErrors {{ code }} }} \
         poolSet(accountId: \"{account}\", resources: {{ services: 1, domains: 9, mailboxes: 40, \
         storageBytes: 1099511627776 }}) {{ pool {{ free {{ mailboxes }} }} userErrors {{ code }} }} }}"
    );
    stage.done(operator, &set).await;
}

fn allocate(customer: &str, resources: &str) -> String {
    format!(
        "mutation {{ poolAllocate(customerId: \"{customer}\", resources: {{ {resources} }}) {{ \
         pool {{ free {{ mailboxes services }} }} userErrors {{ code field message limits {{ name allowed used }} }} }} }}"
    )
}

fn order(account: &str) -> String {
    let plan = hosting::plan::plan_id("pro");
    format!(
        "mutation {{ serviceOrder(input: {{ accountId: \"{account}\", planId: \"{plan}\", planVersion: 1 }}) \
         {{ service {{ id recurringCents }} userErrors {{ code limits {{ allowed used }} }} }} }}"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_is_handed_on_and_what_is_beyond_it_is_refused_by_name() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let reseller = stage.customer(&operator, ("acme", "pro")).await;
    let set =
        format!("mutation {{ poolSet(accountId: \"{}\") {{ userErrors {{ code }} }} }}", reseller.account);
    assert_eq!(code(&stage.ask(&reseller.owner, &set).await), "FORBIDDEN");
    made_reseller(&stage, &operator, &reseller.account).await;
    let (one, two) =
        (opened(&stage, &reseller.owner, "One").await, opened(&stage, &reseller.owner, "Two").await);
    let refused = stage.ask(&reseller.owner, &order(&one)).await;
    assert_eq!(refused["data"]["serviceOrder"]["userErrors"][0]["code"], "POOL_SERVICE_LIMIT_REACHED");
    let given = stage.done(&reseller.owner, &allocate(&one, RESOURCES)).await;
    assert_eq!(given["poolAllocate"]["pool"]["free"], json!({ "mailboxes": 10, "services": 0 }));
    stage.done(&reseller.owner, &order(&one)).await;
    let beyond = stage
        .ask(&reseller.owner, &allocate(&two, "services: 0, domains: 0, mailboxes: 11, storageBytes: 0"))
        .await;
    let error = &beyond["data"]["poolAllocate"]["userErrors"][0];
    assert_eq!(
        (&error["code"], &error["field"]),
        (&json!("POOL_MAILBOX_LIMIT_REACHED"), &json!("mailboxes"))
    );
    assert_eq!(error["limits"], json!([{ "name": "mailboxes", "allowed": 40, "used": 30 }]));
    let pool = stage
        .done(
            &reseller.owner,
            &format!("{{ pool(accountId: \"{one}\") {{ total {{ services }} used {{ mailboxes }} }} }}"),
        )
        .await;
    assert_eq!(pool["pool"], json!({ "total": { "services": 1 }, "used": { "mailboxes": 25 } }));
    let shares = stage.done(&reseller.owner, "{ poolShares { nodes { id allocated { mailboxes } } } }").await;
    assert_eq!(shares["poolShares"]["nodes"].as_array().expect("shares").len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_orders_at_the_same_moment_only_as_many_get_through_as_the_pool_holds() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let reseller = stage.customer(&operator, ("acme", "pro")).await;
    made_reseller(&stage, &operator, &reseller.account).await;
    let customer = opened(&stage, &reseller.owner, "One").await;
    stage.done(&reseller.owner, &allocate(&customer, RESOURCES)).await;
    let query = order(&customer);
    let answers = futures_util::future::join_all((0..8).map(|_| stage.ask(&reseller.owner, &query))).await;
    let done = answers.iter().filter(|answer| !answer["data"]["serviceOrder"]["service"].is_null());
    assert_eq!(done.count(), 1, "{answers:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sandbox_is_marked_and_costs_nothing_and_the_payer_orders() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let reseller = stage.customer(&operator, ("acme", "pro")).await;
    let set = format!(
        "mutation {{ accountResellerSet(accountId: \"{}\", subAccountCountMax: 5) {{ userErrors {{ code }} }} }}",
        reseller.account
    );
    stage.done(&operator, &set).await;
    let opened = stage
        .done(
            &reseller.owner,
            "mutation { subAccountOpen(name: \"Try\", isSandbox: true) { account { id isSandbox billingMode } \
             userErrors { code } } }",
        )
        .await;
    let account = &opened["subAccountOpen"]["account"];
    assert_eq!((&account["isSandbox"], &account["billingMode"]), (&json!(true), &json!("DIRECT")));
    let id = text(&account["id"]);
    let ordered = stage.done(&reseller.owner, &order(&id)).await;
    assert_eq!(ordered["serviceOrder"]["service"]["recurringCents"], 0);
    let mode = format!(
        "mutation {{ accountBillingModeSet(accountId: \"{id}\", mode: RESELLER) {{ account {{ billingMode }} \
         userErrors {{ code }} }} \
         userRegister(input: {{ accountId: \"{id}\", login: \"try_owner\", password: \"{PASSWORD}\", role: OWNER }}) \
         {{ userErrors {{ code }} }} }}"
    );
    let set = stage.done(&reseller.owner, &mode).await;
    assert_eq!(set["accountBillingModeSet"]["account"]["billingMode"], "RESELLER");
    let owner = stage.sign_in("try_owner", PASSWORD).await;
    assert_eq!(code(&stage.ask(&owner, &order(&id)).await), "FORBIDDEN");
    stage.done(&reseller.owner, &order(&id)).await;
}
