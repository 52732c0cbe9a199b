//! A change of plan, looked at before and made.

use crate::stage::{Stage, code};

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_names_what_does_not_fit_and_the_change_says_so_as_well() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "pro")).await;
    let _other = stage.customer(&operator, ("globex", "solo")).await;
    for local in ["a", "b", "c"] {
        stage.mailbox(&customer, local).await;
    }
    let (solo, pro) = (hosting::plan::plan_id("solo"), hosting::plan::plan_id("pro"));
    let preview = |plan| {
        format!(
            "{{ planChangePreview(serviceId: \"{}\", planId: \"{plan}\", planVersion: 1) {{ fits misfits {{ name allowed used }} \
             mailboxesAboveQuota limitsBefore {{ mailboxes }} limitsAfter {{ mailboxes }} monthlyCents }} }}",
            customer.service
        )
    };
    let seen = stage.done(&customer.owner, &preview(solo)).await["planChangePreview"].clone();
    assert_eq!(seen["fits"], false);
    assert_eq!(seen["misfits"], serde_json::json!([{ "name": "mailboxes", "allowed": 2, "used": 3 }]));
    assert_eq!(
        (&seen["limitsBefore"]["mailboxes"], &seen["limitsAfter"]["mailboxes"]),
        (&25.into(), &2.into())
    );
    assert_eq!(stage.done(&customer.owner, &preview(pro)).await["planChangePreview"]["fits"], true);
    let change = |more: &str| {
        format!(
            "mutation {{ servicePlanChange(accountId: \"{}\", serviceId: \"{}\", planId: \"{solo}\", planVersion: 1{more}) \
             {{ service {{ planId overLimits {{ name allowed used }} }} userErrors {{ code limits {{ used }} }} }} }}",
            customer.account, customer.service
        )
    };
    let refused = stage.ask(&customer.owner, &change("")).await["data"]["servicePlanChange"].clone();
    assert_eq!(refused["userErrors"][0]["code"], "PLAN_TOO_SMALL");
    assert_eq!(code(&stage.ask(&customer.owner, &change(", isForced: true")).await), "FORBIDDEN");
    let forced = stage.done(&operator, &change(", isForced: true")).await["servicePlanChange"].clone();
    assert_eq!(forced["service"]["planId"], solo.to_string());
    assert_eq!(forced["service"]["overLimits"][0]["name"], "mailboxes");
}
