//! Who has come and who has tried, as the owner sees it; and passwords that are guessed first.

use serde_json::{Value, json};

use crate::stage::{Customer, PASSWORD, Stage, code};

async fn scene() -> (Stage, Customer) {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "pro")).await;
    (stage, customer)
}

async fn seen(stage: &Stage, token: &str, arguments: &str) -> Vec<(String, String, i64)> {
    let query =
        format!("{{ signIns{arguments} {{ protocol outcome network device count firstAt lastAt }} }}");
    let answer = stage.done(token, &query).await;
    let rows = answer["signIns"].as_array().expect("rows").clone();
    let text = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
    let mut seen: Vec<_> = rows
        .iter()
        .map(|row| {
            assert_eq!(
                (text(row, "network"), text(row, "device")),
                ("127.0.0.0/24".to_owned(), "test".to_owned())
            );
            (text(row, "protocol"), text(row, "outcome"), row["count"].as_i64().unwrap_or_default())
        })
        .collect();
    seen.sort();
    seen
}

#[tokio::test(flavor = "multi_thread")]
async fn everyone_sees_who_came_by_their_login_and_who_tried() {
    let (stage, customer) = scene().await;
    let mailbox = stage.mailbox(&customer, "alice").await;
    let address = format!("alice@{}", customer.domain_name);
    let alice = stage.sign_in(&address, PASSWORD).await;
    for password in ["a wrong one", "another wrong one"] {
        stage.try_sign_in(&address, password).await;
    }
    let own = seen(&stage, &alice, "").await;
    let row = |outcome: &str, count| ("WEB".to_owned(), outcome.to_owned(), count);
    // Of the right password: as often as it took until the new mailbox was heard of.
    assert_eq!(own.iter().filter(|one| one.1 == "SUCCESS").map(|one| one.2).sum::<i64>(), 1);
    assert!(
        own.contains(&row("WRONG_PASSWORD", 2))
            || own.iter().any(|one| one.1 == "WRONG_PASSWORD" && one.2 >= 2)
    );
    let at = format!("(mailboxId: \"{mailbox}\")");
    assert_eq!(seen(&stage, &customer.owner, &at).await, own, "an administrator of the account as well");
    let owner = seen(&stage, &customer.owner, "").await;
    assert!(owner.iter().all(|one| one.1 != "WRONG_PASSWORD" || one.2 < 2), "each sees the own: {owner:?}");
    let others = format!("{{ signIns(userId: \"{}\") {{ outcome }} }}", customer.user);
    assert_eq!(code(&stage.ask(&alice, &others).await), "NOT_FOUND");
    assert_eq!(code(&stage.ask(&alice, "{ signIns(first: 101) { outcome } }").await), "BAD_INPUT");
    let exported = stage.done(&alice, "{ personExport }").await;
    let exported: Value =
        serde_json::from_str(exported["personExport"].as_str().expect("text")).expect("JSON");
    assert!(exported["signIns"].as_array().is_some_and(|rows| !rows.is_empty()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_is_guessed_first_is_refused_wherever_it_is_chosen() {
    let (stage, customer) = scene().await;
    let mailbox = stage.mailbox(&customer, "alice").await;
    let alice = stage.sign_in(&format!("alice@{}", customer.domain_name), PASSWORD).await;
    let weak = "password12";
    let (service, domain, user) = (&customer.service, &customer.domain, &customer.user);
    for (token, field, mutation) in [
        (
            &alice,
            "passwordChange",
            format!("passwordChange(currentPassword: \"{PASSWORD}\", newPassword: \"{weak}\")"),
        ),
        (
            &customer.owner,
            "mailboxPasswordSet",
            format!("mailboxPasswordSet(mailboxId: \"{mailbox}\", password: \"{weak}\")"),
        ),
        (
            &customer.owner,
            "userPasswordSet",
            format!("userPasswordSet(userId: \"{user}\", password: \"{weak}\")"),
        ),
        (
            &customer.owner,
            "userRegister",
            format!("userRegister(input: {{ login: \"someone\", password: \"{weak}\", role: OWNER }})"),
        ),
        (
            &customer.owner,
            "servicePasswordChange",
            format!("servicePasswordChange(serviceId: \"{service}\", password: \"{weak}\")"),
        ),
        (
            &customer.owner,
            "mailboxCreate",
            format!(
                "mailboxCreate(place: {{ serviceId: \"{service}\", domainId: \"{domain}\" }}, mailbox: {{ localPart: \"bob\", \
             quotaBytes: 1048576, password: \"{weak}\" }})"
            ),
        ),
    ] {
        let answer = stage
            .ask(token, &format!("mutation {{ {mutation} {{ userErrors {{ code field message }} }} }}"))
            .await;
        let refusal = &answer["data"][field]["userErrors"][0];
        assert_eq!(refusal["code"], "PASSWORD_WEAK", "{field}: {answer:#}");
        assert!(
            refusal["field"].as_str().is_some_and(|name| name.to_lowercase().ends_with("password")),
            "{refusal:#}"
        );
    }
    let french = format!(
        "mutation {{ passwordChange(currentPassword: \"{PASSWORD}\", newPassword: \"{weak}\") {{ userErrors {{ message }} }} }}"
    );
    let french = stage.ask_in(graphql::Language::French, &alice, &french, json!({})).await;
    let words =
        french["data"]["passwordChange"]["userErrors"][0]["message"].as_str().unwrap_or_default().to_owned();
    assert!(words.contains("mots de passe"), "{words}");
}
