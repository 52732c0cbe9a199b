//! Settings through the API: by administrators, by the owner of a mailbox, by two at once.

use serde_json::json;

use crate::stage::{PASSWORD, Stage};

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_changes_what_is_left_to_it_and_an_administrator_the_rest() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "solo")).await;
    let alice = stage.mailbox(&customer, "alice").await;
    let change = |settings: &str| {
        format!(
            "mutation {{ mailboxSettingsChange(mailboxId: \"{alice}\", {settings}) {{ mailbox {{ settings {{ revision \
             imap junkScore deniedSenders sendsPerDayMax tags selfService notYetInForce }} }} userErrors {{ code field \
             message limits {{ name allowed used }} }} }} }}"
        )
    };
    let own = stage.sign_in("alice@acme.example", PASSWORD).await;
    let set =
        stage.done(&own, &change("settings: {junkScore: 6.5, deniedSenders: [\"*@bad.example\"]}")).await;
    let settings = &set["mailboxSettingsChange"]["mailbox"]["settings"];
    assert_eq!((&settings["junkScore"], &settings["revision"]), (&json!(6.5), &json!(1)));
    assert_eq!(settings["deniedSenders"], json!(["*@bad.example"]));
    assert!(settings["notYetInForce"].as_array().is_some_and(|names| names.contains(&json!("junkScore"))));
    let rename = format!(
        "mutation {{ mailboxDisplayNameChange(mailboxId: \"{alice}\", displayName: \"Alice Own\") {{ mailbox {{ \
         displayName }} userErrors {{ code }} }} }}"
    );
    let renamed = stage.done(&own, &rename).await;
    assert_eq!(renamed["mailboxDisplayNameChange"]["mailbox"]["displayName"], "Alice Own");
    let refused = stage.ask(&own, &change("settings: {imap: false}")).await;
    assert_eq!(code(&refused["data"]["mailboxSettingsChange"]), "SETTING_NOT_SELF_SERVICE", "{refused:#}");
    assert_eq!(refused["data"]["mailboxSettingsChange"]["userErrors"][0]["field"], "settings.imap");
    for (settings, expected) in [
        ("settings: {junkScore: -1}", "SPAM_SCORES"),
        ("settings: {junkScore: 1e300}", "SPAM_SCORES"),
        ("settings: {tags: []}, revision: 0", "SETTINGS_CHANGED_MEANWHILE"),
        ("settings: {sendAs: [\"nobody\"]}", "SEND_AS_MALFORMED"),
    ] {
        let refused = stage.ask(&customer.owner, &change(settings)).await;
        assert_eq!(code(&refused["data"]["mailboxSettingsChange"]), expected, "{refused:#}");
    }
    // Of a list the entry is named that is at fault.
    for (settings, entry) in [
        ("settings: {sendAs: [\"@acme.example\", \"nobody\"]}", "`nobody`: "),
        ("settings: {sendAs: [\"@acme.example\", \"a@else.example\"]}", "`a@else.example`: "),
        ("settings: {deniedSenders: [\"a@b.example\", \"*@*\"]}", "`*@*`: "),
    ] {
        let refused = stage.ask(&customer.owner, &change(settings)).await;
        let message = &refused["data"]["mailboxSettingsChange"]["userErrors"][0]["message"];
        assert!(message.as_str().is_some_and(|message| message.starts_with(entry)), "{refused:#}");
    }
    let set = stage
        .done(
            &customer.owner,
            &change("settings: {imap: false, sendsPerDayMax: 20, tags: [\"VIP\"]}, revision: 1"),
        )
        .await;
    let settings = &set["mailboxSettingsChange"]["mailbox"]["settings"];
    assert_eq!(settings["sendsPerDayMax"], json!(20));
    assert_eq!((&settings["imap"], &settings["junkScore"]), (&json!(false), &json!(6.5)));
    let set = stage.done(&customer.owner, &change("settings: {sendsPerDayMax: null}")).await;
    assert_eq!(set["mailboxSettingsChange"]["mailbox"]["settings"]["sendsPerDayMax"], json!(null));
    // The name too is its administrators' to leave to it.
    stage.done(&customer.owner, &change("settings: {selfService: [SPAM_SCORES]}")).await;
    let refused = stage.ask(&own, &rename.replace("{ code }", "{ code field }")).await;
    assert_eq!(code(&refused["data"]["mailboxDisplayNameChange"]), "SETTING_NOT_SELF_SERVICE", "{refused:#}");
    assert_eq!(refused["data"]["mailboxDisplayNameChange"]["userErrors"][0]["field"], "displayName");
    // Where it is not one argument but all that is asked for, the one is named that stands for the mailbox.
    let password =
        "mutation { appPasswordAdd(name: \"phone\", protocols: [IMAP]) { userErrors { code field } } }";
    let refused = stage.ask(&own, password).await;
    let expected = json!([{ "code": "SETTING_NOT_SELF_SERVICE", "field": "mailboxId" }]);
    assert_eq!(refused["data"]["appPasswordAdd"]["userErrors"], expected, "{refused:#}");
    // Whoever may not sign in here any more is told so.
    stage.done(&customer.owner, &change("settings: {web: false}")).await;
    let signed = stage
        .ask("", &format!("mutation {{ signIn(login: \"alice@acme.example\", password: \"{PASSWORD}\") {{ session {{ accessToken }} }} }}"))
        .await;
    assert_eq!(signed["errors"][0]["extensions"]["code"], "FORBIDDEN", "{signed:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_is_created_with_its_settings_in_one_go_or_not_at_all() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "pro")).await;
    let create = |local: &str, settings: &str| {
        format!(
            "mutation {{ mailboxCreate(place: {{ serviceId: \"{}\", domainId: \"{}\" }}, mailbox: {{ localPart: \
             \"{local}\", quotaBytes: 1048576, settings: {{ {settings} }} }}) {{ mailbox {{ settings {{ imap tags junkScore \
             revision }} }} userErrors {{ code field }} }} }}",
            customer.service, customer.domain
        )
    };
    let refused = stage.ask(&customer.owner, &create("alice", "imap: false, junkScore: 500")).await;
    assert_eq!(
        refused["data"]["mailboxCreate"]["userErrors"],
        json!([{ "code": "SPAM_SCORES", "field": "settings.junkScore" }]),
        "{refused:#}"
    );
    // The address is free still: nothing was done.
    let made = stage.done(&customer.owner, &create("alice", "imap: false, tags: [\"VIP\"]")).await;
    let settings = &made["mailboxCreate"]["mailbox"]["settings"];
    assert_eq!((&settings["imap"], &settings["tags"]), (&json!(false), &json!(["VIP"])));
    let plain = stage.done(&customer.owner, &create("bob", "")).await;
    assert_eq!(plain["mailboxCreate"]["mailbox"]["settings"]["revision"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_keeps_its_messages_openly_and_is_not_deleted() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "solo")).await;
    let archive = stage.mailbox(&customer, "archive").await;
    let change = |settings: &str| {
        format!(
            "mutation {{ mailboxSettingsChange(mailboxId: \"{archive}\", {settings}) {{ mailbox {{ settings {{ revision \
             retainsDays notYetInForce }} }} userErrors {{ code field }} }} }}"
        )
    };
    let own = stage.sign_in("archive@acme.example", PASSWORD).await;
    for (token, settings, expected) in [
        (&own, "settings: {retainsDays: 30}", "SETTING_NOT_SELF_SERVICE"),
        (&customer.owner, "settings: {retainsDays: 0}", "RETAINED_DAYS"),
        (&customer.owner, "settings: {retainsDays: 3651}", "RETAINED_DAYS"),
        (&customer.owner, "settings: {retainsDays: 30}, revision: 7", "SETTINGS_CHANGED_MEANWHILE"),
    ] {
        let refused = stage.ask(token, &change(settings)).await;
        assert_eq!(code(&refused["data"]["mailboxSettingsChange"]), expected, "{refused:#}");
    }
    let set = stage.done(&customer.owner, &change("settings: {retainsDays: 3650}, revision: 0")).await;
    let settings = &set["mailboxSettingsChange"]["mailbox"]["settings"];
    assert_eq!((&settings["retainsDays"], &settings["revision"]), (&json!(3650), &json!(1)));
    assert!(settings["notYetInForce"].as_array().is_some_and(|names| !names.contains(&json!("retainsDays"))));
    let delete =
        format!("mutation {{ mailboxDelete(mailboxId: \"{archive}\") {{ userErrors {{ code field }} }} }}");
    let refused = stage.ask(&customer.owner, &delete).await;
    assert_eq!(
        refused["data"]["mailboxDelete"]["userErrors"],
        json!([{ "code": "MAILBOX_RETAINS", "field": "mailboxId" }]),
        "{refused:#}"
    );
    stage.done(&customer.owner, &change("settings: {retainsDays: 30}")).await;
    stage.done(&customer.owner, &change("settings: {retainsDays: null}")).await;
    let past = format!(
        "{{ history(id: \"{archive}\", first: 10) {{ nodes {{ kind changes {{ field from to }} }} }} }}"
    );
    let past = stage.done(&customer.owner, &past).await;
    let nodes = past["history"]["nodes"].as_array().expect("nodes");
    let changes: Vec<_> = nodes
        .iter()
        .filter(|node| node["kind"] == "mailbox.retention_changed")
        .map(|node| &node["changes"])
        .collect();
    let days = |from: serde_json::Value, to: serde_json::Value| json!([{ "field": "retains_days", "from": from, "to": to }]);
    let mut expected =
        [days(json!(null), json!("3650")), days(json!("3650"), json!("30")), days(json!("30"), json!(null))];
    if nodes.first().is_some_and(|node| node["kind"] != "mailbox.created") {
        expected.reverse();
    }
    assert_eq!(changes, expected.iter().collect::<Vec<_>>(), "{past:#}");
    stage.done(&customer.owner, &delete).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_domain_has_settings_a_share_and_alias_domains() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "pro")).await;
    let domain = &customer.domain;
    let change = |settings: &str| {
        format!(
            "mutation {{ domainSettingsChange(domainId: \"{domain}\", {settings}) {{ domain {{ settings {{ revision \
             mailboxCountMax footerText relay }} }} userErrors {{ code field limits {{ allowed used }} }} }} }}"
        )
    };
    let set = stage
        .done(&customer.owner, &change("settings: {mailboxCountMax: 0, footerText: \"Acme\"}, revision: 0"))
        .await;
    let settings = &set["domainSettingsChange"]["domain"]["settings"];
    assert_eq!((&settings["mailboxCountMax"], &settings["footerText"]), (&json!(0), &json!("Acme")));
    let create = format!(
        "mutation {{ mailboxCreate(place: {{serviceId: \"{}\", domainId: \"{domain}\"}}, mailbox: {{localPart: \"a\", \
         quotaBytes: 1000000}}) {{ userErrors {{ code limits {{ allowed used }} }} }} }}",
        customer.service
    );
    let refused = stage.ask(&customer.owner, &create).await;
    assert_eq!(code(&refused["data"]["mailboxCreate"]), "DOMAIN_MAILBOX_LIMIT_REACHED", "{refused:#}");
    let short = "settings: {sendsPerHourMax: 50, sendsPerMinuteMax: 5, mtaSts: ENFORCE, mtaStsAgeSecs: 86400, mtaStsHosts: \
                 [\"mx.example.org\"]}";
    stage.done(&customer.owner, &change(short)).await;
    let read = format!(
        "{{ domain(domainId: \"{domain}\") {{ settings {{ sendsPerHourMax sendsPerMinuteMax mtaStsAgeSecs mtaStsHosts \
         notYetInForce }} }} }}"
    );
    let expected = json!({ "sendsPerHourMax": 50, "sendsPerMinuteMax": 5, "mtaStsAgeSecs": 86_400,
        "mtaStsHosts": ["mx.example.org"], "notYetInForce": ["allowedSenders", "deniedSenders"] });
    assert_eq!(stage.done(&customer.owner, &read).await["domain"]["settings"], expected);
    for (settings, refusal) in [
        ("{sendsPerHourMax: 99999}", "SENDS_ABOVE_PLAN"),
        ("{mtaStsAgeSecs: 60}", "STS_POLICY"),
        ("{mtaStsHosts: [\"no host\"]}", "STS_POLICY"),
    ] {
        let refused = stage.ask(&customer.owner, &change(&format!("settings: {settings}"))).await;
        assert_eq!(code(&refused["data"]["domainSettingsChange"]), refusal, "{refused:#}");
    }
    let refused = stage.ask(&customer.owner, &change("settings: {sendsPerDayMax: 99999}")).await;
    assert_eq!(code(&refused["data"]["domainSettingsChange"]), "SENDS_ABOVE_PLAN", "{refused:#}");
    let mirror = format!(
        "mutation {{ domainAdd(input: {{serviceId: \"{}\", name: \"acme-mirror.example\", mirrorsDomainId: \
         \"{domain}\"}}) {{ domain {{ id mirrorsDomainId }} userErrors {{ code }} }} }}",
        customer.service
    );
    let added = stage.done(&customer.owner, &mirror).await;
    assert_eq!(added["domainAdd"]["domain"]["mirrorsDomainId"], json!(domain));
}

