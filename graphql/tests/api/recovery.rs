//! A mailbox's owner renews a forgotten password at an address elsewhere.

use kernel::{AccountId, MailboxId, NoticeId};
use notice::NamedMailbox;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::stage::{Customer, PASSWORD, Stage, code, intended_by, links};

const ELSEWHERE: &str = "alice@elsewhere.example";
const NEW_PASSWORD: &str = "another long one";

async fn scene() -> (Stage, Customer, String) {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "solo")).await;
    let alice = stage.mailbox(&customer, "alice").await;
    (stage, customer, alice)
}

fn token(customer: &Customer, mailbox: &str, notice: NoticeId) -> String {
    let account: AccountId = customer.account.parse().expect("an id");
    let mailbox: MailboxId = mailbox.parse().expect("an id");
    links().mailbox_token(NamedMailbox { account, mailbox, notice })
}

/// Gives the address; the code of the refusal, or null, and the token of the link.
async fn give(stage: &Stage, (customer, mailbox): (&Customer, &str), password: &str) -> (Value, String) {
    let alice = stage.sign_in("alice@acme.example", PASSWORD).await;
    let command = Uuid::now_v7();
    let query = format!(
        "mutation {{ recoveryAddressSet(currentPassword: \"{password}\", email: \"{ELSEWHERE}\", \
         commandId: \"{command}\") {{ userErrors {{ code }} }} }}"
    );
    let answer = stage.ask(&alice, &query).await;
    let whose = format!("{} Mailbox({mailbox})", customer.account);
    let notice = NoticeId::derived(intended_by(command, &whose, "recoveryAddressSet"), 0);
    let refusal = answer["data"]["recoveryAddressSet"]["userErrors"][0]["code"].clone();
    (refusal, token(customer, mailbox, notice))
}

async fn verify(stage: &Stage, token: &str) -> Value {
    let query = format!("mutation {{ emailVerify(token: \"{token}\") {{ userErrors {{ code }} }} }}");
    stage.ask("", &query).await["data"]["emailVerify"]["userErrors"][0]["code"].clone()
}

async fn reset(stage: &Stage, token: &str) -> Value {
    let query = format!(
        "mutation {{ passwordReset(token: \"{token}\", newPassword: \"{NEW_PASSWORD}\") {{ userErrors {{ code }} }} }}"
    );
    stage.ask("", &query).await["data"]["passwordReset"]["userErrors"][0]["code"].clone()
}

/// The notices to the mailbox, as whoever holds `asker` sees them.
async fn notices(stage: &Stage, asker: &str, mailbox: &str) -> Vec<Value> {
    let query =
        format!("{{ notices(mailboxId: \"{mailbox}\", first: 100) {{ nodes {{ id kind address }} }} }}");
    stage.done(asker, &query).await["notices"]["nodes"].as_array().expect("a list").clone()
}

