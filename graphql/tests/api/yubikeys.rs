//! YubiKeys that type, before a validation server that plays the real protocol on loopback.

#[path = "../../../platform/yubikey/tests/fake/mod.rs"]
mod fake;

use std::sync::Arc;

use fake::{CLIENT_ID, Manner, SECRET_KEY, changing, server, typed};
use graphql::Language;
use serde_json::{Value, json};
use yubikey::{Caller, Reach, Servers, SystemLookup, Verifier};

use crate::stage::{Customer, PASSWORD, Stage};

const KEY: &str = "cccccccbcjdi";

fn verifier(url: String) -> Verifier {
    let caller =
        Caller::new(Reach::default().with_loopback(), Arc::new(SystemLookup), vec![]).expect("a caller");
    let servers =
        Servers { urls: vec![url], client_id: CLIENT_ID.to_owned(), secret_key: SECRET_KEY.to_owned() };
    Verifier::new(servers, caller).expect("set up")
}

/// A customer of a platform that asks one validation server.
async fn scene(manner: Manner) -> (Stage, Customer) {
    let stage = Stage::open_with(Some(verifier(server(manner).await))).await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "pro")).await;
    (stage, customer)
}

async fn add(stage: &Stage, token: &str, (otp, password): (&str, &str)) -> Value {
    add_as(stage, token, (otp, password), &uuid::Uuid::now_v7().to_string()).await
}

async fn add_as(stage: &Stage, token: &str, (otp, password): (&str, &str), command: &str) -> Value {
    let query = "mutation($otp: String!, $password: String!, $command: UUID!) { yubikeyAdd(otp: $otp, currentPassword: \
         $password, name: \"blue key\", commandId: $command) { secondFactors { isDemanded takesYubikeys yubikeys { id name \
         lastUsedAt } } recoveryCodes userErrors { code field message } } }";
    let variables = json!({ "otp": otp, "password": password, "command": command });
    stage.ask_in(Language::English, token, query, variables).await["data"]["yubikeyAdd"].clone()
}

async fn sign_in(stage: &Stage, login: &str, code: Option<&str>) -> Value {
    sign_in_as(stage, Language::English, (login, code)).await
}

async fn sign_in_as(stage: &Stage, language: Language, (login, code): (&str, Option<&str>)) -> Value {
    let query = "mutation($login: String!, $password: String!, $code: String) { signIn(login: $login, password: $password, \
         code: $code) { session { accessToken } userErrors { code field message } } }";
    let variables = json!({ "login": login, "password": PASSWORD, "code": code });
    stage.ask_in(language, "", query, variables).await["data"]["signIn"].clone()
}

