//! What happened, who did it, and what was before.

use serde_json::json;

use crate::stage::{PASSWORD, Stage, code};

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_tells_its_history_and_what_it_was() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "solo")).await;
    let alice = stage.mailbox(&customer, "alice").await;
    let change = |what: &str| format!("mutation {{ {what} {{ mailbox {{ id }} userErrors {{ code }} }} }}");
    let first = format!("mailboxDisplayNameChange(mailboxId: \"{alice}\", displayName: \"Alice\")");
    stage.done(&customer.owner, &change(&first)).await;
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    let moment = jiff::Timestamp::now();
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    for what in [
        format!("mailboxDisplayNameChange(mailboxId: \"{alice}\", displayName: \"A. Martin\")"),
        format!("mailboxQuotaChange(mailboxId: \"{alice}\", quotaBytes: 5000000)"),
        format!("mailboxSettingsChange(mailboxId: \"{alice}\", settings: {{imap: false, tags: [\"vip\"]}})"),
        format!("mailboxPasswordSet(mailboxId: \"{alice}\", password: \"another {PASSWORD}\")"),
        format!("mailboxDelete(mailboxId: \"{alice}\")"),
    ] {
        stage.done(&customer.owner, &change(&what)).await;
    }
    let query = format!(
        "{{ history(id: \"{alice}\", first: 4) {{ nodes {{ kind actor actorId via onBehalfOf changes {{ field from to \
         }} }} pageInfo {{ hasNextPage endCursor }} }} }}"
    );
    let told = stage.done(&customer.owner, &query).await;
    let nodes = told["history"]["nodes"].as_array().expect("nodes");
    let kinds: Vec<&str> = nodes.iter().map(|node| node["kind"].as_str().expect("a kind")).collect();
    assert_eq!(
        kinds,
        ["mailbox.deleted", "mailbox.password_set", "mailbox.settings_changed", "mailbox.quota_changed"]
    );
    assert_eq!((&nodes[0]["actor"], &nodes[0]["via"]), (&json!("USER"), &json!("SESSION")));
    assert_eq!(nodes[0]["actorId"], json!(customer.user));
    assert_eq!(nodes[1]["changes"], json!([{ "field": "password", "from": "***", "to": "***" }]));
    assert_eq!(
        nodes[2]["changes"],
        json!([
            { "field": "settings.imap", "from": null, "to": "false" },
            { "field": "settings.tags", "from": null, "to": "vip" }
        ])
    );
    assert_eq!(nodes[3]["changes"], json!([{ "field": "bytes", "from": "1073741824", "to": "5000000" }]));
    let after = told["history"]["pageInfo"]["endCursor"].as_str().expect("a cursor");
    let rest = stage.done(&customer.owner, &query.replace("first: 4", &format!("after: \"{after}\""))).await;
    assert_eq!(rest["history"]["nodes"].as_array().expect("nodes").len(), 3);
    assert_eq!(rest["history"]["nodes"][0]["changes"][0]["from"], json!("Alice"));
    assert!(!format!("{told}{rest}").contains("argon2"), "a hash is shown");

    let fields = "displayName status quotaBytes settings { imap revision }";
    let was = stage
        .done(
            &customer.owner,
            &format!("{{ mailbox(mailboxId: \"{alice}\", asOf: \"{moment}\") {{ {fields} }} }}"),
        )
        .await;
    assert_eq!(
        was["mailbox"],
        json!({ "displayName": "Alice", "status": "ACTIVE", "quotaBytes": 1_073_741_824,
                "settings": { "imap": true, "revision": 0 } })
    );
    let before = stage
        .ask(
            &customer.owner,
            &format!("{{ mailbox(mailboxId: \"{alice}\", asOf: \"2020-01-01T00:00:00Z\") {{ status }} }}"),
        )
        .await;
    assert_eq!(code(&before), "NOT_FOUND");
    // The service then had the mailbox, and now has none.
    let was = stage
        .done(&customer.owner, &format!("{{ service(serviceId: \"{}\", asOf: \"{moment}\") {{ entitlement used {{ mailboxes bytes }} }} domain(domainId: \"{}\", asOf: \"{moment}\") {{ status name }} }}", customer.service, customer.domain))
        .await;
    assert_eq!(
        was["service"],
        json!({ "entitlement": "ACTIVE", "used": { "mailboxes": 1, "bytes": 1_073_741_824 } })
    );
    assert_eq!(was["domain"], json!({ "status": "VERIFIED", "name": "acme.example" }));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_feed_is_read_page_by_page_and_by_nobody_else() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "solo")).await;
    let other = stage.customer(&operator, ("other", "solo")).await;
    let alice = stage.mailbox(&customer, "alice").await;
    let (mut after, mut kinds) = (String::new(), Vec::new());
    loop {
        let page = stage
            .done(
                &customer.owner,
                &format!("{{ events(first: 3{after}) {{ nodes {{ kind subjectId }} position hasMore }} }}"),
            )
            .await;
        for node in page["events"]["nodes"].as_array().expect("nodes") {
            kinds.push(node["kind"].as_str().expect("a kind").to_owned());
        }
        after = format!(", after: {}", page["events"]["position"]);
        if page["events"]["hasMore"] == json!(false) {
            break;
        }
    }
    assert_eq!(kinds.first().map(String::as_str), Some("account.opened"));
    assert!(kinds.contains(&"mailbox.created".to_owned()), "{kinds:?}");
    let foreign = stage.ask(&other.owner, &format!("{{ events(first: 3{after}) {{ hasMore }} }}")).await;
    assert_eq!(code(&foreign), "BAD_INPUT", "{foreign:#}");
    for query in [
        format!("{{ events(accountId: \"{}\") {{ hasMore }} }}", customer.account),
        format!("{{ history(accountId: \"{}\", id: \"{alice}\") {{ nodes {{ kind }} }} }}", customer.account),
        format!("{{ history(id: \"{alice}\") {{ nodes {{ kind }} }} }}"),
        format!(
            "{{ mailbox(accountId: \"{}\", mailboxId: \"{alice}\", asOf: \"2090-01-01T00:00:00Z\") {{ status }} }}",
            customer.account
        ),
    ] {
        let hidden = stage.ask(&other.owner, &query).await;
        assert_eq!(code(&hidden), "NOT_FOUND", "{query} {hidden:#}");
    }
    let future =
        format!("{{ mailbox(mailboxId: \"{alice}\", asOf: \"2090-01-01T00:00:00Z\") {{ status }} }}");
    assert_eq!(code(&stage.ask(&customer.owner, &future).await), "BAD_INPUT", "nobody knows what will be");
    let own = stage.sign_in("alice@acme.example", PASSWORD).await;
    let told = stage.done(&own, &format!("{{ history(id: \"{alice}\") {{ nodes {{ kind }} }} }}")).await;
    assert_eq!(told["history"]["nodes"][0]["kind"], "mailbox.created");
    let refused = stage.ask(&own, "{ events { hasMore } }").await;
    assert_eq!(code(&refused), "NOT_FOUND", "{refused:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_history_is_read_page_by_page_from_its_end() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "solo")).await;
    let alice = stage.mailbox(&customer, "alice").await;
    // More than a page looks back, so that the oldest page is read without what stands behind it.
    for number in 0..230 {
        let change = format!(
            "mutation {{ mailboxQuotaChange(mailboxId: \"{alice}\", quotaBytes: {}) {{ userErrors {{ code }} }} }}",
            1_000_000 + number
        );
        stage.done(&customer.owner, &change).await;
    }
    let (mut after, mut seen) = (String::new(), Vec::new());
    loop {
        let query = format!(
            "{{ history(id: \"{alice}\", first: 7{after}) {{ nodes {{ kind changes {{ field from to }} position }} \
             pageInfo {{ hasNextPage endCursor }} }} }}"
        );
        let page = stage.done(&customer.owner, &query).await["history"].clone();
        seen.extend(page["nodes"].as_array().expect("nodes").clone());
        if page["pageInfo"]["hasNextPage"] == json!(false) {
            break;
        }
        after = format!(", after: {}", page["pageInfo"]["endCursor"]);
    }
    assert_eq!(seen.len(), 231, "each event once");
    for (number, entry) in (0..230).rev().zip(&seen) {
        let from = if number == 0 { 1_073_741_824 } else { 999_999 + number };
        assert_eq!(
            entry["changes"],
            json!([{ "field": "bytes", "from": from.to_string(), "to": (1_000_000 + number).to_string() }])
        );
    }
    assert_eq!(seen.last().expect("the first")["kind"], "mailbox.created");
}

