//! Contracts and the facts of a service, by the API.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use graphql::{Language, NoBytes, Wanted};
use hosting::calendar::{CivilDate, withdrawal_until};
use serde_json::{Value, json};

use crate::stage::{PASSWORD, Stage, code, knock};

/// SHA-256 of `abc` (FIPS 180-2, appendix B.1).
const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

async fn publish(stage: &Stage, operator: &str, (version, text): (u32, &str)) -> String {
    let content = STANDARD.encode(text);
    let published = stage
        .done(operator, &format!(
            "mutation {{ documentPublish(input: {{ kind: CGV, language: FR, version: {version}, title: \"CGV\", \
             contentBase64: \"{content}\", mediaType: TEXT }}) {{ document {{ id version sha256 sizeBytes status path }} \
             userErrors {{ code }} }} }}"
        ))
        .await;
    let document = &published["documentPublish"]["document"];
    assert_eq!(document["status"], "CURRENT");
    document["id"].as_str().expect("an id").to_owned()
}

fn order(plan: &str, accept: &str) -> String {
    format!(
        "mutation {{ serviceOrder(input: {{ planId: \"{}\", planVersion: 1, cycle: MONTHLY{accept} }}) \
         {{ service {{ id }} userErrors {{ code field }} }} }}",
        hosting::plan::plan_id(plan)
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_accepted_is_served_for_ever_to_those_who_may_see_the_service() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "solo")).await;
    let stranger = stage.customer(&operator, ("globex", "solo")).await;
    let series = publish(&stage, &operator, (1, "abc")).await;
    let refused = stage.ask(&customer.owner, &order("solo", "")).await;
    assert_eq!(
        refused["data"]["serviceOrder"]["userErrors"][0]["code"], "CONTRACT_NOT_ACCEPTED",
        "{refused:#}"
    );
    let accept = format!(
        ", accept: {{ documents: [{{ documentId: \"{series}\", version: 1 }}], shownText: \"J'accepte\" }}"
    );
    let ordered = stage.done(&customer.owner, &order("solo", &accept)).await;
    let service = ordered["serviceOrder"]["service"]["id"].as_str().expect("an id").to_owned();
    publish(&stage, &operator, (2, "another")).await;
    let contracts = format!(
        "{{ contracts(serviceId: \"{service}\") {{ version kind language title sha256 sizeBytes method shownSha256 userId path }} }}"
    );
    let mut told = stage.done(&customer.owner, &contracts).await;
    for _ in 0..100 {
        if told["contracts"] != json!([]) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        told = stage.done(&customer.owner, &contracts).await;
    }
    let accepted = &told["contracts"][0];
    assert_eq!((&accepted["sha256"], &accepted["version"]), (&json!(ABC), &json!(1)), "{told:#}");
    assert_eq!((&accepted["method"], &accepted["userId"]), (&json!("PAGE"), &json!(customer.user)));
    assert!(accepted["shownSha256"].as_str().is_some_and(|hash| hash.len() == 64));
    let wanted = Wanted::Accepted(customer.account.parse().expect("an id"), service.parse().expect("an id"));
    let served = |token: &str| {
        let knock = knock(Language::English, token);
        let (api, wanted) = (&stage.api, wanted.clone());
        async move { api.document(&knock, &wanted, ABC).await }
    };
    assert_eq!(served(&customer.owner).await.expect("bytes").octets, b"abc");
    assert_eq!(served(&stranger.owner).await, Err(NoBytes::NotFound));
    assert_eq!(served("").await, Err(NoBytes::Unauthenticated));
    let past = stage.done(&stranger.owner, "{ documents(isPast: true) { version status } }").await;
    let statuses = json!([{ "version": 2, "status": "CURRENT" }, { "version": 1, "status": "SUPERSEDED" }]);
    assert_eq!(past["documents"], statuses);
    let named = contracts.replace("serviceId:", &format!("accountId: \"{}\", serviceId:", customer.account));
    assert_eq!(code(&stage.ask(&stranger.owner, &named).await), "NOT_FOUND");
    assert_eq!(
        stage.done(&stranger.owner, &contracts).await["contracts"],
        json!([]),
        "not theirs, so not there"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_signs_for_nobody_and_the_customer_s_own_acceptance_is_added() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "solo")).await;
    let series = publish(&stage, &operator, (1, "abc")).await;
    let accept = |version: u32| {
        format!(
            "mutation {{ contractAccept(accountId: \"{}\", serviceId: \"{}\", input: {{ documents: [{{ documentId: \
             \"{series}\", version: {version} }}] }}) {{ contracts {{ version method userId }} userErrors {{ code field }} }} }}",
            customer.account, customer.service
        )
    };
    let on_paper = stage.done(&operator, &accept(1)).await["contractAccept"]["contracts"].clone();
    assert_eq!(on_paper[0]["method"], "PAPER", "{on_paper:#}");
    let both = stage.done(&customer.owner, &accept(1)).await["contractAccept"]["contracts"].clone();
    let methods: Vec<&Value> = both.as_array().expect("contracts").iter().map(|one| &one["method"]).collect();
    assert_eq!(methods, [&json!("PAPER"), &json!("PAGE")], "{both:#}");
    assert_eq!(both[1]["userId"], json!(customer.user));
    let unknown = stage.ask(&customer.owner, &accept(7)).await;
    assert_eq!(
        unknown["data"]["contractAccept"]["userErrors"],
        json!([{ "code": "DOCUMENT_NOT_CURRENT", "field": "input.documents" }])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_is_not_in_force_in_the_past_and_nobody_accepts_nothing() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "solo")).await;
    let publish = |from: &str| {
        format!(
            "mutation {{ documentPublish(input: {{ kind: CGV, language: FR, version: 1, title: \"CGV\", contentBase64: \
             \"YWJj\", mediaType: TEXT, effectiveFrom: \"{from}\" }}) {{ document {{ status }} userErrors {{ code field \
             message limits {{ name allowed }} }} }} }}"
        )
    };
    for (language, words) in
        [(Language::English, "today or later"), (Language::French, "aujourd’hui ou plus tard")]
    {
        let refused = stage.ask_in(language, &operator, &publish("2001-01-01T00:00:00Z"), json!({})).await;
        let refused = &refused["data"]["documentPublish"]["userErrors"][0];
        assert_eq!(
            (&refused["code"], &refused["field"]),
            (&json!("EFFECTIVE_PAST"), &json!("effectiveFrom"))
        );
        assert_eq!(refused["limits"], json!([{ "name": "hours", "allowed": 24 }]));
        assert!(refused["message"].as_str().is_some_and(|message| message.contains(words)), "{refused}");
    }
    let later = stage.done(&operator, &publish("2999-01-01T00:00:00Z")).await;
    assert_eq!(later["documentPublish"]["document"]["status"], "UPCOMING");
    let accept = format!(
        "mutation {{ contractAccept(serviceId: \"{}\", input: {{ documents: [] }}) {{ userErrors {{ code field }} }} }}",
        customer.service
    );
    let refused = stage.ask(&customer.owner, &accept).await;
    assert_eq!(
        refused["data"]["contractAccept"]["userErrors"],
        json!([{ "code": "ACCEPTANCE_EMPTY", "field": "input.documents" }])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_tells_its_facts_in_plain_words() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "solo")).await;
    let query = format!(
        "{{ service(serviceId: \"{}\") {{ stateText registeredOn dueOn withdrawalUntil cycle currency recurringCents paymentMethod \
         username server dataCentre {{ name }} }} }}",
        customer.service
    );
    let answer = stage.ask_in(Language::French, &customer.owner, &query, json!({})).await;
    let facts = &answer["data"]["service"];
    assert_eq!(facts["stateText"], "Actif", "{answer:#}");
    assert_eq!((&facts["cycle"], &facts["currency"]), (&json!("ANNUAL"), &json!("EUR")));
    assert_eq!((&facts["recurringCents"], &facts["paymentMethod"]), (&json!(2500), &json!("NONE_YET")));
    assert_eq!(
        (&facts["username"], &facts["server"]),
        (&json!("mailadmin_acme.example"), &json!("mail.example"))
    );
    let day = |value: &Value| value.as_str().expect("a day").to_owned();
    let (registered, due) = (day(&facts["registeredOn"]), day(&facts["dueOn"]));
    assert!(registered.len() == 10 && due > registered, "{registered} {due}");
    // Until then a consumer withdraws; not from what is over.
    let parts: Vec<u32> = registered.split('-').map(|part| part.parse().expect("a number")).collect();
    let ordered = CivilDate::new(parts[0].into(), parts[1], parts[2]).expect("a day");
    assert_eq!(facts["withdrawalUntil"], withdrawal_until(ordered).to_string());
    let preview = stage
        .done(&customer.owner, &format!(
            "{{ planChangePreview(serviceId: \"{}\", planId: \"{}\", planVersion: 1) {{ featuresLost featuresGained }} }}",
            customer.service, hosting::plan::plan_id("solo")
        ))
        .await;
    assert_eq!(preview["planChangePreview"], json!({ "featuresLost": [], "featuresGained": [] }));
    let end = format!(
        "mutation {{ serviceEnd(serviceId: \"{}\") {{ service {{ entitlement withdrawalUntil }} userErrors {{ code }} }} }}",
        customer.service
    );
    let ended = stage.done(&customer.owner, &end).await["serviceEnd"]["service"].clone();
    assert_eq!(ended, json!({ "entitlement": "ENDED", "withdrawalUntil": null }));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_changes_the_plan_is_told_what_of_the_lost_is_in_use() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "pro")).await;
    // With a customer of it that plan is there.
    stage.customer(&operator, ("other", "solo")).await;
    let rule = |kind: &str, from: &str| {
        format!(
            "mutation {{ addressMapAdd(input: {{domainId: \"{}\", kind: {kind}, from: \"{from}\", to: \"a@else.example\"}}) \
             {{ position userErrors {{ code }} }} }}",
            customer.domain
        )
    };
    stage.done(&customer.owner, &rule("SENDER_COPY", "alice")).await;
    let added = stage.done(&customer.owner, &rule("RECIPIENT", "bob")).await;
    let place = &added["addressMapAdd"]["position"];
    stage.done(&customer.owner, &format!("{{ addressMaps(atLeast: {place}) {{ nodes {{ id }} }} }}")).await;
    let preview = stage
        .done(&customer.owner, &format!(
            "{{ planChangePreview(serviceId: \"{}\", planId: \"{}\", planVersion: 1) {{ featuresLostInUse {{ feature count }} }} }}",
            customer.service, hosting::plan::plan_id("solo")
        ))
        .await;
    let lost = &preview["planChangePreview"]["featuresLostInUse"];
    assert_eq!(
        *lost,
        json!([{ "feature": "BCC_MAPS", "count": 1 }]),
        "a rewritten recipient is no copy: {preview:#}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_password_of_a_service_is_its_administrators_and_must_be_replaced() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "solo")).await;
    let change = format!(
        "mutation {{ servicePasswordChange(serviceId: \"{}\", password: \"another long one\") \
         {{ service {{ id }} userErrors {{ code }} }} }}",
        customer.service
    );
    let refused = stage.ask(&customer.owner, &change).await;
    assert_eq!(
        refused["data"]["servicePasswordChange"]["userErrors"][0]["code"], "USER_NOT_FOUND",
        "{refused:#}"
    );
    let register = format!(
        "mutation {{ userRegister(input: {{ login: \"mailadmin_acme.example\", password: \"{PASSWORD}\", \
         role: DOMAIN_ADMINISTRATOR, domainIds: [\"{}\"] }}) {{ user {{ id }} userErrors {{ code message }} }} }}",
        customer.domain
    );
    stage.done(&customer.owner, &register).await;
    let before = stage.sign_in("mailadmin_acme.example", PASSWORD).await;
    stage.done(&customer.owner, &change).await;
    let mut told = Value::Null;
    for _ in 0..100 {
        told = stage.ask(&before, "{ viewer { __typename } }").await;
        if code(&told) == "UNAUTHENTICATED" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(code(&told), "UNAUTHENTICATED", "its sessions have ended");
    let after = stage.sign_in("mailadmin_acme.example", "another long one").await;
    assert_eq!(code(&stage.ask(&after, "{ domains { nodes { id } } }").await), "PASSWORD_CHANGE_REQUIRED");
}
