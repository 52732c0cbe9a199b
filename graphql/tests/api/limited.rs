//! What the state of a Box lets its people do, by the API: at once, with words, and as the model says it.

use graphql::{Closed, Language, NoTaker};
use serde_json::{Value, json};

use crate::stage::{Customer, PASSWORD, Stage, code, knock};

/// What a mutation refused by code.
async fn refusals(stage: &Stage, token: &str, mutation: &str) -> Vec<Value> {
    let answer = stage
        .ask(token, &format!("mutation {{ {mutation} {{ userErrors {{ code field message }} }} }}"))
        .await;
    assert_eq!(answer["errors"], Value::Null, "{mutation}: {answer}");
    let field = mutation.split('(').next().unwrap_or_default();
    answer["data"][field]["userErrors"].as_array().expect("a list").clone()
}

async fn codes(stage: &Stage, token: &str, mutation: &str) -> Vec<String> {
    let refused = refusals(stage, token, mutation).await;
    refused.iter().map(|one| one["code"].as_str().expect("a code").to_owned()).collect()
}

async fn entitled(stage: &Stage, operator: &str, (customer, step): (&Customer, &str)) {
    let (name, more) = step.split_once(' ').unwrap_or((step, ""));
    let at = format!("accountId: \"{}\", serviceId: \"{}\"", customer.account, customer.service);
    assert_eq!(codes(stage, operator, &format!("{name}({at}{more})")).await, [""; 0], "{step}");
}

