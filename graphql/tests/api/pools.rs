//! Storage that the mailboxes of a domain share, as administrators set it and owners see it.

use serde_json::{Value, json};

use crate::stage::{PASSWORD, Stage};

const GIB: u64 = 1 << 30;

/// The payload of a change of a domain's storage.
async fn set(stage: &Stage, (token, domain): (&str, &str), settings: &str) -> Value {
    let change = format!(
        "mutation {{ domainSettingsChange(domainId: \"{domain}\", settings: {{{settings}}}) {{ domain {{ settings {{ \
         quotaMode storageBytesMax }} room {{ quotaMode quotaBytes quotaBytesMax mailboxQuotaBytesMax \
         newMailboxQuotaBytesMax contents {{ bytes messages }} }} }} userErrors {{ code field message limits {{ name \
         allowed used }} }} }} }}"
    );
    stage.ask(token, &change).await["data"]["domainSettingsChange"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_domain_shares_its_storage_and_everybody_sees_how_much_is_used() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "pro")).await;
    stage.mailbox(&customer, "alice").await;
    let place = (customer.owner.as_str(), customer.domain.as_str());
    let pooled = set(&stage, place, &format!("quotaMode: POOLED, storageBytesMax: {}", 10 * GIB)).await;
    assert_eq!(pooled["userErrors"], json!([]), "{pooled:#}");
    let room = &pooled["domain"]["room"];
    assert_eq!((&room["quotaMode"], &room["quotaBytesMax"]), (&json!("POOLED"), &json!(10 * GIB)));
    assert_eq!(room["newMailboxQuotaBytesMax"], json!(10 * GIB), "one more takes nothing of the pool");
    assert_eq!(room["contents"], json!({ "bytes": 3 * 4096, "messages": 9 }));
    // What the service has given out is the pool.
    let service = format!(
        "{{ service(serviceId: \"{}\") {{ used {{ bytes }} overLimits {{ name }} }} }}",
        customer.service
    );
    let seen = stage.done(&customer.owner, &service).await["service"].clone();
    assert_eq!((&seen["used"]["bytes"], &seen["overLimits"]), (&json!(10 * GIB), &json!([])));
    let own = stage.sign_in("alice@acme.example", PASSWORD).await;
    let mine = stage.done(&own, "{ mailboxes(first: 1) { nodes { pool { bytes bytesMax } } } }").await;
    assert_eq!(mine["mailboxes"]["nodes"][0]["pool"], json!({ "bytes": 3 * 4096, "bytesMax": 10 * GIB }));
    // Its owner changes nothing of it, and neither does a domain's administrator.
    let refused = set(&stage, (&own, &customer.domain), "quotaMode: ALLOTTED").await;
    assert_eq!(refused, Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_is_previewed_and_refused_in_the_same_words() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "pro")).await;
    for local in ["a", "b"] {
        stage.mailbox(&customer, local).await;
    }
    let place = (customer.owner.as_str(), customer.domain.as_str());
    let preview = |wish: &str| {
        format!(
            "{{ domainStoragePreview(domainId: \"{}\", {wish}) {{ fits quotaMode allottedBytes usedBytes takenBytesBefore \
             takenBytesAfter leftBytesAfter userErrors {{ code field message limits {{ name allowed used }} }} }} }}",
            customer.domain
        )
    };
    for (mode, storage, code) in [
        ("POOLED", "null".to_owned(), "POOL_SIZE_MISSING"),
        ("POOLED", (126 * GIB).to_string(), "POOL_ABOVE_BOX"),
        // Two mailboxes hold 4096 octets each.
        ("POOLED", "8191".to_owned(), "POOL_BELOW_USE"),
    ] {
        let wish = format!("quotaMode: {mode}, storageBytesMax: {storage}");
        let seen = stage.ask(&customer.owner, &preview(&wish)).await["data"]["domainStoragePreview"].clone();
        let refused = set(&stage, place, &wish).await;
        assert_eq!(
            (&seen["fits"], &seen["userErrors"][0]["code"]),
            (&json!(false), &json!(code)),
            "{seen:#}"
        );
        assert_eq!(seen["userErrors"], refused["userErrors"]);
    }
    let wish = format!("quotaMode: POOLED, storageBytesMax: {}", 100 * GIB);
    let seen = stage.done(&customer.owner, &preview(&wish)).await["domainStoragePreview"].clone();
    assert_eq!((&seen["fits"], &seen["usedBytes"]), (&json!(true), &json!(2 * 4096)), "{seen:#}");
    assert_eq!(seen["takenBytesBefore"], seen["allottedBytes"]);
    assert_eq!((&seen["takenBytesAfter"], &seen["leftBytesAfter"]), (&json!(100 * GIB), &json!(25 * GIB)));
    // Nothing was changed by asking.
    let domain = format!("{{ domain(domainId: \"{}\") {{ settings {{ quotaMode }} }} }}", customer.domain);
    assert_eq!(stage.done(&customer.owner, &domain).await["domain"]["settings"]["quotaMode"], "ALLOTTED");
    // A mailbox's owner is told nothing of what its domain could have.
    let own = stage.sign_in("a@acme.example", PASSWORD).await;
    let refused = stage.ask(&own, &preview(&wish)).await;
    assert_eq!(refused["data"], Value::Null, "{refused:#}");
}
