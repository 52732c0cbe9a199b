//! Who was in a mailbox's settings is seen by its owner.

use serde_json::{Value, json};

use crate::stage::{PASSWORD, Stage, code};

async fn seen(stage: &Stage, own: &str, mailbox: &str) -> Vec<Value> {
    stage.door_written().await;
    let query = format!(
        "{{ mailbox(mailboxId: \"{mailbox}\") {{ visits {{ login isOperator isByToken kind changed }} }} }}"
    );
    let found = stage.done(own, &query).await["mailbox"]["visits"].clone();
    found.as_array().expect("a list").clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn its_owner_sees_who_looked_who_changed_and_what() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "pro")).await;
    let alice = stage.mailbox(&customer, "alice").await;
    let bob = stage.mailbox(&customer, "bob").await;
    let own = stage.sign_in("alice@acme.example", PASSWORD).await;
    let change = |settings: &str| {
        format!(
            "mutation {{ mailboxSettingsChange(mailboxId: \"{alice}\", settings: {{ {settings} }}) {{ userErrors {{ code }} }} }}"
        )
    };
    // What she does herself is no visit.
    stage.done(&own, &change("junkScore: 6.5")).await;
    let look = format!("{{ mailbox(mailboxId: \"{alice}\") {{ settings {{ imap }} }} }}");
    stage.done(&own, &look).await;
    let before = seen(&stage, &own, &alice).await.len();
    for _ in 0..3 {
        stage.done(&customer.owner, &look).await;
    }
    stage.done(&customer.owner, &change("imap: false")).await;
    let visits = seen(&stage, &own, &alice).await;
    assert_eq!(visits.len(), before + 2, "an hour of looking is one row: {visits:#?}");
    let kinds: Vec<&Value> = visits.iter().map(|visit| &visit["kind"]).collect();
    assert!(
        kinds.contains(&&Value::Null) && kinds.contains(&&json!("mailbox.settings_changed")),
        "{visits:#?}"
    );
    let changed = visits.iter().find(|visit| visit["kind"] == "mailbox.settings_changed").expect("told");
    assert_eq!(changed["changed"], json!(["settings.imap"]));
    assert_eq!((&changed["isOperator"], &changed["isByToken"]), (&json!(false), &json!(false)));
    assert!(changed["login"].as_str().is_some_and(|login| !login.is_empty()));
    // Another mailbox of the account learns nothing of it.
    let other = stage.sign_in("bob@acme.example", PASSWORD).await;
    let foreign = format!("{{ mailbox(mailboxId: \"{alice}\") {{ visits {{ login }} }} }}");
    assert_eq!(code(&stage.ask(&other, &foreign).await), "NOT_FOUND");
    assert_eq!(seen(&stage, &other, &bob).await.iter().filter(|visit| visit["kind"].is_null()).count(), 0);
    // The support is named as such.
    let look = format!(
        "{{ mailbox(accountId: \"{}\", mailboxId: \"{alice}\") {{ settings {{ imap }} }} }}",
        customer.account
    );
    stage.done(&operator, &look).await;
    assert!(seen(&stage, &own, &alice).await.iter().any(|visit| visit["isOperator"] == json!(true)));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_way_of_looking_leaves_a_trace() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "pro")).await;
    for (number, look) in [
        "personExport(mailboxId: \"MBOX\")",
        "signIns(mailboxId: \"MBOX\") { count }",
        "secondFactors(mailboxId: \"MBOX\") { isDemanded }",
        "notices(mailboxId: \"MBOX\") { nodes { id } }",
        "history(id: \"MBOX\") { nodes { kind } }",
        "mailbox(mailboxId: \"MBOX\", asOf: \"NOW\") { address }",
        "filters(mailboxId: \"MBOX\") { nodes { id } }",
    ]
    .into_iter()
    .enumerate()
    {
        let mailbox = stage.mailbox(&customer, &format!("box{number}")).await;
        let own = stage.sign_in(&format!("box{number}@acme.example"), PASSWORD).await;
        let looked = async || {
            let visits = seen(&stage, &own, &mailbox).await;
            visits.iter().filter(|visit| visit["kind"].is_null()).count()
        };
        let query = format!(
            "{{ {} }}",
            look.replace("MBOX", &mailbox).replace("NOW", &jiff::Timestamp::now().to_string())
        );
        stage.done(&own, &query).await;
        assert_eq!(looked().await, 0, "what is one's own: {look}");
        stage.done(&customer.owner, &query).await;
        assert_eq!(looked().await, 1, "{look}");
    }
    // A list of all that mailboxes keep is a look into those that keep something.
    let kept = stage.mailbox(&customer, "kept").await;
    let own = stage.sign_in("kept@acme.example", PASSWORD).await;
    let add = format!(
        "mutation {{ filterAdd(mailboxId: \"{kept}\", filter: {{ name: \"one\" }}) {{ filter {{ id }} userErrors {{ code }} }} }}"
    );
    stage.done(&own, &add).await;
    let mut looked = 0;
    for _ in 0..100 {
        stage.done(&customer.owner, "{ filters { nodes { id } } }").await;
        looked = seen(&stage, &own, &kept).await.iter().filter(|visit| visit["kind"].is_null()).count();
        if looked > 0 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(looked, 1);
}
