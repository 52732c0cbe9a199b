//! A reseller with customers, and what each of them sees.

use serde_json::{Value, json};

use crate::stage::{PASSWORD, Stage, code};

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

async fn opened(stage: &Stage, token: &str, name: &str) -> String {
    let query = format!(
        "mutation {{ subAccountOpen(name: \"{name}\") {{ account {{ id parentId name }} userErrors {{ code }} }} }}"
    );
    text(&stage.done(token, &query).await["subAccountOpen"]["account"]["id"])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reseller_serves_customers_who_see_neither_it_nor_one_another() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let reseller = stage.customer(&operator, ("acme", "custom")).await;
    let refused = stage
        .ask(
            &reseller.owner,
            "mutation { subAccountOpen(name: \"x\") { userErrors { code limits { allowed } } } }",
        )
        .await;
    assert_eq!(refused["data"]["subAccountOpen"]["userErrors"][0]["code"], "SUB_ACCOUNT_LIMIT_REACHED");
    let set = |account: &str| {
        format!(
            "mutation {{ accountResellerSet(accountId: \"{account}\", subAccountCountMax: 5) {{ account {{ subAccountCountMax }} userErrors {{ code }} }} }}"
        )
    };
    assert_eq!(code(&stage.ask(&reseller.owner, &set(&reseller.account)).await), "FORBIDDEN");
    stage.done(&operator, &set(&reseller.account)).await;
    let (first, second) =
        (opened(&stage, &reseller.owner, "One").await, opened(&stage, &reseller.owner, "Two").await);
    let listed = stage
        .done(
            &reseller.owner,
            &format!("{{ accounts(parentId: \"{}\") {{ nodes {{ name }} }} }}", reseller.account),
        )
        .await;
    assert_eq!(listed["accounts"]["nodes"], json!([{ "name": "One" }, { "name": "Two" }]));
    let mut owners = Vec::new();
    for (account, login) in [(&first, "one"), (&second, "two")] {
        let register = format!(
            "mutation {{ userRegister(input: {{ accountId: \"{account}\", login: \"{login}_owner\", password: \"{PASSWORD}\", role: OWNER }}) \
             {{ userErrors {{ code }} }} }}"
        );
        stage.done(&reseller.owner, &register).await;
        owners.push(stage.sign_in(&format!("{login}_owner"), PASSWORD).await);
    }
    let read = |account: &str| format!("{{ account(accountId: \"{account}\") {{ name }} }}");
    assert_eq!(stage.done(&owners[0], &read(&first)).await["account"]["name"], "One");
    for hidden in [&second, &reseller.account] {
        assert_eq!(code(&stage.ask(&owners[0], &read(hidden)).await), "NOT_FOUND");
    }
    let seen = stage.done(&owners[0], "{ accounts { nodes { name } } }").await;
    assert_eq!(seen["accounts"]["nodes"], json!([{ "name": "One" }]));
    // What the reseller does there is told there, as done on the customer's behalf.
    let order = format!(
        "mutation {{ serviceOrder(input: {{ accountId: \"{first}\", planId: \"{}\", planVersion: 1 }}) \
         {{ service {{ id }} userErrors {{ code }} }} }}",
        hosting::plan::plan_id("custom")
    );
    let service = text(&stage.done(&reseller.owner, &order).await["serviceOrder"]["service"]["id"]);
    let at = format!("accountId: \"{first}\", serviceId: \"{service}\"");
    for step in ["serviceActivate", "serviceRestrict", "serviceResume"] {
        stage
            .done(&reseller.owner, &format!("mutation {{ {step}({at}) {{ userErrors {{ code }} }} }}"))
            .await;
    }
    let own = format!("mutation {{ serviceResume({at}) {{ userErrors {{ code }} }} }}");
    assert_eq!(code(&stage.ask(&owners[0], &own).await), "FORBIDDEN");
    let told = stage
        .done(
            &owners[0],
            &format!("{{ history(id: \"{service}\", first: 1) {{ nodes {{ kind actorId onBehalfOf }} }} }}"),
        )
        .await;
    let entry = &told["history"]["nodes"][0];
    assert_eq!((&entry["actorId"], &entry["onBehalfOf"]), (&json!(reseller.user), &json!(first)));
}
