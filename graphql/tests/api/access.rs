//! Signing in, tokens, and that what is revoked is revoked.

use graphql::Language;
use serde_json::json;

use crate::stage::{PASSWORD, Stage, code, knock};

const VIEWER: &str = "{ viewer { accountId userId mailboxId apiTokenId } }";

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_is_good_once_and_its_reuse_ends_the_session() {
    let stage = Stage::open().await;
    stage.operator().await;
    let signed_in = stage.try_sign_in("Operator", PASSWORD).await;
    let session = &signed_in["data"]["signIn"]["session"];
    let refresh = |token: &serde_json::Value| {
        format!(
            "mutation {{ sessionRefresh(refreshToken: {token}) {{ session {{ accessToken refreshToken }} userErrors {{ code }} }} }}"
        )
    };
    let refreshed = stage.done("", &refresh(&session["refreshToken"])).await;
    let second = refreshed["sessionRefresh"]["session"].clone();
    let access = second["accessToken"].as_str().expect("a token");
    stage.done(access, VIEWER).await;
    let reused = stage.ask("", &refresh(&session["refreshToken"])).await;
    assert_eq!(
        reused["data"]["sessionRefresh"]["userErrors"][0]["code"], "REFRESH_TOKEN_REUSED",
        "{reused:#}"
    );
    assert_eq!(reused["data"]["sessionRefresh"]["session"], json!(null));
    // The thief's and the owner's tokens are void alike.
    assert_eq!(code(&stage.ask(access, VIEWER).await), "UNAUTHENTICATED");
    assert_eq!(code(&stage.ask("", &refresh(&second["refreshToken"])).await), "UNAUTHENTICATED");
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_voids_the_access_token() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    stage.done(&operator, "mutation { signOut { userErrors { code } } }").await;
    assert_eq!(code(&stage.ask(&operator, VIEWER).await), "UNAUTHENTICATED");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_token_carries_no_more_than_its_scopes_and_is_shown_once() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "solo")).await;
    let issue = format!(
        "mutation {{ apiTokenIssue(input: {{ userId: \"{}\", name: \"reader\", permissions: [\"mailbox:read\"] }}, \
         commandId: \"6d1f2a44-3f0f-4a44-9c52-0f8b5f7a1c02\") {{ apiToken {{ id permissions }} secret userErrors {{ code message }} }} }}",
        customer.user
    );
    let issued = stage.done(&customer.owner, &issue).await;
    let secret = issued["apiTokenIssue"]["secret"].as_str().expect("a secret").to_owned();
    let again = stage.done(&customer.owner, &issue).await;
    assert_eq!(again["apiTokenIssue"]["secret"], json!(null));
    assert_eq!(again["apiTokenIssue"]["apiToken"], issued["apiTokenIssue"]["apiToken"]);
    stage.done(&secret, "{ mailboxes { nodes { id } } viewer { apiTokenId } }").await;
    assert_eq!(code(&stage.ask(&secret, "{ domains { nodes { id } } }").await), "FORBIDDEN");
    let create = stage
        .ask(&secret, &format!(
            "mutation {{ mailboxCreate(place: {{ serviceId: \"{}\", domainId: \"{}\" }}, mailbox: {{ localPart: \"x\", quotaBytes: 1 }}) {{ position }} }}",
            customer.service, customer.domain
        ))
        .await;
    assert_eq!(code(&create), "FORBIDDEN");
    let id = &issued["apiTokenIssue"]["apiToken"]["id"];
    let revoke = format!(
        "mutation {{ apiTokenRevoke(userId: \"{}\", apiTokenId: {id}) {{ apiToken {{ revokedAt }} userErrors {{ code }} }} }}",
        customer.user
    );
    assert!(
        stage.done(&customer.owner, &revoke).await["apiTokenRevoke"]["apiToken"]["revokedAt"].is_string()
    );
    eventually_refused(&stage, &secret).await;
    // Half a secret is none.
    assert_eq!(code(&stage.ask(&secret[..secret.len() - 1], VIEWER).await), "UNAUTHENTICATED");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_user_is_out_at_once() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "solo")).await;
    stage.done(&customer.owner, VIEWER).await;
    stage
        .done(&operator, &format!("mutation {{ userDisable(accountId: \"{}\", userId: \"{}\") {{ user {{ isDisabled }} userErrors {{ code }} }} }}", customer.account, customer.user))
        .await;
    eventually_refused(&stage, &customer.owner).await;
    let refused = stage.try_sign_in(&format!("owner_{}", customer.domain_name), PASSWORD).await;
    assert_eq!(refused["data"]["signIn"]["session"], json!(null));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_password_ends_the_sessions_and_the_old_one_opens_nothing() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "solo")).await;
    let change = |current: &str| {
        format!(
            "mutation {{ passwordChange(currentPassword: \"{current}\", newPassword: \"a new long password\") {{ userErrors {{ code }} }} }}"
        )
    };
    let wrong = stage.ask(&customer.owner, &change("not the password")).await;
    assert_eq!(wrong["data"]["passwordChange"]["userErrors"][0]["code"], "WRONG_CREDENTIALS");
    stage.done(&customer.owner, &change(PASSWORD)).await;
    eventually_refused(&stage, &customer.owner).await;
    let login = format!("owner_{}", customer.domain_name);
    let old = stage.try_sign_in(&login, PASSWORD).await;
    assert_eq!(old["data"]["signIn"]["userErrors"][0]["code"], "WRONG_CREDENTIALS");
    stage.sign_in(&login, "a new long password").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guesser_is_throttled() {
    let stage = Stage::open().await;
    stage.operator().await;
    let mut throttled = false;
    for _ in 0..8 {
        let answer = stage.try_sign_in("operator", "a wrong password").await;
        throttled = code(&answer) == "THROTTLED";
        if throttled {
            assert!(answer["errors"][0]["extensions"]["retryAfterSeconds"].as_u64() > Some(0), "{answer:#}");
        }
    }
    assert!(throttled);
    // Not even the right one, now.
    assert_eq!(code(&stage.try_sign_in("operator", PASSWORD).await), "THROTTLED");
    // From elsewhere its owner comes in.
    let sign_in = format!(
        "mutation {{ signIn(login: \"operator\", password: \"{PASSWORD}\") {{ session {{ accessToken }} }} }}"
    );
    let mut elsewhere = knock(Language::English, "");
    elsewhere.peer = "198.51.100.7".parse().expect("an address");
    let body = serde_json::to_vec(&json!({ "query": sign_in })).expect("JSON");
    let (answer, _) = stage.api.answer(elsewhere, &body).await.expect("answered");
    let answer: serde_json::Value = serde_json::from_slice(&answer).expect("JSON");
    assert!(answer["data"]["signIn"]["session"]["accessToken"].is_string(), "{answer:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_fails_waits_alike_whether_there_is_such_a_login_or_not() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "solo")).await;
    stage.mailbox(&customer, "alice").await;
    let mut seen = Vec::new();
    for (login, peer) in [
        ("operator", "198.51.100.21"),
        ("alice@acme.example", "198.51.100.22"),
        ("nobody", "198.51.100.23"),
        ("nobody@acme.example", "198.51.100.24"),
    ] {
        let mut answers = Vec::new();
        for round in 0..7 {
            let query = format!(
                "mutation {{ signIn(login: \"{login}\", password: \"wrong number {round}\") {{ userErrors {{ code }} }} }}"
            );
            let mut stranger = knock(Language::English, "");
            stranger.peer = peer.parse().expect("an address");
            let body = serde_json::to_vec(&json!({ "query": query })).expect("JSON");
            let (answer, _) = stage.api.answer(stranger, &body).await.expect("answered");
            let answer: serde_json::Value = serde_json::from_slice(&answer).expect("JSON");
            answers.push(match code(&answer) {
                "" => answer["data"]["signIn"]["userErrors"][0]["code"].as_str().expect("a code").to_owned(),
                code => code.to_owned(),
            });
        }
        seen.push(answers);
    }
    assert_eq!(seen[0][..5], vec!["WRONG_CREDENTIALS".to_owned(); 5]);
    assert_eq!(seen[0][5..], vec!["THROTTLED".to_owned(); 2]);
    assert!(seen.iter().all(|answers| *answers == seen[0]), "{seen:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_signs_in_and_sees_itself_alone() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "solo")).await;
    let alice = stage.mailbox(&customer, "alice").await;
    let bob = stage.mailbox(&customer, "bob").await;
    let token = stage.sign_in("alice@acme.example", PASSWORD).await;
    let seen = stage
        .done(
            &token,
            &format!("{{ mailbox(mailboxId: \"{alice}\") {{ address }} mailboxes {{ nodes {{ id }} }} }}"),
        )
        .await;
    assert_eq!(seen["mailbox"]["address"], "alice@acme.example");
    assert_eq!(seen["mailboxes"]["nodes"], json!([{ "id": alice }]));
    assert_eq!(
        code(&stage.ask(&token, &format!("{{ mailbox(mailboxId: \"{bob}\") {{ address }} }}")).await),
        "NOT_FOUND"
    );
    stage
        .done(
            &customer.owner,
            &format!("mutation {{ mailboxDisable(mailboxId: \"{alice}\") {{ userErrors {{ code }} }} }}"),
        )
        .await;
    eventually_refused(&stage, &token).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_domain_administrator_looks_after_that_domain_alone() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "custom")).await;
    let alice = stage.mailbox(&customer, "alice").await;
    let added = stage
        .done(&customer.owner, &format!("mutation {{ domainAdd(input: {{ serviceId: \"{}\", name: \"other.example\" }}) {{ domain {{ id }} userErrors {{ code }} }} }}", customer.service))
        .await;
    let other = added["domainAdd"]["domain"]["id"].as_str().expect("an id");
    stage
        .done(&customer.owner, &format!(
            "mutation {{ userRegister(input: {{ login: \"mailadmin_acme\", password: \"{PASSWORD}\", role: DOMAIN_ADMINISTRATOR, \
             domainIds: [\"{}\"] }}) {{ user {{ role domainIds }} userErrors {{ code message }} }} }}",
            customer.domain
        ))
        .await;
    let administrator = stage.sign_in("mailadmin_acme", PASSWORD).await;
    let seen = stage.done(&administrator, "{ domains { nodes { id } } mailboxes { nodes { id } } }").await;
    assert_eq!(seen["domains"]["nodes"], json!([{ "id": customer.domain }]));
    assert_eq!(seen["mailboxes"]["nodes"], json!([{ "id": alice }]));
    assert_eq!(
        code(&stage.ask(&administrator, &format!("{{ domain(domainId: \"{other}\") {{ id }} }}")).await),
        "NOT_FOUND"
    );
    stage.done(&administrator, &format!("mutation {{ mailboxDisplayNameChange(mailboxId: \"{alice}\", displayName: \"A\") {{ mailbox {{ displayName }} userErrors {{ code }} }} }}")).await;
    assert_eq!(code(&stage.ask(&administrator, "{ users { nodes { id } } }").await), "NOT_FOUND");
}

/// Revocations are in force within 5 s, normally at once.
async fn eventually_refused(stage: &Stage, token: &str) {
    for _ in 0..100 {
        if code(&stage.ask(token, VIEWER).await) == "UNAUTHENTICATED" {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the credential still opens");
}