#[tokio::test(flavor = "multi_thread")]
async fn people_of_a_box_do_what_its_state_lets_them_and_hear_why_not() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "pro")).await;
    let mailbox = stage.mailbox(&customer, "alice").await;
    let owner = customer.owner.as_str();
    let adds = [
        format!("appPasswordAdd(mailboxId: \"{mailbox}\", name: \"phone\", protocols: [IMAP])"),
        format!("filterAdd(mailboxId: \"{mailbox}\", filter: {{ name: \"one\", script: \"keep;\" }})"),
        format!(
            "aliasCreate(input: {{ serviceId: \"{}\", domainId: \"{}\", localPart: \"info\", targets: [\"alice@acme.example\"] }})",
            customer.service, customer.domain
        ),
    ];
    let changes = [
        format!(
            "mailboxSettingsChange(accountId: \"{}\", mailboxId: \"{mailbox}\", settings: {{ imap: false }})",
            customer.account
        ),
        format!(
            "mailboxSettingsChange(accountId: \"{}\", mailboxId: \"{mailbox}\", settings: {{ imap: true }})",
            customer.account
        ),
        format!(
            "domainSettingsChange(domainId: \"{}\", settings: {{ description: \"one\" }})",
            customer.domain
        ),
    ];
    for (step, said, changed) in [
        ("serviceRestrict", "SERVICE_RESTRICTED", None),
        ("serviceSuspend , reason: NON_PAYMENT", "SERVICE_SUSPENDED", Some("SERVICE_SUSPENDED")),
        ("serviceEnd", "SERVICE_ENDED", Some("SERVICE_ENDED")),
    ] {
        entitled(&stage, &operator, (&customer, step)).await;
        for add in &adds {
            assert_eq!(codes(&stage, owner, add).await, [said], "{step}: {add}");
        }
        for change in &changes {
            let refused = codes(&stage, owner, change).await;
            assert_eq!(refused, changed.into_iter().collect::<Vec<_>>(), "{step}: {change}");
        }
        // Whoever asks for help does so in every state.
        let ticket = format!(
            "ticketOpen(input: {{ accountId: \"{}\", subject: \"why\", text: \"please\", kind: TECHNICAL }})",
            customer.account
        );
        assert_eq!(codes(&stage, owner, &ticket).await, [""; 0], "{step}");
    }
    // The argument by which the Box is meant is named, and the words say what can be done.
    for (mutation, field) in [(&adds[1], "mailboxId"), (&adds[2], "serviceId"), (&changes[2], "domainId")] {
        assert_eq!(refusals(&stage, owner, mutation).await[0]["field"], field, "{mutation}");
    }
    let refused = refusals(&stage, owner, &changes[0]).await;
    assert_eq!(refused[0]["field"], "mailboxId");
    assert!(
        refused[0]["message"].as_str().is_some_and(|message| message.contains("bring it back")),
        "{refused:?}"
    );
    // The operator is not held, and the people are not any more once it is given back.
    assert_eq!(codes(&stage, &operator, &changes[1]).await, [""; 0]);
    entitled(&stage, &operator, (&customer, "serviceReactivate")).await;
    entitled(&stage, &operator, (&customer, "serviceResume")).await;
    for mutation in adds.iter().chain(&changes) {
        assert_eq!(codes(&stage, owner, mutation).await, [""; 0], "{mutation}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_of_a_suspended_box_hears_so_with_the_right_password_alone() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "pro")).await;
    stage.mailbox(&customer, "alice").await;
    entitled(&stage, &operator, (&customer, "serviceSuspend , reason: ABUSE")).await;
    let mut right = stage.try_sign_in("alice@acme.example", PASSWORD).await;
    // The door hears of it a moment after it is answered.
    for _ in 0..100 {
        if right["data"]["signIn"]["session"].is_null() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        right = stage.try_sign_in("alice@acme.example", PASSWORD).await;
    }
    assert_eq!(code(&right), "SERVICE_SUSPENDED", "{right}");
    let said = right["errors"][0]["message"].as_str().expect("words");
    assert!(said.contains("suspended"), "{said}");
    let wrong = stage.try_sign_in("alice@acme.example", "another password").await;
    assert_eq!(wrong["data"]["signIn"]["userErrors"][0]["code"], json!("WRONG_CREDENTIALS"), "{wrong}");
}

/// Waits until it is so: who judges sessions and Boxes hears of events a moment after they are answered.
async fn becomes(what: &str, is_so: impl Fn() -> bool) {
    for _ in 0..500 {
        if is_so() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("{what} within five seconds");
}

/// The access token of a sign-in.
fn access_token(answer: &Value) -> String {
    answer["data"]["signIn"]["session"]["accessToken"].as_str().expect("a token").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_whose_box_is_not_paid_comes_for_its_messages_alone() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "pro")).await;
    stage.mailbox(&customer, "alice").await;
    let taker = |token: &str| stage.api.taker(&knock(Language::English, token));
    // Whoever administers it, and whoever may do everything, takes nobody's mail.
    for token in [&customer.owner, &operator] {
        assert_eq!(taker(token).err(), Some(NoTaker::NotOwn));
    }
    assert_eq!(taker("nonsense").err(), Some(NoTaker::Unauthenticated));
    let open = access_token(&stage.try_sign_in("alice@acme.example", PASSWORD).await);
    assert_eq!(taker(&open).expect("its own").closed, None);
    entitled(&stage, &operator, (&customer, "serviceSuspend , reason: NON_PAYMENT")).await;
    let again = access_token(&stage.try_sign_in("alice@acme.example", PASSWORD).await);
    becomes("it is closed", || taker(&open).is_ok_and(|own| own.closed.is_some())).await;
    for token in [&open, &again] {
        let viewer = stage.ask(token, "{ viewer { mailboxId demand } }").await;
        assert_eq!(viewer["data"]["viewer"]["demand"], "EXPORT_ONLY", "{viewer}");
        let more = stage.ask(token, "{ mailboxes(first: 1) { nodes { address } } }").await;
        assert_eq!(code(&more), "SERVICE_SUSPENDED", "{more}");
        let change =
            "mutation { filterAdd(filter: { name: \"one\", script: \"keep;\" }) { userErrors { code } } }";
        assert_eq!(code(&stage.ask(token, change).await), "SERVICE_SUSPENDED");
        let own = taker(token).expect("its own");
        assert_eq!(
            (own.closed.as_ref(), own.address.to_string().as_str()),
            (Some(&Closed::Suspended), "alice@acme.example")
        );
    }
    entitled(&stage, &operator, (&customer, "serviceEnd")).await;
    let ended = || matches!(taker(&again), Ok(own) if matches!(&own.closed, Some(Closed::Ended(Some(day))) if day.len() == 10));
    becomes("it has ended", ended).await;
    let own = taker(&again).expect("its own");
    assert!(stage.api.is_still(&own));
    // What ends the session ends what is under way.
    assert_eq!(codes(&stage, &again, "signOut").await, [""; 0]);
    becomes("the session is over", || !stage.api.is_still(&own)).await;
    let own = taker(&open).expect("another session");
    entitled(&stage, &operator, (&customer, "serviceReactivate")).await;
    entitled(&stage, &operator, (&customer, "serviceResume")).await;
    entitled(&stage, &operator, (&customer, "serviceSuspend , reason: SECURITY")).await;
    becomes("the Box is closed", || !stage.api.is_still(&own)).await;
    assert_eq!(taker(&open).err(), Some(NoTaker::Unauthenticated));
}
