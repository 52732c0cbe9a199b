//! From an empty platform to a working customer.

use serde_json::json;

use crate::stage::{PASSWORD, Stage, code};

const GIB: u64 = 1 << 30;

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_brings_a_customer_into_service() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "solo")).await;
    let alice = stage.mailbox(&customer, "alice").await;
    crate::trace::queue(&stage, &customer, &alice, "friend@else.example").await;

    let shown = stage
        .done(&customer.owner, &format!(
            "{{ account {{ name status }} mailbox(mailboxId: \"{alice}\") {{ address quotaBytes status hasPassword \
             usage {{ bytes messages }} }} services {{ nodes {{ entitlement limits {{ mailboxes }} used {{ domains \
             mailboxes bytes }} }} }} queuedMessages {{ state recipients }} }}"
        ))
        .await;
    assert_eq!(shown["account"], json!({ "name": "acme", "status": "OPEN" }));
    assert_eq!(shown["mailbox"]["address"], "alice@acme.example");
    assert_eq!(shown["mailbox"]["usage"], json!({ "bytes": 4096, "messages": 3 }));
    assert_eq!(shown["services"]["nodes"][0]["used"], json!({ "domains": 1, "mailboxes": 1, "bytes": GIB }));
    assert_eq!(shown["queuedMessages"], json!([{ "state": "QUEUED", "recipients": 1 }]));

    let alias = stage
        .done(&customer.owner, &format!(
            "mutation {{ aliasCreate(input: {{ serviceId: \"{}\", domainId: \"{}\", localPart: \"sales\", \
             targets: [\"alice@acme.example\"] }}) {{ alias {{ id address targets }} userErrors {{ code message }} }} }}",
            customer.service, customer.domain
        ))
        .await;
    assert_eq!(alias["aliasCreate"]["alias"]["address"], "sales@acme.example");
    let id = alias["aliasCreate"]["alias"]["id"].as_str().expect("an id");
    stage.done(&customer.owner, &format!("mutation {{ aliasTargetsChange(aliasId: \"{id}\", targets: [\"alice@acme.example\", \"x@elsewhere.example\"]) {{ alias {{ targets }} userErrors {{ code }} }} }}")).await;
    stage
        .done(
            &customer.owner,
            &format!("mutation {{ aliasDelete(aliasId: \"{id}\") {{ aliasId userErrors {{ code }} }} }}"),
        )
        .await;
    for change in [
        format!("mailboxQuotaChange(mailboxId: \"{alice}\", quotaBytes: {})", 2 * GIB),
        format!("mailboxDisplayNameChange(mailboxId: \"{alice}\", displayName: \"Alice A.\")"),
        format!("mailboxPasswordSet(mailboxId: \"{alice}\", password: \"another {PASSWORD}\")"),
        format!("mailboxDisable(mailboxId: \"{alice}\")"),
        format!("mailboxEnable(mailboxId: \"{alice}\")"),
    ] {
        stage
            .done(
                &customer.owner,
                &format!("mutation {{ {change} {{ mailbox {{ id }} userErrors {{ code message }} }} }}"),
            )
            .await;
    }
    let deleted = stage
        .done(&customer.owner, &format!("mutation {{ mailboxDelete(mailboxId: \"{alice}\") {{ mailbox {{ status displayName quotaBytes purgeAfter }} position userErrors {{ code }} }} }}"))
        .await;
    let mailbox = &deleted["mailboxDelete"]["mailbox"];
    assert_eq!((&mailbox["status"], &mailbox["displayName"]), (&json!("DELETED"), &json!("Alice A.")));
    assert_eq!(mailbox["quotaBytes"], json!(2 * GIB));
    assert!(mailbox["purgeAfter"].is_string());
    let left = stage
        .done(
            &customer.owner,
            &format!(
                "{{ mailboxes {{ nodes {{ id }} }} services(atLeast: {}) {{ nodes {{ used {{ mailboxes bytes }} }} }} }}",
                deleted["mailboxDelete"]["position"]
            ),
        )
        .await;
    assert_eq!(left["mailboxes"]["nodes"], json!([]));
    assert_eq!(left["services"]["nodes"][0]["used"], json!({ "mailboxes": 0, "bytes": 0 }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_domain_is_proved_by_its_txt_record() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "custom")).await;
    let added = stage
        .done(&customer.owner, &format!(
            "mutation {{ domainAdd(input: {{ serviceId: \"{}\", name: \"Bücher.example\" }}) {{ domain {{ id name \
             unicodeName status challenge {{ name value }} }} userErrors {{ code message }} }} }}",
            customer.service
        ))
        .await;
    let domain = &added["domainAdd"]["domain"];
    assert_eq!(domain["name"], "xn--bcher-kva.example");
    assert_eq!((&domain["unicodeName"], &domain["status"]), (&json!("bücher.example"), &json!("PENDING")));
    let verify = format!(
        "mutation {{ domainVerify(domainId: {}) {{ domain {{ status }} userErrors {{ code field }} }} }}",
        domain["id"]
    );
    let refused = stage.ask(&customer.owner, &verify).await;
    assert_eq!(refused["data"]["domainVerify"]["userErrors"][0]["code"], "DOMAIN_PROOF_MISSING");
    let text = |value: &serde_json::Value| value.as_str().expect("text").to_owned();
    stage
        .world
        .txt
        .lock()
        .insert(text(&domain["challenge"]["name"]), vec![text(&domain["challenge"]["value"])]);
    let verified = stage.done(&customer.owner, &verify).await;
    assert_eq!(verified["domainVerify"]["domain"]["status"], "VERIFIED");
    // The operator's word is the operator's alone.
    let asserted = stage
        .ask(
            &customer.owner,
            &format!(
                "mutation {{ domainAssert(accountId: \"{}\", domainId: {}) {{ position }} }}",
                customer.account, domain["id"]
            ),
        )
        .await;
    assert_eq!(code(&asserted), "FORBIDDEN");
    stage.done(&customer.owner, &format!("mutation {{ domainRemove(domainId: {}) {{ domain {{ status purgeAfter }} userErrors {{ code }} }} }}", domain["id"])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_plan_refuses_one_more_mailbox_in_the_language_of_the_caller() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "solo")).await;
    stage.mailbox(&customer, "alice").await;
    stage.mailbox(&customer, "bob").await;
    let create = format!(
        "mutation {{ mailboxCreate(place: {{ serviceId: \"{}\", domainId: \"{}\" }}, mailbox: {{ localPart: \"carol\", \
         quotaBytes: 1 }}) {{ mailbox {{ id }} position userErrors {{ code field message limits {{ name allowed used }} }} }} }}",
        customer.service, customer.domain
    );
    let english = stage.ask(&customer.owner, &create).await;
    let payload = &english["data"]["mailboxCreate"];
    assert_eq!((&payload["mailbox"], &payload["position"]), (&json!(null), &json!(null)), "{english:#}");
    let error = &payload["userErrors"][0];
    assert_eq!(error["code"], "MAILBOX_LIMIT_REACHED");
    assert_eq!(error["limits"][0], json!({ "name": "mailboxes", "allowed": 2, "used": 2 }));
    assert!(error["message"].as_str().expect("text").contains("mailboxes"));
    let french = stage.ask_in(graphql::Language::French, &customer.owner, &create, json!({})).await;
    assert!(
        french["data"]["mailboxCreate"]["userErrors"][0]["message"]
            .as_str()
            .expect("text")
            .contains("boîtes mail")
    );
    let malformed = stage
        .ask(&customer.owner, &format!(
            "mutation {{ mailboxesCreate(place: {{ serviceId: \"{}\", domainId: \"{}\" }}, mailboxes: [{{ localPart: \"ok\", \
             quotaBytes: 1 }}, {{ localPart: \"a..b\", quotaBytes: 1, password: \"short\" }}]) {{ mailboxIds userErrors {{ code field }} }} }}",
            customer.service, customer.domain
        ))
        .await;
    assert_eq!(
        malformed["data"]["mailboxesCreate"],
        json!({ "mailboxIds": [], "userErrors": [
            { "code": "MALFORMED", "field": "mailboxes.1.localPart" },
            { "code": "MALFORMED", "field": "mailboxes.1.password" },
        ] })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_command_twice_makes_one_thing() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "solo")).await;
    let create = format!(
        "mutation {{ mailboxCreate(place: {{ serviceId: \"{}\", domainId: \"{}\" }}, mailbox: {{ localPart: \"alice\", \
         quotaBytes: 1024, password: \"{PASSWORD}\" }}, commandId: \"6d1f2a44-3f0f-4a44-9c52-0f8b5f7a1c01\") \
         {{ mailbox {{ id }} position userErrors {{ code }} }} }}",
        customer.service, customer.domain
    );
    let first = stage.done(&customer.owner, &create).await;
    let second = stage.done(&customer.owner, &create).await;
    assert_eq!(first, second);
    let all = stage.done(&customer.owner, "{ mailboxes { nodes { id } } }").await;
    assert_eq!(all["mailboxes"]["nodes"].as_array().map(Vec::len), Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_hold_every_mailbox_once() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "pro")).await;
    let names: Vec<String> =
        (0..25).map(|number| format!("{{ localPart: \"m{number}\", quotaBytes: 1024 }}")).collect();
    let created = stage
        .done(&customer.owner, &format!(
            "mutation {{ mailboxesCreate(place: {{ serviceId: \"{}\", domainId: \"{}\" }}, mailboxes: [{}]) {{ mailboxIds \
             position userErrors {{ code message }} }} }}",
            customer.service, customer.domain, names.join(", ")
        ))
        .await;
    // Read your writes: the position of the mutation is waited for.
    let position = &created["mailboxesCreate"]["position"];
    let (mut found, mut after) = (Vec::new(), json!(null));
    loop {
        let page = stage
            .done(&customer.owner, &format!("{{ mailboxes(first: 10, after: {after}, atLeast: {position}) {{ nodes {{ id }} pageInfo {{ hasNextPage hasPreviousPage endCursor }} }} }}"))
            .await;
        let page = &page["mailboxes"];
        assert_eq!(page["pageInfo"]["hasPreviousPage"], json!(!after.is_null()));
        found.extend(page["nodes"].as_array().expect("nodes").iter().map(|node| node["id"].clone()));
        after = page["pageInfo"]["endCursor"].clone();
        if page["pageInfo"]["hasNextPage"] == json!(false) {
            break;
        }
    }
    assert_eq!(json!(found), created["mailboxesCreate"]["mailboxIds"]);
    for (wrong, expected) in
        [("first: 101", "BAD_INPUT"), ("first: 0", "BAD_INPUT"), ("after: \"x\"", "BAD_INPUT")]
    {
        let answer =
            stage.ask(&customer.owner, &format!("{{ mailboxes({wrong}) {{ nodes {{ id }} }} }}")).await;
        assert_eq!(code(&answer), expected, "{wrong}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_position_that_is_not_reached_is_stale_and_one_of_another_account_is_refused() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "solo")).await;
    let far = |tenant: uuid::Uuid| {
        use base64::Engine as _;
        let mut octets = tenant.as_bytes().to_vec();
        octets.extend_from_slice(&1_000_000u64.to_be_bytes());
        format!("pos_{}", base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(octets))
    };
    let own: kernel::AccountId = customer.account.parse().expect("an id");
    let own = far(kernel::Id::uuid(own));
    let stale = stage
        .ask(&customer.owner, &format!("{{ mailboxes(atLeast: \"{own}\") {{ nodes {{ id }} }} }}"))
        .await;
    assert_eq!(code(&stale), "STALE");
    let foreign = far(uuid::Uuid::max());
    let refused = stage
        .ask(&customer.owner, &format!("{{ mailboxes(atLeast: \"{foreign}\") {{ nodes {{ id }} }} }}"))
        .await;
    assert_eq!(code(&refused), "BAD_INPUT");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_mailboxes_asks_the_store_once_for_what_they_hold_and_once_for_what_they_sent() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "pro")).await;
    for number in 0..20 {
        stage.mailbox(&customer, &format!("m{number}")).await;
    }
    let query = "{ mailboxes(first: 100) { nodes { address usage { bytes messages } sends { scope period recipientsMax used } } } }";
    let before = stage.world.usage_question_count.load(std::sync::atomic::Ordering::Relaxed);
    let mut listed = stage.done(&customer.owner, query).await;
    let mut asked = 1;
    while listed["mailboxes"]["nodes"].as_array().expect("a list").len() < 20 && asked < 100 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        listed = stage.done(&customer.owner, query).await;
        asked += 1;
    }
    assert_eq!(listed["mailboxes"]["nodes"][19]["usage"]["messages"], 3);
    let questions = stage.world.usage_question_count.load(std::sync::atomic::Ordering::Relaxed) - before;
    assert_eq!(listed["mailboxes"]["nodes"][19]["sends"][0]["used"], 40);
    assert_eq!(questions, 2 * asked, "one of each kind for each page");
}
