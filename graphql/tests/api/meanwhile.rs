//! Two who change one thing at once: everywhere the later one is told what was found, and nothing of it is done.

use serde_json::{Value, json};

use crate::stage::{Customer, PASSWORD, Stage};

/// A change of something that exists: the mutation, how it names the thing, and two changes of it.
struct Form {
    mutation: &'static str,
    thing: String,
    first: &'static str,
    second: &'static str,
}

fn of(answer: &Value, path: &str) -> String {
    let found = path.split('.').fold(answer, |value, step| &value[step]);
    found.as_str().unwrap_or_else(|| panic!("{path} is not in {answer:#}")).to_owned()
}

/// Everything that a form changes, each made and named.
async fn forms(stage: &Stage, customer: &Customer) -> Vec<Form> {
    let (owner, domain) = (&customer.owner, &customer.domain);
    let mailbox = stage.mailbox(customer, "alice").await;
    let done = async |query: String, path: &str| of(&stage.done(owner, &query).await, path);
    let errors = "userErrors { code field message }";
    let alias = done(
        format!(
            "mutation {{ aliasCreate(input: {{ serviceId: \"{}\", domainId: \"{domain}\", localPart: \"info\", targets: \
             [\"alice@{}\"] }}) {{ alias {{ id }} {errors} }} }}",
            customer.service, customer.domain_name
        ),
        "aliasCreate.alias.id",
    )
    .await;
    let map = done(
        format!(
            "mutation {{ addressMapAdd(input: {{ domainId: \"{domain}\", kind: RECIPIENT_COPY, from: \"@{0}\", to: \
             \"alice@{0}\" }}) {{ addressMap {{ id }} {errors} }} }}",
            customer.domain_name
        ),
        "addressMapAdd.addressMap.id",
    )
    .await;
    let policy = done(
        format!(
            "mutation {{ tlsPolicyAdd(policy: {{ destination: \"else.example\", level: ENCRYPT }}) {{ tlsPolicy {{ id }} \
             {errors} }} }}"
        ),
        "tlsPolicyAdd.tlsPolicy.id",
    )
    .await;
    let policy_of_domain = done(
        format!(
            "mutation {{ domainTlsPolicyAdd(domainId: \"{domain}\", policy: {{ destination: \"else.example\" }}) \
             {{ tlsPolicy {{ id }} {errors} }} }}"
        ),
        "domainTlsPolicyAdd.tlsPolicy.id",
    )
    .await;
    let relay = done(
        format!(
            "mutation {{ senderRelayAdd(domainId: \"{domain}\", relay: {{ host: \"smtp.else.example\", login: \"us\", \
             password: \"p\" }}) {{ senderRelay {{ id }} {errors} }} }}"
        ),
        "senderRelayAdd.senderRelay.id",
    )
    .await;
    let script = "name: \"own\", script: \"keep;\"";
    let filter = done(
        format!("mutation {{ filterAdd(mailboxId: \"{mailbox}\", filter: {{ {script} }}) {{ filter {{ id }} {errors} }} }}"),
        "filterAdd.filter.id",
    )
    .await;
    let of_domain = done(
        format!(
            "mutation {{ domainFilterAdd(domainId: \"{domain}\", filter: {{ {script} }}) {{ filter {{ id }} {errors} }} }}"
        ),
        "domainFilterAdd.filter.id",
    )
    .await;
    let form = |mutation, thing, first, second| Form { mutation, thing, first, second };
    vec![
        form(
            "domainSettingsChange",
            format!("domainId: \"{domain}\""),
            "settings: { description: \"one\" }",
            "settings: { description: \"two\" }",
        ),
        form(
            "mailboxSettingsChange",
            format!("mailboxId: \"{mailbox}\""),
            "settings: { tags: [\"one\"] }",
            "settings: { tags: [\"two\"] }",
        ),
        form(
            "aliasSettingsChange",
            format!("aliasId: \"{alias}\""),
            "settings: { privateComment: \"one\" }",
            "settings: { privateComment: \"two\" }",
        ),
        form(
            "addressMapChange",
            format!("domainId: \"{domain}\", addressMapId: \"{map}\""),
            "change: { comment: \"one\" }",
            "change: { comment: \"two\" }",
        ),
        form(
            "senderRelayChange",
            format!("domainId: \"{domain}\", senderRelayId: \"{relay}\""),
            "change: { isActive: false }",
            "change: { isActive: true }",
        ),
        form(
            "tlsPolicyChange",
            format!("tlsPolicyId: \"{policy}\""),
            "change: { comment: \"one\" }",
            "change: { comment: \"two\" }",
        ),
        form(
            "domainTlsPolicyChange",
            format!("domainId: \"{domain}\", tlsPolicyId: \"{policy_of_domain}\""),
            "change: { comment: \"one\" }",
            "change: { comment: \"two\" }",
        ),
        form(
            "filterChange",
            format!("mailboxId: \"{mailbox}\", filterId: \"{filter}\""),
            "change: { description: \"one\" }",
            "change: { description: \"two\" }",
        ),
        form(
            "domainFilterChange",
            format!("domainId: \"{domain}\", filterId: \"{of_domain}\""),
            "change: { description: \"one\" }",
            "change: { description: \"two\" }",
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_change_one_thing_the_later_is_told_and_changes_nothing() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "pro")).await;
    let other = format!(
        "mutation {{ userRegister(input: {{ login: \"second_owner\", password: \"{PASSWORD}\", role: OWNER }}) \
         {{ userErrors {{ code }} }} }}"
    );
    stage.done(&customer.owner, &other).await;
    let all = forms(&stage, &customer).await;
    let second = stage.sign_in("second_owner", PASSWORD).await;
    for Form { mutation, thing, first, second: later } in all {
        let change = |what: &str, revision: u32| {
            format!(
                "mutation {{ {mutation}({thing}, {what}, revision: {revision}) {{ userErrors {{ code field message limits \
                 {{ name allowed used }} }} }} }}"
            )
        };
        stage.done(&customer.owner, &change(first, 0)).await;
        let stale = stage.ask(&second, &change(later, 0)).await;
        let error = &stale["data"][mutation]["userErrors"][0];
        assert_eq!(error["code"], "SETTINGS_CHANGED_MEANWHILE", "{mutation}: {stale:#}");
        // The limit names what is there and what was read.
        assert_eq!(error["limits"], json!([{ "name": "revision", "allowed": 1, "used": 0 }]), "{mutation}");
        // Whoever looks again may go on, and no change was counted for the one that was refused.
        stage.done(&second, &change(later, 1)).await;
        let stale = stage.ask(&customer.owner, &change(first, 1)).await;
        assert_eq!(
            stale["data"][mutation]["userErrors"][0]["limits"],
            json!([{ "name": "revision", "allowed": 2, "used": 1 }]),
            "{mutation}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_add_one_domain_to_an_account_at_once_one_has_it() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "custom")).await;
    let other = stage.customer(&operator, ("globex", "custom")).await;
    // In two services of the account, which have no event in common.
    let second = crate::within::service(&stage, &operator, &customer).await;
    let add = |service: &str| {
        format!(
            "mutation {{ domainAdd(input: {{ serviceId: \"{service}\", name: \"twice.example\" }}) \
             {{ domain {{ id }} userErrors {{ code field }} }} }}"
        )
    };
    let asked = (0..8).map(|number| {
        let query = add(if number % 2 == 0 { &customer.service } else { &second });
        let (stage, owner) = (&stage, &customer.owner);
        async move { stage.ask(owner, &query).await["data"]["domainAdd"].clone() }
    });
    let answers = futures_util::future::join_all(asked).await;
    let (added, refused): (Vec<_>, Vec<_>) =
        answers.iter().partition(|answer| answer["userErrors"] == json!([]));
    assert_eq!(added.len(), 1, "{answers:#?}");
    for answer in refused {
        assert_eq!(answer["userErrors"], json!([{ "code": "DOMAIN_ADDED", "field": "name" }]));
    }
    // Which account has it is for the proof to decide.
    stage.done(&other.owner, &add(&other.service)).await;
    // Removed, it is free again.
    let remove = format!(
        "mutation {{ domainRemove(domainId: {}) {{ userErrors {{ code }} }} }}",
        added[0]["domain"]["id"]
    );
    stage.done(&customer.owner, &remove).await;
    stage.done(&customer.owner, &add(&second)).await;
}
