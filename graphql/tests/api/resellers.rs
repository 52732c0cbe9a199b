//! A reseller with customers, and what each of them sees.

use kernel::AccountId;
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
    // Of whom they buy is told to them, and nothing else of that account.
    let above = stage.done(&owners[0], "{ account { parentName parentId } }").await["account"].clone();
    assert_eq!(above, json!({ "parentName": "acme", "parentId": reseller.account }));
    let listed = "{ accounts { nodes { name parentName } } }";
    assert_eq!(
        stage.done(&owners[0], listed).await["accounts"]["nodes"],
        json!([{ "name": "One", "parentName": "acme" }])
    );
    let own = stage.done(&reseller.owner, "{ account { parentName } }").await;
    assert_eq!(own["account"]["parentName"], Value::Null, "it buys of the platform");
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

/// Two resellers, `acme` and `globex`; acme has the customer `One` with a ProBox and an owner.
async fn two_resellers(stage: &Stage) -> (crate::stage::Customer, crate::stage::Customer, String) {
    let operator = stage.operator().await;
    let (acme, globex) = (
        stage.customer(&operator, ("acme", "pro")).await,
        stage.customer(&operator, ("globex", "pro")).await,
    );
    for reseller in [&acme, &globex] {
        made_reseller(stage, &operator, &reseller.account).await;
    }
    let one = opened(stage, &acme.owner, "One").await;
    stage.done(&acme.owner, &allocate(&one, RESOURCES)).await;
    stage.done(&acme.owner, &order(&one)).await;
    (acme, globex, one)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_changes_hands_when_both_agree_and_the_one_before_sees_nothing_more() {
    let stage = Stage::open().await;
    let (acme, globex, one) = two_resellers(&stage).await;
    let read = format!("{{ account(accountId: \"{one}\") {{ name parentId }} }}");
    let accept = format!(
        "mutation {{ accountTransferAccept(customerId: \"{one}\") {{ pool {{ used {{ mailboxes }} }} \
         userErrors {{ code }} }} }}"
    );
    let early = stage.ask(&globex.owner, &accept).await;
    assert_eq!(early["data"]["accountTransferAccept"]["userErrors"][0]["code"], "TRANSFER_NOT_OFFERED");
    let offer = format!(
        "mutation {{ accountTransferOffer(accountId: \"{one}\", toAccountId: \"{}\") {{ userErrors {{ code }} }} }}",
        globex.account
    );
    assert_eq!(code(&stage.ask(&globex.owner, &offer).await), "NOT_FOUND", "it is not theirs to offer");
    stage.done(&acme.owner, &offer).await;
    let offers = "{ accountTransfers { nodes { id name state resources { mailboxes } } } }";
    let shown = stage.done(&globex.owner, offers).await;
    let expected =
        json!([{ "id": one, "name": "One", "state": "OFFERED", "resources": { "mailboxes": 25 } }]);
    assert_eq!(shown["accountTransfers"]["nodes"], expected);
    for hidden in [read.as_str(), &format!("{{ services(accountId: \"{one}\") {{ nodes {{ id }} }} }}")] {
        assert_eq!(code(&stage.ask(&globex.owner, hidden).await), "NOT_FOUND", "offered is not given");
    }
    let accepted = stage.done(&globex.owner, &accept).await;
    assert_eq!(accepted["accountTransferAccept"]["pool"]["used"]["mailboxes"], 25);
    assert_eq!(code(&stage.ask(&acme.owner, &read).await), "NOT_FOUND");
    let seen = stage.done(&globex.owner, &read).await;
    assert_eq!(seen["account"], json!({ "name": "One", "parentId": globex.account }));
    let freed = stage.done(&acme.owner, "{ pool { used { mailboxes } } }").await;
    assert_eq!(freed["pool"]["used"]["mailboxes"], 0);
    assert_eq!(stage.done(&globex.owner, offers).await["accountTransfers"]["nodes"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_is_given_back_to_the_platform_and_an_operator_takes_it() {
    let stage = Stage::open().await;
    let (acme, globex, one) = two_resellers(&stage).await;
    let operator = stage.sign_in("operator", PASSWORD).await;
    let read = format!("{{ account(accountId: \"{one}\") {{ name parentId billingMode }} }}");
    let offer =
        format!("mutation {{ accountTransferOffer(accountId: \"{one}\") {{ userErrors {{ code }} }} }}");
    let accept = |whose: &str| {
        format!(
            "mutation {{ accountTransferAccept({whose}customerId: \"{one}\") {{ pool {{ total {{ mailboxes }} }} \
             userErrors {{ code }} }} }}"
        )
    };
    assert_eq!(code(&stage.ask(&globex.owner, &offer).await), "NOT_FOUND", "it is not theirs to offer");
    stage.done(&acme.owner, &offer).await;
    let offers = "{ accountTransfers { nodes { id name state resources { mailboxes } } } }";
    let expected =
        json!([{ "id": one, "name": "One", "state": "OFFERED", "resources": { "mailboxes": 25 } }]);
    assert_eq!(stage.done(&operator, offers).await["accountTransfers"]["nodes"], expected);
    // Nobody but the platform's own people answers for it.
    let platform = format!("accountId: \"{}\", ", AccountId::PLATFORM);
    for somebody in [&acme.owner, &globex.owner] {
        assert_eq!(code(&stage.ask(somebody, &accept(&platform)).await), "NOT_FOUND");
    }
    // Declined once, then offered again and taken.
    let decline =
        format!("mutation {{ accountTransferDecline(customerId: \"{one}\") {{ userErrors {{ code }} }} }}");
    stage.done(&operator, &decline).await;
    let early = stage.ask(&operator, &accept("")).await;
    assert_eq!(early["data"]["accountTransferAccept"]["userErrors"][0]["code"], "TRANSFER_NOT_OFFERED");
    // What was declined is over for the customer as well once the policy of the platform has told it; here nobody runs it.
    let withdraw =
        format!("mutation {{ accountTransferWithdraw(accountId: \"{one}\") {{ userErrors {{ code }} }} }}");
    stage.done(&acme.owner, &withdraw).await;
    stage.done(&acme.owner, &offer).await;
    stage.done(&operator, &accept("")).await;
    assert_eq!(
        code(&stage.ask(&acme.owner, &read).await),
        "NOT_FOUND",
        "its reseller sees nothing more of it"
    );
    let seen = stage.done(&operator, &read).await;
    assert_eq!(seen["account"], json!({ "name": "One", "parentId": null, "billingMode": null }));
    let freed = stage.done(&acme.owner, "{ pool { used { mailboxes } } }").await;
    assert_eq!(freed["pool"]["used"]["mailboxes"], 0);
    assert_eq!(stage.done(&operator, offers).await["accountTransfers"]["nodes"], json!([]));
    // The same again changes nothing, and it is nobody's to offer any more.
    let again = stage.ask(&operator, &offer).await;
    assert_eq!(again["data"]["accountTransferOffer"]["userErrors"][0]["code"], "TRANSFER_OF_OWN");
    // It buys from the platform.
    let pool = format!("{{ pool(accountId: \"{one}\") {{ total {{ mailboxes }} used {{ mailboxes }} }} }}");
    let pool = stage.done(&operator, &pool).await;
    assert_eq!(pool["pool"], json!({ "total": null, "used": { "mailboxes": 0 } }));
    stage.done(&operator, &order(&one)).await;
    // What led there is told by what was asked for.
    let history = format!(
        "{{ history(accountId: \"{one}\", id: \"{one}\", first: 1) {{ nodes {{ kind command actor }} }} }}"
    );
    assert_eq!(
        stage.done(&operator, &history).await["history"]["nodes"][0],
        json!({ "kind": "account.service_added", "command": "serviceOrder", "actor": "USER" })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_brand_is_checked_shown_to_customers_and_found_by_its_host() {
    let stage = Stage::open().await;
    let (acme, _, one) = two_resellers(&stage).await;
    let set = |input: &str| {
        format!(
            "mutation {{ brandSet(brand: {{ name: \"Acme Mail\", {input} }}) {{ brand {{ name logoPath }} \
             userErrors {{ code field }} }} }}"
        )
    };
    let host = |name: &str| format!("hosts: [{{ name: \"{name}\", domainId: \"{}\" }}]", acme.domain);
    for (input, refusal) in [
        ("accent: \"red\"".to_owned(), "COLOUR_MALFORMED"),
        ("accent: \"#ffff00\"".to_owned(), "COLOUR_CONTRAST"),
        ("accent: \"#000000\", logoBase64: \"PHN2Zy8+\"".to_owned(), "LOGO_MALFORMED"),
        (format!("accent: \"#000000\", {}", host("panel.globex.example")), "BRAND_HOST_DOMAIN"),
        (format!("accent: \"#000000\", {}", host("mta-sts.acme.example")), "BRAND_HOST_RESERVED"),
        (format!("accent: \"#000000\", {}", host("not a host")), "MALFORMED"),
    ] {
        let answer = stage.ask(&acme.owner, &set(&input)).await;
        assert_eq!(answer["data"]["brandSet"]["userErrors"][0]["code"], refusal, "{input}: {answer:#}");
    }
    // The smallest picture there is: one pixel.
    let logo =
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
    let good = format!(
        "accent: \"#2f5d50\", logoBase64: \"{logo}\", language: \"fr\", {}",
        host("panel.acme.example")
    );
    let done = stage.done(&acme.owner, &set(&good)).await;
    let path = text(&done["brandSet"]["brand"]["logoPath"]);
    let seen = stage
        .done(&acme.owner, &format!("{{ brand(accountId: \"{one}\") {{ name accent onAccent language }} }}"))
        .await;
    let expected =
        json!({ "name": "Acme Mail", "accent": "#2f5d50", "onAccent": "#ffffff", "language": "fr" });
    assert_eq!(seen["brand"], expected);
    let dress = stage.api.dress("panel.acme.example").expect("a dress");
    assert_eq!((dress.name.as_str(), dress.language), ("Acme Mail", Some(graphql::Language::French)));
    assert_eq!(stage.api.dress("panel.globex.example"), None);
    let name = path.strip_prefix("/brand/").expect("a path");
    assert!(stage.api.logo(name).await.is_some_and(|octets| octets.starts_with(b"\x89PNG")));
    stage.done(&acme.owner, "mutation { brandSet { userErrors { code } } }").await;
    assert_eq!(stage.api.logo(name).await, None, "nobody's logo is not served");
    assert_eq!(stage.api.dress("panel.acme.example"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bulk_does_each_row_once_and_tells_each_result() {
    let stage = Stage::open().await;
    let (acme, globex, one) = two_resellers(&stage).await;
    let listed =
        stage.done(&acme.owner, &format!("{{ services(accountId: \"{one}\") {{ nodes {{ id }} }} }}")).await;
    let service = text(&listed["services"]["nodes"][0]["id"]);
    let at = format!("accountId: \"{one}\", serviceId: \"{service}\"");
    let place = format!("serviceId: \"{}\", domainId: \"{}\"", acme.service, acme.domain);
    let bulk = format!(
        "mutation {{ bulk(commandId: \"0192f0aa-0000-7000-8000-000000000077\", rows: [ \
         {{ key: \"a\", action: {{ openAccount: {{ name: \"Two\" }} }} }}, \
         {{ key: \"b\", action: {{ activate: {{ {at} }} }} }}, \
         {{ key: \"c\", action: {{ suspend: {{ {at}, reason: NON_PAYMENT }} }} }}, \
         {{ key: \"d\", action: {{ resume: {{ {at} }} }} }}, \
         {{ key: \"e\", action: {{ suspend: {{ accountId: \"{}\", serviceId: \"{}\", reason: ABUSE }} }} }}, \
         {{ key: \"f\", action: {{ createMailboxes: {{ place: {{ {place} }}, mailboxes: [ \
            {{ localPart: \"x\", quotaBytes: 1073741824 }}, {{ localPart: \"y\", quotaBytes: 1073741824 }} ] }} }} }}, \
         {{ key: \"g\", action: {{ createMailboxes: {{ place: {{ {place} }}, mailboxes: [ \
            {{ localPart: \"x\", quotaBytes: 1073741824 }} ] }} }} }} ]) \
         {{ doneCount refusedCount rows {{ key outcome accountId mailboxIds userErrors {{ code }} }} }} }}",
        globex.account, globex.service
    );
    let first = stage.done(&acme.owner, &bulk).await["bulk"].clone();
    let outcome = |answer: &Value, row: usize| text(&answer["rows"][row]["outcome"]);
    for row in [0, 1, 2, 3, 5] {
        assert_eq!(outcome(&first, row), "DONE", "{first:#}");
    }
    assert_eq!(first["rows"][4]["userErrors"][0]["code"], "NOT_FOUND", "another reseller's customer");
    assert_eq!(first["rows"][6]["userErrors"][0]["code"], "ADDRESS_TAKEN");
    assert_eq!((&first["doneCount"], &first["refusedCount"]), (&json!(5), &json!(2)));
    assert_eq!(first["rows"][5]["mailboxIds"].as_array().expect("ids").len(), 2);
    let again = stage.done(&acme.owner, &bulk).await["bulk"].clone();
    for row in [0, 1, 2, 3, 5] {
        assert_eq!(outcome(&again, row), "REPEATED", "{again:#}");
    }
    assert_eq!(again["rows"][0]["accountId"], first["rows"][0]["accountId"]);
    for rows in [
        "".to_owned(),
        "{ key: \"a\", action: { openAccount: { name: \"x\" } } }, ".repeat(2),
        (0..101)
            .map(|row| format!("{{ key: \"{row}\", action: {{ openAccount: {{ name: \"x\" }} }} }}, "))
            .collect(),
    ] {
        let answer =
            stage.ask(&acme.owner, &format!("mutation {{ bulk(rows: [{rows}]) {{ doneCount }} }}")).await;
        assert_eq!(code(&answer), "BAD_INPUT", "{answer:#}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_a_bulk_go_on_from_earlier_ones_and_wait_for_those_that_are_not_done() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let acme = stage.customer(&operator, ("acme", "pro")).await;
    let globex = stage.customer(&operator, ("globex", "pro")).await;
    for reseller in [&acme, &globex] {
        let set = format!(
            "mutation {{ accountResellerSet(accountId: \"{}\", subAccountCountMax: 5) {{ userErrors {{ code }} }} }}",
            reseller.account
        );
        stage.done(&operator, &set).await;
    }
    let plan = hosting::plan::plan_id("pro").to_string();
    let bulk = |mailbox: &str| {
        format!(
            "mutation {{ bulk(commandId: \"0192f0aa-0000-7000-8000-000000000078\", rows: [ \
             {{ key: \"customer\", action: {{ openAccount: {{ name: \"Three\" }} }} }}, \
             {{ key: \"box\", rowRef: \"customer\", action: {{ order: {{ planId: \"{plan}\", planVersion: 1 }} }} }}, \
             {{ key: \"active\", rowRef: \"box\", action: {{ activate: {{}} }} }}, \
             {{ key: \"domain\", rowRef: \"active\", action: {{ addDomain: {{ name: \"three.example\" }} }} }}, \
             {{ key: \"proof\", rowRef: \"domain\", action: {{ verifyDomain: {{}} }} }}, \
             {{ key: \"people\", rowRef: \"proof\", action: {{ createMailboxes: {{ mailboxes: [ \
                {{ localPart: \"{mailbox}\", quotaBytes: 1073741824 }} ] }} }} }} ]) \
             {{ doneCount refusedCount rows {{ key outcome accountId serviceId domainId challenge {{ name value }} mailboxIds \
             userErrors {{ code field }} }} }} }}"
        )
    };
    let first = stage.done(&acme.owner, &bulk("x")).await["bulk"].clone();
    let outcomes = |answer: &Value| -> Vec<String> {
        answer["rows"].as_array().expect("rows").iter().map(|row| text(&row["outcome"])).collect()
    };
    assert_eq!(outcomes(&first), ["DONE", "DONE", "DONE", "DONE", "REFUSED", "REFUSED"], "{first:#}");
    assert_eq!(
        first["rows"][5]["userErrors"],
        json!([{ "code": "BULK_ROW_REF_NOT_DONE", "field": "rowRef" }]),
        "{first:#}"
    );
    let challenge = &first["rows"][3]["challenge"];
    let name = text(&challenge["name"]).trim_end_matches('.').to_owned();
    stage.world.txt.lock().insert(name, vec![text(&challenge["value"])]);
    let second = stage.done(&acme.owner, &bulk("x")).await["bulk"].clone();
    assert_eq!(
        outcomes(&second),
        ["REPEATED", "REPEATED", "REPEATED", "REPEATED", "DONE", "DONE"],
        "{second:#}"
    );
    assert_eq!(second["rows"][5]["mailboxIds"].as_array().map(Vec::len), Some(1));
    // Of a limited pool something is handed on before anything is ordered.
    let operator_sets = format!(
        "mutation {{ poolSet(accountId: \"{}\", resources: {{ {RESOURCES} }}) {{ userErrors {{ code }} }} }}",
        globex.account
    );
    stage.done(&operator, &operator_sets).await;
    let handed = format!(
        "mutation {{ bulk(rows: [ \
         {{ key: \"a\", action: {{ openAccount: {{ name: \"Five\" }} }} }}, \
         {{ key: \"b\", rowRef: \"a\", action: {{ allocatePool: {{ resources: {{ {RESOURCES} }} }} }} }}, \
         {{ key: \"c\", rowRef: \"b\", action: {{ order: {{ planId: \"{plan}\", planVersion: 1 }} }} }} ]) \
         {{ refusedCount rows {{ outcome userErrors {{ code }} }} }} }}"
    );
    let handed = stage.done(&globex.owner, &handed).await["bulk"].clone();
    assert_eq!(handed["refusedCount"], 0, "{handed:#}");
    // Nobody works below another reseller by referring to a row.
    let customer = text(&second["rows"][0]["accountId"]);
    let foreign = format!(
        "mutation {{ bulk(rows: [ \
         {{ key: \"a\", action: {{ openAccount: {{ name: \"Four\" }} }} }}, \
         {{ key: \"b\", rowRef: \"a\", action: {{ order: {{ accountId: \"{customer}\", planId: \"{plan}\", planVersion: 1 }} }} }} ]) \
         {{ rows {{ outcome userErrors {{ code }} }} }} }}"
    );
    let foreign = stage.done(&globex.owner, &foreign).await["bulk"].clone();
    assert_eq!(foreign["rows"][1]["userErrors"][0]["code"], "NOT_FOUND", "{foreign:#}");
    for rows in [
        "{ key: \"a\", rowRef: \"a\", action: { openAccount: { name: \"x\" } } }",
        "{ key: \"a\", rowRef: \"b\", action: { openAccount: { name: \"x\" } } }, \
         { key: \"b\", action: { openAccount: { name: \"y\" } } }",
    ] {
        let answer =
            stage.ask(&acme.owner, &format!("mutation {{ bulk(rows: [{rows}]) {{ doneCount }} }}")).await;
        assert_eq!(code(&answer), "BAD_INPUT", "{answer:#}");
    }
    let nameless = "mutation { bulk(rows: [{ key: \"a\", action: { activate: {} } }]) { rows { userErrors { code } } } }";
    let nameless = stage.done(&acme.owner, nameless).await;
    assert_eq!(nameless["bulk"]["rows"][0]["userErrors"][0]["code"], "BAD_INPUT");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_whom_customers_buy_is_asked_once_for_a_whole_list() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let reseller = stage.customer(&operator, ("acme", "custom")).await;
    let set = format!(
        "mutation {{ accountResellerSet(accountId: \"{}\", subAccountCountMax: 9) {{ userErrors {{ code }} }} }}",
        reseller.account
    );
    stage.done(&operator, &set).await;
    for number in 0..8 {
        opened(&stage, &reseller.owner, &format!("Customer {number}")).await;
    }
    let mut costs = Vec::new();
    for first in [1, 8] {
        let query = format!(
            "{{ accounts(parentId: \"{}\", first: {first}) {{ nodes {{ name parentName }} }} }}",
            reseller.account
        );
        // Projections ask meanwhile, now and then: the least is what the page itself asks.
        let mut least = u64::MAX;
        for _ in 0..6 {
            let before = stage.control.question_count();
            let shown = stage.done(&reseller.owner, &query).await["accounts"]["nodes"].clone();
            least = least.min(stage.control.question_count() - before);
            let nodes = shown.as_array().expect("nodes");
            assert!(
                nodes.len() == first && nodes.iter().all(|node| node["parentName"] == "acme"),
                "{shown:#}"
            );
        }
        costs.push(least);
    }
    assert_eq!(costs[0], costs[1]);
}