fn refused(answer: &Value) -> &str {
    answer["userErrors"][0]["code"].as_str().unwrap_or("done")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_yubikey_is_the_second_factor_after_the_password() {
    let (stage, customer) = scene(Manner::Honest).await;
    let owner = &customer.owner;
    assert_eq!(refused(&add(&stage, owner, (&typed(KEY, 1), "not my password")).await), "WRONG_CREDENTIALS");
    let other = add(&stage, owner, ("123456", PASSWORD)).await;
    assert_eq!((refused(&other), &other["userErrors"][0]["field"]), ("MALFORMED", &json!("otp")));
    let command = uuid::Uuid::now_v7().to_string();
    let added = add_as(&stage, owner, (&typed(KEY, 2), PASSWORD), &command).await;
    assert_eq!(refused(&added), "done", "{added:#}");
    assert_eq!(added["secondFactors"]["isDemanded"], true);
    assert_eq!(added["secondFactors"]["yubikeys"][0]["name"], "blue key");
    assert!(added["secondFactors"]["yubikeys"][0]["lastUsedAt"].is_string());
    let codes = added["recoveryCodes"].as_array().expect("codes").clone();
    assert_eq!(codes.len(), 10, "with the first factor");
    let repeated = add_as(&stage, owner, (&typed(KEY, 2), PASSWORD), &command).await;
    assert_eq!(refused(&repeated), "done", "a lost answer is asked for again: {repeated:#}");
    assert_eq!(refused(&add(&stage, owner, (&typed(KEY, 2), PASSWORD)).await), "WRONG_SECOND_FACTOR");
    assert_eq!(refused(&add(&stage, owner, (&typed(KEY, 3), PASSWORD)).await), "FACTOR_EXISTS");

    let login = format!("owner_{}", customer.domain_name);
    assert_eq!(refused(&sign_in(&stage, &login, None).await), "SECOND_FACTOR_NEEDED");
    let capitals = typed(KEY, 4).to_uppercase();
    let within = sign_in(&stage, &login, Some(&capitals)).await;
    assert!(within["session"]["accessToken"].is_string(), "{within:#}");
    for (code, why) in [
        (typed(KEY, 4), "good once"),
        (typed(KEY, 1), "typed before, shown after"),
        (typed("cccccccbcjde", 9), "another key"),
        (format!("{KEY}{}", "c".repeat(32)), "no key"),
    ] {
        assert_eq!(refused(&sign_in(&stage, &login, Some(&code)).await), "WRONG_SECOND_FACTOR", "{why}");
    }
    let recovery = codes[0].as_str().expect("a code");
    assert!(sign_in(&stage, &login, Some(recovery)).await["session"]["accessToken"].is_string());
    let token = sign_in(&stage, &login, Some(&typed(KEY, 5))).await["session"]["accessToken"].clone();
    let token = token.as_str().expect("a token");
    let own = stage.done(token, "{ secondFactors { yubikeys { id } } }").await;
    let id = own["secondFactors"]["yubikeys"][0]["id"].as_str().expect("an id").to_owned();
    let remove = format!(
        "mutation {{ secondFactorRemove(factorId: \"{id}\", currentPassword: \"{PASSWORD}\") {{ secondFactors {{ \
         isDemanded }} userErrors {{ code }} }} }}"
    );
    assert_eq!(stage.done(token, &remove).await["secondFactorRemove"]["secondFactors"]["isDemanded"], false);
    assert!(sign_in(&stage, &login, None).await["session"]["accessToken"].is_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_server_answers_the_refusal_says_so_and_recovery_codes_work() {
    let (url, manner) = changing(Manner::Honest).await;
    let stage = Stage::open_with(Some(verifier(url))).await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "pro")).await;
    stage.mailbox(&customer, "alice").await;
    let address = format!("alice@{}", customer.domain_name);
    let alice = stage.sign_in(&address, PASSWORD).await;
    let added = add(&stage, &alice, (&typed(KEY, 1), PASSWORD)).await;
    assert_eq!(refused(&added), "done", "a mailbox's user as well: {added:#}");
    *manner.lock().await = Manner::Broken;
    // More often than a guesser could.
    for touch in 2..12 {
        let away = sign_in(&stage, &address, Some(&typed(KEY, touch))).await;
        assert_eq!(refused(&away), "SECOND_FACTOR_UNREACHABLE", "{away:#}");
        assert_eq!(away["userErrors"][0]["field"], "code");
    }
    let french = sign_in_as(&stage, Language::French, (&address, Some(&typed(KEY, 12)))).await;
    assert!(french["userErrors"][0]["message"].as_str().expect("words").contains("code de secours"));
    let recovery = added["recoveryCodes"][0].as_str().expect("a code");
    let within = sign_in(&stage, &address, Some(recovery)).await;
    assert!(within["session"]["accessToken"].is_string(), "{within:#}");
    let unreachable = add(&stage, &customer.owner, (&typed("cccccccbcjde", 1), PASSWORD)).await;
    assert_eq!(refused(&unreachable), "SECOND_FACTOR_UNREACHABLE", "{unreachable:#}");
    assert_eq!(unreachable["userErrors"][0]["field"], "otp");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_says_yes_to_everything_makes_no_touch_good_twice() {
    let (stage, customer) = scene(Manner::Gullible).await;
    let login = format!("owner_{}", customer.domain_name);
    assert_eq!(refused(&add(&stage, &customer.owner, (&typed(KEY, 1), PASSWORD)).await), "done");
    assert_eq!(refused(&sign_in(&stage, &login, Some(&typed(KEY, 3))).await), "done");
    for touch in [3, 2, 1] {
        let again = sign_in(&stage, &login, Some(&typed(KEY, touch))).await;
        assert_eq!(refused(&again), "WRONG_SECOND_FACTOR", "{touch}");
    }
    assert_eq!(refused(&sign_in(&stage, &login, Some(&typed(KEY, 4))).await), "done");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_operator_names_no_server_no_yubikey_is_added() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "pro")).await;
    let own = stage.done(&customer.owner, "{ secondFactors { takesYubikeys } }").await;
    assert_eq!(own["secondFactors"]["takesYubikeys"], false);
    let query = format!(
        "mutation {{ yubikeyAdd(otp: \"{}\", currentPassword: \"{PASSWORD}\", name: \"x\") {{ userErrors {{ code }} }} }}",
        typed(KEY, 1)
    );
    let answer = stage.ask(&customer.owner, &query).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_INPUT", "{answer:#}");
}
