//! A ticket between a customer and the support.

use serde_json::{Value, json};

use crate::stage::{Stage, code};

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_answered_and_notes_stay_with_the_support() {
    let stage = Stage::open().await;
    let operator = stage.operator().await;
    let customer = stage.customer(&operator, ("acme", "pro")).await;
    let open = format!(
        "mutation {{ ticketOpen(input: {{ kind: TECHNICAL, subject: \"No mail\", text: \"Since today.\", serviceId: \"{}\" }}) \
         {{ ticket {{ id status }} userErrors {{ code }} }} }}",
        customer.service
    );
    let opened = stage.done(&customer.owner, &open).await["ticketOpen"]["ticket"].clone();
    assert_eq!(opened["status"], "AWAITING_STAFF");
    let id = opened["id"].as_str().expect("an id").to_owned();
    let queue = stage.done(&operator, "{ ticketQueue { nodes { id subject accountId } } }").await;
    assert_eq!(queue["ticketQueue"]["nodes"][0]["subject"], "No mail");
    assert!(!code(&stage.ask(&customer.owner, "{ ticketQueue { nodes { id } } }").await).is_empty());
    let reply = |text: &str, more: &str| {
        format!(
            "mutation {{ ticketReply(accountId: \"{}\", ticketId: \"{id}\", text: \"{text}\"{more}) \
             {{ ticket {{ status }} position userErrors {{ code }} }} }}",
            customer.account
        )
    };
    stage.done(&operator, &reply("Ask the network team", ", isInternal: true")).await;
    let answered = stage.done(&operator, &reply("Try again, please.", "")).await;
    assert_eq!(answered["ticketReply"]["ticket"]["status"], "AWAITING_CUSTOMER");
    assert_eq!(code(&stage.ask(&customer.owner, &reply("psst", ", isInternal: true")).await), "FORBIDDEN");
    let said = |answer: &Value| -> Vec<String> {
        let messages = answer["ticket"]["messages"].as_array().expect("messages").iter();
        messages.map(|message| message["text"].as_str().unwrap_or_default().to_owned()).collect()
    };
    let read = format!(
        "{{ ticket(accountId: \"{}\", ticketId: \"{id}\") {{ messages {{ text isStaff userId }} }} }}",
        customer.account
    );
    let theirs = stage.done(&customer.owner, &read).await;
    assert_eq!(said(&theirs), ["Since today.", "Try again, please."]);
    assert_eq!(theirs["ticket"]["messages"][1]["userId"], json!(null), "the support is no person");
    assert_eq!(said(&stage.done(&operator, &read).await).len(), 3);
    let feed =
        stage.done(&customer.owner, "{ events(first: 100) { nodes { kind changes { field to } } } }").await;
    assert!(feed.to_string().contains("Try again, please."));
    assert!(!feed.to_string().contains("network team"), "a note is told in the feed");
    let resolve = format!(
        "mutation {{ ticketResolve(ticketId: \"{id}\") {{ ticket {{ status }} userErrors {{ code }} }} }}"
    );
    let resolved = stage.done(&customer.owner, &resolve).await;
    assert_eq!(resolved["ticketResolve"]["ticket"]["status"], "RESOLVED");
}