/// The code of the first user error of a payload.
fn code(payload: &serde_json::Value) -> &str {
    payload["userErrors"][0]["code"].as_str().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_domain_tells_its_room_and_mailboxes_are_found_by_their_words() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "pro")).await;
    for local in ["alice", "bob_50%", "carol"] {
        stage.mailbox(&customer, local).await;
    }
    let room = format!(
        "{{ domain(domainId: \"{}\") {{ room {{ mailboxes mailboxesMax aliases quotaBytes quotaBytesMax \
         newMailboxQuotaBytesMax mailboxQuotaBytesMax features contents {{ bytes messages }} }} }} \
         services {{ nodes {{ limits {{ mailboxes storageBytes }} used {{ bytes }} }} }} }}",
        customer.domain
    );
    let told = stage.done(&customer.owner, &room).await;
    let (room_now, service) = (&told["domain"]["room"], &told["services"]["nodes"][0]);
    assert_eq!(
        (&room_now["mailboxes"], &room_now["mailboxesMax"]),
        (&json!(3), &service["limits"]["mailboxes"])
    );
    assert_eq!(room_now["quotaBytes"], service["used"]["bytes"]);
    assert_eq!(room_now["quotaBytesMax"], service["limits"]["storageBytes"]);
    // The store of the stage says 4096 octets in 3 messages of each.
    assert_eq!(room_now["contents"], json!({ "bytes": 12288, "messages": 9 }));
    // A share of its own is what counts then, and nothing is left where it is used up.
    let share = format!(
        "mutation {{ domainSettingsChange(domainId: \"{}\", settings: {{mailboxCountMax: 3}}) {{ userErrors {{ code }} }} }}",
        customer.domain
    );
    stage.done(&customer.owner, &share).await;
    let told = stage.done(&customer.owner, &room).await;
    assert_eq!(told["domain"]["room"]["mailboxesMax"], json!(3));
    assert_eq!(told["domain"]["room"]["newMailboxQuotaBytesMax"], json!(0));
    let found = |words: &str| format!("{{ mailboxes(search: \"{words}\") {{ nodes {{ address }} }} }}");
    for (words, count) in [("ALI", 1), ("50%", 1), ("%", 1), ("_", 1), ("acme", 3), ("' OR 1=1", 0)] {
        let told = stage.done(&customer.owner, &found(words)).await;
        assert_eq!(told["mailboxes"]["nodes"].as_array().map(Vec::len), Some(count), "{words}: {told:#}");
    }
    let long = stage.ask(&customer.owner, &found(&"x".repeat(129))).await;
    assert_eq!(long["errors"][0]["extensions"]["code"], "BAD_INPUT");
}
