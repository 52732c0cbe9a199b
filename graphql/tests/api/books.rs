//! Books through the API: what a domain and an account set up, who may, and what is told of it.

use serde_json::{Value, json};

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
    assert_eq!(error["limits"], json!([{"name": "revision", "allowed": 1, "used": 0}]));
    let told = stage
        .done(
            &customer.owner,
            &format!("{{ history(id: \"{domain}\", first: 2) {{ nodes {{ kind actor changes {{ field from to }} }} }} }}"),
        )
        .await;
    let newest = &told["history"]["nodes"][0];
    assert_eq!((&newest["kind"], &newest["actor"]), (&json!("address_map.changed"), &json!("USER")));
    // Which entry it is, is told with each of its events.
    let entry = json!({"field": "entry", "from": null, "to": id});
    let field = json!({"field": "settings.is_active", "from": "true", "to": "false"});
    assert_eq!(newest["changes"], json!([entry, field]), "{told:#}");
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
    let customer = stage.customer(&operator, ("acme", "pro")).await;
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

#[tokio::test(flavor = "multi_thread")]
async fn a_script_is_kept_or_refused_with_line_and_column() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "solo")).await;
    stage.mailbox(&customer, "alice").await;
    let alice = stage.sign_in("alice@acme.example", PASSWORD).await;
    let add = |name: &str, script: &str| {
        format!(
            "mutation {{ filterAdd(filter: {{name: \"{name}\", script: \"{script}\", isActive: true}}) {{ filter {{ id \
             requires isActive notYetInForce }} scriptFault {{ line column message }} userErrors {{ code field }} }} }}"
        )
    };
    let added = stage.done(&alice, &add("work", "require \\\"fileinto\\\"; fileinto \\\"x\\\";")).await;
    let filter = &added["filterAdd"]["filter"];
    assert_eq!((&filter["requires"], &filter["isActive"]), (&json!(["fileinto"]), &json!(true)));
    let refused = stage.ask(&alice, &add("away", "keep;\\n  fileinto \\\"x\\\";")).await;
    let told = &refused["data"]["filterAdd"];
    assert_eq!(told["userErrors"][0]["code"], json!("FILTER_DOES_NOT_COMPILE"), "{refused:#}");
    assert_eq!((&told["scriptFault"]["line"], &told["scriptFault"]["column"]), (&json!(2), &json!(3)));
    let checked =
        stage.done(&alice, "{ sieveCheck(script: \"keep\") { isValid fault { line message } } }").await;
    assert_eq!(checked["sieveCheck"]["isValid"], json!(false));
    // Another that is switched on switches this one off.
    stage.done(&alice, &add("play", "discard;")).await;
    let listed = stage.done(&alice, "{ filters { nodes { name isActive } } }").await;
    let expected = json!([{"name": "work", "isActive": false}, {"name": "play", "isActive": true}]);
    assert_eq!(listed["filters"]["nodes"], expected);
    let domain = format!(
        "mutation {{ domainFilterAdd(domainId: \"{}\", filter: {{name: \"all\", script: \"keep;\"}}) {{ filter {{ stage \
         mailboxId }} userErrors {{ code }} }} }}",
        customer.domain
    );
    let added = stage.done(&customer.owner, &domain).await;
    assert_eq!(added["domainFilterAdd"]["filter"], json!({"stage": "BEFORE", "mailboxId": null}));
    assert!(stage.ask(&alice, &domain).await["errors"][0].is_object());
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_of_sync_jobs_are_told_to_nobody() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "solo")).await;
    let alice = stage.mailbox(&customer, "alice").await;
    let add = |exclude: &str| {
        format!(
            "mutation {{ syncJobAdd(mailboxId: \"{alice}\", job: {{host: \"imap.else.com\", user: \"u\", password: \
             \"hunter2\", exclude: \"{exclude}\"}}) {{ syncJob {{ port intervalMinutes exclude bytesPerSecondMax \
             notYetInForce }} userErrors {{ code field message }} }} }}"
        )
    };
    let refused = stage.ask(&customer.owner, &add("(")).await;
    let error = &refused["data"]["syncJobAdd"]["userErrors"][0];
    assert_eq!(error["field"], json!("exclude"), "{refused:#}");
    assert!(error["message"].as_str().is_some_and(|why| why.contains("unclosed group")), "{error:#}");
    let added = stage.done(&customer.owner, &add("(?i)spam")).await;
    let job = &added["syncJobAdd"]["syncJob"];
    assert_eq!((&job["port"], &job["intervalMinutes"]), (&json!(143), &json!(20)));
    let told = stage
        .done(
            &customer.owner,
            &format!(
                "{{ history(id: \"{alice}\", first: 1) {{ nodes {{ kind changes {{ field from to }} }} }} }}"
            ),
        )
        .await;
    assert_eq!(told["history"]["nodes"][0]["kind"], json!("sync_job.added"));
    assert!(!told.to_string().contains("hunter2") && told.to_string().contains("***"), "{told:#}");
    let rows = stage.engine.query(database::Statement::new("SELECT content FROM entry_list_v3")).await;
    let rows = rows.expect("rows");
    assert!(!rows.is_empty() && !format!("{rows:?}").contains("hunter2"), "not in a table either");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_relay_of_a_domain_is_set_by_whoever_sets_passwords_and_its_password_is_told_to_nobody() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "solo")).await;
    stage.mailbox(&customer, "alice").await;
    let domain = &customer.domain;
    let add = |host: &str| {
        format!(
            "mutation {{ senderRelayAdd(domainId: \"{domain}\", relay: {{host: \"{host}\", login: \"us\", password: \
             \"hunter2\"}}) {{ senderRelay {{ id host port login isActive revision }} userErrors {{ code field message }} \
             position }} }}"
        )
    };
    let refused = stage.ask(&customer.owner, &add("10.0.0.1")).await;
    let error = &refused["data"]["senderRelayAdd"]["userErrors"][0];
    assert_eq!(
        (&error["code"], &error["field"]),
        (&json!("SENDER_RELAY_HOST"), &json!("host")),
        "{refused:#}"
    );
    let alice = stage.sign_in("alice@acme.example", PASSWORD).await;
    assert!(stage.ask(&alice, &add("smtp.else.example")).await["errors"][0].is_object());
    let added = stage.done(&customer.owner, &add("smtp.else.example")).await;
    let relay = added["senderRelayAdd"]["senderRelay"].clone();
    let id = relay["id"].as_str().expect("an id");
    let expected = json!({"id": id, "host": "smtp.else.example", "port": 587, "login": "us", "isActive": true,
        "revision": 0});
    assert_eq!(relay, expected);
    let of_domain = format!("{{ domain(domainId: \"{domain}\") {{ senderRelay {{ id login }} }} }}");
    let found = stage.done(&customer.owner, &of_domain).await;
    assert_eq!(found["domain"]["senderRelay"], json!({"id": id, "login": "us"}));
    assert_eq!(
        stage.done(&alice, "{ senderRelays { nodes { id } } }").await["senderRelays"]["nodes"],
        json!([])
    );
    let again = stage.ask(&customer.owner, &add("smtp.other.example")).await;
    let error = &again["data"]["senderRelayAdd"]["userErrors"][0];
    assert_eq!(error["code"], json!("SENDER_RELAY_LIMIT"), "{again:#}");
    let change = |change: &str| {
        format!(
            "mutation {{ senderRelayChange(domainId: \"{domain}\", senderRelayId: \"{id}\", change: {{{change}}}) {{ \
             senderRelay {{ host isActive }} userErrors {{ code message }} position }} }}"
        )
    };
    let refused = stage.ask(&customer.owner, &change("host: \"smtp.other.example\"")).await;
    let error = &refused["data"]["senderRelayChange"]["userErrors"][0];
    assert_eq!(error["code"], json!("SENDER_RELAY_PASSWORD"), "{refused:#}");
    let changed = stage.done(&customer.owner, &change("isActive: false")).await;
    assert_eq!(changed["senderRelayChange"]["senderRelay"]["isActive"], json!(false));
    let remove = format!(
        "mutation {{ senderRelayRemove(domainId: \"{domain}\", senderRelayId: \"{id}\") {{ senderRelayId position \
         userErrors {{ code }} }} }}"
    );
    let removed = stage.done(&customer.owner, &remove).await;
    let place = &removed["senderRelayRemove"]["position"];
    let left = format!("{{ senderRelays(atLeast: {place}) {{ nodes {{ id }} }} }}");
    assert_eq!(stage.done(&customer.owner, &left).await["senderRelays"]["nodes"], json!([]));
    assert_eq!(stage.done(&customer.owner, &of_domain).await["domain"]["senderRelay"], json!(null));
    let told = format!(
        "{{ history(id: \"{domain}\", first: 10) {{ nodes {{ kind changes {{ field from to }} }} }} }}"
    );
    let told = stage.done(&customer.owner, &told).await;
    let kinds: Vec<&str> = told["history"]["nodes"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|node| node["kind"].as_str())
        .collect();
    for kind in ["sender_relay.added", "sender_relay.changed", "sender_relay.removed"] {
        assert!(kinds.contains(&kind), "{kinds:?}");
    }
    assert!(!told.to_string().contains("hunter2") && told.to_string().contains("***"), "{told:#}");
    let rows = stage.engine.query(database::Statement::new("SELECT content FROM entry_list_v3")).await;
    assert!(!format!("{:?}", rows.expect("rows")).contains("hunter2"), "not in a table either");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_is_repeated_or_given_twice_at_once_is_done_once() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "pro")).await;
    let add = |command: u128, from: &str| {
        format!(
            "mutation {{ addressMapAdd(commandId: \"{}\", input: {{domainId: \"{}\", kind: RECIPIENT, from: \"{from}\", \
             to: \"b@else.com\"}}) {{ addressMap {{ id }} userErrors {{ code }} }} }}",
            uuid::Uuid::from_u128(command),
            customer.domain
        )
    };
    let (first, second) = (add(1, "a"), add(1, "a"));
    let (first, second) =
        tokio::join!(stage.done(&customer.owner, &first), stage.done(&customer.owner, &second));
    assert_eq!(first, second, "one and the same");
    assert_eq!(stage.done(&customer.owner, &add(1, "a")).await, first);
    // Two intentions for one address at the same moment: one is done, the other is told.
    let (first, second) = (add(2, "c"), add(3, "c"));
    let answers = tokio::join!(stage.ask(&customer.owner, &first), stage.ask(&customer.owner, &second));
    let is_done = |answer: &Value| answer["data"]["addressMapAdd"]["addressMap"].is_object();
    assert!(is_done(&answers.0) != is_done(&answers.1), "{answers:#?}");
    let told = format!("{answers:?}");
    assert!(told.contains("ADDRESS_MAP_TAKEN"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_is_kept_under_an_address_of_its_own_and_says_that_nobody_answers_yet() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "pro")).await;
    let domain = &customer.domain;
    stage.mailbox(&customer, "alice").await;
    let add = |local: &str| {
        format!(
            "mutation {{ resourceAdd(input: {{domainId: \"{domain}\", name: \"Room\", localPart: \"{local}\", kind: THING, \
             bookingsMax: 2}}) {{ resource {{ id localPart kind booking bookingsMax isInForce revision }} \
             userErrors {{ code field }} position }} }}"
        )
    };
    let refused = stage.ask(&customer.owner, &add("alice")).await;
    assert_eq!(refused["data"]["resourceAdd"]["userErrors"][0]["code"], json!("ADDRESS_TAKEN"));
    let added = stage.done(&customer.owner, &add("Room-1")).await;
    let room = &added["resourceAdd"]["resource"];
    assert_eq!((&room["localPart"], &room["booking"]), (&json!("room-1"), &json!("LIMITED")));
    assert_eq!((&room["isInForce"], &room["bookingsMax"]), (&json!(false), &json!(2)));
    let id = room["id"].as_str().expect("an id");
    let change = format!(
        "mutation {{ resourceChange(domainId: \"{domain}\", resourceId: \"{id}\", change: {{isActive: false}}, \
         revision: 0) {{ resource {{ isActive revision }} userErrors {{ code }} }} }}"
    );
    let changed = stage.done(&customer.owner, &change).await;
    assert_eq!(changed["resourceChange"]["resource"], json!({"isActive": false, "revision": 1}));
    let told = stage
        .done(&customer.owner, &format!("{{ history(id: \"{domain}\", first: 1) {{ nodes {{ kind }} }} }}"))
        .await;
    assert_eq!(told["history"]["nodes"][0]["kind"], json!("resource.changed"));
    let remove = format!(
        "mutation {{ resourceRemove(domainId: \"{domain}\", resourceId: \"{id}\") {{ resourceId userErrors {{ code }} }} }}"
    );
    stage.done(&customer.owner, &remove).await;
    stage.mailbox(&customer, "room-1").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_sees_where_it_works_and_nobody_else_changes_who_does() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "pro")).await;
    let (alice, bob) = (stage.mailbox(&customer, "alice").await, stage.mailbox(&customer, "bob").await);
    let add = format!(
        "mutation {{ shareAdd(mailboxId: \"{alice}\", memberId: \"{bob}\", roles: [WRITE, SEND_AS]) {{ share {{ id roles \
         memberAddress revision }} userErrors {{ code }} }} }}"
    );
    let added = stage.done(&customer.owner, &add).await;
    let share = &added["shareAdd"]["share"];
    assert_eq!(share["roles"], json!(["READ", "WRITE", "SEND_AS"]));
    let member = stage.sign_in("bob@acme.example", PASSWORD).await;
    let refused = stage.ask(&member, &add).await;
    assert!(refused["errors"][0]["extensions"]["code"].is_string(), "a mailbox shares nothing: {refused:#}");
    let mine = "{ sharedWithMe { address folder roles } }";
    let expected = json!([{
        "address": "alice@acme.example",
        "folder": "Shared/alice@acme.example",
        "roles": ["READ", "WRITE", "SEND_AS"],
    }]);
    // The directory follows within moments.
    for _ in 0..200 {
        if stage.done(&member, mine).await["sharedWithMe"] == expected {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(stage.done(&member, mine).await["sharedWithMe"], expected);
    let id = share["id"].as_str().expect("an id");
    let remove = format!(
        "mutation {{ shareRemove(mailboxId: \"{alice}\", shareId: \"{id}\") {{ shareId position userErrors {{ code }} }} }}"
    );
    let removed = stage.done(&customer.owner, &remove).await;
    let place = &removed["shareRemove"]["position"];
    let left = format!("{{ shares(mailboxId: \"{alice}\", atLeast: {place}) {{ nodes {{ id }} }} }}");
    assert_eq!(stage.done(&customer.owner, &left).await["shares"]["nodes"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_finds_its_colleagues_unless_the_domain_has_no_address_book() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "pro")).await;
    stage.mailbox(&customer, "alice").await;
    stage.mailbox(&customer, "bob").await;
    let alice = stage.sign_in("alice@acme.example", PASSWORD).await;
    let book = "{ addressBook { nodes { address } } }";
    let both = json!([{"address": "alice@acme.example"}, {"address": "bob@acme.example"}]);
    assert_eq!(stage.done(&alice, book).await["addressBook"]["nodes"], both);
    let found = stage.done(&alice, "{ addressBook(search: \"BOB\") { nodes { address } } }").await;
    assert_eq!(found["addressBook"]["nodes"], json!([{"address": "bob@acme.example"}]));
    let close = format!(
        "mutation {{ domainSettingsChange(domainId: \"{}\", settings: {{hasAddressBook: false, mtaSts: ENFORCE}}) {{ domain \
         {{ settings {{ hasAddressBook mtaSts notYetInForce }} }} userErrors {{ code }} }} }}",
        customer.domain
    );
    let closed = stage.done(&customer.owner, &close).await;
    let settings = &closed["domainSettingsChange"]["domain"]["settings"];
    assert_eq!((&settings["hasAddressBook"], &settings["mtaSts"]), (&json!(false), &json!("ENFORCE")));
    let alone = json!([{"address": "alice@acme.example"}]);
    assert_eq!(stage.done(&alice, book).await["addressBook"]["nodes"], alone);
    let asked = format!("{{ addressBook(domainId: \"{}\") {{ nodes {{ address }} }} }}", customer.domain);
    assert_eq!(
        stage.done(&customer.owner, &asked).await["addressBook"]["nodes"],
        both,
        "who administers sees all"
    );
    let refused = stage.ask(&customer.owner, book).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], json!("BAD_INPUT"), "{refused:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_domain_s_administrator_keeps_its_tls_policies_and_those_of_no_other() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "custom")).await;
    let stranger = stage.customer(&operator, ("globex", "pro")).await;
    let administrator = crate::refusal::administrator(&stage, &customer, "keeper").await;
    let add = |domain: &str, destination: &str| {
        format!(
            "mutation {{ domainTlsPolicyAdd(accountId: \"{}\", domainId: \"{domain}\", policy: {{ destination: \
             \"{destination}\", level: ENCRYPT }}) {{ tlsPolicy {{ id domainId level }} userErrors {{ code }} }} }}",
            customer.account
        )
    };
    let second = format!(
        "mutation {{ domainAdd(input: {{ serviceId: \"{}\", name: \"second.example\" }}) {{ domain {{ id }} userErrors {{ code }} }} }}",
        customer.service
    );
    let second = stage.done(&customer.owner, &second).await["domainAdd"]["domain"]["id"].clone();
    let second = second.as_str().expect("an id");
    let added = stage.done(&administrator, &add(&customer.domain, "partner.example")).await;
    let policy = &added["domainTlsPolicyAdd"]["tlsPolicy"];
    assert_eq!((&policy["domainId"], &policy["level"]), (&json!(customer.domain), &json!("ENCRYPT")));
    let id = policy["id"].as_str().expect("an id");
    let other = stage.done(&customer.owner, &add(second, "other.example")).await;
    let other = other["domainTlsPolicyAdd"]["tlsPolicy"]["id"].as_str().expect("an id").to_owned();

    let list =
        format!("{{ domainTlsPolicies(accountId: \"{}\") {{ nodes {{ destination }} }} }}", customer.account);
    let listed = |value: &Value| value["domainTlsPolicies"]["nodes"].clone();
    assert_eq!(
        listed(&stage.done(&administrator, &list).await),
        json!([{"destination": "partner.example"}]),
        "of the own domain alone"
    );
    assert_eq!(
        listed(&stage.done(&customer.owner, &list).await),
        json!([{"destination": "partner.example"}, {"destination": "other.example"}])
    );
    // Nothing of another domain, and nothing of the account as a whole.
    let read = |id: &str| {
        format!("{{ domainTlsPolicy(accountId: \"{}\", tlsPolicyId: \"{id}\") {{ id }} }}", customer.account)
    };
    let at = |mutation: &str, domain: &str, id: &str, rest: &str| {
        format!(
            "mutation {{ {mutation}(accountId: \"{}\", domainId: \"{domain}\", tlsPolicyId: \"{id}\"{rest}) \
             {{ userErrors {{ code }} }} }}",
            customer.account
        )
    };
    let change = ", change: { level: NONE }";
    for query in [
        read(&other),
        add(second, "third.example"),
        at("domainTlsPolicyChange", second, &other, change),
        at("domainTlsPolicyRemove", second, &other, ""),
        format!(
            "mutation {{ tlsPolicyAdd(accountId: \"{}\", policy: {{ destination: \"x.example\" }}) {{ userErrors {{ code }} }} }}",
            customer.account
        ),
    ] {
        let answer = stage.ask(&administrator, &query).await;
        assert!(answer["errors"][0].is_object(), "{query}: {answer:#}");
    }
    // By way of the own domain it is not there.
    let astray = stage.ask(&administrator, &at("domainTlsPolicyRemove", &customer.domain, &other, "")).await;
    assert_eq!(astray["data"]["domainTlsPolicyRemove"]["userErrors"][0]["code"], "TLS_POLICY_NOT_FOUND");
    for query in [
        read(id),
        list.clone(),
        add(&customer.domain, "third.example"),
        at("domainTlsPolicyChange", &customer.domain, id, change),
        at("domainTlsPolicyRemove", &customer.domain, id, ""),
    ] {
        let answer = stage.ask(&stranger.owner, &query).await;
        assert!(answer["errors"][0].is_object(), "{query}: {answer:#}");
    }
    stage.done(&administrator, &at("domainTlsPolicyChange", &customer.domain, id, change)).await;
    let removed =
        at("domainTlsPolicyRemove", &customer.domain, id, "").replace("userErrors", "position userErrors");
    let place = stage.done(&administrator, &removed).await["domainTlsPolicyRemove"]["position"].clone();
    let later = list.replace("domainTlsPolicies(", &format!("domainTlsPolicies(atLeast: {place}, "));
    assert_eq!(listed(&stage.done(&administrator, &later).await), json!([]));
}
