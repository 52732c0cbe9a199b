//! Signing up, confirming an address, choosing another password: by links, as people do.

use graphql::Language;
use kernel::{NoticeId, UserId};
use notice::Named;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::stage::{PASSWORD, Stage, code, intended_by_nobody, links};

const EMAIL: &str = "zoe@elsewhere.example";

async fn sign_up(stage: &Stage, email: &str, command: Uuid) -> Value {
    let query = "mutation($email: String!, $password: String!, $id: UUID) { signUp(commandId: $id, input: { \
                 email: $email, password: $password, accountName: \"Zoe\" }) { isAccepted userErrors { code field } } }";
    let variables = json!({ "email": email, "password": PASSWORD, "id": command.to_string() });
    stage.ask_in(Language::French, "", query, variables).await["data"]["signUp"].clone()
}

/// A customer who has signed up and confirmed the address; an access token.
async fn signed_up(stage: &Stage) -> String {
    let command = Uuid::now_v7();
    assert_eq!(sign_up(stage, EMAIL, command).await["isAccepted"], true);
    let id = intended_by_nobody(command, "signUp");
    let named = Named { user: UserId::derived(id, 0), notice: NoticeId::derived(id, 0) };
    assert_eq!(verify(stage, &links().token(named)).await, Value::Null);
    stage.sign_in(EMAIL, PASSWORD).await
}

/// The code of the refusal, or null.
async fn verify(stage: &Stage, token: &str) -> Value {
    let query = format!("mutation {{ emailVerify(token: \"{token}\") {{ userErrors {{ code }} }} }}");
    stage.ask("", &query).await["data"]["emailVerify"]["userErrors"][0]["code"].clone()
}

async fn notices(stage: &Stage, token: &str) -> Vec<Value> {
    let answer =
        stage.done(token, "{ notices(first: 100) { nodes { id kind address linkUntil userId } } }").await;
    answer["notices"]["nodes"].as_array().expect("a list").clone()
}