/// Asks for a new password; the id of the notice.
async fn asked(stage: &Stage, customer: &Customer, mailbox: &str) -> NoticeId {
    let query = "mutation { passwordResetRequest(login: \"alice@acme.example\") { isAccepted } }";
    stage.done("", query).await;
    for _ in 0..100 {
        let listed = notices(stage, &customer.owner, mailbox).await;
        if let Some(found) = listed.iter().rfind(|one| one["kind"] == "password_reset") {
            return found["id"].as_str().expect("an id").parse().expect("an id");
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("no notice");
}

async fn recovery(stage: &Stage, asker: &str, mailbox: &str) -> Value {
    let query = format!(
        "{{ mailbox(mailboxId: \"{mailbox}\") {{ passwordRecovery settings {{ recoveryAddress }} }} }}"
    );
    let found = stage.done(asker, &query).await;
    json!([found["mailbox"]["passwordRecovery"], found["mailbox"]["settings"]["recoveryAddress"]])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_password_is_renewed_at_the_confirmed_address_and_sessions_end() {
    let (stage, customer, alice) = scene().await;
    assert_eq!(recovery(&stage, &customer.owner, &alice).await, json!(["NONE", null]));
    let (wrong, _) = give(&stage, (&customer, &alice), "wrong password").await;
    assert_eq!(wrong, "WRONG_CREDENTIALS");
    let (given, link) = give(&stage, (&customer, &alice), PASSWORD).await;
    assert_eq!(given, Value::Null);
    assert_eq!(recovery(&stage, &customer.owner, &alice).await, json!(["UNCONFIRMED", null]));
    assert_eq!(verify(&stage, &link).await, Value::Null);
    let session = stage.sign_in("alice@acme.example", PASSWORD).await;
    assert_eq!(recovery(&stage, &session, &alice).await, json!(["CONFIRMED", ELSEWHERE]));
    assert_eq!(recovery(&stage, &customer.owner, &alice).await, json!(["CONFIRMED", null]));

    let notice = asked(&stage, &customer, &alice).await;
    let link = token(&customer, &alice, notice);
    let strange = links().mailbox_token(NamedMailbox {
        account: customer.account.parse().expect("an id"),
        mailbox: MailboxId::new(Uuid::from_u128(7)),
        notice,
    });
    assert_eq!(reset(&stage, &strange).await, "LINK_NOT_GOOD");
    assert_eq!(reset(&stage, &link).await, Value::Null);
    assert_eq!(reset(&stage, &link).await, "LINK_NOT_GOOD", "it is good once");
    assert_eq!(code(&stage.ask(&session, "{ viewer { __typename } }").await), "UNAUTHENTICATED");
    stage.sign_in("alice@acme.example", NEW_PASSWORD).await;
    let old = stage.try_sign_in("alice@acme.example", PASSWORD).await;
    assert_eq!(old["data"]["signIn"]["userErrors"][0]["code"], "WRONG_CREDENTIALS");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_recovery_address_is_told_to_nobody_but_the_mailbox() {
    let (stage, customer, alice) = scene().await;
    let (_, link) = give(&stage, (&customer, &alice), PASSWORD).await;
    assert_eq!(verify(&stage, &link).await, Value::Null);
    asked(&stage, &customer, &alice).await;
    let history = format!(
        "{{ history(id: \"{alice}\", first: 100) {{ nodes {{ kind changes {{ field from to }} }} }} }}"
    );
    let history = stage.done(&customer.owner, &history).await.to_string();
    assert!(history.contains("recovery_address_verified") && !history.contains(ELSEWHERE), "{history}");
    let feed = stage
        .ask(&customer.owner, "{ events(first: 100) { nodes { kind changes { field from to } } } }")
        .await;
    let feed = feed.to_string();
    assert!(feed.contains("recovery_verification") && !feed.contains(ELSEWHERE), "{feed}");
    let listed = json!(notices(&stage, &customer.owner, &alice).await).to_string();
    assert!(listed.contains("recovery_verification") && !listed.contains(ELSEWHERE), "{listed}");
    let session = stage.sign_in("alice@acme.example", PASSWORD).await;
    assert!(json!(notices(&stage, &session, &alice).await).to_string().contains(ELSEWHERE));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_forbids_it_and_gives_no_address_in_the_owners_place() {
    let (stage, customer, alice) = scene().await;
    let change = |settings: &str| {
        format!(
            "mutation {{ mailboxSettingsChange(mailboxId: \"{alice}\", settings: {{ {settings} }}) {{ mailbox {{ id }} userErrors {{ code }} }} }}"
        )
    };
    let thief = stage.ask(&customer.owner, &change("recoveryAddress: \"thief@elsewhere.example\"")).await;
    let refusal = &thief["data"]["mailboxSettingsChange"]["userErrors"][0]["code"];
    assert_eq!(refusal, "RECOVERY_ADDRESS_ELSEWHERE", "{thief:#}");
    let (_, link) = give(&stage, (&customer, &alice), PASSWORD).await;
    assert_eq!(verify(&stage, &link).await, Value::Null);
    let notice = asked(&stage, &customer, &alice).await;
    stage.done(&customer.owner, &change("selfService: [FILTERS]")).await;
    assert_eq!(recovery(&stage, &customer.owner, &alice).await, json!(["FORBIDDEN", null]));
    assert_eq!(reset(&stage, &token(&customer, &alice, notice)).await, "LINK_NOT_GOOD");
    let (refusal, _) = give(&stage, (&customer, &alice), PASSWORD).await;
    assert_eq!(refusal, "SETTING_NOT_SELF_SERVICE");
    let session = stage.sign_in("alice@acme.example", PASSWORD).await;
    stage.done(&customer.owner, &change("recoveryAddress: null")).await;
    assert_eq!(recovery(&stage, &session, &alice).await, json!(["NONE", null]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_users_session_gives_no_mailbox_a_recovery_address() {
    let (stage, customer, _) = scene().await;
    let query = format!(
        "mutation {{ recoveryAddressSet(currentPassword: \"{PASSWORD}\", email: \"{ELSEWHERE}\") {{ userErrors {{ code }} }} }}"
    );
    assert_eq!(code(&stage.ask(&customer.owner, &query).await), "FORBIDDEN");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_keeps_its_language_and_time_zone_here() {
    let (stage, customer, alice) = scene().await;
    let session = stage.sign_in("alice@acme.example", PASSWORD).await;
    let profile = "{ profile { login email chosenLanguage timeZone } }";
    let before = stage.done(&session, profile).await["profile"].clone();
    let address = "alice@acme.example";
    let empty = json!({ "login": address, "email": address, "chosenLanguage": null, "timeZone": null });
    assert_eq!(before, empty);
    let choose = "mutation { languageSet(language: FRENCH) { userErrors { code } } \
                  timeZoneSet(timeZone: \"Pacific/Auckland\") { userErrors { code } } }";
    stage.done(&session, choose).await;
    let other = stage.sign_in(address, PASSWORD).await;
    let after = stage.done(&other, profile).await["profile"].clone();
    assert_eq!(
        (&after["chosenLanguage"], &after["timeZone"]),
        (&json!("FRENCH"), &json!("Pacific/Auckland"))
    );
    let wrong = "mutation { timeZoneSet(timeZone: \"nowhere at all\") { userErrors { code } } }";
    let refused = stage.ask(&session, wrong).await;
    assert_eq!(refused["data"]["timeZoneSet"]["userErrors"][0]["code"], "TIME_ZONE_UNKNOWN");
    let history = format!("{{ history(id: \"{alice}\", first: 100) {{ nodes {{ kind }} }} }}");
    let history = stage.done(&customer.owner, &history).await.to_string();
    assert!(
        history.contains("mailbox.language_set") && history.contains("mailbox.time_zone_set"),
        "{history}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_sees_notices_to_people_of_all_accounts_and_finds_no_recovery_address() {
    let (stage, customer, alice) = scene().await;
    let operator = stage.sign_in("operator", PASSWORD).await;
    let (_, link) = give(&stage, (&customer, &alice), PASSWORD).await;
    assert_eq!(verify(&stage, &link).await, Value::Null);
    asked(&stage, &customer, &alice).await;
    let all = "{ platformNotices(first: 100) { nodes { id accountId kind address at } } }";
    let listed = stage.done(&operator, all).await["platformNotices"]["nodes"].clone();
    let nodes = listed.as_array().expect("a list");
    let of_alice = |kind: &str| nodes.iter().find(|one| one["kind"] == kind).expect("a notice").clone();
    assert_eq!(of_alice("password_reset")["accountId"], json!(customer.account));
    assert_eq!(of_alice("password_reset")["address"], json!(null), "it is the mailbox's alone");
    assert_eq!(of_alice("recovery_changing")["address"], json!("alice@acme.example"));
    let moments: Vec<&str> = nodes.iter().map(|one| one["at"].as_str().expect("a moment")).collect();
    assert!(moments.is_sorted_by(|a, b| a >= b), "{moments:?}");
    let mut after = "null".to_owned();
    let mut seen = 0;
    loop {
        let page = format!(
            "{{ platformNotices(first: 1, after: {after}) {{ nodes {{ id }} pageInfo {{ hasNextPage endCursor }} }} }}"
        );
        let page = stage.done(&operator, &page).await["platformNotices"].clone();
        seen += page["nodes"].as_array().map_or(0, Vec::len);
        if page["pageInfo"]["hasNextPage"] != true {
            break;
        }
        after = page["pageInfo"]["endCursor"].to_string();
    }
    assert_eq!(seen, nodes.len());
    let of = |address: &str| format!("{{ platformNotices(address: \"{address}\") {{ nodes {{ kind }} }} }}");
    let own = stage.done(&operator, &of("alice@acme.example")).await.to_string();
    assert!(own.contains("recovery_changing") && !own.contains("password_reset"), "{own}");
    let elsewhere = stage.done(&operator, &of(ELSEWHERE)).await["platformNotices"]["nodes"].clone();
    assert_eq!(elsewhere, json!([]), "whose recovery address it is, is found by nobody");
    assert_eq!(code(&stage.ask(&customer.owner, all).await), "NOT_FOUND");
}
