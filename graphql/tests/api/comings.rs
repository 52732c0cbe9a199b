//! Temporary aliases, renamed and restored mailboxes, as their owners and administrators use them.

use serde_json::{Value, json};

use crate::stage::{PASSWORD, Stage, code};

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_makes_shortens_and_deletes_temporary_aliases() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "solo")).await;
    let mailbox = stage.mailbox(&customer, "alice").await;
    let alice = stage.sign_in("alice@acme.example", PASSWORD).await;
    let create = "mutation { temporaryAliasCreate(input: {}) { alias { id address targets mailboxId expiresAt } userErrors { code } } }";
    let made = stage.done(&alice, create).await["temporaryAliasCreate"]["alias"].clone();
    assert_eq!(made["targets"], json!(["alice@acme.example"]));
    assert_eq!(text(&made["mailboxId"]), mailbox);
    let id = text(&made["id"]);
    let chosen = "mutation { temporaryAliasCreate(input: { localPart: \"shop\" }) { alias { address } userErrors { code } } }";
    let made = stage.done(&alice, chosen).await;
    assert_eq!(made["temporaryAliasCreate"]["alias"]["address"], "shop@acme.example");
    let taken = stage.ask(&alice, chosen).await;
    assert_eq!(taken["data"]["temporaryAliasCreate"]["userErrors"][0]["code"], "ADDRESS_TAKEN");
    let official =
        "mutation { temporaryAliasCreate(input: { localPart: \"webmaster\" }) { userErrors { code } } }";
    let kept = stage.ask(&alice, official).await;
    assert_eq!(kept["data"]["temporaryAliasCreate"]["userErrors"][0]["code"], "ADDRESS_RESERVED");
    let shorten = format!(
        "mutation {{ aliasExpiryChange(aliasId: \"{id}\", expiresAt: \"2027-01-01T00:00:00Z\") {{ alias {{ expiresAt }} position userErrors {{ code }} }} }}"
    );
    let shortened = stage.done(&alice, &shorten).await;
    assert_eq!(shortened["aliasExpiryChange"]["alias"]["expiresAt"], "2027-01-01T00:00:00.000Z");
    let past = shorten.replace("2027", "2020");
    let refused = stage.ask(&alice, &past).await;
    assert_eq!(refused["data"]["aliasExpiryChange"]["userErrors"][0]["code"], "EXPIRY_PAST");
    let permanent = format!(
        "mutation {{ aliasExpiryChange(aliasId: \"{id}\", expiresAt: null) {{ alias {{ expiresAt mailboxId }} userErrors {{ code field }} }} }}"
    );
    let own = stage.ask(&alice, &permanent).await;
    let expected = json!([{ "code": "SETTING_NOT_SELF_SERVICE", "field": "expiresAt" }]);
    assert_eq!(own["data"]["aliasExpiryChange"]["userErrors"], expected);
    let forgotten =
        format!("mutation {{ aliasExpiryChange(aliasId: \"{id}\") {{ userErrors {{ code }} }} }}");
    assert_eq!(code(&stage.ask(&customer.owner, &forgotten).await), "BAD_INPUT");
    let place = &shortened["aliasExpiryChange"]["position"];
    let listed =
        stage.done(&alice, &format!("{{ aliases(atLeast: {place}) {{ nodes {{ address }} }} }}")).await;
    assert_eq!(listed["aliases"]["nodes"].as_array().expect("a list").len(), 2);
    let kept = stage.done(&customer.owner, &permanent).await;
    assert_eq!(kept["aliasExpiryChange"]["alias"], json!({ "expiresAt": null, "mailboxId": null }));
    assert_eq!(
        code(
            &stage
                .ask(
                    &alice,
                    &format!("mutation {{ aliasDelete(aliasId: \"{id}\") {{ userErrors {{ code }} }} }}")
                )
                .await
        ),
        "NOT_FOUND"
    );
    stage
        .done(
            &customer.owner,
            &format!("mutation {{ aliasDelete(aliasId: \"{id}\") {{ userErrors {{ code }} }} }}"),
        )
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_says_what_a_temporary_alias_is_for_and_changes_nothing_else_of_it() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "solo")).await;
    stage.mailbox(&customer, "alice").await;
    stage.mailbox(&customer, "bob").await;
    let alice = stage.sign_in("alice@acme.example", PASSWORD).await;
    let bob = stage.sign_in("bob@acme.example", PASSWORD).await;
    let create = "mutation { temporaryAliasCreate(input: { description: \"Shop\" }) \
        { alias { id settings { revision description } } userErrors { code } } }";
    let made = stage.done(&alice, create).await["temporaryAliasCreate"]["alias"].clone();
    assert_eq!(made["settings"], json!({ "revision": 1, "description": "Shop" }));
    let change = |settings: &str| {
        format!(
            "mutation {{ aliasSettingsChange(aliasId: {}, settings: {settings}, revision: 1) \
             {{ alias {{ settings {{ description }} }} userErrors {{ code }} }} }}",
            made["id"]
        )
    };
    for (who, settings) in [
        (&bob, "{ description: \"Mine\" }"),
        (&alice, "{ isActive: false }"),
        (&alice, "{ description: \"x\", publicComment: \"x\" }"),
    ] {
        let refused = stage.ask(who, &change(settings)).await;
        assert!(["NOT_FOUND", "FORBIDDEN"].contains(&code(&refused)), "{settings}: {refused}");
    }
    let done = stage.done(&alice, &change("{ description: \"A shop\" }")).await;
    assert_eq!(done["aliasSettingsChange"]["alias"]["settings"]["description"], "A shop");
    let again = stage.ask(&alice, &change("{ description: \"Another\" }")).await;
    assert_eq!(again["data"]["aliasSettingsChange"]["userErrors"][0]["code"], "SETTINGS_CHANGED_MEANWHILE");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alias_whose_mail_is_thrown_away_is_made_in_one_step() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "pro")).await;
    let create = |name: &str, rest: &str| {
        format!(
            "mutation {{ aliasCreate(input: {{ serviceId: \"{}\", domainId: \"{}\", localPart: \"{name}\", {rest} }}) \
             {{ alias {{ targets settings {{ disposition privateComment }} }} userErrors {{ code field }} }} }}",
            customer.service, customer.domain
        )
    };
    let void = create("void", "settings: { disposition: DISCARD, privateComment: \"old\" }");
    let made = stage.done(&customer.owner, &void).await["aliasCreate"]["alias"].clone();
    let settings = json!({ "disposition": "DISCARD", "privateComment": "old" });
    assert_eq!(made, json!({ "targets": [], "settings": settings }));
    for (number, disposition) in ["LEARN_SPAM", "LEARN_HAM"].into_iter().enumerate() {
        let create =
            create(&format!("learn{number}"), &format!("settings: {{ disposition: {disposition} }}"));
        let made = stage.done(&customer.owner, &create).await;
        assert_eq!(made["aliasCreate"]["alias"]["settings"]["disposition"], disposition);
    }
    let nowhere = stage.ask(&customer.owner, &create("nowhere", "targets: []")).await;
    assert_eq!(
        nowhere["data"]["aliasCreate"]["userErrors"],
        json!([{ "code": "ALIAS_TARGETS_EMPTY", "field": "targets" }])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_is_renamed_deleted_and_brought_back() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "solo")).await;
    let mailbox = stage.mailbox(&customer, "alice").await;
    let rename = format!(
        "mutation {{ mailboxRename(mailboxId: \"{mailbox}\", localPart: \"a.smith\") {{ mailbox {{ address }} position userErrors {{ code }} }} }}"
    );
    let renamed = stage.done(&customer.owner, &rename).await;
    assert_eq!(renamed["mailboxRename"]["mailbox"]["address"], "a.smith@acme.example");
    let place = &renamed["mailboxRename"]["position"];
    let query = format!("{{ aliases(atLeast: {place}) {{ nodes {{ address targets }} }} }}");
    let aliases = stage.done(&customer.owner, &query).await;
    assert_eq!(
        aliases["aliases"]["nodes"][0],
        json!({ "address": "alice@acme.example", "targets": ["a.smith@acme.example"] })
    );
    stage.sign_in("a.smith@acme.example", PASSWORD).await;
    let with = |name: &str| {
        format!(
            "mutation {{ {name}(mailboxId: \"{mailbox}\") {{ mailbox {{ status purgeAfter }} userErrors {{ code }} }} }}"
        )
    };
    let deleted = stage.done(&customer.owner, &with("mailboxDelete")).await;
    assert_eq!(deleted["mailboxDelete"]["mailbox"]["status"], "DELETED");
    let restored = stage.done(&customer.owner, &with("mailboxRestore")).await;
    assert_eq!(restored["mailboxRestore"]["mailbox"], json!({ "status": "ACTIVE", "purgeAfter": null }));
    stage.sign_in("a.smith@acme.example", PASSWORD).await;
    // At another address where somebody else has that one by now.
    stage.done(&customer.owner, &with("mailboxDelete")).await;
    let back = format!(
        "mutation {{ mailboxRestore(mailboxId: \"{mailbox}\", localPart: \"a.jones\") {{ mailbox {{ address status }} userErrors {{ code }} }} }}"
    );
    let restored = stage.done(&customer.owner, &back).await;
    assert_eq!(
        restored["mailboxRestore"]["mailbox"],
        json!({ "address": "a.jones@acme.example", "status": "ACTIVE" })
    );
    stage.sign_in("a.jones@acme.example", PASSWORD).await;
}