/// Asks for a new password; the token of the link, once it is listed.
async fn reset_token(stage: &Stage, token: &str, login: &str) -> String {
    let asked = format!("mutation {{ passwordResetRequest(login: \"{login}\") {{ isAccepted }} }}");
    stage.done("", &asked).await;
    for _ in 0..100 {
        if let Some(found) = notices(stage, token).await.iter().rfind(|one| one["kind"] == "password_reset") {
            let text = |field: &str| found[field].as_str().expect("an id").to_owned();
            let user = text("userId").parse().expect("an id");
            let notice = text("id").parse().expect("an id");
            return links().token(Named { user, notice });
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("no notice");
}

async fn reset(stage: &Stage, token: &str, password: &str) -> Value {
    let query = format!(
        "mutation {{ passwordReset(token: \"{token}\", newPassword: \"{password}\") {{ userErrors {{ code }} }} }}"
    );
    stage.ask("", &query).await["data"]["passwordReset"]["userErrors"][0]["code"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_signs_up_may_do_nothing_until_the_address_is_confirmed() {
    let stage = Stage::open().await;
    let command = Uuid::now_v7();
    assert_eq!(sign_up(&stage, EMAIL, command).await["isAccepted"], true);
    let token = stage.sign_in(EMAIL, PASSWORD).await;
    for closed in [
        "{ services { nodes { id } } }",
        "{ notices { nodes { id } } }",
        "mutation { ssoTicketIssue { ticket } }",
    ] {
        assert_eq!(code(&stage.ask(&token, closed).await), "EMAIL_VERIFICATION_REQUIRED", "{closed}");
    }
    let viewer = stage.done(&token, "{ viewer { demand } profile { email emailPending language } }").await;
    assert_eq!(viewer["viewer"]["demand"], "EMAIL_VERIFICATION");
    assert_eq!(viewer["profile"], json!({ "email": null, "emailPending": EMAIL, "language": "FRENCH" }));
    let again = stage.ask(&token, "mutation { emailVerificationResend { userErrors { code } } }").await;
    assert_eq!(again["data"]["emailVerificationResend"]["userErrors"][0]["code"], "NOTICE_TOO_SOON");
    let id = intended_by_nobody(command, "signUp");
    let named = Named { user: UserId::derived(id, 0), notice: NoticeId::derived(id, 0) };
    let link = links().token(named);
    assert_eq!(verify(&stage, "hsl_nonsense").await, "LINK_NOT_GOOD");
    assert_eq!(verify(&stage, &link).await, Value::Null);
    assert_eq!(verify(&stage, &link).await, "LINK_NOT_GOOD", "good once");
    stage.done(&token, "{ services { nodes { id } } }").await;
    assert_eq!(notices(&stage, &token).await[0]["kind"], "email_verification");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_learns_by_signing_up_who_has_a_login() {
    let stage = Stage::open().await;
    let token = signed_up(&stage).await;
    let second = sign_up(&stage, EMAIL, Uuid::now_v7()).await;
    assert_eq!(second, json!({ "isAccepted": true, "userErrors": [] }));
    for _ in 0..100 {
        if notices(&stage, &token).await.iter().any(|one| one["kind"] == "login_exists") {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("the login is not told");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_hosted_here_is_no_login_of_a_user() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "family")).await;
    stage.mailbox(&customer, "alice").await;
    let refused = sign_up(&stage, "alice@acme.example", Uuid::now_v7()).await;
    assert_eq!(refused["userErrors"][0]["field"], "input.email");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_password_is_replaced_by_a_link_and_all_sessions_end() {
    let stage = Stage::open().await;
    let token = signed_up(&stage).await;
    let link = reset_token(&stage, &token, EMAIL).await;
    assert_eq!(reset(&stage, "hsl_nonsense", "another long password").await, "LINK_NOT_GOOD");
    assert_eq!(reset(&stage, &link, "short").await, "MALFORMED");
    assert_eq!(reset(&stage, &link, "another long password").await, Value::Null);
    assert_eq!(code(&stage.ask(&token, "{ services { nodes { id } } }").await), "UNAUTHENTICATED");
    assert_eq!(reset(&stage, &link, "yet another password").await, "LINK_NOT_GOOD", "good once");
    stage.sign_in(EMAIL, "another long password").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_to_a_request_for_a_password_is_the_same_for_everybody() {
    let stage = Stage::open().await;
    signed_up(&stage).await;
    let mut answers = Vec::new();
    for login in [EMAIL, "nobody@elsewhere.example"] {
        let start = std::time::Instant::now();
        let query = format!(
            "mutation {{ passwordResetRequest(login: \"{login}\") {{ isAccepted userErrors {{ code }} }} }}"
        );
        answers.push(stage.ask("", &query).await);
        assert!(start.elapsed() >= std::time::Duration::from_millis(400));
    }
    assert_eq!(answers[0], answers[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_changed_by_who_knows_the_password() {
    let stage = Stage::open().await;
    let token = signed_up(&stage).await;
    let change = |password: &str| {
        format!(
            "mutation {{ emailChange(currentPassword: \"{password}\", email: \"new@elsewhere.example\") \
             {{ userErrors {{ code }} position }} }}"
        )
    };
    let wrong = stage.ask(&token, &change("wrong password")).await;
    assert_eq!(wrong["data"]["emailChange"]["userErrors"][0]["code"], "WRONG_CREDENTIALS");
    stage.done(&token, &change(PASSWORD)).await;
    let export = stage.done(&token, "{ personExport }").await;
    let export: Value = serde_json::from_str(export["personExport"].as_str().expect("text")).expect("JSON");
    assert_eq!(export["notices"][0]["address"], EMAIL);
    let profile = stage.done(&token, "{ profile { email emailPending } }").await;
    assert_eq!(profile["profile"], json!({ "email": EMAIL, "emailPending": "new@elsewhere.example" }));
    stage.done(&token, "mutation { languageSet(language: ENGLISH) { userErrors { code } } }").await;
    assert_eq!(stage.done(&token, "{ profile { language } }").await["profile"]["language"], "ENGLISH");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_mistypes_when_signing_up_has_asked_for_nothing() {
    let stage = Stage::open().await;
    for _ in 0..10 {
        let wrong = sign_up(&stage, "no address", Uuid::now_v7()).await;
        assert_eq!(wrong["userErrors"][0]["field"], "input.email", "{wrong:#}");
    }
    assert_eq!(sign_up(&stage, EMAIL, Uuid::now_v7()).await["isAccepted"], true);
    // What is asked for again and again waits, and is told that it was no failure.
    let query = format!(
        "mutation {{ signUp(input: {{ email: \"{EMAIL}\", password: \"{PASSWORD}\", accountName: \"Zoe\" }}) {{ isAccepted }} }}"
    );
    let mut said = String::new();
    for _ in 0..10 {
        let answer = stage.ask("", &query).await;
        if code(&answer) == "THROTTLED" {
            said = answer["errors"][0]["message"].as_str().expect("words").to_owned();
            break;
        }
    }
    assert_eq!(said, "too many requests from your network; try again later");
}
