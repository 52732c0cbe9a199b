//! What the owner of an account keeps from the administrator of a domain, and gives back.

use serde_json::{Value, json};

use crate::refusal::administrator;
use crate::stage::{PASSWORD, Stage, code};

/// Each right with something that takes it, in the domain and the mailbox that the administrator looks after.
fn takes(domain: &str, mailbox: &str) -> Vec<(&'static str, String)> {
    let errors = "userErrors { code field message }";
    vec![
        (
            "SYNC_JOBS",
            format!(
                "syncJobAdd(mailboxId: \"{mailbox}\", job: {{ host: \"imap.else.example\", user: \"u\", password: \"p\" }}) {{ {errors} }}"
            ),
        ),
        (
            "FILTERS",
            format!(
                "domainFilterAdd(domainId: \"{domain}\", filter: {{ name: \"x\", script: \"keep;\" }}) {{ {errors} }}"
            ),
        ),
        (
            "ADDRESS_MAPS",
            format!(
                "addressMapAdd(input: {{ domainId: \"{domain}\", kind: RECIPIENT_COPY, from: \"alice\", to: \"a@else.example\" }}) {{ {errors} }}"
            ),
        ),
        (
            "RELAYS",
            format!(
                "senderRelayAdd(domainId: \"{domain}\", relay: {{ host: \"smtp.else.example\", login: \"u\", password: \"p\" }}) {{ {errors} }}"
            ),
        ),
        (
            "TLS_POLICIES",
            format!(
                "domainTlsPolicyAdd(domainId: \"{domain}\", policy: {{ destination: \"else.example\" }}) {{ {errors} }}"
            ),
        ),
        (
            "APP_PASSWORDS",
            format!(
                "appPasswordAdd(mailboxId: \"{mailbox}\", name: \"phone\", protocols: [IMAP]) {{ {errors} }}"
            ),
        ),
        (
            "SPAM_LISTS",
            format!(
                "domainSettingsChange(domainId: \"{domain}\", settings: {{ deniedSenders: [\"*@spam.example\"] }}) {{ {errors} }}"
            ),
        ),
        (
            "SEND_LIMITS",
            format!(
                "mailboxSettingsChange(mailboxId: \"{mailbox}\", settings: {{ sendsPerDayMax: 5 }}) {{ {errors} }}"
            ),
        ),
        (
            "PROTOCOLS",
            format!(
                "mailboxSettingsChange(mailboxId: \"{mailbox}\", settings: {{ imap: false }}) {{ {errors} }}"
            ),
        ),
        (
            "SEND_AS",
            format!(
                "mailboxSettingsChange(mailboxId: \"{mailbox}\", settings: {{ sendAs: [\"info@acme.example\"] }}) {{ {errors} }}"
            ),
        ),
        (
            "PUSH_DESTINATIONS",
            format!(
                "pushAdd(mailboxId: \"{mailbox}\", push: {{ kind: NTFY, name: \"x\", url: \"https://ntfy.else.example/x\" }}) {{ {errors} }}"
            ),
        ),
        ("HELD_MAIL", "suppressionAdd(address: \"gone@else.example\") { userErrors { code } }".to_owned()),
        (
            "DOMAIN_SETTINGS",
            format!(
                "domainSettingsChange(domainId: \"{domain}\", settings: {{ description: \"ours\" }}) {{ {errors} }}"
            ),
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_withheld_from_an_administrator_is_refused_by_its_name_until_it_is_given_back() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "custom")).await;
    let mailbox = stage.mailbox(&customer, "alice").await;
    let number = crate::trace::queue(&stage, &customer, &mailbox, "friend@else.example").await;
    let keeper = administrator(&stage, &customer, "keeper").await;
    let beside = administrator(&stage, &customer, "beside").await;
    let users = stage.done(&customer.owner, "{ users { nodes { id login revision withheld } } }").await;
    let found =
        users["users"]["nodes"].as_array().expect("users").iter().find(|user| user["login"] == "keeper");
    let user = found.expect("the administrator")["id"].clone();
    let mut takes = takes(&customer.domain, &mailbox);
    // Of held mail what reaches the domain: the list is the whole account's.
    takes[11].1 = format!(
        "queueHold(which: {{ number: {number}, domainId: \"{}\" }}) {{ userErrors {{ code }} }}",
        customer.domain
    );
    let withhold = async |rights: &str, revision: u64| {
        let change = format!(
            "mutation {{ userChange(userId: {user}, change: {{ withheld: [{rights}] }}, revision: {revision}) {{ user {{ withheld \
             revision }} userErrors {{ code }} }} }}"
        );
        stage.done(&customer.owner, &change).await["userChange"]["user"].clone()
    };
    let all: Vec<&str> = takes.iter().map(|(right, _)| *right).collect();
    assert_eq!(all.len(), authority::AdministratorRight::ALL.len(), "each right is tried");
    let mut revision = 0;
    for (right, change) in &takes {
        let told = withhold(right, revision).await;
        revision += 1;
        assert_eq!(told, json!({ "withheld": [right], "revision": revision }));
        let answer = stage.ask(&keeper, &format!("mutation {{ {change} }}")).await;
        assert_eq!(code(&answer), "WITHHELD", "{right}: {answer:#}");
        let viewer = stage.done(&keeper, "{ viewer { withheld } }").await;
        assert_eq!(viewer["viewer"]["withheld"], json!([right]));
    }
    // Nothing else is kept, of nobody else, and it comes back.
    let told = withhold("", revision).await;
    assert_eq!(told["withheld"], json!([]));
    for (right, change) in &takes {
        // Sending less is the account's own of a domain, and a mailbox's is its administrators'.
        let done: Value = stage.done(&keeper, &format!("mutation {{ {change} }}")).await;
        assert!(done.is_object(), "{right}");
    }
    withhold(&all.join(", "), revision + 1).await;
    let other = format!(
        "mutation {{ domainSettingsChange(domainId: \"{}\", settings: {{ tags: [\"x\"] }}) {{ userErrors {{ code }} }} }}",
        customer.domain
    );
    assert_eq!(code(&stage.ask(&keeper, &other).await), "WITHHELD");
    stage.done(&beside, &other).await;
    // Mailboxes are none of it, and nobody gives themselves anything back.
    let name = format!(
        "mutation {{ mailboxDisplayNameChange(mailboxId: \"{mailbox}\", displayName: \"A\") {{ userErrors {{ code }} }} }}"
    );
    stage.done(&keeper, &name).await;
    let own = format!(
        "mutation {{ userChange(userId: {user}, change: {{ withheld: [] }}) {{ userErrors {{ code }} }} }}"
    );
    assert!(stage.ask(&keeper, &own).await["errors"][0].is_object());
    // The owner of the mailbox is no administrator: what is left to owners is theirs.
    let alice = stage.sign_in("alice@acme.example", PASSWORD).await;
    let filter =
        "mutation { filterAdd(filter: { name: \"own\", script: \"keep;\" }) { userErrors { code } } }";
    stage.done(&alice, filter).await;
    let sentence = stage.ask_in(graphql::Language::French, &keeper, &other, json!({})).await;
    let sentence = sentence["errors"][0]["message"].as_str().expect("a sentence").to_owned();
    assert!(sentence.contains("réglages des domaines"), "{sentence}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_withheld_is_left_to_no_owner_of_a_mailbox_and_the_refusal_names_the_right_and_the_field() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "custom")).await;
    let mailbox = stage.mailbox(&customer, "alice").await;
    let keeper = administrator(&stage, &customer, "keeper").await;
    let users = stage.done(&customer.owner, "{ users { nodes { id login } } }").await;
    let found =
        users["users"]["nodes"].as_array().expect("users").iter().find(|user| user["login"] == "keeper");
    let withhold = format!(
        "mutation {{ userChange(userId: {}, change: {{ withheld: [FILTERS, PROTOCOLS] }}) {{ userErrors {{ code }} }} }}",
        found.expect("the administrator")["id"]
    );
    stage.done(&customer.owner, &withhold).await;
    let set = |settings: &str| {
        format!(
            "mutation {{ mailboxSettingsChange(mailboxId: \"{mailbox}\", settings: {{ {settings} }}) {{ userErrors {{ code }} }} }}"
        )
    };
    // To take it from the owner is no gift, and what is not withheld is left as before.
    stage.done(&keeper, &set("selfService: [DISPLAY_NAME]")).await;
    stage.done(&keeper, &set("selfService: [DISPLAY_NAME, SYNC_JOBS]")).await;
    let answer = stage.ask(&keeper, &set("selfService: [DISPLAY_NAME, FILTERS]")).await;
    let told = &answer["errors"][0]["extensions"];
    assert_eq!(
        (&told["code"], &told["right"], &told["field"]),
        (&json!("WITHHELD"), &json!("FILTERS"), &json!("settings.selfService")),
        "{answer:#}"
    );
    let sentence = answer["errors"][0]["message"].as_str().expect("a sentence");
    assert!(sentence.contains("filters"), "{sentence}");
    // What is asked for itself is named by its right alone.
    let answer = stage.ask(&keeper, &set("imap: false, selfService: [FILTERS]")).await;
    let told = &answer["errors"][0]["extensions"];
    assert_eq!((&told["right"], &told["field"]), (&json!("PROTOCOLS"), &Value::Null), "{answer:#}");
    stage.done(&customer.owner, &set("selfService: [DISPLAY_NAME, FILTERS]")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_let_nobody_send_gives_no_share_that_sends_and_makes_aliases_that_do_not() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "custom")).await;
    let (alice, bob) = (stage.mailbox(&customer, "alice").await, stage.mailbox(&customer, "bob").await);
    let keeper = administrator(&stage, &customer, "keeper").await;
    let users = stage.done(&customer.owner, "{ users { nodes { id login } } }").await;
    let found =
        users["users"]["nodes"].as_array().expect("users").iter().find(|user| user["login"] == "keeper");
    let withhold = format!(
        "mutation {{ userChange(userId: {}, change: {{ withheld: [SEND_AS] }}) {{ userErrors {{ code }} }} }}",
        found.expect("the administrator")["id"]
    );
    stage.done(&customer.owner, &withhold).await;
    let share = |roles: &str| {
        format!(
            "mutation {{ shareAdd(mailboxId: \"{alice}\", memberId: \"{bob}\", roles: [{roles}]) {{ share {{ id }} userErrors \
             {{ code }} }} }}"
        )
    };
    for roles in ["SEND_AS, READ", "SEND_ON_BEHALF"] {
        assert_eq!(code(&stage.ask(&keeper, &share(roles)).await), "WITHHELD", "{roles}");
    }
    let added = stage.done(&keeper, &share("READ")).await["shareAdd"]["share"]["id"].clone();
    let more = format!(
        "mutation {{ shareChange(mailboxId: \"{alice}\", shareId: {added}, roles: [READ, SEND_AS]) {{ userErrors {{ code }} }} }}"
    );
    assert_eq!(code(&stage.ask(&keeper, &more).await), "WITHHELD");
    let create = |local: &str| {
        format!(
            "mutation {{ aliasCreate(input: {{ serviceId: \"{}\", domainId: \"{}\", localPart: \"{local}\", targets: \
             [\"alice@acme.example\"] }}) {{ alias {{ id settings {{ letsTargetsSend }} }} userErrors {{ code }} }} }}",
            customer.service, customer.domain
        )
    };
    let made = stage.done(&keeper, &create("boss")).await["aliasCreate"]["alias"].clone();
    assert_eq!(made["settings"]["letsTargetsSend"], false);
    let let_send = format!(
        "mutation {{ aliasSettingsChange(aliasId: {}, settings: {{ letsTargetsSend: true }}) {{ userErrors {{ code }} }} }}",
        made["id"]
    );
    assert_eq!(code(&stage.ask(&keeper, &let_send).await), "WITHHELD");
    let made = stage.done(&customer.owner, &create("chief")).await["aliasCreate"]["alias"].clone();
    assert_eq!(made["settings"]["letsTargetsSend"], true);
    let lead = format!(
        "mutation {{ aliasTargetsChange(aliasId: {}, targets: [\"alice@acme.example\", \"bob@acme.example\"]) {{ userErrors \
         {{ code }} }} }}",
        made["id"]
    );
    assert_eq!(code(&stage.ask(&keeper, &lead).await), "WITHHELD");
    stage.done(&customer.owner, &lead).await;
}
