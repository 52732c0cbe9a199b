//! A change of plan, looked at before and made.

use graphql::Language;
use serde_json::{Value, json};

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
    assert_eq!(seen["misfits"], json!([{ "name": "mailboxes", "allowed": 2, "used": 3 }]));
    assert_eq!(
        (&seen["limitsBefore"]["mailboxes"], &seen["limitsAfter"]["mailboxes"]),
        (&25.into(), &2.into())
    );
    assert_eq!(stage.done(&customer.owner, &preview(pro)).await["planChangePreview"]["fits"], true);
    let change = |more: &str| {
        format!(
            "mutation {{ servicePlanChange(accountId: \"{}\", serviceId: \"{}\", planId: \"{solo}\", planVersion: 1{more}) \
             {{ service {{ planId overLimits {{ name allowed used }} }} userErrors {{ code field message limits {{ name \
             allowed used }} }} }} }}",
            customer.account, customer.service
        )
    };
    for (language, words) in [
        (Language::English, "mailboxes, 3 in use and 2 allowed"),
        (Language::French, "boîtes mail, 3 en usage et 2 permis"),
    ] {
        let refused = stage.ask_in(language, &customer.owner, &change(""), json!({})).await;
        let refused = &refused["data"]["servicePlanChange"]["userErrors"][0];
        assert_eq!((&refused["code"], &refused["field"]), (&"PLAN_TOO_SMALL".into(), &"planId".into()));
        assert_eq!(refused["limits"], json!([{ "name": "mailboxes", "allowed": 2, "used": 3 }]));
        assert!(refused["message"].as_str().is_some_and(|message| message.contains(words)), "{refused}");
    }
    assert_eq!(code(&stage.ask(&customer.owner, &change(", isForced: true")).await), "FORBIDDEN");
    let forced = stage.done(&operator, &change(", isForced: true")).await["servicePlanChange"].clone();
    assert_eq!(forced["service"]["planId"], solo.to_string());
    assert_eq!(forced["service"]["overLimits"][0]["name"], "mailboxes");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stays_above_a_smaller_plan_is_told_before_and_after() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "pro")).await;
    let _other = stage.customer(&operator, ("globex", "solo")).await;
    let mailbox = stage.mailbox(&customer, "alice").await;
    for local in ["bob", "carol"] {
        stage.mailbox(&customer, local).await;
    }
    let plans = hosting::plan::catalogue();
    let limits = |slug: &str| &plans.iter().find(|plan| plan.slug == slug).expect("a plan").terms.limits;
    let (pro, solo) = (limits("pro"), limits("solo"));
    let sold = |of: &hosting::plan::PlanLimits, whose| of.sends_sold(whose)[0].expect("a limit");
    let (of_domain, of_mailbox) = (hosting::plan::SendsOf::Domain, hosting::plan::SendsOf::Mailbox);
    assert!(sold(pro, of_mailbox) > sold(solo, of_mailbox) && sold(pro, of_domain) > sold(solo, of_domain));
    let count = solo.temporary_alias_count_max + 1;
    assert!(count <= pro.temporary_alias_count_max);
    let mut place = Value::Null;
    for _ in 0..count {
        let make = format!(
            "mutation {{ temporaryAliasCreate(input: {{ mailboxId: \"{mailbox}\" }}) {{ position userErrors {{ code }} }} }}"
        );
        place = stage.done(&customer.owner, &make).await["temporaryAliasCreate"]["position"].clone();
    }
    stage.done(&customer.owner, &format!("{{ aliases(atLeast: {place}) {{ nodes {{ id }} }} }}")).await;
    for (field, id, most) in
        [("mailbox", &mailbox, sold(pro, of_mailbox)), ("domain", &customer.domain, sold(pro, of_domain))]
    {
        let set = format!(
            "mutation {{ {field}SettingsChange({field}Id: \"{id}\", settings: {{ sendsPerDayMax: {most} }}) {{ {field} {{ id }} \
             userErrors {{ code }} }} }}"
        );
        stage.done(&customer.owner, &set).await;
    }
    let plan = hosting::plan::plan_id("solo");
    let preview = format!(
        "{{ planChangePreview(serviceId: \"{}\", planId: \"{plan}\", planVersion: 1) {{ misfits {{ name }} temporaryAliases {{ \
         name allowed used }} domainsAboveSends mailboxesAboveSends }} }}",
        customer.service
    );
    let seen = stage.done(&customer.owner, &preview).await["planChangePreview"].clone();
    let allowed = solo.temporary_alias_count_max;
    assert_eq!(
        seen["temporaryAliases"],
        json!({ "name": "temporaryAliases", "allowed": allowed, "used": count })
    );
    assert_eq!(
        (&seen["domainsAboveSends"], &seen["mailboxesAboveSends"]),
        (&1.into(), &1.into()),
        "{seen:#}"
    );
    let change = format!(
        "mutation {{ servicePlanChange(accountId: \"{}\", serviceId: \"{}\", planId: \"{plan}\", planVersion: 1, isForced: \
         true) {{ service {{ overLimits {{ name }} }} userErrors {{ code }} }} }}",
        customer.account, customer.service
    );
    let after = stage.done(&operator, &change).await["servicePlanChange"]["service"]["overLimits"].clone();
    assert_eq!(after, seen["misfits"], "what was foretold is what is so");
    assert!(after.as_array().is_some_and(|all| !all.is_empty()), "{after:#}");
    // None of it stands in the way of what is not about it.
    let off = format!(
        "mutation {{ domainSettingsChange(domainId: \"{}\", settings: {{ isActive: false }}) {{ userErrors {{ code }} }} }}",
        customer.domain
    );
    stage.done(&customer.owner, &off).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_price_is_told_before_the_order_and_is_the_one_that_the_order_comes_to() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "custom")).await;
    let _other = stage.customer(&operator, ("globex", "solo")).await;
    let (solo, plan) = (hosting::plan::plan_id("solo"), hosting::plan::plan_id("custom"));
    let price = |plan, more: &str| {
        format!(
            "{{ servicePrice(planId: \"{plan}\", planVersion: 1, cycle: MONTHLY{more}) {{ cycle currency planCents \
             recurringCents limits {{ mailboxes }} additions {{ name included step max monthlyCents }} userErrors {{ code field message }} }} }}"
        )
    };
    let alone = stage.done(&customer.owner, &price(plan, "")).await["servicePrice"].clone();
    assert_eq!(alone["recurringCents"], alone["planCents"]);
    assert_eq!((&alone["cycle"], &alone["currency"]), (&"MONTHLY".into(), &"EUR".into()));
    let mailboxes =
        alone["additions"].as_array().and_then(|all| all.iter().find(|one| one["name"] == "mailboxes"));
    let mailboxes = mailboxes.expect("mailboxes can be added");
    assert_eq!((&mailboxes["included"], &mailboxes["step"]), (&50.into(), &5.into()));
    let more = stage.done(&customer.owner, &price(plan, ", custom: { mailboxes: 55 }")).await["servicePrice"]
        .clone();
    assert_eq!(more["limits"]["mailboxes"], 55);
    let cents = |of: &Value| of["recurringCents"].as_u64().unwrap_or_default();
    assert_eq!(cents(&more), cents(&alone) + mailboxes["monthlyCents"].as_u64().unwrap_or_default());
    let order = format!(
        "mutation {{ serviceOrder(input: {{ accountId: \"{}\", planId: \"{plan}\", planVersion: 1, cycle: MONTHLY, \
         custom: {{ mailboxes: 55 }} }}) {{ service {{ recurringCents }} userErrors {{ code }} }} }}",
        customer.account
    );
    let ordered = stage.done(&operator, &order).await["serviceOrder"]["service"].clone();
    assert_eq!(ordered["recurringCents"], more["recurringCents"]);
    for (plan, wanted, why, said) in [
        (plan, "mailboxes: 52", "CUSTOM_LIMIT_STEP", "mailboxes, 50 and then by 5 up to 5000, not 52"),
        (plan, "mailboxes: 5005", "CUSTOM_LIMIT_ABOVE", "mailboxes, 5005 and at most 5000"),
        (solo, "mailboxes: 55", "CUSTOM_LIMITS_NOT_IN_PLAN", "mailboxes, 2 and not 55"),
    ] {
        let custom = format!(", custom: {{ {wanted} }}");
        let asked = price(plan, &custom);
        let no = stage.ask(&customer.owner, &asked).await["data"]["servicePrice"].clone();
        assert_eq!(
            (&no["userErrors"][0]["code"], &no["recurringCents"], &no["limits"]),
            (&why.into(), &Value::Null, &Value::Null)
        );
        let error = &no["userErrors"][0];
        assert_eq!(error["field"], "custom.mailboxes", "{no}");
        assert!(error["message"].as_str().is_some_and(|message| message.contains(said)), "{no}");
        // What a change would come to says the same.
        let preview = format!(
            "{{ planChangePreview(serviceId: \"{}\", planId: \"{plan}\", planVersion: 1{custom}) {{ fits }} }}",
            customer.service
        );
        let answer = stage.ask(&customer.owner, &preview).await;
        let told = &answer["errors"][0];
        assert_eq!((code(&answer), &told["extensions"]["field"]), ("BAD_INPUT", &"custom.mailboxes".into()));
        assert_eq!(told["message"], error["message"], "{answer}");
    }
    let preview = format!(
        "{{ planChangePreview(serviceId: \"{}\", planId: \"{plan}\", planVersion: 9) {{ fits }} }}",
        customer.service
    );
    let answer = stage.ask(&customer.owner, &preview).await;
    let told = &answer["errors"][0]["extensions"];
    assert_eq!((code(&answer), &told["field"]), ("BAD_INPUT", &"planVersion".into()), "{answer:#}");
    let unknown = price(plan, "").replace("planVersion: 1", "planVersion: 9");
    assert_eq!(code(&stage.ask(&customer.owner, &unknown).await), "NOT_FOUND");
}