#[tokio::test(flavor = "multi_thread")]
async fn tickets_sessions_plans_and_documents_tell_their_history_to_who_may_see_them() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "solo")).await;
    let other = stage.customer(&operator, ("rival", "solo")).await;
    let kinds = async |token: &str, id: &str, more: &str| {
        let answer =
            stage.ask(token, &format!("{{ history(id: \"{id}\"{more}) {{ nodes {{ kind }} }} }}")).await;
        let nodes = answer["data"]["history"]["nodes"].as_array().cloned();
        let kinds = nodes.map(|nodes| {
            nodes.iter().map(|node| node["kind"].as_str().expect("a kind").to_owned()).collect::<Vec<_>>()
        });
        kinds.ok_or_else(|| code(&answer).to_owned())
    };
    // A ticket: what the support says to itself is not even counted for the customer.
    let open = "mutation { ticketOpen(input: { kind: TECHNICAL, subject: \"why\", text: \"please\" }) { ticket { id } userErrors { code } } }";
    let opened = stage.done(&customer.owner, open).await;
    let ticket = opened["ticketOpen"]["ticket"]["id"].as_str().expect("an id").to_owned();
    let note = format!(
        "mutation {{ ticketReply(accountId: \"{}\", ticketId: \"{ticket}\", text: \"they again\", isInternal: true) \
         {{ userErrors {{ code }} }} }}",
        customer.account
    );
    stage.done(&operator, &note).await;
    let of = format!(", accountId: \"{}\"", customer.account);
    let to_customer = kinds(&customer.owner, &ticket, "").await.expect("told");
    let to_desk = kinds(&operator, &ticket, &of).await.expect("told");
    assert!(to_customer.len() < to_desk.len(), "{to_customer:?} {to_desk:?}");
    assert!(to_customer.iter().all(|kind| kind.starts_with("ticket.")), "{to_customer:?}");
    assert_eq!(kinds(&other.owner, &ticket, "").await, Err("NOT_FOUND".to_owned()));
    assert_eq!(kinds(&other.owner, &ticket, &of).await, Err("NOT_FOUND".to_owned()));
    // A session: one's own, or seen by whoever sees the account.
    let seen = stage.done(&customer.owner, "{ sessions { nodes { id } } }").await;
    let session = seen["sessions"]["nodes"][0]["id"].as_str().expect("an id").to_owned();
    let told = kinds(&customer.owner, &session, "").await.expect("told");
    assert_eq!(told.last().map(String::as_str), Some("session.started"));
    assert_eq!(kinds(&other.owner, &session, &of).await, Err("NOT_FOUND".to_owned()));
    stage.mailbox(&customer, "alice").await;
    let alice = stage.sign_in("alice@acme.example", PASSWORD).await;
    assert_eq!(kinds(&alice, &session, "").await, Err("NOT_FOUND".to_owned()));
    // A plan: by whom it was published is for operators.
    let plan = hosting::plan::plan_id("solo").to_string();
    assert_eq!(kinds(&operator, &plan, "").await.expect("told"), ["plan.version_published"]);
    assert_eq!(kinds(&customer.owner, &plan, "").await, Err("NOT_FOUND".to_owned()));
    let platform = format!(", accountId: \"{}\"", kernel::AccountId::PLATFORM);
    assert_eq!(kinds(&customer.owner, &plan, &platform).await, Err("NOT_FOUND".to_owned()));
}

