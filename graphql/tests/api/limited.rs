//! What the state of a Box lets its people do, by the API: at once, with words, and as the model says it.

use serde_json::{Value, json};

use crate::stage::{Customer, PASSWORD, Stage, code};

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
    // No argument is at fault, and the words say what can be done.
    let refused = refusals(&stage, owner, &changes[0]).await;
    assert_eq!(refused[0]["field"], Value::Null);
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
    entitled(&stage, &operator, (&customer, "serviceSuspend , reason: NON_PAYMENT")).await;
    let right = stage.try_sign_in("alice@acme.example", PASSWORD).await;
    assert_eq!(code(&right), "SERVICE_SUSPENDED", "{right}");
    let said = right["errors"][0]["message"].as_str().expect("words");
    assert!(said.contains("suspended"), "{said}");
    let wrong = stage.try_sign_in("alice@acme.example", "another password").await;
    assert_eq!(wrong["data"]["signIn"]["userErrors"][0]["code"], json!("WRONG_CREDENTIALS"), "{wrong}");
}
