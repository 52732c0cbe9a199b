//! An account keeps an owner.

use serde_json::json;

use crate::stage::{PASSWORD, Stage};

#[tokio::test(flavor = "multi_thread")]
async fn the_last_owner_stays_one_unless_somebody_above_decides_otherwise() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "custom")).await;
    let (account, owner) = (&customer.account, &customer.user);
    let errors = "userErrors { code }";
    let remove = |user: &str| {
        format!("mutation {{ userRemove(accountId: \"{account}\", userId: \"{user}\") {{ {errors} }} }}")
    };
    let disable = |user: &str| {
        format!("mutation {{ userDisable(accountId: \"{account}\", userId: \"{user}\") {{ {errors} }} }}")
    };
    let refused = json!([{ "code": "LAST_OWNER" }]);
    let ask = async |token: &str, mutation: &str| stage.ask(token, mutation).await["data"].clone();
    assert_eq!(ask(&customer.owner, &remove(owner)).await["userRemove"]["userErrors"], refused);
    assert_eq!(ask(&customer.owner, &disable(owner)).await["userDisable"]["userErrors"], refused);
    let register = format!(
        "mutation {{ userRegister(input: {{ login: \"second\", password: \"{PASSWORD}\", role: OWNER }}) {{ user {{ id }} \
         {errors} }} }}"
    );
    let second = stage.done(&customer.owner, &register).await["userRegister"]["user"]["id"].clone();
    let second = second.as_str().expect("an id").to_owned();
    let token = stage.sign_in("second", PASSWORD).await;
    // Both are there: one may make the other something else, and is the last one then.
    let demote = format!(
        "mutation {{ userChange(userId: \"{owner}\", change: {{ role: DOMAIN_ADMINISTRATOR, domainIds: [\"{}\"] }}) {{ \
         user {{ role }} {errors} }} }}",
        customer.domain
    );
    let demoted = stage.done(&token, &demote).await;
    assert_eq!(demoted["userChange"]["user"]["role"], "DOMAIN_ADMINISTRATOR");
    assert_eq!(ask(&token, &remove(&second)).await["userRemove"]["userErrors"], refused);
    let why = disable(&second).replace("code", "message");
    let french = stage.ask_in(graphql::Language::French, &token, &why, json!({})).await;
    let french = french["data"]["userDisable"]["userErrors"][0]["message"].clone();
    assert!(french.as_str().is_some_and(|sentence| sentence.contains("propriétaire")), "{french}");
    assert_eq!(ask(&operator, &disable(&second)).await["userDisable"]["userErrors"], json!([]));
    assert_eq!(ask(&operator, &remove(&second)).await["userRemove"]["userErrors"], json!([]));
}