/// What a history tells, each entry by its kind with the fields that changed.
async fn told(stage: &Stage, token: &str, id: &str, more: &str) -> Result<Vec<(String, String)>, String> {
    let query = format!(
        "{{ history(id: \"{id}\"{more}) {{ nodes {{ kind actorId actorName command changes {{ field from to }} }} }} }}"
    );
    let answer = stage.ask(token, &query).await;
    let Some(nodes) = answer["data"]["history"]["nodes"].as_array() else {
        return Err(code(&answer).to_owned());
    };
    Ok(nodes
        .iter()
        .map(|node| (node["kind"].as_str().expect("a kind").to_owned(), node["changes"].to_string()))
        .collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_and_single_entries_tell_their_history_also_once_they_are_gone() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "custom")).await;
    let rival = stage.customer(&operator, ("rival", "custom")).await;
    let alice = stage.mailbox(&customer, "alice").await;
    let bob = stage.mailbox(&customer, "bob").await;
    let domain = &customer.domain;
    let made = async |mutation: &str, field: &str, object: &str| {
        let done = stage.done(&customer.owner, &format!("mutation {{ {mutation} }}")).await;
        done[field][object]["id"].as_str().unwrap_or_else(|| panic!("{done:#}")).to_owned()
    };
    let push =
        |name: &str| format!("push: {{ kind: NTFY, name: \"{name}\", url: \"https://ntfy.acme.com/x\" }}");
    // What is made, what changes it, what takes it away, and what the three are called.
    let cases = [
        (
            made(
                &format!("filterAdd(mailboxId: \"{alice}\", filter: {{ name: \"one\" }}) {{ filter {{ id }} }}"),
                "filterAdd",
                "filter",
            )
            .await,
            ("filterChange(mailboxId: \"ALICE\", filterId: \"ID\", change: { name: \"two\" })", "filterRemove(mailboxId: \"ALICE\", filterId: \"ID\")"),
            ["mailbox_filter.removed", "mailbox_filter.changed", "mailbox_filter.added"],
        ),
        (
            made(
                &format!("syncJobAdd(mailboxId: \"{alice}\", job: {{ host: \"imap.acme.com\", user: \"u\", password: \"very secret\" }}) {{ syncJob {{ id }} }}"),
                "syncJobAdd",
                "syncJob",
            )
            .await,
            ("syncJobChange(mailboxId: \"ALICE\", syncJobId: \"ID\", change: { password: \"more secret\" })", "syncJobRemove(mailboxId: \"ALICE\", syncJobId: \"ID\")"),
            ["sync_job.removed", "sync_job.changed", "sync_job.added"],
        ),
        (
            made(&format!("pushAdd(mailboxId: \"{alice}\", {}) {{ pushDestination {{ id }} }}", push("one")), "pushAdd", "pushDestination").await,
            ("pushChange(mailboxId: \"ALICE\", pushId: \"ID\", change: { name: \"two\" })", "pushRemove(mailboxId: \"ALICE\", pushId: \"ID\")"),
            ["push.removed", "push.changed", "push.added"],
        ),
        (
            made(&format!("addressMapAdd(input: {{ domainId: \"{domain}\", kind: SENDER_COPY, from: \"alice\", to: \"a@else.example\" }}) {{ addressMap {{ id }} }}"), "addressMapAdd", "addressMap").await,
            ("addressMapChange(domainId: \"DOMAIN\", addressMapId: \"ID\", change: { to: \"b@else.example\" })", "addressMapRemove(domainId: \"DOMAIN\", addressMapId: \"ID\")"),
            ["address_map.removed", "address_map.changed", "address_map.added"],
        ),
        (
            made(&format!("appPasswordAdd(mailboxId: \"{alice}\", name: \"one\", protocols: [IMAP]) {{ appPassword {{ id }} secret }}"), "appPasswordAdd", "appPassword").await,
            ("appPasswordChange(mailboxId: \"ALICE\", appPasswordId: \"ID\", change: { name: \"two\" })", "appPasswordRevoke(mailboxId: \"ALICE\", appPasswordId: \"ID\")"),
            ["mailbox.app_password_revoked", "mailbox.app_password_changed", "mailbox.app_password_added"],
        ),
        (
            made(&format!("apiTokenIssue(input: {{ userId: \"{}\", name: \"one\", permissions: [\"mailbox:read\"] }}) {{ apiToken {{ id }} }}", customer.user), "apiTokenIssue", "apiToken").await,
            ("apiTokenChange(userId: \"USER\", apiTokenId: \"ID\", change: { name: \"two\" })", "apiTokenRevoke(userId: \"USER\", apiTokenId: \"ID\")"),
            ["user.token_revoked", "user.token_changed", "user.token_issued"],
        ),
        (
            made("tlsPolicyAdd(policy: { destination: \"one.example\" }) { tlsPolicy { id } }", "tlsPolicyAdd", "tlsPolicy").await,
            ("tlsPolicyChange(tlsPolicyId: \"ID\", change: { destination: \"two.example\" })", "tlsPolicyRemove(tlsPolicyId: \"ID\")"),
            ["tls_policy.removed", "tls_policy.changed", "tls_policy.added"],
        ),
    ];
    // Beside each is another of its kind, of which nothing is told there.
    made(
        &format!("filterAdd(mailboxId: \"{alice}\", filter: {{ name: \"beside\" }}) {{ filter {{ id }} }}"),
        "filterAdd",
        "filter",
    )
    .await;
    made(
        &format!("pushAdd(mailboxId: \"{alice}\", {}) {{ pushDestination {{ id }} }}", push("beside")),
        "pushAdd",
        "pushDestination",
    )
    .await;
    made(&format!("appPasswordAdd(mailboxId: \"{alice}\", name: \"beside\", protocols: [IMAP]) {{ appPassword {{ id }} }}"), "appPasswordAdd", "appPassword").await;
    let (own, other) = (
        stage.sign_in("alice@acme.example", PASSWORD).await,
        stage.sign_in("bob@acme.example", PASSWORD).await,
    );
    let at = format!(", accountId: \"{}\"", customer.account);
    for (id, (change, remove), kinds) in cases {
        let known = told(&stage, &customer.owner, &id, "").await.expect("told");
        assert_eq!(known.iter().map(|(kind, _)| kind.as_str()).collect::<Vec<_>>(), kinds[2..], "{id}");
        for mutation in [change, remove] {
            let mutation = mutation
                .replace("ALICE", &alice)
                .replace("DOMAIN", domain)
                .replace("USER", &customer.user)
                .replace("ID\"", &format!("{id}\""));
            stage
                .done(&customer.owner, &format!("mutation {{ {mutation} {{ userErrors {{ code }} }} }}"))
                .await;
        }
        let known = told(&stage, &customer.owner, &id, "").await.expect("told");
        assert_eq!(known.iter().map(|(kind, _)| kind.as_str()).collect::<Vec<_>>(), kinds, "{id}");
        let all = format!("{known:?}");
        assert!(!all.contains("beside"), "{all}");
        assert!(!all.contains("very secret") && !all.contains("more secret"), "{all}");
        // Page by page it is the same.
        let query = format!(
            "{{ history(id: \"{id}\", first: 2) {{ nodes {{ kind actorId actorName command }} pageInfo {{ hasNextPage endCursor }} }} }}"
        );
        let page = stage.done(&customer.owner, &query).await["history"].clone();
        assert_eq!(
            (&page["nodes"][1]["kind"], &page["pageInfo"]["hasNextPage"]),
            (&json!(kinds[1]), &json!(true))
        );
        assert_eq!(page["nodes"][0]["actorId"], json!(customer.user), "{page:#}");
        assert!(
            page["nodes"][0]["actorName"].is_string() && page["nodes"][0]["command"].is_string(),
            "{page:#}"
        );
        let after = format!(", first: 2, after: {}", page["pageInfo"]["endCursor"]);
        let rest = told(&stage, &customer.owner, &id, &after).await.expect("told");
        assert_eq!(rest.iter().map(|(kind, _)| kind.as_str()).collect::<Vec<_>>(), kinds[2..], "{id}");
        // Whoever may not see the thing may not see its history, wherever they say that it is.
        for (stranger, more) in [(&rival.owner, ""), (&rival.owner, at.as_str()), (&other, "")] {
            assert_eq!(told(&stage, stranger, &id, more).await, Err("NOT_FOUND".to_owned()), "{id}");
        }
        let is_own = ["filt", "sync", "push", "appw"].iter().any(|kind| id.starts_with(kind));
        assert_eq!(told(&stage, &own, &id, "").await.is_ok(), is_own, "{id}");
        // The bare id of one kind opens nothing as another.
        let (_, bare) = id.split_once('_').expect("an id");
        let kind = if id.starts_with("filt") { "sync" } else { "filt" };
        let wrong = told(&stage, &customer.owner, &format!("{kind}_{bare}"), "").await;
        assert_eq!(wrong, Err("NOT_FOUND".to_owned()), "{id}");
    }
    // What somebody else keeps is theirs alone.
    let of_bob = made(
        &format!("filterAdd(mailboxId: \"{bob}\", filter: {{ name: \"bobs\" }}) {{ filter {{ id }} }}"),
        "filterAdd",
        "filter",
    )
    .await;
    assert_eq!(told(&stage, &own, &of_bob, "").await, Err("NOT_FOUND".to_owned()));
    assert!(told(&stage, &other, &of_bob, "").await.is_ok());
}
